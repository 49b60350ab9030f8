/* test_expr.c - the language of mappings: what is read, and how mistakes are told. */
#include "core/map/expr.h"
#include "tests/lib/cells.h"
#include "tests/lib/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct sl_column COLUMNS[] = {
	{ .name = { "id", 2 }, .type = SL_T_INT, .key = true },
	{ .name = { "email", 5 }, .type = SL_T_TEXT },
	{ .name = { "Odd Name", 8 }, .type = SL_T_TEXT },
	{ .name = { "prefs", 5 }, .type = SL_T_JSON },
	{ .name = { "true", 4 }, .type = SL_T_TEXT },
	{ .name = { "größe", 7 }, .type = SL_T_DECIMAL },
};
static const struct sl_schema SCHEMA = { SL_COUNT(COLUMNS), COLUMNS };

#define PREFS                                                                                      \
	"{\"lang\": \"fr\", \"tags\": [\"a\", \"b\\u00e9\"], \"n\": 12345678901234567890.10, \"a " \
	"b\": null}"

static void
row_of(struct sl_value *row)
{
	row[0] = cell(SL_T_INT, "42");
	row[1] = cell(SL_T_TEXT, "Ann@X.io");
	row[2] = cell(SL_T_TEXT, "odd");
	row[3] = cell(SL_T_JSON, PREFS);
	row[4] = cell(SL_T_TEXT, "yes");
	row[5] = cell(SL_T_DECIMAL, "1.50");
}

/* What an expression gives, as the event {"v": ...}; or the issue it has. */
static void
expect(const char *expr, const char *value)
{
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &SCHEMA, .map = { { "v", expr, 3 } } });
	struct sl_value row[SL_COUNT(COLUMNS)];
	char want[256];

	row_of(row);
	if (t->nissues)
		print_error("%s: %s\n", expr, t->issues[0].problem);
	assert_int_equal(t->nissues, 0);
	(void)snprintf(want, sizeof want, "{\"v\":%s}", value);
	assert_string_equal(test_map_render(t, row, SL_OP_ADD), want);
	test_map_close(t);
}

static void
expect_issue(const char *expr, const char *problem, const char *mend)
{
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &SCHEMA, .map = { { "v", expr, 3 } } });

	assert_null(t->mapper);
	assert_int_equal(t->nissues, 1);
	assert_string_equal(t->issues[0].to, "v");
	assert_int_equal(t->issues[0].line, 3);
	if (!strstr(t->issues[0].problem, problem) || !strstr(t->issues[0].mend, mend))
		print_error("%s: %s (%s)\n", expr, t->issues[0].problem, t->issues[0].mend);
	assert_non_null(strstr(t->issues[0].problem, problem));
	assert_non_null(strstr(t->issues[0].mend, mend));
	test_map_close(t);
}

static void
sources(void **state)
{
	(void)state;
	expect("email", "\"Ann@X.io\"");
	expect("  email  ", "\"Ann@X.io\"");
	expect("\"Odd Name\"", "\"odd\"");
	expect("größe", "1.50");
	expect("\"true\"", "\"yes\"");
	expect("true", "true");
	expect("null", "null");
	expect("42", "42");
	expect("-3.50", "-3.50");
	expect("'it''s'", "\"it's\"");
	expect("''", "\"\"");
	expect("$op", "\"insert\"");
	expect("$sync", "\"people\"");
	expect("$run", "\"r1\"");
	expect("$id", "\"sluice-0123456789abcdeffedcba9876543210\"");
}

static void
paths(void **state)
{
	(void)state;
	expect("prefs.lang", "\"fr\"");
	expect("prefs.tags.0", "\"a\"");
	expect("prefs.tags.1", "\"b\xC3\xA9\"");
	expect("prefs.tags", "[\"a\", \"b\\u00e9\"]");
	expect("prefs.n", "12345678901234567890.10");
	expect("prefs.\"a b\"", "null");
	expect("prefs.nothing.here", "null");
	expect("prefs.tags.7", "null");
	expect("prefs.lang | upper", "\"FR\"");
}

static void
templates(void **state)
{
	(void)state;
	expect("'Hi {email}!'", "\"Hi Ann@X.io!\"");
	expect("'{id}-{prefs.lang}-{$run}'", "\"42-fr-r1\"");
	expect("'{ \"Odd Name\" }'", "\"odd\"");
	expect("'{{id}} {{{id}}}'", "\"{id} {42}\"");
	expect("'<{prefs.nothing}>'", "\"<>\"");
	expect("'{email}' | lower | prefix 'mailto:'", "\"mailto:ann@x.io\"");
}

static void
arguments(void **state)
{
	(void)state;
	expect("email | replace '@' ' | '", "\"Ann | X.io\"");
	expect("id|map 42='forty two' else=none", "\"forty two\"");
	expect("id | map 41=a else=0", "0");
	expect("prefs.nothing | default 7", "7");
	expect("prefs.nothing | default '7'", "\"7\"");
	expect("prefs.nothing | default false", "false");
}

static void
mistakes_name_the_place_and_the_mend(void **state)
{
	(void)state;
	expect_issue("", "no value", "name a column");
	expect_issue("emial", "at character 1: there is no column \"emial\"",
		     "did you mean email?");
	expect_issue("zzz", "no column \"zzz\"", "the columns are id, email");
	expect_issue("größe | lowr", "at character 9: there is no transform \"lowr\"",
		     "did you mean lower?");
	expect_issue("email | qqqqqqqq", "no transform", "lists the transforms");
	expect_issue("email lower", "at character 7", "follow a |");
	expect_issue("email |", "name of a transform", "trim");
	expect_issue("'abc", "at character 1: a quote is not closed", "'it''s'");
	expect_issue("'abc {id'", "at character 6: a { in the text is not closed", "{{");
	expect_issue("'a {nix}'", "at character 5: there is no column \"nix\"", "the columns are");
	expect_issue("id.part", "integer, not JSON", "path");
	expect_issue("prefs.", "after the dot", "prefs.tags.0");
	expect_issue("$foo", "not known", "$id");
	expect_issue("4x", "not a number", "double quotes");
	expect_issue("email | replace a", "too few values", "usage: replace OLD NEW");
	expect_issue("email | trim 3", "too many values", "usage: trim");
	expect_issue("email | prefix a=b", "no name=value", "usage: prefix TEXT");
	expect_issue("email | map a", "pairs", "usage: map FROM=TO");
	expect_issue("email | map a=1 a=2", "twice", "usage");
	expect_issue("email | number x", "decimals", "usage: number");
	expect_issue("email | substr 0", "counts from 1", "usage: substr");
	expect_issue("email | split ''", "separator", "usage: split");
	expect_issue("\xff", "not valid UTF-8", "again");
}

static void
length_and_counts_are_bounded(void **state)
{
	static char text[SL_EXPR_MAX_LEN + 100];
	struct sl_arena *a = sl_arena_new(4096, 64u << 20);
	struct sl_expr_fault f;
	struct sl_expr e;

	(void)state;
	assert_non_null(a);
	memset(text, 'a', sizeof text);
	assert_false(sl_expr_parse((struct sl_str){ text, SL_EXPR_MAX_LEN + 1 }, a, &e, &f));
	assert_non_null(strstr(f.problem, "longer"));
	for (size_t i = 0; i < SL_EXPR_MAX_LEN; i++)
		text[i] = "a."[i % 2];
	assert_false(sl_expr_parse((struct sl_str){ text, SL_EXPR_MAX_LEN - 1 }, a, &e, &f));
	assert_non_null(strstr(f.problem, "16 steps"));
	for (size_t i = 0; i < SL_EXPR_MAX_LEN; i++)
		text[i] = "a|"[i % 2];
	assert_false(sl_expr_parse((struct sl_str){ text, SL_EXPR_MAX_LEN - 1 }, a, &e, &f));
	assert_non_null(strstr(f.problem, "32 transforms"));
	for (size_t i = 2; i < SL_EXPR_MAX_LEN; i++)
		text[i] = "b="[i % 2];
	for (size_t i = 4; i + 4 < SL_EXPR_MAX_LEN; i += 4)
		memcpy(text + i, " b=c", 4);
	memcpy(text, "a|m ", 4);
	assert_false(sl_expr_parse((struct sl_str){ text, SL_EXPR_MAX_LEN - 4 }, a, &e, &f));
	assert_non_null(strstr(f.problem, "512 values"));
	for (size_t i = 0; i + 3 < SL_EXPR_MAX_LEN; i += 3)
		memcpy(text + 1 + i, "{a}", 3);
	text[0] = '\'';
	assert_false(sl_expr_parse((struct sl_str){ text, 900 }, a, &e, &f));
	assert_non_null(strstr(f.problem, "64 parts"));
	sl_arena_free(a);
}

static void
columns_of_a_profile(void **state)
{
	struct sl_mapping map[] = { { "a", "email | lower", 0 },
				    { "b", "'{\"Odd Name\"} {email}'", 0 },
				    { "c", "prefs.lang", 0 },
				    { "d", "'constant'", 0 },
				    { "e", "broken |", 0 } };
	struct sl_profile p = { .event = "row", .map = map, .nmap = SL_COUNT(map) };
	const char *key[] = { "id" };
	struct sl_arena *a = sl_arena_new(4096, 0);
	struct sl_str *names;
	uint32_t n;

	(void)state;
	assert_non_null(a);
	assert_int_equal(sl_map_columns(&p, key, 1, a, &names, &n), SL_OK);
	assert_int_equal(n, 4);
	assert_true(sl_str_is(names[0], "id"));
	assert_true(sl_str_is(names[1], "email"));
	assert_true(sl_str_is(names[2], "Odd Name"));
	assert_true(sl_str_is(names[3], "prefs"));
	sl_arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources),
		cmocka_unit_test(paths),
		cmocka_unit_test(templates),
		cmocka_unit_test(arguments),
		cmocka_unit_test(mistakes_name_the_place_and_the_mend),
		cmocka_unit_test(length_and_counts_are_bounded),
		cmocka_unit_test(columns_of_a_profile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
