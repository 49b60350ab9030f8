/* plan.h - what a run would do, before it does it; and what a run did, event by event. */
#ifndef TUI_SCREENS_PLAN_H
#define TUI_SCREENS_PLAN_H

#include "tui/screen.h"
#include "tui/screens/changes.h"
#include "tui/widgets/diff.h"

extern const struct tui_screen_ops tui_screen_plan;

/* ---- for the files of the plan only ---------------------------------------------------------- */

enum {
	PLAN_ACT_SEND = TUI_ACT_OWN,
	PLAN_ACT_SEND_ALL,
	PLAN_ACT_DROP,
	PLAN_ACT_ONLY,
	PLAN_ACT_WHOLE,
	PLAN_ACT_MAP,
	PLAN_ACT_PREVIEW,
	PLAN_ACT_LOGS,
	PLAN_ACT_DEAD
};

enum plan_only { PLAN_ALL, PLAN_ADDS, PLAN_CHANGES, PLAN_REMOVES, PLAN_ONLY };

struct plan {
	char sync[72];
	int64_t run; /* 0 = not known yet */
	struct sl_run_stats s;
	bool have;     /* s is set */
	bool live;     /* of this process and not over */
	bool shown;    /* this screen is on top */
	bool leave_to; /* to the monitor, when it is shown next */
	sl_ticket start, record, act;
	int doing; /* the action that act answers */
	enum plan_only only;
	struct tui_changes changes;
	struct tui_table table;
	struct tui_diff diff; /* of the selected change */
	size_t diff_row;      /* SIZE_MAX = none */
	bool whole;           /* the diff shows what is the same, too */
	bool on_diff;         /* the pane with the focus */
	struct tui_pane pane; /* while nothing is known of the run */
};

uint64_t plan_count(const struct plan *h, enum plan_only only);
bool plan_is(const struct plan *h, const char *state);
void plan_begin(struct tui_screen *s, const char *sync); /* starts a run that will be held */
void plan_look(struct tui_screen *s);                    /* reads the counters */
void plan_show_list(struct tui_screen *s);
void plan_want_rows(struct tui_screen *s); /* reads the rows around the selected one */
bool plan_input(struct tui_screen *s, const struct tui_event *ev);
bool plan_action(struct tui_screen *s, const struct tui_cmd *cmd);
const char *plan_why_not(const struct tui_screen *s, int action);
void plan_draw(const struct tui_screen *s, const struct tui_canvas *c);
/* Rows of the list and of the diff in an area of this size, and where the list is. */
void plan_split(const struct plan *h, int rows, int cols, int *list, int *diff);
struct tui_canvas plan_list(const struct plan *h, int rows, int cols);

#endif
