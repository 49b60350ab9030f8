/* log_line.h - one line of the activity log, drawn. */
#ifndef TUI_LOG_LINE_H
#define TUI_LOG_LINE_H

#include "core/sluice.h"
#include "tui/canvas.h"

enum tui_log_time { TUI_LOG_CLOCK, TUI_LOG_RELATIVE, TUI_LOG_DELTA };

struct tui_log_look {
	bool sync;              /* lines of several syncs: name them */
	enum tui_log_time time; /* of the first column */
	int64_t from_us; /* RELATIVE: counted from here; DELTA: the line before; 0 = unknown */
};

enum tui_role tui_log_role(const char *level);
/* A row of sl_log() in the first line of c. */
void tui_log_draw(const struct sl_table *t, unsigned row, const struct tui_log_look *look,
		  const struct tui_canvas *c);
/* The same as text, for copying. */
void tui_log_text(const struct sl_table *t, unsigned row, struct sl_buf *out);

#endif
