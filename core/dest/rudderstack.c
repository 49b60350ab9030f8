/* rudderstack.c - RudderStack's gateway and Segment's Tracking API: POST /v1/batch.
 *
 * Both refuse a whole batch for one bad event, and both take the write key as the user of Basic
 * authentication. RudderStack answers 200 when the events are on its disk; Segment answers 200 for
 * nearly anything, which is why its limits are kept here. */
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/dest/body.h"
#include "core/dest/check_line.h"
#include "core/dest/drivers.h"
#include "core/dest/http_sender.h"
#include "core/dest/settings.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT_BYTES          32768 /* both; documented */
#define RUDDER_BATCH_BYTES   4000000
#define SEGMENT_BATCH_BYTES  500000
#define SEGMENT_BATCH_EVENTS 2500 /* above: 200, and the events are gone */
#define ENVELOPE_BYTES       64   /* {"batch":[],"sentAt":"..."} */

struct ctx {
	struct sl_http_sender sender; /* first */
	char *health; /* owned; URL of RudderStack's GET /health, NULL for Segment */
};

static const char *const kinds[] = { "rudderstack", "segment", NULL };

static const struct sl_prop props[] = {
	{ "url", SL_P_URL, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Data plane of RudderStack (https://host:8080), or https://api.segment.io." },
	{ "write_key", SL_P_SECRET, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Write key of the source, as a reference: env:NAME, file:PATH or exec:PROGRAM." },
	{ "kind", SL_P_ENUM, 0, "rudderstack", 0, 0, kinds,
	  "Who answers; segment keeps batches at 2500 events and 500000 bytes." },
	{ "batch_events", SL_P_INT, 0, "500", 1, 10000, NULL, "Most events in one request." },
	{ "batch_bytes", SL_P_BYTES, 0, "500000", EVENT_BYTES * 2, RUDDER_BATCH_BYTES, NULL,
	  "Most bytes of one request before compression." },
	SL_HTTP_PROP_GZIP("auto"),
	SL_HTTP_PROP_INFLIGHT("64"),
	SL_HTTP_PROP_RATE,
	SL_HTTP_PROP_TIMEOUT,
	SL_HTTP_PROP_CA,
	SL_HTTP_PROP_PLAINTEXT,
};

/* An address that does not exist and a source that is switched off both concern every event. */
static const struct sl_http_rule rules[] = {
	{ 404, SL_C_CONFIG },
	{ 405, SL_C_CONFIG },
	{ 410, SL_C_CONFIG },
};

static bool
frame(const void *ctx, int64_t wall_us, struct sl_body_frame *out)
{
	char now[25];

	(void)ctx;
	sl_time_iso(wall_us, now);
	*out = (struct sl_body_frame){ .head = "{\"batch\":[", .sep = "," };
	(void)snprintf(out->tail, sizeof(out->tail), "],\"sentAt\":\"%s\"}", now);
	return true;
}

static enum sl_code
encode(const void *ctx, const struct sl_str *bodies, uint32_t n, int64_t wall_us,
       struct sl_buf *out, struct sl_err *err)
{
	struct sl_body_frame f;

	(void)frame(ctx, wall_us, &f);
	sl_body_join(out, &f, bodies, n);
	return sl_body_done(out, err);
}

/* The address may be given with or without a slash or the API's path at its end. */
static void
cut_path(char *url)
{
	static const char *const tails[] = { "/", "/v1/batch", "/v1" };
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < SL_COUNT(tails); i++) {
			size_t n = strlen(url), t = strlen(tails[i]);

			if (n > t && strcmp(url + n - t, tails[i]) == 0) {
				url[n - t] = 0;
				again = true;
			}
		}
	}
}

static char *
join(const char *base, const char *path)
{
	size_t n = strlen(base), m = strlen(path) + 1;
	char *s = malloc(n + m);

	if (!s)
		return NULL;
	memcpy(s, base, n);
	memcpy(s + n, path, m);
	return s;
}

static enum sl_code
set_urls(struct ctx *c, bool segment, struct sl_err *err)
{
	char *base = c->sender.url.text;

	if (c->sender.url.has_query)
		return sl_fail(err, SL_E_CONFIG, "url",
			       "the address of the server ends in a query (?...)");
	cut_path(base);
	c->sender.url.text = join(base, "/v1/batch");
	c->health = segment ? NULL : join(base, "/health");
	free(base);
	if (!c->sender.url.text || (!segment && !c->health))
		return sl_fail(err, SL_E_NOMEM, "url", "no memory for the address");
	return SL_OK;
}

static enum sl_code
set_headers(struct ctx *c, const char *key, struct sl_err *err)
{
	enum sl_code rc;

	if (!key || !*key) {
		sl_fail(err, SL_E_CONFIG, "write_key", "there is no write key");
		return sl_err_hint(err,
				   "name where it is kept: env:NAME, file:PATH or exec:PROGRAM");
	}
	rc = sl_http_headers_add(c->sender.headers, "headers", SL_LIT("Content-Type"),
				 SL_LIT("application/json"), err);
	if (rc != SL_OK)
		return rc;
	return sl_http_headers_basic(c->sender.headers, "write_key", key, "", err);
}

static enum sl_code
set_limits(const struct sl_dest_config *cfg, bool segment, struct sl_dest_limits *limits,
	   struct sl_err *err)
{
	const struct sl_dest_driver *drv = &sl_dest_rudderstack;
	int64_t events = sl_dest_i64(drv, cfg, "batch_events");
	int64_t bytes = sl_dest_i64(drv, cfg, "batch_bytes");

	if (segment && events > SEGMENT_BATCH_EVENTS)
		return sl_fail(err, SL_E_CONFIG, "batch_events",
			       "Segment drops what is above %d events in a request",
			       SEGMENT_BATCH_EVENTS);
	if (segment && bytes > SEGMENT_BATCH_BYTES)
		return sl_fail(err, SL_E_CONFIG, "batch_bytes",
			       "Segment takes at most %d bytes in a request", SEGMENT_BATCH_BYTES);
	/* The engine counts the events alone; the envelope and the commas are taken off here. */
	bytes -= ENVELOPE_BYTES + events;
	limits->batch_events = (uint32_t)events;
	limits->batch_bytes = (uint32_t)(bytes > EVENT_BYTES ? bytes : EVENT_BYTES);
	limits->event_bytes = EVENT_BYTES;
	return SL_OK;
}

static enum sl_code
open_dest(void *ctx, const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
	  struct sl_err *err)
{
	struct ctx *c = ctx;
	const char *kind = sl_dest_text(&sl_dest_rudderstack, cfg, "kind");
	bool segment = kind && strcmp(kind, "segment") == 0;
	enum sl_code rc;

	rc = sl_http_sender_open(&c->sender, &sl_dest_rudderstack, cfg, limits, err);
	if (rc != SL_OK)
		return rc;
	c->sender.method = "POST";
	c->sender.rules = rules;
	c->sender.nrules = SL_COUNT(rules);
	c->sender.encode = encode;
	c->sender.frame = frame;
	c->sender.ctx = c;
	rc = set_urls(c, segment, err);
	if (rc == SL_OK)
		rc = set_headers(c, cfg->secret, err);
	if (rc == SL_OK)
		rc = set_limits(cfg, segment, limits, err);
	return rc;
}

/* The answer to a batch without events tells the address and the key: 401 for a wrong key, 400 for
 * the empty batch when all is well. */
static enum sl_code
check_key(struct ctx *c, struct sl_buf *line, struct sl_err *err)
{
	struct sl_http_request req = { .method = "POST",
				       .url = c->sender.url.text,
				       .headers = c->sender.headers };
	struct sl_http_result r = { 0 };
	struct sl_buf body;
	enum sl_code rc;

	sl_buf_init(&body, 0);
	rc = encode(c, NULL, 0, sl_wall_us(), &body, err);
	if (rc == SL_OK)
		rc = sl_http_once(c->sender.http, &req, sl_buf_view(&body), &r, err);
	sl_buf_free(&body);
	if (rc == SL_OK)
		rc = sl_http_check_result(&c->sender, &r, err);
	if (rc == SL_E_AUTH)
		sl_err_hint(err, "the write key is not that of a source of this server");
	if (rc == SL_E_CONFIG && r.status == 404)
		sl_err_hint(err, "check the url, and that the source is enabled");
	if (rc != SL_OK)
		return rc;
	sl_buf_printf(line, "reachable, %s (answer %d to an empty batch)",
		      c->health ? "write key accepted" : "Segment does not check the write key",
		      r.status);
	sl_check_line_server(line, r.server);
	return SL_OK;
}

/* RudderStack tells its state; a server without /health is no error. */
static void
add_health(struct ctx *c, struct sl_buf *line)
{
	struct sl_http_request req = { .method = "GET",
				       .url = c->health,
				       .headers = c->sender.headers };
	struct sl_http_result r;
	struct sl_outcome o;
	struct sl_err ignored = { 0 };

	if (sl_http_once(c->sender.http, &req, (struct sl_str){ 0 }, &r, &ignored) != SL_OK ||
	    !r.ok || r.status != 200)
		return;
	sl_http_outcome(&r, 1, NULL, 0, &o);
	sl_buf_puts(line, ", health ");
	sl_visible(line, sl_str(o.detail));
}

static enum sl_code
check(void *ctx, struct sl_arena *a, struct sl_str *out, struct sl_err *err)
{
	struct ctx *c = ctx;
	struct sl_buf line;
	enum sl_code rc;

	sl_buf_init(&line, 0);
	rc = check_key(c, &line, err);
	if (rc == SL_OK && c->health)
		add_health(c, &line);
	if (rc == SL_OK)
		rc = sl_check_line_take(&line, a, out, err);
	sl_buf_free(&line);
	return rc;
}

static void
close_dest(void *ctx)
{
	struct ctx *c = ctx;

	sl_http_sender_close(&c->sender);
	free(c->health);
	c->health = NULL;
}

const struct sl_dest_driver sl_dest_rudderstack = {
	.name = "rudderstack",
	.title = "RudderStack / Segment",
	.caps = SL_DST_REMOVES | SL_DST_DEDUPES | SL_DST_EVENTS,
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
