/* home_keys.c - the keys of the first screen. */
#include "tui/screens/home.h"

#include "tui/app.h"
#include "tui/screens/asked.h"

#include <inttypes.h>
#include <stdio.h>

enum { ASK_STOP, ASK_DELETE };

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

const char *
home_why_not(const struct tui_screen *s, int action)
{
	const struct home *h = s->state;
	const char *sync = selected(h);
	const bool live = sync && home_open_run(h, sync);
	const bool of_sync = action >= HOME_ACT_PLAN && action != HOME_ACT_NEW &&
			     action != HOME_ACT_LOGS && action != HOME_ACT_DEAD;
	const bool writes = action == HOME_ACT_PLAN || action == HOME_ACT_STOP ||
			    action == HOME_ACT_RESUME || action == HOME_ACT_NEW ||
			    action == HOME_ACT_DELETE;

	if (writes && tui_read_only(s))
		return tui_read_only(s);
	if (of_sync && !sync)
		return "there is no sync yet";
	if (action == HOME_ACT_STOP && !live && !is_state(h, "held") && !is_state(h, "paused"))
		return "no run of this sync is open";
	if (action == HOME_ACT_RESUME && live)
		return "a run is not paused by hand: X cancels it, the next run sends the rest";
	if (action == HOME_ACT_RESUME && !is_state(h, "paused"))
		return "no run of this sync is paused";
	if (action == HOME_ACT_DELETE && live)
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
	case HOME_ACT_PLAN:
		tui_app_open(s->app, "plan", sync);
		return true;
	case HOME_ACT_STOP:
		tui_ask_cancel_run(s, answered, ASK_STOP);
		return true;
	case HOME_ACT_RESUME:
		h->doing = "the run goes on";
		h->act = sl_resume(tui_app_engine(s->app), selected_run(h));
		return true;
	case HOME_ACT_MAP:
		tui_app_open(s->app, "map", sync);
		return true;
	case HOME_ACT_PREVIEW:
		tui_app_open(s->app, "preview", sync);
		return true;
	case HOME_ACT_LOGS:
		open_logs(s);
		return true;
	case HOME_ACT_DEAD:
		tui_app_open(s->app, "dead", sync);
		return true;
	case HOME_ACT_NEW:
		new_sync(s, cmd);
		return true;
	case HOME_ACT_DELETE:
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

bool
home_action(struct tui_screen *s, const struct tui_cmd *cmd)
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
		home_ask_all(s);
		return true;
	case TUI_ACT_SEARCH:
		tui_ask_search(s, searched);
		return true;
	default:
		return tui_table_action(&h->table, cmd, home_table_rows(h, rows) - 1);
	}
}
