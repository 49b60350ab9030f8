/* test_near.c - which name was meant. */
#include "core/base/near.h"

#include "tests/lib/check.h"

static const char *
nearest(const char *wanted)
{
	static const char *const names[] = { "source", "destination", "profile",
					     "mode",   "key",         "max_removes" };
	struct sl_near n = sl_near(wanted);

	for (size_t i = 0; i < SL_COUNT(names); i++)
		sl_near_try(&n, names[i]);
	return n.best;
}

static void
test_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(nearest("sorce"), "source");
	assert_string_equal(nearest("SOURCE"), "source");
	assert_string_equal(nearest("destinaton"), "destination");
	assert_string_equal(nearest("dest"), "destination"); /* its beginning */
	assert_string_equal(nearest("mdoe"), "mode");        /* neighbours swapped: one mistake */
	assert_string_equal(nearest("maxremoves"), "max_removes");
	assert_string_equal(nearest("keys"), "key");
}

static void
test_nothing_near(void **state)
{
	char longer[200];

	(void)state;
	assert_null(nearest(""));
	assert_null(nearest("xyz"));
	assert_null(nearest("colour"));
	memset(longer, 'k', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(nearest(longer));
}

static void
test_the_nearest_wins(void **state)
{
	struct sl_near n = sl_near("users-b");

	(void)state;
	sl_near_try(&n, "users-ab");
	sl_near_try(&n, "users-c");
	assert_string_equal(n.best, "users-ab"); /* the first of equals */
	sl_near_try(&n, "users-b");
	assert_string_equal(n.best, "users-b");
	assert_int_equal(n.distance, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_meant),
		cmocka_unit_test(test_nothing_near),
		cmocka_unit_test(test_the_nearest_wins),
	};

	return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
