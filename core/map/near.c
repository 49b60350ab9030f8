/* near.c - edit distance between short names. */
#include "core/map/near.h"

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
sl_near_distance(struct sl_str a, struct sl_str b)
{
	unsigned rows[3][SL_NEAR_MAX + 1];
	size_t na = a.len < SL_NEAR_MAX ? a.len : SL_NEAR_MAX, nb = b.len < SL_NEAR_MAX ? b.len : SL_NEAR_MAX;
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = before[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			char x = fold(a.ptr[i - 1]), y = fold(b.ptr[j - 1]);
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) && y == fold(a.ptr[i - 2]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

bool
sl_near(struct sl_str a, struct sl_str b)
{
	size_t longest = a.len > b.len ? a.len : b.len;
	unsigned allowed = longest <= 3 ? 1 : longest <= 6 ? 2 : 3;
	return longest <= SL_NEAR_MAX && sl_near_distance(a, b) <= allowed;
}
