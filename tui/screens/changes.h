/* changes.h - the planned events of a run as rows of a table, read in pages as they are looked at.
 *
 * The number of rows is known from the run's counters; only a few pages are kept. UI thread. */
#ifndef TUI_CHANGES_H
#define TUI_CHANGES_H

#include "tui/screen.h"
#include "tui/widgets/diff.h"
#include "tui/widgets/table.h"

#define CHANGES_PAGE  200
#define CHANGES_PAGES 8 /* kept */

struct tui_change_page {
	size_t from;
	struct sl_table *t; /* owned; NULL = empty slot */
	char (*fields)[96]; /* owned: names of the changed fields, a row each */
	uint64_t used;      /* when it was looked at last */
};

struct tui_changes {
	int64_t run;
	const char *op; /* "add" ...; NULL = all. Constant text */
	uint64_t total;
	struct tui_change_page page[CHANGES_PAGES];
	uint64_t clock;
	sl_ticket ask;
	size_t asked; /* first row of the page that was asked for */
};

extern const struct tui_column tui_change_columns[4];

void tui_changes_free(struct tui_changes *c);
/* Other rows: forgets the pages. */
void tui_changes_set(struct tui_changes *c, int64_t run, const char *op, uint64_t total);
/* For a tui_model with the struct as its arg. */
void tui_changes_cell(const void *arg, size_t row, int col, struct tui_value *v);
/* The page and its row that hold a model row; NULL = not read. */
const struct sl_table *tui_changes_row(const struct tui_changes *c, size_t row, unsigned *at);
/* Make sure that these rows are read or asked for. */
void tui_changes_want(struct tui_changes *c, struct sl_engine *e, size_t row, size_t n);
/* True: it was the answer (problem is then in m). */
bool tui_changes_take(struct tui_changes *c, const struct sl_msg *m);

/* Old and new values; what differs in every event counts as the same. */
void tui_change_diff(struct tui_diff *d, const char *old, const char *body);

#endif
