/* home.c - the first screen: what it asks the engine, and its keys. */
#include "tui/screens/home.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/run_look.h"

#include <inttypes.h>
#include <stdio.h>

#define TICK_MS 250     /* while something runs */
#define LATE_US 3000000 /* how long after the end of a run lines of its log may come */
#define POLL_US 1000000 /* between two looks at the log */

enum {
	ACT_PLAN = TUI_ACT_OWN,
	ACT_STOP,
	ACT_RESUME,
	ACT_MAP,
	ACT_PREVIEW,
	ACT_LOGS,
	ACT_DEAD,
	ACT_NEW,
	ACT_DELETE
};
enum { ASK_STOP, ASK_DELETE };

static const struct tui_column columns[] = {
	{ "SYNC", TUI_LEFT, 12, 32, 0, false },    { "SOURCE", TUI_LEFT, 12, 22, 9, true },
	{ "DEST", TUI_LEFT, 6, 16, 4, false },     { "STATE", TUI_LEFT, 13, 14, 0, false },
	{ "LAST RUN", TUI_LEFT, 8, 12, 2, false }, { "+ADD", TUI_RIGHT, 4, 6, 5, false },
	{ "~CHG", TUI_RIGHT, 4, 6, 6, false },     { "-DEL", TUI_RIGHT, 4, 6, 7, false },
	{ "DEAD", TUI_RIGHT, 4, 6, 3, false },     { "LAST 12 RUNS", TUI_RIGHT, 12, 12, 8, false },
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

static void
ask_all(struct tui_screen *s)
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
	ask_all(s);
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
		ask_all(s);
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

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
selected(const struct home *h)
{
	const size_t row = tui_table_selected(&h->table);

	return row == SIZE_MAX ? NULL : sl_table_get(h->syncs, (unsigned)row, "name");
}

static bool
is_state(const struct home *h, const char *state)
{
	const size_t row = tui_table_selected(&h->table);
	const char *is = row == SIZE_MAX ? NULL : sl_table_get(h->syncs, (unsigned)row, "state");

	return is && strcmp(is, state) == 0;
}

static int64_t
selected_run(const struct home *h)
{
	const size_t row = tui_table_selected(&h->table);
	const struct sl_run_stats *live = row == SIZE_MAX ? NULL : home_open_run(h, selected(h));

	if (live)
		return live->run;
	return row == SIZE_MAX ? 0 : sl_table_get_int(h->syncs, (unsigned)row, "run");
}

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct home *h = s->state;
	const char *sync = selected(h);
	const bool live = sync && home_open_run(h, sync);
	const bool of_sync =
		action >= ACT_PLAN && action != ACT_NEW && action != ACT_LOGS && action != ACT_DEAD;
	const bool writes = action == ACT_PLAN || action == ACT_STOP || action == ACT_RESUME ||
			    action == ACT_NEW || action == ACT_DELETE;

	if (writes && tui_read_only(s))
		return tui_read_only(s);
	if (of_sync && !sync)
		return "there is no sync yet";
	if (action == ACT_STOP && !live && !is_state(h, "held") && !is_state(h, "paused"))
		return "no run of this sync is open";
	if (action == ACT_RESUME && live)
		return "a run is not paused by hand: X cancels it, the next run sends the rest";
	if (action == ACT_RESUME && !is_state(h, "paused"))
		return "no run of this sync is paused";
	if (action == ACT_DELETE && live)
		return "it runs: cancel the run first";
	return NULL;
}

static void
open_run(struct tui_screen *s, const char *id, int64_t run)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, run);
	tui_app_open(s->app, id, text);
}

static void
open_file(struct tui_screen *s, const char *file)
{
	struct sl_buf text;

	sl_buf_init(&text, 1u << 20);
	sl_buf_printf(&text, "%s/%s\nMend the file, then r on the first screen reads it again.\n\n",
		      sl_engine_workspace(tui_app_engine(s->app)), file);
	home_list_mistakes(s->state, file, &text);
	tui_app_view(s->app, file, sl_buf_view(&text), false);
	sl_buf_free(&text);
}

static void
open_need(struct tui_screen *s)
{
	const struct home *h = s->state;
	const struct home_need *n = &h->need[h->need_sel];

	switch (n->fix) {
	case HOME_FIX_RUN:
		open_run(s, "run", n->run);
		return;
	case HOME_FIX_PLAN:
		tui_app_open(s->app, "plan", n->name);
		return;
	case HOME_FIX_DEAD:
		tui_app_open(s->app, "dead", n->name);
		return;
	case HOME_FIX_FILE:
		open_file(s, n->name);
		return;
	}
}

static void
open_sync(struct tui_screen *s)
{
	const struct home *h = s->state;
	const char *sync = selected(h);

	if (!sync)
		return;
	if (home_open_run(h, sync))
		open_run(s, "run", selected_run(h));
	else if (is_state(h, "held") && !tui_read_only(s))
		tui_app_open(s->app, "plan", sync);
	else
		tui_app_open(s->app, "runs", sync);
}

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct home *h = s->state;
	const char *sync = selected(h);

	if (choice < 0 || !sync)
		return;
	if (tag == ASK_STOP) {
		h->doing = "the run stops after what is in flight";
		h->act = sl_stop(tui_app_engine(s->app), selected_run(h));
	} else {
		h->doing = "deleted the sync";
		h->act = sl_delete(tui_app_engine(s->app), SL_SYNC, sync);
	}
}

static void
ask_stop(struct tui_screen *s)
{
	static const struct tui_choice yes[] = { { 'c', "cancel the run", false } };

	tui_app_ask(s->app, s,
		    &(struct tui_dialog){
			    .title = "Cancel this run?",
			    .text = "It stops after what is in flight. What was acknowledged "
				    "stays; the rest is planned again by the next run.",
			    .choices = yes,
			    .nchoices = 1,
			    .done = answered,
			    .tag = ASK_STOP });
}

static void
ask_delete(struct tui_screen *s)
{
	static const struct tui_choice yes[] = { { 0, "delete the sync", true } };

	tui_app_ask(
		s->app, s,
		&(struct tui_dialog){ .title = "Delete this sync?",
				      .text = "Its file is removed from the workspace. Rows at the "
					      "destination stay as they are; its history is kept.",
				      .word = selected(s->state),
				      .danger = true,
				      .choices = yes,
				      .nchoices = 1,
				      .done = answered,
				      .tag = ASK_DELETE });
}

static void
open_logs(struct tui_screen *s)
{
	char text[96] = "";

	if (selected(s->state))
		snprintf(text, sizeof(text), "sync=%s", selected(s->state));
	tui_app_open(s->app, "logs", text);
}

static void
searched(struct tui_screen *s, const char *text)
{
	struct home *h = s->state;

	if (text && !tui_table_search(&h->table, text))
		tui_app_say(s->app, TUI_SEV_INFO, "no sync has %s", text);
	else if (!text)
		(void)tui_table_search(&h->table, "");
}

static void
new_sync(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct home *h = s->state;
	struct tui_cmd next = *cmd;

	if (cmd->key == 'n' && h->table.search[0]) {
		next.action = TUI_ACT_NEXT_MATCH;
		(void)tui_table_action(&h->table, &next, 1);
	} else {
		tui_app_open(s->app, "newsync", NULL);
	}
}

/* Keys of the lower pane while it has the focus. */
static bool
need_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct home *h = s->state;
	const size_t last = h->nneeds - 1, by = (size_t)cmd->count;

	switch (cmd->action) {
	case TUI_ACT_DOWN:
		h->need_sel = h->need_sel + by > last ? last : h->need_sel + by;
		return true;
	case TUI_ACT_UP:
		h->need_sel = h->need_sel > by ? h->need_sel - by : 0;
		return true;
	case TUI_ACT_FIRST:
		h->need_sel = 0;
		return true;
	case TUI_ACT_LAST:
		h->need_sel = last;
		return true;
	case TUI_ACT_OPEN:
		open_need(s);
		return true;
	case TUI_ACT_BACK:
		h->on_needs = false;
		return true;
	default:
		return false;
	}
}

static bool
sync_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct home *h = s->state;
	const char *sync = selected(h);

	switch (cmd->action) {
	case ACT_PLAN:
		tui_app_open(s->app, "plan", sync);
		return true;
	case ACT_STOP:
		ask_stop(s);
		return true;
	case ACT_RESUME:
		h->doing = "the run goes on";
		h->act = sl_resume(tui_app_engine(s->app), selected_run(h));
		return true;
	case ACT_MAP:
		tui_app_open(s->app, "map", sync);
		return true;
	case ACT_PREVIEW:
		tui_app_open(s->app, "preview", sync);
		return true;
	case ACT_LOGS:
		open_logs(s);
		return true;
	case ACT_DEAD:
		tui_app_open(s->app, "dead", sync);
		return true;
	case ACT_NEW:
		new_sync(s, cmd);
		return true;
	case ACT_DELETE:
		ask_delete(s);
		return true;
	default:
		return false;
	}
}

/* The selected sync follows the selected cause, so that R, l and d mean what is looked at. */
static void
select_cause(struct home *h)
{
	for (unsigned r = 0; r < sl_table_rows(h->syncs); r++) {
		const char *name = sl_table_get(h->syncs, r, "name");
		if (name && strcmp(name, h->need[h->need_sel].name) == 0)
			tui_table_select(&h->table, r);
	}
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct home *h = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	if (h->on_needs && h->nneeds > 0 && need_action(s, cmd)) {
		if (h->nneeds > 0)
			select_cause(h);
		return true;
	}
	if (sync_action(s, cmd))
		return true;
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		open_sync(s);
		return true;
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
		h->on_needs = !h->on_needs && h->nneeds > 0;
		if (h->on_needs)
			select_cause(h);
		return true;
	case TUI_ACT_REFRESH:
		h->doing = "read the workspace again";
		h->act = sl_reload(tui_app_engine(s->app));
		ask_all(s);
		return true;
	case TUI_ACT_SEARCH:
		tui_app_prompt(s->app, s,
			       &(struct tui_prompt){ .label = "/",
						     .history = "search",
						     .changed = searched,
						     .done = searched });
		return true;
	default:
		return tui_table_action(&h->table, cmd, home_table_rows(h, rows) - 1);
	}
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
	{ ACT_PLAN, "run", "R", "run\u2026", "plan a run: nothing is sent before you say so",
	  "SYNC", NULL, 0 },
	{ ACT_STOP, "cancel run", "X", "cancel\u2026", "stop the open run after what is in flight",
	  "SYNC", NULL, 0 },
	{ ACT_RESUME, "resume run", "p", "go on", "go on with a run that was interrupted", "SYNC",
	  NULL, 0 },
	{ ACT_MAP, "map", "m", "map", "which column goes to which field", "SYNC", NULL, 0 },
	{ ACT_PREVIEW, "preview", "v", "preview", "the exact events of the first rows", "SYNC",
	  NULL, 0 },
	{ ACT_LOGS, "logs of sync", "l", "logs", "what happened in its runs", "SYNC", NULL, 0 },
	{ ACT_DEAD, "dead letters of sync", "d", "dead", "events that were given up on", "SYNC",
	  NULL, 0 },
	{ ACT_NEW, "new sync", "n", "new sync", "make a sync", "SYNC", NULL, 0 },
	{ ACT_DELETE, "delete sync", "D", NULL, "remove the sync from the workspace", "SYNC", NULL,
	  0 },
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
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = home_draw,
	.tick_ms = tick_ms,
	.tick = tick,
};
