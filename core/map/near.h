/* near.h - how alike two names are, for "did you mean" and for suggestions. */
#ifndef SL_NEAR_H
#define SL_NEAR_H

#include "core/base/str.h"

#define SL_NEAR_MAX 64u /* names are compared up to this many bytes */

/* Changed, missing, extra or swapped letters between two names. Case does not count. */
unsigned sl_near_distance(struct sl_str a, struct sl_str b);
/* Near enough for "did you mean". */
bool sl_near(struct sl_str a, struct sl_str b);

#endif
