/* want.c - a small hash table of the keys that somebody looks for. Digests are uniform: their low
 * bits are the hash. */
#include "core/store/state.h"

#include <stdlib.h>

enum sl_code
sl_want_init(struct sl_want *w, const struct sl_digest *keys, size_t n, struct sl_err *err)
{
	size_t cap = 16;

	*w = (struct sl_want){ .keys = keys, .n = n, .left = n };
	while (cap < n * 2)
		cap *= 2;
	w->mask = cap - 1;
	w->slot = n < UINT32_MAX ? calloc(cap, sizeof *w->slot) : NULL;
	w->found = calloc(n + 1, sizeof *w->found);
	if (!w->slot || !w->found) {
		sl_want_free(w);
		return sl_fail(err, SL_E_NOMEM, "log", "looking for %zu keys: out of memory", n);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t at = keys[i].lo & w->mask;

		while (w->slot[at] && !sl_digest_eq(keys[w->slot[at] - 1], keys[i]))
			at = (at + 1) & w->mask;
		if (w->slot[at])
			w->left--; /* the same key twice: the first one stands for both */
		else
			w->slot[at] = (uint32_t)i + 1;
	}
	return SL_OK;
}

void
sl_want_free(struct sl_want *w)
{
	free(w->slot);
	free(w->found);
	w->slot = NULL;
	w->found = NULL;
}

size_t
sl_want_find(const struct sl_want *w, struct sl_digest key)
{
	for (uint64_t at = key.lo & w->mask; w->slot[at]; at = (at + 1) & w->mask) {
		size_t i = w->slot[at] - 1;

		if (sl_digest_eq(w->keys[i], key))
			return w->found[i] ? SIZE_MAX : i;
	}
	return SIZE_MAX;
}

void
sl_want_found(struct sl_want *w, size_t i)
{
	w->found[i] = true;
	w->left--;
}
