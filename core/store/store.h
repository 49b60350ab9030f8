/* store.h - the durable truth: runs, the log of events in blocks, verdicts, snapshots, dead letters.
 *
 * One SQLite file, state.db (WAL, synchronous=FULL, 16 KiB pages), written and checkpointed by the one
 * thread that holds a read-write store; others open it for reading. A store belongs to one thread.
 * The directory is locked by flock on state.lock for a read-write store: SL_E_LOCKED names the process
 * that holds it. Each opening for writing takes the next number of a fence, which every transaction
 * looks at: whoever got past the lock stops the one before. Any I/O error or corruption on the state is fatal to sending: SL_E_IO, SL_E_CORRUPT.
 *
 * Writes happen between sl_store_begin() and sl_store_commit(); all of them or none are kept. A write
 * outside is SL_E_BUG; a write that failed may leave half of itself: roll back. Nothing here is per
 * row but the arrays: events live in blocks of about a thousand.
 *
 * What moves what: a block is written once; verdicts of its events change; the snapshot of a sync is
 * its stored parts plus the acknowledged events of blocks that were not folded in yet, in order. So
 * an acknowledgement and the move of the snapshot are the same write. */
#ifndef SL_STORE_H
#define SL_STORE_H

#include "core/base/str.h"
#include "core/model/model.h"

struct sl_store;
struct sl_zip; /* pack.h */

/* For reading only; needs no lock; SL_E_NOTFOUND where there is no state yet. */
#define SL_STORE_READ 1u

/* dir is made (0700) when missing. A file that is no state of ours or newer than us: SL_E_CORRUPT with
 * what to do; nothing is changed. So is a damaged one when it is opened for reading; for writing it is
 * moved aside, and a new state begins in its place, which says so in its notice. */
enum sl_code sl_store_open(const char *dir, unsigned flags, struct sl_store **out,
			   struct sl_err *err) SL_MUST;
void sl_store_close(struct sl_store *s); /* NULL is allowed */

/* What a person must know of a state that began anew where another one had been. */
struct sl_notice {
	int64_t at_us;  /* wall */
	bool fresh;     /* it was this open that began it */
	char text[400]; /* empty = nothing */
};
const struct sl_notice *sl_store_notice(const struct sl_store *s); /* as long as s */

#define SL_WORKSPACE_ID 16 /* characters, hexadecimal */
/* The name of the workspace in events, where it is not the one that its seed gives: that of the state before,
 * so that a destination sees the same job as ever. false: it has none. */
bool sl_store_workspace(const struct sl_store *s, char id[SL_WORKSPACE_ID + 1]);
/* Keep it in a file beside the state, for the next one that begins anew; as well as it goes. */
void sl_store_workspace_keep(const struct sl_store *s, const char *id);

/* Damage was met while the state of this directory was in use: the next one who opens it for writing looks
 * it over whole, and moves it aside when it is so. Any thread. */
void sl_store_suspect(const char *dir);
const char *sl_store_dir(const struct sl_store *s);
/* Does a process have the state of this directory open for writing? Keeps nobody out. */
bool sl_store_in_use(const char *dir);
/* Read everything and check it: pages, seals, checksums, the accounting of every run. SL_E_CORRUPT. */
enum sl_code sl_store_verify(struct sl_store *s, struct sl_err *err) SL_MUST;

/* SL_E_LOCKED that is not retryable: another process has taken the state (its lock was removed, or the
 * file replaced); this one writes no more. */
enum sl_code sl_store_begin(struct sl_store *s, struct sl_err *err) SL_MUST;
/* Durable when SL_OK; else everything since begin is undone. */
enum sl_code sl_store_commit(struct sl_store *s, struct sl_err *err) SL_MUST;
void sl_store_rollback(struct sl_store *s);
/* After a commit, now and then: moves the WAL into the file when it has grown past 8 MiB. */
enum sl_code sl_store_checkpoint(struct sl_store *s, struct sl_err *err) SL_MUST;

/* When nobody waits: a piece of what erasing has freed is given back to the disk; *more: there is more to
 * give. At its end the WAL is emptied, so that nothing erased is left in any file. */
enum sl_code sl_store_tidy(struct sl_store *s, bool *more, struct sl_err *err) SL_MUST;

/* 32 random bytes made when the state was made: seeds digests and event ids. */
enum sl_code sl_store_seed(struct sl_store *s, uint8_t seed[32], struct sl_err *err) SL_MUST;

/* ---- syncs ---------------------------------------------------------------------------------- */

/* What the state knows of a sync. identity: a digest over destination and key columns. When it differs
 * from the stored one, the old snapshot says nothing about the new destination: the epoch goes up, the
 * snapshot is dropped, open dead letters are resolved ("sync was changed"). */
struct sl_sync_state {
	struct sl_digest identity;
	uint32_t epoch;      /* from 1 */
	uint64_t rows;       /* acknowledged rows in the snapshot, as of the last settled run */
	bool baseline;       /* a run of this epoch has settled before */
	int64_t last_run_id; /* 0 = never */
};
enum sl_code sl_store_sync(struct sl_store *s, const char *sync, struct sl_digest identity,
			   struct sl_sync_state *out, struct sl_err *err) SL_MUST; /* a write */
enum sl_code sl_store_sync_get(struct sl_store *s, const char *sync, struct sl_sync_state *out,
			       struct sl_err *err) SL_MUST; /* SL_E_NOTFOUND when it never ran */

/* Names of the syncs that the state knows, sorted; memory of a. */
enum sl_code sl_store_sync_names(struct sl_store *s, struct sl_arena *a, struct sl_str **out,
				 uint32_t *n, struct sl_err *err) SL_MUST;

/* The snapshot, entry by entry in the order of keys, removed ones included; none when the sync never ran. */
typedef enum sl_code sl_snap_fn(void *arg, const struct sl_snap *e, struct sl_err *err);
enum sl_code sl_store_snapshot(struct sl_store *s, const char *sync, sl_snap_fn *fn, void *arg,
			       struct sl_err *err) SL_MUST;
/* How many entries that can be: more than there are, where rows changed since the log was folded. */
enum sl_code sl_store_snapshot_size(struct sl_store *s, const char *sync, uint64_t *n,
				    struct sl_err *err) SL_MUST;
/* Its entries of a few keys (sorted); an entry of version 0 is not there. */
enum sl_code sl_store_entries(struct sl_store *s, const char *sync, const struct sl_digest *keys,
			      size_t n, struct sl_snap *out, struct sl_err *err) SL_MUST;
/* The key texts (["42"]) of snapshot entries and of events in doubt, for removes. keys[] is sorted; texts[i] belongs to
 * keys[i] and lives in a; an entry that cannot be found has length 0. */
enum sl_code sl_store_keys(struct sl_store *s, const char *sync, const struct sl_digest *keys,
			   size_t n, struct sl_arena *a, struct sl_str *texts,
			   struct sl_err *err) SL_MUST;

/* ---- runs ----------------------------------------------------------------------------------- */

enum sl_run_state {
	SL_RUN_NEW,
	SL_RUN_PLANNING,
	SL_RUN_HELD, /* the plan is complete and waits for a person */
	SL_RUN_DELIVERING,
	SL_RUN_SETTLED, /* every event has a final verdict */
	SL_RUN_FAILED,  /* stopped by an error; undelivered events were cancelled */
	SL_RUN_PAUSED, /* stopped by an error that a person mends (credentials, address); events are kept */
	SL_RUN_CANCELLED
};
const char *sl_run_state_name(enum sl_run_state s);

struct sl_run {
	int64_t id;
	char sync[72];
	char kind[16]; /* "run" "retry" */
	char by[32];   /* "ana" "cron" */
	enum sl_run_state state;
	uint32_t epoch;
	uint32_t blocks;                               /* written so far */
	bool planned_all;                              /* the plan is complete and committed */
	bool removes_held;                             /* removes wait for a person's word */
	int64_t started_us, planned_us, ended_us;      /* wall; 0 = not yet */
	uint64_t rows_read, same, still_dead, skipped; /* of the source */
	/* Kept by the writes of blocks and verdicts themselves, in their transaction, as `blocks` is:
	 * run_new and run_save leave them alone, run_get and run_end set them. */
	uint64_t adds, updates, removes;             /* planned events */
	uint64_t acked, dead, superseded, cancelled; /* verdicts; planned = their sum + pending */
	uint64_t requests, retries, bytes_sent;
	uint64_t null_cursors; /* rows whose cursor column is NULL: they are read in every run */
	char promise[16];  /* "snapshot" "fenced" "lagged" "best effort"; empty = not known yet */
	char plan[20];     /* of a complete plan with removes: what its confirmation names */
	uint64_t live;     /* acknowledged rows in the snapshot when it was planned */
	int64_t since_us;  /* wall; held or paused since then, 0 = it is not */
	int64_t waited_us; /* so long it was before: not part of what it took */
	char error[400];   /* why it failed, paused or is held; empty = it did not */
	char details[400]; /* one line about the plan: table, mode, profile, destination */
};

enum sl_code sl_store_run_new(struct sl_store *s, struct sl_run *run, /* sets id */
			      struct sl_err *err) SL_MUST;
enum sl_code sl_store_run_save(struct sl_store *s, const struct sl_run *run,
			       struct sl_err *err) SL_MUST;
enum sl_code sl_store_run_get(struct sl_store *s, int64_t id, struct sl_run *out,
			      struct sl_err *err) SL_MUST;
/* Newest first; sync NULL = all; before 0 = from the newest. Returns how many in *n. */
enum sl_code sl_store_runs(struct sl_store *s, const char *sync, int64_t before, uint32_t max,
			   struct sl_run *out, uint32_t *n, struct sl_err *err) SL_MUST;
/* Runs that are not settled, failed or cancelled, oldest first: what a kill -9 left, and what is held or
 * paused. */
enum sl_code sl_store_open_runs(struct sl_store *s, uint32_t max, struct sl_run *out, uint32_t *n,
				struct sl_err *err) SL_MUST;

/* The end of a run, all of it or nothing: pending events become `rest` (SL_V_CANCELLED or
 * SL_V_SUPERSEDED) where that is not SL_V_PENDING (those in doubt stay so); the counters are recounted from the verdicts and must
 * satisfy planned = acked + dead + superseded + cancelled (+ pending for SL_RUN_PAUSED only), and every
 * dead event must have its dead letter, else SL_E_CORRUPT and nothing changes; the run gets its state,
 * counters and, where it is 0, ended_us (*run is updated too). Then, but for SL_RUN_PAUSED: the snapshot
 * parts are rewritten when the unfolded part has grown past a quarter of them; of blocks written more
 * than keep_us ago (0 = all, negative = none) whose run is over, the folded ones are erased, and of the
 * others the bodies. */
enum sl_code sl_store_run_end(struct sl_store *s, struct sl_run *run, enum sl_run_state state,
			      enum sl_verdict rest, int64_t keep_us, struct sl_err *err) SL_MUST;

/* ---- cursors -------------------------------------------------------------------------------- */

/* Where the reads of a sync with a cursor start. A run that has planned its whole plan puts what the
 * place will be; sl_store_run_end() makes it so when the run settles with nothing cancelled, in the
 * closing transaction, and forgets it when the run ends otherwise. Runs that were not put move nothing. */
struct sl_cursor_place {
	struct sl_digest spec; /* of what this is true for: anything else reads from the start */
	struct sl_str low;     /* ptr NULL = from the start */
	struct sl_str next;    /* a low that waits for `open` to be over; ptr NULL = none */
	struct sl_str open;    /* transactions as in struct sl_fence */
	uint64_t xmax;         /* of the snapshot that next is from */
	int64_t at_us;         /* wall, of that snapshot */
	struct sl_str origin;  /* as in struct sl_fence */
	uint32_t dest;         /* fingerprint of the destination's settings, as in struct sl_dead */
};
/* The present place, memory from a. SL_E_NOTFOUND: there is none. */
enum sl_code sl_store_cursor_get(struct sl_store *s, const char *sync, struct sl_arena *a,
				 struct sl_cursor_place *out, struct sl_err *err) SL_MUST;
enum sl_code sl_store_cursor_put(struct sl_store *s, const char *sync, int64_t run,
				 const struct sl_cursor_place *p, struct sl_err *err) SL_MUST;

/* ---- blocks --------------------------------------------------------------------------------- */

/* Write a new block (its verdicts too) of a run that was made before. */
enum sl_code sl_store_block_put(struct sl_store *s, const char *sync, const struct sl_block *b,
				struct sl_err *err) SL_MUST;
/* Compression is the slow part and needs no store: the pool calls this before, and the block is then
 * written as it is. Idempotent. */
struct sl_packed {
	void *body, *keys; /* owned (malloc) */
	size_t body_len, keys_len;
};
enum sl_code sl_block_pack(struct sl_zip *z, const struct sl_block *b, struct sl_packed *out,
			   struct sl_err *err) SL_MUST;
void sl_packed_free(struct sl_packed *p);
enum sl_code sl_store_block_put_packed(struct sl_store *s, const char *sync,
				       const struct sl_block *b, const struct sl_packed *p,
				       struct sl_err *err) SL_MUST;
/* Store the present verdicts of a block (run_id, no, n and verdicts of b are read). SL_E_BUG when an
 * event that had a final verdict would get another one. */
enum sl_code sl_store_verdicts_put(struct sl_store *s, const struct sl_block *b,
				   struct sl_err *err) SL_MUST;
/* A whole block with bodies. SL_E_NOTFOUND when it was erased. The caller frees. */
enum sl_code sl_store_block_get(struct sl_store *s, int64_t run_id, uint32_t no,
				struct sl_block **out, struct sl_err *err) SL_MUST;
/* The numbers of the run's blocks that still have pending events, ascending, from `from` on. */
enum sl_code sl_store_pending_blocks(struct sl_store *s, int64_t run_id, uint32_t from,
				     uint32_t max, uint32_t *out, uint32_t *n,
				     struct sl_err *err) SL_MUST;
/* The newest acknowledged event of a key before a run (0 = any): what the destination holds. Its body
 * into a. SL_E_NOTFOUND when there is none or it is not kept any more. */
enum sl_code sl_store_last_body(struct sl_store *s, const char *sync, struct sl_digest key,
				int64_t before_run, struct sl_arena *a, struct sl_str *body,
				struct sl_err *err) SL_MUST;
/* The same for many keys in one pass over the newest blocks (sorted keys; length 0 = not found). */
enum sl_code sl_store_last_bodies(struct sl_store *s, const char *sync,
				  const struct sl_digest *keys, size_t n, int64_t before_run,
				  struct sl_arena *a, struct sl_str *bodies,
				  struct sl_err *err) SL_MUST;

/* ---- dead letters --------------------------------------------------------------------------- */

struct sl_dead {
	int64_t id; /* set by put */
	int64_t run_id;
	uint32_t block_no, idx;
	char sync[72];
	struct sl_event event;        /* digests, version, op; offsets are not used */
	struct sl_str key_text, body; /* of the event */
	int status;
	unsigned tries;
	int64_t at_us;        /* wall */
	uint32_t dest;        /* fingerprint of the settings of the destination; 0 = not known */
	struct sl_str reason; /* one line of ours: "refused by the destination" "no userId" ... */
	struct sl_str detail; /* the destination's words; untrusted */
	/* empty = open; "sent again in run 7" "row changed, run 8" "discarded: ..." */
	struct sl_str resolution;
#define SL_DEAD_AGAIN                                                                              \
	"sent again in run %lld" /* until that run is cut short before it is answered */
	int64_t resolved_us;
};
enum sl_code sl_store_dead_put(struct sl_store *s, const struct sl_dead *d,
			       struct sl_err *err) SL_MUST;
/* Open ones (or all) of a sync (NULL = every sync), newest first; memory from a. before: id, 0 = newest. */
enum sl_code sl_store_dead_list(struct sl_store *s, const char *sync, bool only_open,
				int64_t before, uint32_t max, struct sl_arena *a,
				struct sl_dead **out, uint32_t *n, struct sl_err *err) SL_MUST;
/* The same by what they say. Empty = any. */
struct sl_dead_like {
	const char *sync, *text; /* text: part of reason or detail, ASCII case does not matter */
	int status;
	int64_t since_us; /* given up on then or later; wall */
	bool only_open;
};
enum sl_code sl_store_dead_find(struct sl_store *s, const struct sl_dead_like *like, int64_t before,
				uint32_t max, struct sl_arena *a, struct sl_dead **out, uint32_t *n,
				struct sl_err *err) SL_MUST;
enum sl_code sl_store_dead_get(struct sl_store *s, int64_t id, struct sl_arena *a,
			       struct sl_dead *out, struct sl_err *err) SL_MUST;
/* The newest one of an event of the log; SL_E_NOTFOUND: it was never given up on. */
struct sl_event_place {
	int64_t run_id;
	uint32_t block_no, idx;
};
enum sl_code sl_store_dead_of(struct sl_store *s, const struct sl_event_place *at,
			      struct sl_arena *a, struct sl_dead *out, struct sl_err *err) SL_MUST;
/* Only an open one changes. */
enum sl_code sl_store_dead_resolve(struct sl_store *s, int64_t id, const char *resolution,
				   struct sl_err *err) SL_MUST;
/* Open again what was discarded since the destination or key last changed, unless a newer letter of its key
 * is there: SL_E_NOTFOUND. */
enum sl_code sl_store_dead_reopen(struct sl_store *s, int64_t id, struct sl_err *err) SL_MUST;
/* Resolve the open dead letters of these keys (sorted) in a sync: a newer event was planned. */
enum sl_code sl_store_dead_replaced(struct sl_store *s, const char *sync,
				    const struct sl_digest *keys, size_t n, const char *resolution,
				    struct sl_err *err) SL_MUST;
/* Key, row digest and version of open dead letters and of those discarded since the destination or key
 * last changed ("discarded..."), sorted by key, malloc'ed: the diff leaves them alone. seen: `dest` of an
 * open one, else 0. */
enum sl_code sl_store_dead_snaps(struct sl_store *s, const char *sync, struct sl_snap **out,
				 size_t *n, struct sl_err *err) SL_MUST;
/* Key, row digest and version of the newest event of each key that ended without an acknowledgement
 * (cancelled or given up on) in the present epoch, sorted by key, malloc'ed. Its id may be known to the
 * destination: another row of this key needs a later version. seen: one above the version of the newest
 * that the destination may have applied all the same (SL_V_DOUBT), 0 = none. */
enum sl_code sl_store_unsure(struct sl_store *s, const char *sync, struct sl_snap **out, size_t *n,
			     struct sl_err *err) SL_MUST;
/* Events of a run that are pending now may have been applied: it was interrupted, or its verdicts were
 * lost. Those of blocks before `before`. */
enum sl_code sl_store_run_doubt(struct sl_store *s, int64_t run_id, uint32_t before,
				struct sl_err *err) SL_MUST;
enum sl_code sl_store_dead_count(struct sl_store *s, const char *sync, uint64_t *open,
				 struct sl_err *err) SL_MUST;

/* ---- what an operator did --------------------------------------------------------------------
 *
 * Each line carries SHA-256(hash of the line before, 32 zero bytes for the first; then id, time in
 * microseconds, who, action, object, detail, each as text with a NUL behind it), and the state keeps the
 * last hash apart: a line that was changed, removed or put in between breaks the chain there. Lines of
 * format 1 have no hash; the chain starts after them. */
enum sl_chain { SL_CHAIN_OK, SL_CHAIN_BROKEN, SL_CHAIN_OLD };
struct sl_audit_line {
	int64_t id, at_us;
	struct sl_str who, action, object, detail; /* until the callback returns */
	char hash[65];                             /* "" = none */
	enum sl_chain chain;
};
struct sl_audit_sum {
	uint64_t lines, old, broken;
	int64_t first_broken; /* id; 0 = none */
	bool cut;             /* lines are missing at the end */
};
typedef enum sl_code sl_audit_fn(void *arg, const struct sl_audit_line *l, struct sl_err *err);
/* Every line, oldest first, checked; fn may be NULL. */
enum sl_code sl_store_audit_read(struct sl_store *s, sl_audit_fn *fn, void *arg,
				 struct sl_audit_sum *sum, struct sl_err *err) SL_MUST;
enum sl_code sl_store_audit(struct sl_store *s, const char *who, const char *action,
			    const char *object, const char *detail, struct sl_err *err) SL_MUST;

#endif
