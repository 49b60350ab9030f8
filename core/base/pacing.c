/* pacing.c - back-off with full jitter, token bucket, circuit breaker. */
#include "core/base/pacing.h"

#define US_PER_S     1000000
#define WINDOW_US    (INT64_C(30) * US_PER_S)
#define PAUSE_MIN_US (INT64_C(30) * US_PER_S)
#define PAUSE_MAX_US (INT64_C(600) * US_PER_S)
#define MIN_CALLS    20 /* fewer calls in a window say nothing about a rate */
#define MAX_IN_A_ROW 5
#define MAX_WAIT_US  (INT64_C(86400) * US_PER_S)
#define TOKEN_SLACK  1e-6 /* what rounding to microseconds may lose */

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

static void
start_window(struct sl_breaker *b, int64_t now_us)
{
	b->calls = 0;
	b->failures = 0;
	b->window_us = now_us;
}

void
sl_breaker_init(struct sl_breaker *b, int64_t now_us)
{
	*b = (struct sl_breaker){ .state = SL_BREAKER_CLOSED, .pause_us = PAUSE_MIN_US };
	start_window(b, now_us);
}

bool
sl_breaker_allow(struct sl_breaker *b, int64_t now_us)
{
	if (b->state == SL_BREAKER_CLOSED)
		return true;
	/* HALF_OPEN: until_us is when a probe that never answered is given up and replaced. */
	if (now_us < b->until_us)
		return false;
	b->state = SL_BREAKER_HALF_OPEN;
	b->until_us = now_us + b->pause_us;
	return true;
}

static void
open_breaker(struct sl_breaker *b, int64_t now_us)
{
	b->state = SL_BREAKER_OPEN;
	b->until_us = now_us + b->pause_us;
	b->in_a_row = 0;
	start_window(b, now_us);
}

static void
probe_result(struct sl_breaker *b, bool ok, int64_t now_us)
{
	if (ok) {
		sl_breaker_init(b, now_us);
		return;
	}
	b->pause_us = b->pause_us > PAUSE_MAX_US / 2 ? PAUSE_MAX_US : b->pause_us * 2;
	open_breaker(b, now_us);
}

void
sl_breaker_result(struct sl_breaker *b, bool ok, int64_t now_us)
{
	/* Open: an answer to what was sent before; the pause stays as it is. */
	if (b->state == SL_BREAKER_OPEN)
		return;
	if (b->state == SL_BREAKER_HALF_OPEN) {
		probe_result(b, ok, now_us);
		return;
	}
	if (now_us - b->window_us >= WINDOW_US)
		start_window(b, now_us);
	b->calls++;
	b->failures += ok ? 0 : 1;
	b->in_a_row = ok ? 0 : b->in_a_row + 1;
	if (b->in_a_row >= MAX_IN_A_ROW || (b->calls >= MIN_CALLS && b->failures * 2 >= b->calls))
		open_breaker(b, now_us);
}
