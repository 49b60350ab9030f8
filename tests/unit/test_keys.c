/* test_keys.c - bytes of terminals to keys; names of keys. */
#include "tui/keys.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

static void
expect_keys(const char *bytes, const char *names)
{
	struct tui_keys k;
	struct tui_event ev;
	struct sl_buf got;
	char name[24];

	tui_keys_init(&k);
	sl_buf_init(&got, 0);
	tui_keys_feed(&k, bytes, strlen(bytes));
	while (tui_keys_next(&k, true, &ev)) {
		if (got.len > 0)
			sl_buf_putc(&got, ' ');
		sl_buf_puts(&got, ev.type == TUI_EV_KEY ? tui_key_name(ev.key, name) : "?");
		if (ev.count > 1)
			sl_buf_printf(&got, "*%d", ev.count);
	}
	assert_string_equal(sl_buf_cstr(&got), names);
	sl_buf_free(&got);
	tui_keys_free(&k);
}

static void
keys_of_several_terminals_are_known(void **state)
{
	(void)state;
	expect_keys("aZ1 ", "a Z 1 Space");
	expect_keys("\r\t\x7f\x1b", "Enter Tab Backspace Esc");
	expect_keys("\x01\x04\x1a\x1f", "Ctrl-A Ctrl-D Ctrl-Z Ctrl-_");
	expect_keys("\033[A\033OB\033[1;5C\033[5~\033[6~", "Up Down Ctrl-Right PgUp PgDn");
	expect_keys("\033[H\033[4~\033[7~\033[8~\033[3~\033[2~", "Home End Home End Del Ins");
	expect_keys("\033OP\033[[B\033[15~\033[24~", "F1 F2 F5 F12");
	expect_keys("\033[Z\033[1;2A", "Shift-Tab Shift-Up");
	expect_keys("\033x\033\x7f", "Alt-x Alt-Backspace");
	expect_keys("\xc3\xab\xe5\xb0\x8f", "ë 小");
	expect_keys("\033\033[A", "Esc Up");
}

static void
reports_and_unknown_sequences_are_swallowed(void **state)
{
	(void)state;
	expect_keys("a\033[0nb\033]10;rgb:1e1e/1e1e/1e1e\033\\c\033[?62;4cd\033P1$r0m\033\\e",
		    "a b c d e");
	expect_keys("\033[999~x\033[1;1Ry", "x y");
	expect_keys("\xff\xfez", "z");
}

static void
the_background_is_told(void **state)
{
	static const char *const replies[] = { "\033]11;rgb:1e1e/8080/ffff\033\\",
					       "\033]11;rgb:1e/80/ff\007" };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(replies); i++) {
		struct tui_keys k;
		struct tui_event ev;
		tui_keys_init(&k);
		tui_keys_feed(&k, replies[i], strlen(replies[i]));
		assert_true(tui_keys_next(&k, false, &ev));
		assert_int_equal(ev.type, TUI_EV_BACKGROUND);
		assert_int_equal(ev.rgb, 0x1e80ff);
		tui_keys_free(&k);
	}
	expect_keys("\033]11;rgb:1e1e/zz\033\\x", "x");
}

static void
equal_keys_come_as_one_with_a_count(void **state)
{
	char many[201];

	(void)state;
	memset(many, 'j', 200);
	many[200] = '\0';
	expect_keys(many, "j*200");
	expect_keys("jjk\033[B\033[B\033[Bq", "j*2 k Down*3 q");
}

static void
an_escape_waits_for_the_rest(void **state)
{
	struct tui_keys k;
	struct tui_event ev;

	(void)state;
	tui_keys_init(&k);
	tui_keys_feed(&k, "\033", 1);
	assert_false(tui_keys_next(&k, false, &ev));
	assert_true(tui_keys_waiting(&k));
	tui_keys_feed(&k, "[", 1);
	assert_false(tui_keys_next(&k, false, &ev));
	tui_keys_feed(&k, "A", 1);
	assert_true(tui_keys_next(&k, false, &ev));
	assert_int_equal(ev.key, TUI_K_UP);
	tui_keys_feed(&k, "\xe5\xb0", 2); /* a character in two reads */
	assert_false(tui_keys_next(&k, false, &ev));
	tui_keys_feed(&k, "\x8f", 1);
	assert_true(tui_keys_next(&k, false, &ev));
	assert_int_equal(ev.key, 0x5c0f);
	tui_keys_free(&k);
}

static void
a_paste_is_one_event_and_never_keys(void **state)
{
	static const char part1[] = "\033[200~DROP\rq\033[3", part2[] = "1mQ\x03\tx\033[201~z";
	struct tui_keys k;
	struct tui_event ev;

	(void)state;
	tui_keys_init(&k);
	tui_keys_feed(&k, part1, sizeof(part1) - 1);
	assert_false(tui_keys_next(&k, true, &ev));
	assert_false(tui_keys_waiting(&k));
	tui_keys_feed(&k, part2, sizeof(part2) - 1);
	assert_true(tui_keys_next(&k, false, &ev));
	assert_int_equal(ev.type, TUI_EV_PASTE);
	assert_str(ev.paste, "DROP\nq[31mQ\tx");
	assert_true(tui_keys_next(&k, false, &ev));
	assert_int_equal(ev.key, 'z');
	tui_keys_free(&k);
}

static void
the_mouse_speaks_in_cells(void **state)
{
	static const char in[] =
		"\033[<0;10;5M\033[<0;10;5m\033[<64;1;1M\033[<65;3;2M\033[<65;3;2M\033[<2;1;1M";
	struct tui_keys k;
	struct tui_event ev;

	(void)state;
	tui_keys_init(&k);
	tui_keys_feed(&k, in, sizeof(in) - 1);
	assert_true(tui_keys_next(&k, true, &ev));
	assert_int_equal(ev.type, TUI_EV_MOUSE);
	assert_int_equal(ev.mouse, TUI_MOUSE_PRESS);
	assert_int_equal(ev.x, 9);
	assert_int_equal(ev.y, 4);
	assert_true(tui_keys_next(&k, true, &ev));
	assert_int_equal(ev.mouse, TUI_MOUSE_RELEASE);
	assert_true(tui_keys_next(&k, true, &ev));
	assert_int_equal(ev.mouse, TUI_MOUSE_WHEEL_UP);
	assert_true(tui_keys_next(&k, true, &ev));
	assert_int_equal(ev.mouse, TUI_MOUSE_WHEEL_DOWN);
	assert_int_equal(ev.count, 2);
	assert_false(tui_keys_next(&k, true, &ev)); /* the right button is the terminal's */
	tui_keys_free(&k);
}

static void
names_go_there_and_back(void **state)
{
	static const char *const names[] = { "a",         "S",          "Ctrl-D", "PgDn",
					     "Shift-Tab", "Alt-x",      "Space",  "F12",
					     "?",         "Ctrl-Right", "-",      "Ctrl-_" };
	char name[24];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(names); i++)
		assert_string_equal(tui_key_name(tui_key_parse(sl_str(names[i])), name), names[i]);
	assert_int_equal(tui_key_parse(SL_LIT("NoKey")), TUI_K_NONE);
	assert_int_equal(tui_key_parse(SL_LIT("")), TUI_K_NONE);
}

/* Any bytes in any pieces: no crash, an end, and never a control character as text. */
static void
noise_does_no_harm(void **state)
{
	static const char alphabet[] =
		"\033\033[[[O;<~0129MmABZ]\a\\P\r\tq\x80\xc3\xab\xff?200~201~";
	struct sl_rng rng = { 42 };
	struct tui_keys k;
	struct tui_event ev;

	(void)state;
	tui_keys_init(&k);
	for (int i = 0; i < 20000; i++) {
		char piece[16];
		size_t n = sl_rng_below(&rng, sizeof(piece)) + 1;
		for (size_t j = 0; j < n; j++)
			piece[j] = alphabet[sl_rng_below(&rng, sizeof(alphabet) - 1)];
		tui_keys_feed(&k, piece, n);
		while (tui_keys_next(&k, sl_rng_below(&rng, 2) == 0, &ev)) {
			assert_true(ev.count >= 1);
			if (ev.type == TUI_EV_KEY)
				assert_true((ev.key & 0xffffff) >= 0x20);
		}
	}
	tui_keys_free(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_several_terminals_are_known),
		cmocka_unit_test(reports_and_unknown_sequences_are_swallowed),
		cmocka_unit_test(the_background_is_told),
		cmocka_unit_test(equal_keys_come_as_one_with_a_count),
		cmocka_unit_test(an_escape_waits_for_the_rest),
		cmocka_unit_test(a_paste_is_one_event_and_never_keys),
		cmocka_unit_test(the_mouse_speaks_in_cells),
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
