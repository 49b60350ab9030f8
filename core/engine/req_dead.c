/* req_dead.c - dead letters: listed, and given up on for good. */
#include "core/engine/job.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ROWS 1000
#define PAGE      500

struct dead_args {
	const char *sync, *note;
	const int64_t *ids; /* NULL = all that are open */
	size_t n;
	int64_t before;
	unsigned limit;
	bool all;
};

/* ---- the list -------------------------------------------------------------------------------------- */

static void
put(struct sl_table *t, struct sl_str s)
{
	if (s.len > 0)
		sl_cell_str(t, s);
	else
		sl_cell_null(t);
}

static void
dead_row(struct sl_table *t, const struct sl_dead *d)
{
	sl_table_row(t);
	sl_cell_int(t, d->id);
	sl_cell_int(t, d->run_id);
	sl_cell_text(t, d->sync);
	sl_cell_text(t, sl_op_name(d->event.op));
	sl_cell_str(t, d->key_text);
	if (d->status)
		sl_cell_int(t, d->status);
	else
		sl_cell_null(t);
	sl_cell_int(t, d->tries);
	sl_cell_str(t, d->reason);
	put(t, d->detail);
	sl_cell_time(t, d->at_us);
	put(t, d->resolution);
	sl_cell_time(t, d->resolved_us);
	put(t, d->body);
	sl_cell_int(t, d->block_no);
	sl_cell_int(t, d->idx);
}

static enum sl_code
failed_job(struct sl_job *j, struct sl_err *err)
{
	const struct dead_args *a = j->args;
	const uint32_t limit = a->limit > 0 && a->limit < MOST_ROWS ? a->limit : MOST_ROWS;
	struct sl_table *t;
	struct sl_dead *list = NULL;
	struct sl_store *s = NULL;
	uint32_t n = 0;
	enum sl_code code = sl_engine_reader(j->engine, &s, err);

	if (code == SL_OK)
		code = sl_store_dead_list(s, a->sync, !a->all, a->before, limit, j->arena, &list,
					  &n, err);
	sl_store_close(s);
	if (code != SL_OK && code != SL_E_NOTFOUND)
		return code;
	t = sl_table_new("id:int run:int sync op key status:int tries:int reason answer at:time "
			 "resolution resolved:time body:json block:int idx:int");
	for (uint32_t i = 0; t && i < n; i++)
		dead_row(t, &list[i]);
	return sl_job_done(j, t, err);
}

/* ---- discarding ------------------------------------------------------------------------------------ */

struct discard {
	const char *sync, *who, *text;
	const int64_t *ids;
	size_t n;
	int64_t done;
};

static enum sl_code
discard_one(struct sl_store *s, struct discard *d, int64_t id, struct sl_err *err)
{
	enum sl_code code = sl_store_dead_resolve(s, id, d->text, err);

	d->done += code == SL_OK;
	return code == SL_E_NOTFOUND ? SL_OK : code; /* resolved already */
}

static enum sl_code
discard_given(struct sl_store *s, struct discard *d, struct sl_arena *a, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < d->n && code == SL_OK; i++) {
		struct sl_dead dead;

		sl_arena_reset(a);
		code = sl_store_dead_get(s, d->ids[i], a, &dead, err);
		if (code == SL_OK && strcmp(dead.sync, d->sync) != 0)
			code = sl_fail(err, SL_E_CONFIG, "discard",
				       "dead letter %lld is of the sync %s, not %s",
				       (long long)dead.id, dead.sync, d->sync);
		if (code == SL_OK)
			code = discard_one(s, d, d->ids[i], err);
	}
	return code;
}

static enum sl_code
discard_all(struct sl_store *s, struct discard *d, struct sl_arena *a, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	int64_t before = 0;
	uint32_t n = PAGE;

	while (n == PAGE && code == SL_OK) {
		struct sl_dead *list;

		sl_arena_reset(a);
		code = sl_store_dead_list(s, d->sync, true, before, PAGE, a, &list, &n, err);
		for (uint32_t i = 0; i < n && code == SL_OK; i++) {
			before = list[i].id;
			code = discard_one(s, d, list[i].id, err);
		}
	}
	return code;
}

static enum sl_code
discard_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct discard *d = arg;
	struct sl_arena *a = sl_arena_new(65536, 0);
	char detail[256];
	enum sl_code code;

	if (!a)
		return sl_fail(err, SL_E_NOMEM, "discard", "no memory for the dead letters");
	d->done = 0; /* may run twice */
	code = d->ids ? discard_given(s, d, a, err) : discard_all(s, d, a, err);
	sl_arena_free(a);
	(void)snprintf(detail, sizeof(detail), "%lld dead letters, %.200s", (long long)d->done,
		       d->text);
	if (code == SL_OK && d->done > 0)
		code = sl_store_audit(s, d->who, "discard", d->sync, detail, err);
	return code;
}

static enum sl_code
discard_job(struct sl_job *j, struct sl_err *err)
{
	const struct dead_args *a = j->args;
	struct discard d = { .sync = a->sync,
			     .who = j->engine->who,
			     .ids = a->ids,
			     .n = a->n,
			     .text = a->note && *a->note
					     ? sl_arena_printf(j->arena, "discarded: %s", a->note)
					     : "discarded" };
	struct sl_table *t;
	enum sl_code code = sl_engine_may_write(j->engine, err);

	if (code == SL_OK && !d.text)
		code = sl_fail(err, SL_E_NOMEM, "discard", "no memory for the note");
	if (code == SL_OK)
		code = sl_writer_call(j->engine->writer, discard_write, &d, err);
	if (code != SL_OK)
		return code;
	t = sl_table_new("discarded:int");
	if (t) {
		sl_table_row(t);
		sl_cell_int(t, d.done);
	}
	return sl_job_done(j, t, err);
}

/* ---- the requests ---------------------------------------------------------------------------------- */

sl_ticket
sl_failed(struct sl_engine *e, const char *sync, bool all, int64_t before, unsigned limit)
{
	struct sl_job *j = sl_job_new(e, failed_job, sizeof(struct dead_args));

	if (!j)
		return 0;
	*(struct dead_args *)j->args = (struct dead_args){
		.sync = sl_job_str(j, sync), .before = before, .limit = limit, .all = all
	};
	return sl_job_submit(j);
}

sl_ticket
sl_discard(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n, const char *note)
{
	struct sl_job *j = sl_job_new(e, discard_job, sizeof(struct dead_args));
	struct dead_args *a;

	if (!j)
		return 0;
	a = j->args;
	a->sync = sl_job_str(j, sync ? sync : "");
	a->note = sl_job_str(j, note);
	a->n = n;
	a->ids = sl_job_ids(j, ids, &a->n);
	return sl_job_submit(j);
}
