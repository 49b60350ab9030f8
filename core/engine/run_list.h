/* run_list.h - the runs of this process: found, started, released, stopped, closed. */
#ifndef SL_RUN_LIST_H
#define SL_RUN_LIST_H

#include "core/engine/run.h"

/* A new task around a record, not yet in the list; NULL = no memory. */
struct sl_run_task *sl_run_task_new(struct sl_engine *e, const struct sl_run *rec,
				    unsigned flags) SL_MUST;
void sl_run_task_free(struct sl_run_task *t); /* joins its thread; must not be in the list */
/* Into the engine's list (which owns it then), together with t->after; both count as open from now on.
 * SL_E_LOCKED: the sync has an open run already. SL_E_CANCELLED: the engine is closing. Finished runs beyond the last few leave the list here. */
enum sl_code sl_run_list_add(struct sl_run_task *t, struct sl_err *err) SL_MUST;
/* A task of the list that will not run after all. */
void sl_run_list_drop(struct sl_run_task *t);
/* The newest task of a run id, with its lock held, so that it stays; NULL = not of this process. */
struct sl_run_task *sl_run_list_lock(struct sl_engine *e, int64_t id);
/* The run is over, or held: who waits for it goes on. */
void sl_run_list_tell(struct sl_run_task *t);
/* Ask a run to end; why: &t->stop or &t->closing. With the task's lock held. */
void sl_run_ask(struct sl_run_task *t, bool *why, int64_t give_up_us);
/* An open run of the sync in this process; 0 = none. */
int64_t sl_run_list_busy(struct sl_engine *e, const char *sync);
/* What this process knows of a run is newer than what the state has: overwrite the record with it. A run
 * whose process is gone becomes what the next one makes of it. */
void sl_run_list_fresher(struct sl_engine *e, struct sl_run *r);

/* All runs of the state that are not over, oldest first; *out is malloc'ed. */
enum sl_code sl_run_list_open(struct sl_store *s, struct sl_run **out, uint32_t *n,
			      struct sl_err *err) SL_MUST;

/* Write a new run to the state: it gets its id. */
enum sl_code sl_run_record(struct sl_run_task *t, struct sl_err *err) SL_MUST;

#endif
