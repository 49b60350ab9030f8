/* preview_draw.c - the picture of the preview: the list, and four views of one event. */
#include "tui/screens/preview_state.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

enum { COL_KEY, COL_CHANGE, COL_CHECK };

static const struct tui_column columns[] = {
	{ "KEY", TUI_LEFT, 10, 26, 0, true },
	{ "CHANGE", TUI_LEFT, 6, 7, 0, false },
	{ "CHECK", TUI_LEFT, 7, 7, 0, false },
};

/* "["42"]" as a person reads it: 42. */
static void
key_value(const struct preview *p, size_t row, struct tui_value *v)
{
	const char *key = preview_cell(p, row, "key");
	size_t n = strlen(key);

	if (n == 0) {
		v->text = SL_LIT("(none)");
		v->role = TUI_NULL;
	} else if (n > 4 && strncmp(key, "[\"", 2) == 0 && !strchr(key + 2, ',') &&
		   strcmp(key + n - 2, "\"]") == 0) {
		v->text = (struct sl_str){ key + 2, n - 4 };
	} else {
		v->text = sl_str(key);
	}
}

static void
change_value(const struct preview *p, size_t row, struct tui_value *v)
{
	const char *change = preview_cell(p, row, "change");

	if (strcmp(change, "add") == 0) {
		v->text = SL_LIT("+ add");
		v->role = TUI_ADD;
	} else if (strcmp(change, "update") == 0) {
		v->text = SL_LIT("~ chg");
		v->role = TUI_CHANGE;
	} else {
		v->text = sl_str(strcmp(change, "same") == 0 ? "= same" : change);
		v->role = TUI_DIM;
	}
}

static enum tui_role
check_role(const char *check)
{
	return strcmp(check, "error") == 0  ? TUI_FAIL
	       : strcmp(check, "warn") == 0 ? TUI_WARN
					    : TUI_OK;
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct preview *p = arg;
	const char *check = preview_cell(p, p->order[row], "check");

	if (col == COL_KEY) {
		key_value(p, p->order[row], v);
	} else if (col == COL_CHANGE) {
		change_value(p, p->order[row], v);
	} else {
		v->role = check_role(check);
		v->text = sl_str(v->role == TUI_FAIL   ? "\u2717 error"
				 : v->role == TUI_WARN ? "! warn"
						       : "\u2713");
	}
}

bool
preview_table_init(struct preview *p)
{
	if (!tui_table_init(&p->table, columns, SL_COUNT(columns)))
		return false;
	p->table.model = (struct tui_model){ cell, p, 0 };
	p->table.fixed = true;
	p->table.pane.empty = "The source has no rows.";
	p->table.pane.empty_hint = "r read again";
	return true;
}

/* ---- one event ------------------------------------------------------------------------------- */

static void
fill_diff(struct preview *p, size_t row)
{
	const char *old = preview_cell(p, row, "old"), *body = preview_cell(p, row, "body");

	tui_diff_json(&p->diff, *old ? old : NULL, *body ? body : NULL);
	p->diff.top = 0;
}

static void
fill_text(struct preview *p, size_t row)
{
	bool body = *preview_cell(p, row, "body") != '\0';
	const char *name = p->view == PREVIEW_SOURCE || !body ? "row" : "body";
	bool raw = p->view == PREVIEW_RAW && body;

	p->pager.syntax = raw ? TUI_SYNTAX_NONE : TUI_SYNTAX_JSON;
	p->pager.wrap = raw;
	tui_pager_set(&p->pager, sl_str(preview_cell(p, row, name)));
}

void
preview_fill(struct preview *p)
{
	p->shown = preview_row(p);
	tui_diff_free(&p->diff);
	tui_pager_set(&p->pager, (struct sl_str){ "", 0 });
	if (p->shown == UINT_MAX)
		return;
	fill_diff(p, p->shown);
	fill_text(p, p->shown);
}

static const char *const view_names[] = { "Diff", "Event", "Raw bytes", "Source row" };

static void
draw_views(const struct preview *p, const struct tui_canvas *c)
{
	int x = 1;

	for (int i = 0; i < PREVIEW_VIEWS; i++) {
		enum tui_role role = (int)p->view == i ? TUI_TAB_CURRENT : TUI_TAB;
		x += tui_printf(c, 0, x, role, " %s ", view_names[i]) + 1;
	}
	if (p->table.nview > 0 && c->cols - x > 16)
		tui_printf(c, 0, x + 1, TUI_DIM, "row %zu of %zu", p->table.sel + 1,
			   p->table.nview);
}

/* Where it would go, how large it is, its id. */
static int
draw_request(const struct preview *p, const struct tui_canvas *c, int y)
{
	char size[32];
	int x = 1;

	if (y + 2 > c->rows)
		return y;
	x += tui_puts(c, y, x, TUI_LABEL, "to ");
	tui_puts(c, y++, x, TUI_TEXT, preview_cell(p, p->shown, "request"));
	x = 1 + tui_puts(c, y, 1, TUI_LABEL, "id ");
	x += tui_puts(c, y, x, TUI_DIM, preview_cell(p, p->shown, "id"));
	int64_t bytes = sl_table_get_int(p->rows, p->shown, "bytes");
	tui_printf(c, y++, x + 2, TUI_DIM, "%s", tui_fmt_bytes((uint64_t)bytes, size));
	return y;
}

static int
draw_problem(const struct preview *p, const struct tui_canvas *c, int y)
{
	const char *problem = preview_cell(p, p->shown, "problem");
	enum tui_role role = check_role(preview_cell(p, p->shown, "check"));
	struct sl_str line;
	size_t pos = 0;

	if (!*problem && strcmp(preview_cell(p, p->shown, "change"), "same") == 0) {
		tui_puts(c, y, 1, TUI_DIM,
			 "= The destination has acknowledged this: a run would not send it.");
		return y + 2;
	}
	if (!*problem)
		return y;
	tui_puts(c, y, 1, role, role == TUI_FAIL ? "\u2717" : "!");
	while (y < c->rows && tui_wrap(sl_str(problem), &pos, c->cols - 4, &line))
		tui_put(c, y++, 3, role, line);
	tui_puts(c, y, 3, TUI_KEY, "m");
	tui_puts(c, y, 5, TUI_DIM, "opens the mapping");
	return y + 2;
}

static void
draw_event(const struct preview *p, const struct tui_canvas *c)
{
	bool body = *preview_cell(p, p->shown, "body") != '\0';
	int y = draw_problem(p, c, 2), low = c->rows >= 12 && body ? 3 : 0;

	if (!body && p->view != PREVIEW_SOURCE) {
		tui_puts(c, y, 1, TUI_DIM, "No event is made of this row:");
		y += 2;
	}
	struct tui_canvas in = tui_sub(c, y, 1, c->rows - y - low, c->cols - 2);
	struct tui_canvas foot = tui_sub(c, c->rows - low, 0, low, c->cols);

	if (p->view == PREVIEW_DIFF && body)
		tui_diff_draw(&p->diff, &in, false);
	else
		tui_pager_draw(&p->pager, &in, p->right);
	if (low > 0)
		(void)draw_request(p, &foot, 1);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void
draw_sum(const struct preview *p, const struct tui_canvas *c)
{
	int x = 1;

	x += tui_puts(c, 0, x, TUI_TITLE, "nothing has been sent");
	if (!p->rows)
		return;
	unsigned n = sl_table_rows(p->rows);
	x += tui_printf(c, 0, x, TUI_DIM, " \u00b7 %s%u row%s   ",
			n >= PREVIEW_LIMIT ? "first " : "", n, n == 1 ? "" : "s");
	x += tui_printf(c, 0, x, TUI_OK, "\u2713 %u", p->count[0]) + 2;
	x += tui_printf(c, 0, x, p->count[1] ? TUI_WARN : TUI_DIM, "! %u", p->count[1]) + 2;
	x += tui_printf(c, 0, x, p->count[2] ? TUI_FAIL : TUI_DIM, "\u2717 %u", p->count[2]) + 3;
	if (p->only_problems)
		tui_puts(c, 0, x, TUI_WARN, "only problems shown   f all");
}

int
preview_list_height(const struct tui_screen *s)
{
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	int h = cols >= PREVIEW_WIDE ? rows - 2 : rows / 3 - 1;
	return h > 1 ? h : 1;
}

int
preview_view_height(const struct tui_screen *s)
{
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	int h = cols >= PREVIEW_WIDE ? rows - 6 : rows - rows / 3 - 7;
	return h > 1 ? h : 1;
}

#define LIST_COLS 44

struct tui_canvas
preview_list(int rows, int cols)
{
	if (cols >= PREVIEW_WIDE)
		return (struct tui_canvas){ .rows = rows - 1, .cols = LIST_COLS };
	return (struct tui_canvas){ .rows = rows < 14 ? rows - 1 : rows / 3, .cols = cols };
}

static void
draw_wide(const struct preview *p, const struct tui_canvas *c)
{
	int w = LIST_COLS;
	struct tui_canvas left = tui_sub(c, 0, 0, c->rows - 1, w);
	struct tui_canvas right = tui_sub(c, 0, w + 1, c->rows - 1, c->cols - w - 1);

	tui_table_draw(&p->table, &left, !p->right);
	tui_vline(c, 0, w, c->rows - 1, TUI_BORDER);
	if (p->shown == UINT_MAX)
		return;
	draw_views(p, &right);
	draw_event(p, &right);
}

/* List above, event below; a small terminal shows one of them. */
static void
draw_narrow(const struct preview *p, const struct tui_canvas *c)
{
	int list = c->rows < 14 ? (p->right ? 0 : c->rows - 1) : c->rows / 3;
	struct tui_canvas top = tui_sub(c, 0, 0, list, c->cols);
	struct tui_canvas low =
		tui_sub(c, list + (list > 0), 0, c->rows - list - 2 + (list == 0), c->cols);

	if (list > 0)
		tui_table_draw(&p->table, &top, !p->right);
	if (p->shown == UINT_MAX || low.rows < 4)
		return;
	if (list > 0)
		tui_hline(c, list, 0, c->cols, TUI_BORDER);
	draw_views(p, &low);
	draw_event(p, &low);
}

void
preview_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct preview *p = s->state;
	struct tui_canvas sum = tui_sub(c, c->rows - 1, 0, 1, c->cols);
	struct tui_canvas body = tui_sub(c, 0, 0, c->rows - 1, c->cols);

	if (!p->draft.sync[0]) {
		tui_pick_draw(&p->pick, c, "Preview which sync's events?");
		return;
	}
	draw_sum(p, &sum);
	if (p->rows && p->pane.state != TUI_PANE_ERROR) {
		if (c->cols >= PREVIEW_WIDE)
			draw_wide(p, c);
		else
			draw_narrow(p, c);
	}
	(void)tui_pane_draw(&p->pane, &body, p->rows != NULL);
}
