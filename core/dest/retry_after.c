/* retry_after.c - how long a server asks us to wait. */
#include "core/dest/retry_after.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define TEN_YEARS_US 315576e9

/* The windows of X-RateLimit-* and RateLimit-* end at some time in every answer: only with 429 do they
 * ask for patience. */
const struct sl_wait_header sl_wait_headers[] = {
	{ "Retry-After-Ms", SL_WAIT_MS, 0 },
	{ "X-Ms-Retry-After-Ms", SL_WAIT_MS, 0 },
	{ "Retry-After", SL_WAIT_VALUE, 0 },
	{ "X-RateLimit-Retry-After", SL_WAIT_VALUE, 0 },
	{ "X-Retry-After", SL_WAIT_VALUE, 0 },
	{ "X-RateLimit-Reset-After", SL_WAIT_VALUE, 429 },
	{ "X-RateLimit-Reset", SL_WAIT_VALUE, 429 },
	{ "X-Rate-Limit-Reset", SL_WAIT_VALUE, 429 },
	{ "RateLimit-Reset", SL_WAIT_VALUE, 429 },
	{ "RateLimit", SL_WAIT_PARAM, 429 },
};
const size_t sl_wait_nheaders = SL_COUNT(sl_wait_headers);

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

static bool
is_date(double us, int64_t now_us)
{
	return us > (double)now_us - TEN_YEARS_US && us < (double)now_us + TEN_YEARS_US;
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
	if (is_date(n * 1e3, now_us))
		return clamp((int64_t)(n * 1e3) - now_us);
	if (is_date(n * 1e6, now_us))
		return clamp((int64_t)(n * 1e6) - now_us);
	if (n >= 0 && n * 1e6 >= (double)SL_RETRY_AFTER_MAX_US)
		return SL_RETRY_AFTER_MAX_US;
	if (n >= 0)
		return clamp((int64_t)(n * 1e6));
	t = curl_getdate(value, NULL);
	/* In seconds first: a year may have as many digits as the server likes. */
	if (t == (time_t)-1 || t < now_us / 1000000)
		return 0;
	if (t - now_us / 1000000 >= SL_RETRY_AFTER_MAX_US / 1000000)
		return SL_RETRY_AFTER_MAX_US;
	return clamp((int64_t)t * 1000000 - now_us);
}

/* The number behind t= or reset= of the first member. */
static int64_t
of_param(const char *value, int64_t now_us)
{
	static const char *const names[] = { "t", "reset" };
	char text[32];

	for (const char *p = value; *p; p += strcspn(p, ",; \t")) {
		p += strspn(p, ",; \t");
		for (size_t i = 0; i < SL_COUNT(names); i++) {
			const size_t n = strlen(names[i]);
			size_t len;

			if (strncasecmp(p, names[i], n) != 0 || p[n] != '=')
				continue;
			len = strcspn(p + n + 1, ",; \t");
			if (len >= sizeof(text))
				return 0;
			memcpy(text, p + n + 1, len);
			text[len] = 0;
			return sl_retry_after_us(text, now_us);
		}
	}
	return 0;
}

int64_t
sl_wait_header_us(const struct sl_wait_header *h, const char *value, int64_t now_us)
{
	double n;

	switch (h->form) {
	case SL_WAIT_VALUE:
		return sl_retry_after_us(value, now_us);
	case SL_WAIT_PARAM:
		return of_param(value, now_us);
	case SL_WAIT_MS:
		break;
	}
	n = number(value + strspn(value, " \t"));
	if (n * 1e3 >= (double)SL_RETRY_AFTER_MAX_US)
		return SL_RETRY_AFTER_MAX_US;
	return n > 0 ? (int64_t)(n * 1e3) : 0;
}
