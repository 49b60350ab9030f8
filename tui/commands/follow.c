#include "tui/commands/follow.h"

#include "tui/commands/print.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS   200
#define BAR       20 /* columns */
#define HELD_KEYS 20u

int64_t
follow_started(struct cmd_call *c, sl_ticket t, int *code)
{
	struct sl_msg *m = cmd_answer(c, t, code);
	int64_t run;

	if (!m)
		return 0;
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	return run;
}

unsigned
follow_flags(const struct cmd_call *c)
{
	return (cmd_value(c, "all") ? SL_RUN_ALL : 0) | (cmd_value(c, "whole") ? SL_RUN_WHOLE : 0);
}

static void
put_bar(FILE *out, double part)
{
	const int full = (int)(part * BAR);

	(void)fputc('[', out);
	for (int i = 0; i < BAR; i++)
		(void)fputc(i < full ? '#' : '.', out);
	(void)fprintf(out, "] %3d%%", (int)(part * 100));
}

/* One line that is written over; shorter than a narrow terminal. */
static void
progress(const struct sl_run_stats *s, const char *whose)
{
	const uint64_t planned = s->adds + s->updates + s->removes;
	const uint64_t final = s->acked + s->dead + s->superseded + s->cancelled;
	char n[32], eta[32];

	(void)fprintf(stderr, "\r\033[K%s", whose);
	if (s->planning) {
		if (s->rows_est > 0 && s->rows_read <= (uint64_t)s->rows_est)
			put_bar(stderr, (double)s->rows_read / (double)s->rows_est);
		(void)fprintf(stderr, " %s rows read", print_count(n, s->rows_read));
		(void)fprintf(stderr, ", %s acked", print_count(n, s->acked));
		(void)fprintf(stderr, ", %s rows/s", print_count(n, (uint64_t)s->read_rate));
	} else {
		if (planned)
			put_bar(stderr, (double) final / (double)planned);
		(void)fprintf(stderr, " %s", print_count(n, s->acked));
		(void)fprintf(stderr, " of %s acked", print_count(n, planned));
		(void)fprintf(stderr, ", %s/s", print_count(n, (uint64_t)s->rate));
	}
	if (s->dead)
		(void)fprintf(stderr, ", %s failed", print_count(n, s->dead));
	if (s->waiting[0])
		(void)fprintf(stderr, ", %s", s->waiting);
	else if (s->eta_us >= 0)
		(void)fprintf(stderr, ", %s left", print_span(eta, s->eta_us));
	(void)fflush(stderr);
}

/* Of several runs: what they have done together, for one line. */
static void
add_up(const struct follow *f, unsigned n, struct sl_run_stats *sum)
{
	*sum = f[0].stats;
	sum->waiting[0] = '\0';
	for (unsigned i = 1; i < n; i++) {
		const struct sl_run_stats *s = &f[i].stats;

		sum->planning = sum->planning || s->planning;
		sum->rows_est =
			sum->rows_est < 0 || s->rows_est < 0 ? -1 : sum->rows_est + s->rows_est;
		sum->rows_read += s->rows_read;
		sum->adds += s->adds;
		sum->updates += s->updates;
		sum->removes += s->removes;
		sum->acked += s->acked;
		sum->dead += s->dead;
		sum->superseded += s->superseded;
		sum->cancelled += s->cancelled;
		sum->rate += s->rate;
		sum->read_rate += s->read_rate;
		if (sum->eta_us >= 0)
			sum->eta_us =
				s->eta_us < 0 || s->eta_us > sum->eta_us ? s->eta_us : sum->eta_us;
	}
}

static void
show_progress(const struct follow *f, unsigned n)
{
	struct sl_run_stats sum;

	if (n == 1) {
		progress(&f->stats, "");
		return;
	}
	char runs[24];

	(void)snprintf(runs, sizeof(runs), "%u runs: ", n);
	add_up(f, n, &sum);
	progress(&sum, runs);
}

/* Bring the numbers of all up to date. Is one of them over? */
static bool
look(struct cmd_call *c, struct follow *f, unsigned n)
{
	bool over = false;

	for (unsigned i = 0; i < n; i++) {
		f[i].over = !sl_run_stats(c->engine, f[i].run, &f[i].stats) || !f[i].stats.open ||
			    (!f[i].released && strcmp(f[i].stats.state, "held") == 0);
		over = over || f[i].over;
	}
	return over;
}

static void
stop_all(struct cmd_call *c, struct follow *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!f[i].stopping)
			(void)sl_stop(c->engine, f[i].run);
		f[i].stopping = true;
	}
}

void
follow_wait(struct cmd_call *c, struct follow *f, unsigned n)
{
	const bool show = !c->quiet && isatty(STDERR_FILENO);

	while (!look(c, f, n)) {
		struct pollfd p = { .fd = sl_engine_fd(c->engine), .events = POLLIN };
		struct sl_msg *m;

		if (cmd_interrupts() > 0)
			stop_all(c, f, n);
		if (show)
			show_progress(f, n);
		(void)poll(&p, 1, TURN_MS);
		while ((m = sl_next(c->engine)))
			sl_msg_free(m);
	}
	if (show)
		(void)fputs("\r\033[K", stderr);
}

void
follow_run(struct cmd_call *c, int64_t run, bool released, struct sl_run_stats *out)
{
	struct follow f = { .run = run, .released = released };

	follow_wait(c, &f, 1);
	*out = f.stats;
}

void
follow_promise(const struct sl_run_stats *s)
{
	char n[32];

	if (s->promise[0])
		(void)printf("\n  promise: %s", s->promise);
	if (s->null_cursors)
		(void)printf(", %s rows without a cursor (every run reads them)",
			     print_count(n, s->null_cursors));
}

static void
report_text(const struct sl_run_stats *s)
{
	const int64_t took =
		s->ended_us > s->started_us ? s->ended_us - s->started_us - s->waited_us : 0;
	char n[32], span[32];

	(void)printf("%s run %lld: %s", s->sync, (long long)s->run, s->state);
	if (took)
		(void)printf(" in %s", print_span(span, took));
	if (s->error[0] && s->rows_read == 0 && s->adds + s->updates + s->removes == 0) {
		(void)fputc('\n', stdout);
		return;
	}
	if (strcmp(s->kind, "retry") == 0)
		(void)printf("\n  sent again:");
	else
		(void)printf("\n  read %s rows:", print_count(n, s->rows_read));
	(void)printf(" %s adds,", print_count(n, s->adds));
	(void)printf(" %s updates,", print_count(n, s->updates));
	(void)printf(" %s removes", print_count(n, s->removes));
	if (strcmp(s->kind, "retry") != 0)
		(void)printf(", %s the same", print_count(n, s->same));
	if (s->skipped)
		(void)printf(", %s skipped", print_count(n, s->skipped));
	if (s->still_dead)
		(void)printf(", %s failed before and unchanged", print_count(n, s->still_dead));
	follow_promise(s);
	(void)printf("\n  acknowledged %s", print_count(n, s->acked));
	if (s->dead)
		(void)printf(", failed %s (see: sluice failed %s)", print_count(n, s->dead),
			     s->sync);
	if (s->cancelled && strcmp(s->state, "settled") == 0)
		(void)printf(", %s removes left out", print_count(n, s->cancelled));
	else if (s->cancelled)
		(void)printf(", cancelled %s", print_count(n, s->cancelled));
	if (s->retries)
		(void)printf(", %s requests tried again", print_count(n, s->retries));
	(void)fputc('\n', stdout);
}

/* What a person needs to decide on a held run. */
static void
tell_held(struct cmd_call *c, const struct sl_run_stats *s)
{
	const unsigned most = s->removes < HELD_KEYS ? (unsigned)s->removes : HELD_KEYS;
	int code;
	struct sl_msg *m;

	if (strcmp(s->state, "held") != 0 || !s->removes_held)
		return;
	m = cmd_answer(c, sl_changes(c->engine, s->run, "remove", 0, most), &code);
	if (!m)
		return;
	(void)fputs("  would remove", stdout);
	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		(void)fputc(' ', stdout);
		print_text(stdout, sl_table_get(m->table, i, "key"));
	}
	if (s->removes > most)
		(void)fputs(" ...", stdout);
	(void)printf("\n  to send them: sluice release %lld --confirm-removes %llu --plan %s",
		     (long long)s->run, (unsigned long long)s->removes, s->plan);
	if (s->removes * 2 > s->live)
		(void)printf(" --sync %s", s->sync);
	(void)printf("\n  without them: sluice release %lld\n", (long long)s->run);
	sl_msg_free(m);
}

/* A quiet run, that of cron above all, still tells what a person must look at. */
static void
tell_failed(const struct cmd_call *c, const struct sl_run_stats *s)
{
	char n[32];

	(void)fflush(stdout);
	if (c->quiet && s->dead)
		(void)fprintf(stderr,
			      "sluice: %s run %lld: %s events failed (see: sluice failed %s)\n",
			      s->sync, (long long)s->run, print_count(n, s->dead), s->sync);
}

int
follow_report_first(const struct cmd_call *c, const struct sl_run_stats *s)
{
	char n[32];

	if (!c->json && !c->quiet) {
		(void)printf("%s run %lld was interrupted before; it went on first\n", s->sync,
			     (long long)s->run);
		(void)printf("  acknowledged %s in all", print_count(n, s->acked));
		if (s->dead)
			(void)printf(", failed %s (see: sluice failed %s)", print_count(n, s->dead),
				     s->sync);
		(void)fputc('\n', stdout);
	}
	tell_failed(c, s);
	return s->dead ? SL_EXIT_EVENTS_FAILED : SL_EXIT_OK;
}

int
follow_report(struct cmd_call *c, const struct sl_run_stats *s)
{
	if (c->json) {
		int code;
		struct sl_msg *m = cmd_answer(c, sl_run(c->engine, s->run), &code);

		if (!m)
			return code;
		print_json_row(stdout, m->table, 0);
		(void)fputc('\n', stdout);
		sl_msg_free(m);
	} else if (!c->quiet) {
		report_text(s);
		tell_held(c, s);
	}
	tell_failed(c, s);
	if (s->error[0]) {
		(void)fputs("sluice: ", stderr);
		print_text(stderr, s->error);
		(void)fputc('\n', stderr);
	}
	return s->exit_code;
}
