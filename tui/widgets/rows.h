/* rows.h - rows of a source as a table: pages that come and go at both ends while one scrolls.
 *
 * Only a window of pages is kept, so that a table of any size costs the same. The key columns come
 * first; the first of them is frozen while one scrolls sideways. */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include "core/sluice.h"
#include "tui/widgets/table.h"

#define TUI_ROWS_PAGES 8

struct tui_rows {
	struct tui_table table;
	struct tui_column *cols;               /* owned */
	char **title;                          /* owned */
	unsigned *from;                        /* owned: the data column behind each */
	struct sl_table *page[TUI_ROWS_PAGES]; /* owned, in key order */
	unsigned npages;
};

bool tui_rows_init(struct tui_rows *r) SL_MUST;
void tui_rows_free(struct tui_rows *r);
void tui_rows_clear(struct tui_rows *r); /* no rows, no columns */

/* The first page: columns and rows of an answer to sl_rows(), which is copied. False: no memory. */
bool tui_rows_set(struct tui_rows *r, const struct sl_table *t, const char *const *key,
		  unsigned nkey) SL_MUST;
/* A page at an end; the selection stays on its row. Returns how many rows went at the other end. */
size_t tui_rows_append(struct tui_rows *r, const struct sl_table *t);
size_t tui_rows_prepend(struct tui_rows *r, const struct sl_table *t);

size_t tui_rows_count(const struct tui_rows *r);
/* Of a row of the window, by column shown or by name; NULL = the value is NULL. */
const char *tui_rows_text(const struct tui_rows *r, size_t row, int col, size_t *len);
const char *tui_rows_named(const struct tui_rows *r, size_t row, const char *name);
enum sl_cell tui_rows_type(const struct tui_rows *r, int col);
/* "name<TAB>value" lines of a row, for the clipboard. */
void tui_rows_lines(const struct tui_rows *r, size_t row, struct sl_buf *out);

#endif
