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

enum {
	ACT_SEND = TUI_ACT_OWN,
	ACT_SEND_ALL,
	ACT_DROP,
	ACT_ONLY,
	ACT_WHOLE,
	ACT_MAP,
	ACT_PREVIEW,
	ACT_LOGS
};

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
		tui_change_diff(&h->diff, t, at);
		h->diff_row = row;
	}
}

static void
want_rows(struct tui_screen *s)
{
	struct plan *h = s->state;
	int rows, cols, list, diff;

	tui_app_area(s->app, &rows, &cols);
	plan_split(h, rows, cols, &list, &diff);
	const size_t from = h->table.sel > (size_t)list ? h->table.sel - (size_t)list : 0;
	tui_changes_want(&h->changes, tui_app_engine(s->app), from, 2 * (size_t)list + 1);
	show_selected(h);
}

static void
show_list(struct tui_screen *s)
{
	static const char *const ops[] = { NULL, "add", "update", "remove" };
	struct plan *h = s->state;
	const uint64_t total = plan_count(h, h->only);

	tui_unask(s, &h->changes.ask);
	tui_changes_set(&h->changes, h->run, ops[h->only], total);
	h->table.model.rows = (size_t)total;
	h->diff_row = SIZE_MAX;
	tui_table_refresh(&h->table);
	want_rows(s);
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
	h->act = sl_release(tui_app_engine(s->app), h->run, false, 0);
}

/* Read the counters; true when the picture changed. */
static void
look(struct tui_screen *s)
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
		show_list(s);
	settle_empty(s);
}

static void
begin(struct tui_screen *s, const char *sync)
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
		begin(s, arg);
	if (h->run)
		look(s);
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
	look(s);
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
		show_list(s);
}

static void
take_answer(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;

	if (m->failed) {
		tui_say_problem(s, &m->problem);
	} else if (h->doing == ACT_SEND) {
		open_monitor(s);
		return;
	} else if (h->doing == ACT_DROP) {
		tui_app_say(s->app, TUI_SEV_OK, "the plan was dropped: nothing was sent");
		h->leave_to = true;
		if (h->shown) {
			tui_app_back(s->app);
			return;
		}
	}
	look(s);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct plan *h = s->state;

	if (m->kind == SL_MSG_RUN && h->run && m->run == h->run) {
		if (!h->live || !h->s.planning)
			look(s); /* while planning tick() looks */
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
		want_rows(s);
		return true;
	}
	return false;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void
send(struct tui_screen *s, bool removes)
{
	struct plan *h = s->state;

	h->doing = ACT_SEND;
	h->act = sl_release(tui_app_engine(s->app), h->run, removes,
			    removes ? (int64_t)h->s.removes : 0);
}

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct plan *h = s->state;

	if (choice != 0)
		return;
	if (tag == ACT_SEND_ALL) {
		send(s, true);
		return;
	}
	h->doing = ACT_DROP;
	h->act = sl_stop(tui_app_engine(s->app), h->run);
}

static void
ask_send_all(struct tui_screen *s)
{
	static const struct tui_choice yes[] = { { 0, "send all, removes too", true } };
	const struct plan *h = s->state;
	char word[32], title[96], text[400], count[32];

	(void)tui_fmt_count(h->s.removes, count);
	snprintf(word, sizeof(word), "%" PRIu64, h->s.removes);
	snprintf(title, sizeof(title), "Send with %s removes?", count);
	snprintf(text, sizeof(text),
		 "%s rows will be removed at the destination of %s. This cannot be undone from "
		 "here. To go on, type the number of removes: %s",
		 count, h->sync, word);
	tui_app_ask(s->app, s,
		    &(struct tui_dialog){ .title = title,
					  .text = text,
					  .word = word,
					  .danger = true,
					  .choices = yes,
					  .nchoices = 1,
					  .done = answered,
					  .tag = ACT_SEND_ALL });
}

static void
ask_drop(struct tui_screen *s)
{
	static const struct tui_choice yes[] = { { 'c', "drop the plan", false } };

	tui_app_ask(s->app, s,
		    &(struct tui_dialog){
			    .title = "Drop this plan?",
			    .text = "The run is cancelled. What it would have sent is planned "
				    "again by the next run.",
			    .choices = yes,
			    .nchoices = 1,
			    .done = answered,
			    .tag = ACT_DROP });
}

/* ---- keys ------------------------------------------------------------------------------------ */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct plan *h = s->state;
	const bool sends = action == ACT_SEND || action == ACT_SEND_ALL;

	if ((sends || action == ACT_DROP) && tui_read_only(s))
		return tui_read_only(s);
	if (sends && h->have && h->s.planning)
		return "the plan is not complete yet";
	if (sends && !plan_is(h, "held"))
		return "this run does not wait for confirmation";
	if (action == ACT_SEND_ALL && (!h->s.removes_held || h->s.removes == 0))
		return "no removes are held back: S sends everything";
	if (action == ACT_DROP && !plan_is(h, "held") && !(h->have && h->s.planning && h->live))
		return "this run does not wait for confirmation";
	if ((action == ACT_ONLY || action == ACT_WHOLE) && h->changes.total == 0 &&
	    h->only == PLAN_ALL)
		return "there are no changes to look at";
	return NULL;
}

static void
only(struct tui_screen *s, int by)
{
	struct plan *h = s->state;

	h->only = (enum plan_only)(((int)h->only + by + PLAN_ONLY) % PLAN_ONLY);
	show_list(s);
}

static void
view(struct tui_screen *s)
{
	struct plan *h = s->state;
	const size_t row = tui_table_selected(&h->table);
	unsigned at;
	const struct sl_table *t = row == SIZE_MAX ? NULL : tui_changes_row(&h->changes, row, &at);

	if (t && sl_table_get(t, at, "body"))
		tui_app_view(s->app, sl_table_get(t, at, "key"),
			     sl_str(sl_table_get(t, at, "body")), true);
}

static void
copy(struct tui_screen *s)
{
	struct plan *h = s->state;
	const size_t row = tui_table_selected(&h->table);
	unsigned at;
	const struct sl_table *t = row == SIZE_MAX ? NULL : tui_changes_row(&h->changes, row, &at);

	if (t && sl_table_get(t, at, "body"))
		tui_app_copy(s->app, sl_str(sl_table_get(t, at, "body")), "the event");
}

static bool
diff_action(struct plan *h, const struct tui_cmd *cmd, int height)
{
	switch (cmd->action) {
	case TUI_ACT_DOWN:
		tui_diff_scroll(&h->diff, cmd->count, height);
		return true;
	case TUI_ACT_UP:
		tui_diff_scroll(&h->diff, -cmd->count, height);
		return true;
	case TUI_ACT_PAGE_DOWN:
	case TUI_ACT_HALF_DOWN:
		tui_diff_scroll(&h->diff, height - 1, height);
		return true;
	case TUI_ACT_PAGE_UP:
	case TUI_ACT_HALF_UP:
		tui_diff_scroll(&h->diff, 1 - height, height);
		return true;
	case TUI_ACT_BACK:
		h->on_diff = false;
		return true;
	default:
		return false;
	}
}

static void
cancel(struct tui_screen *s)
{
	struct plan *h = s->state;

	if (h->live && h->s.planning) {
		h->doing = ACT_DROP;
		h->act = sl_stop(tui_app_engine(s->app), h->run);
	} else if (h->changes.ask) {
		tui_unask(s, &h->changes.ask);
	} else {
		tui_app_say(s->app, TUI_SEV_INFO, "nothing to cancel here; q keeps the plan");
	}
}

static bool
own_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct plan *h = s->state;
	char text[48];

	switch (cmd->action) {
	case ACT_SEND:
		send(s, h->s.removes > 0 && !h->s.removes_held);
		return true;
	case ACT_SEND_ALL:
		ask_send_all(s);
		return true;
	case ACT_DROP:
		ask_drop(s);
		return true;
	case ACT_ONLY:
		only(s, 1);
		return true;
	case ACT_WHOLE:
		h->whole = !h->whole;
		h->diff.top = 0;
		return true;
	case ACT_MAP:
		tui_app_open(s->app, "map", h->sync);
		return true;
	case ACT_PREVIEW:
		tui_app_open(s->app, "preview", h->sync);
		return true;
	case ACT_LOGS:
		snprintf(text, sizeof(text), "run=%" PRId64, h->run);
		tui_app_open(s->app, "logs", text);
		return true;
	default:
		return false;
	}
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct plan *h = s->state;
	int rows, cols, list, diff;

	if (own_action(s, cmd))
		return true;
	tui_app_area(s->app, &rows, &cols);
	plan_split(h, rows, cols, &list, &diff);
	if (h->on_diff && diff_action(h, cmd, diff))
		return true;
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		view(s); /* never sends */
		return true;
	case TUI_ACT_CANCEL:
		cancel(s);
		return true;
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
		h->on_diff = !h->on_diff && h->diff.n > 0;
		return true;
	case TUI_ACT_NEXT_TAB:
	case TUI_ACT_PREV_TAB:
		only(s, cmd->action == TUI_ACT_NEXT_TAB ? 1 : -1);
		return true;
	case TUI_ACT_CLEAR:
		h->only = PLAN_ALL;
		show_list(s);
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		if (!h->run && h->pane.state == TUI_PANE_ERROR && h->sync[0] && !tui_read_only(s))
			begin(s, h->sync);
		else
			look(s);
		return true;
	case TUI_ACT_SORT:
	case TUI_ACT_MARK:
	case TUI_ACT_RANGE:
	case TUI_ACT_MARK_ALL:
		return false; /* the order is the log's, and nothing is done with marks */
	default:
		break;
	}
	const bool done = tui_table_action(&h->table, cmd, list - 1);
	if (done)
		want_rows(s);
	return done;
}

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
		look(s);
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
	{ ACT_SEND, "send", "S", "SEND",
	  "send the adds and changes, and removes that are not held back", "PLAN", NULL, 0 },
	{ ACT_SEND_ALL, "send all", "A", "send all\u2026",
	  "send the removes, too: asks for their number", "PLAN", NULL, 0 },
	{ ACT_DROP, "drop plan", "X", "drop\u2026", "cancel the run: nothing is sent", "PLAN", NULL,
	  0 },
	{ ACT_ONLY, "only", "f", "only\u2026", "all, adds, changes, removes in turn", "LIST", NULL,
	  0 },
	{ TUI_ACT_OPEN, "event", "Enter", "event", "the whole event (Enter never sends)", "LIST",
	  NULL, 0 },
	{ ACT_WHOLE, "whole", "o", "same, too", "fields that stay the same, too", "LIST", NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", NULL, "to the values of the change, and back",
	  "MOVE", NULL, 0 },
	{ ACT_MAP, "map", "m", "map", "which column goes to which field", "PLAN", NULL, 0 },
	{ ACT_PREVIEW, "preview", "v", "preview", "the exact events of the first rows", "PLAN",
	  NULL, 0 },
	{ ACT_LOGS, "logs of run", "l", "logs", "the log of this run", "PLAN", NULL, 0 },
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
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = plan_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
