/* str.c - views, numbers with units, and the capped buffer. */
#include "core/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_MAX_DEFAULT ((size_t)1 << 30)

void
sl_copy(char *dst, size_t cap, const char *src)
{
	const size_t len = strlen(src);
	size_t n = len < cap ? len : cap - 1;

	while (n < len && n > 0 && ((unsigned char)src[n] & 0xC0) == 0x80)
		n--;
	memcpy(dst, src, n);
	dst[n] = '\0';
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sl_str
sl_str_trim(struct sl_str s)
{
	while (s.len > 0 && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Digits at the front of *s, without sign, at most INT64_MAX; moves *s past them. */
static bool
take_digits(struct sl_str *s, int64_t *out)
{
	int64_t v = 0;
	size_t i = 0;

	for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++) {
		int64_t d = s->ptr[i] - '0';
		if (v > (INT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (i == 0)
		return false;
	s->ptr += i;
	s->len -= i;
	*out = v;
	return true;
}

bool
sl_str_to_i64(struct sl_str s, int64_t *out)
{
	static const char lowest[] = "-9223372036854775808";
	int64_t v;

	if (sl_str_is(s, lowest)) {
		*out = INT64_MIN;
		return true;
	}
	bool negative = s.len > 0 && s.ptr[0] == '-';
	if (negative) {
		s.ptr++;
		s.len--;
	}
	if (!take_digits(&s, &v) || s.len > 0)
		return false;
	*out = negative ? -v : v;
	return true;
}

static bool
scale(int64_t v, int64_t by, int64_t *out)
{
	if (v > INT64_MAX / by)
		return false;
	*out = v * by;
	return true;
}

bool
sl_str_to_millis(struct sl_str s, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }
	};
	int64_t v;

	if (!take_digits(&s, &v))
		return false;
	if (s.len == 0 && v == 0) {
		*ms = 0;
		return true;
	}
	for (size_t i = 0; i < SL_COUNT(units); i++) {
		if (sl_str_is(s, units[i].unit))
			return scale(v, units[i].ms, ms);
	}
	return false;
}

bool
sl_str_to_bytes(struct sl_str s, int64_t *n)
{
	static const char prefixes[] = "kmgt";
	char unit[4] = { 0 };
	int64_t v, by = 1;

	if (!take_digits(&s, &v) || s.len >= sizeof(unit))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool upper = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z';
		unit[i] = upper ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
	}
	const char *rest = unit;
	const char *prefix = unit[0] ? strchr(prefixes, unit[0]) : NULL;
	if (prefix) {
		by = (int64_t)1 << (10 * (prefix - prefixes + 1));
		rest++;
	}
	bool known =
		rest[0] == '\0' || strcmp(rest, "b") == 0 || (prefix && strcmp(rest, "ib") == 0);
	return known && scale(v, by, n);
}

void
sl_buf_init(struct sl_buf *b, size_t max)
{
	*b = (struct sl_buf){ .max = max };
}

void
sl_buf_free(struct sl_buf *b)
{
	free(b->ptr);
	*b = (struct sl_buf){ 0 };
}

void
sl_buf_reset(struct sl_buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* After a failure nothing more is appended: the content stays a clean prefix of what was meant. */
bool
sl_buf_reserve(struct sl_buf *b, size_t more)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;

	if (b->failed)
		return false;
	if (more <= b->cap - b->len)
		return true;
	if (b->len > max || more > max - b->len) {
		b->failed = true;
		return false;
	}
	size_t need = b->len + more;
	size_t cap = b->cap < 32 ? 64 : b->cap > max / 2 ? max : b->cap * 2;
	if (cap < need)
		cap = need;
	if (cap > max)
		cap = max;
	/* One byte more than cap, for the NUL of sl_buf_cstr(). */
	char *p = realloc(b->ptr, cap + 1);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->ptr = p;
	b->cap = cap;
	return true;
}

void
sl_buf_put(struct sl_buf *b, const void *p, size_t n)
{
	if (n == 0 || !sl_buf_reserve(b, n))
		return;
	memcpy(b->ptr + b->len, p, n);
	b->len += n;
}

void
sl_buf_putc(struct sl_buf *b, char c)
{
	sl_buf_put(b, &c, 1);
}

void
sl_buf_puts(struct sl_buf *b, const char *s)
{
	sl_buf_put(b, s, strlen(s));
}

void
sl_buf_put_str(struct sl_buf *b, struct sl_str s)
{
	sl_buf_put(b, s.ptr, s.len);
}

void
sl_buf_printf(struct sl_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (n == 0 || !sl_buf_reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

const char *
sl_buf_cstr(struct sl_buf *b)
{
	if (b->failed || b->len == 0)
		return "";
	b->ptr[b->len] = '\0';
	return b->ptr;
}

struct sl_str
sl_buf_view(const struct sl_buf *b)
{
	return (struct sl_str){ b->ptr, b->len };
}
