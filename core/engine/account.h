/* account.h - an account at a destination: what all runs of this process that send to it share.
 *
 * A destination counts requests by account, not by sync. So there is one object for each driver, address
 * and credential, with one token bucket, one pause that was asked for, one circuit breaker, one budget of
 * tries again and one number of requests at once. It lives as long as the engine: what a destination
 * asked of one run holds for the next.
 *
 * A delivery joins, asks before every request, and tells how each ended. Every function may be called
 * from any thread; the account's lock is held for arithmetic only and no other lock is taken under it.
 * Times are microseconds of the monotonic clock, given by the caller. */
#ifndef SL_ACCOUNT_H
#define SL_ACCOUNT_H

#include "core/base/adapt.h"
#include "core/base/breaker.h"
#include "core/base/pacing.h"
#include "core/base/retry_budget.h"
#include "core/dest/dest.h"

#include <pthread.h>

/* One delivery's part in an account. */
struct sl_account_user {
	struct sl_account_user *next; /* guarded, as all below, by the account's lock */
	struct sl_account *account;   /* NULL = not joined */
	uint32_t most;                /* requests at once, of its own connection's settings */
	double rate;
	uint32_t in_flight;
	bool probes;            /* the breaker's one event is its */
	int64_t waits_since_us; /* for room; 0 = it does not */
	int64_t asked_us;
	int64_t rate_since_us, rate_due_us; /* it waits for tokens, until then; 0 = it does not */
};

struct sl_account {
	struct sl_account *next; /* the engine's list, guarded by its lock */
	struct sl_digest name;   /* never changes */
	pthread_mutex_t lock;    /* guards all below */
	pthread_cond_t room;     /* a request ended */
	struct sl_account_user *users;
	uint32_t in_flight; /* of all users */
	bool steady;        /* all that may be are always right */
	struct sl_adapt adapt;
	struct sl_bucket bucket;
	struct sl_breaker breaker;
	struct sl_retry_budget budget;
	int64_t hold_until_us; /* the destination asked for a pause; nothing is sent before */
	int64_t hold_from_us;  /* when it asked */
	unsigned pleas; /* pauses in a row without an acknowledgement, for those without a time */
	bool retries_wait; /* the budget was found spent and nothing went through since */
};

struct sl_account *sl_account_new(struct sl_digest name); /* NULL = no memory */
void sl_account_free(struct sl_account *a);               /* the whole list; NULL is allowed */

/* A run starts to deliver: a reason to ask a destination that was down. */
void sl_account_join(struct sl_account *a, struct sl_account_user *u,
		     const struct sl_dest_limits *limits, int64_t now_us);
/* What it has in flight will not be answered any more. Safe when it never joined. */
void sl_account_leave(struct sl_account_user *u);

enum sl_gate {
	SL_GATE_OPEN, /* send it, and tell how it ends */
	SL_GATE_HOLD, /* the destination asked for a pause */
	SL_GATE_BREAKER,
	SL_GATE_ROOM,  /* enough are on their way */
	SL_GATE_RETRY, /* no tries again are left: a first try may still go */
	SL_GATE_RATE
};

struct sl_permit {
	enum sl_gate gate;
	int64_t wait_us; /* not OPEN: ask again after this, or when something changed */
	bool probe;      /* OPEN: one event alone, and its end tells whether the others may go */
	bool half_opens; /* with probe: it is the first one, people are told */
};

/* May a request of n events go now? retry: it counts against the budget of tries again. */
struct sl_permit sl_account_ask(struct sl_account_user *u, uint32_t n, bool retry, int64_t now_us);
/* It was let through, and the driver did not take it. */
void sl_account_take_back(struct sl_account_user *u, const struct sl_permit *p, uint32_t n);
/* Wait until there may be room, at most for a tenth of a second. */
void sl_account_wait(struct sl_account_user *u);

/* How a request ended. */
struct sl_ending {
	int64_t sent_us, took_us; /* without the time to connect */
	int64_t retry_after_us;   /* asked for; 0 = nothing */
	enum sl_call call;
	bool probe;
	bool acked;     /* some of it */
	bool throttled; /* it asked for patience */
	bool trouble;   /* a sign of too much load */
};

/* What people are told about it. */
struct sl_account_news {
	bool opened, closed;
	int64_t open_us;
	int64_t hold_us; /* the pause that begins now; 0 = none */
};
struct sl_account_news sl_account_ended(struct sl_account_user *u, const struct sl_ending *e,
					int64_t now_us);
/* Ask once more before the breaker's time is up: somebody is about to give up. */
void sl_account_try_now(struct sl_account_user *u, int64_t now_us);

/* For the monitor. */
struct sl_account_state {
	enum sl_breaker_state breaker;
	int64_t open_until_us; /* 0 = it is not open */
	int64_t hold_until_us; /* 0 = no pause */
	uint32_t in_flight, limit;
	bool retries_wait;
};
struct sl_account_state sl_account_look(struct sl_account *a, int64_t now_us);

#endif
