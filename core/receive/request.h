/* request.h - one request from its headers to its answer; knows nothing of the HTTP library.
 *
 * Everything here runs on the server's one thread, but for the counters, which anyone reads. */
#ifndef SL_REQUEST_H
#define SL_REQUEST_H

#include "core/base/arena.h"
#include "core/receive/fault.h"
#include "core/receive/keep.h"

#include <stdatomic.h>

#define SL_REQUEST_V1_BODY 4096000u /* bytes: Gateway.maxReqSizeInKB of rudder-server */

/* What all requests share. */
struct sl_request_ctx {
	struct sl_keep *keep;   /* NULL: discard mode */
	struct sl_arena *arena; /* of the request that is answered */
	struct sl_fault_plan faults;
	char *write_key; /* NULL = none asked for */
	size_t max_body;
	struct {
		atomic_uint_fast64_t requests, ok, refused, failed, faults, bytes, events, repeats,
			conflicts;
		atomic_int_fast64_t first_us, last_us; /* wall */
	} count;
};

struct sl_request_head {
	const char *method, *path;
	const char *encoding; /* Content-Encoding; NULL = none */
	const char *user;     /* of Basic auth, or the bearer token of a hook; NULL = none */
	bool local;           /* the peer is this host */
};

struct sl_answer {
	bool reset; /* no answer: reset the connection */
	bool close; /* no answer: close it */
	int status;
	const char *type;    /* Content-Type */
	struct sl_str body;  /* lives as long as the request */
	size_t huge;         /* bytes of nothing in place of body; 0 = the body */
	int64_t retry_after; /* seconds; 0 = no such header */
	const char
		*retry_text;  /* the same as it is, before the seconds; lives as long as the plan */
	const char *location; /* NULL = no such header; lives as long as the request */
	int64_t slow_ms;      /* wait so long before the answer goes out */
};

struct sl_request;

struct sl_request *sl_request_new(struct sl_request_ctx *ctx,
				  const struct sl_request_head *h) SL_MUST;
void sl_request_free(struct sl_request *rq); /* NULL is allowed */
/* Reset the connection now, the body unread. */
bool sl_request_resets(const struct sl_request *rq);
/* Pieces of the body in order. false: far too much of it, close the connection. */
bool sl_request_body(struct sl_request *rq, const char *p, size_t n) SL_MUST;
/* The whole body is here: apply it, count it. Once. */
void sl_request_answer(struct sl_request *rq, struct sl_answer *out);

#endif
