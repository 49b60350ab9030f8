/* retry_after.h - how long a server asks us to wait. */
#ifndef SL_RETRY_AFTER_H
#define SL_RETRY_AFTER_H

#include "core/base/base.h"

#define SL_RETRY_AFTER_MAX_US (INT64_C(3600) * 1000000) /* a longer wish is cut to an hour */

/* Value of Retry-After, RateLimit-Reset or X-RateLimit-Reset: seconds ("2", "1.5"), a date of HTTP, or
 * a point in time as seconds or milliseconds since 1970. now_us is the wall clock that dates are
 * measured against. Microseconds from now; 0 = nothing asked, in the past, or not understood. */
int64_t sl_retry_after_us(const char *value, int64_t now_us);

#endif
