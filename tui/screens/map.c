/* map.c - the mapping editor. */
#include "tui/screens/map.h"

#include "tui/screens/map_state.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ACT_ACCEPT = TUI_ACT_OWN,
	ACT_ACCEPT_ALL,
	ACT_TRANSFORM,
	ACT_CONSTANT,
	ACT_UNLINK,
	ACT_ADD,
	ACT_PREVIEW,
	ACT_SAVE,
	ACT_PROFILES,
	ACT_OPTIONS,
	ACT_OTHER,
	ACT_PLAN,
};

static bool
init(struct tui_screen *s)
{
	struct map *m = s->state;

	return tui_pick_init(&m->pick) && map_rows_init(m);
}

static void
fini(struct tui_screen *s)
{
	struct map *m = s->state;

	map_forget(s);
	tui_pick_free(&m->pick);
	tui_table_free(&m->table);
	free(m->row);
}

static bool
is_changed(const struct map *m)
{
	return m->draft.sync[0] && m->saved.sync[0] && !tui_draft_same(&m->draft, &m->saved);
}

static void
drop_chosen(struct tui_screen *s, int tag, int choice)
{
	struct map *m = s->state;

	(void)tag;
	if (choice != 0)
		return;
	if (m->waiting[0]) {
		map_open(s, m->waiting);
	} else {
		map_forget(s);
		tui_pick_list(s, &m->pick);
	}
}

/* Open another sync ("" = choose one); a draft is not dropped without a question. */
static void
go_to(struct tui_screen *s, const char *sync)
{
	static const struct tui_choice choices[] = { { 'd', "drop the draft", false } };
	struct map *m = s->state;
	char text[300];

	snprintf(m->waiting, sizeof(m->waiting), "%.71s", sync);
	if (!is_changed(m)) {
		drop_chosen(s, 0, 0);
		return;
	}
	snprintf(text, sizeof(text), "The mapping of %s has changes that were not saved.",
		 m->draft.sync);
	struct tui_dialog d = { .title = "Leave the draft?",
				.text = text,
				.choices = choices,
				.nchoices = SL_COUNT(choices),
				.done = drop_chosen };
	tui_app_ask(s->app, s, &d);
}

/* arg: "SYNC" or "SYNC FIELD", or nothing: as it was left. */
static void
enter(struct tui_screen *s, const char *arg)
{
	struct map *m = s->state;
	char sync[72];

	if (!arg || !*arg) {
		if (!m->draft.sync[0])
			tui_pick_list(s, &m->pick);
		return;
	}
	size_t n = strcspn(arg, " ");
	snprintf(sync, sizeof(sync), "%.*s", (int)(n < 71 ? n : 71), arg);
	snprintf(m->want, sizeof(m->want), "%s", arg[n] ? arg + n + 1 : "");
	if (strcmp(sync, m->draft.sync) != 0)
		go_to(s, sync);
	else
		map_rows(m);
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct map *m = s->state;
	const struct map_row *r = m->draft.sync[0] ? map_selected(m) : NULL;

	if (action < TUI_ACT_OWN && action != TUI_ACT_UNDO && action != TUI_ACT_REDO)
		return NULL;
	if (!m->draft.sync[0])
		return "no sync is open";
	if (action == ACT_SAVE && tui_read_only(s))
		return tui_read_only(s);
	if (action == ACT_PLAN && map_edits(m) > 0)
		return "the mapping is not saved yet: W saves it";
	if (action == ACT_ACCEPT && (!r || r->suggestion < 0))
		return "nothing is suggested for this field";
	if ((action == ACT_TRANSFORM || action == ACT_UNLINK) && (!r || r->kind != MAP_LINE))
		return "this field is not mapped";
	if (action == ACT_CONSTANT && (!r || r->kind == MAP_COLUMN || r->kind == MAP_MORE))
		return "no field is selected";
	if (action == TUI_ACT_UNDO && m->nundo == 0)
		return "nothing was changed";
	if (action == TUI_ACT_REDO && m->nredo == 0)
		return "nothing was undone";
	return NULL;
}

static void
preview(struct tui_screen *s)
{
	const struct map *m = s->state;
	struct sl_buf arg;

	sl_buf_init(&arg, 4 << 20);
	if (is_changed(m))
		tui_draft_pack(&m->draft, &arg);
	else
		sl_buf_puts(&arg, m->draft.sync);
	tui_app_open(s->app, "preview", sl_buf_cstr(&arg));
	sl_buf_free(&arg);
}

static void
search_changed(struct tui_screen *s, const char *text)
{
	(void)tui_table_search(&((struct map *)s->state)->table, text);
}

static void
search_done(struct tui_screen *s, const char *text)
{
	search_changed(s, text ? text : "");
}

static void
search(struct tui_screen *s)
{
	struct tui_prompt p = {
		.label = "/", .history = "map", .changed = search_changed, .done = search_done
	};

	tui_app_prompt(s->app, s, &p);
}

static bool
edit_action(struct tui_screen *s, int action)
{
	switch (action) {
	case TUI_ACT_OPEN:
		map_edit(s);
		return true;
	case ACT_ACCEPT:
		map_accept(s);
		return true;
	case ACT_ACCEPT_ALL:
		map_accept_all(s);
		return true;
	case ACT_TRANSFORM:
		map_transform(s);
		return true;
	case ACT_CONSTANT:
		map_constant(s);
		return true;
	case ACT_UNLINK:
		map_unlink(s);
		return true;
	case ACT_ADD:
		map_add(s);
		return true;
	case TUI_ACT_UNDO:
		map_undo(s);
		return true;
	case TUI_ACT_REDO:
		map_redo(s);
		return true;
	default:
		return false;
	}
}

static bool
other_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct map *m = s->state;

	switch (cmd->action) {
	case ACT_PREVIEW:
		preview(s);
		return true;
	case ACT_SAVE:
		map_save(s);
		return true;
	case ACT_PLAN:
		tui_app_open(s->app, "plan", m->draft.sync);
		return true;
	case ACT_PROFILES:
		map_profiles(s);
		return true;
	case ACT_OPTIONS:
		map_options(s);
		return true;
	case ACT_OTHER:
		go_to(s, "");
		return true;
	case TUI_ACT_SEARCH:
		search(s);
		return true;
	case TUI_ACT_REFRESH:
		if (m->pane.state == TUI_PANE_ERROR)
			go_to(s, m->draft.sync);
		else
			map_check_now(s);
		return true;
	default:
		return false;
	}
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct map *m = s->state;
	const char *name;
	int rows, cols;

	if (!m->draft.sync[0]) {
		tui_app_area(s->app, &rows, &cols);
		if (cmd->action == TUI_ACT_REFRESH)
			tui_pick_list(s, &m->pick);
		bool done = tui_pick_action(&m->pick, cmd, rows, &name);
		if (name)
			map_open(s, name);
		return done;
	}
	return edit_action(s, cmd->action) || other_action(s, cmd) ||
	       tui_table_action(&m->table, cmd, map_height(s));
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct map *m = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	struct tui_canvas list = { .rows = map_height(s) + 1, .cols = cols };
	struct tui_canvas pick = { .y = 2, .rows = rows - 2, .cols = cols };
	if (!m->draft.sync[0])
		return tui_table_mouse(&m->pick.table, ev, &pick);
	return tui_table_mouse(&m->table, ev, &list);
}

/* ---- the frame ------------------------------------------------------------------------------- */

static bool
message(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	return tui_pick_message(&m->pick, msg) || map_save_message(s, msg) ||
	       map_load_message(s, msg);
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct map *m = s->state;
	unsigned n = m->saved.sync[0] ? map_edits(m) : 0;

	sl_buf_puts(out, m->draft.sync);
	if (n > 0)
		sl_buf_printf(out, "  draft (%u edit%s)", n, n == 1 ? "" : "s");
}

static const char * or (const char *text, const char *other)
{
	return *text ? text : other;
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct map *m = s->state;
	const struct tui_pairs *set = &m->draft.set, *map = &m->draft.map;

	if (map->n == 0)
		return;
	sl_buf_printf(out, "profile %s \u00b7 %s \u2192 %s \u00b7 %s \u00b7 key %s \u00b7 nulls %s",
		      m->draft.profile, tui_pairs_get(map, "event"),
		      tui_pairs_get(set, "destination"), or (tui_pairs_get(set, "mode"), "upsert"),
		      tui_pairs_get(set, "key"), or (tui_pairs_get(map, "nulls"), "send"));
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct map *m = s->state;
	int pane = tui_pane_tick_ms(m->draft.sync[0] ? &m->pane : &m->pick.table.pane);

	if (!m->check_due_us)
		return pane;
	int64_t left = (m->check_due_us - sl_mono_us()) / 1000;
	int ms = left > 0 ? (int)left + 1 : 0;
	return pane >= 0 && pane < ms ? pane : ms;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct map *m = s->state;

	if (m->check_due_us && now_us >= m->check_due_us)
		map_check_now(s);
	return true;
}

#define GROUP "MAPPING"
static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "edit", "Enter", "edit", "edit the expression, or map what is not mapped",
	  GROUP, NULL, 0 },
	{ ACT_ACCEPT, "accept", "a", "accept", "take what is suggested for this field", GROUP, NULL,
	  0 },
	{ ACT_PREVIEW, "preview", "v", "preview", "the events that this draft makes", GROUP, NULL,
	  0 },
	{ ACT_SAVE, "save mapping", "W", "save", "save, after showing what that means", GROUP, NULL,
	  0 },
	{ TUI_ACT_UNDO, "undo", "u", "undo", "take the last change back", GROUP, NULL, 0 },
	{ ACT_TRANSFORM, "transform", "t", "transform", "add a transform from a list", GROUP, NULL,
	  0 },
	{ ACT_CONSTANT, "constant", "c", "constant", "always the same value", GROUP, NULL, 0 },
	{ ACT_UNLINK, "unlink", "D", "unlink", "do not send this field", GROUP, NULL, 0 },
	{ ACT_ADD, "add field", "+", "add", "any other destination field, nested by dots", GROUP,
	  NULL, 0 },
	{ ACT_PROFILES, "profiles", "P", "profiles",
	  "apply a saved profile, or save this as a new one", GROUP, NULL, 0 },
	{ ACT_OPTIONS, "options", "o", "options", "event kind, NULL policy, every known field",
	  GROUP, NULL, 0 },
	{ ACT_PLAN, "plan run", "R", "plan run", "plan a run of the sync (nothing is sent yet)",
	  GROUP, NULL, 0 },
	{ TUI_ACT_REDO, "redo", "U", "redo", "make it again", GROUP, NULL, 0 },
	{ ACT_ACCEPT_ALL, "accept all", "A", "accept all", "take every suggestion of 0.80 and more",
	  GROUP, NULL, 0 },
	{ ACT_OTHER, "another sync", "O", NULL, "choose another sync", GROUP, NULL, 0 },
	{ TUI_ACT_REFRESH, "check again", "r F5", NULL, "read the sample again", GROUP, NULL, 0 },
};

const struct tui_screen_ops tui_screen_map = {
	.id = "map",
	.title = "Map",
	.state_size = sizeof(struct map),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = map_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
