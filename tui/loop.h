/* loop.h - joins an app to a terminal: poll, feed, draw.
 *
 * One blocking poll on tty, signals and the engine; the engine's fd is not watched while a frame is
 * pending, so that any number of its messages costs one wake-up a frame. A timer runs only while
 * something moves. */
#ifndef TUI_LOOP_H
#define TUI_LOOP_H

#include "tui/app.h"
#include "tui/term.h"

/* Until the app is done. Returns an exit code: 0, or 128 + the signal that ended it. */
int tui_loop(struct tui_app *a, struct tui_term *t);

#endif
