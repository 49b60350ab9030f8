/* profile_check.h - what is wrong with a profile whatever the columns of its sources are: expressions
 * that cannot be read, transforms and fields that do not exist, fields that are missing or twice. */
#ifndef SL_PROFILE_CHECK_H
#define SL_PROFILE_CHECK_H

#include "core/engine/table.h"
#include "core/map/map.h"

struct sl_profile_issues {
	struct sl_map_issue *list; /* memory of the arena that was given */
	size_t n;
};

enum sl_code sl_profile_check(const struct sl_profile *p, struct sl_arena *a,
			      struct sl_profile_issues *out, struct sl_err *err) SL_MUST;
bool sl_profile_has_issue(const struct sl_profile_issues *is, const struct sl_map_issue *one);
/* An issue as a row of a problem table; sync NULL = the profile has it by itself. */
void sl_profile_issue_row(struct sl_table *t, const struct sl_profile *p,
			  const struct sl_map_issue *is, const char *sync);

#endif
