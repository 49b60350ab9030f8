/* only.c - TEST_ONLY in the environment runs those tests of a cmocka program that match it, a pattern with *
 * and ?: TEST_ONLY='dup*' build/release/tests/unit/test_diff */
#include "tests/lib/check.h"

#include <stdlib.h>

__attribute__((constructor)) static void
choose_tests(void)
{
	const char *pattern = getenv("TEST_ONLY");

	if (pattern && *pattern)
		cmocka_set_test_filter(pattern);
}
