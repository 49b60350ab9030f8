/* plan.h - a run's plan in the making, shared by the files of the left half of a run. */
#ifndef SL_ENGINE_PLAN_H
#define SL_ENGINE_PLAN_H

#include "core/engine/block.h"
#include "core/engine/cursor.h"
#include "core/engine/past.h"
#include "core/engine/prep.h"
#include "core/engine/run.h"

#define SL_PLAN_WINDOW 12 /* batches between readers and log */

struct sl_plan;

/* A connection that reads, and its thread (the first one's is that of the run). */
struct sl_reader {
	struct sl_plan *plan;
	struct sl_source_handle handle;
	struct sl_arena *arena; /* of its scans, but for the first one's first */
	pthread_t thread;
};

struct sl_plan {
	struct sl_run_task *task;
	struct sl_reader readers[SL_READERS];
	unsigned nreaders;
	struct sl_split split;
	struct sl_prep prep;
	struct sl_diff *diff;
	struct sl_diff_spec spec;
	struct sl_block_maker maker; /* constant while jobs run */
	struct sl_past past;
	struct sl_cursor cursor;
	struct sl_digest removes; /* of all planned removes, in order */

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t room;
	uint32_t parts_begun, parts_read;         /* of split */
	uint64_t next_in, next_out;               /* batches read, batches handed to the log */
	struct sl_plan_job *done[SL_PLAN_WINDOW]; /* by sequence modulo WINDOW */
	struct sl_made partial;                   /* small blocks joined so far */
	uint32_t block_no;
	size_t sample_bytes; /* of events that a dry run has kept */
	/* Keys whose row is again what was acknowledged, although something was given up on. */
	struct sl_digest *back;
	size_t nback;
	struct sl_err err; /* the first failure */
	int64_t notified_us;
};

/* Where rows come from (plan_read.c). Connect to the source; before the snapshot is taken connect
 * further readers, where that pays; open the scans; read all there is: SL_OK means every row. Close is
 * safe at any time. */
enum sl_code sl_readers_open(struct sl_plan *p, const struct sl_config *c,
			     struct sl_err *err) SL_MUST;
enum sl_code sl_readers_more(struct sl_plan *p, const struct sl_config *c,
			     struct sl_err *err) SL_MUST;
enum sl_code sl_readers_begin(struct sl_plan *p, struct sl_err *err) SL_MUST;
enum sl_code sl_readers_read(struct sl_plan *p, struct sl_err *err) SL_MUST;
void sl_readers_close(struct sl_plan *p);
/* Once their last batch is handed on: the columns that batches point to. */
void sl_readers_free(struct sl_plan *p);

/* Where rows go (plan.c): a batch, taken; it waits while too many are on their way. Any thread. */
enum sl_code sl_plan_submit(struct sl_plan *p, struct sl_batch *b, struct sl_err *err) SL_MUST;
/* Until every batch was handed on; the first failure of any, or of sl_plan_fail(). */
enum sl_code sl_plan_wait(struct sl_plan *p, struct sl_err *err) SL_MUST;
void sl_plan_fail(struct sl_plan *p, const struct sl_err *err);

/* One block in batch order, with p->lock held; takes what made holds. */
enum sl_code sl_plan_pass_on(struct sl_plan *p, struct sl_made *made, struct sl_err *err) SL_MUST;

/* What a mirror removes (plan_removes.c). After a complete read, and after sl_plan_back(). */
enum sl_code sl_plan_removes(struct sl_plan *p, struct sl_err *err) SL_MUST;

/* Dead letters that are out of date although nothing is sent (plan_back.c): take them out of the changes
 * of a batch, on any thread; and resolve them when the read is complete. */
enum sl_code sl_plan_take_back(struct sl_plan *p, struct sl_change *changes, uint32_t *n,
			       struct sl_err *err) SL_MUST;
enum sl_code sl_plan_back(struct sl_plan *p, struct sl_err *err) SL_MUST;
/* Of a mirror: rows that were given up on, are gone, and never were at the destination. */
enum sl_code sl_plan_gone(struct sl_plan *p, struct sl_err *err) SL_MUST;

#endif
