/* event_rows.h - events of the log as rows of a changes table, each with what the destination held
 * before: the old bodies are looked up for all rows of a page in one pass. */
#ifndef SL_EVENT_ROWS_H
#define SL_EVENT_ROWS_H

#include "core/engine/block.h"
#include "core/engine/mask.h"

struct sl_event_rows {
	struct sl_store *store;
	const struct sl_run *run;
	struct sl_table *out;
	struct sl_mask mask;          /* set by the caller before end() */
	const struct sl_block *block; /* set by the caller before add() */
	struct sl_arena *arena;
	struct sl_event_row *rows; /* collected so far, owned */
	size_t n, room;
};

enum sl_code sl_event_rows_begin(struct sl_event_rows *r, struct sl_store *s,
				 const struct sl_run *run, struct sl_table *out,
				 struct sl_err *err) SL_MUST;
/* Event i of r->block, shown as position n of its run. */
enum sl_code sl_event_rows_add(struct sl_event_rows *r, uint32_t i, int64_t n,
			       struct sl_err *err) SL_MUST;
/* Look up the old bodies and fill the table. */
enum sl_code sl_event_rows_end(struct sl_event_rows *r, struct sl_err *err) SL_MUST;
void sl_event_rows_free(struct sl_event_rows *r);
/* The id as it stands in the body where the shape has one: it is what was sent. "" = none. */
void sl_body_id(struct sl_str body, char out[40]);

#endif
