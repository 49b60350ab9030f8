/* block.c - blocks of events, written and read. */
#include "core/store/block.h"

#include "core/base/clock.h"

#include <stdlib.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "log", "a block of the log: out of memory");
}

/* ---- writing -------------------------------------------------------------------------------- */

static enum sl_code
check_block(const struct sl_block *b, uint64_t ops[SL_OP_REMOVE + 1], struct sl_err *err)
{
	bool ok = b->n > 0 && b->n <= SL_BLOCK_MAX && b->body_len <= SL_PACK_MAX &&
		  b->keys_len <= SL_PACK_MAX;

	for (uint32_t i = 0; ok && i < b->n; i++) {
		const struct sl_event *e = &b->events[i];

		ok = (uint64_t)e->off + e->len <= b->body_len &&
		     (uint64_t)e->koff + e->klen <= b->keys_len && e->op >= SL_OP_ADD &&
		     e->op <= SL_OP_REMOVE && sl_verdict_of(b->verdicts[i]) <= SL_V_CANCELLED;
		if (ok)
			ops[e->op]++;
	}
	return ok ? SL_OK
		  : sl_fail(err, SL_E_BUG, "log", "block %u of run %lld does not hold together",
			    b->no, (long long)b->run_id);
}

/* The counters of a run move in the transaction that moves what they count. */
static enum sl_code
count_planned(struct sl_store *s, const struct sl_block *b, const uint64_t *ops,
	      const struct sl_tally *t, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "UPDATE run SET blocks=max(blocks, ?), adds=adds+?, updates=updates+?, "
		   "removes=removes+?,"
		   " acked=acked+?, dead=dead+?, superseded=superseded+?, cancelled=cancelled+? "
		   "WHERE id=?",
		   err);
	sl_q_int(&q, (int64_t)b->no + 1);
	for (int op = SL_OP_ADD; op <= SL_OP_REMOVE; op++)
		sl_q_int(&q, (int64_t)ops[op]);
	for (int v = SL_V_ACKED; v <= SL_V_CANCELLED; v++)
		sl_q_int(&q, (int64_t)t->by[v]);
	sl_q_int(&q, b->run_id);
	code = sl_q_run(&q);
	if (code == SL_OK && sl_db_changes(s->db) == 0)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db), "there is no run %lld",
			       (long long)b->run_id);
	return code;
}

struct blobs {
	uint8_t *digests;
	void *meta;
	size_t digests_len, meta_len;
};

static enum sl_code
encode(struct sl_store *s, const struct sl_block *b, struct blobs *out, struct sl_err *err)
{
	uint8_t *plain = malloc((size_t)b->n * SL_META);
	enum sl_code code = SL_OK;

	out->meta = NULL;
	out->digests_len = (size_t)b->n * 32 + SL_SEAL;
	out->digests = malloc(out->digests_len);
	if (!plain || !out->digests) {
		code = no_memory(err);
	} else {
		sl_digests_put(&s->key, b->events, b->n, out->digests);
		sl_meta_put(b->events, b->n, plain);
		code = sl_zip_pack(s->zip, plain, (size_t)b->n * SL_META, &out->meta,
				   &out->meta_len, err);
	}
	free(plain);
	return code;
}

static enum sl_code
insert_block(struct sl_store *s, const char *sync, const struct sl_block *b,
	     const struct sl_packed *p, struct sl_err *err)
{
	struct blobs x;
	struct sl_q q;
	enum sl_code code = encode(s, b, &x, err);

	if (code == SL_OK) {
		sl_q_start(&q, s->db,
			   "INSERT INTO block(run, no, sync, at_us, n, rows_read, body_len, "
			   "keys_len, meta,"
			   " digests, keys, body) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			   err);
		sl_q_int(&q, b->run_id);
		sl_q_int(&q, b->no);
		sl_q_text(&q, sync);
		sl_q_int(&q, sl_wall_us());
		sl_q_int(&q, b->n);
		sl_q_int(&q, b->rows_read);
		sl_q_int(&q, (int64_t)b->body_len);
		sl_q_int(&q, (int64_t)b->keys_len);
		sl_q_blob(&q, x.meta, x.meta_len);
		sl_q_blob(&q, x.digests, x.digests_len);
		sl_q_blob(&q, p->keys, p->keys_len);
		sl_q_blob(&q, p->body, p->body_len);
		code = sl_q_run(&q);
	}
	free(x.digests);
	free(x.meta);
	return code;
}

enum sl_code
sl_store_block_put_packed(struct sl_store *s, const char *sync, const struct sl_block *b,
			  const struct sl_packed *p, struct sl_err *err)
{
	uint64_t ops[SL_OP_REMOVE + 1] = { 0 };
	struct sl_tally t = { 0 };
	enum sl_code code = sl_store_writing(s, err);

	if (code == SL_OK)
		code = check_block(b, ops, err);
	if (code != SL_OK)
		return code;
	sl_tally_add(&t, b->verdicts, b->n);
	code = count_planned(s, b, ops, &t, err);
	if (code == SL_OK)
		code = insert_block(s, sync, b, p, err);
	return code == SL_OK ? sl_ack_put(s, b, &t, err) : code;
}

enum sl_code
sl_store_block_put(struct sl_store *s, const char *sync, const struct sl_block *b,
		   struct sl_err *err)
{
	struct sl_packed p;
	enum sl_code code = sl_block_pack(s->zip, b, &p, err);

	if (code == SL_OK)
		code = sl_store_block_put_packed(s, sync, b, &p, err);
	sl_packed_free(&p);
	return code;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum sl_code
damaged_block(struct sl_store *s, const struct sl_q *q, const char *what, struct sl_err *err)
{
	return sl_db_damaged(s->db, err, "%s of block %lld of run %lld", what,
			     (long long)sl_q_col_int(q, 1), (long long)sl_q_col_int(q, 0));
}

const uint8_t *
sl_block_digests(struct sl_store *s, const struct sl_q *q, uint32_t *n, struct sl_err *err)
{
	int64_t count = sl_q_col_int(q, 2);
	struct sl_str d = sl_q_col(q, 7);

	if (count < 1 || count > (int64_t)SL_BLOCK_MAX ||
	    !sl_sealed(&s->key, d, (size_t)count * 32)) {
		(void)damaged_block(s, q, "digests", err);
		return NULL;
	}
	*n = (uint32_t)count;
	return (const uint8_t *)d.ptr;
}

uint8_t *
sl_block_verdicts(struct sl_store *s, const struct sl_q *q, uint32_t n, struct sl_err *err)
{
	uint8_t *v = malloc((size_t)n + 1);

	if (!v) {
		(void)no_memory(err);
	} else if (!sl_verdicts_get(&s->key, sl_q_col(q, 10), n, v)) {
		(void)damaged_block(s, q, "verdicts", err);
		free(v);
		v = NULL;
	}
	return v;
}

static enum sl_code
fill(struct sl_store *s, const struct sl_q *q, struct sl_block *b, struct sl_err *err)
{
	const uint8_t *digests = sl_block_digests(s, q, &b->n, err);
	void *body = NULL, *keys = NULL, *meta = NULL;
	enum sl_code code;

	if (!digests)
		return err->code;
	b->verdicts = sl_block_verdicts(s, q, b->n, err);
	if (!b->verdicts)
		return err->code;
	b->events = calloc(b->n, sizeof *b->events);
	code = b->events ? SL_OK : SL_E_NOMEM;
	if (code == SL_OK)
		code = sl_zip_unpack_new(s->zip, sl_q_col(q, 9), b->body_len, &body);
	if (code == SL_OK)
		code = sl_zip_unpack_new(s->zip, sl_q_col(q, 8), b->keys_len, &keys);
	if (code == SL_OK)
		code = sl_zip_unpack_new(s->zip, sl_q_col(q, 6), (size_t)b->n * SL_META, &meta);
	b->body = body;
	b->keys = keys;
	if (code == SL_OK && !sl_events_get(digests, meta, b))
		code = SL_E_CORRUPT;
	free(meta);
	if (code == SL_E_NOMEM)
		return no_memory(err);
	return code == SL_OK ? SL_OK : damaged_block(s, q, "events", err);
}

enum sl_code
sl_block_row(struct sl_store *s, const struct sl_q *q, struct sl_block **out, struct sl_err *err)
{
	struct sl_block *b;
	enum sl_code code;

	*out = NULL;
	if (sl_q_col_null(q, 9))
		return sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "block %lld of run %lld is not kept any more",
			       (long long)sl_q_col_int(q, 1), (long long)sl_q_col_int(q, 0));
	b = calloc(1, sizeof *b);
	if (!b)
		return no_memory(err);
	b->run_id = sl_q_col_int(q, 0);
	b->no = (uint32_t)sl_q_col_int(q, 1);
	b->rows_read = (uint32_t)sl_q_col_int(q, 3);
	b->body_len = (size_t)sl_q_col_int(q, 4);
	b->keys_len = (size_t)sl_q_col_int(q, 5);
	code = fill(s, q, b, err);
	if (code != SL_OK)
		sl_block_free(b);
	else
		*out = b;
	return code;
}

enum sl_code
sl_store_block_get(struct sl_store *s, int64_t run_id, uint32_t no, struct sl_block **out,
		   struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	*out = NULL;
	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.run=? AND b.no=?",
		   err);
	sl_q_int(&q, run_id);
	sl_q_int(&q, no);
	if (sl_q_row(&q)) {
		found = true;
		code = sl_block_row(s, &q, out, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	code = sl_q_end(&q);
	if (code == SL_OK && !found)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "block %u of run %lld is not in the log", no, (long long)run_id);
	return code;
}
