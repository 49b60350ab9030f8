/* pane.h - what a pane shows when it has no content of its own: loading, empty, error (tui.md 2.3). */
#ifndef TUI_PANE_H
#define TUI_PANE_H

#include "tui/canvas.h"

enum tui_pane_state { TUI_PANE_READY, TUI_PANE_LOADING, TUI_PANE_ERROR };

/* Embedded in widgets. Zeroed = ready. Content that is there stays visible while loading. */
struct tui_pane {
	enum tui_pane_state state;
	int64_t since_us;  /* LOADING: sl_mono_us() when it began; nothing is said for 150 ms */
	char text[400];    /* ERROR: what was tried and the server's words */
	char hint[200];    /* ERROR: how to mend it, with keys */
	const char *empty; /* no content: "No syncs yet." */
	const char *empty_hint; /* "n new sync   :import" */
};

void tui_pane_loading(struct tui_pane *p); /* keeps since_us when it is loading already */
void tui_pane_ready(struct tui_pane *p);
void tui_pane_error(struct tui_pane *p, const char *text, const char *hint); /* NULL hint: none */

/* Draw the state; true when nothing else is to be drawn (no content). has_content: rows are there. */
bool tui_pane_draw(const struct tui_pane *p, const struct tui_canvas *c, bool has_content);
/* Milliseconds until the picture changes by itself, -1 = it does not. For tick_ms(). */
int tui_pane_tick_ms(const struct tui_pane *p);

#endif
