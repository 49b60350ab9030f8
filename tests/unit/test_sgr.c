/* test_sgr.c - what curses writes comes out in fewer bytes, in the colours of our choice, and looks the
 * same. */
#include "tui/sgr.h"

#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <vterm.h>

/* After "known": the terminal is plain. */
static void
expect(struct tui_sgr *s, const char *in, const char *out)
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
	struct tui_sgr s = { .known = true, .ascii = true };

	(void)state;
	assert_int_equal(tui_slot(&s.slots, 0xff8000), 16);
	assert_int_equal(tui_slot(&s.slots, 0x010203), 17);
	assert_int_equal(tui_slot(&s.slots, 0xff8000), 16);
	expect(&s, "a\033[38;5;16mb\033[48;5;17mc", "a\033[38;2;255;128;0mb\033[48;2;1;2;3mc");
	expect(&s, "\033[0;1;38;5;17;48;5;16m", "\033[1;38;2;1;2;3;48;2;255;128;0m");
	/* numbers that stand for nothing */
	expect(&s, "\033[0;38;5;200mx\033[38;5;9my", "\033[0;38;5;200mx\033[91my");
	expect(&s, "\033[mx", "\033[mx");
	expect(&s, "38;5;16m", "38;5;16m");
}

static void
only_what_is_seen_is_set(void **state)
{
	struct tui_sgr s = { .known = true };

	(void)state;
	/* the last one counts, and none counts that is what was */
	expect(&s, "\033[31m\033[1m\033[m\033(B\033[4da\033[m", "\033(B\033[4da");
	expect(&s, "\033[31m\033[44mb\033(B\033[31mc", "\033[31;44mbc");
	/* to move the cursor needs no colour, to clear a line does */
	expect(&s, "\033[39;49m\033[5G\033[42m\033[K\033[m", "\033[5G\033[0;42m\033[K\033[m");
	/* one attribute is not switched off alone */
	expect(&s, "\033[1;4;32ma\033[24mb", "\033[1;4;32ma\033[0;1;32mb");
	expect(&s, "\033[22mc", "\033[0;32mc");
	s.single_off = true;
	expect(&s, "\033[0;1;7;48;5;200md\033[27me\033[0;1mf",
	       "\033[0;1;7;48;5;200md\033[27me\033[49mf");
	expect(&s, "\033[2mg\033[22;1mh", "\033[2mg\033[0;1mh");
	tui_sgr_forget(&s);
	expect(&s, "d\033(Be\033(Bf", "\033[md\033(Bef");
}

static void
the_rest_is_not_touched(void **state)
{
	struct tui_sgr s = { .known = true, .ascii = true };

	(void)state;
	expect(&s, "\033[38;5;16", "\033[38;5;16");
	expect(&s, "\033", "\033");
	expect(&s, "\033[?25l\033=\033(0q\033(Bq", "\033[?25l\033=\033(0q\033(Bq");
	expect(&s, "x-\033[4b\033[2By", "x-----\033[2By");
	/* what is not known goes out as it is, until all is reset */
	expect(&s, "\033[31m\033[53ma\033[1mb\033[0;4mc", "\033[31m\033[53ma\033[1mb\033[0;4mc");
	/* what the cursor's memory brings back is not known */
	expect(&s, "\033[m\0337\0338a", "\033[m\0337\0338\033[ma");
}

static void
scrolls_become_lines(void **state)
{
	struct tui_sgr s = { .known = true };

	(void)state;
	expect(&s, "\033[4;1H\033[5Ta", "\033[4;1H\033[5La");
	expect(&s, "\033[24;1H\033[3Sa", "\033[24;1H\n\n\na");
	expect(&s, "\033[S\033[T", "\n\033[1L");
	expect(&s, "\033[3", "\033[3");
}

/* ---- the same picture ----------------------------------------------------------------------------- */

#define ROWS 6
#define COLS 24

static VTerm *
terminal(const char *bytes, size_t n)
{
	VTerm *t = vterm_new(ROWS, COLS);

	vterm_set_utf8(t, 1);
	vterm_screen_reset(vterm_obtain_screen(t), 1);
	vterm_input_write(t, bytes, n);
	return t;
}

static void
assert_same_cell(VTerm *a, VTerm *b, VTermPos at)
{
	VTermScreenCell x, y;

	assert_int_equal(vterm_screen_get_cell(vterm_obtain_screen(a), at, &x), 1);
	assert_int_equal(vterm_screen_get_cell(vterm_obtain_screen(b), at, &y), 1);
	assert_int_equal(x.chars[0], y.chars[0]);
	assert_true(vterm_color_is_equal(&x.fg, &y.fg));
	assert_true(vterm_color_is_equal(&x.bg, &y.bg));
	assert_int_equal(x.attrs.bold, y.attrs.bold);
	assert_int_equal(x.attrs.underline, y.attrs.underline);
	assert_int_equal(x.attrs.italic, y.attrs.italic);
	assert_int_equal(x.attrs.reverse, y.attrs.reverse);
}

/* One step of the kind that curses takes. */
static void
step(unsigned *seed, struct sl_buf *out)
{
	static const char *const fixed[] = {
		"\033[m",  "\033[39;49m", "\033[39m", "\033[1m",  "\033[4m",  "\033[7m",
		"\033[3m", "\033[22m",    "\033[24m", "\033[27m", "\033[23m", "\033[K",
		"\033[1K", "\033[2X",     "\033[J",   "\033[2P",  "\033[2@",  "\033(B",
		"\r\n",    "\033[2;4H",   "\033[3d",  "\033[7G",  "abc",      "  ",
		"x",       "\033[0;1;4m",
	};
	const int n = rand_r(seed) % ((int)SL_COUNT(fixed) + 6);

	if (n < (int)SL_COUNT(fixed))
		sl_buf_puts(out, fixed[n]);
	else if (n % 2)
		sl_buf_printf(out, "\033[%d;5;%dm", n % 4 == 1 ? 38 : 48, 16 + rand_r(seed) % 240);
	else
		sl_buf_printf(out, "\033[%d%dm", n % 4 ? 3 : 4, rand_r(seed) % 8);
}

static void
the_picture_is_the_same(void **state)
{
	unsigned seed = 4711;

	(void)state;
	for (int k = 0; k < 500; k++) {
		struct tui_sgr s = { .single_off = k % 2 };
		struct sl_buf in, out;
		VTerm *a, *b;

		sl_buf_init(&in, 0);
		sl_buf_init(&out, 0);
		for (size_t i = 0, from = 0; i < 60; i++) {
			step(&seed, &in);
			if (i % 20 < 19)
				continue;
			/* a frame */
			tui_sgr_rewrite(&s, (struct sl_str){ in.ptr + from, in.len - from }, &out);
			from = in.len;
		}
		a = terminal(in.ptr, in.len);
		b = terminal(out.ptr, out.len);
		for (int i = 0; i < ROWS * COLS; i++)
			assert_same_cell(a, b, (VTermPos){ i / COLS, i % COLS });
		vterm_free(a);
		vterm_free(b);
		sl_buf_free(&in);
		sl_buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_colours),
		cmocka_unit_test(only_what_is_seen_is_set),
		cmocka_unit_test(the_rest_is_not_touched),
		cmocka_unit_test(scrolls_become_lines),
		cmocka_unit_test(the_picture_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
