/* req_doctor.c - the requests behind `doctor`: findings, and the SQL of a role that may only read. */
#include "core/engine/doctor.h"
#include "core/engine/with_source.h"

#include <stdarg.h>
#include <stdio.h>

#define COLUMNS "area what level detail mend"

void
sl_doctor_say(struct sl_doctor *d, const char *what, enum sl_grade grade, const char *mend,
	      const char *fmt, ...)
{
	static const char *const levels[] = {
		[SL_GRADE_OK] = "ok", [SL_GRADE_WARN] = "warn", [SL_GRADE_BAD] = "bad"
	};
	char text[4096];
	va_list ap;

	if (!d->found)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sl_table_row(d->found);
	sl_cell_text(d->found, d->area);
	sl_cell_text(d->found, what);
	sl_cell_text(d->found, levels[grade]);
	sl_cell_text(d->found, text);
	sl_cell_text(d->found, mend && *mend ? mend : NULL);
}

static void
say_problems(struct sl_doctor *d)
{
	d->area = "files";
	if (d->config->nproblems > 0)
		sl_doctor_say(d, "settings", SL_GRADE_BAD, "sluice check names every one",
			      "%zu mistakes in the workspace", d->config->nproblems);
}

/* The next part; what was found so far goes out. */
static void
send_part(struct sl_doctor *d)
{
	sl_job_part(d->job, d->found);
	d->found = sl_table_new(COLUMNS);
}

static enum sl_code
doctor_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_doctor d = { .job = j, .found = sl_table_new(COLUMNS) };
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	d.config = c;
	if (code == SL_OK) {
		sl_doctor_files(&d);
		say_problems(&d);
		sl_doctor_state(&d);
		sl_doctor_process(&d);
		sl_doctor_personal(&d);
		send_part(&d);
		code = sl_doctor_connections(&d, err);
	}
	sl_config_free(c);
	if (code == SL_OK)
		return sl_job_done(j, d.found, err);
	sl_table_free(d.found);
	return code;
}

sl_ticket
sl_doctor(struct sl_engine *e)
{
	return sl_job_submit(sl_job_new(e, doctor_job, 0));
}

/* ---- the role ---------------------------------------------------------------------------------------- */

struct grants {
	struct sl_need *needs;
	uint32_t n;
	struct sl_buf sql;
};

static enum sl_code
write_grants(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	struct grants *g = arg;

	(void)j;
	sl_buf_reset(&g->sql);
	return h->driver->grants(h->ctx, g->needs, g->n, &g->sql, err);
}

static enum sl_code
grants_of(struct sl_job *j, const struct sl_config *c, const struct sl_object_def *o,
	  struct sl_table *t, struct sl_err *err)
{
	struct grants g = { 0 };
	enum sl_code code = sl_doctor_needs(j, c, o->name, &g.needs, &g.n, err);

	sl_buf_init(&g.sql, 0);
	if (code == SL_OK)
		code = sl_with_source(j, c, o->name, write_grants, &g, err);
	if (code == SL_OK) {
		sl_table_row(t);
		sl_cell_text(t, o->name);
		sl_cell_str(t, sl_buf_view(&g.sql));
	}
	sl_buf_free(&g.sql);
	return code;
}

static bool
knows_roles(const struct sl_object_def *o)
{
	const char *type = sl_object_get(o, "type");
	const struct sl_source_driver *d = type ? sl_source_find(type) : NULL;

	return o->kind == SL_KIND_CONNECTION && !o->broken && d && d->grants;
}

static enum sl_code
all_grants(struct sl_job *j, const struct sl_config *c, const char *only, struct sl_table *t,
	   struct sl_err *err)
{
	const struct sl_object_def *o;
	enum sl_code code = SL_OK;

	if (only)
		code = sl_engine_object(c, SL_KIND_CONNECTION, only, &o, err);
	if (code == SL_OK && only && !knows_roles(o))
		code = sl_fail(err, SL_E_CONFIG, "", "%s has no roles to grant anything to", only);
	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		o = &c->objects[i];
		if (knows_roles(o) && (!only || strcmp(o->name, only) == 0))
			code = grants_of(j, c, o, t, err);
	}
	return code;
}

static enum sl_code
grants_job(struct sl_job *j, struct sl_err *err)
{
	const char *const *only = j->args;
	struct sl_table *t = sl_table_new("connection sql");
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK && t)
		code = all_grants(j, c, *only, t, err);
	sl_config_free(c);
	if (code == SL_OK)
		return sl_job_done(j, t, err);
	sl_table_free(t);
	return code;
}

sl_ticket
sl_grants(struct sl_engine *e, const char *connection)
{
	struct sl_job *j = sl_job_new(e, grants_job, sizeof(const char *));

	if (!j)
		return 0;
	*(const char **)j->args = sl_job_str(j, connection);
	return sl_job_submit(j);
}
