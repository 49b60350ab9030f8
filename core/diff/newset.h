/* newset.h - keys that the snapshot does not hold, seen in this run. For many threads. */
#ifndef SL_NEWSET_H
#define SL_NEWSET_H

#include "core/base/digest.h"

struct sl_newset;

struct sl_newset *sl_newset_new(void) SL_MUST;
void sl_newset_free(struct sl_newset *s); /* NULL is allowed */

/* 1: added · 0: it was there already · -1: out of memory */
int sl_newset_add(struct sl_newset *s, struct sl_digest key) SL_MUST;

bool sl_newset_has(struct sl_newset *s, struct sl_digest key);

#endif
