/* test_arena.c - objects of an arena are aligned, apart, capped, and gone after a reset. */
#include "core/base/arena.h"

#include "tests/lib/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

static void
objects_are_aligned_and_do_not_overlap(void **state)
{
	struct sl_arena *a = sl_arena_new(0, 0);
	unsigned char *p[300];

	(void)state;
	assert_non_null(a);
	for (unsigned i = 0; i < 300; i++) {
		size_t align = (size_t)1 << i % 7;
		p[i] = sl_arena_alloc(a, i, align);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % align, 0);
		memset(p[i], (int)(i & 255), i);
	}
	for (unsigned i = 0; i < 300; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_int_equal(p[i][j], i & 255);
	}
	sl_arena_free(a);
	sl_arena_free(NULL);
}

static void
the_cap_holds_and_can_be_reached(void **state)
{
	struct sl_arena *a = sl_arena_new(0, 100000);

	(void)state;
	assert_non_null(sl_arena_alloc(a, 60000, 8));
	assert_null(sl_arena_alloc(a, 40001, 1));
	assert_non_null(sl_arena_alloc(a, 40000, 1));
	assert_null(sl_arena_alloc(a, 0, 1));
	assert_null(sl_arena_alloc(a, SIZE_MAX, 1));
	assert_null(sl_arena_strndup(a, "x", SIZE_MAX));
	sl_arena_reset(a);
	assert_non_null(sl_arena_alloc(a, 100000, 16));
	sl_arena_free(a);
}

static void
a_reset_reuses_the_first_chunk(void **state)
{
	struct sl_arena *a = sl_arena_new(4096, 0);

	(void)state;
	void *first = sl_arena_alloc(a, 100, 16);
	assert_non_null(sl_arena_alloc(a, 10000, 16));
	sl_arena_reset(a);
	assert_ptr_equal(sl_arena_alloc(a, 100, 16), first);
	sl_arena_free(a);
}

static void
copies_and_zeroed_objects(void **state)
{
	struct sl_arena *a = sl_arena_new(0, 0);

	(void)state;
	/* Dirty the memory first. */
	memset(sl_arena_alloc(a, 512, 1), 0xaa, 512);
	sl_arena_reset(a);
	struct sl_digest *d = SL_NEW(a, struct sl_digest, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_true(d[i].hi == 0 && d[i].lo == 0);
	char *s = sl_arena_strndup(a, "abcdef", 3);
	assert_string_equal(s, "abc");
	assert_string_equal(sl_arena_strndup(a, NULL, 0), "");
	sl_arena_free(a);
}

#if defined(__SANITIZE_ADDRESS__)
static void
unused_memory_is_poisoned(void **state)
{
	struct sl_arena *a = sl_arena_new(4096, 0);
	char *p = sl_arena_alloc(a, 16, 8);
	char *q = sl_arena_alloc(a, 24, 8);

	(void)state;
	assert_false(__asan_address_is_poisoned(p));
	assert_false(__asan_address_is_poisoned(p + 15));
	assert_true(__asan_address_is_poisoned(p + 16));
	assert_false(__asan_address_is_poisoned(q));
	assert_true(__asan_address_is_poisoned(q + 24));
	sl_arena_reset(a);
	assert_true(__asan_address_is_poisoned(p));
	sl_arena_free(a);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_aligned_and_do_not_overlap),
		cmocka_unit_test(the_cap_holds_and_can_be_reached),
		cmocka_unit_test(a_reset_reuses_the_first_chunk),
		cmocka_unit_test(copies_and_zeroed_objects),
#if defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test(unused_memory_is_poisoned),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
