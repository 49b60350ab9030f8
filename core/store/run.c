/* run.c - the rows of runs. Their end is in settle.c. */
#include "core/store/state.h"

/* The order of read_run(). */
#define COLUMNS                                                                                    \
	"id, sync, kind, by, state, epoch, blocks, planned_all, removes_held, started_us, "        \
	"planned_us,"                                                                              \
	" ended_us, rows_read, same, still_dead, skipped, adds, updates, removes, acked, dead,"    \
	" superseded, cancelled, requests, retries, bytes_sent, null_cursors, error, details, "    \
	"promise, plan, live, since_us, waited_us"

const char *
sl_run_state_name(enum sl_run_state s)
{
	static const char *const names[] = { "new",     "planning", "held",   "delivering",
					     "settled", "failed",   "paused", "cancelled" };

	return (size_t)s < SL_COUNT(names) ? names[s] : "?";
}

static uint64_t
count_of(const struct sl_q *q, int *col)
{
	int64_t v = sl_q_col_int(q, (*col)++);

	return v > 0 ? (uint64_t)v : 0;
}

static void
read_run(const struct sl_q *q, struct sl_run *r)
{
	uint64_t *const counts[] = { &r->rows_read, &r->same,       &r->still_dead,  &r->skipped,
				     &r->adds,      &r->updates,    &r->removes,     &r->acked,
				     &r->dead,      &r->superseded, &r->cancelled,   &r->requests,
				     &r->retries,   &r->bytes_sent, &r->null_cursors };
	int64_t state = sl_q_col_int(q, 4);
	int col = 12;

	*r = (struct sl_run){ .id = sl_q_col_int(q, 0),
			      .state = state >= SL_RUN_NEW && state <= SL_RUN_CANCELLED
					       ? (enum sl_run_state)state
					       : SL_RUN_FAILED,
			      .epoch = (uint32_t)sl_q_col_int(q, 5),
			      .blocks = (uint32_t)sl_q_col_int(q, 6),
			      .planned_all = sl_q_col_int(q, 7) != 0,
			      .removes_held = sl_q_col_int(q, 8) != 0,
			      .started_us = sl_q_col_int(q, 9),
			      .planned_us = sl_q_col_int(q, 10),
			      .ended_us = sl_q_col_int(q, 11) };
	sl_q_col_copy(q, 1, r->sync, sizeof r->sync);
	sl_q_col_copy(q, 2, r->kind, sizeof r->kind);
	sl_q_col_copy(q, 3, r->by, sizeof r->by);
	for (size_t i = 0; i < SL_COUNT(counts); i++)
		*counts[i] = count_of(q, &col);
	sl_q_col_copy(q, col, r->error, sizeof r->error);
	sl_q_col_copy(q, col + 1, r->details, sizeof r->details);
	sl_q_col_copy(q, col + 2, r->promise, sizeof r->promise);
	sl_q_col_copy(q, col + 3, r->plan, sizeof r->plan);
	col += 4;
	r->live = count_of(q, &col);
	r->since_us = sl_q_col_int(q, col++);
	r->waited_us = sl_q_col_int(q, col);
}

/* The parameters that run_new and run_save have in common, in this order. */
static void
bind_run(struct sl_q *q, const struct sl_run *r)
{
	const uint64_t counts[] = { r->rows_read, r->same,    r->still_dead, r->skipped,
				    r->requests,  r->retries, r->bytes_sent, r->null_cursors };

	sl_q_int(q, r->state);
	sl_q_int(q, r->epoch);
	sl_q_int(q, r->planned_all);
	sl_q_int(q, r->removes_held);
	sl_q_int(q, r->started_us);
	sl_q_int(q, r->planned_us);
	sl_q_int(q, r->ended_us);
	for (size_t i = 0; i < SL_COUNT(counts); i++)
		sl_q_int(q, (int64_t)counts[i]);
	sl_q_text(q, r->error);
	sl_q_text(q, r->details);
	sl_q_text(q, r->promise);
	sl_q_text(q, r->plan);
	sl_q_int(q, (int64_t)r->live);
	sl_q_int(q, r->since_us);
	sl_q_int(q, r->waited_us);
}

enum sl_code
sl_store_run_new(struct sl_store *s, struct sl_run *run, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(
		&q, s->db,
		"INSERT INTO run(state, epoch, planned_all, removes_held, started_us, planned_us, "
		"ended_us,"
		" rows_read, same, still_dead, skipped, requests, retries, bytes_sent, "
		"null_cursors, error, details, promise, plan, live, since_us, waited_us, sync, "
		"kind, by)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?)",
		err);
	bind_run(&q, run);
	sl_q_text(&q, run->sync);
	sl_q_text(&q, run->kind);
	sl_q_text(&q, run->by);
	code = sl_q_run(&q);
	if (code == SL_OK)
		run->id = sl_db_last_id(s->db);
	return code;
}

static enum sl_code
no_run(const struct sl_store *s, int64_t id, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db), "there is no run %lld", (long long)id);
	return sl_err_hint(err, "sluice status lists the syncs, sluice status SYNC its runs");
}

enum sl_code
sl_store_run_save(struct sl_store *s, const struct sl_run *run, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "UPDATE run SET state=?, epoch=?, planned_all=?, removes_held=?, started_us=?,"
		   " planned_us=?, ended_us=?, rows_read=?, same=?, still_dead=?, skipped=?, "
		   "requests=?,"
		   " retries=?, bytes_sent=?, null_cursors=?, error=?, details=?, promise=?, "
		   "plan=?, live=?, "
		   "since_us=?, waited_us=? "
		   "WHERE id=?",
		   err);
	bind_run(&q, run);
	sl_q_int(&q, run->id);
	code = sl_q_run(&q);
	if (code == SL_OK && sl_db_changes(s->db) == 0)
		code = no_run(s, run->id, err);
	return code;
}

enum sl_code
sl_store_run_get(struct sl_store *s, int64_t id, struct sl_run *out, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT " COLUMNS " FROM run WHERE id=?", err);
	sl_q_int(&q, id);
	if (sl_q_row(&q)) {
		found = true;
		read_run(&q, out);
	}
	code = sl_q_end(&q);
	return code == SL_OK && !found ? no_run(s, id, err) : code;
}

static enum sl_code
read_runs(struct sl_q *q, uint32_t max, struct sl_run *out, uint32_t *n)
{
	*n = 0;
	while (*n < max && sl_q_row(q))
		read_run(q, &out[(*n)++]);
	return sl_q_end(q);
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_runs(struct sl_store *s, const char *sync, int64_t before, uint32_t max,
	      struct sl_run *out, uint32_t *n, struct sl_err *err)
{
	struct sl_q q;

	if (sync)
		sl_q_start(&q, s->db,
			   "SELECT " COLUMNS
			   " FROM run WHERE id<? AND sync=? ORDER BY id DESC LIMIT ?",
			   err);
	else
		sl_q_start(&q, s->db,
			   "SELECT " COLUMNS " FROM run WHERE id<? ORDER BY id DESC LIMIT ?", err);
	sl_q_int(&q, before > 0 ? before : INT64_MAX);
	if (sync)
		sl_q_text(&q, sync);
	sl_q_int(&q, max);
	return read_runs(&q, max, out, n);
}

enum sl_code
sl_store_open_runs(struct sl_store *s, uint32_t max, struct sl_run *out, uint32_t *n,
		   struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db,
		   "SELECT " COLUMNS " FROM run WHERE state NOT IN (?, ?, ?) ORDER BY id LIMIT ?",
		   err);
	sl_q_int(&q, SL_RUN_SETTLED);
	sl_q_int(&q, SL_RUN_FAILED);
	sl_q_int(&q, SL_RUN_CANCELLED);
	sl_q_int(&q, max);
	return read_runs(&q, max, out, n);
}
