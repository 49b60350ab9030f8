/* browse_draw.c - the picture of the browser. */
#include "tui/screens/browse_state.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

#define RECORD_MIN 24 /* rows of the pane from which the selected row is shown in full below */

static bool
is_wide(int cols)
{
	return cols >= BROWSE_WIDE;
}

/* Rows that the selected row takes below the grid, with its rule; 0 = not shown. */
static int
record_height(const struct browse *b, int rows)
{
	int want = b->rows.table.ncols + 1, most = rows / 3;

	if (b->columns || rows < RECORD_MIN || b->rows.table.nview == 0)
		return 0;
	return want < most ? want : most;
}

int
browse_height(const struct tui_screen *s)
{
	const struct browse *b = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	int h = rows - 3 - record_height(b, rows); /* tabs, column titles, the line below */
	return h > 1 ? h : 1;
}

/* "rows 501-700 of ~274k" */
static void
say_place(const struct browse *b, struct sl_buf *out)
{
	char n[32], m[32];
	size_t rows = tui_rows_count(&b->rows), sel = b->rows.table.sel;
	bool all = !b->more_after && b->first_no >= 0;

	if (rows == 0)
		return;
	if (b->nkey == 0 && b->more_after) {
		sl_buf_printf(out, "first %zu rows, more exist", rows);
		return;
	}
	if (b->first_no >= 0)
		sl_buf_printf(out, "row %s", tui_fmt_count((uint64_t)b->first_no + sel + 1, n));
	else
		sl_buf_printf(out, "%s from the end", tui_fmt_count(rows - sel, n));
	if (all)
		sl_buf_printf(out, " of %s", tui_fmt_count((uint64_t)b->first_no + rows, m));
	else if (b->rows_est > 0)
		sl_buf_printf(out, " of ~%s", tui_fmt_short((uint64_t)b->rows_est, m));
}

static void
draw_tabs(const struct browse *b, const struct tui_canvas *c)
{
	struct sl_buf place;
	int x = 1;

	x += tui_puts(c, 0, x, b->columns ? TUI_TAB : TUI_TAB_CURRENT, " Data ") + 1;
	x += tui_puts(c, 0, x, b->columns ? TUI_TAB_CURRENT : TUI_TAB, " Columns ") + 2;
	sl_buf_init(&place, 400);
	if (!b->columns)
		say_place(b, &place);
	else if (b->cols)
		sl_buf_printf(&place, "%u columns", sl_table_rows(b->cols));
	int w = tui_text_width(sl_buf_view(&place));
	if (w > 0 && c->cols - x > w)
		tui_put(c, 0, c->cols - 1 - w, TUI_DIM, sl_buf_view(&place));
	sl_buf_free(&place);
}

/* How the rows were read: a person should know what was asked of the server. */
static void
draw_how(const struct browse *b, const struct tui_canvas *c, int y)
{
	char took[32];
	int x = 1;

	if (!b->cols || b->rows.table.pane.state == TUI_PANE_ERROR)
		return;
	if (b->nkey == 0) {
		tui_puts(c, y, x, TUI_DIM,
			 b->more_after ? "no key: only the first 500 rows, in no order"
				       : "no key: rows in no order");
		return;
	}
	x += tui_puts(c, y, x, TUI_DIM, "pages by key ");
	for (unsigned i = 0; i < b->nkey; i++)
		x += tui_printf(c, y, x, TUI_DIM, "%s%s", i ? ", " : "", b->key[i]);
	if (b->took_us > 0)
		x += tui_printf(c, y, x, TUI_DIM, " \u00b7 %s", tui_fmt_span(b->took_us, took));
	if (b->ask_rows && b->rows.table.pane.state == TUI_PANE_READY)
		tui_puts(c, y, x, TUI_RUN, " \u00b7 more\u2026");
}

static void
draw_field(const struct browse *b, const struct tui_canvas *c, int y, int col)
{
	size_t row = tui_table_selected(&b->rows.table), len = 0;
	const char *text = tui_rows_text(&b->rows, row, col, &len);
	const char *name = b->rows.cols[col].title;
	bool here = col == b->rows.table.col;

	tui_field(c, (struct tui_span){ y, 2, 22, TUI_LEFT, here ? TUI_ACCENT : TUI_LABEL },
		  sl_str(name));
	tui_field(c, (struct tui_span){ y, 26, 18, TUI_LEFT, TUI_DIM },
		  sl_str(browse_native(b, name)));
	tui_put(c, y, 46, text ? TUI_TEXT : TUI_NULL,
		text ? (struct sl_str){ text, len } : SL_LIT("NULL"));
}

static void
draw_record(const struct browse *b, const struct tui_canvas *c)
{
	int n = b->rows.table.ncols, h = c->rows - 1;
	int top = b->rows.table.col >= h ? b->rows.table.col - h + 1 : 0;

	tui_hline(c, 0, 0, c->cols, TUI_BORDER);
	for (int y = 0; y < h && top + y < n; y++)
		draw_field(b, c, y + 1, top + y);
}

static void
draw_table(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct browse *b = s->state;

	if (!b->conn[0]) {
		tui_puts(c, 1, 2, TUI_DIM, "Choose a table on the left: Enter shows its rows.");
		tui_puts(c, 2, 2, TUI_DIM, "Only what you open is read, in a read-only session.");
		return;
	}
	int record = record_height(b, c->rows);
	draw_tabs(b, c);
	struct tui_canvas body = tui_sub(c, 1, 0, c->rows - 2 - record, c->cols);
	if (b->columns)
		tui_table_draw(&b->cols_table, &body, b->right);
	else
		tui_table_draw(&b->rows.table, &body, b->right);
	if (record > 0) {
		struct tui_canvas low = tui_sub(c, c->rows - 1 - record, 0, record, c->cols);
		draw_record(b, &low);
	}
	if (!b->columns)
		draw_how(b, c, c->rows - 1);
}

/* What went wrong with the selected branch, in full: the tree has room for a word only. */
static void
draw_branch_error(const struct browse *b, const struct tui_canvas *c)
{
	uint32_t node = tui_tree_selected(&b->tree);

	if (node != TUI_NO_NODE && b->tree.node[node].pane.state == TUI_PANE_ERROR)
		tui_pane_draw(&b->tree.node[node].pane, c, false);
}

static bool
branch_failed(const struct browse *b)
{
	uint32_t node = tui_tree_selected(&b->tree);

	return !b->right && node != TUI_NO_NODE && b->tree.node[node].pane.state == TUI_PANE_ERROR;
}

void
browse_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct browse *b = s->state;
	struct tui_canvas left = *c, right = *c;

	if (is_wide(c->cols)) {
		left = tui_sub(c, 0, 0, c->rows, BROWSE_TREE);
		right = tui_sub(c, 0, BROWSE_TREE + 1, c->rows, c->cols - BROWSE_TREE - 1);
		tui_vline(c, 0, BROWSE_TREE, c->rows, TUI_BORDER);
	} else if (!b->right && branch_failed(b) && c->rows > 10) {
		left = tui_sub(c, 0, 0, c->rows - 5, c->cols);
		right = tui_sub(c, c->rows - 5, 0, 5, c->cols);
		draw_branch_error(b, &right);
	}
	if (is_wide(c->cols) || !b->right)
		tui_tree_draw(&b->tree, &left, !b->right);
	if (is_wide(c->cols) && branch_failed(b))
		draw_branch_error(b, &right);
	else if (is_wide(c->cols) || b->right)
		draw_table(s, &right);
}
