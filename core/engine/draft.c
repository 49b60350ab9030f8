#include "core/engine/draft.h"

struct sl_job *
sl_draft_job(struct sl_engine *e, sl_job_fn *fn, const struct sl_draft *d)
{
	struct sl_job *j = sl_job_new(e, fn, sizeof(struct sl_draft_args));

	if (!j)
		return NULL;
	*(struct sl_draft_args *)j->args = (struct sl_draft_args){
		.sync = sl_job_str(j, d->sync),
		.set = sl_job_pairs(j, d->set, d->nset),
		.profile = sl_job_pairs(j, d->profile, d->nprofile),
		.nset = d->set ? d->nset : 0,
		.nprofile = d->profile ? d->nprofile : 0,
	};
	return j;
}

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory for the draft");
}

/* ---- settings laid over settings ------------------------------------------------------------------- */

static const char *
pair_value(const struct sl_pair *set, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(set[i].name, name) == 0)
			return set[i].value ? set[i].value : "";
	return NULL;
}

static bool
is_given(const struct sl_draft_args *a, const char *name)
{
	const char *v = pair_value(a->set, a->nset, name);

	return v && *v;
}

/* Does the draft leave this saved setting as it is? */
static bool
stays(const struct sl_draft_args *a, const char *name)
{
	if (pair_value(a->set, a->nset, name))
		return false;
	if (strcmp(name, "sql") == 0)
		return !is_given(a, "table");
	if (strcmp(name, "table") == 0)
		return !is_given(a, "sql");
	return true;
}

static void
add(struct sl_object_def *o, const char *name, const char *value, int line)
{
	if (value && *value)
		o->settings[o->nsettings++] = (struct sl_setting){ name, value, line };
}

static enum sl_code
make_sync(struct sl_job *j, const struct sl_config *c, struct sl_object_def *out,
	  struct sl_err *err)
{
	const struct sl_draft_args *a = j->args;
	const struct sl_object_def *saved =
		a->sync ? sl_config_find(c, SL_KIND_SYNC, a->sync) : NULL;
	const char *name = a->sync ? a->sync : "draft";

	if (!saved && a->nset == 0)
		return sl_engine_object(c, SL_KIND_SYNC, a->sync, &saved, err);
	*out = (struct sl_object_def){ .kind = SL_KIND_SYNC, .name = name };
	out->file = sl_arena_printf(j->arena, "syncs/%s.json", name);
	out->settings =
		SL_NEW(j->arena, struct sl_setting, a->nset + (saved ? saved->nsettings : 0) + 2);
	if (!out->file || !out->settings)
		return no_memory(err);
	for (size_t i = 0; saved && i < saved->nsettings; i++)
		if (stays(a, saved->settings[i].name))
			add(out, saved->settings[i].name, saved->settings[i].value,
			    saved->settings[i].line);
	for (size_t i = 0; i < a->nset; i++)
		add(out, a->set[i].name, a->set[i].value, 0);
	if (a->nprofile > 0 && !sl_object_get(out, "profile"))
		add(out, "profile", "draft", 0);
	return SL_OK;
}

/* ---- the profile ----------------------------------------------------------------------------------- */

/* The workspace with the drafted profile in the place of the saved one of its name. */
static enum sl_code
put_profile(struct sl_job *j, const struct sl_config *c, struct sl_drafted *d, struct sl_err *err)
{
	struct sl_config *copy = SL_NEW(j->arena, struct sl_config, 1);
	size_t n = 0;

	if (!copy)
		return no_memory(err);
	*copy = *c;
	copy->objects = SL_NEW(j->arena, struct sl_object_def, c->nobjects + 1);
	if (!copy->objects)
		return no_memory(err);
	for (size_t i = 0; i < c->nobjects; i++)
		if (c->objects[i].kind != SL_KIND_PROFILE ||
		    strcmp(c->objects[i].name, d->profile.name) != 0)
			copy->objects[n++] = c->objects[i];
	copy->objects[n++] = d->profile;
	copy->nobjects = n;
	d->config = copy;
	return SL_OK;
}

static enum sl_code
make_profile(struct sl_job *j, const struct sl_config *c, struct sl_drafted *d, struct sl_err *err)
{
	const struct sl_draft_args *a = j->args;
	const char *name = sl_object_get(&d->sync, "profile");
	const struct sl_object_def *saved;

	d->config = c;
	d->profile = (struct sl_object_def){ .kind = SL_KIND_PROFILE, .name = name ? name : "" };
	if (a->nprofile == 0) {
		saved = name ? sl_config_find(c, SL_KIND_PROFILE, name) : NULL;
		if (saved)
			d->profile = *saved;
		return SL_OK;
	}
	d->profile.file = sl_arena_printf(j->arena, "profiles/%s.json", name);
	d->profile.settings = SL_NEW(j->arena, struct sl_setting, a->nprofile + 1);
	if (!d->profile.file || !d->profile.settings)
		return no_memory(err);
	for (size_t i = 0; i < a->nprofile; i++)
		add(&d->profile, a->profile[i].name, a->profile[i].value, 0);
	return put_profile(j, c, d, err);
}

enum sl_code
sl_draft_make(struct sl_job *j, const struct sl_config *c, struct sl_drafted *out,
	      struct sl_err *err)
{
	enum sl_code code;

	*out = (struct sl_drafted){ .config = c };
	code = make_sync(j, c, &out->sync, err);
	return code == SL_OK ? make_profile(j, c, out, err) : code;
}

/* ---- checking -------------------------------------------------------------------------------------- */

static enum sl_code
check_one(struct sl_job *j, const struct sl_drafted *d, const struct sl_object_def *o,
	  struct sl_problem_def **out, size_t *n, struct sl_err *err)
{
	const struct sl_config_check what = { .config = d->config,
					      .drivers = j->engine->drivers,
					      .ndrivers = j->engine->ndrivers,
					      .kind = o->kind,
					      .name = o->name,
					      .settings = o->settings,
					      .nsettings = o->nsettings };

	return sl_config_check(&what, j->arena, out, n, err);
}

enum sl_code
sl_draft_check(struct sl_job *j, const struct sl_drafted *d, struct sl_problem_def **out, size_t *n,
	       struct sl_err *err)
{
	struct sl_problem_def *a = NULL, *b = NULL, *all;
	size_t na = 0, nb = 0;
	enum sl_code code = check_one(j, d, &d->sync, &a, &na, err);

	/* A profile that is not there at all is a mistake of the sync, told already. */
	if (code == SL_OK && d->profile.nsettings > 0)
		code = check_one(j, d, &d->profile, &b, &nb, err);
	if (code != SL_OK)
		return code;
	all = SL_NEW(j->arena, struct sl_problem_def, na + nb + 1);
	if (!all)
		return no_memory(err);
	for (size_t i = 0; i < na; i++)
		all[i] = a[i];
	for (size_t i = 0; i < nb; i++)
		all[na + i] = b[i];
	*out = all;
	*n = na + nb;
	return SL_OK;
}
