/* test_json.c - the reader of JSON text agrees with jansson on what is JSON, and finds parts of it. */
#include "core/base/pacing.h"
#include "core/map/json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool
is_json(const char *text)
{
	return sl_json_check(sl_str(text)) == SL_JSON_OK;
}

static void
what_is_json_and_what_not(void **state)
{
	static const char *const good[] = { "0",
					    "-0.5e-7",
					    "\"\"",
					    " [ ] ",
					    "{ \"a\" : [ 1 , { } ] }",
					    "\"\\u00e9\\ud83d\\ude00\\n\"",
					    "[[],[[]],{}]",
					    "null",
					    "1E+2",
					    "\"\xC3\xA9\"",
					    "true",
					    "\t\r\n1\n" };
	static const char *const bad[] = { "",
					   " ",
					   "01",
					   "1.",
					   ".5",
					   "+1",
					   "1e",
					   "-",
					   "[1,]",
					   "[,1]",
					   "{a:1}",
					   "{\"a\"}",
					   "{\"a\":}",
					   "{\"a\":1,}",
					   "[1 2]",
					   "\"",
					   "\"\n\"",
					   "\"\\x\"",
					   "\"\\u12g4\"",
					   "\"\\ud800\"",
					   "\"\\udc00\"",
					   "\"\\ud800\\u0041\"",
					   "nul",
					   "truex",
					   "[}",
					   "{]",
					   "]",
					   "1 1",
					   "'a'",
					   "\"\xff\"",
					   "\"\\\"",
					   "[\"a\"",
					   "{\"a\":1",
					   "NaN" };
	(void)state;
	for (size_t i = 0; i < SL_COUNT(good); i++) {
		json_t *v = json_loads(good[i], JSON_DECODE_ANY, NULL);
		assert_true(v && is_json(good[i]));
		json_decref(v);
	}
	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		assert_false(is_json(bad[i]));
		assert_null(json_loads(bad[i], JSON_DECODE_ANY, NULL));
	}
}

static void
nesting_is_bounded(void **state)
{
	char text[2 * SL_JSON_DEPTH + 4];
	(void)state;
	memset(text, '[', SL_JSON_DEPTH);
	memset(text + SL_JSON_DEPTH, ']', SL_JSON_DEPTH);
	assert_int_equal(sl_json_check((struct sl_str){ text, (size_t)2 * SL_JSON_DEPTH }),
			 SL_JSON_OK);
	memset(text, '[', SL_JSON_DEPTH + 1);
	memset(text + SL_JSON_DEPTH + 1, ']', SL_JSON_DEPTH + 1);
	assert_int_equal(sl_json_check((struct sl_str){ text, (size_t)2 * SL_JSON_DEPTH + 2 }),
			 SL_JSON_SYNTAX);
}

static void
parts_are_found(void **state)
{
	static const char text[] =
		" {\"a\": {\"b\": [10, {\"c d\": \"x\"}]}, \"\\u00e9\": 1, \"k\": 1, \"k\": 2}";
	struct sl_str path[] = { SL_LIT("a"), SL_LIT("b"), SL_LIT("1"), SL_LIT("c d") };
	struct sl_str found, e = SL_LIT("\xC3\xA9"), k = SL_LIT("k"), none = SL_LIT("z");
	(void)state;
	assert_int_equal(sl_json_find(sl_str(text), path, 4, &found), SL_JSON_OK);
	assert_true(sl_str_is(found, "\"x\""));
	assert_int_equal(sl_json_find(sl_str(text), &e, 1, &found), SL_JSON_OK);
	assert_true(sl_str_is(found, "1"));
	assert_int_equal(sl_json_find(sl_str(text), &k, 1, &found), SL_JSON_OK);
	assert_true(sl_str_is(found, "2"));
	assert_int_equal(sl_json_find(sl_str(text), &none, 1, &found), SL_JSON_OK);
	assert_int_equal(found.len, 0);
	assert_int_equal(sl_json_find(SL_LIT("{\"a\":1"), path, 1, &found), SL_JSON_SYNTAX);
}

/* Texts of random bytes that JSON is made of: both readers say the same. */
static void
random_texts_agree_with_jansson(void **state)
{
	static const char *const pieces[] = { "{",     "}",    "[", "]",  ",",     ":",
					      "\"a\"", "\"",   "1", "-",  ".5",    "e3",
					      "true",  "null", " ", "\\", "u0041", "0" };
	struct sl_rng rng = { 42 };
	unsigned valid = 0;
	(void)state;
	for (int i = 0; i < 60000; i++) {
		struct sl_buf b;
		sl_buf_init(&b, 0);
		for (uint64_t n = 1 + sl_rng_below(&rng, 7); n > 0; n--)
			sl_buf_puts(&b, pieces[sl_rng_below(&rng, SL_COUNT(pieces))]);
		json_error_t e;
		json_t *v = json_loads(sl_buf_cstr(&b), JSON_DECODE_ANY, &e);
		/* jansson keeps numbers in machine types; here they may have any size. */
		bool theirs = v || json_error_code(&e) == json_error_numeric_overflow;
		if (theirs != is_json(sl_buf_cstr(&b)))
			print_error("%s\n", sl_buf_cstr(&b));
		assert_int_equal(theirs, is_json(sl_buf_cstr(&b)));
		valid += v != NULL;
		json_decref(v);
		sl_buf_free(&b);
	}
	assert_true(valid > 500);
}

static void
numbers_end_where_they_end(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = { { "12", 2 },      { "12,", 2 }, { "-0", 2 }, { "00", 0 },
		      { "1.5e-3x", 6 }, { "1.", 0 },  { "-", 0 },  { "", 0 } };
	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++)
		assert_int_equal(sl_json_number_len(cases[i].text, strlen(cases[i].text)),
				 cases[i].len);
}

/* Every length and every place of a byte that needs care, since text is looked at in steps of 16 and 8. */
static void
special_bytes_are_found_anywhere(void **state)
{
	static const char special[] = { '"', '\\', '\x1f', '\0', '\x80', '\xff' };
	char text[40];
	(void)state;
	for (size_t n = 0; n <= sizeof text; n++) {
		memset(text, '~', sizeof text);
		assert_int_equal(sl_json_plain_len(text, n), n);
		for (size_t at = 0; at < n; at++)
			for (size_t s = 0; s < sizeof special; s++) {
				text[at] = special[s];
				assert_int_equal(sl_json_plain_len(text, n), at);
				text[at] = ' ';
			}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_and_what_not),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(random_texts_agree_with_jansson),
		cmocka_unit_test(numbers_end_where_they_end),
		cmocka_unit_test(special_bytes_are_found_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
