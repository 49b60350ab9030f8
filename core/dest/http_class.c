/* http_class.c - what an HTTP answer means for the events of a request. */
#include "core/dest/http_class.h"

struct range {
	int from, to;
	enum sl_class cls; /* SL_C_SPLIT: of several events; of one SL_C_REJECT */
};

/* First match wins. */
static const struct range common[] = {
	{ 200, 299, SL_C_ACK },      /* taken */
	{ 300, 399, SL_C_CONFIG },   /* redirects are never followed */
	{ 401, 401, SL_C_AUTH },     /* no or a wrong key */
	{ 403, 403, SL_C_AUTH },     /* a key without the right */
	{ 407, 407, SL_C_CONFIG },   /* a proxy in between wants a login */
	{ 408, 408, SL_C_RETRY },    /* the server did not get it in time */
	{ 423, 423, SL_C_RETRY },    /* locked: somebody else is at it */
	{ 425, 425, SL_C_RETRY },    /* too early */
	{ 429, 429, SL_C_THROTTLE }, /* too many */
	{ 400, 499, SL_C_SPLIT },    /* 413 too: half a request is smaller */
	{ 501, 501, SL_C_CONFIG },   /* the method is not known there */
	{ 505, 505, SL_C_CONFIG },   /* nor is HTTP/1.1 */
	{ 500, 599, SL_C_RETRY },    /* the server's own trouble */
};

static enum sl_class
of_status(int status, const struct sl_http_rule *rules, size_t nrules)
{
	for (size_t i = 0; i < nrules; i++) {
		if (rules[i].status == status)
			return rules[i].cls;
	}
	for (size_t i = 0; i < SL_COUNT(common); i++) {
		if (status >= common[i].from && status <= common[i].to)
			return common[i].cls;
	}
	return SL_C_UNKNOWN;
}

static enum sl_class
classify(const struct sl_http_result *r, uint32_t n, const struct sl_http_rule *rules,
	 size_t nrules)
{
	enum sl_class cls;

	if (r->setup)
		return SL_C_CONFIG;
	if (!r->ok)
		return r->sent ? SL_C_UNKNOWN : SL_C_RETRY;
	cls = of_status(r->status, rules, nrules);
	if (cls == SL_C_SPLIT && n <= 1)
		return SL_C_REJECT;
	/* A server that names a time holds the whole destination, as 429 does. */
	if (cls == SL_C_RETRY && (r->status == 503 || r->status == 529) && r->retry_after_us > 0)
		return SL_C_THROTTLE;
	return cls;
}

/* Bytes of text that fit into cap without cutting a character of UTF-8. */
static size_t
whole_chars(struct sl_str s, size_t cap)
{
	size_t n = s.len;

	if (n <= cap)
		return n;
	n = cap;
	while (n > 0 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void
sl_outcome_words(struct sl_outcome *out, struct sl_str words)
{
	size_t len = 0;

	words = sl_str_trim(words);
	if (words.ptr)
		len = whole_chars(words, sizeof(out->detail) - 1);
	for (size_t i = 0; i < len; i++)
		out->detail[i] = words.ptr[i] ? words.ptr[i] : ' ';
	out->detail[len] = 0;
}

void
sl_http_outcome(const struct sl_http_result *r, uint32_t n, const struct sl_http_rule *rules,
		size_t nrules, struct sl_outcome *out)
{
	struct sl_str words = r->body;

	*out = (struct sl_outcome){ .cls = classify(r, n, rules, nrules),
				    .status = r->status,
				    .retry_after_us = r->retry_after_us };
	if (!r->ok)
		words = sl_str(r->error);
	else if (!r->status)
		words = SL_LIT("the connection ended without an HTTP answer");
	else if (out->cls == SL_C_CONFIG && r->status < 400)
		words = SL_LIT("the address answers with a redirect, which is never followed");
	sl_outcome_words(out, words);
}

int
sl_http_status(const char *p, size_t n)
{
	static const char word[] = "HTTP/";
	const char *end = p + n;
	int status = 0;

	p += sizeof(word) - 1;
	while (p < end && ((*p >= '0' && *p <= '9') || *p == '.'))
		p++;
	if (p == end || *p != ' ')
		return 0;
	while (p < end && *p == ' ')
		p++;
	for (int i = 0; i < 3; i++, p++) {
		if (p == end || *p < '0' || *p > '9')
			return 0;
		status = status * 10 + (*p - '0');
	}
	return p == end || *p == ' ' || *p == '\r' || *p == '\n' ? status : 0;
}
