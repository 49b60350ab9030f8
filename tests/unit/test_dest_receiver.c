/* test_dest_receiver.c - the HTTP drivers against the local receiver, which speaks RudderStack's
 * gateway: what was acknowledged is there, what was not may come again. */
#include "tests/lib/dest_rig.h"
#include "tests/lib/receiver.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct test_receiver *rx;

static int
start(void **state)
{
	struct sl_receive_options o = { .write_key = "right" };

	(void)state;
	rx = test_receiver_start(&o);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	test_receiver_stop(rx);
	return 0;
}

static void
open_rig(struct rig *r, const char *driver, const char *path, const char *key, const char *gzip)
{
	char url[128];
	const char *pairs[] = { "url", url, "gzip", gzip, NULL };

	snprintf(url, sizeof(url), "%s%s", test_receiver_url(rx), path);
	assert_int_equal(rig_open(r, driver, key, NULL, pairs), SL_OK);
	/* The setting is a pointer, and nothing may depend on it after open(). */
	memset(url, 'x', sizeof(url));
}

/* Three identify events; ids begin with name. */
static enum sl_class
send_users(struct rig *r, const char *name)
{
	char text[3][160];
	struct parcel p;

	parcel_fill(&p, 3);
	for (int i = 0; i < 3; i++) {
		int n = snprintf(
			text[i], sizeof(text[i]),
			"{\"type\":\"identify\",\"userId\":\"u%d\",\"messageId\":\"%s-%d\","
			"\"traits\":{\"city\":\"K\xc3\xb6ln\"}}",
			i, name, i);

		p.bodies[i] = (struct sl_str){ text[i], (size_t)n };
	}
	rig_submit(r, &p);
	rig_wait(r, &p);
	return p.outcomes[0].cls;
}

static void
acknowledged_events_are_there(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, "rudderstack", "", "right", "off");
	assert_int_equal(send_users(&r, "plain"), SL_C_ACK);
	rig_close(&r);
	open_rig(&r, "rudderstack", "/", "right", "on");
	assert_int_equal(send_users(&r, "packed"), SL_C_ACK);
	rig_close(&r);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 6);
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM users WHERE "
					       "traits->>'city' = 'K\xc3\xb6ln'"),
			 3);
}

static void
a_wrong_key_is_refused(void **state)
{
	struct sl_arena *a = sl_arena_new(0, 0);
	struct sl_str line;
	struct rig r;

	(void)state;
	assert_non_null(a);
	open_rig(&r, "rudderstack", "", "wrong", "off");
	assert_int_equal(send_users(&r, "wrong"), SL_C_AUTH);
	assert_int_equal(r.drv->check(r.ctx, a, &line, &r.err), SL_E_AUTH);
	rig_close(&r);
	open_rig(&r, "rudderstack", "", "right", "off");
	assert_int_equal(r.drv->check(r.ctx, a, &line, &r.err), SL_OK);
	assert_non_null(strstr(line.ptr, "write key accepted"));
	rig_close(&r);
	open_rig(&r, "rudderstack", "/nowhere", "right", "off");
	assert_int_equal(r.drv->check(r.ctx, a, &line, &r.err), SL_E_CONFIG);
	rig_close(&r);
	sl_arena_free(a);
}

static void
every_fault_has_its_class(void **state)
{
	static const struct {
		const char *fault;
		enum sl_class cls;
		long long stored;
	} t[] = {
		{ "{\"throttle_every\":1,\"retry_after\":7}", SL_C_THROTTLE, 0 },
		{ "{\"fail_every\":1,\"fail_status\":500}", SL_C_RETRY, 0 },
		{ "{\"too_large_every\":1}", SL_C_SPLIT, 0 },
		{ "{\"redirect_every\":1}", SL_C_CONFIG, 0 },
		{ "{\"reset_every\":1}", SL_C_UNKNOWN, 0 },
		{ "{\"drop_every\":1}", SL_C_UNKNOWN, 3 },
		{ "{\"refuse\":[\"u1\"]}", SL_C_SPLIT, 0 },
	};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		char name[16], sql[96];

		snprintf(name, sizeof(name), "fault%zu", i);
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM events WHERE message_id LIKE '%s-%%'", name);
		open_rig(&r, "rudderstack", "", "right", "off");
		test_receiver_faults(rx, t[i].fault);
		assert_string_equal(sl_class_name(send_users(&r, name)), sl_class_name(t[i].cls));
		assert_int_equal(test_receiver_int(rx, sql), t[i].stored);
		test_receiver_faults(rx, "{}");
		assert_int_equal(send_users(&r, name), SL_C_ACK);
		assert_int_equal(test_receiver_int(rx, sql), 3);
		rig_close(&r);
	}
	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM conflicts"), 0);
}

static void
webhooks_arrive_in_every_format(void **state)
{
	static const char *const formats[] = { "array", "ndjson", "single" };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(formats); i++) {
		char url[128], sql[96];
		const char *pairs[] = { "url", url, "format", formats[i], NULL };
		struct sl_str body = SL_LIT("{\"type\":\"row\",\"key\":\"1\"}");
		struct parcel p;
		struct rig r;

		snprintf(url, sizeof(url), "%s/hook/%s", test_receiver_url(rx), formats[i]);
		assert_int_equal(rig_open(&r, "webhook", "right", NULL, pairs), SL_OK);
		parcel_fill(&p, r.limits.batch_events > 1 ? 2 : 1);
		for (uint32_t k = 0; k < p.d.n; k++)
			p.bodies[k] = body;
		rig_submit(&r, &p);
		rig_wait(&r, &p);
		snprintf(sql, sizeof(sql),
			 "SELECT sum(events) FROM requests WHERE path = '/hook/%s'", formats[i]);
		assert_string_equal(sl_class_name(p.outcomes[0].cls), "ack");
		assert_int_equal(test_receiver_int(rx, sql), p.d.n);
		rig_close(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_events_are_there),
		cmocka_unit_test(a_wrong_key_is_refused),
		cmocka_unit_test(every_fault_has_its_class),
		cmocka_unit_test(webhooks_arrive_in_every_format),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("dest_receiver", tests, start, stop);
}
