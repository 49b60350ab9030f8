/* crash.h - puts the terminal back when the program dies of its own fault.
 *
 * The handler of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT writes a string that was built before,
 * restores the tty and stderr, and lets the signal take its course. This is the one place with state
 * of the process: a handler has no argument. */
#ifndef TUI_CRASH_H
#define TUI_CRASH_H

#include "tui/base.h"

#include <termios.h>

struct tui_crash {
	int tty;             /* to write to */
	int err_fd;          /* the real stderr; -1 = unchanged */
	struct termios mode; /* to set on tty */
	struct sl_str text;  /* leaves the alternate screen and so on; must live until disarmed */
};

void tui_crash_arm(const struct tui_crash *c);
void tui_crash_disarm(void);

#endif
