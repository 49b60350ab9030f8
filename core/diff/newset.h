/* newset.h - keys that the snapshot does not hold, seen in this run: none may come twice. For many threads.
 *
 * In memory as far as the budget goes; then they go to a temporary file, and a key that came back after that
 * is found when all have come. */
#ifndef SL_NEWSET_H
#define SL_NEWSET_H

#include "core/base/digest.h"
#include "core/diff/index.h"

struct sl_newset;

struct sl_newset *sl_newset_new(const struct sl_room *room) SL_MUST; /* NULL: no memory */
void sl_newset_free(struct sl_newset *s);                            /* NULL is allowed */

/* SL_E_DATA, without words: it was there already. */
enum sl_code sl_newset_add(struct sl_newset *s, struct sl_digest key, struct sl_err *err) SL_MUST;
/* After the last one, on one thread: SL_E_DATA: a key came twice. */
enum sl_code sl_newset_check(struct sl_newset *s, struct sl_err *err) SL_MUST;

#endif
