/* text.c - UTF-8 and the visible form of untrusted text. */
#include "core/base/text.h"

#define MARKS_MAX 4u /* combining marks on one character; more would cover the lines around it */

static bool
is_continuation(struct sl_str s, size_t i)
{
	return i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80;
}

uint32_t
sl_utf8_next(struct sl_str s, size_t *pos)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)s.ptr[*pos];
	size_t at = (*pos)++;
	size_t len = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (len == 1)
		return lead;
	if (len == 0 || lead > 0xf4)
		return UINT32_MAX;
	uint32_t cp = lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (!is_continuation(s, at + i))
			return UINT32_MAX;
		cp = cp << 6 | ((unsigned char)s.ptr[at + i] & 0x3fu);
	}
	if (cp < lowest[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return UINT32_MAX;
	*pos = at + len;
	return cp;
}

size_t
sl_utf8_put(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool
sl_utf8_valid(struct sl_str s)
{
	for (size_t pos = 0; pos < s.len;) {
		if (sl_utf8_next(s, &pos) == UINT32_MAX)
			return false;
	}
	return true;
}

/* Code points that draw nothing or change how their neighbours are drawn. Sorted. Besides the
 * bidirectional and tag controls these are the default-ignorable ones of Unicode: text may be
 * hidden in any of them. Also line separators, annotations and non-characters. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0080, 0x009f }, { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool
is_hidden(uint32_t cp)
{
	size_t lo = 0, hi = SL_COUNT(hidden);

	if ((cp & 0xfffe) == 0xfffe)
		return true;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cp < hidden[mid].first)
			hi = mid;
		else if (cp > hidden[mid].last)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* Marks that are drawn over the character before them, in the blocks that are made of nothing else. */
static bool
is_combining(uint32_t cp)
{
	return (cp >= 0x0300 && cp <= 0x036f) || (cp >= 0x1ab0 && cp <= 0x1aff) ||
	       (cp >= 0x1dc0 && cp <= 0x1dff) || (cp >= 0x20d0 && cp <= 0x20ff) ||
	       (cp >= 0xfe20 && cp <= 0xfe2f);
}

static void
put_mark(struct sl_buf *out, uint32_t cp, unsigned char byte)
{
	char utf8[4];

	if (cp == UINT32_MAX)
		sl_buf_printf(out, "<x%02X>", byte);
	else if (cp < 0x20)
		sl_buf_put(out, utf8, sl_utf8_put(0x2400 + cp, utf8));
	else if (cp == 0x7f)
		sl_buf_put(out, utf8, sl_utf8_put(0x2421, utf8));
	else
		sl_buf_printf(out, "<U+%04X>", (unsigned)cp);
}

void
sl_visible(struct sl_buf *out, struct sl_str s)
{
	size_t from = 0; /* start of the run that is copied as it is */
	size_t pos = 0;
	unsigned marks = 0; /* on the present character */

	while (pos < s.len) {
		size_t at = pos;
		uint32_t cp = sl_utf8_next(s, &pos);
		bool plain =
			cp < 0x80 ? cp >= 0x20 && cp != 0x7f : cp != UINT32_MAX && !is_hidden(cp);
		if (cp < 0x80 || !is_combining(cp))
			marks = 0;
		else if (marks++ >= MARKS_MAX)
			plain = false;
		if (plain)
			continue;
		if (at > from)
			sl_buf_put(out, s.ptr + from, at - from);
		put_mark(out, cp, (unsigned char)s.ptr[at]);
		from = pos;
	}
	if (s.len > from)
		sl_buf_put(out, s.ptr + from, s.len - from);
}
