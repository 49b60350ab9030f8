/* dead.h - dead letters: events that were given up on, by cause; send again or let go. */
#ifndef TUI_SCREENS_DEAD_H
#define TUI_SCREENS_DEAD_H

#include "tui/screen.h"
#include "tui/widgets/pager.h"
#include "tui/widgets/table.h"

extern const struct tui_screen_ops tui_screen_dead;

/* ---- for the files of this screen only ------------------------------------------------------- */

#define DEAD_PAGE  500
#define DEAD_PAGES 20 /* more are counted as "at least" */

/* One letter, as far as lists need it; the rest is in its page. */
struct dead_letter {
	int64_t id;
	uint32_t page, row;
	uint32_t group;
};

struct dead_group {
	const char *sync, *reason; /* of its first letter; borrowed from the page */
	int64_t status;
	size_t n;
	int64_t last_us, first_us;
	bool open;
};

struct dead_line { /* of the list */
	uint32_t group;
	size_t letter; /* SIZE_MAX = the group's own line */
};

struct dead {
	char sync[72];                     /* "" = all */
	bool resolved;                     /* show those that are settled, too */
	bool whole;                        /* every letter was read */
	bool more_asked;                   /* the pages that follow are read */
	struct sl_table *page[DEAD_PAGES]; /* owned */
	unsigned npages;
	struct dead_letter *letter; /* owned */
	size_t nletters;
	struct dead_group *group; /* owned */
	size_t ngroups;
	struct dead_line *line; /* owned: the model rows of the table */
	size_t nlines;
	int64_t *mark; /* owned: ids, sorted */
	size_t nmarks;
	struct tui_table table;
	struct tui_pager body;
	int64_t body_id; /* whose body is shown */
	bool on_body;    /* the pane with the focus */
	sl_ticket list, act, event;
	int doing;
	char note[200];
};

/* dead_groups.c */
void dead_free(struct dead *h);
bool dead_add_page(struct dead *h, const struct sl_table *t); /* takes a copy */
void dead_regroup(struct dead *h, bool fold); /* after new pages; fold: many groups start closed */
void dead_lines(struct dead *h);              /* after opening or closing one */
const struct sl_table *dead_row(const struct dead *h, size_t letter, unsigned *row);
bool dead_marked(const struct dead *h, int64_t id);
void dead_mark(struct dead *h, int64_t id, bool on);
/* dead_draw.c */
void dead_cell(const void *arg, size_t row, int col, struct tui_value *v);
void dead_draw(const struct tui_screen *s, const struct tui_canvas *c);
/* Rows of the list and of the letter below or beside it; returns the columns of the list. */
int dead_split(int rows, int cols, int *list, int *body);
/* dead.c */
void dead_reload(struct tui_screen *s);
void dead_show_selected(struct dead *h);
/* The letter of the selected line; SIZE_MAX = it is a group, or none. */
size_t dead_selected(const struct dead *h);
const struct dead_line *dead_selected_line(const struct dead *h);
/* dead_keys.c */
enum {
	DEAD_ACT_RETRY = TUI_ACT_OWN,
	DEAD_ACT_RETRY_ALL,
	DEAD_ACT_DISCARD,
	DEAD_ACT_UNDO,
	DEAD_ACT_EVENT,
	DEAD_ACT_MAP,
	DEAD_ACT_PREVIEW,
	DEAD_ACT_LOGS,
	DEAD_ACT_RESOLVED
};
bool dead_input(struct tui_screen *s, const struct tui_event *ev);
bool dead_action(struct tui_screen *s, const struct tui_cmd *cmd);
const char *dead_why_not(const struct tui_screen *s, int action);

#endif
