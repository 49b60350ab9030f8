/* How many requests at once: against a destination that is simulated, in simulated time. */
#include "core/base/adapt.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

#define MS INT64_C(1000)

/* A destination of `width` workers: what is above them waits its turn. */
struct peer {
	int64_t base_us;
	uint32_t width;
	struct sl_rng rng;
};

static int64_t
takes(struct peer *p, uint32_t in_flight)
{
	const int64_t base =
		p->base_us * 9 / 10 + (int64_t)sl_rng_below(&p->rng, (uint64_t)p->base_us / 5 + 1);

	return in_flight <= p->width ? base : base * in_flight / p->width;
}

/* n round trips with as many requests as may be. Returns the time. */
static int64_t
rounds(struct sl_adapt *a, struct peer *p, int64_t now, unsigned n)
{
	while (n--) {
		const uint32_t many = sl_adapt_limit(a);
		int64_t longest = 0;

		for (uint32_t i = 0; i < many; i++) {
			const int64_t us = takes(p, many);
			const struct sl_round r = { .sent_us = now,
						    .took_us = us,
						    .in_flight = many };

			longest = us > longest ? us : longest;
			sl_adapt_ended(a, &r, now + us);
		}
		now += longest;
	}
	return now;
}

static void
it_starts_at_two_and_doubles_every_round_trip(void **state)
{
	struct peer p = { .base_us = 100 * MS, .width = 1000, .rng = { 3 } };
	struct sl_adapt a;
	int64_t now = MS;

	(void)state;
	sl_adapt_init(&a, 64);
	assert_int_equal(sl_adapt_limit(&a), 2);
	for (uint32_t want = 4; want <= 64; want *= 2) {
		now = rounds(&a, &p, now, 1);
		assert_int_equal(sl_adapt_limit(&a), want);
	}
	(void)rounds(&a, &p, now, 20);
	assert_int_equal(sl_adapt_limit(&a), 64);
}

static void
more_than_a_destination_can_do_at_once_is_taken_back(void **state)
{
	struct peer p = { .base_us = 20 * MS, .width = 10, .rng = { 5 } };
	struct sl_adapt a;
	int64_t now = MS;
	unsigned crowded = 0;

	(void)state;
	sl_adapt_init(&a, 64);
	now = rounds(&a, &p, now, 6);
	assert_in_range(sl_adapt_limit(&a), 8, 16);
	/* Now and then more are tried, and never many more. */
	for (unsigned i = 0; i < 2000; i++) {
		now = rounds(&a, &p, now, 1);
		assert_in_range(sl_adapt_limit(&a), 8, 24);
		crowded += sl_adapt_limit(&a) > 16;
	}
	assert_in_range(crowded, 0, 40);
}

static void
what_became_faster_is_used(void **state)
{
	struct peer p = { .base_us = 20 * MS, .width = 8, .rng = { 5 } };
	struct sl_adapt a;
	int64_t now = MS;

	(void)state;
	sl_adapt_init(&a, 64);
	now = rounds(&a, &p, now, 100);
	assert_in_range(sl_adapt_limit(&a), 8, 12);
	p.width = 1000;
	(void)rounds(&a, &p, now, 300);
	assert_int_equal(sl_adapt_limit(&a), 64);
}

static void
after_trouble_it_grows_by_one_a_round_trip(void **state)
{
	struct peer p = { .base_us = 20 * MS, .width = 1000, .rng = { 5 } };
	struct sl_adapt a;
	int64_t now;

	(void)state;
	sl_adapt_init(&a, 64);
	now = rounds(&a, &p, MS, 4);
	assert_int_equal(sl_adapt_limit(&a), 32);
	sl_adapt_ended(&a,
		       &(struct sl_round){
			       .sent_us = now, .took_us = MS, .in_flight = 32, .trouble = true },
		       now + MS);
	now += MS;
	for (uint32_t want = 22; want <= 64; want++) {
		assert_int_equal(sl_adapt_limit(&a), want);
		now = rounds(&a, &p, now, 1);
	}
	assert_int_equal(sl_adapt_limit(&a), 64);
}

static void
it_keeps_to_the_most_that_is_allowed(void **state)
{
	struct peer p = { .base_us = 10 * MS, .width = 1000, .rng = { 3 } };
	struct sl_adapt a;

	(void)state;
	sl_adapt_init(&a, 1);
	assert_int_equal(sl_adapt_limit(&a), 1);
	(void)rounds(&a, &p, MS, 50);
	assert_int_equal(sl_adapt_limit(&a), 1);
	sl_adapt_most(&a, 5);
	(void)rounds(&a, &p, MS, 50);
	assert_int_equal(sl_adapt_limit(&a), 5);
	sl_adapt_most(&a, 3);
	assert_int_equal(sl_adapt_limit(&a), 3);
	sl_adapt_most(&a, 0);
	assert_int_equal(sl_adapt_limit(&a), 1);
}

static void
what_is_not_used_does_not_grow(void **state)
{
	struct sl_adapt a;

	(void)state;
	sl_adapt_init(&a, 64);
	for (int64_t now = MS; now < 1000 * MS; now += MS) {
		const struct sl_round r = { .sent_us = now - MS, .took_us = MS, .in_flight = 1 };

		sl_adapt_ended(&a, &r, now);
	}
	assert_int_equal(sl_adapt_limit(&a), 2);
}

static void
trouble_cuts_once_for_what_was_on_its_way(void **state)
{
	struct peer p = { .base_us = 10 * MS, .width = 1000, .rng = { 3 } };
	struct sl_adapt a;
	int64_t now;

	(void)state;
	sl_adapt_init(&a, 20);
	now = rounds(&a, &p, MS, 40);
	assert_int_equal(sl_adapt_limit(&a), 20);
	for (uint32_t i = 0; i < 20; i++) {
		const struct sl_round r = {
			.sent_us = now, .took_us = 10 * MS, .in_flight = 20 - i, .trouble = true
		};

		sl_adapt_ended(&a, &r, now + 10 * MS + i);
	}
	assert_int_equal(sl_adapt_limit(&a), 14);
	/* Again and again it comes down to one, and no further. */
	for (unsigned i = 0; i < 20; i++) {
		const struct sl_round r = {
			.sent_us = now += 50 * MS, .took_us = MS, .in_flight = 1, .trouble = true
		};

		sl_adapt_ended(&a, &r, now + MS);
	}
	assert_int_equal(sl_adapt_limit(&a), 1);
	(void)rounds(&a, &p, now + 50 * MS, 40);
	assert_int_equal(sl_adapt_limit(&a), 20);
}

static void
a_queue_at_the_destination_is_noticed(void **state)
{
	struct peer p = { .base_us = 50 * MS, .width = 1000, .rng = { 3 } };
	struct sl_adapt a;
	int64_t now;

	(void)state;
	sl_adapt_init(&a, 32);
	now = rounds(&a, &p, MS, 60);
	assert_int_equal(sl_adapt_limit(&a), 32);
	p.width = 8; /* it has lost most of its workers */
	(void)rounds(&a, &p, now, 3);
	assert_true(sl_adapt_limit(&a) < 32);
}

static void
jitter_alone_does_not_cut(void **state)
{
	struct peer p = { .base_us = 3 * MS, .width = 1000, .rng = { 9 } };
	struct sl_adapt a;
	int64_t now = MS;
	unsigned below = 0;

	(void)state;
	sl_adapt_init(&a, 8);
	now = rounds(&a, &p, now, 20);
	for (unsigned i = 0; i < 1000; i++) {
		/* Now and then one takes some milliseconds longer. */
		p.base_us = i % 17 ? 3 * MS : 6 * MS;
		now = rounds(&a, &p, now, 1);
		below += sl_adapt_limit(&a) < 8;
	}
	assert_int_equal(below, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_at_two_and_doubles_every_round_trip),
		cmocka_unit_test(more_than_a_destination_can_do_at_once_is_taken_back),
		cmocka_unit_test(what_became_faster_is_used),
		cmocka_unit_test(after_trouble_it_grows_by_one_a_round_trip),
		cmocka_unit_test(it_keeps_to_the_most_that_is_allowed),
		cmocka_unit_test(what_is_not_used_does_not_grow),
		cmocka_unit_test(trouble_cuts_once_for_what_was_on_its_way),
		cmocka_unit_test(a_queue_at_the_destination_is_noticed),
		cmocka_unit_test(jitter_alone_does_not_cut),
	};

	return cmocka_run_group_tests_name("adapt", tests, NULL, NULL);
}
