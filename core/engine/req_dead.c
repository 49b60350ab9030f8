/* req_dead.c - dead letters: listed, and given up on for good. */
#include "core/engine/dead_walk.h"
#include "core/engine/mask.h"

#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ROWS 1000

struct dead_args {
	const char *sync, *note;
	struct sl_dead_filter like;
	const int64_t *ids; /* NULL = all that are open */
	size_t n;
	int64_t before;
	unsigned limit;
	bool again; /* take a discard back */
};

/* ---- the list -------------------------------------------------------------------------------------- */

struct letter_mask {
	struct letter_mask *next;
	const char *sync;
	struct sl_mask mask;
};

static void
dead_row(struct sl_table *t, const struct sl_dead *d, const struct sl_mask *m)
{
	sl_table_row(t);
	sl_cell_int(t, d->id);
	sl_cell_int(t, d->run_id);
	sl_cell_text(t, d->sync);
	sl_cell_text(t, sl_op_name(d->event.op));
	sl_cell_str(t, sl_mask_key(m, d->key_text));
	sl_cell_int_if(t, d->status != 0, d->status);
	sl_cell_int(t, d->tries);
	sl_cell_str(t, d->reason);
	sl_cell_given(t, d->detail);
	sl_cell_time(t, d->at_us);
	sl_cell_given(t, d->resolution);
	sl_cell_time(t, d->resolved_us);
	sl_cell_given(t, sl_mask_body(m, d->body));
	sl_cell_int(t, d->block_no);
	sl_cell_int(t, d->idx);
}

/* The mask of each sync in a list of letters, made when its first one comes. NULL: err is filled. */
static const struct sl_mask *
mask_of(struct sl_job *j, struct letter_mask **all, const char *sync, struct sl_err *err)
{
	struct letter_mask *l = *all;

	while (l && strcmp(l->sync, sync) != 0)
		l = l->next;
	if (l)
		return &l->mask;
	l = SL_NEW(j->arena, struct letter_mask, 1);
	if (!l) {
		(void)sl_fail(err, SL_E_NOMEM, "", "no memory for the list");
		return NULL;
	}
	l->sync = sync;
	l->next = *all;
	*all = l;
	return sl_mask_job(&l->mask, j, sync, err) == SL_OK ? &l->mask : NULL;
}

static enum sl_code
failed_job(struct sl_job *j, struct sl_err *err)
{
	const struct dead_args *a = j->args;
	const uint32_t limit = a->limit > 0 && a->limit < MOST_ROWS ? a->limit : MOST_ROWS;
	const struct sl_dead_like like = { .sync = a->sync,
					   .text = a->like.text,
					   .status = a->like.status,
					   .since_us = a->like.since_us,
					   .only_open = !a->like.all };
	struct sl_table *t;
	struct letter_mask *masks = NULL;
	struct sl_dead *list = NULL;
	struct sl_store *s = NULL;
	uint32_t n = 0;
	enum sl_code code = sl_engine_reader(j->engine, &s, err);

	if (code == SL_OK)
		code = sl_store_dead_find(s, &like, a->before, limit, j->arena, &list, &n, err);
	sl_store_close(s);
	if (code != SL_OK && code != SL_E_NOTFOUND)
		return code;
	t = sl_table_new("id:int run:int sync op key status:int tries:int reason answer at:time "
			 "resolution resolved:time body:json block:int idx:int");
	for (uint32_t i = 0; t && i < n; i++) {
		const struct sl_mask *m = mask_of(j, &masks, list[i].sync, err);

		if (!m) {
			sl_table_free(t);
			return err->code;
		}
		dead_row(t, &list[i], m);
	}
	return sl_job_done(j, t, err);
}

/* ---- discarding ------------------------------------------------------------------------------------ */

struct discard {
	struct sl_dead_pick pick;
	const char *who, *text; /* text: NULL = take it back */
	struct sl_store *store; /* while it is written */
	int64_t done;
};

static enum sl_code
discard_one(void *arg, const struct sl_dead *dead, struct sl_err *err)
{
	struct discard *d = arg;
	enum sl_code code = d->text ? sl_store_dead_resolve(d->store, dead->id, d->text, err)
				    : sl_store_dead_reopen(d->store, dead->id, err);

	d->done += code == SL_OK;
	return code == SL_E_NOTFOUND ? SL_OK : code; /* resolved already, or never discarded */
}

static enum sl_code
discard_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct discard *d = arg;
	char detail[256];
	enum sl_code code;

	d->store = s;
	d->done = 0; /* may run twice */
	code = sl_dead_walk(s, &d->pick, discard_one, d, err);
	(void)snprintf(detail, sizeof(detail), "%lld dead letters%s%.200s", (long long)d->done,
		       d->text ? ", " : "", d->text ? d->text : "");
	if (code == SL_OK && d->done > 0)
		code = sl_store_audit(s, d->who, d->pick.what, d->pick.sync, detail, err);
	sl_crashpoint("discard-before");
	return code;
}

static enum sl_code
discard_job(struct sl_job *j, struct sl_err *err)
{
	const struct dead_args *a = j->args;
	struct discard d = { .pick = { a->again ? "undiscard" : "discard", a->sync, a->ids, a->n },
			     .who = j->engine->who };
	struct sl_table *t;
	enum sl_code code = sl_engine_may_write(j->engine, err);

	if (code == SL_OK && !a->again && !(a->note && *a->note))
		code = sl_fail(err, SL_E_CONFIG, "discard", "say why: the note is kept");
	if (code == SL_OK && !a->again) {
		d.text = sl_arena_printf(j->arena, "discarded: %s", a->note);
		if (!d.text)
			code = sl_fail(err, SL_E_NOMEM, "discard", "no memory for the note");
	}
	if (code == SL_OK)
		code = sl_writer_call(j->engine->writer, discard_write, &d, err);
	sl_crashpoint("discard-after");
	if (code != SL_OK)
		return code;
	t = sl_table_new(a->again ? "reopened:int" : "discarded:int");
	if (t) {
		sl_table_row(t);
		sl_cell_int(t, d.done);
	}
	return sl_job_done(j, t, err);
}

/* ---- the requests ---------------------------------------------------------------------------------- */

sl_ticket
sl_failed_like(struct sl_engine *e, const char *sync, const struct sl_dead_filter *f,
	       int64_t before, unsigned limit)
{
	struct sl_job *j = sl_job_new(e, failed_job, sizeof(struct dead_args));
	struct dead_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = (struct dead_args){
		.sync = sl_job_str(j, sync), .before = before, .limit = limit, .like = *f
	};
	a->like.text = sl_job_str(j, f->text);
	return sl_job_submit(j);
}

sl_ticket
sl_failed(struct sl_engine *e, const char *sync, bool all, int64_t before, unsigned limit)
{
	return sl_failed_like(e, sync, &(struct sl_dead_filter){ .all = all }, before, limit);
}

static sl_ticket
request(struct sl_engine *e, const struct dead_args *args)
{
	struct sl_job *j = sl_job_new(e, discard_job, sizeof(*args));
	struct dead_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = *args;
	a->sync = sl_job_str(j, args->sync ? args->sync : "");
	a->note = sl_job_str(j, args->note);
	a->ids = sl_job_ids(j, args->ids, &a->n);
	return sl_job_submit(j);
}

sl_ticket
sl_discard(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n, const char *note)
{
	return request(e, &(struct dead_args){ .sync = sync, .ids = ids, .n = n, .note = note });
}

sl_ticket
sl_undiscard(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n)
{
	return request(e, &(struct dead_args){ .sync = sync, .ids = ids, .n = n, .again = true });
}
