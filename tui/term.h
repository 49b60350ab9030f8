/* term.h - the terminal: the only file that knows curses is behind this header.
 *
 * curses writes into a memfd; each frame then goes to the tty as one write(2). Signals come through a
 * signalfd, as events; only a crash has a handler, which puts the terminal back. Input is decoded by
 * keys.h. stderr is caught while the screen is ours and printed afterwards. UI thread only; open it
 * before any other thread is started, so that they inherit the blocked signals. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "tui/canvas.h"
#include "tui/keys.h"
#include "tui/theme.h"

struct tui_term;

struct tui_term_opts {
	bool mouse;
	bool plain;    /* ASCII glyphs */
	bool no_color; /* --color=never; NO_COLOR is looked at as well */
};

/* Takes over the terminal of stdin and stdout. Fails where they are none, with nothing changed. */
enum sl_code tui_term_open(const struct tui_term_opts *o, struct tui_term **out,
			   struct sl_err *err) SL_MUST;
void tui_term_close(struct tui_term *t); /* gives it back as it was; NULL is allowed */

int tui_term_tty_fd(const struct tui_term *t);    /* poll for input */
int tui_term_signal_fd(const struct tui_term *t); /* poll for signals */
/* What waits: keys, RESIZE, and SIGNAL for SIGTERM, SIGHUP, SIGINT, SIGQUIT and SIGTSTP. Never blocks.
 * A tty that is gone comes as SIGHUP. */
bool tui_term_read(struct tui_term *t, struct tui_event *ev);
int
tui_term_wait_ms(const struct tui_term *t); /* a lone ESC waits: call read again after this; -1 */

void tui_term_size(const struct tui_term *t, int *rows, int *cols);
bool tui_term_ascii(const struct tui_term *t);
const char *tui_term_notice(const struct tui_term *t); /* "TERM=x is unknown, ..." or "" */

/* Show a grid: one write, nothing where nothing changed. False: the terminal does not take more now,
 * try later. */
bool tui_term_show(struct tui_term *t, const struct tui_grid *g, const struct tui_theme *theme);
void tui_term_repaint(struct tui_term *t); /* the next show draws everything */
/* Ask for the background colour; the answer, if any, comes as an event. */
void tui_term_ask_background(struct tui_term *t);
void tui_term_mouse(struct tui_term *t, bool on);

void tui_term_suspend(struct tui_term *t); /* Ctrl-Z; returns when continued */
/* Give the terminal to a program, wait for it, take it back. argv as execvp. exit status, or -1. */
int tui_term_run(struct tui_term *t, const char *const *argv, struct sl_err *err);
/* Ask the terminal to set its clipboard (OSC 52). */
bool tui_term_clipboard(struct tui_term *t, struct sl_str text);

#endif
