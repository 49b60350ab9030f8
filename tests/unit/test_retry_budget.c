/* How many tries again a destination is given. */
#include "core/base/retry_budget.h"

#include "tests/lib/check.h"

#define S INT64_C(1000000)

static unsigned
take_all(struct sl_retry_budget *b, int64_t now)
{
	unsigned n = 0;

	while (sl_retry_budget_ask(b, now) == 0) {
		sl_retry_budget_take(b, now);
		n++;
	}
	return n;
}

static void
without_successes_there_is_one_a_second(void **state)
{
	struct sl_retry_budget b = { 0 };
	unsigned n = 0;

	(void)state;
	for (int64_t now = 50 * S; now < 350 * S; now += S / 4)
		n += take_all(&b, now);
	assert_in_range(n, 300, 310);
}

static void
a_tenth_of_what_passed_in_the_last_minute(void **state)
{
	struct sl_retry_budget b = { 0 };
	int64_t now = 50 * S;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		sl_retry_budget_passed(&b, now + i * S / 100);
	now += 50 * S;
	assert_int_equal(take_all(&b, now), 500);
	assert_in_range(sl_retry_budget_ask(&b, now), 1, S);
	/* A minute later nothing of that counts, neither way. */
	assert_int_equal(take_all(&b, now + 61 * S), 10);
}

static void
whoever_waits_as_told_gets_it(void **state)
{
	struct sl_retry_budget b = { 0 };
	int64_t now = 12345678;
	unsigned waits = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		int64_t wait;

		while ((wait = sl_retry_budget_ask(&b, now)) > 0) {
			now += wait;
			waits++;
		}
		sl_retry_budget_take(&b, now);
	}
	assert_in_range(now / S, 95, 105);
	assert_in_range(waits, 50, 100);
}

static void
a_clock_that_steps_back_takes_nothing(void **state)
{
	struct sl_retry_budget b = { 0 };

	(void)state;
	(void)take_all(&b, 1000 * S);
	assert_int_equal(take_all(&b, 500 * S), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_successes_there_is_one_a_second),
		cmocka_unit_test(a_tenth_of_what_passed_in_the_last_minute),
		cmocka_unit_test(whoever_waits_as_told_gets_it),
		cmocka_unit_test(a_clock_that_steps_back_takes_nothing),
	};

	return cmocka_run_group_tests_name("retry budget", tests, NULL, NULL);
}
