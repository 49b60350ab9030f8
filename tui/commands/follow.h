/* follow.h - stay with a run until it ends: progress on a terminal, a clean stop on Ctrl-C. */
#ifndef TUI_FOLLOW_H
#define TUI_FOLLOW_H

#include "tui/commands/command.h"

/* A run that is stayed with. */
struct follow {
	int64_t run;
	int64_t before; /* the run of its sync that goes first; the caller's to set and to use */
	bool released; /* it was held and is told to go on: "held" is only what it is still leaving */
	bool over;     /* it has ended, or waits for a person */
	bool stopping;
	struct sl_run_stats stats; /* its last numbers */
};
/* Returns when one or more of them are over. */
void follow_wait(struct cmd_call *c, struct follow *f, unsigned n);
/* Returns when the run is over or waits for a person; *out has its last numbers. released: it was held
 * and is told to go on, so that "held" is only what it is still leaving. */
void follow_run(struct cmd_call *c, int64_t run, bool released, struct sl_run_stats *out);
/* What of late commits the run promises, on a line of its own without an end. */
void follow_promise(const struct sl_run_stats *s);
/* What became of it: lines for people, or its record as JSON on stdout. The exit code. */
int follow_report(struct cmd_call *c, const struct sl_run_stats *s);
/* The same of an earlier run that one went on with before its own; without JSON, which has a run a line. */
int follow_report_first(const struct cmd_call *c, const struct sl_run_stats *s);
/* SL_RUN_* of the options --all and --whole. */
unsigned follow_flags(const struct cmd_call *c);
/* The run id of an answer to sl_start and the like; 0 and *code when it failed. */
int64_t follow_started(struct cmd_call *c, sl_ticket t, int *code);

#endif
