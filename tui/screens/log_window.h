/* log_window.h - a bounded run of log lines, oldest first, that grows at both ends. */
#ifndef TUI_LOG_WINDOW_H
#define TUI_LOG_WINDOW_H

#include "tui/screens/log_line.h"

#define LOG_WINDOW 4000 /* lines kept */

struct tui_log_window {
	struct tui_log_row *row; /* owned, as are the texts */
	char **mem;              /* owned: the texts of each row in one piece */
	size_t n, cap;
	bool oldest; /* nothing older is in the log */
	bool newest; /* the last row was the newest when it was read */
};

void tui_log_window_free(struct tui_log_window *w); /* empty and usable again */
/* Rows of an answer, newest first, in front; or oldest first, behind. What is too much falls off at
 * the other end. Returns how many rows were put in front minus how many fell off there: by so much
 * the index of a row has grown. */
long tui_log_window_older(struct tui_log_window *w, const struct sl_table *t);
long tui_log_window_newer(struct tui_log_window *w, const struct sl_table *t);
/* The index of a line; SIZE_MAX = it is not in the window. */
size_t tui_log_window_find(const struct tui_log_window *w, int64_t seq);

#endif
