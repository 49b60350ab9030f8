/* run.c - the life of a run: NEW -> PLANNING -> (HELD) -> DELIVERING -> SETTLED, or FAILED, PAUSED,
 * CANCELLED. move_to() is the only place that changes the state. */
#include "core/engine/run.h"
#include "core/engine/retry.h"
#include "core/engine/run_list.h"

#include "core/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
sl_run_should_stop(struct sl_run_task *t)
{
	bool stop;

	pthread_mutex_lock(&t->lock);
	stop = t->stop || t->closing || t->write_error.code != SL_OK;
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
	if (t->delivering && !t->hand[b->no % SL_HAND]) {
		t->hand[b->no % SL_HAND] = b;
		b = NULL;
	}
	t->committed++;
	wake_delivery(t);
	pthread_mutex_unlock(&t->lock);
	sl_block_free(b);
}

void
sl_run_write_failed(struct sl_run_task *t, const struct sl_err *err)
{
	pthread_mutex_lock(&t->lock);
	if (t->write_error.code == SL_OK)
		t->write_error = *err;
	if (t->source)
		t->source->driver->cancel(t->source->ctx);
	wake_delivery(t);
	pthread_mutex_unlock(&t->lock);
}

struct sl_block *
sl_run_take(struct sl_run_task *t, uint32_t no)
{
	struct sl_block *b;

	pthread_mutex_lock(&t->lock);
	b = t->hand[no % SL_HAND];
	if (b && b->no == no)
		t->hand[no % SL_HAND] = NULL;
	else
		b = NULL;
	pthread_mutex_unlock(&t->lock);
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
	pthread_mutex_unlock(&t->lock);
}

/* ---- the record ------------------------------------------------------------------------------------ */

static enum sl_code
save_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_run_task *t = arg;
	struct sl_run rec;

	pthread_mutex_lock(&t->lock);
	rec = t->rec;
	pthread_mutex_unlock(&t->lock);
	return sl_store_run_save(s, &rec, err);
}

static enum sl_code
new_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	return sl_store_run_new(s, arg, err);
}

/* The one place where a run that goes on changes its state. */
static enum sl_code
move_to(struct sl_run_task *t, enum sl_run_state state, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	pthread_mutex_lock(&t->lock);
	t->rec.state = state;
	pthread_mutex_unlock(&t->lock);
	if (!t->dry) {
		code = sl_writer_call(t->engine->writer, save_write, t, err);
		sl_run_log(t, SL_INFO, "run", "%s", sl_run_state_name(state));
	}
	sl_run_notify(t);
	return code;
}

struct sl_end {
	struct sl_run rec;
	enum sl_run_state state;
	enum sl_verdict rest;
	int64_t keep_us;
};

static enum sl_code
end_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_end *e = arg;
	struct sl_run rec = e->rec; /* may run twice: only the last result counts */
	enum sl_code code = sl_store_run_end(s, &rec, e->state, e->rest, e->keep_us, err);

	if (code == SL_OK)
		e->rec = rec;
	return code;
}

static int64_t
keep_us(struct sl_run_task *t)
{
	int64_t keep = 7LL * 86400 * 1000000;
	struct sl_config *c = NULL;
	const struct sl_object_def *o;
	struct sl_sync sync;
	struct sl_err err;

	if (sl_engine_config(t->engine, &c, &err) != SL_OK)
		return keep;
	if (sl_engine_object(c, SL_KIND_SYNC, t->rec.sync, &o, &err) == SL_OK &&
	    sl_sync_read(o, c->arena, &sync, &err) == SL_OK)
		keep = sync.keep_events_ms * 1000;
	sl_config_free(c);
	return keep;
}

static void
end_dry(struct sl_run_task *t, enum sl_run_state state)
{
	pthread_mutex_lock(&t->lock);
	t->rec.state = state;
	t->rec.ended_us = sl_wall_us();
	t->rec.planned_all = state == SL_RUN_SETTLED;
	pthread_mutex_unlock(&t->lock);
}

/* The last state of a run: recount, check, fold, in one transaction. */
static void
end_run(struct sl_run_task *t, enum sl_run_state state, enum sl_verdict rest)
{
	struct sl_end e = { .state = state, .rest = rest, .keep_us = keep_us(t) };
	struct sl_err err;

	if (t->dry) {
		end_dry(t, state);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->rec.ended_us = sl_wall_us();
	t->rec.removes_held = false;
	e.rec = t->rec;
	pthread_mutex_unlock(&t->lock);
	if (sl_writer_call(t->engine->writer, end_write, &e, &err) != SL_OK) {
		sl_run_log(t, SL_ERROR, "state", "the end of the run could not be recorded: %s",
			   err.msg);
		pthread_mutex_lock(&t->lock);
		t->rec.state = SL_RUN_FAILED;
		if (!t->rec.error[0])
			sl_copy(t->rec.error, sizeof(t->rec.error), err.msg);
		pthread_mutex_unlock(&t->lock);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->rec = e.rec;
	pthread_mutex_unlock(&t->lock);
	sl_run_log(t, state == SL_RUN_FAILED ? SL_ERROR : SL_INFO, "run",
		   "%s: %llu acknowledged, %llu given up on, %llu cancelled",
		   sl_run_state_name(state), (unsigned long long)e.rec.acked,
		   (unsigned long long)e.rec.dead, (unsigned long long)e.rec.cancelled);
}

static void
set_error(struct sl_run_task *t, const struct sl_err *err)
{
	char text[512];

	(void)sl_err_text(err, text, sizeof(text));
	pthread_mutex_lock(&t->lock);
	sl_copy(t->rec.error, sizeof(t->rec.error), text);
	t->error = *err;
	pthread_mutex_unlock(&t->lock);
	sl_run_log(t, SL_ERROR, "run", "%s", text);
}

/* ---- the course of a run ----------------------------------------------------------------------------- */

static void
wait_commits(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	while (t->committed < t->rec.blocks && t->write_error.code == SL_OK)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

/* Wait for a person. true: go on; false: stop or close. */
static bool
wait_release(struct sl_run_task *t)
{
	bool go;

	pthread_mutex_lock(&t->lock);
	while (!t->released && !t->stop && !t->closing)
		pthread_cond_wait(&t->changed, &t->lock);
	go = t->released && !t->stop;
	t->released = false;
	pthread_mutex_unlock(&t->lock);
	return go;
}

static void
hold_text(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->rec.removes_held && t->rec.rows_read == 0)
		(void)snprintf(t->rec.error, sizeof(t->rec.error),
			       "the source is empty: %llu removes wait for confirmation",
			       (unsigned long long)t->rec.removes);
	else if (t->rec.removes_held)
		(void)snprintf(
			t->rec.error, sizeof(t->rec.error),
			"%llu removes are more than the limit of %zu: they wait for confirmation",
			(unsigned long long)t->rec.removes, t->remove_limit);
	else
		t->rec.error[0] = '\0';
	pthread_mutex_unlock(&t->lock);
}

/* How a run that was interrupted, or whose delivery stopped, ends or waits. */
static void
interrupted(struct sl_run_task *t, struct sl_err *err)
{
	struct sl_err ignored;
	bool stop, closing, planned;

	pthread_mutex_lock(&t->lock);
	stop = t->stop;
	closing = t->closing;
	planned = t->rec.planned_all;
	pthread_mutex_unlock(&t->lock);
	if (stop || (closing && !planned)) {
		end_run(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
	} else if (!planned) {
		set_error(t, err);
		end_run(t, SL_RUN_FAILED, SL_V_CANCELLED);
	} else {
		if (closing)
			(void)sl_fail(err, SL_E_CANCELLED, "",
				      "the program was closed; the rest is in the log");
		set_error(t, err);
		(void)move_to(t, SL_RUN_PAUSED, &ignored);
	}
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
	bool held, send_removes;

	if (move_to(t, SL_RUN_DELIVERING, &err) != SL_OK) {
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
		hold_text(t);
		if (move_to(t, SL_RUN_HELD, &err) != SL_OK || !wait_release(t)) {
			if (t->stop)
				end_run(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
			return; /* closing: it stays held */
		}
		pthread_mutex_lock(&t->lock);
		send_removes = t->deliver_removes;
		t->rec.removes_held = !send_removes;
		t->rec.error[0] = '\0';
		pthread_mutex_unlock(&t->lock);
		if (send_removes &&
		    (move_to(t, SL_RUN_DELIVERING, &err) != SL_OK || !deliver(t, NULL, &err)))
			return;
	}
	end_run(t, SL_RUN_SETTLED, SL_V_CANCELLED);
}

/* The whole plan waits for a person's look before a byte is sent. */
static bool
review(struct sl_run_task *t)
{
	struct sl_err err;

	hold_text(t);
	if (move_to(t, SL_RUN_HELD, &err) != SL_OK)
		return false;
	if (!wait_release(t)) {
		if (t->stop)
			end_run(t, SL_RUN_CANCELLED, SL_V_CANCELLED);
		return false;
	}
	pthread_mutex_lock(&t->lock);
	/* Released as a whole: removes go with it when they were confirmed, else they are left out. */
	t->rec.removes_held = t->rec.removes > 0 && !t->deliver_removes;
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
	enum sl_code code = move_to(t, SL_RUN_PLANNING, &err);

	if (code == SL_OK && pipelined)
		code = sl_deliver_start(t, &d, &err);
	if (code == SL_OK)
		code = sl_plan(t, &err);
	wait_commits(t);
	pthread_mutex_lock(&t->lock);
	if (t->write_error.code != SL_OK) {
		err = t->write_error;
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
	if (t->dry)
		end_run(t, SL_RUN_SETTLED, SL_V_PENDING);
	else if (pipelined || review(t))
		deliver_and_settle(t, d);
}

/* A run of before that was interrupted, paused or held: only the log is needed. */
static void
resume(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	t->committed = t->rec.blocks;
	t->rec.error[0] = '\0';
	if (t->released && t->rec.removes > 0) {
		t->rec.removes_held = !t->deliver_removes;
		t->without_removes = t->rec.removes_held;
	}
	t->released = false;
	pthread_mutex_unlock(&t->lock);
	deliver_and_settle(t, NULL);
}

/* Dead letters go into the log as they were; then it goes on as after an interruption. */
static void
again(struct sl_run_task *t)
{
	struct sl_err err = { 0 };
	enum sl_code code = move_to(t, SL_RUN_PLANNING, &err);

	if (code == SL_OK)
		code = sl_retry_log(t, &err);
	if (code == SL_OK)
		resume(t);
	else
		interrupted(t, &err);
}

static void *
run_main(void *arg)
{
	struct sl_run_task *t = arg;
	struct sl_engine *e = t->engine;
	struct sl_err err = { 0 };

	if (t->after && !sl_run_wait_settled(t->after, &err)) {
		set_error(t, &err);
		end_run(t, SL_RUN_FAILED, SL_V_CANCELLED);
	} else if (t->resumed) {
		resume(t);
	} else if (t->retry) {
		again(t);
	} else {
		course(t);
	}
	pthread_mutex_lock(&t->lock);
	t->open = false;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_lock(&e->lock);
	pthread_cond_broadcast(&e->idle);
	pthread_mutex_unlock(&e->lock);
	sl_run_notify(t);
	return NULL;
}

enum sl_code
sl_run_record(struct sl_run_task *t, struct sl_err *err)
{
	return sl_writer_call(t->engine->writer, new_write, &t->rec, err);
}

enum sl_code
sl_run_launch(struct sl_run_task *t, struct sl_err *err)
{
	t->open = true;
	if (sl_thread_start(&t->thread, "run", run_main, t) != 0) {
		t->open = false;
		return sl_fail(err, SL_E_NOMEM, "run", "cannot start a thread for the run");
	}
	t->launched = true;
	return SL_OK;
}
