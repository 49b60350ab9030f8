/* retry_budget.h - how many tries again a destination is given: a tenth of what went through in the last
 * minute, and ten in ten seconds in any case. When a destination fails, tries again are the load that
 * keeps it down; what is above the budget waits.
 *
 * Plain values and pure functions of the time passed in (microseconds, monotonic). Not thread-safe. */
#ifndef SL_RETRY_BUDGET_H
#define SL_RETRY_BUDGET_H

#include "core/base/base.h"

#define SL_RETRY_SECONDS 60

struct sl_retry_budget {
	int64_t second; /* the newest */
	uint32_t passed[SL_RETRY_SECONDS], retried[SL_RETRY_SECONDS];
};

/* All zero is a fresh budget. */

void sl_retry_budget_passed(struct sl_retry_budget *b, int64_t now_us); /* a request went through */
/* 0: one more try again may go. Else the microseconds until it is worth to ask again. */
int64_t sl_retry_budget_ask(struct sl_retry_budget *b, int64_t now_us);
void sl_retry_budget_take(struct sl_retry_budget *b, int64_t now_us); /* it goes */

#endif
