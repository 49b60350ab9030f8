/* buckets.h - records by the first bits of their key: in memory where they fit, else in a temporary file.
 *
 * At most 4 MiB wait in memory to be written; a bucket that is taken is meant to be about 2 MiB. */
#ifndef SL_STORE_BUCKETS_H
#define SL_STORE_BUCKETS_H

#include "core/base/str.h"

struct sl_buckets;

/* bytes: about as many will be put. dir: of the file, borrowed until it is freed. */
enum sl_code sl_buckets_new(const char *dir, uint64_t bytes, struct sl_buckets **out,
			    struct sl_err *err) SL_MUST;
void sl_buckets_free(struct sl_buckets *b); /* NULL is allowed */

/* A record of a key that begins with hi, behind all others of its bucket. */
enum sl_code sl_buckets_put(struct sl_buckets *b, uint64_t hi, struct sl_str record,
			    struct sl_err *err) SL_MUST;

uint32_t sl_buckets_count(const struct sl_buckets *b);
/* The greatest hi of bucket i; those of the next one are greater. */
uint64_t sl_buckets_end(const struct sl_buckets *b, uint32_t i);
/* The records of bucket i one after the other, in place of what is in out. Once for each bucket. */
enum sl_code sl_buckets_take(struct sl_buckets *b, uint32_t i, struct sl_buf *out,
			     struct sl_err *err) SL_MUST;

#endif
