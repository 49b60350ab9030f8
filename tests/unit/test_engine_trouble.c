/* Runs in trouble: stopped or closed in every state, resumed when the sync is not what it was, one waiting for
 * another, requests behind a source that does not answer. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include "core/base/clock.h"
#include "core/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

static int64_t
start(struct engine_rig *r, const char *sync)
{
	struct sl_msg *m = engine_rig_ok(r, sl_start(r->engine, sync, 0));
	const int64_t run = sl_table_get_int(m->table, 0, "run");

	sl_msg_free(m);
	return run;
}

static void
stop(struct engine_rig *r, int64_t run)
{
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
}

/* Until the run has reached the state, or ended. */
static struct sl_run_stats
reach(struct engine_rig *r, int64_t run, const char *state)
{
	struct sl_run_stats s = { 0 };

	for (int i = 0; i < 12000; i++) {
		if (sl_run_stats(r->engine, run, &s) && (!s.open || strcmp(s.state, state) == 0))
			return s;
		usleep(5000);
	}
	fail_msg("run %lld is still %s", (long long)run, s.state);
	return s;
}

static void
wait_requests(struct engine_rig *r, uint64_t n)
{
	for (int i = 0; i < 12000 && test_receiver_stats(r->rx).requests < n; i++)
		usleep(5000);
	assert_true(test_receiver_stats(r->rx).requests >= n);
}

/* A run of the sync "users" that the destination refuses: it pauses. */
static int64_t
pause_run(struct engine_rig *r, const char *sync)
{
	struct sl_run_stats s;

	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 401}");
	s = engine_rig_run(r, sync, 0);
	assert_string_equal(s.state, "paused");
	assert_int_equal(s.exit_code, SL_EXIT_DOWN);
	test_receiver_faults(r->rx, "{}");
	return s.run;
}

static void
assert_state(struct engine_rig *r, int64_t run, const char *state)
{
	struct sl_msg *m = engine_rig_ok(r, sl_run(r->engine, run));

	assert_string_equal(sl_table_get(m->table, 0, "state"), state);
	sl_msg_free(m);
}

/* ---- stop -------------------------------------------------------------------------------------------- */

static void
a_run_can_be_stopped_before_its_source_is_open(void **state)
{
	struct engine_rig *r = *state;
	char text[1024];
	struct sl_run_stats s;
	int64_t run;

	/* The password comes when the file "go" is there. */
	(void)snprintf(
		text, sizeof(text),
		"{\"type\": \"postgres\", \"host\": \"%s\", \"port\": %d, \"database\": \"shop\","
		" \"user\": \"postgres\", \"password\":"
		" \"exec:/bin/sh -c 'until [ -e %s/go ]; do sleep 0.05; done; echo x'\"}\n",
		test_pg_host(r->pg), test_pg_port(r->pg), r->dir);
	engine_rig_file(r, "connections/wh.json", text);
	run = start(r, "users");
	s = reach(r, run, "planning");
	assert_true(s.open);
	usleep(200000);
	stop(r, run);
	engine_rig_file(r, "go", "");
	s = reach(r, run, "over");
	assert_string_equal(s.state, "cancelled");
	assert_int_equal(s.rows_read, 0);
}

static void
a_run_can_be_stopped_while_its_destination_asks_for_patience(void **state)
{
	struct engine_rig *r = *state;
	const int64_t from = sl_mono_us();
	struct sl_run_stats s;
	int64_t run;

	test_receiver_faults(r->rx, "{\"throttle_every\": 1, \"retry_after\": 3600}");
	run = start(r, "users");
	wait_requests(r, 1);
	(void)reach(r, run, "delivering");
	stop(r, run);
	s = reach(r, run, "over");
	assert_string_equal(s.state, "cancelled");
	assert_int_equal(s.cancelled, 50);
	assert_true(sl_mono_us() - from < 60 * SECOND);
}

static void
a_paused_run_can_be_stopped(void **state)
{
	struct engine_rig *r = *state;
	int64_t run = pause_run(r, "users");

	stop(r, run);
	assert_string_equal(reach(r, run, "over").state, "cancelled");
	assert_state(r, run, "cancelled");
	sl_msg_free(engine_rig_fail(r, sl_stop(r->engine, run)));
	/* Also by a program that never ran it. */
	run = pause_run(r, "users");
	engine_rig_shut(r);
	engine_rig_open(r, false);
	assert_state(r, run, "paused");
	stop(r, run);
	assert_string_equal(reach(r, run, "over").state, "cancelled");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
}

static void
sources_that_do_not_answer_do_not_hold_up_a_stop(void **state)
{
	struct engine_rig *r = *state;
	int64_t run, from;

	test_receiver_faults(r->rx, "{\"throttle_every\": 1, \"retry_after\": 3600}");
	run = start(r, "users");
	(void)reach(r, run, "delivering");
	test_pg_freeze(r->pg);
	for (int i = 0; i < 20; i++)
		assert_true(sl_schemas(r->engine, "wh") != 0);
	from = sl_mono_us();
	stop(r, run);
	assert_string_equal(reach(r, run, "over").state, "cancelled");
	assert_true(sl_mono_us() - from < 9 * SECOND);
	/* And they end with the engine. */
	from = sl_mono_us();
	engine_rig_shut(r);
	assert_true(sl_mono_us() - from < 20 * SECOND);
	test_pg_thaw(r->pg);
	engine_rig_open(r, false);
}

/* ---- close ------------------------------------------------------------------------------------------- */

static void
closing_does_not_wait_for_a_slow_destination(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	int64_t run, from;

	test_receiver_faults(r->rx, "{\"slow_ms\": 20000}");
	run = start(r, "users");
	wait_requests(r, 1);
	(void)reach(r, run, "delivering");
	from = sl_mono_us();
	sl_engine_close(r->engine, 300);
	r->engine = NULL;
	assert_true(sl_mono_us() - from < 9 * SECOND);
	engine_rig_open(r, false);
	assert_state(r, run, "paused");
	test_receiver_faults(r->rx, "{}");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.same, 50);
	assert_state(r, run, "settled");
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), 50);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

static void
closing_does_not_wait_for_a_source_that_does_not_answer(void **state)
{
	struct engine_rig *r = *state;
	int64_t run, from;

	engine_rig_file(
		r, "syncs/slow.json",
		"{\"source\": \"wh\", \"sql\": \"SELECT id, email, name, plan, balance, prefs,"
		" pg_sleep(0.5)::text AS nap FROM users\", \"key\": [\"id\"],\n"
		" \"profile\": \"users\", \"destination\": \"rx\"}\n");
	run = start(r, "slow");
	(void)reach(r, run, "planning");
	usleep(300000);
	test_pg_freeze(r->pg);
	from = sl_mono_us();
	sl_engine_close(r->engine, 300);
	r->engine = NULL;
	assert_true(sl_mono_us() - from < 15 * SECOND);
	test_pg_thaw(r->pg);
	engine_rig_open(r, false);
	assert_state(r, run, "cancelled");
}

static void
use_mirror(struct engine_rig *r)
{
	engine_rig_file(r, "profiles/people.json",
			"{\"event\": \"record\", \"map\": {\"identifiers.id\": \"id\","
			" \"fields.plan\": \"plan\"}}\n");
	engine_rig_file(
		r, "syncs/people.json",
		"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],"
		" \"profile\": \"people\", \"destination\": \"rx\", \"mode\": \"mirror\"}\n");
}

static void
closing_while_reading_forgets_no_row_that_was_sent(void **state)
{
	struct engine_rig *r = *state;
	const char *there = "SELECT count(*) FROM records WHERE action <> 'delete'";
	int64_t run;

	use_mirror(r);
	engine_rig_file(
		r, "syncs/people.json",
		"{\"source\": \"wh\", \"key\": [\"id\"], \"profile\": \"people\",\n"
		" \"sql\": \"SELECT id, CASE WHEN id < 2000 THEN plan ELSE slowly(plan) END AS plan"
		" FROM users\","
		" \"destination\": \"rx\", \"mode\": \"mirror\", \"max_removes\": 10000}\n");
	engine_rig_users(r, 2000);
	engine_rig_slowly(r, "60");
	test_receiver_faults(r->rx, "{\"slow_ms\": 3000}");
	run = start(r, "people");
	for (int i = 0; i < 12000 && test_receiver_int(r->rx, there) == 0; i++)
		usleep(5000);
	sl_engine_close(r->engine, 0);
	r->engine = NULL;
	assert_true(test_receiver_int(r->rx, there) > 0);
	test_receiver_faults(r->rx, "{}");
	engine_rig_open(r, false);
	assert_state(r, run, "paused");
	engine_rig_slowly(r, "0");
	engine_rig_sql(r, "DELETE FROM users WHERE id < 1000");
	assert_string_equal(engine_rig_run(r, "people", 0).state, "settled");
	assert_state(r, run, "cancelled");
	/* The first whole run of a sync removes nothing; the next one does. */
	assert_true(test_receiver_int(r->rx, there) > 1001);
	assert_string_equal(engine_rig_run(r, "people", 0).state, "settled");
	assert_int_equal(test_receiver_int(r->rx, there), 1001);
}

/* ---- one run after another ------------------------------------------------------------------------------ */

static void
a_run_behind_one_that_is_held_does_not_wait_for_ever(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	int64_t held;

	use_mirror(r);
	assert_int_equal(engine_rig_run(r, "people", 0).acked, 50);
	engine_rig_sql(r, "DELETE FROM users WHERE id <= 30;"
			  "UPDATE users SET plan = 'x' WHERE id = 40");
	held = pause_run(r, "people");
	s = engine_rig_run(r, "people", 0);
	assert_string_equal(s.state, "failed");
	assert_non_null(strstr(s.error, "waits for confirmation"));
	assert_int_equal(s.exit_code, SL_EXIT_HELD);
	assert_true(sl_run_stats(r->engine, held, &s));
	assert_string_equal(s.state, "held");
	assert_true(s.removes == 30 && s.acked == 1);
	sl_msg_free(engine_rig_ok(r, sl_release(r->engine, held, NULL)));
	assert_string_equal(reach(r, held, "over").state, "settled");
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM records"
						  " WHERE action <> 'delete'"),
			 50);
}

static void
a_run_that_waits_for_another_can_be_stopped(void **state)
{
	struct engine_rig *r = *state;
	int64_t first = pause_run(r, "users"), second;

	test_receiver_faults(r->rx, "{\"throttle_every\": 1, \"retry_after\": 3600}");
	second = start(r, "users");
	assert_string_equal(reach(r, first, "delivering").state, "delivering");
	stop(r, second);
	assert_string_equal(reach(r, second, "over").state, "cancelled");
	assert_string_equal(reach(r, first, "delivering").state, "delivering");
	stop(r, first);
	assert_string_equal(reach(r, first, "over").state, "cancelled");
	test_receiver_faults(r->rx, "{}");
	/* What the destination asked for holds as long as the engine. */
	engine_rig_shut(r);
	engine_rig_open(r, false);
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
}

static void
two_starts_at_once_make_one_run(void **state)
{
	struct engine_rig *r = *state;
	sl_ticket tickets[8];
	unsigned runs = 0;
	struct sl_msg *m;
	int64_t run = 0;

	test_receiver_faults(r->rx, "{\"slow_ms\": 300}");
	for (size_t i = 0; i < SL_COUNT(tickets); i++)
		tickets[i] = sl_start(r->engine, "users", 0);
	for (size_t answers = 0; answers < SL_COUNT(tickets);) {
		m = sl_next(r->engine);
		if (!m) {
			usleep(5000);
			continue;
		}
		if (m->kind == SL_MSG_REPLY) {
			assert_true(m->ticket >= tickets[0]);
			answers++;
			if (!m->failed)
				run = sl_table_get_int(m->table, 0, "run");
			runs += !m->failed;
		}
		sl_msg_free(m);
	}
	assert_int_equal(runs, 1);
	assert_string_equal(engine_rig_settle(r, run).state, "settled");
	m = engine_rig_ok(r, sl_runs(r->engine, NULL, 0, 10));
	assert_int_equal(sl_table_rows(m->table), 1);
	sl_msg_free(m);
}

/* ---- a run of before ------------------------------------------------------------------------------------ */

static void
a_paused_run_is_not_sent_to_another_destination(void **state)
{
	struct engine_rig *r = *state;
	struct test_receiver *other = test_receiver_start(NULL);
	struct sl_run_stats s;
	int64_t run;
	char text[400];

	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_sql(r, "UPDATE users SET plan = 'old' WHERE id <= 10");
	run = pause_run(r, "users");
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s\","
		       " \"write_key\": \"env:ENGINE_RIG_KEY\"}",
		       test_receiver_url(other));
	engine_rig_file(r, "connections/other.json", text);
	engine_rig_file(r, "syncs/users.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"other\"}\n");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.adds == 50 && s.acked == 50);
	assert_true(sl_run_stats(r->engine, run, &s));
	assert_string_equal(s.state, "cancelled");
	assert_non_null(strstr(s.error, "changed"));
	assert_int_equal(s.cancelled, 10);
	assert_int_equal(test_receiver_int(other, "SELECT count(*) FROM events"), 50);
	test_receiver_stop(other);
}

/* In the state: a paused run of `blocks` blocks in which but one event was acknowledged of each. */
static int64_t
leave_thin_run(struct engine_rig *r, uint32_t blocks)
{
	struct sl_run run = { .kind = "run",
			      .by = "test",
			      .state = SL_RUN_NEW,
			      .epoch = 1,
			      .planned_all = true,
			      .started_us = sl_wall_us() };
	char dir[300];
	struct sl_store *s;
	struct sl_err err;

	(void)snprintf(run.sync, sizeof(run.sync), "users");
	(void)snprintf(dir, sizeof(dir), "%s/state", r->dir);
	assert_int_equal(sl_store_open(dir, 0, &s, &err), SL_OK);
	assert_int_equal(sl_store_begin(s, &err), SL_OK);
	assert_int_equal(sl_store_run_new(s, &run, &err), SL_OK);
	for (uint32_t no = 0; no < blocks; no++) {
		char body[2][80], keys[] = "[\"1\"]";
		struct sl_event events[2] = { 0 };
		uint8_t verdicts[2] = { SL_V_ACKED, SL_V_PENDING };
		struct sl_block b = { .run_id = run.id, .no = no, .n = 2 };
		char text[160];

		for (uint32_t i = 0; i < 2; i++) {
			(void)snprintf(body[i], sizeof(body[i]),
				       "{\"type\":\"identify\",\"userId\":\"%u\",\"messageId\":"
				       "\"thin-%u\"}",
				       no * 2 + i, no * 2 + i);
			events[i] = (struct sl_event){ .key = { no * 2 + i, 7 },
						       .row = { 1, 1 },
						       .off = i * (uint32_t)strlen(body[0]),
						       .len = (uint32_t)strlen(body[i]),
						       .klen = (uint32_t)strlen(keys),
						       .op = SL_OP_ADD };
		}
		(void)snprintf(text, sizeof(text), "%s%s", body[0], body[1]);
		b.events = events;
		b.verdicts = verdicts;
		b.body = text;
		b.body_len = strlen(text);
		b.keys = keys;
		b.keys_len = strlen(keys);
		assert_int_equal(sl_store_block_put(s, "users", &b, &err), SL_OK);
	}
	assert_int_equal(sl_store_run_end(s, &run, SL_RUN_PAUSED, SL_V_PENDING, -1, &err), SL_OK);
	assert_int_equal(sl_store_commit(s, &err), SL_OK);
	sl_store_close(s);
	return run.id;
}

static void
a_run_with_little_left_in_many_blocks_goes_on(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	int64_t run;
	char text[400];

	/* A request takes more events than the blocks that may be open have left. */
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s\", \"batch_events\": 1000,"
		       " \"write_key\": \"env:ENGINE_RIG_KEY\"}",
		       test_receiver_url(r->rx));
	engine_rig_file(r, "connections/rx.json", text);
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_shut(r);
	run = leave_thin_run(r, 120);
	engine_rig_open(r, false);
	sl_msg_free(engine_rig_ok(r, sl_resume(r->engine, run)));
	s = reach(r, run, "over");
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.acked, 240);
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"
						  " WHERE message_id LIKE 'thin-%'"),
			 120);
}

/* ---- only looking ----------------------------------------------------------------------------------------- */

static void
a_session_that_only_looks_leaves_no_trace(void **state)
{
	struct engine_rig *r = *state;
	char dir[300], away[300];
	struct sl_run_stats s;
	struct stat st;

	engine_rig_shut(r);
	(void)snprintf(dir, sizeof(dir), "%s/state", r->dir);
	(void)snprintf(away, sizeof(away), "%s/away", r->dir);
	assert_int_equal(rename(dir, away), 0);
	engine_rig_open(r, true);
	s = engine_rig_run(r, "users", SL_RUN_DRY);
	assert_string_equal(s.state, "settled");
	assert_true(s.run < 0 && s.adds == 50 && s.acked == 0);
	sl_msg_free(engine_rig_fail(r, sl_start(r->engine, "users", 0)));
	assert_int_equal(r->problem.exit_code, SL_EXIT_LOCKED);
	sl_msg_free(engine_rig_fail(r, sl_retry(r->engine, "users", NULL, 0)));
	assert_int_equal(r->problem.exit_code, SL_EXIT_LOCKED);
	sl_msg_free(engine_rig_fail(r, sl_stop(r->engine, 1)));
	sl_msg_free(engine_rig_fail(r, sl_delete(r->engine, SL_SYNC, "users")));
	engine_rig_shut(r);
	assert_int_equal(stat(dir, &st), -1);
	assert_int_equal(test_receiver_stats(r->rx).requests, 0);
	engine_rig_open(r, false);
}

/* ---- the disk ------------------------------------------------------------------------------------------- */

static struct sl_run_stats
start_when_there_is_room(struct engine_rig *r)
{
	for (int i = 0;; i++) {
		struct sl_msg *m = engine_rig_wait(r, sl_start(r->engine, "users", 0));
		const bool failed = m->failed;
		const int64_t run = sl_table_get_int(m->table, 0, "run");

		sl_msg_free(m);
		if (!failed)
			return engine_rig_settle(r, run);
		assert_true(i < 300);
		usleep(100000);
	}
}

/* A disk of this size, which is too small; it gets bigger. */
static void
fill_the_disk(struct engine_rig *r, const char *size, bool with_ballast)
{
	const int rows = with_ballast ? 30000 : 20000;
	struct sl_run_stats s;
	char dir[300];

	engine_rig_shut(r);
	(void)snprintf(dir, sizeof(dir), "%s/state", r->dir);
	if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, size) != 0) {
		print_message("needs the right to mount a small file system\n");
		engine_rig_open(r, false);
		skip();
	}
	engine_rig_users(r, rows);
	engine_rig_open(r, false);
	s = engine_rig_run(r, "users", 0);
	/* Without ballast it may be that not even this can be recorded. */
	if (with_ballast || strcmp(s.state, "failed") != 0)
		assert_string_equal(s.state, "paused");
	assert_int_equal(s.exit_code, SL_EXIT_STATE);
	assert_non_null(strstr(s.error, "full"));
	/* The ballast was there for what the destination had taken: all of it is recorded. */
	if (with_ballast)
		assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), s.acked);
	/* Nothing new begins. */
	sl_msg_free(engine_rig_fail(r, sl_start(r->engine, "users", 0)));
	assert_int_equal(r->problem.exit_code, SL_EXIT_STATE);
	assert_non_null(strstr(r->problem.message, "full"));
	assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV,
			       "size=100m,mode=700"),
			 0);
	/* The engine that saw it sees the room, too. */
	s = start_when_there_is_room(r);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.dead, 0);
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM users"), rows);
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), rows);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
	engine_rig_shut(r);
	assert_int_equal(umount(dir), 0);
}

static void
a_full_disk_pauses_the_run_and_loses_nothing(void **state)
{
	fill_the_disk(*state, "size=3m,mode=700", true);
}

static void
a_full_disk_without_ballast_loses_nothing(void **state)
{
	fill_the_disk(*state, "size=1m,mode=700", false);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_can_be_stopped_before_its_source_is_open),
		TEST(a_run_can_be_stopped_while_its_destination_asks_for_patience),
		TEST(a_paused_run_can_be_stopped),
		TEST(sources_that_do_not_answer_do_not_hold_up_a_stop),
		TEST(closing_does_not_wait_for_a_slow_destination),
		TEST(closing_does_not_wait_for_a_source_that_does_not_answer),
		TEST(closing_while_reading_forgets_no_row_that_was_sent),
		TEST(a_run_behind_one_that_is_held_does_not_wait_for_ever),
		TEST(a_run_that_waits_for_another_can_be_stopped),
		TEST(two_starts_at_once_make_one_run),
		TEST(a_paused_run_is_not_sent_to_another_destination),
		TEST(a_run_with_little_left_in_many_blocks_goes_on),
		TEST(a_session_that_only_looks_leaves_no_trace),
		TEST(a_full_disk_pauses_the_run_and_loses_nothing),
		TEST(a_full_disk_without_ballast_loses_nothing),
	};

	return cmocka_run_group_tests_name("trouble", tests, engine_rig_setup, engine_rig_teardown);
}
