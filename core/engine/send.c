/* send.c - what is sent next: tries again whose time has come, searches that have become slow, and first
 * tries, as far as the account at the destination allows. */
#include "core/engine/deliver.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

#include <stdio.h>

static bool
is_slow(const struct sl_parcel *p)
{
	return p->search && p->search->bisect.slow;
}

void
sl_send_ready(struct sl_deliver *d, struct sl_parcel *p)
{
	sl_parcels_push(is_slow(p) ? &d->slow : p->retry ? &d->due : &d->ready, p);
}

void
sl_send_later(struct sl_deliver *d, struct sl_parcel *p)
{
	p->waited = true;
	p->next = d->waiting;
	d->waiting = p;
	pthread_mutex_lock(&d->task->lock);
	d->task->retrying += p->delivery.n;
	pthread_mutex_unlock(&d->task->lock);
}

bool
sl_send_none(const struct sl_deliver *d)
{
	return !d->ready.first && !d->due.first && !d->slow.first && !d->waiting;
}

static void
wake_waiting(struct sl_deliver *d, int64_t now)
{
	struct sl_parcel **p = &d->waiting, *w;

	while ((w = *p)) {
		if (w->not_before_us > now) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		sl_send_ready(d, w);
	}
}

static void
show_lane(struct sl_deliver *d, struct sl_parcel *p)
{
	struct sl_run_task *t = d->task;
	unsigned k = 0;

	pthread_mutex_lock(&t->lock);
	while (k < t->nlanes && strcmp(t->lanes[k].state, "sending") == 0)
		k++;
	if (k < SL_LANES) {
		if (k == t->nlanes)
			t->nlanes++;
		t->lanes[k] = (struct sl_lane){ .state = "sending",
						.block = p->ref[0].ob->block->no,
						.events = p->delivery.n,
						.attempt = p->attempt };
		t->lane_since[k] = sl_mono_us();
	}
	p->lane = k;
	t->in_flight += p->delivery.n;
	if (p->waited)
		t->retrying -= p->delivery.n;
	pthread_mutex_unlock(&t->lock);
}

/* retries: the budget of tries again is not spent. */
static bool
may_go(const struct sl_parcels *q, bool retries)
{
	return q->first && (retries || !q->first->retry);
}

static struct sl_parcels *
next_queue(struct sl_deliver *d, bool retries)
{
	if (may_go(&d->due, retries))
		return &d->due;
	if (d->slow_flying == 0 && may_go(&d->slow, retries))
		return &d->slow;
	return may_go(&d->ready, retries) ? &d->ready : NULL;
}

static void
note_probe(struct sl_deliver *d, struct sl_parcel *p, const struct sl_permit *permit, int64_t now)
{
	p->probe = permit->probe;
	if (p->probe && sl_policy_patience_over(&d->policy, now))
		d->policy.last_try = true;
	if (permit->half_opens)
		sl_run_log(d->task, SL_INFO, "send",
			   "circuit half-open: one event is sent to see whether the destination is "
			   "back");
}

/* Submit the first parcel of a queue; half-open, its first event alone. SL_AGAIN: the driver is full. */
static enum sl_code
launch(struct sl_deliver *d, struct sl_parcels *q, const struct sl_permit *permit, int64_t now)
{
	struct sl_err err = { 0 };
	enum sl_code code = SL_OK;
	struct sl_parcel *p;

	if (permit->probe && q->first->delivery.n > 1)
		code = sl_parcels_cut_first(q, &err);
	if (code == SL_OK) {
		sl_crashpoint("send-before");
		code = d->dest.driver->submit(d->dest.ctx, &q->first->delivery, &err);
		sl_crashpoint("send-after");
	}
	if (code != SL_OK) {
		if (code != SL_AGAIN)
			d->stop = err;
		return code;
	}
	p = sl_parcels_pop(q);
	note_probe(d, p, permit, now);
	p->next = d->flying;
	d->flying = p;
	d->inflight++;
	d->slow_flying += q == &d->slow;
	p->slow = q == &d->slow;
	show_lane(d, p);
	return SL_OK;
}

struct sl_permit
sl_send_all(struct sl_deliver *d, int64_t now)
{
	struct sl_permit spent = { .gate = SL_GATE_OPEN };
	struct sl_parcels *q;

	wake_waiting(d, now);
	while ((q = next_queue(d, spent.gate == SL_GATE_OPEN))) {
		const uint32_t n = q->first->delivery.n;
		const struct sl_permit p = sl_account_ask(&d->account, n, q->first->retry, now);

		if (p.gate == SL_GATE_RETRY) {
			spent = p;
			continue;
		}
		if (p.gate != SL_GATE_OPEN)
			return p;
		if (launch(d, q, &p, now) != SL_OK) {
			sl_account_take_back(&d->account, &p, p.probe ? 1 : n);
			break;
		}
	}
	return spent;
}
