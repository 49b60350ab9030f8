/* state.h - what the files of the store share about an open state. Not for other layers. */
#ifndef SL_STORE_STATE_H
#define SL_STORE_STATE_H

#include "core/store/codec.h"
#include "core/store/pack.h"
#include "core/store/sql.h"
#include "core/store/store.h"

struct sl_store {
	struct sl_db *db;
	struct sl_zip *zip;
	struct sl_digest_key key; /* of seals, from the seed */
	uint8_t seed[32];
	int lock_fd; /* -1 = read only */
	char *dir;   /* owned */
	uint64_t fence;
	bool giving; /* erased pages are being given back (tidy.c) */
	bool lost;   /* another process has taken the state: no more writes */
	struct sl_notice notice;
	char workspace[SL_WORKSPACE_ID + 1]; /* "" = as the seed gives it */
};

/* Take the next number of the fence: who had an older one may not write any more (fence.c). */
enum sl_code sl_fence_raise(struct sl_store *s, struct sl_err *err) SL_MUST;
/* Before a transaction: is the file in its place, and was it not lost before? */
enum sl_code sl_fence_stands(struct sl_store *s, struct sl_err *err) SL_MUST;
/* Within a transaction: is ours still the last? SL_E_LOCKED, not retryable: no, for ever. */
enum sl_code sl_fence_check(struct sl_store *s, struct sl_err *err) SL_MUST;

/* The seed, the name in events, and what a person must know of a state that was begun anew (fresh.c). */
enum sl_code sl_seed_load(struct sl_store *s, struct sl_err *err) SL_MUST;
enum sl_code sl_workspace_load(struct sl_store *s, struct sl_err *err) SL_MUST;
enum sl_code sl_notice_load(struct sl_store *s, struct sl_err *err) SL_MUST;
/* why: what was wrong with the state that was moved aside; NULL = none was, as far as this open knows. */
enum sl_code sl_fresh_make(struct sl_store *s, const char *why, struct sl_err *err) SL_MUST;

/* A place in the log of a sync: everything before it, or nothing. */
struct sl_mark {
	int64_t run;
	int64_t no;
};

/* What the row of a sync says beside sl_sync_state. */
struct sl_fold {
	int64_t epoch_run;
	int64_t gen;
	struct sl_mark mark; /* blocks before it are in the parts */
};

/* What an acknowledged event makes of the entry of its key. */
static inline void
sl_snap_fold(struct sl_snap *e, struct sl_digest row, uint32_t version)
{
	e->row = row;
	if (version > e->version)
		e->version = version;
	e->version += e->version < UINT32_MAX;
}

/* SL_E_BUG outside of sl_store_begin() and sl_store_commit(). */
enum sl_code sl_store_writing(const struct sl_store *s, struct sl_err *err) SL_MUST;
/* Several reads that see one state. *own: this call began it, pass it to the end. */
enum sl_code sl_store_read_begin(struct sl_store *s, bool *own, struct sl_err *err) SL_MUST;
void sl_store_read_end(struct sl_store *s, bool own);

/* SL_E_NOTFOUND for a sync that the state does not know. */
enum sl_code sl_fold_get(struct sl_store *s, const char *sync, struct sl_fold *out,
			 struct sl_err *err) SL_MUST;

/* Where the unfolded part has grown past a quarter of the parts: fold every block that can be into new
 * parts. *rows: those of the snapshot that are not removed (fold.c). */
enum sl_code sl_fold(struct sl_store *s, const char *sync, uint64_t *rows,
		     struct sl_err *err) SL_MUST;

/* Erase what was kept long enough (erase.c). */
enum sl_code sl_erase_blocks(struct sl_store *s, const char *sync, int64_t keep_us,
			     struct sl_err *err) SL_MUST;

/* Every open dead letter of a sync (dead.c). */
enum sl_code sl_dead_resolve_all(struct sl_store *s, const char *sync, const char *resolution,
				 struct sl_err *err) SL_MUST;

/* A retry that was cut short gives back the letters whose event was cancelled. */
enum sl_code sl_dead_give_back(struct sl_store *s, const struct sl_run *retry,
			       struct sl_err *err) SL_MUST;

/* The end of a run: what it has put becomes the place, or is forgotten (cursor.c). */
enum sl_code sl_cursor_end(struct sl_store *s, const char *sync, int64_t run, bool keep,
			   struct sl_err *err) SL_MUST;

/* Some keys to look for, in any number of blocks (want.c). */
struct sl_want {
	const struct sl_digest *keys; /* borrowed */
	size_t n, left;               /* left: not found yet */
	uint32_t *slot;               /* owned; index + 1, 0 = free */
	uint64_t mask;
	bool *found; /* owned, n */
};
enum sl_code sl_want_init(struct sl_want *w, const struct sl_digest *keys, size_t n,
			  struct sl_err *err) SL_MUST;
void sl_want_free(struct sl_want *w);
/* The index of a key that is still wanted, or SIZE_MAX. */
size_t sl_want_find(const struct sl_want *w, struct sl_digest key);
void sl_want_found(struct sl_want *w, size_t i);

#endif
