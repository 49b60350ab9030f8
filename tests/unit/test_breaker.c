/* When a destination is left alone, and how it is asked again. */
#include "core/base/breaker.h"

#include "tests/lib/check.h"

#define S INT64_C(1000000)

/* A call that starts and ends now; false: it was not let through. */
static bool
call(struct sl_breaker *b, enum sl_call how, int64_t now)
{
	bool probe;

	if (sl_breaker_ask(b, now) > 0)
		return false;
	probe = sl_breaker_sent(b);
	sl_breaker_ended(b, how, probe, now);
	return true;
}

static void
half_of_twenty_opens_it(void **state)
{
	struct sl_breaker b = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		assert_true(call(&b, SL_CALL_ANSWERED, 100 * S + i));
	for (unsigned i = 0; i < 9; i++)
		assert_true(call(&b, SL_CALL_FAILED, 101 * S + i));
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	assert_true(call(&b, SL_CALL_FAILED, 102 * S));
	assert_string_equal(sl_breaker_name(b.state), "open");
	assert_int_equal(sl_breaker_ask(&b, 102 * S), 30 * S);
	assert_int_equal(sl_breaker_ask(&b, 131 * S), S);
}

static void
fewer_failures_do_not_nor_old_ones(void **state)
{
	struct sl_breaker b = { 0 };
	int64_t now = 100 * S;

	(void)state;
	for (unsigned i = 0; i < 19; i++)
		assert_true(call(&b, SL_CALL_FAILED, now));
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	/* A third fails for minutes. */
	for (unsigned i = 0; i < 1000; i++) {
		now += i == 0 ? 31 * S : S / 10;
		assert_true(call(&b, i % 3 ? SL_CALL_ANSWERED : SL_CALL_FAILED, now));
	}
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	/* Failures a minute apart are never twenty in thirty seconds. */
	for (unsigned i = 0; i < 100; i++)
		assert_true(call(&b, SL_CALL_FAILED, now += 60 * S));
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
}

static void
five_that_cannot_connect_open_it(void **state)
{
	struct sl_breaker b = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_true(call(&b, SL_CALL_NOT_CONNECTED, i));
	assert_true(call(&b, SL_CALL_FAILED, 5));
	for (unsigned i = 0; i < 4; i++)
		assert_true(call(&b, SL_CALL_NOT_CONNECTED, 6 + i));
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	assert_true(call(&b, SL_CALL_NOT_CONNECTED, 10));
	assert_int_equal(b.state, SL_BREAKER_OPEN);
}

static void
open_all(struct sl_breaker *b, int64_t now)
{
	for (unsigned i = 0; i < 5; i++)
		assert_true(call(b, SL_CALL_NOT_CONNECTED, now));
	assert_int_equal(b->state, SL_BREAKER_OPEN);
}

static void
half_open_lets_one_through_and_closes(void **state)
{
	struct sl_breaker b = { 0 };

	(void)state;
	open_all(&b, 0);
	assert_int_equal(sl_breaker_ask(&b, 30 * S), 0);
	assert_string_equal(sl_breaker_name(b.state), "half-open");
	assert_true(sl_breaker_sent(&b));
	for (unsigned i = 0; i < 50; i++)
		assert_true(sl_breaker_ask(&b, 30 * S + i) > 0);
	/* What was sent before it opened says nothing now. */
	sl_breaker_ended(&b, SL_CALL_ANSWERED, false, 31 * S);
	assert_int_equal(b.state, SL_BREAKER_HALF_OPEN);
	sl_breaker_ended(&b, SL_CALL_ANSWERED, true, 31 * S);
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	assert_int_equal(sl_breaker_ask(&b, 31 * S), 0);
	/* And starts to count anew. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(call(&b, SL_CALL_NOT_CONNECTED, 32 * S));
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
}

static void
a_probe_without_an_end_makes_room_for_another(void **state)
{
	struct sl_breaker b = { 0 };

	(void)state;
	open_all(&b, 0);
	assert_int_equal(sl_breaker_ask(&b, 30 * S), 0);
	assert_true(sl_breaker_sent(&b));
	assert_true(sl_breaker_ask(&b, 40 * S) > 0);
	sl_breaker_forget(&b);
	assert_int_equal(sl_breaker_ask(&b, 40 * S), 0);
	assert_true(sl_breaker_sent(&b));
	assert_true(sl_breaker_ask(&b, 40 * S) > 0);
}

static void
each_failed_probe_doubles_the_time_to_ten_minutes(void **state)
{
	static const int64_t want[] = { 30, 60, 120, 240, 480, 600, 600 };
	struct sl_breaker b = { 0 };
	int64_t now = 7 * S;

	(void)state;
	open_all(&b, now);
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		assert_int_equal(sl_breaker_ask(&b, now), want[i] * S);
		now += want[i] * S;
		assert_true(call(&b, SL_CALL_FAILED, now));
		assert_int_equal(b.state, SL_BREAKER_OPEN);
	}
	now += 600 * S;
	assert_true(call(&b, SL_CALL_ANSWERED, now));
	open_all(&b, now);
	assert_int_equal(sl_breaker_ask(&b, now), 30 * S);
}

static void
one_that_answers_some_is_asked_every_thirty_seconds(void **state)
{
	struct sl_breaker b = { 0 };
	int64_t now = 7 * S;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_true(call(&b, i % 2 ? SL_CALL_FAILED : SL_CALL_ANSWERED, now));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(sl_breaker_ask(&b, now), 30 * S);
		now += 30 * S;
		assert_true(call(&b, SL_CALL_FAILED, now));
	}
}

static void
a_reason_to_ask_half_opens_it_early(void **state)
{
	struct sl_breaker b = { 0 };

	(void)state;
	sl_breaker_try_now(&b, 0);
	assert_int_equal(b.state, SL_BREAKER_CLOSED);
	open_all(&b, 0);
	sl_breaker_try_now(&b, 3 * S);
	assert_int_equal(sl_breaker_ask(&b, 3 * S), 0);
	assert_true(sl_breaker_sent(&b));
	sl_breaker_try_now(&b, 3 * S);
	assert_true(sl_breaker_ask(&b, 3 * S) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_of_twenty_opens_it),
		cmocka_unit_test(fewer_failures_do_not_nor_old_ones),
		cmocka_unit_test(five_that_cannot_connect_open_it),
		cmocka_unit_test(half_open_lets_one_through_and_closes),
		cmocka_unit_test(a_probe_without_an_end_makes_room_for_another),
		cmocka_unit_test(each_failed_probe_doubles_the_time_to_ten_minutes),
		cmocka_unit_test(one_that_answers_some_is_asked_every_thirty_seconds),
		cmocka_unit_test(a_reason_to_ask_half_opens_it_early),
	};

	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
