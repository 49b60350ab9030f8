/* queue.h - bounded blocking queue of pointers, many producers and consumers.
 *
 * Bounded by count and by bytes: back-pressure is the queue being full. An item larger than
 * max_bytes is let in when the queue is empty. A push that returns SL_OK moves ownership in, a pop
 * moves it out. Every function may be called from any thread. */
#ifndef SL_QUEUE_H
#define SL_QUEUE_H

#include "core/base/err.h"

struct sl_queue;

/* max_bytes 0 = bounded by count only. drop may be NULL when items need no freeing. */
struct sl_queue *sl_queue_new(uint32_t max_items, size_t max_bytes, void (*drop)(void *)) SL_MUST;
void sl_queue_free(struct sl_queue *q); /* items still queued go to drop */

/* timeout_ms: <0 wait for ever, 0 never wait.
 * push: SL_OK | SL_AGAIN (full) | SL_E_CANCELLED (closed; the caller still owns the item)
 * pop:  SL_OK | SL_AGAIN (empty) | SL_DONE (closed and drained) */
enum sl_code sl_queue_push(struct sl_queue *q, void *item, size_t bytes, int timeout_ms) SL_MUST;
enum sl_code sl_queue_pop(struct sl_queue *q, void **item, int timeout_ms) SL_MUST;

void sl_queue_close(struct sl_queue *q);   /* idempotent; wakes everyone */
size_t sl_queue_len(struct sl_queue *q);   /* at this moment; tests check the limits with it */
size_t sl_queue_bytes(struct sl_queue *q); /* as above */

#endif
