/* digest_row.c - what a digest covers.
 *
 * Key: 'K', then for each key column its length (4 bytes) and its text. The type stays out: a key column
 * that is widened from integer to text keeps its rows, and a source that types cells one by one (SQLite)
 * cannot show 1 and '1' as two rows of the same destination record.
 * Row: 'R', the fingerprint of the mapping, then for each covered column its type and length (5 bytes)
 * and its text; NULL is a type of its own, so that it differs from the empty text. Numbers count as
 * written: 1.0 and 1.00 differ. */
#include "core/diff/digest_row.h"

#include <stdlib.h>
#include <string.h>

void
sl_row_bytes_init(struct sl_row_bytes *m)
{
	m->ptr = m->fixed;
	m->cap = sizeof m->fixed;
	m->len = 0;
}

void
sl_row_bytes_free(struct sl_row_bytes *m)
{
	if (m->ptr != m->fixed)
		free(m->ptr);
	sl_row_bytes_init(m);
}

/* Start over with room for `need` bytes. */
static bool
room_for(struct sl_row_bytes *m, size_t need)
{
	m->len = 0;
	if (need <= m->cap)
		return true;
	char *p = malloc(need);
	if (!p)
		return false;
	sl_row_bytes_free(m);
	m->ptr = p;
	m->cap = need;
	return true;
}

static void
put(struct sl_row_bytes *m, const void *p, size_t n)
{
	if (n > 0)
		memcpy(m->ptr + m->len, p, n);
	m->len += n;
}

bool
sl_digest_of_key(const struct sl_diff_spec *s, const struct sl_value *row, struct sl_row_bytes *m,
		 struct sl_digest *out)
{
	size_t need = 1;
	for (uint32_t i = 0; i < s->nkey; i++)
		need += sizeof(uint32_t) + row[s->key[i]].len;
	if (!room_for(m, need))
		return false;
	put(m, "K", 1);
	for (uint32_t i = 0; i < s->nkey; i++) {
		const struct sl_value *v = &row[s->key[i]];
		put(m, &v->len, sizeof v->len);
		put(m, v->ptr, v->len);
	}
	*out = sl_digest(&s->hash, m->ptr, m->len);
	return true;
}

bool
sl_digest_of_row(const struct sl_diff_spec *s, const struct sl_value *row, struct sl_row_bytes *m,
		 struct sl_digest *out)
{
	size_t need = 1 + sizeof s->fingerprint;
	for (uint32_t i = 0; i < s->nused; i++)
		need += 1 + sizeof(uint32_t) + row[s->used[i]].len;
	if (!room_for(m, need))
		return false;
	put(m, "R", 1);
	put(m, &s->fingerprint, sizeof s->fingerprint);
	for (uint32_t i = 0; i < s->nused; i++) {
		const struct sl_value *v = &row[s->used[i]];
		put(m, &v->type, 1);
		put(m, &v->len, sizeof v->len);
		put(m, v->ptr, v->len);
	}
	*out = sl_digest(&s->hash, m->ptr, m->len);
	if (out->hi == 0 && out->lo == 0)
		out->lo = 1; /* zero means "removed" */
	return true;
}
