/* tally.c - the only thing that discard mode does to a body. */
#include "core/receive/tally.h"

#include <string.h>

#define WORD_LEN (sizeof(SL_TALLY_WORD) - 1)
#define RARE                                                                                       \
	8 /* offset of the 'I': searching for that one byte is several times faster than memmem */

static uint64_t
count_words(const char *p, size_t n)
{
	const char *end = p + n, *at = p + (n < RARE ? n : RARE);
	uint64_t found = 0;

	while ((at = memchr(at, SL_TALLY_WORD[RARE], (size_t)(end - at)))) {
		const char *word = at - RARE;
		at++;
		if ((size_t)(end - word) >= WORD_LEN && memcmp(word, SL_TALLY_WORD, WORD_LEN) == 0)
			found++;
	}
	return found;
}

static void
keep_tail(struct sl_tally *t, const char *p, size_t n)
{
	const size_t max = sizeof(t->tail);

	if (n >= max) {
		memcpy(t->tail, p + n - max, max);
		t->ntail = max;
		return;
	}
	size_t old = t->ntail + n > max ? max - n : t->ntail;
	memmove(t->tail, t->tail + t->ntail - old, old);
	memcpy(t->tail + old, p, n);
	t->ntail = old + n;
}

void
sl_tally(struct sl_tally *t, const char *p, size_t n)
{
	char seam[2 * sizeof(t->tail)];
	size_t head = n < sizeof(t->tail) ? n : sizeof(t->tail);

	if (n == 0)
		return;
	/* Neither side of the seam holds a whole word, so what is found here lies across it. */
	memcpy(seam, t->tail, t->ntail);
	memcpy(seam + t->ntail, p, head);
	t->n += count_words(seam, t->ntail + head);
	t->n += count_words(p, n);
	keep_tail(t, p, n);
}
