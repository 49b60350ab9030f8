/* pack.h - zstd frames with a checksum, for what the store compresses. One per thread. */
#ifndef SL_STORE_PACK_H
#define SL_STORE_PACK_H

#include "core/base/str.h"

#define SL_PACK_MAX ((size_t)512 << 20) /* most bytes that one blob may unpack to */

struct sl_zip;

struct sl_zip *sl_zip_new(void) SL_MUST; /* NULL: no memory */
void sl_zip_free(struct sl_zip *z);      /* NULL is allowed */
/* *out is malloc'ed. */
enum sl_code sl_zip_pack(struct sl_zip *z, const void *src, size_t n, void **out, size_t *out_len,
			 struct sl_err *err) SL_MUST;
/* Exactly n bytes into malloc'ed memory (one byte more, so never NULL). SL_E_NOMEM, or SL_E_CORRUPT when
 * the frame is damaged or of another length; says nothing about where: the caller knows. */
enum sl_code sl_zip_unpack_new(struct sl_zip *z, struct sl_str in, size_t n, void **out) SL_MUST;

#endif
