/* many.c - start syncs at once in one engine, as the screens do, and tell how each went: one line a sync,
 *   SYNC STATE ACKED SECONDS AT_FIRST
 * SECONDS from the start to its end; AT_FIRST is what it had acknowledged when the first one was through.
 * Usage: many WORKSPACE [--dead SYNC] SYNC...
 * A sync behind --dead is not waited for: it is stopped when the others have ended, its line says "dead". */
#include "core/sluice.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANY 64

struct one {
	const char *sync;
	bool dead;
	int64_t run;
	struct sl_run_stats stats;
	double ended;      /* seconds since the start; 0 = not yet */
	uint64_t at_first; /* acknowledged when the first was through */
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
start(struct sl_engine *e, struct one *o)
{
	struct sl_msg *m = sl_wait(e, sl_start(e, o->sync, 0), -1, NULL, NULL);
	const bool ok = m && !m->failed;

	if (ok)
		o->run = sl_table_get_int(m->table, 0, "run");
	else
		(void)fprintf(stderr, "many: %s: %s\n", o->sync,
			      m ? m->problem.message : "no answer");
	sl_msg_free(m);
	return ok;
}

/* Takes the numbers of all; the first that is through fixes AT_FIRST. Returns how many are waited for. */
static unsigned
look(struct sl_engine *e, struct one *all, unsigned n, double since)
{
	unsigned left = 0, through = 0, ended_now = 0;

	for (unsigned i = 0; i < n; i++) {
		struct one *o = &all[i];

		if (o->ended == 0 && sl_run_stats(e, o->run, &o->stats) && !o->stats.open &&
		    !o->dead) {
			o->ended = now() - since;
			ended_now++;
		}
		left += !o->dead && o->ended == 0;
		through += o->ended > 0;
	}
	if (ended_now && through == ended_now)
		for (unsigned i = 0; i < n; i++)
			all[i].at_first = all[i].stats.acked;
	return left;
}

static void
wait_for(struct sl_engine *e, struct one *all, unsigned n, double since)
{
	struct pollfd fd = { .fd = sl_engine_fd(e), .events = POLLIN };

	while (look(e, all, n, since)) {
		(void)poll(&fd, 1, 20);
		for (struct sl_msg *m; (m = sl_next(e));)
			sl_msg_free(m);
	}
}

static bool
run_all(struct sl_engine *e, struct one *all, unsigned n)
{
	const double since = now();

	for (unsigned i = 0; i < n; i++)
		if (!start(e, &all[i]))
			return false;
	wait_for(e, all, n, since);
	for (unsigned i = 0; i < n; i++) {
		const struct one *o = &all[i];

		if (o->dead)
			sl_msg_free(sl_wait(e, sl_stop(e, o->run), -1, NULL, NULL));
		(void)printf("%s %s %llu %.3f %llu\n", o->sync, o->dead ? "dead" : o->stats.state,
			     (unsigned long long)o->stats.acked, o->ended,
			     (unsigned long long)o->at_first);
		if (o->stats.error[0] && !o->dead)
			(void)fprintf(stderr, "many: %s: %s\n", o->sync, o->stats.error);
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct sl_problem problem;
	struct one all[MANY] = { 0 };
	unsigned n = 0;

	for (int i = 2; i < argc && n < MANY; i++) {
		const bool dead = strcmp(argv[i], "--dead") == 0 && i + 1 < argc;

		i += dead;
		all[n++] = (struct one){ .sync = argv[i], .dead = dead };
	}
	if (n == 0)
		return 2;
	struct sl_engine *e =
		sl_engine_open(&(struct sl_options){ .workspace = argv[1] }, &problem);
	if (!e) {
		(void)fprintf(stderr, "many: %s\n", problem.message);
		return 1;
	}
	const bool ok = run_all(e, all, n);
	sl_engine_close(e, 1000);
	return ok ? 0 : 1;
}
