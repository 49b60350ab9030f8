/* newsync_form.c - the fields of a new sync, their completion, and what is filled in. */
#include "tui/screens/newsync_state.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

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
	struct tui_field_def detect = {
		.name = "detect",
		.type = TUI_FIELD_CHOICE,
		.choices = "diff,full,cursor",
		.def = "diff",
		.help = "diff reads all rows and sends what changed; cursor "
			"reads only rows whose cursor grew"
	};
	struct tui_field_def cursor = { .name = "cursor",
					.type = TUI_FIELD_TEXT,
					.help = "Only for cursor: the column that grows with every "
						"change, such as updated_at",
					.complete = { find_column, k } };
	bool ok = tui_form_add(&k->form, &dest) && tui_form_add(&k->form, &mode) &&
		  tui_form_add(&k->form, &detect) && tui_form_add(&k->form, &cursor);
	sl_buf_free(&dests);
	return ok;
}

static bool
add_profile(struct newsync *k)
{
	struct sl_buf all;

	sl_buf_init(&all, 1 << 16);
	sl_buf_puts(&all, NEWSYNC_NEW);
	list_names(k->profiles, NULL, &all);
	struct tui_field_def title = { .name = "mapping", .type = TUI_FIELD_TITLE };
	struct tui_field_def profile = { .name = "profile",
					 .type = TUI_FIELD_CHOICE,
					 .choices = sl_buf_cstr(&all),
					 .value = NEWSYNC_NEW,
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

bool
newsync_form(struct newsync *k)
{
	if (!add_source(k) || !add_destination(k) || !add_profile(k))
		return false;
	suggest_name(k);
	k->form.changed = false;
	if (!*tui_form_value(&k->form, "source"))
		tui_form_error(&k->form, "source", "there is no source connection yet: :conns, n");
	if (!*tui_form_value(&k->form, "destination"))
		tui_form_error(&k->form, "destination",
			       "there is no destination connection yet: :conns, n");
	return true;
}
