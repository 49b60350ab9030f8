/* delta.c - read the events of blocks that have the wanted verdict, in order, and sort them by key. */
#include "core/store/delta.h"

#include "core/store/block.h"

#include <stdlib.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "snapshot", "folding the log: out of memory");
}

static bool
reserve(struct sl_delta *d, size_t more)
{
	size_t cap = d->cap ? d->cap : 1024;
	struct sl_move *m;

	if (d->n + more <= d->cap)
		return true;
	while (cap < d->n + more)
		cap += cap / 2;
	m = realloc(d->moves, cap * sizeof *m);
	if (!m)
		return false;
	d->moves = m;
	d->cap = cap;
	return true;
}

/* ---- sorting -------------------------------------------------------------------------------- */

static int
by_key(const void *a, const void *b)
{
	const struct sl_move *x = a, *y = b;
	int c = sl_digest_cmp(x->key, y->key);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

static void
sort_few(struct sl_move *m, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sl_move x = m[i];
		size_t j = i;

		for (; j > 0 && by_key(&m[j - 1], &x) > 0; j--)
			m[j] = m[j - 1];
		m[j] = x;
	}
}

static void
sort_any(struct sl_move *m, size_t n)
{
	if (n <= 32)
		sort_few(m, n);
	else
		qsort(m, n, sizeof *m, by_key);
}

/* Digests are uniform: one pass throws the moves into buckets of a few, then each is sorted. */
static enum sl_code
sort_moves(struct sl_delta *d, uint64_t lo, uint64_t hi, struct sl_err *err)
{
	size_t buckets = 1, sum = 0;
	unsigned shift = 0;
	struct sl_move *to;
	uint32_t *at;

	if (d->n <= 1024) {
		sort_any(d->moves, d->n);
		return SL_OK;
	}
	while (buckets * 8 < d->n)
		buckets *= 2;
	while ((hi - lo) >> shift >= buckets)
		shift++;
	to = malloc(d->n * sizeof *to);
	at = calloc(buckets + 1, sizeof *at);
	if (!to || !at) {
		free(to);
		free(at);
		return no_memory(err);
	}
	for (size_t i = 0; i < d->n; i++)
		at[(d->moves[i].key.hi - lo) >> shift]++;
	for (size_t b = 0; b <= buckets; b++) {
		size_t count = at[b];

		at[b] = (uint32_t)sum;
		sum += count;
	}
	for (size_t i = 0; i < d->n; i++)
		to[at[(d->moves[i].key.hi - lo) >> shift]++] = d->moves[i];
	for (size_t b = 0, start = 0; b < buckets; start = at[b++])
		sort_any(to + start, at[b] - start);
	free(at);
	free(d->moves);
	d->moves = to;
	d->cap = d->n;
	return SL_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Versions and places of key texts; the texts themselves where they are wanted. */
struct texts {
	void *meta, *keys; /* owned */
	size_t len;        /* of keys */
};

static enum sl_code
unpack(struct sl_store *s, const struct sl_q *q, const struct sl_delta_spec *spec, uint32_t n,
       struct texts *t, struct sl_err *err)
{
	int64_t len = sl_q_col_int(q, 5);
	enum sl_code code;

	t->len = (size_t)len;
	code = sl_zip_unpack_new(s->zip, sl_q_col(q, 6), (size_t)n * SL_META, &t->meta);
	if (code == SL_OK && spec->texts)
		code = sl_zip_unpack_new(s->zip, sl_q_col(q, 8), t->len, &t->keys);
	if (code == SL_E_NOMEM)
		return no_memory(err);
	return code == SL_OK ? SL_OK
			     : sl_db_damaged(s->db, err, "the events of block %lld of run %lld",
					     (long long)sl_q_col_int(q, 1),
					     (long long)sl_q_col_int(q, 0));
}

struct row {
	const uint8_t *digests;
	uint8_t *verdicts;
	uint32_t n;
	struct texts texts;
};

static bool
is_wanted(const struct sl_delta_spec *spec, uint8_t verdict)
{
	const enum sl_verdict v = sl_verdict_of(verdict);

	return spec->unsure ? v == SL_V_CANCELLED || v == SL_V_DEAD : v == SL_V_ACKED;
}

static void
add_moves(const struct sl_delta_spec *spec, const struct row *r, struct sl_delta *d)
{
	uint32_t kend = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct sl_move m = { .key = sl_get_digest(r->digests + (size_t)i * 16),
				     .row = sl_get_digest(r->digests + ((size_t)r->n + i) * 16),
				     .version = sl_meta_version(r->texts.meta, i),
				     .doubt = (r->verdicts[i] & SL_V_DOUBT) != 0,
				     .order = (uint32_t)d->n };

		if (spec->texts) {
			uint32_t koff, klen;

			sl_meta_key(r->texts.meta, r->n, i, &kend, &koff, &klen);
			if ((uint64_t)koff + klen <= r->texts.len) {
				m.koff = koff;
				m.klen = klen;
			}
		}
		if (!is_wanted(spec, r->verdicts[i]) || m.key.hi < spec->lo || m.key.hi > spec->hi)
			continue;
		if (m.klen) {
			size_t place = d->texts.len;

			sl_buf_put(&d->texts, (const char *)r->texts.keys + m.koff, m.klen);
			m.koff = (uint32_t)place;
		}
		d->moves[d->n++] = m;
	}
}

static enum sl_code
read_row(struct sl_store *s, const struct sl_delta_spec *spec, const struct sl_q *q,
	 struct sl_delta *d, struct sl_err *err)
{
	struct row r = { 0 };
	enum sl_code code;

	r.digests = sl_block_digests(s, q, &r.n, err);
	if (!r.digests)
		return err->code;
	r.verdicts = sl_block_verdicts(s, q, r.n, err);
	if (!r.verdicts)
		return err->code;
	code = unpack(s, q, spec, r.n, &r.texts, err);
	if (code == SL_OK && !reserve(d, r.n))
		code = no_memory(err);
	if (code == SL_OK)
		add_moves(spec, &r, d);
	if (code == SL_OK && d->texts.failed)
		code = no_memory(err);
	free(r.texts.meta);
	free(r.texts.keys);
	free(r.verdicts);
	return code;
}

enum sl_code
sl_delta_read(struct sl_store *s, const struct sl_delta_spec *spec, struct sl_delta *d,
	      struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	d->n = 0;
	sl_buf_reset(&d->texts);
	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.sync=? AND (b.run, b.no)>=(?, ?) AND (b.run, b.no)<(?, ?) AND"
		   " CASE WHEN ? THEN a.cancelled+a.dead ELSE a.acked END>0"
		   " ORDER BY b.run, b.no",
		   err);
	sl_q_text(&q, spec->sync);
	sl_q_int(&q, spec->from.run);
	sl_q_int(&q, spec->from.no);
	sl_q_int(&q, spec->to.run);
	sl_q_int(&q, spec->to.no);
	sl_q_int(&q, spec->unsure);
	while (sl_q_row(&q)) {
		code = read_row(s, spec, &q, d, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	code = sl_q_end(&q);
	return code == SL_OK ? sort_moves(d, spec->lo, spec->hi, err) : code;
}

void
sl_delta_free(struct sl_delta *d)
{
	free(d->moves);
	sl_buf_free(&d->texts);
	*d = (struct sl_delta){ 0 };
}
