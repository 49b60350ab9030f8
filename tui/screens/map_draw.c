/* map_draw.c - the picture of the mapping editor. */
#include "tui/screens/map_state.h"
#include "tui/width.h"

/* Rows below the list, with their rule. */
static int
detail_height(int rows)
{
	return rows >= 26 ? 9 : rows >= 16 ? 7 : rows >= 10 ? 3 : 0;
}

int
map_height(const struct tui_screen *s)
{
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	return rows - detail_height(rows) - 1 > 1 ? rows - detail_height(rows) - 1 : 1;
}

static int
put_wrapped(const struct tui_canvas *c, int y, int x, enum tui_role role, const char *text)
{
	struct sl_str line;
	size_t pos = 0;

	while (y < c->rows && tui_wrap(sl_str(text), &pos, c->cols - x - 1, &line))
		tui_put(c, y++, x, role, line);
	return y;
}

/* ---- the line below the list ----------------------------------------------------------------- */

static int
draw_problem(const struct map *m, const struct tui_canvas *c, int y, int check)
{
	const char *level = map_cell(m->checks, check, "level");
	const char *mend = map_cell(m->checks, check, "mend");
	bool error = strcmp(level, "error") == 0;

	if (!*level || strcmp(level, "ok") == 0)
		return y;
	tui_puts(c, y, 1, error ? TUI_FAIL : TUI_WARN, error ? "\u2717" : "!");
	y = put_wrapped(c, y, 3, error ? TUI_FAIL : TUI_WARN,
			map_cell(m->checks, check, "problem"));
	return *mend ? put_wrapped(c, y, 3, TUI_TEXT, mend) : y;
}

/* What a line makes of the first row, and what is wrong with it. */
static int
draw_result(const struct map *m, const struct tui_canvas *c, int y, const struct map_row *r)
{
	const char *input = map_cell(m->checks, r->check, "input");
	const char *output = map_cell(m->checks, r->check, "output");

	if (*input) {
		tui_puts(c, y, 3, TUI_LABEL, "in");
		tui_puts(c, y++, 8, TUI_TEXT, input);
	}
	if (r->check >= 0) {
		tui_puts(c, y, 3, TUI_LABEL, "out");
		tui_puts(c, y++, 8, *output ? TUI_TEXT : TUI_NULL,
			 *output ? output : "left out of the event");
	}
	return draw_problem(m, c, y, r->check);
}

static int
draw_line(const struct map *m, const struct tui_canvas *c, const struct map_row *r)
{
	int x = 1;

	x += tui_puts(c, 0, x, r->identity ? TUI_ACCENT : TUI_TITLE, r->name);
	x += tui_puts(c, 0, x, TUI_DIM, " \u2190 ");
	tui_puts(c, 0, x, TUI_TEXT, tui_draft_expr(&m->draft, r->name));
	return draw_result(m, c, 1, r);
}

static int
draw_field(const struct map *m, const struct tui_canvas *c, const struct map_row *r)
{
	int x = 1 + tui_puts(c, 0, 1, TUI_TITLE, r->name), y = 1;

	if (r->suggestion >= 0) {
		x += tui_puts(c, 0, x, TUI_DIM, " \u2190 ");
		x += tui_puts(c, 0, x, TUI_INFO, map_cell(m->suggestions, r->suggestion, "expr"));
		x += tui_printf(c, 0, x, TUI_DIM, "   %.2f  %s   ", map_score(m, r),
				map_cell(m->suggestions, r->suggestion, "reason"));
		x += tui_puts(c, 0, x, TUI_KEY, "a");
		tui_puts(c, 0, x + 1, TUI_TEXT, "accept");
	} else {
		tui_puts(c, 0, x, TUI_DIM, "   not mapped: Enter maps it, c gives it a constant");
	}
	return draw_problem(m, c, y, r->check);
}

static int
draw_column(const struct map *m, const struct tui_canvas *c, const struct map_row *r)
{
	int x = 1;

	x += tui_puts(c, 0, x, TUI_DIM, "column ");
	x += tui_puts(c, 0, x, TUI_TITLE, r->name);
	tui_printf(c, 0, x, TUI_DIM, "   %s   goes nowhere: Enter gives it a field",
		   map_cell(m->columns, r->column, "native"));
	return 1;
}

/* While an expression is typed: the transform that it is at, or what may come. */
static void
draw_typing(const struct map *m, const struct tui_canvas *c)
{
	int t = map_transform_at(m, m->typed), y = 0, x;
	struct sl_buf found;

	if (t >= 0) {
		x = 1 + tui_puts(c, y, 1, TUI_TITLE, map_cell(m->transforms, t, "name"));
		tui_puts(c, y++, x + 1, TUI_TEXT, map_cell(m->transforms, t, "args"));
		y = put_wrapped(c, y, 3, TUI_DIM, map_cell(m->transforms, t, "help"));
		tui_puts(c, y, 3, TUI_LABEL, "e.g.");
		tui_puts(c, y++, 8, TUI_TEXT, map_cell(m->transforms, t, "example"));
	} else {
		struct tui_complete k = map_completion(m);
		sl_buf_init(&found, 64 << 10);
		(void)k.find(k.arg, sl_str(m->typed), &found);
		for (size_t i = 0; i < found.len; i++)
			found.ptr[i] = found.ptr[i] == '\n' ? ' ' : found.ptr[i];
		tui_puts(c, y, 1, TUI_LABEL, "Tab");
		struct tui_canvas list = tui_sub(c, 0, 0, 2, c->cols);
		y = put_wrapped(&list, y, 6, TUI_DIM, sl_buf_cstr(&found));
		sl_buf_free(&found);
	}
	for (size_t i = 0; i < m->nrows; i++) {
		if (m->row[i].kind != MAP_COLUMN && strcmp(m->row[i].name, m->editing) == 0) {
			(void)draw_result(m, c, y, &m->row[i]);
			return;
		}
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void
count_checks(const struct map *m, unsigned n[3])
{
	for (unsigned i = 0; i < sl_table_rows(m->checks); i++) {
		const char *level = map_cell(m->checks, (int)i, "level");
		n[strcmp(level, "error") == 0 ? 2 : strcmp(level, "warn") == 0 ? 1 : 0]++;
	}
}

/* Of the whole: what was checked, and what is wrong with no one line. */
static void
draw_sum(const struct map *m, const struct tui_canvas *c)
{
	unsigned n[3] = { 0 }, sure = 0;
	int x = 1, whole = -1;

	if (m->check_failed) {
		x += tui_puts(c, 0, x, TUI_FAIL, "\u2717 not checked, r tries again: ");
		tui_puts(c, 0, x, TUI_FAIL, m->check_problem.message);
		return;
	}
	for (unsigned i = 0; i < sl_table_rows(m->checks); i++) {
		if (!*map_cell(m->checks, (int)i, "to"))
			whole = (int)i;
	}
	for (size_t i = 0; i < m->nrows; i++)
		sure += m->row[i].kind == MAP_FIELD && map_score(m, &m->row[i]) >= MAP_SURE;
	count_checks(m, n);
	if (!m->checks) {
		tui_puts(c, 0, x, TUI_DIM, "checking\u2026");
		return;
	}
	x += tui_printf(c, 0, x, TUI_OK, "\u2713 %u", n[0]) + 2;
	x += tui_printf(c, 0, x, n[1] ? TUI_WARN : TUI_DIM, "! %u", n[1]) + 2;
	x += tui_printf(c, 0, x, n[2] ? TUI_FAIL : TUI_DIM, "\u2717 %u", n[2]) + 3;
	if (m->ask.check || m->check_due_us)
		x += tui_puts(c, 0, x, TUI_DIM, "checking\u2026  ");
	if (sure > 0) {
		x += tui_printf(c, 0, x, TUI_INFO, "%u sure suggestion%s  ", sure,
				sure == 1 ? "" : "s");
		x += tui_puts(c, 0, x, TUI_KEY, "A");
		x += tui_puts(c, 0, x + 1, TUI_TEXT, "accept all") + 3;
	}
	if (whole >= 0)
		tui_puts(c, 0, x, TUI_WARN, map_cell(m->checks, whole, "problem"));
}

static void
draw_detail(const struct map *m, const struct tui_canvas *c)
{
	const struct map_row *r = map_selected(m);
	struct tui_canvas top = tui_sub(c, 1, 0, c->rows - 2, c->cols);
	struct tui_canvas sum = tui_sub(c, c->rows - 1, 0, 1, c->cols);
	int y = 0;

	tui_hline(c, 0, 0, c->cols, TUI_BORDER);
	draw_sum(m, &sum);
	if (m->editing[0]) {
		draw_typing(m, &top);
		return;
	}
	if (!r || r->kind == MAP_MORE)
		return;
	y = r->kind == MAP_LINE    ? draw_line(m, &top, r)
	    : r->kind == MAP_FIELD ? draw_field(m, &top, r)
				   : draw_column(m, &top, r);
	if (r->target >= 0 && y < top.rows)
		(void)put_wrapped(&top, y, 3, TUI_DIM, map_cell(m->targets, r->target, "help"));
}

void
map_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct map *m = s->state;
	int low = detail_height(c->rows);

	if (!m->draft.sync[0]) {
		tui_pick_draw(&m->pick, c, "Which sync's mapping?");
		return;
	}
	if (tui_pane_draw(&m->pane, c, m->draft.map.n > 0))
		return;
	struct tui_canvas list = tui_sub(c, 0, 0, c->rows - low, c->cols);
	map_draw_list(m, &list);
	if (low > 0) {
		struct tui_canvas detail = tui_sub(c, c->rows - low, 0, low, c->cols);
		draw_detail(m, &detail);
	}
}
