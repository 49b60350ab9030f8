/* plan_read.c - where a plan's rows come from: one connection, or several that read a big table in parts,
 * all in one snapshot.
 *
 * The first connection is what a run needs; each further one is only a help, and a run goes on without
 * it. Once they read, all are needed: the first failure of any ends the others, and only when every part
 * was read to its end is the read complete. */
#include "core/engine/plan.h"

#include "core/base/crashpoint.h"

#include <stdio.h>

/* Now cancel() of the source can be called, from any thread. */
static void
publish(void *arg)
{
	struct sl_reader *r = arg;
	struct sl_run_task *t = r->plan->task;

	pthread_mutex_lock(&t->lock);
	t->sources[r - r->plan->readers] = &r->handle;
	if (t->stop || t->closing || sl_run_stuck(t)->code != SL_OK)
		r->handle.driver->cancel(r->handle.ctx);
	pthread_mutex_unlock(&t->lock);
}

static enum sl_code
connect_reader(struct sl_plan *p, const struct sl_config *c, unsigned i, struct sl_err *err)
{
	struct sl_reader *r = &p->readers[i];
	const struct sl_open_hook hook = { publish, r };

	r->plan = p;
	return sl_source_connect(p->task->engine, c, p->prep.sync.source, &r->handle, &hook, err);
}

static void
disconnect_reader(struct sl_plan *p, unsigned i)
{
	pthread_mutex_lock(&p->task->lock);
	p->task->sources[i] = NULL;
	pthread_mutex_unlock(&p->task->lock);
	sl_source_disconnect(&p->readers[i].handle);
}

enum sl_code
sl_readers_open(struct sl_plan *p, const struct sl_config *c, struct sl_err *err)
{
	p->split = (struct sl_split){ .readers = 1, .nparts = 1 };
	p->nreaders = 1;
	return connect_reader(p, c, 0, err);
}

/* The last reader, and whatever is behind it, is not to be had: go on with those before it. */
static enum sl_code
do_without(struct sl_plan *p, unsigned from, struct sl_err *err)
{
	for (unsigned i = from; i < SL_READERS; i++)
		disconnect_reader(p, i);
	p->nreaders = from;
	if (err->code == SL_E_NOMEM || sl_run_should_stop(p->task))
		return err->code;
	sl_run_log(p->task, SL_INFO, "source", "reads with %u connection%s, one more failed: %s",
		   from, from == 1 ? "" : "s", err->msg);
	return SL_OK;
}

enum sl_code
sl_readers_more(struct sl_plan *p, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_source_handle *h = &p->readers[0].handle;
	const struct sl_sync *s = &p->prep.sync;
	enum sl_code code;

	/* A cursor reads little; the events of an append come in the order of the table. */
	if (!h->driver->split || s->detect == SL_DETECT_CURSOR || s->mode == SL_MODE_APPEND)
		return SL_OK;
	code = h->driver->split(h->ctx, &p->prep.model, &p->split, err);
	while (code == SL_OK && p->nreaders < p->split.readers) {
		code = connect_reader(p, c, p->nreaders, err);
		if (code != SL_OK)
			return do_without(p, p->nreaders, err);
		p->nreaders++;
	}
	return code;
}

/* The snapshot of the first reader becomes that of all. */
static enum sl_code
join_readers(struct sl_plan *p, struct sl_err *err)
{
	const struct sl_source_handle *h = &p->readers[0].handle;
	struct sl_str token;
	enum sl_code code = h->driver->share(h->ctx, p->prep.arena, &token, err);

	if (code != SL_OK)
		return code;
	for (unsigned i = 1; i < p->nreaders; i++) {
		const struct sl_source_handle *other = &p->readers[i].handle;

		if (other->driver->join(other->ctx, token, err) != SL_OK)
			return do_without(p, i, err);
	}
	return SL_OK;
}

static enum sl_code
begin_part(struct sl_reader *r, const struct sl_part *part, struct sl_err *err)
{
	if (!r->arena && !(r->arena = sl_arena_new(16384, 0)))
		return sl_fail(err, SL_E_NOMEM, "plan", "no memory to read");
	return sl_prep_part(&r->plan->prep, &r->handle, r->arena, part, err);
}

enum sl_code
sl_readers_begin(struct sl_plan *p, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	if (p->nreaders > 1)
		code = join_readers(p, err);
	if (code == SL_OK) {
		p->prep.part = p->split.parts[0];
		code = sl_prep_scan(&p->prep, &p->readers[0].handle, 0, err);
	}
	p->parts_begun = 1;
	/* One may have to wait for a lock behind somebody who waits for the lock of the first. */
	while (code == SL_OK && p->parts_begun < p->nreaders) {
		const unsigned i = p->parts_begun;

		if (begin_part(&p->readers[i], &p->split.parts[i], err) != SL_OK)
			return do_without(p, i, err);
		p->parts_begun++;
	}
	if (code == SL_OK && p->nreaders > 1)
		sl_run_log(p->task, SL_INFO, "source", "reads with %u connections", p->nreaders);
	return code;
}

/* SL_DONE: the scan is at its end. */
static enum sl_code
read_scan(struct sl_reader *r, struct sl_err *err)
{
	struct sl_plan *p = r->plan;
	struct sl_batch *b;
	enum sl_code code = SL_OK;

	while (code == SL_OK) {
		if (sl_run_should_stop(p->task))
			return sl_fail(err, SL_E_CANCELLED, "plan", "cancelled");
		code = r->handle.driver->next(r->handle.ctx, &b, err);
		sl_crashpoint("batch-read");
		if (code == SL_OK)
			code = sl_plan_submit(p, b, err);
	}
	return code;
}

/* One part was read to its end; the part that is next, NULL: all were begun, or there is no need. */
static const struct sl_part *
next_part(struct sl_plan *p)
{
	const struct sl_part *part = NULL;

	pthread_mutex_lock(&p->lock);
	p->parts_read++;
	if (p->parts_begun < p->split.nparts && p->err.code == SL_OK)
		part = &p->split.parts[p->parts_begun++];
	pthread_mutex_unlock(&p->lock);
	return part;
}

/* Its first scan is open. */
static void
read_parts(struct sl_reader *r)
{
	struct sl_plan *p = r->plan;
	const struct sl_part *part;
	struct sl_err err = { 0 };

	while (read_scan(r, &err) == SL_DONE) {
		part = next_part(p);
		if (!part)
			return;
		if (begin_part(r, part, &err) != SL_OK)
			break;
	}
	sl_plan_fail(p, &err); /* what is on its way need not go on */
	pthread_mutex_lock(&p->task->lock);
	sl_run_cancel_reading(p->task);
	pthread_mutex_unlock(&p->task->lock);
}

static void *
reader_main(void *arg)
{
	struct sl_reader *r = arg;
	struct sl_run_task *t = r->plan->task;

	sl_run_at(t, &t->stages.reading, 1);
	read_parts(r);
	sl_run_at(t, &t->stages.reading, -1);
	return NULL;
}

enum sl_code
sl_readers_read(struct sl_plan *p, struct sl_err *err)
{
	unsigned started = 1;
	enum sl_code code;

	while (started < p->nreaders) {
		struct sl_reader *r = &p->readers[started];

		if (sl_thread_start(&r->thread, "reader", reader_main, r) != 0) {
			(void)sl_fail(err, SL_E_NOMEM, "plan", "cannot start a thread to read");
			sl_plan_fail(p, err);
			break;
		}
		started++;
	}
	read_parts(&p->readers[0]);
	for (unsigned i = 1; i < started; i++)
		(void)pthread_join(p->readers[i].thread, NULL);
	code = sl_plan_wait(p, err);
	if (code == SL_OK && p->parts_read != p->split.nparts)
		code = sl_fail(err, SL_E_BUG, "plan", "%u of %u parts were read", p->parts_read,
			       p->split.nparts);
	return code;
}

void
sl_readers_close(struct sl_plan *p)
{
	for (unsigned i = 0; i < SL_READERS; i++)
		disconnect_reader(p, i);
}

void
sl_readers_free(struct sl_plan *p)
{
	for (unsigned i = 0; i < SL_READERS; i++)
		sl_arena_free(p->readers[i].arena);
}
