/* secret_file.c - a secret in a file that only its owner can read. */
#include "core/config/secret_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sl_code
fail_open(const char *path, int sys, struct sl_err *err)
{
	sl_fail(err, SL_E_CONFIG, path, "the secret's file cannot be read: %s",
		sys == ELOOP ? "it is a symbolic link" : strerror(sys));
	err->sys = sys;
	if (sys == ELOOP)
		return sl_err_hint(err, "name the file that the link points to");
	if (path[0] == '~')
		return sl_err_hint(err, "~ is not understood here: write the whole path");
	return sl_err_hint(
		err, "make the file and put the secret in it: install -m 600 /dev/null %s", path);
}

/* Asked of the open file, so that nobody can swap it between the check and the reading. */
static enum sl_code
check_owner(int fd, const char *path, struct sl_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail_open(path, errno, err);
	if (!S_ISREG(st.st_mode)) {
		sl_fail(err, SL_E_CONFIG, path, "the secret's file is not a regular file");
		return sl_err_hint(err, "put the secret in a plain file");
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		sl_fail(err, SL_E_CONFIG, path, "the secret's file belongs to another user");
		return sl_err_hint(err, "make it yours: chown");
	}
	if (st.st_mode & 077) {
		sl_fail(err, SL_E_CONFIG, path,
			"others may read or change the secret's file (%03o)",
			(unsigned)st.st_mode & 0777);
		return sl_err_hint(err, "chmod 600 %s", path);
	}
	if (st.st_size > SL_SECRET_MAX) {
		sl_fail(err, SL_E_CONFIG, path, "the secret's file is larger than 64 KiB");
		return sl_err_hint(err, "put the secret alone in it");
	}
	return SL_OK;
}

static enum sl_code
read_secret(int fd, const char *path, struct sl_secret *out, struct sl_err *err)
{
	struct sl_secret room;
	size_t n = 0;
	ssize_t got = 1;
	enum sl_code code;

	if (!sl_secret_alloc(&room, SL_SECRET_MAX))
		return sl_fail(err, SL_E_NOMEM, path, "no memory for the secret");
	while (n < room.len && got > 0) {
		got = read(fd, room.ptr + n, room.len - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (got < 0)
		code = fail_open(path, errno, err);
	else
		code = sl_secret_copy(room.ptr, n, path, out, err);
	sl_secret_free(&room);
	return code;
}

enum sl_code
sl_secret_from_file(const char *path, const char *base_dir, struct sl_secret *out,
		    struct sl_err *err)
{
	int base = AT_FDCWD;

	if (path[0] == '\0')
		return fail_open("file:", ENOENT, err);
	if (path[0] != '/' && base_dir) {
		base = open(base_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (base < 0)
			return fail_open(path, errno, err);
	}
	/* Without O_NONBLOCK a FIFO would hold us for ever. */
	int fd = openat(base, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int sys = errno;
	if (base != AT_FDCWD)
		close(base);
	if (fd < 0)
		return fail_open(path, sys, err);
	enum sl_code code = check_owner(fd, path, err);
	if (code == SL_OK)
		code = read_secret(fd, path, out, err);
	close(fd);
	return code;
}
