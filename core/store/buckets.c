#include "core/store/buckets.h"

#include "core/base/spill.h"

#include <stdlib.h>

#define BUCKET    ((uint64_t)2 << 20) /* bytes; some are somewhat larger */
#define MAX_BITS  12                  /* 4096 buckets: enough for 8 GiB */
#define WAITING   ((size_t)4 << 20)   /* bytes of all chunks in memory */
#define CHUNK_MAX ((size_t)64 << 10)

/* A chunk in the file. */
struct chunk {
	uint64_t at;
	uint32_t before; /* the one before it in its bucket */
};

struct bucket {
	uint32_t chunks; /* in the file */
	uint32_t last;   /* the newest of them */
	size_t used;     /* bytes of the chunk in memory */
};

struct sl_buckets {
	unsigned bits;
	struct sl_buf only; /* of a single bucket, which never goes to the file */
	/* of more: */
	struct sl_spill *spill;
	struct bucket *buckets;
	size_t chunk;  /* bytes */
	char *waiting; /* a chunk for each bucket */
	struct chunk *chunks;
	uint32_t nchunks, cap;
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "snapshot", "sorting the log: out of memory");
}

static bool
make_chunks(struct sl_buckets *b, const char *dir)
{
	const size_t n = (size_t)1 << b->bits;

	b->chunk = WAITING / n < CHUNK_MAX ? WAITING / n : CHUNK_MAX;
	b->spill = sl_spill_new(dir);
	b->buckets = calloc(n, sizeof *b->buckets);
	b->waiting = malloc(n * b->chunk);
	return b->spill && b->buckets && b->waiting;
}

enum sl_code
sl_buckets_new(const char *dir, uint64_t bytes, struct sl_buckets **out, struct sl_err *err)
{
	struct sl_buckets *b = calloc(1, sizeof *b);

	*out = b;
	if (!b)
		return no_memory(err);
	while (b->bits < MAX_BITS && bytes >> b->bits > BUCKET)
		b->bits++;
	sl_buf_init(&b->only, 0);
	if (b->bits == 0 ? sl_buf_reserve(&b->only, (size_t)bytes) : make_chunks(b, dir))
		return SL_OK;
	sl_buckets_free(b);
	*out = NULL;
	return no_memory(err);
}

void
sl_buckets_free(struct sl_buckets *b)
{
	if (!b)
		return;
	sl_spill_free(b->spill);
	sl_buf_free(&b->only);
	free(b->buckets);
	free(b->waiting);
	free(b->chunks);
	free(b);
}

uint32_t
sl_buckets_count(const struct sl_buckets *b)
{
	return 1u << b->bits;
}

uint64_t
sl_buckets_end(const struct sl_buckets *b, uint32_t i)
{
	return b->bits == 0 ? UINT64_MAX : ((uint64_t)(i + 1) << (64 - b->bits)) - 1;
}

static enum sl_code
write_chunk(struct sl_buckets *b, uint32_t i, struct sl_err *err)
{
	struct bucket *k = &b->buckets[i];
	struct chunk c = { .before = k->last };
	enum sl_code code;

	if (b->nchunks == b->cap) {
		uint32_t cap = b->cap ? b->cap * 2 : 1024;
		struct chunk *more = realloc(b->chunks, cap * sizeof *more);

		if (!more)
			return no_memory(err);
		b->chunks = more;
		b->cap = cap;
	}
	code = sl_spill_add(b->spill, b->waiting + i * b->chunk, b->chunk, &c.at, err);
	if (code != SL_OK)
		return err->retryable ? sl_err_hint(err, "make room there; nothing was lost, the "
							 "next run goes on")
				      : code;
	k->last = b->nchunks;
	k->chunks++;
	k->used = 0;
	b->chunks[b->nchunks++] = c;
	return SL_OK;
}

enum sl_code
sl_buckets_put(struct sl_buckets *b, uint64_t hi, struct sl_str record, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	struct bucket *k;
	uint32_t i;

	if (b->bits == 0) {
		sl_buf_put_str(&b->only, record);
		return b->only.failed ? no_memory(err) : SL_OK;
	}
	i = (uint32_t)(hi >> (64 - b->bits));
	k = &b->buckets[i];
	while (code == SL_OK && record.len > 0) {
		size_t room = b->chunk - k->used, n = record.len < room ? record.len : room;

		memcpy(b->waiting + i * b->chunk + k->used, record.ptr, n);
		k->used += n;
		record.ptr += n;
		record.len -= n;
		if (k->used == b->chunk)
			code = write_chunk(b, i, err);
	}
	return code;
}

/* From the newest chunk, which is in memory, to the oldest. */
static enum sl_code
read_chunks(const struct sl_buckets *b, uint32_t i, char *out, struct sl_err *err)
{
	const struct bucket *k = &b->buckets[i];
	uint32_t c = k->last;
	enum sl_code code = SL_OK;

	memcpy(out + k->chunks * b->chunk, b->waiting + i * b->chunk, k->used);
	for (uint32_t left = k->chunks; code == SL_OK && left > 0; left--) {
		code = sl_spill_read(b->spill, b->chunks[c].at, out + (left - 1) * b->chunk,
				     b->chunk, err);
		c = b->chunks[c].before;
	}
	return code;
}

enum sl_code
sl_buckets_take(struct sl_buckets *b, uint32_t i, struct sl_buf *out, struct sl_err *err)
{
	size_t n;

	if (b->bits == 0) {
		sl_buf_free(out);
		*out = b->only;
		b->only = (struct sl_buf){ 0 };
		return SL_OK;
	}
	n = b->buckets[i].chunks * b->chunk + b->buckets[i].used;
	sl_buf_reset(out);
	if (n > out->cap) { /* a buffer that grows by itself doubles */
		sl_buf_free(out);
		sl_buf_init(out, 0);
	}
	if (!sl_buf_reserve(out, n))
		return no_memory(err);
	out->len = n;
	return read_chunks(b, i, out->ptr, err);
}
