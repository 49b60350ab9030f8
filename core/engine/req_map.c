/* req_map.c - what a mapping can be made of: fields, transforms, suggestions. */
#include "core/dest/fields.h"
#include "core/engine/doctor.h"
#include "core/engine/draft.h"
#include "core/engine/model_of.h"
#include "core/engine/with_source.h"
#include "core/map/map.h"

#include <stdio.h>

#define SAMPLE_ROWS 50

struct sl_targets_args {
	const char *event;
};

/* ---- fields and transforms ------------------------------------------------------------------------- */

/* "traits.*" stands for any name below; it is no field itself. */
static bool
is_pattern(const struct sl_field *f)
{
	const size_t n = strlen(f->name);

	return n >= 2 && strcmp(f->name + n - 2, ".*") == 0;
}

static enum sl_code
targets_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_targets_args *a = j->args;
	struct sl_table *t;
	size_t n;
	const struct sl_field *fields = sl_event_fields(a->event, &n);

	if (!fields) {
		(void)sl_fail(err, SL_E_NOTFOUND, "event", "there is no event \"%s\"", a->event);
		return sl_err_hint(err, "identify, track, group, page, screen, alias, record, row");
	}
	t = sl_table_new("field type required:bool help");
	for (size_t i = 0; t && i < n; i++) {
		if (is_pattern(&fields[i]))
			continue;
		sl_table_row(t);
		sl_cell_text(t, fields[i].name);
		sl_cell_text(t, fields[i].type);
		sl_cell_bool(t, fields[i].required);
		sl_cell_text(t, fields[i].help);
	}
	return sl_job_done(j, t, err);
}

sl_ticket
sl_targets(struct sl_engine *e, const char *event)
{
	struct sl_job *j = sl_job_new(e, targets_job, sizeof(struct sl_targets_args));

	if (j)
		((struct sl_targets_args *)j->args)->event = sl_job_str(j, event ? event : "");
	return sl_job_submit(j);
}

static enum sl_code
transforms_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_table *t = sl_table_new("name args help example");
	const struct sl_transform_info *info;

	for (size_t i = 0; t && (info = sl_transform_at(i)); i++) {
		sl_table_row(t);
		sl_cell_text(t, info->name);
		sl_cell_text(t, info->args);
		sl_cell_text(t, info->help);
		sl_cell_text(t, info->example);
	}
	return sl_job_done(j, t, err);
}

sl_ticket
sl_transforms(struct sl_engine *e)
{
	return sl_job_submit(sl_job_new(e, transforms_job, 0));
}

/* ---- suggestions ----------------------------------------------------------------------------------- */

/* The first rows of the model; none is no reason to suggest nothing. The caller frees the batch. */
static struct sl_batch *
read_sample(struct sl_job *j, const struct sl_source_handle *h, const struct sl_model *model,
	    struct sl_schema *schema)
{
	const struct sl_scan scan = { .model = *model, .limit = SAMPLE_ROWS };
	struct sl_batch *b = NULL;
	struct sl_err ignored;

	if (h->driver->begin(h->ctx, j->arena, &scan, schema, &ignored) != SL_OK ||
	    h->driver->next(h->ctx, &b, &ignored) != SL_OK)
		b = NULL;
	h->driver->end(h->ctx);
	return b;
}

/* Fields that may be suggested, as the mapper wants them. */
static struct sl_field_info *
list_fields(struct sl_job *j, const char *event, size_t *n)
{
	size_t all;
	const struct sl_field *fields = sl_event_fields(event, &all);
	struct sl_field_info *out = SL_NEW(j->arena, struct sl_field_info, all + 1);

	*n = 0;
	for (size_t i = 0; out && i < all; i++)
		if (!is_pattern(&fields[i]))
			out[(*n)++] = (struct sl_field_info){ fields[i].name, fields[i].type };
	return out;
}

static bool
is_mapped(const struct sl_object_def *profile, const char *to)
{
	for (size_t i = 0; i < profile->nsettings; i++)
		if (strncmp(profile->settings[i].name, "map.", 4) == 0 &&
		    strcmp(profile->settings[i].name + 4, to) == 0)
			return true;
	return false;
}

/* A suggestion is where one sees a column for the first time. */
static void
put_reason(struct sl_table *t, const struct sl_object_def *profile, const struct sl_suggestion *s)
{
	char text[400], column[200];

	(void)snprintf(column, sizeof(column), "%.*s", (int)strcspn(s->expr, " |"), s->expr);
	(void)snprintf(text, sizeof(text), "%s; personal data? tag the column with pii", s->reason);
	sl_cell_text(t, sl_looks_personal(column) && !sl_object_get(profile, "pii") ? text
										    : s->reason);
}

static struct sl_table *
suggestion_table(const struct sl_object_def *profile, const struct sl_suggestion *s, size_t n)
{
	struct sl_table *t = sl_table_new("to expr score:number reason");

	for (size_t i = 0; t && i < n; i++) {
		if (is_mapped(profile, s[i].to))
			continue;
		sl_table_row(t);
		sl_cell_text(t, s[i].to);
		sl_cell_text(t, s[i].expr);
		sl_cell_real(t, s[i].score);
		put_reason(t, profile, &s[i]);
	}
	return t;
}

static enum sl_code
suggest(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct sl_drafted *d = arg;
	const struct sl_what_copy what = { .table = sl_object_get(&d->sync, "table"),
					   .sql = sl_object_get(&d->sync, "sql") };
	struct sl_suggest_spec spec = { .event = sl_object_get(&d->profile, "event") };
	struct sl_suggestion *found;
	struct sl_model model;
	struct sl_schema schema;
	struct sl_batch *sample = NULL;
	size_t n = 0;
	enum sl_code code = sl_model_of(j, &what, &model, err);

	if (code == SL_OK)
		code = h->driver->describe(h->ctx, j->arena, &model, &schema, err);
	if (code != SL_OK)
		return code;
	spec.event = spec.event ? spec.event : "identify";
	spec.fields = list_fields(j, spec.event, &spec.nfields);
	if (!spec.fields)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the fields");
	sample = read_sample(j, h, &model, &schema);
	spec.schema = &schema;
	spec.sample = sample ? sample->cells : NULL;
	spec.nsample = sample ? sample->nrows : 0;
	code = sl_suggest(&spec, j->arena, &found, &n, err);
	sl_batch_free(sample);
	if (code != SL_OK)
		return code;
	return sl_job_done(j, suggestion_table(&d->profile, found, n), err);
}

static enum sl_code
suggestions_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_drafted draft;
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK)
		code = sl_draft_make(j, c, &draft, err);
	if (code == SL_OK)
		code = sl_with_source(j, c, sl_object_get(&draft.sync, "source"), suggest, &draft,
				      err);
	sl_config_free(c);
	return code;
}

sl_ticket
sl_suggestions(struct sl_engine *e, const struct sl_draft *d)
{
	return sl_job_submit(sl_draft_job(e, suggestions_job, d));
}
