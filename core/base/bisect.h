/* bisect.h - how a request that was refused as a whole is taken apart to find the events that are bad.
 *
 * In halves, and these in halves again: a bad event costs at most 2 * ceil(log2 n) more requests, and a
 * request of n events at most 64 of them at full speed. What those could not settle goes on in a slow
 * lane, one request at a time behind all else: still in halves while a piece is large, then event by
 * event. So many bad events cost time and not the destination's patience; and none is called bad that was
 * not refused alone.
 *
 * Plain values. */
#ifndef SL_BISECT_H
#define SL_BISECT_H

#include "core/base/base.h"

#define SL_BISECT_BUDGET 64 /* more requests for one that was refused, at full speed */
#define SL_BISECT_PIECE  16 /* in the slow lane a piece of so many goes event by event */

struct sl_bisect {
	unsigned extra; /* requests that the search has cost so far */
	bool slow;      /* the budget is spent */
};

/* All zero is a new search. In how many parts of about equal size a refused piece of n > 1 events is sent
 * again; counts them. */
unsigned sl_bisect_parts(struct sl_bisect *b, uint32_t n);

#endif
