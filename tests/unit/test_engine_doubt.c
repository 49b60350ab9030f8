/* Events that arrived although nobody heard of it: a row that then goes back to what was acknowledged before
 * must still win. */
#include "tests/lib/check.h"

#include "core/base/clock.h"
#include "core/store/store.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sl_snap
snapshot_of(struct sl_store *s, const char *key)
{
	struct sl_arena *a = sl_arena_new(65536, 0);
	struct sl_snap *snap, found = { 0 };
	struct sl_err err;
	size_t n;

	assert_non_null(a);
	assert_int_equal(srig_snapshot(s, "users", &snap, &n, &err), SL_OK);
	for (size_t i = 0; i < n; i++) {
		struct sl_str text;
		assert_int_equal(sl_store_keys(s, "users", &snap[i].key, 1, a, &text, &err), SL_OK);
		if (sl_str_is(text, key))
			found = snap[i];
	}
	free(snap);
	sl_arena_free(a);
	return found;
}

/* In the state: a run that ended by kill -9 while it planned, with an update of user 1 in the log. */
static void
leave_killed_run(struct engine_rig *r, const char *body)
{
	struct sl_run run = { .kind = "run",
			      .by = "test",
			      .sync = "users",
			      .state = SL_RUN_PLANNING,
			      .epoch = 1,
			      .started_us = sl_wall_us() };
	char dir[300], text[400], keys[] = "[\"1\"]";
	uint8_t verdict = SL_V_PENDING;
	struct sl_store *s;
	struct sl_err err;

	(void)snprintf(dir, sizeof(dir), "%s/state", r->dir);
	(void)snprintf(text, sizeof(text), "%s", body);
	assert_int_equal(sl_store_open(dir, 0, &s, &err), SL_OK);
	struct sl_snap now = snapshot_of(s, keys);
	struct sl_event event = { .key = now.key,
				  .row = { 4, 2 },
				  .version = now.version,
				  .len = (uint32_t)strlen(text),
				  .klen = (uint32_t)strlen(keys),
				  .op = SL_OP_UPDATE };
	struct sl_block b = { .n = 1,
			      .events = &event,
			      .verdicts = &verdict,
			      .body = text,
			      .body_len = strlen(text),
			      .keys = keys,
			      .keys_len = strlen(keys) };
	assert_int_equal(sl_store_begin(s, &err), SL_OK);
	assert_int_equal(sl_store_run_new(s, &run, &err), SL_OK);
	b.run_id = run.id;
	assert_int_equal(sl_store_block_put(s, "users", &b, &err), SL_OK);
	assert_int_equal(sl_store_commit(s, &err), SL_OK);
	sl_store_close(s);
}

static void
what_arrived_before_a_kill_is_not_forgotten(void **state)
{
	static const char lost[] = "{\"type\":\"identify\",\"userId\":\"1\",\"messageId\":\"lost\","
				   "\"traits\":{\"plan\":\"lost\"}}";
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	char *plan;

	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_shut(r);
	leave_killed_run(r, lost);
	test_receiver_post(r->rx, "/v1/identify", lost, 200, NULL);
	engine_rig_open(r, false);
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.updates == 1 && s.acked == 1);
	plan = test_pg_get(r->pg, "shop", "SELECT plan FROM users WHERE id = 1");
	test_receiver_expect(r->rx, "SELECT traits ->> 'plan' FROM users WHERE user_id = '1'",
			     plan);
	free(plan);
	assert_int_equal(test_receiver_int(r->rx, "SELECT deliveries FROM events"
						  " WHERE message_id = 'lost'"),
			 2);
}

static long long
users_with(struct engine_rig *r, const char *plan)
{
	char sql[120];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM users WHERE traits ->> 'plan' = '%s'", plan);
	return test_receiver_int(r->rx, sql);
}

static void
what_arrived_before_a_closing_is_not_forgotten(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t run;

	/* The first blocks go out while the last rows are still waited for. */
	engine_rig_users(r, 2200);
	engine_rig_slowly(r, "0");
	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	engine_rig_file(
		r, "syncs/slow.json",
		"{\"source\": \"wh\", \"sql\": \"SELECT id, email, name, balance, prefs, CASE"
		" WHEN id <= 2000 THEN plan ELSE slowly(plan) END AS plan FROM users\",\n"
		" \"key\": [\"id\"], \"profile\": \"users\", \"destination\": \"rx\"}\n");
	assert_string_equal(engine_rig_run(r, "slow", 0).state, "settled");
	engine_rig_slowly(r, "0.3");
	engine_rig_sql(r, "UPDATE users SET plan = 'lost'");
	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	m = engine_rig_ok(r, sl_start(r->engine, "slow", 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0; i < 4000 && users_with(r, "lost") == 0; i++)
		usleep(5000);
	assert_true(sl_run_stats(r->engine, run, &s) && s.planning && s.acked == 0);
	engine_rig_shut(r);
	test_receiver_faults(r->rx, "{}");
	engine_rig_slowly(r, "0");
	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	engine_rig_open(r, false);
	assert_string_equal(engine_rig_run(r, "slow", 0).state, "settled");
	assert_int_equal(users_with(r, "lost"), 0);
	assert_int_equal(engine_rig_run(r, "slow", 0).acked, 0);
}

static void
what_is_planned_again_keeps_its_id(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t run;

	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	m = engine_rig_ok(r, sl_start(r->engine, "users", 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0; i < 4000 && test_receiver_int(r->rx, "SELECT count(*) FROM users") < 50;
	     i++)
		usleep(5000);
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "cancelled");
	assert_true(s.acked == 0 && s.cancelled == 50);
	test_receiver_faults(r->rx, "{}");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.adds == 50 && s.acked == 50);
	test_receiver_expect(r->rx, "SELECT count(*) || ' ' || min(deliveries > 1) FROM events",
			     "50 1");
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

/* ---- stopped, failed, given up on ---------------------------------------------------------------- */

static int64_t
start(struct engine_rig *r, const char *sync)
{
	struct sl_msg *m = engine_rig_ok(r, sl_start(r->engine, sync, 0));
	const int64_t run = sl_table_get_int(m->table, 0, "run");

	sl_msg_free(m);
	return run;
}

static void
wait_for(struct engine_rig *r, const char *sql, long long n)
{
	for (int i = 0; i < 4000 && test_receiver_int(r->rx, sql) != n; i++)
		usleep(5000);
	assert_int_equal(test_receiver_int(r->rx, sql), n);
}

static struct sl_run_stats
stop(struct engine_rig *r, int64_t run)
{
	struct sl_run_stats s;

	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "cancelled");
	return s;
}

static void
a_row_that_goes_back_after_a_stop_is_sent_again(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_sql(r, "UPDATE users SET plan = 'lost' WHERE id = 7");
	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	int64_t run = start(r, "users");
	wait_for(r, "SELECT count(*) FROM users WHERE traits ->> 'plan' = 'lost'", 1);
	s = stop(r, run);
	assert_true(s.acked == 0 && s.cancelled == 1);
	test_receiver_faults(r->rx, "{}");
	engine_rig_sql(r, "UPDATE users SET plan = 'kept' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.updates == 1 && s.acked == 1 && s.same == 49);
	assert_int_equal(users_with(r, "lost"), 0);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.updates == 0);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

/* What was never sent leaves no doubt: nothing is sent for it. */
static void
a_row_that_goes_back_before_it_was_sent_is_the_same(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_sql(r, "UPDATE users SET plan = 'other' WHERE id = 7");
	s = engine_rig_run(r, "users", SL_RUN_HOLD);
	assert_string_equal(s.state, "held");
	assert_int_equal(stop(r, s.run).cancelled, 1);
	engine_rig_sql(r, "UPDATE users SET plan = 'kept' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.updates == 0);
}

static void
use_mirror(struct engine_rig *r)
{
	engine_rig_file(r, "profiles/people.json",
			"{\"event\": \"record\", \"map\": {\"identifiers.id\": \"id\",\n"
			" \"fields.email\": \"email\"}}\n");
	engine_rig_file(
		r, "syncs/people.json",
		"{\"source\": \"wh\", \"key\": [\"id\"], \"sql\": \"SELECT id, CASE WHEN id = 5"
		" THEN slowly(email) ELSE email END AS email FROM users\",\n"
		" \"profile\": \"people\", \"destination\": \"rx\", \"mode\": \"mirror\"}\n");
	engine_rig_slowly(r, "0");
}

#define RECORDS "SELECT count(*) FROM records WHERE action != 'delete'"

static void
a_row_that_arrived_unheard_and_goes_is_removed(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "INSERT INTO users(id, email) VALUES (99, 'late@example.com')");
	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	int64_t run = start(r, "people");
	wait_for(r, RECORDS, 51);
	assert_int_equal(stop(r, run).cancelled, 1);
	test_receiver_faults(r->rx, "{}");
	engine_rig_sql(r, "DELETE FROM users WHERE id = 99");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.removes == 1 && s.acked == 1);
	assert_int_equal(test_receiver_int(r->rx, RECORDS), 50);
	s = engine_rig_run(r, "people", 0);
	assert_true(s.removes == 0 && s.same == 50);
}

/* Only keys that this sync itself has sent are removed. */
static void
a_row_that_was_never_sent_and_goes_is_left_alone(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "INSERT INTO users(id, email) VALUES (99, 'late@example.com')");
	s = engine_rig_run(r, "people", SL_RUN_HOLD);
	assert_int_equal(stop(r, s.run).cancelled, 1);
	engine_rig_sql(r, "DELETE FROM users WHERE id = 99");
	s = engine_rig_run(r, "people", 0);
	assert_true(s.removes == 0 && s.same == 50);
}

static void
what_arrived_before_the_source_failed_is_removed(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	/* The row that is waited for moves behind the new ones. */
	engine_rig_sql(
		r, "INSERT INTO users(id, email) SELECT i, i || '@example.com'"
		   " FROM generate_series(1000, 2999) i; UPDATE users SET plan = 'x' WHERE id = 5");
	engine_rig_slowly(r, "60");
	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	int64_t run = start(r, "people");
	for (int i = 0; i < 4000 && test_receiver_int(r->rx, RECORDS) == 50; i++)
		usleep(5000);
	engine_rig_sql(r, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			  " WHERE pid <> pg_backend_pid() AND query LIKE '%slowly(email)%'");
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "failed");
	assert_true(s.acked == 0 && s.cancelled > 0);
	assert_true(test_receiver_int(r->rx, RECORDS) > 50);
	test_receiver_faults(r->rx, "{}");
	engine_rig_slowly(r, "0");
	engine_rig_sql(r, "DELETE FROM users WHERE id >= 1000");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "held");
	const struct sl_confirm yes = engine_rig_yes(&s);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, &yes)));
	assert_string_equal(engine_rig_end(r, s.run).state, "settled");
	assert_int_equal(test_receiver_int(r->rx, RECORDS), 50);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

/* In the log, but for an event that was acknowledged: PAUSED after a kill, then stopped by a person. */
static void
a_killed_run_that_is_stopped_leaves_its_doubt(void **state)
{
	static const char lost[] = "{\"type\":\"identify\",\"userId\":\"1\",\"messageId\":\"lost\","
				   "\"traits\":{\"plan\":\"lost\"}}";
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_shut(r);
	leave_killed_run(r, lost);
	test_receiver_post(r->rx, "/v1/identify", lost, 200, NULL);
	engine_rig_open(r, false);
	m = engine_rig_ok(r, sl_runs(r->engine, "users", 0, 1));
	assert_string_equal(sl_table_get(m->table, 0, "state"), "paused");
	(void)stop(r, sl_table_get_int(m->table, 0, "run"));
	sl_msg_free(m);
	assert_int_equal(users_with(r, "lost"), 1);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.updates == 1 && s.acked == 1);
	assert_int_equal(users_with(r, "lost"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_arrived_before_a_kill_is_not_forgotten),
		TEST(what_arrived_before_a_closing_is_not_forgotten),
		TEST(what_is_planned_again_keeps_its_id),
		TEST(a_row_that_goes_back_after_a_stop_is_sent_again),
		TEST(a_row_that_goes_back_before_it_was_sent_is_the_same),
		TEST(a_row_that_arrived_unheard_and_goes_is_removed),
		TEST(a_row_that_was_never_sent_and_goes_is_left_alone),
		TEST(what_arrived_before_the_source_failed_is_removed),
		TEST(a_killed_run_that_is_stopped_leaves_its_doubt),
	};

	return cmocka_run_group_tests_name("doubt", tests, engine_rig_setup, engine_rig_teardown);
}
