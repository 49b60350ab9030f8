/* test_store.c - the state: transactions, runs, blocks, verdicts, the end of a run, who may open it. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYNC "users"

static int
setup(void **state)
{
	struct srig *r = malloc(sizeof *r);

	assert_non_null(r);
	srig_make(r);
	srig_open(r);
	*state = r;
	return 0;
}

static int
teardown(void **state)
{
	srig_remove(*state);
	free(*state);
	return 0;
}

/* A run of n added rows from `first` on, in blocks of 10. */
static int64_t
planned(struct srig *r, uint64_t first, uint32_t n)
{
	int64_t run = srig_run(r, SYNC);

	for (uint32_t no = 0; no * 10 < n; no++) {
		struct sl_block *b = srig_block(run, no, 10);

		for (uint32_t i = no * 10; i < n && i < no * 10 + 10; i++)
			srig_event(b, SL_OP_ADD, first + i, 1, 0);
		srig_put(r, SYNC, b);
	}
	return run;
}

/* Give every pending event of a block a verdict, in a transaction of its own. */
static void
answer(struct srig *r, int64_t run, uint32_t no, enum sl_verdict v)
{
	struct sl_block *b;

	srig_ok(sl_store_block_get(r->s, run, no, &b, &r->err));
	srig_begin(r);
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->verdicts[i] != SL_V_PENDING)
			continue;
		b->verdicts[i] = (uint8_t)v;
		if (v == SL_V_DEAD)
			srig_dead(r, SYNC, b, i);
	}
	srig_ok(sl_store_verdicts_put(r->s, b, &r->err));
	srig_commit(r);
	sl_block_free(b);
}

static size_t
snapshot_size(struct srig *r)
{
	struct sl_snap *snap;
	size_t n;

	srig_ok(srig_snapshot(r->s, SYNC, &snap, &n, &r->err));
	free(snap);
	return n;
}

/* Behind the back of the state, which is closed. */
static void
run_sql(const struct srig *r, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(srig_path(r, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_files_are_private(void **state)
{
	struct srig *r = *state;
	static const char *const names[] = { "state.db", "state.db-wal", "state.db-shm",
					     "state.lock" };
	struct stat st;

	srig_sync(r, SYNC, 1);
	for (size_t i = 0; i < SL_COUNT(names); i++) {
		assert_int_equal(stat(srig_path(r, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	srig_close(r);
	(void)snprintf(r->dir + strlen(r->dir), 8, "/a/b");
	srig_open(r);
	assert_int_equal(stat(r->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	srig_remove(r);
	r->dir[strlen(r->dir) - 4] = 0;
}

static void
test_rollback_and_reopen(void **state)
{
	struct srig *r = *state;
	struct sl_sync_state sync;
	uint8_t seed[32], again[32];
	struct sl_run run = { .sync = SYNC, .kind = "run" };

	srig_is(sl_store_sync_get(r->s, SYNC, &sync, &r->err), SL_E_NOTFOUND);
	srig_begin(r);
	srig_ok(sl_store_sync(r->s, SYNC, (struct sl_digest){ 1, 1 }, &sync, &r->err));
	sl_store_rollback(r->s);
	srig_is(sl_store_sync_get(r->s, SYNC, &sync, &r->err), SL_E_NOTFOUND);
	srig_is(sl_store_run_new(r->s, &run, &r->err), SL_E_BUG); /* no transaction */
	srig_sync(r, SYNC, 1);
	srig_ok(sl_store_seed(r->s, seed, &r->err));
	srig_close(r);
	srig_open(r);
	srig_ok(sl_store_sync_get(r->s, SYNC, &sync, &r->err));
	assert_int_equal(sync.epoch, 1);
	assert_false(sync.baseline);
	srig_ok(sl_store_seed(r->s, again, &r->err));
	assert_memory_equal(seed, again, sizeof seed);
}

static void
test_block_comes_back(void **state)
{
	struct srig *r = *state;
	struct sl_block *b;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, 3);
	srig_event(b, SL_OP_ADD, 1, 5, 0);
	srig_event(b, SL_OP_UPDATE, 2, 6, 4);
	srig_event(b, SL_OP_REMOVE, 3, 0, 9);
	b->rows_read = 77;
	srig_put(r, SYNC, b);
	srig_is(sl_store_block_get(r->s, run, 1, &b, &r->err), SL_E_NOTFOUND);
	srig_ok(sl_store_block_get(r->s, run, 0, &b, &r->err));
	assert_int_equal(b->n, 3);
	assert_int_equal(b->rows_read, 77);
	assert_int_equal(b->run_id, run);
	assert_str(((struct sl_str){ b->body + b->events[1].off, b->events[1].len }),
		   "{\"row\":2,\"value\":6}");
	assert_str(((struct sl_str){ b->keys + b->events[2].koff, b->events[2].klen }), "[\"3\"]");
	assert_int_equal(b->events[1].version, 4);
	assert_int_equal(b->events[2].op, SL_OP_REMOVE);
	assert_true(sl_digest_eq(b->events[0].key, srig_key(1)));
	assert_true(sl_digest_eq(b->events[0].row, srig_value(5)));
	assert_int_equal(b->verdicts[0], SL_V_PENDING);
	sl_block_free(b);
}

static void
test_counters_follow_verdicts(void **state)
{
	struct srig *r = *state;
	uint32_t pending[8], n;
	struct sl_run run;
	int64_t id;

	srig_sync(r, SYNC, 1);
	id = planned(r, 0, 25);
	srig_ok(sl_store_pending_blocks(r->s, id, 0, 8, pending, &n, &r->err));
	assert_int_equal(n, 3);
	answer(r, id, 0, SL_V_ACKED);
	answer(r, id, 2, SL_V_DEAD);
	srig_ok(sl_store_pending_blocks(r->s, id, 0, 8, pending, &n, &r->err));
	assert_int_equal(n, 1);
	assert_int_equal(pending[0], 1);
	srig_ok(sl_store_run_get(r->s, id, &run, &r->err));
	assert_int_equal(run.blocks, 3);
	assert_int_equal(run.adds, 25);
	assert_int_equal(run.acked, 10);
	assert_int_equal(run.dead, 5);
	run = srig_end(r, id, SL_RUN_CANCELLED, -1);
	assert_int_equal(run.cancelled, 10);
	assert_int_equal(run.acked, 10);
	assert_true(run.ended_us > 0);
	assert_int_equal(snapshot_size(r), 10);
}

static void
test_final_verdict_stays(void **state)
{
	struct srig *r = *state;
	struct sl_block *b;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 10);
	answer(r, run, 0, SL_V_ACKED);
	srig_ok(sl_store_block_get(r->s, run, 0, &b, &r->err));
	b->verdicts[3] = SL_V_CANCELLED;
	srig_begin(r);
	srig_is(sl_store_verdicts_put(r->s, b, &r->err), SL_E_BUG);
	sl_store_rollback(r->s);
	sl_block_free(b);
	assert_int_equal(snapshot_size(r), 10);
}

/* The version and value that the destination may hold of a row without having said so. */
static void
check_unsure(struct srig *r, uint64_t row, uint64_t value, uint32_t version)
{
	const struct sl_snap *e;
	struct sl_snap *list;
	size_t n;

	srig_ok(sl_store_unsure(r->s, SYNC, &list, &n, &r->err));
	assert_int_equal(n, 10);
	e = srig_find(list, n, row);
	assert_non_null(e);
	assert_true(sl_digest_eq(e->row, srig_value(value)));
	assert_int_equal(e->version, version);
	free(list);
}

static void
test_unacknowledged_events_are_remembered(void **state)
{
	struct srig *r = *state;
	struct sl_block *b;
	struct sl_snap *snap;
	int64_t run;
	size_t n;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 10); /* value 1, version 0 */
	srig_end(r, run, SL_RUN_CANCELLED, 0);
	check_unsure(r, 3, 1, 0);
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, 5);
	for (uint32_t i = 0; i < 5; i++)
		srig_event(b, SL_OP_ADD, i, 2, 1);
	srig_verdicts(b, SL_V_CANCELLED);
	b->verdicts[0] = SL_V_ACKED;
	srig_put(r, SYNC, b);
	srig_end(r, run, SL_RUN_SETTLED, 0); /* keeps no event: folded and erased */
	check_unsure(r, 3, 2, 1);
	check_unsure(r, 7, 1, 0);
	srig_ok(srig_snapshot(r->s, SYNC, &snap, &n, &r->err));
	assert_int_equal(n, 1);
	assert_int_equal(snap[0].version, 2); /* beyond what its acknowledged event had */
	free(snap);
	srig_sync(r, SYNC, 2); /* another destination knows nothing of all that */
	srig_ok(sl_store_unsure(r->s, SYNC, &snap, &n, &r->err));
	assert_int_equal(n, 0);
	free(snap);
}

/* Is the newest unacknowledged event of the row in doubt? */
static bool
in_doubt(struct srig *r, uint64_t row)
{
	const struct sl_snap *e;
	struct sl_snap *list;
	size_t n;
	bool doubt;

	srig_ok(sl_store_unsure(r->s, SYNC, &list, &n, &r->err));
	e = srig_find(list, n, row);
	assert_non_null(e);
	doubt = e->seen == e->version + 1;
	assert_true(doubt || e->seen == 0);
	free(list);
	return doubt;
}

static void
test_doubt_outlives_the_run_and_its_events(void **state)
{
	struct srig *r = *state;
	struct sl_arena *a = sl_arena_new(4096, 0);
	struct sl_digest key;
	struct sl_str text;
	struct sl_block *b;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, 10);
	for (uint32_t i = 0; i < 10; i++)
		srig_event(b, SL_OP_ADD, i, 1, 0);
	key = b->events[4].key;
	b->verdicts[4] |= SL_V_DOUBT; /* pending, and sent once without an answer */
	srig_put(r, SYNC, b);
	srig_end(r, run, SL_RUN_CANCELLED, 0); /* keeps no event */
	assert_true(in_doubt(r, 4));
	assert_false(in_doubt(r, 5));
	srig_ok(sl_store_keys(r->s, SYNC, &key, 1, a, &text, &r->err));
	assert_true(text.len > 0); /* for its remove */
	sl_arena_free(a);
}

static void
test_an_interrupted_run_is_in_doubt(void **state)
{
	struct srig *r = *state;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 30);
	answer(r, run, 0, SL_V_DEAD);
	srig_begin(r);
	srig_ok(sl_store_run_doubt(r->s, run, 2, &r->err)); /* the last block was not looked into */
	srig_commit(r);
	srig_end(r, run, SL_RUN_CANCELLED, 0);
	assert_false(in_doubt(r, 5)); /* it was answered */
	assert_true(in_doubt(r, 15));
	assert_false(in_doubt(r, 25));
}

static void
refused_end(struct srig *r, int64_t id, enum sl_run_state to)
{
	struct sl_run run, after;

	srig_ok(sl_store_run_get(r->s, id, &run, &r->err));
	srig_begin(r);
	srig_is(sl_store_run_end(r->s, &run, to, SL_V_PENDING, 0, &r->err), SL_E_CORRUPT);
	srig_commit(r);
	srig_ok(sl_store_run_get(r->s, id, &after, &r->err));
	assert_memory_equal(&run, &after, sizeof run);
}

static void
test_failed_before_its_sync(void **state)
{
	struct srig *r = *state;
	struct sl_run run = srig_end(r, srig_run(r, "never"), SL_RUN_FAILED, 0);

	assert_int_equal(run.state, SL_RUN_FAILED);
}

static void
test_end_must_add_up(void **state)
{
	struct srig *r = *state;
	struct sl_block *b;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 20);
	answer(r, run, 0, SL_V_ACKED);
	refused_end(r, run, SL_RUN_SETTLED); /* ten events have no verdict */
	assert_non_null(strstr(r->err.msg, "10 pending"));
	srig_ok(sl_store_block_get(r->s, run, 1, &b, &r->err));
	srig_verdicts(b, SL_V_DEAD); /* without dead letters */
	srig_begin(r);
	srig_ok(sl_store_verdicts_put(r->s, b, &r->err));
	srig_commit(r);
	sl_block_free(b);
	refused_end(r, run, SL_RUN_SETTLED);
	assert_non_null(strstr(r->err.msg, "dead letters"));
}

/* Nothing is mended: the verdicts and the counters of a run are two accounts of the same. */
static void
test_counters_that_lie_are_found(void **state)
{
	static const char *const lies[] = { "acked=acked-1",         "acked=acked+1",
					    "updates=updates+1",     "adds=adds-1, updates=1",
					    "superseded=1, acked=9", "adds=9, acked=9" };
	struct srig *r = *state;
	char sql[120];

	srig_sync(r, SYNC, 1);
	for (size_t i = 0; i < SL_COUNT(lies); i++) {
		int64_t run = planned(r, 10 * i, 10);

		answer(r, run, 0, SL_V_ACKED);
		(void)snprintf(sql, sizeof sql, "UPDATE run SET %s WHERE id=%lld", lies[i],
			       (long long)run);
		srig_close(r);
		run_sql(r, sql);
		srig_open(r);
		refused_end(r, run, SL_RUN_SETTLED);
		assert_non_null(strstr(r->err.msg, "does not add up"));
	}
}

static void
test_paused_run_goes_on(void **state)
{
	struct srig *r = *state;
	struct sl_run open[4], run;
	uint32_t n;
	int64_t id;

	srig_sync(r, SYNC, 1);
	id = planned(r, 0, 20);
	answer(r, id, 1, SL_V_ACKED);
	run = srig_end(r, id, SL_RUN_PAUSED, 0);
	assert_int_equal(run.ended_us, 0);
	srig_ok(sl_store_open_runs(r->s, 4, open, &n, &r->err));
	assert_int_equal(n, 1);
	assert_int_equal(open[0].id, id);
	assert_int_equal(open[0].state, SL_RUN_PAUSED);
	answer(r, id, 0, SL_V_ACKED);
	run = srig_end(r, id, SL_RUN_SETTLED, 0);
	assert_int_equal(run.acked, 20);
	srig_ok(sl_store_open_runs(r->s, 4, open, &n, &r->err));
	assert_int_equal(n, 0);
}

static void
test_settled_run_is_baseline(void **state)
{
	struct srig *r = *state;
	struct sl_sync_state sync;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 20);
	answer(r, run, 0, SL_V_ACKED);
	srig_end(r, run, SL_RUN_FAILED, -1);
	srig_ok(sl_store_sync_get(r->s, SYNC, &sync, &r->err));
	assert_false(sync.baseline);
	assert_int_equal(sync.rows, 10);
	run = planned(r, 10, 10);
	answer(r, run, 0, SL_V_ACKED);
	srig_end(r, run, SL_RUN_SETTLED, -1);
	srig_ok(sl_store_sync_get(r->s, SYNC, &sync, &r->err));
	assert_true(sync.baseline);
	assert_int_equal(sync.rows, 20);
	assert_int_equal(sync.last_run_id, run);
}

static void
test_other_destination_starts_anew(void **state)
{
	struct srig *r = *state;
	struct sl_sync_state sync;
	struct sl_str body;
	struct sl_arena *a = sl_arena_new(4096, 0);
	uint64_t open;
	int64_t run;

	srig_sync(r, SYNC, 1);
	run = planned(r, 0, 20);
	answer(r, run, 0, SL_V_ACKED);
	answer(r, run, 1, SL_V_DEAD);
	srig_end(r, run, SL_RUN_SETTLED, -1);
	srig_ok(sl_store_last_body(r->s, SYNC, srig_key(1), 0, a, &body, &r->err));
	sync = srig_sync(r, SYNC, 2);
	assert_int_equal(sync.epoch, 2);
	assert_int_equal(sync.rows, 0);
	assert_false(sync.baseline);
	assert_int_equal(snapshot_size(r), 0);
	srig_ok(sl_store_dead_count(r->s, SYNC, &open, &r->err));
	assert_int_equal(open, 0);
	srig_is(sl_store_last_body(r->s, SYNC, srig_key(1), 0, a, &body, &r->err), SL_E_NOTFOUND);
	run = planned(r, 5, 10);
	answer(r, run, 0, SL_V_ACKED);
	srig_end(r, run, SL_RUN_SETTLED, -1);
	assert_int_equal(snapshot_size(r), 10);
	sl_arena_free(a);
}

static void
test_nothing_kept(void **state)
{
	struct srig *r = *state;
	struct sl_block *b;
	struct sl_run run;
	int64_t id;

	srig_sync(r, SYNC, 1);
	id = planned(r, 0, 300);
	for (uint32_t no = 0; no < 30; no++)
		answer(r, id, no, SL_V_ACKED);
	srig_end(r, id, SL_RUN_SETTLED, 0);
	srig_is(sl_store_block_get(r->s, id, 0, &b, &r->err), SL_E_NOTFOUND);
	assert_int_equal(snapshot_size(r), 300);
	id = srig_run(r, SYNC); /* too small a change to fold: the body goes all the same */
	b = srig_block(id, 0, 1);
	srig_event(b, SL_OP_UPDATE, 3, 2, 1);
	srig_verdicts(b, SL_V_ACKED);
	srig_put(r, SYNC, b);
	run = srig_end(r, id, SL_RUN_SETTLED, 0);
	assert_int_equal(run.updates, 1);
	srig_is(sl_store_block_get(r->s, id, 0, &b, &r->err), SL_E_NOTFOUND);
	assert_int_equal(snapshot_size(r), 300);
}

static void
test_run_history(void **state)
{
	struct srig *r = *state;
	struct sl_run runs[4];
	int64_t ids[4];
	uint32_t n;

	srig_sync(r, "a", 1);
	srig_sync(r, "b", 1);
	for (int i = 0; i < 4; i++)
		ids[i] = srig_run(r, i % 2 ? "b" : "a");
	srig_ok(sl_store_runs(r->s, NULL, 0, 4, runs, &n, &r->err));
	assert_int_equal(n, 4);
	assert_int_equal(runs[0].id, ids[3]);
	srig_ok(sl_store_runs(r->s, "a", 0, 4, runs, &n, &r->err));
	assert_int_equal(n, 2);
	assert_int_equal(runs[0].id, ids[2]);
	assert_string_equal(runs[0].sync, "a");
	srig_ok(sl_store_runs(r->s, NULL, ids[2], 1, runs, &n, &r->err));
	assert_int_equal(n, 1);
	assert_int_equal(runs[0].id, ids[1]);
	srig_is(sl_store_run_get(r->s, 99, runs, &r->err), SL_E_NOTFOUND);
}

static void
test_run_is_saved(void **state)
{
	struct srig *r = *state;
	struct sl_run run, back;

	srig_sync(r, SYNC, 1);
	srig_ok(sl_store_run_get(r->s, srig_run(r, SYNC), &run, &r->err));
	run.state = SL_RUN_HELD;
	run.planned_all = run.removes_held = true;
	run.started_us = 5;
	run.planned_us = 6;
	run.rows_read = 10;
	run.same = 7;
	run.still_dead = 1;
	run.skipped = 2;
	run.requests = 3;
	run.retries = 4;
	run.bytes_sent = 1u << 31;
	(void)snprintf(run.error, sizeof run.error, "held");
	(void)snprintf(run.details, sizeof run.details, "public.users");
	srig_begin(r);
	srig_ok(sl_store_run_save(r->s, &run, &r->err));
	srig_ok(sl_store_audit(r->s, "ana", "confirm", "run 1", "12 removes", &r->err));
	srig_commit(r);
	srig_ok(sl_store_run_get(r->s, run.id, &back, &r->err));
	assert_memory_equal(&run, &back, sizeof run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_are_private, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback_and_reopen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_block_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters_follow_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_final_verdict_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_before_its_sync, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unacknowledged_events_are_remembered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_end_must_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters_that_lie_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paused_run_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doubt_outlives_the_run_and_its_events, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_interrupted_run_is_in_doubt, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_settled_run_is_baseline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_destination_starts_anew, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_run_history, setup, teardown),
		cmocka_unit_test_setup_teardown(test_run_is_saved, setup, teardown),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
