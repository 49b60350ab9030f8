/* sgr.h - the bytes of curses in fewer and better ones: true colours, and no colour that is not seen.
 *
 * curses knows 256 colours. It is given numbers from 16 up that stand for colours of our choice, and in
 * the bytes that it writes each of them is replaced: this needs no special TERM and leaves the user's
 * palette alone. curses also sets colours and attributes in steps, each with a sequence of its own;
 * here they are gathered, and set at once where something is drawn with them. */
#ifndef TUI_SGR_H
#define TUI_SGR_H

#include "tui/base.h"

#define TUI_SLOTS 240

struct tui_slots {
	uint32_t rgb[TUI_SLOTS];
	unsigned n;
};

/* How characters are drawn. A colour is 0 for the terminal's own, or a number of TUI_INK_INDEX or
 * TUI_INK_RGB. */
#define TUI_INK_INDEX (1u << 24)
#define TUI_INK_RGB   (2u << 24)
struct tui_ink {
	uint32_t fg, bg;
	unsigned attr; /* 1 << the number that switches it on */
};

/* Zeroed: nothing is known of the terminal. */
struct tui_sgr {
	struct tui_slots slots;
	struct tui_ink is, want; /* what the terminal draws with; what curses asked for */
	bool known;              /* `is` is true */
	bool odd;                /* curses asked for something else, `want` is not all of it */
	bool own_colors;         /* the terminal has 39 and 49: curses used them */
	bool single_off;         /* it can switch one attribute off: to be set by the caller */
	bool ascii;              /* the character set is the usual one */
};

/* The number that stands for this colour, 16..255. */
int tui_slot(struct tui_slots *s, uint32_t rgb);
/* Append `in` to out. SU and SD, which not every terminal has, become the line feeds and inserted lines
 * that do the same where curses puts the cursor for them. */
void tui_sgr_rewrite(struct tui_sgr *s, struct sl_str in, struct sl_buf *out);
/* Others have written to the terminal. */
void tui_sgr_forget(struct tui_sgr *s);

#endif
