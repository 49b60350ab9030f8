/* themes.h - the themes picker. */
#ifndef TUI_SCREENS_THEMES_H
#define TUI_SCREENS_THEMES_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_themes;

#endif
