/* tidy.c - when nobody waits: pages that were erased are given back, and the WAL is cut off, so that
 * nothing of an erased event is left in either. secure_delete has overwritten the pages, but their old
 * form stays in the WAL until it is emptied. */
#include "core/store/state.h"

#define FEW  64  /* pages: fewer free ones stay for what is written next */
#define SOME 256 /* pages given back at once: 4 MiB */
#define SOME_OF                                                                                    \
	8        /* free pages may be the 8th part of the file; once they are more, they go until */
#define LEAVE 64 /* they are the 64th part */

static enum sl_code
number(struct sl_store *s, struct sl_q *q, int64_t *out)
{
	(void)s;
	*out = 0;
	if (sl_q_row(q))
		*out = sl_q_col_int(q, 0);
	return sl_q_end(q);
}

static enum sl_code
count_pages(struct sl_store *s, int64_t *free_pages, int64_t *pages, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db, "PRAGMA freelist_count", err);
	code = number(s, &q, free_pages);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "PRAGMA page_count", err);
	return number(s, &q, pages);
}

static enum sl_code
give_back(struct sl_store *s, bool *more, struct sl_err *err)
{
	int64_t free_pages = 0, pages = 0, left = 0;
	enum sl_code code = count_pages(s, &free_pages, &pages, err);

	if (code != SL_OK)
		return code;
	s->giving = free_pages > FEW && free_pages > pages / (s->giving ? LEAVE : SOME_OF);
	if (!s->giving)
		return SL_OK;
	code = sl_store_begin(s, err);
	if (code == SL_OK)
		code = sl_db_shrink(s->db, SOME, err);
	if (code == SL_OK)
		code = sl_store_commit(s, err);
	sl_store_rollback(s);
	if (code == SL_OK)
		code = count_pages(s, &left, &pages, err);
	/* A file that was made before files could shrink stays as it is. */
	*more = code == SL_OK && left < free_pages;
	return code;
}

enum sl_code
sl_store_tidy(struct sl_store *s, bool *more, struct sl_err *err)
{
	bool done = false;
	enum sl_code code;

	*more = false;
	if (s->lost || s->lock_fd < 0)
		return SL_OK;
	code = give_back(s, more, err);
	if (code == SL_OK && !*more && sl_db_wal_bytes(s->db) > 0)
		code = sl_db_empty_wal(s->db, &done, err);
	return code;
}
