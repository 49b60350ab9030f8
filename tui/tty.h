/* tty.h - the tty below curses: mode, size, signals, whole writes, and programs on our terminal. */
#ifndef TUI_TTY_H
#define TUI_TTY_H

#include "tui/base.h"

#include <signal.h>
#include <sys/types.h>
#include <termios.h>

struct tui_tty {
	int in, out;
	int signals; /* signalfd */
	int err;     /* the real stderr, while fd 2 goes to err_text; -1 = not caught */
	int err_text;
	struct termios saved;
	sigset_t mask; /* as it was */
	bool open;
};

enum sl_code tui_tty_open(struct tui_tty *t, struct sl_err *err) SL_MUST;
void tui_tty_close(struct tui_tty *t); /* prints what was written to stderr meanwhile */
void tui_tty_raw(struct tui_tty *t);
void tui_tty_restore(struct tui_tty *t);
void tui_tty_size(const struct tui_tty *t, int *rows, int *cols); /* at least 1 x 1 */
int tui_tty_signal(struct tui_tty *t);                            /* 0 = none waits */
ssize_t tui_tty_read(struct tui_tty *t, char *p, size_t n);       /* 0 = nothing waits, -1 = gone */
bool tui_tty_writable(const struct tui_tty *t);
void tui_tty_write(struct tui_tty *t, struct sl_str s); /* all of it; errors show up at reading */
/* Run a program in the foreground with the signals as they were. Exit status, -1 = *err. */
int tui_tty_run(struct tui_tty *t, const char *const *argv, struct sl_err *err);

#endif
