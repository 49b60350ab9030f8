/* What the answers of a destination mean: who is given up on, and when the destination itself is down. */
#include "tests/lib/check.h"

#include "core/engine/policy.h"

#define MS     INT64_C(1000)
#define SECOND (1000 * MS)

static struct sl_parcel *
parcel(uint32_t n)
{
	struct sl_parcel *p = sl_parcel_new(n);

	assert_non_null(p);
	p->delivery.n = n;
	return p;
}

/* Every event of the request ends like this. */
static struct sl_tally
answer(struct sl_policy *policy, struct sl_parcel *p, enum sl_class c, int64_t now)
{
	struct sl_tally y;

	for (uint32_t i = 0; i < p->delivery.n; i++)
		p->delivery.outcomes[i] = (struct sl_outcome){ .cls = c };
	p->delivery.sent_us = now - 5 * MS;
	sl_policy_judge(policy, p, now, &y);
	return y;
}

/* Try again until it is not tried again. Returns the time; *tries counts. */
static int64_t
insist(struct sl_policy *policy, struct sl_parcel *p, int64_t now, unsigned *tries, unsigned most)
{
	struct sl_rng rng = { 5 };

	for (*tries = 0; *tries < most; (*tries)++) {
		struct sl_tally y = answer(policy, p, SL_C_RETRY, now);

		if (y.again == 0)
			return now;
		now = sl_policy_retry_at(policy, p, &y, now, &rng) + 5 * MS;
	}
	return now;
}

static void
an_outage_makes_no_dead_letters(void **state)
{
	struct sl_parcel *one = parcel(1), *other = parcel(1);
	struct sl_policy policy;
	struct sl_err err = { 0 };
	struct sl_tally y;
	unsigned tries;
	int64_t now;

	(void)state;
	sl_policy_init(&policy, 0);
	/* The other one passes while this one is on its way, then the destination is gone. */
	assert_int_equal(answer(&policy, other, SL_C_ACK, 108 * MS).acked, 1);
	now = insist(&policy, one, 110 * MS, &tries, 40);
	assert_int_equal(tries, 40);
	y = answer(&policy, one, SL_C_RETRY, now);
	assert_int_equal(y.dead, 0);
	assert_int_equal(sl_policy_stop(&policy, one, &y, now, &err), SL_E_NET);
	sl_parcel_free(one);
	sl_parcel_free(other);
}

static void
one_that_fails_while_others_pass_is_given_up_on(void **state)
{
	struct sl_parcel *one = parcel(1), *other = parcel(1);
	struct sl_rng rng = { 5 };
	struct sl_policy policy;
	struct sl_tally y = { 0 };
	int64_t now = 1000 * MS;
	unsigned tries = 0;

	(void)state;
	sl_policy_init(&policy, 0);
	do {
		y = answer(&policy, one, SL_C_RETRY, now);
		if (y.again)
			now = sl_policy_retry_at(&policy, one, &y, now, &rng) + 5 * MS;
		(void)answer(&policy, other, SL_C_ACK, now);
	} while (y.again && ++tries < 40);
	assert_int_equal(y.dead, 1);
	assert_true(tries >= 5 && tries < 12);
	assert_true(tries == 11 || now >= 120 * SECOND);
	sl_parcel_free(one);
	sl_parcel_free(other);
}

static void
a_last_try_ends_the_patience(void **state)
{
	struct sl_parcel *p = parcel(1);
	struct sl_policy policy;
	struct sl_err err = { 0 };
	struct sl_tally y;

	(void)state;
	sl_policy_init(&policy, 0);
	assert_false(sl_policy_patience_over(&policy, 14 * SECOND));
	assert_true(sl_policy_patience_over(&policy, 15 * SECOND));
	/* One failure is few, unless it was the last try. */
	y = answer(&policy, p, SL_C_RETRY, 16 * SECOND);
	assert_int_equal(sl_policy_stop(&policy, p, &y, 16 * SECOND, &err), SL_OK);
	sl_policy_init(&policy, 0);
	policy.last_try = true;
	y = answer(&policy, p, SL_C_RETRY, 16 * SECOND);
	assert_int_equal(sl_policy_stop(&policy, p, &y, 16 * SECOND, &err), SL_E_NET);
	/* A sign of life gives new patience, a longer one after an acknowledgement. */
	y = answer(&policy, p, SL_C_ACK, 17 * SECOND);
	assert_false(policy.last_try);
	assert_false(sl_policy_patience_over(&policy, 136 * SECOND));
	assert_true(sl_policy_patience_over(&policy, 137 * SECOND));
	sl_parcel_free(p);
}

static void
a_retry_after_is_a_floor_and_costs_no_try(void **state)
{
	struct sl_rng rng = { 5 };
	struct sl_parcel *p = parcel(1);
	struct sl_policy policy;
	unsigned tenth[10] = { 0 };

	(void)state;
	sl_policy_init(&policy, 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct sl_tally y = answer(&policy, p, SL_C_THROTTLE, SECOND);
		int64_t at;

		y.retry_after_us = 8 * SECOND;
		at = sl_policy_retry_at(&policy, p, &y, SECOND, &rng);
		assert_in_range(at, 9 * SECOND, 10 * SECOND);
		/* And they do not all come back in one moment. */
		tenth[(at - 9 * SECOND) * 10 / (SECOND + 1)]++;
	}
	for (size_t i = 0; i < 10; i++)
		assert_in_range(tenth[i], 60, 140);
	assert_int_equal(p->attempt, 1);
	assert_false(p->retry);
	sl_parcel_free(p);
}

static void
tries_again_are_spread_over_the_whole_window(void **state)
{
	struct sl_rng rng = { 11 };
	struct sl_policy policy;

	(void)state;
	sl_policy_init(&policy, 0);
	policy.acked_us = policy.alive_us = 1000 * SECOND;
	for (unsigned attempt = 1; attempt < 8; attempt++) {
		const int64_t window = SECOND << (attempt - 1);
		unsigned tenth[10] = { 0 };

		for (unsigned i = 0; i < 1000; i++) {
			struct sl_parcel *p = parcel(1);
			struct sl_tally y;

			p->attempt = attempt;
			y = answer(&policy, p, SL_C_RETRY, 1000 * SECOND);
			tenth[(sl_policy_retry_at(&policy, p, &y, 1000 * SECOND, &rng) -
			       1000 * SECOND) *
			      10 / (window + 1)]++;
			sl_parcel_free(p);
		}
		/* Of all tries, no tenth of the window sees more than an eighth. */
		for (size_t i = 0; i < 10; i++)
			assert_in_range(tenth[i], 60, 140);
	}
}

static void
what_stops_the_run_is_what_it_tells(void **state)
{
	struct sl_parcel *p = parcel(3);
	struct sl_policy policy;
	struct sl_err err = { 0 };
	struct sl_tally y;

	(void)state;
	sl_policy_init(&policy, 0);
	p->delivery.outcomes[0] = (struct sl_outcome){ .cls = SL_C_ACK };
	p->delivery.outcomes[1] = (struct sl_outcome){ .cls = SL_C_AUTH, .status = 401 };
	p->delivery.outcomes[2] = (struct sl_outcome){ .cls = SL_C_RETRY, .status = 500 };
	sl_policy_judge(&policy, p, 1000 * MS, &y);
	assert_true(y.acked == 1 && y.stopped == 1 && y.again == 1);
	assert_int_equal(sl_policy_stop(&policy, p, &y, 1000 * MS, &err), SL_E_AUTH);
	sl_parcel_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_outage_makes_no_dead_letters),
		cmocka_unit_test(one_that_fails_while_others_pass_is_given_up_on),
		cmocka_unit_test(a_last_try_ends_the_patience),
		cmocka_unit_test(a_retry_after_is_a_floor_and_costs_no_try),
		cmocka_unit_test(tries_again_are_spread_over_the_whole_window),
		cmocka_unit_test(what_stops_the_run_is_what_it_tells),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
