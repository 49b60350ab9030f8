/* run_list.h - the runs of this process: found, started, released, stopped, closed. */
#ifndef SL_RUN_LIST_H
#define SL_RUN_LIST_H

#include "core/engine/run.h"

/* A new task around a record, not yet in the list; NULL = no memory. */
struct sl_run_task *sl_run_task_new(struct sl_engine *e, const struct sl_run *rec,
				    unsigned flags) SL_MUST;
void sl_run_task_free(struct sl_run_task *t); /* joins its thread; must not be in the list */
/* Into the engine's list (which owns it then). SL_E_LOCKED: the sync has an open run
 * already, whose id is set in *busy. Finished runs beyond the last few leave the list here. */
enum sl_code sl_run_list_add(struct sl_run_task *t, int64_t *busy, struct sl_err *err) SL_MUST;
/* The task of a run id; NULL = not of this process. Tasks stay valid until the engine is closed or a
 * later sl_run_list_add() drops finished ones, so: only while it is open, or under the engine's lock. */
struct sl_run_task *sl_run_list_find(struct sl_engine *e, int64_t id);
/* An open run of the sync in this process; 0 = none. */
int64_t sl_run_list_busy(struct sl_engine *e, const char *sync);
/* What this process knows of a run is newer than what the state has: overwrite the record with it. */
void sl_run_list_fresher(struct sl_engine *e, struct sl_run *r);

enum sl_code sl_run_record(struct sl_run_task *t,
			   struct sl_err *err) SL_MUST; /* run NEW, gets its id */
enum sl_code sl_run_launch(struct sl_run_task *t, struct sl_err *err) SL_MUST;
/* Wait until a run has ended; false: not settled, err says so. */
bool sl_run_wait_settled(struct sl_run_task *t, struct sl_err *err);

#endif
