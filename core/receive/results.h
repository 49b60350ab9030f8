/* results.h - an answer that tells of each event apart, and not always clearly.
 *
 * What it says is never wrong: an event that is said to be taken was applied, one that is said to be
 * refused was not, and is refused each time it comes. All else may have been applied or not. */
#ifndef SL_RECEIVE_RESULTS_H
#define SL_RECEIVE_RESULTS_H

#include "core/receive/fault.h"
#include "core/receive/intake.h"

/* Decides what becomes of the events: leaves those in `in` that are to be applied and appends the
 * answer to out. mixed: draws from the plan; else all are taken but those that are always refused
 * while the plan has mixed answers. false: no memory. */
bool sl_results_make(struct sl_fault_plan *p, bool mixed, struct sl_intake *in,
		     struct sl_buf *out) SL_MUST;

#endif
