#include "core/engine/run_list.h"
#include "core/engine/retry.h"

#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEP_FINISHED 32 /* tasks whose numbers can still be asked for */

struct sl_run_task *
sl_run_task_new(struct sl_engine *e, const struct sl_run *rec, unsigned flags)
{
	struct sl_run_task *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return NULL;
	t->engine = e;
	t->rec = *rec;
	t->flags = flags;
	t->dry = (flags & SL_RUN_DRY) != 0;
	t->rows_est = -1;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	return t;
}

void
sl_run_task_free(struct sl_run_task *t)
{
	if (!t)
		return;
	if (t->launched)
		pthread_join(t->thread, NULL);
	for (unsigned i = 0; i < SL_HAND; i++)
		sl_block_free(t->hand[i]);
	sl_table_free(t->sample);
	free(t->sample_keys);
	sl_retry_free(t->retry);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static bool
is_open(struct sl_run_task *t)
{
	bool open;

	pthread_mutex_lock(&t->lock);
	open = t->open;
	pthread_mutex_unlock(&t->lock);
	return open;
}

/* A finished task that nobody waits for: with the engine's lock held. */
static bool
is_spare(const struct sl_engine *e, struct sl_run_task *t)
{
	if (is_open(t))
		return false;
	for (const struct sl_run_task *o = e->runs; o; o = o->next)
		if (o->after == t)
			return false;
	return true;
}

/* Take the oldest finished tasks off the list (it is newest first); the caller frees them unlocked. */
static struct sl_run_task *
trim_locked(struct sl_engine *e)
{
	struct sl_run_task *gone = NULL, **p = &e->runs, *t;
	unsigned n = 0;

	while ((t = *p)) {
		if (++n <= KEEP_FINISHED || !is_spare(e, t)) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		t->next = gone;
		gone = t;
	}
	return gone;
}

/* Is there an open run of the same sync? With the engine's lock held. */
static bool
is_busy(const struct sl_engine *e, const struct sl_run_task *t)
{
	for (struct sl_run_task *o = e->runs; o && !t->dry; o = o->next)
		if (!o->dry && strcmp(o->rec.sync, t->rec.sync) == 0 && is_open(o))
			return true;
	return false;
}

static void
push_locked(struct sl_engine *e, struct sl_run_task *t)
{
	t->open = true;
	t->next = e->runs;
	e->runs = t;
}

enum sl_code
sl_run_list_add(struct sl_run_task *t, struct sl_err *err)
{
	struct sl_engine *e = t->engine;
	struct sl_run_task *gone = NULL;
	enum sl_code code = SL_OK;

	pthread_mutex_lock(&e->lock);
	if (e->closing) {
		code = sl_fail(err, SL_E_CANCELLED, "", "the program is closing");
	} else if (is_busy(e, t)) {
		code = sl_fail(err, SL_E_LOCKED, t->rec.sync,
			       "another run of this sync is not finished yet");
	} else {
		t->waits = t->after != NULL;
		if (t->after)
			push_locked(e, t->after);
		push_locked(e, t);
		gone = trim_locked(e);
	}
	pthread_mutex_unlock(&e->lock);
	while (gone) {
		struct sl_run_task *next = gone->next;

		sl_run_task_free(gone);
		gone = next;
	}
	return code;
}

void
sl_run_list_drop(struct sl_run_task *t)
{
	pthread_mutex_lock(&t->lock);
	t->open = false;
	pthread_mutex_unlock(&t->lock);
}

static enum sl_code
new_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	sl_crashpoint("run-new-before");
	return sl_store_run_new(s, arg, err);
}

enum sl_code
sl_run_record(struct sl_run_task *t, struct sl_err *err)
{
	struct sl_engine *e = t->engine;
	struct sl_run rec = t->rec;
	enum sl_code code = sl_writer_room(e->writer, err);

	if (code == SL_OK)
		code = sl_writer_call(e->writer, new_write, &rec, err);
	if (code != SL_OK)
		return code;
	sl_crashpoint("run-new-after");
	pthread_mutex_lock(&e->lock);
	pthread_mutex_lock(&t->lock);
	t->rec.id = rec.id;
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_unlock(&e->lock);
	return SL_OK;
}

struct sl_run_task *
sl_run_list_lock(struct sl_engine *e, int64_t id)
{
	struct sl_run_task *t;

	pthread_mutex_lock(&e->lock);
	for (t = e->runs; t && t->rec.id != id; t = t->next)
		;
	if (t)
		pthread_mutex_lock(&t->lock);
	pthread_mutex_unlock(&e->lock);
	return t;
}

void
sl_run_list_tell(struct sl_run_task *t)
{
	struct sl_engine *e = t->engine;

	pthread_mutex_lock(&e->lock);
	for (struct sl_run_task *o = e->runs; o; o = o->next) {
		if (o->after != t)
			continue;
		pthread_mutex_lock(&o->lock);
		o->waits = false;
		pthread_cond_broadcast(&o->changed);
		pthread_mutex_unlock(&o->lock);
	}
	pthread_mutex_unlock(&e->lock);
}

int64_t
sl_run_list_busy(struct sl_engine *e, const char *sync)
{
	int64_t id = 0;

	pthread_mutex_lock(&e->lock);
	for (struct sl_run_task *t = e->runs; t && id == 0; t = t->next) {
		pthread_mutex_lock(&t->lock);
		if (t->open && !t->dry && strcmp(t->rec.sync, sync) == 0)
			id = t->rec.id;
		pthread_mutex_unlock(&t->lock);
	}
	pthread_mutex_unlock(&e->lock);
	return id;
}

void
sl_run_ask(struct sl_run_task *t, bool *why, int64_t give_up_us)
{
	*why = true;
	if (t->give_up_us == 0 || give_up_us < t->give_up_us)
		t->give_up_us = give_up_us;
	sl_run_cancel_reading(t);
	if (t->dest)
		t->dest->driver->wakeup(t->dest->ctx);
	pthread_cond_broadcast(&t->changed);
}

unsigned
sl_open_runs(struct sl_engine *e, int64_t *ids, unsigned cap)
{
	unsigned n = 0;

	pthread_mutex_lock(&e->lock);
	for (struct sl_run_task *t = e->runs; t; t = t->next) {
		if (!is_open(t))
			continue;
		if (n < cap)
			ids[n] = t->rec.id;
		n++;
	}
	pthread_mutex_unlock(&e->lock);
	return n;
}

/* ---- opening and closing the engine ---------------------------------------------------------------- */

static bool
is_half_planned(const struct sl_run *r)
{
	return r->state == SL_RUN_PLANNING && !r->planned_all;
}

/* Nothing leaves before its block is in the log, nor of a plan that waits for a look at the whole. */
static bool
may_have_sent(const struct sl_run *r)
{
	return r->blocks > 0 && !r->removes_held;
}

/* What becomes of a run whose process is gone: it says so, and is cancelled or paused. */
static void
note_interrupted(struct sl_run *r)
{
	const char *what = NULL;

	/* What a retry has put into the log stays there: its plan is whole from the start. */
	if (r->state == SL_RUN_NEW || (is_half_planned(r) && !may_have_sent(r))) {
		what = "planning; nothing was sent, the next run plans again";
		r->state = SL_RUN_CANCELLED;
		r->removes_held = false;
	} else if (is_half_planned(r)) {
		what = "planning; what may have been sent goes first, then the next run plans the "
		       "rest";
		r->state = SL_RUN_PAUSED;
		r->removes_held = true; /* of rows that half a plan has not found */
	} else if (r->state == SL_RUN_DELIVERING || r->state == SL_RUN_PLANNING) {
		what = "delivering; the rest is in the log, run the sync to go on";
		r->state = SL_RUN_PAUSED;
	}
	if (what)
		(void)snprintf(r->error, sizeof(r->error), "interrupted while %s", what);
}

void
sl_run_list_fresher(struct sl_engine *e, struct sl_run *r)
{
	struct sl_run_task *t;

	/* Who only looks sees it as the next one who works on it will. */
	if (e->read_only && !sl_store_in_use(e->state_dir))
		note_interrupted(r);
	pthread_mutex_lock(&e->lock);
	for (t = e->runs; t; t = t->next) {
		if (t->rec.id != r->id)
			continue;
		pthread_mutex_lock(&t->lock);
		*r = t->rec;
		pthread_mutex_unlock(&t->lock);
		break;
	}
	pthread_mutex_unlock(&e->lock);
}

static enum sl_code
recover_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct sl_run *was = arg;
	struct sl_run r = *was;

	sl_crashpoint("recover-run-before");
	note_interrupted(&r);
	if (r.state == was->state)
		return SL_OK;
	if (r.state == SL_RUN_CANCELLED)
		return sl_store_run_end(s, &r, SL_RUN_CANCELLED, SL_V_CANCELLED, INT64_MAX, err);
	/* A person may stop it before all is sent again. A retry that is still planned has sent nothing. */
	if ((was->state == SL_RUN_DELIVERING || is_half_planned(was)) &&
	    sl_store_run_doubt(s, r.id, UINT32_MAX, err) != SL_OK)
		return err->code;
	return sl_store_run_save(s, &r, err);
}

enum sl_code
sl_run_list_open(struct sl_store *s, struct sl_run **out, uint32_t *n, struct sl_err *err)
{
	uint32_t room = 16;
	enum sl_code code = SL_OK;

	*out = NULL;
	do {
		room *= 4;
		free(*out);
		*out = calloc(room, sizeof(**out));
		*n = 0;
		code = *out ? sl_store_open_runs(s, room, *out, n, err)
			    : sl_fail(err, SL_E_NOMEM, "state", "no memory for the open runs");
	} while (code == SL_OK && *n == room);
	if (code != SL_OK) {
		free(*out);
		*out = NULL;
		*n = 0;
	}
	return code;
}

struct sl_open_list {
	struct sl_run *runs;
	uint32_t n;
};

static enum sl_code
list_open(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_open_list *l = arg;

	free(l->runs);
	return sl_run_list_open(s, &l->runs, &l->n, err);
}

enum sl_code
sl_runs_recover(struct sl_engine *e, struct sl_err *err)
{
	struct sl_open_list l = { 0 };
	enum sl_code code = sl_writer_call(e->writer, list_open, &l, err);

	for (uint32_t i = 0; i < l.n && code == SL_OK; i++)
		if (!sl_run_list_busy(e, l.runs[i].sync))
			code = sl_writer_call(e->writer, recover_write, &l.runs[i], err);
	free(l.runs);
	return code;
}

enum sl_code
sl_runs_recover_lost(struct sl_engine *e, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	bool lost;

	pthread_mutex_lock(&e->lock);
	lost = e->end_lost;
	pthread_mutex_unlock(&e->lock);
	if (lost)
		code = sl_runs_recover(e, err);
	if (!lost || code != SL_OK)
		return code;
	pthread_mutex_lock(&e->lock);
	e->end_lost = false;
	pthread_mutex_unlock(&e->lock);
	return SL_OK;
}

void
sl_runs_ask_close(struct sl_engine *e, int64_t give_up_us)
{
	pthread_mutex_lock(&e->lock);
	for (struct sl_run_task *t = e->runs; t; t = t->next) {
		pthread_mutex_lock(&t->lock);
		sl_run_ask(t, &t->closing, give_up_us);
		pthread_mutex_unlock(&t->lock);
	}
	pthread_mutex_unlock(&e->lock);
}

void
sl_runs_join(struct sl_engine *e)
{
	struct sl_run_task *list, *t;

	/* The list stays in place until its last thread has ended: they look at it. */
	pthread_mutex_lock(&e->lock);
	list = e->runs;
	pthread_mutex_unlock(&e->lock);
	for (t = list; t; t = t->next)
		if (t->launched) {
			pthread_join(t->thread, NULL);
			t->launched = false;
		}
	e->runs = NULL;
	while (list) {
		t = list->next;
		sl_run_task_free(list);
		list = t;
	}
}
