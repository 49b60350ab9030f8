#include "core/base/retry_budget.h"

#include <string.h>

#define US_PER_S     INT64_C(1000000)
#define SHARE        10 /* of what passed: one in so many */
#define FLOOR_WINDOW 10 /* seconds */
#define FLOOR        10 /* tries again in these, whatever passed */

static size_t
move(struct sl_retry_budget *b, int64_t now_us)
{
	const int64_t second = now_us / US_PER_S;

	if (second - b->second >= SL_RETRY_SECONDS || second < b->second) {
		memset(b->passed, 0, sizeof(b->passed));
		memset(b->retried, 0, sizeof(b->retried));
		b->second = second;
	}
	while (b->second < second) {
		const size_t i = (size_t)(++b->second % SL_RETRY_SECONDS);

		b->passed[i] = b->retried[i] = 0;
	}
	return (size_t)(b->second % SL_RETRY_SECONDS);
}

void
sl_retry_budget_passed(struct sl_retry_budget *b, int64_t now_us)
{
	b->passed[move(b, now_us)]++;
}

int64_t
sl_retry_budget_ask(struct sl_retry_budget *b, int64_t now_us)
{
	const size_t newest = move(b, now_us);
	uint64_t passed = 0, retried = 0, lately = 0;

	for (size_t i = 0; i < SL_RETRY_SECONDS; i++) {
		const size_t at = (newest + SL_RETRY_SECONDS - i) % SL_RETRY_SECONDS;

		passed += b->passed[at];
		retried += b->retried[at];
		lately += i < FLOOR_WINDOW ? b->retried[at] : 0;
	}
	if (lately < FLOOR || retried < passed / SHARE)
		return 0;
	return US_PER_S - now_us % US_PER_S;
}

void
sl_retry_budget_take(struct sl_retry_budget *b, int64_t now_us)
{
	b->retried[move(b, now_us)]++;
}
