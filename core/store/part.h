/* part.h - the stored parts of a snapshot: read in the order of keys, written in the order of keys. */
#ifndef SL_STORE_PART_H
#define SL_STORE_PART_H

#include "core/store/state.h"

/* Entries of a part: half a page of the file is lost for each part on average. */
#define SL_PART_MAX 16000u

/* One part, as a row of the query below. */
#define SL_PART_COLUMNS "n, keys_len, form, entries, keys"
struct sl_part {
	uint32_t n;
	struct sl_snap *entries; /* owned */
	uint8_t *texts;          /* owned: n lengths, then the texts; NULL when not asked for */
	size_t texts_len;
};
/* out is filled anew: free the last one before. */
enum sl_code sl_part_row(struct sl_store *s, const struct sl_q *q, bool texts, struct sl_part *out,
			 struct sl_err *err) SL_MUST;
void sl_part_free(struct sl_part *p);

/* All entries of a generation, one after the other. */
struct sl_parts {
	struct sl_store *s; /* the caller's to set, as the next ones; the others are 0 */
	const char *sync;   /* borrowed */
	int64_t gen;
	bool texts; /* the key texts too */
	bool drop;  /* parts go when they were read (a write) */
	struct sl_q q;
	struct sl_part part;
	uint32_t i;     /* next entry of part */
	size_t text_at; /* its text */
	bool any;       /* now is set */
	struct sl_snap now;
	struct sl_str text; /* of now; empty when texts were not asked for */
};
void sl_parts_start(struct sl_parts *p, struct sl_err *err);
/* The next entry into now and text; false at the end or when it failed (see sl_parts_end). */
bool sl_parts_next(struct sl_parts *p);
enum sl_code sl_parts_end(struct sl_parts *p) SL_MUST;

/* Entries in the order of keys into new parts. */
struct sl_part_writer;
enum sl_code sl_part_writer_new(struct sl_store *s, const char *sync, int64_t gen,
				struct sl_part_writer **out, struct sl_err *err) SL_MUST;
enum sl_code sl_part_add(struct sl_part_writer *w, const struct sl_snap *e, struct sl_str text,
			 struct sl_err *err) SL_MUST;
enum sl_code sl_part_flush(struct sl_part_writer *w, struct sl_err *err) SL_MUST;
void sl_part_writer_free(struct sl_part_writer *w);

#endif
