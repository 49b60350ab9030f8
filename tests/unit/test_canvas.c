/* test_canvas.c - what is drawn is what is seen, and nothing hostile gets through. */
#include "tui/canvas.h"

#include "tests/lib/golden.h"

static struct tui_grid
grid(int rows, int cols, bool ascii)
{
	struct tui_grid g;

	assert_true(tui_grid_init(&g, rows, cols, ascii));
	return g;
}

static void
text_that_does_not_fit_ends_in_a_tilde(void **state)
{
	struct tui_grid g = grid(3, 10, false);
	struct tui_canvas c = tui_canvas(&g);

	(void)state;
	assert_int_equal(tui_puts(&c, 0, 0, TUI_TEXT, "0123456789"), 10);
	assert_int_equal(tui_puts(&c, 1, 0, TUI_TEXT, "0123456789a"), 10);
	assert_int_equal(tui_puts(&c, 2, 3, TUI_TEXT, "小林 健"), 7);
	assert_picture(&g, "0123456789\n012345678~\n   小林 健\n");
	tui_grid_clear(&g);
	tui_puts(&c, 0, 4, TUI_TEXT,
		 "小林 健"); /* six columns: the last one is half of a character */
	tui_puts(&c, 1, 5, TUI_TEXT, "小林健");
	assert_picture(&g, "    小林 ~\n     小林~\n");
	tui_grid_free(&g);
}

static void
fields_are_aligned_padded_and_cut(void **state)
{
	struct tui_grid g = grid(5, 12, false);
	struct tui_canvas c = tui_canvas(&g);

	(void)state;
	for (int y = 0; y < 5; y++)
		tui_puts(&c, y, 0, TUI_TEXT, "............");
	tui_field(&c, (struct tui_span){ 0, 2, 6, TUI_LEFT, TUI_TEXT }, SL_LIT("ab"));
	tui_field(&c, (struct tui_span){ 1, 2, 6, TUI_RIGHT, TUI_TEXT }, SL_LIT("1,204"));
	tui_field(&c, (struct tui_span){ 2, 2, 6, TUI_CENTER, TUI_TEXT }, SL_LIT("ab"));
	tui_field(&c, (struct tui_span){ 3, 2, 6, TUI_RIGHT, TUI_TEXT }, SL_LIT("1,204,999"));
	tui_field(&c, (struct tui_span){ 4, 9, 6, TUI_LEFT, TUI_TEXT }, SL_LIT("abcd"));
	assert_picture(&g,
		       "..ab    ....\n.. 1,204....\n..  ab  ....\n..1,204~....\n.........ab~\n");
	tui_grid_free(&g);
}

static void
hostile_bytes_become_visible_marks(void **state)
{
	struct tui_grid g = grid(4, 40, false);
	struct tui_canvas c = tui_canvas(&g);

	(void)state;
	tui_puts(&c, 0, 0, TUI_TEXT, "a\033]52;c;AAAA\007b\r\nc");
	tui_puts(&c, 1, 0, TUI_TEXT,
		 "pay \xe2\x80\xae"
		 "001 \xc2\x9b"
		 "31m");
	tui_puts(&c, 2, 0, TUI_TEXT, "bad \xff utf8 \xc3");
	assert_picture(&g,
		       "a␛]52;c;AAAA␇b␍␊c\npay <U+202E>001 <U+009B>31m\nbad <xFF> utf8 <xC3>\n");
	for (int i = 0; i < g.rows * g.cols; i++) {
		uint32_t cp = g.cells[i].cp;
		assert_false(cp > 0 && cp < 0x20);
		assert_false(cp >= 0x7f && cp < 0xa0);
	}
	tui_grid_free(&g);
}

static void
combining_marks_stay_in_their_cell(void **state)
{
	struct tui_grid g = grid(2, 10, false);
	struct tui_canvas c = tui_canvas(&g);
	struct sl_buf many;

	(void)state;
	sl_buf_init(&many, 0);
	sl_buf_puts(&many, "x");
	for (int i = 0; i < 50; i++)
		sl_buf_puts(&many, "\xcc\x81");
	sl_buf_puts(&many, "y");
	assert_int_equal(tui_put(&c, 0, 0, TUI_TEXT, sl_buf_view(&many)), 2);
	assert_int_equal(g.cells[0].mark[3], 0x301);
	assert_int_equal(g.cells[1].cp, 'y');
	assert_int_equal(tui_puts(&c, 1, 0, TUI_TEXT, "\xcc\x81z"), 2); /* nothing to stand on */
	sl_buf_free(&many);
	tui_grid_free(&g);
}

static void
half_of_a_wide_character_is_never_left(void **state)
{
	struct tui_grid g = grid(3, 6, false);
	struct tui_canvas c = tui_canvas(&g);

	(void)state;
	tui_puts(&c, 0, 0, TUI_TEXT, "中中中");
	tui_puts(&c, 0, 1, TUI_TEXT, "x");
	tui_puts(&c, 0, 4, TUI_TEXT, "y");
	tui_puts(&c, 1, 0, TUI_TEXT, "中中中");
	tui_puts(&c, 1, 1, TUI_TEXT, "中");
	assert_picture(&g, " x中y\n 中 中\n");
	for (int y = 0; y < 2; y++) {
		int cols = 0;
		for (int x = 0; x < 6; x++)
			cols += g.cells[y * 6 + x].width;
		assert_int_equal(cols, 6);
	}
	tui_grid_free(&g);
}

static void
a_part_of_a_canvas_clips(void **state)
{
	struct tui_grid g = grid(6, 12, false);
	struct tui_canvas c = tui_canvas(&g), part = tui_sub(&c, 1, 2, 4, 100);

	(void)state;
	assert_int_equal(part.cols, 10);
	struct tui_canvas in = tui_box(&part, TUI_BORDER, "T");
	assert_int_equal(in.rows, 2);
	tui_puts(&in, 0, 0, TUI_TEXT, "much too long");
	tui_puts(&in, 5, 0, TUI_TEXT, "outside");
	tui_puts(&in, -1, 0, TUI_TEXT, "outside");
	assert_picture(&g, "\n  ┌─ T ────┐\n  │ much ~ │\n  │        │\n  └────────┘\n");
	part = tui_sub(&c, 9, 9, 3, 3);
	assert_int_equal(part.rows, 0);
	tui_puts(&part, 0, 0, TUI_TEXT, "x");
	tui_grid_free(&g);
}

static void
ascii_folds_our_glyphs_and_nothing_else_gets_out(void **state)
{
	struct tui_grid g = grid(3, 30, true);
	struct tui_canvas c = tui_canvas(&g);

	(void)state;
	tui_puts(&c, 0, 0, TUI_TEXT, "✓ ok  ✗ failed  ▸ … → · ▁▄█");
	tui_puts(&c, 1, 0, TUI_TEXT, "Zoë 小 \033");
	tui_hline(&c, 2, 0, 5, TUI_BORDER);
	assert_picture(&g, "v ok  x failed  > ~ > . _-#\nZo? ?  ^\n-----\n");
	tui_grid_free(&g);
}

static void
matches_are_found_in_any_case(void **state)
{
	struct tui_grid g = grid(1, 20, false);
	struct tui_canvas c = tui_canvas(&g);
	struct sl_buf roles;

	(void)state;
	sl_buf_init(&roles, 0);
	tui_puts(&c, 0, 0, TUI_TEXT, "Email 小 eMaIl e");
	tui_match(&c, 0, 0, 20, SL_LIT("email"));
	tui_grid_roles(&g, &roles);
	assert_string_equal(sl_buf_cstr(&roles), "MMMMM....MMMMM......\n");
	sl_buf_free(&roles);
	tui_grid_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_does_not_fit_ends_in_a_tilde),
		cmocka_unit_test(fields_are_aligned_padded_and_cut),
		cmocka_unit_test(hostile_bytes_become_visible_marks),
		cmocka_unit_test(combining_marks_stay_in_their_cell),
		cmocka_unit_test(half_of_a_wide_character_is_never_left),
		cmocka_unit_test(a_part_of_a_canvas_clips),
		cmocka_unit_test(ascii_folds_our_glyphs_and_nothing_else_gets_out),
		cmocka_unit_test(matches_are_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
