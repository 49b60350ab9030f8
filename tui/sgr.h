/* sgr.h - true colour for a curses that knows 256: colour numbers stand for colours of our choice.
 *
 * curses is given numbers from 16 up; in the bytes that it writes, each "38;5;N" (or 48) is replaced
 * by the colour that N stands for. Needs no special TERM and leaves the user's palette alone. */
#ifndef TUI_SGR_H
#define TUI_SGR_H

#include "tui/base.h"

#define TUI_SLOTS 240

struct tui_slots {
	uint32_t rgb[TUI_SLOTS];
	unsigned n;
};

/* The number that stands for this colour, 16..255. */
int tui_slot(struct tui_slots *s, uint32_t rgb);
/* Append `in` to out with the numbers replaced, and with SU and SD, which not every terminal has,
 * as the line feeds and inserted lines that do the same where curses puts the cursor for them. */
void tui_sgr_rewrite(const struct tui_slots *s, struct sl_str in, struct sl_buf *out);

#endif
