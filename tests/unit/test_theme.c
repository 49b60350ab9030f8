/* test_theme.c - themes are read, mistakes are named, and ours can be read on their backgrounds. */
#include "tui/theme.h"

#include "tests/lib/check.h"

static const char *const names[TUI_ROLES] = {
#define X(id, name, letter, help) name,
	TUI_ROLE_LIST(X)
#undef X
};

static void
a_theme_sets_colours_for_three_depths(void **state)
{
	static const char text[] = "for = light\n"
				   "[palette]   # comment\n"
				   "red = #b3261e 124 red\n"
				   "[roles]\n"
				   "state.fail = red on bright-white bold\n"
				   "diff.del = strike|underline\n"
				   "[mono]\n"
				   "state.ok = underline\n";
	struct tui_theme t;
	struct sl_err err;

	(void)state;
	assert_int_equal(tui_theme_parse(SL_LIT(text), "x.theme", &t, &err), SL_OK);
	assert_int_equal(t.background, 'l');
	struct tui_style s = tui_theme_style(&t, TUI_FAIL, TUI_TEXT, TUI_TRUE);
	assert_int_equal(s.fg.kind, TUI_COLOR_SET);
	assert_int_equal(s.fg.rgb, 0xb3261e);
	assert_int_equal(s.fg.c256, 124);
	assert_int_equal(s.fg.c16, 1);
	assert_int_equal(s.bg.kind, TUI_COLOR_ANSI);
	assert_int_equal(s.bg.c16, 15);
	assert_int_equal(s.attr, TUI_BOLD);
	assert_int_equal(t.style[TUI_REMOVE].attr, TUI_UNDERLINE);
	assert_int_equal(tui_theme_style(&t, TUI_OK, TUI_TEXT, TUI_MONO).attr, TUI_UNDERLINE);
	/* what a theme does not say comes from mono */
	assert_int_equal(tui_theme_style(&t, TUI_TEXT, TUI_SELECT, TUI_MONO).attr, TUI_REVERSE);
}

static void
the_selection_keeps_the_colour_of_the_text(void **state)
{
	static const char text[] = "[palette]\ng = #00ff00 46 green\nn = #000033 17 blue\n"
				   "[roles]\nstate.ok = g\nselect = on n bold\n";
	struct tui_theme t;
	struct sl_err err;

	(void)state;
	assert_int_equal(tui_theme_parse(SL_LIT(text), "x", &t, &err), SL_OK);
	struct tui_style s = tui_theme_style(&t, TUI_OK, TUI_SELECT, TUI_256);
	assert_int_equal(s.fg.c256, 46);
	assert_int_equal(s.bg.c256, 17);
	assert_int_equal(s.attr, TUI_BOLD);
	/* 16 colours: reversed instead, as in [mono] */
	s = tui_theme_style(&t, TUI_OK, TUI_SELECT, TUI_16);
	assert_int_equal(s.bg.kind, TUI_COLOR_UNSET);
	assert_int_equal(s.attr, TUI_REVERSE);
}

static void
mistakes_name_the_file_and_the_line(void **state)
{
	static const struct {
		const char *text, *where, *word;
	} bad[] = {
		{ "[roles]\nstate.okay = red\n", "t.theme:2", "state.okay" },
		{ "[roles]\ntext = nocolour\n", "t.theme:2", "nocolour" },
		{ "[palette]\nred1 = #12345 124 red\n", "t.theme:2", "#12345" },
		{ "[palette]\nr = #123456 300 red\n", "t.theme:2", "300" },
		{ "[palette]\nr = #123456 124 pink\n", "t.theme:2", "pink" },
		{ "[palette]\ndefault = #123456 124 red\n", "t.theme:2", "default" },
		{ "\n\n[nothing]\n", "t.theme:3", "[nothing]" },
		{ "[mono]\ntext = red\n", "t.theme:2", "red" },
		{ "for = blue\n", "t.theme:1", "blue" },
		{ "just words\n", "t.theme:1", "just words" },
		{ "inherits = no-such-theme\n", "", "no-such-theme" },
	};
	struct tui_theme t, before;
	struct sl_err err;

	(void)state;
	tui_theme_mono(&before);
	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		t = before;
		assert_int_not_equal(tui_theme_parse(sl_str(bad[i].text), "t.theme", &t, &err),
				     SL_OK);
		if (*bad[i].where)
			assert_string_equal(err.where, bad[i].where);
		assert_non_null(strstr(err.msg, bad[i].word));
		assert_memory_equal(&t, &before, sizeof(t));
	}
}

/* The themes of the program, found beside build/. */
static const char *const ours[] = { "dark", "light", "terminal-16", "mono" };

static void
our_themes_load_and_are_listed(void **state)
{
	char names_[32][TUI_THEME_NAME];
	size_t n = tui_theme_list(names_, SL_COUNT(names_));

	(void)state;
	for (size_t i = 0; i < SL_COUNT(ours); i++) {
		struct tui_theme t;
		struct sl_err err = { 0 };
		bool listed = false;
		if (tui_theme_load(ours[i], &t, &err) != SL_OK)
			print_error("%s: %s\n", err.where, err.msg);
		assert_int_equal(err.code, SL_OK);
		assert_string_equal(t.name, ours[i]);
		assert_non_null(strstr(t.file, ours[i]));
		for (size_t j = 0; j < n; j++)
			listed = listed || strcmp(names_[j], ours[i]) == 0;
		assert_true(listed);
	}
}

static void
check_contrast(const struct tui_theme *t, const uint32_t *backgrounds, size_t n)
{
	for (int role = 0; role < TUI_ROLES; role++) {
		const struct tui_style *s = &t->style[role];
		bool faint = role == TUI_BORDER || role == TUI_PROGRESS_REST || role == TUI_DIM;
		if (s->fg.kind != TUI_COLOR_SET)
			continue;
		for (size_t i = 0; i < n; i++) {
			uint32_t bg = s->bg.kind == TUI_COLOR_SET ? s->bg.rgb : backgrounds[i];
			double c = tui_contrast(s->fg.rgb, bg), want = faint ? 3.0 : 4.5;
			if (role == TUI_BORDER || role == TUI_PROGRESS_REST)
				want = 2.0; /* lines, not letters */
			if (c < want)
				print_error("%s: %s on #%06x: %.1f\n", t->name, names[role],
					    (unsigned)bg, c);
			assert_true(c >= want);
		}
	}
}

static void
our_themes_can_be_read(void **state)
{
	static const uint32_t dark[] = { 0x000000, 0x121212, 0x1e1e1e },
			      light[] = { 0xffffff, 0xfdf6e3 };
	struct tui_theme t;
	struct sl_err err;

	(void)state;
	assert_int_equal(tui_theme_load("dark", &t, &err), SL_OK);
	check_contrast(&t, dark, SL_COUNT(dark));
	check_contrast(&t, &t.style[TUI_SELECT].bg.rgb, 1);
	assert_int_equal(tui_theme_load("light", &t, &err), SL_OK);
	check_contrast(&t, light, SL_COUNT(light));
	check_contrast(&t, &t.style[TUI_SELECT].bg.rgb, 1);
}

static void
contrast_is_that_of_wcag(void **state)
{
	(void)state;
	assert_true(tui_contrast(0x000000, 0xffffff) > 20.99 &&
		    tui_contrast(0xffffff, 0x000000) < 21.01);
	assert_true(tui_contrast(0x777777, 0xffffff) > 4.47 &&
		    tui_contrast(0x777777, 0xffffff) < 4.49);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_theme_sets_colours_for_three_depths),
		cmocka_unit_test(the_selection_keeps_the_colour_of_the_text),
		cmocka_unit_test(mistakes_name_the_file_and_the_line),
		cmocka_unit_test(our_themes_load_and_are_listed),
		cmocka_unit_test(our_themes_can_be_read),
		cmocka_unit_test(contrast_is_that_of_wcag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
