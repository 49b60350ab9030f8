/* req_workspace.c - reading and changing single objects of the workspace. */
#include "core/engine/job.h"
#include "core/engine/problem_table.h"
#include "core/engine/run_list.h"

#include <stdio.h>
#include <stdlib.h>

struct sl_object_args {
	enum sl_kind kind;
	const char *name, *driver;
	const struct sl_pair *set;
	size_t n;
	bool create;
};

static enum sl_kind
kind_of(enum sl_object_kind k)
{
	return k == SL_CONNECTION ? SL_KIND_CONNECTION
	       : k == SL_PROFILE  ? SL_KIND_PROFILE
				  : SL_KIND_SYNC;
}

/* ---- reading --------------------------------------------------------------------------------------- */

static enum sl_code
get_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_object_args *a = j->args;
	const struct sl_object_def *o;
	struct sl_config *c = NULL;
	struct sl_table *t = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code != SL_OK)
		return code;
	/* A broken one too: a form is where it is mended. */
	o = sl_config_find(c, a->kind, a->name);
	if (!o)
		code = sl_engine_object(c, a->kind, a->name, &o, err);
	if (code == SL_OK)
		t = sl_table_new("name value line:int");
	for (size_t i = 0; t && i < o->nsettings; i++) {
		sl_table_row(t);
		sl_cell_text(t, o->settings[i].name);
		sl_cell_text(t, o->settings[i].value);
		sl_cell_int(t, o->settings[i].line);
	}
	sl_config_free(c);
	return code == SL_OK ? sl_job_done(j, t, err) : code;
}

static const char *
prop_type(enum sl_prop_type t)
{
	static const char *const names[] = {
		[SL_P_STRING] = "string", [SL_P_SECRET] = "secret", [SL_P_INT] = "int",
		[SL_P_BOOL] = "bool",     [SL_P_ENUM] = "enum",     [SL_P_MILLIS] = "millis",
		[SL_P_BYTES] = "bytes",   [SL_P_URL] = "url",       [SL_P_PATH] = "path",
		[SL_P_LIST] = "list",     [SL_P_MAP] = "map"
	};

	return names[t];
}

static void
put_bounds(struct sl_table *t, const struct sl_prop *p)
{
	const bool bound = p->min != 0 || p->max != 0;

	sl_cell_int_if(t, bound, p->min);
	sl_cell_int_if(t, bound && p->max >= p->min && p->max != INT64_MAX, p->max);
}

static void
put_choices(struct sl_table *t, const struct sl_prop *p)
{
	struct sl_buf b;

	if (!p->choices) {
		sl_cell_null(t);
		return;
	}
	sl_buf_init(&b, 0);
	for (size_t i = 0; p->choices[i]; i++)
		sl_buf_printf(&b, "%s%s", i ? "," : "", p->choices[i]);
	sl_cell_str(t, sl_buf_view(&b));
	sl_buf_free(&b);
}

static enum sl_code
props_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_object_args *a = j->args;
	const struct sl_engine *e = j->engine;
	const struct sl_prop *props;
	struct sl_table *t;
	size_t n;

	if (a->kind == SL_KIND_CONNECTION && !sl_engine_driver(e, a->driver)) {
		(void)sl_fail(err, SL_E_NOTFOUND, "type", "there is no type \"%s\"",
			      a->driver ? a->driver : "");
		return sl_err_hint(err, "the types are listed by: sluice drivers");
	}
	props = sl_kind_props(a->kind, a->driver, e->drivers, e->ndrivers, &n);
	t = sl_table_new("name type required:bool default min:int max:int choices help");
	for (size_t i = 0; t && i < n; i++) {
		const struct sl_prop *p = &props[i];

		sl_table_row(t);
		sl_cell_text(t, p->name);
		sl_cell_text(t, prop_type(p->type));
		sl_cell_bool(t, (p->flags & SL_PROP_REQUIRED) != 0);
		sl_cell_text(t, p->def);
		put_bounds(t, p);
		put_choices(t, p);
		sl_cell_text(t, p->help);
	}
	return sl_job_done(j, t, err);
}

/* "needs url, write_key" */
static void
put_needs(struct sl_table *t, const struct sl_driver_info *d)
{
	struct sl_buf b;

	sl_buf_init(&b, 0);
	for (size_t i = 0; i < d->nprops; i++)
		if (d->props[i].flags & SL_PROP_REQUIRED)
			sl_buf_printf(&b, "%s%s", b.len ? ", " : "needs ", d->props[i].name);
	sl_cell_str(t, b.len ? sl_buf_view(&b) : SL_LIT("every setting has a default"));
	sl_buf_free(&b);
}

static enum sl_code
drivers_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_engine *e = j->engine;
	struct sl_table *t = sl_table_new("name title role help");

	for (size_t i = 0; t && i < e->ndrivers; i++) {
		sl_table_row(t);
		sl_cell_text(t, e->drivers[i].name);
		sl_cell_text(t, e->drivers[i].title);
		sl_cell_text(t, e->drivers[i].is_source ? "source" : "destination");
		put_needs(t, &e->drivers[i]);
	}
	return sl_job_done(j, t, err);
}

/* ---- changing -------------------------------------------------------------------------------------- */

/* A reference to a secret of the saved connection that the new settings change: its name, or NULL. */
static const char *
changed_secret(const struct sl_engine *e, const struct sl_object_def *old,
	       const struct sl_config_check *now)
{
	const struct sl_driver_info *d =
		old ? sl_engine_driver(e, sl_object_get(old, "type")) : NULL;

	for (size_t i = 0; d && i < d->nprops; i++) {
		const char *was = sl_object_get(old, d->props[i].name), *is = NULL;

		if (d->props[i].type != SL_P_SECRET)
			continue;
		for (size_t k = 0; k < now->nsettings; k++)
			if (strcmp(now->settings[k].name, d->props[i].name) == 0)
				is = now->settings[k].value;
		if (strcmp(was ? was : "", is ? is : "") != 0)
			return d->props[i].name;
	}
	return NULL;
}

/* Names only: what a reference says is nobody's business. */
static enum sl_code
audit_saved(const struct sl_job *j, const struct sl_object_def *old,
	    const struct sl_config_check *now, struct sl_err *err)
{
	const char *secret = changed_secret(j->engine, old, now);
	char object[100], detail[100] = "";
	enum sl_code code;

	(void)snprintf(object, sizeof(object), "%s %s", sl_kind_name(now->kind), now->name);
	code = sl_engine_audit(j->engine, old ? "config changed" : "config created", object, "",
			       err);
	if (code != SL_OK || !secret)
		return code;
	(void)snprintf(detail, sizeof(detail), "%s refers to another secret", secret);
	return sl_engine_audit(j->engine, "secret changed", object, detail, err);
}

static enum sl_code
check_and_save(struct sl_job *j, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_object_args *a = j->args;
	const struct sl_config_check what = { .config = c,
					      .drivers = j->engine->drivers,
					      .ndrivers = j->engine->ndrivers,
					      .kind = a->kind,
					      .name = a->name,
					      .settings = sl_job_settings(j, a->set, a->n),
					      .nsettings = a->n };
	struct sl_problem_def *problems;
	struct sl_table *t;
	size_t n = 0;
	enum sl_code code;

	if (!what.settings)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the settings");
	code = sl_config_check(&what, j->arena, &problems, &n, err);
	if (code == SL_OK && n == 0)
		code = sl_config_save(&what, err);
	if (code == SL_OK && n == 0)
		code = audit_saved(j, sl_config_find(c, a->kind, a->name), &what, err);
	if (code != SL_OK)
		return code;
	t = sl_problem_table();
	sl_problem_rows(t, problems, n);
	code = sl_job_done(j, t, err);
	if (code == SL_OK && n > 0)
		return sl_problem_error(&problems[0], err);
	if (code == SL_OK)
		sl_mailbox_post_config(j->engine->mail);
	return code;
}

static enum sl_code
put_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_object_args *a = j->args;
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_may_write(j->engine, err);

	if (code == SL_OK)
		code = sl_engine_config(j->engine, &c, err);
	if (code != SL_OK)
		return code;
	if (a->create && sl_config_find(c, a->kind, a->name)) {
		(void)sl_fail(err, SL_E_CONFIG, "name", "there is a %s named \"%s\" already",
			      sl_kind_name(a->kind), a->name);
		code = sl_err_hint(err, "choose another name, or edit the one that is there");
	} else {
		code = check_and_save(j, c, err);
	}
	sl_config_free(c);
	return code;
}

static enum sl_code
delete_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_object_args *a = j->args;
	struct sl_config *c = NULL;
	char object[100];
	int64_t run;
	enum sl_code code = sl_engine_may_write(j->engine, err);

	if (code != SL_OK)
		return code;
	run = a->kind == SL_KIND_SYNC ? sl_run_list_busy(j->engine, a->name) : 0;
	if (run) {
		(void)sl_fail(err, SL_E_LOCKED, "run", "run %lld of this sync is not finished yet",
			      (long long)run);
		return sl_err_hint(err, "stop the run first");
	}
	code = sl_engine_config(j->engine, &c, err);
	if (code == SL_OK)
		code = sl_config_delete(c, a->kind, a->name, err);
	sl_config_free(c);
	(void)snprintf(object, sizeof(object), "%s %s", sl_kind_name(a->kind), a->name);
	if (code == SL_OK)
		code = sl_engine_audit(j->engine, "config deleted", object, "", err);
	if (code != SL_OK)
		return code;
	sl_mailbox_post_config(j->engine->mail);
	return sl_job_done(j, sl_problem_table(), err);
}

/* ---- the requests ---------------------------------------------------------------------------------- */

static sl_ticket
request(struct sl_engine *e, sl_job_fn *fn, const struct sl_object_args *args)
{
	struct sl_job *j = sl_job_new(e, fn, sizeof(*args));
	struct sl_object_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = *args;
	a->name = sl_job_str(j, args->name ? args->name : "");
	a->driver = sl_job_str(j, args->driver);
	a->set = sl_job_pairs(j, args->set, args->n);
	return sl_job_submit(j);
}

sl_ticket
sl_get(struct sl_engine *e, enum sl_object_kind kind, const char *name)
{
	return request(e, get_job, &(struct sl_object_args){ .kind = kind_of(kind), .name = name });
}

sl_ticket
sl_props(struct sl_engine *e, enum sl_object_kind kind, const char *driver)
{
	return request(e, props_job,
		       &(struct sl_object_args){ .kind = kind_of(kind), .driver = driver });
}

sl_ticket
sl_drivers(struct sl_engine *e)
{
	return request(e, drivers_job, &(struct sl_object_args){ .name = NULL });
}

sl_ticket
sl_put(struct sl_engine *e, enum sl_object_kind kind, const char *name, const struct sl_pair *set,
       size_t n, bool create)
{
	return request(e, put_job,
		       &(struct sl_object_args){ .kind = kind_of(kind),
						 .name = name,
						 .set = set,
						 .n = set ? n : 0,
						 .create = create });
}

sl_ticket
sl_delete(struct sl_engine *e, enum sl_object_kind kind, const char *name)
{
	return request(e, delete_job,
		       &(struct sl_object_args){ .kind = kind_of(kind), .name = name });
}
