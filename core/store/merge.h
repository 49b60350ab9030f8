/* merge.h - the snapshot of a sync, entry by entry: its parts with the acknowledged events of newer
 * blocks folded on top. */
#ifndef SL_STORE_MERGE_H
#define SL_STORE_MERGE_H

#include "core/store/state.h"

struct sl_merge_spec {
	const char *sync;
	struct sl_fold fold;
	struct sl_mark to; /* blocks before it are folded */
	bool texts;        /* the key texts too */
	bool drop;         /* parts go when they were read: they are written anew */
	/* Entries in the order of keys, removed ones included. text is empty unless asked for. */
	enum sl_code (*entry)(void *arg, const struct sl_snap *e, struct sl_str text,
			      struct sl_err *err);
	void *arg;
};

#define SL_MARK_END ((struct sl_mark){ INT64_MAX, INT64_MAX })

enum sl_code sl_merge(struct sl_store *s, const struct sl_merge_spec *spec,
		      struct sl_err *err) SL_MUST;

/* How much lies behind the mark: acknowledged events, and blocks. */
struct sl_unfolded {
	uint64_t acked, blocks;
};
enum sl_code sl_unfolded(struct sl_store *s, const char *sync, struct sl_mark from,
			 struct sl_unfolded *out, struct sl_err *err) SL_MUST;
/* Entries in the parts. */
enum sl_code sl_parts_count(struct sl_store *s, const char *sync, int64_t gen, uint64_t *n,
			    struct sl_err *err) SL_MUST;

#endif
