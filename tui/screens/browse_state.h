/* browse_state.h - what the files of the browser share. */
#ifndef TUI_SCREENS_BROWSE_STATE_H
#define TUI_SCREENS_BROWSE_STATE_H

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/widgets/rows.h"
#include "tui/widgets/tree.h"

#define BROWSE_LOADS 16 /* branches that load at the same time */
#define BROWSE_KEYS  8
#define BROWSE_WIDE  100 /* columns from which tree and rows are side by side */
#define BROWSE_TREE  34

enum browse_kind { BROWSE_CONNECTION = 1, BROWSE_SCHEMA, BROWSE_TABLE };

/* A table of the tree; its node's tag has the index. */
struct browse_object {
	char table[200]; /* for sl_what */
	char kind[24];
	int64_t rows_est; /* -1 = not known */
};

enum browse_page { BROWSE_FIRST, BROWSE_NEXT, BROWSE_BEFORE, BROWSE_LAST };

struct browse {
	struct tui_tree tree;
	struct browse_object *object; /* owned */
	size_t nobjects;
	sl_ticket ask_list;
	char want[72]; /* connection to go to when the list is there */
	struct {
		sl_ticket ticket;
		uint32_t node;
	} load[BROWSE_LOADS];

	bool right;   /* the focus is on the table, not on the tree */
	bool columns; /* its second tab */
	bool had_prompt;

	/* the table shown; no table: conn is empty */
	char conn[72], table[200], kind[24];
	int64_t rows_est;
	sl_ticket ask_columns, ask_rows;
	enum browse_page asked;
	int64_t asked_us, took_us;
	struct sl_table *cols; /* owned: the answer of sl_columns() */
	struct tui_table cols_table;
	struct tui_rows rows;
	const char *key[BROWSE_KEYS]; /* in cols */
	unsigned nkey;
	bool more_before, more_after;
	int64_t first_no; /* number of the first row of the window, from 0; -1 = not known */
};

/* browse_tree.c */
bool browse_tree_init(struct tui_screen *s);
void browse_tree_fini(struct tui_screen *s);
void browse_list(struct tui_screen *s);
void browse_load(struct tui_screen *s, uint32_t node);
bool browse_tree_message(struct tui_screen *s, const struct sl_msg *m);
bool browse_cancel_load(struct tui_screen *s);
enum browse_kind browse_kind_of(const struct browse *b, uint32_t node); /* 0 = no node */
const struct browse_object *browse_object_of(const struct browse *b, uint32_t node);
const char *browse_connection_of(const struct browse *b, uint32_t node);
void browse_go(struct tui_screen *s, const char *connection);

/* browse_data.c */
bool browse_data_init(struct browse *b);
void browse_data_fini(struct browse *b);
void browse_show(struct tui_screen *s, uint32_t node);
void browse_page(struct tui_screen *s, enum browse_page page);
void browse_reload(struct tui_screen *s);
void browse_prefetch(struct tui_screen *s);
bool browse_data_message(struct tui_screen *s, const struct sl_msg *m);
const char *browse_native(const struct browse *b, const char *column); /* "" = not known */

/* browse_draw.c */
void browse_draw(const struct tui_screen *s, const struct tui_canvas *c);
/* Rows for data in the pane that shows rows, in an area of this size. */
int browse_height(const struct tui_screen *s);

#endif
