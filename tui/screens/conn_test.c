/* conn_test.c - testing a connection. */
#include "tui/screens/conn_test.h"

#include "tui/app.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

void
conn_test_start(const struct tui_screen *s, struct conn_test *t, const char *name,
		const struct sl_pair *set, size_t n)
{
	tui_unask(s, &t->ask);
	*t = (struct conn_test){ .started_us = sl_mono_us() };
	sl_copy(t->name, sizeof(t->name), name);
	t->ask = sl_test(tui_app_engine(s->app), name, set, n);
	if (!t->ask) {
		t->failed = true;
		sl_copy(t->message, sizeof(t->message), "the engine is closing");
	}
}

void
conn_test_cancel(const struct tui_screen *s, struct conn_test *t)
{
	if (t->ask)
		sl_cancel(tui_app_engine(s->app), t->ask);
}

static void
take_steps(struct conn_test *t, const struct sl_table *table)
{
	for (unsigned i = 0; i < sl_table_rows(table) && t->nsteps < CONN_STEPS; i++) {
		struct conn_step *step = &t->step[t->nsteps++];
		const char *name = sl_table_get(table, i, "step");
		const char *ok = sl_table_get(table, i, "ok");
		const char *detail = sl_table_get(table, i, "detail");
		sl_copy(step->name, sizeof(step->name), name ? name : "");
		sl_copy(step->detail, sizeof(step->detail), detail ? detail : "");
		step->ok = ok && strcmp(ok, "true") == 0;
		step->took_us = sl_table_get_int(table, i, "took_us");
	}
}

bool
conn_test_message(struct conn_test *t, const struct sl_msg *m)
{
	if (!tui_asked(&t->ask, m))
		return false;
	take_steps(t, m->table);
	if (!m->last)
		return true;
	t->failed = m->failed;
	t->ended_us = sl_wall_us();
	if (m->failed) {
		sl_copy(t->message, sizeof(t->message), m->problem.message);
		sl_copy(t->hint, sizeof(t->hint), m->problem.hint);
	}
	return true;
}

enum tui_role
conn_test_state(const struct conn_test *t, char *out, size_t cap)
{
	char took[32];
	int64_t sum = 0;

	if (t && t->ask) {
		snprintf(out, cap, "> testing");
		return TUI_RUN;
	}
	if (!t || (!t->ended_us && !t->failed)) {
		snprintf(out, cap, "- not tested");
		return TUI_NEVER;
	}
	if (t->failed) {
		snprintf(out, cap, "\u2717 failed");
		return TUI_FAIL;
	}
	for (unsigned i = 0; i < t->nsteps; i++)
		sum += t->step[i].took_us;
	snprintf(out, cap, "\u2713 ok %s", tui_fmt_span(sum, took));
	return TUI_OK;
}

static int
draw_step(const struct conn_step *step, const struct tui_canvas *c, int y)
{
	enum tui_role role = step->ok ? TUI_OK : TUI_FAIL;
	char took[32];
	struct sl_str line;
	size_t pos = 0;

	tui_puts(c, y, 1, role, step->ok ? "\u2713" : "\u2717");
	tui_puts(c, y, 3, TUI_TEXT, step->name);
	tui_field(c, (struct tui_span){ y, 13, 6, TUI_RIGHT, TUI_DIM },
		  sl_str(tui_fmt_span(step->took_us, took)));
	while (y < c->rows && tui_wrap(sl_str(step->detail), &pos, c->cols - 22, &line))
		tui_put(c, y++, 21, step->ok ? TUI_DIM : TUI_FAIL, line);
	return pos == 0 ? y + 1 : y;
}

int
conn_test_draw(const struct conn_test *t, const struct tui_canvas *c, int y)
{
	int from = y;
	bool told = false;

	for (unsigned i = 0; i < t->nsteps && y < c->rows; i++) {
		told = told || !t->step[i].ok;
		y = draw_step(&t->step[i], c, y);
	}
	if (t->ask) {
		double took = (double)(sl_mono_us() - t->started_us) / 1e6;
		tui_printf(c, y++, 1, TUI_RUN, "> testing\u2026 %.1fs%s", took,
			   took >= 2 ? "   Ctrl-C cancel" : "");
		return y - from;
	}
	if (t->failed && !told)
		tui_printf(c, y++, 1, TUI_FAIL, "\u2717 %s", t->message);
	if (t->failed && t->hint[0] && !told)
		tui_puts(c, y++, 3, TUI_TEXT, t->hint);
	return y - from;
}
