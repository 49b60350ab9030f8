/* cursor.c - where the reads of syncs with a cursor start. Run 0 is the place; the row of a run that is
 * not over says what the place will be when it has settled. */
#include "core/store/state.h"

#include "core/base/crashpoint.h"

/* Of a text of the state, a copy; NULL stays NULL. */
static bool
keep_text(const struct sl_q *q, int col, struct sl_arena *a, struct sl_str *out)
{
	struct sl_str s = sl_q_col(q, col);

	*out = (struct sl_str){ 0 };
	if (sl_q_col_null(q, col))
		return true;
	*out = (struct sl_str){ sl_arena_strndup(a, s.ptr ? s.ptr : "", s.len), s.len };
	return out->ptr != NULL;
}

enum sl_code
sl_store_cursor_get(struct sl_store *s, const char *sync, struct sl_arena *a,
		    struct sl_cursor_place *out, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	*out = (struct sl_cursor_place){ 0 };
	sl_q_start(&q, s->db,
		   "SELECT spec, low, next, open, xmax, at_us, origin, dest FROM cursor"
		   " WHERE sync=? AND run=0",
		   err);
	sl_q_text(&q, sync);
	if (sl_q_row(&q)) {
		found = true;
		out->spec = sl_q_col_digest(&q, 0);
		out->xmax = (uint64_t)sl_q_col_int(&q, 4);
		out->at_us = sl_q_col_int(&q, 5);
		out->dest = (uint32_t)sl_q_col_int(&q, 7);
		if (!keep_text(&q, 1, a, &out->low) || !keep_text(&q, 2, a, &out->next) ||
		    !keep_text(&q, 3, a, &out->open) || !keep_text(&q, 6, a, &out->origin))
			sl_q_stop(&q, sl_fail(err, SL_E_NOMEM, "state", "no memory for a place"));
	}
	code = sl_q_end(&q);
	if (code == SL_OK && !found)
		return sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "no read of the sync %s has settled yet", sync);
	return code;
}

/* sl_q_str() binds an empty text where there is no pointer. */
static void
put_text(struct sl_q *q, struct sl_str s)
{
	if (s.ptr)
		sl_q_str(q, s);
	else
		sl_q_text(q, NULL);
}

/* What runs other than this one have put goes: only one run of a sync is open at a time. */
static enum sl_code
forget_others(struct sl_store *s, const char *sync, int64_t run, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db, "DELETE FROM cursor WHERE sync=? AND run<>0 AND run<>?", err);
	sl_q_text(&q, sync);
	sl_q_int(&q, run);
	return sl_q_run(&q);
}

enum sl_code
sl_store_cursor_put(struct sl_store *s, const char *sync, int64_t run,
		    const struct sl_cursor_place *p, struct sl_err *err)
{
	const struct sl_str empty = SL_LIT("");
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code == SL_OK)
		code = forget_others(s, sync, run, err);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "INSERT OR REPLACE INTO cursor(sync, run, spec, low, next, open, xmax, at_us,"
		   " origin, dest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   err);
	sl_q_text(&q, sync);
	sl_q_int(&q, run);
	sl_q_digest(&q, p->spec);
	put_text(&q, p->low);
	put_text(&q, p->next);
	sl_q_str(&q, p->open.ptr ? p->open : empty);
	sl_q_int(&q, (int64_t)p->xmax);
	sl_q_int(&q, p->at_us);
	sl_q_str(&q, p->origin.ptr ? p->origin : empty);
	sl_q_int(&q, p->dest);
	return sl_q_run(&q);
}

static enum sl_code
make_present(struct sl_store *s, const char *sync, int64_t run, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "DELETE FROM cursor WHERE sync=?1 AND run=0"
		   " AND EXISTS (SELECT 1 FROM cursor WHERE sync=?1 AND run=?2)",
		   err);
	sl_q_text(&q, sync);
	sl_q_int(&q, run);
	code = sl_q_run(&q);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "UPDATE cursor SET run=0 WHERE sync=? AND run=?", err);
	sl_q_text(&q, sync);
	sl_q_int(&q, run);
	return sl_q_run(&q);
}

enum sl_code
sl_cursor_end(struct sl_store *s, const char *sync, int64_t run, bool keep, struct sl_err *err)
{
	struct sl_q q;

	sl_crashpoint("cursor-promote");
	if (keep)
		return make_present(s, sync, run, err);
	sl_q_start(&q, s->db, "DELETE FROM cursor WHERE sync=? AND run=?", err);
	sl_q_text(&q, sync);
	sl_q_int(&q, run);
	return sl_q_run(&q);
}
