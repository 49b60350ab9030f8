/* delay.c - a list of waiting connections and the thread that wakes them. */
#include "core/receive/delay.h"

#include "core/base/clock.h"
#include "core/base/limit.h"
#include "core/base/pool.h"

#include <stdlib.h>
#include <time.h>

#define WAITING 1024 /* more than the connections that a server has */

struct sl_delay {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*resume)(void *what);
	bool ending;
	size_t n;
	struct {
		void *what;
		int64_t due_us; /* monotonic */
	} wait[WAITING];        /* in no order */
};

/* Take out one that is due (all are when ending), or return NULL and when the next one is. */
static void *
take_due(struct sl_delay *d, int64_t now, int64_t *next)
{
	*next = now + 3600 * INT64_C(1000000);
	for (size_t i = 0; i < d->n; i++) {
		if (d->ending || d->wait[i].due_us <= now) {
			void *what = d->wait[i].what;
			d->wait[i] = d->wait[--d->n];
			return what;
		}
		if (d->wait[i].due_us < *next)
			*next = d->wait[i].due_us;
	}
	return NULL;
}

static void *
delay_main(void *arg)
{
	struct sl_delay *d = arg;
	int64_t next;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		void *what = take_due(d, sl_mono_us(), &next);
		if (what) {
			pthread_mutex_unlock(&d->lock);
			d->resume(what);
			pthread_mutex_lock(&d->lock);
			continue;
		}
		if (d->ending)
			break;
		struct timespec until = { next / 1000000, (long)(next % 1000000) * 1000 };
		(void)pthread_cond_timedwait(&d->changed, &d->lock, &until);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

enum sl_code
sl_delay_new(void (*resume)(void *what), struct sl_delay **out, struct sl_err *err)
{
	struct sl_delay *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	*out = NULL;
	if (!d)
		return sl_fail(err, SL_E_NOMEM, "receiver", "out of memory");
	d->resume = resume;
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attr);
	pthread_condattr_destroy(&attr);
	int rc = sl_thread_start(&d->thread, "receive-delay", delay_main, d);
	if (rc != 0) {
		pthread_cond_destroy(&d->changed);
		pthread_mutex_destroy(&d->lock);
		free(d);
		return sl_thread_fail(err, "receiver", "a thread", rc);
	}
	*out = d;
	return SL_OK;
}

bool
sl_delay_add(struct sl_delay *d, void *what, int64_t us, void (*suspend)(void *what))
{
	pthread_mutex_lock(&d->lock);
	bool ok = !d->ending && d->n < WAITING;
	if (ok) {
		suspend(what); /* before the other thread can see it */
		d->wait[d->n].what = what;
		d->wait[d->n++].due_us = sl_mono_us() + us;
		pthread_cond_signal(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
	return ok;
}

void
sl_delay_end(struct sl_delay *d)
{
	pthread_mutex_lock(&d->lock);
	d->ending = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
}

void
sl_delay_free(struct sl_delay *d)
{
	if (!d)
		return;
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
