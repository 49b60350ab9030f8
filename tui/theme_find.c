/* theme_find.c - the search path of themes. */
#include "tui/theme_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NDIRS 4

/* "" = there is no such folder to look in. */
static void
user_dir(char out[PATH_MAX])
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	out[0] = '\0';
	if (xdg && xdg[0] == '/')
		snprintf(out, PATH_MAX, "%s/sluice/themes", xdg);
	else if (home && home[0] == '/')
		snprintf(out, PATH_MAX, "%s/.config/sluice/themes", home);
}

#define ROOM 32 /* for what is put behind a folder */

/* A program that runs from build/ takes the themes beside that folder; one from DIR/bin, wherever it was
 * installed or moved to, those of DIR/share. */
static void
program_dir(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - ROOM);

	if (n <= 0)
		n = 0;
	out[n] = '\0';
	char *build = strstr(out, "/build/"), *name = strrchr(out, '/');
	for (char *next = build; next; next = strstr(next + 1, "/build/"))
		build = next;
	if (build)
		snprintf(build, ROOM, "/themes");
	else if (name && name - out >= 4 && memcmp(name - 4, "/bin", 4) == 0)
		snprintf(name - 4, ROOM, "/share/sluice/themes");
	else
		out[0] = '\0';
}

static void
theme_dir(int i, char out[PATH_MAX])
{
	const char *data = getenv("SLUICE_DATADIR");

	out[0] = '\0';
	if (i == 0)
		user_dir(out);
	else if (i == 1 && data && *data)
		snprintf(out, PATH_MAX, "%s/themes", data);
	else if (i == 2)
		program_dir(out);
	else if (i == 3)
		snprintf(out, PATH_MAX, "%s/themes", SL_DATADIR);
}

static enum sl_code
read_all(int fd, const char *file, struct sl_buf *text, struct sl_err *err)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sl_buf_put(text, chunk, (size_t)n);
	if (n < 0)
		return sl_fail(err, SL_E_IO, file, "cannot read the theme: %s", strerror(errno));
	if (text->failed)
		return sl_fail(err, SL_E_CONFIG, file, "a theme is at most %u bytes long",
			       TUI_THEME_MAX);
	return SL_OK;
}

static bool
good_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strlen(name) < TUI_THEME_NAME;
}

enum sl_code
tui_theme_find(const char *name, struct sl_buf *text, char file[256], struct sl_err *err)
{
	char dir[PATH_MAX], path[PATH_MAX + TUI_THEME_NAME + 16];

	for (int i = 0; good_name(name) && i < NDIRS; i++) {
		theme_dir(i, dir);
		if (!dir[0])
			continue;
		snprintf(path, sizeof(path), "%s/%s.theme", dir, name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		snprintf(file, 256, "%.255s", path);
		if (fd < 0)
			return sl_fail(err, SL_E_IO, file, "cannot open the theme: %s",
				       strerror(errno));
		enum sl_code rc = read_all(fd, file, text, err);
		close(fd);
		return rc;
	}
	sl_fail(err, SL_E_NOTFOUND, "theme", "there is no theme named %.*s", TUI_THEME_NAME, name);
	return sl_err_hint(err, ":themes lists them; your own go to ~/.config/sluice/themes");
}

static size_t
add_name(char (*names)[TUI_THEME_NAME], size_t n, size_t cap, const char *name, size_t len)
{
	size_t at = 0;

	if (n == cap || len == 0 || len >= TUI_THEME_NAME)
		return n;
	while (at < n) {
		int c = strncmp(names[at], name, len);
		if (c == 0 && names[at][len] == '\0')
			return n;
		if (c > 0 || (c == 0 && names[at][len] != '\0'))
			break;
		at++;
	}
	memmove(names[at + 1], names[at], (n - at) * sizeof(names[0]));
	memcpy(names[at], name, len);
	names[at][len] = '\0';
	return n + 1;
}

size_t
tui_theme_list(char (*names)[TUI_THEME_NAME], size_t cap)
{
	char dir[PATH_MAX];
	size_t n = add_name(names, 0, cap, "mono", 4);

	for (int i = 0; i < NDIRS; i++) {
		theme_dir(i, dir);
		DIR *d = dir[0] ? opendir(dir) : NULL;
		if (!d)
			continue;
		for (struct dirent *e = readdir(d); e; e = readdir(d)) {
			const char *dot = strrchr(e->d_name, '.');
			if (dot && strcmp(dot, ".theme") == 0)
				n = add_name(names, n, cap, e->d_name, (size_t)(dot - e->d_name));
		}
		closedir(d);
	}
	return n;
}

const char *
tui_theme_auto(void)
{
	const char *fgbg = getenv("COLORFGBG");
	const char *bg = fgbg ? strrchr(fgbg, ';') : NULL;

	if (!bg || bg[1] < '0' || bg[1] > '9')
		return "terminal-16";
	/* 7 and 15 are the light ones of the 16 */
	return strcmp(bg + 1, "7") == 0 || strcmp(bg + 1, "15") == 0 ? "light" : "dark";
}
