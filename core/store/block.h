/* block.h - a block out of a row of the log. Not for other layers. */
#ifndef SL_STORE_BLOCK_H
#define SL_STORE_BLOCK_H

#include "core/store/state.h"

/* The columns that sl_block_row() reads, from block b and ack a; they come first in the query. */
#define SL_BLOCK_COLUMNS                                                                           \
	"b.run, b.no, b.n, b.rows_read, b.body_len, b.keys_len, b.meta, b.digests, b.keys, "       \
	"b.body,"                                                                                  \
	" a.verdicts"
#define SL_BLOCK_NCOLUMNS 11

/* A whole block from the present row; SL_E_NOTFOUND when its body was erased. */
enum sl_code sl_block_row(struct sl_store *s, const struct sl_q *q, struct sl_block **out,
			  struct sl_err *err) SL_MUST;
/* Only its digests: n keys, then n rows, checked. NULL (err is set): damaged. */
const uint8_t *sl_block_digests(struct sl_store *s, const struct sl_q *q, uint32_t *n,
				struct sl_err *err);
/* Only its verdicts, into malloc'ed memory of n bytes. NULL (err is set). */
uint8_t *sl_block_verdicts(struct sl_store *s, const struct sl_q *q, uint32_t n,
			   struct sl_err *err);

/* Store the verdicts of b, which t counts (verdicts.c). */
enum sl_code sl_ack_put(struct sl_store *s, const struct sl_block *b, const struct sl_tally *t,
			struct sl_err *err) SL_MUST;

#endif
