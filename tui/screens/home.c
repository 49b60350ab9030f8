/* home.c - the first screen: what it asks the engine, and its keys. */
#include "tui/screens/home.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/run_look.h"

#define TICK_MS 250     /* while something runs */
#define LATE_US 3000000 /* how long after the end of a run lines of its log may come */
#define POLL_US 1000000 /* between two looks at the log */

static const struct tui_column columns[] = {
	{ "SYNC", TUI_LEFT, 12, 32, 0, false },          { "SOURCE", TUI_LEFT, 12, 22, 9, true },
	{ "DEST", TUI_LEFT, 6, 16, 4, false },           { "STATE", TUI_LEFT, 13, 14, 0, false },
	{ "LAST RUN", TUI_LEFT, 8, 12, 2, false },       { "+ADD", TUI_RIGHT, 4, 6, 5, false },
	{ "~CHG", TUI_RIGHT, 4, 6, 6, false },           { "-DEL", TUI_RIGHT, 4, 6, 7, false },
	{ "DEAD", TUI_RIGHT, 4, 6, 3, false },           { "PROMISE", TUI_LEFT, 8, 11, 10, false },
	{ "LAST 12 RUNS", TUI_RIGHT, 12, 12, 8, false },
};

/* ---- life ------------------------------------------------------------------------------------ */

static bool
init(struct tui_screen *s)
{
	struct home *h = s->state;

	if (!tui_table_init(&h->table, columns, SL_COUNT(columns)))
		return false;
	h->table.model = (struct tui_model){ home_cell, h, 0 };
	h->table.pane.empty = "No syncs yet.";
	h->table.pane.empty_hint = "n new sync   2 browse tables   8 connections";
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct home *h = s->state;

	tui_table_free(&h->table);
	sl_table_free(h->syncs);
	sl_table_free(h->mistakes);
	sl_table_free(h->latest);
}

const struct sl_run_stats *
home_open_run(const struct home *h, const char *sync)
{
	for (unsigned i = 0; i < h->nopen; i++) {
		if (strcmp(h->open[i].sync, sync) == 0)
			return &h->open[i];
	}
	return NULL;
}

/* The running runs now; held ones wait for a person and are no work. True: another set than before. */
static bool
look_at_runs(struct tui_screen *s)
{
	struct home *h = s->state;
	struct sl_engine *e = tui_app_engine(s->app);
	int64_t ids[32], before = 0, after = 0;
	const unsigned n = sl_open_runs(e, ids, SL_COUNT(ids)), was = h->nall;

	for (unsigned i = 0; i < h->nopen; i++)
		before += h->open[i].run;
	h->nopen = h->nall = 0;
	for (unsigned i = 0; i < n && i < SL_COUNT(ids); i++) {
		struct sl_run_stats st;
		if (!sl_run_stats(e, ids[i], &st) || !st.open || strcmp(st.state, "held") == 0)
			continue;
		h->nall++;
		if (h->nopen < HOME_OPEN) {
			after += st.run;
			h->open[h->nopen++] = st;
		}
	}
	return was != h->nall || before != after;
}

static void
ask_log(struct tui_screen *s)
{
	const struct sl_log_filter any = { 0 };
	struct home *h = s->state;

	if (h->log)
		return;
	h->log_us = sl_mono_us();
	h->log = sl_log(tui_app_engine(s->app), &any, 0, 0, HOME_LATEST);
}

static void
ask_list(struct tui_screen *s)
{
	struct home *h = s->state;

	if (h->list) {
		h->list_again = true;
		return;
	}
	h->list = sl_list(tui_app_engine(s->app), SL_SYNC);
	tui_pane_asked(&h->table.pane, h->list);
	ask_log(s);
}

void
home_ask_all(struct tui_screen *s)
{
	struct home *h = s->state;

	ask_list(s);
	if (!h->check)
		h->check = sl_check(tui_app_engine(s->app), false);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	(void)arg;
	(void)look_at_runs(s);
	home_ask_all(s);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_list(struct tui_screen *s, const struct sl_msg *m)
{
	struct home *h = s->state;
	struct sl_table *t = m->table ? sl_table_copy(m->table) : NULL;

	if (t) {
		sl_table_free(h->syncs);
		h->syncs = t;
		h->table.model.rows = sl_table_rows(t);
	}
	if (m->failed)
		tui_pane_problem(&h->table.pane, &m->problem);
	else
		tui_pane_ready(&h->table.pane);
	tui_table_refresh(&h->table);
	home_find_needs(h);
	if (h->list_again) {
		h->list_again = false;
		ask_list(s);
	}
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct home *h = s->state;

	if (m->kind == SL_MSG_CONFIG) {
		home_ask_all(s);
		return true;
	}
	if (m->kind == SL_MSG_RUN) {
		struct sl_run_stats st;
		const bool moved = look_at_runs(s);
		/* Counters are drawn by tick(); a change of state is for the list. */
		if (moved || !sl_run_stats(tui_app_engine(s->app), m->run, &st) || !st.open ||
		    strcmp(st.state, "held") == 0) {
			ask_list(s);
			h->log_until_us = sl_mono_us() + LATE_US;
		}
		return moved;
	}
	if (tui_asked(&h->list, m)) {
		take_list(s, m);
		return true;
	}
	if (tui_asked(&h->check, m)) {
		sl_table_free(h->mistakes);
		h->mistakes = m->table ? sl_table_copy(m->table) : NULL;
		home_find_needs(h);
		return true;
	}
	if (tui_asked(&h->log, m)) {
		sl_table_free(h->latest);
		h->latest = m->table ? sl_table_copy(m->table) : NULL;
		return true;
	}
	if (tui_asked(&h->act, m)) {
		if (m->failed)
			tui_say_problem(s, &m->problem);
		else
			tui_app_say(s->app, TUI_SEV_OK, "%s", h->doing);
		ask_list(s);
		return true;
	}
	return false;
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct home *h = s->state;
	struct tui_canvas table = { 0 };

	tui_app_area(s->app, &table.rows, &table.cols);
	table.rows = home_table_rows(h, table.rows);
	if (!tui_table_mouse(&h->table, ev, &table))
		return false;
	h->on_needs = false;
	return true;
}

/* ---- time ------------------------------------------------------------------------------------ */

static int
tick_ms(const struct tui_screen *s)
{
	const struct home *h = s->state;
	const int pane = tui_pane_tick_ms(&h->table.pane);

	if (h->nall == 0 && sl_mono_us() >= h->log_until_us)
		return pane;
	return pane >= 0 && pane < TICK_MS ? pane : TICK_MS;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct home *h = s->state;

	if (h->nall > 0 && look_at_runs(s))
		ask_list(s);
	if (now_us < h->log_until_us + POLL_US && now_us - h->log_us >= POLL_US)
		ask_log(s);
	return h->nall > 0 || h->table.pane.state == TUI_PANE_LOADING;
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open sync", "Enter", "open", "its runs, or the monitor while it runs",
	  "SYNC", NULL, 0 },
	{ HOME_ACT_PLAN, "run", "R", "run\u2026", "plan a run: nothing is sent before you say so",
	  "SYNC", NULL, 0 },
	{ HOME_ACT_STOP, "cancel run", "X", "cancel\u2026",
	  "stop the open run after what is in flight", "SYNC", NULL, 0 },
	{ HOME_ACT_RESUME, "resume run", "p", "go on", "go on with a run that was interrupted",
	  "SYNC", NULL, 0 },
	{ HOME_ACT_MAP, "map", "m", "map", "which column goes to which field", "SYNC", NULL, 0 },
	{ HOME_ACT_PREVIEW, "preview", "v", "preview", "the exact events of the first rows", "SYNC",
	  NULL, 0 },
	{ HOME_ACT_LOGS, "logs of sync", "l", "logs", "what happened in its runs", "SYNC", NULL,
	  0 },
	{ HOME_ACT_DEAD, "dead letters of sync", "d", "dead", "events that were given up on",
	  "SYNC", NULL, 0 },
	{ HOME_ACT_NEW, "new sync", "n", "new sync", "make a sync", "SYNC", NULL, 0 },
	{ HOME_ACT_DELETE, "delete sync", "D", NULL, "remove the sync from the workspace", "SYNC",
	  NULL, 0 },
	{ TUI_ACT_REFRESH, "reload", "r F5", NULL, "read the files of the workspace again", "LIST",
	  NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "needs you", "Tab", NULL, "the list of what needs you, and back",
	  "MOVE", NULL, 0 },
};

const struct tui_screen_ops tui_screen_home = {
	.id = "home",
	.title = "Home",
	.state_size = sizeof(struct home),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = home_action,
	.why_not = home_why_not,
	.message = message,
	.draw = home_draw,
	.tick_ms = tick_ms,
	.tick = tick,
};
