/* client.h - one HTTP request, for tests that talk to the receiver as any sender would. */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include <stddef.h>

struct test_call {
	const char *method;    /* NULL: POST with a body, else GET */
	const char *body;      /* NULL = none */
	size_t len;            /* of body; 0 = it is text */
	const char *user;      /* Basic auth "key:"; NULL = none */
	const char *header[4]; /* "Name: value"; NULL ends */
	long timeout_ms;       /* 0 = 60 s */
};

struct test_reply {
	int failure; /* CURLcode: no answer came; 0 = one did */
	long status;
	char retry_after[32], location[128]; /* "" = no such header */
	char *body;                          /* malloc'ed, NUL-terminated */
	size_t len;
};

/* Ends the test program when not even the request can be made. */
struct test_reply test_http(const char *url, const struct test_call *call);
void test_reply_free(struct test_reply *r);

#endif
