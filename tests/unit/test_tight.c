/* test_tight.c - entries of a snapshot and their keys in few bytes come back as they were. */
#include "core/base/pacing.h"
#include "core/store/keytext.h"
#include "tests/lib/check.h"

#include <stdlib.h>

#define MANY 16000u

static struct sl_digest_key key;

static int
by_key(const void *a, const void *b)
{
	return sl_digest_cmp(((const struct sl_snap *)a)->key, ((const struct sl_snap *)b)->key);
}

/* Random entries, sorted; their keys lie in a range of so many bits. */
static struct sl_snap *
entries(uint32_t n, unsigned bits, uint32_t least, uint32_t spread)
{
	struct sl_snap *e = calloc(n, sizeof *e);
	struct sl_rng rng = { 11 };

	assert_non_null(e);
	for (uint32_t i = 0; i < n; i++) {
		e[i].key =
			(struct sl_digest){ sl_rng_next(&rng) >> (64 - bits), sl_rng_next(&rng) };
		if (i % 7)
			e[i].row = (struct sl_digest){ sl_rng_next(&rng), sl_rng_next(&rng) };
		e[i].version = least + (spread ? (uint32_t)sl_rng_below(&rng, spread) : 0);
	}
	qsort(e, n, sizeof *e, by_key);
	return e;
}

/* Returns the length. */
static size_t
come_back(struct sl_snap *e, uint32_t n)
{
	uint8_t *bytes = malloc(sl_entries_max(n));
	struct sl_snap *got = calloc(n, sizeof *got);
	size_t len;

	assert_true(bytes && got);
	len = sl_entries_put(&key, e, n, bytes);
	assert_true(len <= sl_entries_max(n));
	assert_true(
		sl_entries_get(&key, (struct sl_str){ (char *)bytes, len }, SL_PART_TIGHT, n, got));
	assert_memory_equal(got, e, n * sizeof *e);
	assert_false(sl_entries_get(&key, (struct sl_str){ (char *)bytes, len }, SL_PART_TIGHT,
				    n + 1, got));
	for (size_t i = 0; i < len; i += 1 + len / 100) {
		bytes[i] ^= 4;
		assert_false(sl_entries_get(&key, (struct sl_str){ (char *)bytes, len },
					    SL_PART_TIGHT, n, got));
		bytes[i] ^= 4;
	}
	free(bytes);
	free(got);
	free(e);
	return len;
}

static void
any_entries(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 40; n++)
		for (unsigned bits = 1; bits <= 64; bits++)
			(void)come_back(entries(n, bits, n, bits), n);
	(void)come_back(entries(3, 64, 0, UINT32_MAX), 3);
	(void)come_back(entries(2, 64, UINT32_MAX, 0), 2);
}

/* After a first sync of a million rows. */
static void
a_part_is_small(void **state)
{
	(void)state;
	assert_in_range(come_back(entries(MANY, 58, 1, 0), MANY), 1, MANY * 30 + 100);
	assert_in_range(come_back(entries(MANY, 58, 1, 2), MANY), 1, MANY * 30 + MANY / 8 + 100);
}

/* Texts one after the other; NULL: a row that was removed. In which form they are put. */
static enum sl_part_form
form_of(const char *const *list, uint32_t n, size_t *len)
{
	struct sl_snap e[8] = { 0 };
	uint32_t lens[8];
	struct sl_buf all = { 0 }, packed = { 0 };
	struct sl_keytexts t = { e, lens, NULL, n };
	struct sl_keytexts_in in = { .entries = e, .n = n };
	uint8_t *texts = NULL;
	size_t got = 0, at = (size_t)n * 4;

	for (uint32_t i = 0; i < n; i++) {
		e[i].row.lo = list[i] != NULL;
		lens[i] = list[i] ? (uint32_t)strlen(list[i]) : 0;
		sl_buf_put(&all, list[i], lens[i]);
	}
	t.ptr = all.ptr;
	in.form = sl_keytexts_put(&t, &packed);
	in.in = sl_buf_view(&packed);
	*len = in.in.len;
	assert_int_equal(sl_keytexts_get(&in, &texts, &got), SL_OK);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(sl_get32(texts + (size_t)i * 4), lens[i]);
		assert_memory_equal(texts + at, list[i] ? list[i] : "", lens[i]);
		at += lens[i];
	}
	assert_int_equal(got, at);
	free(texts);
	in.in.len--; /* cut off */
	assert_int_equal(sl_keytexts_get(&in, &texts, &got), SL_E_CORRUPT);
	sl_buf_free(&all);
	sl_buf_free(&packed);
	return in.form;
}

#define FORM(want, want_len, ...)                                                                  \
	do {                                                                                       \
		const char *const list[] = { __VA_ARGS__ };                                        \
		size_t len;                                                                        \
                                                                                                   \
		assert_int_equal(form_of(list, SL_COUNT(list), &len), want);                       \
		assert_in_range(len, 1, want_len);                                                 \
	} while (0)

static void
uuid_keys(void **state)
{
	(void)state;
	FORM(SL_PART_UUIDS, 32, "[\"01234567-89ab-cdef-fedc-ba9876543210\"]",
	     "[\"00000000-0000-0000-0000-000000000000\"]");
	FORM(SL_PART_UUIDS, 48, NULL, "[\"01234567-89ab-cdef-fedc-ba9876543210\"]", NULL);
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89AB-cdef-fedc-ba9876543210\"]");
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89ab-cdef-fedc-ba987654321g\"]");
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89ab-cdef-fedcbba9876543210\"]");
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89ab-cdef-fedc-ba987654321\"]");
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89ab-cdef-fedc-ba9876543210\",\"1\"]");
	FORM(SL_PART_TIGHT, 99, "[\"01234567-89ab-cdef-fedc-ba9876543210\"]", "[\"7\"]");
}

static void
whole_number_keys(void **state)
{
	(void)state;
	FORM(SL_PART_INTS, 24, "[\"7\"]");
	FORM(SL_PART_INTS, 25, "[\"7\"]", NULL, "[\"5\"]");
	FORM(SL_PART_INTS, 25, "[\"1000000007\"]", "[\"1000000000\"]");
	FORM(SL_PART_INTS, 40, "[\"0\"]", "[\"9999999999999999999\"]");
	FORM(SL_PART_INTS, 48, "[\"9223372036854775807\"]", "[\"1\"]", NULL);
	FORM(SL_PART_TIGHT, 40, "[\"-7\"]");
	FORM(SL_PART_TIGHT, 40, "[\"07\"]");
	FORM(SL_PART_TIGHT, 40, "[\"\"]");
	FORM(SL_PART_TIGHT, 40, "[\"7\",\"8\"]");
	FORM(SL_PART_TIGHT, 40, "[\"7.5\"]", "[\"7\"]");
	FORM(SL_PART_TIGHT, 40, "[\"10000000000000000000\"]");
	FORM(SL_PART_TIGHT, 40, "7");
}

/* All rows of a part were removed. */
static void
no_keys(void **state)
{
	(void)state;
	FORM(SL_PART_UUIDS, 32, NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_entries), cmocka_unit_test(a_part_is_small),
		cmocka_unit_test(uuid_keys),   cmocka_unit_test(whole_number_keys),
		cmocka_unit_test(no_keys),
	};
	const uint8_t seed[32] = { 1 };

	if (!sl_digest_key_init(&key, seed))
		return 1;
	return cmocka_run_group_tests_name("tight", tests, NULL, NULL);
}
