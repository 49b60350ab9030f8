#include "core/base/breaker.h"

#include <string.h>

#define US_PER_S     INT64_C(1000000)
#define OPEN_US      (30 * US_PER_S)
#define OPEN_MOST_US (600 * US_PER_S)
#define PROBE_US     100000 /* until one that waits for the probe's answer looks again */
#define LEAST_CALLS  20
#define UNCONNECTED  5

const char *
sl_breaker_name(enum sl_breaker_state s)
{
	static const char *const names[] = { "closed", "open", "half-open" };

	return names[s];
}

static void
forget_window(struct sl_breaker *b)
{
	memset(b->calls, 0, sizeof(b->calls));
	memset(b->failed, 0, sizeof(b->failed));
	b->unconnected = 0;
}

static void
move_window(struct sl_breaker *b, int64_t second)
{
	if (second - b->second >= SL_BREAKER_SECONDS || second < b->second) {
		memset(b->calls, 0, sizeof(b->calls));
		memset(b->failed, 0, sizeof(b->failed));
		b->second = second;
	}
	while (b->second < second) {
		const size_t i = (size_t)(++b->second % SL_BREAKER_SECONDS);

		b->calls[i] = b->failed[i] = 0;
	}
}

static uint32_t
sum(const uint16_t *n)
{
	uint32_t all = 0;

	for (size_t i = 0; i < SL_BREAKER_SECONDS; i++)
		all += n[i];
	return all;
}

static void
open_it(struct sl_breaker *b, int64_t open_us, int64_t now_us)
{
	b->state = SL_BREAKER_OPEN;
	b->probing = false;
	b->open_us = open_us;
	b->open_until_us = now_us + open_us;
	forget_window(b);
}

int64_t
sl_breaker_ask(struct sl_breaker *b, int64_t now_us)
{
	if (b->state == SL_BREAKER_OPEN && now_us >= b->open_until_us)
		b->state = SL_BREAKER_HALF_OPEN;
	if (b->state == SL_BREAKER_OPEN)
		return b->open_until_us - now_us;
	return b->probing ? PROBE_US : 0;
}

bool
sl_breaker_sent(struct sl_breaker *b)
{
	b->probing = b->state == SL_BREAKER_HALF_OPEN;
	return b->probing;
}

static void
probe_ended(struct sl_breaker *b, enum sl_call how, int64_t now_us)
{
	int64_t next = b->partial ? OPEN_US : b->open_us * 2;

	b->probing = false;
	if (how == SL_CALL_ANSWERED) {
		b->state = SL_BREAKER_CLOSED;
		forget_window(b);
		return;
	}
	open_it(b, next < OPEN_MOST_US ? next : OPEN_MOST_US, now_us);
}

void
sl_breaker_ended(struct sl_breaker *b, enum sl_call how, bool probe, int64_t now_us)
{
	size_t i;
	uint32_t calls, failed;

	if (probe && b->probing)
		probe_ended(b, how, now_us);
	if (probe || b->state != SL_BREAKER_CLOSED)
		return;
	move_window(b, now_us / US_PER_S);
	i = (size_t)(b->second % SL_BREAKER_SECONDS);
	if (b->calls[i] < UINT16_MAX) {
		b->calls[i]++;
		b->failed[i] = (uint16_t)(b->failed[i] + (how != SL_CALL_ANSWERED));
	}
	b->unconnected = how == SL_CALL_NOT_CONNECTED ? b->unconnected + 1 : 0;
	calls = sum(b->calls);
	failed = sum(b->failed);
	if (b->unconnected < UNCONNECTED && (calls < LEAST_CALLS || failed * 2 < calls))
		return;
	b->partial = failed < calls;
	open_it(b, OPEN_US, now_us);
}

void
sl_breaker_forget(struct sl_breaker *b)
{
	b->probing = false;
}

void
sl_breaker_try_now(struct sl_breaker *b, int64_t now_us)
{
	if (b->state == SL_BREAKER_OPEN)
		b->open_until_us = now_us;
}
