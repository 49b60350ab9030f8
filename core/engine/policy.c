#include "core/engine/policy.h"

#define BACKOFF_US     1000000LL    /* first step of the back-off */
#define BACKOFF_CAP_US 300000000LL  /* its longest */
#define HOLD_CAP_US    3600000000LL /* a longer Retry-After is cut to an hour */
#define SPLIT_AFTER    3            /* tries of a batch that fails while others go through */
/* Tries of one event that fails while others go through: so many, or fewer when it has taken so long. A
 * run does not wait for a single event for hours: a dead letter can be sent again. */
#define DEAD_AFTER    12
#define DEAD_LEAST    6
#define DEAD_PATIENCE 120000000LL
#define COLD_PATIENCE 15000000LL  /* no sign of life since the start */
#define WARM_PATIENCE 120000000LL /* no sign of life since the last one */
#define FEW_FAILURES  3

void
sl_policy_init(struct sl_policy *p, int64_t now_us)
{
	*p = (struct sl_policy){ .alive_us = now_us };
}

/* Others went through since this request first failed: the fault is its own, not the destination's. */
static bool
others_pass(const struct sl_policy *p, const struct sl_parcel *parcel)
{
	return p->acked_us > 0 && p->acked_us > parcel->first_us;
}

/* Alone, and tried often or long enough. */
static bool
is_hopeless(const struct sl_parcel *parcel, int64_t now_us)
{
	return parcel->attempt >= DEAD_AFTER ||
	       (parcel->attempt >= DEAD_LEAST && now_us - parcel->first_us >= DEAD_PATIENCE);
}

static enum sl_next_step
step_of(const struct sl_policy *p, const struct sl_parcel *parcel, enum sl_class c, int64_t now_us)
{
	const bool alone = parcel->delivery.n == 1;

	switch (c) {
	case SL_C_ACK:
		return SL_STEP_ACK;
	case SL_C_REJECT:
		return SL_STEP_DEAD;
	case SL_C_SPLIT:
		return alone ? SL_STEP_DEAD : SL_STEP_SPLIT;
	case SL_C_AUTH:
	case SL_C_CONFIG:
		return SL_STEP_NONE;
	case SL_C_THROTTLE:
		return SL_STEP_AGAIN;
	case SL_C_NONE:
	case SL_C_RETRY:
	case SL_C_UNKNOWN:
		break;
	}
	if (!alone && parcel->attempt >= SPLIT_AFTER && others_pass(p, parcel))
		return SL_STEP_SPLIT;
	if (alone && is_hopeless(parcel, now_us) && others_pass(p, parcel))
		return SL_STEP_DEAD;
	return SL_STEP_AGAIN;
}

static bool
is_decision(enum sl_class c)
{
	return c == SL_C_ACK || c == SL_C_REJECT || c == SL_C_SPLIT || c == SL_C_THROTTLE;
}

static bool
is_overload(const struct sl_outcome *o)
{
	return o->cls == SL_C_THROTTLE || o->cls == SL_C_UNKNOWN || o->status == 408 ||
	       o->status == 503 || o->status == 504 || o->status == 529 ||
	       (o->cls == SL_C_RETRY && o->status == 0); /* no connection: fewer may do */
}

static void
count(struct sl_tally *y, enum sl_next_step s, enum sl_class c)
{
	y->acked += s == SL_STEP_ACK;
	y->dead += s == SL_STEP_DEAD;
	y->again += s == SL_STEP_AGAIN;
	y->split += s == SL_STEP_SPLIT;
	y->stopped += s == SL_STEP_NONE;
	y->throttled += c == SL_C_THROTTLE;
}

void
sl_policy_judge(struct sl_policy *p, struct sl_parcel *parcel, int64_t now_us, struct sl_tally *y)
{
	const struct sl_delivery *d = &parcel->delivery;

	*y = (struct sl_tally){ .level = SL_INFO, .unconnected = d->n > 0 };
	if (parcel->first_us == 0)
		parcel->first_us = now_us;
	for (uint32_t i = 0; i < d->n; i++) {
		const enum sl_class c = d->outcomes[i].cls;
		const enum sl_next_step s = step_of(p, parcel, c, now_us);

		parcel->step[i] = (uint8_t)s;
		count(y, s, c);
		if (s == SL_STEP_NONE || (s != SL_STEP_ACK && y->stopped == 0))
			y->worst = i;
		if ((c == SL_C_RETRY || c == SL_C_THROTTLE) &&
		    d->outcomes[i].retry_after_us > y->retry_after_us)
			y->retry_after_us = d->outcomes[i].retry_after_us;
		y->alive = y->alive || is_decision(c);
		y->trouble = y->trouble || is_overload(&d->outcomes[i]);
		y->unconnected = y->unconnected && c == SL_C_RETRY && d->outcomes[i].status == 0;
	}
	if (y->again || y->split)
		y->level = SL_WARN;
	if (y->dead || y->stopped)
		y->level = SL_ERROR;
	p->failures = y->alive ? 0 : p->failures + 1;
	p->last_try = p->last_try && !y->alive;
	if (y->alive)
		p->alive_us = now_us;
	if (y->acked)
		p->acked_us = now_us;
}

const char *
sl_policy_reason(const struct sl_parcel *parcel, uint32_t i)
{
	const enum sl_class c = parcel->delivery.outcomes[i].cls;

	if (c == SL_C_REJECT || c == SL_C_SPLIT)
		return "refused by the destination";
	return "failed again and again while other events went through";
}

static int64_t
patience_us(const struct sl_policy *p)
{
	return p->acked_us > 0 ? WARM_PATIENCE : COLD_PATIENCE;
}

bool
sl_policy_patience_over(const struct sl_policy *p, int64_t now_us)
{
	return now_us - p->alive_us >= patience_us(p);
}

int64_t
sl_policy_retry_at(const struct sl_policy *p, struct sl_parcel *parcel, const struct sl_tally *y,
		   int64_t now_us, struct sl_rng *rng)
{
	int64_t wait = sl_backoff_us(rng, parcel->attempt - 1, BACKOFF_US, BACKOFF_CAP_US);
	const int64_t left = p->alive_us + patience_us(p) - now_us;
	const int64_t floor = y->retry_after_us < HOLD_CAP_US ? y->retry_after_us : HOLD_CAP_US;

	/* The last try comes when patience ends, not a back-off later. */
	if (left > BACKOFF_US && wait > left)
		wait = left;
	/* Time that the destination asked for is no try of the event. */
	parcel->retry = !y->throttled;
	if (!y->throttled)
		parcel->attempt++;
	/* After a pause not all come back in the same moment. */
	return now_us + floor + wait;
}

enum sl_code
sl_policy_stop(const struct sl_policy *p, const struct sl_parcel *parcel, const struct sl_tally *y,
	       int64_t now_us, struct sl_err *err)
{
	const struct sl_outcome *o = &parcel->delivery.outcomes[y->worst];

	if (y->stopped && o->cls == SL_C_AUTH) {
		(void)sl_fail(err, SL_E_AUTH, "destination",
			      "the destination refuses our credentials (%d): %s", o->status,
			      o->detail);
		return sl_err_hint(
			err, "mend the connection, then run the sync again; no event was lost");
	}
	if (y->stopped) {
		(void)sl_fail(err, SL_E_NET, "destination",
			      "the destination cannot be used like this (%d): %s", o->status,
			      o->detail);
		return sl_err_hint(err,
				   "check the address of the connection, then run the sync again");
	}
	if (p->failures < (p->last_try ? 1 : FEW_FAILURES) || !sl_policy_patience_over(p, now_us))
		return SL_OK;
	/* The words of an answer may repeat rows. */
	if (o->status != 0)
		(void)sl_fail(err, SL_E_NET, "destination",
			      "the destination is down: it answers %d", o->status);
	else
		(void)sl_fail(err, SL_E_NET, "destination", "the destination is down: %s",
			      o->detail[0] ? o->detail : "no answer");
	return sl_err_hint(err, "the events are kept; run the sync again when it is back");
}
