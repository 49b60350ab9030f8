/* check_line.h - the one line that a successful check() answers with. */
#ifndef SL_CHECK_LINE_H
#define SL_CHECK_LINE_H

#include "core/base/arena.h"
#include "core/base/str.h"

/* ", server NAME" where the server told one (untrusted). */
void sl_check_line_server(struct sl_buf *line, const char *server);
/* Copy the line into the arena. */
enum sl_code sl_check_line_take(const struct sl_buf *line, struct sl_arena *a, struct sl_str *out,
				struct sl_err *err) SL_MUST;

#endif
