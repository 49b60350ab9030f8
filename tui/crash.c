/* crash.c - restores the terminal from a signal handler. */
#include "tui/crash.h"

#include <signal.h>
#include <unistd.h>

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static struct tui_crash armed;
static volatile sig_atomic_t is_armed;
static struct sigaction before[SL_COUNT(signals)];
/* A stack overflow must be able to run the handler. */
static _Alignas(16) char stack[32768];

/* Async-signal-safe calls only. */
static void
on_crash(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (is_armed) {
		is_armed = 0;
		ssize_t n = write(armed.tty, armed.text.ptr, armed.text.len);
		(void)n;
		(void)tcsetattr(armed.tty, TCSANOW, &armed.mode);
		if (armed.err_fd >= 0)
			(void)dup2(armed.err_fd, STDERR_FILENO);
	}
	for (size_t i = 0; i < SL_COUNT(signals); i++)
		(void)sigaction(signals[i], &before[i], NULL);
	/* A fault of the processor happens again on return; a signal that was sent does not. */
	if (info->si_code <= 0)
		(void)raise(sig);
}

void
tui_crash_arm(const struct tui_crash *c)
{
	struct sigaction sa = { .sa_sigaction = on_crash,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND };
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	stack_t have;

	if (is_armed)
		return;
	armed = *c;
	/* A sanitizer has one of its own already. */
	if (sigaltstack(NULL, &have) == 0 && have.ss_flags & SS_DISABLE)
		(void)sigaltstack(&alt, NULL);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < SL_COUNT(signals); i++)
		(void)sigaction(signals[i], &sa, &before[i]);
	is_armed = 1;
}

void
tui_crash_disarm(void)
{
	if (!is_armed)
		return;
	is_armed = 0;
	for (size_t i = 0; i < SL_COUNT(signals); i++)
		(void)sigaction(signals[i], &before[i], NULL);
}
