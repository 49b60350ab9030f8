/* map_load.c - what the mapping editor asks the engine for, and the answers. */
#include "tui/screens/map_state.h"

#include <stdio.h>

static void
forget_tables(struct map *m)
{
	struct sl_table **all[] = { &m->targets, &m->columns,  &m->transforms, &m->suggestions,
				    &m->checks,  &m->profiles, &m->syncs };

	for (size_t i = 0; i < SL_COUNT(all); i++) {
		sl_table_free(*all[i]);
		*all[i] = NULL;
	}
}

void
map_forget(struct tui_screen *s)
{
	struct map *m = s->state;
	sl_ticket *all[] = { &m->ask.sync,    &m->ask.profile,     &m->ask.targets,
			     &m->ask.columns, &m->ask.transforms,  &m->ask.suggestions,
			     &m->ask.check,   &m->ask.profiles,    &m->ask.syncs,
			     &m->ask.apply,   &m->ask.put_profile, &m->ask.put_sync };

	for (size_t i = 0; i < SL_COUNT(all); i++)
		tui_unask(s, all[i]);
	forget_tables(m);
	tui_draft_free(&m->draft);
	tui_draft_free(&m->saved);
	for (size_t i = 0; i < MAP_UNDO; i++)
		tui_draft_free(&m->undo[i]);
	m->nundo = m->iundo = m->nredo = 0;
	m->check_due_us = m->checked_us = 0;
	m->check_failed = false;
	m->nrows = 0;
	m->table.model.rows = 0;
	tui_table_refresh(&m->table);
}

static void
ask_lists(struct tui_screen *s)
{
	struct map *m = s->state;

	tui_unask(s, &m->ask.profiles);
	tui_unask(s, &m->ask.syncs);
	m->ask.profiles = sl_list(tui_app_engine(s->app), SL_PROFILE);
	m->ask.syncs = sl_list(tui_app_engine(s->app), SL_SYNC);
}

void
map_open(struct tui_screen *s, const char *sync)
{
	struct map *m = s->state;

	map_forget(s);
	snprintf(m->draft.sync, sizeof(m->draft.sync), "%s", sync);
	m->ask.sync = sl_get(tui_app_engine(s->app), SL_SYNC, sync);
	m->ask.transforms = sl_transforms(tui_app_engine(s->app));
	ask_lists(s);
	tui_pane_asked(&m->pane, m->ask.sync);
}

void
map_ask_event(struct tui_screen *s)
{
	struct map *m = s->state;
	const char *event = tui_pairs_get(&m->draft.map, "event");

	tui_unask(s, &m->ask.targets);
	m->ask.targets = sl_targets(tui_app_engine(s->app), *event ? event : "identify");
}

void
map_ask_suggestions(struct tui_screen *s)
{
	struct map *m = s->state;
	struct sl_draft d = tui_draft_request(&m->draft);

	tui_unask(s, &m->ask.suggestions);
	m->ask.suggestions = sl_suggestions(tui_app_engine(s->app), &d);
}

void
map_check_soon(struct tui_screen *s)
{
	struct map *m = s->state;

	m->check_due_us = sl_mono_us() + MAP_DEBOUNCE;
}

void
map_check_now(struct tui_screen *s)
{
	struct map *m = s->state;
	struct sl_draft d = tui_draft_request(&m->draft);

	m->check_due_us = 0;
	tui_unask(s, &m->ask.check);
	m->ask.check = sl_check_draft(tui_app_engine(s->app), &d);
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool
keep_table(struct sl_table **slot, const struct sl_msg *m)
{
	if (m->failed)
		return false;
	struct sl_table *copy = sl_table_copy(m->table);
	if (!copy)
		return false;
	sl_table_free(*slot);
	*slot = copy;
	return true;
}

static void
take_sync(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	if (msg->failed || !tui_pairs_read(&m->draft.set, msg->table)) {
		tui_pane_problem(&m->pane, &msg->problem);
		return;
	}
	const char *profile = tui_pairs_get(&m->draft.set, "profile");
	snprintf(m->draft.profile, sizeof(m->draft.profile), "%.71s", profile);
	struct sl_what what = tui_draft_what(&m->draft);
	m->ask.columns = sl_columns(tui_app_engine(s->app), &what);
	m->ask.profile = sl_get(tui_app_engine(s->app), SL_PROFILE, profile);
}

static void
take_profile(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	if (msg->failed || !tui_pairs_read(&m->draft.map, msg->table)) {
		tui_pane_problem(&m->pane, &msg->problem);
		return;
	}
	if (!tui_draft_copy(&m->saved, &m->draft)) {
		tui_pane_error(&m->pane, "no memory for the mapping", NULL);
		return;
	}
	tui_pane_ready(&m->pane);
	map_ask_event(s);
	map_ask_suggestions(s);
	map_check_now(s);
}

static void
take_check(struct map *m, const struct sl_msg *msg)
{
	m->check_failed = msg->failed;
	if (msg->failed)
		m->check_problem = msg->problem;
	else if (keep_table(&m->checks, msg))
		m->checked_us = sl_mono_us();
}

/* Answers that only fill a table. */
static bool
take_table(struct map *m, const struct sl_msg *msg)
{
	struct {
		sl_ticket *ask;
		struct sl_table **slot;
	} all[] = {
		{ &m->ask.targets, &m->targets },       { &m->ask.columns, &m->columns },
		{ &m->ask.transforms, &m->transforms }, { &m->ask.suggestions, &m->suggestions },
		{ &m->ask.profiles, &m->profiles },     { &m->ask.syncs, &m->syncs }
	};

	for (size_t i = 0; i < SL_COUNT(all); i++) {
		if (tui_asked(all[i].ask, msg)) {
			(void)keep_table(all[i].slot, msg);
			return true;
		}
	}
	return false;
}

bool
map_load_message(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	if (msg->kind == SL_MSG_CONFIG && m->draft.sync[0]) {
		ask_lists(s);
		return false;
	}
	if (tui_asked(&m->ask.sync, msg))
		take_sync(s, msg);
	else if (tui_asked(&m->ask.profile, msg))
		take_profile(s, msg);
	else if (tui_asked(&m->ask.check, msg))
		take_check(m, msg);
	else if (!take_table(m, msg))
		return false;
	map_rows(m);
	return true;
}
