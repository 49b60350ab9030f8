/* run_start.h - what the requests that start a run share. */
#ifndef SL_RUN_START_H
#define SL_RUN_START_H

#include "core/engine/job.h"
#include "core/engine/run.h"

/* A sync has one run at a time. SL_E_LOCKED: one is open or held; its id is answered. A paused one is
 * resumed: the new one starts after it (*after; NULL = at once). */
enum sl_code sl_run_clear_way(struct sl_job *j, const char *sync, struct sl_run_task **after,
			      struct sl_err *err) SL_MUST;
/* Write the record of a new task and put it to work; taken, also on failure. */
enum sl_code sl_run_start(struct sl_run_task *t, struct sl_err *err) SL_MUST;

#endif
