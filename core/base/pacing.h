/* pacing.h - when to send next: back-off and token bucket.
 *
 * Plain values and pure functions of the time passed in (microseconds, monotonic): the same seed
 * and the same calls give the same answers. Not thread-safe: each belongs to one delivery thread. */
#ifndef SL_PACING_H
#define SL_PACING_H

#include "core/base/base.h"

/* xorshift; seed it with sl_random_bytes() or, in tests, a constant. */
struct sl_rng {
	uint64_t s;
};
uint64_t sl_rng_next(struct sl_rng *r);
uint64_t sl_rng_below(struct sl_rng *r, uint64_t n); /* 0..n-1; n 0 -> 0 */

/* Full jitter: uniform in [0, min(cap, base * 2^attempt)]; attempt counts from 0. A Retry-After is
 * a floor that the caller applies. */
int64_t sl_backoff_us(struct sl_rng *r, unsigned attempt, int64_t base_us, int64_t cap_us);

struct sl_bucket {
	double rate;  /* tokens a second; 0 = no limit */
	double burst; /* most tokens kept */
	double tokens;
	int64_t at_us;
};
void sl_bucket_init(struct sl_bucket *b, double rate, double burst, int64_t now_us);
/* Take n tokens if they are there: 0. Else take none and return the microseconds to wait. */
int64_t sl_bucket_take(struct sl_bucket *b, double n, int64_t now_us);

#endif
