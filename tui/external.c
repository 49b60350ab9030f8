/* external.c - other programs: the user's editor, the clipboard. */
#include "tui/app_state.h"
#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX (16u << 20)

/* ---- editor ---------------------------------------------------------------------------------- */

static const char *
env_or(const char *name, const char *other)
{
	const char *v = getenv(name);

	return v && *v ? v : other;
}

static enum sl_code
write_temporary(char path[PATH_MAX], struct sl_str text, const char *suffix, struct sl_err *err)
{
	const char *dir = env_or("XDG_RUNTIME_DIR", env_or("TMPDIR", "/tmp"));

	snprintf(path, PATH_MAX, "%s/sluice-XXXXXX%s", dir, suffix);
	int fd = mkstemps(path, (int)strlen(suffix));
	if (fd < 0)
		return sl_fail(err, SL_E_IO, dir, "cannot make a file for the editor: %s",
			       strerror(errno));
	bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len;
	if (close(fd) != 0 || !ok) {
		unlink(path);
		return sl_fail(err, SL_E_IO, path, "cannot write the file for the editor");
	}
	return SL_OK;
}

static enum sl_code
read_back(const char *path, struct sl_buf *out, struct sl_err *err)
{
	char chunk[8192];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return sl_fail(err, SL_E_IO, path, "cannot read what was edited: %s",
			       strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sl_buf_put(out, chunk, (size_t)n);
	close(fd);
	if (n < 0 || out->failed || out->len > TEXT_MAX)
		return sl_fail(err, SL_E_IO, path, "cannot read what was edited");
	return SL_OK;
}

enum sl_code
tui_app_editor(struct tui_app *a, struct sl_str text, const char *suffix, struct sl_buf *out,
	       struct sl_err *err)
{
	const char *editor = env_or("VISUAL", env_or("EDITOR", "vi"));
	char path[PATH_MAX], command[1024];

	if (!a->term)
		return sl_fail(err, SL_E_CANCELLED, "editor", "there is no terminal to edit in");
	enum sl_code rc = write_temporary(path, text, suffix, err);
	if (rc != SL_OK)
		return rc;
	/* $EDITOR may hold arguments, as other programs allow. */
	snprintf(command, sizeof(command), "%s \"$@\"", editor);
	const char *argv[] = { "sh", "-c", command, editor, path, NULL };
	int status = tui_term_run(a->term, argv, err);
	if (status > 0) {
		sl_fail(err, SL_E_CANCELLED, editor,
			"the editor ended with status %d; nothing was changed", status);
		sl_err_hint(err, "set VISUAL or EDITOR to another one");
	}
	rc = status != 0 ? err->code : read_back(path, out, err);
	unlink(path);
	a->dirty = true;
	return rc;
}

/* ---- clipboard ------------------------------------------------------------------------------- */

/* Run argv with the text as its input. */
static bool
feed(const char *const *argv, struct sl_str text)
{
	posix_spawn_file_actions_t files;
	int fd = memfd_create("clipboard", MFD_CLOEXEC), status = -1;
	pid_t pid;

	if (fd < 0)
		return false;
	bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0;
	if (ok && posix_spawn_file_actions_init(&files) == 0) {
		ok = posix_spawn_file_actions_adddup2(&files, fd, STDIN_FILENO) == 0 &&
		     posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY,
						      0) == 0 &&
		     posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY,
						      0) == 0 &&
		     posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv,
				  environ) == 0;
		posix_spawn_file_actions_destroy(&files);
		while (ok && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(fd);
	return ok && status == 0;
}

void
tui_app_copy(struct tui_app *a, struct sl_str text, const char *what)
{
	static const char *const tmux[] = { "tmux", "load-buffer", "-w", "-", NULL };
	static const char *const wayland[] = { "wl-copy", NULL };
	static const char *const x11[] = { "xclip", "-selection", "clipboard", NULL };
	const char *how = NULL;
	bool remote = getenv("SSH_CONNECTION") != NULL;

	/* tmux drops a plain OSC 52 without a word, so it goes first */
	if (getenv("TMUX") && feed(tmux, text))
		how = "tmux";
	else if (!remote && getenv("WAYLAND_DISPLAY") && feed(wayland, text))
		how = "wl-copy";
	else if (!remote && getenv("DISPLAY") && feed(x11, text))
		how = "xclip";
	else if (a->term && tui_term_clipboard(a->term, text))
		how = "OSC 52 (the terminal may ignore it)";
	if (how)
		tui_app_say(a, TUI_SEV_OK, "copied %s, %zu B via %s", what, text.len, how);
	else
		tui_app_say(a, TUI_SEV_ERROR, "cannot copy %s: no clipboard was found", what);
}
