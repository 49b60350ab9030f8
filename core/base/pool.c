/* pool.c - worker threads and the list of jobs they share. */
#include "core/base/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_LEN 16 /* of a thread on Linux, with NUL */
#define THREADS_MAX  64

struct job {
	struct job *next;
	void (*fn)(void *);
	void *arg;
};

struct sl_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *first, *last;
	bool stopping;
	unsigned nthreads;
	pthread_t threads[THREADS_MAX];
};

struct start {
	void *(*fn)(void *);
	void *arg;
	char name[NAME_MAX_LEN];
};

static void *
thread_main(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	/* The name is for people who debug; without it all works. */
	(void)pthread_setname_np(pthread_self(), s.name);
	return s.fn(s.arg);
}

int
sl_thread_start(pthread_t *t, const char *name, void *(*fn)(void *), void *arg)
{
	struct start *s = malloc(sizeof(*s));
	sigset_t all, before;

	if (!s)
		return ENOMEM;
	s->fn = fn;
	s->arg = arg;
	snprintf(s->name, sizeof(s->name), "%s", name);
	/* A thread inherits the mask of its creator. */
	sigfillset(&all);
	/* A fault that is blocked kills at once: the terminal UI's handler could not restore the screen. */
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
	for (size_t i = 0; i < SL_COUNT(faults); i++)
		sigdelset(&all, faults[i]);
	int rc = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (rc == 0) {
		rc = pthread_create(t, NULL, thread_main, s);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (rc != 0)
		free(s);
	return rc;
}

static void *
worker(void *arg)
{
	struct sl_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->first && !p->stopping)
			pthread_cond_wait(&p->work, &p->lock);
		struct job *j = p->first;
		if (!j)
			break;
		p->first = j->next;
		if (!p->first)
			p->last = NULL;
		pthread_mutex_unlock(&p->lock);
		j->fn(j->arg);
		free(j);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct sl_pool *
sl_pool_new(const char *name, unsigned threads)
{
	struct sl_pool *p = calloc(1, sizeof(*p));
	char thread_name[NAME_MAX_LEN];

	if (!p)
		return NULL;
	if (pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return NULL;
	}
	if (pthread_cond_init(&p->work, NULL) != 0) {
		pthread_mutex_destroy(&p->lock);
		free(p);
		return NULL;
	}
	int rc;
	unsigned want = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
	while (p->nthreads < want) {
		snprintf(thread_name, sizeof(thread_name), "%.12s-%u", name, p->nthreads);
		rc = sl_thread_start(&p->threads[p->nthreads], thread_name, worker, p);
		if (rc != 0) {
			sl_pool_free(p);
			errno = rc;
			return NULL;
		}
		p->nthreads++;
	}
	return p;
}

void
sl_pool_free(struct sl_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

bool
sl_pool_submit(struct sl_pool *p, void (*fn)(void *), void *arg)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		return false;
	*j = (struct job){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&p->lock);
	if (p->last)
		p->last->next = j;
	else
		p->first = j;
	p->last = j;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	return true;
}

unsigned
sl_pool_threads(const struct sl_pool *p)
{
	return p->nthreads;
}
