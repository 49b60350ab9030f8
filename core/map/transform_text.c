/* transform_text.c - transforms of text: case, blanks, parts, pieces around it. */
#include "core/base/text.h"
#include "core/map/transform.h"

#define LETTER_MAX 4u /* bytes of one character */

/* How a run of characters changes case. */
enum letters { ALL_LOWER, ALL_UPPER, FIRST_UPPER };

static bool
is_word_end(uint32_t cp)
{
	return cp == ' ' || cp == '\t' || cp == '-' || cp == '\n' || cp == '.' || cp == '/';
}

static char
ascii_letter(char c, bool upper)
{
	char first = upper ? 'a' : 'A';
	return c >= first && c < first + 26 ? (char)(c ^ 0x20) : c;
}

static size_t
put_letter(uint32_t cp, bool upper, char *out)
{
	return sl_utf8_put(upper ? sl_letter_upper(cp) : sl_letter_lower(cp), out);
}

/* Bytes that are not UTF-8 are kept: the writer names them. A change of case may change the length. */
static enum sl_eval
change_case(struct sl_value *v, struct sl_eval_ctx *x, enum letters how)
{
	struct sl_str s;
	bool start = true;
	size_t n = 0, i = 0;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	char *out = sl_eval_room(x, s.len * 2 + LETTER_MAX);
	if (!out)
		return SL_EVAL_FAIL;
	while (i < s.len) {
		size_t from = i;
		unsigned char lead = (unsigned char)s.ptr[i];
		bool up = how == ALL_UPPER || (how == FIRST_UPPER && start);
		if (lead < 0x80) { /* most text */
			out[n++] = ascii_letter(s.ptr[i++], up);
			start = is_word_end(lead);
			continue;
		}
		uint32_t cp = sl_utf8_next(s, &i);
		if (cp == UINT32_MAX)
			out[n++] = s.ptr[from];
		else
			n += put_letter(cp, up, out + n);
		start = is_word_end(cp);
	}
	/* Numbers and times have no letters that matter: they keep their type. */
	return v->type == SL_T_TEXT || v->type == SL_T_BYTES || v->type == SL_T_UUID
		       ? sl_eval_set(v, SL_T_TEXT, out, n)
		       : SL_EVAL_OK;
}

static enum sl_eval
lower(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return change_case(v, x, ALL_LOWER);
}

static enum sl_eval
upper(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return change_case(v, x, ALL_UPPER);
}

static enum sl_eval
capitalize(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return change_case(v, x, FIRST_UPPER);
}

static enum sl_eval
trim(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s;
	(void)c;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	if (v->type != SL_T_TEXT)
		return SL_EVAL_OK;
	s = sl_str_trim(s);
	return sl_eval_set(v, SL_T_TEXT, s.ptr, s.len);
}

static struct sl_str
arg(const struct sl_call *c, uint32_t i)
{
	return (struct sl_str){ c->args[i].ptr, c->args[i].len };
}

static enum sl_eval
join_two(struct sl_value *v, struct sl_eval_ctx *x, struct sl_str a, struct sl_str b)
{
	char *out = sl_eval_room(x, a.len + b.len);
	if (!out)
		return SL_EVAL_FAIL;
	if (a.len)
		memcpy(out, a.ptr, a.len);
	if (b.len)
		memcpy(out + a.len, b.ptr, b.len);
	return sl_eval_set(v, SL_T_TEXT, out, a.len + b.len);
}

static enum sl_eval
prefix(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s;
	return sl_eval_text(v, x, &s) ? join_two(v, x, arg(c, 0), s) : SL_EVAL_FAIL;
}

static enum sl_eval
suffix(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s;
	return sl_eval_text(v, x, &s) ? join_two(v, x, s, arg(c, 0)) : SL_EVAL_FAIL;
}

static const char *
prepare_replace(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	(void)src;
	(void)a;
	return c->args[0].len == 0 ? "replace needs a text to look for" : NULL;
}

/* Where `what` starts in s at or after `from`, or s.len. */
static size_t
find(struct sl_str s, size_t from, struct sl_str what)
{
	const char *at =
		from < s.len ? memmem(s.ptr + from, s.len - from, what.ptr, what.len) : NULL;
	return at ? (size_t)(at - s.ptr) : s.len;
}

static enum sl_eval
replace(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s, old = arg(c, 0), new = arg(c, 1);
	size_t hits = 0, n = 0;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	for (size_t at = find(s, 0, old); at < s.len; at = find(s, at + old.len, old))
		hits++;
	char *out = sl_eval_room(x, s.len + hits * new.len);
	if (!out)
		return SL_EVAL_FAIL;
	for (size_t from = 0; from < s.len;) {
		size_t at = find(s, from, old);
		memcpy(out + n, s.ptr + from, at - from);
		n += at - from;
		from = at;
		if (at < s.len) {
			if (new.len)
				memcpy(out + n, new.ptr, new.len);
			n += new.len;
			from += old.len;
		}
	}
	return sl_eval_set(v, SL_T_TEXT, out, n);
}

static const char *
prepare_substr(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	(void)src;
	(void)a;
	c->num[1] = INT64_MAX;
	for (uint32_t i = 0; i < c->nargs; i++)
		if (!sl_str_to_i64(arg(c, i), &c->num[i]))
			return "substr takes whole numbers";
	if (c->num[0] == 0)
		return "substr counts from 1; -1 is the last character";
	return c->num[1] < 0 ? "the length of substr cannot be negative" : NULL;
}

/* Byte position of character n (from 0), at most s.len. */
static size_t
char_at(struct sl_str s, size_t from, int64_t n)
{
	size_t i = from;
	while (n-- > 0 && i < s.len)
		(void)sl_utf8_next(s, &i);
	return i;
}

static enum sl_eval
substr(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	int64_t skip = c->num[0] - 1;
	if (c->num[0] < 0) {
		int64_t count = 0;
		for (size_t i = 0; i < s.len; count++)
			(void)sl_utf8_next(s, &i);
		skip = count + c->num[0] > 0 ? count + c->num[0] : 0;
	}
	size_t from = char_at(s, 0, skip), to = char_at(s, from, c->num[1]);
	return sl_eval_set(v, SL_T_TEXT, s.ptr + from, to - from);
}

static enum sl_eval
string(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s = { v->ptr, v->len };
	(void)c;
	if (v->type != SL_T_JSON && !sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	return sl_eval_set(v, SL_T_TEXT, s.ptr, s.len);
}

/* A digest already, by whoever filled the table. */
static bool
is_digest(const struct sl_value *v)
{
	for (uint32_t i = 0; i < v->len; i++)
		if (!((v->ptr[i] >= '0' && v->ptr[i] <= '9') ||
		      (v->ptr[i] >= 'a' && v->ptr[i] <= 'f')))
			return false;
	return v->len == 64;
}

/* Advertising platforms match people by this: blanks cut, lower case, SHA-256 in hex. */
static enum sl_eval
sha256(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	if (string(c, v, x) != SL_EVAL_OK || trim(c, v, x) != SL_EVAL_OK ||
	    lower(c, v, x) != SL_EVAL_OK)
		return SL_EVAL_FAIL;
	if (v->len == 0)
		return sl_eval_null(v);
	if (is_digest(v))
		return SL_EVAL_OK;
	char *hex = sl_eval_room(x, 65);
	if (!hex)
		return SL_EVAL_FAIL;
	if (!sl_sha256_hex(v->ptr, v->len, hex)) {
		x->problem = NULL;
		return SL_EVAL_FAIL;
	}
	return sl_eval_set(v, SL_T_TEXT, hex, 64);
}

const struct sl_transform sl_tf_trim = {
	.info = { "trim", "", "Cuts blanks, tabs and line breaks from both ends.", "email | trim" },
	.eval = trim,
};
const struct sl_transform sl_tf_lower = {
	.info = { "lower", "", "Lower case (Latin, Greek, Cyrillic and Armenian letters).",
		  "email | lower" },
	.eval = lower,
};
const struct sl_transform sl_tf_upper = {
	.info = { "upper", "", "Upper case (Latin, Greek, Cyrillic and Armenian letters).",
		  "country | upper" },
	.eval = upper,
};
const struct sl_transform sl_tf_capitalize = {
	.info = { "capitalize", "",
		  "The first letter of each word in upper case, the others in lower case.",
		  "last_name | capitalize" },
	.eval = capitalize,
};
const struct sl_transform sl_tf_prefix = {
	.info = { "prefix", "TEXT", "Puts a text in front.", "id | prefix 'user-'" },
	.min = 1,
	.max = 1,
	.eval = prefix,
};
const struct sl_transform sl_tf_suffix = {
	.info = { "suffix", "TEXT", "Puts a text behind.", "domain | suffix '.example.com'" },
	.min = 1,
	.max = 1,
	.eval = suffix,
};
const struct sl_transform sl_tf_replace = {
	.info = { "replace", "OLD NEW", "Puts NEW for every OLD.", "phone | replace ' ' ''" },
	.min = 2,
	.max = 2,
	.prepare = prepare_replace,
	.eval = replace,
};
const struct sl_transform sl_tf_substr = {
	.info = { "substr", "FROM [LENGTH]",
		  "A part of the text, in characters from 1; a negative FROM counts from the end.",
		  "zip | substr 1 3" },
	.min = 1,
	.max = 2,
	.prepare = prepare_substr,
	.eval = substr,
};
const struct sl_transform sl_tf_string = {
	.info = { "string", "",
		  "Makes text of any value: numbers go out in quotes, JSON as a text.",
		  "account_id | string" },
	.eval = string,
};
const struct sl_transform sl_tf_sha256 = {
	.info = { "sha256", "",
		  "SHA-256 in hex of the value without outer blanks and in lower case, as Meta, "
		  "Google, "
		  "TikTok and LinkedIn want it; an empty text becomes null, 64 hex digits stay as "
		  "they "
		  "are. Telephone numbers and names need normalize before.",
		  "email | sha256" },
	.eval = sha256,
};
