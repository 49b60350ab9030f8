/* screens.h - the screens there are. A new one is one line in screens.c. */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "tui/app.h"

extern const struct tui_screen_ops *const tui_screen_tabs[TUI_TABS];
extern const struct tui_screen_ops *const tui_screen_others[]; /* ends with NULL */

#endif
