/* lock.c - who may write: flock on a file of its own, never on the database. The kernel lets go of it
 * when the process ends, however it ends. */
#include "core/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static enum sl_code
io_error(const char *path, const char *what, struct sl_err *err)
{
	int e = errno;

	(void)sl_fail(err, SL_E_IO, path, "%s: %s", what, strerror(e));
	err->sys = e;
	err->retryable = e == ENOSPC;
	return SL_E_IO;
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum sl_code
sl_dir_make(const char *dir, struct sl_err *err)
{
	char path[4096];
	size_t n = strlen(dir);

	if (is_dir(dir))
		return SL_OK;
	if (n == 0 || n >= sizeof path)
		return sl_fail(err, SL_E_CONFIG, dir, "the name of the state directory is %s",
			       n ? "too long" : "empty");
	memcpy(path, dir, n + 1);
	for (size_t i = 1; i <= n; i++) {
		char c = path[i];

		if (c != '/' && c != 0)
			continue;
		path[i] = 0;
		if (mkdir(path, 0700) != 0 && !is_dir(path))
			return io_error(path, "the directory of the state cannot be made", err);
		path[i] = c;
	}
	return SL_OK;
}

/* Locks and shared memory do not work across a network file system. */
static enum sl_code
check_local(const char *dir, struct sl_err *err)
{
	static const uint32_t remote[] = { 0x6969u, 0x517bu, 0xff534d42u, 0xfe534d42u };
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return io_error(dir, "the directory of the state cannot be read", err);
	for (size_t i = 0; i < SL_COUNT(remote); i++) {
		if ((uint32_t)fs.f_type != remote[i])
			continue;
		(void)sl_fail(err, SL_E_CONFIG, dir, "the state lies on a network file system");
		return sl_err_hint(err, "keep it on a local disk");
	}
	return SL_OK;
}

static enum sl_code
held(int fd, const char *path, struct sl_err *err)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	while (n > 0 && (pid[n - 1] == '\n' || pid[n - 1] == ' '))
		n--;
	pid[n > 0 ? n : 0] = 0;
	(void)sl_fail(err, SL_E_LOCKED, path, "process %s works on this state",
		      pid[0] && strspn(pid, "0123456789") == strlen(pid) ? pid : "(unknown)");
	err->retryable = true;
	return sl_err_hint(err,
			   "wait until it is done, or end it; two would send everything twice");
}

enum sl_code
sl_lock_take(const char *dir, int *fd, struct sl_err *err)
{
	char path[4200], pid[24];
	enum sl_code code = check_local(dir, err);
	int n, e;

	*fd = -1;
	if (code != SL_OK)
		return code;
	(void)snprintf(path, sizeof path, "%s/state.lock", dir);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return io_error(path, "the lock of the state cannot be opened", err);
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		e = errno;
		code = e == EWOULDBLOCK ? held(*fd, path, err)
					: io_error(path, "the state cannot be locked", err);
		(void)close(*fd);
		*fd = -1;
		return code;
	}
	/* Only for the message of whoever comes next: a full disk is no reason to stop here. */
	n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid, (size_t)n, 0) != n)
		errno = 0;
	return SL_OK;
}

void
sl_lock_free(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
