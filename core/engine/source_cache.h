/* source_cache.h - open connections to sources that no request is using, so that the next page of a
 * table need not log in again.
 *
 * A connection is kept with a digest of its settings: one whose settings have changed is closed, and so
 * is one that was not asked for within a minute. Any thread may call. */
#ifndef SL_SOURCE_CACHE_H
#define SL_SOURCE_CACHE_H

#include "core/engine/engine.h"

struct sl_source_cache;

struct sl_source_cache *sl_source_cache_new(void) SL_MUST; /* NULL = no memory or no thread */
void sl_source_cache_free(struct sl_source_cache *c);      /* closes all; NULL is allowed */

/* An idle connection of this name with these settings, now the caller's; false: none. Those of the name
 * with other settings are closed. */
bool sl_source_cache_take(struct sl_source_cache *c, const char *name, struct sl_digest settings,
			  struct sl_source_handle *out);
/* Takes the handle. */
void sl_source_cache_give(struct sl_source_cache *c, const char *name, struct sl_digest settings,
			  struct sl_source_handle *h);

#endif
