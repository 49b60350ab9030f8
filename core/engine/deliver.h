/* deliver.h - the state of a delivery, shared by the files of the right half of a run. */
#ifndef SL_DELIVER_H
#define SL_DELIVER_H

#include "core/engine/parcel.h"
#include "core/engine/policy.h"

struct sl_deliver {
	struct sl_run_task *task;
	pthread_t thread;
	struct sl_dest_handle dest;
	struct sl_store *reader;
	struct sl_rng rng;
	struct sl_bucket bucket;
	struct sl_policy policy;
	bool no_more; /* guarded by the task's lock: the plan is over */
	bool abort;   /* guarded by the task's lock: send nothing new */
	/* The thread's own. */
	struct sl_open_block *open, **open_tail;
	unsigned nopen;
	uint32_t next_no;
	struct sl_parcel *ready, **ready_tail; /* to be sent now */
	struct sl_parcel *waiting;             /* for their time; not sorted */
	struct sl_parcel *fill;                /* being filled */
	struct sl_parcel *flying;              /* with the driver */
	unsigned inflight;                     /* how many are */
	size_t open_bytes;                     /* bodies of the open blocks */
	uint64_t logged;
	int64_t flushed_us;
	struct sl_err stop; /* why the run must stop; code SL_OK while it need not */
};

/* A parcel to be sent as soon as the destination takes it. */
void sl_deliver_ready(struct sl_deliver *d, struct sl_parcel *p);
/* Events of p that the destination may have applied, as far as its answers tell, or all of them. */
void sl_deliver_doubt(const struct sl_parcel *p, bool all);
/* The driver's completion callback (arg is the delivery): verdicts, tries again, the run's numbers. */
void sl_deliver_answered(void *arg, struct sl_delivery *delivery);

#endif
