/* str.h - views of bytes, and a growable buffer with a cap.
 *
 * sl_buf never aborts: an append that would pass max, or that finds no memory, sets `failed` and
 * leaves the content as it was; callers check once at the end. Not thread-safe. */
#ifndef SL_STR_H
#define SL_STR_H

#include "core/base/err.h"

#include <string.h>

static inline struct sl_str
sl_str(const char *s)
{
	return (struct sl_str){ s, s ? strlen(s) : 0 };
}

static inline bool
sl_str_eq(struct sl_str a, struct sl_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool
sl_str_is(struct sl_str a, const char *b)
{
	return sl_str_eq(a, sl_str(b));
}

/* Copy into a fixed field, NUL-terminated, cut at a UTF-8 character where it does not fit. */
void sl_copy(char *dst, size_t cap, const char *src);

struct sl_str sl_str_trim(struct sl_str s);                /* ASCII blanks, both ends */
bool sl_str_to_i64(struct sl_str s, int64_t *out) SL_MUST; /* whole string, base 10, no overflow */
bool sl_str_to_millis(struct sl_str s, int64_t *ms) SL_MUST; /* "250ms" "5s" "2m" "1h" "7d"; "0" */
bool sl_str_to_bytes(struct sl_str s, int64_t *n) SL_MUST; /* "512" "64k" "4MiB" "1g", 1024-based */

struct sl_buf {
	char *ptr; /* owned; not NUL-terminated unless sl_buf_cstr() was called */
	size_t len, cap;
	size_t max; /* most bytes; 0 = 1 GiB */
	bool failed;
};

/* memcpy() of what is mostly a few dozen bytes: without a call, and by sizes that are known, so that two
 * copies that overlap do what a loop would. */
static inline void
sl_put_bytes(char *to, const char *from, size_t n)
{
	if (n > 32) {
		memcpy(to, from, n);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n > 0) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

void sl_buf_init(struct sl_buf *b, size_t max);
void sl_buf_free(struct sl_buf *b);  /* also safe on a zeroed struct; leaves it zeroed */
void sl_buf_reset(struct sl_buf *b); /* length 0, failed cleared, memory kept */
bool sl_buf_reserve(struct sl_buf *b, size_t more) SL_MUST; /* room for `more` bytes at ptr+len */
/* The same; the check is inline, since it nearly always says yes. */
static inline bool
sl_buf_room(struct sl_buf *b, size_t more)
{
	return (!b->failed && more <= b->cap - b->len) || sl_buf_reserve(b, more);
}
void sl_buf_put(struct sl_buf *b, const void *p, size_t n);
void sl_buf_putc(struct sl_buf *b, char c);
void sl_buf_puts(struct sl_buf *b, const char *s);
void sl_buf_put_str(struct sl_buf *b, struct sl_str s);
void sl_buf_printf(struct sl_buf *b, const char *fmt, ...) SL_PRINTF(2, 3);
const char *sl_buf_cstr(struct sl_buf *b); /* NUL-terminates in place; "" when failed or empty */
struct sl_str sl_buf_view(const struct sl_buf *b);

#endif
