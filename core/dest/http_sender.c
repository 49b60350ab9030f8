/* http_sender.c - deliveries as HTTP requests. */
#include "core/dest/http_sender.h"

#include "core/base/clock.h"
#include "core/base/limit.h"
#include "core/base/text.h"
#include "core/dest/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define GZIP_MIN   512             /* bytes; a smaller body gains nothing */
#define STREAM_MIN ((size_t)65536) /* bytes; what is smaller goes with the head in one piece */

const char *const sl_gzip_choices[] = { "auto", "on", "off", NULL };

static enum sl_http_gzip
gzip_mode(const char *text)
{
	if (text && strcmp(text, "on") == 0)
		return SL_GZIP_ON;
	return text && strcmp(text, "off") == 0 ? SL_GZIP_OFF : SL_GZIP_AUTO;
}

/* Only whether the file is there: what is wrong in it shows when a server is checked. */
static enum sl_code
set_trust(struct sl_http_sender *s, const char *path, const char *base, struct sl_err *err)
{
	struct sl_buf full;
	enum sl_code rc;

	if (!path || !*path)
		return SL_OK;
	sl_buf_init(&full, 0);
	if (path[0] != '/' && base && *base)
		sl_buf_printf(&full, "%s/", base);
	sl_buf_puts(&full, path);
	path = sl_buf_cstr(&full);
	if (full.failed)
		rc = sl_fail(err, SL_E_NOMEM, "ca_file", "no memory for a path");
	else if (access(path, R_OK) != 0)
		rc = sl_fail(
			err, SL_E_CONFIG, "ca_file", "%s cannot be read: %s", path,
			strerror(errno)); // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
	else
		rc = sl_http_trust(s->http, path, err);
	sl_buf_free(&full);
	return rc;
}

/* As many requests at once as there can be sockets. */
static uint32_t
sockets_for(uint32_t most)
{
	const unsigned long spare = sl_files_free();

	if (spare <= SL_HTTP_FILES_KEPT)
		return 1;
	return spare - SL_HTTP_FILES_KEPT < most ? (uint32_t)(spare - SL_HTTP_FILES_KEPT) : most;
}

enum sl_code
sl_http_sender_open(struct sl_http_sender *s, const struct sl_dest_driver *drv,
		    const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
		    struct sl_err *err)
{
	enum sl_code rc;

	rc = sl_http_url_parse(sl_dest_text(drv, cfg, "url"),
			       sl_dest_bool(drv, cfg, "allow_plaintext"), &s->url, err);
	if (rc != SL_OK)
		return rc;
	s->gzip = gzip_mode(sl_dest_text(drv, cfg, "gzip"));
	limits->inflight = sockets_for((uint32_t)sl_dest_i64(drv, cfg, "inflight"));
	limits->rate = (double)sl_dest_i64(drv, cfg, "rate");
	s->http = sl_http_new(limits->inflight, sl_dest_i64(drv, cfg, "timeout"), err);
	if (!s->http)
		return err->code;
	rc = set_trust(s, sl_dest_text(drv, cfg, "ca_file"), cfg->base_dir, err);
	if (rc != SL_OK)
		return rc;
	s->headers = sl_http_headers_new();
	return s->headers ? SL_OK : sl_fail(err, SL_E_NOMEM, "http", "no memory for the headers");
}

void
sl_http_sender_close(void *ctx)
{
	struct sl_http_sender *s = ctx;

	sl_http_free(s->http);
	sl_http_headers_free(s->headers);
	sl_http_url_free(&s->url);
	sl_buf_free(&s->plain);
	*s = (struct sl_http_sender){ 0 };
}

static bool
want_gzip(const struct sl_http_sender *s, size_t bytes)
{
	if (s->gzip == SL_GZIP_AUTO)
		return !s->url.loopback && bytes >= GZIP_MIN;
	return s->gzip == SL_GZIP_ON;
}

static size_t
bytes_of(const struct sl_delivery *d)
{
	size_t total = 0;

	for (uint32_t i = 0; i < d->n; i++)
		total += d->bodies[i].len;
	return total;
}

/* A body that is compressed needs its plain form for this moment only, a large one none at all; only a small
 * one, which curl sends together with its head, is kept with its call. */
static enum sl_code
put_body(struct sl_http_sender *s, const struct sl_delivery *d, struct sl_http_call *call,
	 struct sl_http_request *req, struct sl_err *err)
{
	const int64_t now = sl_wall_us();
	const size_t bytes = bytes_of(d);
	enum sl_code rc;

	call->stream = (struct sl_body_stream){ .bodies = d->bodies, .n = d->n };
	req->gzip = want_gzip(s, bytes);
	req->streamed = !req->gzip && bytes >= STREAM_MIN && s->frame &&
			s->frame(s->ctx, now, &call->stream.frame);
	if (req->streamed)
		return SL_OK;
	sl_buf_reset(&s->plain);
	rc = s->encode(s->ctx, d->bodies, d->n, now, req->gzip ? &s->plain : &call->body, err);
	req->plain = sl_buf_view(&s->plain);
	return rc;
}

enum sl_code
sl_http_sender_submit(void *ctx, struct sl_delivery *d, struct sl_err *err)
{
	struct sl_http_sender *s = ctx;
	struct sl_http_call *call = sl_http_call(s->http);
	struct sl_http_request req = { .method = s->method,
				       .url = s->url.text,
				       .headers = s->headers };
	enum sl_code rc;

	if (!call)
		return SL_AGAIN;
	rc = put_body(s, d, call, &req, err);
	if (rc != SL_OK)
		return rc;
	call->user = d;
	rc = sl_http_start(s->http, call, &req, err);
	if (rc != SL_OK)
		return rc;
	d->sent_us = sl_mono_us();
	d->driver = call;
	return SL_OK;
}

struct collect {
	const struct sl_http_sender *s;
	sl_complete_fn *done;
	void *arg;
};

static void
complete(void *arg, struct sl_http_call *call, const struct sl_http_result *r)
{
	struct collect *c = arg;
	struct sl_delivery *d = call->user;
	struct sl_outcome o;

	sl_http_outcome(r, d->n, c->s->rules, c->s->nrules, &o);
	for (uint32_t i = 0; i < d->n; i++)
		d->outcomes[i] = o;
	if (c->s->results && o.cls == SL_C_ACK)
		sl_results_read(c->s->results, r->cut ? (struct sl_str){ 0 } : r->body, d->bodies,
				d->n, d->outcomes);
	/* A server may repeat our key in its refusal. */
	for (uint32_t i = 0; i < d->n; i++)
		if (d->outcomes[i].cls != SL_C_ACK)
			sl_http_headers_hide(c->s->headers, d->outcomes[i].detail,
					     sizeof(d->outcomes[i].detail));
	d->took_us = sl_mono_us() - d->sent_us;
	d->connect_us = r->connect_us < d->took_us ? r->connect_us : d->took_us;
	d->bytes_sent = r->bytes_sent;
	d->driver = NULL;
	c->done(c->arg, d);
}

enum sl_code
sl_http_sender_poll(void *ctx, int timeout_ms, sl_complete_fn *done, void *arg, struct sl_err *err)
{
	struct sl_http_sender *s = ctx;
	struct collect c = { s, done, arg };

	return sl_http_poll(s->http, timeout_ms, complete, &c, err);
}

void
sl_http_sender_wakeup(void *ctx)
{
	struct sl_http_sender *s = ctx;

	sl_http_wakeup(s->http);
}

bool
sl_http_sender_clock(const void *ctx, int64_t *ahead_us)
{
	const struct sl_http_sender *s = ctx;

	return s->http && sl_http_ahead(s->http, ahead_us);
}

void
sl_http_sender_target(const void *ctx, struct sl_buf *out)
{
	const struct sl_http_sender *s = ctx;

	sl_buf_puts(out, s->method);
	sl_buf_putc(out, ' ');
	sl_http_url_show(s->url.text, out);
}

enum sl_code
sl_http_check_result(const struct sl_http_sender *s, const struct sl_http_result *r,
		     struct sl_err *err)
{
	struct sl_outcome o;
	struct sl_buf seen;
	enum sl_code code = SL_E_NET;

	sl_http_outcome(r, 1, s->rules, s->nrules, &o);
	sl_http_headers_hide(s->headers, o.detail, sizeof(o.detail));
	if (r->ok && (o.cls == SL_C_ACK || o.cls == SL_C_REJECT))
		return SL_OK;
	sl_buf_init(&seen, 0);
	sl_visible(&seen, sl_str(o.detail));
	if (o.cls == SL_C_AUTH)
		code = SL_E_AUTH;
	else if (o.cls == SL_C_CONFIG)
		code = SL_E_CONFIG;
	else if (r->status)
		code = SL_E_PROTO;
	if (r->status)
		sl_fail(err, code, "check", "the server answered %d: %s", r->status,
			sl_buf_cstr(&seen));
	else
		sl_fail(err, code, "check", "no answer: %s", sl_buf_cstr(&seen));
	err->retryable = o.cls == SL_C_RETRY || o.cls == SL_C_THROTTLE || o.cls == SL_C_UNKNOWN;
	err->sys = r->sys;
	sl_buf_free(&seen);
	return err->code;
}
