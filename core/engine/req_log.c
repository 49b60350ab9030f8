/* req_log.c - the activity log, and all that is known of one event. */
#include "core/engine/event_rows.h"
#include "core/engine/job.h"

#include "core/base/clock.h"
#include "core/store/activity.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_LINES 2000

struct log_args {
	struct sl_line_filter filter;
	const char *level;
	int64_t before, after;
	unsigned limit;
};

/* ---- lines ----------------------------------------------------------------------------------------- */

static void
put_text(struct sl_table *t, const char *s)
{
	sl_cell_text(t, *s ? s : NULL);
}

static void
line_row(struct sl_table *t, const struct sl_line *l)
{
	sl_table_row(t);
	sl_cell_int(t, l->seq);
	sl_cell_time(t, l->at_us);
	sl_cell_text(t, sl_level_name(l->level));
	sl_cell_int_if(t, l->run_id > 0, l->run_id);
	put_text(t, l->sync);
	sl_cell_text(t, l->part);
	sl_cell_text(t, l->text);
	sl_cell_int_if(t, l->block_no > -1, l->block_no);
	sl_cell_int_if(t, l->idx > -1, l->idx);
	sl_cell_int_if(t, l->events > 0, l->events);
	sl_cell_int_if(t, l->status > 0, l->status);
	sl_cell_int_if(t, l->took_us > 0, l->took_us);
	put_text(t, l->answer);
}

static enum sl_code
least_level(const char *name, enum sl_level *out, struct sl_err *err)
{
	*out = SL_DEBUG;
	if (!name || !*name)
		return SL_OK;
	for (int l = SL_DEBUG; l <= SL_ERROR; l++)
		if (strcmp(sl_level_name((enum sl_level)l), name) == 0) {
			*out = (enum sl_level)l;
			return SL_OK;
		}
	(void)sl_fail(err, SL_E_CONFIG, "level", "there is no level \"%s\"", name);
	return sl_err_hint(err, "debug, info, warn or error");
}

static enum sl_code
log_job(struct sl_job *j, struct sl_err *err)
{
	struct log_args *a = j->args;
	const uint32_t limit = a->limit > 0 && a->limit < MOST_LINES ? a->limit : MOST_LINES;
	struct sl_line *lines = calloc(limit, sizeof(*lines));
	struct sl_activity *log = NULL;
	struct sl_table *t = NULL;
	uint32_t n = 0;
	enum sl_code code = lines ? least_level(a->level, &a->filter.least, err)
				  : sl_fail(err, SL_E_NOMEM, "", "no memory for the log");

	if (code == SL_OK)
		code = sl_activity_open(j->engine->state_dir, true, &log, err);
	if (code == SL_OK)
		code = sl_activity_read(log, &a->filter, a->before, a->after, limit, lines, &n,
					err);
	sl_activity_close(log);
	if (code == SL_OK || code == SL_E_NOTFOUND) {
		t = sl_table_new("seq:int at:time level run:int sync part text block:int idx:int "
				 "events:int status:int took_us:int answer");
		for (uint32_t i = 0; t && i < n; i++)
			line_row(t, &lines[i]);
		code = sl_job_done(j, t, err);
	}
	free(lines);
	return code;
}

sl_ticket
sl_log(struct sl_engine *e, const struct sl_log_filter *f, int64_t before, int64_t after,
       unsigned limit)
{
	static const struct sl_log_filter any;
	struct sl_job *j = sl_job_new(e, log_job, sizeof(struct log_args));
	struct log_args *a;

	if (!j)
		return 0;
	if (!f)
		f = &any;
	a = j->args;
	*a = (struct log_args){ .filter = { .run_id = f->run,
					    .sync = sl_job_str(j, f->sync),
					    .text = sl_job_str(j, f->text),
					    .status = f->status,
					    .since_us = f->since_us,
					    .until_us = f->until_us },
				.level = sl_job_str(j, f->level),
				.before = before,
				.after = after,
				.limit = limit };
	return sl_job_submit(j);
}

/* ---- one event ------------------------------------------------------------------------------------- */

/* All that is known of it; texts live as long as the job. */
struct event_facts {
	struct sl_event_place at;
	struct sl_run run;
	struct sl_event event;
	const char *verdict;
	struct sl_str key, body, old;
	struct sl_dead dead;
	bool is_dead;
};

static void
fact_str(struct sl_table *t, const char *name, struct sl_str s)
{
	if (s.len == 0)
		return;
	sl_table_row(t);
	sl_cell_text(t, name);
	sl_cell_str(t, s);
}

static void
fact(struct sl_table *t, const char *name, const char *s)
{
	fact_str(t, name, sl_str(s));
}

static void
fact_int(struct sl_table *t, const char *name, int64_t v)
{
	sl_table_row(t);
	sl_cell_text(t, name);
	sl_cell_int(t, v);
}

static void
fact_time(struct sl_table *t, const char *name, int64_t at_us)
{
	char text[25];

	if (at_us == 0)
		return;
	sl_time_iso(at_us, text);
	fact(t, name, text);
}

static struct sl_table *
event_table(const struct event_facts *f, const struct sl_mask *m)
{
	struct sl_table *t = sl_table_new("name value");
	char id[40];

	if (!t)
		return NULL;
	sl_body_id(f->body, id);
	fact_int(t, "run", f->at.run_id);
	fact(t, "sync", f->run.sync);
	fact(t, "op", sl_op_name(f->event.op));
	fact_str(t, "key", sl_mask_key(m, f->key));
	fact(t, "verdict", f->verdict);
	fact(t, "id", id);
	fact_int(t, "version", f->event.version);
	fact_int(t, "block", f->at.block_no);
	fact_int(t, "idx", f->at.idx);
	fact_int(t, "bytes", (int64_t)f->body.len);
	fact_str(t, "body", sl_mask_body(m, f->body));
	fact_str(t, "old", sl_mask_body(m, f->old));
	if (f->is_dead) {
		if (f->dead.status)
			fact_int(t, "status", f->dead.status);
		fact_int(t, "tries", f->dead.tries);
		fact_str(t, "reason", f->dead.reason);
		fact_str(t, "answer", f->dead.detail);
		fact_time(t, "at", f->dead.at_us);
		fact_str(t, "resolution", f->dead.resolution);
		fact_time(t, "resolved", f->dead.resolved_us);
	}
	return t;
}

static enum sl_code
read_block(struct sl_job *j, struct sl_store *s, struct event_facts *f, struct sl_err *err)
{
	struct sl_arena *a = j->arena;
	struct sl_block *b;
	const struct sl_event *ev;
	enum sl_code code = sl_store_block_get(s, f->at.run_id, f->at.block_no, &b, err);

	if (code != SL_OK)
		return code;
	if (f->at.idx >= b->n) {
		sl_block_free(b);
		return sl_fail(err, SL_E_NOTFOUND, "", "the block has no event %u", f->at.idx);
	}
	ev = &b->events[f->at.idx];
	f->event = *ev;
	f->verdict = sl_verdict_name(sl_verdict_of(b->verdicts[f->at.idx]));
	f->key = (struct sl_str){ sl_arena_strndup(a, b->keys + ev->koff, ev->klen), ev->klen };
	f->body = (struct sl_str){ sl_arena_strndup(a, b->body + ev->off, ev->len), ev->len };
	sl_block_free(b);
	if (!f->key.ptr || !f->body.ptr)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the event");
	return SL_OK;
}

/* The block is erased after a while; a dead letter keeps its event. */
static enum sl_code
from_dead(struct event_facts *f, struct sl_err *err)
{
	if (!f->is_dead) {
		(void)sl_fail(err, SL_E_NOTFOUND, "",
			      "the events of run %lld are not kept any more",
			      (long long)f->at.run_id);
		return sl_err_hint(err, "the sync's setting keep_events says for how long");
	}
	f->event = f->dead.event;
	f->verdict = sl_verdict_name(SL_V_DEAD);
	f->key = f->dead.key_text;
	f->body = f->dead.body;
	return SL_OK;
}

static enum sl_code
read_facts(struct sl_job *j, struct sl_store *s, struct event_facts *f, struct sl_err *err)
{
	enum sl_code code = sl_store_run_get(s, f->at.run_id, &f->run, err);

	if (code != SL_OK)
		return code;
	code = sl_store_dead_of(s, &f->at, j->arena, &f->dead, err);
	f->is_dead = code == SL_OK;
	if (code == SL_OK || code == SL_E_NOTFOUND)
		code = read_block(j, s, f, err);
	if (code == SL_E_NOTFOUND)
		code = from_dead(f, err);
	if (code == SL_OK)
		code = sl_store_last_body(s, f->run.sync, f->event.key, f->at.run_id, j->arena,
					  &f->old, err);
	if (code == SL_E_NOTFOUND && f->verdict) {
		f->old = (struct sl_str){ 0 };
		code = SL_OK;
	}
	return code;
}

static enum sl_code
event_job(struct sl_job *j, struct sl_err *err)
{
	struct event_facts f = { .at = *(const struct sl_event_place *)j->args };
	struct sl_mask mask;
	struct sl_store *s = NULL;
	enum sl_code code = sl_engine_reader(j->engine, &s, err);

	if (code == SL_OK)
		code = read_facts(j, s, &f, err);
	sl_store_close(s);
	if (code == SL_OK)
		code = sl_mask_job(&mask, j, f.run.sync, err);
	return code == SL_OK ? sl_job_done(j, event_table(&f, &mask), err) : code;
}

sl_ticket
sl_event(struct sl_engine *e, int64_t run, int64_t block, int64_t idx)
{
	struct sl_job *j = sl_job_new(e, event_job, sizeof(struct sl_event_place));

	if (!j)
		return 0;
	*(struct sl_event_place *)j->args =
		(struct sl_event_place){ run, block < 0 ? UINT32_MAX : (uint32_t)block,
					 idx < 0 ? UINT32_MAX : (uint32_t)idx };
	return sl_job_submit(j);
}
