/* monitor.h - one run: its numbers as they move, or the record of how it ended. */
#ifndef TUI_SCREENS_MONITOR_H
#define TUI_SCREENS_MONITOR_H

#include "tui/screen.h"
#include "tui/widgets/pane.h"

extern const struct tui_screen_ops tui_screen_run;

/* ---- for the files of the monitor only ------------------------------------------------------- */

#define MONITOR_SAMPLES 60 /* one a second */
#define MONITOR_TAIL    60 /* lines of the log at the end */

struct monitor {
	int64_t run;
	struct sl_run_stats s; /* what is shown; run 0 = nothing yet */
	char by[32];           /* of the record; "" = not read yet */
	bool live;             /* a run of this process that is not over */
	bool frozen;           /* the picture, not the run */
	double rate[MONITOR_SAMPLES];
	size_t nrate; /* ever */
	int64_t sampled_us;
	sl_ticket record, log, act;
	const char *doing;
	struct sl_table *tail; /* owned; newest first */
	int64_t log_us;        /* when it was asked for */
	int64_t log_until_us;  /* lines may come until then: those of an end come late */
	struct tui_pane pane;
};

void monitor_draw(const struct tui_screen *s, const struct tui_canvas *c);

#endif
