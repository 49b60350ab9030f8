/* peer.h - a tiny scripted HTTP server on loopback, made to misbehave on purpose.
 *
 * It takes one step of the script per request, in the order in which requests arrive on any of its
 * connections; the last step is repeated. Everything that arrived is kept. A thread per connection. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum peer_act {
	PEER_ANSWER,       /* status, headers, body; the connection stays open */
	PEER_ANSWER_CLOSE, /* the same, with Connection: close */
	PEER_CLOSE_EARLY,  /* close a new connection before reading from it */
	PEER_CLOSE,        /* read the request, then close without a word */
	PEER_RESET,        /* read the request, then send RST */
	PEER_HALF,         /* half of the promised body, then close */
	PEER_NO_STATUS,    /* answer with something that is not HTTP */
	PEER_RAW,          /* body as it is, in place of a whole answer, then close */
	PEER_SILENT        /* read the request, then say nothing until the peer stops */
};

struct peer_step {
	enum peer_act act;
	int status;
	const char *headers; /* more lines, each ending in \r\n; or NULL */
	const char *body;    /* or NULL */
	unsigned gather;     /* wait until this many requests have arrived (5 s at most) */
};

struct peer_request {
	char method[16];
	char path[256];
	char *head; /* the request line and the headers */
	char *body;
	size_t body_len;
	unsigned connection; /* 1, 2, ... in the order of accepting */
};

struct peer;

/* steps must outlive the peer. Asserts on failure. */
struct peer *peer_start(const struct peer_step *steps, size_t nsteps);
void peer_stop(struct peer *p); /* ends its connections; frees what it kept */

unsigned peer_port(const struct peer *p);
const char *peer_url(const struct peer *p); /* "http://127.0.0.1:port" */
/* Take from the start of the script again, forget what arrived. No request may be on its way. */
void peer_script(struct peer *p, const struct peer_step *steps, size_t nsteps);
size_t peer_requests(struct peer *p);
unsigned peer_connections(struct peer *p);
/* Good until the peer is stopped or given a new script. */
const struct peer_request *peer_request(struct peer *p, size_t i);
/* Value of a request header, or NULL; the caller frees it. */
char *peer_header(const struct peer_request *r, const char *name);

#endif
