/* diff.h - old values and new ones, field by field; marks in the margin, not only colours. */
#ifndef TUI_DIFF_H
#define TUI_DIFF_H

#include "tui/canvas.h"

struct tui_diff_line {
	char mark;       /* '+' '-' '~' or ' ' for the same */
	char *field;     /* owned, as are the values */
	char *old, *now; /* NULL = not there */
};

struct tui_diff {
	struct tui_diff_line *line; /* owned */
	size_t n;
	size_t top;
};

/* Compare two JSON objects by their leaves ("traits.email"). Either may be NULL or empty. */
void tui_diff_json(struct tui_diff *d, const char *old, const char *now);
void tui_diff_free(struct tui_diff *d); /* leaves it zeroed and usable */
void tui_diff_scroll(struct tui_diff *d, long by, int height);
/* 100 columns and more: old and new side by side; less: one line "old -> new". changed_only leaves out
 * what is the same. */
void tui_diff_draw(const struct tui_diff *d, const struct tui_canvas *c, bool changed_only);

#endif
