/* Which stage holds up a run: a source that is slow, a destination that is, a rate, and the rule itself. */
#include "core/engine/stage.h"

#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

/* ---- the rule ------------------------------------------------------------------------------------ */

static void
the_last_stage_that_is_waited_for_counts(void **state)
{
	static const struct {
		struct sl_stages at;
		enum sl_stage is;
	} t[] = {
		{ { .reading = 1 }, SL_STAGE_READING },
		{ { .reading = 1, .mapping = 1, .diffing = 1 }, SL_STAGE_READING },
		{ { .reading = 1, .sending = true }, SL_STAGE_READING },
		{ { .reading = 1, .no_room = 1, .mapping = 2 }, SL_STAGE_MAPPING },
		{ { .reading = 1, .no_room = 1, .mapping = 1, .diffing = 2 }, SL_STAGE_DIFFING },
		{ { .reading = 1, .no_room = 1, .mapping = 1, .storing = 1 }, SL_STAGE_STORING },
		{ { .reading = 1, .no_room = 1, .sending = true, .behind = true },
		  SL_STAGE_SENDING },
		{ { .reading = 1, .sending = true, .behind = true, .gate = SL_GATE_ROOM },
		  SL_STAGE_SENDING },
		{ { .reading = 1, .behind = true, .gate = SL_GATE_RATE }, SL_STAGE_WAITING },
		{ { .reading = 1, .sending = true, .gate = SL_GATE_HOLD }, SL_STAGE_WAITING },
		{ { .sending = true, .gate = SL_GATE_RETRY }, SL_STAGE_SENDING },
		{ { .behind = true, .gate = SL_GATE_RETRY }, SL_STAGE_WAITING },
		{ { .backs_off = true }, SL_STAGE_WAITING },
		{ { .sending = true }, SL_STAGE_SENDING },
		{ { .diffing = 1 }, SL_STAGE_DIFFING },
		{ { 0 }, SL_STAGE_STORING },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct sl_stages s = t[i].at;

		sl_stage_note(&s, SECOND);
		if (sl_stage_most(&s, 2 * SECOND) != t[i].is)
			fail_msg("case %zu: %s", i, sl_stage_name(sl_stage_most(&s, 2 * SECOND)));
	}
}

static void
the_longest_of_the_last_seconds_counts(void **state)
{
	struct sl_stages s = { .reading = 1 };
	int64_t now = SECOND;

	(void)state;
	sl_stage_note(&s, now);
	/* Every tenth of a second 70 ms of reading and 30 ms of sending. */
	for (unsigned i = 0; i < 100; i++) {
		sl_stage_note(&s, now += 70000);
		s.sending = s.behind = true;
		sl_stage_note(&s, now += 30000);
		s.sending = s.behind = false;
	}
	assert_int_equal(sl_stage_most(&s, now), SL_STAGE_READING);
	s.sending = s.behind = true;
	assert_int_equal(sl_stage_most(&s, now + SECOND), SL_STAGE_READING);
	assert_int_equal(sl_stage_most(&s, now + 5 * SECOND), SL_STAGE_SENDING);
	/* A pause that was asked for is told at once. */
	s.gate = SL_GATE_HOLD;
	assert_int_equal(sl_stage_most(&s, now + 5 * SECOND), SL_STAGE_WAITING);
}

/* ---- runs ------------------------------------------------------------------------------------------ */

/* The bottleneck of a new run of the sync after it was at work for a second; then the run is stopped. */
static void
assert_bottleneck(struct engine_rig *r, const char *sync, const char *want)
{
	struct sl_msg *m = engine_rig_ok(r, sl_start(r->engine, sync, 0));
	const int64_t run = sl_table_get_int(m->table, 0, "run");
	struct sl_run_stats s;

	sl_msg_free(m);
	usleep(1000000);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(sl_run_stats(r->engine, run, &s));
		if (strcmp(s.bottleneck, want) == 0)
			break;
		usleep(50000);
	}
	assert_string_equal(s.bottleneck, want);
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
	(void)engine_rig_end(r, run);
	assert_true(sl_run_stats(r->engine, run, &s));
	assert_string_equal(s.bottleneck, "");
}

static void
send_to(struct engine_rig *r, const char *settings)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s\","
		       " \"write_key\": \"env:ENGINE_RIG_KEY\", %s}",
		       test_receiver_url(r->rx), settings);
	engine_rig_file(r, "connections/rx.json", text);
	engine_rig_users(r, 2000);
}

static void
a_slow_source_is_read(void **state)
{
	struct engine_rig *r = *state;

	engine_rig_users(r, 2000);
	engine_rig_sql(r, "CREATE OR REPLACE VIEW slow_users AS"
			  " SELECT * FROM users WHERE pg_sleep(0.005) IS NOT NULL");
	engine_rig_file(
		r, "syncs/slow.json",
		"{\"source\": \"wh\", \"table\": \"public.slow_users\", \"key\": [\"id\"],\n"
		" \"profile\": \"users\", \"destination\": \"rx\"}\n");
	assert_bottleneck(r, "slow", "reading");
	engine_rig_sql(r, "DROP VIEW slow_users");
}

static void
a_slow_destination_is_sent_to(void **state)
{
	struct engine_rig *r = *state;

	send_to(r, "\"batch_events\": 10, \"inflight\": 2");
	test_receiver_faults(r->rx, "{\"slow_ms\": 300}");
	assert_bottleneck(r, "users", "sending");
}

static void
a_rate_is_waited_for(void **state)
{
	struct engine_rig *r = *state;

	send_to(r, "\"batch_events\": 10, \"rate\": 50");
	assert_bottleneck(r, "users", "waiting");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_stage_that_is_waited_for_counts),
		cmocka_unit_test(the_longest_of_the_last_seconds_counts),
		cmocka_unit_test_setup_teardown(a_slow_source_is_read, engine_rig_fresh,
						engine_rig_close),
		cmocka_unit_test_setup_teardown(a_slow_destination_is_sent_to, engine_rig_fresh,
						engine_rig_close),
		cmocka_unit_test_setup_teardown(a_rate_is_waited_for, engine_rig_fresh,
						engine_rig_close),
	};

	return cmocka_run_group_tests_name("stage", tests, engine_rig_setup, engine_rig_teardown);
}
