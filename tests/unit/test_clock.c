/* test_clock.c - the clocks, the test's hand on them, and times as text. */
#include "core/base/clock.h"

#include "tests/lib/check.h"

static void
real_clocks_move_forward(void **state)
{
	(void)state;
	int64_t mono = sl_mono_us();
	assert_true(mono > 0);
	assert_true(sl_mono_us() >= mono);
	/* After 2020, in microseconds. */
	assert_true(sl_wall_us() > INT64_C(1577836800) * 1000000);
}

static void
a_held_clock_moves_only_by_hand(void **state)
{
	(void)state;
	sl_clock_fake(1000, 2000);
	assert_int_equal(sl_mono_us(), 1000);
	assert_int_equal(sl_wall_us(), 2000);
	sl_clock_advance(5);
	assert_int_equal(sl_mono_us(), 1005);
	assert_int_equal(sl_wall_us(), 2005);
	sl_clock_real();
	assert_true(sl_wall_us() > INT64_C(1577836800) * 1000000);
}

static void
times_print_as_iso_8601(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1767607200123456, "2026-01-05T10:00:00.123Z" },
		{ 1709164800000000, "2024-02-29T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000000, "1969-12-31T23:59:59.000Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
		{ INT64_MIN, "0000-01-01T00:00:00.000Z" },
	};
	char out[25];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		sl_time_iso(cases[i].us, out);
		assert_string_equal(out, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_clocks_move_forward),
		cmocka_unit_test(a_held_clock_moves_only_by_hand),
		cmocka_unit_test(times_print_as_iso_8601),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
