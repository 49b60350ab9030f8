/* digest_row.h - the bytes that the two digests of a row are taken over. */
#ifndef SL_DIGEST_ROW_H
#define SL_DIGEST_ROW_H

#include "core/diff/diff.h"

/* Memory for one row's bytes, reused from row to row: small rows never touch the heap. */
struct sl_row_bytes {
	size_t len, cap;
	char *ptr; /* fixed, or from malloc */
	char fixed[4096];
};

void sl_row_bytes_init(struct sl_row_bytes *m);
void sl_row_bytes_free(struct sl_row_bytes *m);
/* False: out of memory. */
bool sl_digest_of_key(const struct sl_diff_spec *s, const struct sl_value *row,
		      struct sl_row_bytes *m, struct sl_digest *out) SL_MUST;
bool sl_digest_of_row(const struct sl_diff_spec *s, const struct sl_value *row,
		      struct sl_row_bytes *m, struct sl_digest *out) SL_MUST;

#endif
