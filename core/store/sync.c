/* sync.c - what the state knows of a sync: identity, epoch, how far its log is folded. */
#include "core/store/state.h"

static enum sl_code
unknown(const struct sl_store *s, const char *sync, struct sl_err *err)
{
	return sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db), "the state knows no sync %s", sync);
}

static enum sl_code
read_state(struct sl_store *s, const char *sync, struct sl_sync_state *out, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "SELECT identity, epoch, rows, baseline,"
		   " (SELECT coalesce(max(id), 0) FROM run WHERE run.sync=sync.name)"
		   " FROM sync WHERE name=?",
		   err);
	sl_q_text(&q, sync);
	if (sl_q_row(&q)) {
		found = true;
		*out = (struct sl_sync_state){ .identity = sl_q_col_digest(&q, 0),
					       .epoch = (uint32_t)sl_q_col_int(&q, 1),
					       .rows = (uint64_t)sl_q_col_int(&q, 2),
					       .baseline = sl_q_col_int(&q, 3) != 0,
					       .last_run_id = sl_q_col_int(&q, 4) };
	}
	code = sl_q_end(&q);
	return code == SL_OK && !found ? unknown(s, sync, err) : code;
}

enum sl_code
sl_store_sync_get(struct sl_store *s, const char *sync, struct sl_sync_state *out,
		  struct sl_err *err)
{
	return read_state(s, sync, out, err);
}

enum sl_code
sl_fold_get(struct sl_store *s, const char *sync, struct sl_fold *out, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT epoch_run, gen, fold_run, fold_no FROM sync WHERE name=?",
		   err);
	sl_q_text(&q, sync);
	if (sl_q_row(&q)) {
		found = true;
		*out = (struct sl_fold){ .epoch_run = sl_q_col_int(&q, 0),
					 .gen = sl_q_col_int(&q, 1),
					 .mark = { sl_q_col_int(&q, 2), sl_q_col_int(&q, 3) } };
	}
	code = sl_q_end(&q);
	return code == SL_OK && !found ? unknown(s, sync, err) : code;
}

static enum sl_code
add_sync(struct sl_store *s, const char *sync, struct sl_digest identity, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db,
		   "INSERT INTO sync(name, identity, epoch, epoch_run, rows, baseline, gen, "
		   "fold_run, fold_no)"
		   " VALUES(?, ?, 1, 0, 0, 0, 1, 0, 0)",
		   err);
	sl_q_text(&q, sync);
	sl_q_digest(&q, identity);
	return sl_q_run(&q);
}

/* Another destination or other keys: what was acknowledged there says nothing here. Blocks written so
 * far fall before the new epoch. */
static enum sl_code
new_epoch(struct sl_store *s, const char *sync, struct sl_digest identity, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "WITH next(run) AS (SELECT coalesce(max(run), 0) + 1 FROM block WHERE sync=?1)"
		   " UPDATE sync SET identity=?2, epoch=epoch+1, rows=0, baseline=0, gen=gen+1,"
		   " epoch_run=(SELECT run FROM next), fold_run=(SELECT run FROM next), fold_no=0"
		   " WHERE name=?1",
		   err);
	sl_q_text(&q, sync);
	sl_q_digest(&q, identity);
	code = sl_q_run(&q);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "DELETE FROM part WHERE sync=?", err);
	sl_q_text(&q, sync);
	code = sl_q_run(&q);
	return code == SL_OK ? sl_dead_resolve_all(s, sync, "sync was changed", err) : code;
}

enum sl_code
sl_store_sync(struct sl_store *s, const char *sync, struct sl_digest identity,
	      struct sl_sync_state *out, struct sl_err *err)
{
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	code = read_state(s, sync, out, err);
	if (code == SL_OK && sl_digest_eq(out->identity, identity))
		return SL_OK;
	if (code == SL_E_NOTFOUND)
		code = add_sync(s, sync, identity, err);
	else if (code == SL_OK)
		code = new_epoch(s, sync, identity, err);
	return code == SL_OK ? read_state(s, sync, out, err) : code;
}

enum sl_code
sl_store_sync_names(struct sl_store *s, struct sl_arena *a, struct sl_str **out, uint32_t *n,
		    struct sl_err *err)
{
	struct sl_q q;
	int64_t count = 0;
	bool own;
	enum sl_code code = sl_store_read_begin(s, &own, err);

	*n = 0;
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "SELECT count(*) FROM sync", err);
	if (sl_q_row(&q))
		count = sl_q_col_int(&q, 0);
	code = sl_q_end(&q);
	*out = SL_NEW(a, struct sl_str, (size_t)count + 1);
	if (code == SL_OK && !*out)
		code = sl_fail(err, SL_E_NOMEM, "state", "no memory for the names of syncs");
	if (code == SL_OK) {
		sl_q_start(&q, s->db, "SELECT name FROM sync ORDER BY name", err);
		while (*n < count && sl_q_row(&q)) {
			const struct sl_str name = sl_q_col(&q, 0);

			(*out)[*n].ptr = sl_arena_strndup(a, name.ptr, name.len);
			(*out)[*n].len = name.len;
			*n += (*out)[*n].ptr != NULL;
		}
		code = sl_q_end(&q);
	}
	sl_store_read_end(s, own);
	return code;
}
