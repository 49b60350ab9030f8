/* theme_find.h - where themes lie. */
#ifndef TUI_THEME_FIND_H
#define TUI_THEME_FIND_H

#include "tui/theme.h"

#define TUI_THEME_MAX (64u << 10) /* bytes of a theme file */

/* Read NAME.theme from the first folder of the search path that has it; file gets its path. */
enum sl_code tui_theme_find(const char *name, struct sl_buf *text, char file[256],
			    struct sl_err *err) SL_MUST;

#endif
