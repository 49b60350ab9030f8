/* budget.h - memory that several runs share: who finds nothing left uses a temporary file instead. */
#ifndef SL_BUDGET_H
#define SL_BUDGET_H

#include "core/base/base.h"

/* Any thread; in bytes. */
struct sl_budget {
	size_t total; /* constant */
	size_t left;  /* atomic */
};

static inline void
sl_budget_init(struct sl_budget *b, size_t total)
{
	*b = (struct sl_budget){ total, total };
}

/* Take n bytes, when at least `keep` are left to others then. */
static inline bool
sl_budget_take(struct sl_budget *b, size_t n, size_t keep)
{
	size_t left = __atomic_load_n(&b->left, __ATOMIC_RELAXED);

	do
		if (left < keep || left - keep < n)
			return false;
	while (!__atomic_compare_exchange_n(&b->left, &left, left - n, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED));
	return true;
}

static inline void
sl_budget_give(struct sl_budget *b, size_t n)
{
	(void)__atomic_fetch_add(&b->left, n, __ATOMIC_RELAXED);
}

#endif
