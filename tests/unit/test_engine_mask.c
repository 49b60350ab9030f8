/* test_engine_mask.c - values of tagged columns in the engine's answers: marks, until the audit knows that
 * somebody looks. And what the doctor and the grants say. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "•••"

static const char tagged[] =
	"{\"event\": \"identify\", \"pii\": [\"email\", \"prefs\", \"balance\"],\n"
	" \"map\": {\"userId\": \"id\", \"traits.email\": \"email | lower\",\n"
	"  \"traits.name\": \"name\", \"traits.lang\": \"prefs.lang\",\n"
	"  \"traits.hello\": \"'Hi {name} of {email}'\",\n"
	"  \"traits.hash\": \"email | sha256\",\n"
	"  \"traits.balance\": \"balance\"}}\n";

static int
fresh(void **state)
{
	struct engine_rig *r;
	const int rc = engine_rig_fresh(state);

	r = *state;
	engine_rig_file(r, "profiles/users.json", tagged);
	return rc;
}

/* A part of the column's text in a row of an answer. */
static bool
holds(const struct sl_table *t, unsigned row, const char *column, const char *text)
{
	const char *s = sl_table_get(t, row, column);

	return s && strstr(s, text);
}

static void
assert_masked(const struct sl_table *t, unsigned row, const char *column)
{
	static const char *const values[] = { "user1@", "User1@", "@example", "\"de\"",
					      "1.25",   "user7@", "8.75" };

	assert_true(holds(t, row, column, MARK));
	for (size_t i = 0; i < SL_COUNT(values); i++)
		if (holds(t, row, column, values[i]))
			fail_msg("%s: %s", column, sl_table_get(t, row, column));
}

static void
previews_and_plans_are_masked(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_draft draft = { .sync = "users" };
	struct sl_msg *m = engine_rig_ok(r, sl_preview(r->engine, &draft, 3));
	struct sl_run_stats s;

	assert_masked(m->table, 0, "body");
	assert_masked(m->table, 0, "row");
	/* What is not tagged is shown, and so are the event's own fields. */
	assert_true(holds(m->table, 0, "body", "\"name\":\"Name 1\""));
	assert_true(holds(m->table, 0, "body", "\"type\":\"identify\""));
	assert_true(holds(m->table, 0, "body", "\"messageId\":\"sluice-"));
	assert_true(holds(m->table, 0, "body", "\"userId\":\"1\""));
	assert_true(holds(m->table, 0, "body", "\"hello\":\"" MARK));
	assert_true(holds(m->table, 0, "body", "\"hash\":\"" MARK));
	sl_msg_free(m);
	s = engine_rig_run(r, "users", 0);
	assert_int_equal(s.acked, 50);
	m = engine_rig_ok(r, sl_changes(r->engine, s.run, NULL, 0, 2));
	assert_masked(m->table, 0, "body");
	sl_msg_free(m);
	engine_rig_sql(r, "UPDATE users SET email = 'new@x.io' WHERE id = 1");
	s = engine_rig_run(r, "users", 0);
	m = engine_rig_ok(r, sl_changes(r->engine, s.run, NULL, 0, 2));
	assert_masked(m->table, 0, "old");
	assert_false(holds(m->table, 0, "body", "new@x.io"));
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_event(r->engine, s.run, 0, 0));
	for (unsigned i = 0; i < sl_table_rows(m->table); i++)
		assert_false(holds(m->table, i, "value", "new@x.io"));
	sl_msg_free(m);
}

static void
dry_runs_are_masked(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_DRY);
	struct sl_msg *m = engine_rig_ok(r, sl_changes(r->engine, s.run, NULL, 0, 2));

	assert_masked(m->table, 0, "body");
	sl_msg_free(m);
}

static void
rows_are_masked(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_what table = { .connection = "wh", .table = "public.users" };
	const struct sl_what bare = { .connection = "wh", .table = "users" };
	const struct sl_what sql = { .connection = "wh", .sql = "SELECT email, name FROM users" };
	const struct sl_page page = { .limit = 3 };
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &table, &page));

	assert_masked(m->table, 0, "email");
	assert_masked(m->table, 0, "prefs");
	assert_masked(m->table, 0, "balance");
	assert_string_equal(sl_table_get(m->table, 0, "name"), "Name 1");
	/* Marks are no JSON and no numbers. */
	assert_int_equal(sl_table_type(m->table, (unsigned)sl_table_col(m->table, "prefs")),
			 SL_CELL_TEXT);
	assert_int_equal(sl_table_type(m->table, (unsigned)sl_table_col(m->table, "balance")),
			 SL_CELL_TEXT);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_rows(r->engine, &bare, &page));
	assert_masked(m->table, 0, "email");
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_rows(r->engine, &sql, &page));
	assert_masked(m->table, 0, "email");
	sl_msg_free(m);
}

/* Equal values have equal marks, others have others; NULL stays NULL, and nothing stays nothing. */
static void
marks_tell_values_apart(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_what what = {
		.connection = "wh",
		.sql = "SELECT * FROM (VALUES (1, 'ana@example.com'), (2, 'ben'),"
		       " (3, 'ana@example.com'), (4, NULL), (5, ''),"
		       " (6, repeat('x', 40))) AS v (id, email)"
	};
	const struct sl_page page = { .limit = 10 };
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	const struct sl_table *t = m->table;

	assert_string_equal(sl_table_get(t, 0, "email"), sl_table_get(t, 2, "email"));
	assert_string_not_equal(sl_table_get(t, 0, "email"), sl_table_get(t, 1, "email"));
	assert_true(holds(t, 0, "email", MARK "M"));
	assert_true(holds(t, 1, "email", MARK "S"));
	assert_true(holds(t, 5, "email", MARK "L"));
	assert_null(sl_table_get(t, 3, "email"));
	assert_string_equal(sl_table_get(t, 4, "email"), "");
	sl_msg_free(m);
}

/* One can page through a table whose key is masked. */
static void
a_masked_key_has_next_pages(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_what what = { .connection = "wh", .table = "public.users" };
	static const char *const key[] = { "email" };
	struct sl_page page = { .key = key, .nkey = 1, .limit = 2 };
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	const char *after[1];

	assert_true(holds(m->table, 1, "email", MARK));
	after[0] = sl_table_get(m->table, 1, "_key0");
	assert_non_null(after[0]);
	assert_null(strstr(after[0], MARK));
	page.after = after;
	struct sl_msg *next = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	assert_int_equal(sl_table_rows(next->table), 2);
	assert_string_not_equal(sl_table_get(next->table, 0, "id"),
				sl_table_get(m->table, 1, "id"));
	sl_msg_free(next);
	sl_msg_free(m);
}

static void
a_masked_key_is_named_nowhere(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_draft draft = { .sync = "keyed" };
	struct sl_msg *m;

	engine_rig_file(r, "profiles/keyed.json",
			"{\"event\": \"identify\", \"pii\": [\"email\"],\n"
			" \"map\": {\"userId\": \"email\", \"traits.name\": \"name\"}}\n");
	engine_rig_file(r, "syncs/keyed.json",
			"{\"source\": \"wh\", \"table\": \"users\", \"key\": [\"email\"],\n"
			" \"profile\": \"keyed\", \"destination\": \"rx\"}\n");
	m = engine_rig_ok(r, sl_preview(r->engine, &draft, 2));
	assert_true(holds(m->table, 0, "key", "[\"" MARK));
	assert_true(holds(m->table, 0, "body", "\"userId\":\"" MARK));
	assert_true(holds(m->table, 0, "body", "\"recordId\":\"" MARK));
	assert_false(holds(m->table, 0, "body", "Example"));
	sl_msg_free(m);
	engine_rig_sql(r, "UPDATE users SET email = 'twice@x.io' WHERE id < 3");
	const struct sl_run_stats s = engine_rig_run(r, "keyed", 0);
	assert_string_equal(s.state, "failed");
	assert_null(strstr(s.error, "twice"));
	assert_non_null(strstr(s.error, "key"));
	m = engine_rig_ok(r, sl_log(r->engine, NULL, 0, 0, 100));
	for (unsigned i = 0; i < sl_table_rows(m->table); i++)
		assert_false(holds(m->table, i, "text", "twice"));
	sl_msg_free(m);
}

/* What the destination repeats is masked before it is kept; the letters too, whatever the mapping is now. */
static void
letters_are_masked(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;

	test_receiver_faults(r->rx, "{\"refuse\": [\"7\"], \"echo\": 1}");
	(void)engine_rig_run(r, "users", 0);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 10));
	assert_int_equal(sl_table_rows(m->table), 1);
	assert_masked(m->table, 0, "body");
	assert_masked(m->table, 0, "answer");
	assert_true(holds(m->table, 0, "answer", "may not send"));
	assert_true(holds(m->table, 0, "answer", "Name 7"));
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_log(r->engine, NULL, 0, 0, 100));
	for (unsigned i = 0; i < sl_table_rows(m->table); i++)
		assert_false(holds(m->table, i, "answer", "user7@"));
	sl_msg_free(m);
	/* Another mapping: what it does not explain is masked. */
	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\", \"pii\": [\"email\"],\n"
			" \"map\": {\"userId\": \"id\", \"traits.mail\": \"email\"}}\n");
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 10));
	assert_masked(m->table, 0, "body");
	assert_false(holds(m->table, 0, "body", "Name 7"));
	sl_msg_free(m);
	/* A sync that is gone: nobody knows what was tagged. */
	engine_rig_file(r, "syncs/users.json", "{broken");
	m = engine_rig_ok(r, sl_failed(r->engine, NULL, false, 0, 10));
	assert_masked(m->table, 0, "body");
	assert_true(holds(m->table, 0, "key", MARK));
	sl_msg_free(m);
}

static void
a_mapping_is_tried_in_masks(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_draft draft = { .sync = "users" };
	struct sl_msg *m = engine_rig_ok(r, sl_check_draft(r->engine, &draft));
	const int mail = engine_rig_row(m->table, "to", "traits.email");
	const int name = engine_rig_row(m->table, "to", "traits.name");

	assert_true(mail >= 0 && name >= 0);
	assert_masked(m->table, (unsigned)mail, "input");
	assert_masked(m->table, (unsigned)mail, "output");
	assert_string_equal(sl_table_get(m->table, (unsigned)name, "input"), "\"Name 1\"");
	sl_msg_free(m);
}

/* The audit knows first; then values are shown, until it is switched off. */
static void
unmasking_is_audited(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_what what = { .connection = "wh", .table = "users" };
	const struct sl_page page = { .limit = 1 };
	struct sl_msg *m;

	sl_unmasked(r->engine, true); /* nobody asked */
	m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	assert_masked(m->table, 0, "email");
	sl_msg_free(m);
	sl_msg_free(engine_rig_ok(r, sl_unmask(r->engine, "a test")));
	m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	assert_masked(m->table, 0, "email");
	sl_msg_free(m);
	sl_unmasked(r->engine, true);
	m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	assert_string_equal(sl_table_get(m->table, 0, "email"), "User1@Example.com");
	sl_msg_free(m);
	sl_unmasked(r->engine, false);
	sl_unmasked(r->engine, true); /* a permission is good for once */
	m = engine_rig_ok(r, sl_rows(r->engine, &what, &page));
	assert_masked(m->table, 0, "email");
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_audit(r->engine, 0, 10));
	assert_int_equal(sl_table_rows(m->table), 1);
	assert_string_equal(sl_table_get(m->table, 0, "action"), "unmask");
	assert_string_equal(sl_table_get(m->table, 0, "object"), "a test");
	assert_string_equal(sl_table_get(m->table, 0, "chain"), "ok");
	sl_msg_free(m);
	engine_rig_shut(r);
	engine_rig_open(r, true);
	m = engine_rig_fail(r, sl_unmask(r->engine, "beside another"));
	assert_int_equal(m->problem.exit_code, SL_EXIT_LOCKED);
	sl_msg_free(m);
}

/* A change of a connection, and that its secret is another one now, but not which. */
static void
changes_are_audited(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = { { "type", "webhook" },
				       { "url", "http://127.0.0.1:9/x" },
				       { "token", "env:FIRST_NAME" } };
	const struct sl_pair then[] = { { "type", "webhook" },
					{ "url", "http://127.0.0.1:9/x" },
					{ "token", "env:SECOND_NAME" } };
	struct sl_msg *m;

	sl_msg_free(engine_rig_ok(r, sl_put(r->engine, SL_CONNECTION, "hook", set, 3, true)));
	sl_msg_free(engine_rig_ok(r, sl_put(r->engine, SL_CONNECTION, "hook", then, 3, false)));
	sl_msg_free(engine_rig_ok(r, sl_delete(r->engine, SL_CONNECTION, "hook")));
	m = engine_rig_ok(r, sl_audit(r->engine, 0, 10));
	static const char *const want[] = { "config deleted", "secret changed", "config changed",
					    "config created" };
	assert_int_equal(sl_table_rows(m->table), SL_COUNT(want));
	for (unsigned i = 0; i < SL_COUNT(want); i++) {
		assert_string_equal(sl_table_get(m->table, i, "action"), want[i]);
		assert_string_equal(sl_table_get(m->table, i, "object"), "connection hook");
		assert_false(holds(m->table, i, "detail", "_NAME"));
	}
	sl_msg_free(m);
}

/* ---- the doctor ---------------------------------------------------------------------------------------- */

/* The level of what it said with this text, NULL = it did not. */
static const char *
level_of(struct engine_rig *r, const struct sl_msg *m, const char *text)
{
	for (unsigned p = 0; p <= r->nparts; p++) {
		const struct sl_table *t = p < r->nparts ? r->parts[p] : m->table;

		for (unsigned i = 0; i < sl_table_rows(t); i++)
			if (holds(t, i, "detail", text))
				return sl_table_get(t, i, "level");
	}
	return NULL;
}

static void
the_doctor_finds(void **state)
{
	static const struct {
		const char *text, *level;
	} want[] = {
		{ "only you may change it", NULL },
		{ "everybody may change the file", "bad" },
		{ "others may read or change the file", "bad" },
		{ "is a symbolic link", "bad" },
		{ "was put aside", "warn" },
		{ "the state knows a sync users that no file names", "warn" },
		{ "is a superuser", "warn" },
		{ "INSERT, UPDATE, DELETE or TRUNCATE", "warn" },
		{ "agrees with the server's", "ok" },
		{ "reachable, write key accepted", "ok" },
		{ "sslmode ", NULL },
		{ "works on this state", "ok" },
		{ "comes from the environment", "ok" },
	};
	struct engine_rig *r = *state;
	char path[400], link[400];
	struct sl_msg *m;

	(void)engine_rig_run(r, "users", 0);
	engine_rig_file(r, "syncs/others.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"rx\"}\n");
	engine_rig_unfile(r, "syncs/users.json");
	(void)snprintf(path, sizeof(path), "%s/connections/rx.json", r->dir);
	assert_int_equal(chmod(path, 0666), 0);
	(void)snprintf(path, sizeof(path), "%s/state/log.db", r->dir);
	assert_int_equal(chmod(path, 0644), 0);
	(void)snprintf(link, sizeof(link), "%s/state/old.db", r->dir);
	assert_int_equal(symlink(path, link), 0);
	m = engine_rig_ok(r, sl_doctor(r->engine));
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		const char *level = level_of(r, m, want[i].text);

		if (!level != !want[i].level || (level && strcmp(level, want[i].level) != 0))
			fail_msg("%s: %s", want[i].text, level ? level : "not said");
	}
	sl_msg_free(m);
}

/* Of a query its tables, and views instead of the tables behind them; names as hostile as they come. */
static void
grants_of_a_query(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;
	const char *sql;

	engine_rig_sql(
		r, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS \"odd one\" CASCADE;"
		   "CREATE SCHEMA \"odd one\";"
		   "CREATE TABLE \"odd one\".\"T\"\"; DROP\" (id int PRIMARY KEY, person int);"
		   "CREATE TABLE \"odd one\".hidden (id int PRIMARY KEY, name text);"
		   "CREATE TABLE \"odd one\".unread (id int PRIMARY KEY);"
		   "CREATE VIEW \"odd one\".seen AS SELECT id, name FROM \"odd one\".hidden");
	engine_rig_unfile(r, "syncs/users.json");
	engine_rig_file(
		r, "syncs/query.json",
		"{\"source\": \"wh\", \"key\": [\"id\"], \"profile\": \"query\", \"destination\": "
		"\"rx\",\n"
		" \"sql\": [\"WITH unread AS (SELECT 1) -- don't: \\\"odd one\\\".unread\",\n"
		" \"SELECT t.id, v.name, '\\\"odd one\\\".unread' AS x\",\n"
		" \"FROM \\\"odd one\\\" . \\\"T\\\"\\\"; DROP\\\" AS t JOIN \\\"odd one\\\".seen "
		"v ON v.id = t.person\"]}\n");
	engine_rig_file(r, "profiles/query.json",
			"{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.name\": "
			"\"name\"}}\n");
	m = engine_rig_ok(r, sl_grants(r->engine, "wh"));
	sql = sl_table_get(m->table, 0, "sql");
	assert_non_null(strstr(sql, "GRANT SELECT ON \"odd one\".\"T\"\"; DROP\" TO sluice_read;"));
	assert_non_null(strstr(sql, "GRANT SELECT ON \"odd one\".\"seen\" TO sluice_read;"));
	assert_null(strstr(sql, "hidden"));
	assert_null(strstr(sql, "unread"));
	assert_non_null(strstr(sql, "SET search_path = \"$user\", public;"));
	sl_msg_free(m);
	engine_rig_sql(r, "SET client_min_messages = warning; DROP SCHEMA \"odd one\" CASCADE");
}

static void
untagged_personal_data_is_told(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;

	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\",\n"
			" \"map\": {\"userId\": \"id\", \"traits.email\": \"email | lower\"}}\n");
	m = engine_rig_ok(r, sl_doctor(r->engine));
	assert_string_equal(level_of(r, m, "look like personal data"), "warn");
	sl_msg_free(m);
	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\", \"pii\": [\"email\", \"e_mail\"],\n"
			" \"map\": {\"userId\": \"id\", \"traits.email\": \"email | lower\"}}\n");
	m = engine_rig_ok(r, sl_doctor(r->engine));
	assert_null(level_of(r, m, "look like personal data"));
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_check(r->engine, true));
	bool told = false;
	for (unsigned p = 0; p <= r->nparts; p++) {
		const struct sl_table *t = p < r->nparts ? r->parts[p] : m->table;

		for (unsigned i = 0; i < sl_table_rows(t); i++)
			told = told || holds(t, i, "problem", "pii tags \"e_mail\"");
	}
	assert_true(told);
	sl_msg_free(m);
}

static void
grants_name_what_is_read(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_grants(r->engine, "wh"));
	const char *sql = sl_table_get(m->table, 0, "sql");

	assert_int_equal(sl_table_rows(m->table), 1);
	assert_non_null(strstr(sql, "GRANT USAGE ON SCHEMA \"public\" TO sluice_read;"));
	assert_non_null(strstr(sql, "GRANT SELECT (\"id\", "));
	assert_non_null(strstr(sql, "\"balance\""));
	assert_null(strstr(sql, "created_at")); /* no sync reads it */
	assert_non_null(strstr(sql, "default_transaction_read_only = on"));
	sl_msg_free(m);
	m = engine_rig_fail(r, sl_grants(r->engine, "rx"));
	assert_int_equal(m->problem.exit_code, SL_EXIT_CONFIG);
	sl_msg_free(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(previews_and_plans_are_masked),
		TEST(dry_runs_are_masked),
		TEST(rows_are_masked),
		TEST(marks_tell_values_apart),
		TEST(a_masked_key_has_next_pages),
		TEST(a_masked_key_is_named_nowhere),
		TEST(letters_are_masked),
		TEST(a_mapping_is_tried_in_masks),
		TEST(unmasking_is_audited),
		TEST(changes_are_audited),
		TEST(the_doctor_finds),
		TEST(grants_of_a_query),
		TEST(untagged_personal_data_is_told),
		TEST(grants_name_what_is_read),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
