#include "core/store/tight.h"

#include <string.h>

/* Bits of a gap, bits of a version, 2 bytes of nothing, least version, first half of the first key. Behind
 * it the gaps, the versions, the second halves of the keys, the rows. */
#define HEADER  16u
#define PLAIN   36u /* bytes of an entry of format 1 */
#define PER_ROW 24u /* bytes of an entry that are no bits */

static uint64_t
get64(const uint8_t *p)
{
	return sl_get32(p) | (uint64_t)sl_get32(p + 4) << 32;
}

static void
put64(uint8_t *p, uint64_t v)
{
	sl_put32(p, (uint32_t)v);
	sl_put32(p + 4, (uint32_t)(v >> 32));
}

/* ---- numbers of some bits ------------------------------------------------------------------- */

/* A number may begin at any bit and is read with 8 bytes: of more than 56 bits it begins at a byte. */
static unsigned
bits_for(uint64_t max)
{
	unsigned bits = 0;

	while (bits < 64 && max >> bits != 0)
		bits++;
	return bits <= 56 ? bits : 64;
}

static size_t
bits_len(uint32_t n, unsigned bits)
{
	return ((size_t)n * bits + 7) / 8;
}

/* The 8 bytes from where it begins are rewritten: those after it must be 0 still. */
static void
put_bits(uint8_t *p, uint32_t i, unsigned bits, uint64_t v)
{
	const size_t at = (size_t)i * bits;

	p += at / 8;
	put64(p, get64(p) | v << (at % 8));
}

static uint64_t
get_bits(const uint8_t *p, uint32_t i, unsigned bits)
{
	const size_t at = (size_t)i * bits;
	const uint64_t v = get64(p + at / 8) >> (at % 8);

	return bits == 64 ? v : v & (((uint64_t)1 << bits) - 1);
}

/* ---- entries -------------------------------------------------------------------------------- */

size_t
sl_entries_max(uint32_t n)
{
	return HEADER + (size_t)n * (8 + 4 + PER_ROW) + SL_SEAL;
}

static size_t
tight_len(uint32_t n, unsigned gap, unsigned version)
{
	return HEADER + bits_len(n, gap) + bits_len(n, version) + (size_t)n * PER_ROW;
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
	gap = bits_for(widest);
	version = bits_for(most - least);
	len = tight_len(n, gap, version);
	versions = gaps + bits_len(n, gap);
	halves = versions + bits_len(n, version);
	rows = halves + (size_t)n * 8;
	memset(out, 0, len);
	out[0] = (uint8_t)gap;
	out[1] = (uint8_t)version;
	sl_put32(out + 4, least);
	put64(out + 8, e[0].key.hi);
	for (uint32_t i = 1; i < n; i++)
		put_bits(gaps, i, gap, e[i].key.hi - e[i - 1].key.hi);
	for (uint32_t i = 0; i < n; i++)
		put_bits(versions, i, version, e[i].version - least);
	for (uint32_t i = 0; i < n; i++) {
		put64(halves + (size_t)i * 8, e[i].key.lo);
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
	hi = get64(p + 8);
	versions = gaps + bits_len(n, gap);
	halves = versions + bits_len(n, version);
	rows = halves + (size_t)n * 8;
	for (uint32_t i = 0; i < n; i++) {
		hi += get_bits(gaps, i, gap);
		out[i] = (struct sl_snap){ .key = { hi, get64(halves + (size_t)i * 8) },
					   .row = sl_get_digest(rows + (size_t)i * 16),
					   .version = least +
						      (uint32_t)get_bits(versions, i, version) };
	}
	return true;
}

/* ---- UUIDs ---------------------------------------------------------------------------------- */

/* Where the bytes of an UUID lie in its text. */
static const uint8_t places[16] = { 2, 4, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 30, 32, 34, 36 };
static const char frame[SL_UUID_TEXT + 1] = "[\"        -    -    -    -            \"]";

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
sl_uuid_get(struct sl_str text, uint8_t out[16])
{
	if (text.len != SL_UUID_TEXT || text.ptr[0] != '[' || text.ptr[1] != '"' ||
	    text.ptr[10] != '-' || text.ptr[15] != '-' || text.ptr[20] != '-' ||
	    text.ptr[25] != '-' || text.ptr[38] != '"' || text.ptr[39] != ']')
		return false;
	for (unsigned i = 0; i < 16; i++) {
		const int a = nibble(text.ptr[places[i]]), b = nibble(text.ptr[places[i] + 1]);

		if (a < 0 || b < 0)
			return false;
		out[i] = (uint8_t)(a << 4 | b);
	}
	return true;
}

void
sl_uuid_put(const uint8_t uuid[16], char out[SL_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	memcpy(out, frame, SL_UUID_TEXT);
	for (unsigned i = 0; i < 16; i++) {
		out[places[i]] = digits[uuid[i] >> 4];
		out[places[i] + 1] = digits[uuid[i] & 15];
	}
}
