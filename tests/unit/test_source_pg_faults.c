/* The PostgreSQL source when things go wrong: refused, cancelled, hanging, killed. */
#include "tests/lib/check.h"

#include "core/base/clock.h"
#include "tests/lib/pg.h"
#include "tests/lib/source_rig.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static struct test_pg *pg;

static int
set_up(void **state)
{
	*state = test_source_connected(pg, "postgres");
	return 0;
}

static int
tear_down(void **state)
{
	test_source_free(*state);
	return 0;
}

static void
refused_connections_say_why(void **state)
{
	struct test_source *s = test_source_pg(pg, "127.0.0.1", "postgres", "postgres");

	(void)state;
	s->secret = "not the password";
	assert_int_equal(test_source_open(s), SL_E_AUTH);
	assert_non_null(strstr(s->err.msg, "password authentication failed"));
	assert_non_null(strstr(s->err.msg, "(28P01)"));
	assert_null(strstr(s->err.msg, s->secret));
	test_source_free(s);

	s = test_source_pg(pg, "127.0.0.1", "postgres", "postgres");
	setenv("PGPASSFILE", "/nonexistent", 1);
	assert_int_equal(test_source_open(s), SL_E_AUTH);
	test_source_free(s);

	s = test_source_pg(pg, "localhost", "postgres", "postgres");
	s->secret = test_pg_password(pg);
	assert_int_equal(test_source_open(s), SL_OK);
	test_source_free(s);

	s = test_source_pg(pg, test_pg_host(pg), "no_such_database", "postgres");
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	assert_non_null(strstr(s->err.msg, "(3D000)"));
	test_source_free(s);

	s = test_source_pg(pg, "127.0.0.1", "postgres", "postgres");
	test_source_set(s, "sslmode", "verify-full");
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	assert_false(s->err.retryable);
	test_source_free(s);

	/* By this address it is another machine, for all we know: plain text only where one says so. */
	s = test_source_pg(pg, "0.0.0.0", "postgres", "postgres");
	s->secret = test_pg_password(pg);
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	assert_non_null(strstr(s->err.msg, "does not support SSL"));
	test_source_free(s);

	s = test_source_pg(pg, "0.0.0.0", "postgres", "postgres");
	s->secret = test_pg_password(pg);
	test_source_set(s, "sslmode", "disable");
	assert_int_equal(test_source_open(s), SL_OK);
	test_source_free(s);

	s = test_source_pg(pg, "/nonexistent", "postgres", "postgres");
	assert_int_equal(test_source_open(s), SL_E_NET);
	assert_true(s->err.retryable);
	test_source_free(s);

	s = test_source_pg(pg, "no-such-host.invalid", "postgres", "postgres");
	assert_int_equal(test_source_open(s), SL_E_NET);
	test_source_free(s);
}

/* Far from the 30 s that the queries below take, and enough for a busy machine. */
#define SOON_US 20000000

struct canceller {
	struct test_source *s;
	long after_ms;
};

static void *
cancel_later(void *arg)
{
	struct canceller *c = arg;

	nanosleep(&(struct timespec){ .tv_nsec = c->after_ms * 1000000 }, NULL);
	c->s->d->cancel(c->s->ctx);
	return NULL;
}

static void
cancel_ends_a_query_at_once(void **state)
{
	struct test_source *s = *state;
	struct canceller c = { s, 400 };
	pthread_t t;
	int64_t start = sl_mono_us();

	assert_int_equal(pthread_create(&t, NULL, cancel_later, &c), 0);
	test_source_refuses(s, "SELECT pg_sleep(30) AS a", SL_E_CANCELLED, "cancelled");
	pthread_join(t, NULL);
	assert_true(sl_mono_us() - start < SOON_US);
	/* The server stopped, too, and the connection is as good as before. */
	assert_text(
		test_source_rows(s, test_sql("SELECT count(*) FROM pg_stat_activity WHERE state = "
					     "'active' AND query LIKE '%pg_sleep(30)%' AND pid "
					     "<> pg_backend_pid()")),
		"0\n");
	start = sl_mono_us();
	assert_int_equal(pthread_create(&t, NULL, cancel_later, &c), 0);
	assert_int_equal(test_source_key(s, test_sql("SELECT pg_sleep(30)::text AS a"), "a"),
			 SL_E_CANCELLED);
	pthread_join(t, NULL);
	assert_true(sl_mono_us() - start < SOON_US);
	assert_text(test_source_rows(s, test_sql("SELECT 1 AS a")), "1\n");
}

static void
cancel_works_on_a_server_that_hangs(void **state)
{
	struct test_source *s = test_source_connected(pg, "postgres");
	struct canceller c = { s, 400 };
	struct sl_scan scan = { .model = test_table("public", "counted"), .batch_rows = 10 };
	struct sl_schema schema;
	struct sl_batch *b;
	pthread_t t;

	(void)state;
	assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_OK);
	test_pg_freeze(pg);
	int64_t start = sl_mono_us();
	assert_int_equal(pthread_create(&t, NULL, cancel_later, &c), 0);
	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_E_CANCELLED);
	pthread_join(t, NULL);
	assert_true(sl_mono_us() - start < SOON_US);
	s->d->end(s->ctx); /* gives the connection up */
	assert_true(sl_mono_us() - start < 2 * SOON_US);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_E_BUG);
	assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_E_NET);

	/* While connecting, too. */
	struct test_source *other = test_source_pg(pg, test_pg_host(pg), "postgres", "postgres");
	c = (struct canceller){ other, 400 };
	start = sl_mono_us();
	assert_int_equal(pthread_create(&t, NULL, cancel_later, &c), 0);
	assert_int_equal(test_source_open(other), SL_E_CANCELLED);
	pthread_join(t, NULL);
	assert_true(sl_mono_us() - start < SOON_US);
	test_source_free(other);

	other = test_source_pg(pg, test_pg_host(pg), "postgres", "postgres");
	test_source_set(other, "connect_timeout", "200ms");
	assert_int_equal(test_source_open(other), SL_E_TIMEOUT);
	test_source_free(other);
	test_pg_thaw(pg);
	test_source_free(s);
}

/* A connection of which only our half is left: nothing comes, and no error either. */
static void
a_server_that_falls_silent_is_no_end(void **state)
{
	struct test_source *s = test_source_pg(pg, test_pg_host(pg), "postgres", "postgres");
	struct sl_scan scan = { .model = test_sql("SELECT n, repeat('x', 200) AS x FROM "
						  "generate_series(1, 2000000) AS n") };
	struct sl_schema schema;
	struct sl_batch *b;
	enum sl_code code;
	int64_t start;

	(void)state;
	test_source_set(s, "silence_timeout", "3s");
	assert_int_equal(test_source_open(s), SL_OK);
	/* Rows that flow are no silence, nor is a query that takes less. */
	assert_text(test_source_rows(s, test_sql("SELECT count(*) FROM (SELECT pg_sleep(0.1) FROM "
						 "generate_series(1, 2)) AS s")),
		    "2\n");
	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_OK);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_OK);
	sl_batch_free(b);
	test_pg_freeze(pg);
	start = sl_mono_us();
	while ((code = s->d->next(s->ctx, &b, &s->err)) == SL_OK)
		sl_batch_free(b);
	assert_int_equal(code, SL_E_TIMEOUT);
	assert_true(s->err.retryable);
	assert_non_null(strstr(s->err.msg, "sent nothing"));
	s->d->end(s->ctx);
	assert_true(sl_mono_us() - start < SOON_US);
	test_pg_thaw(pg);
	test_source_free(s);
}

static void
statement_timeout_is_its_own_error(void **state)
{
	struct test_source *s = test_source_pg(pg, test_pg_host(pg), "postgres", "postgres");

	(void)state;
	test_source_set(s, "statement_timeout", "1s");
	assert_int_equal(test_source_open(s), SL_OK);
	test_source_refuses(s, "SELECT pg_sleep(30) AS a", SL_E_TIMEOUT, "statement timeout");
	test_source_free(s);
}

static void
a_backend_that_is_terminated_is_no_end(void **state)
{
	struct test_source *s = test_source_connected(pg, "postgres");

	(void)state;
	test_source_refuses(
		s,
		"SELECT n, CASE WHEN n = 5000 THEN pg_terminate_backend(pg_backend_pid()) END AS x "
		"FROM generate_series(1, 1000000) AS n",
		SL_E_NET, "(57P01)");
	assert_true(s->err.retryable);
	assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_E_NET);
	test_source_free(s);
}

/* The snapshot knows the old table, the query reads the new one: none of its rows, or some. */
static void
a_table_that_changes_after_the_snapshot_is_no_table(void **state)
{
	static const struct {
		const char *sql;
		bool harmless;
	} changes[] = {
		{ "CREATE TABLE fresh AS SELECT * FROM built; ALTER TABLE built RENAME TO old;"
		  "ALTER TABLE fresh RENAME TO built; CREATE OR REPLACE VIEW seen AS TABLE built",
		  false },
		{ "TRUNCATE built", false },
		{ "DROP VIEW seen; ALTER TABLE built ALTER id TYPE bigint USING id + 1;"
		  "CREATE VIEW seen AS TABLE built",
		  false },
		{ "INSERT INTO built VALUES (4)", true },
		{ "CREATE INDEX ON built (id); ANALYZE built", true },
	};
	const struct sl_model models[] = { test_table("public", "built"),
					   test_sql("SELECT * FROM public.seen") };
	struct test_source *s = *state;

	for (size_t i = 0; i < SL_COUNT(changes) * 2; i++) {
		char *text;

		test_pg_sql(pg, NULL,
			    "DROP VIEW IF EXISTS seen; DROP TABLE IF EXISTS built, old;"
			    "CREATE TABLE built AS SELECT n AS id FROM generate_series(1, 3) n;"
			    "CREATE VIEW seen AS TABLE built");
		assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_OK);
		test_pg_sql(pg, NULL, changes[i / 2].sql);
		text = test_source_rows(s, models[i % 2]);
		if (changes[i / 2].harmless) {
			assert_text(text, "1\n2\n3\n");
			continue;
		}
		assert_null(text);
		assert_int_equal(s->err.code, SL_E_PROTO);
		assert_true(s->err.retryable);
		assert_non_null(strstr(s->err.msg, " was replaced, emptied or altered"));
	}
}

/* Last of all: the server is gone afterwards. */
static void
a_server_that_dies_is_no_end(void **state)
{
	struct test_source *s = test_source_connected(pg, "postgres");
	struct sl_scan scan = { .model = test_sql("SELECT n, repeat('x', 200) AS x FROM "
						  "generate_series(1, 2000000) AS n") };
	struct sl_schema schema;
	struct sl_batch *b;
	enum sl_code code = SL_OK;
	uint32_t batches = 0;

	(void)state;
	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_OK);
	while ((code = s->d->next(s->ctx, &b, &s->err)) == SL_OK) {
		sl_batch_free(b);
		if (++batches == 3)
			test_pg_kill(pg);
	}
	assert_int_equal(code, SL_E_NET);
	assert_true(s->err.retryable && batches < 2000);
	s->d->end(s->ctx);
	test_source_free(s);
}

static int
start(void **state)
{
	(void)state;
	pg = test_pg_start(TEST_PG_TCP);
	test_pg_sql(pg, NULL,
		    "CREATE TABLE counted AS SELECT n AS id FROM generate_series(1, 1000) AS n");
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	test_pg_stop(pg);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_connections_say_why),
		TEST(cancel_ends_a_query_at_once),
		TEST(cancel_works_on_a_server_that_hangs),
		TEST(a_server_that_falls_silent_is_no_end),
		TEST(statement_timeout_is_its_own_error),
		TEST(a_backend_that_is_terminated_is_no_end),
		TEST(a_table_that_changes_after_the_snapshot_is_no_table),
		cmocka_unit_test(a_server_that_dies_is_no_end),
	};

	return cmocka_run_group_tests_name("source_pg_faults", tests, start, stop);
}
