/* plan_removes.c - rows that the destination has and the source has no more, as the last part of a plan. */
#include "core/engine/plan.h"

#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH   1000  /* removes of a block */
#define PORTION 50000 /* removes whose keys are looked up together: about 5 MB */

/* The plan is bound to its confirmation: by these keys and versions, in this order. */
static void
add_to_plan(struct sl_plan *p, const struct sl_block *b)
{
	for (uint32_t i = 0; b && i < b->n; i++) {
		struct {
			struct sl_digest before, key;
			uint64_t version;
		} part = { p->removes, b->events[i].key, b->events[i].version };

		p->removes = sl_digest(&p->task->engine->hash, &part, sizeof(part));
	}
}

/* Into the plan, a block at a time. */
static enum sl_code
render_removes(struct sl_plan *p, const struct sl_gone *gone, const struct sl_str *texts, size_t n,
	       struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t at = 0; at < n && code == SL_OK; at += BATCH) {
		const size_t some = n - at < BATCH ? n - at : BATCH;
		struct sl_made made = { 0 };

		code = sl_made_removes(&p->maker, gone + at, texts + at, some, &made, err);
		add_to_plan(p, made.block);
		pthread_mutex_lock(&p->lock);
		if (code == SL_OK)
			code = sl_plan_pass_on(p, &made, err);
		pthread_mutex_unlock(&p->lock);
		sl_made_free(&made);
	}
	return code;
}

/* What one look at the state gives the keys of. */
struct portion {
	struct sl_gone gone[PORTION];
	struct sl_digest keys[PORTION];
	struct sl_str texts[PORTION];
	size_t n;
};

/* How many there are, but for those that were given up on before. */
static enum sl_code
count_removes(struct sl_plan *p, struct portion *some, size_t *n, struct sl_err *err)
{
	struct sl_removes r = { 0 };
	enum sl_code code;

	*n = 0;
	do {
		code = sl_diff_removes(p->diff, &r, some->gone, PORTION, &some->n, err);
		*n += some->n;
	} while (code == SL_OK && some->n > 0);
	pthread_mutex_lock(&p->task->lock);
	p->task->rec.still_dead += r.still_dead;
	pthread_mutex_unlock(&p->task->lock);
	return code;
}

static enum sl_code
plan_portion(struct sl_plan *p, struct portion *some, struct sl_err *err)
{
	struct sl_arena *a = sl_arena_new(65536, 0);
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < some->n; i++)
		some->keys[i] = some->gone[i].key;
	if (!a)
		code = sl_fail(err, SL_E_NOMEM, "plan", "no memory for %zu removes", some->n);
	if (code == SL_OK)
		code = sl_store_keys(p->past.reader, p->task->rec.sync, some->keys, some->n, a,
				     some->texts, err);
	if (code == SL_OK)
		code = render_removes(p, some->gone, some->texts, some->n, err);
	sl_arena_free(a);
	return code;
}

static enum sl_code
plan_removes(struct sl_plan *p, struct portion *some, struct sl_err *err)
{
	struct sl_removes r = { 0 };
	enum sl_code code;

	do {
		code = sl_diff_removes(p->diff, &r, some->gone, PORTION, &some->n, err);
		if (code == SL_OK && sl_run_should_stop(p->task))
			code = sl_fail(err, SL_E_CANCELLED, "plan", "cancelled");
		if (code == SL_OK && some->n > 0)
			code = plan_portion(p, some, err);
	} while (code == SL_OK && some->n > 0);
	return code;
}

/* May these removes go without a person's word? The hold is set before the first remove is in the log:
 * delivery must never see one without. */
static void
guard_removes(struct sl_plan *p, size_t n)
{
	struct sl_run_task *t = p->task;
	size_t limit = 0;
	const bool few =
		sl_guard_removes(n, sl_index_live(p->past.snap), p->prep.sync.max_removes, &limit);

	pthread_mutex_lock(&t->lock);
	t->guarded = !few || t->rec.rows_read == 0;
	t->remove_limit = limit;
	pthread_mutex_unlock(&t->lock);
}

static enum sl_code
guarded_removes(struct sl_plan *p, struct portion *some, struct sl_err *err)
{
	struct sl_run_task *t = p->task;
	size_t n = 0;
	enum sl_code code = p->past.baseline ? count_removes(p, some, &n, err) : SL_OK;

	if (code == SL_OK)
		code = sl_plan_gone(p, err);
	if (code != SL_OK || n == 0)
		return code;
	guard_removes(p, n);
	sl_crashpoint("removes-guarded");
	p->removes = sl_digest(&t->engine->hash, t->rec.sync, strlen(t->rec.sync));
	code = plan_removes(p, some, err);
	pthread_mutex_lock(&t->lock);
	(void)snprintf(t->rec.plan, sizeof(t->rec.plan), "%08x", (uint32_t)(p->removes.hi >> 32));
	pthread_mutex_unlock(&t->lock);
	return code;
}

/* Rows that the destination has and the source has no more. Only after a complete read, and only where one
 * has settled before: after a first run, a new epoch or a repair of the state a whole run goes by first. */
enum sl_code
sl_plan_removes(struct sl_plan *p, struct sl_err *err)
{
	struct portion *some = malloc(sizeof(*some));
	enum sl_code code = some ? guarded_removes(p, some, err)
				 : sl_fail(err, SL_E_NOMEM, "plan", "no memory for removes");

	free(some);
	return code;
}
