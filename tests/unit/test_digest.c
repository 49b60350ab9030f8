/* test_digest.c - keyed digests, their text form, SHA-256. */
#include "core/base/digest.h"

#include "tests/lib/check.h"

static void
make_key(struct sl_digest_key *k, uint8_t first)
{
	uint8_t seed[32] = { first, 1, 2, 3 };

	assert_true(sl_digest_key_init(k, seed));
}

static void
the_same_seed_gives_the_same_digest_another_seed_another(void **state)
{
	struct sl_digest_key a, b, c;

	(void)state;
	make_key(&a, 7);
	make_key(&b, 7);
	make_key(&c, 8);
	assert_memory_equal(a.secret, b.secret, sizeof(a.secret));
	assert_true(sl_digest_eq(sl_digest(&a, "row", 3), sl_digest(&b, "row", 3)));
	assert_false(sl_digest_eq(sl_digest(&a, "row", 3), sl_digest(&c, "row", 3)));
	assert_false(sl_digest_eq(sl_digest(&a, "row", 3), sl_digest(&a, "rox", 3)));
	struct sl_digest empty = sl_digest(&a, NULL, 0);
	assert_false(sl_digest_eq(empty, (struct sl_digest){ 0, 0 }));
}

/* Stored digests must mean the same in the next version: this value may not change. */
static void
the_digest_is_stable(void **state)
{
	struct sl_digest_key k;
	char hex[33];

	(void)state;
	make_key(&k, 0);
	sl_digest_hex(sl_digest(&k, "sluice", 6), hex);
	assert_string_equal(hex, "691a3e50b871353832c6cf26296ca44f");
}

static void
digests_have_a_text_form(void **state)
{
	struct sl_digest d = { 0x0123456789abcdef, 0xfedcba9876543210 };
	char hex[33];

	(void)state;
	sl_digest_hex(d, hex);
	assert_string_equal(hex, "0123456789abcdeffedcba9876543210");
}

static void
digests_are_ordered_by_hi_then_lo(void **state)
{
	(void)state;
	assert_int_equal(sl_digest_cmp((struct sl_digest){ 1, 9 }, (struct sl_digest){ 2, 0 }), -1);
	assert_int_equal(sl_digest_cmp((struct sl_digest){ 2, 0 }, (struct sl_digest){ 1, 9 }), 1);
	assert_int_equal(sl_digest_cmp((struct sl_digest){ 1, 1 }, (struct sl_digest){ 1, 2 }), -1);
	assert_int_equal(sl_digest_cmp((struct sl_digest){ 1, 1 }, (struct sl_digest){ 1, 1 }), 0);
}

static void
sha256_matches_the_standard(void **state)
{
	char hex[65];

	(void)state;
	assert_true(sl_sha256_hex("abc", 3, hex));
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(sl_sha256_hex("", 0, hex));
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
random_bytes_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_true(sl_random_bytes(a, sizeof(a)));
	assert_true(sl_random_bytes(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_digest_another_seed_another),
		cmocka_unit_test(the_digest_is_stable),
		cmocka_unit_test(digests_have_a_text_form),
		cmocka_unit_test(digests_are_ordered_by_hi_then_lo),
		cmocka_unit_test(sha256_matches_the_standard),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
