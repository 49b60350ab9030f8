/* write.c - a file is replaced as a whole or not at all. */
#include "core/config/parts.h"

#include "core/base/crashpoint.h"
#include "core/base/digest.h"
#include "core/base/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
mend_of(int sys)
{
	switch (sys) {
	case EACCES:
	case EPERM:
		return "give yourself the right to it: chmod u+rwx on its folder, u+rw on the file";
	case EROFS:
		return "the disk is mounted read-only: use a workspace elsewhere with -w DIR";
	case ENOTDIR:
		return "a part of the path is a file, not a folder: move it away";
	default:
		return "";
	}
}

enum sl_code
sl_fail_file(struct sl_err *err, int sys, const char *file, const char *what)
{
	sl_fail(err, SL_E_IO, file, "%s could not be %s: %s", file, what, strerror(sys));
	err->sys = sys;
	(void)sl_err_hint(err, "%s", mend_of(sys));
	return sl_err_limit(err, sys, file);
}

int
sl_open_folder(const char *dir, enum sl_kind kind, bool create, struct sl_err *err)
{
	const char *folder = sl_kind_folder(kind);
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0) {
		sl_fail_file(err, errno, dir, "opened");
		return -1;
	}
	if (create && mkdirat(root, folder, 0700) != 0 && errno != EEXIST) {
		sl_fail_file(err, errno, folder, "made");
		close(root);
		return -1;
	}
	int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sl_fail_file(err, errno, folder, "opened");
	close(root);
	return fd;
}

/* 0 or errno. */
static int
write_all(int fd, struct sl_str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			text.ptr += n;
			text.len -= (size_t)n;
		}
	}
	return 0;
}

/* Write, sync and rename; 0 or errno. */
static int
fill_and_rename(const struct sl_write *w, int fd, const char *temporary)
{
	int sys = write_all(fd, w->text);

	sl_crashpoint("config-written");
	if (sys == 0 && fsync(fd) != 0)
		sys = errno;
	if (close(fd) != 0 && sys == 0)
		sys = errno;
	sl_crashpoint("config-synced");
	if (sys == 0 && renameat(w->dirfd, temporary, w->dirfd, w->name) != 0)
		sys = errno;
	sl_crashpoint("config-renamed");
	/* The rename itself is on the disk only when the folder is. */
	if (sys == 0 && fsync(w->dirfd) != 0)
		return errno;
	if (sys != 0)
		unlinkat(w->dirfd, temporary, 0);
	return sys;
}

enum sl_code
sl_write_whole(const struct sl_write *w, struct sl_err *err)
{
	char temporary[96];
	uint64_t random;
	struct stat st;

	/* A rename would go through, but whoever took the right away did not want that. */
	if (fstatat(w->dirfd, w->name, &st, 0) == 0 && (st.st_mode & 0222) == 0) {
		sl_fail(err, SL_E_IO, w->shown, "%s is read-only and stays as it is", w->shown);
		return sl_err_hint(err, "make it writable: chmod u+w %s", w->shown);
	}
	if (!sl_random_bytes(&random, sizeof(random)))
		return sl_fail(err, SL_E_IO, w->shown, "the system gave no random bytes");
	snprintf(temporary, sizeof(temporary), ".%.64s.%016llx", w->name,
		 (unsigned long long)random);
	int fd = openat(w->dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int sys = fd < 0 ? errno : fill_and_rename(w, fd, temporary);
	return sys ? sl_fail_file(err, sys, w->shown, "written, the old state is kept") : SL_OK;
}
