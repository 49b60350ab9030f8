/* codec.h - how events, verdicts and snapshot entries lie in blobs: packed arrays, little endian.
 *
 * Blobs that are not compressed end in a seal, 8 bytes of a keyed digest: a flipped bit in a key
 * digest would otherwise look like a row that is gone. Pure functions. */
#ifndef SL_STORE_CODEC_H
#define SL_STORE_CODEC_H

#include "core/model/model.h"

#define SL_SEAL      8u
#define SL_BLOCK_MAX (1u << 20) /* most events of a block */

static inline uint32_t
sl_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void
sl_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline struct sl_digest
sl_get_digest(const uint8_t *p)
{
	return (struct sl_digest){ sl_get32(p) | (uint64_t)sl_get32(p + 4) << 32,
				   sl_get32(p + 8) | (uint64_t)sl_get32(p + 12) << 32 };
}

static inline void
sl_put_digest(uint8_t *p, struct sl_digest d)
{
	sl_put32(p, (uint32_t)d.hi);
	sl_put32(p + 4, (uint32_t)(d.hi >> 32));
	sl_put32(p + 8, (uint32_t)d.lo);
	sl_put32(p + 12, (uint32_t)(d.lo >> 32));
}

/* Write the seal of p[0..n) behind it. */
void sl_seal(const struct sl_digest_key *k, uint8_t *p, size_t n);
/* Is s n bytes and their right seal? */
bool sl_sealed(const struct sl_digest_key *k, struct sl_str s, size_t n);

/* digests: n keys, n rows, seal: 32 n + SL_SEAL bytes. */
void sl_digests_put(const struct sl_digest_key *k, const struct sl_event *e, uint32_t n,
		    uint8_t *out);
/* meta: versions, places and operations; 21 n bytes, to be compressed. */
#define SL_META 21u
void sl_meta_put(const struct sl_event *e, uint32_t n, uint8_t *out);
uint32_t sl_meta_version(const uint8_t *meta, uint32_t i);
/* Where the key text of event i lies. *kend: 0 for the first, then as it was left; events in order. */
void sl_meta_key(const uint8_t *meta, uint32_t n, uint32_t i, uint32_t *kend, uint32_t *koff,
		 uint32_t *klen);
/* Counts the operations; an unknown one counts as 0. */
void sl_meta_ops(const uint8_t *meta, uint32_t n, uint64_t ops[SL_OP_REMOVE + 1]);
/* Both, back into events. False when an event would lie outside of its block. */
bool sl_events_get(const uint8_t *digests, const uint8_t *meta, const struct sl_block *b);

/* verdicts: n bytes, or one where all are equal, then the seal. out: n + SL_SEAL bytes. Returns the
 * length. */
size_t sl_verdicts_put(const struct sl_digest_key *k, const uint8_t *v, uint32_t n, uint8_t *out);
bool sl_verdicts_get(const struct sl_digest_key *k, struct sl_str s, uint32_t n, uint8_t *out);

/* How many events have each verdict, and how many of them are in doubt. */
struct sl_tally {
	uint64_t by[SL_V_CANCELLED + 1];
	uint64_t doubt;
};
void sl_tally_add(struct sl_tally *t, const uint8_t *v, uint32_t n);

#endif
