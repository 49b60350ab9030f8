/* transform_number.c - numbers, exactly: digits are moved and rounded as text, never through a double. */
#include "core/map/transform.h"

#define MOST_DIGITS   400u /* of a number, zeros of its exponent included */
#define MOST_DECIMALS 30

/* 0.DIGITS times 10^point. digits[0] is a spare place that rounding may carry into. */
struct decimal {
	bool negative;
	char digits[MOST_DIGITS + 2];
	int n, point;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "e-12" at the end of a number. */
static bool
read_exponent(struct sl_str s, size_t i, int *out)
{
	int64_t e = 0;
	size_t sign = i + 1;
	if (i == s.len)
		return true;
	if (s.ptr[i] != 'e' && s.ptr[i] != 'E')
		return false;
	if (sign < s.len && s.ptr[sign] == '+')
		sign++;
	if (!sl_str_to_i64((struct sl_str){ s.ptr + sign, s.len - sign }, &e) || e < -400 ||
	    e > 400)
		return false;
	*out = (int)e;
	return true;
}

static bool
read_decimal(struct sl_str s, struct decimal *d)
{
	size_t i = 0, seen = 0;
	bool dot = false;
	int e = 0;
	*d = (struct decimal){ 0 };
	if (s.len > MOST_DIGITS)
		return false;
	if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
		d->negative = s.ptr[i++] == '-';
	for (; i < s.len && (is_digit(s.ptr[i]) || (s.ptr[i] == '.' && !dot)); i++) {
		if (s.ptr[i] == '.') {
			dot = true;
			continue;
		}
		seen++;
		d->point += !dot;
		d->digits[1 + d->n++] = s.ptr[i];
	}
	if (seen == 0 || !read_exponent(s, i, &e))
		return false;
	d->point += e;
	return true;
}

/* Keep `decimals` digits after the point; a half goes away from zero. */
static void
round_to(struct decimal *d, int decimals)
{
	int keep = d->point + decimals;
	if (keep >= d->n)
		return;
	bool up = keep >= 0 && d->digits[1 + keep] >= '5';
	d->n = keep > 0 ? keep : 0;
	if (!up)
		return;
	int i = d->n; /* place of the last digit that stays; 0 is the spare one */
	while (i > 0 && d->digits[i] == '9')
		d->digits[i--] = '0';
	if (i > 0) {
		d->digits[i]++;
		return;
	}
	/* All nines: the carry becomes a digit in front. */
	memmove(d->digits + 2, d->digits + 1, (size_t)d->n);
	d->digits[1] = '1';
	d->n++;
	d->point++;
}

static char
digit_at(const struct decimal *d, int i)
{
	return i >= 0 && i < d->n ? d->digits[1 + i] : '0';
}

/* decimals < 0: as many as there are. Returns the length, or 0 when it would be too long. */
static size_t
write_decimal(const struct decimal *d, int decimals, char *out, size_t cap)
{
	size_t n = 0;
	bool zero = true;
	int places = decimals >= 0 ? decimals : d->n > d->point ? d->n - d->point : 0;
	int from = 0;
	for (int i = 0; i < d->n; i++)
		zero = zero && d->digits[1 + i] == '0';
	while (from < d->point - 1 && digit_at(d, from) == '0')
		from++;
	if (places > (int)cap / 2 || d->point - from > (int)cap / 2 - 4)
		return 0;
	if (d->negative && !zero)
		out[n++] = '-';
	if (d->point <= 0)
		out[n++] = '0';
	for (int i = from; i < d->point; i++)
		out[n++] = digit_at(d, i);
	if (places > 0)
		out[n++] = '.';
	for (int i = 0; i < places; i++)
		out[n++] = digit_at(d, d->point + i);
	return n;
}

/* BOOL counts as 1 and 0. */
static bool
number_text(const struct sl_value *v, struct sl_eval_ctx *x, struct sl_str *out)
{
	if (v->type == SL_T_BOOL) {
		*out = v->len == 4 ? SL_LIT("1") : SL_LIT("0");
		return true;
	}
	if (!sl_eval_text(v, x, out))
		return false;
	*out = sl_str_trim(*out);
	return true;
}

static bool
is_not_finite(struct sl_str s)
{
	return sl_str_is(s, "NaN") || sl_str_is(s, "Infinity") || sl_str_is(s, "-Infinity");
}

static enum sl_eval
to_number(struct sl_value *v, struct sl_eval_ctx *x, int decimals)
{
	struct decimal d;
	struct sl_str s;
	const size_t cap = 4 * MOST_DIGITS;
	if (!number_text(v, x, &s))
		return SL_EVAL_FAIL;
	if (s.len == 0 || is_not_finite(s))
		return sl_eval_null(v);
	if (!read_decimal(s, &d)) {
		(void)sl_eval_unreadable(x, s, "a number; cut units and separators with replace");
		return SL_EVAL_FAIL;
	}
	if (decimals >= 0)
		round_to(&d, decimals);
	char *out = sl_eval_room(x, cap);
	if (!out)
		return SL_EVAL_FAIL;
	size_t n = write_decimal(&d, decimals, out, cap);
	if (n == 0)
		return sl_eval_unreadable(x, s, "a number of sensible length");
	return sl_eval_set(v, memchr(out, '.', n) ? SL_T_DECIMAL : SL_T_INT, out, n);
}

static enum sl_eval
to_int(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return to_number(v, x, 0);
}

static const char *
prepare_number(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	(void)src;
	(void)a;
	c->num[0] = -1;
	if (c->nargs == 0)
		return NULL;
	struct sl_str s = { c->args[0].ptr, c->args[0].len };
	if (!sl_str_to_i64(s, &c->num[0]) || c->num[0] < 0 || c->num[0] > MOST_DECIMALS)
		return "number takes how many decimals to keep, 0 to 30";
	return NULL;
}

static enum sl_eval
number(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	return to_number(v, x, (int)c->num[0]);
}

static enum sl_eval
to_bool(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = { { "true", true }, { "t", true },  { "yes", true },    { "y", true },
		      { "on", true },   { "1", true },  { "false", false }, { "f", false },
		      { "no", false },  { "n", false }, { "off", false },   { "0", false } };
	struct sl_str s;
	char low[8];
	(void)c;
	if (v->type == SL_T_BOOL)
		return SL_EVAL_OK;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	s = sl_str_trim(s);
	if (s.len == 0)
		return sl_eval_null(v);
	for (size_t i = 0; i < s.len && i < sizeof low; i++)
		low[i] = (char)sl_letter_lower((unsigned char)s.ptr[i]);
	for (size_t i = 0; i < SL_COUNT(words) && s.len <= sizeof low; i++)
		if (sl_str_is((struct sl_str){ low, s.len }, words[i].word))
			return sl_eval_set(v, SL_T_BOOL, words[i].yes ? "true" : "false",
					   words[i].yes ? 4 : 5);
	return sl_eval_unreadable(x, s, "true or false");
}

const struct sl_transform sl_tf_int = {
	.info = { "int", "",
		  "A whole number; a half is rounded away from zero, an empty text becomes null.",
		  "age | int" },
	.eval = to_int,
};
const struct sl_transform sl_tf_number = {
	.info = { "number", "[DECIMALS]",
		  "A number, rounded exactly to so many decimals (a half away from zero); an empty "
		  "text becomes "
		  "null.",
		  "price | number 2" },
	.max = 1,
	.prepare = prepare_number,
	.eval = number,
};
const struct sl_transform sl_tf_bool = {
	.info = { "bool", "",
		  "true or false, from true/t/yes/y/on/1 and false/f/no/n/off/0 in any case.",
		  "subscribed | bool" },
	.eval = to_bool,
};
