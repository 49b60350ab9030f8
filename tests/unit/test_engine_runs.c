/* Whole runs: from the table to the receiver, changes, removes and their guard, cancelling. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

/* The receiver's users as text, in one order. */
static char *
users_there(struct engine_rig *r)
{
	return test_receiver_get(r->rx, "SELECT group_concat(u, ';') FROM (SELECT user_id || ',' ||"
					" json_extract(traits, '$.email') || ',' ||"
					" coalesce(json_extract(traits, '$.plan'), '-') || ',' ||"
					" printf('%.2f', json_extract(traits, '$.balance')) AS u"
					" FROM users ORDER BY CAST(user_id AS int))");
}

static char *
users_here(struct engine_rig *r)
{
	return test_pg_get(r->pg, "shop",
			   "SELECT string_agg(id || ',' || lower(email) || ',' ||"
			   " coalesce(plan, '-') || ',' || balance, ';' ORDER BY id) FROM users");
}

static void
assert_in_sync(struct engine_rig *r)
{
	char *there = users_there(r), *here = users_here(r);

	assert_non_null(there);
	assert_string_equal(there, here);
	free(there);
	free(here);
}

static void
a_table_arrives_and_then_its_changes(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", 0);

	assert_string_equal(s.state, "settled");
	assert_true(s.rows_read == 50 && s.adds == 50 && s.acked == 50 && s.dead == 0);
	assert_in_sync(r);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.adds == 0 && s.updates == 0 && s.acked == 0);
	engine_rig_sql(r, "UPDATE users SET plan = 'gold', balance = 9.99 WHERE id IN (3, 4);"
			  "INSERT INTO users(id, email, balance) VALUES (99, 'z@example.com', 0)");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 48 && s.adds == 1 && s.updates == 2 && s.acked == 3);
	assert_in_sync(r);
	assert_int_equal(test_receiver_stats(r->rx).repeats, 0);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

static void
a_value_that_comes_back_is_sent_again(void **state)
{
	struct engine_rig *r = *state;

	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	for (int i = 0; i < 4; i++) {
		engine_rig_sql(r, i % 2 == 0 ? "UPDATE users SET plan = 'A' WHERE id = 1"
					     : "UPDATE users SET plan = 'B' WHERE id = 1");
		assert_int_equal(engine_rig_run(r, "users", 0).acked, 1);
		assert_in_sync(r);
	}
	assert_int_equal(test_receiver_stats(r->rx).repeats, 0);
}

static void
history_and_changes_are_told(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	engine_rig_sql(r, "UPDATE users SET plan = 'gold' WHERE id = 3;"
			  "INSERT INTO users(id, email) VALUES (99, 'z@example.com')");
	s = engine_rig_run(r, "users", 0);
	m = engine_rig_ok(r, sl_runs(r->engine, "users", 0, 10));
	assert_int_equal(sl_table_rows(m->table), 2);
	assert_int_equal(sl_table_get_int(m->table, 0, "run"), s.run);
	assert_string_equal(sl_table_get(m->table, 0, "by"), "rig");
	assert_int_equal(sl_table_get_int(m->table, 0, "acked"), 2);
	assert_int_equal(sl_table_get_int(m->table, 0, "pending"), 0);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_changes(r->engine, s.run, "update", 0, 10));
	assert_int_equal(sl_table_rows(m->table), 1);
	assert_string_equal(sl_table_get(m->table, 0, "key"), "[\"3\"]");
	assert_string_equal(sl_table_get(m->table, 0, "verdict"), "acked");
	assert_non_null(strstr(sl_table_get(m->table, 0, "body"), "\"gold\""));
	assert_non_null(strstr(sl_table_get(m->table, 0, "old"), "\"free\""));
	assert_int_equal(strncmp(sl_table_get(m->table, 0, "id"), "sluice-", 7), 0);
	sl_msg_free(m);
}

static void
a_dry_run_counts_and_sends_nothing(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_DRY);
	struct sl_msg *m;

	assert_true(s.run < 0);
	assert_true(s.adds == 50 && s.acked == 0);
	assert_int_equal(test_receiver_stats(r->rx).requests, 0);
	m = engine_rig_ok(r, sl_changes(r->engine, s.run, NULL, 0, 10));
	assert_int_equal(sl_table_rows(m->table), 10);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_runs(r->engine, NULL, 0, 10));
	assert_int_equal(sl_table_rows(m->table), 0);
	sl_msg_free(m);
}

static void
another_destination_starts_from_nothing(void **state)
{
	struct engine_rig *r = *state;
	struct test_receiver *other = test_receiver_start(NULL);
	char text[400];

	assert_string_equal(engine_rig_run(r, "users", 0).state, "settled");
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s\","
		       " \"write_key\": \"env:ENGINE_RIG_KEY\"}",
		       test_receiver_url(other));
	engine_rig_file(r, "connections/other.json", text);
	engine_rig_file(r, "syncs/users.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"other\"}\n");
	assert_int_equal(engine_rig_run(r, "users", SL_RUN_DRY).adds, 50);
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	assert_int_equal(test_receiver_int(other, "SELECT count(*) FROM users"), 50);
	test_receiver_stop(other);
}

/* ---- removes --------------------------------------------------------------------------------- */

static void
use_mirror(struct engine_rig *r)
{
	engine_rig_file(r, "profiles/people.json",
			"{\"event\": \"record\", \"map\": {\"identifiers.id\": \"id\",\n"
			" \"fields.email\": \"email\", \"fields.plan\": \"plan\"}}\n");
	engine_rig_file(
		r, "syncs/people.json",
		"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
		" \"profile\": \"people\", \"destination\": \"rx\", \"mode\": \"mirror\"}\n");
}

static long long
records(struct engine_rig *r)
{
	return test_receiver_int(r->rx, "SELECT count(*) FROM records WHERE action != 'delete'");
}

static void
mirror_removes_what_is_gone(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	assert_int_equal(records(r), 50);
	engine_rig_sql(r, "DELETE FROM users WHERE id <= 4");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.removes == 4 && s.acked == 4);
	assert_int_equal(records(r), 46);
	s = engine_rig_run(r, "people", 0);
	assert_int_equal(s.removes, 0);
	engine_rig_sql(r, "INSERT INTO users(id, email) VALUES (2, 'back@example.com')");
	s = engine_rig_run(r, "people", 0);
	assert_true(s.adds == 1 && s.acked == 1);
	assert_int_equal(records(r), 47);
}

static void
refused(struct engine_rig *r, int64_t run, const struct sl_confirm *c, const char *why)
{
	struct sl_msg *m = engine_rig_fail(r, sl_release(r->engine, run, c));

	assert_non_null(strstr(m->problem.message, why));
	sl_msg_free(m);
}

static void
many_removes_wait_for_a_person(void **state)
{
	struct engine_rig *r = *state;
	struct sl_confirm yes;
	struct sl_run_stats s;
	struct sl_msg *m;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "DELETE FROM users WHERE id <= 30;"
			  "UPDATE users SET plan = 'x' WHERE id = 40");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "held");
	assert_true(s.removes_held && s.removes == 30 && s.updates == 1 && s.acked == 1);
	assert_int_equal(records(r), 50);
	m = engine_rig_fail(r, sl_start(r->engine, "people", 0));
	assert_int_equal(sl_table_get_int(m->table, 0, "run"), s.run);
	sl_msg_free(m);
	yes = engine_rig_yes(&s);
	yes.removes = 29;
	refused(r, s.run, &yes, "30 rows, not 29");
	yes.removes = 30;
	yes.plan = "00000000";
	refused(r, s.run, &yes, s.plan);
	yes.plan = NULL;
	refused(r, s.run, &yes, s.plan);
	yes = engine_rig_yes(&s);
	yes.sync = NULL; /* 30 of 50 */
	refused(r, s.run, &yes, "more than half");
	assert_int_equal(records(r), 50);
	yes.sync = "people";
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, &yes)));
	s = engine_rig_end(r, s.run);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.acked, 31);
	assert_int_equal(records(r), 20);
}

/* By another hand, in the state of an engine that is shut. */
static void
meddle(const struct engine_rig *r, const char *sql)
{
	char path[300];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/state/state.db", r->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Move the plan of a run into the past. */
static void
make_old(const struct engine_rig *r, int64_t run, int hours)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE run SET planned_us = planned_us - %d * 3600000000 WHERE id = %lld",
		       hours, (long long)run);
	meddle(r, sql);
}

static void
assert_audit(struct engine_rig *r, const char *action)
{
	struct sl_msg *m = engine_rig_ok(r, sl_audit(r->engine, 0, 10));

	assert_true(engine_rig_row(m->table, "action", action) >= 0);
	sl_msg_free(m);
}

static void
an_old_plan_is_not_released(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s, again;
	struct sl_confirm yes;
	struct sl_msg *m;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "DELETE FROM users WHERE id <= 30");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "held");
	engine_rig_shut(r);
	make_old(r, s.run, 25);
	engine_rig_open(r, false);
	yes = engine_rig_yes(&s);
	refused(r, s.run, &yes, "older than 24 hours");
	assert_string_equal(engine_rig_end(r, s.run).state, "cancelled");
	assert_audit(r, "plan expired");
	assert_int_equal(records(r), 50);
	/* The next one plans anew, also where the old one still waits. */
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "held");
	engine_rig_shut(r);
	make_old(r, s.run, 25);
	engine_rig_open(r, false);
	again = engine_rig_run(r, "people", 0);
	assert_string_equal(again.state, "held");
	assert_true(again.run != s.run);
	m = engine_rig_ok(r, sl_run(r->engine, s.run));
	assert_string_equal(sl_table_get(m->table, 0, "state"), "cancelled");
	assert_non_null(strstr(sl_table_get(m->table, 0, "error"), "older than 24 hours"));
	sl_msg_free(m);
	yes = engine_rig_yes(&again);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, again.run, &yes)));
	assert_string_equal(engine_rig_end(r, again.run).state, "settled");
	assert_audit(r, "release");
	assert_int_equal(records(r), 20);
}

static void
a_run_that_does_not_add_up_is_not_made_to(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_HOLD);
	struct sl_msg *m;

	assert_int_equal(s.adds, 50);
	engine_rig_shut(r);
	meddle(r, "UPDATE run SET adds = adds + 1");
	engine_rig_open(r, false);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, NULL)));
	s = engine_rig_end(r, s.run);
	assert_string_equal(s.state, "failed");
	assert_non_null(strstr(s.error, "does not add up"));
	assert_true(s.exit_code != SL_EXIT_OK);
	engine_rig_shut(r);
	engine_rig_open(r, true);
	m = engine_rig_ok(r, sl_run(r->engine, s.run));
	assert_int_equal(sl_table_get_int(m->table, 0, "adds"), 51);
	assert_int_equal(sl_table_get_int(m->table, 0, "acked"), 50);
	assert_string_not_equal(sl_table_get(m->table, 0, "state"), "settled");
	sl_msg_free(m);
}

static void
a_plan_is_known_by_its_removes(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s, dry;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "DELETE FROM users WHERE id BETWEEN 2 AND 31");
	s = engine_rig_run(r, "people", 0);
	assert_int_equal(strlen(s.plan), 8);
	dry = engine_rig_run(r, "people", SL_RUN_DRY);
	assert_string_equal(dry.plan, s.plan);
	assert_true(dry.removes_held && dry.live == 50);
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, s.run)));
	assert_string_equal(engine_rig_end(r, s.run).error, "");
	/* As many removes, but not the same. */
	engine_rig_sql(r, "DELETE FROM users WHERE id = 1;"
			  "INSERT INTO users(id, email) VALUES (2, 'back@example.com')");
	dry = engine_rig_run(r, "people", SL_RUN_DRY);
	assert_int_equal(dry.removes, s.removes);
	assert_string_not_equal(dry.plan, s.plan);
}

static void
few_removes_of_a_plan_go_with_the_rest(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r,
		       "DELETE FROM users WHERE id <= 3; UPDATE users SET plan = 'x' WHERE id = 9");
	s = engine_rig_run(r, "people", SL_RUN_HOLD);
	assert_true(!s.removes_held && s.removes == 3 && s.acked == 0);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, NULL)));
	s = engine_rig_end(r, s.run);
	assert_true(s.acked == 4 && s.cancelled == 0);
	assert_int_equal(records(r), 47);
}

static void
waiting_is_not_part_of_what_a_run_takes(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_HOLD);
	struct sl_msg *m;

	usleep(700000);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, NULL)));
	s = engine_rig_end(r, s.run);
	assert_true(s.waited_us >= 700000);
	m = engine_rig_ok(r, sl_run(r->engine, s.run));
	assert_int_equal(sl_table_get_int(m->table, 0, "took_us"),
			 s.ended_us - s.started_us - s.waited_us);
	sl_msg_free(m);
}

static void
an_empty_source_removes_nothing_by_itself(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_mirror(r);
	engine_rig_sql(r, "DELETE FROM users WHERE id > 3");
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 3);
	engine_rig_sql(r, "DELETE FROM users");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "held");
	assert_non_null(strstr(s.error, "empty"));
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, s.run)));
	s = engine_rig_end(r, s.run);
	assert_string_equal(s.state, "cancelled");
	assert_int_equal(records(r), 3);
}

static void
a_plan_can_be_looked_at_before_a_byte_is_sent(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_HOLD);
	struct sl_msg *m;

	assert_string_equal(s.state, "held");
	assert_int_equal(s.adds, 50);
	assert_int_equal(test_receiver_stats(r->rx).requests, 0);
	m = engine_rig_ok(r, sl_changes(r->engine, s.run, NULL, 10, 5));
	assert_int_equal(sl_table_rows(m->table), 5);
	assert_int_equal(sl_table_get_int(m->table, 0, "n"), 10);
	assert_string_equal(sl_table_get(m->table, 0, "verdict"), "pending");
	sl_msg_free(m);
	/* A plan outlives the program. */
	engine_rig_shut(r);
	engine_rig_open(r, false);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, s.run, NULL)));
	s = engine_rig_end(r, s.run);
	assert_string_equal(s.state, "settled");
	assert_in_sync(r);
}

/* ---- trouble --------------------------------------------------------------------------------- */

static void
a_cancelled_run_leaves_the_rest_for_the_next(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = { 0 };
	struct sl_msg *m;
	int64_t run;

	engine_rig_users(r, 3000);
	test_receiver_faults(r->rx, "{\"slow_ms\": 40}");
	m = engine_rig_ok(r, sl_start(r->engine, "users", 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0; i < 4000 && s.acked == 0; i++) {
		usleep(5000);
		assert_true(sl_run_stats(r->engine, run, &s));
	}
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
	s = engine_rig_settle(r, run);
	assert_string_equal(s.state, "cancelled");
	assert_true(s.acked > 0 && s.acked < 3000);
	/* Every answer that came is known, the last ones, too. */
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM users"), s.acked);
	test_receiver_faults(r->rx, "{}");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_in_sync(r);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

static void
rows_that_cannot_be_told_apart_stop_the_run(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	engine_rig_file(r, "syncs/twice.json",
			"{\"source\": \"wh\", \"key\": [\"id\"], \"profile\": \"users\",\n"
			" \"sql\": \"SELECT * FROM users UNION ALL SELECT * FROM users\",\n"
			" \"destination\": \"rx\"}\n");
	s = engine_rig_run(r, "twice", 0);
	assert_string_equal(s.state, "failed");
	assert_non_null(strstr(s.error, "id"));
	assert_int_equal(test_receiver_stats(r->rx).events, 0);
	/* It is over for the state too. */
	engine_rig_shut(r);
	engine_rig_open(r, false);
	m = engine_rig_ok(r, sl_run(r->engine, s.run));
	assert_string_equal(sl_table_get(m->table, 0, "state"), "failed");
	sl_msg_free(m);
}

static void
a_destination_that_refuses_us_pauses_the_run(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 401}");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.acked == 0 && s.dead == 0);
	test_receiver_faults(r->rx, "{}");
	if (strcmp(s.state, "paused") == 0) {
		m = engine_rig_ok(r, sl_resume(r->engine, s.run));
		sl_msg_free(m);
		s = engine_rig_end(r, s.run);
	} else {
		assert_string_equal(s.state, "failed");
		s = engine_rig_run(r, "users", 0);
	}
	assert_string_equal(s.state, "settled");
	assert_in_sync(r);
}

static void
one_engine_works_on_a_state_at_a_time(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_options o = { .workspace = r->dir, .workers = 1, .who = "other" };
	const struct sl_options look = { .workspace = r->dir, .workers = 1, .read_only = true };
	struct sl_problem p;
	struct sl_engine *e;

	assert_null(sl_engine_open(&o, &p));
	assert_int_equal(p.exit_code, SL_EXIT_LOCKED);
	assert_string_equal(p.kind, "locked");
	e = sl_engine_open(&look, &p);
	assert_non_null(e);
	sl_engine_close(e, 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_table_arrives_and_then_its_changes),
		TEST(a_value_that_comes_back_is_sent_again),
		TEST(history_and_changes_are_told),
		TEST(a_dry_run_counts_and_sends_nothing),
		TEST(another_destination_starts_from_nothing),
		TEST(mirror_removes_what_is_gone),
		TEST(many_removes_wait_for_a_person),
		TEST(an_old_plan_is_not_released),
		TEST(a_run_that_does_not_add_up_is_not_made_to),
		TEST(a_plan_is_known_by_its_removes),
		TEST(few_removes_of_a_plan_go_with_the_rest),
		TEST(waiting_is_not_part_of_what_a_run_takes),
		TEST(an_empty_source_removes_nothing_by_itself),
		TEST(a_plan_can_be_looked_at_before_a_byte_is_sent),
		TEST(a_cancelled_run_leaves_the_rest_for_the_next),
		TEST(rows_that_cannot_be_told_apart_stop_the_run),
		TEST(a_destination_that_refuses_us_pauses_the_run),
		TEST(one_engine_works_on_a_state_at_a_time),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
