/* http_url.c - the address of an HTTP destination. */
#include "core/dest/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
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

/* Addresses that are never a destination, whatever name they were reached by. */
static const struct {
	uint32_t net, mask;
} never_v4[] = {
	{ 0x00000000, 0xff000000 }, /* 0.0.0.0/8: this machine, by the back door */
	{ 0xa9fe0000, 0xffff0000 }, /* 169.254/16: link-local; metadata of most clouds */
	{ 0x646464c8, 0xffffffff }, /* 100.100.100.200: metadata, Alibaba */
	{ 0xc00000c0, 0xffffffff }, /* 192.0.0.192: metadata, Oracle */
	{ 0xa83f8110, 0xffffffff }, /* 168.63.129.16: the host, Azure */
	{ 0xe0000000, 0xf0000000 }, /* multicast */
	{ 0xf0000000, 0xf0000000 }, /* reserved, broadcast */
};

static bool
blocked_v4(uint32_t a)
{
	for (size_t i = 0; i < SL_COUNT(never_v4); i++)
		if ((a & never_v4[i].mask) == never_v4[i].net)
			return true;
	return false;
}

/* An IPv4 address within one of IPv6: mapped, compatible, NAT64, 6to4. */
static bool
inner_v4(const uint8_t a[16], uint32_t *v4)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, none[12];
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	const uint8_t *at = a + 12;

	if (a[0] == 0x20 && a[1] == 0x02)
		at = a + 2;
	else if (memcmp(a, mapped, 12) != 0 && memcmp(a, none, 12) != 0 &&
		 memcmp(a, nat64, 12) != 0)
		return false;
	*v4 = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return true;
}

static bool
blocked_v6(const struct in6_addr *a)
{
	static const uint8_t ec2[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	static const uint8_t gce[16] = { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 };
	uint32_t v4;

	if (IN6_IS_ADDR_LOOPBACK(a))
		return false;
	if (inner_v4(a->s6_addr, &v4) && blocked_v4(v4))
		return true;
	return IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_SITELOCAL(a) || IN6_IS_ADDR_MULTICAST(a) ||
	       memcmp(a->s6_addr, ec2, 16) == 0 || memcmp(a->s6_addr, gce, 16) == 0;
}

bool
sl_http_blocked(const struct sockaddr *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (addr->sa_family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		return blocked_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (addr->sa_family != AF_INET6)
		return true;
	memcpy(&v6, addr, sizeof(v6));
	return blocked_v6(&v6.sin6_addr);
}

/* A host that is a number; what a name stands for shows when a socket is opened. */
static bool
is_blocked_number(const char *host)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char bare[64];

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		return sl_http_blocked((const struct sockaddr *)&v4);
	(void)snprintf(bare, sizeof(bare), "%s", host[0] == '[' ? host + 1 : host);
	bare[strcspn(bare, "]")] = '\0';
	return inet_pton(AF_INET6, bare, &v6.sin6_addr) == 1 &&
	       sl_http_blocked((const struct sockaddr *)&v6);
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
		out->blocked = is_blocked_number(host);
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
