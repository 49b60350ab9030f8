#include "core/base/adapt.h"

#define START        2.0
#define CUT          0.7
#define WEIGHT       0.25 /* of the newest round trip in the moving averages */
#define DEVIATIONS   2.5
#define LEAST_SLOWER 0.5    /* of the mean: below this a round trip is not called slow */
#define LEAST_US     5000.0 /* nor below this: schedulers and disks jitter that much */

void
sl_adapt_most(struct sl_adapt *a, uint32_t most)
{
	a->most = most > 0 ? most : 1;
	if (a->limit > a->most)
		a->limit = a->most;
}

void
sl_adapt_init(struct sl_adapt *a, uint32_t most)
{
	*a = (struct sl_adapt){ .limit = START };
	sl_adapt_most(a, most);
}

uint32_t
sl_adapt_limit(const struct sl_adapt *a)
{
	const uint32_t n = (uint32_t)(a->limit + 0.5);

	return n < 1 ? 1 : n < a->most ? n : a->most;
}

static void
cut(struct sl_adapt *a, int64_t now_us)
{
	a->limit = a->limit * CUT < 1 ? 1 : a->limit * CUT;
	a->cut_us = now_us;
}

static void
new_round(struct sl_adapt *a)
{
	a->answers = 0;
	a->sum_us = 0;
	a->full = false;
}

static bool
is_slow(const struct sl_adapt *a, double mean_us)
{
	const double over = mean_us - a->mean_us;

	return a->mean_us > 0 && over > a->deviation_us * DEVIATIONS &&
	       over > a->mean_us * LEAST_SLOWER && over > LEAST_US;
}

static void
learn(struct sl_adapt *a, double mean_us)
{
	const double off = mean_us > a->mean_us ? mean_us - a->mean_us : a->mean_us - mean_us;

	if (a->mean_us <= 0) {
		a->mean_us = mean_us;
		a->deviation_us = mean_us / 2;
		return;
	}
	a->deviation_us += WEIGHT * (off - a->deviation_us);
	a->mean_us += WEIGHT * (mean_us - a->mean_us);
}

void
sl_adapt_ended(struct sl_adapt *a, const struct sl_round *r, int64_t now_us)
{
	double mean_us;

	if (r->trouble) {
		if (a->cut_us == 0 || r->sent_us >= a->cut_us)
			cut(a, now_us);
		new_round(a);
		return;
	}
	a->full = a->full || r->in_flight >= sl_adapt_limit(a);
	a->sum_us += (double)r->took_us;
	if (++a->answers < sl_adapt_limit(a))
		return;
	mean_us = a->sum_us / a->answers;
	if (is_slow(a, mean_us)) {
		if (a->cut_us == 0 || r->sent_us >= a->cut_us)
			cut(a, now_us);
	} else if (a->full && a->limit < a->most) {
		a->limit = a->limit + 1 < a->most ? a->limit + 1 : a->most;
	}
	learn(a, mean_us);
	new_round(a);
}
