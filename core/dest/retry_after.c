/* retry_after.c - how long a server asks us to wait. */
#include "core/dest/retry_after.h"

#include <curl/curl.h>
#include <string.h>

#define EPOCH_SECONDS 1e9  /* above this a number is a date (2001), not a time span (32 years) */
#define EPOCH_MILLIS  1e11 /* above this it counts milliseconds */

static int64_t
clamp(int64_t us)
{
	if (us < 0)
		return 0;
	return us < SL_RETRY_AFTER_MAX_US ? us : SL_RETRY_AFTER_MAX_US;
}

/* Digits with at most one point, as a double; -1 where it is anything else. strtod() would follow the
 * locale and take "inf" and hexadecimal. */
static double
number(const char *s)
{
	double v = 0, unit = 1;
	bool point = false, digits = false;

	for (; *s && *s != ' ' && *s != '\t'; s++) {
		if (*s == '.' && !point) {
			point = true;
		} else if (*s >= '0' && *s <= '9') {
			digits = true;
			v = v * 10 + (*s - '0');
			unit *= point ? 10 : 1;
		} else {
			return -1;
		}
	}
	if (s[strspn(s, " \t")] || !digits)
		return -1;
	return v / unit;
}

int64_t
sl_retry_after_us(const char *value, int64_t now_us)
{
	double n;
	time_t t;

	value += strspn(value, " \t");
	n = number(value);
	if (n > 1e15)
		return SL_RETRY_AFTER_MAX_US;
	if (n >= EPOCH_MILLIS)
		return clamp((int64_t)(n * 1e3) - now_us);
	if (n >= EPOCH_SECONDS)
		return clamp((int64_t)(n * 1e6) - now_us);
	if (n >= 0)
		return clamp((int64_t)(n * 1e6));
	t = curl_getdate(value, NULL);
	if (t == (time_t)-1)
		return 0;
	return clamp((int64_t)t * 1000000 - now_us);
}
