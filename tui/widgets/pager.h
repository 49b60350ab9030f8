/* pager.h - text to scroll and search: plain, JSON or SQL in colour, or old and new side by side. */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include "tui/widgets/editor.h"
#include "tui/widgets/pane.h"

struct tui_pager {
	struct sl_buf text;
	enum tui_syntax syntax;
	bool wrap;
	size_t *line; /* owned: offsets of the line starts */
	size_t nlines;
	size_t top;  /* first line shown */
	size_t left; /* columns scrolled to the right, where wrap is off */
	char search[64];
	size_t found; /* line of the present match; SIZE_MAX = none */
	struct tui_pane pane;
};

void tui_pager_init(struct tui_pager *p, enum tui_syntax syntax);
void tui_pager_free(struct tui_pager *p);
/* Takes a copy. With TUI_SYNTAX_JSON the text is laid out first. */
void tui_pager_set(struct tui_pager *p, struct sl_str text);
bool tui_pager_action(struct tui_pager *p, const struct tui_cmd *cmd, int height);
bool tui_pager_search(struct tui_pager *p, const char *text);
void tui_pager_draw(const struct tui_pager *p, const struct tui_canvas *c, bool focus);

/* JSON laid out with two blanks a level; text that is not JSON comes out as it was. */
void tui_json_pretty(struct sl_buf *out, struct sl_str json);

#endif
