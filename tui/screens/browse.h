/* browse.h - the warehouse: connections, schemas, tables, columns, rows. */
#ifndef TUI_SCREENS_BROWSE_H
#define TUI_SCREENS_BROWSE_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_browse;

#endif
