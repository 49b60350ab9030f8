#include "core/store/tight.h"

#include "core/store/bits.h"

#include <string.h>

/* Bits of a gap, bits of a version, 2 bytes of nothing, least version, first half of the first key. Behind
 * it the gaps, the versions, the second halves of the keys, the rows. */
#define HEADER  16u
#define PLAIN   36u /* bytes of an entry of format 1 */
#define PER_ROW 24u /* bytes of an entry that are no bits */

size_t
sl_entries_max(uint32_t n)
{
	return HEADER + (size_t)n * (8 + 4 + PER_ROW) + SL_SEAL;
}

static size_t
tight_len(uint32_t n, unsigned gap, unsigned version)
{
	return HEADER + sl_bits_len(n, gap) + sl_bits_len(n, version) + (size_t)n * PER_ROW;
}

size_t
sl_entries_put(const struct sl_digest_key *k, const struct sl_snap *e, uint32_t n, uint8_t *out)
{
	uint32_t least = e[0].version, most = least;
	uint64_t widest = 0;
	unsigned gap, version;
	uint8_t *gaps = out + HEADER, *versions, *halves, *rows;
	size_t len;

	for (uint32_t i = 1; i < n; i++) {
		const uint64_t d = e[i].key.hi - e[i - 1].key.hi;

		widest = d > widest ? d : widest;
		least = e[i].version < least ? e[i].version : least;
		most = e[i].version > most ? e[i].version : most;
	}
	gap = sl_bits_for(widest);
	version = sl_bits_for(most - least);
	len = tight_len(n, gap, version);
	versions = gaps + sl_bits_len(n, gap);
	halves = versions + sl_bits_len(n, version);
	rows = halves + (size_t)n * 8;
	memset(out, 0, len);
	out[0] = (uint8_t)gap;
	out[1] = (uint8_t)version;
	sl_put32(out + 4, least);
	sl_put64(out + 8, e[0].key.hi);
	for (uint32_t i = 1; i < n; i++)
		sl_bits_put(gaps, i, gap, e[i].key.hi - e[i - 1].key.hi);
	for (uint32_t i = 0; i < n; i++)
		sl_bits_put(versions, i, version, e[i].version - least);
	for (uint32_t i = 0; i < n; i++) {
		sl_put64(halves + (size_t)i * 8, e[i].key.lo);
		sl_put_digest(rows + (size_t)i * 16, e[i].row);
	}
	sl_seal(k, out, len);
	return len + SL_SEAL;
}

static bool
get_plain(const struct sl_digest_key *k, struct sl_str in, uint32_t n, struct sl_snap *out)
{
	const uint8_t *keys = (const uint8_t *)in.ptr, *rows = keys + (size_t)n * 16,
		      *versions = rows + (size_t)n * 16;

	if (!sl_sealed(k, in, (size_t)n * PLAIN))
		return false;
	for (uint32_t i = 0; i < n; i++)
		out[i] = (struct sl_snap){ .key = sl_get_digest(keys + (size_t)i * 16),
					   .row = sl_get_digest(rows + (size_t)i * 16),
					   .version = sl_get32(versions + (size_t)i * 4) };
	return true;
}

bool
sl_entries_get(const struct sl_digest_key *k, struct sl_str in, enum sl_part_form form, uint32_t n,
	       struct sl_snap *out)
{
	const uint8_t *p = (const uint8_t *)in.ptr, *gaps = p + HEADER, *versions, *halves, *rows;
	unsigned gap, version;
	uint64_t hi;
	uint32_t least;

	if (form == SL_PART_PLAIN)
		return get_plain(k, in, n, out);
	if (in.len < HEADER || n == 0)
		return false;
	gap = p[0];
	version = p[1];
	if (gap > 64 || version > 32 || !sl_sealed(k, in, tight_len(n, gap, version)))
		return false;
	least = sl_get32(p + 4);
	hi = sl_get64(p + 8);
	versions = gaps + sl_bits_len(n, gap);
	halves = versions + sl_bits_len(n, version);
	rows = halves + (size_t)n * 8;
	for (uint32_t i = 0; i < n; i++) {
		hi += sl_bits_get(gaps, i, gap);
		out[i] = (struct sl_snap){ .key = { hi, sl_get64(halves + (size_t)i * 8) },
					   .row = sl_get_digest(rows + (size_t)i * 16),
					   .version = least +
						      (uint32_t)sl_bits_get(versions, i, version) };
	}
	return true;
}
