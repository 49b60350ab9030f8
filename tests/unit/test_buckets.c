/* test_buckets.c - records sorted into buckets: all come back, in order, from memory or a file. */
#include "core/base/pacing.h"
#include "core/store/buckets.h"
#include "tests/lib/check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DIR "/tmp"

struct rec {
	uint64_t hi;
	uint32_t no, len; /* len bytes follow */
};

static enum sl_code
put_all(struct sl_buckets *b, uint32_t n, struct sl_err *err)
{
	struct sl_rng rng = { 7 };
	char text[100];
	enum sl_code code = SL_OK;

	memset(text, 'x', sizeof text);
	for (uint32_t i = 0; i < n && code == SL_OK; i++) {
		struct rec r = { sl_rng_next(&rng), i, i % (uint32_t)sizeof text };

		code = sl_buckets_put(b, r.hi, (struct sl_str){ (const char *)&r, sizeof r }, err);
		if (code == SL_OK)
			code = sl_buckets_put(b, r.hi, (struct sl_str){ text, r.len }, err);
	}
	return code;
}

/* Each record lies in its bucket, after those that were put before it. */
static void
check_all(struct sl_buckets *b, uint32_t n)
{
	struct sl_buf raw = { 0 };
	struct sl_err err;
	uint32_t seen = 0;
	uint64_t low = 0;

	for (uint32_t i = 0; i < sl_buckets_count(b); i++) {
		const uint64_t end = sl_buckets_end(b, i);
		struct rec r = { 0 };
		int64_t last = -1;

		assert_int_equal(sl_buckets_take(b, i, &raw, &err), SL_OK);
		for (size_t at = 0; at < raw.len; at += sizeof r + r.len) {
			memcpy(&r, raw.ptr + at, sizeof r);
			assert_true(r.hi >= low && r.hi <= end);
			assert_true((int64_t)r.no > last);
			last = r.no;
			seen++;
		}
		low = end + 1;
	}
	assert_int_equal(low, 0); /* the last one ends with the greatest */
	assert_int_equal(seen, n);
	sl_buf_free(&raw);
}

static void
come_back(uint32_t n, uint64_t bytes, uint32_t buckets)
{
	struct sl_buckets *b;
	struct sl_err err;

	assert_int_equal(sl_buckets_new(DIR, bytes, &b, &err), SL_OK);
	assert_int_equal(sl_buckets_count(b), buckets);
	assert_int_equal(put_all(b, n, &err), SL_OK);
	check_all(b, n);
	sl_buckets_free(b);
}

static void
few_stay_in_memory(void **state)
{
	(void)state;
	come_back(0, 0, 1);
	come_back(1000, 66000, 1);
}

static void
many_go_through_a_file(void **state)
{
	(void)state;
	come_back(200000, 13200000, 8);
}

/* A damaged state may claim anything. */
static void
a_wrong_size_does_no_harm(void **state)
{
	(void)state;
	come_back(20000, UINT64_MAX, 4096);
	come_back(20000, 10, 1);
}

static void
a_file_that_cannot_grow_is_told(void **state)
{
	const struct rlimit small = { 1 << 20, RLIM_INFINITY };
	struct rlimit was;
	struct sl_buckets *b;
	struct sl_err err;
	enum sl_code code;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(sl_buckets_new(DIR, 13200000, &b, &err), SL_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	code = put_all(b, 200000, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(code, SL_E_IO);
	assert_non_null(strstr(err.msg, "temporary file"));
	sl_buckets_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_stay_in_memory),
		cmocka_unit_test(many_go_through_a_file),
		cmocka_unit_test(a_wrong_size_does_no_harm),
		cmocka_unit_test(a_file_that_cannot_grow_is_told),
	};
	return cmocka_run_group_tests_name("buckets", tests, NULL, NULL);
}
