/* entries.c - the entries of a few keys in the snapshot: from their parts, with the newer blocks on top. */
#include "core/store/block.h"
#include "core/store/part.h"

#include <stdlib.h>

struct lookup {
	struct sl_store *s;
	const char *sync;
	struct sl_fold fold;
	struct sl_want want;
	struct sl_snap *out;
};

/* The wanted keys from *i on that are not above the last one of this part. Both are sorted. */
static void
take_of_part(const struct sl_part *p, struct lookup *l, size_t *i)
{
	uint32_t e = 0;

	for (; *i < l->want.n; (*i)++) {
		int c = 1;

		while (e < p->n && (c = sl_digest_cmp(p->entries[e].key, l->want.keys[*i])) < 0)
			e++;
		if (e == p->n)
			return;
		if (c == 0)
			l->out[*i] = p->entries[e];
	}
}

/* The key at *i, and those after it that are in the same part. */
static enum sl_code
take_at(struct lookup *l, size_t *i, struct sl_err *err)
{
	const size_t first = *i;
	struct sl_part part;
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, l->s->db,
		   "SELECT " SL_PART_COLUMNS " FROM part WHERE sync=? AND gen=? AND first<=?"
		   " ORDER BY first DESC LIMIT 1",
		   err);
	sl_q_text(&q, l->sync);
	sl_q_int(&q, l->fold.gen);
	sl_q_digest(&q, l->want.keys[first]);
	if (sl_q_row(&q)) {
		code = sl_part_row(l->s, &q, false, &part, err);
		if (code == SL_OK)
			take_of_part(&part, l, i);
		else
			sl_q_stop(&q, code);
		sl_part_free(&part);
	}
	if (*i == first) /* above the last key of its part, or below the first part */
		++*i;
	return sl_q_end(&q);
}

/* What a block has acknowledged of the wanted keys. */
static enum sl_code
take_of_block(struct lookup *l, const struct sl_q *q, struct sl_err *err)
{
	uint32_t n = 0;
	const uint8_t *digests = sl_block_digests(l->s, q, &n, err);
	uint8_t *verdicts = digests ? sl_block_verdicts(l->s, q, n, err) : NULL;
	enum sl_code code = SL_OK;
	void *meta = NULL;

	if (!verdicts)
		return err->code;
	for (uint32_t e = 0; code == SL_OK && e < n; e++) {
		const size_t i = sl_want_find(&l->want, sl_get_digest(digests + (size_t)e * 16));

		if (i == SIZE_MAX || sl_verdict_of(verdicts[e]) != SL_V_ACKED)
			continue;
		if (!meta)
			code = sl_zip_unpack_new(l->s->zip, sl_q_col(q, 6), (size_t)n * SL_META,
						 &meta);
		if (code == SL_OK)
			sl_snap_fold(&l->out[i], sl_get_digest(digests + ((size_t)n + e) * 16),
				     sl_meta_version(meta, e));
	}
	free(meta);
	free(verdicts);
	if (code == SL_E_NOMEM)
		return sl_fail(err, code, "snapshot", "reading the snapshot: out of memory");
	return code == SL_OK ? SL_OK : sl_db_damaged(l->s->db, err, "the events of a block");
}

static enum sl_code
take_of_blocks(struct lookup *l, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, l->s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.sync=? AND (b.run, b.no)>=(?, ?) AND a.acked>0 ORDER BY b.run, b.no",
		   err);
	sl_q_text(&q, l->sync);
	sl_q_int(&q, l->fold.mark.run);
	sl_q_int(&q, l->fold.mark.no);
	while (sl_q_row(&q)) {
		code = take_of_block(l, &q, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

enum sl_code
sl_store_entries(struct sl_store *s, const char *sync, const struct sl_digest *keys, size_t n,
		 struct sl_snap *out, struct sl_err *err)
{
	struct lookup l = { .s = s, .sync = sync, .out = out };
	bool own = false;
	enum sl_code code;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct sl_snap){ .key = keys[i] };
	code = sl_want_init(&l.want, keys, n, err);
	if (code != SL_OK)
		return code;
	code = sl_store_read_begin(s, &own, err);
	if (code == SL_OK)
		code = sl_fold_get(s, sync, &l.fold, err);
	for (size_t i = 0; code == SL_OK && i < n;)
		code = take_at(&l, &i, err);
	if (code == SL_OK)
		code = take_of_blocks(&l, err);
	sl_store_read_end(s, own);
	sl_want_free(&l.want);
	for (size_t i = 1; code == SL_OK && i < n; i++)
		if (sl_digest_eq(keys[i], keys[i - 1]))
			out[i] = out[i - 1];
	return code == SL_E_NOTFOUND ? SL_OK : code;
}
