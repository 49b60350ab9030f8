/* ui.h - the screens as a whole: engine, app and terminal, from the options to the exit code. */
#ifndef TUI_UI_H
#define TUI_UI_H

#include "tui/commands/command.h"

/* Until the person leaves. Returns an exit code, SL_EXIT_ or 128 + the signal that ended it. */
int tui_ui(const struct cmd_screens *o);

#endif
