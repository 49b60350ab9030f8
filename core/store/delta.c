#include "core/store/delta.h"

#include "core/store/block.h"
#include "core/store/buckets.h"

#include <stdlib.h>

/* A move as it waits to be sorted; the text follows. */
struct record {
	struct sl_digest key, row;
	uint32_t version;
	uint32_t len_doubt; /* of the text, times 2, and the doubt */
};

/* Where a record lies. Records of one key stay in the order of the log. */
struct sl_place {
	uint64_t hi; /* of its key */
	uint32_t off;
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "snapshot", "folding the log: out of memory");
}

#define FEW   32 /* sorted by insertion */
#define AHEAD 12 /* records asked for before they are read */

/* ---- sorting -------------------------------------------------------------------------------- */

static struct record
record_at(const struct sl_buf *raw, uint32_t off)
{
	struct record r;

	memcpy(&r, raw->ptr + off, sizeof r);
	return r;
}

static int
by_key(const void *a, const void *b, void *arg)
{
	const struct sl_place *x = a, *y = b;
	const struct sl_buf *raw = arg;
	int c;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	c = sl_digest_cmp(record_at(raw, x->off).key, record_at(raw, y->off).key);
	return c ? c : (x->off > y->off) - (x->off < y->off);
}

static void
sort_few(struct sl_place *p, size_t n, struct sl_buf *raw)
{
	if (n > FEW) {
		qsort_r(p, n, sizeof *p, by_key, raw);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct sl_place x = p[i];
		size_t j = i;

		for (; j > 0 && by_key(&p[j - 1], &x, raw) > 0; j--)
			p[j] = p[j - 1];
		p[j] = x;
	}
}

static bool
reserve(struct sl_delta *d, size_t n)
{
	struct sl_place *places, *spare;
	size_t cap = n + n / 8;

	if (n <= d->cap)
		return true;
	free(d->spare);
	d->spare = NULL;
	places = realloc(d->places, cap * sizeof *places);
	if (!places)
		return false;
	d->places = places;
	spare = malloc(cap * sizeof *spare);
	d->spare = spare;
	d->cap = spare ? cap : 0;
	return spare != NULL;
}

/* Digests are uniform: one pass throws the places into heaps of a few, then each is sorted. */
static enum sl_code
sort_places(struct sl_delta *d, uint64_t lo, struct sl_err *err)
{
	size_t heaps = 1;
	unsigned shift = 0;
	struct sl_place *to = d->spare;
	uint32_t *at, sum = 0;

	if (d->n <= FEW) {
		sort_few(d->places, d->n, &d->raw);
		return SL_OK;
	}
	while (heaps * 8 < d->n)
		heaps *= 2;
	while ((d->end - lo) >> shift >= heaps)
		shift++;
	at = calloc(heaps + 1, sizeof *at);
	if (!at)
		return no_memory(err);
	for (size_t i = 0; i < d->n; i++)
		at[(d->places[i].hi - lo) >> shift]++;
	for (size_t h = 0; h <= heaps; h++) {
		uint32_t count = at[h];

		at[h] = sum;
		sum += count;
	}
	for (size_t i = 0; i < d->n; i++)
		to[at[(d->places[i].hi - lo) >> shift]++] = d->places[i];
	for (size_t h = 0, start = 0; h < heaps; start = at[h++])
		sort_few(to + start, at[h] - start, &d->raw);
	free(at);
	d->spare = d->places;
	d->places = to;
	return SL_OK;
}

static enum sl_code
find_places(struct sl_delta *d, struct sl_err *err)
{
	const size_t len = d->raw.len;

	d->n = 0;
	for (size_t off = 0; off < len;) {
		struct record r = record_at(&d->raw, (uint32_t)off);

		if (d->n == d->cap && !reserve(d, d->n + 1 + (len - off) / sizeof r))
			return no_memory(err);
		d->places[d->n++] = (struct sl_place){ r.key.hi, (uint32_t)off };
		off += sizeof r + (r.len_doubt >> 1);
	}
	return SL_OK;
}

enum sl_code
sl_delta_next(struct sl_delta *d, struct sl_err *err)
{
	uint64_t lo = d->next > 0 ? d->end + 1 : 0;
	enum sl_code code;

	if (d->next == sl_buckets_count(d->buckets))
		return SL_DONE;
	code = sl_buckets_take(d->buckets, d->next, &d->raw, err);
	if (code != SL_OK)
		return code;
	d->end = sl_buckets_end(d->buckets, d->next++);
	code = find_places(d, err);
	return code == SL_OK ? sort_places(d, lo, err) : code;
}

struct sl_digest
sl_delta_key(const struct sl_delta *d, size_t i)
{
	/* Records lie in the order of the log: each would be waited for. */
	if (i + AHEAD < d->n)
		__builtin_prefetch(d->raw.ptr + d->places[i + AHEAD].off);
	return record_at(&d->raw, d->places[i].off).key;
}

struct sl_move
sl_delta_move(const struct sl_delta *d, size_t i)
{
	const uint32_t off = d->places[i].off;
	const struct record r = record_at(&d->raw, off);

	return (struct sl_move){ .key = r.key,
				 .row = r.row,
				 .version = r.version,
				 .doubt = r.len_doubt & 1,
				 .text = { d->raw.ptr + off + sizeof r, r.len_doubt >> 1 } };
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

static enum sl_code
add_moves(const struct sl_delta_spec *spec, const struct row *r, struct sl_delta *d,
	  struct sl_err *err)
{
	uint32_t kend = 0;
	enum sl_code code = SL_OK;

	for (uint32_t i = 0; code == SL_OK && i < r->n; i++) {
		struct record m = { .key = sl_get_digest(r->digests + (size_t)i * 16),
				    .row = sl_get_digest(r->digests + ((size_t)r->n + i) * 16),
				    .version = sl_meta_version(r->texts.meta, i),
				    .len_doubt = (r->verdicts[i] & SL_V_DOUBT) != 0 };
		struct sl_str text = SL_LIT("");

		if (spec->texts) {
			uint32_t koff, klen;

			sl_meta_key(r->texts.meta, r->n, i, &kend, &koff, &klen);
			if ((uint64_t)koff + klen <= r->texts.len)
				text = (struct sl_str){ (const char *)r->texts.keys + koff, klen };
			m.len_doubt |= (uint32_t)text.len << 1;
		}
		if (!is_wanted(spec, r->verdicts[i]))
			continue;
		code = sl_buckets_put(d->buckets, m.key.hi,
				      (struct sl_str){ (const char *)&m, sizeof m }, err);
		if (code == SL_OK && text.len > 0)
			code = sl_buckets_put(d->buckets, m.key.hi, text, err);
	}
	return code;
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
	if (code == SL_OK)
		code = add_moves(spec, &r, d, err);
	free(r.texts.meta);
	free(r.texts.keys);
	free(r.verdicts);
	return code;
}

#define BLOCKS_OF                                                                                  \
	" FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"                              \
	" WHERE b.sync=?1 AND (b.run, b.no)>=(?2, ?3) AND (b.run, b.no)<(?4, ?5) AND"              \
	" CASE WHEN ?6 THEN a.cancelled+a.dead ELSE a.acked END>0"

static void
bind_blocks(struct sl_q *q, const struct sl_delta_spec *spec)
{
	sl_q_text(q, spec->sync);
	sl_q_int(q, spec->from.run);
	sl_q_int(q, spec->from.no);
	sl_q_int(q, spec->to.run);
	sl_q_int(q, spec->to.no);
	sl_q_int(q, spec->unsure);
}

/* About how many bytes the records will be. */
static enum sl_code
measure(struct sl_store *s, const struct sl_delta_spec *spec, uint64_t *bytes, struct sl_err *err)
{
	struct sl_q q;

	*bytes = 0;
	sl_q_start(&q, s->db,
		   "SELECT total(CASE WHEN ?6 THEN a.cancelled+a.dead ELSE a.acked END),"
		   " total(b.keys_len)" BLOCKS_OF,
		   err);
	bind_blocks(&q, spec);
	if (sl_q_row(&q))
		*bytes = (uint64_t)sl_q_col_int(&q, 0) * sizeof(struct record) +
			 (spec->texts ? (uint64_t)sl_q_col_int(&q, 1) : 0);
	return sl_q_end(&q);
}

enum sl_code
sl_delta_read(struct sl_store *s, const struct sl_delta_spec *spec, struct sl_delta *d,
	      struct sl_err *err)
{
	uint64_t bytes;
	struct sl_q q;
	enum sl_code code = measure(s, spec, &bytes, err);

	*d = (struct sl_delta){ 0 };
	if (code == SL_OK)
		code = sl_buckets_new(s->dir, bytes, &d->buckets, err);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "SELECT " SL_BLOCK_COLUMNS BLOCKS_OF " ORDER BY b.run, b.no", err);
	bind_blocks(&q, spec);
	while (sl_q_row(&q)) {
		code = read_row(s, spec, &q, d, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

void
sl_delta_free(struct sl_delta *d)
{
	sl_buckets_free(d->buckets);
	sl_buf_free(&d->raw);
	free(d->places);
	free(d->spare);
	*d = (struct sl_delta){ 0 };
}
