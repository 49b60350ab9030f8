/* nth_fail.c - see nth_fail.h */
#include "tests/lib/nth_fail.h"

#include "tests/lib/alloc_fail.h"
#include "tests/lib/check.h"

#include "core/base/pacing.h"

#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 30
#define MOST    20000 /* allocations in a scene that is played for each of them */

enum { FINE = 0, BAD = 1, OVER = 77 }; /* how a child ends; OVER: nothing failed any more */

static unsigned long cases, violations;

static _Noreturn void
bad(const char *what, const char *why)
{
	(void)fprintf(stderr, "# %s: %s\n", what, why);
	alloc_fail_say();
	_exit(BAD);
}

/* The process is lost already: that it may hang here is a fair price for the place. */
// NOLINTBEGIN(bugprone-signal-handler)
static void
crashed(int sig)
{
	void *frames[40];
	const int n = backtrace(frames, 40);

	(void)signal(sig, SIG_DFL);
	(void)fprintf(stderr, "# signal %d\n", sig);
	backtrace_symbols_fd(frames, n, STDERR_FILENO);
	alloc_fail_say();
	(void)raise(sig);
}
// NOLINTEND(bugprone-signal-handler)

static void
check_failed(const struct sl_err *err, enum sl_code code)
{
	char text[700];

	if (code == SL_OK)
		return;
	(void)sl_err_text(err, text, sizeof(text));
	if (code != SL_E_NOMEM)
		bad(sl_code_name(code), text);
	if (err->code != SL_E_NOMEM || !strstr(err->msg, "memory"))
		bad("an error that does not tell", text);
}

static _Noreturn void
child(const struct nth_scene *s, unsigned long nth, bool for_good, unsigned long *count)
{
	struct sl_err err = { 0 };
	enum sl_code code;
	bool hit;

	(void)signal(SIGSEGV, crashed);
	(void)signal(SIGABRT, crashed);
	(void)signal(SIGBUS, crashed);
	(void)alarm(LIMIT_S);
	if (s->open && !s->open(s->arg))
		bad(s->name, "does not open");
	alloc_fail_arm(nth, for_good);
	code = s->play(s->arg, &err);
	hit = alloc_fail_hit();
	*count = alloc_fail_count();
	alloc_fail_disarm();
	if (hit)
		check_failed(&err, code);
	if (hit)
		code = s->play(s->arg, &err);
	if (code != SL_OK)
		bad("without a failure it ends with", err.msg);
	if (s->close && !s->close(s->arg))
		bad(s->name, "something is out of order");
	if (alloc_fail_live() > 0)
		bad(s->name, "memory is lost");
	_exit(hit ? FINE : OVER);
}

/* false: the nth allocation does not exist. */
static bool
one(const struct nth_scene *s, unsigned long nth, bool for_good, unsigned long *count)
{
	int status = 0;
	pid_t pid;

	if (s->before)
		s->before(s->arg);
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(s, nth, for_good, count);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (s->after)
		s->after(s->arg);
	if (WIFEXITED(status) && WEXITSTATUS(status) == OVER)
		return false;
	cases++;
	if (WIFEXITED(status) && WEXITSTATUS(status) == FINE)
		return true;
	violations++;
	(void)fprintf(stderr, "# %s: allocation %lu%s: %s %d\n", s->name, nth,
		      for_good ? " and all after it" : "",
		      WIFSIGNALED(status) ? "signal" : "exit code",
		      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return true;
}

static unsigned long *
shared_count(void)
{
	void *p = mmap(NULL, sizeof(unsigned long), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static void
finish(const struct nth_scene *s, unsigned long *count, unsigned long from,
       unsigned long bad_before)
{
	(void)munmap(count, sizeof(*count));
	(void)fprintf(stderr, "# %s: %lu cases\n", s->name, cases - from);
	if (violations > bad_before)
		fail_msg("%s: %lu violations", s->name, violations - bad_before);
}

void
nth_every(const struct nth_scene *s)
{
	const unsigned long from = cases, before = violations;
	unsigned long *count = shared_count();

	assert_false(one(s, 0, false, count)); /* it works as it is */
	for (int for_good = 0; for_good < 2; for_good++) {
		unsigned long n = 1;

		while (n < MOST && violations < before + 8 && one(s, n, for_good != 0, count))
			n++;
		assert_true(n > 1 && n < MOST);
	}
	finish(s, count, from, before);
}

void
nth_some(const struct nth_scene *s, unsigned samples, unsigned long seed)
{
	const unsigned long from = cases, before = violations;
	const char *fault = getenv("FAULT");
	unsigned long *count = shared_count(), all;
	struct sl_rng rng = { seed };

	if (fault && strcmp(fault, "long") == 0)
		samples = 500;
	assert_false(one(s, 0, false, count));
	all = *count;
	assert_true(all > 0);
	/* How many there are differs a little with the order of threads. */
	for (unsigned i = 0; i < samples && violations < before + 8; i++)
		(void)one(s, 1 + sl_rng_below(&rng, all), sl_rng_below(&rng, 4) == 0, count);
	finish(s, count, from, before);
}

void
nth_say(void)
{
	printf("# %lu cases, %lu violations, 95 %% bound %.1e\n", cases, violations,
	       3.0 / (double)(cases ? cases : 1));
}
