/* test_program.c - the program itself in a real terminal: from the first key to the last word. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/vterm_pty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 60000 /* for a busy machine; every wait ends when its condition is met */

static const char *
program(void)
{
	const char *path = getenv("SLUICE");

	return path ? path : "build/sluice";
}

/* The engine of the rig gives the state up: the program is to have it. */
static struct vt *
started(struct engine_rig *e, const char *dir, const char *const *env)
{
	const char *argv[] = { program(), "-w", dir, "--theme", "mono", NULL };
	static const char *const none[] = { NULL };
	char state[300];
	struct vt *v;

	(void)snprintf(state, sizeof(state), "%s/xdg", e->dir);
	assert_int_equal(setenv("XDG_STATE_HOME", state, 1), 0);
	v = vt_start(argv, env ? env : none, 24, 80);
	assert_non_null(v);
	return v;
}

static void
assert_clean(struct vt *v)
{
	assert_false(vt_alternate(v));
	assert_true(vt_cooked(v));
}

static void
until(struct vt *v, const char *text)
{
	if (!vt_until(v, text, LONG_MS))
		fail_msg("\"%s\" is never on the screen:\n%s", text, vt_text(v));
}

static int
exit_code(struct vt *v)
{
	int status = 0;

	if (!vt_exited(v, &status, LONG_MS))
		fail_msg("it is still running:\n%s", vt_text(v));
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
		fail_msg("it ended badly (%d):\n%s", status, vt_text(v));
	return WEXITSTATUS(status);
}

static void
test_plan_send_quit(void **state)
{
	struct engine_rig *e = *state;
	struct vt *v;

	engine_rig_shut(e);
	v = started(e, e->dir, NULL);
	until(v, "- never");
	vt_keys(v, "R");
	until(v, "send all of it (50)");
	until(v, "\"identify\"");
	vt_keys(v, "Enter"); /* shows the event; sends nothing */
	until(v, "q close");
	vt_keys(v, "q");
	assert_true(vt_until_gone(v, "q close", LONG_MS));
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 0);
	vt_keys(v, "S");
	until(v, "50 of 50");
	until(v, "settled: 50 acknowledged");
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 50);
	vt_keys(v, "1");
	until(v, "nothing waits for you");
	vt_keys(v, "Q");
	assert_int_equal(exit_code(v), 0);
	assert_clean(v);
	vt_free(v);
}

/* A run that is open at the end: it is told what becomes of it, and the next start goes on. */
static void
test_quit_while_it_runs(void **state)
{
	struct engine_rig *e = *state;
	struct vt *v;

	engine_rig_shut(e);
	engine_rig_users(e, 6000);
	test_receiver_faults(e->rx, "{\"slow_ms\": 400}");
	v = started(e, e->dir, NULL);
	until(v, "- never");
	vt_keys(v, "R");
	until(v, "send all of it (6,000)");
	vt_keys(v, "S");
	until(v, "> sending");
	vt_keys(v, "Q");
	until(v, "Quit while runs are open?");
	(void)usleep(450000); /* a dialog drops the keys of its first 0.4 s */
	vt_keys(v, "X");
	assert_int_equal(exit_code(v), 0);
	assert_clean(v);
	assert_true(vt_has(v, "sluice: run 1 of users:"));
	assert_true(vt_has(v, "sluice run users goes on"));
	vt_free(v);
	test_receiver_faults(e->rx, "{}");
	v = started(e, e->dir, NULL);
	until(v, "= paused");
	vt_keys(v, "p");
	until(v, "\xe2\x9c\x93 ok");
	vt_keys(v, "Q");
	assert_int_equal(exit_code(v), 0);
	vt_free(v);
	assert_int_equal(test_receiver_int(e->rx, "SELECT count(*) FROM events"), 6000);
}

static void
test_crash_restores_the_terminal(void **state)
{
	struct engine_rig *e = *state;
	int status;
	struct vt *v;

	engine_rig_shut(e);
	v = started(e, e->dir, NULL);
	until(v, "- never");
	assert_true(vt_alternate(v));
	vt_signal(v, SIGSEGV);
	assert_true(vt_exited(v, &status, LONG_MS));
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_clean(v);
	vt_free(v);
}

static void
test_term_signal(void **state)
{
	struct engine_rig *e = *state;
	struct vt *v;

	engine_rig_shut(e);
	v = started(e, e->dir, NULL);
	until(v, "- never");
	vt_signal(v, SIGTERM);
	assert_int_equal(exit_code(v), 128 + SIGTERM);
	assert_clean(v);
	vt_free(v);
}

/* Another sluice has the state: one may look, and is told so. */
static void
test_locked(void **state)
{
	struct engine_rig *e = *state;
	struct vt *v = started(e, e->dir, NULL);

	until(v, "looking only");
	until(v, "- never");
	vt_keys(v, "R");
	until(v, "not now: this session is read-only");
	vt_keys(v, "Q");
	assert_int_equal(exit_code(v), 0);
	vt_free(v);
}

static void
test_no_workspace(void **state)
{
	struct engine_rig *e = *state;
	char dir[300];
	struct vt *v;

	(void)snprintf(dir, sizeof(dir), "%s/new", e->dir);
	v = started(e, dir, NULL);
	until(v, "Make a workspace there now");
	vt_type(v, "n");
	assert_int_equal(exit_code(v), SL_EXIT_CONFIG);
	assert_int_not_equal(access(dir, F_OK), 0);
	vt_free(v);
	v = started(e, dir, NULL);
	until(v, "Make a workspace there now");
	vt_type(v, "y");
	until(v, "No syncs yet");
	vt_keys(v, "Q");
	assert_int_equal(exit_code(v), 0);
	assert_int_equal(access(dir, F_OK), 0);
	vt_free(v);
}

/* Without a terminal that can do it: an error that names the commands. */
static void
test_no_terminal(void **state)
{
	static const char *const dumb[] = { "TERM=dumb", NULL };
	struct engine_rig *e = *state;
	struct vt *v = started(e, e->dir, dumb);
	char command[600], line[400] = "";
	FILE *f;

	assert_int_equal(exit_code(v), SL_EXIT_CONFIG);
	assert_true(vt_has(v, "TERM=dumb"));
	assert_true(vt_has(v, "sluice --help"));
	vt_free(v);
	(void)snprintf(command, sizeof(command), "%s -w %s </dev/null 2>&1", program(), e->dir);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "the screens need a terminal"));
	while (fgets(line, sizeof(line), f))
		;
	assert_int_equal(WEXITSTATUS(pclose(f)), SL_EXIT_CONFIG);
}

#define RIG(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(test_plan_send_quit), RIG(test_quit_while_it_runs),
		RIG(test_term_signal),    RIG(test_crash_restores_the_terminal),
		RIG(test_locked),         RIG(test_no_workspace),
		RIG(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
