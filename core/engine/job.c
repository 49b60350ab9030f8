#include "core/engine/job.h"

#include "core/base/str.h"

#include <stdlib.h>

struct sl_job *
sl_job_new(struct sl_engine *e, sl_job_fn *fn, size_t size)
{
	struct sl_job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->engine = e;
	j->fn = fn;
	j->unmasked = __atomic_load_n(&e->unmasked, __ATOMIC_RELAXED);
	j->arena = sl_arena_new(4096, 0);
	j->reply = sl_msg_new();
	if (j->arena && j->reply)
		j->args = sl_arena_zalloc(j->arena, size ? size : 1, 16);
	if (!j->args) {
		sl_msg_free(j->reply);
		sl_arena_free(j->arena);
		free(j);
		return NULL;
	}
	return j;
}

static void
job_free(struct sl_job *j)
{
	sl_table_free(j->answer);
	sl_msg_free(j->reply);
	sl_arena_free(j->arena);
	free(j);
}

static void
post(const struct sl_job *j, struct sl_msg *m, struct sl_table *t)
{
	m->kind = SL_MSG_REPLY;
	m->ticket = j->ticket;
	m->table = t;
	sl_mailbox_post(j->engine->mail, m);
}

/* The last part of the answer always comes: its message was made with the request. */
static void
post_last(struct sl_job *j, const struct sl_err *err)
{
	struct sl_msg *m = j->reply;
	struct sl_table *t = j->answer;

	m->last = true;
	m->failed = err->code != SL_OK;
	if (m->failed)
		sl_problem_from(&m->problem, err);
	j->answer = NULL;
	j->reply = NULL;
	post(j, m, t);
}

static void
job_main(void *arg)
{
	struct sl_job *j = arg;
	struct sl_engine *e = j->engine;
	struct sl_err err = { 0 };
	enum sl_code code;

	if (sl_job_cancelled(j))
		code = sl_fail(&err, SL_E_CANCELLED, "", "cancelled");
	else
		code = j->fn(j, &err);
	if (code == SL_OK && j->lost)
		code = sl_fail(&err, SL_E_NOMEM, "", "no memory for a part of the answer");
	err.code = code;
	/* Off the list first: a ticket whose answer was read can no longer be cancelled. */
	pthread_mutex_lock(&e->lock);
	for (struct sl_job **p = &e->jobs; *p; p = &(*p)->next)
		if (*p == j) {
			*p = j->next;
			break;
		}
	pthread_cond_broadcast(&e->idle);
	pthread_mutex_unlock(&e->lock);
	post_last(j, &err);
	job_free(j);
}

sl_ticket
sl_job_submit(struct sl_job *j)
{
	struct sl_engine *e;
	sl_ticket t;

	if (!j)
		return 0;
	e = j->engine;
	pthread_mutex_lock(&e->lock);
	if (e->closing) {
		pthread_mutex_unlock(&e->lock);
		job_free(j);
		return 0;
	}
	t = j->ticket = ++e->next_ticket;
	j->next = e->jobs;
	e->jobs = j;
	if (!sl_pool_submit(j->order ? e->orders : e->requests, job_main, j)) {
		e->jobs = j->next;
		t = 0;
	}
	pthread_mutex_unlock(&e->lock);
	if (t == 0)
		job_free(j);
	return t;
}

const char *
sl_job_str(struct sl_job *j, const char *s)
{
	return s ? sl_arena_strndup(j->arena, s, strlen(s)) : NULL;
}

const struct sl_pair *
sl_job_pairs(struct sl_job *j, const struct sl_pair *set, size_t n)
{
	struct sl_pair *copy = set ? SL_NEW(j->arena, struct sl_pair, n + 1) : NULL;

	for (size_t i = 0; copy && i < n; i++) {
		copy[i].name = sl_job_str(j, set[i].name);
		copy[i].value = sl_job_str(j, set[i].value);
	}
	return copy;
}

struct sl_setting *
sl_job_settings(struct sl_job *j, const struct sl_pair *set, size_t n)
{
	struct sl_setting *out = SL_NEW(j->arena, struct sl_setting, n + 1);

	for (size_t i = 0; out && i < n; i++)
		out[i] = (struct sl_setting){ set[i].name, set[i].value ? set[i].value : "", 0 };
	return out;
}

const int64_t *
sl_job_ids(struct sl_job *j, const int64_t *ids, size_t *n)
{
	static const int64_t none;
	int64_t *copy = ids ? SL_NEW(j->arena, int64_t, *n + 1) : NULL;

	if (ids && !copy)
		*n = 0;
	for (size_t i = 0; copy && i < *n; i++)
		copy[i] = ids[i];
	return ids && !copy ? &none : copy;
}

bool
sl_job_cancelled(const struct sl_job *j)
{
	return __atomic_load_n(&j->cancelled, __ATOMIC_RELAXED);
}

void
sl_job_wake(struct sl_job *j, void (*wake)(void *arg), void *arg)
{
	pthread_mutex_lock(&j->engine->lock);
	j->wake = wake;
	j->wake_arg = arg;
	if (wake && sl_job_cancelled(j))
		wake(arg);
	pthread_mutex_unlock(&j->engine->lock);
}

void
sl_job_part(struct sl_job *j, struct sl_table *t)
{
	struct sl_msg *m = sl_msg_new();

	if (m) {
		post(j, m, t);
		return;
	}
	j->lost = true;
	sl_table_free(t);
}

enum sl_code
sl_job_done(struct sl_job *j, struct sl_table *t, struct sl_err *err)
{
	if (!sl_table_ok(t)) {
		sl_table_free(t);
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the answer");
	}
	j->answer = t;
	return SL_OK;
}

void
sl_cancel(struct sl_engine *e, sl_ticket t)
{
	pthread_mutex_lock(&e->lock);
	for (struct sl_job *j = e->jobs; j; j = j->next) {
		if (j->ticket != t)
			continue;
		__atomic_store_n(&j->cancelled, true, __ATOMIC_RELAXED);
		if (j->wake)
			j->wake(j->wake_arg);
	}
	pthread_mutex_unlock(&e->lock);
}
