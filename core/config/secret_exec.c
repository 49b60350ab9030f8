/* secret_exec.c - a secret that a program prints. No shell; the program sees PATH and HOME and no
 * more of our environment, none of our files, and no terminal. */
#include "core/config/secret_parts.h"

#include "core/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 64
#define NAP_NS    5000000 /* between two looks at a program that closed its output but still runs */

struct command {
	char *text; /* owned; the words point into it */
	char *words[WORDS_MAX + 1];
	char *env[3];
	char path[4200], home[4200]; /* "PATH=..." */
};

/* ---- words ----------------------------------------------------------------------------------- */

/* Cut one word out of s in place: quotes of either kind group, nothing else is special. Returns what
 * follows, or NULL where a quote is not closed. */
static char *
cut_word(char *s, char **word)
{
	char *out = s, quote = '\0';

	*word = s;
	for (; *s && (quote || !strchr(" \t", *s)); s++) {
		if (quote ? *s == quote : *s == '\'' || *s == '"')
			quote = quote ? '\0' : *s;
		else
			*out++ = *s;
	}
	char *rest = *s ? s + 1 : s;
	*out = '\0';
	return quote ? NULL : rest;
}

/* false: err is filled. */
static bool
split(struct command *c, const char *text, struct sl_err *err)
{
	size_t n = 0;

	c->text = strdup(text);
	if (!c->text) {
		sl_fail(err, SL_E_NOMEM, "exec", "out of memory");
		return false;
	}
	for (char *s = c->text + strspn(c->text, " \t"); *s; s += strspn(s, " \t")) {
		if (n == WORDS_MAX) {
			sl_fail(err, SL_E_CONFIG, "exec", "the command has more than %d words",
				WORDS_MAX);
			return false;
		}
		s = cut_word(s, &c->words[n++]);
		if (!s) {
			sl_fail(err, SL_E_CONFIG, "exec", "a quote in the command is not closed");
			sl_err_hint(err, "close it with the same sign: 'two words'");
			return false;
		}
	}
	if (!c->words[0] || c->words[0][0] != '/') {
		sl_fail(err, SL_E_CONFIG, "exec", "the program needs an absolute path");
		sl_err_hint(err, "such as exec:/usr/bin/pass show warehouse");
		return false;
	}
	return true;
}

static void
set_env(struct command *c)
{
	const char *path = getenv("PATH"), *home = getenv("HOME");
	size_t n = 0;

	if (path && strlen(path) < 4096) {
		snprintf(c->path, sizeof(c->path), "PATH=%s", path);
		c->env[n++] = c->path;
	}
	if (home && strlen(home) < 4096) {
		snprintf(c->home, sizeof(c->home), "HOME=%s", home);
		c->env[n++] = c->home;
	}
}

/* ---- the process ----------------------------------------------------------------------------- */

/* 0 or errno. The child leads a group of its own, so that all it starts can be ended with it. */
static int
spawn(struct command *c, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int sys = posix_spawn_file_actions_init(&files);

	if (sys)
		return sys;
	sys = posix_spawnattr_init(&attr);
	if (sys) {
		posix_spawn_file_actions_destroy(&files);
		return sys;
	}
	sigemptyset(&none);
	sigfillset(&all);
	bool set = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
		   posix_spawn_file_actions_adddup2(&files, out, 1) == 0 &&
		   posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) == 0 &&
		   posix_spawn_file_actions_addclosefrom_np(&files, 3) == 0 &&
		   posix_spawnattr_setpgroup(&attr, 0) == 0 &&
		   posix_spawnattr_setsigmask(&attr, &none) == 0 &&
		   posix_spawnattr_setsigdefault(&attr, &all) == 0 &&
		   posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
							   POSIX_SPAWN_SETSIGDEF) == 0;
	sys = set ? posix_spawn(pid, c->words[0], &files, &attr, c->words, c->env) : ENOMEM;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return sys;
}

static enum sl_code
fail_slow(const char *program, struct sl_err *err)
{
	sl_fail(err, SL_E_TIMEOUT, program, "the program did not answer in time and was stopped");
	return sl_err_hint(err, "run it by hand: it may wait for a password or a terminal");
}

static int
left_ms(int64_t deadline_us)
{
	int64_t left = deadline_us - sl_mono_us();

	return left > 0 ? (int)(left / 1000) + 1 : 0;
}

/* All that the program prints, until it closes its output. */
static enum sl_code
collect(int fd, int64_t deadline_us, const char *program, struct sl_secret *room, size_t *n,
	struct sl_err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (*n < room->len) {
		int ready = poll(&p, 1, left_ms(deadline_us));
		if (ready == 0)
			return fail_slow(program, err);
		if (ready < 0 && errno != EINTR)
			break;
		ssize_t got = ready > 0 ? read(fd, room->ptr + *n, room->len - *n) : -1;
		if (got == 0)
			return SL_OK;
		if (got > 0)
			*n += (size_t)got;
		else if (errno != EINTR && errno != EAGAIN)
			break;
	}
	if (*n == room->len)
		return sl_fail(err, SL_E_CONFIG, program, "the program prints more than 64 KiB");
	return sl_fail(err, SL_E_IO, program, "its output cannot be read: %s", strerror(errno));
}

static void
stop(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Wait for the end and judge it. The process is gone when this returns. */
static enum sl_code
finish(pid_t pid, int64_t deadline_us, const char *program, struct sl_err *err)
{
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		if (left_ms(deadline_us) == 0) {
			stop(pid);
			return fail_slow(program, err);
		}
		nanosleep(&(struct timespec){ 0, NAP_NS }, NULL);
	}
	if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return SL_OK;
	if (got == pid && WIFEXITED(status))
		sl_fail(err, SL_E_CONFIG, program, "the program ended with status %d",
			WEXITSTATUS(status));
	else if (got == pid)
		sl_fail(err, SL_E_CONFIG, program, "the program was ended by signal %d",
			WTERMSIG(status));
	else
		sl_fail(err, SL_E_IO, program, "how the program ended is not known: %s",
			strerror(errno));
	return sl_err_hint(err, "run it by hand to see what it says");
}

static enum sl_code
run(struct command *c, int timeout_ms, struct sl_secret *room, size_t *n, struct sl_err *err)
{
	const char *program = c->words[0];
	int64_t deadline_us = sl_mono_us() + (int64_t)timeout_ms * 1000;
	int pipe_fd[2];
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return sl_fail(err, SL_E_IO, program, "no pipe to it: %s", strerror(errno));
	int sys = spawn(c, pipe_fd[1], &pid);
	close(pipe_fd[1]);
	if (sys) {
		close(pipe_fd[0]);
		sl_fail(err, SL_E_CONFIG, program, "the program cannot be started: %s",
			strerror(sys));
		return sl_err_hint(err, "check its path and that you may run it");
	}
	enum sl_code code = collect(pipe_fd[0], deadline_us, program, room, n, err);
	close(pipe_fd[0]);
	if (code == SL_OK)
		code = finish(pid, deadline_us, program, err);
	else
		stop(pid);
	return code;
}

enum sl_code
sl_secret_from_exec(const char *text, int timeout_ms, struct sl_secret *out, struct sl_err *err)
{
	struct command c = { 0 };
	struct sl_secret room = { 0 };
	size_t n = 0;
	enum sl_code code;

	if (!split(&c, text, err)) {
		free(c.text);
		return err->code;
	}
	set_env(&c);
	/* One byte more than allowed, so that a full room means too much. */
	if (sl_secret_alloc(&room, SL_SECRET_MAX + 1))
		code = run(&c, timeout_ms, &room, &n, err);
	else
		code = sl_fail(err, SL_E_NOMEM, c.words[0], "no memory for the secret");
	if (code == SL_OK)
		code = sl_secret_copy(room.ptr, n, c.words[0], out, err);
	sl_secret_free(&room);
	free(c.text);
	return code;
}
