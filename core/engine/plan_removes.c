/* plan_removes.c - rows that the destination has and the source has no more, as the last part of a plan. */
#include "core/engine/plan.h"

#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH 1000 /* removes of a block */

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

static enum sl_code
render_removes(struct sl_plan *p, const struct sl_digest *keys, const struct sl_str *texts,
	       size_t n, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t at = 0; at < n && code == SL_OK; at += BATCH) {
		const size_t some = n - at < BATCH ? n - at : BATCH;
		const struct sl_gone gone = { keys + at, texts + at, some, &p->spec };
		struct sl_made made = { 0 };

		code = sl_made_removes(&p->maker, &gone, &made, err);
		add_to_plan(p, made.block);
		pthread_mutex_lock(&p->lock);
		if (code == SL_OK)
			code = sl_plan_pass_on(p, &made, err);
		pthread_mutex_unlock(&p->lock);
		sl_made_free(&made);
	}
	return code;
}

/* Was the remove of this key given up on before? */
static bool
remove_is_dead(const struct sl_plan *p, struct sl_digest key)
{
	const struct sl_snap *snap = sl_snap_find(p->past.snap, p->past.nsnap, key);
	const struct sl_digest none = { 0, 0 };

	return sl_diff_is_dead(&p->spec, key, none,
			       sl_next_version(&p->spec, key, none, snap ? snap->version : 0));
}

/* The keys to remove, sorted: rows that were acknowledged and are gone, and those that were sent without an
 * answer and are gone. Removes that were given up on before are left out. *out is malloc'ed. */
static enum sl_code
keys_to_remove(struct sl_plan *p, struct sl_digest **out, size_t *n, struct sl_err *err)
{
	uint32_t *gone = NULL, *orphans = NULL;
	size_t ngone = 0, norphans = 0;
	enum sl_code code = sl_diff_removes(p->diff, &gone, &ngone, err);

	*n = 0;
	if (code == SL_OK)
		code = sl_diff_orphans(p->diff, &orphans, &norphans, err);
	*out = code == SL_OK ? malloc((ngone + norphans + 1) * sizeof(**out)) : NULL;
	if (code == SL_OK && !*out)
		code = sl_fail(err, SL_E_NOMEM, "plan", "no memory for %zu removes",
			       ngone + norphans);
	for (size_t i = 0; code == SL_OK && i < ngone + norphans; i++) {
		const struct sl_digest key = i < ngone ? p->past.snap[gone[i]].key
						       : p->past.unsure[orphans[i - ngone]].key;

		if (!remove_is_dead(p, key))
			(*out)[(*n)++] = key;
	}
	free(gone);
	free(orphans);
	if (code != SL_OK)
		return code;
	pthread_mutex_lock(&p->task->lock);
	p->task->rec.still_dead += ngone + norphans - *n;
	pthread_mutex_unlock(&p->task->lock);
	sl_digest_sort(*out, *n);
	return SL_OK;
}

/* May these removes go without a person's word? The hold is set before the first remove is in the log:
 * delivery must never see one without. */
static void
guard_removes(struct sl_plan *p, size_t n)
{
	struct sl_run_task *t = p->task;
	size_t limit = 0;
	const bool few = sl_guard_removes(n, p->past.live, p->prep.sync.max_removes, &limit);

	pthread_mutex_lock(&t->lock);
	t->guarded = !few || t->rec.rows_read == 0;
	t->remove_limit = limit;
	pthread_mutex_unlock(&t->lock);
}

/* Rows that the destination has and the source has no more. Only after a complete read, and only where one
 * has settled before: after a first run, a new epoch or a repair of the state a whole run goes by first. */
enum sl_code
sl_plan_removes(struct sl_plan *p, struct sl_err *err)
{
	struct sl_run_task *t = p->task;
	struct sl_arena *a;
	struct sl_digest *keys = NULL;
	struct sl_str *texts = NULL;
	size_t n = 0;
	enum sl_code code = p->past.baseline ? keys_to_remove(p, &keys, &n, err) : SL_OK;

	if (code == SL_OK)
		code = sl_plan_gone(p, err);
	if (code != SL_OK || n == 0) {
		free(keys);
		return code;
	}
	a = sl_arena_new(65536, 0);
	if (a)
		texts = SL_NEW(a, struct sl_str, n);
	if (!texts)
		code = sl_fail(err, SL_E_NOMEM, "plan", "no memory for %zu removes", n);
	if (code == SL_OK)
		code = sl_store_keys(p->past.reader, t->rec.sync, keys, n, a, texts, err);
	guard_removes(p, n);
	sl_crashpoint("removes-guarded");
	p->removes = sl_digest(&t->engine->hash, t->rec.sync, strlen(t->rec.sync));
	if (code == SL_OK)
		code = render_removes(p, keys, texts, n, err);
	pthread_mutex_lock(&t->lock);
	(void)snprintf(t->rec.plan, sizeof(t->rec.plan), "%08x", (uint32_t)(p->removes.hi >> 32));
	pthread_mutex_unlock(&t->lock);
	sl_arena_free(a);
	free(keys);
	return code;
}
