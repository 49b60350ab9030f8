#include "core/engine/policy.h"

#define BACKOFF_US     500000LL     /* first step of the back-off */
#define BACKOFF_CAP_US 60000000LL   /* its longest */
#define HOLD_CAP_US    3600000000LL /* a longer Retry-After is cut to an hour */
#define HOLD_US        1000000LL    /* throttled without a Retry-After */
#define DOWN_CAP_US    5000000LL    /* longest pause of all while nothing goes through */
#define SPLIT_AFTER    3            /* tries of a batch that fails while others go through */
#define DEAD_AFTER     6            /* tries of one event that fails while others go through */
#define COLD_PATIENCE  15000000LL   /* no sign of life since the start */
#define WARM_PATIENCE  120000000LL  /* no sign of life since the last one */
#define FEW_FAILURES   3

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

static enum sl_next_step
step_of(const struct sl_policy *p, const struct sl_parcel *parcel, enum sl_class c)
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
	if (alone && parcel->attempt >= DEAD_AFTER && others_pass(p, parcel))
		return SL_STEP_DEAD;
	return SL_STEP_AGAIN;
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
	bool alive = false;

	*y = (struct sl_tally){ .level = SL_INFO };
	if (parcel->first_us == 0)
		parcel->first_us = now_us;
	for (uint32_t i = 0; i < d->n; i++) {
		const enum sl_class c = d->outcomes[i].cls;
		const enum sl_next_step s = step_of(p, parcel, c);

		parcel->step[i] = (uint8_t)s;
		count(y, s, c);
		if (s == SL_STEP_NONE || (s != SL_STEP_ACK && y->stopped == 0))
			y->worst = i;
		if (d->outcomes[i].retry_after_us > y->retry_after_us)
			y->retry_after_us = d->outcomes[i].retry_after_us;
		alive = alive || c == SL_C_ACK || c == SL_C_REJECT || c == SL_C_SPLIT ||
			c == SL_C_THROTTLE;
	}
	if (y->again || y->split)
		y->level = SL_WARN;
	if (y->dead || y->stopped)
		y->level = SL_ERROR;
	p->failures = alive ? 0 : p->failures + 1;
	if (alive)
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

int64_t
sl_policy_retry_at(struct sl_policy *p, struct sl_parcel *parcel, const struct sl_tally *y,
		   int64_t now_us, struct sl_rng *rng)
{
	int64_t wait = sl_backoff_us(rng, parcel->attempt - 1, BACKOFF_US, BACKOFF_CAP_US);
	const int64_t left = p->alive_us + patience_us(p) - now_us;
	int64_t floor = y->retry_after_us < HOLD_CAP_US ? y->retry_after_us : HOLD_CAP_US;

	/* The last try comes when patience ends, not a back-off later. */
	if (left > BACKOFF_US && wait > left)
		wait = left;

	if (y->throttled && floor == 0)
		floor = HOLD_US;
	/* While nothing goes through, a request each would only add to the trouble. */
	if (p->failures >= FEW_FAILURES && floor == 0)
		floor = sl_backoff_us(rng, p->failures - FEW_FAILURES, BACKOFF_US, DOWN_CAP_US);
	/* A destination that asks for patience asks for it in all our requests. */
	if (floor > 0 && now_us + floor > p->hold_until_us)
		p->hold_until_us = now_us + floor;
	if (!y->throttled)
		parcel->attempt++;
	return now_us + (wait > floor ? wait : floor);
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
	if (p->failures < FEW_FAILURES || now_us - p->alive_us < patience_us(p))
		return SL_OK;
	(void)sl_fail(err, SL_E_NET, "destination", "the destination is down: %s",
		      o->detail[0] ? o->detail : "no answer");
	return sl_err_hint(err, "the events are kept; run the sync again when it is back");
}
