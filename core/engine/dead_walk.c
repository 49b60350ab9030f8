/* dead_walk.c - see dead_walk.h. */
#include "core/engine/dead_walk.h"

#include <string.h>

#define PAGE 500

struct walk {
	struct sl_store *store;
	const struct sl_dead_pick *pick;
	sl_dead_fn *each;
	void *arg;
	struct sl_arena *a;
};

static enum sl_code
walk_given(const struct walk *w, struct sl_err *err)
{
	const struct sl_dead_pick *p = w->pick;
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < p->n && code == SL_OK; i++) {
		struct sl_dead d;

		sl_arena_reset(w->a);
		code = sl_store_dead_get(w->store, p->ids[i], w->a, &d, err);
		if (code == SL_OK && strcmp(d.sync, p->sync) != 0)
			code = sl_fail(err, SL_E_CONFIG, p->what,
				       "dead letter %lld is of the sync %s, not %s",
				       (long long)d.id, d.sync, p->sync);
		if (code == SL_OK)
			code = w->each(w->arg, &d, err);
	}
	return code;
}

static enum sl_code
walk_open(const struct walk *w, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	int64_t before = 0;
	uint32_t n = PAGE;

	while (n == PAGE && code == SL_OK) {
		struct sl_dead *list;

		sl_arena_reset(w->a);
		code = sl_store_dead_list(w->store, w->pick->sync, true, before, PAGE, w->a, &list,
					  &n, err);
		for (uint32_t i = 0; i < n && code == SL_OK; i++) {
			before = list[i].id;
			code = w->each(w->arg, &list[i], err);
		}
	}
	return code;
}

enum sl_code
sl_dead_walk(struct sl_store *s, const struct sl_dead_pick *pick, sl_dead_fn *each, void *arg,
	     struct sl_err *err)
{
	struct walk w = { s, pick, each, arg, sl_arena_new(65536, 0) };
	enum sl_code code;

	if (!w.a)
		return sl_fail(err, SL_E_NOMEM, pick->what, "no memory for the dead letters");
	code = pick->ids ? walk_given(&w, err) : walk_open(&w, err);
	sl_arena_free(w.a);
	return code;
}
