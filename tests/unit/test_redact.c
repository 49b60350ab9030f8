/* test_redact.c - values and secrets are taken out of texts, and nothing else is. */
#include "core/base/redact.h"

#include "tests/lib/check.h"

#define M SL_REDACTED

struct pair {
	const char *in, *out;
};

static void
test_secrets(void **state)
{
	static const struct pair t[] = {
		{ "connect to https://ana:pa%40ss@db.example.com/x failed",
		  "connect to https://" M "@db.example.com/x failed" },
		{ "postgres://ana:p@ss@db/x", "postgres://" M "@db/x" },
		{ "https://example.com/@ana", "https://example.com/@ana" },
		{ "bad password=hunter2 here", "bad password=" M " here" },
		{ "PASSWORD = 'hunter2'", "PASSWORD = '" M "'" },
		{ "{\"token\": \"abc\", \"n\": 1}", "{\"token\": \"" M "\", \"n\": 1}" },
		{ "api_key: k-123, other", "api_key: " M ", other" },
		{ "Authorization: Basic d2s6", "Authorization: Basic " M },
		{ "got Bearer eyJhbGciOi.x.y twice", "got Bearer " M " twice" },
		{ "?writeKey=abc&x=1", "?writeKey=" M "&x=1" },
		{ "password authentication failed for user \"ana\"",
		  "password authentication failed for user \"ana\"" },
		{ "password: the environment variable X is not set",
		  "password: the environment variable X is not set" },
		{ "write_key: it is empty", "write_key: it is empty" },
		{ "'secret': 'abc'", "'secret': '" M "'" },
		{ "Basic auth is off", "Basic auth is off" },
		{ "the tokens are gone", "the tokens are gone" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		char text[200];

		sl_copy(text, sizeof text, t[i].in);
		sl_redact_secrets(text, sizeof text);
		assert_string_equal(text, t[i].out);
	}
}

static void
test_values(void **state)
{
	static const struct {
		const char *in, *value, *out;
	} t[] = {
		{ "no such user ana@x.io, ANA@X.IO", "Ana@x.io", "no such user " M ", " M },
		{ "cut at the end: ana@", "ana@x.io", "cut at the end: " M },
		{ "cut: an", "ana@x.io", "cut: an" }, /* too little to tell */
		{ "42 rows of 421 for 42", "42", M " rows of 421 for " M },
		{ "xay", "a", "xay" },
		{ "nothing of it", "ana@x.io", "nothing of it" },
		{ "aaaaaa", "aaaa", M "aa" },
		{ "text", "", "text" },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		char text[200];

		sl_copy(text, sizeof text, t[i].in);
		sl_redact_value(text, sizeof text, sl_str(t[i].value));
		assert_string_equal(text, t[i].out);
	}
}

static void
test_quoted(void **state)
{
	static const struct pair t[] = {
		{ "invalid input syntax for type integer: \"abc\"",
		  "invalid input syntax for type integer: \"" M "\"" },
		{ "value \"a\"b\" is out of range", "value \"" M "\" is out of range" },
		{ "cut: \"abc", "cut: \"" M },
		{ "ung\xc3\xbcltig: \xe2\x80\x9e"
		  "abc\xe2\x80\x9c!",
		  "ung\xc3\xbcltig: \xe2\x80\x9e" M "\xe2\x80\x9c!" },
		{ "don't touch", "don't touch" },
		{ "division by zero", "division by zero" },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		char text[200];

		sl_copy(text, sizeof text, t[i].in);
		sl_redact_quoted(text, sizeof text);
		assert_string_equal(text, t[i].out);
	}
}

/* A field keeps its size, and no half character. */
static void
test_a_small_field(void **state)
{
	char text[12] = "a ab ab ab";

	(void)state;
	sl_redact_value(text, sizeof text, SL_LIT("ab"));
	assert_true(strlen(text) < sizeof text);
	assert_string_equal(text, "a " M);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_a_small_field),
	};
	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
