/* Runs of a sync with a cursor over an SQLite file: writers take turns, and times are texts. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <sqlite3.h>
#include <stdio.h>

static struct sl_run_stats
run(struct engine_rig *r)
{
	return engine_rig_settled(r, "orders", 0);
}

static unsigned
reads(struct engine_rig *r)
{
	return (unsigned)run(r).rows_read;
}

static void
on_file(const struct engine_rig *r, const char *sql)
{
	sqlite3 *db;
	char path[400], *said = NULL;

	(void)snprintf(path, sizeof(path), "%s/shop.db", r->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
use_file(struct engine_rig *r, const char *cursor)
{
	char text[300];

	engine_rig_file(r, "connections/file.json",
			"{\"type\": \"sqlite\", \"path\": \"shop.db\"}");
	engine_rig_file(r, "profiles/orders.json",
			"{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.plan\": "
			"\"plan\"}}");
	(void)snprintf(text, sizeof(text),
		       "{\"source\": \"file\", \"table\": \"orders\", \"key\": [\"id\"],"
		       " \"profile\": \"orders\", \"destination\": \"rx\","
		       " \"detect\": \"cursor\", \"cursor\": \"%s\"}",
		       cursor);
	engine_rig_file(r, "syncs/orders.json", text);
	on_file(r, "DROP TABLE IF EXISTS orders;"
		   "CREATE TABLE orders (id INTEGER PRIMARY KEY, plan TEXT, ver INTEGER, at TEXT);"
		   "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
		   " INSERT INTO orders SELECT i, 'free', i, datetime('now', '-' || (31 - i) || ' "
		   "days')"
		   " FROM n");
}

static void
a_number_in_sqlite(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_file(r, "ver");
	s = run(r);
	assert_string_equal(s.promise, "fenced");
	assert_int_equal(s.rows_read, 30);
	/* Writers take turns: once is enough. */
	assert_int_equal(reads(r), 1);
	on_file(r, "UPDATE orders SET ver = 30, plan = 'tie' WHERE id = 4;"
		   "UPDATE orders SET ver = NULL, plan = 'none' WHERE id = 5;"
		   "UPDATE orders SET ver = 'odd', plan = 'odd' WHERE id = 6");
	s = run(r);
	assert_int_equal(s.updates, 3);
	assert_int_equal(s.rows_read, 4);
	assert_int_equal(s.null_cursors, 1);
}

static void
a_time_in_sqlite(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_file(r, "at");
	assert_int_equal(reads(r), 30);
	/* From the day before the last one on. */
	assert_int_equal(reads(r), 2);
	on_file(r, "UPDATE orders SET at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day'), plan = "
		   "'iso'"
		   " WHERE id = 4; UPDATE orders SET at = 'never', plan = 'odd' WHERE id = 5");
	s = run(r);
	assert_int_equal(s.updates, 2);
	assert_int_equal(s.rows_read, 4);
	/* A time in the future is no place. */
	on_file(r, "UPDATE orders SET at = '2999-01-01' WHERE id = 6");
	(void)run(r);
	on_file(r, "UPDATE orders SET at = datetime('now'), plan = 'new' WHERE id = 7");
	assert_int_equal(run(r).updates, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)
	const struct CMUnitTest tests[] = {
		TEST(a_number_in_sqlite),
		TEST(a_time_in_sqlite),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
