/* issues.c - see issues.h */
#include "core/map/issues.h"

#include <string.h>

static void
add(struct sl_issues *is, struct sl_map_issue issue)
{
	if (!issue.problem || !issue.mend) {
		is->full = true;
		return;
	}
	if ((is->n & (is->n - 1)) == 0) { /* 0, 1, 2, 4, ...: full */
		struct sl_map_issue *more =
			SL_NEW(is->a, struct sl_map_issue, is->n ? is->n * 2 : 1);
		if (!more) {
			is->full = true;
			return;
		}
		if (is->n)
			memcpy(more, is->list, is->n * sizeof *more);
		is->list = more;
	}
	is->list[is->n++] = issue;
	is->errors += issue.error;
}

void
sl_issue_error(struct sl_issues *is, const char *to, int line, const char *problem,
	       const char *mend)
{
	add(is, (struct sl_map_issue){ to, line, true, problem, mend });
}

void
sl_issue_warn(struct sl_issues *is, const char *to, int line, const char *problem, const char *mend)
{
	add(is, (struct sl_map_issue){ to, line, false, problem, mend });
}

void
sl_issue_fault(struct sl_issues *is, const struct sl_mapping *map, const struct sl_expr_fault *f)
{
	const char *problem = f->problem;
	if (problem && f->at > 0)
		problem = sl_arena_printf(is->a, "at character %u: %s", f->at, f->problem);
	sl_issue_error(is, map->to, map->line, problem, f->mend);
}
