/* check.h - cmocka with the headers it wants first, and checks that several tests share. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/str.h"

/* The bytes of a view are those of a C string. */
#define assert_str(view, text)                                                                     \
	do {                                                                                       \
		struct sl_str check_view_ = (view);                                                \
		assert_int_equal(check_view_.len, strlen(text));                                   \
		assert_memory_equal(check_view_.ptr, text, check_view_.len);                       \
	} while (0)

#endif
