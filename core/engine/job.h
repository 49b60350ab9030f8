/* job.h - one request of a client while it is worked on.
 *
 * A request copies its arguments into the job's arena and returns a ticket; a thread of the request
 * pool calls its function, which posts tables and returns. Jobs may block: that is what they are for. */
#ifndef SL_JOB_H
#define SL_JOB_H

#include "core/base/arena.h"
#include "core/engine/engine.h"
#include "core/engine/table.h"

struct sl_job;
/* SL_OK: the last table was given to sl_job_done() or there is none; else *err is the answer. */
typedef enum sl_code sl_job_fn(struct sl_job *j, struct sl_err *err);

struct sl_job {
	struct sl_job *next; /* the engine's list of live jobs */
	struct sl_engine *engine;
	sl_ticket ticket;
	sl_job_fn *fn;
	struct sl_arena *arena; /* arguments and scratch; freed with the job */
	void *args;             /* of the function, in the arena */
	struct sl_table *answer;
	struct sl_msg *reply; /* the last part of the answer, made early: a client waits for it */
	bool lost;            /* a part before it */
	bool order;           /* starts or stops a run: never waits behind one that asks a source */
	bool cancelled;       /* atomic */
	bool unmasked;        /* tagged values are answered in clear */
	/* What sl_cancel() has to wake; guarded by the engine's job lock. */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* A new job with zeroed args of `size` bytes; NULL: no memory. */
struct sl_job *sl_job_new(struct sl_engine *e, sl_job_fn *fn, size_t size) SL_MUST;
sl_ticket sl_job_submit(struct sl_job *j); /* takes the job; 0 where the engine is closing */

const char *sl_job_str(struct sl_job *j, const char *s); /* copy into the arena; NULL stays NULL */
const struct sl_pair *sl_job_pairs(struct sl_job *j, const struct sl_pair *set,
				   size_t n); /* deep copy */
/* The same as settings of a form. NULL = no memory. */
struct sl_setting *sl_job_settings(struct sl_job *j, const struct sl_pair *set, size_t n);
/* NULL, which means all, stays NULL; without memory there are none: *n is 0. */
const int64_t *sl_job_ids(struct sl_job *j, const int64_t *ids, size_t *n);
bool sl_job_cancelled(const struct sl_job *j);
/* Register what sl_cancel() calls while the job blocks. NULL, NULL takes it back; when this returns the
 * old function is not running any more. */
void sl_job_wake(struct sl_job *j, void (*wake)(void *arg), void *arg);
/* Post a part now (the table is taken). */
void sl_job_part(struct sl_job *j, struct sl_table *t);
/* The last table (taken); a failed builder becomes SL_E_NOMEM. Use as: return sl_job_done(j, t, err); */
enum sl_code sl_job_done(struct sl_job *j, struct sl_table *t, struct sl_err *err) SL_MUST;

#endif
