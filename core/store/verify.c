/* verify.c - is every blob of a state what was written, and does every run add up? */
#include "core/store/block.h"
#include "core/store/part.h"

#include <stdlib.h>

static enum sl_code
check_row(struct sl_store *s, const struct sl_q *q, struct sl_err *err)
{
	struct sl_block *b = NULL;
	uint8_t *verdicts;
	uint32_t n = 0;
	enum sl_code code;

	if (!sl_block_digests(s, q, &n, err))
		return err->code;
	verdicts = sl_block_verdicts(s, q, n, err);
	if (!verdicts)
		return err->code;
	free(verdicts);
	code = sl_block_row(s, q, &b, err);
	sl_block_free(b);
	return code == SL_E_NOTFOUND ? SL_OK : code; /* its body was erased */
}

static enum sl_code
check_blocks(struct sl_store *s, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no",
		   err);
	while (sl_q_row(&q)) {
		code = check_row(s, &q, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

static enum sl_code
check_parts(struct sl_store *s, struct sl_err *err)
{
	struct sl_part part;
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT " SL_PART_COLUMNS " FROM part", err);
	while (sl_q_row(&q)) {
		code = sl_part_row(s, &q, true, &part, err);
		sl_part_free(&part);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

/* A count that must be 0. */
static enum sl_code
none(struct sl_q *q, struct sl_store *s, const char *what, struct sl_err *err)
{
	if (sl_q_row(q) && sl_q_col_int(q, 0) != 0)
		sl_q_stop(q, sl_db_damaged(s->db, err, "%s", what));
	return sl_q_end(q);
}

static enum sl_code
check_sums(struct sl_store *s, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "SELECT (SELECT count(*) FROM block b WHERE NOT EXISTS"
		   " (SELECT 1 FROM ack a WHERE a.run=b.run AND a.no=b.no))"
		   " + (SELECT count(*) FROM ack a WHERE NOT EXISTS"
		   " (SELECT 1 FROM block b WHERE a.run=b.run AND a.no=b.no))",
		   err);
	code = none(&q, s, "events and their verdicts do not belong together", err);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "SELECT count(*) FROM run WHERE adds+updates+removes <> "
		   "acked+dead+superseded+cancelled"
		   " + (SELECT coalesce(sum(pending), 0) FROM ack WHERE ack.run=run.id)",
		   err);
	return none(&q, s, "a run does not add up", err);
}

enum sl_code
sl_store_verify(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code = sl_db_check(s->db, err);

	if (code == SL_OK)
		code = check_blocks(s, err);
	if (code == SL_OK)
		code = check_parts(s, err);
	return code == SL_OK ? check_sums(s, err) : code;
}
