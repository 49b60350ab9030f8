#include "core/engine/run_list.h"
#include "core/engine/retry.h"

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

enum sl_code
sl_run_list_add(struct sl_run_task *t, int64_t *busy, struct sl_err *err)
{
	struct sl_engine *e = t->engine;
	struct sl_run_task *gone;

	*busy = 0;
	pthread_mutex_lock(&e->lock);
	for (struct sl_run_task *o = e->runs; o && !t->dry; o = o->next)
		if (!o->dry && o != t->after && strcmp(o->rec.sync, t->rec.sync) == 0 && is_open(o))
			*busy = o->rec.id;
	if (*busy == 0) {
		t->next = e->runs;
		e->runs = t;
	}
	gone = trim_locked(e);
	pthread_mutex_unlock(&e->lock);
	while (gone) {
		struct sl_run_task *next = gone->next;

		sl_run_task_free(gone);
		gone = next;
	}
	if (*busy == 0)
		return SL_OK;
	return sl_fail(err, SL_E_LOCKED, t->rec.sync, "run %lld of this sync is not finished yet",
		       (long long)*busy);
}

struct sl_run_task *
sl_run_list_find(struct sl_engine *e, int64_t id)
{
	struct sl_run_task *t;

	pthread_mutex_lock(&e->lock);
	for (t = e->runs; t && t->rec.id != id; t = t->next)
		;
	pthread_mutex_unlock(&e->lock);
	return t;
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
sl_run_list_fresher(struct sl_engine *e, struct sl_run *r)
{
	struct sl_run_task *t;

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

bool
sl_run_wait_settled(struct sl_run_task *t, struct sl_err *err)
{
	bool settled;

	pthread_mutex_lock(&t->lock);
	while (t->open)
		pthread_cond_wait(&t->changed, &t->lock);
	settled = t->rec.state == SL_RUN_SETTLED || t->rec.state == SL_RUN_CANCELLED;
	if (!settled && t->error.code != SL_OK)
		*err = t->error;
	else if (!settled)
		(void)sl_fail(err, SL_E_CANCELLED, "",
			      "run %lld before this one did not come to its end",
			      (long long)t->rec.id);
	pthread_mutex_unlock(&t->lock);
	return settled;
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

static enum sl_code
recover_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_run *r = arg;

	/* What a retry has put into the log stays there: its plan is whole from the start. */
	if (r->state == SL_RUN_NEW || (r->state == SL_RUN_PLANNING && !r->planned_all)) {
		struct sl_run rec = *r;

		(void)snprintf(
			rec.error, sizeof(rec.error),
			"interrupted while planning; what was acknowledged counts, the rest is "
			"planned again by the next run");
		rec.removes_held = false;
		return sl_store_run_end(s, &rec, SL_RUN_CANCELLED, SL_V_CANCELLED, INT64_MAX, err);
	}
	if (r->state != SL_RUN_DELIVERING && r->state != SL_RUN_PLANNING)
		return SL_OK;
	r->state = SL_RUN_PAUSED;
	(void)snprintf(
		r->error, sizeof(r->error),
		"interrupted while delivering; the rest is in the log, run the sync to go on");
	return sl_store_run_save(s, r, err);
}

struct sl_open_list {
	struct sl_run runs[64];
	uint32_t n;
};

static enum sl_code
list_open(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_open_list *l = arg;

	return sl_store_open_runs(s, SL_COUNT(l->runs), l->runs, &l->n, err);
}

enum sl_code
sl_runs_recover(struct sl_engine *e, struct sl_err *err)
{
	struct sl_open_list *l = calloc(1, sizeof(*l));
	enum sl_code code;

	if (!l)
		return sl_fail(err, SL_E_NOMEM, "state", "no memory for the open runs");
	code = sl_writer_call(e->writer, list_open, l, err);
	for (uint32_t i = 0; i < l->n && code == SL_OK; i++)
		code = sl_writer_call(e->writer, recover_write, &l->runs[i], err);
	free(l);
	return code;
}

void
sl_runs_close(struct sl_engine *e)
{
	struct sl_run_task *list, *t;

	pthread_mutex_lock(&e->lock);
	list = e->runs;
	e->runs = NULL;
	pthread_mutex_unlock(&e->lock);
	for (t = list; t; t = t->next) {
		pthread_mutex_lock(&t->lock);
		t->closing = true;
		if (t->source)
			t->source->driver->cancel(t->source->ctx);
		if (t->dest)
			t->dest->driver->wakeup(t->dest->ctx);
		pthread_cond_broadcast(&t->changed);
		pthread_mutex_unlock(&t->lock);
	}
	/* Newest first: one that waits for an earlier run ends before that one is freed. */
	while (list) {
		t = list->next;
		sl_run_task_free(list);
		list = t;
	}
}
