/* How runs treat a destination that is real and in trouble: what they share, what they find out, and that
 * nothing is lost meanwhile. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include "core/base/clock.h"

#include <stdio.h>
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

/* The destination "rx" with these settings more, and a second sync "others" that sends to it by a
 * connection of its own. */
static void
use(struct engine_rig *r, const char *settings, int users)
{
	static const char *const names[] = { "connections/rx.json", "connections/rx2.json" };
	char text[400];

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"type\": \"rudderstack\", \"url\": \"%s\","
			       " \"write_key\": \"env:ENGINE_RIG_KEY\", %s}",
			       test_receiver_url(r->rx), settings);
		engine_rig_file(r, names[i], text);
	}
	engine_rig_file(r, "syncs/others.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"rx2\"}\n");
	engine_rig_users(r, users);
}

static void
wait_requests(struct engine_rig *r, uint64_t n)
{
	for (int i = 0; i < 12000 && test_receiver_stats(r->rx).requests < n; i++)
		usleep(5000);
	assert_true(test_receiver_stats(r->rx).requests >= n);
}

static struct sl_run_stats
stats(struct engine_rig *r, int64_t run)
{
	struct sl_run_stats s;

	assert_true(sl_run_stats(r->engine, run, &s));
	return s;
}

/* Until the run says that it waits; it may take a moment until what it did before counts less. */
static struct sl_run_stats
until_waiting(struct engine_rig *r, int64_t run)
{
	struct sl_run_stats s = stats(r, run);

	for (int i = 0; i < 12000 && strcmp(s.bottleneck, "waiting") != 0; i++) {
		usleep(5000);
		s = stats(r, run);
	}
	assert_string_equal(s.bottleneck, "waiting");
	return s;
}

/* A line of the log of any run. */
static bool
is_logged(struct engine_rig *r, const char *text)
{
	const struct sl_log_filter f = { .text = text };
	bool found = false;

	for (int i = 0; i < 3000 && !found; i++) {
		struct sl_msg *m = engine_rig_ok(r, sl_log(r->engine, &f, 0, 0, 10));

		found = sl_table_rows(m->table) > 0;
		sl_msg_free(m);
		if (!found)
			usleep(10000);
	}
	return found;
}

static void
two_syncs_share_a_pause(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	int64_t first, second, from;
	uint64_t requests;

	use(r, "\"batch_events\": 50", 50);
	test_receiver_faults(r->rx,
			     "{\"throttle_every\": 1, \"retry_after\": 3, \"stop_after\": 1}");
	first = start(r, "users");
	wait_requests(r, 1);
	from = sl_mono_us();
	second = start(r, "others");
	/* The one that was not told to wait waits too. */
	s = until_waiting(r, second);
	assert_string_equal(s.state, "delivering");
	assert_non_null(strstr(s.waiting, "the destination asked for "));
	assert_string_equal(s.breaker, "closed");
	usleep(1000000);
	requests = test_receiver_stats(r->rx).requests;
	/* On a machine that stood still the pause may be over. */
	if (sl_wall_us() < s.hold_until_us)
		assert_int_equal(requests, 1);
	assert_int_equal(engine_rig_end(r, first).acked, 50);
	assert_int_equal(engine_rig_end(r, second).acked, 50);
	assert_in_range(sl_mono_us() - from, SECOND * 28 / 10, 30 * SECOND);
	assert_true(is_logged(r, "waiting: the destination asked for 3"));
}

static void
two_syncs_share_a_rate(void **state)
{
	struct engine_rig *r = *state;
	int64_t first, second, from = sl_mono_us();

	use(r, "\"batch_events\": 10, \"rate\": 100", 100);
	first = start(r, "users");
	second = start(r, "others");
	assert_int_equal(engine_rig_end(r, first).acked, 100);
	assert_int_equal(engine_rig_end(r, second).acked, 100);
	/* 200 events at 100 a second; each of them alone would need half of it. */
	assert_in_range(sl_mono_us() - from, SECOND * 16 / 10, 60 * SECOND);
	/* In no second were there more than the rate, what may be saved up, and what a receiver that stood
	 * still for a moment took late; two rates would make 200. */
	assert_in_range(test_receiver_int(r->rx,
					  "SELECT max((SELECT sum(b.events) FROM requests AS b"
					  " WHERE julianday(b.at) BETWEEN julianday(a.at) AND"
					  " julianday(a.at) + 0.99 / 86400)) FROM requests AS a"
					  " WHERE a.events > 0"),
			1, 180);
}

static void
an_open_circuit_is_asked_with_one_event(void **state)
{
	struct engine_rig *r = *state;
	const char *sent = "SELECT group_concat(events) FROM (SELECT events FROM requests"
			   " WHERE status = 200 AND events > 0 ORDER BY seq LIMIT 2)";
	struct sl_run_stats s;
	uint64_t before;
	int64_t run;

	use(r, "\"batch_events\": 10, \"inflight\": 8", 400);
	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 500}");
	run = start(r, "users");
	wait_requests(r, 20);
	for (int i = 0; i < 12000 && !stats(r, run).breaker_until_us; i++)
		usleep(5000);
	s = until_waiting(r, run);
	assert_string_equal(s.breaker, "open");
	assert_non_null(strstr(s.waiting, "circuit open, next try in"));
	usleep(200000);
	before = test_receiver_stats(r->rx).requests;
	assert_in_range(before, 20, 28);
	/* Nothing is sent, until one event more shows that it is still down, when patience ends. */
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "paused");
	assert_int_equal(s.exit_code, SL_EXIT_DOWN);
	assert_non_null(strstr(s.error, "the events are kept"));
	assert_int_equal(test_receiver_stats(r->rx).requests, before + 1);
	assert_true(is_logged(r, "circuit open"));
	assert_true(is_logged(r, "circuit half-open"));
	/* It is back: a run that starts asks with one event, and then sends the rest. */
	test_receiver_faults(r->rx, "{}");
	sl_msg_free(engine_rig_ok(r, sl_resume(r->engine, run)));
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.acked, 400);
	test_receiver_expect(r->rx, sent, "1,9");
	assert_true(is_logged(r, "circuit closed"));
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), 400);
}

static void
a_redirect_is_not_followed_and_loses_nothing(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use(r, "\"batch_events\": 10", 50);
	test_receiver_faults(r->rx, "{\"redirect_every\": 2}");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "paused");
	assert_int_equal(s.dead, 0);
	assert_int_equal(s.acked + s.pending, 50);
	assert_true(s.pending > 0);
	assert_int_equal(test_receiver_int(r->rx,
					   "SELECT count(*) FROM requests WHERE path LIKE '%moved%'"
					   " AND status <> 307"),
			 0);
	assert_int_equal(test_receiver_stats(r->rx).requests, s.requests);
	test_receiver_faults(r->rx, "{}");
	sl_msg_free(engine_rig_ok(r, sl_resume(r->engine, s.run)));
	assert_int_equal(engine_rig_end(r, s.run).acked, 50);
	assert_int_equal(test_receiver_int(r->rx, "SELECT count(*) FROM events"), 50);
}

/* Refuse every nth of the users; returns how many. */
static unsigned
refuse(struct engine_rig *r, int users, int nth)
{
	struct sl_buf text;
	unsigned n = 0;

	sl_buf_init(&text, 0);
	sl_buf_puts(&text, "{\"refuse\": [");
	for (int id = nth; id <= users; id += nth)
		sl_buf_printf(&text, "%s\"%d\"", n++ ? ", " : "", id);
	sl_buf_puts(&text, "]}");
	test_receiver_faults(r->rx, sl_buf_cstr(&text));
	sl_buf_free(&text);
	return n;
}

static void
bad_events_are_found_within_the_budget(void **state)
{
	/* One request of 500 events; the bad ones among them. */
	static const struct {
		int nth;
		uint64_t requests;
	} t[] = { { 400, 1 + 18 }, { 200, 1 + 36 }, { 50, 1 + 180 }, { 1, 600 } };
	struct engine_rig *r = *state;

	use(r, "\"batch_events\": 500", 500);
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		const unsigned bad = refuse(r, 500, t[i].nth);
		const struct sl_run_stats s = engine_rig_run(r, "users", SL_RUN_ALL);

		assert_string_equal(s.state, "settled");
		assert_int_equal(s.dead, bad);
		assert_int_equal(s.acked, 500 - bad);
		assert_in_range(s.requests, 2, t[i].requests);
	}
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_syncs_share_a_pause, engine_rig_fresh,
						engine_rig_close),
		cmocka_unit_test_setup_teardown(two_syncs_share_a_rate, engine_rig_fresh,
						engine_rig_close),
		cmocka_unit_test_setup_teardown(an_open_circuit_is_asked_with_one_event,
						engine_rig_fresh, engine_rig_close),
		cmocka_unit_test_setup_teardown(a_redirect_is_not_followed_and_loses_nothing,
						engine_rig_fresh, engine_rig_close),
		cmocka_unit_test_setup_teardown(bad_events_are_found_within_the_budget,
						engine_rig_fresh, engine_rig_close),
	};

	return cmocka_run_group_tests_name("delivery", tests, engine_rig_setup,
					   engine_rig_teardown);
}
