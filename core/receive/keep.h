/* keep.h - the receiver's database. Used by the server's thread only. */
#ifndef SL_KEEP_H
#define SL_KEEP_H

#include "core/receive/intake.h"

struct sl_keep;

/* A row of the table requests. */
struct sl_keep_request {
	const char *method, *path;
	int status;
	uint64_t bytes;
	uint32_t events;
	const char *note; /* NULL = none */
};

struct sl_keep_counts {
	uint32_t repeats, conflicts;
};

/* path NULL or "" = in memory. full: synchronous=FULL, else NORMAL: in WAL mode a commit then survives
 * the death of the process, but the last ones may be lost with the power; for a demo and tests the
 * tenfold rate is worth more. */
enum sl_code sl_keep_open(const char *path, bool full, struct sl_keep **out,
			  struct sl_err *err) SL_MUST;
void sl_keep_close(struct sl_keep *k); /* NULL is allowed */

/* All events of a request and its row in requests, in one transaction: on failure nothing is kept. */
enum sl_code sl_keep_store(struct sl_keep *k, const struct sl_keep_request *rq,
			   const struct sl_intake *in, struct sl_keep_counts *counts,
			   struct sl_err *err) SL_MUST;
/* Only the row in requests; left out when it cannot be written, since the answer matters more. */
void sl_keep_note(struct sl_keep *k, const struct sl_keep_request *rq);

#endif
