/* sqlite_value.c - SQLite types values, not columns: what a cell is, its value decides, and where the
 * value fits what the column was declared as, the declaration. */
#include "core/source/sqlite.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum sl_type
sl_lite_type(struct sl_str declared)
{
	/* The first part that is found counts, as in SQLite's own rules of affinity. */
	static const struct {
		const char *part;
		enum sl_type type;
	} rules[] = {
		{ "bool", SL_T_BOOL },
		{ "json", SL_T_JSON },
		{ "timestamptz", SL_T_TIMESTAMPTZ },
		{ "with time zone", SL_T_TIMESTAMPTZ },
		{ "datetime", SL_T_TIMESTAMP },
		{ "timestamp", SL_T_TIMESTAMP },
		{ "date", SL_T_DATE },
		{ "uuid", SL_T_UUID },
		{ "interval", SL_T_TEXT },
		{ "point", SL_T_TEXT },
		{ "int", SL_T_INT },
		{ "decimal", SL_T_DECIMAL },
		{ "numeric", SL_T_DECIMAL },
		{ "char", SL_T_TEXT },
		{ "clob", SL_T_TEXT },
		{ "text", SL_T_TEXT },
		{ "blob", SL_T_BYTES },
		{ "bytea", SL_T_BYTES },
		{ "real", SL_T_FLOAT },
		{ "floa", SL_T_FLOAT },
		{ "doub", SL_T_FLOAT },
		{ "time", SL_T_TIME },
	};
	char low[64];
	size_t n = declared.len < sizeof low ? declared.len : sizeof low - 1;

	for (size_t i = 0; i < n; i++) {
		char c = declared.ptr[i];
		low[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	low[n] = 0;
	for (size_t i = 0; i < SL_COUNT(rules); i++) {
		if (strstr(low, rules[i].part) != NULL)
			return rules[i].type;
	}
	return SL_T_TEXT;
}

/* 0 stands for a digit, x for one of hexadecimal, T for what may part a date from its time; all
 * else for itself. Returns how much of s fits, or 0. */
static size_t
fits(struct sl_str s, const char *picture)
{
	size_t n = strlen(picture);

	if (s.len < n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char c = s.ptr[i];
		bool digit = c >= '0' && c <= '9';
		bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		bool ok = picture[i] == '0'   ? digit
			  : picture[i] == 'x' ? hex
			  : picture[i] == 'T' ? c == ' ' || c == 'T'
					      : c == picture[i];
		if (!ok)
			return 0;
	}
	return n;
}

/* ".123456" or nothing at s[at]; returns where it ends, or 0 for more digits than six. */
static size_t
fraction_end(struct sl_str s, size_t at)
{
	size_t i = at;

	if (at >= s.len || s.ptr[at] != '.')
		return at;
	for (i = at + 1; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		;
	return i - at <= 7 && i - at > 1 ? i : 0;
}

static bool
put_time(struct sl_fill *f, struct sl_value *cell, struct sl_str s, enum sl_type declared)
{
	size_t n = fits(s, declared == SL_T_TIME ? "00:00:00" : "0000-00-00T00:00:00");
	size_t end = n > 0 ? fraction_end(s, n) : 0;
	struct sl_str zone = { s.ptr + end, s.len - end };
	bool utc = sl_str_is(zone, "Z") || sl_str_is(zone, "+00:00") || sl_str_is(zone, "+00");

	if (end == 0 || (zone.len > 0 && !utc) || (zone.len > 0 && declared == SL_T_TIME))
		return sl_fill_put(f, cell, SL_T_TEXT, s.ptr, s.len);
	if (declared == SL_T_TIME)
		return sl_fill_put(f, cell, SL_T_TIME, s.ptr, end);
	char *to = sl_fill_room(f, utc ? end + 3 : end);
	if (to == NULL)
		return false;
	memcpy(to, s.ptr, end);
	to[10] = ' ';
	if (utc)
		memcpy(to + end, "+00", 3);
	*cell = (struct sl_value){ .ptr = to,
				   .len = (uint32_t)(utc ? end + 3 : end),
				   .type = utc ? SL_T_TIMESTAMPTZ : SL_T_TIMESTAMP };
	return true;
}

static bool
put_uuid(struct sl_fill *f, struct sl_value *cell, struct sl_str s)
{
	char low[36];

	if (s.len != 36 || fits(s, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") == 0)
		return sl_fill_put(f, cell, SL_T_TEXT, s.ptr, s.len);
	for (size_t i = 0; i < 36; i++)
		low[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'F' ? (char)(s.ptr[i] - 'A' + 'a')
							    : s.ptr[i];
	return sl_fill_put(f, cell, SL_T_UUID, low, sizeof low);
}

static bool
put_text(struct sl_fill *f, struct sl_value *cell, struct sl_str s, enum sl_type declared,
	 bool json)
{
	enum sl_type type = SL_T_TEXT;

	switch (declared) {
	case SL_T_TIME:
	case SL_T_TIMESTAMP:
	case SL_T_TIMESTAMPTZ:
		return put_time(f, cell, s, declared);
	case SL_T_UUID:
		return put_uuid(f, cell, s);
	case SL_T_DATE:
		type = s.len == 10 && fits(s, "0000-00-00") > 0 ? SL_T_DATE : SL_T_TEXT;
		break;
	case SL_T_BOOL:
		type = sl_str_is(s, "true") || sl_str_is(s, "false") ? SL_T_BOOL : SL_T_TEXT;
		break;
	case SL_T_JSON:
		type = json ? SL_T_JSON : SL_T_TEXT;
		break;
	default:
		break;
	}
	return sl_fill_put(f, cell, type, s.ptr, s.len);
}

static bool
put_integer(struct sl_fill *f, struct sl_value *cell, int64_t v, enum sl_type declared)
{
	char text[24];

	if (declared == SL_T_BOOL && (v == 0 || v == 1)) {
		sl_fill_const(f, cell, SL_T_BOOL, v == 1 ? SL_LIT("true") : SL_LIT("false"));
		return true;
	}
	int n = snprintf(text, sizeof text, "%lld", (long long)v);
	enum sl_type type = declared == SL_T_DECIMAL ? SL_T_DECIMAL : SL_T_INT;
	return sl_fill_put(f, cell, type, text, (size_t)n);
}

/* The fewest digits that give the same double back. */
static bool
put_real(struct sl_fill *f, struct sl_value *cell, double v, enum sl_type declared)
{
	char text[32];
	int n = 0;

	if (isinf(v)) {
		sl_fill_const(f, cell, SL_T_FLOAT,
			      v > 0 ? SL_LIT("Infinity") : SL_LIT("-Infinity"));
		return true;
	}
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v) /* NOLINT: the same bits are wanted */
			break;
	}
	bool plain = memchr(text, 'e', (size_t)n) == NULL;
	enum sl_type type = declared == SL_T_DECIMAL && plain ? SL_T_DECIMAL : SL_T_FLOAT;
	return sl_fill_put(f, cell, type, text, (size_t)n);
}

static bool
put_blob(struct sl_fill *f, struct sl_value *cell, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *to = n <= UINT32_MAX / 2 ? sl_fill_room(f, n * 2) : NULL;

	if (to == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		to[i * 2] = digits[p[i] >> 4];
		to[i * 2 + 1] = digits[p[i] & 15];
	}
	*cell = (struct sl_value){ .ptr = to, .len = (uint32_t)(n * 2), .type = SL_T_BYTES };
	return true;
}

bool
sl_lite_put_value(struct sl_fill *f, struct sl_value *cell, sqlite3_stmt *st, int column,
		  enum sl_type declared, bool json)
{
	const void *p;

	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		return put_integer(f, cell, sqlite3_column_int64(st, column), declared);
	case SQLITE_FLOAT:
		return put_real(f, cell, sqlite3_column_double(st, column), declared);
	case SQLITE_BLOB:
		p = sqlite3_column_blob(st, column); /* NULL when it is empty */
		return put_blob(f, cell, p, (size_t)sqlite3_column_bytes(st, column));
	case SQLITE_TEXT:
		p = sqlite3_column_text(st, column);
		return p != NULL && put_text(f, cell, sl_lite_text(st, column), declared, json);
	default:
		*cell = (struct sl_value){ 0 };
		return true;
	}
}

static unsigned
nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int
bind_bytes(sqlite3_stmt *st, int parameter, const struct sl_value *v)
{
	size_t n = v->len / 2;
	unsigned char *p = malloc(n + 1);

	if (p == NULL)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(nibble(v->ptr[i * 2]) << 4 | nibble(v->ptr[i * 2 + 1]));
	return sqlite3_bind_blob64(st, parameter, p, n, free);
}

bool
sl_lite_bind(sqlite3_stmt *st, int parameter, const struct sl_value *v)
{
	struct sl_str s = { v->ptr, v->len };
	char number[64];
	int64_t i;

	switch ((enum sl_type)v->type) {
	case SL_T_NULL:
		return sqlite3_bind_null(st, parameter) == SQLITE_OK;
	case SL_T_BYTES:
		return bind_bytes(st, parameter, v) == SQLITE_OK;
	case SL_T_BOOL:
		return sqlite3_bind_int(st, parameter, sl_str_is(s, "true")) == SQLITE_OK;
	case SL_T_INT:
	case SL_T_FLOAT:
	case SL_T_DECIMAL:
		if (sl_str_to_i64(s, &i))
			return sqlite3_bind_int64(st, parameter, i) == SQLITE_OK;
		if (s.len < sizeof number) {
			memcpy(number, s.ptr, s.len);
			number[s.len] = 0;
			return sqlite3_bind_double(st, parameter, strtod(number, NULL)) ==
			       SQLITE_OK;
		}
		break;
	default:
		break;
	}
	return sqlite3_bind_text64(st, parameter, s.ptr, s.len, SQLITE_TRANSIENT, SQLITE_UTF8) ==
	       SQLITE_OK;
}
