/* preview.h - the exact events of the first rows, before anything is sent. */
#ifndef TUI_SCREENS_PREVIEW_H
#define TUI_SCREENS_PREVIEW_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_preview;

#endif
