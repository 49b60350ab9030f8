/* test_pacing.c - jitter, token bucket and breaker, with a seed and a clock of the test. */
#include "core/base/pacing.h"

#include "tests/lib/check.h"

#define S INT64_C(1000000)

static void
random_numbers_repeat_by_seed_and_stay_below(void **state)
{
	struct sl_rng a = { 42 }, b = { 42 }, zero = { 0 };
	unsigned hits[6] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(sl_rng_next(&a), sl_rng_next(&b));
	assert_int_not_equal(sl_rng_next(&zero), sl_rng_next(&zero));
	assert_int_equal(sl_rng_below(&a, 0), 0);
	assert_int_equal(sl_rng_below(&a, 1), 0);
	for (unsigned i = 0; i < 6000; i++) {
		uint64_t v = sl_rng_below(&a, 6);
		assert_true(v < 6);
		hits[v]++;
	}
	for (unsigned i = 0; i < 6; i++)
		assert_in_range(hits[i], 850, 1150);
}

static void
backoff_doubles_to_the_cap_with_full_jitter(void **state)
{
	struct sl_rng r = { 7 };

	(void)state;
	for (unsigned attempt = 0; attempt < 80; attempt++) {
		int64_t top = attempt < 9 ? S << attempt : 300 * S;
		int64_t least = INT64_MAX, most = 0;
		for (unsigned i = 0; i < 200; i++) {
			int64_t us = sl_backoff_us(&r, attempt, S, 300 * S);
			least = us < least ? us : least;
			most = us > most ? us : most;
		}
		assert_true(least >= 0 && most <= top);
		/* Spread over the whole range: full jitter, not a little of it. */
		assert_true(least < top / 10 && most > top - top / 10);
	}
	assert_int_equal(sl_backoff_us(&r, 3, 0, 300 * S), 0);
	assert_int_equal(sl_backoff_us(&r, 3, S, 0), 0);
	assert_true(sl_backoff_us(&r, UINT32_MAX, INT64_MAX, INT64_MAX) >= 0);
}

static void
a_bucket_lets_through_its_rate_and_its_burst(void **state)
{
	struct sl_bucket b;
	int64_t now = 5 * S;
	unsigned sent = 0;

	(void)state;
	sl_bucket_init(&b, 100, 10, now);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(sl_bucket_take(&b, 1, now), 0);
	int64_t wait = sl_bucket_take(&b, 1, now);
	assert_in_range(wait, 10000, 10001);
	/* Whoever waits as long as told gets it, and the rate holds over ten seconds. */
	for (int64_t end = now + 10 * S; now < end; sent++) {
		wait = sl_bucket_take(&b, 1, now);
		if (wait > 0) {
			now += wait;
			assert_int_equal(sl_bucket_take(&b, 1, now), 0);
		}
	}
	assert_in_range(sent, 995, 1005);
	/* A pause fills it to the burst, no further. */
	now += 3600 * S;
	assert_int_equal(sl_bucket_take(&b, 10, now), 0);
	assert_true(sl_bucket_take(&b, 1, now) > 0);
}

static void
a_take_above_the_burst_goes_when_full_and_is_paid_back(void **state)
{
	struct sl_bucket b;

	(void)state;
	sl_bucket_init(&b, 10, 5, 0);
	assert_int_equal(sl_bucket_take(&b, 25, 0), 0);
	/* 20 tokens of debt at 10 a second, and then one for the taker. */
	assert_in_range(sl_bucket_take(&b, 1, 0), 2100000, 2100001);
	assert_int_equal(sl_bucket_take(&b, 1, 2100001), 0);
}

static void
a_bucket_without_rate_never_waits_and_a_slow_one_not_for_ever(void **state)
{
	struct sl_bucket b;

	(void)state;
	sl_bucket_init(&b, 0, 0, 0);
	assert_int_equal(sl_bucket_take(&b, 1e12, 0), 0);
	sl_bucket_init(&b, 1e-12, 1, 0);
	assert_int_equal(sl_bucket_take(&b, 1, 0), 0);
	assert_int_equal(sl_bucket_take(&b, 1, 0), 86400 * S);
	/* A clock that steps back takes and gives nothing. */
	sl_bucket_init(&b, 10, 1, 100 * S);
	assert_int_equal(sl_bucket_take(&b, 1, 50 * S), 0);
	assert_in_range(sl_bucket_take(&b, 1, 100 * S), 100000, 100001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_numbers_repeat_by_seed_and_stay_below),
		cmocka_unit_test(backoff_doubles_to_the_cap_with_full_jitter),
		cmocka_unit_test(a_bucket_lets_through_its_rate_and_its_burst),
		cmocka_unit_test(a_take_above_the_burst_goes_when_full_and_is_paid_back),
		cmocka_unit_test(a_bucket_without_rate_never_waits_and_a_slow_one_not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
