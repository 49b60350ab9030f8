/* term_env.h - what the environment says about the terminal. */
#ifndef TUI_TERM_ENV_H
#define TUI_TERM_ENV_H

#include "tui/base.h"

bool tui_env_set(const char *name); /* and not empty */
/* Sets the locale of characters. UTF-8 where it says so, and where nothing says anything: terminals
 * are UTF-8 today. */
bool tui_env_utf8(void);
/* TERM names that a small terminfo does not know, of terminals that understand xterm's sequences. */
bool tui_env_modern(const char *term);
bool tui_env_sync(const char *term); /* synchronized updates (mode 2026) are known to work */

#endif
