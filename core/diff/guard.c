/* guard.c - how many removes may go without a person's word.
 *
 * A row counts as gone when it misses once, not in several runs: the source is read in one REPEATABLE READ
 * snapshot, so a table in the middle of its refresh is not seen, only a committed state of it; and the plan
 * shows what would go. Many updates, or a column that became NULL in many rows, are not held: the source
 * still has those rows, so that the next run undoes them, and a whole table changes with every new mapping.
 * Who wants to see them first holds the whole plan. */
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
