/* newsync.h - a new sync: what is read, by which key, where it goes. */
#ifndef TUI_SCREENS_NEWSYNC_H
#define TUI_SCREENS_NEWSYNC_H

#include "tui/screen.h"

/* arg: nothing, "CONNECTION TABLE", or "CONNECTION", a line end and a SELECT. */
extern const struct tui_screen_ops tui_screen_newsync;

#endif
