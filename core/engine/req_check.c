/* req_check.c - every mistake of the workspace; online also what the sources say to the mappings, and
 * whether the destinations answer. */
#include "core/engine/prep.h"
#include "core/engine/problem_table.h"
#include "core/engine/profile_check.h"
#include "core/engine/with_source.h"

#include "core/config/secret.h"
#include "core/dest/http_url.h"

#include <stdio.h>

struct sl_check_args {
	bool online, reload;
};

/* ---- against the other side --------------------------------------------------------------------------- */

struct online {
	const struct sl_config *config;
	const char *source;
	struct sl_table *found; /* of this source */
};

static void
put_error(struct sl_table *t, const char *file, const struct sl_err *e)
{
	const struct sl_problem_def p = {
		.file = file, .field = "", .problem = e->msg, .mend = e->hint
	};

	struct sl_problem told;

	sl_problem_from(&told, e);
	sl_problem_row(t, &p,
		       told.exit_code == SL_EXIT_DOWN ? SL_PROBLEM_DOWN : SL_PROBLEM_MISTAKE);
}

static bool
is_of(const struct sl_object_def *o, const char *source)
{
	const char *s = sl_object_get(o, "source");

	return o->kind == SL_KIND_SYNC && !o->broken && s && strcmp(s, source) == 0;
}

/* One sync; what is wrong with it becomes rows, only a lost source is an error. */
static enum sl_code
check_sync(const struct online *on, const struct sl_object_def *o, const struct sl_source_handle *h,
	   struct sl_err *err)
{
	struct sl_profile_issues told = { 0 };
	struct sl_prep p;
	enum sl_code code = sl_prep_load(&p, on->config, o->name, err);

	if (code == SL_OK)
		code = sl_prep_describe(&p, h, err);
	if (code == SL_OK)
		code = sl_profile_check(&p.profile, p.arena, &told, err);
	for (size_t i = 0; code == SL_OK && i < p.nissues; i++)
		if (!sl_profile_has_issue(&told, &p.issues[i]))
			sl_profile_issue_row(on->found, &p.profile, &p.issues[i], p.sync.name);
	sl_prep_free(&p);
	if (code == SL_OK || code == SL_E_NET || code == SL_E_CANCELLED || code == SL_E_NOMEM)
		return code;
	put_error(on->found, o->file, err);
	return SL_OK;
}

static enum sl_code
check_source(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	struct online *on = arg;
	enum sl_code code = SL_OK;

	(void)j;
	sl_table_free(on->found);
	on->found = sl_problem_table();
	if (!on->found)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the answer");
	for (size_t i = 0; i < on->config->nobjects && code == SL_OK; i++)
		if (is_of(&on->config->objects[i], on->source))
			code = check_sync(on, &on->config->objects[i], h, err);
	return code;
}

/* One part for each source. */
static enum sl_code
check_source_connection(struct sl_job *j, const struct sl_config *c, const struct sl_object_def *o,
			struct sl_err *err)
{
	struct online on = { .config = c, .source = o->name };
	struct sl_err why;
	const enum sl_code code = sl_with_source(j, c, o->name, check_source, &on, &why);

	if (code != SL_OK && !on.found)
		on.found = sl_problem_table();
	if (!on.found)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the answer");
	if (code != SL_OK)
		put_error(on.found, o->file, &why);
	sl_job_part(j, on.found);
	if (sl_job_cancelled(j))
		return sl_fail(err, SL_E_CANCELLED, "", "cancelled");
	return SL_OK;
}

static void
wake_dest(void *arg)
{
	const struct sl_dest_handle *h = arg;

	h->driver->wakeup(h->ctx);
}

/* Its test sends no event. */
static enum sl_code
check_dest_connection(struct sl_job *j, const struct sl_config *c, const struct sl_object_def *o,
		      struct sl_err *err)
{
	struct sl_dest_handle h = { 0 };
	struct sl_err why = { 0 };
	struct sl_str line = { 0 };
	enum sl_code code = sl_dest_connect(j->engine, c, o->name, &h, &why);
	struct sl_table *found = sl_problem_table();

	if (code == SL_OK) {
		sl_job_wake(j, wake_dest, &h);
		code = h.driver->check(h.ctx, j->arena, &line, &why);
		sl_job_wake(j, NULL, NULL);
	}
	sl_dest_disconnect(&h);
	if (!found)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the answer");
	if (code != SL_OK)
		put_error(found, o->file, &why);
	sl_job_part(j, found);
	if (sl_job_cancelled(j))
		return sl_fail(err, SL_E_CANCELLED, "", "cancelled");
	return SL_OK;
}

static enum sl_code
check_online(struct sl_job *j, const struct sl_config *c, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		const struct sl_object_def *o = &c->objects[i];
		const struct sl_driver_info *d;

		if (o->kind != SL_KIND_CONNECTION || o->broken)
			continue;
		d = sl_engine_driver(j->engine, sl_object_get(o, "type"));
		if (d)
			code = d->is_source ? check_source_connection(j, c, o, err)
					    : check_dest_connection(j, c, o, err);
	}
	return code;
}

/* ---- the profiles ----------------------------------------------------------------------------------- */

static enum sl_code
check_profiles(struct sl_job *j, const struct sl_config *c, struct sl_table *t, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		const struct sl_object_def *o = &c->objects[i];
		struct sl_profile_issues found = { 0 };
		struct sl_profile p;

		if (o->kind != SL_KIND_PROFILE || o->broken)
			continue;
		code = sl_profile_read(o, j->arena, &p, err);
		if (code == SL_OK)
			code = sl_profile_check(&p, j->arena, &found, err);
		for (size_t k = 0; k < found.n; k++)
			sl_profile_issue_row(t, &p, &found.list[k], NULL);
	}
	return code;
}

/* ---- the connections, without asking them --------------------------------------------------------- */

/* A secret in a file can be read. Programs are asked when the connection is opened, and the environment of this
 * shell may not be that of the next run. */
static enum sl_code
check_secret_file(const struct sl_engine *e, const struct sl_object_def *o,
		  const struct sl_driver_info *d, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	for (size_t i = 0; i < d->nprops && code == SL_OK; i++) {
		const char *ref =
			d->props[i].type == SL_P_SECRET ? sl_object_get(o, d->props[i].name) : NULL;
		struct sl_secret secret = { 0 };

		if (!ref || strncmp(ref, "file:", 5) != 0)
			continue;
		code = sl_secret_resolve(ref, e->workspace, &secret, err);
		sl_secret_free(&secret);
		if (code != SL_OK)
			return sl_err_wrap(err, "%s", d->props[i].name);
	}
	return code;
}

/* Where it leads is an address that the run would not refuse. */
static enum sl_code
check_address(const struct sl_object_def *o, const struct sl_driver_info *d, struct sl_err *err)
{
	const char *url = d->is_source ? NULL : sl_object_get(o, "url");
	const char *plain = sl_object_get(o, "allow_plaintext");
	struct sl_http_url parsed;
	enum sl_code code;

	if (!url)
		return SL_OK;
	code = sl_http_url_parse(url, plain && strcmp(plain, "true") == 0, &parsed, err);
	if (code == SL_OK && parsed.blocked)
		code = sl_fail(
			err, SL_E_CONFIG, "url",
			"its address is link-local, a cloud's metadata service or no address "
			"of one machine: never a destination");
	sl_http_url_free(&parsed);
	return code == SL_OK ? SL_OK : sl_err_wrap(err, "url");
}

static void
check_connections(struct sl_job *j, const struct sl_config *c, struct sl_table *t)
{
	for (size_t i = 0; i < c->nobjects; i++) {
		const struct sl_object_def *o = &c->objects[i];
		const struct sl_driver_info *d;
		struct sl_err why;

		if (o->kind != SL_KIND_CONNECTION || o->broken)
			continue;
		d = sl_engine_driver(j->engine, sl_object_get(o, "type"));
		if (d && (check_address(o, d, &why) != SL_OK ||
			  check_secret_file(j->engine, o, d, &why) != SL_OK))
			put_error(t, o->file, &why);
	}
}

/* ---- the requests ---------------------------------------------------------------------------------- */

static enum sl_code
check_job(struct sl_job *j, struct sl_err *err)
{
	const struct sl_check_args *a = j->args;
	struct sl_table *t = sl_problem_table();
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code != SL_OK || !t) {
		sl_table_free(t);
		sl_config_free(c);
		return code != SL_OK ? code : sl_fail(err, SL_E_NOMEM, "", "no memory");
	}
	sl_problem_rows(t, c->problems, c->nproblems);
	code = check_profiles(j, c, t, err);
	if (code == SL_OK && !a->online)
		check_connections(j, c, t);
	if (a->reload)
		sl_mailbox_post_config(j->engine->mail);
	if (code == SL_OK && a->online) {
		sl_job_part(j, t);
		t = sl_problem_table();
		code = check_online(j, c, err);
	}
	sl_config_free(c);
	if (code == SL_OK)
		return sl_job_done(j, t, err);
	sl_table_free(t);
	return code;
}

static sl_ticket
request(struct sl_engine *e, const struct sl_check_args *args)
{
	struct sl_job *j = sl_job_new(e, check_job, sizeof(*args));

	if (!j)
		return 0;
	*(struct sl_check_args *)j->args = *args;
	return sl_job_submit(j);
}

sl_ticket
sl_reload(struct sl_engine *e)
{
	return request(e, &(struct sl_check_args){ .reload = true });
}

sl_ticket
sl_check(struct sl_engine *e, bool online)
{
	return request(e, &(struct sl_check_args){ .online = online });
}
