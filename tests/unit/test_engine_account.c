/* What all runs that send to one destination share: simulated destinations, in simulated time. */
#include "core/engine/account.h"

#include "core/base/clock.h"
#include "tests/lib/check.h"

#include <stdlib.h>

#define MS INT64_C(1000)
#define S  (1000 * MS)

static struct sl_account *
account(void)
{
	struct sl_account *a = sl_account_new((struct sl_digest){ 1, 2 });

	assert_non_null(a);
	return a;
}

static void
join(struct sl_account *a, struct sl_account_user *u, uint32_t inflight, double rate, int64_t now)
{
	const struct sl_dest_limits l = { .inflight = inflight, .rate = rate };

	sl_account_join(a, u, &l, now);
}

static struct sl_account_news
end(struct sl_account_user *u, const struct sl_permit *p, enum sl_call how, int64_t now)
{
	const struct sl_ending e = { .sent_us = now - 10 * MS,
				     .took_us = 10 * MS,
				     .call = how,
				     .probe = p->probe,
				     .acked = how == SL_CALL_ANSWERED };

	return sl_account_ended(u, &e, now);
}

static void
two_runs_together_keep_to_the_rate(void **state)
{
	struct sl_account *a = account();
	struct sl_account_user u[2];
	uint64_t sent[2] = { 0, 0 };

	(void)state;
	/* One sends small requests and one large ones; the lower rate of the two counts. */
	join(a, &u[0], 8, 1000, 0);
	join(a, &u[1], 8, 5000, 0);
	for (int64_t now = 0; now < 60 * S; now += MS)
		for (unsigned i = 0; i < 2; i++) {
			const unsigned k = (unsigned)(now / MS + i) % 2;
			const uint32_t n = k ? 500 : 50;
			const struct sl_permit p = sl_account_ask(&u[k], n, false, now);

			if (p.gate != SL_GATE_OPEN) {
				assert_int_equal(p.gate, SL_GATE_RATE);
				continue;
			}
			sent[k] += n;
			(void)end(&u[k], &p, SL_CALL_ANSWERED, now);
		}
	assert_in_range(sent[0] + sent[1], 58000, 60700);
	/* They take turns. */
	assert_in_range(sent[1] / 500 * 10 / (sent[0] / 50), 8, 12);
	sl_account_leave(&u[0]);
	sl_account_leave(&u[1]);
	sl_account_free(a);
}

static void
a_pause_holds_every_request(void **state)
{
	struct sl_account *a = account();
	struct sl_account_user u[3];
	struct sl_ending e = { .call = SL_CALL_ANSWERED, .throttled = true };
	struct sl_permit p;

	(void)state;
	join(a, &u[0], 4, 0, 0);
	join(a, &u[1], 4, 0, 0);
	assert_int_equal(sl_account_ask(&u[0], 1, false, 0).gate, SL_GATE_OPEN);
	e.retry_after_us = 8 * S;
	assert_int_equal(sl_account_ended(&u[0], &e, S).hold_us, 8 * S);
	p = sl_account_ask(&u[1], 1, false, 2 * S);
	assert_true(p.gate == SL_GATE_HOLD && p.wait_us == 7 * S);
	assert_int_equal(sl_account_look(a, 2 * S).hold_until_us, 9 * S);
	/* Also one that comes later, and after the others have gone. */
	sl_account_leave(&u[0]);
	sl_account_leave(&u[1]);
	join(a, &u[2], 4, 0, 3 * S);
	assert_int_equal(sl_account_ask(&u[2], 1, true, 3 * S).gate, SL_GATE_HOLD);
	assert_int_equal(sl_account_ask(&u[2], 1, true, 9 * S).gate, SL_GATE_OPEN);
	/* An hour is the most. */
	e.retry_after_us = INT64_C(86400) * S;
	assert_int_equal(sl_account_ended(&u[2], &e, 10 * S).hold_us, 3600 * S);
	sl_account_leave(&u[2]);
	sl_account_free(a);
}

static void
pleas_without_a_time_get_longer_pauses(void **state)
{
	static const int64_t want[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct sl_account *a = account();
	struct sl_account_user u;
	int64_t now = S;

	(void)state;
	join(a, &u, 4, 0, 0);
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		struct sl_ending e = { .call = SL_CALL_ANSWERED, .throttled = true };
		struct sl_permit p = sl_account_ask(&u, 1, false, now);

		assert_int_equal(p.gate, SL_GATE_OPEN);
		(void)sl_account_ask(&u, 1, false, now);
		e.sent_us = now;
		assert_int_equal(sl_account_ended(&u, &e, now + 10 * MS).hold_us, want[i] * S);
		/* One that was on its way by then says nothing new. */
		if (u.in_flight > 0)
			assert_int_equal(sl_account_ended(&u, &e, now + 20 * MS).hold_us, 0);
		now += 10 * MS + want[i] * S;
	}
	sl_account_leave(&u);
	sl_account_free(a);
}

static void
half_open_is_one_event_of_all_runs(void **state)
{
	struct sl_account *a = account();
	struct sl_account_user u[3];
	struct sl_permit p = { 0 };
	unsigned probes = 0, k = 0;
	int64_t now = 0;

	(void)state;
	join(a, &u[0], 8, 0, 0);
	join(a, &u[1], 8, 0, 0);
	for (unsigned i = 0; i < 5; i++) {
		p = sl_account_ask(&u[i % 2], 100, false, now);
		assert_true(p.gate == SL_GATE_OPEN && !p.probe);
		assert_int_equal(end(&u[i % 2], &p, SL_CALL_NOT_CONNECTED, now).opened, i == 4);
	}
	for (; now < 29 * S; now += S)
		assert_int_equal(sl_account_ask(&u[now / S % 2], 1, false, now).gate,
				 SL_GATE_BREAKER);
	assert_int_equal(sl_account_look(a, now).open_until_us, 30 * S);
	for (now = 30 * S; now < 40 * S; now += 10 * MS)
		for (unsigned i = 0; i < 2; i++) {
			const struct sl_permit q = sl_account_ask(&u[i], 100, i, now);

			if (q.gate == SL_GATE_OPEN) {
				assert_true(q.probe && q.half_opens);
				probes++;
				p = q;
				k = i;
			}
		}
	assert_int_equal(probes, 1);
	assert_int_equal(sl_account_look(a, now).breaker, SL_BREAKER_HALF_OPEN);
	/* Its run ends before the answer: somebody else asks. */
	sl_account_leave(&u[k]);
	p = sl_account_ask(&u[!k], 100, false, now);
	assert_true(p.gate == SL_GATE_OPEN && p.probe);
	assert_true(end(&u[!k], &p, SL_CALL_FAILED, now).opened);
	assert_int_equal(sl_account_ask(&u[!k], 1, false, now).wait_us, 60 * S);
	/* A run that starts is a reason to ask. */
	join(a, &u[2], 8, 0, now);
	p = sl_account_ask(&u[2], 100, false, now);
	assert_true(p.gate == SL_GATE_OPEN && p.probe);
	assert_true(end(&u[2], &p, SL_CALL_ANSWERED, now).closed);
	p = sl_account_ask(&u[!k], 100, false, now);
	assert_true(p.gate == SL_GATE_OPEN && !p.probe);
	sl_account_leave(&u[2]);
	sl_account_leave(&u[!k]);
	sl_account_free(a);
}

static void
room_is_shared_fairly(void **state)
{
	struct sl_account *a = account();
	struct sl_account_user u[3];
	int64_t ends[3][16], now = 0;
	uint64_t done[3] = { 0 };
	unsigned flying[3] = { 0 };

	(void)state;
	for (unsigned k = 0; k < 3; k++)
		join(a, &u[k], 4, 0, 0);
	/* The first one asks far more often than the others; each request takes 20 ms. */
	for (; now < 10 * S; now += MS)
		for (unsigned k = 0; k < 3; k++) {
			const struct sl_permit none = { 0 };

			for (unsigned i = 0; i < flying[k];) {
				if (ends[k][i] > now) {
					i++;
					continue;
				}
				ends[k][i] = ends[k][--flying[k]];
				done[k]++;
				(void)end(&u[k], &none, SL_CALL_ANSWERED, now);
			}
			while ((k == 0 || now % (5 * MS) == 0) && flying[k] < 4 &&
			       sl_account_ask(&u[k], 1, false, now).gate == SL_GATE_OPEN)
				ends[k][flying[k]++] = now + 20 * MS;
		}
	assert_true(done[0] + done[1] + done[2] > 1500);
	for (unsigned k = 0; k < 3; k++)
		assert_in_range(done[k] * 100 / (done[0] + done[1] + done[2]), 25, 45);
	for (unsigned k = 0; k < 3; k++)
		sl_account_leave(&u[k]);
	assert_int_equal(sl_account_look(a, now).in_flight, 0);
	sl_account_free(a);
}

/* ---- a destination where a share of the requests fails for a minute -------------------------------- */

#define WIDTH   16
#define RTT     (20 * MS)
#define FAIL_AT (40 * S)
#define MEND_AT (FAIL_AT + 60 * S)
#define END_AT  (MEND_AT + 60 * S)
#define MOST    200000

struct flight {
	int64_t sent_us;
	unsigned attempt;
	bool probe;
};
struct again {
	int64_t at_us;
	unsigned attempt;
};

struct outage {
	struct sl_account *account;
	struct sl_account_user user;
	struct sl_rng rng;
	unsigned percent;
	struct flight flying[WIDTH];
	unsigned nflying;
	struct again *waiting;
	unsigned nwaiting;
	bool spent; /* the budget has said no: from here on it is counted */
	uint64_t first, total;
	uint64_t passed_before, passed[END_AT / S + 1];
};

static void
answer(struct outage *o, struct flight f, int64_t now)
{
	const bool sick = now >= FAIL_AT && now < MEND_AT;
	const bool fails = sick && sl_rng_below(&o->rng, 100) < o->percent;
	const struct sl_ending e = { .sent_us = f.sent_us,
				     .took_us = now - f.sent_us,
				     .call = fails ? SL_CALL_FAILED : SL_CALL_ANSWERED,
				     .probe = f.probe,
				     .acked = !fails };

	(void)sl_account_ended(&o->user, &e, now);
	o->passed[now / S] += !fails;
	if (!fails)
		return;
	assert_true(o->nwaiting < MOST);
	o->waiting[o->nwaiting++] =
		(struct again){ now + sl_backoff_us(&o->rng, f.attempt - 1, S, 300 * S),
				f.attempt + 1 };
}

static bool
send(struct outage *o, unsigned attempt, int64_t now)
{
	const struct sl_permit p = sl_account_ask(&o->user, 1, attempt > 1, now);

	o->spent = o->spent || p.gate == SL_GATE_RETRY;
	if (p.gate != SL_GATE_OPEN)
		return false;
	assert_true(o->nflying < WIDTH);
	o->flying[o->nflying++] = (struct flight){ now, attempt, p.probe };
	if (o->spent && now < MEND_AT) {
		o->total++;
		o->first += attempt == 1;
	}
	return true;
}

static void
tick(struct outage *o, int64_t now)
{
	for (unsigned i = 0; i < o->nflying;) {
		const struct flight f = o->flying[i];

		if (now < f.sent_us + RTT) {
			i++;
			continue;
		}
		o->flying[i] = o->flying[--o->nflying];
		answer(o, f, now);
	}
	for (unsigned i = 0; i < o->nwaiting;) {
		if (now < o->waiting[i].at_us) {
			i++;
			continue;
		}
		if (!send(o, o->waiting[i].attempt, now))
			break;
		o->waiting[i] = o->waiting[--o->nwaiting];
	}
	while (send(o, 1, now))
		;
}

static void
live_through(unsigned percent, uint64_t seed)
{
	struct outage o = { .account = account(), .rng = { seed }, .percent = percent };
	int64_t back = 0;

	o.waiting = calloc(MOST, sizeof(*o.waiting));
	assert_non_null(o.waiting);
	join(o.account, &o.user, WIDTH, 0, 0);
	for (int64_t now = 0; now < END_AT; now += 5 * MS)
		tick(&o, now);
	o.passed_before = o.passed[FAIL_AT / S - 2];
	assert_true(o.passed_before > 500);
	/* Few requests more than events, though half of them fail. */
	assert_true(percent < 50 || o.spent);
	if (o.total * 100 > o.first * 115)
		fail_msg("seed %llu: %llu requests for %llu first tries", (unsigned long long)seed,
			 (unsigned long long)o.total, (unsigned long long)o.first);
	/* Soon after it is mended all goes as before. */
	for (int64_t s = MEND_AT / S; s < END_AT / S && back == 0; s++)
		if (o.passed[s] * 10 >= o.passed_before * 9)
			back = s;
	if (back == 0 || back - MEND_AT / S > 30)
		fail_msg("seed %llu: back after %lld s", (unsigned long long)seed,
			 (long long)(back ? back - MEND_AT / S : -1));
	sl_account_leave(&o.user);
	sl_account_free(o.account);
	free(o.waiting);
}

/* Whoever has the processor in its turn would keep it from those whose turn it is. */
static void
who_waits_for_a_turn_sleeps(void **state)
{
	struct sl_account *a = account();
	struct sl_account_user u[2];
	struct sl_permit p[2];
	const int64_t now = sl_mono_us();

	(void)state;
	join(a, &u[0], 2, 0, now);
	join(a, &u[1], 2, 0, now);
	p[0] = sl_account_ask(&u[0], 1, false, now);
	p[1] = sl_account_ask(&u[0], 1, false, now);
	assert_int_equal(sl_account_ask(&u[1], 1, false, now).gate, SL_GATE_ROOM);
	(void)end(&u[0], &p[0], SL_CALL_ANSWERED, now);
	/* There is room now, and it is the second's. */
	assert_int_equal(sl_account_ask(&u[0], 1, false, now).gate, SL_GATE_ROOM);
	sl_account_wait(&u[0]);
	assert_true(sl_mono_us() - now >= 50 * MS);
	sl_account_leave(&u[0]);
	sl_account_leave(&u[1]);
	sl_account_free(a);
}

static void
half_of_all_failing_makes_no_storm(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		live_through(50, seed);
}

static void
a_share_that_opens_no_breaker_is_bounded_by_the_budget(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		live_through(40, seed);
		live_through(10, seed);
	}
}

/* ---- a destination that takes so many a second and no more --------------------------------------------- */

#define ALLOWED 20 /* a second */

struct limited {
	struct sl_account_user user[2];
	struct {
		int64_t ends_us;
		unsigned user;
		bool taken;
	} flying[64];
	unsigned nflying;
	double tokens;
	uint64_t requests, taken;
	int64_t retry_after_us;
};

static void
limited_tick(struct limited *l, int64_t now)
{
	l->tokens = l->tokens + ALLOWED / 1000.0 < ALLOWED ? l->tokens + ALLOWED / 1000.0 : ALLOWED;
	for (unsigned i = 0; i < l->nflying;) {
		const bool taken = l->flying[i].taken;
		struct sl_ending e = { .sent_us = l->flying[i].ends_us - RTT,
				       .took_us = RTT,
				       .acked = taken,
				       .throttled = !taken,
				       .trouble = !taken,
				       .retry_after_us = taken ? 0 : l->retry_after_us };

		if (l->flying[i].ends_us > now) {
			i++;
			continue;
		}
		(void)sl_account_ended(&l->user[l->flying[i].user], &e, now);
		l->flying[i] = l->flying[--l->nflying];
	}
	for (unsigned k = 0; k < 2; k++)
		while (l->nflying < SL_COUNT(l->flying) &&
		       sl_account_ask(&l->user[k], 1, false, now).gate == SL_GATE_OPEN) {
			const bool taken = l->tokens >= 1;

			l->tokens -= taken;
			l->requests++;
			l->taken += taken;
			l->flying[l->nflying].ends_us = now + RTT;
			l->flying[l->nflying].user = k;
			l->flying[l->nflying++].taken = taken;
		}
}

static void
a_storm_of_429_is_not_answered_with_one(void **state)
{
	static const int64_t said[] = { 0, S, 5 * S };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(said); i++) {
		struct limited l = { .tokens = ALLOWED, .retry_after_us = said[i] };
		struct sl_account *a = account();

		join(a, &l.user[0], 32, 0, 0);
		join(a, &l.user[1], 32, 0, 0);
		for (int64_t now = 0; now < 120 * S; now += MS)
			limited_tick(&l, now);
		assert_true(l.requests <= 2 * 120 * ALLOWED);
		/* Of what it allows most is used, unless it asks for more time than it needs. */
		assert_true(l.taken >= (said[i] > S ? 20 : 60) * ALLOWED);
		assert_true(l.requests <= l.taken * 2);
		sl_account_leave(&l.user[0]);
		sl_account_leave(&l.user[1]);
		sl_account_free(a);
	}
}

/* ---- many threads ------------------------------------------------------------------------------------ */

static void *
hammer(void *arg)
{
	struct sl_account *a = arg;
	struct sl_account_user u;
	int64_t now = S;

	for (unsigned round = 0; round < 20; round++) {
		join(a, &u, 8, 0, now);
		for (unsigned i = 0; i < 500; i++, now += MS) {
			const struct sl_permit p = sl_account_ask(&u, 1, i % 7 == 0, now);

			if (p.gate == SL_GATE_OPEN && i % 11 == 0)
				sl_account_take_back(&u, &p, 1);
			else if (p.gate == SL_GATE_OPEN)
				(void)end(&u, &p, i % 5 ? SL_CALL_ANSWERED : SL_CALL_FAILED, now);
			(void)sl_account_look(a, now);
		}
		sl_account_leave(&u);
	}
	return NULL;
}

static void
any_thread_may_use_it(void **state)
{
	struct sl_account *a = account();
	pthread_t t[4];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, a), 0);
	for (size_t i = 0; i < SL_COUNT(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(sl_account_look(a, S).in_flight, 0);
	assert_null(a->users);
	sl_account_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_runs_together_keep_to_the_rate),
		cmocka_unit_test(a_pause_holds_every_request),
		cmocka_unit_test(pleas_without_a_time_get_longer_pauses),
		cmocka_unit_test(half_open_is_one_event_of_all_runs),
		cmocka_unit_test(room_is_shared_fairly),
		cmocka_unit_test(who_waits_for_a_turn_sleeps),
		cmocka_unit_test(half_of_all_failing_makes_no_storm),
		cmocka_unit_test(a_share_that_opens_no_breaker_is_bounded_by_the_budget),
		cmocka_unit_test(a_storm_of_429_is_not_answered_with_one),
		cmocka_unit_test(any_thread_may_use_it),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
