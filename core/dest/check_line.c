/* check_line.c - the one line that a successful check() answers with. */
#include "core/dest/check_line.h"

#include "core/base/text.h"

void
sl_check_line_server(struct sl_buf *line, const char *server)
{
	if (!*server)
		return;
	sl_buf_puts(line, ", server ");
	sl_visible(line, sl_str(server));
}

enum sl_code
sl_check_line_take(const struct sl_buf *line, struct sl_arena *a, struct sl_str *out,
		   struct sl_err *err)
{
	*out = (struct sl_str){ sl_arena_strndup(a, line->ptr, line->len), line->len };
	if (line->failed || !out->ptr)
		return sl_fail(err, SL_E_NOMEM, "check", "no memory for the answer");
	return SL_OK;
}
