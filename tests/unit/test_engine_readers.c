/* Runs that read a big table with two connections. The role that reads may see a row when the function
 * gate() says so, which lets a test stop, break or hold the read at a row of its choice. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include "core/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS    20000
#define SOON_US 60000000 /* far from the 600 s that gate() sleeps, and enough for a busy machine */

static void
connection(struct engine_rig *r, const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"postgres\", \"host\": \"%s\", \"port\": %d,\n"
		       " \"database\": \"shop\", \"user\": \"guest\"%s}\n",
		       test_pg_host(r->pg), test_pg_port(r->pg), more);
	engine_rig_file(r, "connections/wh.json", text);
}

/* A mirror of a table of 20 MB. body: what gate(id) does first. */
static void
gate(struct engine_rig *r, const char *body)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE OR REPLACE FUNCTION gate(id int) RETURNS bool LANGUAGE plpgsql AS"
		       " $$ BEGIN %s; RETURN true; END $$",
		       body);
	engine_rig_sql(r, sql);
}

static int
fresh(void **state)
{
	struct engine_rig *r;
	const int code = engine_rig_fresh(state);

	r = *state;
	engine_rig_sql(r, "SET client_min_messages = warning; DROP TABLE IF EXISTS wide;"
			  "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN;"
			  "CREATE TABLE wide (id int PRIMARY KEY, plan text, fill text);"
			  "INSERT INTO wide SELECT n, 'free', repeat('x', 1000)"
			  " FROM generate_series(1, 20000) n;");
	gate(r, "NULL");
	engine_rig_sql(r,
		       "GRANT SELECT ON wide TO guest; ALTER TABLE wide ENABLE ROW LEVEL SECURITY;"
		       "CREATE POLICY p ON wide TO guest USING (gate(id))");
	connection(r, "");
	engine_rig_file(r, "profiles/wide.json",
			"{\"event\": \"record\","
			" \"map\": {\"identifiers.id\": \"id\", \"fields.plan\": \"plan\"}}");
	engine_rig_file(r, "syncs/wide.json",
			"{\"source\": \"wh\", \"table\": \"public.wide\", \"key\": [\"id\"],\n"
			" \"profile\": \"wide\", \"destination\": \"rx\", \"mode\": \"mirror\"}");
	return code;
}

static int
leave(void **state)
{
	struct engine_rig *r = *state;

	engine_rig_sql(r, "DROP TABLE wide; DROP ROLE guest");
	return engine_rig_close(state);
}

static struct sl_run_stats
run(struct engine_rig *r, unsigned flags)
{
	return engine_rig_settled(r, "wide", flags);
}

static void
assert_arrived(struct engine_rig *r)
{
	char *want = test_pg_get(r->pg, "shop",
				 "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id)"
				 " FROM wide");

	test_receiver_expect(r->rx,
			     "SELECT count(*) || ' ' || count(DISTINCT key) || ' ' || "
			     "sum(CAST(key AS INTEGER)) FROM records WHERE action != 'delete'",
			     want);
	free(want);
}

static void
every_row_arrives_and_only_what_went_is_removed(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = run(r, 0);

	assert_true(engine_rig_log_says(r, "reads with 2 connections"));
	assert_int_equal(s.rows_read, ROWS);
	assert_int_equal(s.adds, ROWS);
	assert_arrived(r);
	s = run(r, SL_RUN_DRY);
	assert_int_equal(s.rows_read, ROWS);
	assert_int_equal(s.same, ROWS);
	engine_rig_sql(r, "DELETE FROM wide WHERE id IN (1, 9999, 20000);"
			  "UPDATE wide SET plan = 'pro' WHERE id IN (2, 19999)");
	s = run(r, 0);
	assert_int_equal(s.rows_read, ROWS - 3);
	assert_int_equal(s.removes, 3);
	assert_int_equal(s.updates, 2);
	assert_int_equal(s.same, ROWS - 5);
	assert_arrived(r);
}

/* Until so many of the sessions of the role that reads are as the condition has it. */
static void
wait_sessions(struct engine_rig *r, const char *condition, const char *want)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM pg_stat_activity WHERE usename = 'guest' AND %s",
		       condition);
	for (int i = 0;; i++) {
		char *n = test_pg_get(r->pg, "shop", sql);
		const bool there = strcmp(n, want) == 0;

		free(n);
		if (there)
			return;
		assert_true(i < 4000);
		usleep(5000);
	}
}

static void
one_connection_is_enough(void **state)
{
	struct engine_rig *r = *state;

	engine_rig_sql(r, "ALTER ROLE guest CONNECTION LIMIT 1");
	assert_int_equal(run(r, 0).rows_read, ROWS);
	/* A session counts until it has ended, a moment after it was closed. */
	wait_sessions(r, "true", "0");
	assert_true(engine_rig_log_says(r, "reads with 1 connection, one more failed: "));
	assert_true(engine_rig_log_says(r, "too many connections"));
	assert_arrived(r);
	assert_int_equal(run(r, 0).same, ROWS);
}

static void
a_connection_may_ask_for_one_or_for_more(void **state)
{
	struct engine_rig *r = *state;

	connection(r, ", \"readers\": 1");
	assert_int_equal(run(r, 0).rows_read, ROWS);
	assert_false(engine_rig_log_says(r, "reads with"));
	connection(r, ", \"readers\": 4");
	engine_rig_sql(r, "INSERT INTO wide SELECT n, 'free', repeat('x', 1000)"
			  " FROM generate_series(20001, 32000) n");
	assert_int_equal(run(r, 0).rows_read, 32000);
	assert_true(engine_rig_log_says(r, "reads with 4 connections"));
	assert_arrived(r);
}

/* Wherever the read breaks: it is no end of the table, and the other connection ends soon, too. */
static void
what_breaks_one_connection_breaks_the_run(void **state)
{
	static const struct {
		const char *body, *says;
	} ways[] = {
		{ "IF id = 19990 THEN RAISE 'bad row'; END IF", "bad row" },
		{ "IF id = 10 THEN RAISE 'bad row'; END IF", "bad row" },
		{ "IF id = 10000 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF",
		  "57P01" },
		/* Where the one waits, the other has nothing left to read, or breaks. */
		{ "IF id = 10 THEN PERFORM pg_sleep(600); ELSIF id = 19990 THEN RAISE 'bad row'; "
		  "END IF",
		  "bad row" },
		{ "IF id = 19990 THEN PERFORM pg_sleep(600); ELSIF id = 10 THEN RAISE 'bad row'; "
		  "END IF",
		  "bad row" },
	};
	struct engine_rig *r = *state;

	(void)run(r, 0);
	engine_rig_sql(r, "DELETE FROM wide WHERE id = 5");
	for (size_t i = 0; i < SL_COUNT(ways); i++) {
		const int64_t start = sl_mono_us();
		struct sl_run_stats s;

		gate(r, ways[i].body);
		s = engine_rig_run(r, "wide", 0);
		assert_string_equal(s.state, "failed");
		assert_non_null(strstr(s.error, ways[i].says));
		assert_int_equal(s.removes, 0);
		assert_true(sl_mono_us() - start < SOON_US);
	}
	gate(r, "NULL");
	assert_int_equal(run(r, 0).removes, 1);
	assert_arrived(r);
}

static void
a_stop_reaches_both(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m;
	int64_t start, id;

	/* Both hang at their first row. */
	gate(r, "PERFORM pg_sleep(600)");
	m = engine_rig_ok(r, sl_start(r->engine, "wide", 0));
	id = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	wait_sessions(r, "wait_event = 'PgSleep'", "2");
	start = sl_mono_us();
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, id)));
	assert_string_equal(engine_rig_end(r, id).state, "cancelled");
	assert_true(sl_mono_us() - start < SOON_US);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_row_arrives_and_only_what_went_is_removed),
		TEST(one_connection_is_enough),
		TEST(a_connection_may_ask_for_one_or_for_more),
		TEST(what_breaks_one_connection_breaks_the_run),
		TEST(a_stop_reaches_both),
	};

	return cmocka_run_group_tests_name("engine_readers", tests, engine_rig_setup,
					   engine_rig_teardown);
}
