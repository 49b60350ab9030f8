/* json_write.c - the hot path: typed values appended as JSON.
 *
 * Text is looked at 16 bytes at a time: what needs no escape is copied in one piece. */
#include "core/map/json.h"

#include "core/base/text.h"

#include <endian.h>
#include <string.h>

typedef int8_t v16 __attribute__((vector_size(16)));

static inline void
add(struct sl_buf *b, const void *p, size_t n)
{
	sl_put_bytes(b->ptr + b->len, p, n);
	b->len += n;
}

static enum sl_json_fault
put(struct sl_buf *b, const char *p, size_t n)
{
	if (!sl_buf_room(b, n))
		return SL_JSON_FULL;
	if (n > 0)
		add(b, p, n);
	return SL_JSON_OK;
}

const char *
sl_json_fault_text(enum sl_json_fault f)
{
	static const char *const texts[] = {
		[SL_JSON_OK] = "is fine",
		[SL_JSON_UTF8] = "is not valid UTF-8",
		[SL_JSON_NUL] = "holds a NUL character, which most readers of JSON refuse",
		[SL_JSON_SYNTAX] = "is not valid JSON",
		[SL_JSON_NUMBER] = "is not a number that JSON knows",
		[SL_JSON_FULL] = "does not fit into memory",
	};
	return texts[f];
}

/* Bytes from 0x80 on are negative here, so one comparison finds them and the controls. */
static inline bool
plain16(const char *p)
{
	v16 v;
	uint64_t half[2];
	memcpy(&v, p, sizeof v);
	v16 special = (v16)((v < 0x20) | (v == '"') | (v == '\\'));
	memcpy(half, &special, sizeof half);
	return (half[0] | half[1]) == 0;
}

/* The same for 8 bytes within a word: the lowest high bit that is set tells which is the first. */
static inline uint64_t
special8(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w;
	memcpy(&w, p, sizeof w);
	w = le64toh(w);
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
	return (w | (w - ones * 0x20) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
	       high;
}

static inline size_t
first_special(uint64_t hits)
{
	return (size_t)__builtin_ctzll(hits) / 8;
}

static inline bool
plain1(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

size_t
sl_json_plain_len(const char *p, size_t n)
{
	size_t i = 0;
	uint64_t hits;
	if (n < 8) {
		while (i < n && plain1(p[i]))
			i++;
		return i;
	}
	while (n - i >= 16 && plain16(p + i))
		i += 16;
	for (; n - i >= 8; i += 8)
		if ((hits = special8(p + i)) != 0)
			return i + first_special(hits);
	if (i == n)
		return n;
	/* The last 8 bytes, without those that were looked at. */
	hits = special8(p + n - 8) >> (8 * (8 - (n - i)));
	return hits ? i + first_special(hits) : n;
}

static enum sl_json_fault
put_escape(struct sl_buf *b, char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	unsigned char u = (unsigned char)c;
	if (u == 0)
		return SL_JSON_NUL;
	if (u >= 0x20)
		return put(b, (char[]){ '\\', c }, 2);
	if (shorts[u])
		return put(b, (char[]){ '\\', shorts[u] }, 2);
	return put(b, (char[]){ '\\', 'u', '0', '0', hex[u >> 4], hex[u & 15] }, 6);
}

/* The text from the first byte on that may need care. */
static enum sl_json_fault
put_careful(struct sl_buf *b, struct sl_str s)
{
	enum sl_json_fault f = SL_JSON_OK;
	size_t i = 0;
	while (f == SL_JSON_OK && i < s.len) {
		size_t from = i;
		i += sl_json_plain_len(s.ptr + i, s.len - i);
		while (i < s.len && (unsigned char)s.ptr[i] >= 0x80)
			if (sl_utf8_next(s, &i) == UINT32_MAX)
				return SL_JSON_UTF8;
		f = put(b, s.ptr + from, i - from);
		if (f == SL_JSON_OK && i < s.len && !plain1(s.ptr[i]) &&
		    (unsigned char)s.ptr[i] < 0x80)
			f = put_escape(b, s.ptr[i++]);
	}
	return f;
}

enum sl_json_fault
sl_json_put_string(struct sl_buf *b, const char *p, size_t n)
{
	size_t plain = sl_json_plain_len(p, n);
	if (!sl_buf_room(b, plain + 2))
		return SL_JSON_FULL;
	b->ptr[b->len++] = '"';
	if (plain > 0)
		add(b, p, plain);
	if (plain < n) {
		enum sl_json_fault f = put_careful(b, (struct sl_str){ p + plain, n - plain });
		if (f != SL_JSON_OK)
			return f;
		if (!sl_buf_room(b, 1))
			return SL_JSON_FULL;
	}
	b->ptr[b->len++] = '"';
	return SL_JSON_OK;
}

static bool
is_digits(const char *p, size_t n)
{
	bool all = true;
	for (size_t i = 0; i < n; i++)
		all &= p[i] >= '0' && p[i] <= '9';
	return all;
}

/* "YYYY-MM-DD hh:mm:ss" */
static bool
is_plain_time(const char *p, size_t n)
{
	return n >= 19 && is_digits(p, 4) && p[4] == '-' && is_digits(p + 5, 2) && p[7] == '-' &&
	       is_digits(p + 8, 2) && (p[10] == ' ' || p[10] == 'T') && is_digits(p + 11, 2) &&
	       p[13] == ':' && is_digits(p + 14, 2) && p[16] == ':' && is_digits(p + 17, 2);
}

size_t
sl_time_json(const struct sl_value *v, char *out)
{
	const char *p = v->ptr;
	size_t n = v->len, i = 19, frac = 0;
	if (!is_plain_time(p, n))
		return 0;
	memcpy(out, p, 19);
	out[10] = 'T';
	memcpy(out + 19, ".000000", 7);
	if (i < n && p[i] == '.')
		for (i++; i < n && p[i] >= '0' && p[i] <= '9' && frac < 6; i++)
			out[20 + frac++] = p[i];
	size_t len = memcmp(out + 23, "000", 3) == 0 ? 23 : 26;
	if (v->type == SL_T_TIMESTAMP)
		return i == n ? len : 0;
	if (n - i != 3 || memcmp(p + i, "+00", 3) != 0)
		return 0;
	out[len] = 'Z';
	return len + 1;
}

static enum sl_json_fault
put_time(struct sl_buf *b, const struct sl_value *v)
{
	char out[SL_TIME_TEXT];
	size_t n = sl_time_json(v, out);
	if (n == 0)
		return sl_json_put_string(b, v->ptr, v->len);
	if (!sl_buf_room(b, n + 2))
		return SL_JSON_FULL;
	b->ptr[b->len++] = '"';
	add(b, out, n);
	b->ptr[b->len++] = '"';
	return SL_JSON_OK;
}

static bool
is_not_finite(const struct sl_value *v)
{
	struct sl_str s = { v->ptr, v->len };
	return sl_str_is(s, "NaN") || sl_str_is(s, "Infinity") || sl_str_is(s, "-Infinity");
}

static enum sl_json_fault
put_number(struct sl_buf *b, const struct sl_value *v)
{
	if (v->len > 0 && sl_json_number_len(v->ptr, v->len) == v->len)
		return put(b, v->ptr, v->len);
	return is_not_finite(v) ? put(b, "null", 4) : SL_JSON_NUMBER;
}

/* Line breaks may stand between the tokens of a JSON text only; an event is one line. */
static void
flatten(char *p, size_t n)
{
	if (!memchr(p, '\n', n) && !memchr(p, '\r', n))
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\n' || p[i] == '\r')
			p[i] = ' ';
}

static enum sl_json_fault
put_json(struct sl_buf *b, const struct sl_value *v)
{
	enum sl_json_fault f = sl_json_check((struct sl_str){ v->ptr, v->len });
	if (f == SL_JSON_OK)
		f = put(b, v->ptr, v->len);
	if (f == SL_JSON_OK)
		flatten(b->ptr + b->len - v->len, v->len);
	return f;
}

enum sl_json_fault
sl_json_put_value(struct sl_buf *b, const struct sl_value *v)
{
	switch ((enum sl_type)v->type) {
	case SL_T_NULL:
		return put(b, "null", 4);
	case SL_T_BOOL:
		return v->len == 4 && memcmp(v->ptr, "true", 4) == 0 ? put(b, "true", 4)
								     : put(b, "false", 5);
	case SL_T_INT:
	case SL_T_DECIMAL:
	case SL_T_FLOAT:
		return put_number(b, v);
	case SL_T_TIMESTAMP:
	case SL_T_TIMESTAMPTZ:
		return put_time(b, v);
	case SL_T_JSON:
		return put_json(b, v);
	case SL_T_TEXT:
	case SL_T_BYTES:
	case SL_T_UUID:
	case SL_T_DATE:
	case SL_T_TIME:
		break;
	}
	return sl_json_put_string(b, v->ptr, v->len);
}
