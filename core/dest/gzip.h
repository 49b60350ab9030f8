/* gzip.h - request bodies as gzip: the cheapest, still a quarter of the size or less. */
#ifndef SL_GZIP_H
#define SL_GZIP_H

#include "core/base/str.h"

struct sl_gzip; /* reused state of the compressor; belongs to one thread */

struct sl_gzip *sl_gzip_new(void) SL_MUST;
void sl_gzip_free(struct sl_gzip *g); /* NULL is allowed */

/* Append in, compressed as one gzip member, to out. */
enum sl_code sl_gzip_pack(struct sl_gzip *g, struct sl_str in, struct sl_buf *out,
			  struct sl_err *err) SL_MUST;

#endif
