#include "core/store/ballast.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PART_OF  16                   /* of the whole disk */
#define LEAST    ((int64_t)128 << 10) /* less is of no use */
#define PATH_CAP 4200

struct disk {
	int64_t whole, free; /* bytes that we may use */
};

static struct disk
look(const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) != 0)
		return (struct disk){ 0, 0 };
	return (struct disk){ (int64_t)fs.f_blocks * (int64_t)fs.f_frsize,
			      (int64_t)fs.f_bavail * (int64_t)fs.f_frsize };
}

static int64_t
size_for(const struct disk *d)
{
	const int64_t part = d->whole / PART_OF;

	return part < SL_BALLAST ? part : SL_BALLAST;
}

/* Bytes that it holds. */
static int64_t
holds(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_blocks * 512 : 0;
}

static bool
make(const char *path, int64_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;

	if (fd < 0)
		return false;
	/* Real blocks, at once: a file system that cannot do that would write every byte. */
	ok = fallocate(fd, 0, 0, size) == 0;
	(void)close(fd);
	if (!ok)
		(void)unlink(path);
	return ok;
}

void
sl_ballast_make(const char *dir)
{
	const struct disk d = look(dir);
	const int64_t size = size_for(&d);
	char path[PATH_CAP];

	(void)snprintf(path, sizeof path, "%s/ballast", dir);
	if (size >= LEAST && holds(path) < size / 2 && d.free >= 2 * size)
		(void)make(path, size);
}

bool
sl_ballast_drop(const char *dir)
{
	char path[PATH_CAP];

	(void)snprintf(path, sizeof path, "%s/ballast", dir);
	return unlink(path) == 0;
}

bool
sl_ballast_again(const char *dir)
{
	const struct disk d = look(dir);
	const int64_t size = size_for(&d);

	if (d.free < 2 * size)
		return false;
	sl_ballast_make(dir);
	return true;
}
