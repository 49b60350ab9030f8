#include "core/base/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define SPARE_BYTES                                                                                \
	(16ull << 20) /* of address space: the stack of a thread and what it needs at once */

/* RLIM_INFINITY where it is not limited or not known. */
static rlim_t
limit_of(__rlimit_resource_t what)
{
	struct rlimit r;

	return getrlimit(what, &r) == 0 ? r.rlim_cur : RLIM_INFINITY;
}

unsigned long
sl_files_most(void)
{
	const rlim_t n = limit_of(RLIMIT_NOFILE);

	return n == RLIM_INFINITY ? (unsigned long)-1 : (unsigned long)n;
}

unsigned long
sl_files_free(void)
{
	const unsigned long most = sl_files_most();
	/* the lowest number that is free: but for gaps so many are open */
	const int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	(void)close(fd);
	return most > (unsigned long)fd ? most - (unsigned long)fd : 0;
}

bool
sl_files_limited(void)
{
	return limit_of(RLIMIT_FSIZE) != RLIM_INFINITY;
}

static const char *
in_words(char out[32], unsigned long long bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 1024 && u + 1 < SL_COUNT(units)) {
		n /= 1024;
		u++;
	}
	(void)snprintf(out, 32, u == 0 || n >= 100 ? "%.0f %s" : "%.1f %s", n, units[u]);
	return out;
}

/* The first number in a file of /proc or /sys; -1: there is none. */
static long long
number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[64];
	char *end = NULL;
	long long n = -1;

	if (!f)
		return -1;
	if (fgets(line, sizeof(line), f)) {
		n = strtoll(line, &end, 10);
		if (end == line)
			n = -1;
	}
	(void)fclose(f);
	return n;
}

/* The folder of our control group that counts processes, of either version. false: there is none. */
static bool
pids_folder(char *out, size_t cap)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *name = strchr(line, ':'), *path = name ? strchr(name + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		found = strcmp(name, ":") == 0 || strcmp(name, ":pids") == 0;
		if (found)
			(void)snprintf(out, cap, "/sys/fs/cgroup%s%s", name[1] ? "/pids" : "",
				       path);
		/* version 2 may be there without this controller */
		if (found && !name[1]) {
			char file[600];

			(void)snprintf(file, sizeof(file), "%s/pids.max", out);
			found = number_in(file) >= 0;
		}
	}
	if (f)
		(void)fclose(f);
	return found;
}

/* The most processes and threads of our control group; -1: not limited. */
static long long
group_most(void)
{
	char folder[560], file[600];

	if (!pids_folder(folder, sizeof(folder)))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/pids.max", folder);
	return number_in(file);
}

static enum sl_code
of_memory(struct sl_err *err)
{
	const rlim_t most = limit_of(RLIMIT_AS);
	struct sysinfo si;
	char text[32];

	if (most != RLIM_INFINITY)
		return sl_err_hint(err,
				   "this process may have %s of memory and addresses: allow more "
				   "(ulimit -v unlimited)",
				   in_words(text, (uint64_t)most));
	if (sysinfo(&si) != 0)
		return err->code;
	return sl_err_hint(err,
			   "%s of memory are free: end other programs, or give the machine more",
			   in_words(text, (uint64_t)si.freeram * si.mem_unit));
}

/* Is the address space of this process all but used up? */
static bool
addresses_full(void)
{
	const rlim_t most = limit_of(RLIMIT_AS);
	const long long pages = most == RLIM_INFINITY ? -1 : number_in("/proc/self/statm");

	return pages >= 0 && (rlim_t)pages * 4096 + SPARE_BYTES > most;
}

static enum sl_code
of_threads(struct sl_err *err)
{
	const rlim_t user = limit_of(RLIMIT_NPROC);
	const long long group = group_most();

	if (addresses_full())
		return of_memory(err);
	if (group >= 0 && (rlim_t)group < user)
		return sl_err_hint(err,
				   "the control group of this process may have %lld threads and "
				   "processes: allow more (pids.max; systemd: TasksMax)",
				   group);
	if (user != RLIM_INFINITY)
		return sl_err_hint(err,
				   "this user may have %llu threads and processes: allow more "
				   "(ulimit -u), or end some",
				   (unsigned long long)user);
	return sl_err_hint(err, "too many threads run on this machine: end other programs");
}

static enum sl_code
of_room(struct sl_err *err, const char *path)
{
	struct statvfs fs;
	char dir[4200], free_text[32], all_text[32];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path ? path : ".");
	if (statvfs(dir, &fs) != 0) {
		/* a file that was not made */
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
		if (!slash || statvfs(dir[0] ? dir : "/", &fs) != 0)
			return sl_err_hint(err, "free some space; nothing was lost");
	}
	if (fs.f_files > 0 && fs.f_favail == 0)
		return sl_err_hint(
			err, "it has no place for another file: delete some; nothing was lost");
	return sl_err_hint(err, "%s of %s are free there: free some space; nothing was lost",
			   in_words(free_text, (uint64_t)fs.f_bavail * fs.f_frsize),
			   in_words(all_text, (uint64_t)fs.f_blocks * fs.f_frsize));
}

enum sl_code
sl_err_limit(struct sl_err *err, int sys, const char *path)
{
	char text[32];

	switch (sys) {
	case EMFILE:
		return sl_err_hint(
			err, "this process may have %lu files open: allow more (ulimit -n 1024)",
			sl_files_most());
	case ENFILE:
		return sl_err_hint(err,
				   "the whole machine has as many files open as it may: end other "
				   "programs, or raise fs.file-max");
	case ENOMEM:
		return of_memory(err);
	case EAGAIN:
		return of_threads(err);
	case ENOSPC:
		return of_room(err, path);
	case EDQUOT:
		return sl_err_hint(
			err, "the quota of this user is used up: delete files or ask for more; "
			     "nothing was lost");
	case EFBIG:
		if (limit_of(RLIMIT_FSIZE) == RLIM_INFINITY)
			return sl_err_hint(
				err, "this file system takes no larger files; nothing was lost");
		return sl_err_hint(err,
				   "files of this process may have %s: allow more (ulimit -f "
				   "unlimited); nothing was lost",
				   in_words(text, (uint64_t)limit_of(RLIMIT_FSIZE)));
	default:
		return err->code;
	}
}

enum sl_code
sl_thread_fail(struct sl_err *err, const char *where, const char *what, int rc)
{
	(void)sl_fail(err, SL_E_NOMEM, where, "%s cannot be started: %s", what,
		      strerror(rc)); // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
	err->sys = rc;
	return sl_err_limit(err, rc, NULL);
}

enum sl_code
sl_files_need(unsigned long least, const char *where, struct sl_err *err)
{
	if (sl_files_most() >= least)
		return SL_OK;
	(void)sl_fail(err, SL_E_IO, where, "it needs %lu open files", least);
	return sl_err_limit(err, EMFILE, NULL);
}
