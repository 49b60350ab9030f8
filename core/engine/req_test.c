/* req_test.c - "test connection", a step at a time: the settings, the secret, the way there, and what
 * the other side says of itself. */
#include "core/engine/job.h"
#include "core/engine/problem_table.h"

#include "core/base/clock.h"

#include <stdio.h>

#define STEP_COLUMNS "step ok:bool took_us:int detail"

struct sl_test_args {
	const char *name;
	const struct sl_pair *set; /* NULL = as saved */
	size_t n;
};

struct testing {
	struct sl_job *job;
	struct sl_opening opening;
	const struct sl_driver_info *driver;
	struct sl_secret secret;
	int64_t at_us; /* start of the present step, monotonic */
};

/* ---- steps ----------------------------------------------------------------------------------------- */

static void
step(struct testing *t, const char *name, bool ok, struct sl_str detail)
{
	const int64_t now = sl_mono_us();
	struct sl_table *part = sl_table_new(STEP_COLUMNS);

	if (part) {
		sl_table_row(part);
		sl_cell_text(part, name);
		sl_cell_bool(part, ok);
		sl_cell_int(part, now - t->at_us);
		sl_cell_str(part, detail);
		sl_job_part(t->job, part);
	}
	t->at_us = sl_mono_us();
}

/* The end of a step that may have failed. */
static enum sl_code
done(struct testing *t, const char *name, enum sl_code code, struct sl_str detail,
     const struct sl_err *err)
{
	char text[800];

	if (code == SL_OK)
		step(t, name, true, detail);
	else
		step(t, name, false, sl_str(sl_err_text(err, text, sizeof(text))));
	return code;
}

static void
wake_source(void *arg)
{
	const struct sl_source_handle *h = arg;

	h->driver->cancel(h->ctx);
}

static void
wake_dest(void *arg)
{
	const struct sl_dest_handle *h = arg;

	h->driver->wakeup(h->ctx);
}

struct waking {
	struct sl_job *job;
	struct sl_source_handle *handle;
};

static void
ready(void *arg)
{
	const struct waking *w = arg;

	sl_job_wake(w->job, wake_source, w->handle);
}

static enum sl_code
test_source(struct testing *t, struct sl_err *err)
{
	struct sl_source_handle h = { 0 };
	struct waking w = { t->job, &h };
	const struct sl_open_hook hook = { ready, &w };
	struct sl_str about = { 0 };
	enum sl_code code = sl_source_open(t->job->engine, &t->opening, &h, &hook, err);

	code = done(t, "connect", code, SL_LIT("connected"), err);
	if (code == SL_OK) {
		code = h.driver->about(h.ctx, t->job->arena, &about, err);
		code = done(t, "about", code, about, err);
	}
	sl_job_wake(t->job, NULL, NULL);
	sl_source_disconnect(&h);
	return code;
}

static enum sl_code
test_dest(struct testing *t, struct sl_err *err)
{
	struct sl_dest_handle h = { 0 };
	struct sl_str line = { 0 };
	struct sl_buf target;
	enum sl_code code = sl_dest_open(t->job->engine, &t->opening, &h, err);

	sl_buf_init(&target, 0);
	if (code == SL_OK)
		h.driver->target(h.ctx, &target);
	code = done(t, "address", code, sl_buf_view(&target), err);
	sl_buf_free(&target);
	if (code == SL_OK) {
		sl_job_wake(t->job, wake_dest, &h);
		code = h.driver->check(h.ctx, t->job->arena, &line, err);
		sl_job_wake(t->job, NULL, NULL);
		code = done(t, "check", code, line, err);
	}
	sl_dest_disconnect(&h);
	return code;
}

/* ---- settings -------------------------------------------------------------------------------------- */

/* As a form has them: every mistake is a step of its own. */
static enum sl_code
take_form(struct testing *t, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_test_args *a = t->job->args;
	struct sl_config_check what = { .config = c,
					.drivers = t->job->engine->drivers,
					.ndrivers = t->job->engine->ndrivers,
					.kind = SL_KIND_CONNECTION,
					.name = *a->name ? a->name : "new",
					.settings = sl_job_settings(t->job, a->set, a->n),
					.nsettings = a->n };
	struct sl_problem_def *problems = NULL;
	char text[512];
	size_t n = 0;
	enum sl_code code;

	if (!what.settings)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the settings");
	code = sl_config_check(&what, t->job->arena, &problems, &n, err);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "%s: %s (%s)", problems[i].field,
			       problems[i].problem, problems[i].mend ? problems[i].mend : "");
		step(t, "settings", false, sl_str(text));
	}
	if (code == SL_OK && n > 0)
		code = sl_problem_error(&problems[0], err);
	t->opening.set = what.settings;
	t->opening.n = a->n;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->set[i].name, "type") == 0)
			t->opening.type = a->set[i].value;
	return code;
}

static enum sl_code
take_saved(struct testing *t, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_test_args *a = t->job->args;
	const struct sl_object_def *o;
	enum sl_code code = sl_engine_object(c, SL_KIND_CONNECTION, a->name, &o, err);

	if (code != SL_OK)
		return done(t, "settings", code, SL_LIT(""), err);
	t->opening = (struct sl_opening){ .type = sl_object_get(o, "type"),
					  .set = o->settings,
					  .n = o->nsettings };
	return SL_OK;
}

static enum sl_code
take_secret(struct testing *t, struct sl_err *err)
{
	enum sl_code code = sl_engine_secret(t->job->engine, &t->opening, &t->secret, err);
	struct sl_str told = t->secret.ptr ? SL_LIT("found") : SL_LIT("none is needed");

	t->opening.secret = t->secret.ptr;
	return done(t, "secret", code, told, err);
}

static enum sl_code
run_steps(struct testing *t, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_test_args *a = t->job->args;
	enum sl_code code = a->set ? take_form(t, c, err) : take_saved(t, c, err);

	if (code != SL_OK)
		return code;
	t->driver = sl_engine_driver(t->job->engine, t->opening.type);
	if (!t->driver)
		return sl_fail(err, SL_E_CONFIG, "type", "the connection has no type");
	step(t, "settings", true, sl_str(t->driver->title));
	code = take_secret(t, err);
	if (code == SL_OK && sl_job_cancelled(t->job))
		code = sl_fail(err, SL_E_CANCELLED, "", "cancelled");
	if (code != SL_OK)
		return code;
	return t->driver->is_source ? test_source(t, err) : test_dest(t, err);
}

static enum sl_code
test_job(struct sl_job *j, struct sl_err *err)
{
	struct testing t = { .job = j, .at_us = sl_mono_us() };
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK)
		code = run_steps(&t, c, err);
	sl_secret_free(&t.secret);
	sl_config_free(c);
	return code == SL_OK ? sl_job_done(j, sl_table_new(STEP_COLUMNS), err) : code;
}

sl_ticket
sl_test(struct sl_engine *e, const char *name, const struct sl_pair *set, size_t n)
{
	struct sl_job *j = sl_job_new(e, test_job, sizeof(struct sl_test_args));
	struct sl_test_args *a;

	if (!j)
		return 0;
	a = j->args;
	a->name = sl_job_str(j, name ? name : "");
	a->set = sl_job_pairs(j, set, n);
	a->n = set ? n : 0;
	return sl_job_submit(j);
}
