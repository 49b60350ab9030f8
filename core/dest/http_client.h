/* http_client.h - HTTP/1.1 over curl's multi interface, for every driver that speaks HTTP.
 *
 * A client belongs to one thread; sl_http_wakeup() alone may come from any. It owns `inflight` calls,
 * each with its handle and its buffers, used again and again: connections stay open and a request
 * costs no allocation of ours once the buffers have grown.
 *
 * Off for good: redirects (they leak headers and turn a POST into a GET), netrc, proxies from the
 * environment, every protocol but http and https. TLS is verified. Link-local and metadata addresses
 * are refused when the socket is opened, after the name was resolved. */
#ifndef SL_HTTP_CLIENT_H
#define SL_HTTP_CLIENT_H

#include "core/base/str.h"
#include "core/dest/body.h"
#include "core/dest/http_headers.h"

#define SL_HTTP_INFLIGHT_MAX 256
#define SL_HTTP_BODY_MAX     65536 /* bytes of a response that are read; the rest is not waited for */
#define SL_HTTP_ANSWER_MAX   (8u << 20) /* the same where the whole answer counts */

#define SL_HTTP_FILES_KEPT                                                                         \
	12 /* of the open files that this process may have: for the state and others */

struct sl_http;

/* How a call ended. Pointers are good until the callback returns or starts another call. */
struct sl_http_result {
	int status;             /* 0 = no HTTP answer */
	bool ok;                /* a whole answer arrived (or more of it than we read) */
	bool cut;               /* there was more of the body than we read */
	bool sent;              /* at least one byte of the request left this machine */
	bool setup;             /* wrong address or certificate: trying again will not help */
	int sys;                /* CURLcode */
	int64_t retry_after_us; /* asked for by the server; 0 = nothing */
	int64_t connect_us;     /* look-up, connection and TLS; about 0 on one that is open */
	struct sl_str body;     /* what was read of it */
	const char *error;      /* curl's own words; "" when ok */
	const char *server;     /* value of the Server header, or "" */
	size_t bytes_sent;      /* body bytes on the wire */
};

/* One request on its way. The caller assembles `body` or `stream`, sets `user` and starts it. */
struct sl_http_call {
	struct sl_buf body;
	struct sl_body_stream stream; /* its events outlive the call */
	void *user;
};

struct sl_http_request {
	const char *method; /* "POST"; a GET sends no body */
	const char *url;
	const struct sl_http_headers *headers; /* outlive the call */
	bool streamed;                         /* the body is the call's stream */
	bool gzip;                             /* the body is `plain`, compressed */
	struct sl_str plain;                   /* not needed after the start */
};

typedef void sl_http_done_fn(void *arg, struct sl_http_call *call, const struct sl_http_result *r);

struct sl_http *sl_http_new(uint32_t inflight, int64_t timeout_ms, struct sl_err *err) SL_MUST;
void
sl_http_free(struct sl_http *h); /* drops what is in flight without a call back; NULL is allowed */

/* How many bytes of an answer are read, instead of SL_HTTP_BODY_MAX. Before the first call. */
void sl_http_read_max(struct sl_http *h, size_t bytes);
/* Versions of curl and of what it stands on. */
void sl_http_library(char *out, size_t cap);
/* How far the server's clock was ahead of ours in the last answer of sl_http_once(); false: none told. */
bool sl_http_ahead(const struct sl_http *h, int64_t *us);

/* Check servers by the certificates in this file (PEM) and no others. Before the first call. */
enum sl_code sl_http_trust(struct sl_http *h, const char *path, struct sl_err *err) SL_MUST;

/* A call that is not in flight, its body empty; NULL when all are. It stays free until it is started. */
struct sl_http_call *sl_http_call(struct sl_http *h);
/* SL_OK: in flight, done() will be told. Else the call is free again. */
enum sl_code sl_http_start(struct sl_http *h, struct sl_http_call *call,
			   const struct sl_http_request *req, struct sl_err *err) SL_MUST;

/* Move bytes and report what ended; waits up to timeout_ms (below 0: one second) when nothing did.
 * done() may start new calls, and must not free the client. */
enum sl_code sl_http_poll(struct sl_http *h, int timeout_ms, sl_http_done_fn *done, void *arg,
			  struct sl_err *err) SL_MUST;
/* Any thread: the present or next poll returns at once; sl_http_once() ends within about a second. */
void sl_http_wakeup(struct sl_http *h);

/* One request outside the pipeline, for checks: blocks, at most 15 s; SL_E_CANCELLED after a wake-up, also
 * one of before. `r` is good until the next call of any function of the client. */
enum sl_code sl_http_once(struct sl_http *h, const struct sl_http_request *req, struct sl_str body,
			  struct sl_http_result *r, struct sl_err *err) SL_MUST;

#endif
