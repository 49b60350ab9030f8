/* fault.h - what the receiver does wrong when it is told to.
 *
 * The table is in fault.c; its text, sl_fault_help, is what a person reads. Each fault is off when 0
 * or empty. "every N" hits the Nth, 2Nth, ... event request since the faults were set; 1 hits each.
 * Of reset, lose, redirect, throttle, fail and too_large only the first that hits happens, in this
 * order.
 *
 * A plan belongs to the server's thread. */
#ifndef SL_FAULT_H
#define SL_FAULT_H

#include "core/base/pacing.h"
#include "core/base/str.h"

extern const char sl_fault_help[];

struct sl_fault_set {
	int64_t reset_every, redirect_every, throttle_every, retry_after, fail_every, fail_status;
	int64_t lose_every, too_large_every, drop_every, hang_up_every, garbage_every, huge_every;
	int64_t echo, results, results_in_order, slow_ms, stop_after, seed;
	double fail_probability, mixed;
	char *retry_after_text; /* owned; NULL = none */
	char **refuse;          /* owned, nrefuse */
	size_t nrefuse;
};

struct sl_fault_plan {
	struct sl_fault_set set;
	struct sl_rng rng;
	int64_t seen; /* event requests since the set was put */
};

/* What happens to one request. */
struct sl_fault_hit {
	enum {
		SL_FAULT_NONE,
		SL_FAULT_RESET,
		SL_FAULT_LOSE,
		SL_FAULT_REDIRECT,
		SL_FAULT_THROTTLE,
		SL_FAULT_FAIL,
		SL_FAULT_TOO_LARGE
	} kind;
	int status;          /* THROTTLE, FAIL, TOO_LARGE, REDIRECT */
	int64_t retry_after; /* THROTTLE: seconds */
	bool refuse;         /* look at the refuse list */
	bool results;        /* a hook's answer tells of each event, see results.h */
	bool mixed;          /* and not always clearly */
	bool drop, hang_up, garbage, huge;
	int64_t slow_ms;
};

/* Replace the whole set by a JSON object; what it does not name is off. {} ends all faults. On
 * failure the plan is as it was. */
enum sl_code sl_fault_put(struct sl_fault_plan *p, struct sl_str json, struct sl_err *err) SL_MUST;
enum sl_code sl_fault_json(const struct sl_fault_plan *p, struct sl_buf *out,
			   struct sl_err *err) SL_MUST;
void sl_fault_free(struct sl_fault_plan *p); /* safe on a zeroed struct */

struct sl_fault_hit sl_fault_next(struct sl_fault_plan *p);
bool sl_fault_refuses(const struct sl_fault_plan *p, struct sl_str key);

#endif
