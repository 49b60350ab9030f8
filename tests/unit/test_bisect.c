/* A request that is refused as a whole: the bad events are found, at a bounded price. */
#include "core/base/bisect.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

#include <stdlib.h>

#define MOST 4096

struct piece {
	uint32_t from, n;
	bool slow;
};

struct search {
	struct sl_bisect b;
	bool bad[MOST];
	uint8_t verdict[MOST]; /* 0 none, 1 taken, 2 dead */
	struct piece queue[4 * MOST];
	unsigned head, tail;
	unsigned fast, slow; /* requests after the first */
};

static bool
refused(const struct search *s, struct piece p)
{
	for (uint32_t i = p.from; i < p.from + p.n; i++)
		if (s->bad[i])
			return true;
	return false;
}

static void
answer(struct search *s, struct piece p)
{
	const bool no = refused(s, p);

	if (!no || p.n == 1) {
		for (uint32_t i = p.from; i < p.from + p.n; i++) {
			assert_int_equal(s->verdict[i], 0);
			s->verdict[i] = no ? 2 : 1;
		}
		return;
	}
	const unsigned parts = sl_bisect_parts(&s->b, p.n);
	const uint32_t share = (p.n + parts - 1) / parts;

	assert_true(parts >= 2);
	for (uint32_t at = 0; at < p.n; at += share) {
		const uint32_t n = p.n - at < share ? p.n - at : share;

		s->queue[s->tail++] = (struct piece){ p.from + at, n, s->b.slow };
		s->fast += !s->b.slow;
		s->slow += s->b.slow;
	}
}

static struct search *
search(uint32_t n, uint32_t nbad, uint64_t seed)
{
	struct search *s = calloc(1, sizeof(*s));
	struct sl_rng rng = { seed };

	assert_non_null(s);
	for (uint32_t left = nbad; left > 0;) {
		bool *b = &s->bad[sl_rng_below(&rng, n)];

		left -= !*b;
		*b = true;
	}
	s->queue[s->tail++] = (struct piece){ 0, n, false };
	while (s->head < s->tail)
		answer(s, s->queue[s->head++]);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(s->verdict[i], s->bad[i] ? 2 : 1);
	return s;
}

static unsigned
log2_up(uint32_t n)
{
	unsigned k = 0;

	while ((UINT32_C(1) << k) < n)
		k++;
	return k;
}

static void
a_few_bad_ones_are_found_within_the_budget(void **state)
{
	static const uint32_t sizes[] = { 2, 3, 17, 100, 500, 1000, 4096 };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(sizes); i++)
		for (uint32_t k = 1; k <= 3 && k <= sizes[i]; k++)
			for (uint64_t seed = 1; seed <= 20; seed++) {
				struct search *s = search(sizes[i], k, seed);

				assert_true(s->fast <= SL_BISECT_BUDGET);
				assert_true(s->fast + s->slow <= 2 * log2_up(sizes[i]) * k);
				free(s);
			}
}

static void
many_bad_ones_cost_time_but_no_storm(void **state)
{
	static const uint32_t bad[] = { 4, 10, 100, 499, 500 };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(bad); i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct search *s = search(500, bad[i], seed);

			assert_true(s->fast <= SL_BISECT_BUDGET);
			/* The slow lane is cheaper than halves to the end would be. */
			assert_true(s->slow <= 2 * 500);
			if (bad[i] == 500)
				assert_true(s->fast + s->slow < 600);
			free(s);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_bad_ones_are_found_within_the_budget),
		cmocka_unit_test(many_bad_ones_cost_time_but_no_storm),
	};

	return cmocka_run_group_tests_name("bisect", tests, NULL, NULL);
}
