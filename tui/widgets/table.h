/* table.h - rows and columns with a selection, marks, search, filter and sorting.
 *
 * The table asks its model for the text of a cell when it needs it and keeps no copy. After the model
 * changed, call tui_table_refresh(): it finds the selected row again by the identity column, applies
 * filter and sorting, and measures the columns. */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include "tui/action.h"
#include "tui/widgets/pane.h"

struct tui_column {
	const char *title;
	enum tui_align align;
	int min, max; /* columns of text; max 0 = 40 */
	int priority; /* the highest number is dropped first where the width is short; 0 = never */
	bool grow;    /* takes what is left over, beyond max */
};

/* One cell, filled by the model. Text must live until the next call; scratch is for that. */
struct tui_value {
	struct sl_str text;
	enum tui_role role;
	char scratch[96];
};

/* row counts in the model, not on the screen. */
struct tui_model {
	void (*cell)(const void *arg, size_t row, int col, struct tui_value *v);
	const void *arg;
	size_t rows;
};

struct tui_table {
	const struct tui_column *cols; /* borrowed */
	int ncols;
	struct tui_model model;
	int id_col; /* identity of a row over refreshes; marks hang on it */
	bool fixed; /* the order is the model's: no sorting here (pages of a warehouse table) */
	bool cells; /* the current column matters: it is marked in the title and in the selected row */
	bool no_header;
	struct tui_pane pane;

	/* state; read it, change it by the functions below */
	size_t sel, top; /* positions in the view */
	size_t *view;    /* owned: model rows in the order shown */
	size_t nview;
	int *widths;  /* owned: natural width of each column */
	int col;      /* the current column: for sort and for cells; scrolled into view */
	int sort_col; /* -1 = none */
	bool sort_desc;
	uint64_t sel_id;
	uint64_t *marks; /* owned: sorted ids */
	size_t nmarks;
	bool ranging;
	size_t range_from;
	char search[64]; /* highlights and n/N; "" = none */
	char filter[64]; /* only rows with this text; "" = all */
};

bool tui_table_init(struct tui_table *t, const struct tui_column *cols, int ncols) SL_MUST;
void tui_table_free(struct tui_table *t); /* a zeroed table is allowed */
void tui_table_refresh(struct tui_table *t);
/* Other columns (a new result); resets sorting, column and marks. */
bool tui_table_columns(struct tui_table *t, const struct tui_column *cols, int ncols) SL_MUST;

/* Handles movement, sort, mark, range, mark all, next/previous match, clear. height: rows for data. */
bool tui_table_action(struct tui_table *t, const struct tui_cmd *cmd, int height);
/* c: the canvas that the table is drawn into, see input() in screen.h for where it begins. */
bool tui_table_mouse(struct tui_table *t, const struct tui_event *ev, const struct tui_canvas *c);
/* Model row that is selected; SIZE_MAX = none. */
size_t tui_table_selected(const struct tui_table *t);
void tui_table_select(struct tui_table *t, size_t model_row); /* if it is in the view */
bool tui_table_marked(const struct tui_table *t, size_t model_row);
/* Search as one types: goes to the first match at or below; false = none. "" clears. */
bool tui_table_search(struct tui_table *t, const char *text);
void tui_table_filter(struct tui_table *t, const char *text);
/* "7 of 274", "3 marked", "0 of 12 match plan=vip": for the crumb or a footer line. */
void tui_table_status(const struct tui_table *t, struct sl_buf *out);

/* focus: the selection is drawn as active and takes the hardware cursor. Scrolls itself (const: the
 * top that was computed is kept by the next action). */
void tui_table_draw(const struct tui_table *t, const struct tui_canvas *c, bool focus);

#endif
