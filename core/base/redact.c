/* redact.c - values and secrets are taken out of texts. */
#include "core/base/redact.h"

#include <strings.h>

#define SHORT 4 /* bytes; a shorter value is found as a word only */

/* Puts what was built in the place of the text. */
static void
give_back(char *text, size_t cap, struct sl_buf *b)
{
	sl_copy(text, cap, b->failed ? SL_REDACTED " (no memory to show it)" : sl_buf_cstr(b));
	sl_buf_free(b);
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* ---- one value ------------------------------------------------------------------------------------- */

/* Bytes of the text at p that are the value; 0 = none. */
static size_t
match(const char *start, const char *p, struct sl_str value)
{
	const size_t left = strlen(p);
	const bool whole = left >= value.len;

	if (strncasecmp(p, value.ptr, whole ? value.len : left) != 0)
		return 0;
	if (value.len < SHORT && (!whole || (p > start && is_word(p[-1])) || is_word(p[value.len])))
		return 0;
	return whole ? value.len : left >= SHORT ? left : 0;
}

void
sl_redact_value(char *text, size_t cap, struct sl_str value)
{
	bool found = false;
	struct sl_buf b;

	if (value.len == 0 || memchr(value.ptr, '\0', value.len))
		return;
	sl_buf_init(&b, 0);
	for (const char *p = text; *p;) {
		const size_t n = match(text, p, value);

		if (n == 0) {
			sl_buf_putc(&b, *p++);
			continue;
		}
		sl_buf_puts(&b, SL_REDACTED);
		found = true;
		p += n;
	}
	if (found)
		give_back(text, cap, &b);
	else
		sl_buf_free(&b);
}

/* ---- quotes ------------------------------------------------------------------------------------------ */

/* The quotes that servers put around values, in the languages they speak. */
static const struct {
	const char *open, *close;
} quotes[] = {
	{ "\"", "\"" },
	{ "\xe2\x80\x9e", "\xe2\x80\x9c" }, /* low and high */
	{ "\xe2\x80\x9c", "\xe2\x80\x9d" },
	{ "\xc2\xab", "\xc2\xbb" }, /* guillemets */
	{ "'", "'" },
	{ "`", "`" },
};

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* An apostrophe within a word is none of them. */
static const char *
closing(const char *start, const char *p, size_t *open_len)
{
	for (size_t i = 0; i < SL_COUNT(quotes); i++) {
		if (!starts(p, quotes[i].open) || (*p == '\'' && p > start && is_word(p[-1])))
			continue;
		*open_len = strlen(quotes[i].open);
		return quotes[i].close;
	}
	return NULL;
}

/* The last quote of the kind counts: the value itself may hold some. */
static const char *
last_of(const char *p, const char *close)
{
	const char *last = NULL;

	for (const char *at = strstr(p, close); at; at = strstr(at + 1, close))
		last = at;
	return last;
}

void
sl_redact_quoted(char *text, size_t cap)
{
	struct sl_buf b;

	sl_buf_init(&b, 0);
	for (const char *p = text; *p;) {
		size_t open_len = 0;
		const char *close = closing(text, p, &open_len), *end;

		if (!close) {
			sl_buf_putc(&b, *p++);
			continue;
		}
		end = last_of(p + open_len, close);
		sl_buf_put(&b, p, open_len);
		sl_buf_puts(&b, SL_REDACTED);
		if (!end)
			break; /* it was cut: nothing tells where the value ends */
		sl_buf_puts(&b, close);
		p = end + strlen(close);
	}
	give_back(text, cap, &b);
}

/* ---- what looks like a secret -------------------------------------------------------------------------- */

/* Names after which a secret stands, behind = or, in quotes, behind a colon. Those of headers stand bare
 * before a colon too; of the others "password: it is not set" is a sentence of ours. */
static const struct {
	const char *text;
	bool header;
} names[] = { { "password", false },      { "passwd", false },    { "pwd", false },
	      { "secret", false },        { "token", false },     { "access_token", false },
	      { "refresh_token", false }, { "write_key", false }, { "writekey", false },
	      { "client_secret", false }, { "api_key", true },    { "apikey", true },
	      { "api-key", true },        { "x-api-key", true },  { "authorization", true } };
static const char *const schemes[] = { "Bearer ", "Basic " };

static size_t
value_len(const char *p)
{
	return strcspn(p, " \t\r\n\"',;&<>)}]");
}

/* password=..., "token": "...": where the secret starts, or NULL. */
static const char *
behind_name(const char *start, const char *p)
{
	if (p > start && is_word(p[-1]))
		return NULL;
	for (size_t i = 0; i < SL_COUNT(names); i++) {
		const size_t n = strlen(names[i].text);
		const char *at = p + n, *sign;

		if (strncasecmp(p, names[i].text, n) != 0)
			continue;
		at += strspn(at, "\"' ");
		sign = at;
		if (*sign != '=' && *sign != ':')
			continue;
		at += 1 + strspn(at + 1, " ");
		if (*sign == ':' && !names[i].header && *at != '"' && *at != '\'')
			continue;
		at += strspn(at, "\"' ");
		for (size_t k = 0; k < SL_COUNT(schemes); k++)
			if (strncasecmp(at, schemes[k], strlen(schemes[k])) == 0)
				at += strlen(schemes[k]);
		return value_len(at) > 0 ? at : NULL;
	}
	return NULL;
}

static const char *
behind_scheme(const char *start, const char *p)
{
	if (p > start && is_word(p[-1]))
		return NULL;
	for (size_t i = 0; i < SL_COUNT(schemes); i++) {
		const size_t n = strlen(schemes[i]);

		/* "Basic auth is off" is a sentence. */
		if (strncasecmp(p, schemes[i], n) == 0 && value_len(p + n) >= 8)
			return p + n;
	}
	return NULL;
}

/* ://user:pass@ */
static const char *
in_userinfo(const char *p, size_t *len)
{
	size_t n;

	if (strncmp(p, "://", 3) != 0)
		return NULL;
	n = strcspn(p + 3, "/?# \t\r\n\"'<>");
	for (size_t i = n; i-- > 0;)
		if (p[3 + i] == '@') {
			*len = i;
			return p + 3;
		}
	return NULL;
}

void
sl_redact_secrets(char *text, size_t cap)
{
	struct sl_buf b;

	sl_buf_init(&b, 0);
	for (const char *p = text; *p;) {
		size_t len = 0;
		const char *at = in_userinfo(p, &len);

		if (!at) {
			at = behind_name(text, p);
			if (!at)
				at = behind_scheme(text, p);
			len = at ? value_len(at) : 0;
		}
		if (!at) {
			sl_buf_putc(&b, *p++);
			continue;
		}
		sl_buf_put(&b, p, (size_t)(at - p));
		sl_buf_puts(&b, SL_REDACTED);
		p = at + len;
	}
	give_back(text, cap, &b);
}
