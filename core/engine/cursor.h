/* cursor.h - a run that reads from the place of a cursor on: where it starts, what it promises, and where
 * the next one will start. See fence.h for why the place moves as it does. */
#ifndef SL_ENGINE_CURSOR_H
#define SL_ENGINE_CURSOR_H

#include "core/engine/fence.h"
#include "core/engine/past.h"
#include "core/engine/run.h"

struct sl_cursor {
	bool used; /* the sync has one; else the rest says nothing */
	enum sl_promise promise;
	int64_t lag_us; /* of the promise `lagged` */
	struct sl_fence fence;
	struct sl_reach reach;
	struct sl_cursor_place was; /* what the run reads from */
	bool whole;                 /* it reads from the start, whatever the place says */
	uint32_t dest;              /* see sl_dest_print() */
};

/* Opens the snapshot; for a sync with a cursor with a look at what else is open. Texts are in the arena of
 * prep. */
enum sl_code sl_cursor_snapshot(struct sl_cursor *c, const struct sl_prep *prep,
				const struct sl_source_handle *h, struct sl_err *err) SL_MUST;
/* Where the run starts: into prep->from, for sl_prep_scan(). t's record gets the promise, the rows without
 * a cursor and how many rows will come. Writes nothing. */
enum sl_code sl_cursor_start(struct sl_cursor *c, struct sl_run_task *t, struct sl_prep *prep,
			     const struct sl_past *past, const struct sl_source_handle *h,
			     struct sl_err *err) SL_MUST;
/* The plan is whole: what the place will be when the run has settled goes into the state. */
enum sl_code sl_cursor_keep(const struct sl_cursor *c, struct sl_run_task *t,
			    struct sl_err *err) SL_MUST;

#endif
