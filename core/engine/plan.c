/* plan.c - the left half of a run: rows of the source become events in the log.
 *
 * Readers (plan_read.c) bring batches; the pool turns each into a block (diff, map, render, pack); blocks go
 * to the writer in the order of their batches, small ones joined. At most SL_PLAN_WINDOW batches are between
 * the readers and the log: that is the back-pressure. */
#include "core/engine/plan.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALL        500        /* events; smaller blocks wait for more */
#define SMALL_BYTES  (1u << 20) /* but not those with so many bytes */
#define SAMPLE       1000       /* changes that a dry run keeps */
#define SAMPLE_BYTES (2u << 20) /* and their bodies */
#define NOTIFY_US    100000

struct sl_plan_job {
	struct sl_plan *plan;
	struct sl_batch *batch;
	uint64_t seq;
	struct sl_made made;
	struct sl_diff_count count;
	enum sl_code code;
	struct sl_err err;
};

void
sl_plan_fail(struct sl_plan *p, const struct sl_err *err)
{
	pthread_mutex_lock(&p->lock);
	if (p->err.code == SL_OK)
		p->err = *err;
	pthread_cond_broadcast(&p->room);
	pthread_mutex_unlock(&p->lock);
}

/* ---- from a made block to the log -------------------------------------------------------------- */

struct sl_put {
	struct sl_run_task *task;
	struct sl_made made;
};

/* May a block be added? Not behind one that is not there. */
static enum sl_code
may_add(struct sl_run_task *t, struct sl_err *err)
{
	enum sl_code code;

	pthread_mutex_lock(&t->lock);
	*err = *sl_run_stuck(t);
	code = err->code;
	pthread_mutex_unlock(&t->lock);
	return code == SL_OK ? sl_writer_room(t->engine->writer, err) : code;
}

static enum sl_code
put_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct sl_put *w = arg;
	struct sl_run rec;
	enum sl_code code = may_add(w->task, err);

	pthread_mutex_lock(&w->task->lock);
	rec = w->task->rec;
	pthread_mutex_unlock(&w->task->lock);
	if (code == SL_OK)
		code = sl_store_run_save(s, &rec, err);
	if (code == SL_OK)
		code = sl_made_write(s, &w->made, rec.sync, rec.id, err);
	sl_crashpoint("block-commit-before");
	return code;
}

static void
put_done(void *arg, enum sl_code code, const struct sl_err *err)
{
	struct sl_put *w = arg;
	struct sl_run_task *t = w->task;

	sl_crashpoint("block-commit-after");
	if (code == SL_OK) {
		sl_run_block_ready(t, w->made.block);
		w->made.block = NULL;
	} else if (sl_is_full(err)) {
		sl_run_no_room(t, err);
	} else {
		sl_run_write_failed(t, err);
	}
	sl_made_free(&w->made);
	free(w);
}

static void
count_made(struct sl_plan *p, const struct sl_made *m)
{
	struct sl_run *r = &p->task->rec;

	pthread_mutex_lock(&p->task->lock);
	r->adds += m->adds;
	r->updates += m->updates;
	r->removes += m->removes;
	r->blocks = p->block_no;
	pthread_mutex_unlock(&p->task->lock);
}

/* It was counted, but does not come into the log. */
static void
uncount_made(struct sl_plan *p, const struct sl_made *m)
{
	struct sl_run *r = &p->task->rec;

	pthread_mutex_lock(&p->task->lock);
	r->adds -= m->adds;
	r->updates -= m->updates;
	r->removes -= m->removes;
	r->blocks = p->block_no;
	pthread_mutex_unlock(&p->task->lock);
}

/* Number the block and queue it for the log; takes what made holds. */
static enum sl_code
put_block(struct sl_plan *p, struct sl_made *made, struct sl_err *err)
{
	struct sl_run_task *t = p->task;
	struct sl_put *w;
	enum sl_code code;

	if (!made->packed && sl_made_pack(&p->maker, made, err) != SL_OK)
		return err->code;
	w = calloc(1, sizeof(*w));
	if (!w)
		return sl_fail(err, SL_E_NOMEM, "plan", "no memory for a block");
	made->block->no = p->block_no++;
	made->block->run_id = t->rec.id;
	/* Counted before it can be committed: wait_commits() compares the two. */
	count_made(p, made);
	*w = (struct sl_put){ t, *made };
	*made = (struct sl_made){ 0 };
	sl_run_at(t, &t->stages.storing, 1);
	code = sl_writer_push(t->engine->writer, put_write, put_done, w,
			      w->made.block->body_len + w->made.pack.body_len);
	sl_run_at(t, &t->stages.storing, -1);
	if (code == SL_OK)
		return SL_OK;
	p->block_no--;
	uncount_made(p, &w->made);
	sl_made_free(&w->made);
	free(w);
	return sl_writer_refused(code, err);
}

static enum sl_code
flush_partial(struct sl_plan *p, struct sl_err *err)
{
	if (!p->partial.block)
		return SL_OK;
	return put_block(p, &p->partial, err);
}

/* A dry run keeps the first changes and counts the rest. */
static void
keep_sample(struct sl_plan *p, struct sl_made *made)
{
	struct sl_run_task *t = p->task;

	count_made(p, made);
	pthread_mutex_lock(&t->lock);
	if (!t->sample_keys)
		t->sample_keys = calloc(SAMPLE, sizeof(*t->sample_keys));
	for (uint32_t i = 0; i < made->block->n && sl_table_rows(t->sample) < SAMPLE; i++) {
		p->sample_bytes += made->block->events[i].len;
		if (p->sample_bytes > SAMPLE_BYTES || !t->sample_keys)
			continue;
		t->sample_keys[sl_table_rows(t->sample)] = made->block->events[i].key;
		sl_made_sample(made, i, &p->maker, t->sample);
	}
	t->rec.dead += made->ndead;
	pthread_mutex_unlock(&t->lock);
	sl_made_free(made);
}

static bool
is_small(const struct sl_block *b)
{
	return b->n < SMALL && b->body_len < SMALL_BYTES;
}

/* Big ones go on as they are, small ones are joined. */
enum sl_code
sl_plan_pass_on(struct sl_plan *p, struct sl_made *made, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	if (!made->block || made->block->n == 0) {
		sl_made_free(made);
		return SL_OK;
	}
	if (p->task->dry) {
		keep_sample(p, made);
		return SL_OK;
	}
	if (!is_small(made->block)) {
		code = flush_partial(p, err);
		return code == SL_OK ? put_block(p, made, err) : code;
	}
	code = sl_made_join(&p->partial, made, err);
	if (code == SL_OK && !is_small(p->partial.block))
		code = flush_partial(p, err);
	return code;
}

static void
count_batch(struct sl_plan *p, const struct sl_plan_job *j)
{
	struct sl_run_task *t = p->task;
	const int64_t now = sl_mono_us();
	bool notify = now - p->notified_us > NOTIFY_US;

	pthread_mutex_lock(&t->lock);
	t->rec.rows_read += j->count.rows;
	t->rec.same += j->count.same;
	t->rec.still_dead += j->count.still_dead;
	t->rec.skipped += j->made.skipped;
	t->batches = (unsigned)(p->next_in - p->next_out);
	pthread_mutex_unlock(&t->lock);
	if (notify) {
		p->notified_us = now;
		sl_run_notify(t);
	}
}

/* Hand on every batch whose turn it is. */
static void
job_finished(struct sl_plan_job *j)
{
	struct sl_plan *p = j->plan;

	pthread_mutex_lock(&p->lock);
	p->done[j->seq % SL_PLAN_WINDOW] = j;
	while ((j = p->done[p->next_out % SL_PLAN_WINDOW]) && j->seq == p->next_out) {
		p->done[p->next_out % SL_PLAN_WINDOW] = NULL;
		if (p->err.code == SL_OK && j->code != SL_OK)
			p->err = j->err;
		if (p->err.code == SL_OK) {
			count_batch(p, j);
			if (sl_plan_pass_on(p, &j->made, &j->err) != SL_OK)
				p->err = j->err;
		}
		sl_made_free(&j->made);
		sl_batch_free(j->batch);
		free(j);
		p->next_out++;
	}
	pthread_cond_broadcast(&p->room);
	pthread_mutex_unlock(&p->lock);
}

static void
job_main(void *arg)
{
	struct sl_plan_job *j = arg;
	struct sl_plan *p = j->plan;
	struct sl_stages *at = &p->task->stages;
	struct sl_change *changes = NULL;
	uint32_t n = 0;

	sl_run_at(p->task, &at->diffing, 1);
	if (sl_run_should_stop(p->task)) {
		j->code = sl_fail(&j->err, SL_E_CANCELLED, "plan", "cancelled");
	} else {
		changes = calloc(j->batch->nrows, sizeof(*changes));
		j->code =
			changes ? sl_diff_batch(p->diff, j->batch, changes, &n, &j->count, &j->err)
				: sl_fail(&j->err, SL_E_NOMEM, "plan",
					  "no memory for the changes of a batch");
	}
	if (j->code == SL_OK)
		j->code = sl_plan_take_back(p, changes, &n, &j->err);
	sl_run_at(p->task, &at->diffing, -1);
	sl_run_at(p->task, &at->mapping, 1);
	if (j->code == SL_OK)
		j->code = sl_made_render(&p->maker, j->batch, changes, n, &j->made, &j->err);
	if (j->code == SL_OK && !p->task->dry && j->made.block && !is_small(j->made.block))
		j->code = sl_made_pack(&p->maker, &j->made, &j->err);
	free(changes);
	sl_run_at(p->task, &at->mapping, -1);
	job_finished(j);
}

enum sl_code
sl_plan_submit(struct sl_plan *p, struct sl_batch *b, struct sl_err *err)
{
	struct sl_plan_job *j = calloc(1, sizeof(*j));
	enum sl_code code;

	if (!j) {
		sl_batch_free(b);
		return sl_fail(err, SL_E_NOMEM, "plan", "no memory for a batch");
	}
	sl_run_at(p->task, &p->task->stages.no_room, 1);
	pthread_mutex_lock(&p->lock);
	while (p->next_in - p->next_out >= SL_PLAN_WINDOW && p->err.code == SL_OK)
		pthread_cond_wait(&p->room, &p->lock);
	*j = (struct sl_plan_job){ .plan = p, .batch = b, .seq = p->next_in };
	code = p->err.code;
	if (code == SL_OK)
		p->next_in++;
	else
		*err = p->err;
	pthread_mutex_unlock(&p->lock);
	sl_run_at(p->task, &p->task->stages.no_room, -1);
	if (code != SL_OK) {
		sl_batch_free(b);
		free(j);
		return code;
	}
	if (!sl_pool_submit(p->task->engine->pool, job_main, j)) {
		j->code = sl_fail(&j->err, SL_E_NOMEM, "plan", "no memory for a job");
		job_finished(j);
	}
	return SL_OK;
}

enum sl_code
sl_plan_wait(struct sl_plan *p, struct sl_err *err)
{
	enum sl_code code;

	sl_run_at(p->task, &p->task->stages.no_room, 1);
	pthread_mutex_lock(&p->lock);
	while (p->next_out < p->next_in)
		pthread_cond_wait(&p->room, &p->lock);
	code = p->err.code;
	if (code != SL_OK)
		*err = p->err;
	pthread_mutex_unlock(&p->lock);
	sl_run_at(p->task, &p->task->stages.no_room, -1);
	return code;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static void
estimate_rows(struct sl_plan *p, const struct sl_source_handle *h)
{
	struct sl_object *objects;
	struct sl_err ignored;
	uint32_t n;

	if (p->prep.model.table.len == 0 || p->prep.model.schema.len == 0)
		return;
	if (h->driver->list(h->ctx, p->prep.arena, p->prep.model.schema, &objects, &n, &ignored) !=
	    SL_OK)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (sl_str_eq(objects[i].name, p->prep.model.table)) {
			pthread_mutex_lock(&p->task->lock);
			p->task->rows_est = objects[i].rows_est;
			pthread_mutex_unlock(&p->task->lock);
		}
}

static enum sl_code
prepare(struct sl_plan *p, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_source_handle *h = &p->readers[0].handle;
	struct sl_run_task *t = p->task;
	const struct sl_str *key;
	enum sl_code code;

	code = sl_prep_describe(&p->prep, h, err);
	if (code == SL_OK)
		code = sl_prep_issue(&p->prep, err);
	if (code != SL_OK)
		return code;
	key = sl_prep_key(&p->prep);
	if (!key)
		return sl_fail(err, SL_E_NOMEM, "plan", "no memory for the key");
	estimate_rows(p, h);
	code = sl_readers_more(p, c, err);
	if (code != SL_OK)
		return code;
	/* A cancel that came while one of these ended its own transaction is forgotten with it. */
	if (sl_run_should_stop(t))
		return sl_fail(err, SL_E_CANCELLED, "plan", "cancelled");
	code = sl_cursor_snapshot(&p->cursor, &p->prep, h, err);
	sl_crashpoint("snapshot-opened");
	if (code == SL_OK)
		code = h->driver->check_key(h->ctx, &p->prep.model, key,
					    (uint32_t)p->prep.sync.nkey, err);
	if (code == SL_OK)
		code = sl_past_load(&p->past, t->engine, &p->prep,
				    t->dry ? SL_PAST_LOOK : SL_PAST_BEGIN, err);
	sl_crashpoint("past-loaded");
	if (code == SL_OK)
		code = sl_cursor_start(&p->cursor, t, &p->prep, &p->past, h, err);
	if (code == SL_OK)
		code = sl_readers_begin(p, err);
	sl_crashpoint("scan-opened");
	if (code != SL_OK)
		return code;
	pthread_mutex_lock(&t->lock);
	t->rec.epoch = p->past.epoch;
	t->rec.live = sl_index_live(p->past.snap);
	pthread_mutex_unlock(&t->lock);
	sl_prep_diff(&p->prep, &t->engine->hash, &p->spec);
	sl_past_spec(&p->past, &p->spec);
	p->spec.room = sl_engine_room(t->engine);
	p->spec.full = p->spec.full || (t->flags & SL_RUN_ALL);
	sl_maker_init(&p->maker, t->engine, &p->prep, p->past.epoch);
	code = sl_maker_limits(&p->maker, t->engine, c, err);
	return code == SL_OK ? sl_diff_new(&p->spec, &p->diff, err) : code;
}

static enum sl_code
plan_from(struct sl_plan *p, const struct sl_config *c, struct sl_err *err)
{
	struct sl_run_task *t = p->task;
	enum sl_code code;

	code = sl_prep_load(&p->prep, c, t->rec.sync, err);
	if (code == SL_OK)
		code = sl_dest_print(c, p->prep.sync.destination, &t->engine->hash, &p->prep.dest,
				     err);
	if (code != SL_OK)
		return code;
	sl_run_at(t, &t->stages.reading, 1);
	code = sl_readers_open(p, c, err);
	if (code == SL_OK)
		code = prepare(p, c, err);
	if (code == SL_OK)
		code = sl_readers_read(p, err);
	sl_run_at(t, &t->stages.reading, -1);
	sl_crashpoint("read-done");
	/* The transaction in the warehouse ends here, before delivery is done. */
	sl_readers_close(p);
	sl_crashpoint("source-closed");
	sl_run_at(t, &t->stages.diffing, 1);
	if (code == SL_OK)
		code = sl_diff_end(p->diff, err);
	if (code == SL_OK)
		code = sl_plan_back(p, err);
	if (code == SL_OK && p->prep.sync.mode == SL_MODE_MIRROR && p->past.reader)
		code = sl_plan_removes(p, err);
	sl_crashpoint("removes-planned");
	if (code == SL_OK)
		code = flush_partial(p, err);
	sl_crashpoint("cursor-keep-before");
	if (code == SL_OK)
		code = sl_cursor_keep(&p->cursor, t, err);
	sl_crashpoint("cursor-kept");
	sl_run_at(t, &t->stages.diffing, -1);
	return code;
}

enum sl_code
sl_plan(struct sl_run_task *t, struct sl_err *err)
{
	struct sl_plan p = { .task = t };
	struct sl_config *c = NULL;
	enum sl_code code;

	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.room, NULL);
	code = sl_engine_config(t->engine, &c, err);
	if (code == SL_OK)
		code = plan_from(&p, c, err);
	sl_made_free(&p.partial);
	sl_diff_free(p.diff);
	sl_maker_free(&p.maker);
	sl_readers_free(&p);
	sl_prep_free(&p.prep);
	sl_past_free(&p.past);
	free(p.back);
	sl_config_free(c);
	/* What rows were compared in goes back to the system: folding the log comes on top of it else. */
	(void)malloc_trim(0);
	pthread_cond_destroy(&p.room);
	pthread_mutex_destroy(&p.lock);
	return code;
}
