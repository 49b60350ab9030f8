/* diff.h - a batch of rows against the snapshot: which rows are new, changed or the same; and, once
 * every row was seen, which are gone.
 *
 * A diff belongs to one run. sl_diff_batch() may be called by several threads at once (marks are
 * atomic, new keys go to a sharded set); sl_diff_end() after all of them, then the rest.
 *
 * What grows with the table is bounded: the snapshot and the new keys use the memory of `room`, then files.
 * Not so `dead` and `unsure`: 40 bytes, and one more here, for each row that was given up on or never
 * answered. */
#ifndef SL_DIFF_H
#define SL_DIFF_H

#include "core/diff/index.h"

struct sl_diff;

struct sl_diff_spec {
	struct sl_digest_key hash;
	struct sl_digest fingerprint; /* of the mapping; part of every row digest */
	const uint32_t *key;          /* columns of the key */
	uint32_t nkey;
	const uint32_t *used; /* columns that the row digest covers */
	uint32_t nused;
	struct sl_index *snap; /* borrowed, its marks are written; NULL = none */
	struct sl_room room;
	/* Rows that were given up on: while they have not changed, and nothing newer of them was
	 * acknowledged (version), they are left alone. A removed row has no digest. Sorted by key.
	 * seen: the destination is set to something else since, so they are tried again. */
	const struct sl_snap *dead;
	size_t ndead;
	/* The newest event of each key that ended without an acknowledgement, sorted by key. seen: one
	 * above the version of the newest that the destination may have applied; 0 = none of them. */
	const struct sl_snap *unsure;
	size_t nunsure;
	bool full; /* every row counts as changed */
};

struct sl_change {
	/* ADD or UPDATE; 0: nothing is to be sent, the row is again what was acknowledged and what was
	 * given up on of it is out of date. */
	enum sl_op op;
	uint32_t row; /* index in the batch */
	struct sl_digest key, digest;
	uint32_t version;   /* see sl_next_version() */
	bool replaces_dead; /* an unresolved dead letter of this key is out of date now */
};

struct sl_diff_count {
	uint64_t rows, same, still_dead;
};

enum sl_code sl_diff_new(const struct sl_diff_spec *spec, struct sl_diff **out,
			 struct sl_err *err) SL_MUST;
void sl_diff_free(struct sl_diff *d); /* NULL is allowed */

/* A row counts as the same only where nothing newer than what was acknowledged may have been applied.
 * The changes of the batch into out (room for batch->nrows). SL_E_DATA: a key came twice or is NULL;
 * err names the key. */
enum sl_code sl_diff_batch(struct sl_diff *d, const struct sl_batch *b, struct sl_change *out,
			   uint32_t *n, struct sl_diff_count *count, struct sl_err *err) SL_MUST;

/* Every batch was compared: SL_E_DATA: a new key came twice, so far apart that it was not seen before. */
enum sl_code sl_diff_end(struct sl_diff *d, struct sl_err *err) SL_MUST;

/* A row to remove; version: of the remove. */
struct sl_gone {
	struct sl_digest key;
	uint32_t version;
};
struct sl_removes {
	size_t at, unsure;   /* how far it has come; zero at first */
	uint64_t still_dead; /* removes that were given up on before, and are left out */
};
/* The next rows to remove, by key, at most room; *n = 0 at the end: entries of the snapshot that no batch
 * showed and that are not removed already; and keys that no batch showed and the snapshot does not have,
 * although the destination may: an event of them was sent and never answered. */
enum sl_code sl_diff_removes(const struct sl_diff *d, struct sl_removes *r, struct sl_gone *out,
			     size_t room, size_t *n, struct sl_err *err) SL_MUST;
/* Did a batch show this key? Only for keys of dead or unsure that the snapshot does not have, or as removed. */
bool sl_diff_showed(const struct sl_diff *d, struct sl_digest key);

/* The two digests, alone (preview, tests); zero when memory ran out. Length-prefixed, NULL apart from
 * empty. The row digest covers types too, the key digest does not: a key column that grows from integer
 * to text keeps its rows. Numbers count as written: 1.0 and 1.00 differ. */
struct sl_digest sl_key_digest(const struct sl_diff_spec *s, const struct sl_value *row);
struct sl_digest sl_row_digest(const struct sl_diff_spec *s, const struct sl_value *row);

/* Is this row what the destination holds of old, its entry of the snapshot (NULL = none)? */
bool sl_diff_is_same(const struct sl_diff_spec *s, const struct sl_snap *old, struct sl_digest row);

/* The entry of a key among n sorted ones (dead, unsure); NULL = not there. */
const struct sl_snap *sl_snap_find(const struct sl_snap *snap, size_t n, struct sl_digest key);

/* The version of the next event that makes this row of the key; acked is that of its snapshot, 0 without.
 * What may have been applied has taken its version: the same row gets it again, and so the same id; any
 * other row gets the one after, since of A, B and A again the last must not look like the first. */
uint32_t sl_next_version(const struct sl_diff_spec *s, struct sl_digest key, struct sl_digest row,
			 uint32_t acked);

/* Was just this given up on, and nothing changed since? row: zero for a remove. */
bool sl_diff_is_dead(const struct sl_diff_spec *s, struct sl_digest key, struct sl_digest row,
		     uint32_t version);

/* May this many removes go without a person's word? Limit: max(20, min(500, 5 % of the snapshot)), or
 * max_removes where that is not negative. */
bool sl_guard_removes(size_t removes, size_t snapshot, int64_t max_removes, size_t *limit);

#endif
