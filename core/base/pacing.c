/* pacing.c - back-off with full jitter, token bucket, circuit breaker. */
#include "core/base/pacing.h"

#define US_PER_S    1000000
#define MAX_WAIT_US (INT64_C(86400) * US_PER_S)
#define TOKEN_SLACK 1e-6 /* what rounding to microseconds may lose */

uint64_t
sl_rng_next(struct sl_rng *r)
{
	/* xorshift64*; zero is its one fixed point. */
	uint64_t x = r->s ? r->s : UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	r->s = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t
sl_rng_below(struct sl_rng *r, uint64_t n)
{
	if (n == 0)
		return 0;
	/* Values below 2^64 mod n would make small results likelier. */
	uint64_t uneven = (0 - n) % n;
	uint64_t x;
	do {
		x = sl_rng_next(r);
	} while (x < uneven);
	return x % n;
}

int64_t
sl_backoff_us(struct sl_rng *r, unsigned attempt, int64_t base_us, int64_t cap_us)
{
	int64_t top = base_us;

	if (base_us <= 0 || cap_us <= 0)
		return 0;
	for (unsigned i = 0; i < attempt && top < cap_us; i++)
		top = top > cap_us / 2 ? cap_us : top * 2;
	if (top > cap_us)
		top = cap_us;
	return (int64_t)sl_rng_below(r, (uint64_t)top + 1);
}

void
sl_bucket_init(struct sl_bucket *b, double rate, double burst, int64_t now_us)
{
	*b = (struct sl_bucket){ .rate = rate, .burst = burst, .tokens = burst, .at_us = now_us };
}

int64_t
sl_bucket_take(struct sl_bucket *b, double n, int64_t now_us)
{
	if (b->rate <= 0)
		return 0;
	if (now_us > b->at_us) {
		b->tokens += (double)(now_us - b->at_us) / US_PER_S * b->rate;
		if (b->tokens > b->burst)
			b->tokens = b->burst;
		b->at_us = now_us;
	}
	/* More than the bucket holds goes when it is full and leaves a debt; else it never would. */
	double need = n < b->burst ? n : b->burst;
	if (b->tokens + TOKEN_SLACK >= need) {
		b->tokens -= n;
		return 0;
	}
	double wait = (need - b->tokens) / b->rate * US_PER_S;
	return wait >= (double)MAX_WAIT_US ? MAX_WAIT_US : (int64_t)wait + 1;
}
