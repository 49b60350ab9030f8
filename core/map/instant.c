/* instant.c - the calendar, without libc's time zones. */
#include "core/map/instant.h"

#define SECOND 1000000LL
#define DAY    (86400 * SECOND)

/* Days since 1970-01-01 of a date. Years are counted from March, so that the leap day is the last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;
	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static const int64_t first_us = -62135596800LL * SECOND; /* 0001-01-01 */
static const int64_t end_us = 253402300800LL * SECOND;   /* 10000-01-01 */

static int64_t
days_in(int64_t year, int64_t month)
{
	return month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

struct reader {
	struct sl_str s;
	size_t i;
};

/* Exactly n digits. */
static bool
digits(struct reader *r, size_t n, int64_t *out)
{
	*out = 0;
	if (r->s.len - r->i < n)
		return false;
	for (size_t k = 0; k < n; k++, r->i++) {
		char c = r->s.ptr[r->i];
		if (c < '0' || c > '9')
			return false;
		*out = *out * 10 + (c - '0');
	}
	return true;
}

static bool
take(struct reader *r, char c)
{
	bool is = r->i < r->s.len && r->s.ptr[r->i] == c;
	r->i += is;
	return is;
}

/* Digits after a point as microseconds; more than six are cut. */
static bool
fraction(struct reader *r, int64_t *us)
{
	int64_t unit = SECOND;
	size_t from = r->i;
	*us = 0;
	for (; r->i < r->s.len && r->s.ptr[r->i] >= '0' && r->s.ptr[r->i] <= '9'; r->i++) {
		unit /= 10;
		*us += (r->s.ptr[r->i] - '0') * unit;
	}
	return r->i > from;
}

static bool
date(struct reader *r, int64_t *us)
{
	int64_t y, m, d;
	if (!digits(r, 4, &y) || !take(r, '-') || !digits(r, 2, &m) || !take(r, '-') ||
	    !digits(r, 2, &d))
		return false;
	if (y < 1 || m < 1 || m > 12 || d < 1 || d > days_in(y, m))
		return false;
	*us = days_of(y, m, d) * DAY;
	return true;
}

/* "10:00[:00[.123]]" */
static bool
day_time(struct reader *r, int64_t *us)
{
	int64_t h, m, s = 0, frac = 0;
	if (!digits(r, 2, &h) || !take(r, ':') || !digits(r, 2, &m))
		return false;
	if (take(r, ':')) {
		if (!digits(r, 2, &s))
			return false;
		if (take(r, '.') && !fraction(r, &frac))
			return false;
	}
	*us = ((h * 60 + m) * 60 + s) * SECOND + frac;
	return h < 24 && m < 60 && s <= 60;
}

/* Nothing, "Z", "+02", "+0200" or "+02:00": what to subtract. */
static bool
zone(struct reader *r, int64_t *us)
{
	int64_t h, m = 0, sign = 1;
	*us = 0;
	if (r->i == r->s.len || take(r, 'Z') || take(r, 'z'))
		return true;
	if (take(r, '-'))
		sign = -1;
	else if (!take(r, '+'))
		return false;
	if (!digits(r, 2, &h))
		return false;
	if (r->i < r->s.len) {
		(void)take(r, ':');
		if (!digits(r, 2, &m))
			return false;
	}
	*us = sign * (h * 60 + m) * 60 * SECOND;
	return h <= 15 && m < 60;
}

bool
sl_instant_read(struct sl_str s, int64_t *us)
{
	struct reader r = { sl_str_trim(s), 0 };
	int64_t time = 0, ahead = 0;
	if (!date(&r, us))
		return false;
	if (r.i < r.s.len) {
		if (!take(&r, 'T') && !take(&r, 't') && !take(&r, ' '))
			return false;
		if (!day_time(&r, &time))
			return false;
		(void)take(&r, ' ');
		if (!zone(&r, &ahead))
			return false;
	}
	*us += time - ahead;
	return r.i == r.s.len && *us >= first_us && *us < end_us;
}

bool
sl_instant_read_epoch(struct sl_str s, int64_t *us)
{
	const int64_t millis_from = 100000000000LL;
	struct reader r = { sl_str_trim(s), 0 };
	bool negative = take(&r, '-');
	int64_t whole = 0, frac = 0;
	size_t start = r.i;
	for (; r.i < r.s.len && r.s.ptr[r.i] >= '0' && r.s.ptr[r.i] <= '9' && r.i - start < 16;
	     r.i++)
		whole = whole * 10 + (r.s.ptr[r.i] - '0');
	if (r.i == start || (take(&r, '.') && !fraction(&r, &frac)) || r.i != r.s.len)
		return false;
	int64_t unit = whole >= millis_from ? 1000 : SECOND;
	if (whole >= end_us / 1000)
		return false;
	*us = whole * unit + frac / (SECOND / unit);
	*us = negative ? -*us : *us;
	return *us >= first_us && *us < end_us;
}

static void
put_digits(char *out, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
}

void
sl_instant_iso(int64_t us, char out[24])
{
	int64_t days = us / DAY - (us % DAY < 0), left = us - days * DAY;
	int64_t n = days + 719468; /* from 1 March of year 0 */
	int64_t era = n / 146097, doe = n - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), m = (5 * doy + 2) / 153;
	int64_t month = m < 10 ? m + 3 : m - 9;
	memcpy(out, "0000-00-00T00:00:00.000Z", 24);
	put_digits(out, era * 400 + yoe + (month <= 2), 4);
	put_digits(out + 5, month, 2);
	put_digits(out + 8, doy - (153 * m + 2) / 5 + 1, 2);
	put_digits(out + 11, left / (3600 * SECOND), 2);
	put_digits(out + 14, left / (60 * SECOND) % 60, 2);
	put_digits(out + 17, left / SECOND % 60, 2);
	put_digits(out + 20, left / 1000 % 1000, 3);
}
