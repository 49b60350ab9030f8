/* gzip.c - request bodies as gzip. */
#include "core/dest/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL     1
#define MEM_LEVEL 8
#define WRAP_GZIP 16 /* added to the window bits: gzip header and trailer */

struct sl_gzip {
	z_stream z;
};

struct sl_gzip *
sl_gzip_new(void)
{
	struct sl_gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	if (deflateInit2(&g->z, LEVEL, Z_DEFLATED, MAX_WBITS + WRAP_GZIP, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void
sl_gzip_free(struct sl_gzip *g)
{
	if (!g)
		return;
	deflateEnd(&g->z);
	free(g);
}

enum sl_code
sl_gzip_pack(struct sl_gzip *g, struct sl_str in, struct sl_buf *out, struct sl_err *err)
{
	size_t bound;

	if (in.len > UINT_MAX / 2)
		return sl_fail(err, SL_E_DATA, "gzip", "a body of %zu bytes is too large", in.len);
	if (deflateReset(&g->z) != Z_OK)
		return sl_fail(err, SL_E_BUG, "gzip", "zlib lost its state");
	bound = deflateBound(&g->z, in.len);
	if (!sl_buf_reserve(out, bound))
		return sl_fail(err, SL_E_NOMEM, "gzip", "no memory for a body of %zu bytes", bound);
	/* zlib does not write through next_in; its field lacks the const. */
	g->z.next_in = (Bytef *)(uintptr_t)in.ptr;
	g->z.avail_in = (uInt)in.len;
	g->z.next_out = (Bytef *)out->ptr + out->len;
	g->z.avail_out = (uInt)bound;
	if (deflate(&g->z, Z_FINISH) != Z_STREAM_END)
		return sl_fail(err, SL_E_BUG, "gzip", "zlib did not finish");
	out->len += bound - g->z.avail_out;
	return SL_OK;
}
