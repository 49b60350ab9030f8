/* inflate.h - gunzip a body piece by piece, handing on the plain bytes as they appear. */
#ifndef SL_INFLATE_H
#define SL_INFLATE_H

#include "core/base/base.h"

struct sl_inflate;

struct sl_inflate *sl_inflate_new(void) SL_MUST;
void sl_inflate_free(struct sl_inflate *z); /* NULL is allowed */

/* sink takes plain bytes and returns false to stop (a cap was reached). Returns false when the data
 * is no gzip or sink stopped. Several gzip members one after another are one stream. */
bool sl_inflate_push(struct sl_inflate *z, const char *p, size_t n,
		     bool (*sink)(void *arg, const char *p, size_t n), void *arg) SL_MUST;
bool sl_inflate_complete(const struct sl_inflate *z); /* the last member ended as it should */

#endif
