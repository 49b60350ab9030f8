/* dead_walk.h - the dead letters that a retry or a discard is about, one after the other. */
#ifndef SL_DEAD_WALK_H
#define SL_DEAD_WALK_H

#include "core/store/store.h"

struct sl_dead_pick {
	const char *what; /* "retry": where an error is */
	const char *sync;
	const int64_t *ids; /* NULL = all that are open, newest first */
	size_t n;
};

/* The letter lives until the call returns. Anything but SL_OK ends the walk. */
typedef enum sl_code sl_dead_fn(void *arg, const struct sl_dead *d, struct sl_err *err);

/* A letter of another sync is an error. One that is resolved already comes too when it was named. */
enum sl_code sl_dead_walk(struct sl_store *s, const struct sl_dead_pick *pick, sl_dead_fn *each,
			  void *arg, struct sl_err *err) SL_MUST;

#endif
