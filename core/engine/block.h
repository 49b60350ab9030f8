/* block.h - changes become a block of rendered events, ready for the log. */
#ifndef SL_MAKE_BLOCK_H
#define SL_MAKE_BLOCK_H

#include "core/engine/prep.h"
#include "core/engine/table.h"
#include "core/store/store.h"

/* What one thread needs to make a block, kept from block to block. */
struct sl_tools {
	struct sl_map_scratch *map;
	struct sl_zip *zip;
};

/* What all blocks of a run share. Constant while the pool works, but for the tools and the guess. */
struct sl_block_maker {
	const struct sl_prep *prep;
	struct sl_id_seed seed;
	struct sl_event_head head; /* op, id and action are set for each event */
	char epoch_text[16];
	char job_text[160];
	size_t max_event_bytes;
	pthread_mutex_t lock;
	struct sl_tools tools[16]; /* free ones; guarded by lock */
	unsigned ntools;
	_Atomic size_t event_bytes; /* of an event, by the last block: room is made for so much */
};

void sl_maker_init(struct sl_block_maker *m, const struct sl_engine *e, const struct sl_prep *p,
		   uint32_t epoch);
/* How large one event may be: the destination knows. */
enum sl_code sl_maker_limits(struct sl_block_maker *m, const struct sl_engine *e,
			     const struct sl_config *c, struct sl_err *err) SL_MUST;
void sl_maker_free(struct sl_block_maker *m); /* safe on a zeroed struct */

/* An event that cannot even be rendered: a dead letter from the start. */
struct sl_stillborn {
	uint32_t idx;
	char reason[384];
};

struct sl_made {
	struct sl_block *block; /* NULL = nothing was made */
	struct sl_packed pack;
	bool packed;
	uint64_t adds, updates, removes, skipped;
	struct sl_stillborn *dead;
	uint32_t ndead;
	uint32_t dest;              /* of the destination's settings, for the dead ones */
	struct sl_digest *replaced; /* keys whose open dead letter is out of date now */
	uint32_t nreplaced;
};

void sl_made_free(struct sl_made *m); /* leaves it zeroed */
/* Render the changes of a batch that the mode lets through. */
enum sl_code sl_made_render(struct sl_block_maker *mk, const struct sl_batch *b,
			    const struct sl_change *changes, uint32_t n, struct sl_made *out,
			    struct sl_err *err) SL_MUST;

/* Removes; texts: of their keys. */
enum sl_code sl_made_removes(struct sl_block_maker *mk, const struct sl_gone *gone,
			     const struct sl_str *texts, size_t n, struct sl_made *out,
			     struct sl_err *err) SL_MUST;

enum sl_code sl_made_pack(struct sl_block_maker *mk, struct sl_made *m, struct sl_err *err) SL_MUST;
/* Append src to dst (which may be empty); src is left zeroed. */
enum sl_code sl_made_join(struct sl_made *dst, struct sl_made *src, struct sl_err *err) SL_MUST;
/* Block, dead letters and resolutions in the transaction that is open. */
enum sl_code sl_made_write(struct sl_store *s, const struct sl_made *m, const char *sync,
			   int64_t run, struct sl_err *err) SL_MUST;
/* Event i as a row of a changes table (the columns of sl_changes). */
void sl_made_sample(const struct sl_made *m, uint32_t i, const struct sl_block_maker *mk,
		    struct sl_table *t);
#define SL_CHANGE_COLUMNS                                                                          \
	"n:int op key verdict block:int idx:int bytes:int body:json old:json id reason"

#endif
