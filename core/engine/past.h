/* past.h - what the state knows of a sync before a run, a preview or a retry: its epoch, the snapshot of
 * what was acknowledged, what was given up on, and what may have been applied without a word. */
#ifndef SL_PAST_H
#define SL_PAST_H

#include "core/engine/prep.h"
#include "core/store/store.h"

struct sl_past {
	struct sl_store *reader; /* NULL: there is no state yet */
	uint32_t epoch;
	bool baseline;         /* a whole run of this epoch has settled: rows may be missed */
	struct sl_index *snap; /* owned; NULL = nothing was acknowledged, or not asked for */
	struct sl_snap *dead, *unsure; /* owned; sorted by key */
	size_t ndead, nunsure;
	bool known; /* the state may know rows of this epoch */
};

enum sl_past_how {
	SL_PAST_BEGIN, /* for a run, which tells the state what the sync is now: with another destination
			* or key a new epoch starts */
	SL_PAST_LOOK, /* the same answer, nothing is written */
	SL_PAST_FEW   /* the same without the snapshot, see sl_past_entries() */
};
enum sl_code sl_past_load(struct sl_past *p, struct sl_engine *e, const struct sl_prep *prep,
			  enum sl_past_how how, struct sl_err *err) SL_MUST;
/* The snapshot's entries of a few keys (sorted); an entry of version 0 is not there. */
enum sl_code sl_past_entries(const struct sl_past *p, const char *sync,
			     const struct sl_digest *keys, size_t n, struct sl_snap *out,
			     struct sl_err *err) SL_MUST;
void sl_past_free(struct sl_past *p); /* safe on a zeroed struct */
/* Was the run planned for the destination and the key that its sync has now? If not its events must not
 * be sent: they are about what another destination holds. */
enum sl_code sl_past_is_of(const struct sl_engine *e, const struct sl_run *r, bool *same,
			   struct sl_err *err) SL_MUST;
/* Snapshot, dead letters and unsure events of a diff; borrowed. */
void sl_past_spec(const struct sl_past *p, struct sl_diff_spec *spec);

#endif
