/* merge.c - two sorted streams, parts and moves, into one. */
#include "core/store/merge.h"

#include "core/store/delta.h"
#include "core/store/part.h"

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
	do {
		const struct sl_move m = sl_delta_move(d, *i);

		sl_snap_fold(e, m.row, m.version);
		if (m.text.len > 0)
			text = m.text;
	} while (++*i < d->n && sl_digest_eq(sl_delta_key(d, *i), e->key));
	return text;
}

/* Everything up to the end of the range: its moves, and the parts as far as they go. */
static enum sl_code
merge_range(struct merge *m)
{
	const struct sl_delta *d = &m->delta;
	enum sl_code code = SL_OK;
	size_t i = 0;

	while (code == SL_OK && ((m->parts.any && m->parts.now.key.hi <= d->end) || i < d->n)) {
		bool base = m->parts.any && m->parts.now.key.hi <= d->end;
		struct sl_snap e = { 0 };
		struct sl_str text = SL_LIT("");
		int c = -1;

		if (i < d->n) {
			e.key = sl_delta_key(d, i);
			c = base ? sl_digest_cmp(m->parts.now.key, e.key) : 1;
		}
		if (c <= 0) {
			e = m->parts.now;
			text = m->parts.text;
		}
		if (c >= 0)
			text = fold_key(d, &i, &e, text);
		code = m->spec->entry(m->spec->arg, &e, text, m->err);
		if (code == SL_OK && c <= 0 && !sl_parts_next(&m->parts))
			code = m->parts.q.code;
	}
	return code;
}

static enum sl_code
merge_ranges(struct sl_store *s, struct merge *m)
{
	const struct sl_delta_spec d = { .sync = m->spec->sync,
					 .from = m->spec->fold.mark,
					 .to = m->spec->to,
					 .texts = m->spec->texts };
	enum sl_code code = sl_delta_read(s, &d, &m->delta, m->err);

	while (code == SL_OK) {
		code = sl_delta_next(&m->delta, m->err);
		if (code == SL_OK)
			code = merge_range(m);
	}
	sl_delta_free(&m->delta);
	return code == SL_DONE ? SL_OK : code;
}

enum sl_code
sl_merge(struct sl_store *s, const struct sl_merge_spec *spec, struct sl_err *err)
{
	struct merge m = { .spec = spec,
			   .parts = { .s = s,
				      .sync = spec->sync,
				      .gen = spec->fold.gen,
				      .texts = spec->texts,
				      .drop = spec->drop },
			   .err = err };
	enum sl_code code = SL_OK, end;

	sl_parts_start(&m.parts, err);
	if (!sl_parts_next(&m.parts))
		code = m.parts.q.code;
	if (code == SL_OK)
		code = merge_ranges(s, &m);
	end = sl_parts_end(&m.parts);
	return code == SL_OK ? end : code;
}
