/* plan_back.c - dead letters of rows that are again what the destination acknowledged: nothing is sent, and
 * nobody needs them any more. */
#include "core/engine/plan.h"

#include <stdio.h>
#include <stdlib.h>

static enum sl_code
note_back(struct sl_plan *p, struct sl_digest key, struct sl_err *err)
{
	struct sl_digest *more;

	pthread_mutex_lock(&p->lock);
	more = realloc(p->back, (p->nback + 1) * sizeof(*more));
	if (more) {
		p->back = more;
		p->back[p->nback++] = key;
	}
	pthread_mutex_unlock(&p->lock);
	return more ? SL_OK : sl_fail(err, SL_E_NOMEM, "plan", "no memory for dead letters");
}

enum sl_code
sl_plan_take_back(struct sl_plan *p, struct sl_change *changes, uint32_t *n, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	uint32_t left = 0;

	for (uint32_t i = 0; i < *n && code == SL_OK; i++) {
		if (changes[i].op != 0)
			changes[left++] = changes[i];
		else
			code = note_back(p, changes[i].key, err);
	}
	*n = left;
	return code;
}

struct resolve {
	const struct sl_plan *plan;
	const char *why;
};

static enum sl_code
resolve_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct resolve *w = arg;
	const struct sl_plan *p = w->plan;
	char why[96];

	(void)snprintf(why, sizeof(why), "%s, run %lld", w->why, (long long)p->task->rec.id);
	return sl_store_dead_replaced(s, p->task->rec.sync, p->back, p->nback, why, err);
}

static enum sl_code
resolve(struct sl_plan *p, const char *why, struct sl_err *err)
{
	struct resolve w = { p, why };
	enum sl_code code = SL_OK;

	if (p->nback > 0 && !p->task->dry) {
		sl_digest_sort(p->back, p->nback);
		code = sl_writer_call(p->task->engine->writer, resolve_write, &w, err);
	}
	p->nback = 0;
	return code;
}

enum sl_code
sl_plan_back(struct sl_plan *p, struct sl_err *err)
{
	return resolve(p, "the row went back to what was acknowledged", err);
}

enum sl_code
sl_plan_gone(struct sl_plan *p, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < p->past.ndead && code == SL_OK; i++) {
		const struct sl_digest key = p->past.dead[i].key;
		const struct sl_snap *u = sl_snap_find(p->past.unsure, p->past.nunsure, key);
		struct sl_found old;

		if (sl_index_find(p->past.snap, &key, NULL, 1, &old, err) != SL_OK)
			return err->code;
		const bool has = old.at != SL_NOWHERE;

		if ((has && sl_snap_is_there(&old.entry)) ||
		    (u && u->seen > (has ? old.entry.version : 0)) || sl_diff_showed(p->diff, key))
			continue;
		code = note_back(p, key, err);
	}
	return code == SL_OK ? resolve(p, "the row is gone, and was never there", err) : code;
}
