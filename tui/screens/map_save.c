/* map_save.c - saving a mapping, after saying what that means; profiles and options. */
#include "tui/screens/map_state.h"
#include "tui/widgets/bar.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what changed ---------------------------------------------------------------------------- */

static const char *
shown_name(const char *setting)
{
	const char *to = tui_draft_target(setting);

	return to ? to : setting;
}

static unsigned
list_changes(const struct tui_pairs *old, const struct tui_pairs *now, struct sl_buf *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < now->n; i++) {
		const char *was = tui_pairs_get(old, now->pair[i].name);
		if (strcmp(was, now->pair[i].value) == 0)
			continue;
		n++;
		if (*was)
			sl_buf_printf(out, "~ %s: %s \u2192 %s\n", shown_name(now->pair[i].name),
				      was, now->pair[i].value);
		else
			sl_buf_printf(out, "+ %s: %s\n", shown_name(now->pair[i].name),
				      now->pair[i].value);
	}
	for (size_t i = 0; i < old->n; i++) {
		if (*tui_pairs_get(now, old->pair[i].name))
			continue;
		n++;
		sl_buf_printf(out, "- %s: %s\n", shown_name(old->pair[i].name), old->pair[i].value);
	}
	return n;
}

unsigned
map_edits(const struct map *m)
{
	struct sl_buf none;

	sl_buf_init(&none, 1 << 20);
	unsigned n = list_changes(&m->saved.map, &m->draft.map, &none) +
		     list_changes(&m->saved.set, &m->draft.set, &none);
	sl_buf_free(&none);
	return n;
}

static int64_t
list_int(const struct sl_table *t, const char *name, const char *column)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		if (strcmp(map_cell(t, (int)i, "name"), name) == 0)
			return sl_table_get_int(t, i, column);
	}
	return -1;
}

static void
put_checks(const struct map *m, struct sl_buf *out)
{
	for (unsigned i = 0; i < sl_table_rows(m->checks); i++) {
		const char *level = map_cell(m->checks, (int)i, "level");
		const char *to = map_cell(m->checks, (int)i, "to");
		const char *mend = map_cell(m->checks, (int)i, "mend");
		if (strcmp(level, "ok") == 0)
			continue;
		sl_buf_printf(out, "%s %s%s%s%s%s\n", strcmp(level, "error") == 0 ? "\u2717" : "!",
			      to, *to ? ": " : "", map_cell(m->checks, (int)i, "problem"),
			      *mend ? " \u2192 " : "", mend);
	}
}

static void
put_meaning(const struct map *m, struct sl_buf *out)
{
	bool mapping = !tui_pairs_same(&m->draft.map, &m->saved.map) ||
		       strcmp(m->draft.profile, m->saved.profile) != 0;
	int64_t rows = list_int(m->syncs, m->draft.sync, "rows");
	int64_t users = list_int(m->profiles, m->draft.profile, "used_by");
	bool same = strcmp(m->draft.profile, m->saved.profile) == 0;
	char n[32];

	if (mapping && rows > 0)
		sl_buf_printf(
			out,
			"\nA changed mapping sends every row again: %s rows at the next run.\n",
			tui_fmt_count((uint64_t)rows, n));
	else if (mapping)
		sl_buf_puts(out, "\nNothing was sent yet: the first run sends every row.\n");
	if (same && users > 1)
		sl_buf_printf(out, "The profile %s is used by %lld syncs: all of them change.\n",
			      m->draft.profile, (long long)users);
}

/* ---- saving ---------------------------------------------------------------------------------- */

static void
put_sync(struct tui_screen *s)
{
	struct map *m = s->state;

	if (tui_pairs_same(&m->draft.set, &m->saved.set)) {
		(void)tui_draft_copy(&m->saved, &m->draft);
		tui_app_say(s->app, TUI_SEV_OK, "saved the profile %s", m->draft.profile);
		return;
	}
	m->ask.put_sync = sl_put(tui_app_engine(s->app), SL_SYNC, m->draft.sync, m->draft.set.pair,
				 m->draft.set.n, false);
}

static void
save_now(struct tui_screen *s, bool create)
{
	struct map *m = s->state;

	m->ask.put_profile = sl_put(tui_app_engine(s->app), SL_PROFILE, m->draft.profile,
				    m->draft.map.pair, m->draft.map.n, create);
	if (!m->ask.put_profile)
		tui_app_say(s->app, TUI_SEV_ERROR, "not saved: the engine is closing");
}

static void
save_chosen(struct tui_screen *s, int tag, int choice)
{
	(void)tag;
	if (choice == 0)
		save_now(s, false);
}

void
map_save(struct tui_screen *s)
{
	static const struct tui_choice choices[] = { { 's', "save", false } };
	struct map *m = s->state;
	struct sl_buf text;

	sl_buf_init(&text, 1 << 20);
	unsigned n = list_changes(&m->saved.map, &m->draft.map, &text) +
		     list_changes(&m->saved.set, &m->draft.set, &text);
	if (n == 0) {
		tui_app_say(s->app, TUI_SEV_INFO, "nothing to save: the mapping is as it was");
		sl_buf_free(&text);
		return;
	}
	if (text.len > 600) {
		text.len = 600;
		sl_buf_printf(&text, "\u2026\n(%u changes)\n", n);
	}
	put_meaning(m, &text);
	put_checks(m, &text);
	struct tui_dialog d = { .title = "Save the mapping",
				.text = sl_buf_cstr(&text),
				.choices = choices,
				.nchoices = SL_COUNT(choices),
				.done = save_chosen };
	tui_app_ask(s->app, s, &d);
	sl_buf_free(&text);
}

static void
show_problems(struct tui_screen *s, const struct sl_msg *msg)
{
	struct sl_buf text;

	if (sl_table_rows(msg->table) == 0) {
		tui_say_problem(s, &msg->problem);
		return;
	}
	sl_buf_init(&text, 1 << 20);
	for (unsigned i = 0; i < sl_table_rows(msg->table); i++) {
		const struct sl_table *t = msg->table;
		sl_buf_printf(&text, "%s: %s\n    %s\n", map_cell(t, (int)i, "field"),
			      map_cell(t, (int)i, "problem"), map_cell(t, (int)i, "mend"));
	}
	tui_app_view(s->app, "Not saved", sl_buf_view(&text), false);
	sl_buf_free(&text);
}

/* ---- profiles -------------------------------------------------------------------------------- */

static void
save_as_done(struct tui_screen *s, const char *text)
{
	struct map *m = s->state;

	if (!text || !*text || !map_keep(m))
		return;
	snprintf(m->draft.profile, sizeof(m->draft.profile), "%.71s", text);
	(void)tui_pairs_set(&m->draft.set, "profile", m->draft.profile);
	map_changed(s);
	save_now(s, true);
}

static void
save_as(struct tui_screen *s)
{
	struct tui_prompt p = { .label = "name of the new profile: ", .done = save_as_done };

	tui_app_prompt(s->app, s, &p);
}

static void
profile_chosen(struct tui_screen *s, int tag, int item)
{
	struct map *m = s->state;

	(void)tag;
	if (item < 0)
		return;
	if (item == 0) {
		save_as(s);
		return;
	}
	snprintf(m->applying, sizeof(m->applying), "%.71s",
		 map_cell(m->profiles, item - 1, "name"));
	tui_unask(s, &m->ask.apply);
	m->ask.apply = sl_get(tui_app_engine(s->app), SL_PROFILE, m->applying);
}

void
map_profiles(struct tui_screen *s)
{
	const struct map *m = s->state;
	unsigned n = sl_table_rows(m->profiles);
	struct tui_menu_item *items = calloc(n + 1, sizeof(*items));
	char(*note)[80] = calloc(n + 1, sizeof(*note));

	if (items && note) {
		items[0] = (struct tui_menu_item){ .key = '+',
						   .label = "save as a new profile\u2026",
						   .why_not = tui_read_only(s) };
		for (unsigned i = 0; i < n; i++) {
			snprintf(note[i], sizeof(note[i]), "%s, %s field%s, used by %s",
				 map_cell(m->profiles, (int)i, "event"),
				 map_cell(m->profiles, (int)i, "fields"),
				 strcmp(map_cell(m->profiles, (int)i, "fields"), "1") == 0 ? ""
											   : "s",
				 map_cell(m->profiles, (int)i, "used_by"));
			items[i + 1] = (struct tui_menu_item){
				.label = map_cell(m->profiles, (int)i, "name"), .note = note[i]
			};
		}
		struct tui_menu menu = { .title = "Apply a profile to this sync",
					 .items = items,
					 .nitems = n + 1,
					 .selected = n > 0 ? 1 : 0,
					 .done = profile_chosen };
		tui_app_menu(s->app, s, &menu);
	}
	free(items);
	free(note);
}

static void
take_applied(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	if (msg->failed) {
		tui_say_problem(s, &msg->problem);
		return;
	}
	if (!map_keep(m) || !tui_pairs_read(&m->draft.map, msg->table))
		return;
	snprintf(m->draft.profile, sizeof(m->draft.profile), "%s", m->applying);
	(void)tui_pairs_set(&m->draft.set, "profile", m->applying);
	map_ask_event(s);
	map_ask_suggestions(s);
	map_changed(s);
	tui_app_say(s->app, TUI_SEV_OK, "profile %s applied to the draft   u undo   W save",
		    m->applying);
}

/* ---- options --------------------------------------------------------------------------------- */

static const char *const events[] = { "identify", "track", "group",  "page",
				      "screen",   "alias", "record", "row" };
enum { OPT_NULLS = SL_COUNT(events), OPT_FIELDS, OPTIONS };

static void
option_chosen(struct tui_screen *s, int tag, int item)
{
	struct map *m = s->state;
	bool omit = strcmp(tui_pairs_get(&m->draft.map, "nulls"), "omit") == 0;

	(void)tag;
	if (item < 0)
		return;
	if (item == OPT_FIELDS) {
		m->all_fields = !m->all_fields;
		map_rows(m);
		return;
	}
	if (!map_keep(m))
		return;
	if (item == OPT_NULLS) {
		(void)tui_pairs_set(&m->draft.map, "nulls", omit ? "send" : "omit");
	} else {
		(void)tui_pairs_set(&m->draft.map, "event", events[item]);
		map_ask_event(s);
		map_ask_suggestions(s);
	}
	map_changed(s);
}

void
map_options(struct tui_screen *s)
{
	static const char *const notes[] = {
		"a person and their traits",  "something that happened",
		"a company or team",          "a page was seen",
		"a screen was seen",          "two ids are one person",
		"any object; can be removed", "plain JSON of the fields"
	};
	const struct map *m = s->state;
	const char *event = tui_pairs_get(&m->draft.map, "event");
	bool omit = strcmp(tui_pairs_get(&m->draft.map, "nulls"), "omit") == 0;
	struct tui_menu_item items[OPTIONS];
	char label[SL_COUNT(events)][40];
	size_t selected = 0;

	for (size_t i = 0; i < SL_COUNT(events); i++) {
		bool now = strcmp(event, events[i]) == 0;
		snprintf(label[i], sizeof(label[i]), "event %s%s", events[i], now ? " \u2713" : "");
		items[i] = (struct tui_menu_item){ .label = label[i], .note = notes[i] };
		selected = now ? i : selected;
	}
	items[OPT_NULLS] = (struct tui_menu_item){
		.key = 'n',
		.label = omit ? "NULL: send null instead" : "NULL: leave the field out instead",
		.note = omit ? "null clears the field there" : "keeps what is there"
	};
	items[OPT_FIELDS] =
		(struct tui_menu_item){ .key = 'f',
					.label = m->all_fields ? "show fewer fields"
							       : "show every known field",
					.note = NULL };
	struct tui_menu menu = { .title = "Options of the mapping",
				 .items = items,
				 .nitems = OPTIONS,
				 .selected = selected,
				 .done = option_chosen };
	tui_app_menu(s->app, s, &menu);
}

/* ---- answers --------------------------------------------------------------------------------- */

bool
map_save_message(struct tui_screen *s, const struct sl_msg *msg)
{
	struct map *m = s->state;

	if (tui_asked(&m->ask.apply, msg)) {
		take_applied(s, msg);
		return true;
	}
	if (tui_asked(&m->ask.put_profile, msg)) {
		if (msg->failed)
			show_problems(s, msg);
		else
			put_sync(s);
		return true;
	}
	if (tui_asked(&m->ask.put_sync, msg)) {
		if (msg->failed) {
			show_problems(s, msg);
			return true;
		}
		(void)tui_draft_copy(&m->saved, &m->draft);
		tui_app_say(s->app, TUI_SEV_OK, "saved the profile %s and the sync %s",
			    m->draft.profile, m->draft.sync);
		return true;
	}
	return false;
}
