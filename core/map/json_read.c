/* json_read.c - walks over JSON text: checks it, finds a path in it. No recursion, no tree. */
#include "core/map/json.h"

#include "core/base/text.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
digits(const char *p, size_t n, size_t i)
{
	while (i < n && is_digit(p[i]))
		i++;
	return i;
}

size_t
sl_json_number_len(const char *p, size_t n)
{
	size_t i = n > 0 && p[0] == '-', start = i;
	i = digits(p, n, i);
	if (i == start || (p[start] == '0' && i > start + 1))
		return 0;
	if (i < n && p[i] == '.') {
		size_t from = i + 1;
		i = digits(p, n, from);
		if (i == from)
			return 0;
	}
	if (i < n && (p[i] == 'e' || p[i] == 'E')) {
		size_t from = i + 1 + (i + 1 < n && (p[i + 1] == '+' || p[i + 1] == '-'));
		i = digits(p, n, from);
		if (i == from)
			return 0;
	}
	return i;
}

static size_t
blanks(struct sl_str s, size_t i)
{
	while (i < s.len &&
	       (s.ptr[i] == ' ' || s.ptr[i] == '\n' || s.ptr[i] == '\t' || s.ptr[i] == '\r'))
		i++;
	return i;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code unit of \uXXXX at i, or -1. */
static int32_t
unit_at(struct sl_str s, size_t i)
{
	int32_t v = 0;
	if (s.len - i < 6 || s.ptr[i] != '\\' || s.ptr[i + 1] != 'u')
		return -1;
	for (size_t k = 2; k < 6; k++) {
		int d = hex_digit(s.ptr[i + k]);
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static bool
is_high(int32_t unit)
{
	return unit >= 0xD800 && unit < 0xDC00;
}

static bool
is_low(int32_t unit)
{
	return unit >= 0xDC00 && unit < 0xE000;
}

/* Length of the escape at i, or 0. Half a surrogate pair is no escape: readers refuse it. */
static size_t
escape_len(struct sl_str s, size_t i)
{
	if (s.len - i < 2)
		return 0;
	if (s.ptr[i + 1] != 'u')
		return s.ptr[i + 1] != '\0' && strchr("\"\\/bfnrt", s.ptr[i + 1]) ? 2 : 0;
	int32_t unit = unit_at(s, i);
	if (unit < 0 || is_low(unit))
		return 0;
	if (!is_high(unit))
		return 6;
	return is_low(unit_at(s, i + 6)) ? 12 : 0;
}

/* From the opening quote at *pos to behind the closing one. */
static enum sl_json_fault
skip_string(struct sl_str s, size_t *pos)
{
	size_t i = *pos + 1;
	for (;;) {
		i += sl_json_plain_len(s.ptr + i, s.len - i);
		if (i >= s.len)
			return SL_JSON_SYNTAX;
		char c = s.ptr[i];
		if (c == '"')
			break;
		if (c == '\\') {
			size_t n = escape_len(s, i);
			if (n == 0)
				return SL_JSON_SYNTAX;
			i += n;
		} else if ((unsigned char)c < 0x20) {
			return SL_JSON_SYNTAX;
		} else if (sl_utf8_next(s, &i) == UINT32_MAX) {
			return SL_JSON_UTF8;
		}
	}
	*pos = i + 1;
	return SL_JSON_OK;
}

static enum sl_json_fault
skip_word(struct sl_str s, size_t *pos)
{
	static const char *const words[] = { "true", "false", "null" };
	for (size_t w = 0; w < SL_COUNT(words); w++) {
		size_t n = strlen(words[w]);
		if (s.len - *pos >= n && memcmp(s.ptr + *pos, words[w], n) == 0) {
			*pos += n;
			return SL_JSON_OK;
		}
	}
	return SL_JSON_SYNTAX;
}

static enum sl_json_fault
skip_scalar(struct sl_str s, size_t *pos)
{
	if (*pos >= s.len)
		return SL_JSON_SYNTAX;
	char c = s.ptr[*pos];
	if (c == '"')
		return skip_string(s, pos);
	if (c != '-' && !is_digit(c))
		return skip_word(s, pos);
	size_t n = sl_json_number_len(s.ptr + *pos, s.len - *pos);
	*pos += n;
	return n > 0 ? SL_JSON_OK : SL_JSON_SYNTAX;
}

/* "key": up to the value. */
static enum sl_json_fault
skip_key(struct sl_str s, size_t *pos)
{
	*pos = blanks(s, *pos);
	if (*pos >= s.len || s.ptr[*pos] != '"')
		return SL_JSON_SYNTAX;
	enum sl_json_fault f = skip_string(s, pos);
	*pos = blanks(s, *pos);
	if (f == SL_JSON_OK && (*pos >= s.len || s.ptr[(*pos)++] != ':'))
		f = SL_JSON_SYNTAX;
	return f;
}

/* What is open around the present place; bit i of `objects` tells what level i is. */
struct nest {
	uint32_t depth;
	uint8_t objects[(SL_JSON_DEPTH + 7) / 8];
};

static bool
in_object(const struct nest *n)
{
	return (n->objects[(n->depth - 1) / 8] >> ((n->depth - 1) % 8)) & 1;
}

static bool
push(struct nest *n, bool object)
{
	if (n->depth == SL_JSON_DEPTH)
		return false;
	uint8_t bit = (uint8_t)(1u << (n->depth % 8));
	if (object)
		n->objects[n->depth / 8] |= bit;
	else
		n->objects[n->depth / 8] &= (uint8_t)~bit;
	n->depth++;
	return true;
}

/* After a value: close what ends here, step over a comma. More is set when another value follows. */
static enum sl_json_fault
after_value(struct sl_str s, size_t *pos, struct nest *n, bool *more)
{
	*more = false;
	while (n->depth > 0) {
		*pos = blanks(s, *pos);
		if (*pos >= s.len)
			return SL_JSON_SYNTAX;
		char c = s.ptr[(*pos)++];
		if (c == ',') {
			*more = true;
			return in_object(n) ? skip_key(s, pos) : SL_JSON_OK;
		}
		if (c != (in_object(n) ? '}' : ']'))
			return SL_JSON_SYNTAX;
		n->depth--;
	}
	return SL_JSON_OK;
}

/* Step over one value from *pos on, blanks before it included, checking all of it. */
static enum sl_json_fault
skip_value(struct sl_str s, size_t *pos)
{
	struct nest n = { 0 };
	enum sl_json_fault f = SL_JSON_OK;
	bool more = true;
	while (f == SL_JSON_OK && more) {
		*pos = blanks(s, *pos);
		char c = *pos < s.len ? s.ptr[*pos] : '\0';
		if (c == '{' || c == '[') {
			if (!push(&n, c == '{'))
				return SL_JSON_SYNTAX;
			*pos = blanks(s, *pos + 1);
			char end = c == '{' ? '}' : ']';
			if (*pos >= s.len || s.ptr[*pos] != end) {
				f = c == '{' ? skip_key(s, pos) : SL_JSON_OK;
				continue;
			}
			(*pos)++;
			n.depth--;
		} else {
			f = skip_scalar(s, pos);
		}
		if (f == SL_JSON_OK)
			f = after_value(s, pos, &n, &more);
	}
	return f;
}

enum sl_json_fault
sl_json_check(struct sl_str text)
{
	size_t pos = 0;
	enum sl_json_fault f = skip_value(text, &pos);
	if (f == SL_JSON_OK && blanks(text, pos) != text.len)
		f = SL_JSON_SYNTAX;
	return f;
}

static bool
stop(struct sl_json_iter *it, enum sl_json_fault f)
{
	it->fault = f;
	return false;
}

bool
sl_json_next(struct sl_json_iter *it)
{
	struct sl_str s = it->text;
	bool first = it->pos == 0;
	it->pos = blanks(s, it->pos);
	char c = it->pos < s.len ? s.ptr[it->pos] : '\0';
	if (first)
		it->kind = c == '[' || c == '{' ? c : '\0';
	if (first && !it->kind)
		return stop(it, SL_JSON_OK);
	if (c == (it->kind == '[' ? ']' : '}'))
		return stop(it, SL_JSON_OK);
	if (!first && c != ',')
		return stop(it, SL_JSON_SYNTAX);
	it->pos = blanks(s, it->pos + 1);
	if (first && it->pos < s.len && s.ptr[it->pos] == (it->kind == '[' ? ']' : '}'))
		return stop(it, SL_JSON_OK);
	if (it->kind == '{') {
		size_t from = it->pos, end = from;
		enum sl_json_fault f = skip_key(s, &it->pos);
		if (f == SL_JSON_OK)
			f = skip_string(s, &end);
		if (f != SL_JSON_OK)
			return stop(it, f);
		it->key = (struct sl_str){ s.ptr + from + 1, end - from - 2 };
		it->pos = blanks(s, it->pos);
	}
	size_t from = it->pos;
	enum sl_json_fault f = skip_value(s, &it->pos);
	it->value = (struct sl_str){ s.ptr + from, it->pos - from };
	return f == SL_JSON_OK || stop(it, f);
}

/* Undo the escapes of a string that was checked. out has room for s.len bytes. */
static size_t
unescape(struct sl_str s, char *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	size_t n = 0, i = 0;
	while (i < s.len) {
		if (s.ptr[i] != '\\') {
			out[n++] = s.ptr[i++];
			continue;
		}
		size_t len = escape_len(s, i);
		if (len == 2) {
			const char *known = strchr(from, s.ptr[i + 1]);
			out[n++] = known ? to[known - from] : s.ptr[i + 1];
		} else {
			uint32_t cp = (uint32_t)unit_at(s, i);
			if (len == 12)
				cp = 0x10000 + ((cp - 0xD800) << 10) +
				     ((uint32_t)unit_at(s, i + 6) - 0xDC00);
			n += sl_utf8_put(cp, out + n);
		}
		i += len;
	}
	return n;
}

/* Does an escaped key say this name? Keys with escapes are rare and short ones are all that is compared. */
static bool
key_is(struct sl_str key, struct sl_str name)
{
	char plain[512];
	if (!memchr(key.ptr, '\\', key.len))
		return sl_str_eq(key, name);
	if (key.len > sizeof plain)
		return false;
	return sl_str_eq((struct sl_str){ plain, unescape(key, plain) }, name);
}

/* One step down: the member `name`, or the element of that number. The last of equal keys counts, as in
 * most readers. */
static enum sl_json_fault
step(struct sl_str text, struct sl_str name, struct sl_str *out)
{
	struct sl_json_iter it = { .text = text };
	struct sl_str found = { NULL, 0 };
	int64_t want = -1, at = 0;
	bool numbered = sl_str_to_i64(name, &want) && want >= 0;
	while (sl_json_next(&it)) {
		if (it.kind == '{' ? key_is(it.key, name) : numbered && at == want)
			found = it.value;
		at++;
	}
	*out = found;
	return it.fault;
}

enum sl_json_fault
sl_json_find(struct sl_str text, const struct sl_str *path, uint32_t npath, struct sl_str *out)
{
	enum sl_json_fault f = sl_json_check(text);
	size_t from = blanks(text, 0);
	*out = (struct sl_str){ text.ptr + from, text.len - from };
	for (uint32_t i = 0; f == SL_JSON_OK && i < npath && out->len > 0; i++)
		f = step(*out, path[i], out);
	return f;
}

static bool
string_to_value(struct sl_str s, struct sl_arena *a, struct sl_value *out)
{
	const char *p = s.ptr;
	size_t n = s.len;
	if (memchr(s.ptr, '\\', s.len)) {
		char *plain = sl_arena_alloc(a, s.len, 1);
		if (!plain)
			return false;
		n = unescape(s, plain);
		p = plain;
	}
	*out = (struct sl_value){ p, (uint32_t)n, SL_T_TEXT };
	return true;
}

bool
sl_json_to_value(struct sl_str json, struct sl_arena *a, struct sl_value *out)
{
	struct sl_str s = sl_str_trim(json);
	enum sl_type type = SL_T_JSON;
	*out = (struct sl_value){ 0 };
	if (s.len == 0 || s.ptr[0] == 'n')
		return true;
	if (s.ptr[0] == '"')
		return string_to_value((struct sl_str){ s.ptr + 1, s.len - 2 }, a, out);
	if (s.ptr[0] == 't' || s.ptr[0] == 'f')
		type = SL_T_BOOL;
	else if (s.ptr[0] == '-' || is_digit(s.ptr[0]))
		type = memchr(s.ptr, 'e', s.len) || memchr(s.ptr, 'E', s.len) ? SL_T_FLOAT
		       : memchr(s.ptr, '.', s.len)                            ? SL_T_DECIMAL
									      : SL_T_INT;
	*out = (struct sl_value){ s.ptr, (uint32_t)s.len, (uint8_t)type };
	return true;
}
