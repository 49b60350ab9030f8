/* glyph.c - text to glyphs. */
#include "tui/glyph.h"

#include "tui/width.h"

#define VS15 0xfe0eu
#define VS16 0xfe0fu
#define ZWJ  0x200du

struct tui_glyphs
tui_glyphs(struct sl_str s)
{
	return (struct tui_glyphs){ .text = s };
}

void
tui_glyphs_end(struct tui_glyphs *it)
{
	sl_buf_free(&it->mark);
}

static bool
is_emoji(uint32_t cp)
{
	return (cp >= 0x1f000 && cp != UINT32_MAX) || (cp >= 0x2190 && cp <= 0x2bff) ||
	       cp == 0xa9 || cp == 0xae;
}

/* The code point at pos, UINT32_MAX at the end. */
static uint32_t
peek(const struct tui_glyphs *it, size_t pos, size_t *after)
{
	uint32_t cp = pos < it->text.len ? sl_utf8_next(it->text, &pos) : UINT32_MAX;

	*after = pos;
	return cp;
}

/* Is cp shown as it is? Else its visible form waits in it->mark. */
static bool
is_plain(struct tui_glyphs *it, uint32_t cp, size_t from)
{
	struct sl_str one = { it->text.ptr + from, it->pos - from };

	if (cp < 0x80)
		return cp >= 0x20 && cp != 0x7f ? true : (sl_visible(&it->mark, one), false);
	sl_visible(&it->mark, one);
	if (cp != UINT32_MAX && sl_str_eq(sl_buf_view(&it->mark), one)) {
		sl_buf_reset(&it->mark);
		return true;
	}
	return false;
}

/* What follows an emoji and is part of its picture: a variation selector, a skin tone, another emoji
 * behind a joiner. Skipped: the first one is what is drawn. */
static bool
skip_emoji_part(struct tui_glyphs *it)
{
	size_t after, then;
	uint32_t cp = peek(it, it->pos, &after);

	if (cp == VS15 || cp == VS16 || (cp >= 0x1f3fb && cp <= 0x1f3ff)) {
		it->pos = after;
		return true;
	}
	if (cp != ZWJ || !is_emoji(peek(it, after, &then)))
		return false;
	it->pos = then;
	return true;
}

/* Take what belongs to the glyph besides its character. */
static void
take_marks(struct tui_glyphs *it, struct tui_glyph *g)
{
	size_t n = 0, after;

	for (;;) {
		size_t from = it->pos;
		uint32_t cp = peek(it, from, &after);
		if (cp == UINT32_MAX || cp < 0x300)
			break;
		if (is_emoji(g->cp) && skip_emoji_part(it))
			continue;
		if (tui_cp_width(cp) != 0)
			break;
		it->pos = after;
		if (!is_plain(it, cp, from)) { /* shown as a mark of its own, next */
			it->mark_pos = 0;
			it->mark_from = from;
			break;
		}
		if (n < TUI_MARKS)
			g->mark[n++] = cp;
	}
	g->to = it->mark.len ? it->mark_from : it->pos;
}

bool
tui_glyph_next(struct tui_glyphs *it, struct tui_glyph *g)
{
	*g = (struct tui_glyph){ .width = 1 };
	if (it->mark_pos < it->mark.len) {
		g->cp = sl_utf8_next(sl_buf_view(&it->mark), &it->mark_pos);
		g->from = it->mark_from;
		g->to = it->pos;
		if (it->mark_pos >= it->mark.len) {
			sl_buf_reset(&it->mark);
			it->mark_pos = 0;
		}
		return true;
	}
	if (it->pos >= it->text.len)
		return false;

	size_t from = it->pos;
	uint32_t cp = sl_utf8_next(it->text, &it->pos);
	if (!is_plain(it, cp, from)) {
		it->mark_from = from;
		it->mark_pos = 0;
		if (it->mark.len == 0) /* no memory: still not the raw byte */
			sl_buf_reset(&it->mark), sl_buf_putc(&it->mark, '?');
		if (it->mark.len == 0) {
			g->cp = '?';
			g->from = from;
			g->to = it->pos;
			return true;
		}
		return tui_glyph_next(it, g);
	}
	int width = tui_cp_width(cp);
	g->cp = width < 0 ? 0xfffd : cp;
	g->from = from;
	if (width == 0) { /* a mark with nothing to stand on */
		g->cp = 0x25cc;
		g->mark[0] = cp;
	}
	g->width = width == 2 ? 2 : 1;
	if (cp >= 0x80 || (it->pos < it->text.len && (unsigned char)it->text.ptr[it->pos] >= 0x80))
		take_marks(it, g);
	else
		g->to = it->pos;
	return true;
}

char
tui_glyph_ascii(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		char c;
	} fold[] = {
		{ 0xa0, ' ' },   { 0xb7, '.' },   { 0xd7, 'x' },    { 0x2010, '-' },
		{ 0x2013, '-' }, { 0x2014, '-' }, { 0x2018, '\'' }, { 0x2019, '\'' },
		{ 0x201c, '"' }, { 0x201d, '"' }, { 0x2022, '*' },  { 0x2026, '~' },
		{ 0x203a, '>' }, { 0x2190, '<' }, { 0x2191, '^' },  { 0x2192, '>' },
		{ 0x2193, 'v' }, { 0x2260, '#' }, { 0x2264, '<' },  { 0x2265, '>' },
		{ 0x2421, '^' }, { 0x2500, '-' }, { 0x2502, '|' },  { 0x2581, '_' },
		{ 0x2582, '.' }, { 0x2583, ':' }, { 0x2584, '-' },  { 0x2585, '=' },
		{ 0x2586, '+' }, { 0x2587, '*' }, { 0x2588, '#' },  { 0x25b4, '^' },
		{ 0x25b8, '>' }, { 0x25be, 'v' }, { 0x25c2, '<' },  { 0x25cc, '?' },
		{ 0x2713, 'v' }, { 0x2717, 'x' },
	};

	if (cp < 0x80)
		return (char)cp;
	if (cp >= 0x2400 && cp < 0x2420)
		return '^';
	if (cp >= 0x250c && cp <= 0x254b)
		return '+';
	if (cp >= 0x2589 && cp <= 0x258f) /* parts of a block in a progress bar */
		return '-';
	for (size_t i = 0; i < SL_COUNT(fold); i++) {
		if (fold[i].cp == cp)
			return fold[i].c;
	}
	return '?';
}
