/* deliver.c - the right half of a run: events of the log go to the destination, verdicts come back.
 *
 * One thread. Blocks are opened in order; their pending events are packed into parcels (one request
 * each) as large as the destination takes; parcels in flight, ready and waiting for their next try
 * are lists. Verdicts go to the writer as copies; a block is let go when every event has its final
 * verdict and the writer has it. */
#include "core/engine/deliver.h"
#include "core/engine/prep.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/base/limit.h"
#include "core/base/pacing.h"

#include <stdio.h>
#include <stdlib.h>

#define OPEN_BLOCKS 512         /* blocks held in memory at most */
#define OPEN_BYTES  (28u << 20) /* and their bodies, of all runs together, but for the last one */
#define FLUSH_US    150000      /* verdicts wait at most this long for the log */
#define POLL_MS     100
#define FULL_MS     10 /* before a driver that took nothing is asked again */

/* ---- verdicts to the log ------------------------------------------------------------------------ */

static void
flush_block(struct sl_deliver *d, struct sl_open_block *ob)
{
	struct sl_err err = { 0 };

	if (ob->dirty && sl_open_block_flush(ob, d->task, &err) != SL_OK)
		sl_run_write_failed(d->task, &err);
}

/* Store what is new; let go of blocks that are through. */
static void
flush_blocks(struct sl_deliver *d, bool all)
{
	const int64_t now = sl_mono_us();
	const bool due = all || now - d->flushed_us >= FLUSH_US;
	struct sl_open_block **p = &d->open, *ob;

	while ((ob = *p)) {
		if (due || ob->left == 0)
			flush_block(d, ob);
		if (ob->left > 0) {
			p = &ob->next;
			continue;
		}
		*p = ob->next;
		if (!*p)
			d->open_tail = p;
		d->nopen--;
		d->open_bytes -= ob->block->body_len;
		sl_open_block_free(ob);
	}
	if (due)
		d->flushed_us = now;
}

/* ---- taking events from the log ------------------------------------------------------------------ */

/* The next block: at hand, or read back. SL_DONE: none is in the log now. */
static enum sl_code
next_block(struct sl_deliver *d, struct sl_block **out, struct sl_err *err)
{
	struct sl_run_task *t = d->task;
	uint32_t committed, n = 0, no = d->next_no;
	enum sl_code code;

	pthread_mutex_lock(&t->lock);
	committed = t->committed;
	pthread_mutex_unlock(&t->lock);
	if (no >= committed)
		return SL_DONE;
	*out = sl_run_take(t, no);
	sl_crashpoint("block-taken");
	if (*out) {
		d->next_no++;
		return SL_OK;
	}
	if (!d->reader) {
		code = sl_engine_reader(t->engine, &d->reader, err);
		if (code != SL_OK)
			return code;
	}
	code = sl_store_pending_blocks(d->reader, t->rec.id, no, 1, &no, &n, err);
	if (code != SL_OK)
		return code;
	if (n == 0) {
		d->next_no = committed;
		return SL_DONE;
	}
	d->next_no = no + 1;
	sl_crashpoint("block-read-back");
	return sl_store_block_get(d->reader, t->rec.id, no, out, err);
}

static void
close_fill(struct sl_deliver *d)
{
	if (d->fill && d->fill->delivery.n > 0)
		sl_send_ready(d, d->fill);
	else if (d->fill)
		sl_parcel_free(d->fill);
	d->fill = NULL;
}

/* Removes are held before the first of them is in the log. So this is asked for every block, after it was
 * taken: an answer of before would let removes pass that are held since. */
static bool
removes_are_held(struct sl_run_task *t, uint32_t no)
{
	bool held;

	pthread_mutex_lock(&t->lock);
	held = t->rec.removes_held || t->guarded;
	if (t->opened <= no)
		t->opened = no + 1;
	pthread_mutex_unlock(&t->lock);
	return held;
}

/* Put the pending events of a block into parcels. Held removes stay where they are. */
static enum sl_code
open_block(struct sl_deliver *d, struct sl_block *b, struct sl_err *err)
{
	const bool removes_held = removes_are_held(d->task, b->no);
	struct sl_open_block *ob = sl_open_block_new(b);

	if (!ob) {
		sl_block_free(b);
		return sl_fail(err, SL_E_NOMEM, "send", "no memory for a block");
	}
	*d->open_tail = ob;
	d->open_tail = &ob->next;
	d->nopen++;
	d->open_bytes += b->body_len;
	for (uint32_t i = 0; i < b->n; i++) {
		if (sl_verdict_of(b->verdicts[i]) != SL_V_PENDING ||
		    (removes_held && b->events[i].op == SL_OP_REMOVE))
			continue;
		if (d->fill && !sl_parcel_fits(d->fill, &d->dest.limits, b->events[i].len))
			close_fill(d);
		if (!d->fill)
			d->fill = sl_parcel_new(d->dest.limits.batch_events);
		if (!d->fill)
			return sl_fail(err, SL_E_NOMEM, "send", "no memory for a request");
		sl_parcel_add(d->fill, ob, i);
		ob->left++;
	}
	return SL_OK;
}

static enum sl_code
take_blocks(struct sl_deliver *d, struct sl_err *err)
{
	struct sl_block *b;
	enum sl_code code = SL_OK;

	while (code == SL_OK && d->nopen < OPEN_BLOCKS &&
	       d->open_bytes < sl_run_share(d->task, OPEN_BYTES) && !d->ready.first) {
		code = next_block(d, &b, err);
		if (code == SL_OK)
			code = open_block(d, b, err);
	}
	/* A part-filled request goes out when nothing else keeps the destination busy: also when no more
	 * blocks may be opened, since it may hold what keeps them open. */
	if (!d->ready.first && d->inflight == 0)
		close_fill(d);
	return code == SL_DONE ? SL_OK : code;
}

/* ---- waiting -------------------------------------------------------------------------------------- */

static int
wait_ms(const struct sl_deliver *d, const struct sl_permit *permit, int64_t now)
{
	int64_t ms = d->inflight > 0 ? POLL_MS : 1000;

	for (const struct sl_parcel *p = d->waiting; p; p = p->next)
		if ((p->not_before_us - now) / 1000 + 1 < ms)
			ms = (p->not_before_us - now) / 1000 + 1;
	if (permit->gate != SL_GATE_OPEN && permit->wait_us / 1000 + 1 < ms)
		ms = permit->wait_us / 1000 + 1;
	return ms < 0 ? 0 : (int)ms;
}

/* Nothing is in flight: sleep until the log has more, it is time to try again, or the run ends. */
static void
sleep_until_work(struct sl_deliver *d, int ms)
{
	struct sl_run_task *t = d->task;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (ms % 1000) * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&t->lock);
	if (!d->abort && !t->stop && !t->closing &&
	    (!sl_send_none(d) || (!d->no_more && d->next_no >= t->committed)))
		pthread_cond_timedwait(&t->changed, &t->lock, &ts);
	pthread_mutex_unlock(&t->lock);
}

static bool
all_sent(const struct sl_deliver *d)
{
	return d->inflight == 0 && sl_send_none(d) && !d->fill;
}

/* Wait for answers, for more to send, or for the time to send it. false: the driver failed, and what is
 * in flight will not be answered. */
static bool
wait_for_work(struct sl_deliver *d, const struct sl_permit *permit, int64_t now)
{
	const bool full = permit->gate == SL_GATE_OPEN && d->ready.first;
	const int ms = wait_ms(d, permit, now);
	struct sl_err err = { 0 };

	if (d->inflight == 0 && permit->gate == SL_GATE_ROOM) {
		sl_account_wait(&d->account);
		return true;
	}
	if (d->inflight == 0) {
		sleep_until_work(d, full && ms > FULL_MS ? FULL_MS : ms);
		return true;
	}
	if (d->dest.driver->poll(d->dest.ctx, ms, sl_deliver_answered, d, &err) == SL_OK)
		return true;
	d->stop = err;
	return false;
}

/* What the account allows. Before a run gives up, one event more is tried. */
static struct sl_permit
send_what_may_go(struct sl_deliver *d, int64_t now)
{
	const struct sl_permit permit = sl_send_all(d, now);

	if (permit.gate == SL_GATE_BREAKER && sl_policy_patience_over(&d->policy, now))
		sl_account_try_now(&d->account, now);
	return permit;
}

/* Block by block, so that no more of them are open than the destination takes. */
static struct sl_permit
take_and_send(struct sl_deliver *d, int64_t now)
{
	struct sl_permit permit;
	struct sl_err err;
	uint32_t before;

	do {
		before = d->next_no;
		if (take_blocks(d, &err) != SL_OK)
			d->stop = err;
		permit = send_what_may_go(d, now);
	} while (d->stop.code == SL_OK && !d->ready.first && d->next_no > before);
	return permit;
}

/* What delivery is at from now on; with the task's lock held. */
static void
show_stage(const struct sl_deliver *d, enum sl_gate gate)
{
	struct sl_stages *s = &d->task->stages;

	sl_stage_note(s, sl_mono_us());
	s->sending = d->inflight > 0;
	s->behind =
		d->ready.first || d->due.first || d->slow.first || d->next_no < d->task->committed;
	s->backs_off = d->waiting != NULL;
	s->gate = gate;
}

/* One turn of the loop. false: delivery is over. */
static bool
turn(struct sl_deliver *d)
{
	struct sl_run_task *t = d->task;
	struct sl_err err = { 0 };
	bool no_more, abort, end, late;
	struct sl_permit permit = { .gate = SL_GATE_OPEN };
	const int64_t now = sl_mono_us();

	pthread_mutex_lock(&t->lock);
	no_more = d->no_more;
	abort = d->abort || t->stop || t->closing || sl_run_stuck(t)->code != SL_OK;
	late = t->give_up_us > 0 && now >= t->give_up_us;
	pthread_mutex_unlock(&t->lock);
	if (d->stop.code == SL_OK && sl_writer_room(t->engine->writer, &err) != SL_OK)
		d->stop = err;
	abort = abort || d->stop.code != SL_OK;
	if (!abort) {
		permit = take_and_send(d, now);
	}
	flush_blocks(d, false);
	pthread_mutex_lock(&t->lock);
	end = no_more && d->next_no >= t->committed;
	show_stage(d, permit.gate);
	pthread_mutex_unlock(&t->lock);
	if (abort ? d->inflight == 0 || late : end && all_sent(d))
		return false;
	return wait_for_work(d, &permit, now);
}

static void
drop_parcels(struct sl_parcel *p)
{
	while (p) {
		struct sl_parcel *next = p->next;

		sl_parcel_free(p);
		p = next;
	}
}

static void *
deliver_main(void *arg)
{
	struct sl_deliver *d = arg;

	while (turn(d))
		;
	for (const struct sl_parcel *p = d->flying; p; p = p->next)
		sl_deliver_doubt(p, true);
	sl_crashpoint("last-answer");
	flush_blocks(d, true);
	sl_crashpoint("last-verdicts-queued");
	drop_parcels(d->ready.first);
	drop_parcels(d->due.first);
	drop_parcels(d->slow.first);
	drop_parcels(d->waiting);
	drop_parcels(d->fill);
	while (d->open) {
		struct sl_open_block *ob = d->open;

		d->open = ob->next;
		sl_open_block_free(ob);
	}
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static enum sl_code
open_destination(struct sl_deliver *d, struct sl_err *err)
{
	struct sl_engine *e = d->task->engine;
	struct sl_config *c = NULL;
	const struct sl_object_def *o;
	enum sl_code code = sl_engine_config(e, &c, err);

	if (code == SL_OK)
		code = sl_engine_object(c, SL_KIND_SYNC, d->task->rec.sync, &o, err);
	d->tags = sl_arena_new(4096, 0);
	d->scratch = sl_arena_new(4096, 0);
	if (code == SL_OK && (!d->tags || !d->scratch))
		code = sl_fail(err, SL_E_NOMEM, "send", "no memory to deliver");
	if (code == SL_OK)
		code = sl_mask_sync(&d->mask, e, c, d->task->rec.sync, d->tags, err);
	if (code == SL_OK)
		code = sl_dest_print(c, sl_object_get(o, "destination"), &e->hash,
				     &d->task->dest_print, err);
	if (code == SL_OK)
		code = sl_dest_connect(e, c, sl_object_get(o, "destination"), &d->dest, err);
	sl_config_free(c);
	return code;
}

static void
deliver_free(struct sl_deliver *d)
{
	sl_account_leave(&d->account);
	__atomic_fetch_sub(&d->task->engine->delivering, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&d->task->lock);
	d->task->dest = NULL;
	d->task->account = NULL;
	d->task->delivering = false;
	d->task->in_flight = d->task->retrying = 0;
	d->task->nlanes = 0;
	sl_stage_note(&d->task->stages, sl_mono_us());
	d->task->stages.sending = d->task->stages.behind = d->task->stages.backs_off = false;
	d->task->stages.gate = SL_GATE_OPEN;
	pthread_mutex_unlock(&d->task->lock);
	sl_dest_disconnect(&d->dest);
	drop_parcels(d->flying); /* they were given up: their events stay pending */
	sl_store_close(d->reader);
	sl_arena_free(d->tags);
	sl_arena_free(d->scratch);
	free(d);
}

enum sl_code
sl_deliver_start(struct sl_run_task *t, struct sl_deliver **out, struct sl_err *err)
{
	struct sl_deliver *d = calloc(1, sizeof(*d));
	struct sl_account *account = NULL;
	enum sl_code code;
	int rc;

	if (!d)
		return sl_fail(err, SL_E_NOMEM, "send", "no memory to deliver");
	d->task = t;
	__atomic_fetch_add(&t->engine->delivering, 1, __ATOMIC_RELAXED);
	d->open_tail = &d->open;
	if (!sl_random_bytes(&d->rng.s, sizeof(d->rng.s)) || d->rng.s == 0)
		d->rng.s = 0x9e3779b97f4a7c15u;
	code = open_destination(d, err);
	if (code == SL_OK)
		code = sl_engine_account(t->engine, d->dest.account, &account, err);
	if (code == SL_OK) {
		sl_account_join(account, &d->account, &d->dest.limits, sl_mono_us());
		sl_policy_init(&d->policy, sl_mono_us());
		pthread_mutex_lock(&t->lock);
		t->dest = &d->dest;
		t->account = account;
		t->delivering = true;
		pthread_mutex_unlock(&t->lock);
		rc = sl_thread_start(&d->thread, "deliver", deliver_main, d);
		if (rc != 0)
			code = sl_thread_fail(err, "send", "the delivery thread", rc);
	}
	if (code != SL_OK) {
		deliver_free(d);
		return code;
	}
	*out = d;
	return SL_OK;
}

static void
join(struct sl_deliver *d, bool abort)
{
	struct sl_run_task *t = d->task;

	pthread_mutex_lock(&t->lock);
	d->no_more = true;
	d->abort = abort;
	pthread_cond_broadcast(&t->changed);
	d->dest.driver->wakeup(d->dest.ctx);
	pthread_mutex_unlock(&t->lock);
	pthread_join(d->thread, NULL);
}

enum sl_code
sl_deliver_finish(struct sl_deliver *d, struct sl_err *err)
{
	struct sl_run_task *t = d->task;

	join(d, false);
	*err = d->stop;
	pthread_mutex_lock(&t->lock);
	if (sl_run_stuck(t)->code != SL_OK)
		*err = *sl_run_stuck(t);
	pthread_mutex_unlock(&t->lock);
	deliver_free(d);
	return err->code;
}

void
sl_deliver_abort(struct sl_deliver *d)
{
	if (!d)
		return;
	join(d, true);
	deliver_free(d);
}
