/* vterm_pty.c - a program in a pty, with libvterm as the terminal. */
#include "tests/lib/vterm_pty.h"

#include "core/base/clock.h"
#include "core/base/text.h"
#include "tui/keys.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

struct vt {
	VTerm *term;
	VTermScreen *screen;
	int fd, slave; /* the slave stays open: its mode is looked at after the program's end */
	pid_t pid;
	int status;
	bool exited;
	bool alternate;
	int rows, cols;
	int64_t last_us;    /* of the last byte of raw */
	struct sl_buf raw;  /* all that was written */
	struct sl_buf text; /* of vt_text() and vt_row() */
};

static int
on_prop(VTermProp prop, VTermValue *val, void *user)
{
	struct vt *v = user;

	if (prop == VTERM_PROP_ALTSCREEN)
		v->alternate = val->boolean;
	return 1;
}

/* The child. */
static void
become(const char *const *argv, const char *const *env)
{
	unsetenv("NO_COLOR");
	unsetenv("COLORTERM");
	unsetenv("LINES");
	unsetenv("COLUMNS");
	unsetenv("TMUX");
	unsetenv("COLORFGBG");
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	for (; env && *env; env++)
		putenv((char *)(uintptr_t)*env);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

struct vt *
vt_start(const char *const *argv, const char *const *env, int rows, int cols)
{
	static const VTermScreenCallbacks callbacks = { .settermprop = on_prop };
	struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
	struct vt *v = calloc(1, sizeof(*v));
	int master;

	if (!v || openpty(&master, &v->slave, NULL, NULL, &ws) != 0) {
		free(v);
		return NULL;
	}
	v->fd = master;
	v->rows = rows;
	v->cols = cols;
	sl_buf_init(&v->raw, 0);
	sl_buf_init(&v->text, 0);
	v->term = vterm_new(rows, cols);
	vterm_set_utf8(v->term, 1);
	v->screen = vterm_obtain_screen(v->term);
	vterm_screen_set_callbacks(v->screen, &callbacks, v);
	vterm_screen_enable_altscreen(v->screen, 1);
	vterm_screen_reset(v->screen, 1);
	v->pid = fork();
	if (v->pid == 0) {
		close(master);
		if (login_tty(dup(v->slave)) != 0)
			_exit(126);
		close(v->slave);
		become(argv, env);
	}
	return v;
}

static void
reap(struct vt *v)
{
	if (!v->exited && waitpid(v->pid, &v->status, WNOHANG) == v->pid)
		v->exited = true;
}

void
vt_free(struct vt *v)
{
	if (!v)
		return;
	reap(v);
	if (!v->exited) {
		kill(v->pid, SIGKILL);
		waitpid(v->pid, &v->status, 0);
	}
	close(v->fd);
	close(v->slave);
	vterm_free(v->term);
	sl_buf_free(&v->raw);
	sl_buf_free(&v->text);
	free(v);
}

/* Take what was written within ms. False: nothing came. */
static bool
pump(struct vt *v, int ms)
{
	struct pollfd pf = { .fd = v->fd, .events = POLLIN };
	char chunk[16384];

	if (poll(&pf, 1, ms) <= 0)
		return false;
	ssize_t n = read(v->fd, chunk, sizeof(chunk));
	if (n <= 0)
		return false;
	v->last_us = sl_mono_us();
	sl_buf_put(&v->raw, chunk, (size_t)n);
	vterm_input_write(v->term, chunk, (size_t)n);
	return true;
}

void
vt_type(struct vt *v, const char *bytes)
{
	size_t left = strlen(bytes);

	while (left > 0) {
		ssize_t n = write(v->fd, bytes, left);
		if (n <= 0)
			return;
		bytes += n;
		left -= (size_t)n;
	}
}

static void
type_key(struct vt *v, struct sl_str name)
{
	static const struct {
		uint32_t key;
		const char *bytes;
	} table[] = {
		{ TUI_K_ENTER, "\r" },       { TUI_K_TAB, "\t" },
		{ TUI_K_BACKTAB, "\033[Z" }, { TUI_K_ESC, "\033" },
		{ TUI_K_UP, "\033[A" },      { TUI_K_DOWN, "\033[B" },
		{ TUI_K_RIGHT, "\033[C" },   { TUI_K_LEFT, "\033[D" },
		{ TUI_K_HOME, "\033[H" },    { TUI_K_END, "\033[F" },
		{ TUI_K_PGUP, "\033[5~" },   { TUI_K_PGDN, "\033[6~" },
		{ TUI_K_DEL, "\033[3~" },    { TUI_K_BACKSPACE, "\x7f" },
		{ TUI_K_F1, "\033OP" },      { TUI_K_F1 + 4, "\033[15~" },
	};
	uint32_t key = tui_key_parse(name);
	char bytes[8] = "";

	for (size_t i = 0; i < SL_COUNT(table); i++) {
		if (table[i].key == key) {
			vt_type(v, table[i].bytes);
			return;
		}
	}
	if (key & TUI_CTRL)
		bytes[0] = (char)(key & 0x1f);
	else
		bytes[sl_utf8_put(key & 0x1fffff, bytes)] = '\0';
	vt_type(v, bytes);
}

void
vt_keys(struct vt *v, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		if (n > 0)
			type_key(v, (struct sl_str){ names, n });
		names += n + (names[n] == ' ');
	}
}

void
vt_resize(struct vt *v, int rows, int cols)
{
	struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	v->rows = rows;
	v->cols = cols;
	vterm_set_size(v->term, rows, cols);
	(void)ioctl(v->fd, TIOCSWINSZ, &ws);
}

void
vt_signal(struct vt *v, int sig)
{
	kill(v->pid, sig);
}

static void
put_row(struct vt *v, int row)
{
	VTermScreenCell cell;
	char utf8[4];
	size_t keep = v->text.len;

	for (int x = 0; x < v->cols; x++) {
		vterm_screen_get_cell(v->screen, (VTermPos){ row, x }, &cell);
		if (cell.chars[0] == (uint32_t)-1)
			continue; /* right half */
		if (cell.chars[0] == 0)
			sl_buf_putc(&v->text, ' ');
		for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
			sl_buf_put(&v->text, utf8, sl_utf8_put(cell.chars[i], utf8));
		if (cell.chars[0] != 0 && cell.chars[0] != ' ')
			keep = v->text.len;
	}
	v->text.len = keep;
}

const char *
vt_row(struct vt *v, int row)
{
	sl_buf_reset(&v->text);
	put_row(v, row);
	return sl_buf_cstr(&v->text);
}

const char *
vt_text(struct vt *v)
{
	sl_buf_reset(&v->text);
	for (int y = 0; y < v->rows; y++) {
		put_row(v, y);
		sl_buf_putc(&v->text, '\n');
	}
	return sl_buf_cstr(&v->text);
}

bool
vt_has(struct vt *v, const char *text)
{
	return strstr(vt_text(v), text) != NULL;
}

static bool
wait_for(struct vt *v, const char *text, bool there, int ms)
{
	int64_t end = sl_mono_us() + (int64_t)ms * 1000;

	while (vt_has(v, text) != there) {
		if (sl_mono_us() >= end)
			return false;
		(void)pump(v, 20);
	}
	return true;
}

bool
vt_until(struct vt *v, const char *text, int ms)
{
	return wait_for(v, text, true, ms);
}

bool
vt_until_gone(struct vt *v, const char *text, int ms)
{
	return wait_for(v, text, false, ms);
}

void
vt_settle(struct vt *v, int quiet_ms)
{
	while (pump(v, quiet_ms))
		;
}

bool
vt_exited(struct vt *v, int *status, int ms)
{
	int64_t end = sl_mono_us() + (int64_t)ms * 1000;

	for (reap(v); !v->exited && sl_mono_us() < end; reap(v))
		(void)pump(v, 10);
	while (pump(v, 0))
		;
	*status = v->status;
	return v->exited;
}

bool
vt_stopped(struct vt *v, int ms)
{
	int64_t end = sl_mono_us() + (int64_t)ms * 1000;
	int status;

	while (sl_mono_us() < end) {
		if (waitpid(v->pid, &status, WNOHANG | WUNTRACED) == v->pid) {
			if (WIFSTOPPED(status)) {
				while (pump(v, 0)) /* what it wrote before */
					;
				return true;
			}
			v->status = status;
			v->exited = true;
			return false;
		}
		(void)pump(v, 10);
	}
	return false;
}

void
vt_cursor(struct vt *v, int *row, int *col)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(v->term), &pos);
	*row = pos.row;
	*col = pos.col;
}

bool
vt_alternate(const struct vt *v)
{
	return v->alternate;
}

bool
vt_cooked(const struct vt *v)
{
	struct termios mode;

	return tcgetattr(v->slave, &mode) == 0 && mode.c_lflag & ICANON && mode.c_lflag & ECHO &&
	       mode.c_lflag & ISIG;
}

uint32_t
vt_color(struct vt *v, int row, int col, bool background)
{
	VTermScreenCell cell;

	vterm_screen_get_cell(v->screen, (VTermPos){ row, col }, &cell);
	VTermColor c = background ? cell.bg : cell.fg;
	vterm_screen_convert_color_to_rgb(v->screen, &c);
	return (uint32_t)c.rgb.red << 16 | (uint32_t)c.rgb.green << 8 | c.rgb.blue;
}

size_t
vt_bytes(const struct vt *v)
{
	return v->raw.len;
}

int64_t
vt_last_us(const struct vt *v)
{
	return v->last_us;
}

bool
vt_wrote(const struct vt *v, const char *bytes)
{
	return v->raw.len > 0 && memmem(v->raw.ptr, v->raw.len, bytes, strlen(bytes)) != NULL;
}

pid_t
vt_pid(const struct vt *v)
{
	return v->pid;
}
