/* test_tui_term.c - the terminal in a real pty: what is shown, and what is left behind.
 *
 * The program that runs there is this one, started again with "--app": an app with one screen. */
#include "tui/loop.h"

#include "tests/lib/check.h"
#include "tests/lib/vterm_pty.h"
#include "tui/screens/themes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the app --------------------------------------------------------------------------------- */

#define ACT_CRASH (TUI_ACT_OWN + 0)
#define ACT_NOISE (TUI_ACT_OWN + 1)

struct state {
	int at;
	char edited[400];
};

#define SOON_MS 60000 /* for a machine that is busy; every wait ends when its condition is met */

static void
edit(struct tui_screen *s)
{
	struct state *st = s->state;
	struct sl_buf out;
	struct sl_err err;

	sl_buf_init(&out, 0);
	if (tui_app_editor(s->app, SL_LIT("before\n"), ".sql", &out, &err) == SL_OK)
		snprintf(st->edited, sizeof(st->edited), "%s", sl_buf_cstr(&out));
	else
		snprintf(st->edited, sizeof(st->edited), "failed: %s", err.msg);
	sl_buf_free(&out);
}

/* The fault itself, not a signal that was sent; and not a finding of a sanitizer. */
__attribute__((no_sanitize("undefined"))) static void
crash(int address)
{
	*(volatile int *)(uintptr_t)address = 1;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct state *st = s->state;

	switch (cmd->action) {
	case TUI_ACT_DOWN:
		st->at += cmd->count;
		return true;
	case TUI_ACT_UP:
		st->at -= cmd->count;
		return true;
	case TUI_ACT_EDITOR:
		edit(s);
		return true;
	case ACT_CRASH:
		crash(cmd->count - 1);
		return true;
	case ACT_NOISE:
		fprintf(stderr, "a library complains\n");
		return true;
	default:
		return false;
	}
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct state *st = s->state;

	tui_printf(c, 0, 1, TUI_TEXT, "line %d of \xe5\xb0\x8f\xe6\x9e\x97 \033[31m", st->at);
	tui_puts(c, 1, 1, TUI_FAIL, "\xe2\x9c\x97 failed");
	tui_puts(c, 2, 1, TUI_TEXT, st->edited);
	for (int y = 3; y < c->rows; y++)
		tui_printf(c, y, 1, TUI_TEXT, "row %d", y);
	tui_cursor(c, 0, 1, false);
}

static const struct tui_action actions[] = {
	{ TUI_ACT_EDITOR, "edit", "E", "edit", "edit a text", "TEST", NULL, 0 },
	{ ACT_CRASH, "crash", "X", "crash", "write to address zero", "TEST", NULL, 0 },
	{ ACT_NOISE, "noise", "N", "noise", "write to stderr", "TEST", NULL, 0 },
};

static const struct tui_screen_ops home = {
	.id = "home",
	.title = "Home",
	.state_size = sizeof(struct state),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.action = action,
	.draw = draw,
};

static int
run_app(void)
{
	static const struct tui_screen_ops *const tabs[TUI_TABS] = { &home };
	static const struct tui_screen_ops *const others[] = { &tui_screen_themes, NULL };
	const struct rlimit no_core = { 0, 0 };
	struct tui_term *term;
	struct sl_err err;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	struct tui_app *app = tui_app_new(
		&(struct tui_app_opts){ .tabs = tabs, .others = others, .theme = "dark" }, &err);
	if (!app || tui_term_open(&(struct tui_term_opts){ .mouse = true }, &term, &err) != SL_OK) {
		fprintf(stderr, "%s (%s)\n", err.msg, err.hint);
		tui_app_free(app);
		return 2;
	}
	int rc = tui_loop(app, term);
	tui_term_close(term);
	tui_app_free(app);
	return rc;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static struct vt *
start(const char *const *env)
{
	static char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *argv[] = { self, "--app", NULL };

	assert_true(n > 0);
	self[n] = '\0';
	struct vt *v = vt_start(argv, env, 24, 80);
	assert_non_null(v);
	return v;
}

static struct vt *
started(const char *const *env)
{
	struct vt *v = start(env);

	if (!vt_until(v, "quit", SOON_MS))
		print_error("%s", vt_text(v));
	assert_true(vt_has(v, "line 0"));
	return v;
}

/* The terminal is as a shell wants it. */
static void
assert_clean(struct vt *v)
{
	assert_false(vt_alternate(v));
	assert_true(vt_cooked(v));
	assert_true(vt_wrote(v, "\033[?1000l"));
	assert_true(vt_wrote(v, "\033[?2004l"));
}

static void
the_screen_is_shown_and_given_back(void **state)
{
	struct vt *v = started(NULL);
	int status, row, col;

	(void)state;
	assert_true(vt_alternate(v));
	assert_false(vt_cooked(v));
	assert_true(vt_has(v, " line 0 of \xe5\xb0\x8f\xe6\x9e\x97 \xe2\x90\x9b[31m"));
	vt_cursor(v, &row, &col);
	assert_int_equal(row, 3); /* on what is selected */
	assert_int_equal(col, 1);
	vt_type(v, "jjjjj\033[Ak");
	assert_true(vt_until(v, "line 3 ", SOON_MS));
	vt_keys(v, "Q");
	assert_true(vt_exited(v, &status, SOON_MS));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_clean(v);
	vt_free(v);
}

/* At rest nothing is written; but the clock, when a minute begins. */
static void
assert_rest(struct vt *v)
{
	for (;;) {
		const int64_t minute = sl_wall_us() / 60000000;
		size_t before;

		vt_settle(v, 400);
		before = vt_bytes(v);
		vt_settle(v, 400);
		if (sl_wall_us() / 60000000 != minute)
			continue;
		assert_int_equal(vt_bytes(v), before);
		return;
	}
}

static void
a_burst_of_keys_is_one_small_frame(void **state)
{
	struct vt *v = started(NULL);
	char keys[201];

	(void)state;
	vt_settle(v, 150);
	size_t before = vt_bytes(v);
	memset(keys, 'j', 200);
	keys[200] = '\0';
	vt_type(v, keys);
	assert_true(vt_until(v, "line 200 ", SOON_MS));
	vt_settle(v, 100);
	assert_true(vt_bytes(v) - before < 2000);
	assert_rest(v);
	vt_free(v);
}

static void
sizes_change_at_will(void **state)
{
	struct vt *v = started(NULL);

	(void)state;
	for (int i = 1; i < 30; i++)
		vt_resize(v, i, 1 + i * 3);
	vt_resize(v, 5, 30);
	assert_true(vt_until(v, "sluice needs 40x10 (now 30x5)", SOON_MS));
	vt_resize(v, 1, 1);
	vt_settle(v, 100);
	vt_resize(v, 30, 100);
	assert_true(vt_until(v, "row 24", SOON_MS));
	assert_true(vt_until(v, "Q quit", SOON_MS));
	vt_free(v);
}

static void
colours_follow_the_terminal(void **state)
{
	static const char *const true_colour[] = { "COLORTERM=truecolor", NULL };
	static const char *const none[] = { "NO_COLOR=1", NULL };
	struct vt *v = started(true_colour);

	(void)state;
	vt_settle(v, 100);
	assert_true(vt_wrote(v, "38;2;242;139;130")); /* state.fail of the dark theme, exactly */
	assert_int_equal(vt_color(v, 4, 1, false), 0xf28b82);
	vt_free(v);
	v = started(NULL);
	assert_true(vt_wrote(v, "38;5;210"));
	assert_false(vt_wrote(v, "38;2;"));
	vt_free(v);
	v = started(none);
	assert_false(vt_wrote(v, "38;5;"));
	assert_false(vt_wrote(v, "\033[31m"));
	vt_free(v);
}

static void
other_terminals_work(void **state)
{
	static const char *const terms[] = { "TERM=vt100",           "TERM=linux",
					     "TERM=screen-256color", "TERM=tmux-256color",
					     "TERM=xterm-kitty",     "TERM=never-heard-of" };
	static const char *const ascii[] = { "LC_ALL=C", NULL };
	int status;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(terms); i++) {
		const char *env[] = { terms[i], NULL };
		struct vt *v = started(env);
		vt_keys(v, "j");
		assert_true(vt_until(v, "line 1 ", SOON_MS));
		vt_keys(v, "Q");
		assert_true(vt_exited(v, &status, SOON_MS));
		assert_true(vt_cooked(v));
		vt_free(v);
	}
	struct vt *v = started(ascii);
	assert_true(vt_has(v, "x failed"));
	for (const char *p = vt_text(v); *p; p++)
		assert_true((unsigned char)*p < 0x80);
	vt_free(v);
}

static void
a_dumb_terminal_gets_an_explanation(void **state)
{
	static const char *const dumb[] = { "TERM=dumb", NULL };
	struct vt *v = start(dumb);
	int status;

	(void)state;
	assert_true(vt_exited(v, &status, SOON_MS));
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_true(vt_has(v, "cannot place text"));
	assert_true(vt_cooked(v));
	vt_free(v);
}

static void
signals_leave_a_clean_terminal(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
	int status;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(signals); i++) {
		struct vt *v = started(NULL);
		vt_signal(v, signals[i]);
		assert_true(vt_exited(v, &status, SOON_MS));
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 128 + signals[i]);
		assert_clean(v);
		vt_free(v);
	}
	for (size_t i = 0; i < SL_COUNT(crashes); i++) {
		struct vt *v = started(NULL);
		vt_signal(v, crashes[i]);
		assert_true(vt_exited(v, &status, SOON_MS));
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
		assert_clean(v);
		vt_free(v);
	}
}

static void
a_crash_of_our_own_leaves_a_clean_terminal(void **state)
{
	struct vt *v = started(NULL);
	int status;

	(void)state;
	vt_keys(v, "X");
	assert_true(vt_exited(v, &status, SOON_MS));
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	assert_clean(v);
	vt_free(v);
}

static void
suspending_gives_the_terminal_back_for_a_while(void **state)
{
	struct vt *v = started(NULL);

	(void)state;
	vt_type(v, "\x1a");
	assert_true(vt_stopped(v, SOON_MS));
	assert_clean(v);
	vt_resize(v, 20, 70); /* while it sleeps */
	vt_signal(v, SIGCONT);
	assert_true(vt_until(v, "row 14", SOON_MS));
	assert_true(vt_until(v, "Q quit", SOON_MS));
	assert_true(vt_alternate(v));
	assert_false(vt_cooked(v));
	vt_keys(v, "j");
	assert_true(vt_until(v, "line 1 ", SOON_MS));
	vt_free(v);
}

static void
the_editor_gets_the_terminal(void **state)
{
	static const char *const good[] = { "EDITOR=sed -i s/before/after/", "VISUAL=", NULL };
	static const char *const bad[] = { "EDITOR=false", "VISUAL=", NULL };
	struct vt *v = started(good);

	(void)state;
	vt_keys(v, "E");
	assert_true(vt_until(v, "after", SOON_MS));
	assert_true(vt_alternate(v));
	vt_keys(v, "j");
	assert_true(vt_until(v, "line 1 ", SOON_MS));
	vt_free(v);
	v = started(bad);
	vt_keys(v, "E");
	assert_true(vt_until(v, "the editor ended with status 1", SOON_MS));
	vt_free(v);
}

static void
pastes_and_odd_bytes_are_no_commands(void **state)
{
	struct vt *v = started(NULL);

	(void)state;
	vt_type(v, "\033[200~QQQ\rX\033[201~");
	assert_true(vt_until(v, "nothing was pasted", SOON_MS));
	vt_type(v, "\033[0n\033]11;rgb:0000/0000/0000\007\033[<64;5;5M");
	vt_keys(v, "j");
	assert_true(vt_until(v, "line 1 ", SOON_MS));
	vt_free(v);
}

static void
escape_is_quick(void **state)
{
	struct vt *v = started(NULL);

	(void)state;
	int64_t best = INT64_MAX;
	for (int i = 0; i < 5; i++) { /* the best of them: the machine may be busy */
		vt_keys(v, "?");
		assert_true(vt_until(v, "Keys on this screen", SOON_MS));
		int64_t from = sl_mono_us();
		vt_keys(v, "Esc");
		assert_true(vt_until_gone(v, "Keys on this screen", SOON_MS));
		int64_t took = sl_mono_us() - from;
		best = took < best ? took : best;
	}
	assert_true(best < 500000); /* curses alone would wait for a second */
	vt_free(v);
}

static void
stderr_is_kept_off_the_screen(void **state)
{
	struct vt *v = started(NULL);
	int status;

	(void)state;
	vt_keys(v, "N j");
	assert_true(vt_until(v, "line 1 ", SOON_MS));
	assert_false(vt_has(v, "complains"));
	vt_keys(v, "Q");
	assert_true(vt_exited(v, &status, SOON_MS));
	assert_true(vt_has(v, "a library complains"));
	vt_free(v);
}

static void
a_theme_is_previewed_and_put_back(void **state)
{
	struct vt *v = started(NULL);
	uint32_t red = vt_color(v, 4, 1, false);

	(void)state;
	vt_type(v, ":themes\r");
	assert_true(vt_until(v, "terminal-16", SOON_MS));
	vt_keys(v, "j");
	assert_true(vt_until(v, "light.theme", SOON_MS));
	vt_type(v, "q");
	assert_true(vt_until(v, "line 0", SOON_MS));
	vt_settle(v, 100);
	assert_int_equal(vt_color(v, 4, 1, false), red);
	vt_free(v);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_screen_is_shown_and_given_back),
		cmocka_unit_test(a_burst_of_keys_is_one_small_frame),
		cmocka_unit_test(sizes_change_at_will),
		cmocka_unit_test(colours_follow_the_terminal),
		cmocka_unit_test(other_terminals_work),
		cmocka_unit_test(a_dumb_terminal_gets_an_explanation),
		cmocka_unit_test(signals_leave_a_clean_terminal),
		cmocka_unit_test(a_crash_of_our_own_leaves_a_clean_terminal),
		cmocka_unit_test(suspending_gives_the_terminal_back_for_a_while),
		cmocka_unit_test(the_editor_gets_the_terminal),
		cmocka_unit_test(pastes_and_odd_bytes_are_no_commands),
		cmocka_unit_test(escape_is_quick),
		cmocka_unit_test(stderr_is_kept_off_the_screen),
		cmocka_unit_test(a_theme_is_previewed_and_put_back),
	};

	if (argc > 1 && strcmp(argv[1], "--app") == 0)
		return run_app();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
