/* mixed.h - an answer that tells of each event apart, and not always clearly.
 *
 * What it says is never wrong: an event that is said to be taken was applied, one that is said to be
 * refused was not, and never will be. All else may have been applied or not. */
#ifndef SL_MIXED_H
#define SL_MIXED_H

#include "core/receive/fault.h"
#include "core/receive/intake.h"

/* Decides, drawing from the plan, what becomes of the events: leaves those in `in` that are to be
 * applied and appends the answer to out. false: no memory. */
bool sl_mixed_answer(struct sl_fault_plan *p, struct sl_intake *in, struct sl_buf *out) SL_MUST;

#endif
