/* test_text.c - nothing gets past sl_visible(). */
#include "core/base/text.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

static void
code_points_survive_the_way_there_and_back(void **state)
{
	static const uint32_t cps[] = { 0,      0x41,   0x7f,   0x80,    0x7ff,   0x800,
					0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff };
	char bytes[4];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(cps); i++) {
		size_t pos = 0, n = sl_utf8_put(cps[i], bytes);
		assert_int_equal(sl_utf8_next((struct sl_str){ bytes, n }, &pos), cps[i]);
		assert_int_equal(pos, n);
		/* Cut anywhere it is invalid and costs one byte. */
		for (size_t cut = 1; cut < n; cut++) {
			pos = 0;
			assert_int_equal(sl_utf8_next((struct sl_str){ bytes, cut }, &pos),
					 UINT32_MAX);
			assert_int_equal(pos, 1);
		}
	}
}

static void
ill_formed_sequences_are_refused(void **state)
{
	static const char *const wrong[] = {
		"\x80",     /* continuation alone */
		"\xc0\xaf", /* overlong / */
		"\xc1\xbf",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf", /* surrogates */
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff", /* above U+10FFFF */
		"\xe2\x82",
		"\xc3(",
		"ok\xfe",
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(wrong); i++)
		assert_false(sl_utf8_valid(sl_str(wrong[i])));
	assert_true(sl_utf8_valid(SL_LIT("")));
	assert_true(sl_utf8_valid(SL_LIT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 \0")));
}

static void
assert_visible(struct sl_str in, const char *want)
{
	struct sl_buf out = { 0 };

	sl_visible(&out, in);
	assert_string_equal(sl_buf_cstr(&out), want);
	sl_buf_free(&out);
}

static void
hostile_text_becomes_marks(void **state)
{
	(void)state;
	assert_visible(SL_LIT("plain gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80"),
		       "plain gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80");
	assert_visible(SL_LIT("\x1b[31mred"), "\xe2\x90\x9b[31mred");
	assert_visible(SL_LIT("a\nb\tc\r\0d"), "a\xe2\x90\x8a"
					       "b\xe2\x90\x89"
					       "c\xe2\x90\x8d\xe2\x90\x80"
					       "d");
	assert_visible(SL_LIT("\x7f"), "\xe2\x90\xa1");
	assert_visible(SL_LIT("\xc2\x9b"
			      "31m"),
		       "<U+009B>31m");
	assert_visible(SL_LIT("exe\xe2\x80\xae"
			      "gpj"),
		       "exe<U+202E>gpj");
	assert_visible(SL_LIT("\xe2\x80\x8b\xef\xbb\xbf"), "<U+200B><U+FEFF>");
	assert_visible(SL_LIT("\xf3\xa0\x81\x81"), "<U+E0041>");
	assert_visible(SL_LIT("\xff\xc3"), "<xFF><xC3>");
	assert_visible(SL_LIT("\xed\xa0\x80"), "<xED><xA0><x80>");
	/* What is drawn over a character: four marks are a language, more a flood. */
	assert_visible(SL_LIT("e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86x\xcc\x81"),
		       "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84<U+0305><U+0306>x\xcc\x81");
	assert_visible(SL_LIT(""), "");
}

/* Bytes that are likely to hit a rule: text, controls, heads and tails of sequences. */
static size_t
hostile_bytes(struct sl_rng *r, char *out, size_t max)
{
	size_t n = 0;

	while (n + 4 <= max) {
		switch (sl_rng_below(r, 6)) {
		case 4:
			n += sl_utf8_put((uint32_t)(0x2f0 + sl_rng_below(r, 0x90)), out + n);
			break;
		case 0:
			out[n++] = (char)sl_rng_below(r, 256);
			break;
		case 1:
			out[n++] = (char)sl_rng_below(r, 128);
			break;
		case 2:
			n += sl_utf8_put((uint32_t)sl_rng_below(r, 0x110000), out + n);
			break;
		case 3:
			n += sl_utf8_put((uint32_t)(0x2000 + sl_rng_below(r, 0x70)), out + n);
			break;
		default:
			n += sl_utf8_put((uint32_t)(0xe0000 + sl_rng_below(r, 0x200)), out + n);
			break;
		}
	}
	return (size_t)sl_rng_below(r, n + 1);
}

static bool
is_harmful(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c || cp == 0xfeff ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xe0000 && cp <= 0xe0fff) ||
	       cp == UINT32_MAX;
}

static void
no_control_gets_through_and_twice_is_as_once(void **state)
{
	struct sl_rng r = { 20260105 };
	struct sl_buf once = { 0 }, twice = { 0 };
	char bytes[200];

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		struct sl_str in = { bytes, hostile_bytes(&r, bytes, sizeof(bytes)) };
		sl_buf_reset(&once);
		sl_buf_reset(&twice);
		sl_visible(&once, in);
		struct sl_str seen = sl_buf_view(&once);
		for (size_t pos = 0; pos < seen.len;)
			assert_false(is_harmful(sl_utf8_next(seen, &pos)));
		sl_visible(&twice, seen);
		assert_true(sl_str_eq(seen, sl_buf_view(&twice)));
	}
	sl_buf_free(&once);
	sl_buf_free(&twice);
}

static void
a_full_buffer_is_reported(void **state)
{
	struct sl_buf out;

	(void)state;
	sl_buf_init(&out, 8);
	sl_visible(&out, SL_LIT("abc\xff\xff"));
	assert_true(out.failed);
	sl_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_points_survive_the_way_there_and_back),
		cmocka_unit_test(ill_formed_sequences_are_refused),
		cmocka_unit_test(hostile_text_becomes_marks),
		cmocka_unit_test(no_control_gets_through_and_twice_is_as_once),
		cmocka_unit_test(a_full_buffer_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
