/* test_transform.c - what each transform makes of a value, and which values it refuses. */
#include "core/base/err.h"
#include "tests/lib/cells.h"
#include "tests/lib/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct sl_column COLUMNS[] = { { .name = { "id", 2 }, .type = SL_T_INT, .key = true },
					    { .name = { "v", 1 }, .type = SL_T_TEXT } };
static const struct sl_schema SCHEMA = { SL_COUNT(COLUMNS), COLUMNS };

/* Runs `v | chain` on one value; returns the mapping, whose `out` holds {"v":...}. */
static struct test_map *
run(const char *chain, struct sl_value v)
{
	char expr[256];
	struct sl_value row[] = { cell(SL_T_INT, "1"), v };

	(void)snprintf(expr, sizeof expr, "v | %s", chain);
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &SCHEMA, .map = { { "v", expr, 1 } } });
	if (t->nissues)
		print_error("%s: %s\n", expr, t->issues[0].problem);
	assert_int_equal(t->nissues, 0);
	(void)test_map_render(t, row, SL_OP_ADD);
	return t;
}

struct example {
	const char *chain;
	enum sl_type type;
	const char *text; /* NULL: null */
	const char *json; /* NULL: the value is refused */
};

static void
check(const struct example *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct test_map *t =
			run(e[i].chain, cell(e[i].text ? e[i].type : SL_T_NULL, e[i].text));
		char want[256];

		(void)snprintf(want, sizeof want, "{\"v\":%s}", e[i].json ? e[i].json : "");
		if (e[i].json && strcmp(sl_buf_cstr(&t->out), want) != 0)
			print_error("%s of %s: %s\n", e[i].chain, e[i].text ? e[i].text : "NULL",
				    t->err.msg);
		assert_int_equal(t->code, e[i].json ? SL_OK : SL_E_DATA);
		if (e[i].json)
			assert_string_equal(sl_buf_cstr(&t->out), want);
		else
			assert_string_equal(t->err.where, "v");
		test_map_close(t);
	}
}

static void
text(void **state)
{
	static const struct example examples[] = {
		{ "trim", SL_T_TEXT, " \t a b\n", "\"a b\"" },
		{ "trim", SL_T_INT, "7", "7" },
		{ "trim", SL_T_TEXT, NULL, "null" },
		{ "lower", SL_T_TEXT, "ANN \xC3\x89\xD0\x96\xCE\xA9",
		  "\"ann \xC3\xA9\xD0\xB6\xCF\x89\"" },
		{ "upper", SL_T_TEXT,
		  "stra\xC3\x9F"
		  "e \xC3\xA9\xC5\x82\xD1\x91",
		  "\"STRA\xC3\x9F"
		  "E \xC3\x89\xC5\x81\xD0\x81\"" },
		{ "upper", SL_T_TEXT, "\xC3\xBF", "\"\xC5\xB8\"" },
		{ "lower", SL_T_DECIMAL, "1.50", "1.50" },
		{ "lower", SL_T_JSON, "{\"a\":1}", NULL },
		{ "lower", SL_T_JSON, "\"ABC\"", "\"abc\"" },
		{ "capitalize", SL_T_TEXT, "anna-MARIA de la cruz", "\"Anna-Maria De La Cruz\"" },
		{ "prefix 'u-'", SL_T_INT, "7", "\"u-7\"" },
		{ "suffix '.x'", SL_T_TEXT, "", "\".x\"" },
		{ "replace ' ' ''", SL_T_TEXT, "0 12 3", "\"0123\"" },
		{ "replace aa b", SL_T_TEXT, "aaaaa", "\"bba\"" },
		{ "substr 2 3", SL_T_TEXT, "h\xC3\xA9llo", "\"\xC3\xA9ll\"" },
		{ "substr -2", SL_T_TEXT, "h\xC3\xA9llo", "\"lo\"" },
		{ "substr -9 2", SL_T_TEXT, "abc", "\"ab\"" },
		{ "substr 9", SL_T_TEXT, "abc", "\"\"" },
		{ "string", SL_T_INT, "12345678901234567890", "\"12345678901234567890\"" },
		{ "string", SL_T_JSON, "{\"a\": 1}", "\"{\\\"a\\\": 1}\"" },
		{ "string", SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.5+00",
		  "\"2024-01-31T10:00:00.500Z\"" },
		{ "sha256", SL_T_TEXT, " Ann@X.io ",
		  "\"31122705444181b10221d3b55cfc293b23730cb63db6fd4b2ea5a33a35aa510a\"" },
		{ "sha256", SL_T_TEXT, "  ", "null" },
		/* a digest already */
		{ "sha256", SL_T_TEXT,
		  "31122705444181B10221D3B55CFC293B23730CB63DB6FD4B2EA5A33A35AA510A",
		  "\"31122705444181b10221d3b55cfc293b23730cb63db6fd4b2ea5a33a35aa510a\"" },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

/* What platforms hash: every spelling of one person gives one digest. */
static void
test_normalize(void **state)
{
	static const struct example examples[] = {
		{ "normalize email", SL_T_TEXT, " Jane.Doe+x@Gmail.com\n",
		  "\"jane.doe+x@gmail.com\"" },
		{ "normalize gmail", SL_T_TEXT, " Jane.D.oe+x@Gmail.com", "\"janedoe@gmail.com\"" },
		{ "normalize gmail", SL_T_TEXT, "a.b+c@x.io", "\"a.b+c@x.io\"" },
		{ "normalize gmail", SL_T_TEXT, "no address", "\"no address\"" },
		{ "normalize phone", SL_T_TEXT, "+49 (170) 123-45678", "\"4917012345678\"" },
		{ "normalize phone", SL_T_TEXT, "0049 170 12345678", "\"4917012345678\"" },
		{ "normalize phone 49", SL_T_TEXT, "0170/12345678", "\"4917012345678\"" },
		{ "normalize phone 49", SL_T_TEXT, "+1 650 253 0000", "\"16502530000\"" },
		{ "normalize e164", SL_T_TEXT, "+49 170 12345678", "\"+4917012345678\"" },
		{ "normalize e164 1", SL_T_TEXT, "(650) 253-0000", "\"+16502530000\"" },
		{ "normalize e164", SL_T_INT, "4917012345678", "\"+4917012345678\"" },
		{ "normalize e164", SL_T_TEXT, "n/a", "null" },
		{ "normalize phone", SL_T_TEXT, "000", "null" },
		{ "normalize e164", SL_T_TEXT, "123456789012345678", NULL },
		{ "normalize name", SL_T_TEXT, " O'Connor-\xC3\x89mile ",
		  "\"oconnor\xC3\xA9mile\"" },
		{ "normalize name", SL_T_TEXT, "van der Berg", "\"van der berg\"" },
		{ "normalize city", SL_T_TEXT, "New York 1", "\"newyork\"" },
		{ "normalize zip", SL_T_TEXT, "SW1A 1-AA", "\"sw1a1aa\"" },
		{ "normalize country", SL_T_TEXT, " DE ", "\"de\"" },
		{ "normalize name", SL_T_TEXT, " .- ", "null" },
		{ "normalize email", SL_T_TEXT, NULL, "null" },
		{ "normalize phone 49 | sha256", SL_T_TEXT, "0170 12345678",
		  "\"35bd2a230cb12c187373b918e6c55cb0741914e31ff61f35b1d53885a1444fed\"" },
		{ "normalize e164 49 | sha256", SL_T_TEXT, "0170 12345678",
		  "\"94d43b5d533d91e64bd28f423742bee91f3a65fdf325c59f17d6c28bfd106281\"" },
		{ "normalize gmail | sha256", SL_T_TEXT, "Jane.Doe@gmail.com",
		  "\"d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69\"" },
		{ "normalize name | sha256", SL_T_TEXT, "O'Connor",
		  "\"7a0fbfdf40cbeb97429bdb88f512cecd27f0d44b7e57986ab578423bb61936ac\"" },
		{ "normalize city | sha256", SL_T_TEXT, "New York",
		  "\"350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5\"" },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

static void
numbers_are_exact(void **state)
{
	static const struct example examples[] = {
		{ "int", SL_T_TEXT, " 42 ", "42" },
		{ "int", SL_T_TEXT, "-0.5", "-1" },
		{ "int", SL_T_TEXT, "-0.4", "0" },
		{ "int", SL_T_DECIMAL, "2.5", "3" },
		{ "int", SL_T_DECIMAL, "99999999999999999999.5", "100000000000000000000" },
		{ "int", SL_T_BOOL, "true", "1" },
		{ "int", SL_T_TEXT, "", "null" },
		{ "int", SL_T_FLOAT, "NaN", "null" },
		{ "int", SL_T_TEXT, "abc", NULL },
		{ "int", SL_T_TEXT, "1,000", NULL },
		{ "number", SL_T_TEXT, "007.50", "7.50" },
		{ "number", SL_T_TEXT, "+.5", "0.5" },
		{ "number", SL_T_FLOAT, "1.5e+3", "1500" },
		{ "number", SL_T_FLOAT, "1.25e-05", "0.0000125" },
		{ "number 2", SL_T_DECIMAL, "1.005", "1.01" },
		{ "number 2", SL_T_DECIMAL, "2.675", "2.68" },
		{ "number 2", SL_T_DECIMAL, "-1.005", "-1.01" },
		{ "number 2", SL_T_DECIMAL, "9.995", "10.00" },
		{ "number 2", SL_T_DECIMAL, "0.004", "0.00" },
		{ "number 2", SL_T_INT, "5", "5.00" },
		{ "number 1", SL_T_TEXT, "0.05", "0.1" },
		{ "number 0", SL_T_DECIMAL, "0.5", "1" },
		{ "number 3", SL_T_DECIMAL, "5765.11", "5765.110" },
		{ "number", SL_T_TEXT, "1e999", NULL },
		{ "number", SL_T_TEXT, "1.2.3", NULL },
		{ "bool", SL_T_TEXT, "Yes", "true" },
		{ "bool", SL_T_TEXT, "OFF", "false" },
		{ "bool", SL_T_INT, "1", "true" },
		{ "bool", SL_T_INT, "2", NULL },
		{ "bool", SL_T_TEXT, " ", "null" },
		{ "bool", SL_T_TEXT, "perhaps", NULL },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

static void
times(void **state)
{
	static const struct example examples[] = {
		{ "iso", SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.123456+00",
		  "\"2024-01-31T10:00:00.123Z\"" },
		{ "iso", SL_T_TIMESTAMP, "2024-01-31 10:00:00", "\"2024-01-31T10:00:00.000Z\"" },
		{ "iso", SL_T_DATE, "2024-02-29", "\"2024-02-29T00:00:00.000Z\"" },
		{ "iso", SL_T_TEXT, "2024-01-01T00:30:00+02:00", "\"2023-12-31T22:30:00.000Z\"" },
		{ "iso", SL_T_TEXT, "2024-01-01 00:30:15 -0330", "\"2024-01-01T04:00:15.000Z\"" },
		{ "iso", SL_T_TEXT, "2024-01-01 10:00Z", "\"2024-01-01T10:00:00.000Z\"" },
		{ "iso", SL_T_INT, "1706695200", "\"2024-01-31T10:00:00.000Z\"" },
		{ "iso", SL_T_INT, "1706695200123", "\"2024-01-31T10:00:00.123Z\"" },
		{ "iso", SL_T_INT, "-1", "\"1969-12-31T23:59:59.000Z\"" },
		{ "iso", SL_T_FLOAT, "1706695200.5", "\"2024-01-31T10:00:00.500Z\"" },
		{ "iso", SL_T_TIMESTAMP, "infinity", "null" },
		{ "iso", SL_T_DATE, "0044-03-15 BC", NULL },
		{ "iso", SL_T_DATE, "2023-02-29", NULL },
		{ "iso", SL_T_TEXT, "tomorrow", NULL },
		{ "iso", SL_T_TEXT, "", "null" },
		{ "date", SL_T_TIMESTAMPTZ, "2024-01-31 23:59:59.9+00", "\"2024-01-31\"" },
		{ "date", SL_T_TEXT, "2024-01-31T23:30:00-02:00", "\"2024-02-01\"" },
		{ "epoch", SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.9+00", "1706695200" },
		{ "epoch", SL_T_TEXT, "1969-12-31T23:59:59.5Z", "-1" },
		{ "epoch", SL_T_DATE, "0001-01-01", "-62135596800" },
		{ "epoch_ms", SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.9+00", "1706695200900" },
		{ "iso", SL_T_INT, "253402300799", "\"1978-01-11T21:31:40.799Z\"" },
		{ "iso", SL_T_TEXT, "9999-12-31T23:59:59.999Z", "\"9999-12-31T23:59:59.999Z\"" },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

static void
lists_and_json(void **state)
{
	static const struct example examples[] = {
		{ "split ','", SL_T_TEXT, "a,b\",,c", "[\"a\",\"b\\\"\",\"\",\"c\"]" },
		{ "split ','", SL_T_TEXT, "", "[]" },
		{ "split ', ' | first", SL_T_TEXT, "a, b", "\"a\"" },
		{ "split ', ' | last", SL_T_TEXT, "a, b", "\"b\"" },
		{ "first", SL_T_JSON, "[]", "null" },
		{ "last", SL_T_JSON, "[1, 12345678901234567890.5]", "12345678901234567890.5" },
		{ "first", SL_T_JSON, "[{\"a\":[1]}, 2]", "{\"a\":[1]}" },
		{ "first", SL_T_TEXT, "abc", NULL },
		{ "first", SL_T_JSON, "{}", NULL },
		{ "join '; '", SL_T_JSON, "[\"a\\u0062\", 1, true, null]", "\"ab; 1; true; \"" },
		{ "join ','", SL_T_JSON, "[[1]]", NULL },
		{ "json", SL_T_TEXT, " {\"a\": [1, 2]} ", "{\"a\": [1, 2]}" },
		{ "json", SL_T_TEXT, "1.50", "1.50" },
		{ "json", SL_T_TEXT, "\"a\"", "\"a\"" },
		{ "json", SL_T_TEXT, "", "null" },
		{ "json", SL_T_TEXT, "{a:1}", NULL },
		{ "json", SL_T_TEXT, "[1,]", NULL },
		{ "json", SL_T_TEXT, "\"\\ud800\"", NULL },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

static void
choices(void **state)
{
	static const struct example examples[] = {
		{ "default 'x'", SL_T_TEXT, NULL, "\"x\"" },
		{ "default 0", SL_T_TEXT, NULL, "0" },
		{ "default 0", SL_T_TEXT, "", "\"\"" },
		{ "map pro=Pro team='Team plan' else=Free", SL_T_TEXT, "team", "\"Team plan\"" },
		{ "map pro=Pro team='Team plan' else=Free", SL_T_TEXT, "other", "\"Free\"" },
		{ "map pro=Pro", SL_T_TEXT, "other", "\"other\"" },
		{ "map pro=Pro", SL_T_TEXT, NULL, "null" },
		{ "map null=none", SL_T_TEXT, NULL, "\"none\"" },
		{ "map 'null'=none else=1", SL_T_TEXT, NULL, "1" },
		{ "map true=1 false=0", SL_T_BOOL, "true", "1" },
		{ "null_if '' 'n/a'", SL_T_TEXT, "n/a", "null" },
		{ "null_if '' 'n/a'", SL_T_TEXT, "", "null" },
		{ "null_if 0", SL_T_INT, "0", "null" },
		{ "null_if 0 | default 1", SL_T_INT, "0", "1" },
	};
	(void)state;
	check(examples, SL_COUNT(examples));
}

static void
rows_and_fields_are_left_out(void **state)
{
	struct test_map *t;
	(void)state;
	t = run("map a=1 else=skip", cell(SL_T_TEXT, "b"));
	assert_int_equal(t->code, SL_DONE);
	test_map_close(t);
	t = run("map a=1 else='skip'", cell(SL_T_TEXT, "b"));
	assert_string_equal(sl_buf_cstr(&t->out), "{\"v\":\"skip\"}");
	test_map_close(t);
	t = run("skip_null", cell(SL_T_NULL, NULL));
	assert_int_equal(t->code, SL_DONE);
	test_map_close(t);
	t = run("omit_null", cell(SL_T_NULL, NULL));
	assert_string_equal(sl_buf_cstr(&t->out), "{}");
	test_map_close(t);
	t = run("omit_null", cell(SL_T_TEXT, "x"));
	assert_string_equal(sl_buf_cstr(&t->out), "{\"v\":\"x\"}");
	test_map_close(t);
}

static void
results_are_bounded(void **state)
{
	static char big[200000];
	(void)state;
	memset(big, 'a', sizeof big);
	struct test_map *t = run("replace a 'aaaaaaaaaa'", cell_n(SL_T_TEXT, big, sizeof big));
	assert_int_equal(t->code, SL_E_DATA);
	assert_non_null(strstr(t->err.msg, "1 MiB"));
	test_map_close(t);
}

static void
errors_show_values_safely(void **state)
{
	(void)state;
	struct test_map *t = run("int", cell(SL_T_TEXT, "\x1b[31mred"));
	assert_int_equal(t->code, SL_E_DATA);
	assert_null(strchr(t->err.msg, '\x1b'));
	assert_non_null(strstr(t->err.msg, "red"));
	test_map_close(t);
}

/* The list that help and forms show: every example compiles against a model that has its column. */
static void
every_example_works(void **state)
{
	size_t n = 0;
	(void)state;
	for (const struct sl_transform_info *info; (info = sl_transform_at(n)); n++) {
		char name[32];
		size_t len = strcspn(info->example, " ");
		assert_true(len < sizeof name && info->help[0]);
		memcpy(name, info->example, len);
		struct sl_column cols[] = { COLUMNS[0],
					    { .name = { name, len }, .type = SL_T_TEXT } };
		struct sl_schema schema = { 2, cols };
		cols[0].name = SL_LIT("the key");
		struct test_map *t = test_map_open(
			&(struct test_map_case){ .event = "row",
						 .key = { "the key" },
						 .schema = &schema,
						 .map = { { "v", info->example, 1 } } });
		assert_int_equal(t->nissues, 0);
		assert_non_null(strstr(info->example, info->name));
		test_map_close(t);
	}
	assert_true(n >= 25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normalize),
		cmocka_unit_test(text),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(times),
		cmocka_unit_test(lists_and_json),
		cmocka_unit_test(choices),
		cmocka_unit_test(rows_and_fields_are_left_out),
		cmocka_unit_test(results_are_bounded),
		cmocka_unit_test(errors_show_values_safely),
		cmocka_unit_test(every_example_works),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
