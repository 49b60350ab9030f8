/* test_receive_faults.c - the receiver told to misbehave. */
#include "tests/lib/client.h"
#include "tests/lib/receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void
faults_hit_every_nth(void **state)
{
	struct test_receiver *rx = *state;
	const char *body = "{\"userId\":\"u\"}";

	test_receiver_faults(rx, "{\"throttle_every\":2,\"retry_after\":7,\"stop_after\":3}");
	test_receiver_post(rx, "/v1/page", body, 200, "OK");
	struct test_reply r =
		test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
	assert_int_equal(r.status, 429);
	assert_string_equal(r.retry_after, "7");
	test_reply_free(&r);
	test_receiver_post(rx, "/v1/page", body, 200, "OK");
	test_receiver_post(rx, "/v1/page", body, 200, "OK"); /* the fourth is beyond stop_after */
	test_receiver_faults(rx, "{\"fail_every\":1,\"fail_status\":503,\"garbage_every\":1}");
	r = test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
	assert_int_equal(r.status, 503);
	assert_true(r.len >= 4096 && memchr(r.body, '\x1b', r.len) && memchr(r.body, '\0', r.len));
	test_reply_free(&r);
	test_receiver_faults(rx, "{\"too_large_every\":1}");
	test_receiver_post(rx, "/v1/page", body, 413, NULL);
	test_receiver_faults(rx, "{\"redirect_every\":1}");
	r = test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
	assert_int_equal(r.status, 307);
	assert_string_equal(r.location, "/moved/v1/page");
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 3);
	assert_int_equal(
		test_receiver_int(rx, "SELECT count(*) FROM requests WHERE note = 'fault'"), 4);
	assert_int_equal(test_receiver_stats(rx).faults, 4);
}

static void
faults_break_connections(void **state)
{
	struct test_receiver *rx = *state;
	const char *body = "{\"userId\":\"u\",\"messageId\":\"m\"}";

	test_receiver_faults(rx, "{\"reset_every\":1}");
	struct test_reply r =
		test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
	assert_int_not_equal(r.failure, 0);
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 0);
	test_receiver_faults(rx, "{\"drop_every\":1}");
	r = test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
	assert_int_not_equal(r.failure, 0);
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT deliveries FROM events"), 1);
	test_receiver_faults(rx, "{}");
	test_receiver_post(rx, "/v1/page", body, 200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT deliveries FROM events"), 2);
}

static void
faults_refuse_keys(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_faults(rx, "{\"refuse\":[\"bad\",\"k9\"]}");
	test_receiver_post(
		rx, "/v1/batch",
		"{\"batch\":[{\"type\":\"page\",\"userId\":\"good\"},{\"type\":\"page\",\"userId\":"
		"\"bad\"}]}",
		400, "Event is not a valid rudder event");
	test_receiver_post(rx, "/v1/record",
			   "{\"action\":\"insert\",\"identifiers\":{\"id\":\"k9\"}}", 400, NULL);
	test_receiver_post(rx, "/v1/page", "{\"userId\":\"good\"}", 200, "OK");
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 1);
}

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
slow_answers_wait_and_apply(void **state)
{
	struct test_receiver *rx = *state;
	const char *body = "{\"userId\":\"u\"}";

	test_receiver_faults(rx, "{\"slow_ms\":150}");
	double from = seconds();
	test_receiver_post(rx, "/v1/page", body, 200, "OK");
	assert_true(seconds() - from >= 0.14);
	/* The sender gives up; the event is there, and the server stops while another answer waits. */
	test_receiver_faults(rx, "{\"slow_ms\":60000}");
	struct test_reply r = test_receiver_call(
		rx, "/v1/page", &(struct test_call){ .body = body, .timeout_ms = 200 });
	assert_int_not_equal(r.failure, 0);
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 2);
}

static void
faults_are_checked(void **state)
{
	struct test_receiver *rx = *state;
	static const char *const wrong[] = {
		"{\"throtle\":1}",  "{\"fail_probability\":2}", "[]", "{",
		"{\"refuse\":[1]}", "{\"slow_ms\":-1}"
	};

	for (size_t i = 0; i < SL_COUNT(wrong); i++) {
		struct test_reply r = test_receiver_call(
			rx, "/_fault", &(struct test_call){ .method = "PUT", .body = wrong[i] });
		assert_int_equal(r.status, 400);
		test_reply_free(&r);
	}
	/* By chance, but the same chance each time. */
	test_receiver_faults(rx, "{\"fail_probability\":0.5,\"seed\":7}");
	unsigned first = 0, second = 0;
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 16; i++) {
			struct test_reply r = test_receiver_call(
				rx, "/v1/page",
				&(struct test_call){ .body = "{\"userId\":\"u\"}" });
			*(round ? &second : &first) |= (r.status == 500 ? 1u : 0u) << i;
			test_reply_free(&r);
		}
		test_receiver_faults(rx, "{\"fail_probability\":0.5,\"seed\":7}");
	}
	assert_int_equal(first, second);
	assert_true(first != 0 && first != 0xffff);
	struct test_reply r = test_receiver_call(rx, "/_fault", &(struct test_call){ 0 });
	assert_non_null(strstr(r.body, "\"fail_probability\": 0.5"));
	test_reply_free(&r);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, test_receiver_set_up, test_receiver_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(faults_hit_every_nth), WITH(faults_break_connections),
		WITH(faults_refuse_keys),   WITH(slow_answers_wait_and_apply),
		WITH(faults_are_checked),
	};

	return cmocka_run_group_tests_name("receive_faults", tests, NULL, NULL);
}
