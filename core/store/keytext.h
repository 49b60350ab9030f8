/* keytext.h - the key texts of a part of a snapshot in few bytes, before they are compressed. Where all rows
 * have one UUID as their key, it is 16 bytes; where all have one whole number, as many bits as they need. */
#ifndef SL_STORE_KEYTEXT_H
#define SL_STORE_KEYTEXT_H

#include "core/base/str.h"
#include "core/store/tight.h"

/* The texts of n entries, one after the other; a removed row has none. */
struct sl_keytexts {
	const struct sl_snap *entries;
	const uint32_t *lens;
	const char *ptr;
	uint32_t n;
};

/* Into out, in place of what is in it. out->failed: no memory. */
enum sl_part_form sl_keytexts_put(const struct sl_keytexts *t, struct sl_buf *out);

/* *texts is malloc'ed: n lengths of 4 bytes, then the texts; *len of both. SL_E_NOMEM, SL_E_CORRUPT: in is
 * something else. entries: those of the part. */
struct sl_keytexts_in {
	enum sl_part_form form;
	const struct sl_snap *entries;
	uint32_t n;
	struct sl_str in;
};
enum sl_code sl_keytexts_get(const struct sl_keytexts_in *in, uint8_t **texts, size_t *len) SL_MUST;

#endif
