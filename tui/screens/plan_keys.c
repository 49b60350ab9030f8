/* plan_keys.c - the keys of a plan: what sends, what drops, and moving through the changes. */
#include "tui/screens/plan.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/widgets/bar.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- sending --------------------------------------------------------------------------------- */

static void
send(struct tui_screen *s, bool removes)
{
	struct plan *h = s->state;

	/* What was typed was typed for the plan that is shown. */
	const struct sl_confirm yes = { (int64_t)h->s.removes, h->s.plan, h->s.sync };

	h->doing = PLAN_ACT_SEND;
	h->act = sl_release(tui_app_engine(s->app), h->run, removes ? &yes : NULL);
}

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct plan *h = s->state;

	if (choice != 0)
		return;
	if (tag == PLAN_ACT_SEND_ALL) {
		send(s, true);
		return;
	}
	h->doing = PLAN_ACT_DROP;
	h->act = sl_stop(tui_app_engine(s->app), h->run);
}

static void
ask_send_all(struct tui_screen *s)
{
	static const struct tui_choice yes[] = { { 0, "send all, removes too", true } };
	const struct plan *h = s->state;
	const bool most = h->s.removes * 2 > h->s.live;
	char word[112], title[96], text[400], count[32], live[32];

	(void)tui_fmt_count(h->s.removes, count);
	(void)tui_fmt_count(h->s.live, live);
	if (most)
		snprintf(word, sizeof(word), "%s %" PRIu64, h->sync, h->s.removes);
	else
		snprintf(word, sizeof(word), "%" PRIu64, h->s.removes);
	snprintf(title, sizeof(title), "Send with %s removes?", count);
	snprintf(text, sizeof(text),
		 "%s of %s rows will be removed at the destination of %s (plan %s). This cannot "
		 "be undone from here. To go on, type %s.",
		 count, live, h->sync, h->s.plan,
		 most ? "the name of the sync and the number of removes, since it is more than "
			"half of them"
		      : "the number of removes");
	tui_app_ask(s->app, s,
		    &(struct tui_dialog){ .title = title,
					  .text = text,
					  .word = word,
					  .danger = true,
					  .choices = yes,
					  .nchoices = 1,
					  .done = answered,
					  .tag = PLAN_ACT_SEND_ALL });
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
			    .tag = PLAN_ACT_DROP });
}

/* ---- keys ------------------------------------------------------------------------------------ */

const char *
plan_why_not(const struct tui_screen *s, int action)
{
	const struct plan *h = s->state;
	const bool sends = action == PLAN_ACT_SEND || action == PLAN_ACT_SEND_ALL;

	if ((sends || action == PLAN_ACT_DROP) && tui_read_only(s))
		return tui_read_only(s);
	if (action == TUI_ACT_SEARCH)
		return "the changes are read in pages: f shows one kind of them";
	if (sends && h->have && h->s.planning)
		return "the plan is not complete yet";
	if (sends && !plan_is(h, "held"))
		return "this run does not wait for confirmation";
	if (action == PLAN_ACT_SEND_ALL && (!h->s.removes_held || h->s.removes == 0))
		return "no removes are held back: S sends everything";
	if (action == PLAN_ACT_DROP && !plan_is(h, "held") &&
	    !(h->have && h->s.planning && h->live))
		return "this run does not wait for confirmation";
	if ((action == PLAN_ACT_ONLY || action == PLAN_ACT_WHOLE) && h->changes.total == 0 &&
	    h->only == PLAN_ALL)
		return "there are no changes to look at";
	return NULL;
}

static void
only(struct tui_screen *s, int by)
{
	struct plan *h = s->state;

	h->only = (enum plan_only)(((int)h->only + by + PLAN_ONLY) % PLAN_ONLY);
	plan_show_list(s);
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
		h->doing = PLAN_ACT_DROP;
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
	case PLAN_ACT_SEND:
		send(s, h->s.removes > 0 && !h->s.removes_held);
		return true;
	case PLAN_ACT_SEND_ALL:
		ask_send_all(s);
		return true;
	case PLAN_ACT_DROP:
		ask_drop(s);
		return true;
	case PLAN_ACT_ONLY:
		only(s, 1);
		return true;
	case PLAN_ACT_WHOLE:
		h->whole = !h->whole;
		h->diff.top = 0;
		return true;
	case PLAN_ACT_MAP:
		tui_app_open(s->app, "map", h->sync);
		return true;
	case PLAN_ACT_PREVIEW:
		tui_app_open(s->app, "preview", h->sync);
		return true;
	case PLAN_ACT_DEAD:
		tui_app_open(s->app, "dead", h->sync);
		return true;
	case PLAN_ACT_LOGS:
		snprintf(text, sizeof(text), "run=%" PRId64, h->run);
		tui_app_open(s->app, "logs", text);
		return true;
	default:
		return false;
	}
}

bool
plan_action(struct tui_screen *s, const struct tui_cmd *cmd)
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
		plan_show_list(s);
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		if (!h->run && h->pane.state == TUI_PANE_ERROR && h->sync[0] && !tui_read_only(s))
			plan_begin(s, h->sync);
		else
			plan_look(s);
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
		plan_want_rows(s);
	return done;
}

bool
plan_input(struct tui_screen *s, const struct tui_event *ev)
{
	struct plan *h = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	const struct tui_canvas table = plan_list(h, rows, cols);
	if (h->changes.total == 0 || !tui_table_mouse(&h->table, ev, &table))
		return false;
	h->on_diff = false;
	plan_want_rows(s);
	return true;
}
