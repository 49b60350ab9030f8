/* home.h - the first screen: every sync, what needs a person, what runs. */
#ifndef TUI_SCREENS_HOME_H
#define TUI_SCREENS_HOME_H

#include "tui/screen.h"
#include "tui/widgets/table.h"

extern const struct tui_screen_ops tui_screen_home;

/* ---- for the files of home only ------------------------------------------------------------- */

#define HOME_LATEST 20 /* lines of the log */
#define HOME_NEEDS  32
#define HOME_OPEN   8 /* running runs that are drawn */

enum {
	HOME_ACT_PLAN = TUI_ACT_OWN,
	HOME_ACT_STOP,
	HOME_ACT_RESUME,
	HOME_ACT_MAP,
	HOME_ACT_PREVIEW,
	HOME_ACT_LOGS,
	HOME_ACT_DEAD,
	HOME_ACT_NEW,
	HOME_ACT_DELETE
};

enum home_fix { HOME_FIX_RUN, HOME_FIX_PLAN, HOME_FIX_DEAD, HOME_FIX_FILE };

/* One cause for a person to look at, with the key that opens the fix. */
struct home_need {
	enum home_fix fix;
	enum tui_role role;
	const char *mark;
	char name[72]; /* the sync, or the file */
	char text[300];
	char hint[200];
	int64_t run;
};

struct home {
	struct tui_table table;
	struct sl_table *syncs;    /* owned; NULL = not read yet */
	struct sl_table *mistakes; /* owned; of sl_check() */
	struct sl_table *latest;   /* owned; of sl_log(), newest first */
	sl_ticket list, check, act, log;
	int64_t log_us;       /* when the log was asked for */
	int64_t log_until_us; /* lines may come until then: those of an end come late */
	bool list_again;      /* something happened while the list was read */
	const char *doing;
	struct home_need need[HOME_NEEDS];
	size_t nneeds, need_sel;
	struct sl_run_stats open[HOME_OPEN];
	unsigned nopen, nall; /* drawn; all */
	bool on_needs;        /* the pane with the focus */
};

/* The numbers of the open run of a sync; NULL = none of this process. */
const struct sl_run_stats *home_open_run(const struct home *h, const char *sync);
void home_find_needs(struct home *h);
/* Every mistake of a file, as text for a person. */
void home_list_mistakes(const struct home *h, const char *file, struct sl_buf *out);
void home_cell(const void *arg, size_t row, int col, struct tui_value *v);
void home_ask_all(struct tui_screen *s); /* reads the syncs and the mistakes again */
bool home_action(struct tui_screen *s, const struct tui_cmd *cmd);
const char *home_why_not(const struct tui_screen *s, int action);
void home_draw(const struct tui_screen *s, const struct tui_canvas *c);
int home_table_rows(const struct home *h, int rows); /* lines of the table with this much room */

#endif
