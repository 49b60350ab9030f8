/* table_draw.c - the picture of a table. */
#include "tui/widgets/table_view.h"
#include "tui/width.h"

#include <stdio.h>

#define GUTTER   2    /* "> " before the selected row */
#define MARGIN   1    /* after the last column */
#define MAX_COLS 1664 /* what PostgreSQL can have */

/* The columns that are drawn, and where. */
struct layout {
	int col[MAX_COLS], x[MAX_COLS], width[MAX_COLS];
	int n;
	int hidden;
};

static int
total(const struct layout *l)
{
	int w = 0;

	for (int i = 0; i < l->n; i++)
		w += l->width[i] + (i > 0 ? 2 : 0);
	return w;
}

static void
drop(struct layout *l, int i)
{
	for (; i + 1 < l->n; i++) {
		l->col[i] = l->col[i + 1];
		l->width[i] = l->width[i + 1];
	}
	l->n--;
	l->hidden++;
}

/* Narrow what is wide, one column at a time, down to its minimum. */
static bool
shrink(const struct tui_table *t, struct layout *l)
{
	int widest = -1;

	for (int i = 0; i < l->n; i++) {
		int min = t->cols[l->col[i]].min > 4 && !t->fixed ? t->cols[l->col[i]].min : 4;
		if (l->width[i] > min && (widest < 0 || l->width[i] > l->width[widest]))
			widest = i;
	}
	if (widest < 0)
		return false;
	l->width[widest]--;
	return true;
}

/* The place of the column to give up: the highest priority number; then the last one that is not
 * the current column. -1 = none. */
static int
victim(const struct tui_table *t, const struct layout *l)
{
	int worst = -1;

	for (int i = 0; i < l->n; i++) {
		if (t->cols[l->col[i]].priority > 0 &&
		    (worst < 0 || t->cols[l->col[i]].priority >= t->cols[l->col[worst]].priority))
			worst = i;
	}
	return worst;
}

/* Tables of data: the first column stays, the others scroll so that the current one is seen. */
static void
scroll_columns(const struct tui_table *t, int width, struct layout *l)
{
	while (l->n > 2 && l->col[1] < t->col) {
		int used = l->width[0];
		for (int i = 1; i < l->n && l->col[i] <= t->col; i++)
			used += l->width[i] + 2;
		if (used <= width)
			break;
		drop(l, 1);
	}
	while (l->n > 1 && total(l) > width) {
		int over = total(l) - width, last = l->width[l->n - 1];
		if (last - over >= 6) {
			l->width[l->n - 1] -= over;
			return;
		}
		if (l->col[l->n - 1] == t->col)
			return;
		drop(l, l->n - 1);
	}
}

static void
arrange(const struct tui_table *t, int width, struct layout *l)
{
	l->n = l->hidden = 0;
	for (int i = 0; i < t->ncols && l->n < MAX_COLS; i++) {
		l->col[l->n] = i;
		l->width[l->n++] = t->widths[i];
	}
	while (total(l) > width && victim(t, l) >= 0)
		drop(l, victim(t, l));
	if (t->fixed)
		scroll_columns(t, width, l);
	while (total(l) > width && shrink(t, l))
		;
	while (l->n > 1 && total(l) > width)
		drop(l, l->n - 1);
	for (int i = 0; i < l->n; i++) {
		if (t->cols[l->col[i]].grow && total(l) < width)
			l->width[i] += width - total(l);
	}
	for (int i = 0, x = GUTTER; i < l->n; x += l->width[i++] + 2)
		l->x[i] = x;
}

static void
draw_header(const struct tui_table *t, const struct tui_canvas *c, const struct layout *l)
{
	for (int i = 0; i < l->n; i++) {
		int col = l->col[i];
		char title[128];
		snprintf(title, sizeof(title), "%s%s", t->cols[col].title,
			 col != t->sort_col ? ""
			 : t->sort_desc     ? "\u25be"
					    : "\u25b4");
		tui_field(c,
			  (struct tui_span){ 0, l->x[i], l->width[i], t->cols[col].align,
					     TUI_HEADER },
			  sl_str(title));
		if (t->cells && col == t->col)
			tui_over(c, 0, l->x[i], l->width[i], TUI_ACCENT);
	}
	if (l->hidden > 0 && t->fixed && c->cols > 30) {
		char more[24];
		snprintf(more, sizeof(more), "  +%d\u25b8", l->hidden);
		int w = tui_text_width(sl_str(more));
		tui_field(c, (struct tui_span){ 0, c->cols - w, w, TUI_LEFT, TUI_ACCENT },
			  sl_str(more));
	}
}

static void
draw_row(const struct tui_table *t, const struct tui_canvas *c, const struct layout *l, size_t pos)
{
	size_t row = t->view[pos];
	bool marked = tui_table_marked(t, row);
	struct tui_value v;

	for (int i = 0; i < l->n; i++) {
		const struct tui_column *col = &t->cols[l->col[i]];
		tui_table_cell(t, row, l->col[i], &v);
		tui_field(c, (struct tui_span){ 0, l->x[i], l->width[i], col->align, v.role },
			  v.text);
	}
	if (marked)
		tui_puts(c, 0, 1, TUI_MARK, "*");
}

/* The selected row, and in it the cell that Enter means. */
static void
draw_selection(const struct tui_table *t, const struct tui_canvas *line, const struct layout *l,
	       bool focus)
{
	int x = l->n ? l->x[0] : 0;

	tui_puts(line, 0, 0, TUI_ACCENT, ">");
	tui_over(line, 0, 0, line->cols, focus ? TUI_SELECT : TUI_SELECT_INACTIVE);
	for (int i = 0; i < l->n && t->cells && focus; i++) {
		if (l->col[i] != t->col)
			continue;
		x = l->x[i];
		tui_over(line, 0, x, l->width[i], TUI_BUTTON_FOCUS);
	}
	if (focus)
		tui_cursor(line, 0, x, false);
}

static void
draw_rows(const struct tui_table *t, const struct tui_canvas *c, const struct layout *l, bool focus)
{
	size_t top = tui_table_top(t, c->rows);

	for (int y = 0; y < c->rows && top + (size_t)y < t->nview; y++) {
		size_t pos = top + (size_t)y;
		struct tui_canvas line = tui_sub(c, y, 0, 1, c->cols);
		draw_row(t, &line, l, pos);
		size_t a = t->range_from < t->sel ? t->range_from : t->sel;
		size_t b = t->range_from < t->sel ? t->sel : t->range_from;
		if (t->ranging && pos >= a && pos <= b)
			tui_over(&line, 0, 0, line.cols, TUI_SELECT_INACTIVE);
		if (pos == t->sel)
			draw_selection(t, &line, l, focus);
		tui_match(&line, 0, 0, line.cols, sl_str(t->search));
	}
}

static void
draw_no_match(const struct tui_table *t, const struct tui_canvas *c)
{
	tui_printf(c, c->rows > 3 ? 1 : 0, 2, TUI_WARN, "0 of %zu match %s   x clear filter",
		   t->model.rows, t->filter);
}

void
tui_table_draw(const struct tui_table *t, const struct tui_canvas *c, bool focus)
{
	struct layout l;
	int head = t->no_header || c->rows < 2 ? 0 : 1;
	bool rows = t->model.cell && t->model.rows > 0;

	if (c->rows < 1 || c->cols < 8)
		return;
	arrange(t, c->cols - GUTTER - MARGIN, &l);
	struct tui_canvas body = tui_sub(c, head, 0, c->rows - head, c->cols);
	if (rows && head)
		draw_header(t, c, &l);
	if (t->nview > 0)
		draw_rows(t, &body, &l, focus);
	else if (rows && t->filter[0])
		draw_no_match(t, &body);
	tui_pane_draw(&t->pane, &body, rows);
}
