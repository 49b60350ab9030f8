/* state_model.h - a history of transactions that goes into a real state and into a model of it, to compare
 * them after a fault.
 *
 * A transaction makes some steps: a run with blocks, verdicts and dead letters, the end of a run with its
 * fold and erasing, a new epoch. What was committed, and what was under way, are kept apart. */
#ifndef TESTS_STATE_MODEL_H
#define TESTS_STATE_MODEL_H

#include "core/base/pacing.h"
#include "tests/lib/store_rig.h"

#define SMODEL_SYNCS  3
#define SMODEL_ROWS   48
#define SMODEL_BLOCKS 3
#define SMODEL_EVENTS 6
#define SMODEL_RUNS   400 /* of one state */

struct m_event {
	uint8_t op, verdict;
	uint32_t row;
	uint64_t value;
};

/* The open run of a sync. */
struct m_run {
	int64_t id; /* 0 = none */
	uint32_t nblocks, n[SMODEL_BLOCKS];
	struct m_event e[SMODEL_BLOCKS][SMODEL_EVENTS];
};

struct m_row {
	uint64_t value; /* 0 = not there */
	uint32_t version;
};

struct m_sync {
	uint64_t identity; /* 0 = the state does not know it */
	struct m_row rows[SMODEL_ROWS];
	struct m_run run;
	uint64_t dead; /* open dead letters */
};

/* A run that is over. */
struct m_over {
	int64_t id;
	enum sl_run_state state;
	uint64_t acked, dead, cancelled, planned;
};

struct m_state {
	struct m_sync s[SMODEL_SYNCS];
	uint32_t nover;
	struct m_over over[SMODEL_RUNS];
	int64_t last_run;
	uint64_t next_value;
};

struct smodel {
	struct srig store;
	struct sl_rng rng;
	struct m_state now,
		next; /* as of the last durable commit; with the transaction under way */
	bool unsure;  /* the last commit failed: either of them */
};

/* A state in a directory of its own; not opened yet. */
void smodel_begin(struct smodel *r, uint64_t seed);
uint64_t smodel_below(struct smodel *r, uint64_t n);
/* One transaction of the open state r->store.s. SL_OK: r->now has moved. */
enum sl_code smodel_transaction(struct smodel *r);
/* The open state is sound, was never begun anew, and is the model: as of the last commit that went well,
 * or, where it is unsure, as of the one after it. Ends the test when not. */
void smodel_check(struct smodel *r);
void smodel_nothing_aside(const struct smodel *r);

#endif
