/* test_queue.c - bounds, time-outs, closing, and many threads at once. */
#include "core/base/queue.h"

#include "core/base/clock.h"
#include "core/base/pool.h"
#include "tests/lib/check.h"

#include <stdatomic.h>

static int items[16];
static unsigned dropped;

static void
count_drop(void *item)
{
	(void)item;
	dropped++;
}

static void
items_come_out_in_the_order_they_went_in(void **state)
{
	struct sl_queue *q = sl_queue_new(3, 0, NULL);
	void *p;

	(void)state;
	/* More rounds than slots, so that the ring wraps. */
	for (int round = 0; round < 5; round++) {
		assert_int_equal(sl_queue_push(q, &items[0], 10, 0), SL_OK);
		assert_int_equal(sl_queue_push(q, &items[1], 20, 0), SL_OK);
		assert_int_equal(sl_queue_len(q), 2);
		assert_int_equal(sl_queue_bytes(q), 30);
		assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
		assert_ptr_equal(p, &items[0]);
		assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
		assert_ptr_equal(p, &items[1]);
		assert_int_equal(sl_queue_pop(q, &p, 0), SL_AGAIN);
	}
	assert_int_equal(sl_queue_bytes(q), 0);
	sl_queue_free(q);
	sl_queue_free(NULL);
}

static void
a_queue_is_full_by_count_or_by_bytes(void **state)
{
	struct sl_queue *q = sl_queue_new(2, 100, NULL);
	void *p;

	(void)state;
	assert_int_equal(sl_queue_push(q, &items[0], 1, 0), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[1], 1, 0), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[2], 1, 0), SL_AGAIN);
	assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[2], 100, 0), SL_AGAIN);
	assert_int_equal(sl_queue_push(q, &items[2], 99, 0), SL_OK);
	assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
	assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
	/* Larger than the bound: alone only. */
	assert_int_equal(sl_queue_push(q, &items[3], 5000, 0), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[4], 0, 0), SL_AGAIN);
	assert_int_equal(sl_queue_pop(q, &p, 0), SL_OK);
	assert_ptr_equal(p, &items[3]);
	sl_queue_free(q);
}

static void
waiting_ends_when_the_time_is_over_also_while_the_clock_is_held(void **state)
{
	struct sl_queue *q = sl_queue_new(1, 0, NULL);
	void *p;

	(void)state;
	int64_t start = sl_mono_us();
	assert_int_equal(sl_queue_pop(q, &p, 30), SL_AGAIN);
	assert_true(sl_mono_us() - start >= 30000);
	sl_clock_fake(0, 0);
	assert_int_equal(sl_queue_pop(q, &p, 10), SL_AGAIN);
	assert_int_equal(sl_queue_push(q, &items[0], 1, 10), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[0], 1, 10), SL_AGAIN);
	sl_clock_real();
	sl_queue_free(q);
}

static void
a_closed_queue_drains_then_is_done(void **state)
{
	struct sl_queue *q = sl_queue_new(4, 0, count_drop);
	void *p;

	(void)state;
	assert_int_equal(sl_queue_push(q, &items[0], 1, -1), SL_OK);
	sl_queue_close(q);
	sl_queue_close(q);
	assert_int_equal(sl_queue_push(q, &items[1], 1, -1), SL_E_CANCELLED);
	assert_int_equal(sl_queue_pop(q, &p, -1), SL_OK);
	assert_int_equal(sl_queue_pop(q, &p, -1), SL_DONE);
	assert_int_equal(sl_queue_pop(q, &p, 0), SL_DONE);
	sl_queue_free(q);
}

static void
items_left_behind_go_to_drop(void **state)
{
	struct sl_queue *q = sl_queue_new(4, 0, count_drop);

	(void)state;
	dropped = 0;
	assert_int_equal(sl_queue_push(q, &items[0], 1, 0), SL_OK);
	assert_int_equal(sl_queue_push(q, &items[1], 1, 0), SL_OK);
	sl_queue_free(q);
	assert_int_equal(dropped, 2);
}

static void *
pop_for_ever(void *arg)
{
	void *p;

	return sl_queue_pop(arg, &p, -1) == SL_DONE ? arg : NULL;
}

static void *
push_for_ever(void *arg)
{
	return sl_queue_push(arg, &items[1], 1, -1) == SL_E_CANCELLED ? arg : NULL;
}

static void
closing_wakes_those_who_wait(void **state)
{
	struct sl_queue *empty = sl_queue_new(1, 0, NULL);
	struct sl_queue *full = sl_queue_new(1, 0, NULL);
	pthread_t t[4];
	void *ret;

	(void)state;
	assert_int_equal(sl_queue_push(full, &items[0], 1, 0), SL_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(sl_thread_start(&t[i], "waiter",
						 i % 2 ? push_for_ever : pop_for_ever,
						 i % 2 ? full : empty),
				 0);
	sl_queue_close(empty);
	sl_queue_close(full);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], &ret), 0);
		assert_non_null(ret);
	}
	sl_queue_free(empty);
	sl_queue_free(full);
}

#define PRODUCERS 3
#define CONSUMERS 3
#define EACH      4000

struct traffic {
	struct sl_queue *q;
	_Atomic unsigned next_producer;
	_Atomic unsigned seen[PRODUCERS * EACH];
	uint32_t numbers[PRODUCERS * EACH];
	_Atomic bool over_limit;
};

static void *
produce(void *arg)
{
	struct traffic *t = arg;
	unsigned base = atomic_fetch_add(&t->next_producer, 1) * EACH;

	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t *n = &t->numbers[base + i];
		*n = base + i;
		/* Both ways of waiting. */
		enum sl_code code;
		do {
			code = sl_queue_push(t->q, n, 1 + i % 7, i % 2 ? -1 : 5);
		} while (code == SL_AGAIN);
		if (code != SL_OK)
			return NULL;
		if (sl_queue_bytes(t->q) > 20 || sl_queue_len(t->q) > 8)
			atomic_store(&t->over_limit, true);
	}
	return arg;
}

static void *
consume(void *arg)
{
	struct traffic *t = arg;
	uint32_t last[PRODUCERS] = { 0 };
	void *p;

	for (;;) {
		enum sl_code code = sl_queue_pop(t->q, &p, 5);
		if (code == SL_AGAIN)
			continue;
		if (code == SL_DONE)
			return arg;
		uint32_t n = *(uint32_t *)p;
		/* What one producer sent reaches one consumer in order. */
		if (n < last[n / EACH])
			return NULL;
		last[n / EACH] = n;
		atomic_fetch_add(&t->seen[n], 1);
	}
}

static void
many_threads_lose_and_double_nothing(void **state)
{
	static struct traffic t;
	pthread_t producer[PRODUCERS], consumer[CONSUMERS];
	void *ret;

	(void)state;
	t.q = sl_queue_new(8, 20, NULL);
	for (unsigned i = 0; i < CONSUMERS; i++)
		assert_int_equal(sl_thread_start(&consumer[i], "consumer", consume, &t), 0);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(sl_thread_start(&producer[i], "producer", produce, &t), 0);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		assert_int_equal(pthread_join(producer[i], &ret), 0);
		assert_non_null(ret);
	}
	sl_queue_close(t.q);
	for (unsigned i = 0; i < CONSUMERS; i++) {
		assert_int_equal(pthread_join(consumer[i], &ret), 0);
		assert_non_null(ret);
	}
	for (unsigned i = 0; i < PRODUCERS * EACH; i++)
		assert_int_equal(t.seen[i], 1);
	assert_false(t.over_limit);
	sl_queue_free(t.q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_the_order_they_went_in),
		cmocka_unit_test(a_queue_is_full_by_count_or_by_bytes),
		cmocka_unit_test(waiting_ends_when_the_time_is_over_also_while_the_clock_is_held),
		cmocka_unit_test(a_closed_queue_drains_then_is_done),
		cmocka_unit_test(items_left_behind_go_to_drop),
		cmocka_unit_test(closing_wakes_those_who_wait),
		cmocka_unit_test(many_threads_lose_and_double_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
