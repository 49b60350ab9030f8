/* gzip.c - request bodies as gzip. */
#include "core/dest/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

#define LEVEL 1

struct sl_gzip {
	struct libdeflate_compressor *c;
};

struct sl_gzip *
sl_gzip_new(void)
{
	struct sl_gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->c = libdeflate_alloc_compressor(LEVEL);
	if (!g->c) {
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
	libdeflate_free_compressor(g->c);
	free(g);
}

enum sl_code
sl_gzip_pack(struct sl_gzip *g, struct sl_str in, struct sl_buf *out, struct sl_err *err)
{
	const size_t bound = libdeflate_gzip_compress_bound(g->c, in.len);
	size_t n;

	if (!sl_buf_reserve(out, bound))
		return sl_fail(err, SL_E_NOMEM, "gzip", "no memory for a body of %zu bytes", bound);
	n = libdeflate_gzip_compress(g->c, in.ptr, in.len, out->ptr + out->len, bound);
	if (n == 0)
		return sl_fail(err, SL_E_BUG, "gzip", "a body of %zu bytes cannot be compressed",
			       in.len);
	out->len += n;
	return SL_OK;
}
