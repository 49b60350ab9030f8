/* doctor.c - what `sluice doctor` finds, as a list: the bad first. */
#include "tui/screens/doctor.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_PARTS 64

struct finding {
	const struct sl_table *part;
	unsigned row;
	int rank; /* bad, warn, ok */
};

struct doctor {
	struct tui_table table;
	struct sl_table *part[MAX_PARTS]; /* owned */
	unsigned nparts;
	struct finding *found; /* owned */
	size_t n;
	sl_ticket ask;
};

enum { COL_LEVEL, COL_AREA, COL_WHAT, COL_DETAIL };

static const struct tui_column columns[] = { { "LEVEL", TUI_LEFT, 5, 6, 0, false },
					     { "AREA", TUI_LEFT, 8, 13, 2, false },
					     { "WHAT", TUI_LEFT, 8, 24, 1, false },
					     { "DETAIL", TUI_LEFT, 20, 60, 0, true } };

static const char *const names[] = { "level", "area", "what", "detail" };

static const char *
text_of(const struct finding *f, const char *name)
{
	const char *s = sl_table_get(f->part, f->row, name);

	return s ? s : "";
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct doctor *d = arg;
	const struct finding *f = &d->found[row];
	static const enum tui_role roles[] = { TUI_FAIL, TUI_WARN, TUI_OK };

	v->text = sl_str(text_of(f, names[col]));
	v->role = col == COL_LEVEL ? roles[f->rank] : col == COL_DETAIL ? TUI_TEXT : TUI_DIM;
}

static int
by_rank(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return x->rank != y->rank   ? x->rank - y->rank
	       : x->part != y->part ? 0
				    : (x->row > y->row) - (x->row < y->row);
}

static void
drop(struct doctor *d)
{
	for (unsigned i = 0; i < d->nparts; i++)
		sl_table_free(d->part[i]);
	free(d->found);
	d->found = NULL;
	d->nparts = 0;
	d->n = 0;
	d->table.model.rows = 0;
}

static void
add(struct doctor *d, const struct sl_table *t)
{
	const unsigned rows = sl_table_rows(t);
	struct finding *longer;
	struct sl_table *copy;

	if (rows == 0 || d->nparts == MAX_PARTS)
		return;
	longer = realloc(d->found, (d->n + rows) * sizeof(*longer));
	if (longer)
		d->found = longer;
	copy = longer ? sl_table_copy(t) : NULL;
	if (!copy)
		return;
	d->part[d->nparts++] = copy;
	for (unsigned r = 0; r < rows; r++) {
		const char *level = sl_table_get(copy, r, "level");

		d->found[d->n++] = (struct finding){ copy, r,
						     strcmp(level, "bad") == 0    ? 0
						     : strcmp(level, "warn") == 0 ? 1
										  : 2 };
	}
	qsort(d->found, d->n, sizeof(*d->found), by_rank);
	d->table.model.rows = d->n;
}

static void
ask(struct tui_screen *s)
{
	struct doctor *d = s->state;

	tui_unask(s, &d->ask);
	drop(d);
	tui_table_refresh(&d->table);
	d->ask = sl_doctor(tui_app_engine(s->app));
	tui_pane_asked(&d->table.pane, d->ask);
}

static bool
init(struct tui_screen *s)
{
	struct doctor *d = s->state;

	if (!tui_table_init(&d->table, columns, SL_COUNT(columns)))
		return false;
	d->table.model = (struct tui_model){ cell, d, 0 };
	d->table.id_col = COL_DETAIL;
	d->table.fixed = true;
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct doctor *d = s->state;

	tui_unask(s, &d->ask);
	drop(d);
	tui_table_free(&d->table);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	const struct doctor *d = s->state;

	(void)arg;
	if (d->n == 0 && !d->ask)
		ask(s);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct doctor *d = s->state;

	if (!tui_asked(&d->ask, m))
		return false;
	add(d, m->table);
	tui_table_refresh(&d->table);
	if (m->failed)
		tui_pane_problem(&d->table.pane, &m->problem);
	else if (m->last)
		tui_pane_ready(&d->table.pane);
	return true;
}

static void
open_one(struct tui_screen *s)
{
	const struct doctor *d = s->state;
	const size_t row = tui_table_selected(&d->table);
	struct sl_buf b;

	if (row == SIZE_MAX)
		return;
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, text_of(&d->found[row], "detail"));
	if (*text_of(&d->found[row], "mend"))
		sl_buf_printf(&b, "\n\n%s", text_of(&d->found[row], "mend"));
	tui_app_view(s->app, text_of(&d->found[row], "what"), sl_buf_view(&b), false);
	sl_buf_free(&b);
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct doctor *d = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		open_one(s);
		return true;
	case TUI_ACT_REFRESH:
		ask(s);
		return true;
	case TUI_ACT_CANCEL:
		if (d->ask)
			sl_cancel(tui_app_engine(s->app), d->ask);
		return d->ask != 0;
	default:
		return tui_table_action(&d->table, cmd, rows - 1);
	}
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct doctor *d = s->state;

	tui_table_draw(&d->table, c, true);
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct doctor *d = s->state;
	unsigned bad = 0, warn = 0;

	for (size_t i = 0; i < d->n; i++) {
		bad += d->found[i].rank == 0;
		warn += d->found[i].rank == 1;
	}
	sl_buf_printf(out, "%u bad, %u to think about, %zu looked at%s", bad, warn, d->n,
		      d->ask ? " so far" : "");
}

static int
tick_ms(const struct tui_screen *s)
{
	return tui_pane_tick_ms(&((const struct doctor *)s->state)->table.pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "show finding", "Enter", "show", "the whole finding, and how to mend it",
	  "DOCTOR", NULL, 0 },
	{ TUI_ACT_REFRESH, "look again", "r F5", "again", "look at everything again", "DOCTOR",
	  NULL, 0 },
};

const struct tui_screen_ops tui_screen_doctor = {
	.id = "doctor",
	.title = "Doctor",
	.state_size = sizeof(struct doctor),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.action = action,
	.message = message,
	.draw = draw,
	.crumb = crumb,
	.tick_ms = tick_ms,
	.tick = tick,
};
