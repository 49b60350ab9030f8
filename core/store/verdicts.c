/* verdicts.c - what became of the events of a block: kept apart from it, and counted on its run in
 * the same transaction. A final verdict stays. */
#include "core/store/block.h"

#include <stdlib.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "log", "verdicts of a block: out of memory");
}

enum sl_code
sl_ack_put(struct sl_store *s, const struct sl_block *b, const struct sl_tally *t,
	   struct sl_err *err)
{
	uint8_t *v = malloc((size_t)b->n + SL_SEAL);
	struct sl_q q;
	enum sl_code code;

	if (!v)
		return no_memory(err);
	sl_q_start(&q, s->db,
		   "INSERT OR REPLACE INTO ack(run, no, pending, acked, dead, superseded, "
		   "cancelled, doubt, verdicts)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   err);
	sl_q_int(&q, b->run_id);
	sl_q_int(&q, b->no);
	for (int i = SL_V_PENDING; i <= SL_V_CANCELLED; i++)
		sl_q_int(&q, (int64_t)t->by[i]);
	sl_q_int(&q, (int64_t)t->doubt);
	sl_q_blob(&q, v, sl_verdicts_put(&s->key, b->verdicts, b->n, v));
	code = sl_q_run(&q);
	free(v);
	return code;
}

/* The stored verdicts of b, which must be as many, and count as the columns beside them say. */
static enum sl_code
stored_verdicts(struct sl_store *s, const struct sl_block *b, uint8_t *out, struct sl_tally *sum,
		struct sl_err *err)
{
	struct sl_tally columns = { 0 };
	struct sl_q q;
	bool found = false;

	sl_q_start(&q, s->db,
		   "SELECT verdicts, pending, acked, dead, superseded, cancelled, doubt FROM ack"
		   " WHERE run=? AND no=?",
		   err);
	sl_q_int(&q, b->run_id);
	sl_q_int(&q, b->no);
	if (sl_q_row(&q)) {
		found = true;
		if (!sl_verdicts_get(&s->key, sl_q_col(&q, 0), b->n, out))
			sl_q_stop(&q, sl_db_damaged(s->db, err, "verdicts of block %u of run %lld",
						    b->no, (long long)b->run_id));
		for (int v = SL_V_PENDING; v <= SL_V_CANCELLED; v++)
			columns.by[v] = (uint64_t)sl_q_col_int(&q, v + 1);
		columns.doubt = (uint64_t)sl_q_col_int(&q, SL_V_CANCELLED + 2);
	}
	if (q.code == SL_OK && !found)
		sl_q_stop(&q,
			  sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
				  "there is no block %u of run %lld", b->no, (long long)b->run_id));
	if (sl_q_end(&q) != SL_OK)
		return err->code;
	sl_tally_add(sum, out, b->n);
	return memcmp(sum, &columns, sizeof(columns)) == 0
		       ? SL_OK
		       : sl_db_damaged(s->db, err, "the sums of the verdicts of run %lld",
				       (long long)b->run_id);
}

static enum sl_code
count_verdicts(struct sl_store *s, const struct sl_block *b, const struct sl_tally *old,
	       const struct sl_tally *now, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db,
		   "UPDATE run SET acked=acked+?, dead=dead+?, superseded=superseded+?,"
		   " cancelled=cancelled+? WHERE id=?",
		   err);
	for (int v = SL_V_ACKED; v <= SL_V_CANCELLED; v++)
		sl_q_int(&q, (int64_t)(now->by[v] - old->by[v]));
	sl_q_int(&q, b->run_id);
	return sl_q_run(&q);
}

enum sl_code
sl_store_verdicts_put(struct sl_store *s, const struct sl_block *b, struct sl_err *err)
{
	struct sl_tally before = { 0 }, now = { 0 };
	uint8_t *old;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	old = calloc((size_t)b->n + 1, 1);
	if (!old)
		return no_memory(err);
	code = stored_verdicts(s, b, old, &before, err);
	for (uint32_t i = 0; code == SL_OK && i < b->n; i++)
		if (sl_verdict_of(old[i]) != SL_V_PENDING &&
		    sl_verdict_of(old[i]) != sl_verdict_of(b->verdicts[i]))
			code = sl_fail(
				err, SL_E_BUG, "log",
				"event %u of block %u of run %lld is %s and cannot become %s", i,
				b->no, (long long)b->run_id, sl_verdict_name(sl_verdict_of(old[i])),
				sl_verdict_name(sl_verdict_of(b->verdicts[i])));
	if (code == SL_OK) {
		sl_tally_add(&now, b->verdicts, b->n);
		code = sl_ack_put(s, b, &now, err);
	}
	free(old);
	return code == SL_OK ? count_verdicts(s, b, &before, &now, err) : code;
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_pending_blocks(struct sl_store *s, int64_t run_id, uint32_t from, uint32_t max,
			uint32_t *out, uint32_t *n, struct sl_err *err)
{
	struct sl_q q;

	*n = 0;
	sl_q_start(&q, s->db,
		   "SELECT no FROM ack WHERE run=? AND no>=? AND pending>0 ORDER BY no LIMIT ?",
		   err);
	sl_q_int(&q, run_id);
	sl_q_int(&q, from);
	sl_q_int(&q, max);
	while (*n < max && sl_q_row(&q))
		out[(*n)++] = (uint32_t)sl_q_col_int(&q, 0);
	return sl_q_end(&q);
}
