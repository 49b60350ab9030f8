/* test_source_screens.c - the screens of the source side, on a real engine and a real PostgreSQL:
 * browsing, hostile data, connections, SQL models. */
#include "tests/lib/check.h"
#include "tests/lib/tui_rig.h"

#include <stdlib.h>

/* ---- browsing -------------------------------------------------------------------------------- */

static struct tui_rig *
browse_users(struct engine_rig *e, int rows, int cols)
{
	struct tui_rig *t = tui_rig_open(e, rows, cols);

	tui_rig_keys(t, "2");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "G Enter");
	tui_rig_until(t, "User1@Example.com");
	tui_rig_settle(t);
	return t;
}

static void
test_browse(void **state)
{
	struct tui_rig *t = browse_users(*state, 24, 80);

	tui_rig_golden(t, "browse-80x24");
	tui_rig_keys(t, "]");
	tui_rig_golden(t, "browse-columns-80x24");
	tui_rig_keys(t, "[");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "browse-120x35");
	tui_rig_resize(t, 15, 60);
	tui_rig_golden(t, "browse-60x15");
	tui_rig_resize(t, 10, 40);
	tui_rig_golden(t, "browse-40x10");
	tui_rig_close(t);
}

/* Many more rows than a window holds: to the end, back over the edge of pages, to the first. */
static void
test_pages(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_users(e, 5000);
	struct tui_rig *t = browse_users(e, 24, 80);
	tui_rig_until(t, "row 1 of ~5.0k");
	for (int i = 0; i < 30; i++) {
		tui_rig_keys(t, "PgDn PgDn PgDn");
		tui_rig_settle(t);
		if (tui_rig_shows(t, "User1201@"))
			break;
	}
	tui_rig_until(t, "User1201@");
	tui_rig_keys(t, "G");
	tui_rig_until(t, "User5000@");
	tui_rig_until(t, "1 from the end of ~5.0k");
	tui_rig_keys(t, "PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp");
	/* When the page before has come, the selection is where it was. */
	for (int i = 0; i < 30 && !tui_rig_shows(t, "User47"); i++) {
		tui_rig_settle(t);
		tui_rig_keys(t, "PgUp PgUp PgUp");
	}
	tui_rig_until(t, "User47");
	tui_rig_keys(t, "g");
	tui_rig_until(t, "User1@");
	tui_rig_until(t, "row 1 of");
	tui_rig_close(t);
}

static void
test_hostile(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_sql(e,
		       "SET client_min_messages = warning; DROP TABLE IF EXISTS hostile, keyless;"
		       "CREATE TABLE hostile (id int PRIMARY KEY, t text);"
		       "INSERT INTO hostile VALUES (1, E'red \\x1b[31mtext'),"
		       "(2, E'line\\nbreak\\ttab'), (3, U&'bidi \\202E override'),"
		       "(4, '\xe5\xb0\x8f\xe6\x9e\x97 wide'), (5, NULL), (6, 'NULL'),"
		       "(7, E'osc \\x1b]52;c;aGk=\\x07 end'), (8, U&'zero\\200Bwidth')");
	struct tui_rig *t = tui_rig_open(e, 24, 80);
	tui_rig_keys(t, "2");
	tui_rig_until(t, "hostile");
	tui_rig_keys(t, "j j Enter");
	tui_rig_until(t, "wide");
	tui_rig_settle(t);
	tui_rig_golden(t, "hostile-80x24");
	const char *screen = tui_rig_screen(t);
	for (const char *p = screen; *p; p++)
		assert_true((unsigned char)*p >= ' ' || *p == '\n');
	assert_null(strstr(screen, "\xe2\x80\xae"));
	tui_rig_keys(t, "l Enter"); /* the whole value, just as safe */
	tui_rig_until(t, "\xe2\x90\x9b[31m");
	tui_rig_close(t);
}

static void
test_browse_error(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = browse_users(e, 24, 80);

	engine_rig_sql(e, "DROP TABLE users");
	tui_rig_keys(t, "r");
	tui_rig_until(t, "try again");
	tui_rig_until(t, "users");
	assert_true(tui_rig_shows(t, "User1@")); /* what was there stays, with the error below it */
	tui_rig_close(t);
}

static void
test_no_key(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_sql(e,
		       "SET client_min_messages = warning; DROP TABLE IF EXISTS hostile, keyless;"
		       "CREATE TABLE keyless AS SELECT i FROM generate_series(1, 900) AS i");
	struct tui_rig *t = tui_rig_open(e, 24, 80);
	tui_rig_keys(t, "2");
	tui_rig_until(t, "keyless");
	tui_rig_keys(t, "j j Enter");
	tui_rig_until(t, "first 500 rows, more exist");
	tui_rig_until(t, "no key: only the first 500 rows, in no order");
	tui_rig_close(t);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void
test_connections(void **state)
{
	struct tui_rig *t = tui_rig_open(*state, 24, 80);

	tui_rig_keys(t, "8");
	tui_rig_until(t, "PostgreSQL");
	tui_rig_keys(t, "G t");
	tui_rig_until(t, "read"); /* what the server says of itself */
	tui_rig_until(t, "✓ ok");
	tui_rig_keys(t, "D");
	tui_rig_until(t, "syncs use this connection");
	tui_rig_close(t);
}

static void
test_new_connection(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = tui_rig_open(e, 24, 80);

	tui_rig_keys(t, "8");
	tui_rig_until(t, "PostgreSQL");
	tui_rig_keys(t, "n");
	tui_rig_until(t, "Webhook");
	tui_rig_keys(t, "Down Down Down Enter"); /* webhook */
	tui_rig_until(t, "Secrets are never typed here");
	tui_rig_keys(t, "F2");
	tui_rig_until(t, "this is needed");
	tui_rig_type(t, "Bad Name");
	tui_rig_keys(t, "Tab");
	tui_rig_type(t, "ftp://nowhere");
	tui_rig_keys(t, "F2");
	tui_rig_settle(t);
	tui_rig_golden(t, "connection-errors-80x24");
	tui_rig_keys(t, "Esc");
	tui_rig_until(t, "Leave the form?");
	tui_rig_answer(t, "Esc");
	tui_rig_close(t);
}

/* ---- SQL ------------------------------------------------------------------------------------- */

static void
test_sql(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = tui_rig_open(e, 24, 80);

	tui_rig_keys(t, "2");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "e");
	tui_rig_until(t, "Tab completes names");
	tui_rig_settle(t);
	tui_rig_type(t, "SELECT id,\n  emial FROM use");
	tui_rig_keys(t, "Tab Ctrl-R");
	tui_rig_until(t, "does not exist");
	tui_rig_golden(t, "sql-error-80x24");
	tui_rig_keys(t, "Del Del Del Del Del"); /* the cursor is on the mistake */
	tui_rig_type(t, "email");
	tui_rig_keys(t, "Ctrl-R");
	tui_rig_until(t, "User1@");
	tui_rig_settle(t);
	tui_rig_golden(t, "sql-80x24");
	tui_rig_keys(t, "Esc W");
	tui_rig_until(t, "save and map");
	assert_true(tui_rig_shows(t, "emial") == false);
	tui_rig_close(t);
}

int
main(void)
{
#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_browse),         RIG_TEST(test_pages),  RIG_TEST(test_hostile),
		RIG_TEST(test_browse_error),   RIG_TEST(test_no_key), RIG_TEST(test_connections),
		RIG_TEST(test_new_connection), RIG_TEST(test_sql),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
