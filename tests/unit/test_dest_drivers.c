/* test_dest_drivers.c - the drivers that speak HTTP: what they send byte for byte, what they refuse to
 * be configured with, what their check says, and that secrets stay where they belong. */
#include "core/base/clock.h"
#include "core/dest/fields.h"
#include "tests/lib/dest_rig.h"
#include "tests/lib/peer.h"

#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#define WALL_US INT64_C(1767607200123000) /* 2026-01-05T10:00:00.123Z */

static const struct peer_step ok_step = { .act = PEER_ANSWER, .status = 200, .body = "OK" };

static void
assert_header(const struct peer_request *r, const char *name, const char *value)
{
	char *v = peer_header(r, name);

	if (!value) {
		assert_null(v);
	} else {
		assert_non_null(v);
		assert_string_equal(v, value);
	}
	free(v);
}

/* Opens, sends n events at a frozen time, and leaves what encode() says in body. */
static void
send_one(struct rig *r, const char *driver, const char *secret, const char *const *pairs,
	 uint32_t n, struct sl_buf *body)
{
	struct parcel p;

	assert_int_equal(rig_open(r, driver, secret, NULL, pairs), SL_OK);
	sl_clock_fake(1000, WALL_US);
	assert_int_equal(rig_send(r, &p, n)->cls, SL_C_ACK);
	sl_clock_real();
	sl_buf_init(body, 0);
	assert_int_equal(r->drv->encode(r->ctx, p.bodies, n, WALL_US, body, &r->err), SL_OK);
}

static void
assert_sent(const struct peer_request *req, const struct sl_buf *body)
{
	assert_int_equal(req->body_len, body->len);
	assert_memory_equal(req->body, body->ptr, body->len);
}

static void
a_batch_arrives_as_it_was_previewed(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	const char *pairs[] = { "url", peer_url(p), NULL };
	struct sl_buf body;
	struct rig r;
	json_t *j;

	(void)state;
	send_one(&r, "rudderstack", "my-key", pairs, 3, &body);
	assert_string_equal(peer_request(p, 0)->method, "POST");
	assert_string_equal(peer_request(p, 0)->path, "/v1/batch");
	assert_header(peer_request(p, 0), "Authorization", "Basic bXkta2V5Og==");
	assert_header(peer_request(p, 0), "Content-Type", "application/json");
	assert_header(peer_request(p, 0), "Expect", NULL);
	assert_header(peer_request(p, 0), "Content-Encoding", NULL);
	assert_sent(peer_request(p, 0), &body);
	j = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_int_equal(json_array_size(json_object_get(j, "batch")), 3);
	assert_string_equal(json_string_value(json_object_get(j, "sentAt")),
			    "2026-01-05T10:00:00.123Z");
	json_decref(j);
	sl_buf_free(&body);
	rig_close(&r);
	peer_stop(p);
}

static void
a_compressed_body_unpacks_to_the_previewed_one(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	const char *pairs[] = { "url", peer_url(p), "gzip", "on", NULL };
	unsigned char plain[4096];
	z_stream z = { 0 };
	struct sl_buf body;
	struct rig r;

	(void)state;
	send_one(&r, "rudderstack", "k", pairs, 8, &body);
	assert_header(peer_request(p, 0), "Content-Encoding", "gzip");
	assert_header(peer_request(p, 0), "Authorization", "Basic azo=");
	z.next_in = (unsigned char *)peer_request(p, 0)->body;
	z.avail_in = (unsigned)peer_request(p, 0)->body_len;
	z.next_out = plain;
	z.avail_out = sizeof(plain);
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, body.len);
	assert_memory_equal(plain, body.ptr, body.len);
	inflateEnd(&z);
	sl_buf_free(&body);
	rig_close(&r);
	peer_stop(p);
}

static void
a_second_request_does_not_hold_the_first(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	const char *pairs[] = { "url", peer_url(p), "gzip", "on", "inflight", "1", NULL };
	struct parcel parcel;
	struct rig r;
	size_t first;

	(void)state;
	assert_int_equal(rig_open(&r, "webhook", NULL, NULL, pairs), SL_OK);
	rig_send(&r, &parcel, 8);
	first = parcel.d.bytes_sent;
	rig_send(&r, &parcel, 1);
	assert_true(parcel.d.bytes_sent > 0 && parcel.d.bytes_sent < first);
	assert_int_equal(peer_request(p, 1)->body_len, parcel.d.bytes_sent);
	rig_close(&r);
	peer_stop(p);
}

static void
the_webhook_speaks_three_formats(void **state)
{
	static const struct {
		const char *format, *type, *body;
		uint32_t n;
	} t[] = {
		{ "array", "application/json", "[{\"n\":0},{\"n\":1}]", 2 },
		{ "ndjson", "application/x-ndjson", "{\"n\":0}\n{\"n\":1}\n", 2 },
		{ "single", "application/json", "{\"n\":0}", 1 },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct peer *p = peer_start(&ok_step, 1);
		const char *pairs[] = { "url",    peer_url(p), "format", t[i].format,
					"method", "PUT",       NULL };
		struct sl_buf body;
		struct rig r;

		send_one(&r, "webhook", NULL, pairs, t[i].n, &body);
		assert_sent(peer_request(p, 0), &body);
		assert_string_equal(sl_buf_cstr(&body), t[i].body);
		assert_string_equal(peer_request(p, 0)->method, "PUT");
		assert_header(peer_request(p, 0), "Content-Type", t[i].type);
		assert_header(peer_request(p, 0), "Authorization", NULL);
		assert_int_equal(r.limits.batch_events, strcmp(t[i].format, "single") ? 500 : 1);
		sl_buf_free(&body);
		rig_close(&r);
		peer_stop(p);
	}
}

static void
the_webhook_sends_its_headers(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	const char *pairs[] = { "url", peer_url(p), "headers",
				"X-Team: data, Accept: text/plain\\, application/json,X-Q:1",
				NULL };
	const char *other[] = { "url", peer_url(p), "token_header", "X-Api-Key", NULL };
	struct sl_buf body;
	struct rig r;

	(void)state;
	send_one(&r, "webhook", "s3cret", pairs, 1, &body);
	assert_header(peer_request(p, 0), "Authorization", "Bearer s3cret");
	assert_header(peer_request(p, 0), "X-Team", "data");
	assert_header(peer_request(p, 0), "Accept", "text/plain, application/json");
	assert_header(peer_request(p, 0), "X-Q", "1");
	sl_buf_free(&body);
	rig_close(&r);
	send_one(&r, "webhook", "s3cret", other, 1, &body);
	assert_header(peer_request(p, 1), "X-Api-Key", "s3cret");
	assert_header(peer_request(p, 1), "Authorization", NULL);
	sl_buf_free(&body);
	rig_close(&r);
	peer_stop(p);
}

static void
wrong_settings_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *driver, *secret, *where;
		const char *pairs[9];
	} t[] = {
		{ "rudderstack", "k", "url", { "url", "http://example.com" } },
		{ "rudderstack", "k", "url", { "url", "http://127.0.0.1.example.com" } },
		{ "rudderstack", "k", "url", { "url", "http://localhost.example.com:80" } },
		{ "rudderstack", "k", "url", { "url", "https://example.com/?key=1" } },
		{ "rudderstack", NULL, "write_key", { "url", "https://example.com" } },
		{ "rudderstack", "", "write_key", { "url", "https://example.com" } },
		{ "rudderstack",
		  "k",
		  "batch_events",
		  { "url", "https://x.io", "kind", "segment", "batch_events", "2501" } },
		{ "rudderstack",
		  "k",
		  "batch_bytes",
		  { "url", "https://x.io", "kind", "segment", "batch_bytes", "500001" } },
		{ "webhook", "tok\r\nX-Evil: 1", "token", { "url", "https://example.com" } },
		{ "webhook",
		  NULL,
		  "headers",
		  { "url", "https://x.io", "headers", "Authorization: x" } },
		{ "webhook",
		  NULL,
		  "headers",
		  { "url", "https://x.io", "headers", "content-length: 1" } },
		{ "webhook", NULL, "headers", { "url", "https://x.io", "headers", "no colon" } },
		{ "webhook", NULL, "headers", { "url", "https://x.io", "headers", "Bad Name: 1" } },
		{ "webhook", NULL, "headers", { "url", "https://x.io", "headers", "Empty:" } },
		{ "webhook",
		  NULL,
		  "ca_file",
		  { "url", "https://x.io", "ca_file", "/no/such.pem" } },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct rig r;

		if (rig_open(&r, t[i].driver, t[i].secret, NULL, t[i].pairs) != SL_E_CONFIG)
			fail_msg("case %zu was not refused", i);
		assert_string_equal(r.err.where, t[i].where);
		assert_true(r.err.msg[0]);
		assert_null(strstr(r.err.msg, "X-Evil"));
		rig_close(&r);
	}
}

static void
plain_http_needs_loopback_or_consent(void **state)
{
	static const char *const fine[] = { "http://localhost:1", "http://127.9.9.9",
					    "http://[::1]:8080", "https://example.com",
					    "http://api.localhost" };
	const char *consent[] = { "url", "http://example.com", "allow_plaintext", "true", NULL };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(fine); i++) {
		const char *pairs[] = { "url", fine[i], NULL };

		assert_int_equal(rig_open(&r, "rudderstack", "k", NULL, pairs), SL_OK);
		rig_close(&r);
	}
	assert_int_equal(rig_open(&r, "rudderstack", "k", NULL, consent), SL_OK);
	rig_close(&r);
}

static void
targets_show_no_secrets(void **state)
{
	static const struct {
		const char *driver, *url, *shown;
	} t[] = {
		{ "rudderstack", "https://host.io", "POST https://host.io/v1/batch" },
		{ "rudderstack", "https://host.io:8080/rs//",
		  "POST https://host.io:8080/rs/v1/batch" },
		{ "rudderstack", "https://host.io/v1/batch/", "POST https://host.io/v1/batch" },
		{ "webhook", "https://host.io/hook/", "POST https://host.io/hook/" },
		{ "webhook", "https://host.io/h?key=abc&sig=a=b&flag#top",
		  "POST https://host.io/h?key=***&sig=***&flag" },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		const char *pairs[] = { "url", t[i].url, NULL };
		struct sl_buf out;
		struct rig r;

		sl_buf_init(&out, 0);
		assert_int_equal(rig_open(&r, t[i].driver, "s3cret", NULL, pairs), SL_OK);
		r.drv->target(r.ctx, &out);
		assert_string_equal(sl_buf_cstr(&out), t[i].shown);
		sl_buf_free(&out);
		rig_close(&r);
	}
}

static void
limits_leave_room_for_the_envelope(void **state)
{
	static const char big[] = "\"0123456789012345678901234567890123456789\"";
	const char *pairs[] = { "url",  "https://x.io", "kind", "segment", "batch_bytes",
				"100k", "batch_events", "2500", NULL };
	struct sl_str bodies[2500];
	struct sl_buf out;
	struct rig r;
	uint32_t n;

	(void)state;
	assert_int_equal(rig_open(&r, "rudderstack", "k", NULL, pairs), SL_OK);
	assert_int_equal(r.limits.event_bytes, 32768);
	assert_int_equal(r.limits.inflight, 64);
	assert_true(r.limits.rate <= 0);
	n = r.limits.batch_bytes / (sizeof(big) - 1);
	assert_true(n <= r.limits.batch_events);
	for (uint32_t i = 0; i < n; i++)
		bodies[i] = SL_LIT(big);
	sl_buf_init(&out, 0);
	assert_int_equal(r.drv->encode(r.ctx, bodies, n, WALL_US, &out, &r.err), SL_OK);
	assert_true(out.len <= 102400);
	sl_buf_free(&out);
	rig_close(&r);
}

/* Runs check() against a script. The line is put into a, where the caller looks at it. */
static enum sl_code
check_with(const char *driver, const struct peer_step *steps, size_t n, struct sl_arena *a,
	   struct sl_str *line, struct sl_err *err)
{
	struct peer *p = peer_start(steps, n);
	const char *pairs[] = { "url", peer_url(p), NULL };
	enum sl_code rc;
	struct rig r;

	assert_int_equal(rig_open(&r, driver, "k", NULL, pairs), SL_OK);
	rc = r.drv->check(r.ctx, a, line, err);
	for (size_t i = 0; i < peer_requests(p); i++)
		assert_null(strstr(peer_request(p, i)->body, "\"n\""));
	rig_close(&r);
	peer_stop(p);
	return rc;
}

static void
check_tells_key_and_server(void **state)
{
	static const struct peer_step good[] = {
		{ .act = PEER_ANSWER,
		  .status = 400,
		  .headers = "Server: fancy\x1b[31m\r\n",
		  .body = "Empty batch payload" },
		{ .act = PEER_ANSWER, .status = 200, .body = "{\"server\":\"UP\"}" },
	};
	static const struct {
		struct peer_step step;
		enum sl_code code;
	} bad[] = {
		{ { .act = PEER_ANSWER, .status = 401, .body = "Invalid Authorization" },
		  SL_E_AUTH },
		{ { .act = PEER_ANSWER, .status = 404, .body = "Source is disabled" },
		  SL_E_CONFIG },
		{ { .act = PEER_ANSWER, .status = 302 }, SL_E_CONFIG },
		{ { .act = PEER_ANSWER, .status = 503, .body = "down" }, SL_E_PROTO },
		{ { .act = PEER_CLOSE }, SL_E_NET },
	};
	struct sl_arena *a = sl_arena_new(0, 0);
	struct sl_err err = { 0 };
	struct sl_str line;

	(void)state;
	assert_non_null(a);
	assert_int_equal(check_with("rudderstack", good, 2, a, &line, &err), SL_OK);
	assert_non_null(strstr(line.ptr, "write key accepted"));
	assert_non_null(strstr(line.ptr, "server fancy\xe2\x90\x9b[31m"));
	assert_non_null(strstr(line.ptr, "{\"server\":\"UP\"}"));
	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		err = (struct sl_err){ 0 };
		assert_int_equal(check_with("rudderstack", &bad[i].step, 1, a, &line, &err),
				 bad[i].code);
		if (bad[i].step.body)
			assert_non_null(strstr(err.msg, bad[i].step.body));
	}
	assert_int_equal(check_with("webhook", &good[1], 1, a, &line, &err), SL_OK);
	assert_non_null(strstr(line.ptr, "reachable"));
	assert_int_equal(check_with("webhook", &bad[0].step, 1, a, &line, &err), SL_E_AUTH);
	sl_arena_free(a);
}

static void
drivers_close_from_any_state(void **state)
{
	(void)state;
	for (size_t i = 0; sl_dest_at(i); i++) {
		const struct sl_dest_driver *d = sl_dest_at(i);
		void *ctx = calloc(1, d->ctx_size);

		assert_non_null(ctx);
		assert_ptr_equal(sl_dest_find(d->name), d);
		d->wakeup(ctx);
		d->close(ctx);
		d->close(ctx);
		free(ctx);
	}
	assert_null(sl_dest_find("nowhere"));
}

static void
every_kind_of_event_has_its_fields(void **state)
{
	static const struct {
		const char *type, *field;
		bool required;
	} t[] = {
		{ "identify", "userId", false }, { "identify", "traits.email", false },
		{ "track", "event", true },      { "group", "groupId", true },
		{ "page", "name", true },        { "screen", "name", true },
		{ "alias", "previousId", true }, { "record", "identifiers.*", true },
		{ "row", "*", false },           { "track", "timestamp", false },
	};
	size_t n;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		const struct sl_field *f = sl_event_fields(t[i].type, &n);
		bool found = false;

		for (size_t k = 0; k < n; k++) {
			assert_true(f[k].name && f[k].type && f[k].help);
			/* A trait of that name would silently become the time of the event. */
			assert_string_not_equal(f[k].name, "traits.timestamp");
			assert_string_not_equal(f[k].name, "properties.timestamp");
			if (strcmp(f[k].name, t[i].field) == 0) {
				found = true;
				assert_int_equal(f[k].required, t[i].required);
			}
		}
		assert_true(found);
	}
	assert_null(sl_event_fields("nothing", &n));
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_arrives_as_it_was_previewed),
		cmocka_unit_test(a_compressed_body_unpacks_to_the_previewed_one),
		cmocka_unit_test(a_second_request_does_not_hold_the_first),
		cmocka_unit_test(the_webhook_speaks_three_formats),
		cmocka_unit_test(the_webhook_sends_its_headers),
		cmocka_unit_test(wrong_settings_are_refused_with_their_place),
		cmocka_unit_test(plain_http_needs_loopback_or_consent),
		cmocka_unit_test(targets_show_no_secrets),
		cmocka_unit_test(limits_leave_room_for_the_envelope),
		cmocka_unit_test(check_tells_key_and_server),
		cmocka_unit_test(drivers_close_from_any_state),
		cmocka_unit_test(every_kind_of_event_has_its_fields),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("dest_drivers", tests, NULL, NULL);
}
