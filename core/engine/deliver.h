/* deliver.h - the state of a delivery, shared by the files of the right half of a run. */
#ifndef SL_DELIVER_H
#define SL_DELIVER_H

#include "core/engine/account.h"
#include "core/engine/mask.h"
#include "core/engine/parcel.h"
#include "core/engine/policy.h"

struct sl_deliver {
	struct sl_run_task *task;
	pthread_t thread;
	struct sl_dest_handle dest;
	struct sl_store *reader;
	struct sl_rng rng;
	struct sl_account_user account;
	struct sl_policy policy;
	bool no_more; /* guarded by the task's lock: the plan is over */
	bool abort;   /* guarded by the task's lock: send nothing new */
	/* The thread's own. */
	struct sl_open_block *open, **open_tail;
	unsigned nopen;
	uint32_t next_no;
	struct sl_parcels ready;   /* first tries, and halves: to be sent now */
	struct sl_parcels due;     /* tries again: as their budget allows */
	struct sl_parcels slow;    /* searches that have cost their budget: one at a time */
	struct sl_parcel *waiting; /* for their time; not sorted */
	struct sl_parcel *fill;    /* being filled */
	struct sl_parcel *flying;  /* with the driver */
	unsigned inflight;         /* how many are */
	unsigned slow_flying;      /* and of the slow ones */
	size_t open_bytes;         /* bodies of the open blocks */
	uint64_t logged;
	struct sl_mask mask; /* of the destination's words */
	struct sl_arena *tags, *scratch;
	int64_t flushed_us;
	struct sl_err stop; /* why the run must stop; code SL_OK while it need not */
};

/* send.c: a parcel to be sent as soon as the destination takes it. */
void sl_send_ready(struct sl_deliver *d, struct sl_parcel *p);
/* A parcel to be sent again at its not_before_us. */
void sl_send_later(struct sl_deliver *d, struct sl_parcel *p);
/* Nothing waits to be sent, now or later. */
bool sl_send_none(const struct sl_deliver *d);
/* Hand parcels to the driver until all are, it is full, or the account says no: then what it said. */
struct sl_permit sl_send_all(struct sl_deliver *d, int64_t now);
/* Events of p that the destination may have applied, as far as its answers tell, or all of them. */
void sl_deliver_doubt(const struct sl_parcel *p, bool all);
/* answer.c: the driver's completion callback (arg is the delivery): verdicts, tries again, the run's
 * numbers. */
void sl_deliver_answered(void *arg, struct sl_delivery *delivery);

#endif
