/* newset.c - a set of digests in shards, each an open-addressing table under its own mutex.
 *
 * 16 bytes an entry at most two thirds full. Digests are uniform, so their own bits are the hash: the
 * low byte of `lo` picks the shard, the bits above it the slot. An empty slot is all zero; a digest
 * that is all zero is kept as lo = 256, which costs nothing but a chance of one in 2^128. */
#include "core/diff/newset.h"

#include <pthread.h>
#include <stdlib.h>

#define SHARDS     64u
#define FIRST_CAP  64u /* entries; a power of two */
#define SHARD_BITS 8

struct shard {
	pthread_mutex_t lock;
	struct sl_digest *slots;
	size_t cap, n;
};

struct sl_newset {
	struct shard shards[SHARDS];
};

struct sl_newset *
sl_newset_new(void)
{
	struct sl_newset *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	for (size_t i = 0; i < SHARDS; i++)
		if (pthread_mutex_init(&s->shards[i].lock, NULL) != 0) {
			while (i-- > 0)
				(void)pthread_mutex_destroy(&s->shards[i].lock);
			free(s);
			return NULL;
		}
	return s;
}

void
sl_newset_free(struct sl_newset *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_destroy(&s->shards[i].lock);
		free(s->shards[i].slots);
	}
	free(s);
}

/* The slot of key, or the empty one where it belongs. */
static struct sl_digest *
slot_of(struct sl_digest *slots, size_t cap, struct sl_digest key)
{
	size_t i = (size_t)(key.lo >> SHARD_BITS) & (cap - 1);
	while ((slots[i].hi != 0 || slots[i].lo != 0) && !sl_digest_eq(slots[i], key))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool
grow(struct shard *h)
{
	size_t cap = h->cap ? h->cap * 2 : FIRST_CAP;
	struct sl_digest *slots = calloc(cap, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < h->cap; i++)
		if (h->slots[i].hi != 0 || h->slots[i].lo != 0)
			*slot_of(slots, cap, h->slots[i]) = h->slots[i];
	free(h->slots);
	h->slots = slots;
	h->cap = cap;
	return true;
}

static int
add(struct shard *h, struct sl_digest key)
{
	if ((h->n + 1) * 3 > h->cap * 2 && !grow(h))
		return -1;
	struct sl_digest *slot = slot_of(h->slots, h->cap, key);
	if (slot->hi != 0 || slot->lo != 0)
		return 0;
	*slot = key;
	h->n++;
	return 1;
}

static struct sl_digest
not_zero(struct sl_digest key)
{
	if (key.hi == 0 && key.lo == 0)
		key.lo = 1u << SHARD_BITS;
	return key;
}

bool
sl_newset_has(struct sl_newset *s, struct sl_digest key)
{
	bool has = false;

	key = not_zero(key);
	struct shard *h = &s->shards[key.lo % SHARDS];
	(void)pthread_mutex_lock(&h->lock);
	if (h->n > 0)
		has = sl_digest_eq(*slot_of(h->slots, h->cap, key), key);
	(void)pthread_mutex_unlock(&h->lock);
	return has;
}

int
sl_newset_add(struct sl_newset *s, struct sl_digest key)
{
	key = not_zero(key);
	struct shard *h = &s->shards[key.lo % SHARDS];
	(void)pthread_mutex_lock(&h->lock);
	int rc = add(h, key);
	(void)pthread_mutex_unlock(&h->lock);
	return rc;
}
