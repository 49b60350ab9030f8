/* append_file.c - a file of lines that is only appended to. */
#include "core/dest/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: opening a pipe without a reader fails instead of waiting; regular files ignore it. */
#define OPEN_FLAGS (O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int
open_regular(const char *path, int extra)
{
	int fd = open(path, OPEN_FLAGS | extra, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* A copy of the folder's name; the caller frees it. */
static char *
folder_of(const char *path)
{
	char *copy = strdup(path), *dir = NULL;

	if (copy)
		dir = strdup(dirname(copy));
	free(copy);
	return dir;
}

static enum sl_code
check_folder(const char *path, struct sl_err *err)
{
	char *dir = folder_of(path);
	enum sl_code rc = SL_OK;

	if (!dir)
		return sl_fail(err, SL_E_NOMEM, "path", "no memory for a path");
	if (access(dir, W_OK | X_OK) != 0) {
		rc = sl_fail(err, SL_E_CONFIG, "path", "no file can be made in %.200s: %s", dir,
			     strerror(errno));
		err->sys = errno;
		sl_err_hint(err, "make the folder, or give another path");
	}
	free(dir);
	return rc;
}

enum sl_code
sl_append_open(struct sl_append *f, char *path, bool sync, struct sl_err *err)
{
	f->path = path;
	f->sync = sync;
	f->fd = open_regular(path, 0);
	if (f->fd >= 0)
		return SL_OK;
	if (errno == ENOENT)
		return check_folder(path, err);
	err->sys = errno;
	return sl_fail(err, SL_E_CONFIG, "path", "%.200s cannot be appended to: %s", path,
		       errno == EINVAL ? "it is not a regular file" : strerror(errno));
}

void
sl_append_close(struct sl_append *f)
{
	if (f->path && f->fd >= 0)
		close(f->fd);
	free(f->path);
	*f = (struct sl_append){ .fd = -1 };
}

/* A new name is durable only when its folder is. */
static bool
sync_folder(const char *path)
{
	char *dir = folder_of(path);
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return ok;
}

/* The open file is still the one at path; else open or make that one. */
static bool
follow_path(struct sl_append *f)
{
	struct stat at, mine;

	if (f->fd >= 0 && stat(f->path, &at) == 0 && fstat(f->fd, &mine) == 0 &&
	    at.st_ino == mine.st_ino && at.st_dev == mine.st_dev)
		return true;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = open_regular(f->path, 0);
	if (f->fd >= 0 || errno != ENOENT)
		return f->fd >= 0;
	f->fd = open_regular(f->path, O_CREAT);
	return f->fd >= 0 && (!f->sync || sync_folder(f->path));
}

static bool
write_all(int fd, struct sl_str s)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return false;
		}
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return true;
}

static enum sl_append_end
append_locked(struct sl_append *f, struct sl_str lines, int *sys)
{
	struct stat st;
	char last = '\n';
	bool ok;

	if (fstat(f->fd, &st) != 0 || (st.st_size && pread(f->fd, &last, 1, st.st_size - 1) != 1)) {
		*sys = errno;
		return SL_APPEND_FAILED;
	}
	ok = (last == '\n' || write_all(f->fd, SL_LIT("\n"))) && write_all(f->fd, lines);
	if (!ok) {
		*sys = errno;
		return ftruncate(f->fd, st.st_size) == 0 ? SL_APPEND_FAILED : SL_APPEND_UNSURE;
	}
	if (f->sync && fdatasync(f->fd) != 0) {
		*sys = errno;
		return SL_APPEND_UNSURE;
	}
	return SL_APPEND_OK;
}

enum sl_append_end
sl_append_write(struct sl_append *f, struct sl_str lines, int *sys)
{
	enum sl_append_end end;

	if (!follow_path(f)) {
		*sys = errno;
		return errno == ENOSPC || errno == EDQUOT ? SL_APPEND_FAILED : SL_APPEND_UNUSABLE;
	}
	if (flock(f->fd, LOCK_EX | LOCK_NB) != 0) {
		*sys = errno;
		return errno == EWOULDBLOCK ? SL_APPEND_BUSY : SL_APPEND_FAILED;
	}
	end = append_locked(f, lines, sys);
	(void)flock(f->fd, LOCK_UN);
	return end;
}
