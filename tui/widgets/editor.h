/* editor.h - several lines of text: undo, completion, keywords in colour, a marked error place. */
#ifndef TUI_EDITOR_H
#define TUI_EDITOR_H

#include "tui/app.h"

enum tui_syntax { TUI_SYNTAX_NONE, TUI_SYNTAX_SQL, TUI_SYNTAX_JSON };

#define TUI_UNDO_MAX 100
struct tui_editor {
	struct sl_buf text;
	size_t cur;   /* byte offset */
	int want_col; /* column that Up and Down aim at; -1 = the present one */
	size_t top;   /* first line shown */
	enum tui_syntax syntax;
	bool changed; /* since tui_editor_set() */
	bool read_only;
	long error_at; /* byte offset of a mistake, -1 = none */
	struct tui_complete complete;
	struct sl_buf found;
	size_t found_at, found_from;
	struct sl_buf undo[TUI_UNDO_MAX]; /* texts before changes; ring */
	size_t undo_cur[TUI_UNDO_MAX];
	size_t nundo, iundo, nredo;
	bool typing; /* the last change was a letter: the next one joins it */
};

void tui_editor_init(struct tui_editor *e, enum tui_syntax syntax);
void tui_editor_free(struct tui_editor *e);
void tui_editor_set(struct tui_editor *e, struct sl_str text);     /* forgets undo */
void tui_editor_replace(struct tui_editor *e, struct sl_str text); /* one undo step */
struct sl_str tui_editor_text(const struct tui_editor *e);
void tui_editor_error(struct tui_editor *e, long offset); /* marks the place and goes there */
bool tui_editor_event(struct tui_editor *e, const struct tui_event *ev, int height);
void tui_editor_place(const struct tui_editor *e, int *line, int *col); /* of the cursor, from 1 */
void tui_editor_draw(const struct tui_editor *e, const struct tui_canvas *c, bool focus);

/* The role of each byte of one line; roles has room for line.len. *state carries over lines. */
void tui_highlight(enum tui_syntax syntax, struct sl_str line, int *state, uint8_t *roles);
/* Draw a line in its roles; returns the columns taken. */
int tui_put_highlighted(const struct tui_canvas *c, int y, int x, struct sl_str line,
			const uint8_t *roles);

#endif
