/* req_list.c - what a workspace holds, each object with what a person wants to know at a glance. */
#include "core/engine/job.h"
#include "core/engine/run_list.h"

#include <stdio.h>
#include <stdlib.h>

#define HISTORY 12 /* runs */

struct sl_list_args {
	enum sl_object_kind kind;
};

/* ---- what all kinds share ------------------------------------------------------------------------ */

static void
put_broken(struct sl_table *t, const struct sl_config *c, const struct sl_object_def *o)
{
	char text[512];

	sl_cell_bool(t, o->broken);
	for (size_t i = 0; i < c->nproblems && o->broken; i++) {
		const struct sl_problem_def *p = &c->problems[i];

		if (strcmp(p->file, o->file) != 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s:%d: %s", p->file, p->line, p->problem);
		sl_cell_text(t, text);
		return;
	}
	sl_cell_null(t);
}

/* How many syncs name this object in one of two settings (the second may be NULL). */
static int64_t
used_by(const struct sl_config *c, const char *name, const char *first, const char *second)
{
	int64_t n = 0;

	for (size_t i = 0; i < c->nobjects; i++) {
		const struct sl_object_def *o = &c->objects[i];
		const char *a = sl_object_get(o, first);
		const char *b = second ? sl_object_get(o, second) : NULL;

		n += o->kind == SL_KIND_SYNC &&
		     ((a && strcmp(a, name) == 0) || (b && strcmp(b, name) == 0));
	}
	return n;
}

/* ---- connections ----------------------------------------------------------------------------------- */

/* Where it leads, without what follows a question mark: that may be a token. */
static void
put_target(struct sl_table *t, const struct sl_object_def *o, const struct sl_driver_info *d)
{
	const char *url = sl_object_get(o, "url"), *path = sl_object_get(o, "path");
	const char *host, *port, *database;
	char text[256];

	if (!d || url || path) {
		struct sl_str s = sl_str(url ? url : path ? path : "");

		s.len = url ? strcspn(url, "?#") : s.len;
		sl_cell_str(t, s);
		return;
	}
	host = sl_object_get(o, "host");
	port = sl_prop_text(d->props, d->nprops, o->settings, o->nsettings, "port");
	database = sl_object_get(o, "database");
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", host ? host : "local", port ? ":" : "",
		       port ? port : "", database ? "/" : "", database ? database : "");
	sl_cell_text(t, text);
}

static void
connection_row(struct sl_table *t, const struct sl_engine *e, const struct sl_config *c,
	       const struct sl_object_def *o)
{
	const char *type = sl_object_get(o, "type");
	const struct sl_driver_info *d = sl_engine_driver(e, type);

	sl_table_row(t);
	sl_cell_text(t, o->name);
	sl_cell_text(t, type);
	sl_cell_text(t, d ? d->title : NULL);
	sl_cell_text(t, !d ? NULL : d->is_source ? "source" : "destination");
	put_target(t, o, d);
	sl_cell_int(t, used_by(c, o->name, "source", "destination"));
	put_broken(t, c, o);
}

/* ---- profiles -------------------------------------------------------------------------------------- */

static void
profile_row(struct sl_table *t, const struct sl_config *c, const struct sl_object_def *o)
{
	int64_t fields = 0;

	for (size_t i = 0; i < o->nsettings; i++)
		fields += strncmp(o->settings[i].name, "map.", 4) == 0;
	sl_table_row(t);
	sl_cell_text(t, o->name);
	sl_cell_text(t, sl_object_get(o, "event"));
	sl_cell_int(t, fields);
	sl_cell_int(t, used_by(c, o->name, "profile", NULL));
	put_broken(t, c, o);
}

/* ---- syncs ----------------------------------------------------------------------------------------- */

/* What the state knows of a sync. */
struct sync_past {
	struct sl_run runs[HISTORY]; /* newest first */
	uint32_t n;
	uint64_t rows, open_dead;
};

static enum sl_code
read_past(struct sl_engine *e, struct sl_store *s, const char *sync, struct sync_past *p,
	  struct sl_err *err)
{
	struct sl_sync_state state = { 0 };
	enum sl_code code;

	*p = (struct sync_past){ 0 };
	if (!s)
		return SL_OK;
	code = sl_store_runs(s, sync, 0, HISTORY, p->runs, &p->n, err);
	for (uint32_t i = 0; i < p->n && code == SL_OK; i++)
		sl_run_list_fresher(e, &p->runs[i]);
	if (code == SL_OK)
		code = sl_store_dead_count(s, sync, &p->open_dead, err);
	if (code == SL_OK) {
		code = sl_store_sync_get(s, sync, &state, err);
		p->rows = state.rows;
	}
	return code == SL_E_NOTFOUND ? SL_OK : code;
}

static char
history_letter(const struct sl_run *r)
{
	switch (r->state) {
	case SL_RUN_SETTLED:
		return r->dead > 0 ? 'd' : 's';
	case SL_RUN_FAILED:
		return 'f';
	case SL_RUN_PAUSED:
		return 'p';
	case SL_RUN_CANCELLED:
		return 'c';
	case SL_RUN_HELD:
		return 'h';
	case SL_RUN_NEW:
	case SL_RUN_PLANNING:
	case SL_RUN_DELIVERING:
		break;
	}
	return 'r';
}

static void
put_last_run(struct sl_table *t, const struct sync_past *p)
{
	static const struct sl_run none;
	const struct sl_run *r = p->n > 0 ? &p->runs[0] : &none;
	const uint64_t counts[] = {
		r->adds, r->updates, r->removes, r->acked, r->dead, p->open_dead
	};

	sl_cell_int(t, r->id);
	sl_cell_text(t, p->n > 0 ? sl_run_state_name(r->state) : "never");
	sl_cell_time(t, r->started_us);
	sl_cell_time(t, r->ended_us);
	for (size_t i = 0; i < SL_COUNT(counts); i++)
		sl_cell_int(t, (int64_t)counts[i]);
	sl_cell_text(t, r->error);
	sl_cell_int(t, (int64_t)p->rows);
}

/* Of the last run that read: a retry does not. */
static void
put_promise(struct sl_table *t, const struct sync_past *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (!p->runs[i].promise[0])
			continue;
		sl_cell_text(t, p->runs[i].promise);
		sl_cell_int(t, (int64_t)p->runs[i].null_cursors);
		return;
	}
	sl_cell_null(t);
	sl_cell_int(t, 0);
}

static void
sync_row(struct sl_table *t, const struct sl_config *c, const struct sl_object_def *o,
	 const struct sync_past *past)
{
	const char *table = sl_object_get(o, "table");
	size_t n;
	const struct sl_prop *props = sl_kind_props(SL_KIND_SYNC, NULL, NULL, 0, &n);
	char history[HISTORY + 1] = "";

	for (uint32_t i = 0; i < past->n; i++)
		history[i] = history_letter(&past->runs[past->n - 1 - i]);
	sl_table_row(t);
	sl_cell_text(t, o->name);
	sl_cell_text(t, sl_object_get(o, "source"));
	sl_cell_text(t, table ? table : sl_object_get(o, "sql") ? "(sql)" : NULL);
	sl_cell_text(t, sl_object_get(o, "destination"));
	sl_cell_text(t, sl_prop_text(props, n, o->settings, o->nsettings, "mode"));
	sl_cell_text(t, sl_object_get(o, "profile"));
	sl_cell_text(t, sl_prop_text(props, n, o->settings, o->nsettings, "schedule"));
	sl_cell_text(t, sl_prop_text(props, n, o->settings, o->nsettings, "detect"));
	put_promise(t, past);
	put_broken(t, c, o);
	put_last_run(t, past);
	sl_cell_text(t, history);
}

static enum sl_code
sync_rows(struct sl_job *j, const struct sl_config *c, struct sl_table *t, struct sl_err *err)
{
	struct sync_past *past = calloc(1, sizeof(*past));
	struct sl_store *s = NULL;
	enum sl_code code;

	if (!past)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the list");
	code = sl_engine_reader(j->engine, &s, err);
	if (code == SL_E_NOTFOUND)
		code = SL_OK; /* nothing was ever run */
	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		if (c->objects[i].kind != SL_KIND_SYNC)
			continue;
		code = read_past(j->engine, s, c->objects[i].name, past, err);
		if (code == SL_OK)
			sync_row(t, c, &c->objects[i], past);
	}
	sl_store_close(s);
	free(past);
	return code;
}

/* ---- the request ----------------------------------------------------------------------------------- */

static struct sl_table *
table_of(enum sl_object_kind kind)
{
	switch (kind) {
	case SL_CONNECTION:
		return sl_table_new("name type title role target used_by:int broken:bool problem");
	case SL_PROFILE:
		return sl_table_new("name event fields:int used_by:int broken:bool problem");
	case SL_SYNC:
		break;
	}
	return sl_table_new("name source model destination mode profile schedule detect "
			    "promise null_cursors:int broken:bool problem run:int state "
			    "started:time ended:time adds:int updates:int "
			    "removes:int acked:int dead:int open_dead:int error rows:int history");
}

static enum sl_code
list_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_list_args *a = j->args;
	struct sl_config *c = NULL;
	struct sl_table *t = table_of(a->kind);
	enum sl_code code = t ? sl_engine_config(j->engine, &c, err)
			      : sl_fail(err, SL_E_NOMEM, "", "no memory for the list");

	for (size_t i = 0; code == SL_OK && i < c->nobjects; i++) {
		const struct sl_object_def *o = &c->objects[i];

		if (o->kind == SL_KIND_CONNECTION && a->kind == SL_CONNECTION)
			connection_row(t, j->engine, c, o);
		else if (o->kind == SL_KIND_PROFILE && a->kind == SL_PROFILE)
			profile_row(t, c, o);
	}
	if (code == SL_OK && a->kind == SL_SYNC)
		code = sync_rows(j, c, t, err);
	sl_config_free(c);
	if (code == SL_OK)
		return sl_job_done(j, t, err);
	sl_table_free(t);
	return code;
}

sl_ticket
sl_list(struct sl_engine *e, enum sl_object_kind kind)
{
	struct sl_job *j = sl_job_new(e, list_job, sizeof(struct sl_list_args));

	if (!j)
		return 0;
	((struct sl_list_args *)j->args)->kind = kind;
	return sl_job_submit(j);
}
