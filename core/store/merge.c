/* merge.c - two sorted streams, parts and moves, into one. The moves are read in passes over ranges of
 * keys, so that the memory for them has a bound whatever the log holds. */
#include "core/store/merge.h"

#include "core/store/delta.h"
#include "core/store/part.h"

#define PASS_MOVES (256u << 10) /* about this many moves in memory: 12 MiB and as much to sort */

enum sl_code
sl_unfolded(struct sl_store *s, const char *sync, struct sl_mark from, struct sl_unfolded *out,
	    struct sl_err *err)
{
	struct sl_q q;

	*out = (struct sl_unfolded){ 0 };
	sl_q_start(&q, s->db,
		   "SELECT coalesce(sum(a.acked), 0), count(*),"
		   " total(a.acked<0 OR a.acked>b.n OR b.n>length(b.digests))"
		   " FROM block b CROSS JOIN ack a"
		   " ON a.run=b.run AND a.no=b.no WHERE b.sync=? AND (b.run, b.no)>=(?, ?)",
		   err);
	sl_q_text(&q, sync);
	sl_q_int(&q, from.run);
	sl_q_int(&q, from.no);
	if (sl_q_row(&q)) {
		out->acked = (uint64_t)sl_q_col_int(&q, 0);
		out->blocks = (uint64_t)sl_q_col_int(&q, 1);
		/* A count that cannot be would make a merge of as many passes. */
		if (sl_q_col_int(&q, 2) != 0)
			sl_q_stop(&q,
				  sl_db_damaged(s->db, err, "the sums of its events cannot be"));
	}
	return sl_q_end(&q);
}

enum sl_code
sl_parts_count(struct sl_store *s, const char *sync, int64_t gen, uint64_t *n, struct sl_err *err)
{
	struct sl_q q;

	*n = 0;
	sl_q_start(&q, s->db, "SELECT coalesce(sum(n), 0) FROM part WHERE sync=? AND gen=?", err);
	sl_q_text(&q, sync);
	sl_q_int(&q, gen);
	if (sl_q_row(&q))
		*n = (uint64_t)sl_q_col_int(&q, 0);
	return sl_q_end(&q);
}

struct merge {
	const struct sl_merge_spec *spec;
	struct sl_parts parts;
	struct sl_delta delta;
	struct sl_err *err;
};

/* All moves of one key, from *i on, on top of e. */
static struct sl_str
fold_key(const struct sl_delta *d, size_t *i, struct sl_snap *e, struct sl_str text)
{
	struct sl_digest key = d->moves[*i].key;

	for (; *i < d->n && sl_digest_eq(d->moves[*i].key, key); (*i)++) {
		const struct sl_move *m = &d->moves[*i];

		e->row = m->row;
		if (m->version > e->version)
			e->version = m->version;
		e->version += e->version < UINT32_MAX;
		if (m->klen)
			text = (struct sl_str){ d->texts.ptr + m->koff, m->klen };
	}
	return text;
}

static enum sl_code
emit(struct merge *m, const struct sl_snap *e, struct sl_str text)
{
	return m->spec->entry(m->spec->arg, e, text, m->err);
}

/* Everything up to hi: the moves in memory, and the parts as far as they go. */
static enum sl_code
merge_range(struct merge *m, uint64_t hi)
{
	const struct sl_delta *d = &m->delta;
	enum sl_code code = SL_OK;
	size_t i = 0;

	while (code == SL_OK && ((m->parts.any && m->parts.now.key.hi <= hi) || i < d->n)) {
		bool base = m->parts.any && m->parts.now.key.hi <= hi;
		int c = !base       ? 1
			: i == d->n ? -1
				    : sl_digest_cmp(m->parts.now.key, d->moves[i].key);
		struct sl_snap e = { 0 };
		struct sl_str text = SL_LIT("");

		if (c <= 0) {
			e = m->parts.now;
			text = m->parts.text;
		} else {
			e.key = d->moves[i].key;
		}
		if (c >= 0)
			text = fold_key(d, &i, &e, text);
		code = emit(m, &e, text);
		if (code == SL_OK && c <= 0 && !sl_parts_next(&m->parts))
			code = m->parts.q.code;
	}
	return code;
}

static enum sl_code
merge_passes(struct sl_store *s, struct merge *m, uint64_t acked)
{
	uint64_t passes = acked / PASS_MOVES + 1, width = UINT64_MAX / passes;
	struct sl_delta_spec d = { .sync = m->spec->sync,
				   .from = m->spec->fold.mark,
				   .to = m->spec->to,
				   .texts = m->spec->texts };
	enum sl_code code = SL_OK;

	for (uint64_t p = 0; code == SL_OK && p < passes; p++) {
		d.lo = p * width + (p > 0);
		d.hi = p + 1 == passes ? UINT64_MAX : (p + 1) * width;
		if (acked > 0)
			code = sl_delta_read(s, &d, &m->delta, m->err);
		if (code == SL_OK)
			code = merge_range(m, d.hi);
	}
	return code;
}

enum sl_code
sl_merge(struct sl_store *s, const struct sl_merge_spec *spec, struct sl_err *err)
{
	struct merge m = { .spec = spec, .err = err };
	struct sl_unfolded u;
	enum sl_code code = sl_unfolded(s, spec->sync, spec->fold.mark, &u, err), end;

	if (code != SL_OK)
		return code;
	sl_parts_start(&m.parts, s, spec->sync, spec->fold.gen, spec->texts, err);
	if (!sl_parts_next(&m.parts))
		code = m.parts.q.code;
	if (code == SL_OK)
		code = merge_passes(s, &m, u.acked);
	end = sl_parts_end(&m.parts);
	sl_delta_free(&m.delta);
	return code == SL_OK ? end : code;
}
