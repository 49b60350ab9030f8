/* pg_binary.c - values as PostgreSQL sends them in binary form, made the text that it would have sent:
 * with TimeZone UTC, DateStyle ISO and bytea_output hex, byte for byte. Where that text is no simple matter
 * (floats, numeric) the server is asked for it. */
#include "core/source/pg.h"

#define DAYS_OF_400 146097u
#define EPOCH_YEARS 4800                                        /* before the year 0 */
#define EPOCH_DAYS  (730425u + EPOCH_YEARS / 400 * DAYS_OF_400) /* to 2000-01-01 */
#define DAY_US      86400000000LL

static const struct {
	uint32_t oid;
	uint8_t wire;
	const char *out;
} wires[] = {
	{ 16, SL_PG_W_BOOL, NULL },
	{ 17, SL_PG_W_BYTES, NULL },
	{ 20, SL_PG_W_INT8, NULL },
	{ 21, SL_PG_W_INT2, NULL },
	{ 23, SL_PG_W_INT4, NULL },
	{ 25, SL_PG_W_TEXT, NULL },
	{ 26, SL_PG_W_OID, NULL },
	{ 114, SL_PG_W_TEXT, NULL }, /* json */
	{ 700, SL_PG_W_FLOAT4, "float4out" },
	{ 701, SL_PG_W_FLOAT8, "float8out" },
	{ 1042, SL_PG_W_TEXT, NULL }, /* char(n) */
	{ 1043, SL_PG_W_TEXT, NULL }, /* varchar */
	{ 1082, SL_PG_W_DATE, NULL },
	{ 1083, SL_PG_W_TIME, "time_out" },
	{ 1114, SL_PG_W_TIMESTAMP, NULL },
	{ 1184, SL_PG_W_TIMESTAMPTZ, NULL },
	{ 1700, SL_PG_W_NUMERIC, "numeric_out" },
	{ 2950, SL_PG_W_UUID, NULL },
	{ 3802, SL_PG_W_JSONB, NULL },
};

enum sl_pg_wire
sl_pg_wire_of(uint32_t oid)
{
	for (size_t i = 0; i < SL_COUNT(wires); i++)
		if (wires[i].oid == oid)
			return (enum sl_pg_wire)wires[i].wire;
	return SL_PG_W_NONE;
}

const char *
sl_pg_wire_out(enum sl_pg_wire wire)
{
	for (size_t i = 0; i < SL_COUNT(wires); i++)
		if (wires[i].wire == (uint8_t)wire && wires[i].out != NULL)
			return wires[i].out;
	return NULL;
}

static uint64_t
number(struct sl_str s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | (unsigned char)s.ptr[i];
	return v;
}

/* At least `width` digits. */
static char *
put_number(char *p, uint64_t v, int width)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0 || n < width);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static char *
put_signed(char *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	return put_number(p, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

static char *
put_two(char *p, uint32_t v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
	return p + 2;
}

static char *
put_year(char *p, uint32_t year)
{
	return year < 10000 ? put_two(put_two(p, year / 100), year % 100) : put_number(p, year, 4);
}

/* Days since 2000-01-01; *bc: the year is one before Christ. The years of the calendar begin in March here,
 * so that the leap day is the last one of a year; they are counted from one that is no server's. */
static char *
put_date(char *p, int32_t days, bool *bc)
{
	const uint32_t z = (uint32_t)days + EPOCH_DAYS;
	const uint32_t era = z / DAYS_OF_400, doe = z % DAYS_OF_400;
	const uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	const uint32_t mp = (5 * doy + 2) / 153;
	const uint32_t month = mp < 10 ? mp + 3 : mp - 9;
	const int32_t year = (int32_t)(yoe + era * 400 + (month <= 2)) - EPOCH_YEARS;

	*bc = year <= 0;
	p = put_year(p, (uint32_t)(*bc ? 1 - year : year));
	*p++ = '-';
	p = put_two(p, month);
	*p++ = '-';
	return put_two(p, doy - (153 * mp + 2) / 5 + 1);
}

static char *
put_text(char *p, const char *text)
{
	const size_t n = strlen(text);

	memcpy(p, text, n);
	return p + n;
}

static char *
put_day(char *p, int32_t days)
{
	bool bc;

	if (days == INT32_MAX || days == INT32_MIN)
		return put_text(p, days > 0 ? "infinity" : "-infinity");
	p = put_date(p, days, &bc);
	return bc ? put_text(p, " BC") : p;
}

/* us: microseconds since 2000-01-01. */
static char *
put_timestamp(char *p, int64_t us, const char *zone)
{
	int64_t days, left;
	uint32_t second, part;
	bool bc;

	if (us == INT64_MAX || us == INT64_MIN)
		return put_text(p, us > 0 ? "infinity" : "-infinity");
	days = us / DAY_US - (us % DAY_US < 0);
	left = us - days * DAY_US;
	second = (uint32_t)(left / 1000000);
	part = (uint32_t)(left % 1000000);
	p = put_date(p, (int32_t)days, &bc);
	*p++ = ' ';
	p = put_two(p, second / 3600);
	*p++ = ':';
	p = put_two(p, second / 60 % 60);
	*p++ = ':';
	p = put_two(p, second % 60);
	if (part > 0) {
		*p++ = '.';
		p = put_number(p, part, 6);
		while (p[-1] == '0')
			p--;
	}
	p = put_text(p, zone);
	return bc ? put_text(p, " BC") : p;
}

static void
put_hex(char *p, struct sl_str s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		*p++ = digits[(unsigned char)s.ptr[i] >> 4];
		*p++ = digits[s.ptr[i] & 15];
	}
}

static char *
put_uuid(char *p, struct sl_str s)
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };
	size_t at = 0;

	for (size_t i = 0; i < SL_COUNT(groups); i++) {
		if (i > 0)
			*p++ = '-';
		put_hex(p, (struct sl_str){ s.ptr + at, groups[i] });
		p += groups[i] * 2;
		at += groups[i];
	}
	return p;
}

static bool
put_bytes(struct sl_fill *f, struct sl_value *cell, struct sl_str s)
{
	char *to;

	if (s.len > UINT32_MAX / 2)
		return false;
	to = sl_fill_room(f, s.len * 2);
	if (to == NULL)
		return false;
	put_hex(to, s);
	*cell = (struct sl_value){ .ptr = to, .len = (uint32_t)s.len * 2, .type = SL_T_BYTES };
	return true;
}

/* How many bytes a value of that type has; -1 = any number. */
static int
size_of(enum sl_pg_wire wire)
{
	switch (wire) {
	case SL_PG_W_BOOL:
		return 1;
	case SL_PG_W_INT2:
		return 2;
	case SL_PG_W_INT4:
	case SL_PG_W_OID:
	case SL_PG_W_DATE:
		return 4;
	case SL_PG_W_INT8:
	case SL_PG_W_TIMESTAMP:
	case SL_PG_W_TIMESTAMPTZ:
		return 8;
	case SL_PG_W_UUID:
		return 16;
	default:
		return -1;
	}
}

/* The text of a value that has a size. */
static char *
put_sized(char *p, enum sl_pg_wire wire, struct sl_str s)
{
	const uint64_t v = wire == SL_PG_W_UUID ? 0 : number(s);

	switch (wire) {
	case SL_PG_W_INT2:
		return put_signed(p, (int16_t)v);
	case SL_PG_W_INT4:
		return put_signed(p, (int32_t)v);
	case SL_PG_W_INT8:
		return put_signed(p, (int64_t)v);
	case SL_PG_W_OID:
		return put_number(p, v, 1);
	case SL_PG_W_DATE:
		return put_day(p, (int32_t)v);
	case SL_PG_W_TIMESTAMP:
		return put_timestamp(p, (int64_t)v, "");
	case SL_PG_W_TIMESTAMPTZ:
		return put_timestamp(p, (int64_t)v, "+00");
	default:
		return put_uuid(p, s);
	}
}

bool
sl_pg_put_binary(struct sl_fill *f, uint32_t column, enum sl_pg_wire wire, struct sl_value *cell,
		 struct sl_str s, bool *fit)
{
	const enum sl_type type = f->schema->cols[column].type;
	const int size = size_of(wire);
	char text[64];

	*fit = size < 0 || s.len == (size_t)size;
	if (*fit && wire == SL_PG_W_JSONB)
		*fit = s.len > 0 && s.ptr[0] == 1; /* the version of its form */
	if (!*fit)
		return false;
	if (wire == SL_PG_W_BOOL) {
		sl_fill_const(f, cell, type, s.ptr[0] ? SL_LIT("true") : SL_LIT("false"));
		return true;
	}
	if (wire == SL_PG_W_BYTES)
		return put_bytes(f, cell, s);
	if (wire == SL_PG_W_JSONB)
		return sl_fill_put(f, cell, type, s.ptr + 1, s.len - 1);
	if (size < 0)
		return sl_fill_put(f, cell, type, s.ptr, s.len);
	return sl_fill_put(f, cell, type, text, (size_t)(put_sized(text, wire, s) - text));
}
