/* breaker.h - a circuit breaker: a destination that is down is left alone, and asked again with one event.
 *
 *   closed     all may go. Opens when half of at least 20 calls of the last 30 s failed, or when five
 *              calls in a row could not even connect
 *   open       nothing may go for 30 s
 *   half-open  one event may go: it is answered and the breaker closes, or it fails and the breaker is
 *              open again. While nothing at all comes through each time is twice as long, to 10 min; a
 *              destination that answered others shortly before it opened is asked every 30 s
 *
 * Plain values and pure functions of the time passed in (microseconds, monotonic). Not thread-safe. */
#ifndef SL_BREAKER_H
#define SL_BREAKER_H

#include "core/base/base.h"

#define SL_BREAKER_SECONDS 30 /* of the window that failures are counted in */

enum sl_breaker_state { SL_BREAKER_CLOSED, SL_BREAKER_OPEN, SL_BREAKER_HALF_OPEN };
const char *sl_breaker_name(enum sl_breaker_state s); /* "closed" "open" "half-open" */

enum sl_call {
	SL_CALL_ANSWERED, /* it is there and took a decision: also a refusal, or a plea for time */
	SL_CALL_FAILED,   /* an error of its own, or no answer */
	SL_CALL_NOT_CONNECTED, /* not a byte of the request left */
};

struct sl_breaker {
	enum sl_breaker_state state;
	int64_t open_until_us;
	int64_t open_us;      /* how long it is open this time */
	bool probing;         /* half-open: the one event is on its way */
	bool partial;         /* when it opened, others had come through */
	unsigned unconnected; /* calls in a row that could not connect */
	int64_t second;       /* the newest of the window */
	uint16_t calls[SL_BREAKER_SECONDS], failed[SL_BREAKER_SECONDS];
};

/* All zero is a closed breaker. */

/* 0: a request may go; half-open it must be of one event, and its answer be told as the probe's. Else
 * the microseconds to wait, at most those until it half-opens. Turns open into half-open in time. */
int64_t sl_breaker_ask(struct sl_breaker *b, int64_t now_us);
/* A request that was let through goes. Returns whether it is the probe. */
bool sl_breaker_sent(struct sl_breaker *b);
/* How a request ended. Half-open, only the probe's end counts; open, none does: they were sent before. */
void sl_breaker_ended(struct sl_breaker *b, enum sl_call how, bool probe, int64_t now_us);
/* The probe will have no answer (its run ended): another event may be the probe. */
void sl_breaker_forget(struct sl_breaker *b);
/* Somebody has a reason to ask before the time is up: open becomes half-open. */
void sl_breaker_try_now(struct sl_breaker *b, int64_t now_us);

#endif
