/* width.h - how many terminal columns a code point takes (Unicode 14, UAX #11; ambiguous = 1).
 *
 * Our own table: the C library's depends on the host and disagrees with terminals. */
#ifndef TUI_WIDTH_H
#define TUI_WIDTH_H

#include "tui/base.h"

/* 0 combining or zero width, 1, 2; -1: draw U+FFFD instead. */
int tui_cp_width(uint32_t cp);

/* Columns that s takes once it was made visible (see canvas.h). */
int tui_text_width(struct sl_str s);

/* Next line of s from *pos for a field of `width` columns: breaks at newlines, then at blanks, then
 * anywhere. False at the end. An empty line is a line. */
bool tui_wrap(struct sl_str s, size_t *pos, int width, struct sl_str *line);

/* Next line of s from *pos, without its '\n'; false at the end. */
bool tui_next_line(struct sl_str s, size_t *pos, struct sl_str *line);

#endif
