/* inflate.c - zlib behind inflate.h. */
#include "core/receive/inflate.h"

#include <stdlib.h>
#define ZLIB_CONST /* next_in is const: it reads the server's own buffer */
#include <zlib.h>

struct sl_inflate {
	z_stream z;
	bool ended;
	char out[32768];
};

struct sl_inflate *
sl_inflate_new(void)
{
	struct sl_inflate *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(&z->z, 15 + 16) != Z_OK) { /* 32 KiB window, gzip header */
		free(z);
		return NULL;
	}
	return z;
}

void
sl_inflate_free(struct sl_inflate *z)
{
	if (!z)
		return;
	(void)inflateEnd(&z->z);
	free(z);
}

bool
sl_inflate_push(struct sl_inflate *z, const char *p, size_t n,
		bool (*sink)(void *arg, const char *p, size_t n), void *arg)
{
	z->z.next_in = (const Bytef *)p;
	z->z.avail_in = (uInt)n; /* at most the server's connection buffer */
	do {
		if (z->ended && z->z.avail_in > 0) {
			if (inflateReset(&z->z) != Z_OK)
				return false;
			z->ended = false;
		}
		z->z.next_out = (Bytef *)z->out;
		z->z.avail_out = sizeof(z->out);
		int rc = inflate(&z->z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return false;
		z->ended = rc == Z_STREAM_END;
		size_t got = sizeof(z->out) - z->z.avail_out;
		if (got > 0 && !sink(arg, z->out, got))
			return false;
	} while (z->z.avail_in > 0 || z->z.avail_out == 0);
	return true;
}

bool
sl_inflate_complete(const struct sl_inflate *z)
{
	return z->ended;
}
