/* http_headers.c - the fixed header lines of a destination's requests. */
#include "core/dest/http_headers.h"

#include "core/base/redact.h"

#include <curl/curl.h>
#include <stdlib.h>

struct sl_http_headers {
	struct curl_slist *list;
	const char *secret; /* the line of the list that holds one; NULL = none does */
};

static bool
append(struct sl_http_headers *h, const char *line)
{
	struct curl_slist *longer = curl_slist_append(h->list, line);

	if (!longer)
		return false;
	h->list = longer;
	return true;
}

struct sl_http_headers *
sl_http_headers_new(void)
{
	struct sl_http_headers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	/* "Expect: 100-continue" would cost a round trip for every body above 1 MiB. */
	if (!append(h, "Expect:") || !append(h, "User-Agent: sluice/" SL_VERSION)) {
		sl_http_headers_free(h);
		return NULL;
	}
	return h;
}

void
sl_http_headers_free(struct sl_http_headers *h)
{
	if (!h)
		return;
	for (struct curl_slist *l = h->list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(h->list);
	free(h);
}

static bool
name_ok(struct sl_str s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (!c || !strchr(others, c)))
			return false;
	}
	return s.len > 0;
}

static bool
value_ok(struct sl_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static const char *
last_line(const struct sl_http_headers *h)
{
	const struct curl_slist *l = h->list;

	while (l->next)
		l = l->next;
	return l->data;
}

enum sl_code
sl_http_headers_add(struct sl_http_headers *h, const char *where, struct sl_str name,
		    struct sl_str value, struct sl_err *err)
{
	struct sl_buf line;
	bool ok;

	if (!name_ok(name))
		return sl_fail(err, SL_E_CONFIG, where,
			       "a header has a name that HTTP does not allow");
	if (!value.len || !value_ok(value)) {
		sl_fail(err, SL_E_CONFIG, where, "the value of header " SL_FMT " %s", SL_ARG(name),
			value.len ? "holds a line break or another control character" : "is empty");
		return sl_err_hint(err, "write the value on one line");
	}
	sl_buf_init(&line, 0);
	ok = sl_buf_reserve(&line, name.len + value.len + 3);
	if (ok) {
		sl_buf_put_str(&line, name);
		sl_buf_puts(&line, ": ");
		sl_buf_put_str(&line, value);
		ok = append(h, sl_buf_cstr(&line)) && !line.failed;
		if (ok && strcmp(where, "headers") != 0)
			h->secret = last_line(h);
		explicit_bzero(line.ptr, line.len);
	}
	sl_buf_free(&line);
	return ok ? SL_OK : sl_fail(err, SL_E_NOMEM, where, "no memory for a header");
}

static void
put_base64(struct sl_buf *out, const unsigned char *in, size_t n)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		v |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? in[i + 2] : 0;
		sl_buf_putc(out, abc[v >> 18]);
		sl_buf_putc(out, abc[v >> 12 & 63]);
		sl_buf_putc(out, i + 1 < n ? abc[v >> 6 & 63] : '=');
		sl_buf_putc(out, i + 2 < n ? abc[v & 63] : '=');
	}
}

enum sl_code
sl_http_headers_basic(struct sl_http_headers *h, const char *where, const char *user,
		      const char *password, struct sl_err *err)
{
	size_t nu = strlen(user), np = strlen(password), n = nu + 1 + np;
	unsigned char *pair = malloc(n);
	struct sl_buf value;
	enum sl_code rc;

	sl_buf_init(&value, 0);
	/* Reserved at once, so that no growing leaves an unwiped copy behind. */
	if (!pair || !sl_buf_reserve(&value, n * 4 / 3 + 16)) {
		free(pair);
		sl_buf_free(&value);
		return sl_fail(err, SL_E_NOMEM, where, "no memory for a header");
	}
	memcpy(pair, user, nu);
	pair[nu] = ':';
	memcpy(pair + nu + 1, password, np);
	sl_buf_puts(&value, "Basic ");
	put_base64(&value, pair, n);
	rc = sl_http_headers_add(h, where, SL_LIT("Authorization"), sl_buf_view(&value), err);
	explicit_bzero(value.ptr, value.len);
	explicit_bzero(pair, n);
	sl_buf_free(&value);
	free(pair);
	return rc;
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Only as much as hiding needs: stops at the first byte that is none of base64. */
static size_t
from_base64(const char *in, char *out)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (int d; (d = base64_digit(*in)) >= 0; in++) {
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have & 0xff);
	}
	return n;
}

static void
hide_basic(const char *encoded, char *text, size_t cap)
{
	const size_t room = strlen(encoded) + 1;
	char *pair = malloc(room);
	size_t n, user;

	if (!pair) {
		sl_copy(text, cap, SL_REDACTED);
		return;
	}
	n = from_base64(encoded, pair);
	pair[n] = '\0';
	user = strcspn(pair, ":");
	sl_redact_value(text, cap, (struct sl_str){ pair, user });
	if (user + 1 < n)
		sl_redact_value(text, cap, (struct sl_str){ pair + user + 1, n - user - 1 });
	explicit_bzero(pair, room);
	free(pair);
}

void
sl_http_headers_hide(const struct sl_http_headers *h, char *text, size_t cap)
{
	const char *value = h->secret ? strstr(h->secret, ": ") : NULL;

	if (!value || !*text)
		return;
	value += 2;
	if (strncmp(value, "Bearer ", 7) == 0)
		value += 7;
	if (strncmp(value, "Basic ", 6) == 0) {
		value += 6;
		hide_basic(value, text, cap);
	}
	sl_redact_value(text, cap, sl_str(value));
}

void *
sl_http_headers_list(const struct sl_http_headers *h)
{
	return h->list;
}
