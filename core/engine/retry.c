#include "core/engine/retry.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/engine/dead_walk.h"
#include "core/engine/past.h"
#include "core/engine/run_list.h"
#include "core/engine/run_start.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK_EVENTS 1000

struct sl_retry {
	int64_t *ids; /* ascending; owned */
	size_t n, room;
};

void
sl_retry_free(struct sl_retry *r)
{
	if (!r)
		return;
	free(r->ids);
	free(r);
}

static bool
add_id(struct sl_retry *r, int64_t id)
{
	if (r->n == r->room) {
		const size_t room = r->room ? r->room * 2 : 64;
		int64_t *ids = realloc(r->ids, room * sizeof(*ids));

		if (!ids)
			return false;
		r->ids = ids;
		r->room = room;
	}
	r->ids[r->n++] = id;
	return true;
}

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "retry", "no memory for the dead letters");
}

/* ---- into the log (on the run's thread) -------------------------------------------------------------- */

/* One block and the dead letters that it holds. */
struct batch {
	struct sl_run_task *task;
	struct sl_block block; /* arrays of the arena */
	const int64_t *ids;
	struct sl_buf body, keys;
	struct sl_run rec; /* with the counters after this block */
};

static void
count_op(struct sl_run *r, uint8_t op)
{
	r->adds += op == SL_OP_ADD;
	r->updates += op == SL_OP_UPDATE;
	r->removes += op == SL_OP_REMOVE;
}

static enum sl_code
fill(struct batch *b, struct sl_store *s, struct sl_arena *a, size_t n, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	b->block.events = SL_NEW(a, struct sl_event, n);
	b->block.verdicts = SL_NEW(a, uint8_t, n);
	if (!b->block.events || !b->block.verdicts)
		return no_memory(err);
	for (size_t i = 0; i < n && code == SL_OK; i++) {
		struct sl_event *ev = &b->block.events[i];
		struct sl_dead d;

		code = sl_store_dead_get(s, b->ids[i], a, &d, err);
		if (code != SL_OK)
			break;
		*ev = d.event;
		ev->off = (uint32_t)b->body.len;
		ev->len = (uint32_t)d.body.len;
		ev->koff = (uint32_t)b->keys.len;
		ev->klen = (uint32_t)d.key_text.len;
		sl_buf_put_str(&b->body, d.body);
		sl_buf_put_str(&b->keys, d.key_text);
		count_op(&b->rec, ev->op);
		b->block.n++;
	}
	if (code == SL_OK && (b->body.failed || b->keys.failed))
		code = no_memory(err);
	b->block.body = b->body.ptr;
	b->block.body_len = b->body.len;
	b->block.keys = b->keys.ptr;
	b->block.keys_len = b->keys.len;
	return code;
}

static enum sl_code
write_batch(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct batch *b = arg;
	char text[64];
	enum sl_code code = sl_store_run_save(s, &b->rec, err);

	(void)snprintf(text, sizeof(text), SL_DEAD_AGAIN, (long long)b->rec.id);
	if (code == SL_OK)
		code = sl_store_block_put(s, b->rec.sync, &b->block, err);
	for (uint32_t i = 0; i < b->block.n && code == SL_OK; i++)
		code = sl_store_dead_resolve(s, b->ids[i], text, err);
	sl_crashpoint("retry-block-before");
	return code;
}

static enum sl_code
log_batch(struct sl_run_task *t, struct sl_store *s, const int64_t *ids, size_t n,
	  struct sl_err *err)
{
	struct sl_arena *a = sl_arena_new(65536, 0);
	struct batch b = { .task = t, .ids = ids };
	enum sl_code code;

	if (!a)
		return no_memory(err);
	sl_buf_init(&b.body, 0);
	sl_buf_init(&b.keys, 0);
	pthread_mutex_lock(&t->lock);
	b.rec = t->rec;
	pthread_mutex_unlock(&t->lock);
	b.block.run_id = b.rec.id;
	b.block.no = b.rec.blocks++;
	code = fill(&b, s, a, n, err);
	if (code == SL_OK)
		code = sl_writer_call(t->engine->writer, write_batch, &b, err);
	sl_crashpoint("retry-block-after");
	if (code == SL_OK) {
		pthread_mutex_lock(&t->lock);
		t->rec.blocks = b.rec.blocks;
		t->rec.adds = b.rec.adds;
		t->rec.updates = b.rec.updates;
		t->rec.removes = b.rec.removes;
		pthread_mutex_unlock(&t->lock);
	}
	sl_buf_free(&b.body);
	sl_buf_free(&b.keys);
	sl_arena_free(a);
	return code;
}

enum sl_code
sl_retry_log(struct sl_run_task *t, struct sl_err *err)
{
	const struct sl_retry *r = t->retry;
	struct sl_store *s = NULL;
	enum sl_code code = sl_engine_reader(t->engine, &s, err);

	for (size_t at = 0; at < r->n && code == SL_OK; at += BLOCK_EVENTS) {
		if (sl_run_should_stop(t)) {
			code = sl_fail(err, SL_E_CANCELLED, "retry", "cancelled");
			break;
		}
		code = log_batch(t, s, r->ids + at,
				 r->n - at < BLOCK_EVENTS ? r->n - at : BLOCK_EVENTS, err);
	}
	sl_store_close(s);
	pthread_mutex_lock(&t->lock);
	t->rec.planned_us = sl_wall_us();
	pthread_mutex_unlock(&t->lock);
	sl_run_log(t, SL_INFO, "plan", "%zu dead letters are sent again", r->n);
	return code;
}

/* ---- which ones (on a request's thread) -------------------------------------------------------------- */

struct retry_args {
	const char *sync;
	const int64_t *ids; /* NULL = all that are open */
	size_t n;
};

struct choice {
	struct sl_job *job;
	const struct retry_args *args;
	struct sl_past past;
	struct sl_run_task *after; /* a paused run that comes first; owned until the start */
	struct sl_retry *send;
	struct sl_retry changed; /* their row was acknowledged in another form since */
	uint64_t unsendable;     /* never rendered: there are no bytes to send */
};

static enum sl_code
choose(void *arg, const struct sl_dead *d, struct sl_err *err)
{
	struct choice *c = arg;
	struct sl_found snap;
	bool ok = true;

	if (d->resolution.len > 0)
		return SL_OK;
	if (sl_index_find(c->past.snap, &d->event.key, NULL, 1, &snap, err) != SL_OK)
		return err->code;
	if (snap.at != SL_NOWHERE && snap.entry.version > d->event.version)
		ok = add_id(&c->changed, d->id);
	else if (d->body.len == 0)
		c->unsendable++;
	else
		ok = add_id(c->send, d->id);
	return ok ? SL_OK : no_memory(err);
}

static int
by_id(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* In the order in which they were given up on, each once. */
static void
put_in_order(struct sl_retry *r)
{
	size_t n = 0;

	if (r->n == 0)
		return;
	qsort(r->ids, r->n, sizeof(*r->ids), by_id);
	for (size_t i = 0; i < r->n; i++)
		if (n == 0 || r->ids[n - 1] != r->ids[i])
			r->ids[n++] = r->ids[i];
	r->n = n;
}

static enum sl_code
resolve_changed(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct sl_retry *r = arg;
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < r->n && code == SL_OK; i++)
		code = sl_store_dead_resolve(s, r->ids[i], "row changed since", err);
	return code;
}

static enum sl_code
choose_ids(struct choice *c, struct sl_err *err)
{
	struct sl_engine *e = c->job->engine;
	const struct sl_dead_pick pick = {
		.what = "retry", .sync = c->args->sync, .ids = c->args->ids, .n = c->args->n
	};
	struct sl_config *config = NULL;
	struct sl_prep prep = { 0 };
	enum sl_code code = sl_engine_config(e, &config, err);

	if (code == SL_OK)
		code = sl_prep_load(&prep, config, c->args->sync, err);
	/* Resolves them all where the sync now has another destination or key. */
	if (code == SL_OK)
		code = sl_past_load(&c->past, e, &prep, SL_PAST_BEGIN, err);
	if (code == SL_OK)
		code = sl_dead_walk(c->past.reader, &pick, choose, c, err);
	if (code == SL_OK) {
		put_in_order(c->send);
		put_in_order(&c->changed);
		sl_crashpoint("retry-chosen");
		if (c->changed.n > 0)
			code = sl_writer_call(e->writer, resolve_changed, &c->changed, err);
	}
	sl_prep_free(&prep);
	sl_config_free(config);
	return code;
}

/* ---- the request ----------------------------------------------------------------------------------- */

static enum sl_code
start(struct choice *c, int64_t *run, struct sl_err *err)
{
	struct sl_engine *e = c->job->engine;
	struct sl_run rec = { .started_us = sl_wall_us(),
			      .kind = "retry",
			      .epoch = c->past.epoch,
			      .planned_all = true };
	struct sl_run_task *t;

	sl_copy(rec.sync, sizeof(rec.sync), c->args->sync);
	sl_copy(rec.by, sizeof(rec.by), e->who);
	(void)snprintf(rec.details, sizeof(rec.details), "%zu dead letters again", c->send->n);
	t = sl_run_task_new(e, &rec, 0);
	if (!t)
		return no_memory(err);
	t->after = c->after;
	c->after = NULL;
	t->retry = c->send;
	c->send = NULL;
	return sl_run_start(t, run, err);
}

static enum sl_code
answer(const struct choice *c, int64_t run, int64_t events, struct sl_err *err)
{
	struct sl_table *t = sl_table_new("run:int events:int changed:int unsendable:int");
	enum sl_code code;

	if (t) {
		sl_table_row(t);
		if (run)
			sl_cell_int(t, run);
		else
			sl_cell_null(t);
		sl_cell_int(t, events);
		sl_cell_int(t, (int64_t)c->changed.n);
		sl_cell_int(t, (int64_t)c->unsendable);
	}
	code = sl_job_done(c->job, t, err);
	if (code != SL_OK || events > 0 || c->unsendable == 0)
		return code;
	(void)sl_fail(err, SL_E_DATA, "retry",
		      "none of these %llu events could ever be made, so there is nothing to send",
		      (unsigned long long)c->unsendable);
	return sl_err_hint(err, "mend the mapping or the rows: the next run plans them again");
}

static enum sl_code
audit_retry(const struct choice *c, int64_t run, int64_t events, struct sl_err *err)
{
	char detail[80];

	(void)snprintf(detail, sizeof(detail), "%lld dead letters in run %lld", (long long)events,
		       (long long)run);
	return sl_engine_audit(c->job->engine, "retry", c->args->sync, detail, err);
}

static enum sl_code
retry_job(struct sl_job *j, struct sl_err *err)
{
	struct choice c = { .job = j, .args = j->args };
	int64_t run = 0, events = 0;
	enum sl_code code = sl_engine_may_write(j->engine, err);

	if (code != SL_OK)
		return code;
	c.send = calloc(1, sizeof(*c.send));
	code = c.send ? sl_run_clear_way(j, c.args->sync, &c.after, err) : no_memory(err);
	if (code == SL_OK)
		code = choose_ids(&c, err);
	if (code == SL_OK) {
		events = (int64_t)c.send->n;
		if (events > 0)
			code = start(&c, &run, err);
	}
	if (code == SL_OK && run > 0)
		code = audit_retry(&c, run, events, err);
	if (code == SL_OK)
		code = answer(&c, run, events, err);
	sl_run_task_free(c.after);
	sl_retry_free(c.send);
	free(c.changed.ids);
	sl_past_free(&c.past);
	return code;
}

sl_ticket
sl_retry(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n)
{
	struct sl_job *j = sl_job_new(e, retry_job, sizeof(struct retry_args));
	struct retry_args *a;

	if (!j)
		return 0;
	a = j->args;
	a->sync = sl_job_str(j, sync ? sync : "");
	a->n = n;
	a->ids = sl_job_ids(j, ids, &a->n);
	j->order = true;
	return sl_job_submit(j);
}
