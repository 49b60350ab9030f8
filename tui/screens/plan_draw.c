/* plan_draw.c - the picture of a plan: what it would do, the choices, the changes one by one. */
#include "tui/screens/plan.h"

#include "tui/screens/key_text.h"
#include "tui/screens/run_look.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

#define WIDE_COLS 110 /* list and values side by side */
#define TALL_ROWS 24

/* Rows of the summary above the list. */
static int
head_rows(const struct plan *h, int rows)
{
	if (rows < 12)
		return 2;
	if (rows < TALL_ROWS)
		return plan_is(h, "held") ? 5 : 3;
	return 9;
}

void
plan_split(const struct plan *h, int rows, int cols, int *list, int *diff)
{
	const int rest = rows - head_rows(h, rows) - 2; /* rule and tabs */

	if (cols >= WIDE_COLS) {
		*list = *diff = rest > 1 ? rest : 1;
		return;
	}
	*diff = rest > 8 ? rest / 2 : 0;
	*list = rest - *diff - (*diff > 0);
	if (*list < 1)
		*list = 1;
}

struct tui_canvas
plan_list(const struct plan *h, int rows, int cols)
{
	struct tui_canvas c = { .y = head_rows(h, rows) + 2 };
	int diff;

	plan_split(h, rows, cols, &c.rows, &diff);
	c.cols = cols >= WIDE_COLS ? cols * 2 / 5 : cols;
	return c;
}

/* ---- summary --------------------------------------------------------------------------------- */

static void
draw_state(const struct plan *h, const struct tui_canvas *c)
{
	const struct tui_look look = tui_run_look(h->s.state, tui_run_missed(&h->s));
	char a[32], b[32];
	int x = 1;

	if (h->s.planning && h->live) {
		x += tui_printf(c, 0, x, TUI_RUN, "> planning   ");
		x += tui_printf(c, 0, x, TUI_TEXT, "%s rows read   %s",
				tui_fmt_count(h->s.rows_read, a), tui_fmt_rate(h->s.read_rate, b));
		tui_puts(c, 0, x, TUI_DIM, "   nothing is sent   Ctrl-C stops");
		return;
	}
	x += tui_printf(c, 0, x, look.role, "%s %s   ", look.mark, look.word);
	if (plan_is(h, "held") && h->s.acked + h->s.dead == 0)
		tui_puts(c, 0, x, TUI_TITLE, "nothing was sent yet");
	else if (plan_is(h, "held"))
		tui_printf(c, 0, x, TUI_TITLE, "%s of %s events were sent, the removes wait",
			   tui_fmt_count(h->s.acked + h->s.dead, a),
			   tui_fmt_count(tui_run_events(&h->s), b));
	else if (tui_run_events(&h->s) == 0)
		tui_puts(c, 0, x, TUI_TEXT, "there was nothing to send");
	else
		tui_printf(c, 0, x, TUI_TEXT, "%s of %s events were acknowledged",
			   tui_fmt_count(h->s.acked, a), tui_fmt_count(tui_run_events(&h->s), b));
}

struct row {
	const char *name;
	uint64_t n;
	enum tui_role role;
};

static void
make_rows(const struct plan *h, struct row r[5])
{
	const struct sl_run_stats *s = &h->s;

	r[0] = (struct row){ "+ add", s->adds, TUI_ADD };
	r[1] = (struct row){ "~ change", s->updates, TUI_CHANGE };
	r[2] = (struct row){ "- remove", s->removes, TUI_REMOVE };
	r[3] = (struct row){ "= same", s->same, TUI_TEXT };
	r[4] = (struct row){ "! left out", s->skipped + s->still_dead, TUI_WARN };
}

static void
draw_rows(const struct plan *h, const struct tui_canvas *c)
{
	struct row r[5];
	char text[32];

	make_rows(h, r);
	for (int i = 0; i < 5 && i < c->rows; i++) {
		tui_puts(c, i, 3, r[i].n ? r[i].role : TUI_DIM, r[i].name);
		tui_field(c, (struct tui_span){ i, 14, 12, TUI_RIGHT, r[i].n ? TUI_TEXT : TUI_DIM },
			  sl_str(tui_fmt_count(r[i].n, text)));
	}
}

/* Why something waits or was left out. */
static void
draw_remark(const struct plan *h, const struct tui_canvas *c)
{
	const struct sl_run_stats *s = &h->s;
	char a[32];

	if (s->error[0]) {
		tui_puts(c, 0, 1, plan_is(h, "failed") ? TUI_FAIL : TUI_WARN,
			 plan_is(h, "failed") ? "\u2717" : "!");
		tui_puts(c, 0, 3, plan_is(h, "failed") ? TUI_FAIL : TUI_WARN, s->error);
	} else if (s->still_dead > 0) {
		tui_puts(c, 0, 3, TUI_DIM,
			 "left out: given up on before and unchanged since   d dead letters");
	} else if (s->null_cursors > 0) {
		tui_printf(c, 0, 3, TUI_WARN,
			   "%s row%s without a cursor: read every time   promise %s",
			   tui_fmt_count(s->null_cursors, a), s->null_cursors == 1 ? "" : "s",
			   s->promise);
	} else if (s->promise[0] && strcmp(s->promise, "snapshot") != 0) {
		tui_printf(c, 0, 3, TUI_DIM, "promise %s: %s", s->promise,
			   tui_run_promise(s->promise));
	} else if (s->skipped > 0) {
		tui_puts(c, 0, 3, TUI_DIM, "left out: rows that the mapping skips");
	}
}

/* The same in one line, where rows are dear. */
static void
draw_row_line(const struct plan *h, const struct tui_canvas *c)
{
	struct row r[5];
	char text[32];
	int x = 1;

	make_rows(h, r);
	for (int i = 0; i < 5 && x < c->cols; i++) {
		if (i == 4 && r[i].n == 0)
			continue;
		x += tui_puts(c, 0, x, r[i].n ? r[i].role : TUI_DIM, r[i].name);
		x += 1 + tui_puts(c, 0, x + 1, r[i].n ? TUI_TEXT : TUI_DIM,
				  tui_fmt_count(r[i].n, text));
		x += 3;
	}
}

static int
choice(const struct tui_canvas *c, int y, const char *key, const char *what)
{
	tui_puts(c, y, 3, TUI_KEY, key);
	tui_puts(c, y, 6, TUI_TEXT, what);
	return y + 1;
}

static void
draw_choices(const struct plan *h, const struct tui_canvas *c)
{
	const struct sl_run_stats *s = &h->s;
	const bool held = s->removes_held && s->removes > 0;
	const uint64_t now = held ? s->adds + s->updates : tui_run_events(s);
	char text[160], a[32];
	int y = 0;

	if (c->rows < 1)
		return;
	if (held && (s->acked + s->dead > 0 || now == 0))
		snprintf(text, sizeof(text), "end the run without the removes");
	else if (held)
		snprintf(text, sizeof(text), "send the adds and changes only (%s)",
			 tui_fmt_count(now, a));
	else
		snprintf(text, sizeof(text), "send all of it (%s)", tui_fmt_count(now, a));
	y = choice(c, y, "S", text);
	if (held && y < c->rows) {
		snprintf(text, sizeof(text), "send all, with %s removes: asks for that number",
			 tui_fmt_count(s->removes, a));
		y = choice(c, y, "A", text);
	}
	if (c->rows > 2)
		y = choice(c, y, "q", "keep the plan and send nothing: it waits");
	if (y < c->rows)
		choice(c, y, "X", "drop the plan");
}

static void
draw_head(const struct plan *h, const struct tui_canvas *c)
{
	const bool held = plan_is(h, "held");
	struct tui_canvas part;
	int y = 2;

	draw_state(h, c);
	if (c->rows > 8) {
		const int left = c->cols >= WIDE_COLS ? 48 : 36;
		part = tui_sub(c, 2, 0, 5, left);
		draw_rows(h, &part);
		part = tui_sub(c, 2, left, 5, c->cols - left);
		if (held)
			draw_choices(h, &part);
		part = tui_sub(c, 8, 0, 1, c->cols);
		draw_remark(h, &part);
		return;
	}
	part = tui_sub(c, 1, 0, 1, c->cols);
	draw_row_line(h, &part);
	if (h->s.error[0] && c->rows > y) {
		part = tui_sub(c, y++, 0, 1, c->cols);
		draw_remark(h, &part);
	}
	part = tui_sub(c, y, 0, c->rows - y, c->cols);
	if (held)
		draw_choices(h, &part);
}

/* ---- list and values ------------------------------------------------------------------------- */

static void
draw_tabs(const struct plan *h, const struct tui_canvas *c)
{
	static const char *const tab[] = { "all", "+ adds", "~ changes", "- removes" };
	char a[32], text[64];
	int x = 1;

	for (int i = 0; i < PLAN_ONLY; i++) {
		const bool is = i == (int)h->only;
		const uint64_t n = plan_count(h, (enum plan_only)i);
		snprintf(text, sizeof(text), is ? "[%s %s]" : " %s %s ", tab[i],
			 tui_fmt_count(n, a));
		x += tui_puts(c, 0, x, is ? TUI_TAB_CURRENT : n ? TUI_TEXT : TUI_DIM, text);
		x += 1;
	}
	if (h->only != PLAN_ALL && x + 10 < c->cols)
		tui_puts(c, 0, x + 1, TUI_DIM, "x all");
}

static void
draw_values(const struct plan *h, const struct tui_canvas *c)
{
	const size_t row = tui_table_selected(&h->table);
	unsigned at;
	const struct sl_table *t;

	if (row == SIZE_MAX || c->rows < 1)
		return;
	t = tui_changes_row(&h->changes, row, &at);
	if (!t || h->diff_row != row) {
		tui_puts(c, 0, 1, TUI_DIM, h->changes.ask ? "reading\u2026" : "");
		return;
	}
	const char *op = sl_table_get(t, at, "op"), *verdict = sl_table_get(t, at, "verdict");
	char key[120];
	int x = 1 + tui_puts(c, 0, 1, TUI_HEADER,
			     tui_key_text(sl_table_get(t, at, "key"), key, sizeof(key)));
	if (verdict && *verdict && strcmp(verdict, "pending") != 0)
		x += tui_printf(c, 0, x, TUI_LABEL, "   %s", verdict);
	x += tui_printf(c, 0, x, TUI_DIM, "   %s B",
			tui_fmt_count((uint64_t)sl_table_get_int(t, at, "bytes"), (char[32]){ 0 }));
	if (h->on_diff)
		tui_puts(c, 0, x, TUI_ACCENT, "   \u2190");
	struct tui_canvas body = tui_sub(c, 1, 1, c->rows - 1, c->cols - 2);
	const bool changed = op && strcmp(op, "update") == 0 && !h->whole;
	if (h->diff.n == 0)
		tui_puts(&body, 0, 0, TUI_DIM, "no values are kept");
	tui_diff_draw(&h->diff, &body, changed);
}

static void
draw_list(const struct plan *h, const struct tui_canvas *c)
{
	int list, diff;
	struct tui_canvas part;

	if (h->changes.total == 0) {
		tui_puts(c, 1, 3, TUI_DIM,
			 h->only != PLAN_ALL        ? "none of these   x all changes"
			 : h->s.planning && h->live ? "the changes are listed when all rows were "
						      "read"
			 : h->s.error[0]            ? ""
						    : "every row is as the destination has it");
		return;
	}
	if (c->cols >= WIDE_COLS) {
		const int left = c->cols * 2 / 5;
		part = tui_sub(c, 0, 0, c->rows, left);
		tui_table_draw(&h->table, &part, !h->on_diff);
		tui_vline(c, 0, left, c->rows, TUI_BORDER);
		part = tui_sub(c, 0, left + 1, c->rows, c->cols - left - 1);
		draw_values(h, &part);
		return;
	}
	diff = c->rows > 8 ? c->rows / 2 : 0;
	list = c->rows - diff - (diff > 0);
	part = tui_sub(c, 0, 0, list, c->cols);
	tui_table_draw(&h->table, &part, !h->on_diff);
	if (diff == 0)
		return;
	tui_hline(c, list, 0, c->cols, TUI_BORDER);
	part = tui_sub(c, list + 1, 0, diff, c->cols);
	draw_values(h, &part);
}

void
plan_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct plan *h = s->state;
	const int head = head_rows(h, c->rows);
	struct tui_canvas part;

	if (tui_pane_draw(&h->pane, c, h->have) || !h->have)
		return;
	part = tui_sub(c, 0, 0, head, c->cols);
	draw_head(h, &part);
	tui_hline(c, head, 0, c->cols, TUI_BORDER);
	part = tui_sub(c, head + 1, 0, 1, c->cols);
	draw_tabs(h, &part);
	part = tui_sub(c, head + 2, 0, c->rows - head - 2, c->cols);
	draw_list(h, &part);
	if (h->on_diff)
		tui_cursor(c, head + 2, 1, false);
}
