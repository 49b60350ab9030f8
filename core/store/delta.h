/* delta.h - events of blocks, sorted by key: those that were acknowledged, or those that never were. */
#ifndef SL_STORE_DELTA_H
#define SL_STORE_DELTA_H

#include "core/store/state.h"

/* One event: what it makes of its row. */
struct sl_move {
	struct sl_digest key;
	struct sl_digest row; /* zero: removed */
	uint32_t version;     /* that its id was made with */
	bool doubt;           /* it may have been applied */
	uint32_t order;       /* moves of one key: the greatest is the last */
	uint32_t koff, klen;  /* text of the key, in texts */
};

struct sl_delta {
	struct sl_move *moves; /* owned */
	size_t n, cap;
	struct sl_buf texts;
};

struct sl_delta_spec {
	const char *sync;
	struct sl_mark from, to; /* blocks of [from, to) */
	uint64_t lo, hi;         /* key.hi in [lo, hi], both inclusive */
	bool texts;              /* the key texts too */
	bool unsure;             /* instead of what was acknowledged: what ended without that */
};

/* d is filled anew; zero it before the first call. */
enum sl_code sl_delta_read(struct sl_store *s, const struct sl_delta_spec *spec, struct sl_delta *d,
			   struct sl_err *err) SL_MUST;
void sl_delta_free(struct sl_delta *d);

#endif
