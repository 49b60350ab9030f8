/* test_run_screens.c - home, plan, monitor, history, log and dead letters, on a real engine, a real
 * PostgreSQL and the receiver. */
#include "tests/lib/check.h"
#include "tests/lib/tui_rig.h"

#include <unistd.h>

/* The users, mirrored, asking from the second remove on. */
static const char mirror[] =
	"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
	" \"profile\": \"rows\", \"destination\": \"rx\",\n"
	" \"mode\": \"mirror\", \"max_removes\": 1}\n";

static void
reopen(struct engine_rig *e, bool read_only)
{
	engine_rig_shut(e);
	engine_rig_open(e, read_only);
}

static void
run_now(struct engine_rig *e)
{
	const struct sl_run_stats s = engine_rig_run(e, "users", 0);

	assert_string_equal(s.state, "settled");
}

/* The same with its lines in the log in one order: nothing is sent while it plans. */
static void
run_in_order(struct engine_rig *e)
{
	const struct sl_log_filter f = { .text = "settled" };
	const struct sl_run_stats s = engine_rig_run(e, "users", SL_RUN_HOLD);
	bool logged = false;

	assert_string_equal(s.state, "held");
	sl_msg_free(engine_rig_ok(e, sl_release(e->engine, s.run, NULL)));
	for (int i = 0; i < 500 && !logged; i++) {
		struct sl_msg *m = engine_rig_ok(e, sl_log(e->engine, &f, 0, 0, 1));
		logged = sl_table_rows(m->table) > 0;
		sl_msg_free(m);
		(void)usleep(10000);
	}
	assert_true(logged);
}

/* ---- home ------------------------------------------------------------------------------------ */

static void
test_first_start(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	engine_rig_unfile(e, "syncs/users.json");
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "No syncs yet");
	tui_rig_until(t, "n   make a sync");
	tui_rig_until(t, "8   make a connection");
	tui_rig_close(t);
}

static void
test_home(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	engine_rig_file(e, "syncs/broken.json",
			"{\"source\": \"nowhere\", \"table\": \"t\", \"kee\": [\"id\"]}\n");
	run_in_order(e);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "NEEDS YOU (");
	tui_rig_settle(t);
	tui_rig_golden(t, "home-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "home-120x35");
	tui_rig_resize(t, 15, 60);
	tui_rig_golden(t, "home-60x15");
	tui_rig_resize(t, 10, 40);
	tui_rig_golden(t, "home-40x10");
	tui_rig_resize(t, 24, 80);
	tui_rig_keys(t, "Tab Enter"); /* the fix of the first cause: the file and its mistake */
	tui_rig_until(t, "there is no setting \"kee\"");
	tui_rig_until(t, "Mend the file");
	tui_rig_close(t);
}

static void
test_delete_is_typed(void **state)
{
	struct tui_rig *t = tui_rig_open(*state, 24, 80);

	tui_rig_until(t, "users");
	tui_rig_keys(t, "D");
	tui_rig_until(t, "Delete this sync?");
	tui_rig_answer(t, "Enter"); /* confirms nothing */
	tui_rig_settle(t);
	tui_rig_until(t, "- never");
	tui_rig_keys(t, "D");
	tui_rig_answer(t, "u s e r s Tab Enter");
	tui_rig_until(t, "No syncs yet");
	tui_rig_close(t);
}

/* ---- plan and monitor ------------------------------------------------------------------------ */

static void
test_plan_then_send(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	run_now(e);
	engine_rig_sql(e, "UPDATE users SET name = 'New ' || id, balance = 7 WHERE id IN (3, 4);"
			  "INSERT INTO users (id, email) VALUES (60, 'X@y.z')");
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "ok");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "nothing was sent yet");
	tui_rig_until(t, "traits.");
	tui_rig_settle(t);
	tui_rig_golden(t, "plan-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "plan-120x35");
	tui_rig_resize(t, 15, 60);
	tui_rig_golden(t, "plan-60x15");
	tui_rig_resize(t, 24, 80);
	tui_rig_keys(t, "Enter"); /* the event, and nothing is sent */
	tui_rig_until(t, "\"type\": \"identify\"");
	tui_rig_keys(t, "q f f");
	tui_rig_settle(t);
	tui_rig_until(t, "[~ changes 2]");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 50);
	tui_rig_keys(t, "S");
	tui_rig_until(t, "\xe2\x9c\x93 ok");
	tui_rig_until(t, "settled: 3 acknowledged");
	tui_rig_settle(t);
	tui_rig_golden(t, "monitor-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "monitor-120x35");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 53);
	tui_rig_keys(t, "q");
	tui_rig_until(t, "NEEDS YOU");
	tui_rig_close(t);
}

static void
test_monitor_names_the_bottleneck(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;
	struct sl_msg *m;
	int64_t run;

	test_receiver_faults(e->rx, "{\"slow_ms\": 4000}");
	m = engine_rig_ok(e, sl_start(e->engine, "users", 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "0 of 50");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "bottleneck sending");
	test_receiver_faults(e->rx, "{}");
	tui_rig_close(t);
	sl_msg_free(engine_rig_ok(e, sl_stop(e->engine, run)));
}

static void
test_plan_waits(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = tui_rig_open(e, 24, 80);

	tui_rig_until(t, "- never");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "send all of it (50)");
	tui_rig_keys(t, "q");
	tui_rig_until(t, "= held");
	tui_rig_until(t, "a plan waits for confirmation");
	reopen(e, false); /* it waits for the next program, too */
	tui_rig_close(t);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "= held");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "send all of it (50)");
	tui_rig_keys(t, "X");
	tui_rig_answer(t, "c");
	tui_rig_until(t, "the plan was dropped");
	tui_rig_until(t, "- cancelled");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 0);
	tui_rig_close(t);
}

static void
test_removes_are_typed(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	engine_rig_file(e, "profiles/rows.json",
			"{\"event\": \"record\",\n"
			" \"map\": {\"identifiers.id\": \"id\", \"fields.name\": \"name\"}}\n");
	engine_rig_file(e, "syncs/users.json", mirror);
	run_now(e);
	engine_rig_sql(e,
		       "DELETE FROM users WHERE id <= 3; UPDATE users SET name = 'N' WHERE id = 9");
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "ok");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "3 of 50 rows (6 %) to remove, limit 1");
	tui_rig_keys(t, "f f"); /* removes are in the order of their digests: another in each run */
	tui_rig_settle(t);
	tui_rig_golden(t, "plan-removes-80x24");
	tui_rig_keys(t, "A");
	tui_rig_until(t, "Type 3 to go on");
	tui_rig_answer(t, "4 Tab Enter"); /* not the number */
	tui_rig_settle(t);
	tui_rig_until(t, "nothing was sent yet");
	tui_rig_keys(t, "Esc");
	tui_rig_keys(t, "A");
	tui_rig_answer(t, "3 Tab Enter");
	tui_rig_until(t, "\xe2\x9c\x93 ok");
	tui_rig_until(t, "- remove 3");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 54);
	tui_rig_close(t);
}

static void
test_nothing_to_send(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	run_now(e);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "ok");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "there was nothing to send");
	tui_rig_close(t);
}

static void
test_failed_run(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	engine_rig_sql(e, "DROP TABLE users");
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "- never");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "\xe2\x9c\x97 failed");
	tui_rig_keys(t, "q");
	tui_rig_until(t, "Enter what happened");
	tui_rig_keys(t, "Tab Enter");
	tui_rig_until(t, "nothing is lost: R plans a new run");
	tui_rig_close(t);
}

/* ---- history and log ------------------------------------------------------------------------- */

static void
test_history(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	run_now(e);
	run_now(e);
	t = tui_rig_open(e, 24, 80);
	tui_rig_keys(t, "5");
	tui_rig_until(t, "1 of 2");
	tui_rig_settle(t);
	tui_rig_golden(t, "runs-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "runs-120x35");
	tui_rig_keys(t, "j Enter");
	tui_rig_until(t, "users #1");
	tui_rig_keys(t, "c");
	tui_rig_until(t, "[all 50]");
	tui_rig_close(t);
}

static void
test_log(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	run_now(e);
	t = tui_rig_open(e, 24, 80);
	tui_rig_keys(t, "6");
	tui_rig_until(t, "settled: 50 acknowledged");
	tui_rig_until(t, "FOLLOW");
	tui_rig_keys(t, "/");
	tui_rig_type(t, "request");
	tui_rig_keys(t, "Enter Enter");
	tui_rig_until(t, "/request 1 match");
	tui_rig_until(t, "follow off");
	tui_rig_until(t, "50 events in");
	tui_rig_keys(t, "Esc Esc F");
	tui_rig_type(t, "level>=wrong\n");
	tui_rig_until(t, "level is debug, info, warn or error");
	tui_rig_keys(t, "F");
	tui_rig_type(t, "run=1 level>=warn\n");
	tui_rig_until(t, "0 lines match run=1 level>=warn");
	tui_rig_keys(t, "x");
	tui_rig_until(t, "settled: 50 acknowledged");
	/* New lines come while one follows; while one reads above, they are only counted. */
	run_now(e);
	tui_rig_until(t, "settled: 0 acknowledged");
	tui_rig_keys(t, "g");
	tui_rig_until(t, "follow off");
	run_now(e);
	tui_rig_until(t, "new below (G)");
	tui_rig_close(t);
}

/* ---- dead letters ---------------------------------------------------------------------------- */

static void
test_dead_letters(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	test_receiver_faults(e->rx, "{\"refuse\": [\"7\", \"8\"]}");
	(void)engine_rig_run(e, "users", 0);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "! partial");
	tui_rig_until(t, "2 events were given up on");
	tui_rig_keys(t, "d");
	tui_rig_until(t, "2 letters");
	tui_rig_keys(t, "j");
	tui_rig_keys(t, "i");
	tui_rig_until(t, "The event in full");
	tui_rig_keys(t, "q l");
	tui_rig_until(t, "refused by the destination");
	tui_rig_keys(t, "L L L e"); /* errors only */
	tui_rig_until(t, "level>=error");
	tui_rig_until(t, "refused by the destination");
	tui_rig_keys(t, "/");
	tui_rig_type(t, "refused by\n");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "event     add "); /* what is behind the line */
	tui_rig_keys(t, "7");
	tui_rig_until(t, "2 letters");
	test_receiver_faults(e->rx, "{}");
	tui_rig_keys(t, "Space Space");
	tui_rig_until(t, "2 marked");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "Send 2 letters again?");
	tui_rig_answer(t, "s");
	tui_rig_until(t, "2 of 2");
	tui_rig_until(t, "\xe2\x9c\x93 ok");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 50);
	tui_rig_keys(t, "q");
	tui_rig_until(t, "No dead letters");
	tui_rig_close(t);
}

static void
test_discard(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	test_receiver_faults(e->rx, "{\"refuse\": [\"7\"]}");
	(void)engine_rig_run(e, "users", 0);
	t = tui_rig_open(e, 24, 80);
	tui_rig_keys(t, "7");
	tui_rig_until(t, "1 letter");
	tui_rig_keys(t, "j");
	tui_rig_settle(t);
	tui_rig_golden(t, "dead-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "dead-120x35");
	tui_rig_resize(t, 15, 60);
	tui_rig_golden(t, "dead-60x15");
	tui_rig_resize(t, 24, 80);
	tui_rig_keys(t, "D");
	tui_rig_type(t, "a test account\n");
	tui_rig_until(t, "Discard 1 letter?");
	tui_rig_answer(t, "1 Tab Enter");
	tui_rig_until(t, "No dead letters");
	tui_rig_keys(t, "o");
	tui_rig_until(t, "settled ones, too");
	tui_rig_until(t, "1 letter");
	tui_rig_keys(t, "j U");
	tui_rig_until(t, "1 open again");
	tui_rig_keys(t, "o");
	tui_rig_until(t, "1 letter");
	tui_rig_close(t);
}

/* ---- a session that only looks --------------------------------------------------------------- */

static void
test_read_only(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t;

	run_now(e);
	reopen(e, true);
	t = tui_rig_open(e, 24, 80);
	tui_rig_until(t, "ok");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "not now: this session is read-only");
	tui_rig_keys(t, "D");
	tui_rig_until(t, "not now: this session is read-only");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "1 of 1");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "settled: 50 acknowledged");
	tui_rig_close(t);
}

/* Whatever is typed at whatever size: nothing breaks, nothing is sent, and 1 leads home. */
static void
test_any_keys(void **state)
{
	static const char *const keys[] = {
		"j",    "k",    "g",      "G", "Enter", "q", "Esc",   "Tab", "1", "2", "3", "4",
		"5",    "6",    "7",      "8", "9",     "R", "S",     "A",   "X", "D", "d", "l",
		"c",    "f",    "o",      "x", "/",     "F", "n",     "N",   "t", "L", "e", "i",
		"y",    "m",    "v",      "p", "?",     ":", "Space", "*",   "]", "[", "h", "=",
		"PgDn", "PgUp", "Ctrl-C", "s", "r",     "-", "+",     "u"
	};
	static const struct {
		int rows, cols;
	} size[] = { { 24, 80 }, { 35, 120 }, { 15, 60 }, { 10, 40 },
		     { 5, 20 },  { 1, 1 },    { 50, 200 } };
	struct engine_rig *e = *state;
	struct tui_rig *t;
	uint32_t seed = 20260105;

	test_receiver_faults(e->rx, "{\"refuse\": [\"7\", \"8\"]}");
	(void)engine_rig_run(e, "users", 0);
	const long long sent = test_receiver_int(e->rx, "SELECT count(*) FROM events");
	reopen(e, true);
	t = tui_rig_open(e, 24, 80);
	tui_rig_settle(t);
	for (int i = 0; i < 1500; i++) {
		seed = seed * 1664525u + 1013904223u;
		tui_rig_keys(t, keys[(seed >> 8) % SL_COUNT(keys)]);
		if (i % 100 == 0)
			tui_rig_settle(t);
		if (i % 150 == 149) {
			const size_t k = (seed >> 16) % SL_COUNT(size);
			tui_rig_resize(t, size[k].rows, size[k].cols);
		}
	}
	tui_rig_resize(t, 24, 80);
	for (int i = 0; i < 4; i++)
		tui_rig_answer(t, "Esc Esc Esc"); /* texts, dialogs, prompts, screens */
	tui_rig_keys(t, "1 1");
	tui_rig_until(t, "DEST");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), sent);
	tui_rig_close(t);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(test_first_start),
		RIG(test_home),
		RIG(test_delete_is_typed),
		RIG(test_plan_then_send),
		RIG(test_plan_waits),
		RIG(test_removes_are_typed),
		RIG(test_monitor_names_the_bottleneck),
		RIG(test_nothing_to_send),
		RIG(test_failed_run),
		RIG(test_history),
		RIG(test_log),
		RIG(test_dead_letters),
		RIG(test_discard),
		RIG(test_read_only),
		RIG(test_any_keys),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
