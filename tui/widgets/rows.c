/* rows.c - pages of rows behind a table. */
#include "tui/widgets/rows.h"

#include <stdlib.h>

/* ---- cells ----------------------------------------------------------------------------------- */

/* The page that holds a row of the window; *row becomes its row there. */
static const struct sl_table *
page_of(const struct tui_rows *r, size_t *row)
{
	unsigned i = 0;

	while (i + 1 < r->npages && *row >= sl_table_rows(r->page[i]))
		*row -= sl_table_rows(r->page[i++]);
	return r->npages ? r->page[i] : NULL;
}

const char *
tui_rows_text(const struct tui_rows *r, size_t row, int col, size_t *len)
{
	const struct sl_table *t = page_of(r, &row);

	if (!t || col < 0 || col >= r->table.ncols)
		return NULL;
	return sl_table_text(t, (unsigned)row, r->from[col], len);
}

const char *
tui_rows_named(const struct tui_rows *r, size_t row, const char *name)
{
	const struct sl_table *t = page_of(r, &row);

	return t ? sl_table_get(t, (unsigned)row, name) : NULL;
}

enum sl_cell
tui_rows_type(const struct tui_rows *r, int col)
{
	if (r->npages == 0 || col < 0 || col >= r->table.ncols)
		return SL_CELL_TEXT;
	return sl_table_type(r->page[0], r->from[col]);
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	size_t len = 0;
	const char *text = tui_rows_text(arg, row, col, &len);

	v->text = text ? (struct sl_str){ text, len } : SL_LIT("NULL");
	if (!text)
		v->role = TUI_NULL;
}

void
tui_rows_lines(const struct tui_rows *r, size_t row, struct sl_buf *out)
{
	for (int col = 0; col < r->table.ncols; col++) {
		size_t len = 0;
		const char *text = tui_rows_text(r, row, col, &len);
		sl_buf_printf(out, "%s\t", r->cols[col].title);
		sl_buf_put_str(out, text ? (struct sl_str){ text, len } : SL_LIT("NULL"));
		sl_buf_putc(out, '\n');
	}
}

/* ---- columns --------------------------------------------------------------------------------- */

static const struct tui_column no_columns[1];

static void
drop_columns(struct tui_rows *r)
{
	for (int i = 0; r->title && i < r->table.ncols; i++)
		free(r->title[i]);
	free(r->title);
	free(r->cols);
	free(r->from);
	r->title = NULL;
	r->cols = NULL;
	r->from = NULL;
}

static bool
is_key(const char *name, const char *const *key, unsigned nkey)
{
	for (unsigned i = 0; i < nkey; i++) {
		if (strcmp(name, key[i]) == 0)
			return true;
	}
	return false;
}

/* "_more", and behind it values of a masked key ("_key0"), are ours and not the source's: a source may
 * have columns of such names before them. */
static bool
is_hidden(const struct sl_table *t, unsigned col)
{
	unsigned more = sl_table_cols(t);

	while (more > 0 && strncmp(sl_table_name(t, more - 1), "_key", 4) == 0)
		more--;
	return more > 0 && strcmp(sl_table_name(t, more - 1), "_more") == 0 && col + 1 >= more;
}

static bool
add_column(struct tui_rows *r, const struct sl_table *t, unsigned col, int *n)
{
	enum sl_cell type = sl_table_type(t, col);
	char *title = strdup(sl_table_name(t, col));

	if (!title)
		return false;
	r->title[*n] = title;
	r->from[*n] = col;
	r->cols[(*n)++] = (struct tui_column){
		.title = title,
		.align = type == SL_CELL_INT || type == SL_CELL_NUMBER ? TUI_RIGHT : TUI_LEFT,
		.min = 4,
		.max = type == SL_CELL_JSON ? 30 : 40,
	};
	return true;
}

static bool
make_columns(struct tui_rows *r, const struct sl_table *t, const char *const *key, unsigned nkey)
{
	unsigned all = sl_table_cols(t);
	bool ok = true;
	int n = 0;

	r->cols = calloc(all + 1, sizeof(*r->cols));
	r->from = calloc(all + 1, sizeof(*r->from));
	r->title = calloc(all + 1, sizeof(*r->title));
	if (!r->cols || !r->from || !r->title)
		return false;
	for (unsigned i = 0; i < nkey && ok; i++) {
		int col = sl_table_col(t, key[i]);
		ok = col < 0 || add_column(r, t, (unsigned)col, &n);
	}
	for (unsigned i = 0; i < all && ok; i++)
		ok = is_hidden(t, i) || is_key(sl_table_name(t, i), key, nkey) ||
		     add_column(r, t, i, &n);
	r->table.ncols = n;
	return ok && tui_table_columns(&r->table, r->cols, n);
}

/* ---- pages ----------------------------------------------------------------------------------- */

bool
tui_rows_init(struct tui_rows *r)
{
	*r = (struct tui_rows){ 0 };
	if (!tui_table_init(&r->table, no_columns, 0))
		return false;
	r->table.fixed = r->table.cells = true;
	r->table.model = (struct tui_model){ cell, r, 0 };
	return true;
}

void
tui_rows_clear(struct tui_rows *r)
{
	for (unsigned i = 0; i < r->npages; i++)
		sl_table_free(r->page[i]);
	r->npages = 0;
	drop_columns(r);
	r->table.cols = no_columns;
	r->table.ncols = 0;
	r->table.col = 0;
	r->table.sel = r->table.top = 0;
	r->table.model.rows = 0;
	r->table.search[0] = '\0';
	tui_table_refresh(&r->table);
}

void
tui_rows_free(struct tui_rows *r)
{
	tui_rows_clear(r);
	tui_table_free(&r->table);
}

size_t
tui_rows_count(const struct tui_rows *r)
{
	size_t n = 0;

	for (unsigned i = 0; i < r->npages; i++)
		n += sl_table_rows(r->page[i]);
	return n;
}

/* The view anew, with the selection `by` rows further; columns never get narrower while one reads. */
static void
shift(struct tui_rows *r, long by)
{
	long sel = (long)r->table.sel + by, top = (long)r->table.top + by;

	r->table.model.rows = tui_rows_count(r);
	tui_table_refresh(&r->table);
	for (int i = 0; i < r->table.ncols; i++)
		r->cols[i].min = r->table.widths[i];
	r->table.top = top > 0 ? (size_t)top : 0;
	tui_table_select(&r->table, sel > 0 ? (size_t)sel : 0);
}

bool
tui_rows_set(struct tui_rows *r, const struct sl_table *t, const char *const *key, unsigned nkey)
{
	tui_rows_clear(r);
	struct sl_table *copy = sl_table_copy(t);
	if (!copy || !make_columns(r, copy, key, nkey)) {
		sl_table_free(copy);
		tui_rows_clear(r);
		return false;
	}
	r->page[r->npages++] = copy;
	shift(r, 0);
	return true;
}

size_t
tui_rows_append(struct tui_rows *r, const struct sl_table *t)
{
	struct sl_table *copy = sl_table_rows(t) > 0 ? sl_table_copy(t) : NULL;
	size_t gone = 0;

	if (!copy)
		return 0;
	if (r->npages == TUI_ROWS_PAGES) {
		gone = sl_table_rows(r->page[0]);
		sl_table_free(r->page[0]);
		memmove(r->page, r->page + 1, --r->npages * sizeof(*r->page));
	}
	r->page[r->npages++] = copy;
	shift(r, -(long)gone);
	return gone;
}

size_t
tui_rows_prepend(struct tui_rows *r, const struct sl_table *t)
{
	struct sl_table *copy = sl_table_rows(t) > 0 ? sl_table_copy(t) : NULL;
	size_t gone = 0;

	if (!copy)
		return 0;
	if (r->npages == TUI_ROWS_PAGES) {
		gone = sl_table_rows(r->page[--r->npages]);
		sl_table_free(r->page[r->npages]);
	}
	memmove(r->page + 1, r->page, r->npages * sizeof(*r->page));
	r->page[0] = copy;
	r->npages++;
	shift(r, (long)sl_table_rows(copy));
	return gone;
}
