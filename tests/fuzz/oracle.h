/* oracle.h - jansson's opinion of JSON that we wrote. */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include "core/base/str.h"

#include <jansson.h>
#include <stdlib.h>

/* Aborts unless this is one JSON value on one line. jansson keeps numbers in machine types; ours may
 * have any number of digits. */
static inline void
check_json(struct sl_str s)
{
	json_error_t e;
	json_t *v = json_loadb(s.ptr, s.len, JSON_ALLOW_NUL, &e);
	if ((!v && json_error_code(&e) != json_error_numeric_overflow) ||
	    memchr(s.ptr, '\n', s.len))
		abort();
	json_decref(v);
}

#endif
