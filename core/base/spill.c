#include "core/base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELSEWHERE "/tmp"

struct sl_spill {
	pthread_mutex_t lock; /* of making the file */
	const char *dir;
	int fd;        /* atomic; -1 = not made yet */
	uint64_t size; /* atomic; handed out so far */
};

struct sl_spill *
sl_spill_new(const char *dir)
{
	struct sl_spill *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct sl_spill){ .dir = dir, .fd = -1 };
	if (pthread_mutex_init(&s->lock, NULL) == 0)
		return s;
	free(s);
	return NULL;
}

void
sl_spill_free(struct sl_spill *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		(void)close(s->fd);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static enum sl_code
fail(const struct sl_spill *s, const char *what, int sys, struct sl_err *err)
{
	const uint64_t mb = __atomic_load_n(&s->size, __ATOMIC_RELAXED) >> 20;
	const bool full = sys == ENOSPC || sys == EDQUOT;

	if (full)
		(void)sl_fail(err, SL_E_IO, s->dir,
			      "no room for a temporary file of more than %llu MB: %s",
			      (unsigned long long)mb, strerror(sys));
	else
		(void)sl_fail(err, SL_E_IO, s->dir, "a temporary file: %s: %s", what,
			      sys ? strerror(sys) : "it is shorter than it was");
	err->sys = sys;
	err->retryable = full;
	return full ? sl_err_hint(err, "make room there, or give the program more memory "
				       "(SLUICE_MEMORY)")
		    : err->code;
}

/* Without O_TMPFILE (some network file systems) it has a name for a moment. */
static int
make_in(const char *dir)
{
	char path[4200];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	if (snprintf(path, sizeof(path), "%s/spill-XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

static enum sl_code
make(struct sl_spill *s, int *out, struct sl_err *err)
{
	int sys = 0, fd;

	(void)pthread_mutex_lock(&s->lock);
	fd = s->fd;
	if (fd < 0) {
		fd = make_in(s->dir);
		sys = errno;
		if (fd < 0 && (sys == ENOENT || sys == EACCES || sys == EPERM || sys == EROFS)) {
			s->dir = ELSEWHERE;
			fd = make_in(s->dir);
			sys = errno;
		}
		__atomic_store_n(&s->fd, fd, __ATOMIC_RELEASE);
	}
	(void)pthread_mutex_unlock(&s->lock);
	*out = fd;
	return fd >= 0 ? SL_OK : fail(s, "cannot be made", sys, err);
}

enum sl_code
sl_spill_add(struct sl_spill *s, const void *p, size_t n, uint64_t *at, struct sl_err *err)
{
	int fd = __atomic_load_n(&s->fd, __ATOMIC_ACQUIRE);
	size_t done = 0;

	if (fd < 0 && make(s, &fd, err) != SL_OK)
		return err->code;
	*at = __atomic_fetch_add(&s->size, n, __ATOMIC_RELAXED);
	while (done < n) {
		ssize_t k = pwrite(fd, (const char *)p + done, n - done, (off_t)(*at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail(s, "cannot be written", k < 0 ? errno : ENOSPC, err);
		done += (size_t)k;
	}
	return SL_OK;
}

enum sl_code
sl_spill_read(const struct sl_spill *s, uint64_t at, void *p, size_t n, struct sl_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = pread(s->fd, (char *)p + done, n - done, (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail(s, "cannot be read", k < 0 ? errno : 0, err);
		done += (size_t)k;
	}
	return SL_OK;
}
