/* run_start.h - what the requests that start a run share. */
#ifndef SL_RUN_START_H
#define SL_RUN_START_H

#include "core/engine/job.h"
#include "core/engine/run.h"

/* A sync has one run at a time. SL_E_LOCKED: one is open or held; its id is answered. *after: a paused
 * one that must be gone on with first (to be set in the new task; the caller's until then), or NULL. */
enum sl_code sl_run_clear_way(struct sl_job *j, const char *sync, struct sl_run_task **after,
			      struct sl_err *err) SL_MUST;
/* Put a task to work after its `after`; a new one is recorded first. Both are taken, also on failure, and
 * may be gone soon: the id is in *run. */
enum sl_code sl_run_start(struct sl_run_task *t, int64_t *run, struct sl_err *err) SL_MUST;

#endif
