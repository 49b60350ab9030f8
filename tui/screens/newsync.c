/* newsync.c - a short form that saves a profile and a sync, and opens the mapping. */
#include "tui/screens/newsync.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/newsync_state.h"
#include "tui/screens/pairs.h"

#include <ctype.h>
#include <stdio.h>

#define WAIT_US 300000 /* from typing a table's name to asking for its columns */

enum { ACT_SAVE = TUI_ACT_OWN };

static bool
init(struct tui_screen *s)
{
	struct newsync *k = s->state;

	tui_form_init(&k->form);
	sl_buf_init(&k->sql, 1 << 20);
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct newsync *k = s->state;

	tui_unask(s, &k->ask_columns);
	tui_form_free(&k->form);
	sl_buf_free(&k->sql);
	sl_table_free(k->conns);
	sl_table_free(k->profiles);
	sl_table_free(k->columns);
	sl_table_free(k->tables);
}

static void
ask_columns(struct tui_screen *s)
{
	struct newsync *k = s->state;
	const char *source = tui_form_value(&k->form, "source");
	const char *table = tui_form_value(&k->form, "table");
	struct sl_what what = { .connection = source,
				.table = *table ? table : NULL,
				.sql = k->sql.len ? sl_buf_cstr(&k->sql)
						  : tui_form_value(&k->form, "sql") };
	char asked[300];

	k->due_us = 0;
	snprintf(asked, sizeof(asked), "%s\n%s\n%.80s", source, table, what.sql);
	if (strcmp(asked, k->asked) == 0 || !*source || (!what.table && !*what.sql))
		return;
	memcpy(k->asked, asked, sizeof(asked));
	tui_unask(s, &k->ask_columns);
	k->ask_columns = sl_columns(tui_app_engine(s->app), &what);
	if (!k->tables && !k->ask_tables)
		k->ask_tables = sl_tables(tui_app_engine(s->app), source, NULL);
}

static void
make_form(struct tui_screen *s)
{
	struct newsync *k = s->state;

	if (!k->conns || !k->profiles || k->form.nfields > 0)
		return;
	if (!newsync_form(k)) {
		tui_pane_error(&k->pane, "no memory for the form", NULL);
		return;
	}
	tui_pane_ready(&k->pane);
	ask_columns(s);
	if (!k->ask_tables && *tui_form_value(&k->form, "source"))
		k->ask_tables =
			sl_tables(tui_app_engine(s->app), tui_form_value(&k->form, "source"), NULL);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct newsync *k = s->state;

	if (k->form.nfields > 0 || k->ask_conns)
		return;
	if (arg && *arg) {
		size_t n = strcspn(arg, " \n");
		snprintf(k->conn, sizeof(k->conn), "%.*s", (int)(n < 71 ? n : 71), arg);
		if (arg[n] == '\n')
			sl_buf_puts(&k->sql, arg + n + 1);
		else if (arg[n])
			snprintf(k->table, sizeof(k->table), "%.199s", arg + n + 1);
	}
	k->ask_conns = sl_list(tui_app_engine(s->app), SL_CONNECTION);
	k->ask_profiles = sl_list(tui_app_engine(s->app), SL_PROFILE);
	tui_pane_asked(&k->pane, k->ask_conns);
}

/* ---- saving ---------------------------------------------------------------------------------- */

/* The field that says who an event is about, for the key column: a mapping needs one line at least. */
static void
first_line(const char *event, const char *key, char *name, size_t cap)
{
	if (strcmp(event, "record") == 0)
		snprintf(name, cap, "map.identifiers.%s", key);
	else if (strcmp(event, "row") == 0)
		snprintf(name, cap, "map.%s", key);
	else
		snprintf(name, cap, "map.%s", strcmp(event, "group") == 0 ? "groupId" : "userId");
}

static void
put_sync(struct tui_screen *s)
{
	static const char *const names[] = { "source", "table",  "key",   "destination",
					     "mode",   "detect", "cursor" };
	struct newsync *k = s->state;
	struct tui_pairs set = { 0 };
	const char *sql = k->sql.len ? sl_buf_cstr(&k->sql) : tui_form_value(&k->form, "sql");
	bool ok = true;

	for (size_t i = 0; i < SL_COUNT(names) && ok; i++)
		ok = tui_pairs_set(&set, names[i], tui_form_value(&k->form, names[i]));
	if (ok && tui_pairs_set(&set, "sql", sql) && tui_pairs_set(&set, "profile", k->profile))
		k->ask_sync =
			sl_put(tui_app_engine(s->app), SL_SYNC, k->name, set.pair, set.n, true);
	tui_pairs_free(&set);
}

static void
put_profile(struct tui_screen *s)
{
	struct newsync *k = s->state;
	struct tui_pairs set = { 0 };
	const char *event = tui_form_value(&k->form, "event");
	const char *keys = tui_form_value(&k->form, "key");
	char line[300], key[200], column[210];

	snprintf(key, sizeof(key), "%.*s", (int)(strcspn(keys, ",") % sizeof(key)), keys);
	bool plain =
		strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
			strlen(key) &&
		!isdigit((unsigned char)key[0]);
	snprintf(column, sizeof(column), plain ? "%s" : "\"%s\"", key);
	first_line(*event ? event : "identify", key, line, sizeof(line));
	if (tui_pairs_set(&set, "event", *event ? event : "identify") &&
	    tui_pairs_set(&set, line, column))
		k->ask_profile = sl_put(tui_app_engine(s->app), SL_PROFILE, k->profile, set.pair,
					set.n, strcmp(k->made, k->profile) != 0);
	tui_pairs_free(&set);
}

static void
save(struct tui_screen *s)
{
	struct newsync *k = s->state;
	const char *chosen, *named;

	bool ok = tui_form_valid(&k->form);
	if (!*tui_form_value(&k->form, "table") && !*tui_form_value(&k->form, "sql")) {
		tui_form_error(&k->form, "table", "a table, or a SELECT below");
		ok = false;
	}
	if (!ok) {
		tui_app_say(s->app, TUI_SEV_WARN, "not saved: a field is wrong");
		return;
	}
	sl_copy(k->name, sizeof(k->name), tui_form_value(&k->form, "name"));
	chosen = tui_form_value(&k->form, "profile");
	named = tui_form_value(&k->form, "new_profile");
	if (*chosen && strcmp(chosen, NEWSYNC_NEW) != 0) {
		sl_copy(k->profile, sizeof(k->profile), chosen);
		put_sync(s);
	} else {
		sl_copy(k->profile, sizeof(k->profile), *named ? named : k->name);
		put_profile(s);
	}
}

/* Mistakes to their fields. */
static void
place_problems(struct tui_screen *s, const struct sl_msg *m, const char *other)
{
	struct newsync *k = s->state;
	char text[400];

	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		const char *field = sl_table_get(m->table, i, "field");
		const char *problem = sl_table_get(m->table, i, "problem");
		const char *mend = sl_table_get(m->table, i, "mend");
		snprintf(text, sizeof(text), "%s%s%s", problem ? problem : "", mend ? ": " : "",
			 mend ? mend : "");
		if (field)
			tui_form_error(&k->form, field, text);
	}
	if (sl_table_rows(m->table) == 0)
		tui_form_error(&k->form, other, m->problem.message);
	tui_say_problem(s, &m->problem);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_columns(struct newsync *k, const struct sl_msg *m)
{
	struct sl_buf key;

	sl_table_free(k->columns);
	k->columns = m->failed ? NULL : sl_table_copy(m->table);
	if (m->failed) {
		tui_form_error(&k->form, k->sql.len ? "sql" : "table", m->problem.message);
		return;
	}
	tui_form_error(&k->form, "table", NULL);
	if (strcmp(tui_form_value(&k->form, "key"), k->key) != 0)
		return;
	sl_buf_init(&key, sizeof(k->key) - 1);
	for (unsigned i = 0; i < sl_table_rows(k->columns); i++) {
		const char *is = sl_table_get(k->columns, i, "key");
		if (is && strcmp(is, "true") == 0)
			sl_buf_printf(&key, "%s%s", key.len ? "," : "",
				      sl_table_get(k->columns, i, "name"));
	}
	snprintf(k->key, sizeof(k->key), "%s", sl_buf_cstr(&key));
	tui_form_set(&k->form, "key", k->key);
	sl_buf_free(&key);
}

static void
take_sync(struct tui_screen *s, const struct sl_msg *m)
{
	struct newsync *k = s->state;
	struct tui_app *app = s->app;
	char name[72];

	if (m->failed) {
		place_problems(s, m, "name");
		return;
	}
	k->form.changed = false;
	memcpy(name, k->name, sizeof(name));
	tui_app_say(app, TUI_SEV_OK, "made the sync %s: now map its columns", name);
	tui_app_back(app); /* s is gone */
	tui_app_open(app, "map", name);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct newsync *k = s->state;

	if (tui_asked(&k->ask_conns, m)) {
		k->conns = m->failed ? NULL : sl_table_copy(m->table);
		if (m->failed)
			tui_pane_problem(&k->pane, &m->problem);
		make_form(s);
	} else if (tui_asked(&k->ask_profiles, m)) {
		k->profiles = m->failed ? NULL : sl_table_copy(m->table);
		if (m->failed)
			tui_pane_problem(&k->pane, &m->problem);
		make_form(s);
	} else if (tui_asked(&k->ask_columns, m)) {
		take_columns(k, m);
	} else if (tui_asked(&k->ask_tables, m)) {
		sl_table_free(k->tables);
		k->tables = m->failed ? NULL : sl_table_copy(m->table);
	} else if (tui_asked(&k->ask_profile, m)) {
		if (m->failed) {
			place_problems(s, m, "new_profile");
		} else {
			memcpy(k->made, k->profile, sizeof(k->made));
			put_sync(s);
		}
	} else if (tui_asked(&k->ask_sync, m)) {
		take_sync(s, m);
	} else {
		return false;
	}
	return true;
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct newsync *k = s->state;

	if (action != ACT_SAVE)
		return NULL;
	if (k->form.nfields == 0)
		return "there is no form yet";
	return k->ask_profile || k->ask_sync ? "it is being saved" : tui_read_only(s);
}

static bool
leave_form(struct tui_screen *s)
{
	struct newsync *k = s->state;

	return tui_ask_drop(s, "form", &k->form.changed);
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct newsync *k = s->state;
	const char *field = tui_form_focused(&k->form);
	bool reads = field && (strcmp(field, "table") == 0 || strcmp(field, "source") == 0 ||
			       strcmp(field, "sql") == 0);

	if (k->form.nfields == 0 || ev->type == TUI_EV_MOUSE || !tui_form_event(&k->form, ev))
		return false;
	if (reads)
		k->due_us = sl_mono_us() + WAIT_US;
	return true;
}

static const char *
typing(const struct tui_screen *s)
{
	const struct newsync *k = s->state;

	return k->form.nfields > 0 ? "back" : NULL;
}

static bool
unsaved(const struct tui_screen *s)
{
	const struct newsync *k = s->state;

	return k->form.changed;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	if (cmd->action == ACT_SAVE) {
		save(s);
		return true;
	}
	return cmd->action == TUI_ACT_BACK && leave_form(s);
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct newsync *k = s->state;
	struct tui_canvas form = tui_sub(c, 1, 1, c->rows - 3, c->cols - 2);

	if (tui_pane_draw(&k->pane, c, k->form.nfields > 0) || k->form.nfields == 0)
		return;
	tui_form_draw(&k->form, &form, true);
	tui_puts(c, c->rows - 1, 1, TUI_DIM,
		 "Nothing is sent: after this you map the columns, preview, and plan a run.");
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct newsync *k = s->state;
	int64_t left = k->due_us ? (k->due_us - sl_mono_us()) / 1000 : -1;

	if (!k->due_us)
		return tui_pane_tick_ms(&k->pane);
	return left > 0 ? (int)left + 1 : 0;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct newsync *k = s->state;

	if (k->due_us && now_us >= k->due_us)
		ask_columns(s);
	return true;
}

#define GROUP "NEW SYNC"
static const struct tui_action actions[] = {
	{ ACT_SAVE, "save", "F2 Ctrl-S Enter", "save and map", "save, then map its columns", GROUP,
	  NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "next field", "Tab", "next field", "go through the fields", GROUP,
	  NULL, TUI_A_QUIET },
};

const struct tui_screen_ops tui_screen_newsync = {
	.id = "newsync",
	.title = "New sync",
	.state_size = sizeof(struct newsync),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.typing = typing,
	.unsaved = unsaved,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.tick_ms = tick_ms,
	.tick = tick,
};
