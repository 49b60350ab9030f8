/* adapt.h - how many requests at once a destination likes.
 *
 * It starts with two, and doubles their number after every round trip (as many answers as requests may be
 * on their way) that had them all on their way and no trouble. Above eight, more at once must also let more
 * through in the same time: where they only wait for each other, the number goes back to what it was, and
 * half as many more are tried again after a rest, which grows. So a destination far away soon has as many on
 * their way as the way is long, and a small one is not crowded.
 *
 * Trouble is an answer that asks for patience, one that did not come, or, once doubling has ended, a round
 * trip that took longer than usual: above the moving average by two and a half deviations (the rule of
 * Vector's adaptive concurrency). It takes a third away, and from then on one is added after a round trip
 * (additive increase, multiplicative decrease). One that was sent before the last cut tells nothing new and
 * does not cut again.
 *
 * Plain values and pure functions of the time passed in (microseconds, monotonic). Not thread-safe. */
#ifndef SL_ADAPT_H
#define SL_ADAPT_H

#include "core/base/base.h"

struct sl_adapt {
	double limit;
	uint32_t most;
	double mean_us, deviation_us; /* of round trips; 0 = none yet */
	int64_t cut_us;               /* the last cut */
	bool start;                   /* it doubles yet */
	bool gentle;                  /* there was trouble: one more at a time */
	double good, good_us; /* the last number that was worth it, and its round trip; 0 = none */
	unsigned rest, next_rest; /* round trips before more is tried */
	/* The present round trip. */
	unsigned answers;
	double sum_us;
	bool full; /* all that may be were on their way: more may be of use */
};

/* A request that has ended. */
struct sl_round {
	int64_t sent_us, took_us; /* without the time to connect */
	uint32_t in_flight;       /* when it ended, itself among them */
	bool trouble;
};

void sl_adapt_init(struct sl_adapt *a, uint32_t most);
/* Another upper bound; at least 1. */
void sl_adapt_most(struct sl_adapt *a, uint32_t most);
uint32_t sl_adapt_limit(const struct sl_adapt *a); /* 1..most */
void sl_adapt_ended(struct sl_adapt *a, const struct sl_round *r, int64_t now_us);

#endif
