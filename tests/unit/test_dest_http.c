/* test_dest_http.c - the HTTP machinery against a peer that misbehaves: what each ending means for the
 * events, and that nothing more than the request ever leaves. */
#include "core/base/clock.h"
#include "core/base/pool.h"
#include "core/dest/retry_after.h"
#include "tests/lib/dest_rig.h"
#include "tests/lib/peer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static const struct peer_step ok_step = { .act = PEER_ANSWER, .status = 200, .body = "OK" };

static void
open_rig(struct rig *r, const struct peer *p, const char *name, const char *value)
{
	const char *pairs[] = { "url", peer_url(p), name, value, NULL };

	assert_int_equal(rig_open(r, "rudderstack", "wk", NULL, pairs), SL_OK);
}

/* One request of n events, answered by one step. */
static struct sl_outcome
outcome_of(const struct peer_step *step, const char *driver, uint32_t n)
{
	struct peer *p = peer_start(step, 1);
	/* Only who says nothing is waited for in vain. */
	const char *timeout = step->act == PEER_SILENT ? "1s" : "60s";
	const char *pairs[] = { "url", peer_url(p), "timeout", timeout, NULL };
	struct parcel parcel;
	struct rig r;
	struct sl_outcome o;

	assert_int_equal(rig_open(&r, driver, "wk", NULL, pairs), SL_OK);
	o = *rig_send(&r, &parcel, n);
	assert_int_equal(r.completed, 1);
	rig_close(&r);
	peer_stop(p);
	return o;
}

static void
statuses_become_classes(void **state)
{
	static const struct {
		int status;
		enum sl_class many, one;
	} t[] = {
		{ 200, SL_C_ACK, SL_C_ACK },       { 204, SL_C_ACK, SL_C_ACK },
		{ 301, SL_C_CONFIG, SL_C_CONFIG }, { 400, SL_C_SPLIT, SL_C_REJECT },
		{ 401, SL_C_AUTH, SL_C_AUTH },     { 403, SL_C_AUTH, SL_C_AUTH },
		{ 404, SL_C_CONFIG, SL_C_CONFIG }, { 408, SL_C_RETRY, SL_C_RETRY },
		{ 413, SL_C_SPLIT, SL_C_REJECT },  { 422, SL_C_SPLIT, SL_C_REJECT },
		{ 423, SL_C_RETRY, SL_C_RETRY },   { 505, SL_C_CONFIG, SL_C_CONFIG },
		{ 307, SL_C_CONFIG, SL_C_CONFIG }, { 500, SL_C_RETRY, SL_C_RETRY },
		{ 425, SL_C_RETRY, SL_C_RETRY },   { 429, SL_C_THROTTLE, SL_C_THROTTLE },
		{ 500, SL_C_RETRY, SL_C_RETRY },   { 501, SL_C_CONFIG, SL_C_CONFIG },
		{ 503, SL_C_RETRY, SL_C_RETRY },   { 504, SL_C_RETRY, SL_C_RETRY },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct peer_step s = { .act = PEER_ANSWER, .status = t[i].status };
		struct sl_outcome o = outcome_of(&s, "rudderstack", 3);

		assert_string_equal(sl_class_name(o.cls), sl_class_name(t[i].many));
		assert_int_equal(o.status, t[i].status);
		o = outcome_of(&s, "rudderstack", 1);
		assert_string_equal(sl_class_name(o.cls), sl_class_name(t[i].one));
	}
}

static void
a_webhook_may_refuse_an_event_with_404(void **state)
{
	struct peer_step s = { .act = PEER_ANSWER, .status = 404, .body = "no such user" };
	struct sl_outcome o;

	(void)state;
	o = outcome_of(&s, "webhook", 1);
	assert_int_equal(o.cls, SL_C_REJECT);
	assert_string_equal(o.detail, "no such user");
	assert_int_equal(outcome_of(&s, "webhook", 2).cls, SL_C_SPLIT);
}

static void
broken_connections_leave_the_outcome_unknown(void **state)
{
	static const struct peer_step t[] = {
		{ .act = PEER_CLOSE_EARLY },
		{ .act = PEER_CLOSE },
		{ .act = PEER_RESET },
		{ .act = PEER_HALF, .status = 200, .body = "all is well here" },
		{ .act = PEER_HALF, .status = 500, .body = "all is lost here" },
		{ .act = PEER_NO_STATUS },
		{ .act = PEER_SILENT },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct sl_outcome o = outcome_of(&t[i], "rudderstack", 2);

		assert_string_equal(sl_class_name(o.cls), "unknown");
		assert_true(o.detail[0]);
	}
}

/* Only a whole answer with a status is one; curl alone would take some of these for a 200. */
static void
malformed_answers_leave_the_outcome_unknown(void **state)
{
	static const char *const t[] = {
		"HTTP/ all is well\r\n\r\n",
		"HTTP/1.1\r\n\r\n",
		"HTTP/1.1 20\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1200 OK\r\n\r\n",
		"HTTP/1.1 -200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nServer: torn",
		"HTTP/1.1 200 OK\r\nServer: torn\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"OK\r\n",
		"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"",
	};
	static const char *const fine[] = {
		"HTTP/1.0 200\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nup to the end",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		struct peer_step s = { .act = PEER_RAW, .body = t[i] };
		struct sl_outcome o = outcome_of(&s, "rudderstack", 2);

		if (o.cls != SL_C_UNKNOWN)
			fail_msg("%s: is %s", t[i], sl_class_name(o.cls));
		assert_true(o.detail[0]);
	}
	for (size_t i = 0; i < SL_COUNT(fine); i++) {
		struct peer_step s = { .act = PEER_RAW, .body = fine[i] };

		if (outcome_of(&s, "rudderstack", 2).cls != SL_C_ACK)
			fail_msg("%s: is not fine", fine[i]);
	}
}

static void
nothing_sent_means_retry(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[40];
	const char *pairs[] = { "url", url, NULL };
	const char *nowhere[] = { "url", "https://sluice.invalid", NULL };
	struct parcel p;
	struct rig r;

	(void)state;
	/* A port that is taken but does not listen refuses connections. */
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(a.sin_port));
	assert_int_equal(rig_open(&r, "rudderstack", "wk", NULL, pairs), SL_OK);
	assert_int_equal(rig_send(&r, &p, 2)->cls, SL_C_RETRY);
	assert_non_null(strstr(p.outcomes[0].detail, "connect"));
	assert_int_equal(p.d.bytes_sent, 0);
	rig_close(&r);
	close(fd);
	/* A name that nobody knows is a mistake of the settings. */
	assert_int_equal(rig_open(&r, "rudderstack", "wk", NULL, nowhere), SL_OK);
	assert_int_equal(rig_send(&r, &p, 1)->cls, SL_C_CONFIG);
	assert_non_null(strstr(p.outcomes[0].detail, "resolve"));
	rig_close(&r);
}

static void
the_servers_words_are_kept(void **state)
{
	char *flood = malloc(200001);
	struct peer_step s = { .act = PEER_ANSWER, .status = 400, .body = "  Invalid JSON\n" };
	struct sl_outcome o = outcome_of(&s, "rudderstack", 1);

	(void)state;
	assert_string_equal(o.detail, "Invalid JSON");
	/* An answer without an end is cut, and still judged by its status. */
	assert_non_null(flood);
	for (size_t i = 0; i < 200000; i += 2)
		memcpy(flood + i, "\xc3\xa9", 2);
	flood[200000] = 0;
	s.body = flood;
	o = outcome_of(&s, "rudderstack", 1);
	assert_int_equal(o.cls, SL_C_REJECT);
	assert_int_equal(strlen(o.detail), 198); /* 199 would be half a character */
	free(flood);
}

static void
retry_after_is_read_in_every_spelling(void **state)
{
	const int64_t now = INT64_C(1767607200) * SECOND; /* Mon, 05 Jan 2026 10:00:00 GMT */
	static const struct {
		const char *text;
		int64_t us;
	} t[] = {
		{ "2", 2 * SECOND },
		{ " 120 ", 120 * SECOND },
		{ "1.5", SECOND * 3 / 2 },
		{ "0", 0 },
		{ "", 0 },
		{ "-5", 0 },
		{ "soon", 0 },
		{ "1e9", 0 },
		{ "0x10", 0 },
		{ "86400", SL_RETRY_AFTER_MAX_US },
		{ "1000000000", SL_RETRY_AFTER_MAX_US },
		{ "1767607170", 0 },
		{ "99999999999999999999999999", SL_RETRY_AFTER_MAX_US },
		{ "Mon, 05 Jan 2026 10:00:30 GMT", 30 * SECOND },
		{ "Monday, 05-Jan-26 10:00:30 GMT", 30 * SECOND },
		{ "Mon Jan  5 10:00:30 2026", 30 * SECOND },
		{ "Mon, 05 Jan 2026 09:00:00 GMT", 0 },
		{ "Wed, 07 Jan 2026 10:00:00 GMT", SL_RETRY_AFTER_MAX_US },
		{ "1767607245", 45 * SECOND },
		{ "1767607245000", 45 * SECOND },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		if (sl_retry_after_us(t[i].text, now) != t[i].us)
			fail_msg("\"%s\" gave %lld us", t[i].text,
				 (long long)sl_retry_after_us(t[i].text, now));
	}
}

static void
servers_say_when_to_come_back(void **state)
{
	static const struct {
		const char *line;
		int64_t us;
	} others[] = {
		{ "X-Ratelimit-Retry-After: 12\r\n", 12 * SECOND },
		{ "X-Rate-Limit-Reset: 5\r\n", 5 * SECOND },
		{ "retry-after-ms: 1500\r\n", SECOND * 3 / 2 },
		{ "RateLimit-Reset: 9\r\n", 9 * SECOND },
		{ "RateLimit: limit=100, remaining=0, reset=30\r\n", 30 * SECOND },
		{ "RateLimit: \"default\";r=0;t=20\r\n", 20 * SECOND },
		{ "RateLimit: \"default\"\r\n", 0 },
		{ "Retry-After: soon\r\nX-RateLimit-Reset: 4\r\n", 4 * SECOND },
		{ "Retry-After: 1000000000\r\n", SL_RETRY_AFTER_MAX_US },
		{ "Retry-After: -1\r\n", 0 },
	};
	struct peer_step s = { .act = PEER_ANSWER, .status = 429, .headers = "retry-after: 7\r\n" };
	struct sl_outcome o = outcome_of(&s, "rudderstack", 2);

	(void)state;
	assert_int_equal(o.cls, SL_C_THROTTLE);
	assert_int_equal(o.retry_after_us, 7 * SECOND);
	s.headers = "X-RateLimit-Reset: 30\r\n";
	assert_int_equal(outcome_of(&s, "rudderstack", 1).retry_after_us, 30 * SECOND);
	s.headers = "X-RateLimit-Reset: 30\r\nRetry-After: 3\r\n";
	assert_int_equal(outcome_of(&s, "rudderstack", 1).retry_after_us, 3 * SECOND);
	/* The date counts from the server's clock, which need not be ours. */
	s.headers = "Date: Mon, 05 Jan 1998 10:00:00 GMT\r\n"
		    "Retry-After: Mon, 05 Jan 1998 10:01:00 GMT\r\n";
	assert_int_equal(outcome_of(&s, "rudderstack", 1).retry_after_us, 60 * SECOND);
	for (size_t i = 0; i < SL_COUNT(others); i++) {
		s.headers = others[i].line;
		if (outcome_of(&s, "rudderstack", 1).retry_after_us != others[i].us)
			fail_msg("not understood: %s", others[i].line);
	}
	s.headers = NULL;
	o = outcome_of(&s, "rudderstack", 1);
	assert_int_equal(o.cls, SL_C_THROTTLE);
	assert_int_equal(o.retry_after_us, 0);
	s = (struct peer_step){ .act = PEER_ANSWER,
				.status = 503,
				.headers = "Retry-After: 9\r\n" };
	o = outcome_of(&s, "rudderstack", 1);
	assert_int_equal(o.cls, SL_C_THROTTLE);
	assert_int_equal(o.retry_after_us, 9 * SECOND);
}

static void
connections_are_kept(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	struct parcel parcel;
	struct rig r;

	(void)state;
	open_rig(&r, p, "inflight", "2");
	for (int i = 0; i < 5; i++)
		assert_int_equal(rig_send(&r, &parcel, 2)->cls, SL_C_ACK);
	assert_int_equal(peer_requests(p), 5);
	assert_int_equal(peer_connections(p), 1);
	rig_close(&r);
	peer_stop(p);
}

static void
a_server_that_closes_is_connected_again(void **state)
{
	static const struct peer_step s = { .act = PEER_ANSWER_CLOSE, .status = 200 };
	struct peer *p = peer_start(&s, 1);
	struct parcel parcel;
	struct rig r;

	(void)state;
	open_rig(&r, p, "inflight", "1");
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_send(&r, &parcel, 1)->cls, SL_C_ACK);
	assert_int_equal(peer_connections(p), 3);
	rig_close(&r);
	peer_stop(p);
}

/* Above 64 KiB a request is read from where its events lie, and once more where curl has to send it again. */
static void
a_large_request_is_whole_also_when_it_is_sent_again(void **state)
{
	static const struct peer_step s[] = { { .act = PEER_ANSWER, .status = 200 },
					      { .act = PEER_CLOSE },
					      { .act = PEER_ANSWER, .status = 200 } };
	struct peer *p = peer_start(s, 3);
	struct sl_buf want, event;
	struct parcel parcel;
	struct rig r;

	(void)state;
	sl_buf_init(&event, 0);
	sl_buf_init(&want, 0);
	sl_buf_puts(&event, "{\"text\":\"");
	for (int i = 0; i < 30000; i++)
		sl_buf_putc(&event, (char)('a' + i % 23));
	sl_buf_puts(&event, "\"}");
	open_rig(&r, p, "inflight", "1");
	for (int round = 0; round < 2; round++) {
		parcel_fill(&parcel, 5);
		for (int i = 0; i < 5; i += 2)
			parcel.bodies[i] = sl_buf_view(&event);
		rig_submit(&r, &parcel);
		rig_wait(&r, &parcel);
		assert_int_equal(parcel.outcomes[0].cls, SL_C_ACK);
	}
	assert_int_equal(peer_requests(p), 3);
	sl_buf_puts(&want, "{\"batch\":[");
	for (int i = 0; i < 5; i++) {
		sl_buf_puts(&want, i ? "," : "");
		sl_buf_put_str(&want, parcel.bodies[i]);
	}
	sl_buf_puts(&want, "],\"sentAt\":\"");
	for (size_t i = 0; i < 3; i += 2) {
		const struct peer_request *got = peer_request(p, i);

		assert_int_equal(got->body_len, want.len + strlen("2026-01-01T00:00:00.000Z\"}"));
		assert_memory_equal(got->body, want.ptr, want.len);
		assert_memory_equal(got->body + got->body_len - 2, "\"}", 2);
	}
	rig_close(&r);
	peer_stop(p);
	sl_buf_free(&event);
	sl_buf_free(&want);
}

static void
several_are_in_flight(void **state)
{
	static const struct peer_step s = { .act = PEER_ANSWER, .status = 200, .gather = 3 };
	struct peer *p = peer_start(&s, 1);
	struct parcel parcel[4];
	struct rig r;

	(void)state;
	open_rig(&r, p, "inflight", "3");
	assert_int_equal(r.limits.inflight, 3);
	for (int i = 0; i < 4; i++)
		parcel_fill(&parcel[i], 1);
	for (int i = 0; i < 3; i++)
		rig_submit(&r, &parcel[i]);
	assert_int_equal(r.drv->submit(r.ctx, &parcel[3].d, &r.err), SL_AGAIN);
	for (int i = 0; i < 3; i++) {
		rig_wait(&r, &parcel[i]);
		assert_int_equal(parcel[i].outcomes[0].cls, SL_C_ACK);
	}
	assert_int_equal(r.completed, 3);
	assert_int_equal(peer_connections(p), 3);
	rig_submit(&r, &parcel[3]);
	rig_wait(&r, &parcel[3]);
	rig_close(&r);
	peer_stop(p);
}

struct chain {
	struct rig *rig;
	struct parcel *next;
};

static void
submit_next(void *arg, struct sl_delivery *d)
{
	struct chain *c = arg;

	rig_done(c->rig, d);
	if (c->next)
		rig_submit(c->rig, c->next);
	c->next = NULL;
}

static void
the_place_of_a_completed_delivery_is_free_in_its_callback(void **state)
{
	struct peer *p = peer_start(&ok_step, 1);
	struct parcel parcel[2];
	struct rig r;
	struct chain c = { &r, &parcel[1] };

	(void)state;
	open_rig(&r, p, "inflight", "1");
	parcel_fill(&parcel[0], 2);
	parcel_fill(&parcel[1], 1);
	rig_submit(&r, &parcel[0]);
	for (int i = 0; i < 6000 && !parcel[1].done; i++)
		assert_int_equal(r.drv->poll(r.ctx, 10, submit_next, &c, &r.err), SL_OK);
	assert_int_equal(parcel[0].outcomes[1].cls, SL_C_ACK);
	assert_int_equal(parcel[1].outcomes[0].cls, SL_C_ACK);
	assert_int_equal(peer_requests(p), 2);
	rig_close(&r);
	peer_stop(p);
}

static void
redirects_are_not_followed(void **state)
{
	static const int codes[] = { 301, 302, 303, 307, 308 };
	struct peer *other = peer_start(&ok_step, 1);
	char location[80];
	struct peer_step s = { .act = PEER_ANSWER, .headers = location };

	(void)state;
	snprintf(location, sizeof(location), "Location: %s/stolen\r\n", peer_url(other));
	for (size_t i = 0; i < SL_COUNT(codes); i++) {
		struct sl_outcome o;

		s.status = codes[i];
		o = outcome_of(&s, "webhook", 1);
		assert_int_equal(o.cls, SL_C_CONFIG);
		assert_non_null(strstr(o.detail, "redirect"));
	}
	assert_int_equal(peer_connections(other), 0);
	peer_stop(other);
}

static void
proxies_of_the_environment_are_ignored(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(outcome_of(&ok_step, "rudderstack", 1).cls, SL_C_ACK);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void *
wake_soon(void *arg)
{
	struct rig *r = arg;

	usleep(20000);
	r->drv->wakeup(r->ctx);
	return NULL;
}

static void
a_wait_is_ended_from_another_thread(void **state)
{
	static const struct peer_step s = { .act = PEER_SILENT };
	struct peer *p = peer_start(&s, 1);
	struct parcel parcel;
	struct rig r;
	pthread_t t;
	int64_t start = sl_mono_us();
	unsigned polls = 0;

	(void)state;
	open_rig(&r, p, "timeout", "60s");
	parcel_fill(&parcel, 1);
	rig_submit(&r, &parcel);
	while (peer_requests(p) == 0)
		assert_int_equal(r.drv->poll(r.ctx, 10, rig_done, &r, &r.err), SL_OK);
	assert_int_equal(sl_thread_start(&t, "waker", wake_soon, &r), 0);
	/* curl may wake up for itself once or twice; only the wake-up ends a wait of a minute. */
	do {
		assert_int_equal(r.drv->poll(r.ctx, 60000, rig_done, &r, &r.err), SL_OK);
	} while (++polls < 3 && sl_mono_us() - start < SECOND / 50);
	assert_true(sl_mono_us() - start < 10 * SECOND);
	pthread_join(t, NULL);
	/* Closing drops what is in flight without a word. */
	rig_close(&r);
	assert_int_equal(r.completed, 0);
	peer_stop(p);
}

static void
metadata_addresses_are_never_connected(void **state)
{
	static const char *const urls[] = {
		"http://169.254.169.254/latest",
		"http://0xa9fea9fe/",
		"http://2852039166/",
		"http://[::ffff:169.254.169.254]/x",
		"http://[fd00:ec2::254]/",
		"http://[fe80::1]/",
		"http://100.100.100.200/",
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(urls); i++) {
		const char *pairs[] = { "url", urls[i], "allow_plaintext", "true", NULL };
		struct parcel p;
		struct rig r;

		assert_int_equal(rig_open(&r, "webhook", NULL, NULL, pairs), SL_OK);
		assert_int_equal(rig_send(&r, &p, 1)->cls, SL_C_CONFIG);
		assert_non_null(strstr(p.outcomes[0].detail, "metadata"));
		rig_close(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_become_classes),
		cmocka_unit_test(a_webhook_may_refuse_an_event_with_404),
		cmocka_unit_test(broken_connections_leave_the_outcome_unknown),
		cmocka_unit_test(malformed_answers_leave_the_outcome_unknown),
		cmocka_unit_test(nothing_sent_means_retry),
		cmocka_unit_test(the_servers_words_are_kept),
		cmocka_unit_test(retry_after_is_read_in_every_spelling),
		cmocka_unit_test(servers_say_when_to_come_back),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(a_server_that_closes_is_connected_again),
		cmocka_unit_test(a_large_request_is_whole_also_when_it_is_sent_again),
		cmocka_unit_test(several_are_in_flight),
		cmocka_unit_test(the_place_of_a_completed_delivery_is_free_in_its_callback),
		cmocka_unit_test(redirects_are_not_followed),
		cmocka_unit_test(proxies_of_the_environment_are_ignored),
		cmocka_unit_test(a_wait_is_ended_from_another_thread),
		cmocka_unit_test(metadata_addresses_are_never_connected),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("dest_http", tests, NULL, NULL);
}
