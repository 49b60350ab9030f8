/* aside.c - what becomes of a damaged state.
 *
 * It is moved aside without asking: most runs are started by cron, where nobody can be asked, and a state
 * that cannot be read is of no use to the next run. Nothing is lost by it but the knowledge of what was
 * sent: the new state plans every row again (at least once) and no remove, since removes are made
 * of what the state knows to be there. The files stay for whoever wants to look into them.
 *
 * Nothing is salvaged. A part of a snapshot would make removes and skip rows on the word of a file that
 * is known to lie. The seed least of all: with it the first event of a row would get the id of the first
 * event it ever had, and a destination that drops repeats would drop it though the row is another now.
 *
 * A WAL that is left alone beside a new state.db would be played into it, and a state.db without its WAL
 * opens well with acknowledgements missing. So a mark says, before the first file moves, that and where to
 * they go; a move that was cut short is finished by the next open. */
#include "core/store/aside.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK   "state.damaged"
#define MOVED  "state.db.damaged-"
#define MOVING "moving "
#define PATH   4200
#define NAME   64

static void
path_of(const char *dir, const char *name, char out[PATH])
{
	(void)snprintf(out, PATH, "%s/%s", dir, name);
}

/* ---- the mark ------------------------------------------------------------------------------- */

/* Its text; false: there is none. */
static bool
read_mark(const char *dir, char *text, size_t cap)
{
	char path[PATH];
	int fd;
	ssize_t n;

	path_of(dir, MARK, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	n = read(fd, text, cap - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	return true;
}

static enum sl_code
write_mark(const char *dir, const char *text, struct sl_err *err)
{
	char path[PATH];
	const size_t n = strlen(text);
	int fd;
	bool ok;

	path_of(dir, MARK, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	if (!ok)
		(void)sl_file_fail(path, "the mark of a damaged state cannot be written", err);
	if (fd >= 0)
		(void)close(fd);
	return ok ? sl_dir_sync(path, err) : err->code;
}

/* "20261123T231500Z": a name that the mark says is only taken when it is one that we give. */
static bool
is_name(const char *name)
{
	const size_t n = strlen(MOVED);

	return strncmp(name, MOVED, n) == 0 && name[n] &&
	       strspn(name + n, "0123456789TZ-") == strlen(name + n);
}

enum sl_aside_mark
sl_aside_marked(const char *dir)
{
	char text[NAME + sizeof MOVING];

	if (!read_mark(dir, text, sizeof text))
		return SL_ASIDE_NONE;
	return strncmp(text, MOVING, strlen(MOVING)) == 0 && is_name(text + strlen(MOVING))
		       ? SL_ASIDE_MOVING
		       : SL_ASIDE_SUSPECT;
}

void
sl_aside_suspect(const char *dir)
{
	struct sl_err ignored;

	if (sl_aside_marked(dir) == SL_ASIDE_NONE)
		(void)!write_mark(dir, "suspect\n", &ignored);
}

enum sl_code
sl_aside_clear(const char *dir, struct sl_err *err)
{
	char path[PATH];

	path_of(dir, MARK, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return sl_file_fail(path, "the mark of a damaged state cannot be removed", err);
	return sl_dir_sync(path, err);
}

/* ---- the move ------------------------------------------------------------------------------- */

/* A name that is not taken: two in one second get a number. */
static void
new_name(const char *dir, char name[NAME])
{
	char iso[25], day[20], path[PATH];
	size_t n = 0;

	sl_time_iso(sl_wall_us(), iso);
	for (const char *p = iso; *p && *p != '.'; p++)
		if (!strchr("-:", *p))
			day[n++] = *p;
	day[n] = 0;
	(void)snprintf(name, NAME, MOVED "%sZ", day);
	path_of(dir, name, path);
	for (int i = 2; access(path, F_OK) == 0 && i < 1000; i++) {
		(void)snprintf(name, NAME, MOVED "%sZ-%d", day, i);
		path_of(dir, name, path);
	}
}

static enum sl_code
move_files(const char *dir, const char *name, struct sl_err *err)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char from[PATH], to[PATH];

	for (size_t i = 0; i < SL_COUNT(ends); i++) {
		(void)snprintf(from, sizeof from, "%s/state.db%s", dir, ends[i]);
		(void)snprintf(to, sizeof to, "%s/%s%s", dir, name, ends[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return sl_file_fail(from, "the damaged state cannot be moved aside", err);
		sl_crashpoint("aside-file-moved");
	}
	return sl_dir_sync(from, err);
}

enum sl_code
sl_aside_move(const char *dir, struct sl_err *err)
{
	char text[NAME + sizeof MOVING], name[NAME];
	enum sl_code code = SL_OK;

	if (sl_aside_marked(dir) == SL_ASIDE_MOVING && read_mark(dir, text, sizeof text)) {
		(void)snprintf(name, sizeof name, "%.63s", text + strlen(MOVING));
	} else {
		new_name(dir, name);
		(void)snprintf(text, sizeof text, MOVING "%s", name);
		code = write_mark(dir, text, err);
		sl_crashpoint("aside-marked");
	}
	if (code == SL_OK)
		code = move_files(dir, name, err);
	sl_crashpoint("aside-moved");
	return code == SL_OK ? sl_aside_clear(dir, err) : code;
}

bool
sl_aside_newest(const char *dir, char *name, size_t cap)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool found = false;

	name[0] = 0;
	while (d && (e = readdir(d)))
		if (is_name(e->d_name) && strcmp(e->d_name, name) > 0) {
			(void)snprintf(name, cap, "%s", e->d_name);
			found = true;
		}
	if (d)
		(void)closedir(d);
	return found;
}
