/* run.h - a run while this process works on it: its record, its two halves and what joins them.
 *
 *   run thread      plan (reads, and lets the pool diff, map, pack) ... then waits for delivery
 *   writer thread   blocks -> log; when committed: sl_run_block_ready()
 *   deliver thread  blocks -> destination -> verdicts -> writer
 *
 * The plan never waits for the destination: a committed block that nobody takes at once is dropped
 * from memory and read back from the log when its turn comes. */
#ifndef SL_RUN_H
#define SL_RUN_H

#include "core/engine/account.h"
#include "core/engine/engine.h"
#include "core/engine/stage.h"
#include "core/engine/table.h"

#define SL_HAND       64         /* committed blocks kept in memory for delivery */
#define SL_HAND_BYTES (8u << 20) /* and their bodies, of all runs together, but for the last one */
#define SL_LATENCIES  128        /* the last requests, for percentiles */

struct sl_deliver;
struct sl_retry;

struct sl_run_task {
	struct sl_run_task *next; /* the engine's list, guarded by its lock */
	struct sl_engine *engine;
	struct sl_run_task *after; /* this one starts when that one has ended; NULL = at once. Stays
				    * in the list as long as this one */
	unsigned flags;            /* SL_RUN_DRY ... */
	bool resumed;              /* no planning: deliver what the log holds */
	struct sl_retry *retry;    /* dead letters to send again, owned; NULL = a usual run */
	bool dry;
	pthread_t thread;

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct sl_run rec; /* sync, kind, by never change; id (with the engine's lock) once, before
			       * the thread runs: those may be read without the lock by the run */
	bool open;         /* the run thread is at work */
	bool stop;         /* a person wants it to end */
	const char *stop_why; /* constant text for its record; NULL = they know */
	bool closing;         /* the engine is closing */
	bool waits;           /* for `after` to end or to be held */
	int64_t give_up_us;   /* monotonic; then requests in flight are given up; 0 = never */
	bool released;        /* held no more */
	bool deliver_removes;
	bool without_removes; /* released, but the removes are left out */
	bool launched;        /* thread is to be joined */
	struct sl_err error;  /* why it failed or paused */
	int64_t rows_est;
	bool guarded; /* the removes are too many to go without a person's word; until it is planned */
	uint32_t opened; /* blocks that delivery has looked into: events of others were not sent */
	size_t remove_limit;

	/* Planning. */
	struct sl_source_handle *sources[SL_READERS]; /* for cancel: their contexts exist; NULL =
						       * none */
	unsigned batches;                             /* between readers and log */
	uint32_t committed;                           /* blocks 0..committed-1 are in the log */
	struct sl_table *sample;                      /* of a dry run: its first changes */
	struct sl_digest *sample_keys;                /* of their rows, in the same order; owned */

	/* From the log to delivery. */
	struct sl_block *hand[SL_HAND]; /* by number modulo SL_HAND */
	size_t hand_bytes;
	uint32_t dest_print;         /* of its settings, for dead letters; set before it delivers */
	struct sl_dest_handle *dest; /* for wakeup; NULL when none is open */
	bool delivering;             /* blocks are wanted in hand */
	struct sl_err write_error;   /* the log could not be written: stop */
	struct sl_err no_room;       /* the disk is full: stop, but record what comes back */

	/* For the monitor. */
	uint64_t in_flight, retrying, throttled;
	int64_t latency[SL_LATENCIES];
	unsigned nlatency;
	struct sl_account *account; /* delivered to; NULL = none */
	struct sl_lane lanes[SL_LANES];
	int64_t lane_since[SL_LANES]; /* monotonic */
	unsigned nlanes;
	double rate, read_rate;
	int64_t rate_at_us;
	uint64_t rate_acked, rate_read;
	struct sl_stages stages;
};

/* Why the log takes no more of this run; with the task's lock held. SL_OK: it does. */
static inline const struct sl_err *
sl_run_stuck(const struct sl_run_task *t)
{
	return t->write_error.code != SL_OK ? &t->write_error : &t->no_room;
}

/* End what it reads; with the task's lock held. */
static inline void
sl_run_cancel_reading(struct sl_run_task *t)
{
	for (unsigned i = 0; i < SL_READERS; i++)
		if (t->sources[i])
			t->sources[i]->driver->cancel(t->sources[i]->ctx);
}

/* ---- shared by the halves -------------------------------------------------------------------- */

/* The run should come to an end (stop, close or a write error): ask between steps. */
bool sl_run_should_stop(struct sl_run_task *t);
void sl_run_notify(struct sl_run_task *t); /* counters changed */
/* One line of the activity log. part: "plan" "send" "source" "state". */
struct sl_line sl_run_line(struct sl_run_task *t, enum sl_level level, const char *part);
void sl_run_log(struct sl_run_task *t, enum sl_level level, const char *part, const char *fmt, ...)
	SL_PRINTF(4, 5);

/* A block was committed to the log; taken. Called by the writer thread. */
void sl_run_block_ready(struct sl_run_task *t, struct sl_block *b);
void sl_run_write_failed(struct sl_run_task *t, const struct sl_err *err);
/* A block found no room on the disk: the run stops, what comes back is still recorded. Writer thread. */
void sl_run_no_room(struct sl_run_task *t, const struct sl_err *err);
/* SL_OK as long as no write of the run has failed: a later one may stand on it. Writer thread. */
enum sl_code sl_run_may_write(struct sl_run_task *t, struct sl_err *err) SL_MUST;
/* The block if it is at hand (then the caller's), else NULL. */
struct sl_block *sl_run_take(struct sl_run_task *t, uint32_t no);

/* What this run may take of bytes that all deliveries of the engine share; less while a large table is
 * compared, so that the sum of both stays the same. */
static inline size_t
sl_run_share(const struct sl_run_task *t, size_t bytes)
{
	const unsigned n = __atomic_load_n(&t->engine->delivering, __ATOMIC_RELAXED);
	const struct sl_budget *memory = &t->engine->memory;

	if (__atomic_load_n(&memory->left, __ATOMIC_RELAXED) < memory->total / 2)
		bytes /= 3;
	return n > 1 ? bytes / n : bytes;
}

/* n more or fewer batches or readers are at a stage: a counter of t->stages. */
void sl_run_at(struct sl_run_task *t, unsigned *counter, int n);

/* ---- the two halves -------------------------------------------------------------------------- */

/* Read, diff, map, render, log. SL_OK: the plan is complete and committed, counters are in rec. */
enum sl_code sl_plan(struct sl_run_task *t, struct sl_err *err) SL_MUST;

/* Deliver what the log of this run holds, on a thread of its own, while the plan may still go on.
 * finish() says that no more blocks come, waits, and tells how it ended: SL_OK: nothing is pending but
 * held removes; else what stopped it, and undelivered events stay pending. abort() sends nothing new
 * and waits only for what is in flight; d may be NULL. Both free d. */
enum sl_code sl_deliver_start(struct sl_run_task *t, struct sl_deliver **out,
			      struct sl_err *err) SL_MUST;
enum sl_code sl_deliver_finish(struct sl_deliver *d, struct sl_err *err) SL_MUST;
void sl_deliver_abort(struct sl_deliver *d);

/* ---- life ------------------------------------------------------------------------------------ */

/* Start the thread of a task that is in the list. On failure the run has ended. */
enum sl_code sl_run_launch(struct sl_run_task *t, struct sl_err *err) SL_MUST;
/* What the end of a run has changed in its record; with the task's lock held. */
void sl_run_take_end(struct sl_run_task *t, const struct sl_run *r);

/* run_list.c: after a kill: runs that were planning are cancelled, runs that were delivering wait as
 * paused. Those that are at work are left alone. */
enum sl_code sl_runs_recover(struct sl_engine *e, struct sl_err *err) SL_MUST;
/* The same where the end of a run could not be recorded since the disk was full. */
enum sl_code sl_runs_recover_lost(struct sl_engine *e, struct sl_err *err) SL_MUST;
/* Ask every open run to end; what is in flight at give_up_us (monotonic) is given up. No run may be
 * added any more. */
void sl_runs_ask_close(struct sl_engine *e, int64_t give_up_us);
/* Join the threads of all runs and free them. */
void sl_runs_join(struct sl_engine *e);

#endif
