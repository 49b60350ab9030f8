/* answer.c - what came back from the destination: each event of a request is settled, tried again, or
 * sent in halves. */
#include "core/engine/deliver.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

#include <stdio.h>

#define MAX_LOGGED 2000 /* lines about single events; the rest is counted */

/* What a destination says about rows may repeat their values: that stays with the dead letter. The log keeps
 * our own words, and those about the connection or the credentials. */
static void
log_words(struct sl_line *line, const struct sl_outcome *o)
{
	switch (o->cls) {
	case SL_C_AUTH:
	case SL_C_CONFIG:
	case SL_C_UNKNOWN:
		break;
	default:
		if (o->status != 0)
			return;
	}
	(void)snprintf(line->answer, sizeof(line->answer), "%s", o->detail);
}

static void
log_event(struct sl_deliver *d, const struct sl_parcel *p, uint32_t i, const char *what)
{
	const struct sl_outcome *o = &p->delivery.outcomes[i];
	struct sl_line line;

	if (d->logged++ >= MAX_LOGGED)
		return;
	line = sl_run_line(d->task, SL_ERROR, "send");
	line.block_no = p->ref[i].ob->block->no;
	line.idx = (int32_t)p->ref[i].idx;
	line.events = 1;
	line.status = o->status;
	line.took_us = p->delivery.took_us;
	(void)snprintf(line.text, sizeof(line.text), "%s", what);
	log_words(&line, o);
	sl_writer_log(d->task->engine->writer, &line);
}

static void
settle(struct sl_deliver *d, struct sl_parcel *p, uint32_t i, enum sl_verdict v, const char *reason)
{
	struct sl_open_block *ob = p->ref[i].ob;
	struct sl_run_task *t = d->task;
	struct sl_err err;
	uint8_t *verdict = &ob->block->verdicts[p->ref[i].idx];
	const uint8_t doubt = v == SL_V_ACKED ? 0 : *verdict & SL_V_DOUBT;

	*verdict = (uint8_t)v | doubt;
	ob->dirty = true;
	ob->left--;
	if (v == SL_V_DEAD) {
		const struct sl_outcome *o = &p->delivery.outcomes[i];
		char why[160];
		const struct sl_death death = { p->ref[i].idx, o->status, p->attempt, why,
						o->detail };

		(void)snprintf(why, sizeof(why), "%s%s", reason,
			       doubt ? "; the destination may have it" : "");

		if (sl_open_block_bury(ob, t, &death, &err) != SL_OK)
			sl_run_write_failed(t, &err);
		log_event(d, p, i, why);
	}
	pthread_mutex_lock(&t->lock);
	t->rec.acked += v == SL_V_ACKED;
	t->rec.dead += v == SL_V_DEAD;
	pthread_mutex_unlock(&t->lock);
}

/* ---- what came back ------------------------------------------------------------------------------ */

/* An event that is sent again with the same id is no second event for a destination that looks at it. */
static const char *
class_words(enum sl_class c)
{
	return c == SL_C_UNKNOWN ? "unknown: the destination may have them" : sl_class_name(c);
}

static void
log_request(struct sl_deliver *d, const struct sl_parcel *p, const struct sl_tally *y)
{
	const struct sl_outcome *o = &p->delivery.outcomes[y->worst];
	struct sl_line line = sl_run_line(d->task, y->level, "send");
	size_t n = 0;

	line.block_no = p->ref[0].ob->block->no;
	line.events = (int32_t)p->delivery.n;
	line.status = o->status;
	line.took_us = p->delivery.took_us;
	n += (size_t)snprintf(line.text, sizeof(line.text),
			      "request of %u event%s: %u acknowledged", p->delivery.n,
			      p->delivery.n == 1 ? "" : "s", y->acked);
	if (y->dead)
		n += (size_t)snprintf(line.text + n, sizeof(line.text) - n, ", %u given up on",
				      y->dead);
	if (y->again)
		n += (size_t)snprintf(line.text + n, sizeof(line.text) - n,
				      ", %u again (%s, try %u)", y->again, class_words(o->cls),
				      p->attempt);
	if (y->split)
		(void)snprintf(line.text + n, sizeof(line.text) - n, ", %u %s together: in parts",
			       y->split, o->cls == SL_C_SPLIT ? "refused" : "failed");
	if (o->cls != SL_C_ACK)
		log_words(&line, o);
	sl_writer_log(d->task->engine->writer, &line);
}

/* What its lane on the monitor waits for. */
static void
show_wait(struct sl_run_task *t, const struct sl_parcel *p, const struct sl_tally *y, int64_t us)
{
	const enum sl_class c = p->delivery.outcomes[y->worst].cls;

	if (p->lane >= SL_LANES)
		return;
	pthread_mutex_lock(&t->lock);
	(void)snprintf(t->lanes[p->lane].detail, sizeof(t->lanes[p->lane].detail),
		       "%s: again after %.1f s", sl_class_name(c), (double)us / 1e6);
	pthread_mutex_unlock(&t->lock);
}

/* Send the events of p with the step AGAIN once more. */
static void
again(struct sl_deliver *d, struct sl_parcel *p, const struct sl_tally *y)
{
	const int64_t now = sl_mono_us();
	const int64_t at_us = sl_policy_retry_at(&d->policy, p, y, now, &d->rng);
	struct sl_parcel *part = NULL;
	struct sl_err err;

	if (sl_parcel_pick(p, SL_STEP_AGAIN, 1, &part, &err) != SL_OK) {
		d->stop = err;
		return;
	}
	show_wait(d->task, p, y, at_us - now);
	part->not_before_us = at_us;
	sl_send_later(d, part);
}

/* Send the events of p with the step SPLIT in parts. */
static void
take_apart(struct sl_deliver *d, struct sl_parcel *p, uint32_t n)
{
	struct sl_parcel *part[SL_BISECT_PIECE] = { NULL };
	struct sl_err err;
	unsigned parts = 0;
	enum sl_code code = sl_parcel_search(p, &err);

	if (code == SL_OK) {
		parts = sl_bisect_parts(&p->search->bisect, n);
		code = sl_parcel_pick(p, SL_STEP_SPLIT, parts, part, &err);
	}
	if (code != SL_OK) {
		d->stop = err;
		return;
	}
	for (unsigned k = 0; k < parts; k++) {
		if (!part[k])
			continue;
		/* What went through before says nothing about the parts: it may be down since. */
		part[k]->first_us = sl_mono_us();
		part[k]->waited = part[k]->retry = false;
		sl_send_ready(d, part[k]);
	}
}

static void
note_latency(struct sl_run_task *t, const struct sl_parcel *p, const struct sl_tally *y)
{
	pthread_mutex_lock(&t->lock);
	t->in_flight -= p->delivery.n;
	t->latency[t->nlatency++ % SL_LATENCIES] = p->delivery.took_us;
	t->rec.requests++;
	t->rec.retries += y->again > 0 || y->split > 0;
	t->throttled += y->throttled > 0;
	t->rec.bytes_sent += p->delivery.bytes_sent;
	if (p->lane < SL_LANES) {
		struct sl_lane *l = &t->lanes[p->lane];

		(void)snprintf(l->state, sizeof(l->state), "%s", y->again ? "waiting" : "idle");
		l->status = p->delivery.outcomes[y->worst].status;
		t->lane_since[p->lane] = sl_mono_us();
	}
	pthread_mutex_unlock(&t->lock);
}

static void
take_from_flight(struct sl_deliver *d, const struct sl_parcel *p)
{
	struct sl_parcel **at = &d->flying;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	d->inflight--;
	d->slow_flying -= p->slow;
}

/* The account learns how it ended; what changes with that is told. */
static void
tell_account(struct sl_deliver *d, const struct sl_parcel *p, const struct sl_tally *y)
{
	const struct sl_ending e = {
		.sent_us = p->delivery.sent_us,
		.took_us = p->delivery.took_us - p->delivery.connect_us,
		.retry_after_us = y->retry_after_us,
		.call = y->alive || y->stopped ? SL_CALL_ANSWERED
			: y->unconnected       ? SL_CALL_NOT_CONNECTED
					       : SL_CALL_FAILED,
		.probe = p->probe,
		.acked = y->acked > 0,
		.throttled = y->throttled > 0,
		.trouble = y->trouble,
	};
	const struct sl_account_news n = sl_account_ended(&d->account, &e, sl_mono_us());

	if (n.opened)
		sl_run_log(d->task, SL_WARN, "send",
			   "circuit open: the destination fails, nothing is sent for %lld s",
			   (long long)(n.open_us / 1000000));
	if (n.closed)
		sl_run_log(d->task, SL_INFO, "send",
			   "circuit closed: the destination answers again");
	if (n.hold_us > 0)
		sl_run_log(d->task, SL_INFO, "send", "waiting: the destination asked for %.1f s",
			   (double)n.hold_us / 1e6);
}

/* Does the answer leave open whether the event was applied? A server that fails may have got that far. */
static bool
leaves_doubt(const struct sl_outcome *o)
{
	return o->cls == SL_C_NONE || o->cls == SL_C_UNKNOWN ||
	       (o->cls == SL_C_RETRY && o->status >= 500);
}

/* Whatever is answered to a later try says nothing of this one: a doubt stays until the event is acknowledged. */
void
sl_deliver_doubt(const struct sl_parcel *p, bool all)
{
	for (uint32_t i = 0; i < p->delivery.n; i++) {
		struct sl_open_block *ob = p->ref[i].ob;

		if (!all && !leaves_doubt(&p->delivery.outcomes[i]))
			continue;
		ob->block->verdicts[p->ref[i].idx] |= SL_V_DOUBT;
		ob->dirty = true;
	}
}

/* Tagged values of events from..to of a request are taken out of words. */
static void
hide_events(struct sl_deliver *d, const struct sl_parcel *p, uint32_t from, uint32_t to, char *text,
	    size_t cap)
{
	struct sl_mask mask = d->mask;

	mask.arena = d->scratch;
	for (uint32_t i = from; i < to; i++) {
		const struct sl_block *b = p->ref[i].ob->block;
		const struct sl_event *ev = &b->events[p->ref[i].idx];

		sl_mask_words(&mask, p->delivery.bodies[i],
			      (struct sl_str){ b->keys + ev->koff, ev->klen }, text, cap);
		sl_arena_reset(d->scratch);
	}
}

/* The destination may repeat what it was sent. Words that the first event shares with others may be about
 * any of them; all else is about its own event. */
static void
hide_values(struct sl_deliver *d, struct sl_parcel *p)
{
	struct sl_delivery *dl = &p->delivery;
	char said[sizeof(dl->outcomes->detail)], clean[sizeof(said)];
	bool refused = false;

	for (uint32_t i = 0; i < dl->n; i++)
		refused = refused || dl->outcomes[i].cls != SL_C_ACK;
	if (!d->mask.on || !refused)
		return;
	memcpy(said, dl->outcomes[0].detail, sizeof(said));
	memcpy(clean, said, sizeof(clean));
	hide_events(d, p, 0, dl->n, clean, sizeof(clean));
	for (uint32_t i = 0; i < dl->n; i++) {
		struct sl_outcome *o = &dl->outcomes[i];

		if (strcmp(o->detail, said) == 0)
			memcpy(o->detail, clean, sizeof(clean));
		else
			hide_events(d, p, i, i + 1, o->detail, sizeof(o->detail));
	}
}

void
sl_deliver_answered(void *arg, struct sl_delivery *delivery)
{
	struct sl_deliver *d = arg;
	struct sl_parcel *p = delivery->owner;
	struct sl_tally y = { 0 };

	sl_crashpoint("answer-arrived");
	take_from_flight(d, p);
	sl_deliver_doubt(p, false);
	hide_values(d, p);
	sl_policy_judge(&d->policy, p, sl_mono_us(), &y);
	for (uint32_t i = 0; i < delivery->n; i++) {
		if (p->step[i] == SL_STEP_ACK)
			settle(d, p, i, SL_V_ACKED, NULL);
		else if (p->step[i] == SL_STEP_DEAD)
			settle(d, p, i, SL_V_DEAD, sl_policy_reason(p, i));
	}
	sl_crashpoint("answer-judged");
	tell_account(d, p, &y);
	note_latency(d->task, p, &y);
	log_request(d, p, &y);
	if (y.again)
		again(d, p, &y);
	if (y.split)
		take_apart(d, p, y.split);
	sl_crashpoint("answer-taken");
	if (d->stop.code == SL_OK)
		(void)sl_policy_stop(&d->policy, p, &y, sl_mono_us(), &d->stop);
	sl_parcel_free(p);
	sl_run_notify(d->task);
}
