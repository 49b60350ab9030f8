/* queue.c - a ring of pointers under one mutex. */
#include "core/base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct slot {
	void *item;
	size_t bytes;
};

struct sl_queue {
	pthread_mutex_t lock;
	pthread_cond_t not_empty, not_full;
	struct slot *ring; /* max slots */
	uint32_t max, head, len;
	uint32_t pushers; /* threads that wait for room */
	size_t bytes, max_bytes;
	void (*drop)(void *);
	bool closed;
};

static bool
cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		  pthread_cond_init(c, &attr) == 0;
	pthread_condattr_destroy(&attr);
	return ok;
}

static bool
sync_init(struct sl_queue *q)
{
	if (pthread_mutex_init(&q->lock, NULL) != 0)
		return false;
	if (cond_init(&q->not_empty)) {
		if (cond_init(&q->not_full))
			return true;
		pthread_cond_destroy(&q->not_empty);
	}
	pthread_mutex_destroy(&q->lock);
	return false;
}

struct sl_queue *
sl_queue_new(uint32_t max_items, size_t max_bytes, void (*drop)(void *))
{
	struct sl_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->max = max_items ? max_items : 1;
	q->max_bytes = max_bytes ? max_bytes : SIZE_MAX;
	q->drop = drop;
	q->ring = calloc(q->max, sizeof(*q->ring));
	if (!q->ring || !sync_init(q)) {
		free(q->ring);
		free(q);
		return NULL;
	}
	return q;
}

static struct slot
take(struct sl_queue *q)
{
	struct slot s = q->ring[q->head];

	q->head = q->head + 1 == q->max ? 0 : q->head + 1;
	q->len--;
	q->bytes -= s.bytes;
	return s;
}

void
sl_queue_free(struct sl_queue *q)
{
	if (!q)
		return;
	while (q->len > 0) {
		struct slot s = take(q);
		if (q->drop)
			q->drop(s.item);
	}
	pthread_cond_destroy(&q->not_full);
	pthread_cond_destroy(&q->not_empty);
	pthread_mutex_destroy(&q->lock);
	free(q->ring);
	free(q);
}

static struct timespec
deadline(int timeout_ms)
{
	struct timespec ts;

	/* Not sl_mono_us(): the kernel waits by the real clock, also while a test holds ours. */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += timeout_ms / 1000;
	ts.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

/* False when the time is over. */
static bool
wait_on(struct sl_queue *q, pthread_cond_t *c, int timeout_ms, const struct timespec *until)
{
	if (timeout_ms == 0)
		return false;
	if (timeout_ms < 0)
		return pthread_cond_wait(c, &q->lock) == 0;
	return pthread_cond_timedwait(c, &q->lock, until) != ETIMEDOUT;
}

static bool
has_room(const struct sl_queue *q, size_t bytes)
{
	if (q->len == 0)
		return true;
	return q->len < q->max && q->bytes < q->max_bytes && bytes <= q->max_bytes - q->bytes;
}

enum sl_code
sl_queue_push(struct sl_queue *q, void *item, size_t bytes, int timeout_ms)
{
	struct timespec until = { 0 };
	enum sl_code code = SL_OK;
	bool in_time = true;

	if (timeout_ms > 0)
		until = deadline(timeout_ms);
	pthread_mutex_lock(&q->lock);
	while (!q->closed && !has_room(q, bytes) && in_time) {
		q->pushers++;
		in_time = wait_on(q, &q->not_full, timeout_ms, &until);
		q->pushers--;
	}
	if (q->closed) {
		code = SL_E_CANCELLED;
	} else if (!has_room(q, bytes)) {
		code = SL_AGAIN;
	} else {
		uint32_t at = (uint32_t)(((uint64_t)q->head + q->len) % q->max);
		q->ring[at] = (struct slot){ item, bytes };
		q->len++;
		q->bytes += bytes;
		pthread_cond_signal(&q->not_empty);
	}
	pthread_mutex_unlock(&q->lock);
	return code;
}

enum sl_code
sl_queue_pop(struct sl_queue *q, void **item, int timeout_ms)
{
	struct timespec until = { 0 };
	enum sl_code code = SL_OK;
	bool in_time = true;

	if (timeout_ms > 0)
		until = deadline(timeout_ms);
	pthread_mutex_lock(&q->lock);
	while (q->len == 0 && !q->closed && in_time)
		in_time = wait_on(q, &q->not_empty, timeout_ms, &until);
	if (q->len > 0) {
		*item = take(q).item;
		/* All of them: the room may be enough for several, or only for some of them. */
		if (q->pushers > 0)
			pthread_cond_broadcast(&q->not_full);
	} else {
		code = q->closed ? SL_DONE : SL_AGAIN;
	}
	pthread_mutex_unlock(&q->lock);
	return code;
}

void
sl_queue_close(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->not_empty);
	pthread_cond_broadcast(&q->not_full);
	pthread_mutex_unlock(&q->lock);
}

size_t
sl_queue_len(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	size_t n = q->len;
	pthread_mutex_unlock(&q->lock);
	return n;
}

size_t
sl_queue_bytes(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	size_t n = q->bytes;
	pthread_mutex_unlock(&q->lock);
	return n;
}
