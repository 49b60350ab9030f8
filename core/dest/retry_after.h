/* retry_after.h - how long a server asks us to wait, in every spelling that real ones use. */
#ifndef SL_RETRY_AFTER_H
#define SL_RETRY_AFTER_H

#include "core/base/base.h"

#define SL_RETRY_AFTER_MAX_US (INT64_C(3600) * 1000000) /* a longer wish is cut to an hour */

/* Value of Retry-After and its like: seconds ("2", "1.5"), a date of HTTP, or a point in time as seconds
 * or milliseconds since 1970. now_us is the wall clock that dates are measured against. A number is a
 * point in time when it is within ten years of now, else a span. Microseconds from now; 0 = nothing asked,
 * in the past, or not understood. */
int64_t sl_retry_after_us(const char *value, int64_t now_us);

/* A header that tells when to come back. */
enum sl_wait_form {
	SL_WAIT_VALUE, /* as above */
	SL_WAIT_MS,    /* milliseconds */
	SL_WAIT_PARAM  /* a list with a parameter: limit=10, reset=30 or "default";r=0;t=30 */
};
struct sl_wait_header {
	const char *name;
	enum sl_wait_form form;
	int status; /* says something in an answer of this status only; 0 = of any */
};
extern const struct sl_wait_header sl_wait_headers[]; /* those that say most come first */
extern const size_t sl_wait_nheaders;
int64_t sl_wait_header_us(const struct sl_wait_header *h, const char *value, int64_t now_us);

#endif
