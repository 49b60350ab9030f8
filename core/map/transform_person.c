/* transform_person.c - what tells a person from others, in the form in which advertising platforms hash it:
 * every spelling of one address or number has to give the same digest. */
#include "core/base/text.h"
#include "core/map/transform.h"

#define PHONE_MAX   15 /* digits, E.164 */
#define COUNTRY_MAX 3  /* digits of a country's code */

enum kind { EMAIL, GMAIL, PHONE, E164, NAME, CITY, ZIP, COUNTRY };

static const char *const kinds[] = { "email", "gmail", "phone", "e164",
				     "name",  "city",  "zip",   "country" };

static const char *
prepare(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	(void)src;
	(void)a;
	for (size_t i = 0; i < SL_COUNT(kinds); i++) {
		if (!sl_str_is((struct sl_str){ c->args[0].ptr, c->args[0].len }, kinds[i]))
			continue;
		c->num[0] = (int64_t)i;
		if (c->nargs < 2)
			return NULL;
		if (i != PHONE && i != E164)
			return "only phone and e164 take the code of a country";
		if (c->args[1].len == 0 || c->args[1].len > COUNTRY_MAX ||
		    !sl_str_to_i64((struct sl_str){ c->args[1].ptr, c->args[1].len }, &c->num[1]) ||
		    c->num[1] <= 0)
			return "the code of a country is a number of one to three digits, such as "
			       "49";
		return NULL;
	}
	return "normalize knows email, gmail, phone, e164, name, city, zip and country";
}

/* ---- telephone numbers ---------------------------------------------------------------------------------- */

/* Digits with the country's code first. national: none stands there, the number may start with a zero. */
static enum sl_eval
phone(const struct sl_call *c, struct sl_str s, struct sl_value *v, struct sl_eval_ctx *x)
{
	const bool plus = memchr(s.ptr, '+', s.len) != NULL;
	char *out = sl_eval_room(x, PHONE_MAX + COUNTRY_MAX + 2);
	size_t n = 0, at = 0, zeros = 0;

	if (!out)
		return SL_EVAL_FAIL;
	if (c->num[0] == E164)
		out[n++] = '+';
	while (at < s.len && (s.ptr[at] < '1' || s.ptr[at] > '9'))
		zeros += s.ptr[at++] == '0';
	if (at == s.len)
		return sl_eval_null(v);
	if (c->nargs > 1 && !plus && zeros < 2) {
		memcpy(out + n, c->args[1].ptr, c->args[1].len);
		n += c->args[1].len;
	}
	for (; at < s.len; at++) {
		if (s.ptr[at] < '0' || s.ptr[at] > '9')
			continue;
		if (n - (c->num[0] == E164) == PHONE_MAX)
			return sl_eval_fail(x,
					    "has more than 15 digits: that is no telephone number");
		out[n++] = s.ptr[at];
	}
	return sl_eval_set(v, SL_T_TEXT, out, n);
}

/* ---- texts ------------------------------------------------------------------------------------------------- */

static bool
is_blank(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xa0;
}

/* ASCII signs but letters and digits, and the general punctuation of Unicode. */
static bool
is_sign(uint32_t cp)
{
	if (cp < 0x80)
		return cp > ' ' && !((cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
				     (cp >= 'A' && cp <= 'Z'));
	return (cp >= 0x2010 && cp <= 0x205e) || cp == 0xb7;
}

static bool
is_kept(enum kind k, uint32_t cp)
{
	switch (k) {
	case NAME:
		return !is_sign(cp);
	case CITY:
		return !is_sign(cp) && !is_blank(cp) && !(cp >= '0' && cp <= '9');
	case ZIP:
		return !is_blank(cp) && cp != '-';
	case COUNTRY:
		return !is_blank(cp);
	case EMAIL:
	case GMAIL:
	case PHONE:
	case E164:
		break;
	}
	return true;
}

/* Lower case, without what the kind leaves out. */
static enum sl_eval
text(enum kind k, struct sl_str s, struct sl_value *v, struct sl_eval_ctx *x)
{
	char *out = sl_eval_room(x, s.len * 2 + 4);
	size_t n = 0;

	if (!out)
		return SL_EVAL_FAIL;
	for (size_t i = 0; i < s.len;) {
		const size_t from = i;
		const uint32_t cp = sl_utf8_next(s, &i);

		if (cp == UINT32_MAX)
			out[n++] = s.ptr[from]; /* the writer names it */
		else if (is_kept(k, cp))
			n += sl_utf8_put(sl_letter_lower(cp), out + n);
	}
	s = sl_str_trim((struct sl_str){ out, n });
	return s.len == 0 ? sl_eval_null(v) : sl_eval_set(v, SL_T_TEXT, s.ptr, s.len);
}

/* Google takes the dots and what follows a plus out of its own addresses. */
static void
cut_gmail(struct sl_value *v)
{
	/* text() has just written it: the memory is ours. */
	char *p = (char *)(uintptr_t)v->ptr;
	const char *at = memrchr(p, '@', v->len);
	const struct sl_str host =
		at ? (struct sl_str){ at, (size_t)(p + v->len - at) } : (struct sl_str){ 0 };
	size_t n = 0, i = 0;

	if (!sl_str_is(host, "@gmail.com") && !sl_str_is(host, "@googlemail.com"))
		return;
	for (; p + i < at && p[i] != '+'; i++)
		if (p[i] != '.')
			p[n++] = p[i];
	memmove(p + n, host.ptr, host.len);
	v->len = (uint32_t)(n + host.len);
}

static enum sl_eval
normalize(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	const enum kind k = (enum kind)c->num[0];
	struct sl_str s;
	enum sl_eval rc;

	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	if (s.len == 0)
		return sl_eval_null(v);
	if (k == PHONE || k == E164)
		return phone(c, s, v, x);
	rc = text(k, s, v, x);
	if (rc == SL_EVAL_OK && k == GMAIL && v->type == SL_T_TEXT)
		cut_gmail(v);
	return rc;
}

const struct sl_transform sl_tf_normalize = {
	.info = { "normalize", "KIND [COUNTRY]",
		  "One spelling for what is hashed. email: trimmed, lower case; gmail: the same, "
		  "and "
		  "without dots and +suffix before @gmail.com (Google); phone: digits with the "
		  "country's code, no zeros before it (Meta); e164: the same with + (Google, "
		  "TikTok); "
		  "name: lower case without signs; city: letters only; zip: no blanks or dashes; "
		  "country. COUNTRY, such as 49, is put before numbers that have none. Nothing "
		  "left "
		  "becomes null.",
		  "mobile | normalize e164 49 | sha256" },
	.min = 1,
	.max = 2,
	.prepare = prepare,
	.eval = normalize,
};
