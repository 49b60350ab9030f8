/* digest.h - 128-bit digests: XXH3-128 keyed with a secret of the workspace.
 *
 * Not cryptographic; the secret keeps outsiders from aiming collisions at us. */
#ifndef SL_DIGEST_H
#define SL_DIGEST_H

#include "core/base/base.h"

#define SL_DIGEST_SECRET 192 /* bytes */

struct sl_digest_key {
	uint8_t secret[SL_DIGEST_SECRET];
};

/* A key from 32 seed bytes (kept in the state as hex); the same seed gives the same key. False: no
 * memory for libcrypto; *k must not be used. */
bool sl_digest_key_init(struct sl_digest_key *k, const uint8_t seed[32]) SL_MUST;
struct sl_digest sl_digest(const struct sl_digest_key *k, const void *p, size_t n);
bool sl_random_bytes(void *p, size_t n) SL_MUST; /* getrandom(2) */

static inline int
sl_digest_cmp(struct sl_digest a, struct sl_digest b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static inline bool
sl_digest_eq(struct sl_digest a, struct sl_digest b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

void sl_digest_sort(struct sl_digest *d, size_t n); /* as sl_digest_cmp() says; NULL with n 0 */

void sl_digest_hex(struct sl_digest d, char out[33]); /* NUL-terminated */

/* False: no memory, out is undefined. */
bool sl_sha256(const void *p, size_t n, uint8_t out[32]) SL_MUST;
void sl_hex(const uint8_t *p, size_t n, char *out); /* 2n digits and NUL */
/* SHA-256 as 64 hex digits and NUL, for the `sha256` transform. False: no memory, out is "". */
bool sl_sha256_hex(const void *p, size_t n, char out[65]) SL_MUST;

#endif
