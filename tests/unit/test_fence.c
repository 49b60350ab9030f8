/* test_fence.c - how the place of a cursor moves: the rules alone, and the rules with a real server and
 * transactions that commit late. The two orders of steps that lose rows are here for good: each schedule
 * is run in the right order, which delivers the late row, and in the wrong one, which does not, so that
 * the schedule is known to tell them apart. */
#include "core/engine/fence.h"
#include "tests/lib/check.h"
#include "tests/lib/pg.h"
#include "tests/lib/session.h"
#include "tests/lib/source_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the rules alone --------------------------------------------------------------------------- */

static struct sl_fence
seen(const char *before, const char *after, uint64_t xmin, uint64_t xmax)
{
	return (struct sl_fence){ .kind = SL_FENCE_OPEN,
				  .before = sl_str(before),
				  .after = sl_str(after),
				  .xmin = xmin,
				  .xmax = xmax };
}

static struct sl_cursor_place
move(const struct sl_cursor_place *was, const struct sl_fence *f, const char *top)
{
	const struct sl_sight now = { SL_PROMISE_FENCED, f, sl_str(top), 77 };
	struct sl_cursor_place after;

	sl_fence_move(was, &now, &after);
	return after;
}

static void
the_first_run_makes_a_candidate(void **state)
{
	const struct sl_cursor_place none = { 0 };
	const struct sl_fence f = seen("1/1=10", "1/1=10 2/5=20", 90, 100);
	const struct sl_cursor_place p = move(&none, &f, "42");

	(void)state;
	assert_null(p.low.ptr);
	assert_str(p.next, "42");
	assert_str(p.open, "1/1=10 2/5=20");
	assert_int_equal(p.xmax, 100);
	assert_int_equal(p.at_us, 77);
	assert_false(sl_fence_passed(&none, &f));
}

static void
a_candidate_waits_for_every_transaction(void **state)
{
	const struct sl_cursor_place was = { .low = SL_LIT("7"),
					     .next = SL_LIT("42"),
					     .open = SL_LIT("1/1=10 2/5=20"),
					     .xmax = 100,
					     .at_us = 5 };
	const struct {
		struct sl_fence f;
		bool passes;
	} cases[] = {
		{ seen("", "", 100, 100), true },
		{ seen("3/1=30 1/2=10", "9/9=9", 100, 180),
		  true }, /* others; another of process 10 */
		{ seen("2/5=20", "", 100, 180), false },
		{ seen("3/3=1 1/1=10", "", 100, 180), false },
		{ seen("1/10=10 12/5=20", "", 100, 180), true }, /* names as wholes, not as parts */
		{ seen("", "1/1=10", 100, 180),
		  true },                         /* the look after the snapshot says nothing */
		{ seen("", "", 99, 180), false }, /* it has a number and is not over */
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		const struct sl_cursor_place p = move(&was, &cases[i].f, "60");

		assert_int_equal(sl_fence_passed(&was, &cases[i].f), cases[i].passes);
		assert_str(p.low, cases[i].passes ? "42" : "7");
		assert_str(p.next, cases[i].passes ? "60" : "42");
		assert_int_equal(p.xmax, cases[i].passes ? cases[i].f.xmax : 100);
		assert_int_equal(p.at_us, cases[i].passes ? 77 : 5);
	}
}

static void
prepared_transactions_hold_the_candidate(void **state)
{
	const struct sl_cursor_place was = { .low = SL_LIT("7"),
					     .next = SL_LIT("42"),
					     .xmax = 100 };
	struct sl_fence f = seen("", "", 100, 100);

	(void)state;
	f.prepared = 1;
	assert_false(sl_fence_passed(&was, &f));
	assert_str(move(&was, &f, "60").low, "7");
	assert_str(move(&was, &f, "60").next, "42");
}

static void
nothing_new_leaves_the_place(void **state)
{
	const struct sl_cursor_place was = { .low = SL_LIT("7"),
					     .next = SL_LIT("42"),
					     .xmax = 100 };
	const struct sl_fence f = seen("", "", 100, 100);
	struct sl_cursor_place p = move(&was, &f, NULL);

	(void)state;
	assert_str(p.low, "42");
	assert_null(p.next.ptr);
	p = move(&p, &f, NULL);
	assert_str(p.low, "42");
}

static void
a_lag_needs_no_candidate(void **state)
{
	const struct sl_cursor_place was = { .low = SL_LIT("7"),
					     .open = SL_LIT("1/1=10"),
					     .at_us = 5 };
	const struct sl_fence pinned = seen("1/1=10", "1/1=10 4/4=40", 1, 2);
	const struct sl_fence over = seen("", "4/4=40", 1, 2);
	struct sl_sight now = { SL_PROMISE_LAGGED, &pinned, SL_LIT("30"), 77 };
	struct sl_cursor_place p;
	struct sl_buf pids;

	(void)state;
	sl_fence_move(&was, &now, &p);
	assert_str(p.low, "30");
	assert_null(p.next.ptr);
	/* Since when it is open is remembered, for the warning. */
	assert_int_equal(p.at_us, 5);
	sl_buf_init(&pids, 0);
	assert_int_equal(sl_fence_pinned(&was, &pinned, &pids), 1);
	assert_string_equal(sl_buf_cstr(&pids), "10");
	sl_buf_free(&pids);
	now.fence = &over;
	sl_fence_move(&was, &now, &p);
	assert_int_equal(p.at_us, 77);
	now.promise = SL_PROMISE_BEST_EFFORT;
	sl_fence_move(&was, &now, &p);
	assert_str(p.low, "30");
}

static void
writers_that_take_turns_need_none_either(void **state)
{
	const struct sl_cursor_place was = { .low = SL_LIT("7") };
	const struct sl_fence f = { .kind = SL_FENCE_SERIAL };

	(void)state;
	assert_str(move(&was, &f, "42").low, "42");
}

static void
another_server_is_noticed(void **state)
{
	const struct sl_cursor_place was = { .xmax = 100, .origin = SL_LIT("77/00000001") };
	struct sl_fence f = seen("", "", 100, 100);

	(void)state;
	assert_false(sl_fence_is_other(&was, &f));
	f.origin = SL_LIT("77/00000001");
	assert_false(sl_fence_is_other(&was, &f));
	f.origin = SL_LIT("77/00000002"); /* a standby has taken over */
	assert_true(sl_fence_is_other(&was, &f));
	f = seen("", "", 90, 99); /* a backup was restored */
	assert_true(sl_fence_is_other(&was, &f));
}

/* ---- with a server ----------------------------------------------------------------------------- */

static struct test_pg *pg;

/* A reader with a place, and what it has delivered: a bit for each id below 32. */
struct reader {
	struct test_source *s;
	struct sl_cursor_place place;
	uint32_t got;
};

static int
setup(void **state)
{
	pg = test_pg_start(0);
	(void)state;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_pg_stop(pg);
	return 0;
}

static int
fresh(void **state)
{
	struct reader *r = calloc(1, sizeof *r);

	/* The sequence has written ahead in its log: nextval() alone needs no transaction number. */
	test_pg_sql(pg, NULL,
		    "DROP TABLE IF EXISTS t; DROP SEQUENCE IF EXISTS ver; CREATE SEQUENCE ver;"
		    "CREATE TABLE t (id int PRIMARY KEY, ver bigint DEFAULT nextval('ver'));"
		    "SELECT nextval('ver')");
	assert_non_null(r);
	r->s = test_source_connected(pg, "postgres");
	*state = r;
	return 0;
}

static int
drop(void **state)
{
	struct reader *r = *state;

	test_source_free(r->s);
	free(r);
	return 0;
}

static const struct sl_model table = { .schema = { "public", 6 }, .table = { "t", 1 } };

/* Reads from low on in the snapshot that is open, and delivers. */
static struct sl_str
read_from(struct reader *r, struct sl_str low)
{
	const struct sl_str id = SL_LIT("id");
	const struct sl_from from = { .column = SL_LIT("ver"), .low = low };
	const struct sl_scan scan = { .model = table, .columns = &id, .ncolumns = 1, .from = from };
	struct sl_reach reach;
	char *rows, *next;

	assert_int_equal(r->s->d->reach(r->s->ctx, r->s->a, &table, &from, &reach, &r->s->err),
			 SL_OK);
	rows = test_source_read(r->s, &scan);
	assert_non_null(rows);
	for (char *p = rows; *p; p = next + 1) {
		r->got |= 1u << strtol(p, &next, 10);
		assert_int_equal(*next, '\n');
	}
	free(rows);
	return reach.top;
}

static void
take_fence(struct test_source *s, struct sl_fence *f)
{
	if (s->d->fence(s->ctx, s->a, f, &s->err) != SL_OK)
		fail_msg("%s", s->err.msg);
	assert_int_equal(f->kind, SL_FENCE_OPEN);
}

static void
settle(struct reader *r, const struct sl_fence *f, struct sl_str top)
{
	const struct sl_sight now = { SL_PROMISE_FENCED, f, top, 1 };

	sl_fence_move(&r->place, &now, &r->place);
}

/* What happens while a run reads, after its snapshot was taken. */
struct meanwhile {
	struct test_session *session;
	const char *sql;
};

static void
happen(const struct meanwhile *m)
{
	if (m)
		test_session_do(m->session, m->sql);
}

typedef void run_fn(struct reader *r, const struct meanwhile *m);

static void
run_rightly(struct reader *r, const struct meanwhile *m)
{
	struct sl_fence f;
	struct sl_str top;

	take_fence(r->s, &f);
	happen(m);
	top = read_from(r, r->place.low);
	settle(r, &f, top);
}

/* The first mistake: the place moves on, then the run reads from it. */
static void
run_promoting_first(struct reader *r, const struct meanwhile *m)
{
	struct sl_fence f;
	struct sl_str top;

	take_fence(r->s, &f);
	happen(m);
	if (sl_fence_passed(&r->place, &f)) {
		r->place.low = r->place.next;
		r->place.next = (struct sl_str){ 0 };
	}
	top = read_from(r, r->place.low);
	settle(r, &f, top);
}

/* The second mistake: the open transactions are looked at after the snapshot was taken. */
static void
run_looking_late(struct reader *r, const struct meanwhile *m)
{
	struct test_source *other = test_source_connected(pg, "postgres");
	struct sl_fence f;
	struct sl_str top;

	assert_int_equal(r->s->d->begin_snapshot(r->s->ctx, &r->s->err), SL_OK);
	happen(m);
	take_fence(other, &f);
	other->d->end(other->ctx);
	/* The reader's own transaction is none that counts. */
	f.before = (struct sl_str){ sl_arena_strndup(r->s->a, "", 0), 0 };
	f.after = f.before;
	top = read_from(r, r->place.low);
	settle(r, &f, top);
	test_source_free(other);
}

/* A row below the candidate is committed before the next run: which rows are there after four runs? */
static uint32_t
late_commit(struct reader *r, run_fn *run)
{
	struct test_session *late = test_session_open(pg, "postgres");

	test_session_do(late, "BEGIN; INSERT INTO t VALUES (1)");
	test_pg_sql(pg, NULL, "INSERT INTO t VALUES (2)");
	run(r, NULL);
	assert_int_equal(r->got, 1u << 2);
	test_session_do(late, "COMMIT");
	for (int i = 0; i < 3; i++)
		run(r, NULL);
	test_session_close(late);
	return r->got;
}

static void
a_late_commit_is_delivered(void **state)
{
	assert_int_equal(late_commit(*state, run_rightly), 1u << 1 | 1u << 2);
}

static void
promoting_before_the_read_would_lose_it(void **state)
{
	assert_int_equal(late_commit(*state, run_promoting_first), 1u << 2);
}

/* A transaction took its number before the first snapshot, writes between the two, and commits just after
 * the second was taken. It has no transaction number when the first is taken. */
static uint32_t
commit_after_the_snapshot(struct reader *r, run_fn *run)
{
	struct test_session *late = test_session_open(pg, "postgres");
	const struct meanwhile commits = { late, "COMMIT" };

	test_session_do(late, "BEGIN; SELECT set_config('my.ver', nextval('ver')::text, true)");
	test_pg_sql(pg, NULL, "INSERT INTO t VALUES (2)");
	run(r, NULL);
	test_session_do(late, "INSERT INTO t VALUES (1, current_setting('my.ver')::int)");
	run(r, &commits);
	for (int i = 0; i < 3; i++)
		run(r, NULL);
	test_session_close(late);
	return r->got;
}

static void
a_commit_after_the_snapshot_is_delivered(void **state)
{
	assert_int_equal(commit_after_the_snapshot(*state, run_rightly), 1u << 1 | 1u << 2);
}

static void
looking_after_the_snapshot_would_lose_it(void **state)
{
	assert_int_equal(commit_after_the_snapshot(*state, run_looking_late), 1u << 2);
}

static void
a_prepared_transaction_is_waited_for(void **state)
{
	struct reader *r = *state;
	struct test_session *late = test_session_open(pg, "postgres");

	test_session_do(late, "BEGIN; SELECT set_config('my.ver', nextval('ver')::text, true)");
	test_pg_sql(pg, NULL, "INSERT INTO t VALUES (2)");
	run_rightly(r, NULL);
	test_session_do(late, "INSERT INTO t VALUES (1, current_setting('my.ver')::int);"
			      "PREPARE TRANSACTION 'later'");
	for (int i = 0; i < 3; i++)
		run_rightly(r, NULL);
	assert_int_equal(r->got, 1u << 2);
	assert_null(r->place.low.ptr);
	test_session_do(late, "COMMIT PREPARED 'later'");
	run_rightly(r, NULL);
	assert_int_equal(r->got, 1u << 1 | 1u << 2);
	assert_non_null(r->place.low.ptr);
	test_session_close(late);
}

static void
ties_and_rollbacks(void **state)
{
	struct reader *r = *state;
	struct test_session *late = test_session_open(pg, "postgres");

	test_pg_sql(pg, NULL, "INSERT INTO t VALUES (5, 100), (6, 100)");
	for (int i = 0; i < 3; i++)
		run_rightly(r, NULL);
	assert_str(r->place.low, "100");
	/* The same cursor again, with a smaller key. */
	test_pg_sql(pg, NULL, "INSERT INTO t VALUES (4, 100)");
	test_session_do(late, "BEGIN; INSERT INTO t VALUES (7, 101)");
	run_rightly(r, NULL);
	test_session_do(late, "ROLLBACK");
	run_rightly(r, NULL);
	run_rightly(r, NULL);
	assert_int_equal(r->got, 1u << 4 | 1u << 5 | 1u << 6);
	assert_str(r->place.low, "100");
	test_session_close(late);
}

static void
the_look_finds_every_open_transaction_but_the_own(void **state)
{
	struct reader *r = *state;
	struct test_session *a = test_session_open(pg, "postgres");
	struct sl_fence f;
	char word[32];

	take_fence(r->s, &f);
	assert_int_equal(f.before.len, 0);
	assert_int_equal(f.after.len, 0);
	assert_true(f.xmin > 0 && f.xmax >= f.xmin);
	assert_true(f.origin.len > 9);
	r->s->d->end(r->s->ctx);
	/* It has read nothing and has no number; nextval() alone is enough to write late. */
	test_session_do(a, "BEGIN; SELECT nextval('ver')");
	take_fence(r->s, &f);
	(void)snprintf(word, sizeof word, "=%d", test_session_pid(a));
	assert_non_null(strstr(f.before.ptr, word));
	assert_non_null(strstr(f.after.ptr, word));
	r->s->d->end(r->s->ctx);
	test_session_close(a);
}

/* What the server was asked, in its order, by its own log. */
static void
the_look_comes_before_the_snapshot(void **state)
{
	struct reader *r = *state;
	char sql[200];
	struct sl_fence f;
	char *order;

	test_source_free(r->s);
	test_pg_sql(pg, NULL, "ALTER ROLE postgres SET log_statement='all'");
	r->s = test_source_connected(pg, "postgres");
	take_fence(r->s, &f);
	test_pg_sql(pg, NULL, "ALTER ROLE postgres RESET log_statement");
	r->s->d->end(r->s->ctx);
	(void)snprintf(sql, sizeof sql, "SELECT pg_read_file('%s/log')", test_pg_host(pg));
	order = test_pg_get(pg, NULL, sql);
	assert_non_null(order);
	const char *first = strstr(order, "SELECT pg_catalog.pg_is_in_recovery()");
	const char *prepared = strstr(order, "FROM pg_catalog.pg_prepared_xacts");
	const char *begin = strstr(order, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	assert_true(first && prepared && begin);
	assert_true(first < prepared && prepared < begin);
	assert_non_null(strstr(begin, "SELECT pg_catalog.pg_is_in_recovery()"));
	free(order);
}

static void
no_look_no_fence(void **state)
{
	struct reader *r = *state;
	struct sl_fence f;

	test_pg_sql(pg, NULL,
		    "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname='low') THEN"
		    " CREATE ROLE low LOGIN; END IF; END$$; REVOKE SELECT ON pg_locks FROM PUBLIC");
	test_source_free(r->s);
	r->s = test_source_pg(pg, test_pg_host(pg), "postgres", "low");
	assert_int_equal(test_source_open(r->s), SL_OK);
	assert_int_equal(r->s->d->fence(r->s->ctx, r->s->a, &f, &r->s->err), SL_OK);
	assert_int_equal(f.kind, SL_FENCE_NONE);
	assert_non_null(strstr(f.why.ptr, "refuses"));
	test_pg_sql(pg, NULL, "GRANT SELECT ON pg_locks TO PUBLIC");
	r->s->d->end(r->s->ctx);
	take_fence(r->s, &f);
}

int
main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, fresh, drop)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_run_makes_a_candidate),
		cmocka_unit_test(a_candidate_waits_for_every_transaction),
		cmocka_unit_test(prepared_transactions_hold_the_candidate),
		cmocka_unit_test(nothing_new_leaves_the_place),
		cmocka_unit_test(a_lag_needs_no_candidate),
		cmocka_unit_test(writers_that_take_turns_need_none_either),
		cmocka_unit_test(another_server_is_noticed),
		WITH(a_late_commit_is_delivered),
		WITH(promoting_before_the_read_would_lose_it),
		WITH(a_commit_after_the_snapshot_is_delivered),
		WITH(looking_after_the_snapshot_would_lose_it),
		WITH(a_prepared_transaction_is_waited_for),
		WITH(ties_and_rollbacks),
		WITH(the_look_finds_every_open_transaction_but_the_own),
		WITH(the_look_comes_before_the_snapshot),
		WITH(no_look_no_fence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
