/* test_receive_faults.c - the receiver told to misbehave. */
#include "tests/lib/client.h"
#include "tests/lib/receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static void
answers_that_are_lost(void **state)
{
	struct test_receiver *rx = *state;
	const char *body = "{\"userId\":\"u\",\"messageId\":\"m\"}";
	static const struct {
		const char *fault;
		long long events;
	} t[] = { { "{\"lose_every\":1}", 0 }, { "{\"hang_up_every\":1}", 1 } };

	for (size_t i = 0; i < SL_COUNT(t); i++) {
		test_receiver_faults(rx, t[i].fault);
		struct test_reply r =
			test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });
		assert_int_not_equal(r.failure, 0);
		assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), t[i].events);
		test_reply_free(&r);
	}
}

static void
waits_are_asked_for_in_any_words(void **state)
{
	struct test_receiver *rx = *state;
	const char *body = "{\"userId\":\"u\"}";

	test_receiver_faults(rx, "{\"throttle_every\":2,\"fail_every\":1,\"fail_status\":503,"
				 "\"retry_after_text\":\"Wed, 21 Oct 2015 07:28:00\"}");
	for (int i = 0; i < 2; i++) {
		struct test_reply r =
			test_receiver_call(rx, "/v1/page", &(struct test_call){ .body = body });

		assert_int_equal(r.status, i ? 429 : 503);
		assert_string_equal(r.retry_after, "Wed, 21 Oct 2015 07:28:00");
		test_reply_free(&r);
	}
}

static void
an_answer_can_be_huge(void **state)
{
	struct test_receiver *rx = *state;

	test_receiver_faults(rx, "{\"huge_every\":1}");
	struct test_reply r = test_receiver_call(
		rx, "/v1/page", &(struct test_call){ .body = "{\"userId\":\"u\"}" });
	assert_int_equal(r.status, 200);
	assert_int_equal(r.len, 100 << 20);
	test_reply_free(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 1);
}

/* What is said to be taken is there, what is said to be refused is not, and stays so. */
static void
mixed_answers_do_not_lie(void **state)
{
	struct test_receiver *rx = *state;
	unsigned taken = 0, refused = 0;

	test_receiver_faults(rx, "{\"mixed\":1,\"seed\":3}");
	for (int i = 0; i < 300; i++) {
		char body[200], id[20], sql[100];
		struct test_reply r;

		(void)snprintf(id, sizeof(id), "m-%d", i % 100);
		(void)snprintf(body, sizeof(body), "[{\"messageId\":\"%s\",\"id\":%d}]", id,
			       i % 100);
		r = test_receiver_call(rx, "/hook/t", &(struct test_call){ .body = body });
		assert_int_equal(r.status, 207);
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) FROM events WHERE message_id = '%s'", id);
		(void)snprintf(body, sizeof(body), "{\"results\":[{\"id\":\"%s\",\"ok\":true}]}",
			       id);
		if (strcmp(r.body, body) == 0) {
			assert_int_equal(test_receiver_int(rx, sql), 1);
			taken++;
		}
		(void)snprintf(body, sizeof(body), "refused %s\"", id);
		if (strstr(r.body, body)) {
			assert_int_equal(test_receiver_int(rx, sql), 0);
			refused++;
		}
		test_reply_free(&r);
	}
	assert_true(taken > 5 && refused > 2);
	/* elsewhere nobody expects such an answer */
	test_receiver_post(rx, "/v1/page", "{\"userId\":\"u\"}", 200, "OK");
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
		rx, "/v1/page", &(struct test_call){ .body = body, .timeout_ms = 1000 });
	assert_int_not_equal(r.failure, 0);
	test_reply_free(&r);
	for (int i = 0; i < 100 && test_receiver_stats(rx).events < 2; i++)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 2);
}

static void
faults_are_checked(void **state)
{
	struct test_receiver *rx = *state;
	static const char *const wrong[] = {
		"{\"throtle\":1}",
		"{\"fail_probability\":2}",
		"[]",
		"{",
		"{\"refuse\":[1]}",
		"{\"slow_ms\":-1}",
		"{\"mixed\":1.5}",
		"{\"retry_after_text\":\"a\\r\\nX: 1\"}",
		"{\"retry_after_text\":7}",
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
		WITH(faults_hit_every_nth),  WITH(faults_break_connections),
		WITH(answers_that_are_lost), WITH(waits_are_asked_for_in_any_words),
		WITH(an_answer_can_be_huge), WITH(mixed_answers_do_not_lie),
		WITH(faults_refuse_keys),    WITH(slow_answers_wait_and_apply),
		WITH(faults_are_checked),
	};

	return cmocka_run_group_tests_name("receive_faults", tests, NULL, NULL);
}
