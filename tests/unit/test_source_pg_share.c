/* One PostgreSQL table read by two connections, in parts, in one snapshot. */
#include "tests/lib/check.h"

#include "core/base/str.h"
#include "tests/lib/pg.h"
#include "tests/lib/source_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS 20000 /* of 1 kB: three parts */

static struct test_pg *pg;

struct pair {
	struct test_source *s[2];
	struct sl_split split;
	struct sl_schema schema;
};

static void
must(enum sl_code code, const struct test_source *s)
{
	if (code != SL_OK)
		fail_msg("%s: %s", sl_code_name(code), s->err.msg);
}

static int
set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	for (int i = 0; i < 2; i++)
		p->s[i] = test_source_connected(pg, "postgres");
	test_pg_sql(pg, NULL,
		    "SET client_min_messages = warning; DROP TABLE IF EXISTS wide CASCADE;"
		    "CREATE TABLE wide (id int PRIMARY KEY, rev int, fill text);"
		    "INSERT INTO wide SELECT n, 0, repeat('x', 1000)"
		    " FROM generate_series(1, 20000) n");
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	test_source_free(p->s[0]);
	test_source_free(p->s[1]);
	free(p);
	return 0;
}

static struct sl_model
wide(void)
{
	return test_table("public", "wide");
}

static void
split(struct pair *p, struct sl_model m)
{
	must(p->s[0]->d->split(p->s[0]->ctx, &m, &p->split, &p->s[0]->err), p->s[0]);
}

static void
share(struct pair *p)
{
	struct test_source *a = p->s[0], *b = p->s[1];
	struct sl_str token;

	split(p, wide());
	assert_int_equal(p->split.readers, 2);
	must(a->d->begin_snapshot(a->ctx, &a->err), a);
	must(a->d->share(a->ctx, a->a, &token, &a->err), a);
	must(b->d->join(b->ctx, token, &b->err), b);
}

static enum sl_code
begin(struct pair *p, int i, uint32_t part)
{
	static const struct sl_str columns[] = { { "id", 2 }, { "rev", 3 } };
	const struct sl_scan scan = {
		.model = wide(), .columns = columns, .ncolumns = 2, .part = p->split.parts[part]
	};
	struct test_source *s = p->s[i];

	return s->d->begin(s->ctx, s->a, &scan, &p->schema, &s->err);
}

/* The next batch of a context: each id is counted, each row is of the snapshot. */
static enum sl_code
take(struct pair *p, int i, unsigned char seen[ROWS + 1])
{
	struct test_source *s = p->s[i];
	struct sl_batch *b;
	enum sl_code code = s->d->next(s->ctx, &b, &s->err);

	if (code != SL_OK)
		return code;
	for (uint32_t r = 0; r < b->nrows; r++) {
		const struct sl_value *v = &b->cells[(size_t)r * 2];
		int64_t id = 0;

		assert_true(sl_str_to_i64((struct sl_str){ v[0].ptr, v[0].len }, &id));
		assert_in_range(id, 1, ROWS);
		assert_int_equal(v[1].len, 1);
		assert_int_equal(v[1].ptr[0], '0');
		seen[id]++;
	}
	sl_batch_free(b);
	return SL_OK;
}

static void
end(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		p->s[i]->d->end(p->s[i]->ctx);
}

/* What others do between two batches of ours; none of it is of the snapshot. */
static const char *const meanwhile[] = {
	"UPDATE wide SET rev = 1 WHERE id % 3 = 0",
	"DELETE FROM wide WHERE id % 5 = 0",
	"INSERT INTO wide SELECT n, 2, repeat('y', 1000) FROM generate_series(20001, 26000) n",
	"VACUUM wide",
	"UPDATE wide SET rev = 3 WHERE id > 10000",
	"VACUUM wide",
	/* Rows cannot be moved under a scan: what would do it has to wait. */
	("DO $$ BEGIN SET LOCAL lock_timeout = '50ms'; CLUSTER wide USING wide_pkey;"
	 " RAISE 'the table was written anew'; EXCEPTION WHEN lock_not_available THEN END $$"),
};

static void
every_row_comes_once_while_others_write(void **state)
{
	static unsigned char seen[ROWS + 1];
	struct pair *p = *state;
	bool done[2] = { false, false };
	uint32_t next = 0;
	unsigned step = 0;

	memset(seen, 0, sizeof(seen));
	share(p);
	assert_true(p->split.nparts >= 2);
	test_pg_sql(pg, NULL,
		    "DELETE FROM wide WHERE id = 7; UPDATE wide SET rev = 9 WHERE id = 8");
	for (int i = 0; i < 2; i++)
		must(begin(p, i, next++), p->s[i]);
	for (int i = 0; !done[0] || !done[1]; i = !i) {
		enum sl_code code = done[i] ? SL_OK : take(p, i, seen);

		if (code == SL_DONE && next < p->split.nparts)
			must(begin(p, i, next++), p->s[i]);
		else if (code == SL_DONE)
			done[i] = true;
		else
			must(code, p->s[i]);
		if (step < SL_COUNT(meanwhile))
			test_pg_sql(pg, NULL, meanwhile[step++]);
	}
	end(p);
	for (unsigned id = 1; id <= ROWS; id++)
		assert_int_equal(seen[id], 1);
}

static void
parts_are_of_big_tables_only(void **state)
{
	struct pair *p = *state;
	struct test_source *one = test_source_pg(pg, test_pg_host(pg), "postgres", "postgres");
	struct sl_split whole;
	const struct sl_model m = wide();

	test_pg_sql(pg, NULL,
		    "CREATE VIEW wide_view AS TABLE wide; CREATE MATERIALIZED VIEW wide_kept AS "
		    "TABLE wide;"
		    "CREATE TABLE few AS SELECT 1 AS id;"
		    "CREATE TABLE cut (LIKE wide) PARTITION BY RANGE (id);"
		    "CREATE TABLE cut_1 PARTITION OF cut FOR VALUES FROM (0) TO (30000);"
		    "INSERT INTO cut TABLE wide");
	split(p, wide());
	assert_int_equal(p->split.readers, 2);
	assert_int_equal(p->split.parts[p->split.nparts - 1].high, 0);
	split(p, test_table("", "wide"));
	assert_int_equal(p->split.readers, 2);
	split(p, test_table("public", "wide_kept"));
	assert_int_equal(p->split.readers, 2);
	split(p, test_table("public", "cut_1"));
	assert_int_equal(p->split.readers, 2);
	split(p, test_table("public", "wide_view"));
	assert_int_equal(p->split.readers, 1);
	split(p, test_table("public", "few"));
	assert_int_equal(p->split.readers, 1);
	split(p, test_table("public", "cut"));
	assert_int_equal(p->split.readers, 1);
	split(p, test_sql("SELECT * FROM wide"));
	assert_int_equal(p->split.readers, 1);
	test_pg_sql(pg, NULL, "CREATE TABLE wide_child () INHERITS (wide)");
	split(p, wide());
	assert_int_equal(p->split.readers, 1);
	test_pg_sql(pg, NULL, "DROP TABLE wide_child, cut, few");

	test_source_set(one, "readers", "1");
	must(test_source_open(one), one);
	must(one->d->split(one->ctx, &m, &whole, &one->err), one);
	assert_int_equal(whole.readers, 1);
	assert_true(whole.nparts > 1);
	test_source_free(one);
}

static void
the_second_one_may_no_more_than_the_first(void **state)
{
	struct pair *p = *state;

	share(p);
	p->s[0]->d->end(p->s[0]->ctx);
	test_source_refuses(p->s[1], "SELECT set_config('transaction_read_only', 'off', true)",
			    SL_E_PROTO, "read-write mode");
	share(p);
	char *got = test_source_rows(p->s[1],
				     test_sql("SELECT current_setting('transaction_read_only'),"
					      " current_setting('transaction_isolation') AS i,"
					      " current_setting('lock_timeout') AS l"));
	test_source_text(p->s[1], got, "on|repeatable read|5s\n");
	end(p);
}

static void
a_snapshot_that_is_not_there_is_refused(void **state)
{
	static const char *const names[] = { "",
					     "nobody",
					     "00000003-00000007-1",
					     " x",
					     "1'; DROP TABLE wide; -- x",
					     "00000003-0000FFFF-1 2024-01-01 1:1:" };
	struct pair *p = *state;
	struct test_source *a = p->s[0], *b = p->s[1];
	struct sl_str token;
	char other[256];

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		assert_int_not_equal(b->d->join(b->ctx, sl_str(names[i]), &b->err), SL_OK);
		test_source_text(b, test_source_rows(b, test_sql("SELECT 1")), "1\n");
	}
	/* One of the same name, of another server. */
	must(a->d->begin_snapshot(a->ctx, &a->err), a);
	must(a->d->share(a->ctx, a->a, &token, &a->err), a);
	snprintf(other, sizeof(other), "%s1", token.ptr);
	assert_int_equal(b->d->join(b->ctx, sl_str(other), &b->err), SL_E_PROTO);
	assert_non_null(strstr(b->err.msg, "another server"));
	/* One that is over. */
	a->d->end(a->ctx);
	assert_int_not_equal(b->d->join(b->ctx, token, &b->err), SL_OK);
	test_source_text(b, test_source_rows(b, test_sql("SELECT 1")), "1\n");
}

/* Each connection finds it for itself. */
static void
a_table_written_anew_before_the_read_is_no_table(void **state)
{
	static unsigned char seen[ROWS + 1];
	struct pair *p = *state;

	share(p);
	test_pg_sql(pg, NULL, "VACUUM FULL wide");
	for (int i = 0; i < 2; i++) {
		enum sl_code code;

		must(begin(p, i, (uint32_t)i), p->s[i]);
		while ((code = take(p, i, seen)) == SL_OK)
			;
		assert_int_equal(code, SL_E_PROTO);
		assert_non_null(strstr(p->s[i]->err.msg, "was replaced, emptied or altered"));
	}
	end(p);
}

static void
one_that_is_cancelled_or_ended_is_not_done(void **state)
{
	static unsigned char seen[ROWS + 1];
	struct pair *p = *state;
	enum sl_code code;

	share(p);
	for (int i = 0; i < 2; i++)
		must(begin(p, i, (uint32_t)i), p->s[i]);
	must(take(p, 1, seen), p->s[1]);
	p->s[1]->d->cancel(p->s[1]->ctx);
	while ((code = take(p, 1, seen)) == SL_OK)
		;
	assert_int_equal(code, SL_E_CANCELLED);
	/* It was not meant for the other one. */
	while ((code = take(p, 0, seen)) == SL_OK)
		;
	assert_int_equal(code, SL_DONE);
	end(p);

	share(p);
	for (int i = 0; i < 2; i++)
		must(begin(p, i, (uint32_t)i), p->s[i]);
	test_pg_sql(pg, NULL,
		    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		    " WHERE pid <> pg_backend_pid() AND query LIKE '%ctid >=%'");
	while ((code = take(p, 1, seen)) == SL_OK)
		;
	assert_int_equal(code, SL_E_NET);
	while ((code = take(p, 0, seen)) == SL_OK)
		;
	assert_int_equal(code, SL_DONE);
	end(p);
}

/* Each column has a form of its own in a binary COPY; the text must be that of a plain SELECT. */
#define ZOO                                                                                         \
	"SET client_min_messages = warning; SET TimeZone = 'UTC'; DROP TABLE IF EXISTS zoo;"        \
	"DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('sad', 'happy', 'très');"             \
	"DROP DOMAIN IF EXISTS cents; CREATE DOMAIN cents AS numeric(20,4);"                        \
	"DROP DOMAIN IF EXISTS moment; CREATE DOMAIN moment AS timestamptz;"                        \
	"CREATE TABLE zoo AS SELECT n AS id, n % 3 = 0 AS flag,"                                    \
	" ((n * 7919) % 65536 - 32768)::int2 AS small,"                                             \
	" ((n::int8 * 2654435761) % 4294967296 - 2147483648)::int4 AS mid,"                         \
	" CASE n WHEN 1 THEN -9223372036854775808 WHEN 2 THEN 9223372036854775807"                  \
	"  ELSE n::int8 * n * n * n * (n % 5 - 2) END AS big, (n::int8 * 170000)::oid AS o,"        \
	" repeat('é\"\\ ', n % 4) || chr(n + 1) AS t, ('v' || n)::varchar(9) AS v,"                \
	" (n % 1000)::text::char(5) AS c, (sqrt(n) / 1e9 * 10.0 ^ (n % 40))::float4 AS f4,"         \
	" CASE n WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' WHEN 3 THEN '-0'"                        \
	"  ELSE sqrt(n) * 10.0 ^ (n % 600 - 300) END::float8 AS f8,"                                \
	" CASE n WHEN 1 THEN 'NaN' ELSE n * 1.2300 / 7 * 10::numeric ^ (n % 60 - 30) END AS num,"   \
	" (n / 100.0)::cents AS dom, md5(n::text)::uuid AS u,"                                      \
	" decode(md5(n::text), 'hex') || '\\x00' AS bytes,"                                         \
	" CASE n WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN '4714-11-24 BC'"        \
	"  WHEN 4 THEN '5874897-12-31' WHEN 5 THEN '0001-01-01' WHEN 6 THEN '0001-12-31 BC'"        \
	"  WHEN 7 THEN '10000-01-01' ELSE date '0005-01-01 BC' + (n * 37) % 1100000 END::date AS "  \
	"d,"                                                                                        \
	" date '1896-01-01' + n AS leap, time '00:00' + n * interval '2.345678 s' AS clock,"        \
	" CASE n WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN '4714-11-24 00:00 BC'"  \
	"  WHEN 4 THEN '294276-12-31 23:59:59.999999' WHEN 5 THEN '1999-12-31 23:59:59.999999'"     \
	"  WHEN 6 THEN '2000-01-01' WHEN 7 THEN '0001-12-31 23:59:59.1 BC'"                         \
	"  ELSE timestamp '2000-01-01' + (n - 12000) * interval '9 days 01:23:45.678901'"           \
	"  END::timestamp AS ts, (timestamptz '1950-01-01' + n * interval '1 day "                  \
	"00:00:00.5')::moment"                                                                      \
	" AS tz, timestamptz '2024-02-28 23:59:58+00' + n * interval '0.000130 s' AS near,"         \
	" json_build_object('n', n) AS js, jsonb_build_object('n', n, 'é', array[n, null]) AS jb," \
	" (array['sad', 'happy', 'très'])[n % 3 + 1]::mood AS m, array[n, null] AS list,"          \
	" CASE WHEN n % 2 = 0 THEN '' END AS none, repeat('x', 600) AS fill"                        \
	" FROM generate_series(1, 24000) n"

/* Is a part of the table read by COPY? It is ended in its midst. */
static bool
is_copied(struct pair *p, const char *table)
{
	struct test_source *s = p->s[0];
	struct sl_scan scan = { .model = test_table("public", table) };
	char *copies;
	bool is;

	split(p, scan.model);
	assert_true(p->split.nparts > 1);
	scan.part = p->split.parts[1];
	must(s->d->begin(s->ctx, s->a, &scan, &p->schema, &s->err), s);
	copies = test_pg_get(pg, NULL,
			     "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%ctid%'"
			     " AND state = 'active'");
	is = strcmp(copies, "1") == 0;
	free(copies);
	s->d->end(s->ctx);
	test_source_text(s, test_source_rows(s, test_sql("SELECT 1")), "1\n");
	return is;
}

static void
parts_have_the_same_text_as_the_whole(void **state)
{
	struct pair *p = *state;
	struct test_source *s = p->s[0];
	struct sl_scan scan = { .model = test_table("public", "zoo") };
	char *whole, *at;

	test_pg_sql(pg, NULL, ZOO);
	assert_true(is_copied(p, "zoo"));
	whole = at = test_source_read(s, &scan);
	assert_non_null(whole);
	for (uint32_t i = 0; i < p->split.nparts; i++) {
		char *part;

		scan.part = p->split.parts[i];
		part = test_source_read(s, &scan);
		assert_non_null(part);
		for (char *line = part, *end; line != NULL && *line != 0; line = end + 1) {
			char *until = strchr(at, '\n');

			end = strchr(line, '\n');
			*end = 0;
			assert_non_null(until);
			*until = 0;
			assert_string_equal(line, at);
			at = until + 1;
		}
		free(part);
	}
	assert_int_equal(*at, 0);
	free(whole);
}

/* Types that have no form here come as ever. */
static void
a_type_that_is_not_known_is_selected(void **state)
{
	struct pair *p = *state;
	struct sl_scan scan = { .model = wide() };
	unsigned rows = 0;

	assert_true(is_copied(p, "wide"));
	test_pg_sql(pg, NULL, "ALTER TABLE wide ADD host inet DEFAULT '10.0.0.1'");
	assert_false(is_copied(p, "wide"));
	for (uint32_t i = 0; i < p->split.nparts; i++) {
		char *text, *at;

		scan.part = p->split.parts[i];
		text = at = test_source_read(p->s[0], &scan);
		assert_non_null(text);
		for (; (at = strchr(at, '\n')) != NULL; at++)
			rows++;
		free(text);
	}
	assert_int_equal(rows, ROWS);
}

static int
start(void **state)
{
	(void)state;
	pg = test_pg_start(0);
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
		TEST(every_row_comes_once_while_others_write),
		TEST(parts_are_of_big_tables_only),
		TEST(the_second_one_may_no_more_than_the_first),
		TEST(a_snapshot_that_is_not_there_is_refused),
		TEST(a_table_written_anew_before_the_read_is_no_table),
		TEST(parts_have_the_same_text_as_the_whole),
		TEST(a_type_that_is_not_known_is_selected),
		TEST(one_that_is_cancelled_or_ended_is_not_done),
	};

	return cmocka_run_group_tests_name("source_pg_share", tests, start, stop);
}
