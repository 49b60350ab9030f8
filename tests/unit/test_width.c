/* test_width.c - columns of characters, and lines cut at them. */
#include "tui/width.h"

#include "tests/lib/check.h"

static void
characters_have_the_width_terminals_draw(void **state)
{
	static const struct {
		uint32_t cp;
		int width;
	} want[] = {
		{ 'a', 1 },    { 0x7f, -1 },  { 0x9b, -1 },   { 0xe9, 1 },     { 0x301, 0 },
		{ 0x200b, 0 }, { 0x4e2d, 2 }, { 0xac00, 2 },  { 0xff21, 2 },   { 0x1f600, 2 },
		{ 0x2713, 1 }, { 0x2500, 1 }, { 0x20000, 2 }, { 0x1fae9, -1 }, { 0x110000, -1 },
		{ 0x2588, 1 }, { 0x00b7, 1 }, { 0x1160, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		if (tui_cp_width(want[i].cp) != want[i].width)
			print_error("U+%04X\n", (unsigned)want[i].cp);
		assert_int_equal(tui_cp_width(want[i].cp), want[i].width);
	}
}

static void
texts_are_measured_as_they_are_shown(void **state)
{
	(void)state;
	assert_int_equal(tui_text_width(SL_LIT("")), 0);
	assert_int_equal(tui_text_width(SL_LIT("小林 健")), 7);
	assert_int_equal(tui_text_width(SL_LIT("e\xcc\x81")), 1); /* e and an accent */
	assert_int_equal(tui_text_width(SL_LIT("\033[31m")), 5);  /* a visible mark for ESC */
	assert_int_equal(tui_text_width(SL_LIT("a\xff")), 6);     /* a<xFF> */
	assert_int_equal(tui_text_width(SL_LIT("\xe2\x9d\xa4\xef\xb8\x8f")),
			 1); /* heart, selector */
	/* a family joined of three emoji is drawn as its first */
	assert_int_equal(
		tui_text_width(SL_LIT("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
				      "\xf0\x9f\x91\xa7")),
		2);
	assert_int_equal(tui_text_width(SL_LIT("a\xe2\x80\x8d"
					       "b")),
			 10); /* a joiner in words is shown */
}

static void
wrapping_breaks_at_blanks_then_anywhere(void **state)
{
	static const char text[] = "one two three\n\nunbreakablewords";
	static const char *const want[] = { "one two ", "three", "", "unbreaka", "blewords" };
	struct sl_str line;
	size_t pos = 0, n = 0;

	(void)state;
	while (tui_wrap(SL_LIT(text), &pos, 8, &line)) {
		assert_true(n < SL_COUNT(want));
		assert_str(line, want[n]);
		n++;
	}
	assert_int_equal(n, SL_COUNT(want));
	/* A mark wider than the field must not stop the loop. */
	pos = n = 0;
	while (tui_wrap(SL_LIT("\xe2\x80\xae"), &pos, 2, &line))
		assert_true(++n < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_have_the_width_terminals_draw),
		cmocka_unit_test(texts_are_measured_as_they_are_shown),
		cmocka_unit_test(wrapping_breaks_at_blanks_then_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
