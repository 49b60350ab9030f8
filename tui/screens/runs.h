/* runs.h - the run history, of one sync or of all. */
#ifndef TUI_SCREENS_RUNS_H
#define TUI_SCREENS_RUNS_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_runs;

#endif
