/* ui.c - opens the engine, the app and the terminal, and says what became of the runs at the end. */
#include "tui/ui.h"

#include "tui/loop.h"
#include "tui/screens.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define GRACE_MS  5000 /* for what is in flight, when the program ends */
#define OPEN_RUNS 32

struct ui {
	const struct cmd_screens *o;
	struct sl_engine *engine;
	struct tui_app *app;
	struct tui_term *term;
	struct sl_problem locked; /* why we may only look; kind "" = we may more */
	bool read_only;
	char state_dir[PATH_MAX]; /* of the ui; "" = none */
};

/* ---- before the screens ------------------------------------------------------------------------ */

static void
say(const char *where, const char *message, const char *hint)
{
	struct sl_buf b;

	sl_buf_init(&b, 4096);
	sl_buf_puts(&b, "sluice: ");
	if (*where) {
		sl_visible(&b, sl_str(where));
		sl_buf_puts(&b, ": ");
	}
	sl_visible(&b, sl_str(message));
	if (*hint) {
		sl_buf_puts(&b, "\n  ");
		sl_visible(&b, sl_str(hint));
	}
	(void)fprintf(stderr, "%s\n", sl_buf_cstr(&b));
	sl_buf_free(&b);
}

/* The screens need a terminal that can place text. false: said so. */
static bool
has_terminal(const struct cmd_screens *o)
{
	const char *name = getenv("TERM");
	const char *hint = "commands need none: sluice status, sluice run SYNC; sluice --help";

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		say("", "the screens need a terminal, and standard input or output is none", hint);
		return false;
	}
	if (!o->plain && (!name || !*name || strcmp(name, "dumb") == 0)) {
		say("",
		    name && *name ? "the screens need more than TERM=dumb"
				  : "the screens need to know the terminal: TERM is not set",
		    hint);
		return false;
	}
	return true;
}

/* Histories and the chosen theme belong to the person, not to a workspace. */
static void
find_state_dir(struct ui *u)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (xdg && *xdg)
		n = snprintf(u->state_dir, sizeof(u->state_dir), "%s/sluice", xdg);
	else if (home && *home)
		n = snprintf(u->state_dir, sizeof(u->state_dir), "%s/.local/state/sluice", home);
	if (n < 0 || n >= (int)sizeof(u->state_dir)) {
		u->state_dir[0] = '\0';
		return;
	}
	for (char *p = u->state_dir + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(u->state_dir, 0700); /* where it fails, nothing is kept */
		*p = '/';
	}
	(void)mkdir(u->state_dir, 0700);
}

/* One key, without Enter; 0 = none could be read. */
static char
one_key(void)
{
	struct termios saved, raw;
	char key = 0;

	if (tcgetattr(STDIN_FILENO, &saved) != 0)
		return 0;
	raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	if (read(STDIN_FILENO, &key, 1) != 1)
		key = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return key;
}

/* Offer to make the workspace that is not there. */
static bool
offer_workspace(const struct cmd_screens *o, const struct sl_problem *p)
{
	struct sl_problem made;
	char dir[PATH_MAX];

	say(p->where, p->message, "");
	(void)fputs("Make a workspace there now, as sluice init does?  y yes   any other key: no ",
		    stderr);
	const char key = one_key();
	(void)fputc('\n', stderr);
	if (key != 'y' && key != 'Y')
		return false;
	if (sl_workspace_init(o->workspace, dir, sizeof(dir), &made))
		return true;
	say(made.where, made.message, made.hint);
	return false;
}

/* Threads of the engine inherit a mask with every signal blocked: signals are the screens'. */
static struct sl_engine *
open_engine(const struct cmd_screens *o, bool read_only, struct sl_problem *p)
{
	const struct sl_options opt = { .workspace = o->workspace,
					.state_dir = o->state_dir,
					.read_only = read_only };
	sigset_t all, before;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	struct sl_engine *e = sl_engine_open(&opt, p);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e;
}

/* 0, or the exit code of what went wrong, which was said. */
static int
find_engine(struct ui *u)
{
	struct sl_problem p;

	u->locked.kind = "";
	u->read_only = u->o->read_only;
	u->engine = open_engine(u->o, u->read_only, &p);
	if (!u->engine && strcmp(p.kind, "not found") == 0 && offer_workspace(u->o, &p))
		u->engine = open_engine(u->o, u->read_only, &p);
	else if (!u->engine && strcmp(p.kind, "not found") == 0)
		return p.exit_code;
	if (!u->engine && strcmp(p.kind, "locked") == 0) {
		u->locked = p;
		u->read_only = true;
		u->engine = open_engine(u->o, true, &p);
	}
	if (u->engine)
		return 0;
	say(p.where, p.message, p.hint);
	return p.exit_code;
}

/* ---- what the frame shows of the engine ---------------------------------------------------------- */

struct tally {
	unsigned running, held;
};

static struct tally
count_runs(struct sl_engine *e)
{
	struct tally t = { 0, 0 };
	struct sl_run_stats s;
	int64_t ids[OPEN_RUNS];
	const unsigned n = sl_open_runs(e, ids, OPEN_RUNS);

	for (unsigned i = 0; i < n && i < OPEN_RUNS; i++) {
		if (!sl_run_stats(e, ids[i], &s) || !s.open)
			continue;
		if (strcmp(s.state, "held") == 0)
			t.held++;
		else
			t.running++;
	}
	return t;
}

static void
chips(void *arg, struct sl_buf *out)
{
	const struct ui *u = arg;
	const struct tally t = count_runs(u->engine);

	if (*u->locked.kind)
		sl_buf_puts(out, "another sluice works here: looking only");
	else if (*sl_engine_notice(u->engine, NULL))
		sl_buf_puts(out, "state begun anew: see sluice status");
	if (t.running > 0)
		sl_buf_printf(out, "%s%u running", out->len ? " \u00b7 " : "", t.running);
	if (t.held > 0)
		sl_buf_printf(out, "%s%u held", out->len ? " \u00b7 " : "", t.held);
}

/* A held run keeps on waiting without us. */
static unsigned
live_runs(void *arg)
{
	const struct ui *u = arg;

	return count_runs(u->engine).running;
}

/* ---- the end ------------------------------------------------------------------------------------ */

/* What becomes of a run when the program ends. */
static void
tell_run(const struct sl_run_stats *s)
{
	(void)fprintf(stderr, "sluice: run %lld of %s: %llu of %llu events acknowledged; ",
		      (long long)s->run, s->sync, (unsigned long long)s->acked,
		      (unsigned long long)s->adds + s->updates + s->removes);
	if (strcmp(s->state, "held") == 0)
		(void)fprintf(stderr, "it waits for confirmation: sluice release %lld, or R here\n",
			      (long long)s->run);
	else if (s->planning)
		(void)fputs("it was still planning: the next run plans the rest again\n", stderr);
	else
		(void)fprintf(stderr, "the rest is in the log: sluice run %s goes on\n", s->sync);
}

static void
tell_runs(struct sl_engine *e)
{
	struct sl_run_stats s;
	int64_t ids[OPEN_RUNS];
	const unsigned n = sl_open_runs(e, ids, OPEN_RUNS);

	for (unsigned i = 0; i < n && i < OPEN_RUNS; i++) {
		if (sl_run_stats(e, ids[i], &s) && s.open)
			tell_run(&s);
	}
}

static int
show(struct ui *u)
{
	const struct tui_app_opts opts = {
		.tabs = tui_screen_tabs,
		.others = tui_screen_others,
		.engine = u->engine,
		.read_only = u->read_only,
		.plain = u->o->plain,
		.theme = u->o->theme,
		.state_dir = u->state_dir[0] ? u->state_dir : NULL,
		.chips = chips,
		.live_runs = live_runs,
		.arg = u,
	};
	const struct tui_term_opts term = { .mouse = true,
					    .plain = u->o->plain,
					    .no_color = u->o->no_color };
	struct sl_err err;

	u->app = tui_app_new(&opts, &err);
	if (!u->app || tui_term_open(&term, &u->term, &err) != SL_OK) {
		say(err.where, err.msg, err.hint);
		return SL_EXIT_CONFIG;
	}
	if (*u->locked.kind)
		tui_app_say(u->app, TUI_SEV_WARN, "%s: this session only looks", u->locked.message);
	else if (*sl_engine_notice(u->engine, NULL))
		tui_app_say(u->app, TUI_SEV_WARN, "%s", sl_engine_notice(u->engine, NULL));
	const int code = tui_loop(u->app, u->term);
	tui_term_close(u->term);
	return code;
}

int
tui_ui(const struct cmd_screens *o)
{
	struct ui u = { .o = o };
	int code;

	if (!has_terminal(o))
		return SL_EXIT_CONFIG;
	find_state_dir(&u);
	code = find_engine(&u);
	if (code != 0)
		return code;
	code = show(&u);
	tui_app_free(u.app);
	tell_runs(u.engine);
	sl_engine_close(u.engine, GRACE_MS);
	return code;
}
