/* glyph.h - untrusted text to what fills cells: a character, its combining marks, its width.
 *
 * Hostile bytes come out as the visible marks of sl_visible(). Two things that real text is full of
 * are joined instead of marked: an emoji variation selector after its base is dropped, and an emoji
 * sequence with zero-width joiners is its first emoji. */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include "tui/base.h"

#define TUI_MARKS 4 /* combining marks kept per cell */

struct tui_glyph {
	uint32_t cp;
	uint32_t mark[TUI_MARKS];
	int width;   /* 1 or 2 */
	size_t from; /* bytes of the text that it stands for: from..to */
	size_t to;
};

struct tui_glyphs {
	struct sl_str text;
	size_t pos;
	struct sl_buf mark; /* visible form of one code point, taken first */
	size_t mark_pos;
	size_t mark_from;
};

/* Start; end with tui_glyphs_end(). */
struct tui_glyphs tui_glyphs(struct sl_str s);
bool tui_glyph_next(struct tui_glyphs *it, struct tui_glyph *g);
void tui_glyphs_end(struct tui_glyphs *it);

/* The ASCII character that stands for one of our own glyphs; '?' for any other beyond ASCII. */
char tui_glyph_ascii(uint32_t cp);

#endif
