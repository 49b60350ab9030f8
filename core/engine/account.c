#include "core/engine/account.h"

#include "core/base/clock.h"

#include <stdlib.h>
#include <time.h>

#define HOLD_CAP_US  3600000000LL /* a longer Retry-After is cut to an hour */
#define HOLD_US      1000000LL    /* asked for patience, but not for how long: doubles */
#define HOLD_LONG_US 60000000LL   /* to this */
#define WAIT_US      100000       /* for room, before the waiter looks whether its run goes on */
#define SHARED_US    20000        /* the same while it has answers of its own to look for */
#define FORGOTTEN_US 150000       /* one that has not asked for so long waits no more */
#define LATE_US      20000        /* one that does not come for its token lets others go before */
#define TURN_US      1000
#define BURST_S      0.1 /* of the rate may be saved up */

struct sl_account *
sl_account_new(struct sl_digest name)
{
	struct sl_account *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (!a)
		return NULL;
	a->name = name;
	sl_adapt_init(&a->adapt, 1);
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->room, &attr);
	pthread_condattr_destroy(&attr);
	return a;
}

void
sl_account_free(struct sl_account *a)
{
	while (a) {
		struct sl_account *next = a->next;

		pthread_cond_destroy(&a->room);
		pthread_mutex_destroy(&a->lock);
		free(a);
		a = next;
	}
}

/* How many requests may be on their way now. */
static uint32_t
limit_of(const struct sl_account *a)
{
	return a->steady ? a->adapt.most : sl_adapt_limit(&a->adapt);
}

/* Connections to one account may differ in their settings: the lowest rate counts, and the highest
 * number of requests at once, of which each user takes no more than its own. */
static void
settle_limits(struct sl_account *a, int64_t now_us)
{
	uint32_t most = 0;
	double rate = 0;

	for (const struct sl_account_user *u = a->users; u; u = u->next) {
		if (u->most > most)
			most = u->most;
		if (u->rate > 0 && (rate <= 0 || u->rate < rate))
			rate = u->rate;
	}
	if (!a->users)
		return;
	if (most != a->adapt.most)
		sl_adapt_most(&a->adapt, most);
	if (rate < a->bucket.rate || rate > a->bucket.rate)
		sl_bucket_init(&a->bucket, rate, rate * BURST_S > 1 ? rate * BURST_S : 1, now_us);
}

void
sl_account_join(struct sl_account *a, struct sl_account_user *u,
		const struct sl_dest_limits *limits, int64_t now_us)
{
	*u = (struct sl_account_user){ .account = a,
				       .most = limits->inflight,
				       .rate = limits->rate };
	pthread_mutex_lock(&a->lock);
	u->next = a->users;
	a->users = u;
	a->steady = limits->steady;
	if (!u->next && a->in_flight == 0)
		sl_adapt_init(&a->adapt, u->most);
	settle_limits(a, now_us);
	sl_breaker_try_now(&a->breaker, now_us);
	pthread_mutex_unlock(&a->lock);
}

void
sl_account_leave(struct sl_account_user *u)
{
	struct sl_account *a = u->account;
	struct sl_account_user **p;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	for (p = &a->users; *p != u; p = &(*p)->next)
		;
	*p = u->next;
	a->in_flight -= u->in_flight;
	if (u->probes)
		sl_breaker_forget(&a->breaker);
	a->retries_wait = a->retries_wait && a->users;
	settle_limits(a, sl_mono_us());
	pthread_cond_broadcast(&a->room);
	pthread_mutex_unlock(&a->lock);
	u->account = NULL;
}

/* Room goes to the one with the fewest on their way, and among these to who has waited longest. */
static bool
is_its_turn(const struct sl_account *a, const struct sl_account_user *u, int64_t now_us)
{
	for (const struct sl_account_user *o = a->users; o; o = o->next) {
		if (o == u || o->waits_since_us == 0 || now_us - o->asked_us > FORGOTTEN_US ||
		    o->in_flight >= o->most)
			continue;
		if (o->in_flight < u->in_flight ||
		    (o->in_flight == u->in_flight && u->waits_since_us == 0) ||
		    (o->in_flight == u->in_flight && o->waits_since_us < u->waits_since_us))
			return false;
	}
	return true;
}

static bool
may_take_room(const struct sl_account_user *u, int64_t now_us)
{
	const struct sl_account *a = u->account;

	return a->in_flight < limit_of(a) && u->in_flight < u->most && is_its_turn(a, u, now_us);
}

static bool
has_room(struct sl_account_user *u, int64_t now_us)
{
	u->asked_us = now_us;
	if (may_take_room(u, now_us)) {
		u->waits_since_us = 0;
		return true;
	}
	if (u->waits_since_us == 0)
		u->waits_since_us = now_us;
	return false;
}

static struct sl_permit
closed(enum sl_gate gate, int64_t wait_us)
{
	return (struct sl_permit){ .gate = gate, .wait_us = wait_us };
}

/* How long the next token is somebody else's, who has waited longer. */
static int64_t
after_others(const struct sl_account_user *u, int64_t now_us)
{
	for (const struct sl_account_user *o = u->account->users; o; o = o->next)
		if (o != u && o->rate_since_us > 0 && now_us <= o->rate_due_us + LATE_US &&
		    (u->rate_since_us == 0 || o->rate_since_us < u->rate_since_us))
			return o->rate_due_us > now_us ? o->rate_due_us - now_us + 1 : TURN_US;
	return 0;
}

/* A request goes when there is a token for its first event; the rest is a debt that all pay off. So large
 * and small requests take turns. */
static int64_t
take_tokens(struct sl_account_user *u, uint32_t n, int64_t now_us)
{
	struct sl_bucket *b = &u->account->bucket;
	int64_t wait = b->rate > 0 ? after_others(u, now_us) : 0;

	if (wait == 0)
		wait = sl_bucket_take(b, 1, now_us);
	if (wait == 0) {
		b->tokens -= (double)n - 1;
		u->rate_since_us = 0;
		return 0;
	}
	if (u->rate_since_us == 0)
		u->rate_since_us = now_us;
	u->rate_due_us = now_us + wait;
	return wait;
}

static struct sl_permit
ask(struct sl_account_user *u, uint32_t n, bool retry, int64_t now_us)
{
	struct sl_account *a = u->account;
	const bool was_open = a->breaker.state == SL_BREAKER_OPEN;
	struct sl_permit p = { .gate = SL_GATE_OPEN };
	int64_t wait;

	if (a->hold_until_us > now_us)
		return closed(SL_GATE_HOLD, a->hold_until_us - now_us);
	wait = sl_breaker_ask(&a->breaker, now_us);
	if (wait > 0)
		return closed(SL_GATE_BREAKER, wait);
	if (a->breaker.state == SL_BREAKER_HALF_OPEN) {
		retry = false; /* the breaker has its own measure */
		n = 1;
	} else if (!has_room(u, now_us)) {
		return closed(SL_GATE_ROOM, u->next || a->users != u ? SHARED_US : WAIT_US);
	}
	wait = retry ? sl_retry_budget_ask(&a->budget, now_us) : 0;
	a->retries_wait = a->retries_wait || wait > 0;
	if (wait > 0)
		return closed(SL_GATE_RETRY, wait);
	wait = take_tokens(u, n, now_us);
	if (wait > 0)
		return closed(SL_GATE_RATE, wait);
	if (retry) {
		sl_retry_budget_take(&a->budget, now_us);
		a->retries_wait = false;
	}
	p.probe = sl_breaker_sent(&a->breaker);
	p.half_opens = p.probe && was_open;
	u->probes = u->probes || p.probe;
	u->in_flight++;
	a->in_flight++;
	/* Room that is left may be somebody else's now. */
	if (a->in_flight < limit_of(a))
		pthread_cond_broadcast(&a->room);
	return p;
}

struct sl_permit
sl_account_ask(struct sl_account_user *u, uint32_t n, bool retry, int64_t now_us)
{
	struct sl_permit p;

	pthread_mutex_lock(&u->account->lock);
	p = ask(u, n, retry, now_us);
	pthread_mutex_unlock(&u->account->lock);
	return p;
}

static void
one_less(struct sl_account_user *u)
{
	u->in_flight--;
	u->account->in_flight--;
	pthread_cond_broadcast(&u->account->room);
}

void
sl_account_take_back(struct sl_account_user *u, const struct sl_permit *p, uint32_t n)
{
	struct sl_account *a = u->account;

	pthread_mutex_lock(&a->lock);
	one_less(u);
	if (a->bucket.rate > 0)
		a->bucket.tokens += n;
	if (p->probe) {
		u->probes = false;
		sl_breaker_forget(&a->breaker);
	}
	pthread_mutex_unlock(&a->lock);
}

void
sl_account_wait(struct sl_account_user *u)
{
	const int64_t now = sl_mono_us(), until = now + WAIT_US;
	const struct timespec ts = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

	pthread_mutex_lock(&u->account->lock);
	if (!may_take_room(u, now))
		pthread_cond_timedwait(&u->account->room, &u->account->lock, &ts);
	pthread_mutex_unlock(&u->account->lock);
}

/* The pause that an answer begins, or makes longer; 0 = none. */
static int64_t
hold(struct sl_account *a, const struct sl_ending *e, int64_t now_us)
{
	int64_t us = e->retry_after_us < HOLD_CAP_US ? e->retry_after_us : HOLD_CAP_US;

	if (e->throttled && us <= 0) {
		/* Those that were on their way when it asked first say nothing new. */
		if (a->hold_from_us > 0 && e->sent_us < a->hold_from_us)
			return 0;
		us = HOLD_US << (a->pleas < 6 ? a->pleas : 6);
		us = us < HOLD_LONG_US ? us : HOLD_LONG_US;
		a->pleas++;
	}
	if (us <= 0 || now_us + us <= a->hold_until_us)
		return 0;
	a->hold_from_us = now_us;
	a->hold_until_us = now_us + us;
	return us;
}

static struct sl_account_news
ended(struct sl_account_user *u, const struct sl_ending *e, int64_t now_us)
{
	struct sl_account *a = u->account;
	const enum sl_breaker_state before = a->breaker.state;
	const struct sl_round round = { .sent_us = e->sent_us,
					.took_us = e->took_us,
					.in_flight = a->in_flight,
					.trouble = e->trouble };
	struct sl_account_news news = { 0 };

	u->probes = u->probes && !e->probe;
	sl_adapt_ended(&a->adapt, &round, now_us);
	one_less(u);
	sl_breaker_ended(&a->breaker, e->call, e->probe, now_us);
	if (e->acked) {
		sl_retry_budget_passed(&a->budget, now_us);
		a->pleas = 0;
	}
	news.opened = a->breaker.state == SL_BREAKER_OPEN && before != SL_BREAKER_OPEN;
	news.closed = a->breaker.state == SL_BREAKER_CLOSED && before != SL_BREAKER_CLOSED;
	news.open_us = a->breaker.open_us;
	news.hold_us = hold(a, e, now_us);
	return news;
}

struct sl_account_news
sl_account_ended(struct sl_account_user *u, const struct sl_ending *e, int64_t now_us)
{
	struct sl_account_news news;

	pthread_mutex_lock(&u->account->lock);
	news = ended(u, e, now_us);
	pthread_mutex_unlock(&u->account->lock);
	return news;
}

void
sl_account_try_now(struct sl_account_user *u, int64_t now_us)
{
	pthread_mutex_lock(&u->account->lock);
	sl_breaker_try_now(&u->account->breaker, now_us);
	pthread_mutex_unlock(&u->account->lock);
}

struct sl_account_state
sl_account_look(struct sl_account *a, int64_t now_us)
{
	struct sl_account_state s = { 0 };

	pthread_mutex_lock(&a->lock);
	s.breaker = a->breaker.state;
	if (s.breaker == SL_BREAKER_OPEN)
		s.open_until_us = a->breaker.open_until_us;
	if (a->hold_until_us > now_us)
		s.hold_until_us = a->hold_until_us;
	s.in_flight = a->in_flight;
	s.limit = limit_of(a);
	s.retries_wait = a->retries_wait;
	pthread_mutex_unlock(&a->lock);
	return s;
}
