/* doctor_connect.c - each source and destination: reachable, encrypted, its role no stronger than it needs. */
#include "core/engine/doctor.h"
#include "core/engine/prep.h"
#include "core/engine/with_source.h"

#include <stdio.h>
#include <stdlib.h>

#define SKEW_US INT64_C(60000000) /* clocks may differ by this much */

/* ---- what syncs read ------------------------------------------------------------------------------------ */

struct needs {
	struct sl_arena *arena;
	struct sl_need *list;
	uint32_t n;
};

static bool
add_column(struct sl_arena *a, struct sl_need *to, struct sl_str name)
{
	struct sl_str *longer;

	for (uint32_t i = 0; i < to->ncolumns; i++)
		if (sl_str_eq(to->columns[i], name))
			return true;
	longer = SL_NEW(a, struct sl_str, to->ncolumns + 1);
	if (!longer)
		return false;
	for (uint32_t i = 0; i < to->ncolumns; i++)
		longer[i] = to->columns[i];
	longer[to->ncolumns].ptr = sl_arena_strndup(a, name.ptr, name.len);
	longer[to->ncolumns].len = name.len;
	to->columns = longer;
	return longer[to->ncolumns++].ptr != NULL;
}

static struct sl_str
keep(struct sl_arena *a, struct sl_str s)
{
	return (struct sl_str){ sl_arena_strndup(a, s.ptr ? s.ptr : "", s.len), s.len };
}

static bool
same_model(const struct sl_model *a, const struct sl_model *b)
{
	return sl_str_eq(a->schema, b->schema) && sl_str_eq(a->table, b->table) &&
	       sl_str_eq(a->sql, b->sql);
}

static struct sl_need *
need_of(struct needs *all, const struct sl_model *m)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (same_model(&all->list[i].model, m))
			return &all->list[i];
	all->list[all->n].model =
		(struct sl_model){ keep(all->arena, m->schema), keep(all->arena, m->table),
				   keep(all->arena, m->sql) };
	return &all->list[all->n++];
}

static enum sl_code
add_sync(struct needs *all, const struct sl_config *c, const struct sl_object_def *o,
	 struct sl_err *err)
{
	const char *cursor = sl_object_get(o, "cursor");
	struct sl_prep p;
	struct sl_need *need;
	struct sl_str *columns = NULL;
	uint32_t n = 0;
	bool ok = true;
	enum sl_code code = sl_prep_load(&p, c, o->name, err);

	if (code == SL_OK)
		code = sl_map_columns(&p.profile, p.sync.key, p.sync.nkey, p.arena, &columns, &n) ==
				       SL_OK
			       ? SL_OK
			       : sl_fail(err, SL_E_NOMEM, "", "no memory for the columns");
	if (code == SL_OK) {
		need = need_of(all, &p.model);
		for (uint32_t i = 0; i < n && ok && p.model.sql.len == 0; i++)
			ok = add_column(all->arena, need, columns[i]);
		if (ok && cursor && *cursor && p.model.sql.len == 0)
			ok = add_column(all->arena, need, sl_str(cursor));
	}
	sl_prep_free(&p);
	if (code == SL_OK && !ok)
		code = sl_fail(err, SL_E_NOMEM, "", "no memory for the columns");
	return code;
}

enum sl_code
sl_doctor_needs(struct sl_job *j, const struct sl_config *c, const char *source,
		struct sl_need **out, uint32_t *n, struct sl_err *err)
{
	struct needs all = { .arena = j->arena };
	enum sl_code code = SL_OK;

	all.list = SL_NEW(j->arena, struct sl_need, c->nobjects + 1);
	if (!all.list)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the syncs");
	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		const struct sl_object_def *o = &c->objects[i];
		const char *from = sl_object_get(o, "source"), *name = sl_object_get(o, "profile");
		const struct sl_object_def *profile =
			name ? sl_config_find(c, SL_KIND_PROFILE, name) : NULL;

		/* What is broken is told by check. */
		if (o->kind == SL_KIND_SYNC && !o->broken && from && strcmp(from, source) == 0 &&
		    profile && !profile->broken)
			code = add_sync(&all, c, o, err);
	}
	*out = all.list;
	*n = all.n;
	return code;
}

/* ---- the way there ----------------------------------------------------------------------------------------- */

static bool
is_near(const char *host)
{
	return !host || !*host || host[0] == '/' || host[0] == '@' ||
	       strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

static void
check_way(struct sl_doctor *d, const struct sl_object_def *o, const struct sl_driver_info *drv)
{
	const char *mode =
		sl_prop_text(drv->props, drv->nprops, o->settings, o->nsettings, "sslmode");
	const char *url = sl_object_get(o, "url"), *host = sl_object_get(o, "host");
	const char *plain = sl_object_get(o, "allow_plaintext");

	const bool proves = mode && strcmp(mode, "verify-full") == 0;
	const bool hides = mode && (strcmp(mode, "auto") == 0 || strcmp(mode, "require") == 0 ||
				    strcmp(mode, "verify-ca") == 0);

	if (mode && !proves && !is_near(host) && !sl_object_get(o, "service"))
		sl_doctor_say(
			d, o->name, SL_GRADE_WARN, "set sslmode to verify-full",
			hides ? "sslmode %s: encrypted, but another server could pose as this "
				"one"
			      : "sslmode %s: rows and password may travel unencrypted",
			mode);
	if (url && strncmp(url, "http://", 7) == 0 && plain && strcmp(plain, "true") == 0)
		sl_doctor_say(d, o->name, SL_GRADE_WARN, "use https, and take allow_plaintext out",
			      "allow_plaintext: rows and key travel unencrypted");
}

/* ---- a source -------------------------------------------------------------------------------------------------- */

struct source_look {
	struct sl_need *needs;
	uint32_t n;
	struct sl_findings found;
};

static enum sl_code
inspect(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	struct source_look *look = arg;
	struct sl_str about;
	enum sl_code code;

	look->found = (struct sl_findings){ .arena = j->arena };
	if (h->driver->inspect)
		return h->driver->inspect(h->ctx, look->needs, look->n, &look->found, err);
	code = h->driver->about(h->ctx, j->arena, &about, err);
	if (code == SL_OK)
		sl_finding_add(&look->found, "about", SL_GRADE_OK, about.ptr, "");
	return code;
}

static enum sl_code
check_source(struct sl_doctor *d, const struct sl_object_def *o, struct sl_err *err)
{
	struct source_look look = { 0 };
	char what[128];
	enum sl_code code = sl_doctor_needs(d->job, d->config, o->name, &look.needs, &look.n, err);

	if (code == SL_OK)
		code = sl_with_source(d->job, d->config, o->name, inspect, &look, err);
	for (uint32_t i = 0; i < look.found.n; i++) {
		const struct sl_finding *f = &look.found.list[i];

		(void)snprintf(what, sizeof(what), "%s: %s", o->name, f->what);
		sl_doctor_say(d, what, f->grade, f->mend, "%s", f->detail);
	}
	return code;
}

/* ---- a destination ----------------------------------------------------------------------------------------------- */

static void
wake_dest(void *arg)
{
	const struct sl_dest_handle *h = arg;

	h->driver->wakeup(h->ctx);
}

static void
check_clock(struct sl_doctor *d, const char *name, const struct sl_dest_handle *h)
{
	int64_t ahead;

	if (!h->driver->clock || !h->driver->clock(h->ctx, &ahead))
		return;
	if (ahead >= -SKEW_US && ahead <= SKEW_US)
		return;
	sl_doctor_say(d, name, SL_GRADE_WARN, "let both machines follow a time server",
		      "its clock is %lld s %s ours",
		      (long long)((ahead < 0 ? -ahead : ahead) / 1000000),
		      ahead > 0 ? "ahead of" : "behind");
}

/* Its test sends no event. */
static enum sl_code
check_dest(struct sl_doctor *d, const struct sl_object_def *o, struct sl_err *err)
{
	struct sl_dest_handle h = { 0 };
	struct sl_str line = { 0 };
	enum sl_code code = sl_dest_connect(d->job->engine, d->config, o->name, &h, err);

	if (code == SL_OK) {
		sl_job_wake(d->job, wake_dest, &h);
		code = h.driver->check(h.ctx, d->job->arena, &line, err);
		sl_job_wake(d->job, NULL, NULL);
		check_clock(d, o->name, &h);
	}
	sl_dest_disconnect(&h);
	if (code == SL_OK)
		sl_doctor_say(d, o->name, SL_GRADE_OK, "", SL_FMT, SL_ARG(line));
	return code;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------- */

static void
check_connection(struct sl_doctor *d, const struct sl_object_def *o,
		 const struct sl_driver_info *drv)
{
	struct sl_err err = { 0 };

	d->area = drv->is_source ? "sources" : "destinations";
	check_way(d, o, drv);
	if ((drv->is_source ? check_source(d, o, &err) : check_dest(d, o, &err)) != SL_OK)
		sl_doctor_say(d, o->name, SL_GRADE_BAD, err.hint, "%s", err.msg);
}

enum sl_code
sl_doctor_connections(struct sl_doctor *d, struct sl_err *err)
{
	for (size_t i = 0; i < d->config->nobjects; i++) {
		const struct sl_object_def *o = &d->config->objects[i];
		const struct sl_driver_info *drv;

		if (o->kind != SL_KIND_CONNECTION || o->broken)
			continue;
		drv = sl_engine_driver(d->job->engine, sl_object_get(o, "type"));
		if (!drv)
			continue;
		check_connection(d, o, drv);
		if (sl_job_cancelled(d->job))
			return sl_fail(err, SL_E_CANCELLED, "", "cancelled");
		sl_job_part(d->job, d->found);
		d->found = sl_table_new("area what level detail mend");
	}
	return SL_OK;
}
