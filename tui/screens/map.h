/* map.h - the mapping editor: destination fields, and what of the source goes into each. */
#ifndef TUI_SCREENS_MAP_H
#define TUI_SCREENS_MAP_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_map;

#endif
