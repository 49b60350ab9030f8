/* store_rig.h - a state in a directory of its own, and events by number: the key of row 7 has the text
 * ["7"], its value 3 the body {"row":7,"value":3}. Failures print their error and end the test. */
#ifndef TESTS_STORE_RIG_H
#define TESTS_STORE_RIG_H

#include "core/store/store.h"

#define srig_ok(call)       srig_expect((call), SL_OK, __FILE__, __LINE__)
#define srig_is(call, code) srig_expect((call), (code), __FILE__, __LINE__)

struct srig {
	char dir[64];
	struct sl_store *s;
	struct sl_err err; /* of the last call that was given it */
};

void srig_expect(enum sl_code got, enum sl_code want, const char *file, int line);
void srig_make(struct srig *r); /* a directory */
void srig_open(struct srig *r); /* to write */
void srig_close(struct srig *r);
void srig_remove(struct srig *r); /* closes, and removes the directory */
const char *srig_path(const struct srig *r, const char *name); /* valid until the next call */
/* Remove a directory and all in it. */
void srig_remove_dir(const char *dir);

void srig_begin(struct srig *r);
void srig_commit(struct srig *r);
struct sl_sync_state srig_sync(struct srig *r, const char *sync,
			       uint64_t identity);  /* its own transaction */
int64_t srig_run(struct srig *r, const char *sync); /* a new run, the same */
/* End a run in a transaction of its own, and expect it to work. */
struct sl_run srig_end(struct srig *r, int64_t id, enum sl_run_state state, int64_t keep_us);

struct sl_digest srig_key(uint64_t row);
struct sl_digest srig_value(uint64_t value); /* 0: the digest of a removed row */
/* A block with room for cap events, all pending; grow it by srig_event(). */
struct sl_block *srig_block(int64_t run, uint32_t no, uint32_t cap);
void srig_event(struct sl_block *b, enum sl_op op, uint64_t row, uint64_t value, uint32_t version);
void srig_verdicts(struct sl_block *b, enum sl_verdict v); /* of all events */
/* The block in a transaction of its own; it is freed. */
void srig_put(struct srig *r, const char *sync, struct sl_block *b);
/* A dead letter for event i of the block. Within a transaction. */
void srig_dead(struct srig *r, const char *sync, const struct sl_block *b, uint32_t i);
/* The snapshot as an array, sorted by key; the caller frees. NULL or empty for none. */
enum sl_code srig_snapshot(struct sl_store *s, const char *sync, struct sl_snap **out, size_t *n,
			   struct sl_err *err) SL_MUST;
/* The entry of a row in a sorted snapshot, NULL when there is none. */
const struct sl_snap *srig_find(const struct sl_snap *snap, size_t n, uint64_t row);

#endif
