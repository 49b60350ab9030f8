/* policy.h - what the answers of a destination mean for the events of one run: done, again, in parts, given
 * up on, or stop the run. Times are microseconds of the monotonic clock, given by the caller.
 *
 * An event is given up on only when it was refused alone, or failed alone many times while others went
 * through. When nothing goes through the destination is down: the run pauses and keeps its events.
 *
 * Two clocks watch a destination that fails. The circuit breaker (account.h) protects it: it stops all
 * runs for 30 s and longer, and lets single events look whether it is back. The patience of a run protects
 * whoever waits for the run: 15 s when it had no sign of life at all, 2 minutes since the last one, and
 * the run pauses. Patience is often the shorter one, so a run that is about to give up half-opens the
 * breaker for one last event (so does one that starts): it never pauses without having asked just then,
 * and the destination still sees one event instead of a storm. A pause that the destination asked for is
 * a sign of life and no failure: it takes as long as it takes. */
#ifndef SL_POLICY_H
#define SL_POLICY_H

#include "core/base/pacing.h"
#include "core/engine/parcel.h"

struct sl_policy {
	int64_t alive_us;  /* last sign of life: an acknowledgement, a refusal, a throttle */
	int64_t acked_us;  /* last acknowledgement; 0 = none yet */
	unsigned failures; /* requests in a row without a sign of life */
	bool last_try;     /* patience is over, and one event was sent to be sure */
};

/* What became of one request. */
struct sl_tally {
	uint32_t acked, dead, again, split, throttled, stopped;
	uint32_t worst; /* index of the outcome to show */
	int64_t retry_after_us;
	bool alive;          /* the destination took a decision */
	bool trouble;        /* a sign of too much load */
	bool unconnected;    /* not a byte was sent */
	enum sl_level level; /* of the log line */
};

void sl_policy_init(struct sl_policy *p, int64_t now_us);
/* Set the step of every event of the parcel, count them and note the state of the destination. */
void sl_policy_judge(struct sl_policy *p, struct sl_parcel *parcel, int64_t now_us,
		     struct sl_tally *y);
/* Why an event with step DEAD was given up on, for people. */
const char *sl_policy_reason(const struct sl_parcel *parcel, uint32_t i);
/* When the events with step AGAIN may go; counts the try. */
int64_t sl_policy_retry_at(const struct sl_policy *p, struct sl_parcel *parcel,
			   const struct sl_tally *y, int64_t now_us, struct sl_rng *rng);
/* There was no sign of life for as long as this run waits for one. */
bool sl_policy_patience_over(const struct sl_policy *p, int64_t now_us);
/* Must the run stop? SL_OK: no. Else err says why; its events stay pending. */
enum sl_code sl_policy_stop(const struct sl_policy *p, const struct sl_parcel *parcel,
			    const struct sl_tally *y, int64_t now_us, struct sl_err *err);

#endif
