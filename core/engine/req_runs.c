/* req_runs.c - run history and the events of a run, read from the state. */
#include "core/engine/event_rows.h"
#include "core/engine/job.h"
#include "core/engine/run_list.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_RUNS 1000

struct sl_runs_args {
	const char *sync, *op;
	int64_t before, run, from;
	unsigned limit;
};

static struct sl_table *
runs_table(void)
{
	return sl_table_new(
		"run:int sync kind by state started:time planned:time ended:time took_us:int "
		"rows_read:int same:int skipped:int still_dead:int adds:int updates:int "
		"removes:int acked:int dead:int superseded:int cancelled:int pending:int "
		"requests:int retries:int bytes_sent:int removes_held:bool plan live:int error "
		"details promise null_cursors:int");
}

static void
run_row(struct sl_table *t, const struct sl_run *r)
{
	const uint64_t planned = r->adds + r->updates + r->removes;
	const uint64_t final = r->acked + r->dead + r->superseded + r->cancelled;
	const uint64_t counts[] = {
		r->rows_read, r->same,       r->skipped,   r->still_dead,
		r->adds,      r->updates,    r->removes,   r->acked,
		r->dead,      r->superseded, r->cancelled, planned > final ? planned - final : 0,
		r->requests,  r->retries,    r->bytes_sent
	};

	sl_table_row(t);
	sl_cell_int(t, r->id);
	sl_cell_text(t, r->sync);
	sl_cell_text(t, r->kind);
	sl_cell_text(t, r->by);
	sl_cell_text(t, sl_run_state_name(r->state));
	sl_cell_time(t, r->started_us);
	sl_cell_time(t, r->planned_us);
	sl_cell_time(t, r->ended_us);
	/* Nobody knows how long it took when the clock was set back meanwhile. */
	sl_cell_int_if(t, r->ended_us != 0 && r->ended_us - r->started_us >= r->waited_us,
		       r->ended_us - r->started_us - r->waited_us);
	for (size_t i = 0; i < SL_COUNT(counts); i++)
		sl_cell_int(t, (int64_t)counts[i]);
	sl_cell_bool(t, r->removes_held);
	sl_cell_text(t, r->plan[0] ? r->plan : NULL);
	sl_cell_int(t, (int64_t)r->live);
	sl_cell_text(t, r->error);
	sl_cell_text(t, r->details);
	sl_cell_text(t, r->promise);
	sl_cell_int(t, (int64_t)r->null_cursors);
}

static enum sl_code
runs_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_runs_args *a = j->args;
	const unsigned limit = a->limit > 0 && a->limit < MOST_RUNS ? a->limit : MOST_RUNS;
	struct sl_run *runs = calloc(limit, sizeof(*runs));
	struct sl_table *t = runs_table();
	struct sl_store *s = NULL;
	uint32_t n = 0;
	enum sl_code code;

	if (!runs || !t) {
		free(runs);
		sl_table_free(t);
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the runs");
	}
	code = sl_engine_reader(j->engine, &s, err);
	if (code == SL_OK && a->run)
		code = sl_store_run_get(s, a->run, &runs[n++], err);
	else if (code == SL_OK)
		code = sl_store_runs(s, a->sync, a->before, limit, runs, &n, err);
	else if (code == SL_E_NOTFOUND && !a->run)
		code = SL_OK;
	for (uint32_t i = 0; i < n && code == SL_OK; i++) {
		sl_run_list_fresher(j->engine, &runs[i]);
		run_row(t, &runs[i]);
	}
	sl_store_close(s);
	free(runs);
	if (code != SL_OK) {
		sl_table_free(t);
		return code;
	}
	return sl_job_done(j, t, err);
}

/* ---- the planned events of a run ----------------------------------------------------------------- */

static bool
wanted(const struct sl_runs_args *a, const struct sl_event *ev)
{
	return !a->op || strcmp(sl_op_name(ev->op), a->op) == 0;
}

/* Positions from..from+limit of the run's events (of one operation where asked), into t. */
static enum sl_code
collect(struct sl_job *j, struct sl_store *s, const struct sl_run *run, struct sl_table *t,
	struct sl_err *err)
{
	const struct sl_runs_args *a = j->args;
	struct sl_event_rows rows;
	int64_t at = 0;
	enum sl_code code = sl_event_rows_begin(&rows, s, run, t, err);

	for (uint32_t no = 0; no < run->blocks && code == SL_OK && rows.n < a->limit; no++) {
		struct sl_block *b;

		if (sl_job_cancelled(j))
			return sl_fail(err, SL_E_CANCELLED, "", "cancelled");
		code = sl_store_block_get(s, run->id, no, &b, err);
		if (code == SL_E_NOTFOUND) {
			code = SL_OK; /* its events are not kept any more */
			continue;
		}
		if (code != SL_OK)
			break;
		rows.block = b;
		for (uint32_t i = 0; i < b->n && code == SL_OK && rows.n < a->limit; i++) {
			if (!wanted(a, &b->events[i]) || at++ < a->from)
				continue;
			code = sl_event_rows_add(&rows, i, at - 1, err);
		}
		sl_block_free(b);
	}
	if (code == SL_OK)
		code = sl_mask_job(&rows.mask, j, run->sync, err);
	if (code == SL_OK)
		code = sl_event_rows_end(&rows, err);
	sl_event_rows_free(&rows);
	return code;
}

static struct sl_str
masked(const struct sl_mask *m, const struct sl_table *t, unsigned col, struct sl_str cell)
{
	const char *name = sl_table_name(t, col);

	if (strcmp(name, "key") == 0)
		return sl_mask_key(m, cell);
	return strcmp(name, "body") == 0 || strcmp(name, "old") == 0 ? sl_mask_body(m, cell) : cell;
}

/* A page of the sample that a dry run left in memory. */
struct sample_page {
	struct sl_table *all; /* owned */
	struct sample_row {
		struct sl_digest key;
		unsigned row; /* of all */
		struct sl_str old;
	} * row; /* of the job's arena */
	size_t n;
	char sync[72];
};

/* Gives the task's lock back: the state is read without it. */
static enum sl_code
take_page(struct sl_job *j, struct sl_run_task *task, struct sample_page *p, struct sl_err *err)
{
	const struct sl_runs_args *a = j->args;
	const unsigned rows = sl_table_rows(task->sample);
	int64_t at = 0;

	*p = (struct sample_page){ .all = sl_table_copy(task->sample),
				   .row = SL_NEW(j->arena, struct sample_row, rows + 1) };
	memcpy(p->sync, task->rec.sync, sizeof(p->sync));
	for (unsigned r = 0; p->row && r < rows && p->n < a->limit; r++) {
		if (a->op && strcmp(sl_table_get(task->sample, r, "op"), a->op) != 0)
			continue;
		if (at++ >= a->from)
			p->row[p->n++] = (struct sample_row){ task->sample_keys[r], r, { 0 } };
	}
	pthread_mutex_unlock(&task->lock);
	return p->all && p->row ? SL_OK : sl_fail(err, SL_E_NOMEM, "", "no memory for the changes");
}

static int
by_key(const void *a, const void *b)
{
	const struct sample_row *x = *(struct sample_row *const *)a;
	const struct sample_row *y = *(struct sample_row *const *)b;

	return sl_digest_cmp(x->key, y->key);
}

/* What the destination holds of these rows, as far as the log remembers. */
static enum sl_code
find_old(struct sl_job *j, struct sample_page *p, struct sl_err *err)
{
	struct sample_row **sorted = SL_NEW(j->arena, struct sample_row *, p->n + 1);
	struct sl_digest *keys = SL_NEW(j->arena, struct sl_digest, p->n + 1);
	struct sl_str *old = SL_NEW(j->arena, struct sl_str, p->n + 1);
	struct sl_store *s = NULL;
	enum sl_code code;

	if (!sorted || !keys || !old)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the changes");
	code = p->n > 0 ? sl_engine_reader(j->engine, &s, err) : SL_E_NOTFOUND;
	if (code == SL_E_NOTFOUND)
		return SL_OK; /* no run has made a state yet */
	for (size_t i = 0; i < p->n; i++)
		sorted[i] = &p->row[i];
	qsort(sorted, p->n, sizeof(struct sample_row *), by_key);
	for (size_t i = 0; i < p->n; i++)
		keys[i] = sorted[i]->key;
	if (code == SL_OK)
		code = sl_store_last_bodies(s, p->sync, keys, p->n, 0, j->arena, old, err);
	sl_store_close(s);
	for (size_t i = 0; i < p->n; i++)
		sorted[i]->old = old[i];
	return code;
}

static enum sl_code
sample_rows(struct sl_job *j, struct sl_run_task *task, struct sl_err *err)
{
	struct sl_table *t = NULL;
	struct sample_page p;
	struct sl_mask mask;
	struct sl_str cell;
	enum sl_code code = take_page(j, task, &p, err);

	if (code == SL_OK)
		code = sl_mask_job(&mask, j, p.sync, err);
	if (code == SL_OK)
		code = find_old(j, &p, err);
	if (code == SL_OK)
		t = sl_table_new(SL_CHANGE_COLUMNS);
	for (size_t i = 0; t && i < p.n; i++) {
		sl_table_row(t);
		for (unsigned c = 0; c < sl_table_cols(t); c++) {
			cell.ptr = sl_table_text(p.all, p.row[i].row, c, &cell.len);
			if (strcmp(sl_table_name(t, c), "old") == 0)
				sl_cell_given(t, masked(&mask, t, c, p.row[i].old));
			else if (cell.ptr)
				sl_cell_str(t, masked(&mask, t, c, cell));
			else
				sl_cell_null(t);
		}
	}
	sl_table_free(p.all);
	return code == SL_OK ? sl_job_done(j, t, err) : code;
}

static enum sl_code
changes_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_runs_args *a = j->args;
	struct sl_table *t;
	struct sl_store *s = NULL;
	struct sl_run run;
	enum sl_code code;

	if (a->run < 0) {
		struct sl_run_task *task = sl_run_list_lock(j->engine, a->run);

		if (!task)
			return sl_fail(err, SL_E_NOTFOUND, "",
				       "this dry run is not remembered any more");
		return sample_rows(j, task, err);
	}
	t = sl_table_new(SL_CHANGE_COLUMNS);
	if (!t)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the events");
	code = sl_engine_reader(j->engine, &s, err);
	if (code == SL_OK)
		code = sl_store_run_get(s, a->run, &run, err);
	if (code == SL_OK)
		code = collect(j, s, &run, t, err);
	sl_store_close(s);
	if (code != SL_OK) {
		sl_table_free(t);
		return code;
	}
	return sl_job_done(j, t, err);
}

/* ---- the requests ---------------------------------------------------------------------------------- */

static sl_ticket
request(struct sl_engine *e, sl_job_fn *fn, const struct sl_runs_args *args)
{
	struct sl_job *j = sl_job_new(e, fn, sizeof(*args));
	struct sl_runs_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = *args;
	a->sync = sl_job_str(j, args->sync);
	a->op = sl_job_str(j, args->op);
	return sl_job_submit(j);
}

sl_ticket
sl_runs(struct sl_engine *e, const char *sync, int64_t before, unsigned limit)
{
	return request(e, runs_job,
		       &(struct sl_runs_args){ .sync = sync, .before = before, .limit = limit });
}

sl_ticket
sl_run(struct sl_engine *e, int64_t run)
{
	return request(e, runs_job, &(struct sl_runs_args){ .run = run, .limit = 1 });
}

sl_ticket
sl_changes(struct sl_engine *e, int64_t run, const char *op, int64_t from, unsigned limit)
{
	return request(
		e, changes_job,
		&(struct sl_runs_args){ .run = run, .op = op, .from = from, .limit = limit });
}
