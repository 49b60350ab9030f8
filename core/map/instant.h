/* instant.h - points in time: from the texts that sources write, to those that destinations read. */
#ifndef SL_INSTANT_H
#define SL_INSTANT_H

#include "core/base/str.h"

/* Microseconds since 1970, UTC. Reads "2024-01-31", "2024-01-31 10:00", "2024-01-31T10:00:00.5+02:00",
 * "...Z"; without a zone it is UTC. Years 1 to 9999. */
bool sl_instant_read(struct sl_str s, int64_t *us) SL_MUST;
/* Seconds or, from 100,000,000,000 on, milliseconds since 1970, as digits; a fraction is taken. False:
 * no number, or outside the years 1 to 9999. */
bool sl_instant_read_epoch(struct sl_str s, int64_t *us) SL_MUST;
/* "2024-01-31T10:00:00.123Z": 24 bytes, no NUL. Microseconds are cut. */
void sl_instant_iso(int64_t us, char out[24]);

#endif
