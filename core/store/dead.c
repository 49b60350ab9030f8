/* dead.c - dead letters: events that were given up on, until somebody or a newer event resolves them. */
#include "core/store/state.h"

#include "core/base/clock.h"

#include <stdlib.h>

/* The order of read_dead(). */
#define COLUMNS                                                                                    \
	"id, run, block_no, idx, sync, key, row, version, op, status, tries, at_us, resolved_us,"  \
	" reason, detail, coalesce(resolution, ''), key_text, body"

enum sl_code
sl_store_dead_put(struct sl_store *s, const struct sl_dead *d, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "INSERT INTO dead(run, block_no, idx, sync, key, row, version, op, status, "
		   "tries, at_us,"
		   " resolved_us, reason, detail, key_text, body, dest)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
		   err);
	sl_q_int(&q, d->run_id);
	sl_q_int(&q, d->block_no);
	sl_q_int(&q, d->idx);
	sl_q_text(&q, d->sync);
	sl_q_digest(&q, d->event.key);
	sl_q_digest(&q, d->event.row);
	sl_q_int(&q, d->event.version);
	sl_q_int(&q, d->event.op);
	sl_q_int(&q, d->status);
	sl_q_int(&q, d->tries);
	sl_q_int(&q, d->at_us);
	sl_q_str(&q, d->reason);
	sl_q_blob(&q, d->detail.ptr, d->detail.len);
	sl_q_blob(&q, d->key_text.ptr, d->key_text.len);
	sl_q_blob(&q, d->body.ptr, d->body.len);
	sl_q_int(&q, d->dest);
	return sl_q_run(&q);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool
copy(const struct sl_q *q, int col, struct sl_arena *a, struct sl_str *out)
{
	struct sl_str s = sl_q_col(q, col);
	char *p = sl_arena_strndup(a, s.ptr, s.len);

	*out = (struct sl_str){ p, p ? s.len : 0 };
	return p != NULL;
}

static enum sl_code
read_dead(const struct sl_q *q, struct sl_arena *a, struct sl_dead *d)
{
	*d = (struct sl_dead){ .id = sl_q_col_int(q, 0),
			       .run_id = sl_q_col_int(q, 1),
			       .block_no = (uint32_t)sl_q_col_int(q, 2),
			       .idx = (uint32_t)sl_q_col_int(q, 3),
			       .event = { .key = sl_q_col_digest(q, 5),
					  .row = sl_q_col_digest(q, 6),
					  .version = (uint32_t)sl_q_col_int(q, 7),
					  .op = (uint8_t)sl_q_col_int(q, 8) },
			       .status = (int)sl_q_col_int(q, 9),
			       .tries = (unsigned)sl_q_col_int(q, 10),
			       .at_us = sl_q_col_int(q, 11),
			       .resolved_us = sl_q_col_int(q, 12) };
	sl_q_col_copy(q, 4, d->sync, sizeof d->sync);
	if (copy(q, 13, a, &d->reason) && copy(q, 14, a, &d->detail) &&
	    copy(q, 15, a, &d->resolution) && copy(q, 16, a, &d->key_text) &&
	    copy(q, 17, a, &d->body))
		return SL_OK;
	return sl_fail(q->err, SL_E_NOMEM, "state", "reading dead letters: out of memory");
}

/* The row that a query finds, if there is one; ends the query. */
static enum sl_code
read_one(struct sl_q *q, struct sl_arena *a, struct sl_dead *out, bool *found)
{
	*found = sl_q_row(q);
	if (*found) {
		enum sl_code code = read_dead(q, a, out);
		if (code != SL_OK)
			sl_q_stop(q, code);
	}
	return sl_q_end(q);
}

enum sl_code
sl_store_dead_get(struct sl_store *s, int64_t id, struct sl_arena *a, struct sl_dead *out,
		  struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT " COLUMNS " FROM dead WHERE id=?", err);
	sl_q_int(&q, id);
	code = read_one(&q, a, out, &found);
	if (code == SL_OK && !found)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "there is no dead letter %lld", (long long)id);
	return code;
}

/* ?1 id, ?2 only open, ?3 sync, ?4 text, ?5 status, ?6 since; empty = any. */
#define LIKE                                                                                       \
	" FROM dead WHERE id<?1 AND (NOT ?2 OR resolution IS NULL)"                                \
	" AND (?4='' OR instr(lower(reason), lower(?4))>0"                                         \
	"  OR instr(lower(CAST(detail AS TEXT)), lower(?4))>0)"                                    \
	" AND (?5=0 OR status=?5) AND at_us>=?6"

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_dead_find(struct sl_store *s, const struct sl_dead_like *like, int64_t before,
		   uint32_t max, struct sl_arena *a, struct sl_dead **out, uint32_t *n,
		   struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	*n = 0;
	*out = SL_NEW(a, struct sl_dead, max);
	if (!*out)
		return sl_fail(err, SL_E_NOMEM, "state", "reading dead letters: out of memory");
	/* Two texts, since the index is of no use where any sync will do. */
	if (like->sync)
		sl_q_start(&q, s->db,
			   "SELECT " COLUMNS LIKE " AND sync=?3 ORDER BY id DESC LIMIT ?7", err);
	else
		sl_q_start(&q, s->db, "SELECT " COLUMNS LIKE " AND ?3='' ORDER BY id DESC LIMIT ?7",
			   err);
	sl_q_int(&q, before > 0 ? before : INT64_MAX);
	sl_q_int(&q, like->only_open);
	sl_q_text(&q, like->sync ? like->sync : "");
	sl_q_text(&q, like->text ? like->text : "");
	sl_q_int(&q, like->status);
	sl_q_int(&q, like->since_us);
	sl_q_int(&q, max);
	while (*n < max && sl_q_row(&q)) {
		code = read_dead(&q, a, &(*out)[*n]);
		if (code != SL_OK)
			sl_q_stop(&q, code);
		else
			(*n)++;
	}
	return sl_q_end(&q);
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_dead_list(struct sl_store *s, const char *sync, bool only_open, int64_t before,
		   uint32_t max, struct sl_arena *a, struct sl_dead **out, uint32_t *n,
		   struct sl_err *err)
{
	const struct sl_dead_like like = { .sync = sync, .only_open = only_open };

	return sl_store_dead_find(s, &like, before, max, a, out, n, err);
}

enum sl_code
sl_store_dead_of(struct sl_store *s, const struct sl_event_place *at, struct sl_arena *a,
		 struct sl_dead *out, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "SELECT " COLUMNS " FROM dead WHERE run=? AND block_no=? AND idx=?"
		   " ORDER BY id DESC LIMIT 1",
		   err);
	sl_q_int(&q, at->run_id);
	sl_q_int(&q, at->block_no);
	sl_q_int(&q, at->idx);
	code = read_one(&q, a, out, &found);
	if (code == SL_OK && !found)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "no dead letter is of this event");
	return code;
}

enum sl_code
sl_store_dead_count(struct sl_store *s, const char *sync, uint64_t *open, struct sl_err *err)
{
	struct sl_q q;

	*open = 0;
	if (sync)
		sl_q_start(&q, s->db,
			   "SELECT count(*) FROM dead WHERE resolution IS NULL AND sync=?", err);
	else
		sl_q_start(&q, s->db, "SELECT count(*) FROM dead WHERE resolution IS NULL", err);
	if (sync)
		sl_q_text(&q, sync);
	if (sl_q_row(&q))
		*open = (uint64_t)sl_q_col_int(&q, 0);
	return sl_q_end(&q);
}

static bool
grow(struct sl_snap **list, size_t *cap)
{
	size_t want = *cap ? *cap * 2 : 64;
	struct sl_snap *p = realloc(*list, want * sizeof *p);

	if (!p)
		return false;
	*list = p;
	*cap = want;
	return true;
}

enum sl_code
sl_store_dead_snaps(struct sl_store *s, const char *sync, struct sl_snap **out, size_t *n,
		    struct sl_err *err)
{
	struct sl_snap *list = NULL;
	size_t cap = 0, used = 0;
	struct sl_q q;
	enum sl_code code;

	*out = NULL;
	*n = 0;
	sl_q_start(&q, s->db,
		   "SELECT key, row, version, CASE WHEN resolution IS NULL THEN dest ELSE 0 END"
		   " FROM dead WHERE sync=?1 AND (resolution IS NULL"
		   " OR (resolution LIKE 'discarded%'"
		   "  AND run >= (SELECT epoch_run FROM sync WHERE name=?1)))"
		   " ORDER BY key, id",
		   err);
	sl_q_text(&q, sync);
	while (sl_q_row(&q)) {
		struct sl_snap d = { .key = sl_q_col_digest(&q, 0),
				     .row = sl_q_col_digest(&q, 1),
				     .version = (uint32_t)sl_q_col_int(&q, 2),
				     .seen = (uint32_t)sl_q_col_int(&q, 3) };

		if (used > 0 && sl_digest_eq(list[used - 1].key, d.key))
			used--; /* the newest of a key stands */
		if (used == cap && !grow(&list, &cap))
			sl_q_stop(&q, sl_fail(err, SL_E_NOMEM, "state",
					      "reading dead letters: out of memory"));
		else
			list[used++] = d;
	}
	code = sl_q_end(&q);
	if (code != SL_OK) {
		free(list);
		return code;
	}
	*out = list;
	*n = used;
	return SL_OK;
}

/* ---- resolving ------------------------------------------------------------------------------ */

enum sl_code
sl_store_dead_resolve(struct sl_store *s, int64_t id, const char *resolution, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "UPDATE dead SET resolution=?, resolved_us=? WHERE id=? AND resolution IS NULL",
		   err);
	sl_q_text(&q, resolution);
	sl_q_int(&q, sl_wall_us());
	sl_q_int(&q, id);
	code = sl_q_run(&q);
	if (code == SL_OK && sl_db_changes(s->db) == 0)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "there is no open dead letter %lld", (long long)id);
	return code;
}

enum sl_code
sl_store_dead_reopen(struct sl_store *s, int64_t id, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "UPDATE dead SET resolution=NULL, resolved_us=0 WHERE id=?"
		   " AND resolution LIKE 'discarded%'"
		   " AND run>=(SELECT epoch_run FROM sync WHERE name=dead.sync)"
		   " AND id=(SELECT max(id) FROM dead d WHERE d.sync=dead.sync AND d.key=dead.key)",
		   err);
	sl_q_int(&q, id);
	code = sl_q_run(&q);
	if (code == SL_OK && sl_db_changes(s->db) == 0)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "dead letter %lld was not discarded, or is out of date",
			       (long long)id);
	return code;
}

enum sl_code
sl_store_dead_replaced(struct sl_store *s, const char *sync, const struct sl_digest *keys, size_t n,
		       const char *resolution, struct sl_err *err)
{
	int64_t now = sl_wall_us();
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	for (size_t i = 0; code == SL_OK && i < n; i++) {
		sl_q_start(&q, s->db,
			   "UPDATE dead SET resolution=?, resolved_us=?"
			   " WHERE sync=? AND key=? AND resolution IS NULL",
			   err);
		sl_q_text(&q, resolution);
		sl_q_int(&q, now);
		sl_q_text(&q, sync);
		sl_q_digest(&q, keys[i]);
		code = sl_q_run(&q);
	}
	return code;
}

enum sl_code
sl_dead_resolve_all(struct sl_store *s, const char *sync, const char *resolution,
		    struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(
		&q, s->db,
		"UPDATE dead SET resolution=?, resolved_us=? WHERE sync=? AND resolution IS NULL",
		err);
	sl_q_text(&q, resolution);
	sl_q_int(&q, sl_wall_us());
	sl_q_text(&q, sync);
	return sl_q_run(&q);
}
