/* newsync.c - a short form that saves a profile and a sync, and opens the mapping. */
#include "tui/screens/newsync.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/pairs.h"
#include "tui/widgets/form.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define NEW_PROFILE "+ new"
#define WAIT_US     300000 /* from typing a table's name to asking for its columns */

enum { ACT_SAVE = TUI_ACT_OWN };

struct newsync {
	struct tui_form form;
	struct tui_pane pane;
	sl_ticket ask_conns, ask_profiles, ask_columns, ask_tables, ask_profile, ask_sync;
	struct sl_table *conns, *profiles, *columns, *tables; /* owned */
	char conn[72], table[200];
	struct sl_buf sql;
	char asked[300]; /* source and table whose columns were asked for */
	char key[400];   /* that we filled in; another text is the person's own */
	int64_t due_us;  /* ask for the columns then; 0 = no */
	char made[72];   /* profile that was saved, while the sync was not */
	char name[72], profile[72];
};

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

/* ---- completion ------------------------------------------------------------------------------ */

static size_t
put_matches(const struct sl_table *t, const char *column, struct sl_str word, struct sl_buf *out)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *name = sl_table_get(t, i, column);
		if (name && strlen(name) > word.len && strncasecmp(name, word.ptr, word.len) == 0)
			sl_buf_printf(out, "%s\n", name);
	}
	return word.len;
}

static size_t
find_table(const void *arg, struct sl_str before, struct sl_buf *out)
{
	const struct newsync *k = arg;

	return put_matches(k->tables, "table", before, out);
}

static size_t
find_column(const void *arg, struct sl_str before, struct sl_buf *out)
{
	const struct newsync *k = arg;
	size_t from = before.len;

	while (from > 0 && before.ptr[from - 1] != ',' && before.ptr[from - 1] != ' ')
		from--;
	return put_matches(k->columns, "name",
			   (struct sl_str){ before.ptr + from, before.len - from }, out);
}

/* ---- the form -------------------------------------------------------------------------------- */

/* Names of one role, joined by commas, for a choice. */
static void
list_names(const struct sl_table *t, const char *role, struct sl_buf *out)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *name = sl_table_get(t, i, "name"), *is = sl_table_get(t, i, "role");
		if (name && (!role || (is && strcmp(is, role) == 0)))
			sl_buf_printf(out, "%s%s", out->len ? "," : "", name);
	}
}

static bool
add_source(struct newsync *k)
{
	struct sl_buf sources;
	char first[72];

	sl_buf_init(&sources, 1 << 16);
	list_names(k->conns, "source", &sources);
	const char *all = sl_buf_cstr(&sources);
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(all, ","), all);
	struct tui_field_def name = {
		.name = "name",
		.type = TUI_FIELD_TEXT,
		.required = true,
		.help = "Small letters, digits, - and _; also the name of its file"
	};
	struct tui_field_def source = { .name = "source",
					.type = TUI_FIELD_CHOICE,
					.required = true,
					.choices = all,
					.value = k->conn[0] ? k->conn : first,
					.help = "The connection that is read" };
	struct tui_field_def table = { .name = "table",
				       .type = TUI_FIELD_TEXT,
				       .value = k->table,
				       .locked = k->sql.len > 0,
				       .help = "schema.table; Tab completes. Either this or sql",
				       .complete = { find_table, k } };
	struct tui_field_def sql = { .name = "sql",
				     .type = TUI_FIELD_TEXT,
				     .value = sl_buf_cstr(&k->sql),
				     .locked = k->sql.len > 0,
				     .help = "One SELECT; e in the browser has an editor for it" };
	struct tui_field_def key = { .name = "key",
				     .type = TUI_FIELD_LIST,
				     .required = true,
				     .help = "Columns that tell one row from every other: unique, "
					     "never NULL; joined by commas",
				     .complete = { find_column, k } };
	bool ok = tui_form_add(&k->form, &name) && tui_form_add(&k->form, &source) &&
		  tui_form_add(&k->form, &table) && tui_form_add(&k->form, &sql) &&
		  tui_form_add(&k->form, &key);
	sl_buf_free(&sources);
	return ok;
}

static bool
add_destination(struct newsync *k)
{
	struct sl_buf dests;
	char first[72];

	sl_buf_init(&dests, 1 << 16);
	list_names(k->conns, "destination", &dests);
	const char *all = sl_buf_cstr(&dests);
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(all, ","), all);
	struct tui_field_def dest = { .name = "destination",
				      .type = TUI_FIELD_CHOICE,
				      .required = true,
				      .choices = all,
				      .value = first,
				      .help = "The connection that the events go to" };
	struct tui_field_def mode = { .name = "mode",
				      .type = TUI_FIELD_CHOICE,
				      .choices = "upsert,insert,update,mirror,append",
				      .def = "upsert",
				      .help = "upsert: new and changed rows; mirror also removes; "
					      "append: every row is an event of its own" };
	bool ok = tui_form_add(&k->form, &dest) && tui_form_add(&k->form, &mode);
	sl_buf_free(&dests);
	return ok;
}

static bool
add_profile(struct newsync *k)
{
	struct sl_buf all;

	sl_buf_init(&all, 1 << 16);
	sl_buf_puts(&all, NEW_PROFILE);
	list_names(k->profiles, NULL, &all);
	struct tui_field_def title = { .name = "mapping", .type = TUI_FIELD_TITLE };
	struct tui_field_def profile = { .name = "profile",
					 .type = TUI_FIELD_CHOICE,
					 .choices = sl_buf_cstr(&all),
					 .value = NEW_PROFILE,
					 .help = "A saved mapping, or a new one" };
	struct tui_field_def name = { .name = "new_profile",
				      .label = "new profile",
				      .type = TUI_FIELD_TEXT,
				      .help = "Its name; empty: named as the sync" };
	struct tui_field_def event = {
		.name = "event",
		.type = TUI_FIELD_CHOICE,
		.choices = "identify,track,group,page,screen,alias,record,row",
		.def = "identify",
		.help = "Of a new profile: identify (a person), track (something happened), "
			"record (any object), row (plain JSON)"
	};
	bool ok = tui_form_add(&k->form, &title) && tui_form_add(&k->form, &profile) &&
		  tui_form_add(&k->form, &name) && tui_form_add(&k->form, &event);
	sl_buf_free(&all);
	return ok;
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

/* A sync is named after its table. */
static void
suggest_name(struct newsync *k)
{
	const char *dot = strrchr(k->table, '.'), *from = dot ? dot + 1 : k->table;
	char name[72];
	size_t n = 0;

	for (; *from && n + 1 < sizeof(name); from++) {
		unsigned char c = (unsigned char)*from;
		if (isalnum(c) && c < 0x80)
			name[n++] = (char)tolower(c);
		else if ((c == '_' || c == '-' || c == ' ') && n > 0)
			name[n++] = '-';
	}
	name[n] = '\0';
	tui_form_set(&k->form, "name", name);
}

static void
make_form(struct tui_screen *s)
{
	struct newsync *k = s->state;

	if (!k->conns || !k->profiles || k->form.nfields > 0)
		return;
	if (!add_source(k) || !add_destination(k) || !add_profile(k)) {
		tui_pane_error(&k->pane, "no memory for the form", NULL);
		return;
	}
	tui_pane_ready(&k->pane);
	suggest_name(k);
	k->form.changed = false;
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
	static const char *const names[] = { "source", "table", "key", "destination", "mode" };
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
	if (*chosen && strcmp(chosen, NEW_PROFILE) != 0) {
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

static void
drop_chosen(struct tui_screen *s, int tag, int choice)
{
	struct newsync *k = s->state;

	(void)tag;
	if (choice != 0)
		return;
	k->form.changed = false;
	tui_app_back(s->app);
}

static bool
leave_form(struct tui_screen *s)
{
	static const struct tui_choice choices[] = { { 'd', "drop what was typed", false } };
	struct newsync *k = s->state;

	if (!k->form.changed)
		return false;
	struct tui_dialog d = { .title = "Leave the form?",
				.text = "What was typed here is not saved.",
				.choices = choices,
				.nchoices = SL_COUNT(choices),
				.done = drop_chosen };
	tui_app_ask(s->app, s, &d);
	return true;
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
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.tick_ms = tick_ms,
	.tick = tick,
};
