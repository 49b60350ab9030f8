/* test_widgets.c - tables, trees, forms, editors and pagers: keys in, pictures out. */
#include "tests/lib/golden.h"
#include "tests/lib/keys.h"
#include "tui/widgets/bar.h"
#include "tui/widgets/diff.h"
#include "tui/widgets/form.h"
#include "tui/widgets/pager.h"
#include "tui/widgets/table.h"
#include "tui/widgets/tree.h"

#include <stdio.h>
#include <stdlib.h>

static struct tui_grid grid;
static struct tui_canvas canvas;

static void
paper(int rows, int cols)
{
	tui_grid_free(&grid);
	assert_true(tui_grid_init(&grid, rows, cols, false));
	canvas = tui_canvas(&grid);
}

static int
no_paper(void **state)
{
	(void)state;
	tui_grid_free(&grid);
	return 0;
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const people[][4] = {
	{ "1204", "ana@example.com", "Ana", "49.00" },
	{ "1207", "小林@example.jp", "小林 健", "9.50" },
	{ "1214", "kim@example.com", "Kim\033[31m", "120.00" },
	{ "1209", "zoe@example.com", "Zoë", "" },
};

static void
person(const void *arg, size_t row, int col, struct tui_value *v)
{
	(void)arg;
	v->text = sl_str(people[row][col]);
	if (v->text.len == 0) {
		v->text = SL_LIT("NULL");
		v->role = TUI_NULL;
	}
}

static const struct tui_column person_columns[] = {
	{ "id", TUI_RIGHT, 4, 8, 0, false },
	{ "email", TUI_LEFT, 8, 20, 0, false },
	{ "name", TUI_LEFT, 4, 20, 2, false },
	{ "mrr", TUI_RIGHT, 6, 10, 1, false },
};

static struct tui_table
person_table(void)
{
	struct tui_table t;

	assert_true(tui_table_init(&t, person_columns, SL_COUNT(person_columns)));
	t.model = (struct tui_model){ person, NULL, SL_COUNT(people) };
	tui_table_refresh(&t);
	return t;
}

static void
act(struct tui_table *t, int action)
{
	struct tui_cmd cmd = { .action = action, .count = 1, .arg = "" };

	(void)tui_table_action(t, &cmd, 3);
}

static void
a_table_drops_columns_by_priority(void **state)
{
	struct tui_table t = person_table();

	(void)state;
	paper(5, 60);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "    id  email            name         mrr\n"
			      "> 1204  ana@example.com  Ana        49.00\n"
			      "  1207  小林@example.jp  小林 健     9.50\n"
			      "  1214  kim@example.com  Kim␛[31m  120.00\n"
			      "  1209  zoe@example.com  Zoë         NULL\n");
	paper(5, 34);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "    id  email               mrr\n"
			      "> 1204  ana@example.com   49.00\n"
			      "  1207  小林@example.jp    9.50\n"
			      "  1214  kim@example.com  120.00\n"
			      "  1209  zoe@example.com    NULL\n");
	paper(5, 18);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "    id  email\n"
			      "> 1204  ana@exam~\n"
			      "  1207  小林@exa~\n"
			      "  1214  kim@exam~\n"
			      "  1209  zoe@exam~\n");
	for (int n = 1; n < 16; n++) { /* no size is too small to draw */
		paper(n % 4 + 1, n);
		tui_table_draw(&t, &canvas, true);
	}
	tui_table_free(&t);
}

static void
the_cursor_is_on_the_selected_row(void **state)
{
	struct tui_table t = person_table();
	struct sl_buf roles;

	(void)state;
	sl_buf_init(&roles, 0);
	paper(4, 40);
	act(&t, TUI_ACT_LAST);
	tui_table_draw(&t, &canvas, true);
	assert_int_equal(grid.cur_y, 3); /* scrolled: three rows for data */
	assert_false(grid.cur_on);
	tui_grid_roles(&grid, &roles);
	assert_non_null(strstr(sl_buf_cstr(&roles), "ssssssss"));
	assert_int_equal(tui_table_selected(&t), 3);
	act(&t, TUI_ACT_UP);
	tui_table_draw(&t, &canvas, true);
	assert_int_equal(grid.cur_y, 2); /* a move inside the picture does not scroll */
	sl_buf_free(&roles);
	tui_table_free(&t);
}

static void
sorting_follows_what_people_see(void **state)
{
	struct tui_table t = person_table();

	(void)state;
	for (int i = 0; i < 3; i++)
		act(&t, TUI_ACT_RIGHT);
	act(&t, TUI_ACT_SORT); /* NULL, 9.50, 49.00, 120.00 */
	assert_int_equal(t.view[0], 3);
	assert_int_equal(t.view[1], 1);
	assert_int_equal(t.view[3], 2);
	assert_int_equal(tui_table_selected(&t), 0); /* the row stays selected */
	act(&t, TUI_ACT_SORT);
	assert_int_equal(t.view[0], 2);
	paper(3, 60);
	tui_table_draw(&t, &canvas, true);
	struct sl_buf text;
	sl_buf_init(&text, 0);
	tui_grid_text(&grid, &text);
	assert_non_null(strstr(sl_buf_cstr(&text), "mrr▾"));
	sl_buf_free(&text);
	act(&t, TUI_ACT_SORT);
	assert_int_equal(t.sort_col, -1);
	tui_table_free(&t);
}

static void
filter_search_and_marks(void **state)
{
	struct tui_table t = person_table();
	struct sl_buf status;

	(void)state;
	sl_buf_init(&status, 0);
	assert_true(tui_table_search(&t, "KIM"));
	assert_int_equal(tui_table_selected(&t), 2);
	assert_false(tui_table_search(&t, "nobody"));
	tui_table_filter(&t, "example.com");
	assert_int_equal(t.nview, 3);
	assert_int_equal(tui_table_selected(&t), 2);
	act(&t, TUI_ACT_MARK);
	assert_true(tui_table_marked(&t, 2));
	tui_table_status(&t, &status);
	assert_string_equal(sl_buf_cstr(&status),
			    "3 of 4 match example.com   x clear   1 marked   /nobody");
	tui_table_filter(&t, "no such thing");
	paper(4, 50);
	tui_table_draw(&t, &canvas, true);
	assert_picture(
		&grid,
		"    id  email     name     mrr\n  0 of 4 match no such thing   x clear filter\n");
	act(&t, TUI_ACT_CLEAR);
	assert_int_equal(t.nview, 4);
	assert_true(tui_table_marked(&t, 2)); /* marks outlive filters */
	act(&t, TUI_ACT_MARK_ALL);
	assert_int_equal(t.nmarks, 4);
	act(&t, TUI_ACT_MARK_ALL);
	assert_int_equal(t.nmarks, 0);
	act(&t, TUI_ACT_FIRST);
	act(&t, TUI_ACT_RANGE);
	act(&t, TUI_ACT_DOWN);
	act(&t, TUI_ACT_RANGE);
	assert_int_equal(t.nmarks, 2);
	sl_buf_free(&status);
	tui_table_free(&t);
}

static void
panes_say_what_they_wait_for(void **state)
{
	struct tui_table t;

	(void)state;
	sl_clock_fake(5000000, 0);
	assert_true(tui_table_init(&t, person_columns, SL_COUNT(person_columns)));
	t.pane.empty = "No syncs yet.";
	t.pane.empty_hint = "n new sync";
	paper(6, 60);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "\n\n  No syncs yet.\n  n new sync\n");
	tui_pane_loading(&t.pane);
	tui_grid_clear(&grid);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "\n"); /* nothing for 150 ms */
	assert_int_equal(tui_pane_tick_ms(&t.pane), 151);
	sl_clock_advance(2400000);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid, "\n\n  loading… 2.4s  Ctrl-C cancel\n");
	tui_pane_error(&t.pane, "reading tables: connection \033refused (ECONNREFUSED)", "r retry");
	tui_grid_clear(&grid);
	tui_table_draw(&t, &canvas, true);
	assert_picture(&grid,
		       "\n\n✗ reading tables: connection ␛refused (ECONNREFUSED)\n  r retry\n");
	tui_table_free(&t);
	sl_clock_real();
}

/* ---- tree ------------------------------------------------------------------------------------ */

static void
a_tree_opens_and_closes(void **state)
{
	struct tui_tree t;
	struct tui_cmd right = { .action = TUI_ACT_RIGHT, .count = 1, .arg = "" };
	struct tui_cmd down = { .action = TUI_ACT_DOWN, .count = 1, .arg = "" };
	struct tui_cmd left = { .action = TUI_ACT_LEFT, .count = 1, .arg = "" };
	uint32_t opened;

	(void)state;
	tui_tree_init(&t);
	uint32_t pg = tui_tree_add(
		&t, TUI_NO_NODE,
		&(struct tui_leaf){ .label = "pg-prod", .note = "ok", .branch = true });
	(void)tui_tree_add(&t, TUI_NO_NODE,
			   &(struct tui_leaf){ .label = "local.db", .branch = true });
	tui_tree_refresh(&t);
	assert_true(tui_tree_action(&t, &right, 5, &opened));
	assert_int_equal(opened, pg); /* load it now */
	t.node[pg].loaded = true;
	(void)tui_tree_add(&t, pg, &(struct tui_leaf){ .label = "users", .note = "table 274k" });
	(void)tui_tree_add(&t, pg, &(struct tui_leaf){ .label = "orders" });
	tui_tree_refresh(&t);
	paper(5, 32);
	(void)tui_tree_action(&t, &down, 5, &opened);
	tui_tree_draw(&t, &canvas, true);
	assert_picture(&grid, "  ▾ pg-prod                  ok\n"
			      ">     users          table 274k\n"
			      "      orders\n"
			      "  ▸ local.db\n");
	assert_int_equal(grid.cur_y, 1);
	(void)tui_tree_action(&t, &left, 5, &opened); /* to the parent */
	assert_int_equal(tui_tree_selected(&t), pg);
	(void)tui_tree_action(&t, &left, 5, &opened);
	assert_int_equal(t.nview, 2);
	tui_tree_filter(&t, "ORD");
	assert_int_equal(t.nview, 2);                               /* the table, and where it is */
	assert_string_equal(t.node[t.view[t.sel]].label, "orders"); /* Enter opens it */
	tui_tree_filter(&t, "");
	tui_tree_clear(&t, pg);
	tui_tree_refresh(&t);
	assert_int_equal(t.nview, 2);
	tui_tree_free(&t);
}

/* ---- input and form -------------------------------------------------------------------------- */

static void
keys_to(struct tui_input *in, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		struct tui_event ev = { .type = TUI_EV_KEY, .count = 1 };
		ev.key = tui_key_parse((struct sl_str){ names, n });
		(void)tui_input_event(in, &ev);
		names += n + (names[n] == ' ');
	}
}

static size_t
find_fruit(const void *arg, struct sl_str before, struct sl_buf *out)
{
	(void)arg;
	(void)before;
	sl_buf_puts(out, "apple\napricot\n");
	return 2;
}

static void
a_line_is_edited_as_in_a_shell(void **state)
{
	struct tui_input in;
	struct tui_history h = { 0 };

	(void)state;
	tui_input_init(&in);
	tui_input_set(&in, "alpha beta gamma");
	keys_to(&in, "Ctrl-W");
	assert_string_equal(tui_input_text(&in), "alpha beta ");
	keys_to(&in, "Ctrl-A Ctrl-K");
	assert_string_equal(tui_input_text(&in), "");
	keys_to(&in, "Ctrl-Y Ctrl-A Del Right ë");
	assert_string_equal(tui_input_text(&in), "lëpha beta ");
	keys_to(&in, "Backspace Ctrl-E Alt-b Ctrl-U");
	assert_string_equal(tui_input_text(&in), "beta ");
	keys_to(&in, "Ctrl-_");
	assert_string_equal(tui_input_text(&in), "lpha beta ");
	tui_history_add(&h, "first");
	tui_history_add(&h, "second");
	in.history = &h;
	tui_input_set(&in, "");
	keys_to(&in, "Up Up");
	assert_string_equal(tui_input_text(&in), "first");
	keys_to(&in, "Down Down");
	assert_string_equal(tui_input_text(&in), "");
	in.complete.find = find_fruit;
	tui_input_set(&in, "an ap");
	keys_to(&in, "Tab");
	assert_string_equal(tui_input_text(&in), "an apple");
	keys_to(&in, "Tab");
	assert_string_equal(tui_input_text(&in), "an apricot");
	struct tui_event paste = { .type = TUI_EV_PASTE, .paste = SL_LIT("x\ny\n"), .count = 1 };
	(void)tui_input_event(&in, &paste);
	assert_string_equal(tui_input_text(&in), "an apricotx y");
	in.secret = true;
	paper(1, 20);
	tui_input_draw(&in, &canvas, (struct tui_input_look){ .width = 20, .focus = true });
	assert_picture(&grid, "•••••••••••••\n");
	tui_history_free(&h);
	tui_input_free(&in);
}

static void
host_check(const void *arg, const char *name, const char *value, char *msg, size_t cap)
{
	(void)arg;
	if (strcmp(name, "host") == 0 && strchr(value, ' '))
		snprintf(msg, cap, "a host has no blanks");
}

static void
form_keys(struct tui_form *f, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		struct tui_event ev = { .type = TUI_EV_KEY, .count = 1 };
		ev.key = tui_key_parse((struct sl_str){ names, n });
		(void)tui_form_event(f, &ev);
		names += n + (names[n] == ' ');
	}
}

static void
a_form_shows_mistakes_where_they_are(void **state)
{
	struct tui_form f;

	(void)state;
	tui_form_init(&f);
	f.check = host_check;
	assert_true(tui_form_add(&f, &(struct tui_field_def){ .label = "Server",
							      .name = "-",
							      .type = TUI_FIELD_TITLE }));
	assert_true(tui_form_add(
		&f, &(struct tui_field_def){ .name = "host",
					     .required = true,
					     .help = "name or address of the server" }));
	assert_true(tui_form_add(&f, &(struct tui_field_def){ .name = "port",
							      .type = TUI_FIELD_NUMBER,
							      .def = "5432" }));
	assert_true(
		tui_form_add(&f, &(struct tui_field_def){ .name = "tls",
							  .type = TUI_FIELD_CHOICE,
							  .choices = "require,verify-full,disable",
							  .value = "require" }));
	assert_true(tui_form_add(
		&f, &(struct tui_field_def){ .name = "password", .type = TUI_FIELD_SECRET }));
	assert_string_equal(tui_form_focused(&f), "host");
	form_keys(&f, "d b Space x");
	paper(8, 60);
	tui_form_draw(&f, &canvas, true);
	assert_picture(&grid, " Server\n"
			      "> host    * db x\n"
			      "            ✗ a host has no blanks\n"
			      "  port      5432\n"
			      "  tls       require\n"
			      "  password\n");
	form_keys(&f, "Backspace Backspace Tab 5 x Tab Space Tab h u n t e r 2");
	assert_string_equal(tui_form_value(&f, "tls"), "verify-full");
	assert_false(tui_form_valid(&f));
	assert_string_equal(tui_form_focused(&f), "port"); /* the first mistake */
	tui_grid_clear(&grid);
	tui_form_draw(&f, &canvas, true);
	assert_picture(&grid, " Server\n"
			      "  host    * db\n"
			      "> port      5x\n"
			      "            ✗ this must be a number\n"
			      "  tls       verify-full\n"
			      "  password  •••••••\n"
			      "            ✗ say where the secret is: env:NAME,\n"
			      "              file:/path, exec:command or pgpass\n");
	form_keys(&f, "Backspace Down Down Ctrl-U e n v : P W");
	assert_true(tui_form_valid(&f));
	assert_string_equal(tui_form_value(&f, "password"), "env:PW");
	tui_form_free(&f);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void
ed_keys(struct tui_editor *e, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		struct tui_event ev = { .type = TUI_EV_KEY, .count = 1 };
		ev.key = tui_key_parse((struct sl_str){ names, n });
		(void)tui_editor_event(e, &ev, 4);
		names += n + (names[n] == ' ');
	}
}

static void
an_editor_edits_undoes_and_marks_mistakes(void **state)
{
	struct tui_editor e;
	struct sl_buf roles;
	int line, col;

	(void)state;
	sl_buf_init(&roles, 0);
	tui_editor_init(&e, TUI_SYNTAX_SQL);
	tui_editor_set(&e, SL_LIT("SELECT id\n  FROM users"));
	ed_keys(&e, "Down End Enter x");
	assert_str(tui_editor_text(&e), "SELECT id\n  FROM users\n  x");
	tui_editor_place(&e, &line, &col);
	assert_int_equal(line, 3);
	assert_int_equal(col, 4);
	ed_keys(&e, "Ctrl-_ Ctrl-_");
	assert_str(tui_editor_text(&e), "SELECT id\n  FROM users");
	ed_keys(&e, "Alt-_");
	assert_str(tui_editor_text(&e), "SELECT id\n  FROM users\n  ");
	tui_editor_set(&e, SL_LIT("SELECT 'it''s', 12 -- note\nFORM users"));
	tui_editor_error(&e, 27);
	paper(3, 40);
	tui_editor_draw(&e, &canvas, true);
	assert_picture(&grid, "    1 SELECT 'it''s', 12 -- note\n!   2 FORM users\n");
	assert_int_equal(grid.cur_y, 1);
	assert_int_equal(grid.cur_x, 6);
	assert_true(grid.cur_on);
	tui_grid_roles(&grid, &roles);
	assert_non_null(strstr(sl_buf_cstr(&roles), "ddddd.KKKKKK.\"\"\"\"\"\"\"..00.ccccccc"));
	assert_non_null(strstr(sl_buf_cstr(&roles), "xxxxx.I"));
	sl_buf_free(&roles);
	tui_editor_free(&e);
}

static void
json_is_laid_out_and_searched(void **state)
{
	struct tui_pager p;

	(void)state;
	tui_pager_init(&p, TUI_SYNTAX_JSON);
	tui_pager_set(&p, SL_LIT("{\"a\":1,\"b\":[true,null],\"c\":{},\"d\":\"x{,\\\"y\"}"));
	paper(12, 30);
	tui_pager_draw(&p, &canvas, true);
	assert_picture(&grid,
		       "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ],\n  \"c\": {},\n"
		       "  \"d\": \"x{,\\\"y\"\n}\n");
	assert_true(tui_pager_search(&p, "NULL"));
	assert_int_equal(p.found, 4);
	assert_false(tui_pager_search(&p, "nothing"));
	tui_pager_set(&p, SL_LIT("not json {"));
	tui_grid_clear(&grid);
	p.search[0] = '\0';
	tui_pager_draw(&p, &canvas, true);
	assert_picture(&grid, "not json {\n");
	tui_pager_free(&p);
}

static void
a_diff_shows_what_changes(void **state)
{
	struct tui_diff d = { 0 };

	(void)state;
	tui_diff_json(
		&d, "{\"email\":\"z@e.com\",\"t\":{\"mrr\":49.00,\"gone\":1},\"same\":[1, 2]}",
		"{\"email\":\"z@e.com\",\"t\":{\"mrr\":120.00},\"same\":[1, 2],\"new\":\"DE\"}");
	paper(8, 60);
	tui_diff_draw(&d, &canvas, true);
	assert_picture(&grid, "~ t.mrr     49.00  →  120.00\n"
			      "+ new       \"DE\"\n"
			      "- t.gone    1\n");
	tui_diff_free(&d);
	/* broken or hostile input ends */
	tui_diff_json(&d, "{\"a\":{\"a\":[[[\"", "{{{\"\\");
	tui_diff_json(&d, NULL, "12");
	assert_int_equal(d.n, 1);
	tui_diff_free(&d);
}

static void
numbers_are_short_and_exact(void **state)
{
	char b[32];

	(void)state;
	assert_string_equal(tui_fmt_count(0, b), "0");
	assert_string_equal(tui_fmt_count(1234567, b), "1,234,567");
	assert_string_equal(tui_fmt_short(999, b), "999");
	assert_string_equal(tui_fmt_short(94210, b), "94.2k");
	assert_string_equal(tui_fmt_short(999999, b), "1.0M");
	assert_string_equal(tui_fmt_short(274310, b), "274k");
	assert_string_equal(tui_fmt_bytes(412, b), "412 B");
	assert_string_equal(tui_fmt_bytes(1900000, b), "1.9 MB");
	assert_string_equal(tui_fmt_rate(987, b), "987/s");
	assert_string_equal(tui_fmt_span(210000, b), "210ms");
	assert_string_equal(tui_fmt_span(1900000, b), "1.9s");
	assert_string_equal(tui_fmt_span(164000000, b), "2m44s");
	assert_string_equal(tui_fmt_span(-1, b), "-");
	paper(2, 20);
	tui_bar(&canvas, 0, 0, 10, 0.5);
	tui_spark(&canvas, (struct tui_span){ 1, 0, 6, TUI_LEFT, TUI_SPARK },
		  (double[]){ 9, 0, 1, 2, 3, 4, 7 }, 7, 0);
	assert_picture(&grid, "[████    ]\n▁▂▃▄▅█\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_drops_columns_by_priority),
		cmocka_unit_test(the_cursor_is_on_the_selected_row),
		cmocka_unit_test(sorting_follows_what_people_see),
		cmocka_unit_test(filter_search_and_marks),
		cmocka_unit_test(panes_say_what_they_wait_for),
		cmocka_unit_test(a_tree_opens_and_closes),
		cmocka_unit_test(a_line_is_edited_as_in_a_shell),
		cmocka_unit_test(a_form_shows_mistakes_where_they_are),
		cmocka_unit_test(an_editor_edits_undoes_and_marks_mistakes),
		cmocka_unit_test(json_is_laid_out_and_searched),
		cmocka_unit_test(a_diff_shows_what_changes),
		cmocka_unit_test(numbers_are_short_and_exact),
	};

	return cmocka_run_group_tests(tests, NULL, no_paper);
}
