/* test_str.c - views, numbers with units, the capped buffer. */
#include "core/base/str.h"

#include "tests/lib/check.h"

static void
views_compare_by_bytes(void **state)
{
	(void)state;
	assert_true(sl_str_eq(sl_str(NULL), SL_LIT("")));
	assert_true(sl_str_is(SL_LIT("abc"), "abc"));
	assert_false(sl_str_is(SL_LIT("abc\0d"), "abc"));
}

static void
trim_takes_blanks_from_both_ends_only(void **state)
{
	(void)state;
	assert_str(sl_str_trim(SL_LIT(" \t\r\n a b \v\f ")), "a b");
	assert_str(sl_str_trim(SL_LIT("   ")), "");
	assert_str(sl_str_trim(SL_LIT("")), "");
	/* U+00A0 is not an ASCII blank. */
	assert_str(sl_str_trim(SL_LIT("\xc2\xa0x")), "\xc2\xa0x");
}

static void
integers_are_read_whole_or_not_at_all(void **state)
{
	static const char *const wrong[] = { "",
					     "-",
					     "+1",
					     " 1",
					     "1 ",
					     "1x",
					     "0x1",
					     "1.0",
					     "--1",
					     "9223372036854775808",
					     "-9223372036854775809",
					     "99999999999999999999" };
	int64_t v = 77;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(wrong); i++) {
		assert_false(sl_str_to_i64(sl_str(wrong[i]), &v));
		assert_int_equal(v, 77);
	}
	assert_true(sl_str_to_i64(SL_LIT("-42"), &v) && v == -42);
	assert_true(sl_str_to_i64(SL_LIT("007"), &v) && v == 7);
	assert_true(sl_str_to_i64(SL_LIT("9223372036854775807"), &v) && v == INT64_MAX);
	assert_true(sl_str_to_i64(SL_LIT("-9223372036854775808"), &v) && v == INT64_MIN);
	assert_true(sl_str_to_i64((struct sl_str){ "12345", 2 }, &v) && v == 12);
}

static void
durations_need_a_unit_unless_zero(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} right[] = { { "250ms", 250 },    { "5s", 5000 }, { "2m", 120000 }, { "1h", 3600000 },
		      { "7d", 604800000 }, { "0", 0 },     { "0s", 0 } };
	static const char *const wrong[] = { "",
					     "5",
					     "s",
					     "-5s",
					     "5 s",
					     "5S",
					     "1.5s",
					     "5sec",
					     "5ms ",
					     "106751991168d",
					     "99999999999999999999ms" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(right); i++)
		assert_true(sl_str_to_millis(sl_str(right[i].text), &ms) && ms == right[i].ms);
	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		assert_false(sl_str_to_millis(sl_str(wrong[i]), &ms));
}

static void
sizes_count_by_1024(void **state)
{
	static const struct {
		const char *text;
		int64_t n;
	} right[] = { { "512", 512 },      { "64k", 65536 },        { "64K", 65536 },
		      { "4MiB", 4194304 }, { "4mb", 4194304 },      { "1g", 1073741824 },
		      { "10b", 10 },       { "2T", 2199023255552 }, { "0", 0 } };
	static const char *const wrong[] = { "",    "k",   "-1k",   "1 k",   "1.5m",
					     "1ib", "1kk", "1kib!", "1kibs", "8388608t" };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(right); i++)
		assert_true(sl_str_to_bytes(sl_str(right[i].text), &n) && n == right[i].n);
	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		assert_false(sl_str_to_bytes(sl_str(wrong[i]), &n));
}

static void
a_buffer_collects_what_is_appended(void **state)
{
	struct sl_buf b = { 0 };

	(void)state;
	assert_string_equal(sl_buf_cstr(&b), "");
	sl_buf_puts(&b, "a");
	sl_buf_putc(&b, '-');
	sl_buf_put(&b, "b\0c", 3);
	sl_buf_put_str(&b, SL_LIT("!"));
	sl_buf_put_str(&b, sl_str(NULL));
	sl_buf_printf(&b, "%d%s", 42, "");
	sl_buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.ptr, "a-b\0c!42", 8);
	assert_int_equal(sl_buf_view(&b).len, 8);
	/* The NUL is not part of the content. */
	assert_string_equal(sl_buf_cstr(&b) + 4, "c!42");
	sl_buf_putc(&b, 'x');
	assert_string_equal(sl_buf_cstr(&b) + 4, "c!42x");
	sl_buf_free(&b);
	assert_null(b.ptr);
	sl_buf_free(&b);
}

static void
a_full_buffer_keeps_its_content_and_says_so_once(void **state)
{
	struct sl_buf b;

	(void)state;
	sl_buf_init(&b, 10);
	sl_buf_puts(&b, "0123456789");
	assert_false(b.failed);
	assert_string_equal(sl_buf_cstr(&b), "0123456789");
	sl_buf_reset(&b);
	sl_buf_puts(&b, "01234567");
	sl_buf_printf(&b, "%s", "xyz");
	assert_true(b.failed);
	/* Also what would fit: the content never has a hole. */
	sl_buf_putc(&b, 'y');
	assert_false(sl_buf_reserve(&b, 1));
	assert_str(sl_buf_view(&b), "01234567");
	assert_string_equal(sl_buf_cstr(&b), "");
	sl_buf_reset(&b);
	sl_buf_puts(&b, "again");
	assert_string_equal(sl_buf_cstr(&b), "again");
	sl_buf_free(&b);
}

static void
reserving_gives_room_and_refuses_the_absurd(void **state)
{
	struct sl_buf b;

	(void)state;
	sl_buf_init(&b, 0);
	assert_true(sl_buf_reserve(&b, 5000));
	assert_true(b.cap >= 5000);
	memset(b.ptr, 'z', 5000);
	b.len = 5000;
	assert_int_equal(strlen(sl_buf_cstr(&b)), 5000);
	assert_false(sl_buf_reserve(&b, SIZE_MAX));
	assert_true(b.failed);
	sl_buf_free(&b);
}

static void
many_small_appends_grow_evenly(void **state)
{
	struct sl_buf b;

	(void)state;
	sl_buf_init(&b, 100000);
	for (unsigned i = 0; i < 100000; i++)
		sl_buf_putc(&b, (char)('a' + i % 26));
	assert_false(b.failed);
	assert_int_equal(b.len, 100000);
	assert_int_equal(b.ptr[99999], 'a' + 99999 % 26);
	sl_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_compare_by_bytes),
		cmocka_unit_test(trim_takes_blanks_from_both_ends_only),
		cmocka_unit_test(integers_are_read_whole_or_not_at_all),
		cmocka_unit_test(durations_need_a_unit_unless_zero),
		cmocka_unit_test(sizes_count_by_1024),
		cmocka_unit_test(a_buffer_collects_what_is_appended),
		cmocka_unit_test(a_full_buffer_keeps_its_content_and_says_so_once),
		cmocka_unit_test(reserving_gives_room_and_refuses_the_absurd),
		cmocka_unit_test(many_small_appends_grow_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
