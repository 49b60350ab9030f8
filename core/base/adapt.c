#include "core/base/adapt.h"

#define START        2.0
#define FREE         8.0 /* up to so many are tried without a look at what more of them bring */
#define DOUBLE       2.0
#define LEAP         1.5 /* what is tried once doubling has ended */
#define WORTH        0.5 /* of the gain that so many more should bring, to be kept */
#define REST         16  /* round trips before more is tried again; doubles each time in vain */
#define REST_MOST    256
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
	*a = (struct sl_adapt){ .limit = START, .start = true, .next_rest = REST };
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
	a->start = false;
	a->gentle = true;
	a->good = 0;
	a->rest = 0;
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

/* Did more at once bring more in the same time? By Little's law so many at once, divided by how long each
 * takes, go through. */
static bool
was_worth_it(const struct sl_adapt *a, double mean_us)
{
	const double more = a->limit / a->good;

	return more * a->good_us >= mean_us * (1 + (more - 1) * WORTH);
}

/* More than before are on their way, and it is time to look whether they are of use. */
static bool
is_on_trial(const struct sl_adapt *a)
{
	return a->limit > FREE && a->good > 0 && a->limit >= a->good * LEAP;
}

static void
keep(struct sl_adapt *a, double mean_us)
{
	a->good = a->limit;
	a->good_us = mean_us;
}

static void
fall_back(struct sl_adapt *a)
{
	a->limit = a->good < a->most ? a->good : a->most;
	a->start = false;
	a->rest = a->next_rest;
	a->next_rest = a->next_rest * 2 < REST_MOST ? a->next_rest * 2 : REST_MOST;
}

/* A round trip without trouble had all on their way that may be. */
static void
climb(struct sl_adapt *a, double mean_us)
{
	if (a->rest > 0) {
		a->rest--;
		keep(a, mean_us);
		return;
	}
	if (is_on_trial(a)) {
		if (!was_worth_it(a, mean_us)) {
			fall_back(a);
			return;
		}
		a->next_rest = REST;
		keep(a, mean_us);
	} else if (a->limit <= FREE || a->good <= 0) {
		keep(a, mean_us);
	}
	a->limit = a->gentle ? a->limit + 1 : a->limit * (a->start ? DOUBLE : LEAP);
	if (a->limit >= a->most) {
		a->limit = a->most;
		a->start = false;
	}
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
	if (!a->start && !is_on_trial(a) && is_slow(a, mean_us)) {
		if (a->cut_us == 0 || r->sent_us >= a->cut_us)
			cut(a, now_us);
	} else if (a->full && (a->limit < a->most || is_on_trial(a))) {
		climb(a, mean_us);
	}
	learn(a, mean_us);
	new_round(a);
}
