/* newset.c - a set of digests in shards, each an open-addressing table under its own mutex.
 *
 * 16 bytes an entry at most two thirds full. Digests are uniform, so their own bits are the hash: the
 * low byte of `lo` picks the shard, the bits above it the slot. An empty slot is all zero; a digest
 * that is all zero is kept as lo = 256, which costs nothing but a chance of one in 2^128.
 *
 * A table that may not grow is written to the file as it is, one piece of its shard, and begun anew. At the
 * end the pieces of a shard are read back into one table; where that would be too large, those keys of
 * them first whose `hi` is small, and so on. */
#include "core/diff/newset.h"

#include "core/base/spill.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS     64u
#define FIRST_CAP  64u /* slots; a power of two */
#define SHARD_BITS 8
#define CHECK_ROOM ((size_t)8 << 20) /* bytes of a table that pieces are read back into */
#define READ       1024u             /* keys read at once */

/* Keys of a shard in the file. */
struct piece {
	uint64_t at;
	size_t n;
};

struct shard {
	pthread_mutex_t lock;
	struct sl_digest *slots;
	size_t cap, n;
	struct piece *pieces;
	size_t npieces, keys; /* keys: of all pieces */
};

struct sl_newset {
	struct sl_room room;
	size_t taken; /* atomic; of the memory: at most an eighth */
	struct sl_spill *file;
	struct shard shards[SHARDS];
};

struct sl_newset *
sl_newset_new(const struct sl_room *room)
{
	struct sl_newset *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->room = *room;
	s->file = sl_spill_new(room->dir);
	for (size_t i = 0; s->file && i < SHARDS; i++)
		if (pthread_mutex_init(&s->shards[i].lock, NULL) != 0) {
			while (i-- > 0)
				(void)pthread_mutex_destroy(&s->shards[i].lock);
			sl_spill_free(s->file);
			s->file = NULL;
		}
	if (s->file)
		return s;
	free(s);
	return NULL;
}

/* What a table of so many slots takes from the budget: the first one is free. */
static size_t
price(size_t cap)
{
	return cap > FIRST_CAP ? cap * sizeof(struct sl_digest) : 0;
}

static bool
take(struct sl_newset *s, size_t n)
{
	const size_t most = s->room.memory->total / 8;

	if (__atomic_add_fetch(&s->taken, n, __ATOMIC_RELAXED) <= most &&
	    sl_budget_take(s->room.memory, n, 0))
		return true;
	(void)__atomic_sub_fetch(&s->taken, n, __ATOMIC_RELAXED);
	return false;
}

static void
give(struct sl_newset *s, size_t n)
{
	(void)__atomic_sub_fetch(&s->taken, n, __ATOMIC_RELAXED);
	sl_budget_give(s->room.memory, n);
}

static void
drop_table(struct sl_newset *s, struct shard *h)
{
	give(s, price(h->cap));
	free(h->slots);
	h->slots = NULL;
	h->cap = h->n = 0;
}

void
sl_newset_free(struct sl_newset *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_destroy(&s->shards[i].lock);
		drop_table(s, &s->shards[i]);
		free(s->shards[i].pieces);
	}
	sl_spill_free(s->file);
	free(s);
}

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "diff", "no memory left to compare rows");
}

static bool
is_empty(const struct sl_digest *slot)
{
	return slot->hi == 0 && slot->lo == 0;
}

/* The slot of key, or the empty one where it belongs. */
static struct sl_digest *
slot_of(struct sl_digest *slots, size_t cap, struct sl_digest key)
{
	size_t i = (size_t)(key.lo >> SHARD_BITS) & (cap - 1);
	while (!is_empty(&slots[i]) && !sl_digest_eq(slots[i], key))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool
is_full(const struct shard *h)
{
	return (h->n + 1) * 3 > h->cap * 2;
}

/* Double the table. */
static bool
grow(struct shard *h)
{
	size_t cap = h->cap ? h->cap * 2 : FIRST_CAP;
	struct sl_digest *slots = calloc(cap, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < h->cap; i++)
		if (!is_empty(&h->slots[i]))
			*slot_of(slots, cap, h->slots[i]) = h->slots[i];
	free(h->slots);
	h->slots = slots;
	h->cap = cap;
	return true;
}

/* Put a key into a table that has room. False: it is there. */
static bool
put(struct shard *h, struct sl_digest key)
{
	struct sl_digest *slot = slot_of(h->slots, h->cap, key);
	if (!is_empty(slot))
		return false;
	*slot = key;
	h->n++;
	return true;
}

/* The keys of a table become a piece of its shard, and the table is empty. */
static enum sl_code
write_out(struct sl_newset *s, struct shard *h, struct sl_err *err)
{
	struct piece *more = realloc(h->pieces, (h->npieces + 1) * sizeof *more);
	enum sl_code code;
	size_t n = 0;

	if (!more)
		return no_memory(err);
	h->pieces = more;
	for (size_t i = 0; i < h->cap; i++)
		if (!is_empty(&h->slots[i]))
			h->slots[n++] = h->slots[i];
	code = sl_spill_add(s->file, h->slots, n * sizeof *h->slots, &more[h->npieces].at, err);
	if (code != SL_OK)
		return code;
	more[h->npieces++].n = n;
	h->keys += n;
	h->n = 0;
	memset(h->slots, 0, h->cap * sizeof *h->slots);
	return SL_OK;
}

/* Room for one more key in memory, or what is there goes to the file. */
static enum sl_code
make_room(struct sl_newset *s, struct shard *h, struct sl_err *err)
{
	const size_t more = price(h->cap ? h->cap * 2 : FIRST_CAP) - price(h->cap);

	if (more > 0 && !take(s, more))
		return write_out(s, h, err);
	if (grow(h))
		return SL_OK;
	give(s, more);
	return no_memory(err);
}

enum sl_code
sl_newset_add(struct sl_newset *s, struct sl_digest key, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	if (key.hi == 0 && key.lo == 0)
		key.lo = 1u << SHARD_BITS;
	struct shard *h = &s->shards[key.lo % SHARDS];
	(void)pthread_mutex_lock(&h->lock);
	if (is_full(h))
		code = make_room(s, h, err);
	if (code == SL_OK && !put(h, key))
		code = SL_E_DATA;
	(void)pthread_mutex_unlock(&h->lock);
	return code;
}

/* ---- when all have come -------------------------------------------------------------------------- */

static enum sl_code
came_twice(struct sl_err *err)
{
	(void)sl_fail(err, SL_E_DATA, "key", "the same key came more than once");
	return sl_err_hint(err, "choose key columns that are unique, or make the model say so: "
				"DISTINCT ON (...)");
}

/* Those keys of a piece into the table that belong to this pass of so many. */
static enum sl_code
read_piece(const struct sl_newset *s, const struct piece *p, struct shard *all, uint64_t pass,
	   uint64_t passes, struct sl_err *err)
{
	struct sl_digest keys[READ];

	for (size_t done = 0; done < p->n;) {
		const size_t n = p->n - done < READ ? p->n - done : READ;

		if (sl_spill_read(s->file, p->at + done * sizeof *keys, keys, n * sizeof *keys,
				  err) != SL_OK)
			return err->code;
		for (size_t i = 0; i < n; i++) {
			if ((keys[i].hi >> 32) * passes >> 32 != pass)
				continue;
			if (is_full(all) && !grow(all))
				return no_memory(err);
			if (!put(all, keys[i]))
				return came_twice(err);
		}
		done += n;
	}
	return SL_OK;
}

static enum sl_code
check_shard(struct sl_newset *s, struct shard *h, struct shard *all, struct sl_err *err)
{
	const uint64_t passes = h->keys / (CHECK_ROOM / sizeof(struct sl_digest) / 2) + 1;
	enum sl_code code = SL_OK;

	for (uint64_t pass = 0; code == SL_OK && pass < passes; pass++) {
		if (all->n > 0)
			memset(all->slots, 0, all->cap * sizeof *all->slots);
		all->n = 0;
		for (size_t i = 0; code == SL_OK && i < h->npieces; i++)
			code = read_piece(s, &h->pieces[i], all, pass, passes, err);
	}
	return code;
}

enum sl_code
sl_newset_check(struct sl_newset *s, struct sl_err *err)
{
	struct shard all = { 0 };
	enum sl_code code = SL_OK;

	for (size_t i = 0; code == SL_OK && i < SHARDS; i++) {
		struct shard *h = &s->shards[i];

		if (h->npieces == 0)
			continue;
		if (h->n > 0)
			code = write_out(s, h, err);
		drop_table(s, h);
	}
	for (size_t i = 0; code == SL_OK && i < SHARDS; i++)
		code = check_shard(s, &s->shards[i], &all, err);
	free(all.slots);
	return code;
}
