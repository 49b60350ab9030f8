/* policy.h - what the answers of a destination mean for its events: done, again, in halves, given up
 * on, or stop the run. Times are microseconds of the monotonic clock, given by the caller.
 *
 * An event is given up on only when it was refused by name, or failed many times while others went
 * through. When nothing goes through the destination is down: the run pauses and keeps its events. */
#ifndef SL_POLICY_H
#define SL_POLICY_H

#include "core/base/pacing.h"
#include "core/engine/parcel.h"

struct sl_policy {
	int64_t hold_until_us; /* the destination asked for a pause; nothing is sent before */
	int64_t alive_us;      /* last sign of life: an acknowledgement, a refusal, a throttle */
	int64_t acked_us;      /* last acknowledgement; 0 = none yet */
	unsigned failures;     /* requests in a row without a sign of life */
};

/* What became of one request. */
struct sl_tally {
	uint32_t acked, dead, again, split, throttled, stopped;
	uint32_t worst; /* index of the outcome to show */
	int64_t retry_after_us;
	enum sl_level level; /* of the log line */
};

void sl_policy_init(struct sl_policy *p, int64_t now_us);
/* Set the step of every event of the parcel, count them and note the state of the destination. */
void sl_policy_judge(struct sl_policy *p, struct sl_parcel *parcel, int64_t now_us,
		     struct sl_tally *y);
/* Why an event with step DEAD was given up on, for people. */
const char *sl_policy_reason(const struct sl_parcel *parcel, uint32_t i);
/* When the events with step AGAIN may go; counts the try. */
int64_t sl_policy_retry_at(struct sl_policy *p, struct sl_parcel *parcel, const struct sl_tally *y,
			   int64_t now_us, struct sl_rng *rng);
/* Must the run stop? SL_OK: no. Else err says why; its events stay pending. */
enum sl_code sl_policy_stop(const struct sl_policy *p, const struct sl_parcel *parcel,
			    const struct sl_tally *y, int64_t now_us, struct sl_err *err);

#endif
