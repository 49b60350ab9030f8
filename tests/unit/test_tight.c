/* test_tight.c - entries of a snapshot and UUIDs in few bytes come back as they were. */
#include "core/base/pacing.h"
#include "core/store/tight.h"
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

static bool
is_uuid(const char *text)
{
	uint8_t uuid[16];
	char again[SL_UUID_TEXT];

	if (!sl_uuid_get((struct sl_str){ text, strlen(text) }, uuid))
		return false;
	sl_uuid_put(uuid, again);
	assert_memory_equal(again, text, sizeof again);
	return true;
}

static void
uuids(void **state)
{
	(void)state;
	assert_true(is_uuid("[\"01234567-89ab-cdef-fedc-ba9876543210\"]"));
	assert_true(is_uuid("[\"00000000-0000-0000-0000-000000000000\"]"));
	assert_false(is_uuid("[\"01234567-89AB-cdef-fedc-ba9876543210\"]"));
	assert_false(is_uuid("[\"01234567-89ab-cdef-fedc-ba987654321g\"]"));
	assert_false(is_uuid("[\"01234567-89ab-cdef-fedcbba9876543210\"]"));
	assert_false(is_uuid("[\"01234567-89ab-cdef-fedc-ba987654321\"]"));
	assert_false(is_uuid("[\"01234567-89ab-cdef-fedc-ba9876543210\",\"1\"]"));
	assert_false(is_uuid("[\"7\"]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_entries),
		cmocka_unit_test(a_part_is_small),
		cmocka_unit_test(uuids),
	};
	const uint8_t seed[32] = { 1 };

	if (!sl_digest_key_init(&key, seed))
		return 1;
	return cmocka_run_group_tests_name("tight", tests, NULL, NULL);
}
