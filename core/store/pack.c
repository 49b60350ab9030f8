/* pack.c - zstd level 1 with checksums, and the packing of a block away from the store's thread. */
#include "core/store/pack.h"

#include "core/store/store.h"

#include <stdlib.h>

#include <zstd.h>

/* Events resemble the one before them: a table of so few, rather long matches finds as much as the 2^14
 * of level 1, and stays in the processor's nearest cache (measured: a fifth faster). */
#define HASH_LOG  12
#define MIN_MATCH 7

#define ROOM_KEPT ((size_t)2 << 20) /* bytes; more is given back after its use */

struct sl_zip {
	ZSTD_CCtx *c; /* made when first used */
	ZSTD_DCtx *d;
	void *room; /* what is packed comes to lie here first */
	size_t cap;
};

struct sl_zip *
sl_zip_new(void)
{
	return calloc(1, sizeof(struct sl_zip));
}

void
sl_zip_free(struct sl_zip *z)
{
	if (!z)
		return;
	(void)ZSTD_freeCCtx(z->c);
	(void)ZSTD_freeDCtx(z->d);
	free(z->room);
	free(z);
}

static bool
make_context(struct sl_zip *z)
{
	if (z->c)
		return true;
	z->c = ZSTD_createCCtx();
	if (!z->c)
		return false;
	(void)ZSTD_CCtx_setParameter(z->c, ZSTD_c_compressionLevel, 1);
	(void)ZSTD_CCtx_setParameter(z->c, ZSTD_c_hashLog, HASH_LOG);
	(void)ZSTD_CCtx_setParameter(z->c, ZSTD_c_minMatch, MIN_MATCH);
	(void)ZSTD_CCtx_setParameter(z->c, ZSTD_c_checksumFlag, 1);
	return true;
}

static bool
make_room(struct sl_zip *z, size_t cap)
{
	if (z->room && cap <= z->cap)
		return true;
	free(z->room);
	z->room = malloc(cap);
	z->cap = z->room ? cap : 0;
	return z->room != NULL;
}

enum sl_code
sl_zip_pack(struct sl_zip *z, const void *src, size_t n, void **out, size_t *out_len,
	    struct sl_err *err)
{
	size_t len = 0;

	*out = NULL;
	if (n > SL_PACK_MAX)
		return sl_fail(err, SL_E_DATA, "log", "a block of %zu bytes is too large", n);
	if (make_context(z) && make_room(z, ZSTD_compressBound(n))) {
		len = ZSTD_compress2(z->c, z->room, z->cap, src, n);
		if (ZSTD_isError(len))
			return sl_fail(err, SL_E_BUG, "log", "packing a block: %s",
				       ZSTD_getErrorName(len));
		*out = malloc(len);
	}
	if (!*out)
		return sl_fail(err, SL_E_NOMEM, "log", "packing a block: out of memory");
	memcpy(*out, z->room, len);
	*out_len = len;
	if (z->cap > ROOM_KEPT) {
		free(z->room);
		z->room = NULL;
		z->cap = 0;
	}
	return SL_OK;
}

static bool
unpack(struct sl_zip *z, struct sl_str in, void *dst, size_t n)
{
	if (n > SL_PACK_MAX || ZSTD_getFrameContentSize(in.ptr, in.len) != n)
		return false;
	if (!z->d)
		z->d = ZSTD_createDCtx();
	return z->d && ZSTD_decompressDCtx(z->d, dst, n, in.ptr, in.len) == n;
}

enum sl_code
sl_zip_unpack_new(struct sl_zip *z, struct sl_str in, size_t n, void **out)
{
	*out = NULL;
	/* before memory is asked for: the length may be what is damaged */
	if (n > SL_PACK_MAX || ZSTD_getFrameContentSize(in.ptr, in.len) != n)
		return SL_E_CORRUPT;
	*out = malloc(n + 1);
	if (!*out)
		return SL_E_NOMEM;
	if (unpack(z, in, *out, n))
		return SL_OK;
	free(*out);
	*out = NULL;
	return SL_E_CORRUPT;
}

enum sl_code
sl_block_pack(struct sl_zip *z, const struct sl_block *b, struct sl_packed *out, struct sl_err *err)
{
	enum sl_code code;

	*out = (struct sl_packed){ 0 };
	code = sl_zip_pack(z, b->body, b->body_len, &out->body, &out->body_len, err);
	if (code == SL_OK)
		code = sl_zip_pack(z, b->keys, b->keys_len, &out->keys, &out->keys_len, err);
	if (code != SL_OK)
		sl_packed_free(out);
	return code;
}

void
sl_packed_free(struct sl_packed *p)
{
	free(p->body);
	free(p->keys);
	*p = (struct sl_packed){ 0 };
}
