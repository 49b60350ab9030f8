/* conns.h - connections: the list, and the form that makes and changes one. */
#ifndef TUI_SCREENS_CONNS_H
#define TUI_SCREENS_CONNS_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_conns;
extern const struct tui_screen_ops
	tui_screen_conn; /* arg: "new", "new TYPE", "edit NAME", "copy NAME" */

#endif
