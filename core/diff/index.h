/* index.h - the snapshot while a run compares rows with it: entries by key, and which of them were seen.
 *
 * Entries lie sorted by key, 36 bytes each: in memory, or in a temporary file where they are too many. Of
 * those in the file memory has a tag, 10 bytes, as far as the budget goes: 80 bits of key and row, by which a
 * row is known that is still the same without a look into the file. (Another row of the key has the same tag
 * once in 2^80 times, that of a neighbour as seldom.) Beside them, in memory: the first bytes of every 16th
 * key (at most 8 MiB: then of fewer) and a bit for each entry, together 0.63 bytes an entry.
 *
 * Filled by one thread; then sl_index_find() and sl_index_mark() by any number of threads, and
 * sl_index_unmarked() after them. An index may be NULL: it holds nothing. */
#ifndef SL_DIFF_INDEX_H
#define SL_DIFF_INDEX_H

#include "core/base/budget.h"
#include "core/model/model.h"

struct sl_index;

/* Where a run keeps what grows with its table. */
struct sl_room {
	struct sl_budget *memory; /* borrowed */
	const char *dir;          /* for temporary files; borrowed */
};

/* expect: about so many entries will come, rather too many. */
enum sl_code sl_index_new(const struct sl_room *room, uint64_t expect, struct sl_index **out,
			  struct sl_err *err) SL_MUST;
void sl_index_free(struct sl_index *x); /* NULL is allowed */

/* Entries in ascending order; sl_index_ready() after the last one. */
enum sl_code sl_index_add(struct sl_index *x, const struct sl_snap *e, struct sl_err *err) SL_MUST;
enum sl_code sl_index_ready(struct sl_index *x, struct sl_err *err) SL_MUST;

size_t sl_index_rows(const struct sl_index *x); /* entries */
size_t sl_index_live(const struct sl_index *x); /* those that are not removed */

#define SL_INDEX_GROUP 32u      /* most keys of one call: they wait for memory together */
#define SL_NOWHERE     SIZE_MAX /* a place: it is not there */
struct sl_found {
	size_t at;   /* its place, for marks */
	bool by_tag; /* it is the row that was asked for; its version was not read and is 0 */
	struct sl_snap entry;
};
/* Look n keys up; out[i] is about keys[i]. rows: what they are now, for those that are the same; NULL: every
 * entry is wanted whole. An error of the file is an error, never "not there". */
enum sl_code sl_index_find(const struct sl_index *x, const struct sl_digest *keys,
			   const struct sl_digest *rows, uint32_t n, struct sl_found *out,
			   struct sl_err *err) SL_MUST;

/* The entry at a place was seen. Returns whether it had been seen before. */
bool sl_index_mark(struct sl_index *x, size_t at);
/* The next entries from place *from on that were never marked, at most max: *n = 0 at the end. *from moves
 * behind them. */
enum sl_code sl_index_unmarked(const struct sl_index *x, size_t *from, struct sl_found *out,
			       size_t max, size_t *n, struct sl_err *err) SL_MUST;

#endif
