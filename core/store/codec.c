/* codec.c - events, verdicts and seals as bytes. */
#include "core/store/codec.h"

#include <string.h>

void
sl_seal(const struct sl_digest_key *k, uint8_t *p, size_t n)
{
	struct sl_digest d = sl_digest(k, p, n);

	sl_put32(p + n, (uint32_t)d.lo);
	sl_put32(p + n + 4, (uint32_t)(d.lo >> 32));
}

bool
sl_sealed(const struct sl_digest_key *k, struct sl_str s, size_t n)
{
	uint8_t want[SL_SEAL];
	struct sl_digest d;

	if (s.len != n + SL_SEAL)
		return false;
	d = sl_digest(k, s.ptr, n);
	sl_put32(want, (uint32_t)d.lo);
	sl_put32(want + 4, (uint32_t)(d.lo >> 32));
	return memcmp(want, s.ptr + n, SL_SEAL) == 0;
}

void
sl_digests_put(const struct sl_digest_key *k, const struct sl_event *e, uint32_t n, uint8_t *out)
{
	uint8_t *rows = out + (size_t)n * 16;

	for (uint32_t i = 0; i < n; i++) {
		sl_put_digest(out + (size_t)i * 16, e[i].key);
		sl_put_digest(rows + (size_t)i * 16, e[i].row);
	}
	sl_seal(k, out, (size_t)n * 32);
}

/* Columns compress better than records; offsets are kept as the gap to the end of the event before,
 * which is nearly always 0. */
void
sl_meta_put(const struct sl_event *e, uint32_t n, uint8_t *out)
{
	size_t col = (size_t)n * 4;
	uint32_t end = 0, kend = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *p = out + (size_t)i * 4;

		sl_put32(p, e[i].version);
		sl_put32(p + col, e[i].off - end);
		sl_put32(p + 2 * col, e[i].len);
		sl_put32(p + 3 * col, e[i].koff - kend);
		sl_put32(p + 4 * col, e[i].klen);
		out[5 * col + i] = e[i].op;
		end = e[i].off + e[i].len;
		kend = e[i].koff + e[i].klen;
	}
}

uint32_t
sl_meta_version(const uint8_t *meta, uint32_t i)
{
	return sl_get32(meta + (size_t)i * 4);
}

void
sl_meta_key(const uint8_t *meta, uint32_t n, uint32_t i, uint32_t *kend, uint32_t *koff,
	    uint32_t *klen)
{
	size_t col = (size_t)n * 4;
	const uint8_t *p = meta + (size_t)i * 4;

	*koff = sl_get32(p + 3 * col) + *kend;
	*klen = sl_get32(p + 4 * col);
	*kend = *koff + *klen;
}

void
sl_meta_ops(const uint8_t *meta, uint32_t n, uint64_t ops[SL_OP_REMOVE + 1])
{
	const uint8_t *op = meta + (size_t)n * 20;

	for (uint32_t i = 0; i < n; i++)
		ops[op[i] <= SL_OP_REMOVE ? op[i] : 0]++;
}

bool
sl_events_get(const uint8_t *digests, const uint8_t *meta, const struct sl_block *b)
{
	size_t col = (size_t)b->n * 4;
	uint32_t end = 0, kend = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		struct sl_event *e = &b->events[i];
		const uint8_t *p = meta + (size_t)i * 4;

		e->key = sl_get_digest(digests + (size_t)i * 16);
		e->row = sl_get_digest(digests + ((size_t)b->n + i) * 16);
		e->version = sl_get32(p);
		e->off = sl_get32(p + col) + end;
		e->len = sl_get32(p + 2 * col);
		sl_meta_key(meta, b->n, i, &kend, &e->koff, &e->klen);
		e->op = meta[5 * col + i];
		if ((uint64_t)e->off + e->len > b->body_len ||
		    (uint64_t)e->koff + e->klen > b->keys_len || e->op < SL_OP_ADD ||
		    e->op > SL_OP_REMOVE)
			return false;
		end = e->off + e->len;
	}
	return true;
}

size_t
sl_verdicts_put(const struct sl_digest_key *k, const uint8_t *v, uint32_t n, uint8_t *out)
{
	size_t len = n;

	/* every byte equals the one before it */
	if (n > 1 && memcmp(v, v + 1, n - 1) == 0)
		len = 1;
	if (len)
		memcpy(out, v, len);
	sl_seal(k, out, len);
	return len + SL_SEAL;
}

bool
sl_verdicts_get(const struct sl_digest_key *k, struct sl_str s, uint32_t n, uint8_t *out)
{
	const uint8_t *v = (const uint8_t *)s.ptr;

	if (n && sl_sealed(k, s, 1))
		memset(out, v[0], n);
	else if (sl_sealed(k, s, n))
		memcpy(out, v, n);
	else
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (sl_verdict_of(out[i]) > SL_V_CANCELLED)
			return false;
	return true;
}

void
sl_tally_add(struct sl_tally *t, const uint8_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		enum sl_verdict of = sl_verdict_of(v[i]);

		t->by[of <= SL_V_CANCELLED ? of : SL_V_PENDING]++;
		t->doubt += (v[i] & SL_V_DOUBT) != 0;
	}
}
