#include "core/store/keytext.h"

#include "core/store/bits.h"

#include <stdlib.h>

#define UUID_TEXT 40u /* ["01234567-89ab-cdef-0123-456789abcdef"] */
#define INT_TEXT  24u /* ["18446744073709551615"] */
#define HEADER    16u /* of numbers: bits, 7 bytes of nothing, the least */
#define SLACK     8u  /* see bits.h */

/* ---- UUIDs ---------------------------------------------------------------------------------- */

/* Where the bytes of an UUID lie in its text. */
static const uint8_t places[16] = { 2, 4, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 30, 32, 34, 36 };
static const char frame[UUID_TEXT + 1] = "[\"        -    -    -    -            \"]";

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: the text is anything else, an UUID in capitals too. */
static bool
uuid_get(struct sl_str text, uint8_t out[16])
{
	if (text.len != UUID_TEXT || text.ptr[0] != '[' || text.ptr[1] != '"' ||
	    text.ptr[10] != '-' || text.ptr[15] != '-' || text.ptr[20] != '-' ||
	    text.ptr[25] != '-' || text.ptr[38] != '"' || text.ptr[39] != ']')
		return false;
	for (unsigned i = 0; i < 16; i++) {
		const int a = nibble(text.ptr[places[i]]), b = nibble(text.ptr[places[i] + 1]);

		if (a < 0 || b < 0)
			return false;
		out[i] = (uint8_t)(a << 4 | b);
	}
	return true;
}

static uint32_t
uuid_put(const uint8_t uuid[16], char *out)
{
	static const char digits[] = "0123456789abcdef";

	memcpy(out, frame, UUID_TEXT);
	for (unsigned i = 0; i < 16; i++) {
		out[places[i]] = digits[uuid[i] >> 4];
		out[places[i] + 1] = digits[uuid[i] & 15];
	}
	return UUID_TEXT;
}

/* ---- whole numbers -------------------------------------------------------------------------- */

/* Of at most 19 digits, as a number is written: without a sign or zeros in front. */
static bool
int_get(struct sl_str text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.len < 5 || text.len > 23 || memcmp(text.ptr, "[\"", 2) != 0 ||
	    memcmp(text.ptr + text.len - 2, "\"]", 2) != 0 || (text.ptr[2] == '0' && text.len > 5))
		return false;
	for (size_t i = 2; i < text.len - 2; i++) {
		const unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static uint32_t
int_put(uint64_t v, char *out)
{
	char digits[20];
	uint32_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	memcpy(out, "[\"", 2);
	for (uint32_t i = 0; i < n; i++)
		out[2 + i] = digits[n - 1 - i];
	memcpy(out + 2 + n, "\"]", 2);
	return n + 4;
}

/* ---- putting -------------------------------------------------------------------------------- */

/* Text i, which begins at *at; *at moves behind it. */
static struct sl_str
next_text(const struct sl_keytexts *t, uint32_t i, size_t *at)
{
	const struct sl_str text = { t->ptr + *at, t->lens[i] };

	*at += text.len;
	return text;
}

/* False: some text is anything else. */
static bool
put_uuids(const struct sl_keytexts *t, struct sl_buf *out)
{
	size_t at = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct sl_str text = next_text(t, i, &at);
		uint8_t uuid[16] = { 0 };

		if (sl_snap_is_there(&t->entries[i]) ? !uuid_get(text, uuid) : text.len > 0)
			return false;
		sl_buf_put(out, uuid, sizeof uuid);
	}
	return true;
}

static bool
find_range(const struct sl_keytexts *t, uint64_t *least, uint64_t *most)
{
	size_t at = 0;

	*least = UINT64_MAX;
	*most = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct sl_str text = next_text(t, i, &at);
		uint64_t v;

		if (!sl_snap_is_there(&t->entries[i])) {
			if (text.len > 0)
				return false;
			continue;
		}
		if (!int_get(text, &v))
			return false;
		*least = v < *least ? v : *least;
		*most = v > *most ? v : *most;
	}
	return *least <= *most;
}

static bool
put_ints(const struct sl_keytexts *t, struct sl_buf *out)
{
	uint64_t least, most, v = 0;
	size_t len, at = 0;
	unsigned bits;
	uint8_t *p;

	if (!find_range(t, &least, &most))
		return false;
	bits = sl_bits_for(most - least);
	len = HEADER + sl_bits_len(t->n, bits) + SLACK;
	if (!sl_buf_reserve(out, len))
		return true; /* out has failed */
	p = (uint8_t *)out->ptr;
	out->len = len;
	memset(p, 0, len);
	p[0] = (uint8_t)bits;
	sl_put64(p + 8, least);
	for (uint32_t i = 0; i < t->n; i++)
		if (int_get(next_text(t, i, &at), &v))
			sl_bits_put(p + HEADER, i, bits, v - least);
	return true;
}

static void
put_texts(const struct sl_keytexts *t, struct sl_buf *out)
{
	size_t len = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint8_t b[4];

		sl_put32(b, t->lens[i]);
		sl_buf_put(out, b, sizeof b);
		len += t->lens[i];
	}
	sl_buf_put(out, t->ptr, len);
}

enum sl_part_form
sl_keytexts_put(const struct sl_keytexts *t, struct sl_buf *out)
{
	sl_buf_reset(out);
	if (put_ints(t, out))
		return SL_PART_INTS;
	if (put_uuids(t, out))
		return SL_PART_UUIDS;
	sl_buf_reset(out);
	put_texts(t, out);
	return SL_PART_TIGHT;
}

/* ---- getting -------------------------------------------------------------------------------- */

/* Do the lengths in front of the texts fit what is there? */
static bool
texts_fit(const uint8_t *texts, size_t len, uint32_t n)
{
	uint64_t sum = (uint64_t)n * 4;

	if (len < sum)
		return false;
	for (uint32_t i = 0; i < n; i++)
		sum += sl_get32(texts + (size_t)i * 4);
	return sum == len;
}

static bool
is_whole(const struct sl_keytexts_in *in)
{
	const uint8_t *p = (const uint8_t *)in->in.ptr;

	switch (in->form) {
	case SL_PART_UUIDS:
		return in->in.len == (size_t)in->n * 16;
	case SL_PART_INTS:
		return in->in.len >= HEADER && p[0] <= 64 &&
		       in->in.len == HEADER + sl_bits_len(in->n, p[0]) + SLACK;
	case SL_PART_PLAIN:
	case SL_PART_TIGHT:
		break;
	}
	return texts_fit(p, in->in.len, in->n);
}

static size_t
spell_out(const struct sl_keytexts_in *in, uint8_t *texts)
{
	const uint8_t *p = (const uint8_t *)in->in.ptr;
	const uint64_t least = in->form == SL_PART_INTS ? sl_get64(p + 8) : 0;
	size_t at = (size_t)in->n * 4;

	for (uint32_t i = 0; i < in->n; i++) {
		char *to = (char *)texts + at;
		uint32_t len = 0;

		if (!sl_snap_is_there(&in->entries[i]))
			len = 0;
		else if (in->form == SL_PART_UUIDS)
			len = uuid_put(p + (size_t)i * 16, to);
		else
			len = int_put(least + sl_bits_get(p + HEADER, i, p[0]), to);
		sl_put32(texts + (size_t)i * 4, len);
		at += len;
	}
	return at;
}

enum sl_code
sl_keytexts_get(const struct sl_keytexts_in *in, uint8_t **texts, size_t *len)
{
	const size_t each = in->form == SL_PART_UUIDS ? UUID_TEXT : INT_TEXT;
	const bool as_is = in->form != SL_PART_UUIDS && in->form != SL_PART_INTS;

	*texts = NULL;
	if (!is_whole(in))
		return SL_E_CORRUPT;
	*texts = malloc(as_is ? in->in.len + 1 : in->n * (4 + each));
	if (!*texts)
		return SL_E_NOMEM;
	*len = as_is ? in->in.len : spell_out(in, *texts);
	if (as_is)
		memcpy(*texts, in->in.ptr, in->in.len);
	return SL_OK;
}
