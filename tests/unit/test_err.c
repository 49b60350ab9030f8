/* test_err.c - errors keep what was said first and print on one line. */
#include "core/base/err.h"

#include "core/base/text.h"
#include "tests/lib/check.h"

static void
an_error_says_where_what_and_the_mend(void **state)
{
	struct sl_err err;
	char line[256];

	(void)state;
	assert_int_equal(sl_fail(&err, SL_E_CONFIG, "syncs/a.json:3: key", "no column %s", "id"),
			 SL_E_CONFIG);
	assert_int_equal(sl_err_hint(&err, "add it to the model"), SL_E_CONFIG);
	assert_string_equal(sl_err_text(&err, line, sizeof(line)),
			    "syncs/a.json:3: key: no column id (add it to the model)");
	assert_false(err.retryable);
}

static void
an_error_without_place_and_mend_is_its_message(void **state)
{
	struct sl_err err;
	char line[64];

	(void)state;
	sl_fail(&err, SL_E_NET, "", "connection refused");
	assert_string_equal(sl_err_text(&err, line, sizeof(line)), "connection refused");
	assert_true(err.retryable);
	sl_fail(&err, SL_E_AUTH, NULL, "refused");
	assert_string_equal(err.where, "");
	assert_false(err.retryable);
}

static void
wrapping_adds_context_in_front_and_keeps_the_rest(void **state)
{
	struct sl_err err;

	(void)state;
	sl_fail(&err, SL_E_IO, "state.db", "disk full");
	sl_err_hint(&err, "free some space");
	err.sys = 28;
	assert_int_equal(sl_err_wrap(&err, "storing block %d", 7), SL_E_IO);
	assert_string_equal(err.msg, "storing block 7: disk full");
	assert_string_equal(err.where, "state.db");
	assert_string_equal(err.hint, "free some space");
	assert_int_equal(err.sys, 28);
}

static void
an_error_may_be_made_from_itself(void **state)
{
	struct sl_err err;

	(void)state;
	sl_fail(&err, SL_E_IO, "here", "inner");
	sl_fail(&err, SL_E_CORRUPT, err.where, "outer of %s", err.msg);
	assert_string_equal(err.msg, "outer of inner");
	assert_string_equal(err.where, "here");
	sl_err_hint(&err, "see %s", err.msg);
	sl_err_wrap(&err, "%s", err.msg);
	assert_string_equal(err.msg, "outer of inner: outer of inner");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
	struct sl_err err;
	char text[1024] = "";
	char line[100];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		size_t n = shift;
		memset(text, 'x', n);
		/* Four bytes each, so that three of the four shifts cut one in the middle. */
		for (; n + 4 < sizeof(text); n += 4)
			memcpy(text + n, "\xf0\x9f\x98\x80", 4);
		text[n] = '\0';
		sl_fail(&err, SL_E_DATA, text, "%s", text);
		sl_err_hint(&err, "%s", text);
		assert_true(sl_utf8_valid(sl_str(err.msg)));
		assert_true(sl_utf8_valid(sl_str(err.where)));
		assert_true(sl_utf8_valid(sl_str(err.hint)));
		assert_true(strlen(err.msg) > sizeof(err.msg) - 6);
		sl_err_wrap(&err, "%s", "ctx");
		assert_true(sl_utf8_valid(sl_str(err.msg)));
		assert_true(sl_utf8_valid(sl_str(sl_err_text(&err, line, sizeof(line)))));
	}
}

static void
text_is_one_line_and_bounded(void **state)
{
	struct sl_err err;
	char line[32], none[1] = { 'x' };

	(void)state;
	sl_fail(&err, SL_E_PROTO, "", "ERROR:\nnear \"x\"\r\nLINE 1");
	assert_string_equal(sl_err_text(&err, line, sizeof(line)), "ERROR: near \"x\"  LINE 1");
	sl_err_text(&err, none, 0);
	assert_int_equal(none[0], 'x');
	sl_err_text(&err, line, 4);
	assert_string_equal(line, "ERR");
}

static void
every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = SL_OK; a <= SL_E_BUG; a++) {
		assert_string_not_equal(sl_code_name((enum sl_code)a), "?");
		for (int b = SL_OK; b < a; b++)
			assert_string_not_equal(sl_code_name((enum sl_code)a),
						sl_code_name((enum sl_code)b));
	}
	assert_string_equal(sl_code_name((enum sl_code)999), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_says_where_what_and_the_mend),
		cmocka_unit_test(an_error_without_place_and_mend_is_its_message),
		cmocka_unit_test(wrapping_adds_context_in_front_and_keeps_the_rest),
		cmocka_unit_test(an_error_may_be_made_from_itself),
		cmocka_unit_test(a_long_message_is_cut_between_characters),
		cmocka_unit_test(text_is_one_line_and_bounded),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
