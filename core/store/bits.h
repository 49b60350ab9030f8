/* bits.h - numbers of some bits each, one behind the other. A number may begin at any bit and is read with 8
 * bytes: so it has at most 56 bits, or 64 and begins at a byte. */
#ifndef SL_STORE_BITS_H
#define SL_STORE_BITS_H

#include "core/store/codec.h"

static inline uint64_t
sl_get64(const uint8_t *p)
{
	return sl_get32(p) | (uint64_t)sl_get32(p + 4) << 32;
}

static inline void
sl_put64(uint8_t *p, uint64_t v)
{
	sl_put32(p, (uint32_t)v);
	sl_put32(p + 4, (uint32_t)(v >> 32));
}

/* Bits of numbers that are at most max. */
static inline unsigned
sl_bits_for(uint64_t max)
{
	unsigned bits = 0;

	while (bits < 64 && max >> bits != 0)
		bits++;
	return bits <= 56 ? bits : 64;
}

/* Bytes of n numbers. 8 more are touched behind the beginning of the last one. */
static inline size_t
sl_bits_len(uint32_t n, unsigned bits)
{
	return ((size_t)n * bits + 7) / 8;
}

/* Put them in order, into bytes that are 0. */
static inline void
sl_bits_put(uint8_t *p, uint32_t i, unsigned bits, uint64_t v)
{
	const size_t at = (size_t)i * bits;

	p += at / 8;
	sl_put64(p, sl_get64(p) | v << (at % 8));
}

static inline uint64_t
sl_bits_get(const uint8_t *p, uint32_t i, unsigned bits)
{
	const size_t at = (size_t)i * bits;
	const uint64_t v = sl_get64(p + at / 8) >> (at % 8);

	return bits == 64 ? v : v & (((uint64_t)1 << bits) - 1);
}

#endif
