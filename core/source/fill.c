/* fill.c - see fill.h. */
#include "core/source/fill.h"

#include <stdlib.h>

#define ROWS_DEFAULT 1000u
#define ROWS_MAX     100000u
#define BYTES_FULL   ((size_t)4 << 20) /* a batch of wide rows ends here, whatever its rows */
#define BLOCK_MIN    ((size_t)64 << 10)

void
sl_fill_init(struct sl_fill *f, const struct sl_schema *schema, uint32_t rows)
{
	if (rows == 0)
		rows = ROWS_DEFAULT;
	*f = (struct sl_fill){
		.schema = schema,
		.rows = rows < ROWS_MAX ? rows : ROWS_MAX,
		.guess = BLOCK_MIN,
	};
}

static bool
batch_start(struct sl_fill *f)
{
	size_t cells = sizeof(struct sl_value) * f->rows * f->schema->ncols;
	size_t block = f->guess + f->guess / 8;
	struct sl_batch *b = calloc(1, sizeof *b);

	if (b == NULL)
		return false;
	b->arena = sl_arena_new(cells + block + 256, 0);
	if (b->arena != NULL) {
		b->cells = sl_arena_alloc(b->arena, cells, _Alignof(struct sl_value));
		f->p = sl_arena_alloc(b->arena, block, 1);
	}
	if (b->cells == NULL || f->p == NULL) {
		sl_batch_free(b);
		f->p = f->end = NULL;
		return false;
	}
	f->end = f->p + block;
	b->schema = f->schema;
	f->b = b;
	return true;
}

struct sl_value *
sl_fill_row(struct sl_fill *f)
{
	if (f->b == NULL && !batch_start(f))
		return NULL;
	return f->b->cells + (size_t)f->b->nrows * f->schema->ncols;
}

void
sl_fill_row_done(struct sl_fill *f)
{
	f->b->nrows++;
}

bool
sl_fill_full(const struct sl_fill *f)
{
	return f->b != NULL && (f->b->nrows >= f->rows || f->b->bytes >= BYTES_FULL);
}

char *
sl_fill_more(struct sl_fill *f, size_t n)
{
	size_t block = n > BLOCK_MIN ? n : BLOCK_MIN;
	char *p = sl_arena_alloc(f->b->arena, block, 1);

	if (p == NULL)
		return NULL;
	/* A huge value takes a block of its own; what is left of the present one stays in use. */
	if (block - n > (size_t)(f->end - f->p)) {
		f->p = p + n;
		f->end = p + block;
	}
	f->b->bytes += n;
	return p;
}

struct sl_batch *
sl_fill_take(struct sl_fill *f)
{
	struct sl_batch *b = f->b;

	if (b == NULL || b->nrows == 0)
		return NULL;
	b->seq = f->seq++;
	f->guess = b->bytes > BLOCK_MIN ? b->bytes : BLOCK_MIN;
	f->b = NULL;
	f->p = f->end = NULL;
	return b;
}

void
sl_fill_drop(struct sl_fill *f)
{
	sl_batch_free(f->b);
	f->b = NULL;
	f->p = f->end = NULL;
}
