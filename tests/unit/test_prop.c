/* test_prop.c - settings: what is right, and what a person reads about what is not. */
#include "core/model/prop.h"

#include "core/base/text.h"
#include "tests/lib/check.h"

static const char *const levels[] = { "low", "middle", "high", NULL };
static const struct sl_prop props[] = {
	{ .name = "host",
	  .type = SL_P_STRING,
	  .flags = SL_PROP_REQUIRED,
	  .help = "name of the server" },
	{ .name = "port", .type = SL_P_INT, .def = "5432", .min = 1, .max = 65535 },
	{ .name = "password", .type = SL_P_SECRET },
	{ .name = "tls", .type = SL_P_BOOL, .def = "true" },
	{ .name = "level", .type = SL_P_ENUM, .choices = levels },
	{ .name = "timeout", .type = SL_P_MILLIS, .def = "5s", .min = 100, .max = 300000 },
	{ .name = "batch", .type = SL_P_BYTES, .min = 1024 },
	{ .name = "url", .type = SL_P_URL },
	{ .name = "path", .type = SL_P_PATH },
	{ .name = "tags", .type = SL_P_LIST },
	{ .name = "headers", .type = SL_P_MAP },
};

static const struct sl_prop *
prop(const char *name)
{
	const struct sl_prop *p = sl_prop_find(props, SL_COUNT(props), name);

	assert_non_null(p);
	return p;
}

static void
assert_right(const char *name, const char *text)
{
	struct sl_err err = { 0 };

	if (sl_prop_check(prop(name), text, &err) != SL_OK)
		fail_msg("%s=%s: %s", name, text, err.msg);
}

static void
assert_wrong(const char *name, const char *text, const char *msg, const char *hint)
{
	struct sl_err err = { 0 };

	assert_int_equal(sl_prop_check(prop(name), text, &err), SL_E_CONFIG);
	assert_string_equal(err.msg, msg);
	assert_string_equal(err.hint, hint);
}

static void
numbers_say_their_form_and_their_bounds(void **state)
{
	static const char digits[] = "write digits only, such as 10";
	static const char duration[] =
		"write a whole number with its unit: 250ms, 5s, 2m, 1h or 7d";

	(void)state;
	assert_right("port", "1");
	assert_right("port", "65535");
	assert_wrong("port", "0", "port must be between 1 and 65535, not \"0\"", "");
	assert_wrong("port", "65536", "port must be between 1 and 65535, not \"65536\"", "");
	assert_wrong("port", "54 32", "port must be a whole number, not \"54 32\"", digits);
	assert_right("timeout", "250ms");
	assert_right("timeout", "5m");
	assert_wrong("timeout", "5", "timeout must be a duration, not \"5\"", duration);
	assert_wrong("timeout", "1h", "timeout must be between 100ms and 5m, not \"1h\"", "");
	assert_right("batch", "4MiB");
	assert_wrong("batch", "1", "batch must be at least 1KiB, not \"1\"", "");
	assert_wrong("batch", "lots", "batch must be a size, not \"lots\"",
		     "write a whole number of bytes, or with a unit: 512, 64k, 4MiB");
}

static void
choices_are_listed(void **state)
{
	(void)state;
	assert_right("level", "middle");
	assert_wrong("level", "High", "level must be low, middle or high, not \"High\"", "");
	assert_right("tls", "false");
	assert_wrong("tls", "yes", "tls must be true or false, not \"yes\"", "");
}

static void
references_to_secrets_are_right(void **state)
{
	(void)state;
	assert_right("password", "");
	assert_right("password", "pgpass");
	assert_right("password", "env:PG_PASSWORD_2");
	assert_right("password", "file:/run/secrets/pg");
	assert_right("password", "exec:pass show warehouse");
}

/* Pasted where a reference belongs: nothing of it may show up in a message. */
static void
a_secret_is_refused_and_never_repeated(void **state)
{
	static const char *const wrong[] = {
		"hunter2",      "PGPASS",         "env:hunter2-x",
		"env:",         "env:2hunter",    "file:",
		"file:  ",      "exec:",          "exec: ",
		"Env:hunter2",  "exec:hunter2\n", "file:/hunter2\x1b",
		"env:hunter2 ", "hunter2 pgpass", "postgres://u:hunter2@h",
	};
	struct sl_err err;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(wrong); i++) {
		err = (struct sl_err){ 0 };
		assert_int_equal(sl_prop_check(prop("password"), wrong[i], &err), SL_E_CONFIG);
		assert_null(strstr(err.msg, "hunter2"));
		assert_null(strstr(err.hint, "hunter2"));
		assert_string_not_equal(err.hint, "");
	}
	assert_wrong("password", "hunter2", "password: a secret may not be written here",
		     "use env:NAME, file:/path, exec:command or pgpass");
}

static void
addresses_need_scheme_and_host_and_hold_no_password(void **state)
{
	static const char *const right[] = {
		"http://localhost",     "https://events.example.com:8443/v1?x=a@b",
		"http://127.0.0.1:80/", "http://[::1]:8080/x",
		"http://[::1]",         "https://example.com#at@here",
	};
	static const char *const wrong[] = {
		"example.com",   "ftp://example.com", "http://",         "http:///path",
		"http://h:0",    "http://h:65536",    "http://h:8x",     "http://h:",
		"http://[::1",   "http://[]",         "http://[::1]x:1", "http://h /x",
		"http://h/\x01", "http://h/\xff",     "HTTP://h",
	};
	struct sl_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(right); i++)
		assert_right("url", right[i]);
	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		assert_int_equal(sl_prop_check(prop("url"), wrong[i], &err), SL_E_CONFIG);
	assert_int_equal(sl_prop_check(prop("url"), "https://me:hunter2@example.com", &err),
			 SL_E_CONFIG);
	assert_null(strstr(err.msg, "hunter2"));
	assert_int_equal(sl_prop_check(prop("url"), "postgres://me:hunter2@example.com", &err),
			 SL_E_CONFIG);
	assert_null(strstr(err.msg, "hunter2"));
	assert_wrong(
		"url", "example.com",
		"url must be an address that starts with http:// or https://, not \"example.com\"",
		"write it whole, such as https://events.example.com");
}

static void
lists_and_maps_name_the_wrong_item(void **state)
{
	(void)state;
	assert_right("tags", "a, b ,c");
	assert_right("tags", "a\\,b");
	assert_wrong("tags", "a,,b", "tags: item 2 is empty",
		     "remove the comma that has nothing beside it");
	assert_right("headers", "X-A=1, X-B=a=b");
	assert_wrong("headers", "X-A=1,Authorization: Bearer hunter2",
		     "headers: item 2 is not name=value",
		     "write name=value, with commas between several");
	assert_wrong("headers", "=x", "headers: item 1 is not name=value",
		     "write name=value, with commas between several");
}

static void
what_is_repeated_is_made_visible_and_short(void **state)
{
	char text[400];
	struct sl_err err;

	(void)state;
	assert_wrong("tls", "\x1b[31mon", "tls must be true or false, not \"\xe2\x90\x9b[31mon\"",
		     "");
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(sl_prop_check(prop("tls"), text, &err), SL_E_CONFIG);
		assert_true(sl_utf8_valid(sl_str(err.msg)));
		assert_null(strstr(err.msg, "<x"));
		assert_true(strlen(err.msg) < 120);
		assert_non_null(strstr(err.msg, "...\""));
	}
}

static void
strings_may_have_lines_but_no_controls(void **state)
{
	(void)state;
	assert_right("host", "SELECT 1\n\tFROM t");
	assert_wrong("host", "a\x1b",
		     "host must be UTF-8 text without control characters, not \"a\xe2\x90\x9b\"",
		     "");
	assert_wrong("path", "a\nb",
		     "path must be UTF-8 text without control characters, not \"a\xe2\x90\x8a"
		     "b\"",
		     "");
	assert_wrong("path", "\xff",
		     "path must be UTF-8 text without control characters, not \"<xFF>\"", "");
}

static void
only_required_settings_may_not_be_empty(void **state)
{
	(void)state;
	assert_wrong("host", "", "host is required and empty", "name of the server");
	for (size_t i = 1; i < SL_COUNT(props); i++)
		assert_right(props[i].name, "");
}

static void
settings_win_over_defaults_and_empty_ones_do_not_count(void **state)
{
	const struct sl_setting set[] = {
		{ "port", "6543", 3 }, { "tls", "", 4 },       { "timeout", "", 5 },
		{ "batch", "64k", 6 }, { "level", "high", 7 },
	};
	const size_t n = SL_COUNT(props), ns = SL_COUNT(set);

	(void)state;
	assert_int_equal(sl_prop_i64(props, n, set, ns, "port"), 6543);
	assert_int_equal(sl_prop_i64(props, n, set, 0, "port"), 5432);
	assert_int_equal(sl_prop_i64(props, n, set, ns, "timeout"), 5000);
	assert_int_equal(sl_prop_i64(props, n, set, ns, "batch"), 65536);
	assert_int_equal(sl_prop_i64(props, n, set, 0, "batch"), 0);
	assert_int_equal(sl_prop_i64(props, n, set, ns, "unknown"), 0);
	assert_true(sl_prop_bool(props, n, set, ns, "tls"));
	assert_false(sl_prop_bool(props, n, set, ns, "unknown"));
	assert_string_equal(sl_prop_text(props, n, set, ns, "level"), "high");
	assert_string_equal(sl_prop_text(props, n, set, ns, "port"), "6543");
	assert_null(sl_prop_text(props, n, set, ns, "host"));
	assert_null(sl_prop_text(props, n, set, ns, "unknown"));
}

static void
any_items_survive_the_text_of_a_list(void **state)
{
	static const char *const items[] = { "plain", "a,b", "back\\slash", " edges ",
					     "x y",   " ",   "\\",          "," };
	struct sl_buf text = { 0 }, item = { 0 };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(items); i++)
		sl_prop_put_item(&text, sl_str(items[i]));
	const char *at = sl_buf_cstr(&text);
	for (size_t i = 0; i < SL_COUNT(items); i++) {
		assert_true(sl_prop_item(&at, &item));
		assert_str(sl_buf_view(&item), items[i]);
	}
	assert_false(sl_prop_item(&at, &item));
	at = "  a b  ,c";
	assert_true(sl_prop_item(&at, &item));
	assert_str(sl_buf_view(&item), "a b");
	assert_true(sl_prop_item(&at, &item));
	assert_str(sl_buf_view(&item), "c");
	assert_false(sl_prop_item(&at, &item));
	sl_buf_free(&text);
	sl_buf_free(&item);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_say_their_form_and_their_bounds),
		cmocka_unit_test(choices_are_listed),
		cmocka_unit_test(references_to_secrets_are_right),
		cmocka_unit_test(a_secret_is_refused_and_never_repeated),
		cmocka_unit_test(addresses_need_scheme_and_host_and_hold_no_password),
		cmocka_unit_test(lists_and_maps_name_the_wrong_item),
		cmocka_unit_test(what_is_repeated_is_made_visible_and_short),
		cmocka_unit_test(strings_may_have_lines_but_no_controls),
		cmocka_unit_test(only_required_settings_may_not_be_empty),
		cmocka_unit_test(settings_win_over_defaults_and_empty_ones_do_not_count),
		cmocka_unit_test(any_items_survive_the_text_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
