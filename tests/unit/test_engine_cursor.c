/* Runs of a sync with a cursor: what they read, what they promise, and when the place of the cursor moves. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/session.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define PROFILE                                                                                    \
	"{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.plan\": \"plan\"}}"

/* The sync "orders" over public.orders, 30 rows, with these settings beside. */
static void
make_orders(struct engine_rig *r, const char *more)
{
	char text[512];

	engine_rig_sql(r, "SET client_min_messages = warning; DROP TABLE IF EXISTS orders;"
			  "DROP SEQUENCE IF EXISTS ver; CREATE SEQUENCE ver;"
			  "CREATE TABLE orders (id int PRIMARY KEY, plan text,"
			  " ver bigint DEFAULT nextval('ver'), at timestamptz DEFAULT now());"
			  "INSERT INTO orders SELECT i, 'free' FROM generate_series(1, 30) i");
	engine_rig_file(r, "profiles/orders.json", PROFILE);
	(void)snprintf(text, sizeof(text),
		       "{\"source\": \"wh\", \"table\": \"public.orders\", \"key\": [\"id\"],\n"
		       " \"profile\": \"orders\", \"destination\": \"rx\",\n"
		       " \"detect\": \"cursor\", %s}",
		       more);
	engine_rig_file(r, "syncs/orders.json", text);
}

static struct sl_run_stats
run(struct engine_rig *r)
{
	return engine_rig_settled(r, "orders", 0);
}

/* Rows read by the next run. */
static unsigned
reads(struct engine_rig *r)
{
	return (unsigned)run(r).rows_read;
}

static void
touch(struct engine_rig *r, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE orders SET plan = plan || '+', ver = nextval('ver'), at = now()"
		       " WHERE %s",
		       where);
	engine_rig_sql(r, sql);
}

/* A statement on the state, while the engine is closed. */
static void
on_state(struct engine_rig *r, const char *sql)
{
	sqlite3 *db;
	char path[400], *said = NULL;

	engine_rig_shut(r);
	(void)snprintf(path, sizeof(path), "%s/state/state.db", r->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	engine_rig_open(r, false);
}

static void
assert_same_rows(struct engine_rig *r)
{
	char *want = test_pg_get(r->pg, "shop",
				 "SELECT string_agg(id || plan, ',' ORDER BY id) FROM orders");

	test_receiver_expect(r->rx,
			     "SELECT group_concat(user_id || (traits ->> 'plan'), ',') FROM"
			     " (SELECT * FROM users ORDER BY CAST(user_id AS INTEGER))",
			     want);
	free(want);
}

/* ---- what is read ------------------------------------------------------------------------------------ */

static void
only_rows_that_grew_are_read(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	s = run(r);
	assert_int_equal(s.rows_read, 30);
	assert_int_equal(s.adds, 30);
	assert_string_equal(s.promise, "fenced");
	/* Once more, since transactions of the first time may have been open; then no more. */
	assert_int_equal(reads(r), 30);
	assert_int_equal(reads(r), 1);
	touch(r, "id IN (3, 4)");
	s = run(r);
	assert_int_equal(s.rows_read, 3);
	assert_int_equal(s.updates, 2);
	assert_int_equal(s.same, 1);
	assert_int_equal(s.rows_est, 3);
	assert_same_rows(r);
	/* Deleted rows are not seen, and nothing is removed. */
	engine_rig_sql(r, "DELETE FROM orders WHERE id = 1");
	s = run(r);
	assert_int_equal(s.removes, 0);
}

static void
a_time_works_as_well(void **state)
{
	struct engine_rig *r = *state;

	make_orders(r, "\"cursor\": \"at\"");
	engine_rig_sql(r, "UPDATE orders SET at = now() - interval '1 hour' WHERE id < 30");
	assert_int_equal(reads(r), 30);
	assert_int_equal(reads(r), 30);
	assert_int_equal(reads(r), 1);
	/* One row far in the future does not hide what comes after it. */
	engine_rig_sql(r, "UPDATE orders SET at = '2999-01-01', plan = 'late' WHERE id = 7");
	(void)run(r);
	(void)run(r);
	touch(r, "id = 8");
	assert_int_equal(run(r).updates, 1);
	assert_same_rows(r);
	assert_true(engine_rig_log_says(r, "in the future"));
}

static void
rows_without_a_cursor_are_counted_and_read(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	make_orders(r, "\"cursor\": \"ver\"");
	engine_rig_sql(r, "UPDATE orders SET ver = NULL WHERE id IN (5, 6)");
	(void)run(r);
	(void)run(r);
	s = run(r);
	assert_int_equal(s.rows_read, 3);
	assert_int_equal(s.null_cursors, 2);
	engine_rig_sql(r, "UPDATE orders SET plan = 'gold' WHERE id = 5");
	assert_int_equal(run(r).updates, 1);
	assert_same_rows(r);
	assert_true(engine_rig_log_says(r, "2 rows have no ver"));
	m = engine_rig_ok(r, sl_list(r->engine, SL_SYNC));
	const unsigned at = (unsigned)engine_rig_row(m->table, "name", "orders");
	assert_string_equal(sl_table_get(m->table, at, "promise"), "fenced");
	assert_int_equal(sl_table_get_int(m->table, at, "null_cursors"), 2);
	sl_msg_free(m);
}

static void
the_last_rows_may_be_deleted(void **state)
{
	struct engine_rig *r = *state;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	assert_int_equal(reads(r), 1);
	/* It looks as after a restored backup: what comes now may be below the place. */
	engine_rig_sql(r,
		       "DELETE FROM orders WHERE id > 20; INSERT INTO orders VALUES (99, 'x', 25)");
	assert_int_equal(reads(r), 21);
	assert_true(engine_rig_log_says(r, "no row is left"));
	assert_int_equal(reads(r), 21);
	assert_int_equal(reads(r), 1);
}

/* ---- when the place moves ------------------------------------------------------------------------------ */

static void
a_dry_run_moves_nothing(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	for (int i = 0; i < 2; i++) {
		s = engine_rig_run(r, "orders", SL_RUN_DRY);
		assert_int_equal(s.rows_read, 30);
		assert_string_equal(s.promise, "fenced");
	}
	assert_int_equal(reads(r), 30);
	for (int i = 0; i < 2; i++) {
		s = engine_rig_run(r, "orders", SL_RUN_DRY);
		assert_int_equal(s.rows_read, 1);
	}
	assert_int_equal(reads(r), 1);
}

static void
all_of_it_can_be_sent_again(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	s = engine_rig_run(r, "orders", SL_RUN_ALL);
	assert_int_equal(s.rows_read, 30);
	assert_int_equal(s.updates, 30);
	assert_int_equal(reads(r), 1);
}

static void
a_run_that_fails_or_is_stopped_moves_nothing(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	touch(r, "id <= 10");
	for (int i = 0; i < 2; i++) {
		s = engine_rig_run(r, "orders", SL_RUN_HOLD);
		assert_int_equal(s.rows_read, 11);
		sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, s.run)));
		s = engine_rig_end(r, s.run);
		assert_string_equal(s.state, "cancelled");
	}
	s = run(r);
	assert_int_equal(s.rows_read, 11);
	assert_int_equal(s.updates, 10);
	assert_same_rows(r);
}

static void
a_paused_run_settles_in_a_later_process(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	int64_t paused;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	touch(r, "id <= 10");
	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 401}");
	s = engine_rig_run(r, "orders", 0);
	assert_string_equal(s.state, "paused");
	paused = s.run;
	test_receiver_faults(r->rx, "{}");
	engine_rig_shut(r);
	engine_rig_open(r, false);
	s = run(r); /* the paused one goes first: its candidate is there, and this one moves it on */
	assert_true(s.run > paused);
	assert_int_equal(s.rows_read, 11);
	assert_int_equal(s.adds + s.updates, 0);
	assert_int_equal(reads(r), 1);
	assert_same_rows(r);
}

static void
a_held_plan_moves_the_place_when_it_was_sent(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	s = engine_rig_run(r, "orders", SL_RUN_HOLD);
	assert_string_equal(s.state, "held");
	engine_rig_shut(r);
	engine_rig_open(r, false);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, NULL)));
	s = engine_rig_end(r, s.run);
	assert_string_equal(s.state, "settled");
	assert_int_equal(reads(r), 30);
	assert_int_equal(reads(r), 1);
}

static void
an_open_transaction_holds_the_place(void **state)
{
	struct engine_rig *r = *state;
	struct test_session *late = test_session_open(r->pg, "shop");
	char pid[40];

	make_orders(r, "\"cursor\": \"ver\"");
	test_session_do(late, "BEGIN; INSERT INTO orders VALUES (1000, 'late')");
	engine_rig_sql(r, "INSERT INTO orders VALUES (31, 'free')");
	for (int i = 0; i < 3; i++)
		assert_int_equal(reads(r), 31);
	assert_false(engine_rig_log_says(r, "has waited"));
	/* Twenty minutes later. */
	on_state(r, "UPDATE cursor SET at_us = at_us - 1200000000");
	assert_int_equal(reads(r), 31);
	(void)snprintf(pid, sizeof(pid), "again: %d", test_session_pid(late));
	assert_true(engine_rig_log_says(r, "has waited 20 minutes"));
	assert_true(engine_rig_log_says(r, pid));
	test_session_do(late, "COMMIT");
	assert_int_equal(reads(r), 32);
	assert_same_rows(r);
	assert_int_equal(reads(r), 1);
	test_session_close(late);
}

/* ---- what makes it read everything ----------------------------------------------------------------------- */

static void
another_mapping_reads_everything(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	engine_rig_file(r, "profiles/orders.json",
			"{\"event\": \"identify\", \"map\": {\"userId\": \"plan\"}}");
	engine_rig_sql(
		r,
		"UPDATE orders SET plan = 'p' || id; UPDATE orders SET plan = NULL WHERE id = 9");
	/* Row 9 has no userId: it is a dead letter, and the place goes on all the same. */
	s = engine_rig_run(r, "orders", 0);
	assert_int_equal(s.acked, 29);
	assert_int_equal(s.dead, 1);
	(void)engine_rig_run(r, "orders", 0);
	assert_int_equal(engine_rig_run(r, "orders", 0).rows_read, 1);
	engine_rig_file(
		r, "profiles/orders.json",
		"{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.p\": \"plan\"}}");
	s = run(r);
	assert_int_equal(s.rows_read, 30);
	assert_int_equal(s.acked, 30);
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM users WHERE user_id = '9'"),
			 1);
	assert_true(engine_rig_log_says(r, "model, mapping, cursor or promise"));
}

static void
another_destination_is_sent_what_the_old_one_refused(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	char text[300];

	make_orders(r, "\"cursor\": \"ver\"");
	test_receiver_faults(r->rx, "{\"refuse\": [\"2\", \"3\"]}");
	assert_int_equal(engine_rig_run(r, "orders", 0).dead, 2);
	(void)engine_rig_run(r, "orders", 0);
	assert_int_equal(engine_rig_run(r, "orders", 0).rows_read, 1);
	/* One of the two is gone for good; nobody will ever see it again. */
	engine_rig_sql(r, "DELETE FROM orders WHERE id = 3");
	test_receiver_faults(r->rx, "{}");
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s/\","
		       " \"write_key\": \"env:ENGINE_RIG_KEY\"}",
		       test_receiver_url(r->rx));
	engine_rig_file(r, "connections/rx.json", text);
	s = run(r);
	assert_int_equal(s.rows_read, 29);
	assert_int_equal(s.acked, 1);
	assert_same_rows(r);
	assert_int_equal(reads(r), 1);
}

static void
another_type_model_or_destination_reads_everything(void **state)
{
	struct engine_rig *r = *state;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	assert_int_equal(reads(r), 1);
	engine_rig_sql(r, "ALTER TABLE orders ALTER ver TYPE numeric");
	assert_int_equal(reads(r), 30);
	(void)run(r);
	assert_int_equal(reads(r), 1);
	engine_rig_file(r, "syncs/orders.json",
			"{\"source\": \"wh\", \"sql\": \"SELECT * FROM orders WHERE id < 20\","
			" \"key\": [\"id\"], \"profile\": \"orders\", \"destination\": \"rx\","
			" \"detect\": \"cursor\", \"cursor\": \"ver\"}");
	assert_int_equal(reads(r), 19);
	assert_int_equal(reads(r), 19);
	assert_int_equal(reads(r), 1);
}

static void
a_column_that_went_is_told(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	engine_rig_sql(r, "ALTER TABLE orders RENAME ver TO version");
	s = engine_rig_run(r, "orders", 0);
	assert_string_equal(s.state, "failed");
	assert_int_equal(s.exit_code, SL_EXIT_CONFIG);
	assert_non_null(strstr(s.error, "cursor: the source has no column \"ver\""));
	m = engine_rig_wait(r, sl_check(r->engine, true));
	sl_msg_free(m);
	int told = -1;
	for (unsigned i = 0; i < r->nparts && told < 0; i++)
		told = engine_rig_row(r->parts[i], "file", "syncs/orders.json");
	assert_true(told >= 0);
	engine_rig_sql(r, "ALTER TABLE orders RENAME version TO ver");
	/* It lost nothing. */
	touch(r, "id = 2");
	(void)run(r);
	assert_same_rows(r);
}

static void
columns_that_do_not_grow_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "\"cursor\": \"plan\"", "do not grow" },
		{ "\"cursor\": \"ver\", \"lag\": \"5m\"", "a time cannot be taken" },
	};
	struct engine_rig *r = *state;

	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		make_orders(r, bad[i][0]);
		const struct sl_run_stats s = engine_rig_run(r, "orders", 0);
		assert_string_equal(s.state, "failed");
		assert_int_equal(s.exit_code, SL_EXIT_CONFIG);
		assert_non_null(strstr(s.error, bad[i][1]));
		assert_int_equal(s.rows_read, 0);
	}
}

/* ---- other promises -------------------------------------------------------------------------------------- */

static void
a_lag_reads_the_last_minutes_again(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"at\", \"lag\": \"5m\"");
	engine_rig_sql(r, "UPDATE orders SET at = now() - interval '1 min' * id");
	s = run(r);
	assert_string_equal(s.promise, "lagged");
	assert_int_equal(s.rows_read, 30);
	/* The greatest is a minute old: five more are read again, the edge with them. */
	assert_int_equal(reads(r), 6);
	engine_rig_sql(r, "INSERT INTO orders VALUES (100, 'late', 1, now() - interval '5 min')");
	s = run(r);
	assert_int_equal(s.adds, 1);
	assert_int_equal(s.rows_read, 7);
}

static void
without_a_look_there_is_no_fence(void **state)
{
	struct engine_rig *r = *state;
	char text[400];

	make_orders(r, "\"cursor\": \"at\"");
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"postgres\", \"host\": \"%s\", \"port\": %d,"
		       " \"database\": \"shop\", \"user\": \"low\"}",
		       test_pg_host(r->pg), test_pg_port(r->pg));
	engine_rig_sql(r, "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'low')"
			  " THEN CREATE ROLE low LOGIN; END IF; END$$;"
			  "GRANT SELECT ON orders TO low; REVOKE SELECT ON pg_locks FROM PUBLIC");
	engine_rig_file(r, "connections/wh.json", text);
	assert_string_equal(run(r).promise, "lagged");
	assert_true(engine_rig_log_says(r, "refuses to show"));
	engine_rig_file(r, "syncs/orders.json",
			"{\"source\": \"wh\", \"table\": \"public.orders\", \"key\": [\"id\"],"
			" \"profile\": \"orders\", \"destination\": \"rx\","
			" \"detect\": \"cursor\", \"cursor\": \"ver\"}");
	assert_string_equal(run(r).promise, "best effort");
	assert_int_equal(reads(r), 1);
	/* Now it can be seen: what was promised less is read once more. */
	engine_rig_sql(r, "GRANT SELECT ON pg_locks TO PUBLIC");
	const struct sl_run_stats s = run(r);
	assert_string_equal(s.promise, "fenced");
	assert_int_equal(s.rows_read, 30);
}

static void
a_sequence_with_a_cache_is_told(void **state)
{
	struct engine_rig *r = *state;

	make_orders(r, "\"cursor\": \"ver\"");
	engine_rig_sql(r, "ALTER SEQUENCE ver CACHE 20");
	assert_string_equal(run(r).promise, "best effort");
	assert_true(engine_rig_log_says(r, "has a CACHE"));
	engine_rig_sql(r,
		       "ALTER TABLE orders ALTER ver DROP DEFAULT;"
		       "ALTER TABLE orders ADD num bigint GENERATED ALWAYS AS IDENTITY (CACHE 5)");
	assert_string_equal(run(r).promise, "fenced");
	engine_rig_file(r, "syncs/orders.json",
			"{\"source\": \"wh\", \"table\": \"public.orders\", \"key\": [\"id\"],"
			" \"profile\": \"orders\", \"destination\": \"rx\","
			" \"detect\": \"cursor\", \"cursor\": \"num\"}");
	assert_string_equal(run(r).promise, "best effort");
}

static void
all_rows_can_be_read_once_more(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	make_orders(r, "\"cursor\": \"ver\"");
	(void)run(r);
	(void)run(r);
	/* A change that the cursor cannot see. */
	engine_rig_sql(r, "UPDATE orders SET plan = 'quiet' WHERE id = 3");
	assert_int_equal(run(r).updates, 0);
	s = engine_rig_run(r, "orders", SL_RUN_WHOLE);
	assert_int_equal(s.rows_read, 30);
	assert_int_equal(s.updates, 1);
	assert_int_equal(reads(r), 1);
	assert_same_rows(r);
}

static void
reading_all_is_a_snapshot(void **state)
{
	struct engine_rig *r = *state;

	assert_string_equal(engine_rig_run(r, "users", 0).promise, "snapshot");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)
	const struct CMUnitTest tests[] = {
		TEST(only_rows_that_grew_are_read),
		TEST(a_time_works_as_well),
		TEST(rows_without_a_cursor_are_counted_and_read),
		TEST(the_last_rows_may_be_deleted),
		TEST(a_dry_run_moves_nothing),
		TEST(all_of_it_can_be_sent_again),
		TEST(a_run_that_fails_or_is_stopped_moves_nothing),
		TEST(a_paused_run_settles_in_a_later_process),
		TEST(a_held_plan_moves_the_place_when_it_was_sent),
		TEST(an_open_transaction_holds_the_place),
		TEST(another_mapping_reads_everything),
		TEST(another_destination_is_sent_what_the_old_one_refused),
		TEST(another_type_model_or_destination_reads_everything),
		TEST(a_column_that_went_is_told),
		TEST(columns_that_do_not_grow_are_refused),
		TEST(a_lag_reads_the_last_minutes_again),
		TEST(without_a_look_there_is_no_fence),
		TEST(a_sequence_with_a_cache_is_told),
		TEST(all_rows_can_be_read_once_more),
		TEST(reading_all_is_a_snapshot),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
