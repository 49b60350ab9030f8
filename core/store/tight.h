/* tight.h - the entries of a part of a snapshot in few bytes. Pure functions.
 *
 * Sorted keys are uniform: the gaps between their first halves need some 18 bits less than 64 in a
 * snapshot of a million rows. Versions lie in a narrow range: most of the time they need a bit or none. */
#ifndef SL_STORE_TIGHT_H
#define SL_STORE_TIGHT_H

#include "core/store/codec.h"

/* How a part is written. */
enum sl_part_form {
	SL_PART_PLAIN, /* of format 1: n keys, n rows, n versions, seal */
	SL_PART_TIGHT,
	SL_PART_UUIDS, /* and every key text is one UUID */
	SL_PART_INTS   /* or one whole number, see keytext.h */
};

/* Most bytes of n entries with their seal. */
size_t sl_entries_max(uint32_t n);
/* n > 0 entries, sorted by key, and their seal. out: sl_entries_max(n) bytes. Returns the length. */
size_t sl_entries_put(const struct sl_digest_key *k, const struct sl_snap *e, uint32_t n,
		      uint8_t *out);
/* False: these are not n entries with their seal. */
bool sl_entries_get(const struct sl_digest_key *k, struct sl_str in, enum sl_part_form form,
		    uint32_t n, struct sl_snap *out);

#endif
