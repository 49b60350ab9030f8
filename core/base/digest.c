/* digest.c - XXH3-128 with a secret, SHA-256, random bytes. */
#include "core/base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#define SHA256_LEN 32

bool
sl_sha256(const void *p, size_t n, uint8_t out[SHA256_LEN])
{
	return EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) == 1;
}

/* The secret is SHA-256(seed || i) for i = 0, 1, ... so that all of it depends on all of the seed. */
bool
sl_digest_key_init(struct sl_digest_key *k, const uint8_t seed[32])
{
	uint8_t in[33];
	bool ok = true;

	_Static_assert(SL_DIGEST_SECRET % SHA256_LEN == 0, "the secret is made of whole hashes");
	memcpy(in, seed, 32);
	for (uint8_t i = 0; ok && i < SL_DIGEST_SECRET / SHA256_LEN; i++) {
		in[32] = i;
		ok = sl_sha256(in, sizeof(in), k->secret + (size_t)i * SHA256_LEN);
	}
	return ok;
}

struct sl_digest
sl_digest(const struct sl_digest_key *k, const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits_withSecret(p, n, k->secret, sizeof(k->secret));

	/* All zero means "none" to our callers. */
	if (h.high64 == 0 && h.low64 == 0)
		h.low64 = 1;
	return (struct sl_digest){ .hi = h.high64, .lo = h.low64 };
}

static int
by_digest(const void *a, const void *b)
{
	return sl_digest_cmp(*(const struct sl_digest *)a, *(const struct sl_digest *)b);
}

void
sl_digest_sort(struct sl_digest *d, size_t n)
{
	if (n > 0)
		qsort(d, n, sizeof(*d), by_digest);
}

bool
sl_random_bytes(void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

void
sl_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void
sl_digest_hex(struct sl_digest d, char out[33])
{
	uint8_t b[16];

	for (unsigned i = 0; i < 8; i++) {
		b[i] = (uint8_t)(d.hi >> (56 - 8 * i));
		b[8 + i] = (uint8_t)(d.lo >> (56 - 8 * i));
	}
	sl_hex(b, sizeof(b), out);
}

bool
sl_sha256_hex(const void *p, size_t n, char out[65])
{
	uint8_t md[SHA256_LEN];

	if (!sl_sha256(p, n, md)) {
		out[0] = '\0';
		return false;
	}
	sl_hex(md, sizeof(md), out);
	return true;
}
