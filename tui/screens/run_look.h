/* run_look.h - how runs look everywhere: the word, mark and colour of a state, and records as numbers. */
#ifndef TUI_RUN_LOOK_H
#define TUI_RUN_LOOK_H

#include "core/sluice.h"
#include "tui/canvas.h"

struct tui_look {
	const char *mark, *word;
	enum tui_role role;
};
/* missed: planned events of the run that did not arrive (a settled one is then only partly done). */
struct tui_look tui_run_look(const char *state, uint64_t missed);
/* "✓ ok" into out; returns out. */
const char *tui_run_word(const char *state, uint64_t missed, char out[32]);
/* Dead letters, and removes that a person left out. Of numbers, and of a row of sl_runs() or sl_list(). */
uint64_t tui_run_missed(const struct sl_run_stats *s);
uint64_t tui_run_missed_of(const struct sl_table *t, unsigned row);

/* What a promise means, in a few words; "" for one that is not known. */
const char *tui_run_promise(const char *promise);
/* A row of sl_runs() as the numbers of a run; what only a live run has is 0 or -1. */
void tui_run_record(const struct sl_table *t, unsigned row, struct sl_run_stats *out);
uint64_t tui_run_events(const struct sl_run_stats *s); /* planned so far */
/* 0..1 of the work that can be counted; -1 = nothing can be said. Never goes back in one state. */
double tui_run_part(const struct sl_run_stats *s);
/* "41%", "planning", ... with the mark: what the state column of a list says. */
const char *tui_run_brief(const struct sl_run_stats *s, char out[32]);

/* The letters of `history` of sl_list() as marks, newest at the right end. */
void tui_run_history(const char *letters, char out[64], enum tui_role *role);

#endif
