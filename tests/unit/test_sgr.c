/* test_sgr.c - colour numbers of curses become true colours, and nothing else is touched. */
#include "tui/sgr.h"

#include "tests/lib/check.h"

static void
expect(const struct tui_slots *s, const char *in, const char *out)
{
	struct sl_buf b;

	sl_buf_init(&b, 0);
	tui_sgr_rewrite(s, sl_str(in), &b);
	assert_string_equal(sl_buf_cstr(&b), out);
	sl_buf_free(&b);
}

static void
numbers_become_colours(void **state)
{
	struct tui_slots s = { 0 };

	(void)state;
	assert_int_equal(tui_slot(&s, 0xff8000), 16);
	assert_int_equal(tui_slot(&s, 0x010203), 17);
	assert_int_equal(tui_slot(&s, 0xff8000), 16);
	expect(&s, "a\033[38;5;16mb\033[48;5;17mc", "a\033[38;2;255;128;0mb\033[48;2;1;2;3mc");
	expect(&s, "\033[0;1;38;5;17;48;5;16m", "\033[0;1;38;2;1;2;3;48;2;255;128;0m");
	/* numbers that stand for nothing, and other sequences */
	expect(&s, "\033[38;5;9m\033[38;5;200m\033[5;16H\033[m\033(B",
	       "\033[38;5;9m\033[38;5;200m\033[5;16H\033[m\033(B");
	expect(&s, "\033[38;5;16", "\033[38;5;16");
	expect(&s, "\033", "\033");
	expect(&s, "38;5;16m", "38;5;16m");
	expect(&s, "\033[4;38;2;1;2;3m", "\033[4;38;2;1;2;3m");
	expect(&s, "x-\033[4b\033[2By", "x-----\033[2By");
}

static void
scrolls_become_lines(void **state)
{
	const struct tui_slots s = { 0 };

	(void)state;
	expect(&s, "\033[4;1H\033[5Ta", "\033[4;1H\033[5La");
	expect(&s, "\033[24;1H\033[3Sa", "\033[24;1H\n\n\na");
	expect(&s, "\033[S\033[T", "\n\033[1L");
	expect(&s, "\033[3", "\033[3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_colours),
		cmocka_unit_test(scrolls_become_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
