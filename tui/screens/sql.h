/* sql.h - the editor of SQL models. */
#ifndef TUI_SCREENS_SQL_H
#define TUI_SCREENS_SQL_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_sql; /* arg: a source connection, or a sync */

#endif
