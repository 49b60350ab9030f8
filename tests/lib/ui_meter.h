/* ui_meter.h - what a program with screens takes from the machine: read from /proc, and from its system
 * calls. For the budgets of tests/bench/tui.c. Its first thread is the one that draws. */
#ifndef TESTS_UI_METER_H
#define TESTS_UI_METER_H

#include "core/base/base.h"

#include <sys/types.h>

struct ui_use {
	int64_t at_us;      /* monotonic */
	double ui_s, all_s; /* processor seconds so far: of the first thread, of all */
	uint64_t ui_wakes;  /* times that the first thread went to sleep of its own will */
	uint64_t all_wakes; /* the same of all threads that live */
};

struct ui_use ui_use(pid_t pid);
double ui_rss_mib(pid_t pid);

/* The system calls of the first thread between start and stop. */
struct ui_trace;
struct ui_trace *ui_trace_start(pid_t pid) SL_MUST; /* NULL: not allowed here */

struct ui_traced {
	unsigned frames;    /* turns of its loop in which it wrote to the terminal */
	unsigned writes;    /* the most write calls of one frame */
	int64_t longest_us; /* without coming back to poll, waits for a processor left out */
};
struct ui_traced ui_trace_now(const struct ui_trace *t); /* while it rests */
/* The program must make a system call after it: `poke` is called to see to that. */
struct ui_traced ui_trace_stop(struct ui_trace *t, void (*poke)(void *), void *arg);

#endif
