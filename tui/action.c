/* action.c - the actions that work everywhere, and look-ups in action tables. */
#include "tui/action.h"

#define MOVE  "MOVE"
#define LIST  "LIST"
#define EVERY "EVERYWHERE"
#define QUIET TUI_A_QUIET

/* id, name, keys, label, help, group, argument, flags */
static const struct tui_action global[] = {
	{ TUI_ACT_DOWN, "down", "j Down Ctrl-N", NULL, "next row", MOVE, NULL, QUIET },
	{ TUI_ACT_UP, "up", "k Up Ctrl-P", NULL, "previous row", MOVE, NULL, QUIET },
	{ TUI_ACT_LEFT, "left", "h Left", NULL, "column or pane to the left, close a branch", MOVE,
	  NULL, QUIET },
	{ TUI_ACT_RIGHT, "right", "l Right", NULL, "column or pane to the right, open a branch",
	  MOVE, NULL, QUIET },
	{ TUI_ACT_FIRST, "first", "g Home", NULL, "first row", MOVE, NULL, QUIET },
	{ TUI_ACT_LAST, "last", "G End", NULL, "last row", MOVE, NULL, QUIET },
	{ TUI_ACT_HALF_DOWN, "half page down", "Ctrl-D", NULL, "half a page down", MOVE, NULL,
	  QUIET },
	{ TUI_ACT_HALF_UP, "half page up", "Ctrl-U", NULL, "half a page up", MOVE, NULL, QUIET },
	{ TUI_ACT_PAGE_DOWN, "page down", "PgDn Ctrl-F", NULL, "a page down", MOVE, NULL, QUIET },
	{ TUI_ACT_PAGE_UP, "page up", "PgUp Ctrl-B", NULL, "a page up", MOVE, NULL, QUIET },
	{ TUI_ACT_NEXT_PANE, "next pane", "Tab", NULL, "next pane", MOVE, NULL, QUIET },
	{ TUI_ACT_PREV_PANE, "previous pane", "Shift-Tab", NULL, "previous pane", MOVE, NULL,
	  QUIET },
	{ TUI_ACT_NEXT_TAB, "next tab", "]", NULL, "next tab inside the pane", MOVE, NULL, QUIET },
	{ TUI_ACT_PREV_TAB, "previous tab", "[", NULL, "previous tab inside the pane", MOVE, NULL,
	  QUIET },
	{ TUI_ACT_OPEN, "open", "Enter", NULL, "open what is selected", MOVE, NULL, QUIET },
	{ TUI_ACT_BACK, "back", "q Esc Backspace", NULL, "close, clear the search, go back", MOVE,
	  NULL, QUIET },
	{ TUI_ACT_SEARCH, "search", "/", NULL, "search while typing", LIST, NULL, 0 },
	{ TUI_ACT_NEXT_MATCH, "next match", "n", NULL, "next match of the search", LIST, NULL,
	  QUIET },
	{ TUI_ACT_PREV_MATCH, "previous match", "N", NULL, "previous match", LIST, NULL, QUIET },
	{ TUI_ACT_CLEAR, "clear filter", "x", NULL, "clear search and filter", LIST, NULL, 0 },
	{ TUI_ACT_SORT, "sort", "s", NULL, "sort by the current column, again: the other way", LIST,
	  NULL, 0 },
	{ TUI_ACT_REFRESH, "refresh", "r F5", NULL, "read again (never sends)", LIST, NULL, 0 },

	{ TUI_ACT_PALETTE, "palette", ":", NULL, "every action by name", EVERY, NULL, QUIET },
	{ TUI_ACT_HELP, "help", "? F1", NULL, "the keys of this screen", EVERY, NULL, 0 },
	{ TUI_ACT_SCREEN, "screen", "1 2 3 4 5 6 7 8 9", NULL, "go to a screen", EVERY, "<name>",
	  0 },
	{ TUI_ACT_PREVIOUS_SCREEN, "previous screen", "-", NULL, "the screen that was shown before",
	  EVERY, NULL, 0 },
	{ TUI_ACT_MESSAGES, "messages", NULL, NULL, "earlier messages", EVERY, NULL, 0 },
	{ TUI_ACT_THEMES, "themes", NULL, NULL, "pick a theme", EVERY, NULL, 0 },
	{ TUI_ACT_THEME, "theme", NULL, NULL, "use a theme by name", EVERY, "<name>", 0 },
	{ TUI_ACT_DOCTOR, "doctor", NULL, NULL,
	  "look whether files, state, roles, clocks and connections are in good order", EVERY, NULL,
	  0 },
	{ TUI_ACT_UNMASK, "personal data", "U", NULL,
	  "show or mask values that are tagged as personal data, on this screen", EVERY, NULL, 0 },
	{ TUI_ACT_MOUSE, "mouse", NULL, NULL, "mouse on or off; Shift and drag selects text anyway",
	  EVERY, NULL, 0 },
	{ TUI_ACT_SAVE_SCREEN, "save screen", NULL, NULL, "write what is shown to a text file",
	  EVERY, "<file>", 0 },
	{ TUI_ACT_CANCEL, "cancel", "Ctrl-C", NULL, "cancel what this pane waits for", EVERY, NULL,
	  QUIET },
	{ TUI_ACT_SUSPEND, "suspend", "Ctrl-Z", NULL, "back to the shell for a while", EVERY, NULL,
	  0 },
	{ TUI_ACT_REPAINT, "repaint", "Ctrl-L", NULL, "draw the screen anew", EVERY, NULL, 0 },
	{ TUI_ACT_QUIT, "quit", "Q", NULL, "leave the program", EVERY, NULL, 0 },
};

const struct tui_action *
tui_global_actions(size_t *n)
{
	*n = SL_COUNT(global);
	return global;
}

/* The next word of a list of key names; empty at the end. */
static struct sl_str
next_word(const char **p)
{
	while (**p == ' ')
		(*p)++;
	const char *start = *p;
	while (**p && **p != ' ')
		(*p)++;
	return (struct sl_str){ start, (size_t)(*p - start) };
}

static bool
has_key(const struct tui_action *a, uint32_t key)
{
	const char *p = a->keys;

	if (!p)
		return false;
	for (struct sl_str w = next_word(&p); w.len > 0; w = next_word(&p)) {
		if (tui_key_parse(w) == key)
			return true;
	}
	return false;
}

const struct tui_action *
tui_action_by_key(const struct tui_action *tab, size_t n, uint32_t key)
{
	for (size_t i = 0; i < n; i++) {
		if (has_key(&tab[i], key))
			return &tab[i];
	}
	return NULL;
}

const struct tui_action *
tui_action_by_id(const struct tui_action *tab, size_t n, int id)
{
	for (size_t i = 0; i < n; i++) {
		if (tab[i].id == id)
			return &tab[i];
	}
	return NULL;
}

const char *
tui_action_key(const struct tui_action *a, char out[24])
{
	const char *p = a->keys ? a->keys : "";

	return tui_key_name(tui_key_parse(next_word(&p)), out);
}
