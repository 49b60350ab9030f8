/* fill.h - fills batches row by row; the source drivers share it.
 *
 * The bytes of values are packed into blocks of the batch's arena, so a value costs one memcpy and
 * no call into the arena. A new batch starts with as much memory as the last one needed. */
#ifndef SL_SOURCE_FILL_H
#define SL_SOURCE_FILL_H

#include "core/model/model.h"

#include <string.h>

struct sl_fill {
	const struct sl_schema *schema;
	uint32_t rows;      /* a batch is full at this many rows */
	uint64_t seq;       /* of the next batch */
	size_t guess;       /* bytes of values that the last batch held */
	struct sl_batch *b; /* being filled; NULL = none */
	char *p, *end;      /* free room of the present block */
};

void sl_fill_init(struct sl_fill *f, const struct sl_schema *schema, uint32_t rows);
/* Cells of a new row, for the caller to fill all of them; NULL = no memory. */
struct sl_value *sl_fill_row(struct sl_fill *f) SL_MUST;
/* The row begun last is complete. */
void sl_fill_row_done(struct sl_fill *f);
/* A full batch should be taken: enough rows, or enough bytes. */
bool sl_fill_full(const struct sl_fill *f);
/* The rows so far as a batch that the caller owns; NULL when there are none. */
struct sl_batch *sl_fill_take(struct sl_fill *f) SL_MUST;
void sl_fill_drop(struct sl_fill *f); /* forget what is in the making */

char *sl_fill_more(struct sl_fill *f, size_t n) SL_MUST; /* slow path of sl_fill_room */

/* Room for n bytes of a value in the present row; NULL = no memory. */
static inline char *
sl_fill_room(struct sl_fill *f, size_t n)
{
	if (n > (size_t)(f->end - f->p))
		return sl_fill_more(f, n);
	char *at = f->p;
	f->p += n;
	f->b->bytes += n;
	return at;
}

/* Copies a value into a cell. */
static inline bool
sl_fill_put(struct sl_fill *f, struct sl_value *cell, enum sl_type type, const char *s, size_t n)
{
	if (n > UINT32_MAX)
		return false;
	char *to = sl_fill_room(f, n);
	if (to == NULL)
		return false;
	memcpy(to, s, n);
	*cell = (struct sl_value){ .ptr = to, .len = (uint32_t)n, .type = (uint8_t)type };
	return true;
}

/* A cell whose bytes live for ever, such as "true". */
static inline void
sl_fill_const(struct sl_fill *f, struct sl_value *cell, enum sl_type type, struct sl_str s)
{
	*cell = (struct sl_value){ .ptr = s.ptr, .len = (uint32_t)s.len, .type = (uint8_t)type };
	f->b->bytes += s.len;
}

#endif
