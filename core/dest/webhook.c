/* webhook.c - any HTTP endpoint: a JSON array, one event a request, or lines of JSON. */
#include "core/dest/body.h"
#include "core/dest/check_line.h"
#include "core/dest/drivers.h"
#include "core/dest/http_sender.h"
#include "core/dest/settings.h"

#include <stdlib.h>
#include <strings.h>

enum format { FORMAT_ARRAY, FORMAT_SINGLE, FORMAT_LINES };

struct ctx {
	struct sl_http_sender sender; /* first */
	enum format format;
	struct sl_results_form results; /* texts are owned */
};

static const char *const methods[] = { "POST", "PUT", "PATCH", NULL };
static const char *const formats[] = { "array", "single", "ndjson", NULL };

static const struct sl_prop props[] = {
	{ "url", SL_P_URL, SL_PROP_REQUIRED, NULL, 0, 0, NULL, "Where the events are sent." },
	{ "method", SL_P_ENUM, 0, "POST", 0, 0, methods, "Method of the requests." },
	{ "format", SL_P_ENUM, 0, "array", 0, 0, formats,
	  "array: [event, ...]; single: one event a request; ndjson: one event a line." },
	{ "token", SL_P_SECRET, 0, NULL, 0, 0, NULL,
	  "Secret that the server asks for, as a reference: env:NAME, file:PATH or exec:PROGRAM." },
	{ "token_header", SL_P_STRING, 0, "Authorization", 0, 0, NULL,
	  "Header for the token; in Authorization it is written as \"Bearer TOKEN\"." },
	{ "headers", SL_P_LIST, 0, NULL, 0, 0, NULL,
	  "More headers, each as \"Name: value\"; nothing secret." },
	{ "results", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "Where a 2xx answer lists what became of each event: results, data.items, or . for the "
	  "answer itself. An item has a status (201, \"created\", 422, \"failed\", 503, "
	  "\"retry\"), or "
	  "ok, or an error. Empty: the status of the answer counts for all events." },
	{ "results_id", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "What in an item of results names its event: id, event.id. Empty: the items stand in the "
	  "order of the events." },
	{ "results_match", SL_P_STRING, 0, "messageId", 0, 0, NULL,
	  "What in an event results_id is compared with." },
	{ "batch_events", SL_P_INT, 0, "500", 1, 100000, NULL, "Most events in one request." },
	{ "batch_bytes", SL_P_BYTES, 0, "500000", 1024, 64 << 20, NULL,
	  "Most bytes of one request before compression." },
	SL_HTTP_PROP_GZIP("off"),
	SL_HTTP_PROP_INFLIGHT("16"),
	SL_HTTP_PROP_RATE,
	SL_HTTP_PROP_TIMEOUT,
	SL_HTTP_PROP_CA,
	SL_HTTP_PROP_PLAINTEXT,
};

static enum sl_code
encode(const void *ctx, const struct sl_str *bodies, uint32_t n, int64_t wall_us,
       struct sl_buf *out, struct sl_err *err)
{
	const struct ctx *c = ctx;

	(void)wall_us;
	if (c->format == FORMAT_ARRAY)
		sl_body_join(out, &sl_body_list, bodies, n);
	else if (c->format == FORMAT_LINES)
		sl_body_lines(out, bodies, n);
	else if (n == 1)
		sl_buf_put_str(out, bodies[0]);
	else
		return sl_fail(err, SL_E_BUG, "webhook", "%u events for a request that takes one",
			       n);
	return sl_body_done(out, err);
}

static bool
frame(const void *ctx, int64_t wall_us, struct sl_body_frame *out)
{
	const struct ctx *c = ctx;

	(void)wall_us;
	*out = sl_body_list;
	return c->format == FORMAT_ARRAY;
}

/* Headers that the driver writes itself, or that would be a secret in a config file. */
static enum sl_code
check_name(struct sl_str name, struct sl_err *err)
{
	static const char *const ours[] = {
		"Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Host",
		"Expect"
	};
	static const char *const secret[] = { "Authorization", "Proxy-Authorization", "Cookie" };

	for (size_t i = 0; i < SL_COUNT(ours); i++) {
		if (name.len == strlen(ours[i]) && strncasecmp(name.ptr, ours[i], name.len) == 0)
			return sl_fail(err, SL_E_CONFIG, "headers", "%s is written by the program",
				       ours[i]);
	}
	for (size_t i = 0; i < SL_COUNT(secret); i++) {
		if (name.len != strlen(secret[i]) ||
		    strncasecmp(name.ptr, secret[i], name.len) != 0)
			continue;
		sl_fail(err, SL_E_CONFIG, "headers",
			"%s holds a secret, which a config file must not", secret[i]);
		return sl_err_hint(err, "use token (and token_header) with a reference");
	}
	return SL_OK;
}

static enum sl_code
add_line(struct ctx *c, struct sl_str line, struct sl_err *err)
{
	const char *colon = memchr(line.ptr, ':', line.len);
	struct sl_str name, value;
	enum sl_code rc;

	if (!colon) {
		sl_fail(err, SL_E_CONFIG, "headers", "a header has no colon");
		return sl_err_hint(err, "write it as \"Name: value\"");
	}
	name = sl_str_trim((struct sl_str){ line.ptr, (size_t)(colon - line.ptr) });
	value = sl_str_trim(
		(struct sl_str){ colon + 1, (size_t)(line.ptr + line.len - colon - 1) });
	rc = check_name(name, err);
	return rc == SL_OK ? sl_http_headers_add(c->sender.headers, "headers", name, value, err)
			   : rc;
}

static enum sl_code
add_list(struct ctx *c, const char *text, struct sl_err *err)
{
	struct sl_buf item;
	enum sl_code rc = SL_OK;

	sl_buf_init(&item, 0);
	while (rc == SL_OK && text && sl_prop_item(&text, &item)) {
		if (item.failed)
			rc = sl_fail(err, SL_E_NOMEM, "headers", "no memory for a header");
		else
			rc = add_line(c, sl_buf_view(&item), err);
	}
	sl_buf_free(&item);
	return rc;
}

static enum sl_code
add_token(struct ctx *c, const char *header, const char *token, struct sl_err *err)
{
	struct sl_buf value;
	enum sl_code rc = SL_E_NOMEM;

	if (!token || !*token)
		return SL_OK;
	sl_buf_init(&value, 0);
	if (sl_buf_reserve(&value, strlen(token) + 8)) {
		if (strcasecmp(header, "Authorization") == 0)
			sl_buf_puts(&value, "Bearer ");
		sl_buf_puts(&value, token);
		rc = sl_http_headers_add(c->sender.headers, "token", sl_str(header),
					 sl_buf_view(&value), err);
		explicit_bzero(value.ptr, value.len);
	} else {
		sl_fail(err, SL_E_NOMEM, "token", "no memory for a header");
	}
	sl_buf_free(&value);
	return rc;
}

static enum sl_code
set_headers(struct ctx *c, const struct sl_dest_config *cfg, struct sl_err *err)
{
	const struct sl_dest_driver *drv = &sl_dest_webhook;
	struct sl_str type = c->format == FORMAT_LINES ? SL_LIT("application/x-ndjson")
						       : SL_LIT("application/json");
	const char *list = sl_dest_text(drv, cfg, "headers");
	enum sl_code rc;

	rc = sl_http_headers_add(c->sender.headers, "headers", SL_LIT("Content-Type"), type, err);
	if (rc == SL_OK)
		rc = add_list(c, list, err);
	if (rc == SL_OK)
		rc = add_token(c, sl_dest_text(drv, cfg, "token_header"), cfg->secret, err);
	return rc;
}

static size_t
choice(const char *const *choices, const char *text)
{
	for (size_t i = 0; choices[i]; i++) {
		if (text && strcmp(choices[i], text) == 0)
			return i;
	}
	return 0;
}

#define RESULT_BYTES 1024 /* of an answer, for each event */

/* The settings may go before the driver does. */
static bool
copy_setting(const struct sl_dest_config *cfg, const char *name, const char **out)
{
	const char *text = sl_dest_text(&sl_dest_webhook, cfg, name);

	*out = strdup(text ? text : "");
	return *out != NULL;
}

static enum sl_code
set_results(struct ctx *c, const struct sl_dest_config *cfg, int64_t events, struct sl_err *err)
{
	struct sl_results_form *r = &c->results;

	if (!copy_setting(cfg, "results", &r->list) || !copy_setting(cfg, "results_id", &r->id) ||
	    !copy_setting(cfg, "results_match", &r->match))
		return sl_fail(err, SL_E_NOMEM, "results", "no memory for a setting");
	if (*r->list) {
		c->sender.results = r;
		sl_http_read_max(c->sender.http, SL_HTTP_BODY_MAX + (size_t)events * RESULT_BYTES);
	} else if (*r->id) {
		sl_fail(err, SL_E_CONFIG, "results_id", "there is no results to find it in");
		return sl_err_hint(err, "name the list in results as well");
	}
	return SL_OK;
}

static enum sl_code
open_dest(void *ctx, const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
	  struct sl_err *err)
{
	const struct sl_dest_driver *drv = &sl_dest_webhook;
	struct ctx *c = ctx;
	int64_t events = sl_dest_i64(drv, cfg, "batch_events");
	int64_t bytes = sl_dest_i64(drv, cfg, "batch_bytes") - events - 2;
	enum sl_code rc;

	rc = sl_http_sender_open(&c->sender, drv, cfg, limits, err);
	if (rc != SL_OK)
		return rc;
	c->format = (enum format)choice(formats, sl_dest_text(drv, cfg, "format"));
	c->sender.method = methods[choice(methods, sl_dest_text(drv, cfg, "method"))];
	c->sender.encode = encode;
	c->sender.frame = frame;
	c->sender.ctx = c;
	limits->batch_events = c->format == FORMAT_SINGLE ? 1 : (uint32_t)events;
	limits->batch_bytes = (uint32_t)(bytes > 1024 ? bytes : 1024);
	limits->event_bytes = 0;
	rc = set_results(c, cfg, c->format == FORMAT_SINGLE ? 1 : events, err);
	return rc == SL_OK ? set_headers(c, cfg, err) : rc;
}

/* No event may be sent, so the server is asked what it would take. Any answer proves that it is
 * there; many endpoints refuse the question itself. */
static enum sl_code
check(void *ctx, struct sl_arena *a, struct sl_str *out, struct sl_err *err)
{
	struct ctx *c = ctx;
	struct sl_http_request req = { .method = "OPTIONS",
				       .url = c->sender.url.text,
				       .headers = c->sender.headers };
	struct sl_http_result r;
	struct sl_buf line;
	enum sl_code rc;

	rc = sl_http_once(c->sender.http, &req, (struct sl_str){ 0 }, &r, err);
	if (rc == SL_OK && r.status != 501)
		rc = sl_http_check_result(&c->sender, &r, err);
	if (rc != SL_OK)
		return rc;
	sl_buf_init(&line, 0);
	sl_buf_printf(&line, "reachable (answer %d to OPTIONS; no event was sent)", r.status);
	sl_check_line_server(&line, r.server);
	rc = sl_check_line_take(&line, a, out, err);
	sl_buf_free(&line);
	return rc;
}

static void
close_dest(void *ctx)
{
	struct ctx *c = ctx;

	sl_http_sender_close(&c->sender);
	free((char *)(uintptr_t)c->results.list);
	free((char *)(uintptr_t)c->results.id);
	free((char *)(uintptr_t)c->results.match);
	c->results = (struct sl_results_form){ 0 };
}

const struct sl_dest_driver sl_dest_webhook = {
	.name = "webhook",
	.title = "Webhook",
	.caps = SL_DST_REMOVES | SL_DST_EVENTS,
	.ctx_size = sizeof(struct ctx),
	.props = props,
	.nprops = SL_COUNT(props),
	.open = open_dest,
	.check = check,
	.encode = encode,
	.target = sl_http_sender_target,
	.submit = sl_http_sender_submit,
	.poll = sl_http_sender_poll,
	.wakeup = sl_http_sender_wakeup,
	.library = sl_http_library,
	.clock = sl_http_sender_clock,
	.close = close_dest,
};
