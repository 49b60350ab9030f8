/* ui_meter.c - reads /proc, and watches system calls by ptrace from a thread of its own. */
#include "tests/lib/ui_meter.h"

#include "core/base/clock.h"

#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- /proc ------------------------------------------------------------------------------------ */

static uint64_t
number_of(const char *path, const char *word)
{
	char line[256];
	uint64_t n = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, word, strlen(word)) == 0) {
			n = strtoull(line + strlen(word), NULL, 10);
			break;
		}
	}
	if (f)
		(void)fclose(f);
	return n;
}

static void
add_thread(pid_t pid, const char *tid, struct ui_use *u)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/schedstat", (long)pid, tid);
	double cpu = (double)number_of(path, "") / 1e9;
	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/status", (long)pid, tid);
	uint64_t wakes = number_of(path, "voluntary_ctxt_switches:");
	u->all_s += cpu;
	u->all_wakes += wakes;
	if (strtol(tid, NULL, 10) == pid) {
		u->ui_s = cpu;
		u->ui_wakes = wakes;
	}
}

struct ui_use
ui_use(pid_t pid)
{
	struct ui_use u = { .at_us = sl_mono_us() };
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] != '.')
			add_thread(pid, e->d_name, &u);
	}
	if (d)
		(void)closedir(d);
	return u;
}

double
ui_rss_mib(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	return (double)number_of(path, "VmRSS:") / 1024;
}

/* ---- system calls ------------------------------------------------------------------------------ */

#define LOOP_FDS 3 /* of the poll that the loop waits in; others look at one descriptor */

struct ui_trace {
	pthread_t thread;
	pid_t pid;
	sem_t ready;
	bool allowed;
	atomic_bool stop;
	int64_t left_us;   /* when poll came back; 0 = it was not seen yet */
	int64_t queued_us; /* how long the thread had waited for a processor until then */
	bool in_poll;
	unsigned writes;
	struct ui_traced out;
};

static int64_t
queued_of(const char *path)
{
	unsigned long long ran, waited = 0;
	FILE *f = fopen(path, "r");
	char line[96] = "", *end;
	if (f && fgets(line, sizeof(line), f)) {
		ran = strtoull(line, &end, 10);
		waited = ran > 0 ? strtoull(end, NULL, 10) : 0;
	}
	if (f)
		(void)fclose(f);
	return (int64_t)(waited / 1000);
}

/* Microseconds that the thread, and we who stop it at each call, waited for a processor: a machine that is
 * busy with others is not the program's fault. */
static int64_t
queued(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/schedstat", (long)pid, (long)pid);
	return queued_of(path) + queued_of("/proc/thread-self/schedstat");
}

static void
enter(struct ui_trace *t, const struct __ptrace_syscall_info *i)
{
	const bool poll_call =
#ifdef SYS_poll
		i->entry.nr == SYS_poll ||
#endif
		i->entry.nr == SYS_ppoll;

	if (i->entry.nr == SYS_write && i->entry.args[0] == STDOUT_FILENO)
		t->writes++;
	if (!poll_call || i->entry.args[1] != LOOP_FDS)
		return;
	int64_t took = t->left_us ? sl_mono_us() - t->left_us : 0;
	if (took > t->out.longest_us) /* seldom: the look costs more than the call */
		took -= queued(t->pid) - t->queued_us;
	if (took > t->out.longest_us)
		t->out.longest_us = took;
	if (t->left_us && t->writes > 0) {
		t->out.frames++;
		if (t->writes > t->out.writes)
			t->out.writes = t->writes;
	}
	t->in_poll = true;
}

static void
leave(struct ui_trace *t)
{
	if (!t->in_poll)
		return;
	t->in_poll = false;
	t->writes = 0;
	t->queued_us = queued(t->pid);
	t->left_us = sl_mono_us();
}

static void *
watch(void *arg)
{
	struct ui_trace *t = arg;
	void *const good = (void *)(uintptr_t)PTRACE_O_TRACESYSGOOD;
	int status;

	t->allowed = ptrace(PTRACE_SEIZE, t->pid, NULL, good) == 0 &&
		     ptrace(PTRACE_INTERRUPT, t->pid, NULL, NULL) == 0;
	(void)sem_post(&t->ready);
	while (t->allowed && waitpid(t->pid, &status, __WALL) == t->pid && WIFSTOPPED(status)) {
		struct __ptrace_syscall_info info;
		int sig = WSTOPSIG(status);

		if (sig == (SIGTRAP | 0x80) &&
		    ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, (void *)sizeof(info), &info) > 0) {
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
				enter(t, &info);
			else
				leave(t);
		}
		sig = sig == (SIGTRAP | 0x80) || sig == SIGTRAP ? 0 : sig;
		if (atomic_load(&t->stop)) {
			(void)ptrace(PTRACE_DETACH, t->pid, NULL, NULL);
			break;
		}
		(void)ptrace(PTRACE_SYSCALL, t->pid, NULL, (void *)(intptr_t)sig);
	}
	return NULL;
}

struct ui_trace *
ui_trace_start(pid_t pid)
{
	struct ui_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->pid = pid;
	if (sem_init(&t->ready, 0, 0) != 0 || pthread_create(&t->thread, NULL, watch, t) != 0) {
		free(t);
		return NULL;
	}
	while (sem_wait(&t->ready) != 0)
		;
	if (t->allowed)
		return t;
	(void)pthread_join(t->thread, NULL);
	free(t);
	return NULL;
}

struct ui_traced
ui_trace_now(const struct ui_trace *t)
{
	return t->out;
}

struct ui_traced
ui_trace_stop(struct ui_trace *t, void (*poke)(void *), void *arg)
{
	atomic_store(&t->stop, true);
	poke(arg);
	(void)pthread_join(t->thread, NULL);
	struct ui_traced out = t->out;
	(void)sem_destroy(&t->ready);
	free(t);
	return out;
}
