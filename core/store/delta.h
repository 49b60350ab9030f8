/* delta.h - events of blocks in the order of keys: those that were acknowledged, or those that never were.
 * The blocks are read once; what does not fit into memory is sorted by way of a temporary file. */
#ifndef SL_STORE_DELTA_H
#define SL_STORE_DELTA_H

#include "core/store/state.h"

struct sl_delta_spec {
	const char *sync;
	struct sl_mark from, to; /* blocks of [from, to) */
	bool texts;              /* the key texts too */
	bool unsure;             /* instead of what was acknowledged: what ended without that */
};

/* One event: what it makes of its row. */
struct sl_move {
	struct sl_digest key;
	struct sl_digest row; /* zero: removed */
	uint32_t version;     /* that its id was made with */
	bool doubt;           /* it may have been applied */
	struct sl_str text;   /* of the key; empty unless asked for */
};

/* A range of keys with its moves, sorted; those of one key in the order of the log. */
struct sl_delta {
	size_t n;
	uint64_t end; /* the greatest key.hi of the range */
	/* Not for callers: */
	struct sl_buckets *buckets;
	uint32_t next;     /* bucket */
	struct sl_buf raw; /* records of the present one */
	struct sl_place *places, *spare;
	size_t cap; /* of both */
};

/* Read the blocks. To be freed even when it fails. */
enum sl_code sl_delta_read(struct sl_store *s, const struct sl_delta_spec *spec, struct sl_delta *d,
			   struct sl_err *err) SL_MUST;
/* The next range, the first one too; ranges go up, the last one ends with UINT64_MAX. SL_DONE: there is
 * no more. */
enum sl_code sl_delta_next(struct sl_delta *d, struct sl_err *err) SL_MUST;
/* Move i of the range. Its text lives until the next range. */
struct sl_move sl_delta_move(const struct sl_delta *d, size_t i);
struct sl_digest sl_delta_key(const struct sl_delta *d, size_t i);
void sl_delta_free(struct sl_delta *d); /* a zeroed one too */

#endif
