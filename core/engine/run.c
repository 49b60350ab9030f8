/* run.c - the life of a run: NEW -> PLANNING -> (HELD) -> DELIVERING -> SETTLED, or FAILED, PAUSED,
 * CANCELLED. run_state.c is the only place that changes the state. */
#include "core/engine/run.h"
#include "core/engine/past.h"
#include "core/engine/retry.h"
#include "core/engine/run_list.h"
#include "core/engine/run_state.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/base/limit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
sl_run_should_stop(struct sl_run_task *t)
{
	bool stop;

	pthread_mutex_lock(&t->lock);
	stop = t->stop || t->closing || sl_run_stuck(t)->code != SL_OK;
	pthread_mutex_unlock(&t->lock);
	return stop;
}

void
sl_run_notify(struct sl_run_task *t)
{
	sl_mailbox_post_run(t->engine->mail, t->rec.id);
}

struct sl_line
sl_run_line(struct sl_run_task *t, enum sl_level level, const char *part)
{
	struct sl_line l = { .at_us = sl_wall_us(),
			     .run_id = t->rec.id,
			     .level = level,
			     .block_no = -1,
			     .idx = -1 };

	(void)snprintf(l.sync, sizeof(l.sync), "%s", t->rec.sync);
	(void)snprintf(l.part, sizeof(l.part), "%s", part);
	return l;
}

void
sl_run_log(struct sl_run_task *t, enum sl_level level, const char *part, const char *fmt, ...)
{
	struct sl_line l;
	va_list ap;

	if (t->dry)
		return;
	l = sl_run_line(t, level, part);
	va_start(ap, fmt);
	(void)vsnprintf(l.text, sizeof(l.text), fmt, ap);
	va_end(ap);
	sl_writer_log(t->engine->writer, &l);
}

/* ---- blocks between the halves ------------------------------------------------------------------- */

static void
wake_delivery(struct sl_run_task *t)
{
	pthread_cond_broadcast(&t->changed);
	if (t->dest)
		t->dest->driver->wakeup(t->dest->ctx);
}

void
sl_run_block_ready(struct sl_run_task *t, struct sl_block *b)
{
	uint64_t stillborn = 0;

	for (uint32_t i = 0; i < b->n; i++)
		stillborn += b->verdicts[i] == SL_V_DEAD;
	pthread_mutex_lock(&t->lock);
	t->rec.dead += stillborn;
	if (t->delivering && !t->hand[b->no % SL_HAND] &&
	    t->hand_bytes < sl_run_share(t, SL_HAND_BYTES)) {
		t->hand_bytes += b->body_len;
		t->hand[b->no % SL_HAND] = b;
		b = NULL;
	}
	t->committed++;
	wake_delivery(t);
	pthread_mutex_unlock(&t->lock);
	sl_block_free(b);
}

/* The first error counts. */
static void
get_stuck(struct sl_run_task *t, struct sl_err *where, const struct sl_err *err)
{
	pthread_mutex_lock(&t->lock);
	if (where->code == SL_OK)
		*where = *err;
	sl_run_cancel_reading(t);
	wake_delivery(t);
	pthread_mutex_unlock(&t->lock);
}

void
sl_run_write_failed(struct sl_run_task *t, const struct sl_err *err)
{
	get_stuck(t, &t->write_error, err);
}

void
sl_run_no_room(struct sl_run_task *t, const struct sl_err *err)
{
	get_stuck(t, &t->no_room, err);
}

enum sl_code
sl_run_may_write(struct sl_run_task *t, struct sl_err *err)
{
	enum sl_code code;

	pthread_mutex_lock(&t->lock);
	code = t->write_error.code;
	if (code != SL_OK)
		*err = t->write_error;
	pthread_mutex_unlock(&t->lock);
	return code;
}

struct sl_block *
sl_run_take(struct sl_run_task *t, uint32_t no)
{
	struct sl_block *b;

	struct sl_block *old = NULL;

	pthread_mutex_lock(&t->lock);
	b = t->hand[no % SL_HAND];
	if (b && b->no <= no) {
		t->hand[no % SL_HAND] = NULL;
		t->hand_bytes -= b->body_len;
	} else {
		b = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	/* One of before was read back from the log while it was on its way here. */
	if (b && b->no < no) {
		old = b;
		b = NULL;
	}
	sl_block_free(old);
	return b;
}

static void
drop_hand(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < SL_HAND; i++) {
		sl_block_free(t->hand[i]);
		t->hand[i] = NULL;
	}
	t->hand_bytes = 0;
	pthread_mutex_unlock(&t->lock);
}

/* ---- the course of a run ----------------------------------------------------------------------------- */

static void
wait_commits(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	while (t->committed < t->rec.blocks && sl_run_stuck(t)->code == SL_OK)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void
hold_text(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->rec.removes_held && t->rec.rows_read == 0)
		(void)snprintf(t->rec.error, sizeof(t->rec.error),
			       "the source is empty: %llu removes (of %llu rows) wait for "
			       "confirmation",
			       (unsigned long long)t->rec.removes, (unsigned long long)t->rec.live);
	else if (t->rec.removes_held)
		(void)snprintf(t->rec.error, sizeof(t->rec.error),
			       "%llu of %llu rows (%u %%) to remove, limit %zu: the removes "
			       "wait for confirmation",
			       (unsigned long long)t->rec.removes, (unsigned long long)t->rec.live,
			       (unsigned)(t->rec.live ? t->rec.removes * 100 / t->rec.live : 100),
			       t->remove_limit);
	else
		t->rec.error[0] = '\0';
	pthread_mutex_unlock(&t->lock);
}

/* What it waited for does not matter any more; why it was stopped may. */
static void
note_stop(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	sl_copy(t->rec.error, sizeof(t->rec.error), t->stop_why ? t->stop_why : "");
	pthread_mutex_unlock(&t->lock);
}

/* How a run that was interrupted, or whose delivery stopped, ends or waits. */
static void
interrupted(struct sl_run_task *t, struct sl_err *err)
{
	bool stop, closing, planned;

	pthread_mutex_lock(&t->lock);
	stop = t->stop;
	closing = t->closing;
	planned = t->rec.planned_all || t->resumed;
	/* What was sent and not answered may have arrived: as after a crash, see finish_half_plan(). */
	if (((closing && t->rec.blocks > 0) || sl_is_full(err)) && !planned && !t->dry &&
	    !(t->flags & SL_RUN_HOLD)) {
		t->rec.removes_held = true;
		planned = true;
	}
	pthread_mutex_unlock(&t->lock);
	if (stop || (closing && !planned)) {
		note_stop(t);
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
	} else if (!planned) {
		sl_run_error(t, err);
		sl_run_end(t, SL_RUN_FAILED, SL_V_CANCELLED);
	} else {
		if (closing)
			(void)sl_fail(err, SL_E_CANCELLED, "",
				      "the program was closed; the rest is in the log");
		sl_run_error(t, err);
		sl_run_end(t, SL_RUN_PAUSED, SL_V_PENDING);
	}
}

/* Wait for a person. true: go on; false: it is over, or stays held since the program closes. */
static bool
hold(struct sl_run_task *t)
{
	struct sl_err err = { 0 };
	bool go, stop;

	hold_text(t);
	if (sl_run_move(t, SL_RUN_HELD, &err) != SL_OK) {
		interrupted(t, &err);
		return false;
	}
	sl_crashpoint("held");
	sl_run_list_tell(t);
	pthread_mutex_lock(&t->lock);
	while (!t->released && !t->stop && !t->closing)
		pthread_cond_wait(&t->changed, &t->lock);
	stop = t->stop;
	go = t->released && !stop;
	t->released = false;
	pthread_mutex_unlock(&t->lock);
	sl_crashpoint("hold-over");
	if (stop) {
		note_stop(t);
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
	}
	return go;
}

/* Deliver what is in the log. true: every event has its verdict, or is a held remove. */
static bool
deliver(struct sl_run_task *t, struct sl_deliver *d, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	if (!d)
		code = sl_deliver_start(t, &d, err);
	if (code == SL_OK)
		code = sl_deliver_finish(d, err);
	sl_crashpoint("delivered");
	drop_hand(t);
	if (code == SL_OK && sl_run_should_stop(t))
		code = sl_fail(err, SL_E_CANCELLED, "", "stopped");
	if (code != SL_OK)
		interrupted(t, err);
	return code == SL_OK;
}

/* Deliver, hold for the removes where the guard says so, deliver those, settle. */
static void
deliver_and_settle(struct sl_run_task *t, struct sl_deliver *d)
{
	struct sl_err err = { 0 };
	bool held, left_out;

	if (sl_run_move(t, SL_RUN_DELIVERING, &err) != SL_OK) {
		sl_deliver_abort(d);
		interrupted(t, &err);
		return;
	}
	if (!deliver(t, d, &err))
		return;
	pthread_mutex_lock(&t->lock);
	held = t->rec.removes_held && !t->without_removes;
	pthread_mutex_unlock(&t->lock);
	if (held) {
		if (!hold(t))
			return;
		pthread_mutex_lock(&t->lock);
		t->rec.removes_held = !t->deliver_removes;
		t->rec.error[0] = '\0';
		held = t->rec.removes_held;
		pthread_mutex_unlock(&t->lock);
		if (!held) {
			if (sl_run_move(t, SL_RUN_DELIVERING, &err) != SL_OK) {
				interrupted(t, &err);
				return;
			}
			if (!deliver(t, NULL, &err))
				return;
		}
	}
	pthread_mutex_lock(&t->lock);
	left_out = t->rec.removes_held;
	pthread_mutex_unlock(&t->lock);
	/* But for removes that a person left out nothing can be pending here: that would be an error. */
	sl_run_end(t, SL_RUN_SETTLED, left_out ? SL_V_CANCELLED : SL_V_PENDING);
}

/* The whole plan waits for a person's look before a byte is sent. */
static bool
review(struct sl_run_task *t)
{
	if (!hold(t))
		return false;
	pthread_mutex_lock(&t->lock);
	/* Few removes go with the rest, many only when they were confirmed; else they are left out. */
	t->rec.removes_held = t->rec.removes_held && !t->deliver_removes;
	t->without_removes = t->rec.removes_held;
	t->rec.error[0] = '\0';
	pthread_mutex_unlock(&t->lock);
	return true;
}

static void
plan_complete(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	t->rec.planned_all = true;
	t->rec.removes_held = t->guarded;
	t->guarded = false;
	t->rec.planned_us = sl_wall_us();
	pthread_mutex_unlock(&t->lock);
	sl_run_log(t, SL_INFO, "plan",
		   "%llu rows read: %llu adds, %llu updates, %llu removes, %llu the same, %llu "
		   "skipped, "
		   "%llu given up on before and unchanged",
		   (unsigned long long)t->rec.rows_read, (unsigned long long)t->rec.adds,
		   (unsigned long long)t->rec.updates, (unsigned long long)t->rec.removes,
		   (unsigned long long)t->rec.same, (unsigned long long)t->rec.skipped,
		   (unsigned long long)t->rec.still_dead);
}

static void
course(struct sl_run_task *t)
{
	const bool pipelined = !t->dry && !(t->flags & SL_RUN_HOLD);
	struct sl_deliver *d = NULL;
	struct sl_err err = { 0 };
	enum sl_code code = sl_run_move(t, SL_RUN_PLANNING, &err);

	if (code == SL_OK && pipelined)
		code = sl_deliver_start(t, &d, &err);
	if (code == SL_OK)
		code = sl_plan(t, &err);
	wait_commits(t);
	sl_crashpoint("plan-committed");
	pthread_mutex_lock(&t->lock);
	if (sl_run_stuck(t)->code != SL_OK) {
		err = *sl_run_stuck(t);
		code = err.code;
	}
	pthread_mutex_unlock(&t->lock);
	if (code != SL_OK) {
		sl_deliver_abort(d);
		drop_hand(t);
		interrupted(t, &err);
		return;
	}
	plan_complete(t);
	sl_crashpoint("plan-complete");
	if (t->dry)
		sl_run_end(t, SL_RUN_SETTLED, SL_V_PENDING);
	else if (pipelined || review(t))
		deliver_and_settle(t, d);
}

/* A crash or a closing cut the plan short, and what is in the log may have been sent. It is sent again, since a row
 * that the state does not know to be there would stay when it goes from the source. */
static void
finish_half_plan(struct sl_run_task *t)
{
	struct sl_err err = { 0 };

	sl_crashpoint("half-plan-resume");
	if (sl_run_move(t, SL_RUN_DELIVERING, &err) != SL_OK)
		interrupted(t, &err);
	else if (deliver(t, NULL, &err))
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
}

/* A run of before that was interrupted, paused or held: only the log is needed. */
static void
resume(struct sl_run_task *t)
{
	struct sl_err err = { 0 };
	bool same = false;

	sl_crashpoint("resume-begin");
	/* The disk was full before its first block: it paused for want of room, and has nothing to send. */
	if (t->resumed && !t->rec.planned_all && t->rec.blocks == 0) {
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
		return;
	}
	if (sl_run_should_stop(t) || sl_past_is_of(t->engine, &t->rec, &same, &err) != SL_OK) {
		interrupted(t, &err);
		return;
	}
	if (!same) {
		(void)sl_fail(
			&err, SL_E_CONFIG, t->rec.sync,
			"the destination or the key of the sync was changed: what was not sent "
			"is planned anew by the next run");
		sl_run_error(t, &err);
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->committed = t->rec.blocks;
	t->rec.error[0] = '\0';
	if (t->released && t->rec.removes_held) {
		t->rec.removes_held = !t->deliver_removes;
		t->without_removes = t->rec.removes_held;
	}
	t->released = false;
	pthread_mutex_unlock(&t->lock);
	sl_crashpoint("resume-deliver");
	if (t->rec.planned_all)
		deliver_and_settle(t, NULL);
	else
		finish_half_plan(t);
}

/* Between the request and now another one may have gone on with the run, and ended it. */
static bool
still_waits(struct sl_run_task *t)
{
	struct sl_store *s;
	struct sl_run rec;
	struct sl_err err = { 0 };
	enum sl_code code = sl_engine_reader(t->engine, &s, &err);

	if (code == SL_OK) {
		code = sl_store_run_get(s, t->rec.id, &rec, &err);
		sl_store_close(s);
	}
	if (code != SL_OK) {
		sl_run_error(t, &err);
		return false;
	}
	pthread_mutex_lock(&t->lock);
	sl_run_take_end(t, &rec);
	pthread_mutex_unlock(&t->lock);
	return rec.state == SL_RUN_PAUSED || rec.state == SL_RUN_HELD;
}

/* Dead letters go into the log as they were; then it goes on as after an interruption. */
static void
again(struct sl_run_task *t)
{
	struct sl_err err = { 0 };
	enum sl_code code = sl_run_move(t, SL_RUN_PLANNING, &err);

	if (code == SL_OK)
		code = sl_retry_log(t, &err);
	sl_crashpoint("retry-logged");
	if (code == SL_OK)
		resume(t);
	else
		interrupted(t, &err);
}

enum sl_code
sl_run_held(int64_t run, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_HELD, "run", "run %lld of this sync waits for confirmation",
		      (long long)run);
	return sl_err_hint(err,
			   "look at its plan, then release it (sluice release %lld) or drop it "
			   "(sluice stop %lld)",
			   (long long)run, (long long)run);
}

/* Wait until the run before this one is over. false: this one is not to be, and has ended. */
static bool
wait_turn(struct sl_run_task *t)
{
	struct sl_run_task *before = t->after;
	struct sl_err err = { 0 };
	enum sl_run_state state;
	bool asked;

	if (!before)
		return true;
	pthread_mutex_lock(&t->lock);
	while (t->waits && !t->stop && !t->closing)
		pthread_cond_wait(&t->changed, &t->lock);
	asked = t->stop || t->closing;
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_lock(&before->lock);
	state = before->rec.state;
	err = before->error;
	pthread_mutex_unlock(&before->lock);
	if (asked) {
		sl_run_end(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
		return false;
	}
	if (state == SL_RUN_SETTLED || state == SL_RUN_CANCELLED)
		return true;
	if (state == SL_RUN_HELD) {
		(void)sl_run_held(before->rec.id, &err);
	} else if (err.code == SL_OK) {
		(void)sl_fail(&err, SL_E_CANCELLED, "run",
			      "run %lld before this one did not come to its end",
			      (long long)before->rec.id);
	}
	sl_run_error(t, &err);
	sl_run_end(t, SL_RUN_FAILED, SL_V_CANCELLED);
	return false;
}

static void
run_is_over(struct sl_run_task *t)
{
	struct sl_engine *e = t->engine;

	pthread_mutex_lock(&t->lock);
	t->open = false;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	sl_run_list_tell(t);
	pthread_mutex_lock(&e->lock);
	pthread_cond_broadcast(&e->idle);
	pthread_mutex_unlock(&e->lock);
	sl_run_notify(t);
}

static void *
run_main(void *arg)
{
	struct sl_run_task *t = arg;

	if (wait_turn(t)) {
		if (!t->resumed && !t->retry)
			course(t);
		else if (t->retry)
			again(t);
		else if (still_waits(t))
			resume(t);
	}
	run_is_over(t);
	return NULL;
}

enum sl_code
sl_run_launch(struct sl_run_task *t, struct sl_err *err)
{
	int failed;

	/* Whoever joins the thread takes the lock first. */
	pthread_mutex_lock(&t->lock);
	failed = sl_thread_start(&t->thread, "run", run_main, t);
	t->launched = failed == 0;
	pthread_mutex_unlock(&t->lock);
	if (!failed)
		return SL_OK;
	(void)sl_thread_fail(err, "run", "the thread of the run", failed);
	sl_run_error(t, err);
	if (!t->resumed)
		sl_run_end(t, SL_RUN_FAILED, SL_V_CANCELLED);
	run_is_over(t);
	return err->code;
}
