/* parcel.h - events on their way: blocks that are open for delivery, and requests made of their events.
 *
 * Both belong to the delivery thread. An open block outlives the parcels that refer to it. */
#ifndef SL_PARCEL_H
#define SL_PARCEL_H

#include "core/base/bisect.h"
#include "core/dest/dest.h"
#include "core/engine/run.h"

struct sl_open_block {
	struct sl_open_block *next;
	struct sl_block *block;   /* owned */
	uint32_t left;            /* events in parcels that have no final verdict yet */
	bool dirty;               /* verdicts that the log does not have yet */
	struct sl_buried *buried; /* dead letters that the log does not have yet */
	size_t buried_bytes;
};

/* Why an event was given up on. Texts are copied. */
struct sl_death {
	uint32_t idx;
	int status;
	unsigned tries;
	const char *reason, *detail;
};

struct sl_open_block *sl_open_block_new(struct sl_block *b) SL_MUST; /* takes b; NULL = no memory */
void sl_open_block_free(struct sl_open_block *ob);
enum sl_code sl_open_block_bury(struct sl_open_block *ob, const struct sl_run_task *t,
				const struct sl_death *d, struct sl_err *err) SL_MUST;
/* Queue the present verdicts and dead letters for the log, in one transaction. */
enum sl_code sl_open_block_flush(struct sl_open_block *ob, struct sl_run_task *t,
				 struct sl_err *err) SL_MUST;

enum sl_next_step {
	SL_STEP_NONE = 0, /* stays pending: the run stops */
	SL_STEP_ACK,
	SL_STEP_DEAD,
	SL_STEP_AGAIN,
	SL_STEP_SPLIT
};

struct sl_ref {
	struct sl_open_block *ob;
	uint32_t idx;
};

/* The search for the bad events of a request that was refused; shared by its parts. */
struct sl_search {
	struct sl_bisect bisect;
	unsigned users;
};

struct sl_parcel {
	struct sl_parcel *next;
	struct sl_delivery delivery; /* bodies and outcomes are ours */
	struct sl_ref *ref;          /* delivery.n */
	uint8_t *step;               /* enum sl_next_step, delivery.n; set by the policy */
	uint32_t room;
	size_t bytes;
	unsigned attempt;         /* 1 = first try */
	bool waited;              /* it was sent before, and counts among those to be tried again */
	bool retry;               /* it goes against the budget of tries again */
	bool slow;                /* it is on its way in the slow lane */
	bool probe;               /* its end tells whether the others may go */
	struct sl_search *search; /* NULL = it was never refused as a whole */
	unsigned lane;            /* on the monitor */
	int64_t first_us; /* its first answer, or when it was made of halves, monotonic; 0 = none yet */
	int64_t not_before_us;
};

/* First in, first out. */
struct sl_parcels {
	struct sl_parcel *first, *last;
};
void sl_parcels_push(struct sl_parcels *q, struct sl_parcel *p);
struct sl_parcel *sl_parcels_pop(struct sl_parcels *q); /* NULL = none */

struct sl_parcel *sl_parcel_new(uint32_t room) SL_MUST; /* NULL = no memory */
void sl_parcel_free(struct sl_parcel *p);
bool sl_parcel_fits(const struct sl_parcel *p, const struct sl_dest_limits *l, size_t body_len);
void sl_parcel_add(struct sl_parcel *p, struct sl_open_block *ob, uint32_t idx);
/* The events of p whose next step is `step`, in at most `parts` new parcels of about equal size: out has
 * that many places, all NULL before. */
enum sl_code sl_parcel_pick(const struct sl_parcel *p, enum sl_next_step step, unsigned parts,
			    struct sl_parcel **out, struct sl_err *err) SL_MUST;
/* The first event of the queue's first parcel becomes a parcel of its own, before it. */
enum sl_code sl_parcels_cut_first(struct sl_parcels *q, struct sl_err *err) SL_MUST;
/* It is refused as a whole: a search begins, unless it is part of one. */
enum sl_code sl_parcel_search(struct sl_parcel *p, struct sl_err *err) SL_MUST;

#endif
