/* pool.h - a fixed set of worker threads that run jobs in the order of submission.
 *
 * Workers start with all signals blocked. The job queue is not bounded: whoever submits bounds what
 * is in flight. sl_pool_free() runs every job that was submitted, then joins. */
#ifndef SL_POOL_H
#define SL_POOL_H

#include "core/base/base.h"

#include <pthread.h>

struct sl_pool;

/* 1..64 threads. NULL: errno says why. */
struct sl_pool *sl_pool_new(const char *name, unsigned threads) SL_MUST;
void sl_pool_free(struct sl_pool *p); /* NULL is allowed */
bool sl_pool_submit(struct sl_pool *p, void (*fn)(void *), void *arg) SL_MUST;
unsigned sl_pool_threads(const struct sl_pool *p);

/* A named thread with all signals blocked (the name is cut to 15 characters). 0 or errno. */
int sl_thread_start(pthread_t *t, const char *name, void *(*fn)(void *), void *arg) SL_MUST;

#endif
