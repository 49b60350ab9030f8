/* The SQLite source against real files. */
#include "tests/lib/check.h"

#include "core/base/clock.h"
#include "tests/lib/source_cases.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/sluice-lite-XXXXXX";

/* Runs SQL on a file of the directory, as the program that owns it would. */
static void
sql(const char *file, const char *text)
{
	char path[100];
	char *words = NULL;
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%s/%s", dir, file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s", words);
	sqlite3_close(db);
}

static struct test_source *
source_of(const char *file)
{
	struct test_source *s = test_source_new("sqlite");

	test_source_set(s, "path", file);
	s->base_dir = dir;
	return s;
}

static int
set_up(void **state)
{
	struct test_source *s = source_of("a.db");

	if (test_source_open(s) != SL_OK)
		fail_msg("%s", s->err.msg);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	test_source_free(*state);
	return 0;
}

static void
values_follow_their_own_type(void **state)
{
	assert_text(test_source_rows(*state, test_table("main", "zoo")),
		    "1|true|12.5|0.1|é|00ffab|2024-01-31|2024-01-31 10:00:00.5|{\"a\":[1]}|"
		    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|2024-01-31 10:00:00+00|10:00:00\n"
		    "2|false|3|1e+300||NULL|someday|2024-01-31T10:00|{broken|nope|1700000000|noon\n"
		    "3|7|NULL|Infinity|NULL||2024-01-31 |-1.5|[]|NULL|NULL|NULL\n"
		    "9223372036854775807|NULL|1e+40|-3|x|text|NULL|NULL|NULL|NULL|NULL|NULL\n");
}

static void
types_say_what_the_bytes_are(void **state)
{
	static const enum sl_type want[][12] = {
		{ SL_T_INT, SL_T_BOOL, SL_T_DECIMAL, SL_T_FLOAT, SL_T_TEXT, SL_T_BYTES, SL_T_DATE,
		  SL_T_TIMESTAMP, SL_T_JSON, SL_T_UUID, SL_T_TIMESTAMPTZ, SL_T_TIME },
		{ SL_T_INT, SL_T_BOOL, SL_T_DECIMAL, SL_T_FLOAT, SL_T_TEXT, SL_T_NULL, SL_T_TEXT,
		  SL_T_TEXT, SL_T_TEXT, SL_T_TEXT, SL_T_INT, SL_T_TEXT },
		{ SL_T_INT, SL_T_INT, SL_T_NULL, SL_T_FLOAT, SL_T_NULL, SL_T_BYTES, SL_T_TEXT,
		  SL_T_FLOAT, SL_T_JSON, SL_T_NULL, SL_T_NULL, SL_T_NULL },
	};
	struct test_source *s = *state;
	struct sl_scan scan = { .model = test_table("main", "zoo") };
	struct sl_schema schema;
	struct sl_batch *b;

	assert_int_equal(s->d->begin(s->ctx, s->a, &scan, &schema, &s->err), SL_OK);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_OK);
	for (size_t r = 0; r < SL_COUNT(want); r++) {
		for (size_t c = 0; c < 12; c++) {
			if (b->cells[r * 12 + c].type != want[r][c])
				fail_msg("row %zu, column %zu: %s", r, c,
					 sl_type_name(b->cells[r * 12 + c].type));
		}
	}
	sl_batch_free(b);
	assert_int_equal(s->d->next(s->ctx, &b, &s->err), SL_DONE);
	s->d->end(s->ctx);
}

static void
columns_tell_types_keys_and_nulls(void **state)
{
	assert_text(test_source_columns(*state, test_table("main", "zoo")),
		    "id INTEGER integer key not null\n"
		    "flag BOOLEAN boolean\n"
		    "price DECIMAL(10,2) decimal\n"
		    "ratio REAL float\n"
		    "name VARCHAR(20) text\n"
		    "raw BLOB bytes\n"
		    "day DATE date\n"
		    "at DATETIME timestamp\n"
		    "doc JSON json\n"
		    "token UUID uuid\n"
		    "seen TIMESTAMP timestamp\n"
		    "alarm TIME time\n");
	/* A text primary key may hold NULL, unless the table has no rowid. */
	assert_text(test_source_columns(*state, test_table("main", "loose_key")),
		    "code TEXT text key\nn INT integer\n");
	assert_text(test_source_columns(*state, test_table("main", "pairs")),
		    "a INT integer key not null\nb INT integer key not null\n");
	assert_text(test_source_columns(*state, test_table("main", "second_best")),
		    "a TEXT text not null\nb TEXT text key not null\nc any text\n");
	assert_text(test_source_columns(*state, test_sql("SELECT id, price * 2 AS p FROM zoo;")),
		    "id INTEGER integer\np any text\n");
	assert_text(test_source_columns(*state, test_table("", "zoo_view")),
		    "id INTEGER integer\nname VARCHAR(20) text\n");
}

static void
tree_lists_the_file(void **state)
{
	assert_text(test_source_list(*state, ""), "main|schema|-1|\n");
	assert_text(test_source_list(*state, "main"), "Odd \"name\".x|table|-1|pk Select\n"
						      "broken|view|-1|no primary key\n"
						      "loose_key|table|3|pk code\n"
						      "pairs|table|-1|pk b, a\n"
						      "second_best|table|-1|no primary key\n"
						      "zoo|table|-1|pk id\n"
						      "zoo_view|view|-1|no primary key\n");
	assert_text(test_source_list(*state, "other"), "");
}

static void
odd_names_are_quoted(void **state)
{
	struct sl_model m = test_table("main", "Odd \"name\".x");

	assert_text(test_source_rows(*state, m), "1|é\n");
	assert_int_equal(test_source_key(*state, m, "Select"), SL_OK);
	assert_int_equal(test_source_key(*state, m, "ü\"';"), SL_OK);
}

static void
pages_follow_the_key_both_ways(void **state)
{
	test_case_pages(*state, "main");
	/* A key of bytes. */
	struct sl_str raw[] = { SL_LIT("raw") };
	struct sl_value bytes[] = { { "00ff", 4, SL_T_BYTES } };
	struct sl_scan scan = { .model = test_sql("SELECT raw FROM zoo WHERE typeof(raw) = 'blob'"),
				.order = raw,
				.after = bytes,
				.norder = 1 };
	assert_text(test_source_read(*state, &scan), "00ffab\n");
}

static void
users_sql_may_end_as_people_write_it(void **state)
{
	test_case_sql_endings(*state);
}

static void
attacks_change_nothing(void **state)
{
	static const char *const attacks[] = {
		"SELECT 1; DELETE FROM pairs",
		"DELETE FROM pairs",
		"DELETE FROM pairs RETURNING a",
		"INSERT INTO pairs VALUES (9, 9) RETURNING a",
		"WITH x AS (SELECT 1) DELETE FROM pairs RETURNING a",
		"SELECT 1) AS q; DELETE FROM pairs; --",
		"SELECT 1) AS q UNION ALL SELECT a FROM (SELECT a FROM pairs",
		"ATTACH '/tmp/x.db' AS x",
		"PRAGMA query_only = 0",
		"PRAGMA writable_schema = 1",
		"SELECT load_extension('/tmp/x.so')",
		"SELECT * FROM pragma_journal_mode",
		"BEGIN",
		"COMMIT",
		"VACUUM INTO '/tmp/sluice-stolen.db'",
		"EXPLAIN SELECT 1",
		"SELECT ? AS a",
		"SELECT \"no such column\" FROM pairs",
		"",
		" ; -- nothing",
	};
	struct test_source *s = *state;

	for (size_t i = 0; i < SL_COUNT(attacks); i++) {
		struct sl_model m = test_sql(attacks[i]);
		if (test_source_rows(s, m) != NULL)
			fail_msg("got through: %s", attacks[i]);
	}
	assert_text(test_source_rows(s, test_sql("SELECT count(*) FROM pairs")), "5\n");
	assert_int_not_equal(access("/tmp/sluice-stolen.db", F_OK), 0);
}

static void
errors_name_the_place_in_the_users_text(void **state)
{
	struct test_source *s = *state;

	test_source_refuses(s, "SELECT a,\n 'é', nope FROM pairs", SL_E_PROTO,
			    "no such column: nope at line 2, column 7 of the SQL");
	test_source_refuses(s, "SELECT a FORM pairs", SL_E_PROTO, "line 1, column 15");
	test_source_refuses(s, "SELECT 1 AS a; SELECT 2", SL_E_CONFIG,
			    "line 1, column 15 of the SQL: a second statement");
	test_source_refuses(s, "SELECT 1 AS a, 2 AS a", SL_E_CONFIG, "both named a");
	assert_null(test_source_rows(s, test_table("main", "pair")));
	assert_string_equal(s->err.hint, "did you mean pairs?");
	assert_null(test_source_rows(s, test_table("public", "pairs")));
	assert_int_equal(s->err.code, SL_E_NOTFOUND);
	assert_null(test_source_rows(s, test_table("main", "broken")));
	assert_int_equal(s->err.code, SL_E_PROTO);
}

static void
keys_are_proved_or_refused(void **state)
{
	struct test_source *s = *state;

	test_case_keys(s, "main");
	assert_int_equal(test_source_key(s, test_table("main", "second_best"), "b"), SL_OK);
	assert_int_equal(test_source_key(s, test_table("main", "loose_key"), "code"), SL_E_DATA);
	assert_non_null(strstr(s->err.msg, "key code is NULL in 2 rows: NULL; NULL"));
}

static void
a_snapshot_stays_while_others_write(void **state)
{
	struct test_source *s;

	(void)state;
	sql("wal.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
	s = source_of("wal.db");
	assert_int_equal(test_source_open(s), SL_OK);
	assert_int_equal(s->d->begin_snapshot(s->ctx, &s->err), SL_OK);
	sql("wal.db", "INSERT INTO t VALUES (2)");
	char *rows = test_source_rows(s, test_table("main", "t"));
	assert_string_equal(rows, "1\n");
	free(rows);
	rows = test_source_rows(s, test_table("main", "t"));
	assert_string_equal(rows, "1\n2\n");
	free(rows);
	test_source_free(s);
}

static void
bytes_that_are_no_text_pass(void **state)
{
	assert_text(test_source_rows(*state, test_sql("SELECT CAST(x'61ff62' AS TEXT) AS a, 1")),
		    "a\xff"
		    "b|1\n");
}

static void *
cancel_soon(void *arg)
{
	struct test_source *s = arg;

	nanosleep(&(struct timespec){ .tv_nsec = 400000000 }, NULL);
	s->d->cancel(s->ctx);
	return NULL;
}

static void
cancel_ends_a_query_at_once(void **state)
{
	struct test_source *s = *state;
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, cancel_soon, s), 0);
	/* By itself this query never ends. */
	test_source_refuses(
		s,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
		"count(*) FROM n",
		SL_E_CANCELLED, "cancelled");
	pthread_join(t, NULL);
	assert_text(test_source_rows(s, test_sql("SELECT 1")), "1\n");
}

static void
cancel_ends_the_wait_for_a_lock(void **state)
{
	char path[100];
	sqlite3 *db = NULL;
	pthread_t t;
	struct test_source *s;

	(void)state;
	sql("locked.db", "CREATE TABLE t (a)");
	snprintf(path, sizeof path, "%s/locked.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	s = source_of("locked.db");
	test_source_set(s, "busy_timeout", "60s");
	int64_t start = sl_mono_us();
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, s), 0);
	assert_int_equal(test_source_open(s), SL_E_CANCELLED);
	pthread_join(t, NULL);
	assert_true(sl_mono_us() - start < 10000000);
	test_source_free(s);

	s = source_of("locked.db");
	test_source_set(s, "busy_timeout", "50ms");
	assert_int_equal(test_source_open(s), SL_E_TIMEOUT);
	assert_true(s->err.retryable);
	test_source_free(s);
	sqlite3_close(db);
}

static void
wrong_files_are_refused(void **state)
{
	char path[100];
	struct test_source *s = source_of("nothing.db");

	(void)state;
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	assert_non_null(strstr(s->err.msg, "No such file"));
	test_source_free(s);

	snprintf(path, sizeof path, "%s/text.db", dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < 100; i++)
		fputs("this is no database, however long it is\n", f);
	fclose(f);
	s = source_of("text.db");
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	assert_non_null(strstr(s->err.msg, "not an SQLite database"));
	test_source_free(s);

	s = source_of("/tmp");
	assert_int_equal(test_source_open(s), SL_E_CONFIG);
	test_source_free(s);
}

static int
start(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	sql("a.db",
	    "CREATE TABLE zoo (id INTEGER PRIMARY KEY, flag BOOLEAN, price DECIMAL(10,2), ratio "
	    "REAL,"
	    " name VARCHAR(20), raw BLOB, day DATE, at DATETIME, doc JSON, token UUID, seen "
	    "TIMESTAMP,"
	    " alarm TIME);"
	    "INSERT INTO zoo VALUES (1, 1, 12.50, 0.1, 'é', x'00FFAB', '2024-01-31',"
	    " '2024-01-31T10:00:00.5', '{\"a\":[1]}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',"
	    " '2024-01-31T10:00:00Z', '10:00:00');"
	    "INSERT INTO zoo VALUES (2, 0, 3, 1e300, '', NULL, 'someday', '2024-01-31T10:00', "
	    "'{broken',"
	    " 'nope', 1700000000, 'noon');"
	    "INSERT INTO zoo VALUES (3, 7, NULL, 9e999, NULL, x'', '2024-01-31 ', -1.5, '[]', "
	    "NULL, NULL,"
	    " NULL);"
	    "INSERT INTO zoo (id, price, ratio, name, raw) VALUES (9223372036854775807, 1e40, -3, "
	    "'x',"
	    " 'text');"
	    "CREATE TABLE loose_key (code TEXT PRIMARY KEY, n INT);"
	    "INSERT INTO loose_key VALUES (NULL, 1), (NULL, 2), ('a', 3);"
	    "CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID;" TEST_PAIRS
	    "CREATE TABLE second_best (a TEXT NOT NULL, b TEXT NOT NULL, c UNIQUE);"
	    "CREATE UNIQUE INDEX s1 ON second_best (a, b); CREATE UNIQUE INDEX s2 ON second_best "
	    "(b);"
	    "CREATE UNIQUE INDEX s3 ON second_best (a) WHERE b = 1;"
	    "CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;"
	    "CREATE VIEW zoo_view AS SELECT id, name FROM zoo;"
	    "CREATE TABLE \"Odd \"\"name\"\".x\" (\"Select\" INTEGER PRIMARY KEY, \"ü\"\"';\" "
	    "TEXT);"
	    "INSERT INTO \"Odd \"\"name\"\".x\" VALUES (1, 'é');"
	    "ANALYZE loose_key;");
	return 0;
}

static int
stop(void **state)
{
	static const char *const files[] = { "a.db",       "wal.db",    "wal.db-wal",
					     "wal.db-shm", "locked.db", "locked.db-journal",
					     "text.db" };
	char path[100];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_follow_their_own_type),
		TEST(types_say_what_the_bytes_are),
		TEST(columns_tell_types_keys_and_nulls),
		TEST(tree_lists_the_file),
		TEST(odd_names_are_quoted),
		TEST(pages_follow_the_key_both_ways),
		TEST(users_sql_may_end_as_people_write_it),
		TEST(attacks_change_nothing),
		TEST(errors_name_the_place_in_the_users_text),
		TEST(keys_are_proved_or_refused),
		TEST(a_snapshot_stays_while_others_write),
		TEST(bytes_that_are_no_text_pass),
		TEST(cancel_ends_a_query_at_once),
		TEST(cancel_ends_the_wait_for_a_lock),
		TEST(wrong_files_are_refused),
	};

	return cmocka_run_group_tests_name("source_sqlite", tests, start, stop);
}
