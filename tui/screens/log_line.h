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

/* A row of sl_log(); texts are borrowed, never NULL. */
struct tui_log_row {
	int64_t seq, at_us, run, block, idx, events, status, took_us; /* block, idx: -1 = none */
	const char *level, *sync, *part, *text, *answer;
};
void tui_log_read(const struct sl_table *t, unsigned row, struct tui_log_row *out);

int tui_log_level(const char *level); /* 0 debug .. 3 error */
/* In the first line of c. */
void tui_log_draw(const struct tui_log_row *r, const struct tui_log_look *look,
		  const struct tui_canvas *c);
/* The same as text, for copying. */
void tui_log_text(const struct tui_log_row *r, struct sl_buf *out);

#endif
