/* settle.c - the end of a run: verdicts for what was not sent, the accounting, the fold, the erasing.
 * One savepoint: all of it or nothing. */
#include "core/store/block.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

#include <stdlib.h>

/* What the log says of a run. */
struct account {
	uint64_t events, blocks;
	uint64_t ops[SL_OP_REMOVE + 1];
	struct sl_tally verdicts;
	struct sl_tally columns; /* what the columns beside the verdicts say */
	uint64_t dead_letters;
};

/* ---- what is still pending ------------------------------------------------------------------ */

/* The next block of the run with pending events after *no; its verdicts, malloc'ed. *n 0: none. */
static enum sl_code
next_pending(struct sl_store *s, int64_t run, int64_t *no, uint8_t **verdicts, uint32_t *n,
	     struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	*n = 0;
	*verdicts = NULL;
	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM ack a CROSS JOIN block b ON b.run=a.run AND b.no=a.no"
		   " WHERE a.run=? AND a.no>? AND a.pending>0 ORDER BY a.no LIMIT 1",
		   err);
	sl_q_int(&q, run);
	sl_q_int(&q, *no);
	if (sl_q_row(&q)) {
		int64_t count = sl_q_col_int(&q, 2);

		*no = sl_q_col_int(&q, 1);
		*n = count > 0 && count <= (int64_t)SL_BLOCK_MAX ? (uint32_t)count : 0;
		*verdicts = sl_block_verdicts(s, &q, *n, err);
		if (!*verdicts)
			sl_q_stop(&q, err->code);
	}
	code = sl_q_end(&q);
	if (code != SL_OK) {
		free(*verdicts);
		*verdicts = NULL;
		*n = 0;
	}
	return code;
}

/* What is pending in the blocks before `before` gets this verdict, or mark; a doubt stays. */
static enum sl_code
mark_pending(struct sl_store *s, int64_t run, uint32_t before, uint8_t mark, struct sl_err *err)
{
	int64_t no = -1;
	enum sl_code code;

	for (;;) {
		struct sl_block b = { .run_id = run };

		code = next_pending(s, run, &no, &b.verdicts, &b.n, err);
		b.no = (uint32_t)no;
		if (code != SL_OK || b.n == 0 || no >= before) {
			free(b.verdicts);
			break;
		}
		for (uint32_t i = 0; i < b.n; i++)
			if (sl_verdict_of(b.verdicts[i]) == SL_V_PENDING)
				b.verdicts[i] |= mark;
		code = sl_store_verdicts_put(s, &b, err);
		free(b.verdicts);
		if (code != SL_OK)
			break;
	}
	return code;
}

enum sl_code
sl_store_run_doubt(struct sl_store *s, int64_t run_id, uint32_t before, struct sl_err *err)
{
	enum sl_code code = sl_store_writing(s, err);

	return code == SL_OK ? mark_pending(s, run_id, before, SL_V_DOUBT, err) : code;
}

/* ---- the accounting ------------------------------------------------------------------------- */

static enum sl_code
count_block(struct sl_store *s, const struct sl_q *q, struct account *a, struct sl_err *err)
{
	struct sl_block b = { .n = (uint32_t)sl_q_col_int(q, 2) };
	void *meta = NULL;
	enum sl_code code;

	if (b.n == 0 || b.n > SL_BLOCK_MAX)
		return sl_db_damaged(s->db, err, "the size of a block");
	b.verdicts = sl_block_verdicts(s, q, b.n, err);
	if (!b.verdicts)
		return err->code;
	sl_tally_add(&a->verdicts, b.verdicts, b.n);
	free(b.verdicts);
	code = sl_zip_unpack_new(s->zip, sl_q_col(q, 6), (size_t)b.n * SL_META, &meta);
	if (code == SL_E_NOMEM)
		return sl_fail(err, code, "state", "counting a run: out of memory");
	if (code != SL_OK)
		return sl_db_damaged(s->db, err, "a block of a run");
	sl_meta_ops(meta, b.n, a->ops);
	free(meta);
	a->events += b.n;
	a->blocks++;
	return SL_OK;
}

static enum sl_code
count_run(struct sl_store *s, int64_t run, struct account *a, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	*a = (struct account){ 0 };
	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.run=? ORDER BY b.no",
		   err);
	sl_q_int(&q, run);
	while (sl_q_row(&q)) {
		code = count_block(s, &q, a, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	code = sl_q_end(&q);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "SELECT sum(pending), sum(acked), sum(dead), sum(superseded), sum(cancelled),"
		   " sum(doubt) FROM ack WHERE run=?",
		   err);
	sl_q_int(&q, run);
	if (sl_q_row(&q)) {
		for (int v = SL_V_PENDING; v <= SL_V_CANCELLED; v++)
			a->columns.by[v] = (uint64_t)sl_q_col_int(&q, v);
		a->columns.doubt = (uint64_t)sl_q_col_int(&q, SL_V_CANCELLED + 1);
	}
	code = sl_q_end(&q);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "SELECT count(*) FROM dead WHERE run=?", err);
	sl_q_int(&q, run);
	if (sl_q_row(&q))
		a->dead_letters = (uint64_t)sl_q_col_int(&q, 0);
	return sl_q_end(&q);
}

/* The counters that moved with every write against the verdicts themselves. */
static enum sl_code
check_account(const struct sl_store *s, const struct sl_run *r, const struct account *a,
	      enum sl_run_state state, struct sl_err *err)
{
	const uint64_t *v = a->verdicts.by;
	uint64_t planned = r->adds + r->updates + r->removes;
	uint64_t final = v[SL_V_ACKED] + v[SL_V_DEAD] + v[SL_V_SUPERSEDED] + v[SL_V_CANCELLED];
	uint64_t pending = state == SL_RUN_PAUSED ? v[SL_V_PENDING] : 0;

	if (planned != final + pending || planned != a->events || r->adds != a->ops[SL_OP_ADD] ||
	    r->updates != a->ops[SL_OP_UPDATE] || r->removes != a->ops[SL_OP_REMOVE] ||
	    r->acked != v[SL_V_ACKED] || r->dead != v[SL_V_DEAD] ||
	    r->superseded != v[SL_V_SUPERSEDED] || r->cancelled != v[SL_V_CANCELLED])
		return sl_db_damaged(
			s->db, err,
			"run %lld does not add up: %llu planned, %llu acknowledged, %llu dead, "
			"%llu superseded, %llu cancelled, %llu pending",
			(long long)r->id, (unsigned long long)planned,
			(unsigned long long)v[SL_V_ACKED], (unsigned long long)v[SL_V_DEAD],
			(unsigned long long)v[SL_V_SUPERSEDED],
			(unsigned long long)v[SL_V_CANCELLED], (unsigned long long)v[SL_V_PENDING]);
	if (memcmp(&a->columns, &a->verdicts, sizeof(a->columns)) != 0)
		return sl_db_damaged(s->db, err, "the sums of the verdicts of run %lld",
				     (long long)r->id);
	if (a->dead_letters != v[SL_V_DEAD])
		return sl_db_damaged(s->db, err,
				     "run %lld gave up on %llu events but has %llu dead letters",
				     (long long)r->id, (unsigned long long)v[SL_V_DEAD],
				     (unsigned long long)a->dead_letters);
	return SL_OK;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* The caller's fields, with the counters as the state has them. */
static enum sl_code
with_counters(struct sl_store *s, const struct sl_run *from, struct sl_run *out, struct sl_err *err)
{
	struct sl_run kept;
	enum sl_code code = sl_store_run_get(s, from->id, &kept, err);

	if (code != SL_OK)
		return code;
	*out = *from;
	out->blocks = kept.blocks;
	out->adds = kept.adds;
	out->updates = kept.updates;
	out->removes = kept.removes;
	out->acked = kept.acked;
	out->dead = kept.dead;
	out->superseded = kept.superseded;
	out->cancelled = kept.cancelled;
	return SL_OK;
}

/* The snapshot as the run leaves it: folded where that is due, and its rows counted. */
static enum sl_code
settle_snapshot(struct sl_store *s, const char *sync, struct sl_err *err)
{
	uint64_t rows = 0;
	struct sl_q q;
	enum sl_code code = sl_fold(s, sync, &rows, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "UPDATE sync SET rows=? WHERE name=?", err);
	sl_q_int(&q, (int64_t)rows);
	sl_q_text(&q, sync);
	return sl_q_run(&q);
}

static enum sl_code
set_baseline(struct sl_store *s, const char *sync, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db, "UPDATE sync SET baseline=1 WHERE name=?", err);
	sl_q_text(&q, sync);
	return sl_q_run(&q);
}

static enum sl_code
end_run(struct sl_store *s, struct sl_run *r, enum sl_run_state state, enum sl_verdict rest,
	int64_t keep_us, struct sl_err *err)
{
	struct sl_run now;
	struct account a;
	enum sl_code code = SL_OK;

	if (rest != SL_V_PENDING)
		code = mark_pending(s, r->id, UINT32_MAX, (uint8_t)rest, err);
	sl_crashpoint("end-rest-settled");
	if (code == SL_OK)
		code = count_run(s, r->id, &a, err);
	if (code == SL_OK)
		code = with_counters(s, r, &now, err);
	if (code == SL_OK)
		code = check_account(s, &now, &a, state, err);
	sl_crashpoint("end-accounted");
	if (code != SL_OK)
		return code;
	now.state = state;
	if (state != SL_RUN_PAUSED && now.ended_us == 0)
		now.ended_us = sl_wall_us();
	code = sl_store_run_save(s, &now, err);
	if (code == SL_OK && now.cancelled > 0 && strcmp(now.kind, "retry") == 0)
		code = sl_dead_give_back(s, &now, err);
	if (code == SL_OK && state == SL_RUN_SETTLED && strcmp(now.kind, "retry") != 0)
		code = set_baseline(s, now.sync, err);
	/* Dead letters do not hold the place: they are in the state with their bytes, and all that
	 * makes a row worth another try (row, mapping, destination) reads it again. */
	if (code == SL_OK && state != SL_RUN_PAUSED)
		code = sl_cursor_end(s, now.sync, now.id,
				     state == SL_RUN_SETTLED && now.cancelled == 0, err);
	/* a paused run goes on later: its blocks stay as they are */
	if (code == SL_OK && state != SL_RUN_PAUSED && now.acked > 0)
		code = settle_snapshot(s, now.sync, err);
	if (code == SL_OK && state != SL_RUN_PAUSED)
		code = sl_erase_blocks(s, now.sync, keep_us, err);
	sl_crashpoint("erased");
	if (code == SL_OK)
		*r = now;
	return code;
}

enum sl_code
sl_store_run_end(struct sl_store *s, struct sl_run *run, enum sl_run_state state,
		 enum sl_verdict rest, int64_t keep_us, struct sl_err *err)
{
	enum sl_code code = sl_store_writing(s, err);
	struct sl_err ignored;

	if (code == SL_OK)
		code = sl_db_exec(s->db, "SAVEPOINT run_end", err);
	if (code != SL_OK)
		return code;
	code = end_run(s, run, state, rest, keep_us, err);
	if (code == SL_OK)
		return sl_db_exec(s->db, "RELEASE run_end", err);
	/* A full disk may have ended the whole transaction already. */
	if (sl_db_in_transaction(s->db))
		(void)!sl_db_exec(s->db, "ROLLBACK TO run_end; RELEASE run_end", &ignored);
	return code;
}
