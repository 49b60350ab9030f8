/* Requests about sources: the catalogue, columns, pages of rows. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct sl_what users = { "wh", "public.users", NULL };
static const char *const by_id[] = { "id" };

static void
the_catalogue_is_walked(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;
	int at;

	engine_rig_sql(r, "DROP SCHEMA IF EXISTS \"odd.one\" CASCADE; CREATE SCHEMA \"odd.one\";"
			  "CREATE TABLE \"odd.one\".\"My table\" (\"A b\" int)");
	m = engine_rig_ok(r, sl_schemas(r->engine, "wh"));
	assert_true(engine_rig_row(m->table, "schema", "public") >= 0);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_tables(r->engine, "wh", NULL));
	at = engine_rig_row(m->table, "name", "users");
	assert_true(at >= 0);
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "table"), "public.users");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "kind"), "table");
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "rows_est"), 50);
	at = engine_rig_row(m->table, "name", "My table");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "table"),
			    "\"odd.one\".\"My table\"");
	sl_msg_free(m);
	m = engine_rig_ok(
		r,
		sl_columns(r->engine, &(struct sl_what){ "wh", "\"odd.one\".\"My table\"", NULL }));
	assert_string_equal(sl_table_get(m->table, 0, "name"), "A b");
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_tables(r->engine, "wh", "public"));
	assert_int_equal(engine_rig_row(m->table, "name", "My table"), -1);
	sl_msg_free(m);
	engine_rig_sql(r, "DROP SCHEMA \"odd.one\" CASCADE");
}

static void
columns_tell_types_and_keys(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_columns(r->engine, &users));
	int at = engine_rig_row(m->table, "name", "id");

	assert_string_equal(sl_table_get(m->table, (unsigned)at, "type"), "integer");
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "key"), 1);
	at = engine_rig_row(m->table, "name", "balance");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "native"), "numeric(12,2)");
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "nullable"), 1);
	sl_msg_free(m);
	m = engine_rig_ok(
		r, sl_columns(r->engine,
			      &(struct sl_what){ "wh", NULL, "SELECT 1 AS one, 'x' AS two" }));
	assert_int_equal(sl_table_rows(m->table), 2);
	sl_msg_free(m);
	m = engine_rig_fail(r,
			    sl_columns(r->engine, &(struct sl_what){ "wh", "public.usrs", NULL }));
	assert_non_null(strstr(m->problem.message, "usrs"));
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(
		r, sl_columns(r->engine, &(struct sl_what){ "wh", NULL, "SELECT 1; SELECT 2" })));
	sl_msg_free(
		engine_rig_fail(r, sl_columns(r->engine, &(struct sl_what){ "rx", "a", NULL })));
	m = engine_rig_fail(r, sl_columns(r->engine, &(struct sl_what){ "nope", "a", NULL }));
	assert_non_null(strstr(m->problem.hint, "wh"));
	sl_msg_free(m);
}

/* A page of users; its first and last id, and how many. */
static unsigned
page(struct engine_rig *r, const char *after, bool backwards, int64_t *first, int64_t *last,
     bool *more)
{
	const struct sl_page p = { .key = by_id,
				   .after = after ? &after : NULL,
				   .nkey = 1,
				   .backwards = backwards,
				   .limit = 20 };
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &users, &p));
	const unsigned n = sl_table_rows(m->table);

	*first = n ? sl_table_get_int(m->table, 0, "id") : 0;
	*last = n ? sl_table_get_int(m->table, n - 1, "id") : 0;
	*more = n && sl_table_get_int(m->table, 0, "_more");
	sl_msg_free(m);
	return n;
}

static void
pages_go_by_key_in_both_directions(void **state)
{
	struct engine_rig *r = *state;
	int64_t first, last;
	bool more;

	assert_int_equal(page(r, NULL, false, &first, &last, &more), 20);
	assert_true(first == 1 && last == 20 && more);
	assert_int_equal(page(r, "20", false, &first, &last, &more), 20);
	assert_true(first == 21 && last == 40 && more);
	assert_int_equal(page(r, "40", false, &first, &last, &more), 10);
	assert_true(first == 41 && last == 50 && !more);
	assert_int_equal(page(r, "50", false, &first, &last, &more), 0);
	assert_int_equal(page(r, "41", true, &first, &last, &more), 20);
	assert_true(first == 21 && last == 40 && more);
	assert_int_equal(page(r, "6", true, &first, &last, &more), 5);
	assert_true(first == 1 && last == 5 && !more);
	assert_int_equal(page(r, NULL, true, &first, &last, &more), 20);
	assert_true(first == 31 && last == 50 && more);
}

static void
rows_come_typed_and_exact(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_page p = { .limit = 2 };
	const struct sl_what sql = {
		"wh", NULL,
		"SELECT 12345678901234567890.10::numeric AS n, true AS b,"
		" '{\"a\": [1]}'::jsonb AS j, NULL::text AS t, E'a\\tb' AS s"
	};
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &sql, &p));
	const struct sl_table *t = m->table;
	size_t len;

	assert_int_equal(sl_table_rows(t), 1);
	assert_int_equal(sl_table_type(t, 0), SL_CELL_NUMBER);
	assert_int_equal(sl_table_type(t, 1), SL_CELL_BOOL);
	assert_int_equal(sl_table_type(t, 2), SL_CELL_JSON);
	assert_string_equal(sl_table_get(t, 0, "n"), "12345678901234567890.10");
	assert_string_equal(sl_table_get(t, 0, "b"), "true");
	assert_null(sl_table_get(t, 0, "t"));
	assert_string_equal(sl_table_text(t, 0, 4, &len), "a\tb");
	assert_int_equal(len, 3);
	assert_string_equal(sl_table_name(t, sl_table_cols(t) - 1), "_more");
	sl_msg_free(m);
}

/* Until there is one session: those of others that were closed may still be about to end. */
static void
wait_one_session(struct engine_rig *r)
{
	for (int i = 0;; i++) {
		char *n =
			test_pg_get(r->pg, "postgres",
				    "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop'");
		const bool one = strcmp(n, "1") == 0;

		free(n);
		if (one)
			return;
		assert_true(i < 2000);
		usleep(5000);
	}
}

static void
a_kept_connection_that_died_is_replaced(void **state)
{
	struct engine_rig *r = *state;

	sl_msg_free(engine_rig_ok(r, sl_schemas(r->engine, "wh")));
	sl_msg_free(engine_rig_ok(r, sl_schemas(r->engine, "wh")));
	wait_one_session(r);
	test_pg_sql(
		r->pg, "postgres",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'");
	sl_msg_free(engine_rig_ok(r, sl_schemas(r->engine, "wh")));
}

static void
a_connection_that_was_edited_is_opened_anew(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_what what = { "wh", NULL, "SELECT current_database()::text AS name" };
	const struct sl_page p = { .limit = 1 };
	char port[12];
	struct sl_pair set[] = { { "type", "postgres" },
				 { "host", test_pg_host(r->pg) },
				 { "port", port },
				 { "database", "postgres" },
				 { "user", "postgres" } };
	struct sl_msg *m = engine_rig_ok(r, sl_rows(r->engine, &what, &p));

	assert_string_equal(sl_table_get(m->table, 0, "name"), "shop");
	sl_msg_free(m);
	(void)snprintf(port, sizeof(port), "%d", test_pg_port(r->pg));
	sl_msg_free(engine_rig_ok(r, sl_put(r->engine, SL_CONNECTION, "wh", set, 5, false)));
	m = engine_rig_ok(r, sl_rows(r->engine, &what, &p));
	assert_string_equal(sl_table_get(m->table, 0, "name"), "postgres");
	sl_msg_free(m);
}

static void
a_running_query_is_cancelled(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_page p = { .limit = 2 };
	const struct sl_what slow = { "wh", NULL, "SELECT 1 AS one, pg_sleep(60)" };
	sl_ticket t = sl_rows(r->engine, &slow, &p);
	struct sl_msg *m;

	assert_null(sl_wait(r->engine, t, 300, NULL, NULL));
	sl_cancel(r->engine, t);
	m = engine_rig_fail(r, t);
	assert_string_equal(m->problem.kind, "cancelled");
	assert_int_equal(m->problem.exit_code, SL_EXIT_CANCELLED);
	sl_msg_free(m);
	sl_msg_free(engine_rig_ok(r, sl_schemas(r->engine, "wh")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_catalogue_is_walked),
		TEST(columns_tell_types_and_keys),
		TEST(pages_go_by_key_in_both_directions),
		TEST(rows_come_typed_and_exact),
		TEST(a_kept_connection_that_died_is_replaced),
		TEST(a_connection_that_was_edited_is_opened_anew),
		TEST(a_running_query_is_cancelled),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
