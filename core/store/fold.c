/* fold.c - the parts of a snapshot are written anew, with the log folded in. */
#include "core/store/merge.h"
#include "core/store/part.h"

#include "core/base/crashpoint.h"

/* A block that is read at every load costs about as much as this many of its events. */
#define BLOCK_COST 64

/* Has what is not folded grown past a quarter of the parts? */
static enum sl_code
is_due(struct sl_store *s, const char *sync, const struct sl_fold *fold, bool *due,
       struct sl_err *err)
{
	struct sl_unfolded u = { 0 };
	uint64_t base = 0;
	enum sl_code code = sl_unfolded(s, sync, fold->mark, &u, err);

	if (code == SL_OK)
		code = sl_parts_count(s, sync, fold->gen, &base, err);
	*due = code == SL_OK && u.acked > 0 && u.acked + u.blocks * BLOCK_COST > base / 4;
	return code;
}

/* How far the log can be folded: up to the first block that still has pending events. *all: there is none. */
static enum sl_code
fold_end(struct sl_store *s, const char *sync, struct sl_mark from, struct sl_mark *to, bool *all,
	 struct sl_err *err)
{
	struct sl_q q;
	bool more;

	*to = from;
	sl_q_start(&q, s->db,
		   "SELECT b.run, b.no, a.pending FROM block b CROSS JOIN ack a ON a.run=b.run AND "
		   "a.no=b.no"
		   " WHERE b.sync=? AND (b.run, b.no)>=(?, ?) ORDER BY b.run, b.no",
		   err);
	sl_q_text(&q, sync);
	sl_q_int(&q, from.run);
	sl_q_int(&q, from.no);
	while ((more = sl_q_row(&q)) && sl_q_col_int(&q, 2) == 0)
		*to = (struct sl_mark){ sl_q_col_int(&q, 0), sl_q_col_int(&q, 1) + 1 };
	*all = !more;
	return sl_q_end(&q);
}

struct rewrite {
	struct sl_part_writer *w;
	uint64_t rows; /* that are not removed */
};

static enum sl_code
write_entry(void *arg, const struct sl_snap *e, struct sl_str text, struct sl_err *err)
{
	struct rewrite *r = arg;
	const bool there = sl_snap_is_there(e);

	r->rows += there;
	/* nobody asks for the key of a row that is gone */
	return sl_part_add(r->w, e, there ? text : SL_LIT(""), err);
}

/* The new generation is what counts from now on. */
static enum sl_code
switch_to(struct sl_store *s, const char *sync, int64_t gen, struct sl_mark mark,
	  struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db, "UPDATE sync SET gen=?, fold_run=?, fold_no=? WHERE name=?", err);
	sl_q_int(&q, gen);
	sl_q_int(&q, mark.run);
	sl_q_int(&q, mark.no);
	sl_q_text(&q, sync);
	code = sl_q_run(&q);
	if (code != SL_OK)
		return code;
	sl_crashpoint("fold-switched");
	sl_q_start(&q, s->db, "DELETE FROM part WHERE sync=? AND gen<>?", err);
	sl_q_text(&q, sync);
	sl_q_int(&q, gen);
	return sl_q_run(&q);
}

static enum sl_code
rewrite(struct sl_store *s, const char *sync, const struct sl_fold *fold, struct sl_mark to,
	uint64_t *rows, struct sl_err *err)
{
	struct rewrite r = { 0 };
	const struct sl_merge_spec m = { .sync = sync,
					 .fold = *fold,
					 .to = to,
					 .texts = true,
					 .drop = true,
					 .entry = write_entry,
					 .arg = &r };
	enum sl_code code = sl_part_writer_new(s, sync, fold->gen + 1, &r.w, err);

	if (code == SL_OK)
		code = sl_merge(s, &m, err);
	if (code == SL_OK)
		code = sl_part_flush(r.w, err);
	sl_crashpoint("fold-parts-written");
	sl_part_writer_free(r.w);
	*rows = r.rows;
	return code == SL_OK ? switch_to(s, sync, fold->gen + 1, to, err) : code;
}

static enum sl_code
count_entry(void *arg, const struct sl_snap *e, struct sl_str text, struct sl_err *err)
{
	uint64_t *rows = arg;

	(void)text;
	(void)err;
	*rows += sl_snap_is_there(e);
	return SL_OK;
}

static enum sl_code
count(struct sl_store *s, const char *sync, const struct sl_fold *fold, uint64_t *rows,
      struct sl_err *err)
{
	const struct sl_merge_spec m = {
		.sync = sync, .fold = *fold, .to = SL_MARK_END, .entry = count_entry, .arg = rows
	};

	*rows = 0;
	return sl_merge(s, &m, err);
}

enum sl_code
sl_fold(struct sl_store *s, const char *sync, uint64_t *rows, struct sl_err *err)
{
	struct sl_fold fold;
	struct sl_mark to;
	bool due = false, all = false;
	enum sl_code code = sl_fold_get(s, sync, &fold, err);

	if (code == SL_OK)
		code = is_due(s, sync, &fold, &due, err);
	sl_crashpoint("fold-before");
	if (code == SL_OK && due)
		code = fold_end(s, sync, fold.mark, &to, &all, err);
	due = due && code == SL_OK && (to.run != fold.mark.run || to.no != fold.mark.no);
	if (due)
		code = rewrite(s, sync, &fold, to, rows, err);
	sl_crashpoint("fold-after");
	if (code != SL_OK || (due && all))
		return code;
	code = sl_fold_get(s, sync, &fold, err);
	return code == SL_OK ? count(s, sync, &fold, rows, err) : code;
}
