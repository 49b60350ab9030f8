/* unsure.c - events that ended without an acknowledgement. The destination may have applied them all the
 * same: an answer that was lost, a run that was killed. */
#include "core/store/delta.h"
#include "core/store/merge.h"

#include <stdlib.h>

#define PASS_MOVES (256u << 10) /* as many in memory at a time */

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
		struct sl_snap e = { .key = d->moves[i].key };

		for (; i < d->n && sl_digest_eq(d->moves[i].key, e.key); i++) {
			const struct sl_move *m = &d->moves[i];
			const uint32_t mark = m->version + (m->version < UINT32_MAX);

			if (m->version >= e.version) {
				e.row = m->row;
				e.version = m->version;
			}
			if (m->doubt && mark > e.seen)
				e.seen = mark;
		}
		if (!add(u, &e))
			return false;
	}
	return true;
}

static enum sl_code
count(struct sl_store *s, const char *sync, int64_t *epoch_run, uint64_t *n, struct sl_err *err)
{
	struct sl_q q;

	*n = 0;
	sl_q_start(&q, s->db,
		   "SELECT s.epoch_run, coalesce(sum(a.cancelled + a.dead), 0) FROM sync s"
		   " CROSS JOIN block b ON b.sync=s.name AND b.run>=s.epoch_run"
		   " CROSS JOIN ack a ON a.run=b.run AND a.no=b.no WHERE s.name=?",
		   err);
	sl_q_text(&q, sync);
	if (sl_q_row(&q)) {
		*epoch_run = sl_q_col_int(&q, 0);
		*n = (uint64_t)sl_q_col_int(&q, 1);
	}
	return sl_q_end(&q);
}

static enum sl_code
read_all(struct sl_store *s, const char *sync, struct unsure *u, struct sl_err *err)
{
	struct sl_delta_spec spec = { .sync = sync, .to = SL_MARK_END, .unsure = true };
	struct sl_delta d = { 0 };
	uint64_t n, passes, width;
	enum sl_code code = count(s, sync, &spec.from.run, &n, err);

	passes = n / PASS_MOVES + 1;
	width = UINT64_MAX / passes;
	for (uint64_t p = 0; code == SL_OK && n > 0 && p < passes; p++) {
		spec.lo = p * width + (p > 0);
		spec.hi = p + 1 == passes ? UINT64_MAX : (p + 1) * width;
		code = sl_delta_read(s, &spec, &d, err);
		if (code == SL_OK && !take(u, &d))
			code = sl_fail(err, SL_E_NOMEM, "snapshot",
				       "reading unacknowledged events: out of memory");
	}
	sl_delta_free(&d);
	return code;
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
