/* http_url.c - the address of an HTTP destination. */
#include "core/dest/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>

static bool
is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	char bare[64];
	size_t n = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	if (n < 3 || n >= sizeof(bare) || host[0] != '[')
		return false;
	memcpy(bare, host + 1, n - 2);
	bare[n - 2] = 0;
	return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool
blocked_v4(uint32_t a)
{
	/* 169.254/16 holds the metadata service of most clouds; Alibaba's is 100.100.100.200. */
	return (a >> 16) == 0xa9fe || a == 0x646464c8;
}

bool
sl_http_blocked(const struct sockaddr *addr)
{
	static const uint8_t ec2[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint32_t mapped;

	if (addr->sa_family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		return blocked_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (addr->sa_family != AF_INET6)
		return true;
	memcpy(&v6, addr, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		memcpy(&mapped, v6.sin6_addr.s6_addr + 12, 4);
		return blocked_v4(ntohl(mapped));
	}
	return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) || memcmp(v6.sin6_addr.s6_addr, ec2, 16) == 0;
}

static enum sl_code
check_host(CURLU *u, bool allow_plaintext, struct sl_http_url *out, struct sl_err *err)
{
	char *host = NULL, *scheme = NULL;
	enum sl_code rc = SL_OK;

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) || !*host) {
		rc = sl_fail(err, SL_E_CONFIG, "url", "the address names no host");
	} else if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0)) {
		rc = sl_fail(err, SL_E_CONFIG, "url", "the address has no scheme");
	} else {
		out->loopback = is_loopback(host);
		if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
			rc = sl_fail(err, SL_E_CONFIG, "url",
				     "only http and https are spoken, not %.16s", scheme);
		else if (strcmp(scheme, "http") == 0 && !out->loopback && !allow_plaintext)
			rc = sl_fail(err, SL_E_CONFIG, "url",
				     "plain http to %.200s would send rows and the key unencrypted",
				     host);
	}
	curl_free(host);
	curl_free(scheme);
	return rc;
}

static enum sl_code
check_parts(CURLU *u, struct sl_http_url *out, struct sl_err *err)
{
	char *part = NULL;

	if (!curl_url_get(u, CURLUPART_USER, &part, 0) ||
	    !curl_url_get(u, CURLUPART_PASSWORD, &part, 0)) {
		curl_free(part);
		sl_fail(err, SL_E_CONFIG, "url", "the address holds a user name or password");
		return sl_err_hint(err,
				   "put it into the secret property, as env:NAME or file:PATH");
	}
	if (!curl_url_get(u, CURLUPART_QUERY, &part, 0)) {
		out->has_query = true;
		curl_free(part);
	}
	return SL_OK;
}

static enum sl_code
take_text(CURLU *u, struct sl_http_url *out, struct sl_err *err)
{
	char *text = NULL;

	if (curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) ||
	    curl_url_get(u, CURLUPART_URL, &text, 0))
		return sl_fail(err, SL_E_NOMEM, "url", "no memory for the address");
	out->text = strdup(text);
	curl_free(text);
	if (!out->text)
		return sl_fail(err, SL_E_NOMEM, "url", "no memory for the address");
	return SL_OK;
}

enum sl_code
sl_http_url_parse(const char *text, bool allow_plaintext, struct sl_http_url *out,
		  struct sl_err *err)
{
	CURLU *u = curl_url();
	CURLUcode bad;
	enum sl_code rc;

	*out = (struct sl_http_url){ 0 };
	if (!u)
		return sl_fail(err, SL_E_NOMEM, "url", "no memory for the address");
	bad = curl_url_set(u, CURLUPART_URL, text ? text : "", CURLU_NON_SUPPORT_SCHEME);
	if (bad) {
		sl_fail(err, SL_E_CONFIG, "url", "not an address: %s", curl_url_strerror(bad));
		rc = sl_err_hint(err, "write it like https://host.example.com:8080");
	} else {
		rc = check_parts(u, out, err);
		if (rc == SL_OK)
			rc = check_host(u, allow_plaintext, out, err);
		if (rc == SL_E_CONFIG && !err->hint[0])
			sl_err_hint(err,
				    "use https://, or set allow_plaintext to true for a network "
				    "that you trust");
		if (rc == SL_OK)
			rc = take_text(u, out, err);
	}
	curl_url_cleanup(u);
	return rc;
}

void
sl_http_url_free(struct sl_http_url *u)
{
	free(u->text);
	*u = (struct sl_http_url){ 0 };
}

void
sl_http_url_show(const char *url, struct sl_buf *out)
{
	bool in_value = false;

	for (const char *p = strchr(url, '?'); *url; url++) {
		if (!p || url < p) {
			sl_buf_putc(out, *url);
			continue;
		}
		if (*url == '&')
			in_value = false;
		if (!in_value)
			sl_buf_putc(out, *url);
		if (*url == '=' && !in_value) {
			in_value = true;
			sl_buf_puts(out, "***");
		}
	}
}
