/* spill.h - a temporary file for what does not fit into memory. It has no name: whatever happens to the
 * process, nothing is left of it, and no other process can open it. */
#ifndef SL_SPILL_H
#define SL_SPILL_H

#include "core/base/err.h"

struct sl_spill;

/* dir: where, borrowed until it is freed; a directory that is missing or closed to us (a session that only
 * looks) gives way to /tmp. The file is made with the first write. NULL: no memory. */
struct sl_spill *sl_spill_new(const char *dir) SL_MUST;
void sl_spill_free(struct sl_spill *s); /* NULL is allowed */

/* Behind all that was added before; *at: where it lies. Threads may add at the same time. A full disk is
 * SL_E_IO that is retryable. */
enum sl_code sl_spill_add(struct sl_spill *s, const void *p, size_t n, uint64_t *at,
			  struct sl_err *err) SL_MUST;
/* All n bytes or an error; any thread. */
enum sl_code sl_spill_read(const struct sl_spill *s, uint64_t at, void *p, size_t n,
			   struct sl_err *err) SL_MUST;

#endif
