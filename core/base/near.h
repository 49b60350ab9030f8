/* near.h - which known name was meant: the nearest one by edit distance, for "did you mean".
 *
 *   struct sl_near n = sl_near(wrong);
 *   for each known name: sl_near_try(&n, name);
 *   n.best is the nearest one, or NULL where nothing is near enough to be meant. */
#ifndef SL_NEAR_H
#define SL_NEAR_H

#include "core/base/base.h"

struct sl_near {
	const char *wanted;
	const char *best; /* one of the names that were tried; the first of equals */
	unsigned
		distance; /* inserts, removes, changes and swaps of neighbours; letters' case is free */
};

struct sl_near sl_near(const char *wanted);
void sl_near_try(struct sl_near *n, const char *name);

#endif
