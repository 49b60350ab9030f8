/* give_back.c - a retry that is cut short: its letters are open again. */
#include "core/store/delta.h"

#include <stdio.h>
#include <stdlib.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "state", "reading dead letters: out of memory");
}

/* The keys that were cancelled, sorted. */
struct keys {
	struct sl_digest *list; /* owned */
	size_t n, cap;
};

static bool
has_key(const struct keys *k, struct sl_digest key)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (sl_digest_cmp(k->list[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < k->n && sl_digest_eq(k->list[lo], key);
}

static enum sl_code
add_keys(struct keys *k, const struct sl_delta *d, struct sl_err *err)
{
	if (k->n + d->n > k->cap) {
		const size_t cap = k->n + d->n + k->cap / 2;
		struct sl_digest *more = realloc(k->list, cap * sizeof *more);

		if (!more)
			return no_memory(err);
		k->list = more;
		k->cap = cap;
	}
	for (size_t i = 0; i < d->n; i++)
		k->list[k->n++] = sl_delta_key(d, i);
	return SL_OK;
}

static enum sl_code
cancelled_keys(struct sl_store *s, const struct sl_run *retry, struct keys *k, struct sl_err *err)
{
	const struct sl_delta_spec spec = { .sync = retry->sync,
					    .from = { retry->id, 0 },
					    .to = { retry->id + 1, 0 },
					    .unsure = true };
	struct sl_delta d = { 0 };
	enum sl_code code = sl_delta_read(s, &spec, &d, err);

	while (code == SL_OK) {
		code = sl_delta_next(&d, err);
		if (code == SL_OK)
			code = add_keys(k, &d, err);
	}
	sl_delta_free(&d);
	return code == SL_DONE ? SL_OK : code;
}

/* The letters that the retry took, but for those that it gave up on again: it has letters of its own of them. */
static enum sl_code
letters_of(struct sl_store *s, const struct sl_run *retry, const struct keys *cancelled,
	   int64_t *ids, size_t *n, struct sl_err *err)
{
	char was[64];
	struct sl_q q;

	(void)snprintf(was, sizeof was, SL_DEAD_AGAIN, (long long)retry->id);
	sl_q_start(&q, s->db,
		   "SELECT id, key FROM dead WHERE sync=?1 AND resolution=?2"
		   " AND key NOT IN (SELECT key FROM dead WHERE run=?3) ORDER BY id",
		   err);
	sl_q_text(&q, retry->sync);
	sl_q_text(&q, was);
	sl_q_int(&q, retry->id);
	while (*n < cancelled->n && sl_q_row(&q))
		if (has_key(cancelled, sl_q_col_digest(&q, 1)))
			ids[(*n)++] = sl_q_col_int(&q, 0);
	return sl_q_end(&q);
}

enum sl_code
sl_dead_give_back(struct sl_store *s, const struct sl_run *retry, struct sl_err *err)
{
	struct keys keys = { 0 };
	int64_t *ids = NULL;
	struct sl_q q;
	size_t n = 0;
	enum sl_code code = cancelled_keys(s, retry, &keys, err);

	if (code == SL_OK) {
		ids = malloc((keys.n + 1) * sizeof *ids);
		code = ids ? letters_of(s, retry, &keys, ids, &n, err) : no_memory(err);
	}
	for (size_t i = 0; i < n && code == SL_OK; i++) {
		sl_q_start(&q, s->db, "UPDATE dead SET resolution=NULL, resolved_us=0 WHERE id=?",
			   err);
		sl_q_int(&q, ids[i]);
		code = sl_q_run(&q);
	}
	free(ids);
	free(keys.list);
	return code;
}
