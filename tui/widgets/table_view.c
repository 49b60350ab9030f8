/* table_view.c - model rows to the view: filter, sorting, widths. */
#include "tui/widgets/table_view.h"

#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define MEASURE_ROWS 300 /* rows looked at for the widths */

void
tui_table_cell(const struct tui_table *t, size_t row, int col, struct tui_value *v)
{
	v->text = (struct sl_str){ "", 0 };
	v->role = TUI_TEXT;
	t->model.cell(t->model.arg, row, col, v);
}

uint64_t
tui_table_id(const struct tui_table *t, size_t row)
{
	struct tui_value v;
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	tui_table_cell(t, row, t->id_col, &v);
	for (size_t i = 0; i < v.text.len; i++)
		h = (h ^ (unsigned char)v.text.ptr[i]) * 1099511628211u;
	return h;
}

static bool
contains(struct sl_str hay, const char *needle)
{
	size_t n = strlen(needle);

	for (size_t i = 0; i + n <= hay.len; i++) {
		if (strncasecmp(hay.ptr + i, needle, n) == 0)
			return true;
	}
	return false;
}

bool
tui_table_has(const struct tui_table *t, size_t row, const char *text)
{
	struct tui_value v;

	for (int col = 0; col < t->ncols; col++) {
		tui_table_cell(t, row, col, &v);
		if (contains(v.text, text))
			return true;
	}
	return false;
}

size_t
tui_table_top(const struct tui_table *t, int height)
{
	size_t h = height > 0 ? (size_t)height : 1, top = t->top;

	if (t->sel < top)
		top = t->sel;
	if (t->sel >= top + h)
		top = t->sel - h + 1;
	if (top + h > t->nview)
		top = t->nview > h ? t->nview - h : 0;
	return top;
}

/* ---- sorting --------------------------------------------------------------------------------- */

/* "1,234" "12.5%" "98.2k": the number a person sees; text without one sorts first. */
static double
as_number(struct sl_str s, bool *is)
{
	char text[40];
	size_t n = 0;
	char *end;

	for (size_t i = 0; i < s.len && n + 1 < sizeof(text); i++) {
		if (s.ptr[i] != ',')
			text[n++] = s.ptr[i];
	}
	text[n] = '\0';
	double v = strtod(text, &end);
	*is = end != text;
	v *= *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : *end == 'G' ? 1e9 : 1;
	return v;
}

static int
compare_cells(const struct tui_table *t, size_t a, size_t b)
{
	struct tui_value va, vb;
	bool na, nb;

	tui_table_cell(t, a, t->sort_col, &va);
	tui_table_cell(t, b, t->sort_col, &vb);
	if (t->cols[t->sort_col].align == TUI_RIGHT) {
		double x = as_number(va.text, &na), y = as_number(vb.text, &nb);
		if (na != nb)
			return na ? 1 : -1;
		return na && x != y ? (x < y ? -1 : 1) : 0;
	}
	size_t n = va.text.len < vb.text.len ? va.text.len : vb.text.len;
	int c = n ? strncasecmp(va.text.ptr, vb.text.ptr, n) : 0;
	return c ? c : va.text.len < vb.text.len ? -1 : va.text.len > vb.text.len;
}

/* Stable: equal rows keep the order of the model. */
static int
compare_rows(const void *a, const void *b, void *arg)
{
	const struct tui_table *t = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = compare_cells(t, x, y);

	if (c == 0)
		return x < y ? -1 : x > y;
	return t->sort_desc ? -c : c;
}

/* ---- refresh --------------------------------------------------------------------------------- */

static void
measure(struct tui_table *t)
{
	struct tui_value v;

	for (int col = 0; col < t->ncols; col++) {
		const struct tui_column *c = &t->cols[col];
		int w = tui_text_width(sl_str(c->title)) + (col == t->sort_col ? 1 : 0);
		int max = c->max ? c->max : 40;
		for (size_t i = 0; i < t->nview && i < MEASURE_ROWS && w < max; i++) {
			tui_table_cell(t, t->view[i], col, &v);
			/* no character is wider than its bytes, so short text needs no look */
			int n = (int)v.text.len <= w ? 0 : tui_text_width(v.text);
			w = n > w ? n : w;
		}
		w = w > max ? max : w;
		t->widths[col] = w < c->min ? c->min : w;
	}
}

void
tui_table_refresh(struct tui_table *t)
{
	size_t n = t->model.cell ? t->model.rows : 0;
	size_t *view = n ? malloc(n * sizeof(*view)) : NULL;
	bool had = t->nview > 0;

	free(t->view);
	t->view = view;
	t->nview = 0;
	for (size_t row = 0; view && row < n; row++) {
		if (!t->filter[0] || tui_table_has(t, row, t->filter))
			view[t->nview++] = row;
	}
	if (t->sort_col >= 0 && !t->fixed && t->nview > 1)
		qsort_r(view, t->nview, sizeof(*view), compare_rows, t);
	measure(t);
	if (t->sel >= t->nview)
		t->sel = t->nview ? t->nview - 1 : 0;
	for (size_t i = 0; had && i < t->nview; i++) {
		/* the old place first: rows with equal identities keep theirs */
		size_t pos = (t->sel + i) % t->nview;
		if (tui_table_id(t, view[pos]) == t->sel_id) {
			t->sel = pos;
			break;
		}
	}
	if (t->nview > 0)
		t->sel_id = tui_table_id(t, view[t->sel]);
	t->ranging = false;
}

void
tui_table_status(const struct tui_table *t, struct sl_buf *out)
{
	size_t all = t->model.cell ? t->model.rows : 0;

	if (t->filter[0])
		sl_buf_printf(out, "%zu of %zu match %s   x clear", t->nview, all, t->filter);
	else if (t->nview > 0)
		sl_buf_printf(out, "%zu of %zu", t->sel + 1, t->nview);
	if (t->nmarks > 0)
		sl_buf_printf(out, "%s%zu marked", out->len ? "   " : "", t->nmarks);
	if (t->ranging)
		sl_buf_puts(out, "   range: v again to mark it");
	if (t->search[0])
		sl_buf_printf(out, "%s/%s", out->len ? "   " : "", t->search);
}
