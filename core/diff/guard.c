/* guard.c - how many removes may go without a person's word. */
#include "core/diff/diff.h"

#define FEWEST  20u  /* always allowed, so that small tables are not a nuisance */
#define MOST    500u /* however large the table is */
#define PERCENT 5u

bool
sl_guard_removes(size_t removes, size_t snapshot, int64_t max_removes, size_t *limit)
{
	size_t most = snapshot / 100 * PERCENT + snapshot % 100 * PERCENT / 100;

	if (max_removes >= 0)
		most = (size_t)max_removes;
	else if (most > MOST)
		most = MOST;
	else if (most < FEWEST)
		most = FEWEST;
	*limit = most;
	return removes <= most;
}
