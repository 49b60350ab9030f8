/* doctor_files.c - who may read and change the workspace and the state. */
#include "core/engine/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LITTLE_SPACE (256ull << 20) /* bytes */
#define NO_SPACE     (32ull << 20)

static const char *
kind_of(const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? "folder" : S_ISREG(st->st_mode) ? "file" : "special file";
}

/* true: nothing is wrong with it. */
static bool
check_owner(struct sl_doctor *d, const char *path, const struct stat *st)
{
	if (st->st_uid == geteuid() || st->st_uid == 0)
		return true;
	sl_doctor_say(d, "owner", SL_GRADE_BAD, "make it yours: chown",
		      "%s belongs to another user (uid %u)", path, (unsigned)st->st_uid);
	return false;
}

/* ---- the workspace ------------------------------------------------------------------------------------ */

/* Whoever can write here decides where rows go. Reading is no harm: there are no secrets in it. */
static bool
check_setting(struct sl_doctor *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return true;
	if (st.st_mode & 002) {
		sl_doctor_say(d, "permissions", SL_GRADE_BAD, "chmod go-w",
			      "everybody may change the %s %s (%03o)", kind_of(&st), path,
			      (unsigned)st.st_mode & 0777);
		return false;
	}
	if (st.st_mode & 020) {
		sl_doctor_say(d, "permissions", SL_GRADE_WARN, "chmod g-w",
			      "the group may change the %s %s (%03o)", kind_of(&st), path,
			      (unsigned)st.st_mode & 0777);
		return false;
	}
	return check_owner(d, path, &st);
}

static void
check_workspace(struct sl_doctor *d)
{
	static const char *const folders[] = { "", "/connections", "/profiles", "/syncs" };
	char path[1400];
	bool good = true;

	for (size_t i = 0; i < SL_COUNT(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", d->job->engine->workspace, folders[i]);
		good = check_setting(d, path) && good;
	}
	for (size_t i = 0; i < d->config->nobjects; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", d->job->engine->workspace,
			       d->config->objects[i].file);
		good = check_setting(d, path) && good;
	}
	if (good)
		sl_doctor_say(d, "workspace", SL_GRADE_OK, "", "%s: only you may change it",
			      d->job->engine->workspace);
}

/* ---- the state ----------------------------------------------------------------------------------------- */

/* Rows are in these files: nobody else may even read them. */
static bool
check_private(struct sl_doctor *d, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return true;
	if (S_ISLNK(st.st_mode)) {
		sl_doctor_say(d, "symlink", SL_GRADE_BAD,
			      "put the file itself there, or use --state", "%s is a symbolic link",
			      path);
		return false;
	}
	if (S_ISREG(st.st_mode) && st.st_nlink > 1) {
		sl_doctor_say(d, "link", SL_GRADE_WARN, "remove the other name of the file",
			      "%s is reachable by another name too", path);
		return false;
	}
	if (st.st_mode & 077) {
		sl_doctor_say(d, "permissions", SL_GRADE_BAD, "chmod go-rwx",
			      "others may read or change the %s %s (%03o)", kind_of(&st), path,
			      (unsigned)st.st_mode & 0777);
		return false;
	}
	return check_owner(d, path, &st);
}

static bool
is_ours(const char *name)
{
	static const char *const names[] = {
		"state.db",   "state.db-wal", "state.db-shm",   "log.db",
		"log.db-wal", "log.db-shm",   "log.db-journal", "state.db-journal",
		"state.lock", "ballast",      "workspace.id",   "state.damaged"
	};

	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
check_space(struct sl_doctor *d, const char *dir)
{
	struct statvfs fs;
	unsigned long long left;

	if (statvfs(dir, &fs) != 0)
		return;
	left = (unsigned long long)fs.f_bavail * fs.f_frsize;
	sl_doctor_say(d, "disk",
		      left < NO_SPACE       ? SL_GRADE_BAD
		      : left < LITTLE_SPACE ? SL_GRADE_WARN
					    : SL_GRADE_OK,
		      left < LITTLE_SPACE ? "make room: a run stops when the state cannot grow"
					  : "",
		      "%llu MiB free for the state", left >> 20);
}

static void
check_state_dir(struct sl_doctor *d)
{
	const char *dir = d->job->engine->state_dir;
	bool good = check_private(d, dir);
	char path[1400];
	const struct dirent *e;
	DIR *list = opendir(dir);

	if (!list) {
		sl_doctor_say(d, "state", errno == ENOENT ? SL_GRADE_OK : SL_GRADE_BAD, "",
			      "%s: %s", dir,
			      errno == ENOENT ? "no run has made it yet" : strerror(errno));
		return;
	}
	while ((e = readdir(list))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		good = check_private(d, path) && good;
		if (!is_ours(e->d_name))
			sl_doctor_say(d, "left over", SL_GRADE_WARN,
				      "look whether you still need it; rows may be in it",
				      "%s was put aside, or is none of ours", path);
	}
	(void)closedir(list);
	if (good)
		sl_doctor_say(d, "state", SL_GRADE_OK, "", "%s: only you may read it", dir);
	check_space(d, dir);
}

void
sl_doctor_files(struct sl_doctor *d)
{
	d->area = "files";
	check_workspace(d);
	check_state_dir(d);
}
