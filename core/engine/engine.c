/* engine.c - opening and closing the engine, and what every request needs from it. */
#include "core/engine/engine.h"

#include "core/engine/account.h"
#include "core/engine/job.h"
#include "core/engine/problem_table.h"
#include "core/engine/run_list.h"
#include "core/engine/source_cache.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/base/limit.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUEST_THREADS 8
#define ORDER_THREADS   2
#define MOST_WORKERS    16
#define NOTICE_US       (INT64_C(7) * 86400 * 1000000)
#define FILES_RUN       32 /* open ones: one sync takes 10 for the state, its source, connections */
#define FILES_LOOK      24

const char *
sl_version(void)
{
	return SL_VERSION;
}

/* ---- opening ------------------------------------------------------------------------------------- */

static enum sl_code
find_dirs(struct sl_engine *e, const struct sl_options *o, struct sl_err *err)
{
	enum sl_code code = sl_config_default_dirs(o->workspace, e->workspace, e->state_dir,
						   sizeof(e->workspace), err);

	if (o->state_dir)
		sl_copy(e->state_dir, sizeof(e->state_dir), o->state_dir);
	return code;
}

static void
find_name(struct sl_engine *e, const char *who)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (!who && getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) == 0 && found)
		who = pw.pw_name;
	sl_copy(e->who, sizeof(e->who), who ? who : "unknown");
}

/* What the rows of a run are compared in; see SLUICE_MEMORY in the manual page. */
static enum sl_code
find_memory(struct sl_engine *e, struct sl_err *err)
{
	static const struct sl_prop memory = {
		.name = "SLUICE_MEMORY", .type = SL_P_BYTES, .def = "64MiB", .max = -1
	};
	const struct sl_setting set = { .name = memory.name, .value = getenv(memory.name) };
	const bool given = set.value && *set.value;

	if (given && sl_prop_check(&memory, set.value, err) != SL_OK) {
		sl_copy(err->where, sizeof(err->where), memory.name);
		return err->code;
	}
	sl_budget_init(&e->memory,
		       (size_t)sl_prop_i64(&memory, 1, &set, given ? 1 : 0, memory.name));
	return SL_OK;
}

static void
add_driver(struct sl_engine *e, const struct sl_driver_info *d)
{
	e->drivers[e->ndrivers++] = *d;
}

/* Both registries as the config sees them. */
static enum sl_code
list_drivers(struct sl_engine *e, struct sl_err *err)
{
	const struct sl_source_driver *s;
	const struct sl_dest_driver *d;
	size_t n = 0;

	for (size_t i = 0; sl_source_at(i); i++)
		n++;
	for (size_t i = 0; sl_dest_at(i); i++)
		n++;
	e->drivers = calloc(n + 1, sizeof(*e->drivers));
	if (!e->drivers)
		return sl_fail(err, SL_E_NOMEM, "engine", "no memory for the list of drivers");
	for (size_t i = 0; (s = sl_source_at(i)); i++)
		add_driver(e, &(struct sl_driver_info){ s->name, s->title, true, 0, s->props,
							s->nprops });
	for (size_t i = 0; (d = sl_dest_at(i)); i++)
		add_driver(e, &(struct sl_driver_info){ d->name, d->title, false, d->caps, d->props,
							d->nprops });
	return SL_OK;
}

static enum sl_code
use_seed(struct sl_engine *e, const uint8_t seed[32], struct sl_err *err)
{
	char hex[33];

	if (!sl_digest_key_init(&e->hash, seed))
		return sl_fail(err, SL_E_BUG, "state", "the digest key cannot be made");
	sl_digest_hex(sl_digest(&e->hash, "workspace", 9), hex);
	memcpy(e->workspace_id, hex, SL_WORKSPACE_ID);
	e->workspace_id[SL_WORKSPACE_ID] = '\0';
	return SL_OK;
}

/* A session that may only look takes the seed of the state there is; without one, digests have nothing
 * to be compared with and any seed will do. */
static enum sl_code
open_for_reading(struct sl_engine *e, struct sl_err *err)
{
	uint8_t seed[32] = { 0 };
	struct sl_store *s = NULL;
	enum sl_code code = sl_engine_reader(e, &s, err);

	if (code == SL_OK)
		code = sl_store_seed(s, seed, err);
	if (code == SL_OK || code == SL_E_NOTFOUND)
		code = use_seed(e, seed, err);
	if (s) {
		e->notice = *sl_store_notice(s);
		(void)sl_store_workspace(s, e->workspace_id);
	}
	sl_store_close(s);
	return code;
}

/* The run history is where a person looks for why every row was sent again. */
static void
log_notice(struct sl_engine *e)
{
	struct sl_line l = { .level = SL_WARN, .part = "state", .block_no = -1, .idx = -1 };

	if (!e->notice.fresh)
		return;
	sl_copy(l.text, sizeof(l.text), e->notice.text);
	sl_writer_log(e->writer, &l);
}

static enum sl_code
open_for_writing(struct sl_engine *e, struct sl_err *err)
{
	struct sl_activity *activity = NULL;
	struct sl_store *s = NULL;
	struct sl_err ignored;
	uint8_t seed[32];
	enum sl_code code = sl_store_open(e->state_dir, 0, &s, err);

	if (code == SL_OK)
		code = sl_store_seed(s, seed, err);
	if (code == SL_OK)
		code = use_seed(e, seed, err);
	if (code != SL_OK) {
		sl_store_close(s);
		return code;
	}
	e->notice = *sl_store_notice(s);
	(void)sl_store_workspace(s, e->workspace_id);
	sl_store_workspace_keep(s, e->workspace_id);
	/* Without its activity log a run is only harder to explain. */
	if (sl_activity_open(e->state_dir, false, &activity, &ignored) != SL_OK)
		activity = NULL;
	code = sl_writer_start(s, activity, &e->writer, err);
	if (code != SL_OK) {
		sl_activity_close(activity);
		sl_store_close(s);
		return code;
	}
	sl_crashpoint("engine-recover");
	log_notice(e);
	return sl_runs_recover(e, err);
}

static enum sl_code
start_threads(struct sl_engine *e, unsigned workers, struct sl_err *err)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (workers == 0)
		workers = cpus > 0 ? (unsigned)cpus : 1;
	errno = ENOMEM;
	if ((e->mail = sl_mailbox_new()) &&
	    (e->pool = sl_pool_new("work", workers < MOST_WORKERS ? workers : MOST_WORKERS)) &&
	    (e->requests = sl_pool_new("request", REQUEST_THREADS)) &&
	    (e->orders = sl_pool_new("order", ORDER_THREADS)) &&
	    (e->sources = sl_source_cache_new()))
		return SL_OK;
	return sl_thread_fail(err, "engine", "the engine", errno);
}

static void
engine_free(struct sl_engine *e)
{
	sl_pool_free(e->orders);
	sl_pool_free(e->requests);
	sl_source_cache_free(e->sources);
	sl_pool_free(e->pool);
	sl_writer_free(e->writer);
	sl_mailbox_free(e->mail);
	sl_account_free(e->accounts);
	free(e->drivers);
	pthread_cond_destroy(&e->idle);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static enum sl_code
check_workspace(struct sl_engine *e, struct sl_err *err)
{
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(e, &c, err);

	sl_config_free(c);
	return code;
}

/* Its waits end by the clock that nobody sets. */
static void
init_idle(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

struct sl_engine *
sl_engine_open(const struct sl_options *o, struct sl_problem *problem)
{
	struct sl_engine *e = calloc(1, sizeof(*e));
	struct sl_err err = { 0 };
	enum sl_code code;

	*problem = (struct sl_problem){ .kind = "" };
	if (!e) {
		(void)sl_fail(&err, SL_E_NOMEM, "engine", "no memory");
		sl_problem_from(problem, &err);
		return NULL;
	}
	pthread_mutex_init(&e->lock, NULL);
	init_idle(&e->idle);
	e->read_only = o->read_only;
	find_name(e, o->who);
	code = sl_files_need(e->read_only ? FILES_LOOK : FILES_RUN, "engine", &err);
	if (code == SL_OK)
		code = find_dirs(e, o, &err);
	if (code == SL_OK)
		code = find_memory(e, &err);
	if (code == SL_OK)
		code = list_drivers(e, &err);
	if (code == SL_OK)
		code = check_workspace(e, &err);
	if (code == SL_OK)
		code = start_threads(e, o->workers, &err);
	if (code == SL_OK)
		code = e->read_only ? open_for_reading(e, &err) : open_for_writing(e, &err);
	if (code != SL_OK) {
		sl_problem_from(problem, &err);
		engine_free(e);
		return NULL;
	}
	return e;
}

/* Requests may end by themselves for a while; then they are cancelled. */
static void
end_jobs(struct sl_engine *e, int64_t until_us)
{
	const struct timespec until = { .tv_sec = until_us / 1000000,
					.tv_nsec = (until_us % 1000000) * 1000 };

	pthread_mutex_lock(&e->lock);
	while (e->jobs && pthread_cond_timedwait(&e->idle, &e->lock, &until) == 0)
		;
	for (struct sl_job *j = e->jobs; j; j = j->next) {
		__atomic_store_n(&j->cancelled, true, __ATOMIC_RELAXED);
		if (j->wake)
			j->wake(j->wake_arg);
	}
	pthread_mutex_unlock(&e->lock);
	/* A request may be just about to start a run, so these end first. */
	sl_pool_free(e->orders);
	sl_pool_free(e->requests);
	e->orders = e->requests = NULL;
}

void
sl_engine_close(struct sl_engine *e, unsigned grace_ms)
{
	const int64_t until_us = sl_mono_us() + (int64_t)grace_ms * 1000;

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->closing = true;
	pthread_mutex_unlock(&e->lock);
	sl_runs_ask_close(e, until_us);
	end_jobs(e, until_us);
	sl_runs_join(e);
	sl_crashpoint("engine-runs-joined");
	engine_free(e);
	sl_crashpoint("engine-closed");
}

const char *
sl_engine_workspace(const struct sl_engine *e)
{
	return e->workspace;
}

const char *
sl_engine_notice(const struct sl_engine *e, bool *fresh)
{
	if (fresh)
		*fresh = e->notice.fresh;
	return sl_wall_us() - e->notice.at_us < NOTICE_US ? e->notice.text : "";
}

bool
sl_engine_read_only(const struct sl_engine *e)
{
	return e->read_only;
}

bool
sl_workspace_init(const char *dir, char *dir_out, size_t cap, struct sl_problem *problem)
{
	char config[1024], state[1024];
	struct sl_err err = { 0 };
	enum sl_code code = sl_config_default_dirs(dir, config, state, sizeof(config), &err);

	if (code == SL_OK) {
		sl_copy(dir_out, cap, config);
		code = sl_config_init(config, &err);
	}
	sl_problem_from(problem, &err);
	return code == SL_OK;
}

/* ---- messages ------------------------------------------------------------------------------------- */

int
sl_engine_fd(const struct sl_engine *e)
{
	return sl_mailbox_fd(e->mail);
}

struct sl_msg *
sl_next(struct sl_engine *e)
{
	return sl_mailbox_next(e->mail);
}

struct sl_msg *
sl_wait(struct sl_engine *e, sl_ticket t, int timeout_ms,
	void (*other)(void *arg, const struct sl_msg *m), void *arg)
{
	const int64_t until = sl_mono_us() + (int64_t)timeout_ms * 1000;
	struct sl_msg *m;

	for (;;) {
		struct pollfd p = { .fd = sl_engine_fd(e), .events = POLLIN };
		int64_t left = timeout_ms < 0 ? -1 : (until - sl_mono_us()) / 1000;

		while ((m = sl_next(e))) {
			if (m->kind == SL_MSG_REPLY && m->ticket == t && m->last)
				return m;
			if (other)
				other(arg, m);
			sl_msg_free(m);
		}
		if (timeout_ms >= 0 && left <= 0)
			return NULL;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return NULL;
		if (other)
			other(arg, NULL); /* a signal may have come: let the caller look */
	}
}

/* ---- for jobs and runs ------------------------------------------------------------------------------ */

enum sl_code
sl_engine_config(const struct sl_engine *e, struct sl_config **out, struct sl_err *err)
{
	return sl_config_load(e->workspace, e->drivers, e->ndrivers, out, err);
}

static enum sl_code
not_found(const struct sl_config *c, enum sl_kind kind, const char *name, struct sl_err *err)
{
	struct sl_buf names;

	(void)sl_fail(err, SL_E_NOTFOUND, "", "there is no %s named \"%s\"", sl_kind_name(kind),
		      name);
	sl_buf_init(&names, 150);
	for (size_t i = 0; i < c->nobjects; i++)
		if (c->objects[i].kind == kind)
			sl_buf_printf(&names, "%s%s", names.len ? ", " : "", c->objects[i].name);
	if (names.len)
		(void)sl_err_hint(err, "the workspace has: %s", sl_buf_cstr(&names));
	else
		(void)sl_err_hint(err, "the workspace has no %s yet", sl_kind_name(kind));
	sl_buf_free(&names);
	return SL_E_NOTFOUND;
}

enum sl_code
sl_engine_object(const struct sl_config *c, enum sl_kind kind, const char *name,
		 const struct sl_object_def **out, struct sl_err *err)
{
	*out = sl_config_find(c, kind, name ? name : "");
	if (!*out)
		return not_found(c, kind, name ? name : "", err);
	if (!(*out)->broken)
		return SL_OK;
	for (size_t i = 0; i < c->nproblems; i++)
		if (strcmp(c->problems[i].file, (*out)->file) == 0)
			return sl_problem_error(&c->problems[i], err);
	return sl_fail(err, SL_E_CONFIG, (*out)->file, "the file has mistakes");
}

enum sl_code
sl_engine_reader(const struct sl_engine *e, struct sl_store **out, struct sl_err *err)
{
	*out = NULL;
	return sl_store_open(e->state_dir, SL_STORE_READ, out, err);
}

enum sl_code
sl_engine_may_write(const struct sl_engine *e, struct sl_err *err)
{
	if (!e->read_only)
		return SL_OK;
	(void)sl_fail(err, SL_E_LOCKED, "state",
		      "this session may only look: nothing is sent or saved");
	return sl_err_hint(
		err, "close the other sluice on this workspace, or start without --read-only");
}
