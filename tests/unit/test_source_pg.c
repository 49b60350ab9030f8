/* The PostgreSQL source against a real server. */
#include "tests/lib/check.h"

#include "tests/lib/pg.h"
#include "tests/lib/source_cases.h"

#include <stdlib.h>

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
values_are_canonical(void **state)
{
	static const struct {
		const char *expression, *text;
	} zoo[] = {
		{ "true", "true" },
		{ "false", "false" },
		{ "NULL::bool", "NULL" },
		{ "(-32768)::int2", "-32768" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "120.00::numeric(12,2)", "120.00" },
		{ "'NaN'::numeric", "NaN" },
		{ "'-Infinity'::numeric", "-Infinity" },
		{ "0.1::float8", "0.1" },
		{ "1e300::float8", "1e+300" },
		{ "'Infinity'::float4", "Infinity" },
		{ "''", "" },
		{ "'NULL'", "NULL" },
		{ "E'a\\tb|é'", "a\tb|é" },
		{ "'abc'::char(5)", "abc  " },
		{ "'\\x00ffAB'::bytea", "00ffab" },
		{ "''::bytea", "" },
		{ "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
		  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		{ "'2024-01-31'::date", "2024-01-31" },
		{ "'infinity'::date", "infinity" },
		{ "'0044-03-15 BC'::date", "0044-03-15 BC" },
		{ "'10:00:00.123456'::time", "10:00:00.123456" },
		{ "'2024-01-31 10:00:00.5'::timestamp", "2024-01-31 10:00:00.5" },
		{ "'2024-01-31 10:00:00+02'::timestamptz", "2024-01-31 08:00:00+00" },
		{ "'-infinity'::timestamptz", "-infinity" },
		{ "'1 year 2 days 03:00'::interval", "P1Y2DT3H" },
		{ "'{\"b\": 1, \"a\": [1.50, null]}'::jsonb", "{\"a\": [1.50, null], \"b\": 1}" },
		{ "'{\"b\":1}'::json", "{\"b\":1}" },
		{ "ARRAY[1, NULL, 3]", "[1, null, 3]" },
		{ "ARRAY['a\"b', 'c']", "[\"a\\\"b\", \"c\"]" },
		{ "ARRAY['2024-01-31'::date]", "[\"2024-01-31\"]" },
		{ "int4range(1, 5)", "\"[1,5)\"" },
		{ "point(1, 2)", "\"(1,2)\"" },
		{ "ROW(1, 'x')", "{\"f1\": 1, \"f2\": \"x\"}" },
		{ "ROW(7, 'x')::pair", "{\"a\": 7, \"b\": \"x\"}" },
		{ "'happy'::mood", "happy" },
		{ "'a@x'::email", "a@x" },
		{ "'10.0.0.0/8'::inet", "10.0.0.0/8" },
		{ "'$1.50'::money", "$1.50" },
		{ "B'101'", "101" },
		{ "'<a/>'::xml", "<a/>" },
		{ "12345::oid", "12345" },
	};
	struct sl_buf sql, want;

	sl_buf_init(&sql, 0);
	sl_buf_init(&want, 0);
	sl_buf_puts(&sql, "SELECT ");
	for (size_t i = 0; i < SL_COUNT(zoo); i++) {
		sl_buf_printf(&sql, "%s%s AS c%zu", i > 0 ? ", " : "", zoo[i].expression, i);
		sl_buf_printf(&want, "%s%s", i > 0 ? "|" : "", zoo[i].text);
	}
	sl_buf_putc(&want, '\n');
	assert_text(test_source_rows(*state, test_sql(sl_buf_cstr(&sql))), sl_buf_cstr(&want));
	sl_buf_free(&sql);
	sl_buf_free(&want);
}

static void
columns_tell_types_keys_and_nulls(void **state)
{
	assert_text(test_source_columns(*state, test_table("public", "zoo")),
		    "id bigint integer key not null\n"
		    "flag boolean boolean\n"
		    "price numeric(12,2) decimal\n"
		    "ratio double precision float\n"
		    "name character varying(20) text not null\n"
		    "mail public.email text\n"
		    "feeling public.mood text\n"
		    "raw bytea bytes\n"
		    "token uuid uuid\n"
		    "day date date\n"
		    "at timestamp with time zone timestamptz\n"
		    "doc jsonb json\n"
		    "tags text[] json\n"
		    "p public.pair json\n"
		    "span int4range json\n");
	assert_text(test_source_columns(*state, test_table("public", "zoo_view")),
		    "id bigint integer\nflag boolean boolean\n");
	/* No primary key: the narrowest unique index without NULLs. */
	assert_text(
		test_source_columns(*state, test_table("public", "second_best")),
		"a integer integer not null\nb integer integer key not null\nc integer integer\n");
	assert_text(test_source_columns(*state, test_sql("SELECT id, price * 2 AS twice FROM zoo")),
		    "id bigint integer\ntwice numeric decimal\n");
}

static void
tree_lists_schemas_and_objects(void **state)
{
	assert_text(
		test_source_list(*state, ""),
		"Odd "
		"\"Schema\".x|schema|-1|\next|schema|-1|\npublic|schema|-1|\nsecret|schema|-1|\n");
	assert_text(test_source_list(*state, "public"),
		    "caseless|table|-1|pk code\n"
		    "counted|table|1000|pk id\n"
		    "kept_view|materialized view|-1|no primary key\n"
		    "loose|table|-1|no primary key\n"
		    "orders|table|-1|pk region, id\n"
		    "pairs|table|-1|pk b, a\n"
		    "second_best|table|-1|no primary key\n"
		    "zoo|table|-1|pk id\n"
		    "zoo_view|view|-1|no primary key\n");
	assert_text(test_source_list(*state, "no_such_schema"), "");
}

static void
odd_names_are_quoted(void **state)
{
	struct sl_model m = test_table("Odd \"Schema\".x", "Ta.ble \"q\" ; DROP");

	assert_text(test_source_rows(*state, m), "1|é\n");
	assert_text(test_source_columns(*state, m),
		    "Select integer integer key not null\nü\"'; text text\n");
	assert_int_equal(test_source_key(*state, m, "Select"), SL_OK);
	assert_int_equal(test_source_key(*state, m, "ü\"';"), SL_OK);
}

static void
chosen_columns_come_in_their_order(void **state)
{
	struct sl_str names[] = { SL_LIT("b"), SL_LIT("a") };
	struct sl_scan scan = { .model = test_table("public", "pairs"),
				.columns = names,
				.ncolumns = 2 };

	assert_text(test_source_read(*state, &scan), "1|1\n2|1\n1|2\n2|2\n1|3\n");
	names[1] = SL_LIT("aa");
	assert_null(test_source_read(*state, &scan));
	struct test_source *s = *state;
	assert_int_equal(s->err.code, SL_E_NOTFOUND);
	assert_string_equal(s->err.hint, "did you mean a?");
}

static void
pages_follow_the_key_both_ways(void **state)
{
	test_case_pages(*state, "public");
}

static void
pages_of_an_extensions_type_keep_its_order(void **state)
{
	struct sl_str order[] = { SL_LIT("code") };
	struct sl_value after[] = { { "B", 1, SL_T_TEXT } };
	struct sl_scan scan = { .model = test_table("public", "caseless"),
				.order = order,
				.after = after,
				.norder = 1 };

	assert_text(test_source_read(*state, &scan), "c|{\"k\": \"v\"}\nD|NULL\n");
	scan.model = test_sql("SELECT * FROM caseless");
	assert_text(test_source_read(*state, &scan), "c|{\"k\": \"v\"}\nD|NULL\n");
}

static void
users_sql_may_end_as_people_write_it(void **state)
{
	test_case_sql_endings(*state);
	assert_text(
		test_source_rows(*state, test_sql("SELECT ';' AS a, $x$;'$x$ AS b, E'\\';' AS c;")),
		";|;'|';\n");
	assert_text(test_source_rows(*state, test_sql("(VALUES (1), (2)) ORDER BY 1 DESC")),
		    "2\n1\n");
	/* Names are looked up where psql would look them up. */
	assert_text(test_source_rows(*state, test_sql("TABLE pairs LIMIT 1")), "1|1\n");
}

static void
attacks_change_nothing(void **state)
{
	static const char *const attacks[] = {
		"SELECT 1; DELETE FROM pairs",
		"SELECT 1; COMMIT; DELETE FROM pairs; COMMIT",
		"DELETE FROM pairs RETURNING a",
		"WITH x AS (DELETE FROM pairs RETURNING a) SELECT * FROM x",
		"SELECT 1) AS q; DELETE FROM pairs; --",
		"SELECT 1) AS q UNION ALL SELECT a FROM (SELECT a FROM pairs",
		"SET TRANSACTION READ WRITE",
		"SELECT set_config('transaction_read_only', 'off', false)",
		"SELECT nextval('counter')",
		"SELECT * INTO stolen FROM pairs",
		"SELECT a FROM pairs FOR UPDATE",
		"COMMIT",
		"DO $$ BEGIN DELETE FROM pairs; END $$",
		"COPY pairs TO '/tmp/x'",
		"EXPLAIN ANALYZE SELECT 1",
		"SELECT $1::int AS a",
		"SELECT write_something() AS a",
		"SELECT '\\'; DELETE FROM pairs; --'",
		"",
		" ; -- nothing",
	};
	struct test_source *s = *state;

	for (size_t i = 0; i < SL_COUNT(attacks); i++) {
		struct sl_schema schema;
		char *rows = test_source_rows(s, test_sql(attacks[i]));
		/* The last but two is a harmless string in our session. */
		if (rows != NULL && strstr(attacks[i], "SELECT '\\'") == NULL)
			fail_msg("got through: %s", attacks[i]);
		free(rows);
		struct sl_model m = test_sql(attacks[i]);
		(void)s->d->describe(s->ctx, s->a, &m, &schema, &s->err);
	}
	char *n = test_pg_get(pg, NULL, "SELECT count(*) FROM pairs");
	assert_string_equal(n, "5");
	free(n);
	n = test_pg_get(pg, NULL, "SELECT is_called FROM counter");
	assert_string_equal(n, "f");
	free(n);
	assert_null(test_pg_get(pg, NULL, "SELECT to_regclass('stolen')"));
}

/* Behind a pooler somebody else has the session next. */
static void
a_session_is_left_as_it_was(void **state)
{
	struct test_source *s = *state;

	assert_text(test_source_rows(s, test_sql("SELECT set_config('app.mark', 'left', false)")),
		    "left\n");
	assert_text(
		test_source_rows(s, test_sql("SELECT current_setting('app.mark', true) = 'left'")),
		"false\n");
}

static void
errors_name_the_place_in_the_users_text(void **state)
{
	struct test_source *s = *state;

	test_source_refuses(s, "SELECT a\nFORM pairs é", SL_E_CONFIG, "(42601)");
	test_source_refuses(
		s, "SELECT a,\n  'é', nope FROM pairs", SL_E_CONFIG,
		"column \"nope\" does not exist at line 2, column 8 of the SQL (42703)");
	test_source_refuses(s, "SELECT a FROM pairz", SL_E_NOTFOUND,
			    "\"pairz\" does not exist at line 1");
	test_source_refuses(s, "SELECT 1 AS a; SELECT 2", SL_E_CONFIG,
			    "line 1, column 16 of the SQL: a second statement");
	test_source_refuses(s, "SELECT 1 AS a, 2 AS a", SL_E_CONFIG, "both named a");
	test_source_refuses(s, "SELECT 1 / (a - 1) AS x FROM pairs", SL_E_DATA,
			    "division by zero (22012)");
	test_source_refuses(s, "UPDATE pairs SET a = 1", SL_E_CONFIG, "not a query");
}

static void
missing_things_are_named(void **state)
{
	struct test_source *s = *state;

	assert_null(test_source_rows(s, test_table("public", "order")));
	assert_int_equal(s->err.code, SL_E_NOTFOUND);
	assert_string_equal(s->err.hint, "did you mean public.orders?");
	assert_null(test_source_columns(s, test_table("pubic", "Zoo")));
	assert_string_equal(s->err.hint, "did you mean public.zoo?");
	assert_null(test_source_columns(s, test_table("public", "nothing_like_it")));
	assert_string_equal(s->err.hint, "");
}

static void
keys_are_proved_or_refused(void **state)
{
	struct test_source *s = *state;

	test_case_keys(s, "public");
	assert_int_equal(test_source_key(s, test_table("public", "loose"), "x,y"), SL_E_DATA);
	assert_non_null(strstr(s->err.msg, "key x, y is NULL in 2 rows: (1, NULL); (NULL, NULL)"));
	/* An index of a parent says nothing of the rows of its children. */
	assert_int_equal(test_source_key(s, test_table("secret", "parent"), "id"), SL_E_DATA);
}

static void
check_and_scan_see_one_state(void **state)
{
	struct test_source *s = *state;
	struct sl_model m = test_table("public", "counted");

	assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_OK);
	assert_int_equal(test_source_key(s, m, "id"), SL_OK);
	test_pg_sql(pg, NULL, "INSERT INTO counted SELECT 1001");
	char *rows = test_source_rows(s, test_sql("SELECT count(*) FROM counted"));
	assert_string_equal(rows, "1000\n");
	free(rows);
	rows = test_source_rows(s, test_sql("SELECT count(*) FROM counted"));
	assert_string_equal(rows, "1001\n");
	free(rows);
	test_pg_sql(pg, NULL, "DELETE FROM counted WHERE id > 1000");
}

static void
batches_have_the_size_asked_for(void **state)
{
	struct test_source *s = *state;
	struct sl_scan scan = { .model = test_table("public", "counted"), .batch_rows = 300 };
	uint32_t want[] = { 300, 300, 300, 100 };
	struct sl_schema schema;
	struct sl_batch *b;

	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_OK);
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_OK);
		assert_int_equal(b->nrows, want[i]);
		assert_int_equal(b->seq, i);
		sl_batch_free(b);
	}
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_DONE);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_DONE);
	s->d->end(s->ctx);
	/* A scan may be left in its middle. */
	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_OK);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_OK);
	sl_batch_free(b);
	s->d->end(s->ctx);
	assert_text(test_source_rows(s, test_sql("SELECT 1 AS a")), "1\n");
}

static void
bytes_that_are_no_text_pass(void **state)
{
	struct test_source *s = test_source_connected(pg, "ascii");

	(void)state;
	char *rows = test_source_rows(s, test_table("public", "bytes"));
	if (rows == NULL)
		fail_msg("%s", s->err.msg);
	assert_string_equal(rows, "a\xff\xfe|1\n");
	free(rows);
	test_source_refuses(s, "SELECT 'é', nope", SL_E_CONFIG, "at line 1, column 13");
	test_source_free(s);
}

static void
about_says_who_and_where(void **state)
{
	struct test_source *s = *state;
	struct sl_str line;

	assert_int_equal(s->d->about(s->ctx, s->a, &line, &s->err), SL_OK);
	assert_non_null(
		strstr(line.ptr, "database \"postgres\", user \"postgres\", no TLS, superuser"));
	struct test_source *reader = test_source_pg(pg, test_pg_host(pg), "postgres", "reader");
	assert_int_equal(test_source_open(reader), SL_OK);
	assert_int_equal(reader->d->about(reader->ctx, reader->a, &line, &reader->err), SL_OK);
	assert_non_null(strstr(line.ptr, "read-only role"));
	assert_null(test_source_rows(reader, test_table("public", "zoo")));
	assert_non_null(strstr(reader->err.msg, "permission denied for table zoo (42501)"));
	char *list = test_source_list(reader, "secret");
	assert_string_equal(list, "child|table|-1|no permission\nparent|table|-1|no permission\n");
	free(list);
	test_source_free(reader);
}

static void
make_database(void)
{
	test_pg_sql(
		pg, NULL,
		"CREATE TYPE mood AS ENUM ('sad', 'happy');"
		"CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');"
		"CREATE TYPE pair AS (a int, b text);"
		"CREATE TABLE zoo (id bigint PRIMARY KEY, flag bool, price numeric(12,2), ratio "
		"float8, name varchar(20) NOT NULL UNIQUE, gone int, mail email, feeling mood, raw "
		"bytea, token uuid, day date, at timestamptz, doc jsonb, tags text[], p pair, span "
		"int4range);"
		"ALTER TABLE zoo DROP COLUMN gone;"
		"CREATE VIEW zoo_view AS SELECT id, flag FROM zoo;"
		"CREATE MATERIALIZED VIEW kept_view AS SELECT id FROM zoo;"
		"CREATE TABLE pairs (a int, b int, PRIMARY KEY (b, a));" TEST_PAIRS
		"CREATE TABLE loose (x int, y int);"
		"INSERT INTO loose VALUES (1,NULL), (NULL,NULL), (2,2), (2,2);"
		"CREATE TABLE second_best (a int NOT NULL, b int NOT NULL, c int UNIQUE, UNIQUE "
		"(a, "
		"b), UNIQUE (b) INCLUDE (c));"
		"CREATE TABLE orders (region text, id int, PRIMARY KEY (region, id)) PARTITION BY "
		"LIST (region);"
		"CREATE TABLE orders_eu PARTITION OF orders FOR VALUES IN ('eu');"
		"CREATE TABLE counted AS SELECT n AS id FROM generate_series(1, 1000) AS n;"
		"ALTER TABLE counted ADD PRIMARY KEY (id);"
		"CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION hstore "
		"SCHEMA ext;"
		"CREATE TABLE caseless (code ext.citext PRIMARY KEY, tags ext.hstore);"
		"INSERT INTO caseless VALUES ('a', NULL), ('B', NULL), ('c', 'k=>v'), ('D', NULL);"
		"CREATE SEQUENCE counter;"
		"CREATE FUNCTION write_something() RETURNS int LANGUAGE sql AS 'DELETE FROM pairs "
		"RETURNING a';"
		"CREATE SCHEMA secret;"
		"CREATE TABLE secret.parent (id int PRIMARY KEY);"
		"CREATE TABLE secret.child () INHERITS (secret.parent);"
		"INSERT INTO secret.parent VALUES (1); INSERT INTO secret.child VALUES (1);"
		"CREATE ROLE reader LOGIN;"
		"CREATE SCHEMA \"Odd \"\"Schema\"\".x\";"
		"CREATE TABLE \"Odd \"\"Schema\"\".x\".\"Ta.ble \"\"q\"\" ; DROP\" (\"Select\" int "
		"PRIMARY KEY, \"ü\"\"';\" text);"
		"INSERT INTO \"Odd \"\"Schema\"\".x\".\"Ta.ble \"\"q\"\" ; DROP\" VALUES (1, "
		"'é');");
	test_pg_sql(pg, NULL, "ANALYZE counted");
	test_pg_sql(pg, NULL,
		    "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE "
		    "'C' LC_CTYPE 'C'");
	test_pg_sql(
		pg, "ascii",
		"CREATE TABLE bytes (a text, b int); INSERT INTO bytes VALUES (E'a\\xff\\xfe', 1)");
}

static int
start(void **state)
{
	(void)state;
	pg = test_pg_start(0);
	make_database();
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
		TEST(values_are_canonical),
		TEST(columns_tell_types_keys_and_nulls),
		TEST(tree_lists_schemas_and_objects),
		TEST(odd_names_are_quoted),
		TEST(chosen_columns_come_in_their_order),
		TEST(pages_follow_the_key_both_ways),
		TEST(pages_of_an_extensions_type_keep_its_order),
		TEST(users_sql_may_end_as_people_write_it),
		TEST(attacks_change_nothing),
		TEST(a_session_is_left_as_it_was),
		TEST(errors_name_the_place_in_the_users_text),
		TEST(missing_things_are_named),
		TEST(keys_are_proved_or_refused),
		TEST(check_and_scan_see_one_state),
		TEST(batches_have_the_size_asked_for),
		TEST(bytes_that_are_no_text_pass),
		TEST(about_says_who_and_where),
	};

	return cmocka_run_group_tests_name("source_pg", tests, start, stop);
}
