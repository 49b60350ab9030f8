/* unsure.c - events that ended without an acknowledgement. The destination may have applied them all the
 * same: an answer that was lost, a run that was killed. */
#include "core/store/delta.h"
#include "core/store/merge.h"

#include <stdlib.h>

struct unsure {
	struct sl_snap *list;
	size_t n, cap;
};

static bool
add(struct unsure *u, const struct sl_snap *e)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 256;
		struct sl_snap *more = realloc(u->list, cap * sizeof *more);

		if (!more)
			return false;
		u->list = more;
		u->cap = cap;
	}
	u->list[u->n++] = *e;
	return true;
}

/* The newest of each key, and the newest that is in doubt; moves of one key come in the order of the log. */
static bool
take(struct unsure *u, const struct sl_delta *d)
{
	for (size_t i = 0; i < d->n;) {
		struct sl_snap e = { .key = sl_delta_key(d, i) };

		do {
			const struct sl_move m = sl_delta_move(d, i);
			const uint32_t mark = m.version + (m.version < UINT32_MAX);

			if (m.version >= e.version) {
				e.row = m.row;
				e.version = m.version;
			}
			if (m.doubt && mark > e.seen)
				e.seen = mark;
		} while (++i < d->n && sl_digest_eq(sl_delta_key(d, i), e.key));
		if (!add(u, &e))
			return false;
	}
	return true;
}

static enum sl_code
read_all(struct sl_store *s, const char *sync, struct unsure *u, struct sl_err *err)
{
	struct sl_delta_spec spec = { .sync = sync, .to = SL_MARK_END, .unsure = true };
	struct sl_delta d = { 0 };
	struct sl_fold fold;
	enum sl_code code = sl_fold_get(s, sync, &fold, err);

	if (code == SL_E_NOTFOUND) /* never ran: nothing was sent */
		return SL_OK;
	spec.from.run = fold.epoch_run;
	if (code == SL_OK)
		code = sl_delta_read(s, &spec, &d, err);
	while (code == SL_OK) {
		code = sl_delta_next(&d, err);
		if (code == SL_OK && !take(u, &d))
			code = sl_fail(err, SL_E_NOMEM, "snapshot",
				       "reading unacknowledged events: out of memory");
	}
	sl_delta_free(&d);
	return code == SL_DONE ? SL_OK : code;
}

enum sl_code
sl_store_unsure(struct sl_store *s, const char *sync, struct sl_snap **out, size_t *n,
		struct sl_err *err)
{
	struct unsure u = { 0 };
	bool own = false;
	enum sl_code code = sl_store_read_begin(s, &own, err);

	*out = NULL;
	*n = 0;
	if (code == SL_OK)
		code = read_all(s, sync, &u, err);
	sl_store_read_end(s, own);
	if (code != SL_OK) {
		free(u.list);
		return code;
	}
	*out = u.list;
	*n = u.n;
	return SL_OK;
}
