/* lock.c - who may write: flock on a file of its own, never on the database. The kernel lets go of it
 * when the process ends, however it ends. */
#include "core/store/lock.h"
#include "core/store/store.h"

#include "core/base/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TRIES 8 /* a lock file that is replaced while it is taken */

enum sl_code
sl_file_fail(const char *path, const char *what, struct sl_err *err)
{
	int e = errno;

	(void)sl_fail(err, SL_E_IO, path, "%s: %s", what, strerror(e));
	err->sys = e;
	err->retryable = e == ENOSPC;
	return sl_err_limit(err, e, path);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum sl_code
sl_dir_sync(const char *path, struct sl_err *err)
{
	char dir[4200];
	const char *slash = strrchr(path, '/');
	enum sl_code code = SL_OK;
	int fd;

	(void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".");
	fd = open(dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES) /* one that may be passed through only */
		return SL_OK;
	/* Some file systems know no such thing for a directory. */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		code = sl_file_fail(dir, "the directory of the state cannot be made durable", err);
	if (fd >= 0)
		(void)close(fd);
	return code;
}

/* A directory that holds no state yet may be meant for others to read: its files are 0600 all the same. */
static bool
holds_state(const char *dir)
{
	char path[4200];

	(void)snprintf(path, sizeof path, "%s/state.db", dir);
	return access(path, F_OK) == 0;
}

static enum sl_code
check_rights(const char *dir, struct sl_err *err)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return sl_file_fail(dir, "the directory of the state cannot be read", err);
	if ((st.st_mode & 022) != 0) {
		(void)sl_fail(err, SL_E_CONFIG, dir,
			      "others may write in the directory of the state");
		return sl_err_hint(err, "chmod 700 it, or choose another with --state");
	}
	if (st.st_uid != geteuid() && geteuid() != 0) {
		(void)sl_fail(err, SL_E_CONFIG, dir,
			      "the directory of the state belongs to another user");
		return sl_err_hint(err, "run as its owner, or choose another with --state");
	}
	if ((st.st_mode & 077) != 0 && holds_state(dir) && chmod(dir, 0700) != 0)
		return sl_file_fail(dir, "others may look into the directory of the state", err);
	return SL_OK;
}

static enum sl_code
make_dirs(const char *dir, struct sl_err *err)
{
	char path[4096];
	size_t n = strlen(dir);

	if (n == 0 || n >= sizeof path)
		return sl_fail(err, SL_E_CONFIG, dir, "the name of the state directory is %s",
			       n ? "too long" : "empty");
	memcpy(path, dir, n + 1);
	for (size_t i = 1; i <= n; i++) {
		char c = path[i];

		if (c != '/' && c != 0)
			continue;
		path[i] = 0;
		if (mkdir(path, 0700) == 0) {
			if (sl_dir_sync(path, err) != SL_OK)
				return err->code;
		} else if (!is_dir(path)) {
			return sl_file_fail(path, "the directory of the state cannot be made", err);
		}
		path[i] = c;
	}
	return SL_OK;
}

enum sl_code
sl_dir_make(const char *dir, struct sl_err *err)
{
	enum sl_code code = is_dir(dir) ? SL_OK : make_dirs(dir, err);

	return code == SL_OK ? check_rights(dir, err) : code;
}

/* Locks and shared memory do not work across a network file system. */
static enum sl_code
check_local(const char *dir, struct sl_err *err)
{
	static const uint32_t remote[] = { 0x6969u, 0x517bu, 0xff534d42u, 0xfe534d42u };
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return sl_file_fail(dir, "the directory of the state cannot be read", err);
	for (size_t i = 0; i < SL_COUNT(remote); i++) {
		if ((uint32_t)fs.f_type != remote[i])
			continue;
		(void)sl_fail(err, SL_E_CONFIG, dir, "the state lies on a network file system");
		return sl_err_hint(err, "keep it on a local disk");
	}
	return SL_OK;
}

/* ---- who holds it ---------------------------------------------------------------------------- */

/* A process for sure: its number may be given to another one when it is over, or after a boot. */
struct who {
	long pid;
	char boot[40];
	unsigned long long start; /* since boot, in ticks */
	char state;               /* as the kernel names it: R S T ... */
};

static bool
read_text(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, cap - 1) : -1;

	if (fd >= 0)
		(void)close(fd);
	out[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* What the kernel says of a process now. */
/* Numbers of the kernel and of ours: where one is none the count is short, or the names differ. */
// NOLINTBEGIN(cert-err34-c)
static bool
look_up(long pid, struct who *out)
{
	char path[64], text[1024];
	const char *after;

	*out = (struct who){ .pid = pid };
	if (read_text("/proc/sys/kernel/random/boot_id", text, sizeof text))
		(void)sscanf(text, "%39s", out->boot);
	(void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	if (!read_text(path, text, sizeof text))
		return false;
	after = strrchr(text, ')'); /* the name of the program may hold anything */
	return after && sscanf(after + 1,
			       " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			       "%*s %*s %*s %llu",
			       &out->state, &out->start) == 2;
}

/* The process that has signed the lock, as it is now; false: it is gone, or not to be seen from here. */
static bool
signer(int fd, struct who *now)
{
	char text[128] = "";
	struct who wrote = { 0 };
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	return n > 0 && sscanf(text, "%ld %39s %llu", &wrote.pid, wrote.boot, &wrote.start) == 3 &&
	       look_up(wrote.pid, now) && wrote.start == now->start &&
	       strcmp(wrote.boot, now->boot) == 0;
}
// NOLINTEND(cert-err34-c)

static enum sl_code
held(int fd, const char *path, struct sl_err *err)
{
	struct who now;

	if (signer(fd, &now))
		(void)sl_fail(err, SL_E_LOCKED, path, "process %ld works on this state%s", now.pid,
			      now.state == 'T' ? ", but it was stopped (SIGSTOP or Ctrl-Z)" : "");
	else
		(void)sl_fail(err, SL_E_LOCKED, path,
			      "another process works on this state (it did not say which)");
	err->retryable = true;
	return sl_err_hint(err,
			   "wait until it is done, or end it; two would send everything twice");
}

/* Only for the message of whoever comes next: a full disk is no reason to stop here. */
static void
sign(int fd)
{
	char text[128];
	struct who me;
	int n;

	if (!look_up((long)getpid(), &me))
		me.start = 0;
	n = snprintf(text, sizeof text, "%ld %s %llu\n", me.pid, me.boot[0] ? me.boot : "-",
		     me.start);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		errno = 0;
}

/* ---- taking it ------------------------------------------------------------------------------- */

/* A lock file that was removed or replaced between the opening and the locking keeps nobody out. */
static bool
is_named(int fd, const char *path)
{
	struct stat held_file, named;

	return fstat(fd, &held_file) == 0 && lstat(path, &named) == 0 &&
	       held_file.st_dev == named.st_dev && held_file.st_ino == named.st_ino;
}

static enum sl_code
take_once(const char *path, int *fd, struct sl_err *err)
{
	enum sl_code code;
	int e;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return sl_file_fail(path, "the lock of the state cannot be opened", err);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && is_named(*fd, path))
		return SL_OK;
	e = errno;
	if (is_named(*fd, path))
		code = e == EWOULDBLOCK ? held(*fd, path, err)
					: sl_file_fail(path, "the state cannot be locked", err);
	else
		code = SL_AGAIN;
	(void)close(*fd);
	*fd = -1;
	return code;
}

enum sl_code
sl_lock_take(const char *dir, int *fd, struct sl_err *err)
{
	char path[4200];
	enum sl_code code = check_local(dir, err);

	*fd = -1;
	if (code != SL_OK)
		return code;
	(void)snprintf(path, sizeof path, "%s/state.lock", dir);
	code = SL_AGAIN;
	for (int i = 0; i < TRIES && code == SL_AGAIN; i++)
		code = take_once(path, fd, err);
	if (code == SL_AGAIN)
		return sl_fail(err, SL_E_LOCKED, path,
			       "the lock of the state is removed again and again");
	if (code == SL_OK)
		sign(*fd);
	return code;
}

void
sl_lock_free(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

bool
sl_store_in_use(const char *dir)
{
	char path[4200];
	struct who now;
	bool held;
	int fd;

	(void)snprintf(path, sizeof path, "%s/state.lock", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	/* Who signed may be in another container. The lock itself is tried only then: somebody who takes it at
	 * this moment would find it taken. */
	held = signer(fd, &now) || (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK);
	(void)close(fd);
	return held;
}
