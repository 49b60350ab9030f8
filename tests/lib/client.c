/* client.c - libcurl behind client.h. */
#include "tests/lib/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void
die(const char *what)
{
	(void)fprintf(stderr, "tests/lib/client: %s\n", what);
	abort();
}

/* Room for so many bytes, in powers of two. */
static size_t
room_for(size_t n)
{
	size_t room = 1;

	while (room < n)
		room *= 2;
	return room;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct test_reply *r = arg;
	size_t room = room_for(r->len + size * n + 1);

	if (room > room_for(r->len + 1)) {
		r->body = realloc(r->body, room);
		if (!r->body)
			die("out of memory");
	}
	memcpy(r->body + r->len, p, size * n);
	r->len += size * n;
	r->body[r->len] = '\0';
	return size * n;
}

static void
take_header(const char *line, size_t n, const char *name, char *out, size_t cap)
{
	size_t skip = strlen(name);

	if (n <= skip || strncasecmp(line, name, skip) != 0)
		return;
	while (n > skip && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	(void)snprintf(out, cap, "%.*s", (int)(n - skip), line + skip);
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct test_reply *r = arg;

	take_header(p, size * n, "Retry-After: ", r->retry_after, sizeof(r->retry_after));
	take_header(p, size * n, "Location: ", r->location, sizeof(r->location));
	return size * n;
}

static void
set_up(CURL *c, const char *url, const struct test_call *call, struct test_reply *r)
{
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, call->timeout_ms ? call->timeout_ms : 60000L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	if (call->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)(call->len ? call->len : strlen(call->body)));
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, call->body);
	}
	if (call->method)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
	if (call->user)
		curl_easy_setopt(c, CURLOPT_USERPWD, call->user);
}

struct test_reply
test_http(const char *url, const struct test_call *call)
{
	struct test_reply r = { .body = calloc(1, 1) };
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *c = curl_easy_init();

	for (size_t i = 0; i < 4 && call->header[i]; i++)
		headers = curl_slist_append(headers, call->header[i]);
	if (!c || !headers || !r.body)
		die("no HTTP client");
	set_up(c, url, call, &r);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	r.failure = (int)curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &r.status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return r;
}

void
test_reply_free(struct test_reply *r)
{
	free(r->body);
	*r = (struct test_reply){ 0 };
}
