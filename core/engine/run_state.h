/* run_state.h - the one place that changes the state of a run, here and in the state file together. */
#ifndef SL_RUN_STATE_H
#define SL_RUN_STATE_H

#include "core/engine/run.h"

/* To a state in which the run goes on, or HELD. */
enum sl_code sl_run_move(struct sl_run_task *t, enum sl_run_state state,
			 struct sl_err *err) SL_MUST;
/* The last state of a run, or PAUSED: recount, check, fold, in one transaction. What is pending becomes
 * `rest`. Where it cannot be recorded the run has FAILED as far as this process knows. */
void sl_run_end(struct sl_run_task *t, enum sl_run_state state, enum sl_verdict rest);
/* Why it fails, pauses or does not come to its end: kept for people, and logged. */
void sl_run_error(struct sl_run_task *t, const struct sl_err *err);
/* SL_E_HELD: the run waits for a person; err says how to go on. */
enum sl_code sl_run_held(int64_t run, struct sl_err *err);

#endif
