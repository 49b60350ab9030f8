/* action.h - what can be done, as data.
 *
 * One table per screen and one for everywhere. The dispatcher, the footer, the help overlay and the
 * palette all read these tables, so that a key that works is a key that is shown. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include "tui/keys.h"

/* Actions that mean the same on every screen. A screen that handles one may list it in its own table
 * to give it a label and words of its own; numbers of its own start at TUI_ACT_OWN. */
enum tui_act {
	TUI_ACT_NONE = 0,
	TUI_ACT_DOWN,
	TUI_ACT_UP,
	TUI_ACT_LEFT,
	TUI_ACT_RIGHT,
	TUI_ACT_FIRST,
	TUI_ACT_LAST,
	TUI_ACT_PAGE_DOWN,
	TUI_ACT_PAGE_UP,
	TUI_ACT_HALF_DOWN,
	TUI_ACT_HALF_UP,
	TUI_ACT_NEXT_PANE,
	TUI_ACT_PREV_PANE,
	TUI_ACT_NEXT_TAB, /* ] tabs inside a pane */
	TUI_ACT_PREV_TAB,
	TUI_ACT_OPEN, /* Enter */
	TUI_ACT_BACK, /* q Esc Backspace: app closes a prompt, clears a search, then goes back */
	TUI_ACT_PREVIOUS_SCREEN,
	TUI_ACT_SEARCH,
	TUI_ACT_NEXT_MATCH,
	TUI_ACT_PREV_MATCH,
	TUI_ACT_FILTER,
	TUI_ACT_CLEAR,
	TUI_ACT_MARK,
	TUI_ACT_RANGE,
	TUI_ACT_MARK_ALL,
	TUI_ACT_SORT,
	TUI_ACT_REFRESH,
	TUI_ACT_EDIT,
	TUI_ACT_EDITOR,
	TUI_ACT_COPY,
	TUI_ACT_UNDO,
	TUI_ACT_REDO,
	TUI_ACT_ZOOM,
	TUI_ACT_UNZOOM,
	TUI_ACT_CANCEL, /* Ctrl-C */
	/* handled by the app, never reach a screen */
	TUI_ACT_PALETTE,
	TUI_ACT_HELP,
	TUI_ACT_SCREEN, /* keys 1..9 */
	TUI_ACT_MESSAGES,
	TUI_ACT_THEMES,
	TUI_ACT_THEME,
	TUI_ACT_DOCTOR,
	TUI_ACT_UNMASK,
	TUI_ACT_MOUSE,
	TUI_ACT_SAVE_SCREEN,
	TUI_ACT_SUSPEND,
	TUI_ACT_REPAINT,
	TUI_ACT_QUIT,
	TUI_ACT_OWN = 1000 /* first number of a screen's own actions */
};

#define TUI_A_QUIET 1u /* works, is listed in help, but not offered by the palette (cursor keys) */

struct tui_action {
	int id;
	const char *name; /* palette: "retry run"; lower case, unique within a table */
	const char *keys; /* "j Down Ctrl-N", names of keys.h between blanks; NULL = palette only */
	const char *
		label; /* footer: "open"; NULL = not in the footer. Order in the table = importance */
	const char *help;  /* one sentence, without a full stop */
	const char *group; /* heading in the help overlay: "MOVE" */
	const char *arg;   /* palette: "<run>" when it takes an argument; NULL = takes none */
	unsigned flags;    /* TUI_A_ */
};

/* What a screen gets. */
struct tui_cmd {
	int action;
	int count;       /* at least 1: 200 presses of j come as one */
	uint32_t key;    /* 0 when it came from the palette */
	const char *arg; /* palette argument, never NULL */
};

/* Actions that work everywhere. */
const struct tui_action *tui_global_actions(size_t *n);

const struct tui_action *tui_action_by_key(const struct tui_action *tab, size_t n, uint32_t key);
const struct tui_action *tui_action_by_id(const struct tui_action *tab, size_t n, int id);
/* First key of an action: "Ctrl-D"; "" when it has none. Returns out. */
const char *tui_action_key(const struct tui_action *a, char out[24]);

#endif
