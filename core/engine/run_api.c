/* run_api.c - the requests that start, release, stop and resume runs. */
#include "core/engine/job.h"
#include "core/engine/run_list.h"
#include "core/engine/run_start.h"
#include "core/engine/run_state.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/engine/block.h"

#include <stdio.h>
#include <stdlib.h>

#define STOP_US 10000000 /* then a run that was stopped gives up what is in flight */

struct sl_run_args {
	const char *sync;
	unsigned flags;
	int64_t run;
	bool removes; /* confirm is set: they are to go */
	struct sl_confirm confirm;
};

static enum sl_code
answer_run(struct sl_job *j, int64_t run, struct sl_err *err)
{
	struct sl_table *t = sl_table_new("run:int");

	if (t) {
		sl_table_row(t);
		sl_cell_int(t, run);
	}
	return sl_job_done(j, t, err);
}

/* The newest run of the sync that waits in the state: PAUSED or HELD. id 0 = none. */
static enum sl_code
waiting_run(struct sl_engine *e, const char *sync, struct sl_run *out, struct sl_err *err)
{
	struct sl_run *open = NULL;
	struct sl_store *s;
	uint32_t n = 0;
	enum sl_code code = sl_engine_reader(e, &s, err);

	out->id = 0;
	if (code == SL_OK) {
		code = sl_run_list_open(s, &open, &n, err);
		sl_store_close(s);
	}
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(open[i].sync, sync) == 0 &&
		    (open[i].state == SL_RUN_PAUSED || open[i].state == SL_RUN_HELD))
			*out = open[i];
	free(open);
	return code == SL_E_NOTFOUND ? SL_OK : code;
}

/* Put a task to work that is in the list; a new one is recorded first. */
static enum sl_code
launch(struct sl_run_task *t, int64_t *run, struct sl_err *err)
{
	struct sl_run_task *before = t->after;
	struct sl_err ignored;
	enum sl_code code = t->dry || t->resumed ? SL_OK : sl_run_record(t, err);

	if (code != SL_OK) {
		sl_run_list_drop(t);
		if (before)
			sl_run_list_drop(before);
		return code;
	}
	*run = t->rec.id;
	/* Where that one cannot start, this one finds it over and says so. */
	if (before)
		(void)!sl_run_launch(before, &ignored);
	return sl_run_launch(t, err);
}

enum sl_code
sl_run_start(struct sl_run_task *t, int64_t *run, struct sl_err *err)
{
	if (sl_run_list_add(t, err) == SL_OK)
		return launch(t, run, err);
	sl_run_task_free(t->after);
	sl_run_task_free(t);
	return err->code;
}

/* A task that goes on with a run of the state; NULL = no memory. */
static struct sl_run_task *
resumed_task(struct sl_engine *e, const struct sl_run *rec, const struct sl_run_args *release)
{
	struct sl_run_task *t = sl_run_task_new(e, rec, 0);

	if (!t)
		return NULL;
	t->resumed = true;
	if (release) {
		t->released = true;
		t->deliver_removes = release->removes;
	}
	return t;
}

/* Rows and their guard have moved on since: nobody remembers what was looked at. */
#define PLAN_US (24LL * 3600 * 1000000)
static const char too_old[] =
	"the plan was older than 24 hours: it was cancelled, and the next run plans anew";

static bool
is_too_old(const struct sl_run *r)
{
	return r->state == SL_RUN_HELD && sl_wall_us() - r->planned_us > PLAN_US;
}

/* A task that takes up a run of the state only to end it; NULL = no memory. */
static struct sl_run_task *
ending_task(struct sl_engine *e, const struct sl_run *rec, const char *why)
{
	struct sl_run_task *t = resumed_task(e, rec, NULL);

	if (!t)
		return NULL;
	t->stop = true;
	t->stop_why = why;
	return t;
}

static enum sl_code
end_record(struct sl_engine *e, const struct sl_run *rec, const char *why, struct sl_err *err)
{
	struct sl_run_task *t = ending_task(e, rec, why);
	int64_t run;

	if (!t)
		return sl_fail(err, SL_E_NOMEM, "run", "no memory for the run");
	return sl_run_start(t, &run, err);
}

static enum sl_code
resume_record(struct sl_engine *e, const struct sl_run *rec, const struct sl_run_args *release,
	      struct sl_err *err)
{
	struct sl_run_task *t = resumed_task(e, rec, release);
	int64_t run;

	if (!t)
		return sl_fail(err, SL_E_NOMEM, "run", "no memory for the run");
	return sl_run_start(t, &run, err);
}

static void
describe(const struct sl_object_def *o, char *out, size_t cap)
{
	const char *table = sl_object_get(o, "table"), *mode = sl_object_get(o, "mode");

	(void)snprintf(out, cap, "%s %s -> %s, profile %s, mode %s", sl_object_get(o, "source"),
		       table ? table : "(sql)", sl_object_get(o, "destination"),
		       sl_object_get(o, "profile"), mode ? mode : "upsert");
}

static enum sl_code
new_task(struct sl_engine *e, const struct sl_run_args *a, struct sl_run_task **out,
	 struct sl_err *err)
{
	struct sl_run rec = { .started_us = sl_wall_us(), .kind = "run" };
	const struct sl_object_def *o;
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(e, &c, err);

	if (code == SL_OK)
		code = sl_engine_object(c, SL_KIND_SYNC, a->sync, &o, err);
	if (code == SL_OK)
		describe(o, rec.details, sizeof(rec.details));
	sl_config_free(c);
	if (code != SL_OK)
		return code;
	(void)snprintf(rec.sync, sizeof(rec.sync), "%s", a->sync);
	(void)snprintf(rec.by, sizeof(rec.by), "%s", e->who);
	rec.removes_held =
		(a->flags & SL_RUN_HOLD) != 0; /* a crash before the look sends nothing */
	if (a->flags & SL_RUN_DRY) {
		(void)snprintf(rec.kind, sizeof(rec.kind), "dry");
		pthread_mutex_lock(&e->lock);
		rec.id = --e->next_dry;
		pthread_mutex_unlock(&e->lock);
	}
	*out = sl_run_task_new(e, &rec, a->flags);
	if (*out && (*out)->dry)
		(*out)->sample = sl_table_new(SL_CHANGE_COLUMNS);
	if (!*out || ((*out)->dry && !(*out)->sample)) {
		sl_run_task_free(*out);
		return sl_fail(err, SL_E_NOMEM, "run", "no memory for the run");
	}
	return SL_OK;
}

static enum sl_code
busy(struct sl_job *j, int64_t run, struct sl_err *err)
{
	enum sl_code code = answer_run(j, run, err);

	if (code != SL_OK)
		return code;
	return sl_fail(err, SL_E_LOCKED, "run", "run %lld of this sync is not finished yet",
		       (long long)run);
}

enum sl_code
sl_run_clear_way(struct sl_job *j, const char *sync, struct sl_run_task **after, struct sl_err *err)
{
	struct sl_engine *e = j->engine;
	struct sl_run waiting = { 0 };
	int64_t other = sl_run_list_busy(e, sync);
	enum sl_code code;

	*after = NULL;
	if (other)
		return busy(j, other, err);
	code = sl_runs_recover_lost(e, err);
	if (code == SL_OK)
		code = waiting_run(e, sync, &waiting, err);
	if (code != SL_OK || waiting.id == 0)
		return code;
	if (waiting.state != SL_RUN_HELD || is_too_old(&waiting)) {
		*after = is_too_old(&waiting) ? ending_task(e, &waiting, too_old)
					      : resumed_task(e, &waiting, NULL);
		return *after ? SL_OK : sl_fail(err, SL_E_NOMEM, "run", "no memory for the run");
	}
	code = answer_run(j, waiting.id, err);
	return code == SL_OK ? sl_run_held(waiting.id, err) : code;
}

static enum sl_code
start_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_run_args *a = j->args;
	struct sl_engine *e = j->engine;
	struct sl_run_task *t = NULL;
	int64_t run = 0;
	enum sl_code code = a->flags & SL_RUN_DRY ? SL_OK : sl_engine_may_write(e, err);

	if (code == SL_OK)
		code = new_task(e, a, &t, err);
	if (code == SL_OK && !t->dry)
		code = sl_run_clear_way(j, a->sync, &t->after, err);
	if (code != SL_OK) {
		sl_run_task_free(t);
		return code;
	}
	code = sl_run_start(t, &run, err);
	return code == SL_OK ? answer_run(j, run, err) : code;
}

static enum sl_code
read_run(struct sl_engine *e, int64_t id, struct sl_run *out, struct sl_err *err)
{
	struct sl_store *s;
	enum sl_code code = sl_engine_reader(e, &s, err);

	if (code != SL_OK)
		return code;
	code = sl_store_run_get(s, id, out, err);
	sl_store_close(s);
	return code;
}

static enum sl_code
check_removes(const struct sl_run *r, const struct sl_confirm *c, struct sl_err *err)
{
	if (c->removes != (int64_t)r->removes) {
		(void)sl_fail(err, SL_E_CONFIG, "run", "the run removes %llu rows, not %lld",
			      (unsigned long long)r->removes, (long long)c->removes);
		return sl_err_hint(err, "confirm with the exact number of removes");
	}
	if (r->removes > 0 && (!c->plan || strcmp(c->plan, r->plan) != 0)) {
		(void)sl_fail(err, SL_E_CONFIG, "run", "the plan of run %lld is %s, not %s",
			      (long long)r->id, r->plan, c->plan ? c->plan : "named");
		return sl_err_hint(err, "look at its removes, then confirm that plan by name");
	}
	if (r->removes * 2 > r->live && (!c->sync || strcmp(c->sync, r->sync) != 0)) {
		(void)sl_fail(err, SL_E_CONFIG, "run",
			      "the run removes %llu of %llu rows, more than half",
			      (unsigned long long)r->removes, (unsigned long long)r->live);
		return sl_err_hint(err, "confirm with the name of the sync, too: %s", r->sync);
	}
	return SL_OK;
}

static enum sl_code
check_release(const struct sl_run *r, const struct sl_run_args *a, struct sl_err *err)
{
	if (r->state != SL_RUN_HELD)
		return sl_fail(err, SL_E_CONFIG, "run", "run %lld is %s, not held",
			       (long long)r->id, sl_run_state_name(r->state));
	if (is_too_old(r))
		return sl_fail(err, SL_E_CANCELLED, "run", "%s", too_old);
	return a->removes ? check_removes(r, &a->confirm, err) : SL_OK;
}

static enum sl_code
release_open(struct sl_run_task *t, const struct sl_run_args *a, struct sl_err *err)
{
	enum sl_code code = check_release(&t->rec, a, err);

	if (code == SL_OK) {
		t->released = true;
		t->deliver_removes = a->removes;
		pthread_cond_broadcast(&t->changed);
	} else if (code == SL_E_CANCELLED) {
		t->stop_why = too_old;
		sl_run_ask(t, &t->stop, sl_mono_us() + STOP_US);
	}
	return code;
}

static enum sl_code
release_waiting(struct sl_engine *e, const struct sl_run_args *a, struct sl_err *err)
{
	struct sl_run rec;
	struct sl_err end;
	enum sl_code code = read_run(e, a->run, &rec, err);

	if (code == SL_OK)
		code = check_release(&rec, a, err);
	if (code == SL_OK)
		return resume_record(e, &rec, a, err);
	if (code == SL_E_CANCELLED && end_record(e, &rec, too_old, &end) != SL_OK)
		*err = end;
	return err->code;
}

/* Who let what go, and what was refused. */
static enum sl_code
audit_release(const struct sl_engine *e, const struct sl_run_args *a, const struct sl_err *refused,
	      struct sl_err *err)
{
	char object[32], detail[300];

	(void)snprintf(object, sizeof(object), "run %lld", (long long)a->run);
	if (refused->code != SL_OK)
		sl_copy(detail, sizeof(detail), refused->msg);
	else if (a->removes)
		(void)snprintf(detail, sizeof(detail), "with %lld removes, plan %s",
			       (long long)a->confirm.removes, a->confirm.plan);
	else
		(void)snprintf(detail, sizeof(detail), "without the removes that are held back");
	return sl_engine_audit(e,
			       refused->code == SL_OK            ? "release"
			       : refused->code == SL_E_CANCELLED ? "plan expired"
								 : "release refused",
			       object, detail, err);
}

static enum sl_code
release_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_run_args *a = j->args;
	struct sl_engine *e = j->engine;
	struct sl_err said = { 0 };
	struct sl_run_task *t;
	enum sl_code code;

	code = sl_engine_may_write(e, err);
	if (code != SL_OK)
		return code;
	t = sl_run_list_lock(e, a->run);
	if (t && t->open) {
		code = release_open(t, a, &said);
		pthread_mutex_unlock(&t->lock);
	} else {
		if (t)
			pthread_mutex_unlock(&t->lock);
		code = release_waiting(e, a, &said);
	}
	if (code != SL_E_NOTFOUND && audit_release(e, a, &said, err) != SL_OK)
		return err->code;
	*err = said;
	return code == SL_OK ? answer_run(j, a->run, err) : code;
}

/* A dry run leaves no trace, this one neither. */
static enum sl_code
audit_stop(const struct sl_engine *e, int64_t run, struct sl_err *err)
{
	char object[40];

	(void)snprintf(object, sizeof(object), "run %lld", (long long)run);
	return run > 0 ? sl_engine_audit(e, "stop", object, "", err) : SL_OK;
}

static enum sl_code
stop_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_run_args *a = j->args;
	struct sl_engine *e = j->engine;
	struct sl_run_task *t = sl_run_list_lock(e, a->run);
	struct sl_run rec;
	enum sl_code code;

	if (t && t->open) {
		sl_run_ask(t, &t->stop, sl_mono_us() + STOP_US);
		pthread_mutex_unlock(&t->lock);
		code = audit_stop(e, a->run, err);
		return code == SL_OK ? answer_run(j, a->run, err) : code;
	}
	if (t)
		pthread_mutex_unlock(&t->lock);
	code = sl_engine_may_write(e, err);
	if (code == SL_OK)
		code = read_run(e, a->run, &rec, err);
	if (code == SL_OK && rec.state != SL_RUN_HELD && rec.state != SL_RUN_PAUSED)
		return sl_fail(err, SL_E_CONFIG, "run", "run %lld is over (%s)", (long long)a->run,
			       sl_run_state_name(rec.state));
	if (code == SL_OK)
		code = audit_stop(e, a->run, err);
	if (code != SL_OK)
		return code;
	code = end_record(e, &rec, NULL, err);
	return code == SL_OK ? answer_run(j, a->run, err) : code;
}

static enum sl_code
resume_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_run_args *a = j->args;
	struct sl_engine *e = j->engine;
	struct sl_run rec;
	enum sl_code code;

	code = sl_engine_may_write(e, err);
	if (code == SL_OK)
		code = read_run(e, a->run, &rec, err);
	if (code == SL_OK && rec.state != SL_RUN_PAUSED)
		return sl_fail(err, SL_E_CONFIG, "run", "run %lld is %s, not paused",
			       (long long)a->run, sl_run_state_name(rec.state));
	if (code == SL_OK)
		code = resume_record(e, &rec, NULL, err);
	return code == SL_OK ? answer_run(j, a->run, err) : code;
}

static sl_ticket
request(struct sl_engine *e, sl_job_fn *fn, const struct sl_run_args *args)
{
	struct sl_job *j = sl_job_new(e, fn, sizeof(*args));
	struct sl_run_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = *args;
	a->sync = sl_job_str(j, args->sync);
	a->confirm.plan = sl_job_str(j, args->confirm.plan);
	a->confirm.sync = sl_job_str(j, args->confirm.sync);
	j->order = true;
	return sl_job_submit(j);
}

sl_ticket
sl_start(struct sl_engine *e, const char *sync, unsigned flags)
{
	return request(e, start_job, &(struct sl_run_args){ .sync = sync, .flags = flags });
}

sl_ticket
sl_release(struct sl_engine *e, int64_t run, const struct sl_confirm *confirm)
{
	struct sl_run_args a = { .run = run, .removes = confirm != NULL };

	if (confirm)
		a.confirm = *confirm;
	return request(e, release_job, &a);
}

sl_ticket
sl_stop(struct sl_engine *e, int64_t run)
{
	return request(e, stop_job, &(struct sl_run_args){ .run = run });
}

sl_ticket
sl_resume(struct sl_engine *e, int64_t run)
{
	return request(e, resume_job, &(struct sl_run_args){ .run = run });
}
