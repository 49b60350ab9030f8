/* plan.c - plan, look, then send: requests and keys. */
#include "tui/screens/plan.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/run_look.h"
#include "tui/widgets/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_MS 250

bool
plan_is(const struct plan *h, const char *state)
{
	return h->have && strcmp(h->s.state, state) == 0;
}

uint64_t
plan_count(const struct plan *h, enum plan_only only)
{
	switch (only) {
	case PLAN_ADDS:
		return h->s.adds;
	case PLAN_CHANGES:
		return h->s.updates;
	case PLAN_REMOVES:
		return h->s.removes;
	case PLAN_ALL:
	case PLAN_ONLY:
		break;
	}
	return tui_run_events(&h->s);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool
init(struct tui_screen *s)
{
	struct plan *h = s->state;

	if (!tui_table_init(&h->table, tui_change_columns, SL_COUNT(tui_change_columns)))
		return false;
	h->table.model = (struct tui_model){ tui_changes_cell, &h->changes, 0 };
	h->table.pane.empty = "";
	h->diff_row = SIZE_MAX;
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct plan *h = s->state;

	tui_unask(s, &h->changes.ask);
	tui_changes_free(&h->changes);
	tui_table_free(&h->table);
	tui_diff_free(&h->diff);
}

/* ---- the list and its diff ------------------------------------------------------------------- */

static void
show_selected(struct plan *h)
{
	const size_t row = tui_table_selected(&h->table);
	unsigned at;
	const struct sl_table *t = row == SIZE_MAX ? NULL : tui_changes_row(&h->changes, row, &at);

	if (!t) {
		tui_diff_free(&h->diff);
		h->diff_row = SIZE_MAX;
	} else if (h->diff_row != row) {
		tui_change_diff(&h->diff, sl_table_get(t, at, "old"), sl_table_get(t, at, "body"));
		h->diff_row = row;
	}
}

void
plan_want_rows(struct tui_screen *s)
{
	struct plan *h = s->state;
	int rows, cols, list, diff;

	tui_app_area(s->app, &rows, &cols);
	plan_split(h, rows, cols, &list, &diff);
	const size_t from = h->table.sel > (size_t)list ? h->table.sel - (size_t)list : 0;
	tui_changes_want(&h->changes, tui_app_engine(s->app), from, 2 * (size_t)list + 1);
	show_selected(h);
}

void
plan_show_list(struct tui_screen *s)
{
	static const char *const ops[] = { NULL, "add", "update", "remove" };
	struct plan *h = s->state;
	const uint64_t total = plan_count(h, h->only);

	tui_unask(s, &h->changes.ask);
	tui_changes_set(&h->changes, h->run, ops[h->only], total);
	h->table.model.rows = (size_t)total;
	h->diff_row = SIZE_MAX;
	tui_table_refresh(&h->table);
	plan_want_rows(s);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void
ask_record(struct tui_screen *s)
{
	struct plan *h = s->state;

	if (!h->record)
		h->record = sl_run(tui_app_engine(s->app), h->run);
	if (!h->have)
		tui_pane_asked(&h->pane, h->record);
}

static void
open_monitor(struct tui_screen *s)
{
	struct plan *h = s->state;
	char text[32];

	h->leave_to = true;
	if (!h->shown)
		return;
	snprintf(text, sizeof(text), "%" PRId64, h->run);
	tui_app_replace(s->app, "run", text); /* frees s */
}

/* A plan without an event asks nobody anything. */
static void
settle_empty(struct tui_screen *s)
{
	struct plan *h = s->state;

	if (!plan_is(h, "held") || !h->live || tui_run_events(&h->s) > 0 || h->act)
		return;
	h->doing = 0;
	h->act = sl_release(tui_app_engine(s->app), h->run, NULL);
}

/* Read the counters; true when the picture changed. */
void
plan_look(struct tui_screen *s)
{
	struct plan *h = s->state;
	struct sl_run_stats now;
	const bool settled = h->have && !h->s.planning;

	if (!h->run || !sl_run_stats(tui_app_engine(s->app), h->run, &now)) {
		h->live = false;
		if (h->run)
			ask_record(s);
		return;
	}
	h->s = now;
	h->have = true;
	h->live = now.open;
	tui_pane_ready(&h->pane);
	sl_copy(h->sync, sizeof(h->sync), now.sync);
	if (!now.planning && (!settled || h->changes.total != plan_count(h, h->only)))
		plan_show_list(s);
	settle_empty(s);
}

void
plan_begin(struct tui_screen *s, const char *sync)
{
	struct plan *h = s->state;

	sl_copy(h->sync, sizeof(h->sync), sync);
	if (tui_read_only(s)) {
		tui_pane_error(
			&h->pane, tui_read_only(s),
			"nothing can be planned here   sluice plan SYNC looks only   q back");
		return;
	}
	h->start = sl_start(tui_app_engine(s->app), sync, SL_RUN_HOLD);
	tui_pane_asked(&h->pane, h->start);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct plan *h = s->state;

	h->shown = true;
	if (arg && strncmp(arg, "run=", 4) == 0)
		h->run = strtoll(arg + 4, NULL, 10);
	else if (arg && *arg)
		plan_begin(s, arg);
	if (h->run)
		plan_look(s);
	if (!arg && h->leave_to)
		open_monitor(s);
}

static void
leave(struct tui_screen *s)
{
	struct plan *h = s->state;

	h->shown = false;
	if (h->live && h->s.planning)
		tui_app_say(s->app, TUI_SEV_INFO,
			    "planning of %s goes on; the plan then waits, nothing is sent",
			    h->sync);
	else if (h->live && plan_is(h, "held") && !h->leave_to && tui_run_events(&h->s) > 0)
		tui_app_say(s->app, TUI_SEV_INFO, "the plan of %s waits: R looks at it again",
			    h->sync);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_start(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;
	const int64_t run = sl_table_rows(m->table) ? sl_table_get_int(m->table, 0, "run") : 0;
	struct sl_run_stats now;

	if (m->failed && run == 0) {
		tui_pane_problem(&h->pane, &m->problem);
		return;
	}
	h->run = run;
	/* Another run of the sync is open: a held one is the plan to look at, any other is watched. */
	if (m->failed && sl_run_stats(tui_app_engine(s->app), run, &now) && now.open &&
	    strcmp(now.state, "held") != 0 && !now.planning) {
		tui_app_say(s->app, TUI_SEV_INFO, "a run of %s is open already", h->sync);
		open_monitor(s);
		return;
	}
	if (m->failed)
		tui_app_say(s->app, TUI_SEV_INFO, "this plan was made before and waits");
	plan_look(s);
}

static void
take_record(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;

	if (m->failed && !h->have)
		tui_pane_problem(&h->pane, &m->problem);
	if (m->failed || sl_table_rows(m->table) == 0 || h->live)
		return;
	const bool first = !h->have;
	tui_run_record(m->table, 0, &h->s);
	h->have = true;
	sl_copy(h->sync, sizeof(h->sync), h->s.sync);
	tui_pane_ready(&h->pane);
	if (first || h->changes.total != plan_count(h, h->only))
		plan_show_list(s);
}

static void
take_answer(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;

	if (m->failed) {
		tui_say_problem(s, &m->problem);
	} else if (h->doing == PLAN_ACT_SEND) {
		open_monitor(s);
		return;
	} else if (h->doing == PLAN_ACT_DROP) {
		tui_app_say(s->app, TUI_SEV_OK, "the plan was dropped: nothing was sent");
		h->leave_to = true;
		if (h->shown) {
			tui_app_back(s->app);
			return;
		}
	}
	plan_look(s);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;

	if (m->kind == SL_MSG_RUN && h->run && m->run == h->run) {
		if (!h->live || !h->s.planning)
			plan_look(s); /* while planning tick() looks */
		return true;
	}
	if (tui_asked(&h->start, m)) {
		take_start(s, m);
		return true;
	}
	if (tui_asked(&h->record, m)) {
		take_record(s, m);
		return true;
	}
	if (tui_asked(&h->act, m)) {
		take_answer(s, m);
		return true;
	}
	if (tui_changes_take(&h->changes, m)) {
		if (m->failed)
			tui_say_problem(s, &m->problem);
		else
			tui_table_refresh(&h->table);
		plan_want_rows(s);
		return true;
	}
	return false;
}

/* ---- time and head ----------------------------------------------------------------------------- */

static int
tick_ms(const struct tui_screen *s)
{
	const struct plan *h = s->state;

	if (h->live && h->s.planning)
		return TICK_MS;
	return tui_pane_tick_ms(&h->pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct plan *h = s->state;

	(void)now_us;
	if (h->live && h->s.planning)
		plan_look(s);
	return true;
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct plan *h = s->state;

	sl_buf_puts(out, h->sync);
	if (h->run)
		sl_buf_printf(out, " #%" PRId64, h->run);
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct plan *h = s->state;

	if (h->have)
		sl_buf_puts(out, h->s.details);
}

static const struct tui_action actions[] = {
	{ PLAN_ACT_SEND, "send", "S", "SEND",
	  "send the adds and changes, and removes that are not held back", "PLAN", NULL, 0 },
	{ PLAN_ACT_SEND_ALL, "send all", "A", "send all\u2026",
	  "send the removes, too: asks for their number", "PLAN", NULL, 0 },
	{ PLAN_ACT_DROP, "drop plan", "X Ctrl-C", "drop\u2026", "cancel the run: nothing is sent",
	  "PLAN", NULL, 0 },
	{ PLAN_ACT_ONLY, "only", "f", "only\u2026", "all, adds, changes, removes in turn", "LIST",
	  NULL, 0 },
	{ TUI_ACT_OPEN, "event", "Enter", "event", "the whole event (Enter never sends)", "LIST",
	  NULL, 0 },
	{ PLAN_ACT_WHOLE, "whole", "o", "same, too", "fields that stay the same, too", "LIST", NULL,
	  0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", NULL, "to the values of the change, and back",
	  "MOVE", NULL, 0 },
	{ PLAN_ACT_MAP, "map", "m", "map", "which column goes to which field", "PLAN", NULL, 0 },
	{ PLAN_ACT_PREVIEW, "preview", "v", "preview", "the exact events of the first rows", "PLAN",
	  NULL, 0 },
	{ PLAN_ACT_LOGS, "logs of run", "l", "logs", "the log of this run", "PLAN", NULL, 0 },
	{ PLAN_ACT_DEAD, "dead letters of sync", "d", "dead", "events that were given up on",
	  "PLAN", NULL, 0 },
	{ TUI_ACT_COPY, "copy event", "y", NULL, "copy the event as JSON", "LIST", NULL, 0 },
	{ TUI_ACT_CANCEL, "cancel planning", "Ctrl-C", NULL, "stop planning: nothing is sent",
	  "PLAN", NULL, 0 },
};

const struct tui_screen_ops tui_screen_plan = {
	.id = "plan",
	.title = "Plan",
	.state_size = sizeof(struct plan),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.leave = leave,
	.input = plan_input,
	.action = plan_action,
	.why_not = plan_why_not,
	.message = message,
	.draw = plan_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
