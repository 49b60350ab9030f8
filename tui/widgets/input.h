/* input.h - one line of text: emacs keys, history, completion, secret mode. */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include "tui/app.h"

struct tui_history {
	char **line; /* owned; oldest first */
	size_t n;
};
#define TUI_HISTORY_MAX 200
void tui_history_add(struct tui_history *h, const char *line); /* not twice in a row, not empty */
void tui_history_free(struct tui_history *h);

struct tui_input {
	struct sl_buf text;
	size_t cur;                  /* byte offset, at a character */
	bool secret;                 /* drawn as dots, no history, no completion */
	struct sl_buf kill;          /* Ctrl-Y brings it back */
	struct sl_buf undo;          /* text before the last change of another kind */
	struct tui_history *history; /* borrowed; NULL = none */
	size_t hist;                 /* position in it; n = the new line */
	struct tui_complete complete;
	struct sl_buf found; /* candidates of the last Tab, one a line */
	size_t found_at;
	size_t found_from; /* where the candidate starts in text */
};

void tui_input_init(struct tui_input *in);
void tui_input_free(struct tui_input *in); /* wipes the text first */
void tui_input_set(struct tui_input *in, const char *text);
const char *tui_input_text(struct tui_input *in);
/* True when the event was an edit or a movement in the text. Enter, Esc, Up and Down without history
 * and Tab without completion are left to the caller. */
bool tui_input_event(struct tui_input *in, const struct tui_event *ev);
/* In a field of the canvas' width at row y. Takes the hardware cursor when focused. */
struct tui_input_look {
	int y, x, width;
	bool focus, invalid;
	const char *placeholder; /* dim, while empty */
};
void tui_input_draw(const struct tui_input *in, const struct tui_canvas *c,
		    struct tui_input_look look);

#endif
