/* table.c - the state of a table: order, selection, marks, search. */
#include "tui/widgets/table.h"

#include "tui/widgets/table_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool
tui_table_columns(struct tui_table *t, const struct tui_column *cols, int ncols)
{
	int *widths = calloc((size_t)(ncols > 0 ? ncols : 1), sizeof(*widths));

	if (!widths)
		return false;
	free(t->widths);
	t->widths = widths;
	t->cols = cols;
	t->ncols = ncols;
	t->col = 0;
	t->sort_col = -1;
	t->sort_desc = false;
	t->nmarks = 0;
	t->ranging = false;
	t->id_col = 0;
	return true;
}

bool
tui_table_init(struct tui_table *t, const struct tui_column *cols, int ncols)
{
	*t = (struct tui_table){ 0 };
	return tui_table_columns(t, cols, ncols);
}

void
tui_table_free(struct tui_table *t)
{
	free(t->view);
	free(t->widths);
	free(t->marks);
	*t = (struct tui_table){ 0 };
}

size_t
tui_table_selected(const struct tui_table *t)
{
	return t->sel < t->nview ? t->view[t->sel] : SIZE_MAX;
}

static void
go(struct tui_table *t, size_t pos)
{
	if (t->nview == 0)
		return;
	t->sel = pos < t->nview ? pos : t->nview - 1;
	t->sel_id = tui_table_id(t, t->view[t->sel]);
}

void
tui_table_select(struct tui_table *t, size_t model_row)
{
	for (size_t i = 0; i < t->nview; i++) {
		if (t->view[i] == model_row) {
			go(t, i);
			return;
		}
	}
}

/* ---- marks ----------------------------------------------------------------------------------- */

static size_t
mark_slot(const struct tui_table *t, uint64_t id)
{
	size_t lo = 0, hi = t->nmarks;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (t->marks[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
has_mark(const struct tui_table *t, uint64_t id)
{
	size_t i = mark_slot(t, id);

	return i < t->nmarks && t->marks[i] == id;
}

bool
tui_table_marked(const struct tui_table *t, size_t model_row)
{
	return t->nmarks > 0 && has_mark(t, tui_table_id(t, model_row));
}

static void
set_mark(struct tui_table *t, uint64_t id, bool on)
{
	size_t i = mark_slot(t, id);
	bool have = i < t->nmarks && t->marks[i] == id;

	if (have == on)
		return;
	if (!on) {
		memmove(t->marks + i, t->marks + i + 1, (t->nmarks - i - 1) * sizeof(*t->marks));
		t->nmarks--;
		return;
	}
	uint64_t *more = realloc(t->marks, (t->nmarks + 1) * sizeof(*more));
	if (!more)
		return;
	t->marks = more;
	memmove(more + i + 1, more + i, (t->nmarks - i) * sizeof(*more));
	more[i] = id;
	t->nmarks++;
}

static void
mark_all(struct tui_table *t)
{
	bool all = true;

	for (size_t i = 0; i < t->nview && all; i++)
		all = tui_table_marked(t, t->view[i]);
	for (size_t i = 0; i < t->nview; i++)
		set_mark(t, tui_table_id(t, t->view[i]), !all);
}

static void
mark_range(struct tui_table *t)
{
	size_t a = t->range_from, b = t->sel;

	if (!t->ranging) {
		t->ranging = true;
		t->range_from = t->sel;
		return;
	}
	t->ranging = false;
	for (size_t i = a < b ? a : b; i <= (a < b ? b : a) && i < t->nview; i++)
		set_mark(t, tui_table_id(t, t->view[i]), true);
}

/* ---- search ---------------------------------------------------------------------------------- */

/* The next view position at or after `from` (step 1) or before it (step -1), going round once. */
static bool
find_match(struct tui_table *t, size_t from, int step)
{
	size_t n = t->nview;

	for (size_t i = 0; i < n; i++) {
		size_t pos = step > 0 ? (from + i) % n : (from + n - i) % n;
		if (tui_table_has(t, t->view[pos], t->search)) {
			go(t, pos);
			return true;
		}
	}
	return false;
}

bool
tui_table_search(struct tui_table *t, const char *text)
{
	snprintf(t->search, sizeof(t->search), "%s", text);
	return !*text || (t->nview > 0 && find_match(t, t->sel, 1));
}

void
tui_table_filter(struct tui_table *t, const char *text)
{
	snprintf(t->filter, sizeof(t->filter), "%s", text);
	tui_table_refresh(t);
}

static bool
next_match(struct tui_table *t, int step)
{
	if (!t->search[0] || t->nview == 0)
		return false;
	return find_match(t, (t->sel + t->nview + (step > 0 ? 1 : t->nview - 1)) % t->nview, step),
	       true;
}

static bool
clear(struct tui_table *t)
{
	bool had = t->search[0] || t->filter[0] || t->ranging;

	t->search[0] = '\0';
	t->ranging = false;
	if (t->filter[0])
		tui_table_filter(t, "");
	return had;
}

/* ---- actions --------------------------------------------------------------------------------- */

static void
sort(struct tui_table *t)
{
	if (t->sort_col == t->col) {
		if (t->sort_desc)
			t->sort_col = -1;
		t->sort_desc = !t->sort_desc;
	} else {
		t->sort_col = t->col;
		t->sort_desc = false;
	}
	tui_table_refresh(t);
}

static void
move(struct tui_table *t, long by)
{
	long pos = (long)t->sel + by;

	go(t, pos < 0 ? 0 : (size_t)pos);
}

static bool
movement(struct tui_table *t, const struct tui_cmd *cmd, int height)
{
	int page = height > 1 ? height - 1 : 1, half = height > 2 ? height / 2 : 1;

	switch (cmd->action) {
	case TUI_ACT_DOWN:
		move(t, cmd->count);
		return true;
	case TUI_ACT_UP:
		move(t, -cmd->count);
		return true;
	case TUI_ACT_PAGE_DOWN:
		move(t, (long)page * cmd->count);
		return true;
	case TUI_ACT_PAGE_UP:
		move(t, -(long)page * cmd->count);
		return true;
	case TUI_ACT_HALF_DOWN:
		move(t, (long)half * cmd->count);
		return true;
	case TUI_ACT_HALF_UP:
		move(t, -(long)half * cmd->count);
		return true;
	case TUI_ACT_FIRST:
		go(t, 0);
		return true;
	case TUI_ACT_LAST:
		go(t, t->nview);
		return true;
	case TUI_ACT_LEFT:
		t->col = t->col > cmd->count ? t->col - cmd->count : 0;
		return true;
	case TUI_ACT_RIGHT:
		t->col = t->col + cmd->count < t->ncols ? t->col + cmd->count : t->ncols - 1;
		return true;
	default:
		return false;
	}
}

/* Keep the top where the picture is, so that a move inside of it does not scroll. */
static void
keep_top(struct tui_table *t, int height)
{
	t->top = tui_table_top(t, height);
}

bool
tui_table_action(struct tui_table *t, const struct tui_cmd *cmd, int height)
{
	bool done = true;

	keep_top(t, height);
	if (movement(t, cmd, height)) {
		keep_top(t, height);
		return true;
	}
	switch (cmd->action) {
	case TUI_ACT_SORT:
		if (t->fixed)
			return false;
		sort(t);
		break;
	case TUI_ACT_MARK:
		if (t->sel < t->nview) {
			set_mark(t, t->sel_id, !has_mark(t, t->sel_id));
			move(t, 1);
		}
		break;
	case TUI_ACT_RANGE:
		mark_range(t);
		break;
	case TUI_ACT_MARK_ALL:
		mark_all(t);
		break;
	case TUI_ACT_NEXT_MATCH:
		return next_match(t, 1);
	case TUI_ACT_PREV_MATCH:
		return next_match(t, -1);
	case TUI_ACT_CLEAR:
	case TUI_ACT_BACK:
		done = clear(t);
		break;
	default:
		return false;
	}
	keep_top(t, height);
	return done;
}

bool
tui_table_mouse(struct tui_table *t, const struct tui_event *ev, const struct tui_canvas *c)
{
	int head = t->no_header ? 0 : 1;
	int row = ev->y - c->y - head;

	if (ev->type != TUI_EV_MOUSE || ev->y < c->y || ev->y >= c->y + c->rows || ev->x < c->x ||
	    ev->x >= c->x + c->cols)
		return false;
	if (ev->mouse >= TUI_MOUSE_WHEEL_UP) {
		keep_top(t, c->rows - head);
		move(t, (ev->mouse == TUI_MOUSE_WHEEL_UP ? -3L : 3L) * ev->count);
		return true;
	}
	if (ev->mouse != TUI_MOUSE_PRESS || row < 0)
		return false;
	size_t pos = tui_table_top(t, c->rows - head) + (size_t)row;
	if (pos < t->nview) {
		keep_top(t, c->rows - head);
		go(t, pos);
	}
	return true;
}
