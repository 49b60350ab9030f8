/* test_receive.c - the receiver as its senders see it: HTTP in, tables out. */
#include "core/base/clock.h"
#include "tests/lib/client.h"
#include "tests/lib/receiver.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static void
batch_is_stored_as_sent(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_post(
		rx, "/v1/batch",
		"{\"batch\":[{\"type\":\"track\",\"messageId\":\"m1\",\"userId\":\"u1\",\"event\":"
		"\"Paid\","
		"\"properties\":{\"sum\":12345678901234567890.100}},"
		"{\"type\":\"page\",\"messageId\":\"m2\",\"anonymousId\":"
		"\"a\\u00e9\\ud83d\\ude00\","
		"\"name\":\"Home\"}],"
		"\"sentAt\":\"2026-01-05T10:00:00.000Z\"}",
		200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 2);
	test_receiver_expect(rx,
			     "SELECT event || '/' || user_id FROM events WHERE message_id = 'm1'",
			     "Paid/u1");
	test_receiver_expect(
		rx, "SELECT anonymous_id || ' ' || event FROM events WHERE message_id = 'm2'",
		"a\xc3\xa9\xf0\x9f\x98\x80 Home");
	/* Not a digit is lost on the way. */
	test_receiver_expect(
		rx, "SELECT body FROM events WHERE message_id = 'm1'",
		"{\"type\":\"track\",\"messageId\":\"m1\",\"userId\":\"u1\",\"event\":\"Paid\","
		"\"properties\":{\"sum\":12345678901234567890.100}}");
	test_receiver_expect(rx, "SELECT method || path || status || events FROM requests",
			     "POST/v1/batch2002");
}

static void
path_gives_the_type(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_post(rx, "/v1/track", "{\"type\":\"page\",\"userId\":42,\"event\":\"A\"}",
			   200, "OK");
	test_receiver_expect(rx, "SELECT type || user_id FROM events", "track42");
	test_receiver_expect(rx, "SELECT body FROM events",
			     "{\"type\":\"track\",\"userId\":42,\"event\":\"A\"}");
	assert_int_equal(test_receiver_int(rx, "SELECT length(message_id) FROM events"), 36);
}

static void
repeats_count_and_conflicts_show(void **state)
{
	struct test_receiver *rx = *state;
	const char *first =
		"{\"batch\":[{\"type\":\"identify\",\"messageId\":\"m\",\"userId\":\"u\","
		"\"traits\":{\"n\":1},\"sentAt\":\"2026-01-01\"}]}";
	const char *again =
		"{\"batch\":[{\"type\":\"identify\",\"messageId\":\"m\",\"userId\":\"u\","
		"\"traits\":{\"n\":1},\"sentAt\":\"2026-01-02\",\"receivedAt\":\"x\"}]}";
	const char *other =
		"{\"batch\":[{\"type\":\"identify\",\"messageId\":\"m\",\"userId\":\"u\","
		"\"traits\":{\"n\":2}}]}";

	test_receiver_post(rx, "/v1/batch", first, 200, "OK");
	test_receiver_post(rx, "/v1/batch", again, 200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT deliveries FROM events"), 2);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM conflicts"), 0);
	test_receiver_post(rx, "/v1/batch", other, 200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT deliveries FROM events"), 3);
	test_receiver_expect(
		rx,
		"SELECT message_id FROM conflicts WHERE first_body LIKE '%\"n\":1%' AND "
		"other_body LIKE "
		"'%\"n\":2%'",
		"m");
	/* A repeat is not applied again. */
	test_receiver_expect(rx, "SELECT traits FROM users", "{\"n\":1}");
	struct sl_receive_stats s = test_receiver_stats(rx);
	assert_int_equal(s.events, 3);
	assert_int_equal(s.repeats, 2);
	assert_int_equal(s.conflicts, 1);
}

static void
one_bad_event_refuses_the_request(void **state)
{
	struct test_receiver *rx = *state;
	const char *nobody =
		"{\"batch\":[{\"type\":\"track\",\"messageId\":\"m1\",\"userId\":\"u\",\"event\":"
		"\"A\"},"
		"{\"type\":\"track\",\"messageId\":\"m2\",\"userId\":\"\",\"event\":\"A\"}]}";

	test_receiver_post(rx, "/v1/batch", nobody, 400,
			   "Request neither has anonymousId nor userId");
	test_receiver_post(rx, "/v1/batch", "{\"batch\":[", 400, "Invalid JSON");
	test_receiver_post(rx, "/v1/batch", "{\"batch\":[]}", 400,
			   "Event is not a valid rudder event");
	test_receiver_post(rx, "/v1/batch", "{}", 400, "Event is not a valid rudder event");
	test_receiver_post(rx, "/v1/batch", "", 400, "Request body is nil");
	test_receiver_post(rx, "/v1/batch", "{\"batch\":[{\"userId\":\"u\"}]}", 400,
			   "Event is not a valid rudder event");
	test_receiver_post(rx, "/v1/batch", "{\"batch\":[7]}", 400,
			   "Event is not a valid rudder event");
	test_receiver_post(rx, "/v1/track", "{\"userId\":\"\xff\"}", 400, "Invalid JSON");
	test_receiver_post(rx, "/v1/track", "{\"userId\":\"u\",\"n\":01}", 400, "Invalid JSON");
	test_receiver_post(rx, "/v1/nothing", "{}", 404, NULL);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 0);
	test_receiver_expect(rx, "SELECT note FROM requests WHERE seq = 1",
			     "event 2 has neither userId nor anonymousId");
	test_receiver_expect(rx, "SELECT note FROM requests WHERE seq = 2",
			     "line 1, byte 11: the text ends where a value was expected");
	/* Records need no user. */
	test_receiver_post(rx, "/v1/record",
			   "{\"action\":\"insert\",\"identifiers\":{\"id\":1},\"fields\":{}}", 200,
			   "OK");
}

static void
users_are_folded(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_post(
		rx, "/v1/batch",
		"{\"batch\":[{\"type\":\"identify\",\"userId\":\"u\",\"traits\":{\"a\":1.50,\"b\":{"
		"\"x\":1}}},"
		"{\"type\":\"identify\",\"userId\":\"u\",\"context\":{\"traits\":{\"b\":{\"y\":2},"
		"\"c\":null}}},"
		"{\"type\":\"identify\",\"userId\":\"v\",\"traits\":{}}]}",
		200, "OK");
	/* One level deep, as the API says; nothing is rounded. */
	test_receiver_expect(rx, "SELECT traits FROM users WHERE user_id = 'u'",
			     "{\"a\":1.50,\"b\":{\"y\":2},\"c\":null}");
	assert_int_equal(test_receiver_int(rx, "SELECT identifies FROM users WHERE user_id = 'u'"),
			 2);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM users"), 2);
}

static void
records_are_folded(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_post(rx, "/v1/batch",
			   "{\"batch\":["
			   "{\"type\":\"record\",\"action\":\"insert\",\"identifiers\":{\"id\":"
			   "\"1\"},\"fields\":"
			   "{\"a\":1,\"b\":2}},"
			   "{\"type\":\"record\",\"action\":\"update\",\"identifiers\":{\"id\":"
			   "\"1\"},\"fields\":"
			   "{\"b\":3}},"
			   "{\"type\":\"record\",\"action\":\"insert\",\"identifiers\":{\"id\":2},"
			   "\"fields\":{}},"
			   "{\"type\":\"record\",\"action\":\"delete\",\"identifiers\":{\"id\":2}},"
			   "{\"type\":\"record\",\"action\":\"insert\",\"identifiers\":{\"r\":"
			   "\"eu\",\"id\":2},"
			   "\"fields\":{},"
			   "\"context\":{\"sources\":{\"job_id\":\"sync-a\"}}}]}",
			   200, "OK");
	test_receiver_expect(rx, "SELECT fields FROM records WHERE stream = 'id' AND key = '1'",
			     "{\"a\":1,\"b\":3}");
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM records"), 2);
	test_receiver_expect(rx, "SELECT key FROM records WHERE stream = 'sync-a'",
			     "{\"r\":\"eu\",\"id\":2}");
}

static void
hooks_take_three_forms(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_post(rx, "/hook/crm",
			   "[{\"messageId\":\"1\",\"key\":\"k1\",\"row\":{\"n\":1}},{\"messageId\":"
			   "\"2\",\"key\":"
			   "\"k2\"}]",
			   200, "OK");
	test_receiver_post(rx, "/hook", "{\"messageId\":\"3\",\"type\":\"lead\"}", 200, "OK");
	test_receiver_post(rx, "/hook/crm",
			   "{\"messageId\":\"4\",\"key\":\"k1\",\"action\":\"delete\"}\n\n{"
			   "\"messageId\":\"5\","
			   "\"key\":[\"a\",\"b\"]}\n",
			   200, "OK");
	struct test_reply r = test_receiver_call(
		rx, "/hook/crm",
		&(struct test_call){ .method = "PUT", .body = "[{\"messageId\":\"6\",\"id\":9}]" });
	assert_int_equal(r.status, 200);
	test_reply_free(&r);
	test_receiver_post(rx, "/hook/crm",
			   "{\"messageId\":\"8\",\"type\":\"lead\",\"key\":\"L1\"}", 200, "OK");
	test_receiver_post(rx, "/hook", "{\"messageId\":\"7\"}\nnonsense\n", 400, "Invalid JSON");
	test_receiver_post(rx, "/hook", "[1]", 400, NULL);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 7);
	test_receiver_expect(rx, "SELECT group_concat(type) FROM events",
			     "row,row,lead,row,row,row,lead");
	test_receiver_expect(rx, "SELECT group_concat(key, ' ') FROM records WHERE stream = 'crm'",
			     "9 L1 [\"a\",\"b\"] k2");
}

static void
write_key_is_asked_for(void **state)
{
	struct test_receiver *rx =
		test_receiver_start(&(struct sl_receive_options){ .write_key = "s3cret" });
	struct test_call c = { .body = "{\"userId\":\"u\"}" };

	(void)state;
	test_receiver_post(rx, "/v1/page", c.body, 401, "Failed to read writeKey from header");
	c.user = "other:";
	struct test_reply r = test_receiver_call(rx, "/v1/page", &c);
	assert_int_equal(r.status, 401);
	assert_string_equal(r.body, "Invalid Write Key");
	test_reply_free(&r);
	c.user = "s3cret:";
	r = test_receiver_call(rx, "/v1/page", &c);
	assert_int_equal(r.status, 200);
	test_reply_free(&r);
	c.user = NULL;
	c.header[0] = "Authorization: Bearer s3cret";
	r = test_receiver_call(rx, "/hook", &c);
	assert_int_equal(r.status, 200);
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 2);
	test_receiver_stop(rx);
}

/* gzip of text, repeated so that it unpacks to about `size` bytes. */
static size_t
gzip(const char *text, char *out, size_t cap, size_t size)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)cap;
	char *copy = strdup(text);
	assert_non_null(copy);
	for (size_t done = 0; done < size || done == 0; done += strlen(text)) {
		z.next_in = (Bytef *)copy;
		z.avail_in = (uInt)strlen(copy);
		assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	free(copy);
	(void)deflateEnd(&z);
	return cap - z.avail_out;
}

static void
gzip_is_unpacked_up_to_a_limit(void **state)
{
	struct test_receiver *rx = *state;
	static char packed[65536];
	struct test_call c = { .body = packed, .header = { "Content-Encoding: gzip" } };
	struct test_reply r;

	c.len = gzip("{\"userId\":\"zipped\"}", packed, sizeof(packed), 0);
	r = test_receiver_call(rx, "/v1/page", &c);
	assert_int_equal(r.status, 200);
	test_reply_free(&r);
	test_receiver_expect(rx, "SELECT user_id FROM events", "zipped");
	c.len -= 5; /* cut short */
	r = test_receiver_call(rx, "/v1/page", &c);
	assert_int_equal(r.status, 400);
	test_reply_free(&r);
	/* A small body that would fill the memory. */
	c.len = gzip("                                                                ", packed,
		     sizeof(packed), 40u << 20);
	r = test_receiver_call(rx, "/hook", &c);
	assert_int_equal(r.status, 413);
	test_reply_free(&r);
	c.header[0] = "Content-Encoding: br";
	r = test_receiver_call(rx, "/hook", &c);
	assert_int_equal(r.status, 415);
	test_reply_free(&r);
}

static void
large_bodies_are_refused(void **state)
{
	struct test_receiver *rx = *state;
	const size_t size = 5u << 20;
	char *body = malloc(size + 1);

	assert_non_null(body);
	memset(body, ' ', size);
	body[size] = '\0';
	memcpy(body, "{\"userId\":\"u\"}", 14);
	test_receiver_post(rx, "/v1/page", body, 413, "Request size exceeds max limit");
	test_receiver_post(rx, "/hook", body, 200, "OK"); /* 16 MiB there */
	body[4096000] = '\0';
	test_receiver_post(rx, "/v1/page", body, 200, "OK");
	free(body);
}

static void
health_version_stats(void **state)
{
	struct test_receiver *rx = *state;
	struct test_reply r = test_receiver_call(rx, "/health", &(struct test_call){ 0 });

	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, "\"server\":\"UP\""));
	test_reply_free(&r);
	r = test_receiver_call(rx, "/version", &(struct test_call){ 0 });
	assert_int_equal(r.status, 200);
	test_reply_free(&r);
	test_receiver_post(rx, "/v1/page", "{\"userId\":\"u\"}", 200, "OK");
	r = test_receiver_call(rx, "/_stats", &(struct test_call){ 0 });
	static const char counts[] =
		"{\"requests\":1,\"ok\":1,\"refused\":0,\"failed\":0,\"faults\":0,\"bytes\":14,"
		"\"events\":1,\"repeats\":0,\"conflicts\":0,";
	assert_memory_equal(r.body, counts, sizeof(counts) - 1);
	const char *first = strstr(r.body, "\"first_us\":"), *last = strstr(r.body, "\"last_us\":");
	assert_non_null(first);
	assert_non_null(last);
	const long long first_us = strtoll(first + 11, NULL, 10);
	assert_true(first_us > 0 && first_us <= sl_wall_us());
	assert_int_equal(strtoll(last + 10, NULL, 10), first_us);
	test_reply_free(&r);
	r = test_receiver_call(rx, "/v1/page", &(struct test_call){ 0 });
	assert_int_equal(r.status, 400);
	assert_string_equal(r.body, "Invalid HTTP Request Method");
	test_reply_free(&r);
}

static uint16_t
port_of(struct test_receiver *rx)
{
	return (uint16_t)strtoul(strrchr(test_receiver_url(rx), ':') + 1, NULL, 10);
}

/* Bytes as they are, and gone. */
static void
send_raw(struct test_receiver *rx, const char *bytes)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port_of(rx)) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(s >= 0);
	assert_int_equal(connect(s, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(send(s, bytes, strlen(bytes), MSG_NOSIGNAL), (ssize_t)strlen(bytes));
	(void)close(s);
}

static void
broken_requests_do_no_harm(void **state)
{
	struct test_receiver *rx = *state;
	static const char *const broken[] = {
		"",
		"\r\n\r\n",
		"GARBAGE\r\n\r\n",
		"POST /v1/page HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"userId\":",
		"POST /v1/page HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
		"POST /v1/page HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
		"POST /hook/../../etc HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		"POST /v1/page HTTP/1.1\r\nAuthorization: Basic !!\r\nContent-Length: 2\r\n\r\n{}",
	};

	for (size_t i = 0; i < SL_COUNT(broken); i++)
		send_raw(rx, broken[i]);
	test_receiver_post(rx, "/v1/page", "{\"userId\":\"u\"}", 200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 1);
}

static void
discard_counts_only(void **state)
{
	struct test_receiver *rx =
		test_receiver_start(&(struct sl_receive_options){ .discard = true });
	enum { EVENTS = 20000 };
	char *body = calloc(EVENTS, 64);
	size_t n = 0;

	(void)state;
	assert_non_null(body);
	/* Long enough to arrive in many pieces; an escaped name is no event. */
	for (int i = 0; i < EVENTS; i++)
		n += (size_t)snprintf(body + n, 64,
				      "{\"messageId\":\"%d\",\"a\":\"\\\"messageId\\\"\"}", i);
	test_receiver_post(rx, "/v1/batch", body, 200, "OK");
	struct sl_receive_stats s = test_receiver_stats(rx);
	assert_int_equal(s.events, EVENTS);
	assert_int_equal(s.bytes, n);
	assert_int_equal(s.requests, 1);
	free(body);
	test_receiver_stop(rx);
}

static void
options_are_checked(void **state)
{
	struct sl_receiver *r = NULL;
	struct sl_err err;

	(void)state;
	assert_int_equal(
		sl_receive_start(&(struct sl_receive_options){ .bind = "0.0.0.0" }, &r, &err),
		SL_E_CONFIG);
	assert_non_null(strstr(err.hint, "write key"));
	assert_int_equal(
		sl_receive_start(&(struct sl_receive_options){ .bind = "localhost" }, &r, &err),
		SL_E_CONFIG);
	assert_int_equal(
		sl_receive_start(&(struct sl_receive_options){ .database = "/nonexistent/x.db" },
				 &r, &err),
		SL_E_IO);
	assert_non_null(strstr(err.msg, "/nonexistent/x.db"));
	assert_int_equal(
		sl_receive_start(&(struct sl_receive_options){ .faults = "{\"x\":1}" }, &r, &err),
		SL_E_CONFIG);
	struct test_receiver *rx = test_receiver_start(NULL);
	uint16_t port = port_of(rx);
	assert_int_equal(sl_receive_start(&(struct sl_receive_options){ .port = port }, &r, &err),
			 SL_E_NET);
	assert_non_null(strstr(err.hint, "another port"));
	assert_null(r);
	test_receiver_stop(rx);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, test_receiver_set_up, test_receiver_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(batch_is_stored_as_sent),
		WITH(path_gives_the_type),
		WITH(repeats_count_and_conflicts_show),
		WITH(one_bad_event_refuses_the_request),
		WITH(users_are_folded),
		WITH(records_are_folded),
		WITH(hooks_take_three_forms),
		cmocka_unit_test(write_key_is_asked_for),
		WITH(gzip_is_unpacked_up_to_a_limit),
		WITH(large_bodies_are_refused),
		WITH(health_version_stats),
		WITH(broken_requests_do_no_harm),
		cmocka_unit_test(discard_counts_only),
		cmocka_unit_test(options_are_checked),
	};

	return cmocka_run_group_tests_name("receive", tests, NULL, NULL);
}
