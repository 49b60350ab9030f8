/* asked.h - requests that a screen waits for: telling answers apart, and failures as a pane's state. */
#ifndef TUI_ASKED_H
#define TUI_ASKED_H

#include "tui/screen.h"
#include "tui/widgets/pane.h"

/* Is m a part of the answer to *t? With the last part *t becomes 0 (nothing is waited for). */
bool tui_asked(sl_ticket *t, const struct sl_msg *m);
/* Do not wait any longer: the work is cancelled, a late answer is nobody's. */
void tui_unask(const struct tui_screen *s, sl_ticket *t);
/* A request was sent for this pane: loading, or an error where the engine took none. */
void tui_pane_asked(struct tui_pane *p, sl_ticket t);
/* The server's words, and how to mend it with the keys that help here. */
void tui_pane_problem(struct tui_pane *p, const struct sl_problem *problem);
/* "message (hint)" of a failed answer in the message row. */
void tui_say_problem(const struct tui_screen *s, const struct sl_problem *problem);

/* Leaving with text that is not saved: asks, and when it may be dropped clears *changed (a part of the
 * screen's state) and goes back. what: "form". false: nothing was typed. */
bool tui_ask_drop(struct tui_screen *s, const char *what, const bool *changed);
/* Cancelling a run: done is called with choice 0 for yes, and with this tag. */
void tui_ask_cancel_run(struct tui_screen *s,
			void (*done)(struct tui_screen *, int tag, int choice), int tag);
/* The prompt of "/": searched is told of every change, and of the end. */
void tui_ask_search(struct tui_screen *s, void (*searched)(struct tui_screen *, const char *text));
/* Why nothing may be changed now; NULL = it may. */
const char *tui_read_only(const struct tui_screen *s);

#endif
