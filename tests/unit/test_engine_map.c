/* Requests about mappings: fields, suggestions, checks of a draft, previews. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>

static const struct sl_draft users = { .sync = "users" };

static void
fields_and_transforms_are_listed(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_targets(r->engine, "identify"));

	assert_true(engine_rig_row(m->table, "field", "traits.email") >= 0);
	assert_int_equal(engine_rig_row(m->table, "field", "integrations.*"), -1);
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(r, sl_targets(r->engine, "telegram")));
	m = engine_rig_ok(r, sl_transforms(r->engine));
	assert_true(engine_rig_row(m->table, "name", "lower") >= 0);
	sl_msg_free(m);
}

static void
suggestions_leave_out_what_is_mapped(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair empty[] = { { "event", "identify" } };
	const struct sl_pair some[] = { { "event", "identify" }, { "map.traits.email", "email" } };
	struct sl_draft d = { .sync = "users", .profile = empty, .nprofile = 1 };
	struct sl_msg *m = engine_rig_ok(r, sl_suggestions(r->engine, &d));
	int at = engine_rig_row(m->table, "to", "traits.email");

	assert_true(at >= 0);
	assert_non_null(strstr(sl_table_get(m->table, (unsigned)at, "expr"), "email"));
	assert_true(engine_rig_row(m->table, "to", "userId") >= 0);
	sl_msg_free(m);
	d.profile = some;
	d.nprofile = 2;
	m = engine_rig_ok(r, sl_suggestions(r->engine, &d));
	assert_int_equal(engine_rig_row(m->table, "to", "traits.email"), -1);
	sl_msg_free(m);
}

static void
a_draft_is_checked_line_by_line(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair map[] = { { "event", "identify" },
				       { "map.userId", "id" },
				       { "map.traits.email", "email | lower" },
				       { "map.traits.who", "'{name} <{email}>'" },
				       { "map.traits.bad", "mail" },
				       { "map.traits.worse", "email | lowre" } };
	const struct sl_draft d = { .sync = "users", .profile = map, .nprofile = 6 };
	struct sl_msg *m = engine_rig_ok(r, sl_check_draft(r->engine, &d));
	const struct sl_table *t = m->table;
	unsigned at;

	assert_int_equal(sl_table_rows(t), 5);
	at = (unsigned)engine_rig_row(t, "to", "traits.email");
	assert_string_equal(sl_table_get(t, at, "level"), "ok");
	assert_string_equal(sl_table_get(t, at, "input"), "\"User1@Example.com\"");
	assert_string_equal(sl_table_get(t, at, "output"), "\"user1@example.com\"");
	at = (unsigned)engine_rig_row(t, "to", "traits.who");
	assert_string_equal(sl_table_get(t, at, "output"), "\"Name 1 <User1@Example.com>\"");
	assert_non_null(strstr(sl_table_get(t, at, "input"), "name=\"Name 1\""));
	at = (unsigned)engine_rig_row(t, "to", "userId");
	assert_string_equal(sl_table_get(t, at, "output"), "\"1\"");
	at = (unsigned)engine_rig_row(t, "to", "traits.bad");
	assert_string_equal(sl_table_get(t, at, "level"), "error");
	assert_non_null(strstr(sl_table_get(t, at, "mend"), "email"));
	at = (unsigned)engine_rig_row(t, "to", "traits.worse");
	assert_string_equal(sl_table_get(t, at, "level"), "error");
	sl_msg_free(m);
}

static void
what_is_missing_in_a_draft_is_a_row_too(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair map[] = { { "event", "identify" }, { "map.traits.name", "name" } };
	const struct sl_pair none[] = { { "source", "wh" }, { "table", "public.users" } };
	struct sl_draft d = { .sync = "users", .profile = map, .nprofile = 2 };
	struct sl_msg *m = engine_rig_ok(r, sl_check_draft(r->engine, &d));
	int at = engine_rig_row(m->table, "to", "userId");

	assert_true(at >= 0);
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "level"), "error");
	sl_msg_free(m);
	d = (struct sl_draft){ .set = none, .nset = 2, .profile = map, .nprofile = 2 };
	m = engine_rig_ok(r, sl_check_draft(r->engine, &d));
	assert_true(sl_table_rows(m->table) >= 2); /* no key, no destination */
	assert_string_equal(sl_table_get(m->table, 0, "level"), "error");
	sl_msg_free(m);
}

/* The body of an event as the receiver has it; the caller frees. */
static char *
received(struct engine_rig *r, const char *id)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT body FROM events WHERE message_id = '%s'", id);
	return test_receiver_get(r->rx, sql);
}

static void
a_preview_is_what_the_run_sends(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_preview(r->engine, &users, 50));
	const struct sl_table *t = m->table;

	assert_int_equal(sl_table_rows(t), 50);
	assert_string_equal(sl_table_get(t, 0, "check"), "ok");
	assert_string_equal(sl_table_get(t, 0, "change"), "add");
	assert_non_null(strstr(sl_table_get(t, 0, "request"), "/v1/batch"));
	assert_non_null(strstr(sl_table_get(t, 0, "row"), "\"email\""));
	assert_null(sl_table_get(t, 0, "old"));
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), 0);
	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	for (unsigned i = 0; i < 50; i++) {
		char *body = received(r, sl_table_get(t, i, "id"));

		assert_non_null(body);
		assert_string_equal(body, sl_table_get(t, i, "body"));
		assert_int_equal(strlen(body), sl_table_get_int(t, i, "bytes"));
		free(body);
	}
	sl_msg_free(m);
}

static void
a_preview_after_a_run_shows_old_and_new(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;
	char *body;
	int at;

	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	engine_rig_sql(r, "UPDATE users SET plan = 'team' WHERE id = 7");
	engine_rig_sql(r, "INSERT INTO users(id, email) VALUES (51, 'new@example.com')");
	m = engine_rig_ok(r, sl_preview(r->engine, &users, 100));
	at = engine_rig_row(m->table, "key", "[\"7\"]");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "change"), "update");
	assert_non_null(strstr(sl_table_get(m->table, (unsigned)at, "body"), "\"team\""));
	assert_non_null(strstr(sl_table_get(m->table, (unsigned)at, "old"), "\"pro\""));
	at = engine_rig_row(m->table, "key", "[\"8\"]");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "change"), "same");
	at = engine_rig_row(m->table, "key", "[\"51\"]");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "change"), "add");
	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	at = engine_rig_row(m->table, "key", "[\"7\"]");
	body = received(r, sl_table_get(m->table, (unsigned)at, "id"));
	assert_non_null(body);
	assert_string_equal(body, sl_table_get(m->table, (unsigned)at, "body"));
	free(body);
	sl_msg_free(m);
}

static void
rows_that_cannot_be_sent_say_why(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = {
		{ "source", "wh" },
		{ "sql",
		  "SELECT * FROM (VALUES (1, 'a', 'x'), (2, NULL, 'y'), (3, 'c', repeat('z', "
		  "40000)), (NULL, 'd', 'w'), (1, 'e', 'v')) AS t(id, who, text)" },
		{ "key", "id" },
		{ "destination", "rx" }
	};
	const struct sl_pair map[] = { { "event", "identify" },
				       { "map.userId", "who" },
				       { "map.traits.text", "text" } };
	const struct sl_draft d = { .set = set, .nset = 4, .profile = map, .nprofile = 3 };
	struct sl_msg *m = engine_rig_ok(r, sl_preview(r->engine, &d, 10));
	const struct sl_table *t = m->table;

	assert_int_equal(sl_table_rows(t), 5);
	assert_string_equal(sl_table_get(t, 0, "check"), "ok");
	assert_string_equal(sl_table_get(t, 1, "check"), "error");
	assert_non_null(strstr(sl_table_get(t, 1, "problem"), "userId"));
	assert_string_equal(sl_table_get(t, 2, "check"), "error");
	assert_non_null(strstr(sl_table_get(t, 2, "problem"), "32"));
	assert_string_equal(sl_table_get(t, 3, "check"), "error");
	assert_non_null(strstr(sl_table_get(t, 3, "problem"), "NULL"));
	assert_string_equal(sl_table_get(t, 4, "check"), "error");
	assert_non_null(strstr(sl_table_get(t, 4, "problem"), "before"));
	sl_msg_free(m);
}

static void
a_draft_stands_in_place_of_what_is_saved(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = { { "sql", "SELECT id, email FROM users WHERE id = 3" } };
	const struct sl_pair map[] = { { "event", "track" },
				       { "map.userId", "id" },
				       { "map.event", "'Seen'" },
				       { "map.properties.mail", "email" } };
	const struct sl_pair bad[] = { { "event", "identify" }, { "map.userId", "ident" } };
	struct sl_draft d = {
		.sync = "users", .set = set, .nset = 1, .profile = map, .nprofile = 4
	};
	struct sl_msg *m = engine_rig_ok(r, sl_preview(r->engine, &d, 10));

	assert_int_equal(sl_table_rows(m->table), 1);
	assert_non_null(strstr(sl_table_get(m->table, 0, "body"), "\"event\":\"Seen\""));
	sl_msg_free(m);
	d.profile = bad;
	d.nprofile = 2;
	m = engine_rig_fail(r, sl_preview(r->engine, &d, 10));
	assert_int_equal(m->problem.exit_code, SL_EXIT_CONFIG);
	assert_non_null(strstr(m->problem.where, "userId"));
	assert_non_null(strstr(m->problem.message, "ident"));
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(
		r, sl_preview(r->engine, &(struct sl_draft){ .sync = "nope" }, 10)));
}

static void
a_destination_that_is_away_is_a_warning(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;

	engine_rig_file(r, "connections/rx.json",
			"{\"type\": \"rudderstack\", \"url\": \"http://127.0.0.1:9\","
			" \"write_key\": \"env:ENGINE_RIG_NO_SUCH\"}\n");
	m = engine_rig_ok(r, sl_preview(r->engine, &users, 5));
	assert_int_equal(sl_table_rows(m->table), 5);
	assert_string_equal(sl_table_get(m->table, 0, "check"), "warn");
	assert_non_null(strstr(sl_table_get(m->table, 0, "problem"), "ENGINE_RIG_NO_SUCH"));
	sl_msg_free(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_and_transforms_are_listed),
		TEST(suggestions_leave_out_what_is_mapped),
		TEST(a_draft_is_checked_line_by_line),
		TEST(what_is_missing_in_a_draft_is_a_row_too),
		TEST(a_preview_is_what_the_run_sends),
		TEST(a_preview_after_a_run_shows_old_and_new),
		TEST(rows_that_cannot_be_sent_say_why),
		TEST(a_draft_stands_in_place_of_what_is_saved),
		TEST(a_destination_that_is_away_is_a_warning),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
