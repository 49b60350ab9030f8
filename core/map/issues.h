/* issues.h - what is wrong with a mapping: a list that grows in an arena. */
#ifndef SL_ISSUES_H
#define SL_ISSUES_H

#include "core/map/expr.h"
#include "core/map/map.h"

struct sl_issues {
	struct sl_arena *a;
	struct sl_map_issue *list;
	size_t n;
	uint32_t errors;
	bool full; /* out of memory: the list is not whole */
};

/* Texts are kept as they are: literals or arena memory; NULL ones count as out of memory. */
void sl_issue_error(struct sl_issues *is, const char *to, int line, const char *problem,
		    const char *mend);
void sl_issue_warn(struct sl_issues *is, const char *to, int line, const char *problem,
		   const char *mend);
/* An expression that cannot be read; names the position. */
void sl_issue_fault(struct sl_issues *is, const struct sl_mapping *map,
		    const struct sl_expr_fault *f);

#endif
