#include "core/engine/run_state.h"

#include "core/base/redact.h"
#include "core/engine/mask.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/base/limit.h"

#include <errno.h>
#include <stdio.h>

static enum sl_code
save_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_run_task *t = arg;
	struct sl_run rec;

	pthread_mutex_lock(&t->lock);
	rec = t->rec;
	pthread_mutex_unlock(&t->lock);
	sl_crashpoint("move-before");
	return sl_store_run_save(s, &rec, err);
}

/* The clock of what a run takes stands still while it is held or paused. With the task's lock held. */
static void
note_waiting(struct sl_run *r, enum sl_run_state state)
{
	const int64_t now = sl_wall_us();

	if (r->since_us && now > r->since_us)
		r->waited_us += now - r->since_us;
	r->since_us = state == SL_RUN_HELD || state == SL_RUN_PAUSED ? now : 0;
}

enum sl_code
sl_run_move(struct sl_run_task *t, enum sl_run_state state, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	pthread_mutex_lock(&t->lock);
	t->rec.state = state;
	note_waiting(&t->rec, state);
	pthread_mutex_unlock(&t->lock);
	if (!t->dry) {
		code = sl_writer_call(t->engine->writer, save_write, t, err);
		sl_crashpoint("move-after");
		sl_run_log(t, SL_INFO, "run", "%s", sl_run_state_name(state));
	}
	sl_run_notify(t);
	return code;
}

struct sl_end {
	struct sl_run_task *task;
	struct sl_run rec;
	enum sl_run_state state;
	enum sl_verdict rest;
	int64_t keep_us;
	uint32_t opened;
};

static enum sl_code
end_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sl_end *e = arg;
	struct sl_run rec = e->rec; /* may run twice: only the last result counts */
	struct sl_err lost;
	enum sl_code code = SL_OK;

	/* Where a write of the run failed the log does not know what became of what was sent. */
	if (sl_run_may_write(e->task, &lost) != SL_OK)
		code = sl_store_run_doubt(s, rec.id, e->opened, err);
	if (code == SL_OK)
		code = sl_store_run_end(s, &rec, e->state, e->rest, e->keep_us, err);

	sl_crashpoint("end-commit-before");
	if (code == SL_OK)
		e->rec = rec;
	return code;
}

static int64_t
keep_us(struct sl_run_task *t)
{
	int64_t keep = 7LL * 86400 * 1000000;
	struct sl_config *c = NULL;
	const struct sl_object_def *o;
	struct sl_sync sync;
	struct sl_err err;

	if (sl_engine_config(t->engine, &c, &err) != SL_OK)
		return keep;
	if (sl_engine_object(c, SL_KIND_SYNC, t->rec.sync, &o, &err) == SL_OK &&
	    sl_sync_read(o, c->arena, &sync, &err) == SL_OK)
		keep = sync.keep_events_ms * 1000;
	sl_config_free(c);
	return keep;
}

static void
end_dry(struct sl_run_task *t, enum sl_run_state state)
{
	pthread_mutex_lock(&t->lock);
	t->rec.state = state;
	t->rec.ended_us = sl_wall_us();
	t->rec.planned_all = state == SL_RUN_SETTLED;
	pthread_mutex_unlock(&t->lock);
}

void
sl_run_take_end(struct sl_run_task *t, const struct sl_run *r)
{
	t->rec.state = r->state;
	t->rec.ended_us = r->ended_us;
	t->rec.removes_held = r->removes_held;
	t->rec.blocks = r->blocks;
	t->rec.adds = r->adds;
	t->rec.updates = r->updates;
	t->rec.removes = r->removes;
	t->rec.acked = r->acked;
	t->rec.dead = r->dead;
	t->rec.superseded = r->superseded;
	t->rec.cancelled = r->cancelled;
}

void
sl_run_end(struct sl_run_task *t, enum sl_run_state state, enum sl_verdict rest)
{
	struct sl_end e = { .task = t, .state = state, .rest = rest };
	struct sl_err err;

	if (t->dry) {
		end_dry(t, state);
		return;
	}
	e.keep_us = keep_us(t);
	pthread_mutex_lock(&t->lock);
	note_waiting(&t->rec, state);
	e.rec = t->rec;
	e.opened = t->opened;
	pthread_mutex_unlock(&t->lock);
	if (state != SL_RUN_PAUSED) {
		e.rec.ended_us = sl_wall_us();
		e.rec.removes_held = false;
	}
	if (sl_writer_call(t->engine->writer, end_write, &e, &err) != SL_OK) {
		sl_run_log(t, SL_ERROR, "state", "the end of the run could not be recorded: %s",
			   err.msg);
		pthread_mutex_lock(&t->engine->lock);
		t->engine->end_lost = t->engine->end_lost || sl_is_full(&err);
		pthread_mutex_unlock(&t->engine->lock);
		pthread_mutex_lock(&t->lock);
		/* Without room for its end the next one who opens the state goes on with it. */
		t->rec.state = state == SL_RUN_PAUSED && sl_is_full(&err) ? state : SL_RUN_FAILED;
		if (!t->rec.error[0])
			(void)sl_err_text(&err, t->rec.error, sizeof(t->rec.error));
		if (t->error.code == SL_OK)
			t->error = err;
		pthread_mutex_unlock(&t->lock);
		return;
	}
	sl_crashpoint("end-commit-after");
	pthread_mutex_lock(&t->lock);
	sl_run_take_end(t, &e.rec);
	pthread_mutex_unlock(&t->lock);
	sl_run_notify(t);
	sl_run_log(t, state == SL_RUN_FAILED ? SL_ERROR : SL_INFO, "run",
		   "%s: %llu acknowledged, %llu given up on, %llu cancelled",
		   sl_run_state_name(state), (unsigned long long)e.rec.acked,
		   (unsigned long long)e.rec.dead, (unsigned long long)e.rec.cancelled);
}

/* A source names the keys that it complains about behind a colon. */
static void
hide_keys(const struct sl_run_task *t, const struct sl_err *err, char *text, size_t cap)
{
	struct sl_arena *a = sl_arena_new(4096, 0);
	struct sl_config *c = NULL;
	struct sl_mask mask = { .key_tagged = true };
	struct sl_err ignored;
	char *colon = strstr(text, ": ");

	if (a && sl_engine_config(t->engine, &c, &ignored) == SL_OK)
		(void)!sl_mask_sync(&mask, t->engine, c, t->rec.sync, a, &ignored);
	sl_config_free(c);
	sl_arena_free(a);
	if (err->code == SL_E_DATA && mask.key_tagged && colon)
		(void)snprintf(colon, cap - (size_t)(colon - text),
			       " (the key is tagged as personal data, so none is named)");
}

void
sl_run_error(struct sl_run_task *t, const struct sl_err *err)
{
	struct sl_err told = *err;
	char text[512];

	if (err->code == SL_E_DATA)
		hide_keys(t, err, told.msg, sizeof(told.msg));
	if (told.code == SL_E_NOMEM && !told.hint[0])
		(void)sl_err_limit(&told, ENOMEM, NULL);
	sl_redact_secrets(told.msg, sizeof(told.msg));
	(void)sl_err_text(&told, text, sizeof(text));
	pthread_mutex_lock(&t->lock);
	sl_copy(t->rec.error, sizeof(t->rec.error), text);
	t->error = told;
	pthread_mutex_unlock(&t->lock);
	if (err->code == SL_E_CORRUPT && t->engine->writer)
		sl_writer_stop(t->engine->writer, err);
	sl_run_log(t, SL_ERROR, "run", "%s", text);
}
