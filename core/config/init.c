/* init.c - a new workspace, and where it is by default. */
#include "core/config/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkdir -p with 0700; 0 or errno. */
static int
make_path(const char *dir)
{
	char *path = strdup(dir);
	int sys = path ? 0 : ENOMEM;

	for (char *p = path; sys == 0 && p;) {
		p = strchr(p + 1, '/');
		if (p)
			*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			sys = errno;
		if (p)
			*p = '/';
	}
	free(path);
	return sys;
}

/* A file that is not there yet; one that is stays as it is. */
static enum sl_code
add_file(int dirfd, const char *name, const char *text, struct sl_err *err)
{
	struct sl_write w = { dirfd, name, name, sl_str(text) };
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return SL_OK;
	return sl_write_whole(&w, err);
}

static enum sl_code
fill(const char *dir, int dirfd, struct sl_err *err)
{
	for (int k = 0; k < SL_KINDS; k++) {
		int fd = sl_open_folder(dir, (enum sl_kind)k, true, err);
		if (fd < 0)
			return err->code;
		close(fd);
	}
	enum sl_code code = add_file(dirfd, "README.md", sl_workspace_readme, err);
	return code == SL_OK ? add_file(dirfd, ".gitignore", "state/\n", err) : code;
}

enum sl_code
sl_config_init(const char *dir, struct sl_err *err)
{
	if (dir[0] == '\0') {
		sl_fail(err, SL_E_CONFIG, "", "the folder of the workspace has no name");
		return sl_err_hint(err, "name it with -w DIR");
	}
	int sys = make_path(dir);
	int fd = sys ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sl_fail_file(err, sys ? sys : errno, dir, "made a workspace");
	enum sl_code code = fill(dir, fd, err);
	close(fd);
	return code;
}

/* ---- where ----------------------------------------------------------------------------------- */

static enum sl_code
too_long(struct sl_err *err)
{
	sl_fail(err, SL_E_CONFIG, "", "the path of the workspace is too long");
	return sl_err_hint(err, "name a shorter one with -w DIR");
}

/* $VARIABLE/sluice, or ~/fallback/sluice. A relative path in the variable does not count: so says the
 * XDG rule. */
static enum sl_code
xdg_dir(const char *variable, const char *fallback, char *out, size_t cap, struct sl_err *err)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int n;

	if (base && base[0] == '/') {
		n = snprintf(out, cap, "%s/sluice", base);
	} else if (home && home[0] == '/') {
		n = snprintf(out, cap, "%s/%s/sluice", home, fallback);
	} else {
		sl_fail(err, SL_E_CONFIG, "", "neither %s nor HOME says where your files are",
			variable);
		return sl_err_hint(err, "name the workspace with -w DIR");
	}
	return n > 0 && (size_t)n < cap ? SL_OK : too_long(err);
}

enum sl_code
sl_config_default_dirs(const char *dir, char *config, char *state, size_t cap, struct sl_err *err)
{
	if (!dir) {
		enum sl_code code = xdg_dir("XDG_CONFIG_HOME", ".config", config, cap, err);
		if (code != SL_OK)
			return code;
		return xdg_dir("XDG_STATE_HOME", ".local/state", state, cap, err);
	}
	int n = snprintf(config, cap, "%s", dir);
	int m = snprintf(state, cap, "%s/state", dir);
	return n >= 0 && m >= 0 && (size_t)n < cap && (size_t)m < cap ? SL_OK : too_long(err);
}
