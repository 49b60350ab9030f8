/* keys.h - bytes of a terminal to events.
 *
 * A pure decoder with no clock and no file descriptor: feed it bytes, take events. It understands
 * UTF-8, the CSI and SS3 sequences of xterm, rxvt, linux and screen, modifiers, SGR mouse reports and
 * bracketed paste. Unknown sequences are swallowed whole. UI thread only. */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "tui/base.h"

/* A key is one number: a code point or a TUI_K_ value, with modifiers added. Ctrl-D is
 * 'd' | TUI_CTRL. Shift is only told for keys that have no capital form. */
#define TUI_CTRL  0x01000000u
#define TUI_ALT   0x02000000u
#define TUI_SHIFT 0x04000000u

enum tui_key {
	TUI_K_NONE = 0,
	TUI_K_ENTER = 0x110000,
	TUI_K_TAB,
	TUI_K_BACKTAB, /* Shift-Tab */
	TUI_K_ESC,
	TUI_K_BACKSPACE,
	TUI_K_UP,
	TUI_K_DOWN,
	TUI_K_LEFT,
	TUI_K_RIGHT,
	TUI_K_HOME,
	TUI_K_END,
	TUI_K_PGUP,
	TUI_K_PGDN,
	TUI_K_INS,
	TUI_K_DEL,
	TUI_K_F1, /* F1..F12 follow each other */
	TUI_K_F12 = TUI_K_F1 + 11
};

enum tui_event_type {
	TUI_EV_NONE,
	TUI_EV_KEY,
	TUI_EV_MOUSE,
	TUI_EV_PASTE,
	TUI_EV_RESIZE,
	TUI_EV_BACKGROUND, /* the terminal told its background colour */
	TUI_EV_SIGNAL      /* from term.h: number says which */
};

enum tui_mouse { TUI_MOUSE_PRESS, TUI_MOUSE_RELEASE, TUI_MOUSE_WHEEL_UP, TUI_MOUSE_WHEEL_DOWN };

struct tui_event {
	enum tui_event_type type;
	uint32_t key; /* KEY */
	int count;    /* KEY, wheel: how many times in a row, at least 1 */
	enum tui_mouse mouse;
	int y, x;            /* MOUSE: cell, from 0 */
	int number;          /* SIGNAL */
	uint32_t rgb;        /* BACKGROUND: 0xRRGGBB */
	struct sl_str paste; /* PASTE: line ends are \n; valid until the decoder is used again */
};

struct tui_keys {
	struct sl_buf in;    /* bytes not decoded yet */
	size_t pos;          /* start of them */
	struct sl_buf paste; /* paste so far */
	bool pasting;
};

void tui_keys_init(struct tui_keys *k);
void tui_keys_free(struct tui_keys *k);
void tui_keys_feed(struct tui_keys *k, const void *p, size_t n);

/* The next event: true and *ev, or false where more bytes are needed. Equal keys and wheel turns that
 * wait in a row come as one event with a count. last: no more bytes follow soon, so that a lone ESC is
 * the Escape key (call it with true after the escape delay). */
bool tui_keys_next(struct tui_keys *k, bool last, struct tui_event *ev);
bool tui_keys_waiting(const struct tui_keys *k); /* an unfinished sequence is held back */

/* "Ctrl-D" "PgDn" "Shift-Tab" "Alt-x" "S" "Space". Returns out. */
const char *tui_key_name(uint32_t key, char out[24]);
/* The reverse; TUI_K_NONE for no name. Any single character is its own name. */
uint32_t tui_key_parse(struct sl_str name);

#endif
