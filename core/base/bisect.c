#include "core/base/bisect.h"

unsigned
sl_bisect_parts(struct sl_bisect *b, uint32_t n)
{
	unsigned parts = 2;

	if (b->extra + parts > SL_BISECT_BUDGET)
		b->slow = true;
	if (b->slow && n <= SL_BISECT_PIECE)
		parts = n;
	b->extra += parts;
	return parts;
}
