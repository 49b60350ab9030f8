/* app_files.c - what the terminal UI keeps between runs: the theme and the lines typed at prompts. */
#include "tui/app_state.h"
#include "tui/width.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256u << 10)

static bool
path_of(const struct tui_app *a, const char *name, char out[PATH_MAX])
{
	if (!a->o.state_dir)
		return false;
	int n = snprintf(out, PATH_MAX, "%s/ui-%s", a->o.state_dir, name);
	return n > 0 && n < PATH_MAX;
}

static void
load_file(const struct tui_app *a, const char *name, struct sl_buf *out)
{
	char path[PATH_MAX], chunk[4096];
	ssize_t n;

	if (!path_of(a, name, path))
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while (!out->failed && (n = read(fd, chunk, sizeof(chunk))) > 0)
		sl_buf_put(out, chunk, (size_t)n);
	close(fd);
}

/* By rename, so that a reader sees the old or the new. A failure costs a convenience, no data. */
static void
save_file(const struct tui_app *a, const char *name, struct sl_str text)
{
	char path[PATH_MAX], tmp[PATH_MAX + 8];

	if (!path_of(a, name, path))
		return;
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len;
	if (close(fd) != 0 || !ok || rename(tmp, path) != 0)
		unlink(tmp);
}

struct tui_history *
tui_app_history(struct tui_app *a, const char *name)
{
	struct sl_buf text;
	struct sl_str line;
	char copy[1024], file[40];
	size_t pos = 0;
	int i = 0;

	while (i < TUI_HISTORIES && a->history[i].name[0] && strcmp(a->history[i].name, name) != 0)
		i++;
	if (i == TUI_HISTORIES)
		return NULL;
	if (a->history[i].name[0])
		return &a->history[i].h;
	snprintf(a->history[i].name, sizeof(a->history[i].name), "%s", name);
	snprintf(file, sizeof(file), "history-%s", a->history[i].name);
	sl_buf_init(&text, FILE_MAX);
	load_file(a, file, &text);
	while (tui_next_line(sl_buf_view(&text), &pos, &line)) {
		snprintf(copy, sizeof(copy), SL_FMT, SL_ARG(line));
		if (sl_utf8_valid(line))
			tui_history_add(&a->history[i].h, copy);
	}
	sl_buf_free(&text);
	return &a->history[i].h;
}

void
tui_app_load(struct tui_app *a)
{
	struct sl_buf text;
	struct sl_err err;
	char name[TUI_THEME_NAME];

	sl_buf_init(&text, FILE_MAX);
	load_file(a, "theme", &text);
	struct sl_str line = sl_str_trim(sl_buf_view(&text));
	if (line.len > 0 && line.len < sizeof(name) && !a->o.theme) {
		snprintf(name, sizeof(name), SL_FMT, SL_ARG(line));
		if (tui_theme_load(name, &a->theme, &err) != SL_OK)
			tui_app_say(a, TUI_SEV_WARN, "the theme of last time: %s", err.msg);
	}
	sl_buf_free(&text);
}

void
tui_app_save(const struct tui_app *a)
{
	struct sl_buf text;
	char file[40];

	sl_buf_init(&text, FILE_MAX);
	if (!a->o.theme && !a->auto_theme)
		save_file(a, "theme", sl_str(a->theme.name));
	for (int i = 0; i < TUI_HISTORIES && a->history[i].name[0]; i++) {
		sl_buf_reset(&text);
		for (size_t j = 0; j < a->history[i].h.n; j++) {
			sl_buf_puts(&text, a->history[i].h.line[j]);
			sl_buf_putc(&text, '\n');
		}
		snprintf(file, sizeof(file), "history-%s", a->history[i].name);
		save_file(a, file, sl_buf_view(&text));
	}
	sl_buf_free(&text);
}
