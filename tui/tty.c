/* tty.c - the tty below curses. */
#include "tui/tty.h"

#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERR_MAX 65536 /* bytes of stderr shown at the end */

/* Libraries write to stderr and would spoil the screen. */
static void
catch_stderr(struct tui_tty *t)
{
	if (!isatty(STDERR_FILENO))
		return;
	t->err_text = memfd_create("stderr", MFD_CLOEXEC);
	t->err = dup(STDERR_FILENO);
	if (t->err_text >= 0 && t->err >= 0 && dup2(t->err_text, STDERR_FILENO) >= 0)
		return;
	if (t->err_text >= 0)
		close(t->err_text);
	if (t->err >= 0)
		close(t->err);
	t->err = t->err_text = -1;
}

static void
release_stderr(struct tui_tty *t)
{
	char chunk[4096];
	off_t at = 0;
	ssize_t n;

	if (t->err < 0)
		return;
	(void)dup2(t->err, STDERR_FILENO);
	while (at < ERR_MAX && (n = pread(t->err_text, chunk, sizeof(chunk), at)) > 0) {
		if (write(STDERR_FILENO, chunk, (size_t)n) < 0)
			break;
		at += n;
	}
	close(t->err);
	close(t->err_text);
	t->err = t->err_text = -1;
}

enum sl_code
tui_tty_open(struct tui_tty *t, struct sl_err *err)
{
	static const int wanted[] = { SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP };
	sigset_t set;

	*t = (struct tui_tty){ .in = STDIN_FILENO, .out = STDOUT_FILENO, .signals = -1 };
	t->err = t->err_text = -1;
	if (!isatty(t->in) || !isatty(t->out) || tcgetattr(t->in, &t->saved) != 0) {
		sl_fail(err, SL_E_CONFIG, "terminal",
			"standard input and output are not a terminal");
		return sl_err_hint(err, "use a command, see sluice --help");
	}
	sigemptyset(&set);
	for (size_t i = 0; i < SL_COUNT(wanted); i++)
		sigaddset(&set, wanted[i]);
	if (pthread_sigmask(SIG_BLOCK, &set, &t->mask) != 0)
		return sl_fail(err, SL_E_BUG, "terminal", "cannot block signals");
	t->open = true;
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return sl_fail(err, SL_E_IO, "terminal", "cannot watch signals: %s",
			       strerror(errno));
	catch_stderr(t);
	return SL_OK;
}

void
tui_tty_close(struct tui_tty *t)
{
	if (!t->open)
		return;
	t->open = false;
	release_stderr(t);
	if (t->signals >= 0)
		close(t->signals);
	(void)pthread_sigmask(SIG_SETMASK, &t->mask, NULL);
}

void
tui_tty_raw(struct tui_tty *t)
{
	struct termios raw = t->saved;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(t->in, TCSADRAIN, &raw);
}

void
tui_tty_restore(struct tui_tty *t)
{
	/* What is still on its way in (mouse reports, replies) is not for the shell. */
	(void)tcsetattr(t->in, TCSAFLUSH, &t->saved);
}

void
tui_tty_size(const struct tui_tty *t, int *rows, int *cols)
{
	struct winsize ws = { 0 };

	*rows = 24;
	*cols = 80;
	if (ioctl(t->out, TIOCGWINSZ, &ws) != 0 || ws.ws_row == 0 || ws.ws_col == 0)
		return;
	*rows = ws.ws_row < 1000 ? ws.ws_row : 1000;
	*cols = ws.ws_col < 1000 ? ws.ws_col : 1000;
}

int
tui_tty_signal(struct tui_tty *t)
{
	struct signalfd_siginfo info;

	return read(t->signals, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

ssize_t
tui_tty_read(struct tui_tty *t, char *p, size_t n)
{
	struct pollfd pf = { .fd = t->in, .events = POLLIN };

	if (poll(&pf, 1, 0) <= 0)
		return 0;
	if (!(pf.revents & POLLIN))
		return pf.revents & (POLLHUP | POLLERR | POLLNVAL) ? -1 : 0;
	ssize_t got = read(t->in, p, n);
	if (got > 0)
		return got;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return pf.revents & POLLHUP || got < 0 ? -1 : 0;
}

bool
tui_tty_writable(const struct tui_tty *t)
{
	struct pollfd pf = { .fd = t->out, .events = POLLOUT };

	return poll(&pf, 1, 0) > 0 && pf.revents & POLLOUT;
}

void
tui_tty_write(struct tui_tty *t, struct sl_str s)
{
	while (s.len > 0) {
		ssize_t n = write(t->out, s.ptr, s.len);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd pf = { .fd = t->out, .events = POLLOUT };
			if (poll(&pf, 1, 2000) > 0)
				continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s.ptr += n;
		s.len -= (size_t)n;
	}
}

static int
spawn(struct tui_tty *t, const char *const *argv, pid_t *pid)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	sigset_t all;

	if (posix_spawnattr_init(&attr) != 0)
		return ENOMEM;
	if (posix_spawn_file_actions_init(&files) != 0) {
		posix_spawnattr_destroy(&attr);
		return ENOMEM;
	}
	sigfillset(&all);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &t->mask);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	int rc = t->err < 0 ? 0 : posix_spawn_file_actions_adddup2(&files, t->err, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawnp(pid, argv[0], &files, &attr, (char *const *)(uintptr_t)argv,
				  environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

int
tui_tty_run(struct tui_tty *t, const char *const *argv, struct sl_err *err)
{
	int status = 0;
	pid_t pid;
	int rc = spawn(t, argv, &pid);

	if (rc != 0) {
		sl_fail(err, SL_E_IO, argv[0], "cannot start the program: %s", strerror(rc));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			sl_fail(err, SL_E_IO, argv[0], "lost the program: %s", strerror(errno));
			return -1;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
