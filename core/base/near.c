/* near.c - optimal string alignment distance with three rows; names are short. */
#include "core/base/near.h"

#include <string.h>

#define NAME_MAX_LEN 64 /* longer names are never near */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][NAME_MAX_LEN + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= nb; j++)
		above[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned same = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
			row[j] = min2(above[j - 1] + same, min2(above[j], row[j - 1]) + 1);
			bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				       lower(a[i - 2]) == lower(b[j - 1]);
			if (swapped)
				row[j] = min2(row[j], before[j - 2] + 1);
		}
		unsigned *old = before;
		before = above;
		above = row;
		row = old;
	}
	return above[nb];
}

struct sl_near
sl_near(const char *wanted)
{
	return (struct sl_near){ wanted, NULL, 0 };
}

void
sl_near_try(struct sl_near *n, const char *name)
{
	size_t na = strlen(n->wanted), nb = strlen(name);

	if (na == 0 || na > NAME_MAX_LEN || nb > NAME_MAX_LEN)
		return;
	/* A third of the letters may be wrong; the beginning of a name is as good as one mistake. */
	unsigned limit = na < 6 ? 1 : (unsigned)(na / 3);
	unsigned d = distance(n->wanted, na, name, nb);
	if (na >= 3 && na < nb && strncmp(n->wanted, name, na) == 0)
		d = 1;
	if (d <= limit && (!n->best || d < n->distance)) {
		n->best = name;
		n->distance = d;
	}
}
