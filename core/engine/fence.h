/* fence.h - how the place of a cursor moves. Pure: what was known and what was seen in, what is known then
 * out.
 *
 * A run reads all rows from `low` on and delivers them. The greatest cursor that it saw cannot be the next
 * low: a transaction that was open meanwhile may commit rows below it. So it becomes a candidate
 * (`next`), together with the transactions that were open after the snapshot was taken. A later run that
 * has read from the old low once more, and whose look at the open transactions *before* its own
 * snapshot shows none of them any more, has read what they committed: only then the candidate is the low.
 *
 * Both orders count. A candidate that became the low before the re-read would skip what was committed late;
 * a look in or after the snapshot may miss a transaction that ended between the two and whose rows
 * the snapshot does not show. */
#ifndef SL_ENGINE_FENCE_H
#define SL_ENGINE_FENCE_H

#include "core/source/source.h"
#include "core/store/store.h"

enum sl_promise {
	SL_PROMISE_SNAPSHOT,   /* every run reads everything */
	SL_PROMISE_FENCED,     /* no row that was committed late is lost */
	SL_PROMISE_LAGGED,     /* none that was committed within the lag */
	SL_PROMISE_BEST_EFFORT /* rows that were committed late may be lost */
};
const char *sl_promise_name(enum sl_promise p); /* "snapshot" "fenced" "lagged" "best effort" */

/* What a run with a cursor has seen. It has read from the place's low on, or from the start. */
struct sl_sight {
	enum sl_promise promise;
	const struct sl_fence *fence;
	struct sl_str top; /* see struct sl_reach */
	int64_t at_us;     /* wall */
};

/* May the candidate of the place become its low, once this run has settled? */
bool sl_fence_passed(const struct sl_cursor_place *was, const struct sl_fence *now);
/* The place as it is when this run has settled. Borrows the texts of both. */
void sl_fence_move(const struct sl_cursor_place *was, const struct sl_sight *now,
		   struct sl_cursor_place *after);
/* Processes of transactions that were open when the candidate was made and still are: "4242, 4243". Returns
 * how many there are. */
unsigned sl_fence_pinned(const struct sl_cursor_place *was, const struct sl_fence *now,
			 struct sl_buf *pids);
/* Another server, or an older state of this one, stands where the place was made: what it is said to
 * have passed may have happened anew. */
bool sl_fence_is_other(const struct sl_cursor_place *was, const struct sl_fence *now);

#endif
