/* term.c - the terminal; the only file that includes curses. */
#include "tui/term.h"

#include "tui/blanks.h"
#include "tui/crash.h"
#include "tui/sgr.h"
#include "tui/term_env.h"
#include "tui/tty.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>

#define MAX_PAIRS 250 /* below 255, see curs_color(3x) on 8-bit pairs */

struct tui_term {
	struct tui_tty tty;
	struct tui_keys keys;
	int64_t esc_us; /* when the unfinished sequence came; 0 = none */
	int64_t esc_delay_us;

	SCREEN *screen;
	FILE *sink; /* memfd that curses writes into */
	struct sl_buf frame;
	struct sl_buf restore; /* what the crash handler writes */
	char mode_on[64], mode_off[64];
	bool mouse, sync;
	int64_t asked_us; /* the background was asked for; 0 = not, or answered */
	bool away;        /* the terminal is given to someone else */

	bool utf8, ascii, default_colors;
	enum tui_depth depth;
	struct {
		short fg, bg;
	} pair[MAX_PAIRS];
	int npairs;
	struct tui_sgr sgr;

	struct tui_grid shown; /* what curses was told */
	struct tui_cell *next; /* owned; as many: what it is told now */
	struct tui_theme theme;
	bool full;
	char name[64]; /* the terminfo entry in use */
	char notice[160];
};

/* ---- what the terminal can do ---------------------------------------------------------------- */

static enum tui_depth
find_depth(const struct tui_term_opts *o)
{
	const char *ct = getenv("COLORTERM");

	if (o->no_color || tui_env_set("NO_COLOR") || !has_colors() || start_color() == ERR)
		return TUI_MONO;
	if (COLORS >= 256)
		return ct && (strcmp(ct, "truecolor") == 0 || strcmp(ct, "24bit") == 0) ? TUI_TRUE
											: TUI_256;
	return COLORS >= 16 ? TUI_16 : COLORS >= 8 ? TUI_8 : TUI_MONO;
}

static SCREEN *
new_screen(struct tui_term *t)
{
	const char *term = getenv("TERM");
	const char *tries[] = { term, NULL, "vt100", "ansi", "dumb" };

	if (!term || !*term)
		tries[0] = term = "unknown";
	if (tui_env_modern(term))
		tries[1] = "xterm-256color";
	for (size_t i = 0; i < SL_COUNT(tries); i++) {
		SCREEN *s = tries[i] ? newterm(tries[i], t->sink, stdin) : NULL;
		if (!s)
			continue;
		snprintf(t->name, sizeof(t->name), "%s", tries[i]);
		if (i > 0)
			snprintf(t->notice, sizeof(t->notice),
				 "the terminal type TERM=%.40s is not known here, using %s", term,
				 tries[i]);
		return s;
	}
	return NULL;
}

static void
build_modes(struct tui_term *t)
{
	bool plain = strncmp(t->name, "vt100", 5) == 0 || strcmp(t->name, "dumb") == 0 ||
		     strcmp(t->name, "ansi") == 0;

	if (plain)
		return;
	snprintf(t->mode_on, sizeof(t->mode_on), "\033[?2004h%s",
		 t->mouse ? "\033[?1000h\033[?1006h" : "");
	snprintf(t->mode_off, sizeof(t->mode_off), "\033[?1006l\033[?1000l\033[?2004l%s",
		 t->sync ? "\033[?2026l" : "");
}

static void
put_capability(struct sl_buf *out, const char *name)
{
	const char *s = tigetstr(name);

	if (s && s != (const char *)-1 && !strstr(s, "$<"))
		sl_buf_puts(out, s);
}

static void
build_restore(struct tui_term *t)
{
	sl_buf_reset(&t->restore);
	sl_buf_puts(&t->restore, t->mode_off);
	put_capability(&t->restore, "sgr0");
	put_capability(&t->restore, "cnorm");
	put_capability(&t->restore, "rmcup");
	sl_buf_puts(&t->restore, "\r\n");
}

/* ---- the sink -------------------------------------------------------------------------------- */

/* Everything that curses wrote since the last call, appended to t->frame in its final form. */
static void
drain_sink(struct tui_term *t)
{
	int fd = fileno(t->sink);
	off_t len = lseek(fd, 0, SEEK_CUR);
	struct sl_buf raw;

	if (len <= 0)
		return;
	sl_buf_init(&raw, 0);
	if (sl_buf_reserve(&raw, (size_t)len)) {
		ssize_t n = pread(fd, raw.ptr, (size_t)len, 0);
		raw.len = n > 0 ? (size_t)n : 0;
		/* Without true colour there are no slots, and numbers stay what they are. */
		tui_sgr_rewrite(&t->sgr, sl_buf_view(&raw), &t->frame);
	}
	sl_buf_free(&raw);
	(void)lseek(fd, 0, SEEK_SET);
	if (ftruncate(fd, 0) != 0)
		t->full = true;
}

static void
take_over(struct tui_term *t)
{
	struct tui_crash c = { t->tty.out, t->tty.err, t->tty.saved, sl_buf_view(&t->restore) };

	tui_tty_raw(&t->tty);
	tui_crash_arm(&c);
	tui_tty_write(&t->tty, sl_str(t->mode_on));
	t->away = false;
	t->full = true;
}

static void
give_back(struct tui_term *t)
{
	if (t->away)
		return;
	t->away = true;
	sl_buf_reset(&t->frame);
	sl_buf_puts(&t->frame, t->mode_off);
	endwin();
	drain_sink(t);
	tui_tty_write(&t->tty, sl_buf_view(&t->frame));
	tui_tty_restore(&t->tty);
	tui_crash_disarm();
}

/* ---- open -------------------------------------------------------------------------- */

static enum sl_code
start_curses(struct tui_term *t, const struct tui_term_opts *o, struct sl_err *err)
{
	int fd = memfd_create("frame", MFD_CLOEXEC);
	int rows, cols;

	t->sink = fd < 0 ? NULL : fdopen(fd, "w");
	if (!t->sink) {
		if (fd >= 0)
			close(fd);
		return sl_fail(err, SL_E_IO, "terminal", "cannot make the frame buffer: %s",
			       strerror(errno));
	}
	t->screen = new_screen(t);
	if (!t->screen)
		return sl_fail(err, SL_E_CONFIG, "terminal",
			       "no usable terminal description for TERM=%s",
			       getenv("TERM") ? getenv("TERM") : "");
	if (!cursor_address) {
		sl_fail(err, SL_E_CONFIG, "terminal",
			"a terminal of the type TERM=%s cannot place text", t->name);
		return sl_err_hint(err, "use a command, see sluice --help");
	}
	typeahead(-1);
	t->depth = find_depth(o);
	t->sgr.single_off = t->depth >= TUI_256;
	t->default_colors = t->depth != TUI_MONO && use_default_colors() == OK;
	tui_tty_size(&t->tty, &rows, &cols);
	resize_term(rows, cols);
	leaveok(stdscr, FALSE);
	t->sync = tui_env_sync(getenv("TERM") ? getenv("TERM") : "");
	return SL_OK;
}

enum sl_code
tui_term_open(const struct tui_term_opts *o, struct tui_term **out, struct sl_err *err)
{
	const char *delay = getenv("ESCDELAY");
	int64_t ms = 25;
	struct tui_term *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t)
		return sl_fail(err, SL_E_NOMEM, "terminal", "no memory");
	tui_keys_init(&t->keys);
	sl_buf_init(&t->frame, 0);
	sl_buf_init(&t->restore, 0);
	enum sl_code rc = tui_tty_open(&t->tty, err);
	if (rc == SL_OK) {
		t->utf8 = tui_env_utf8();
		t->ascii = o->plain || !t->utf8;
		t->mouse = o->mouse;
		if (delay && sl_str_to_i64(sl_str(delay), &ms) && (ms < 1 || ms > 10000))
			ms = 25;
		t->esc_delay_us = ms * 1000;
		rc = start_curses(t, o, err);
	}
	if (rc != SL_OK) {
		tui_term_close(t);
		return rc;
	}
	build_modes(t);
	build_restore(t);
	take_over(t);
	*out = t;
	return SL_OK;
}

/* ---- input ----------------------------------------------------------------------------------- */

int
tui_term_tty_fd(const struct tui_term *t)
{
	return t->tty.in;
}

int
tui_term_signal_fd(const struct tui_term *t)
{
	return t->tty.signals;
}

int
tui_term_wait_ms(const struct tui_term *t)
{
	if (!tui_keys_waiting(&t->keys))
		return -1;
	int64_t left = t->esc_us + t->esc_delay_us - sl_mono_us();
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

bool
tui_term_read(struct tui_term *t, struct tui_event *ev)
{
	char chunk[4096];
	int sig = tui_tty_signal(&t->tty);

	*ev = (struct tui_event){ .count = 1 };
	if (sig == SIGWINCH) {
		int rows, cols;
		tui_tty_size(&t->tty, &rows, &cols);
		resize_term(rows, cols);
		t->full = true;
		ev->type = TUI_EV_RESIZE;
		return true;
	}
	if (sig) {
		ev->type = TUI_EV_SIGNAL;
		ev->number = sig;
		return true;
	}
	ssize_t n = tui_tty_read(&t->tty, chunk, sizeof(chunk));
	if (n > 0) {
		tui_keys_feed(&t->keys, chunk, (size_t)n);
		t->esc_us = sl_mono_us();
	}
	bool late = sl_mono_us() >= t->esc_us + t->esc_delay_us;
	if (tui_keys_next(&t->keys, late, ev)) {
		if (ev->type == TUI_EV_BACKGROUND)
			t->asked_us = 0;
		return true;
	}
	if (n < 0) {
		*ev = (struct tui_event){ .type = TUI_EV_SIGNAL, .number = SIGHUP, .count = 1 };
		return true;
	}
	return false;
}

/* ---- close --------------------------------------------------------------------------------- */

#define ANSWER_US 1000000 /* an answer later than this is not waited for */

void
tui_term_ask_background(struct tui_term *t)
{
	if (!tui_env_modern(t->name) || t->depth < TUI_256)
		return;
	tui_tty_write(&t->tty, SL_LIT("\033]11;?\033\\"));
	t->asked_us = sl_mono_us();
}

/* An answer that comes after us would be typed into the shell. */
static void
take_answer(struct tui_term *t)
{
	struct tui_event ev;
	struct pollfd pf = { .fd = t->tty.in, .events = POLLIN };

	while (t->asked_us && sl_mono_us() - t->asked_us < ANSWER_US && poll(&pf, 1, 150) > 0) {
		while (tui_term_read(t, &ev) && ev.type != TUI_EV_SIGNAL)
			;
		if (ev.type == TUI_EV_SIGNAL)
			return;
	}
}

void
tui_term_close(struct tui_term *t)
{
	if (!t)
		return;
	if (t->screen) {
		take_answer(t);
		give_back(t);
		delscreen(t->screen);
	}
	if (t->sink)
		fclose(t->sink);
	tui_tty_close(&t->tty);
	tui_keys_free(&t->keys);
	tui_grid_free(&t->shown);
	free(t->next);
	sl_buf_free(&t->frame);
	sl_buf_free(&t->restore);
	free(t);
}

/* ---- facts ----------------------------------------------------------------------------------- */

void
tui_term_size(const struct tui_term *t, int *rows, int *cols)
{
	tui_tty_size(&t->tty, rows, cols);
}

bool
tui_term_ascii(const struct tui_term *t)
{
	return t->ascii;
}

const char *
tui_term_notice(const struct tui_term *t)
{
	return t->notice;
}

/* ---- output ---------------------------------------------------------------------------------- */

static short
color_number(struct tui_term *t, const struct tui_color *c, bool bg, attr_t *attr)
{
	int n;

	if (c->kind == TUI_COLOR_UNSET || c->kind == TUI_COLOR_DEFAULT)
		return t->default_colors ? -1 : bg ? COLOR_BLACK : COLOR_WHITE;
	if (c->kind == TUI_COLOR_SET && t->depth == TUI_TRUE)
		return (short)tui_slot(&t->sgr.slots, c->rgb);
	n = c->kind == TUI_COLOR_SET && t->depth == TUI_256 ? c->c256 : c->c16;
	if (t->depth == TUI_8 && n >= 8) {
		n -= 8;
		if (!bg)
			*attr |= A_BOLD;
	}
	return (short)n;
}

static short
color_pair(struct tui_term *t, short fg, short bg)
{
	for (int i = 0; i < t->npairs; i++) {
		if (t->pair[i].fg == fg && t->pair[i].bg == bg)
			return (short)(i + 1);
	}
	if (t->npairs == MAX_PAIRS || t->npairs + 1 >= COLOR_PAIRS)
		return 0;
	t->pair[t->npairs].fg = fg;
	t->pair[t->npairs].bg = bg;
	t->npairs++;
	init_pair((short)t->npairs, fg, bg);
	return (short)t->npairs;
}

static attr_t
curses_attr(unsigned a)
{
	return (a & TUI_BOLD ? A_BOLD : 0) | (a & TUI_UNDERLINE ? A_UNDERLINE : 0) |
	       (a & TUI_REVERSE ? A_REVERSE : 0) | (a & TUI_FAINT ? A_DIM : 0) |
	       (a & TUI_ITALIC ? A_ITALIC : 0);
}

static void
draw_cell(struct tui_term *t, int y, int x, const struct tui_cell *cell)
{
	wchar_t text[TUI_MARKS + 2] = { (wchar_t)cell->cp };
	struct tui_style s = tui_theme_style(&t->theme, cell->role, cell->over, t->depth);
	attr_t attr = curses_attr(s.attr);
	short pair = 0;
	cchar_t cc;

	for (int i = 0; i < TUI_MARKS; i++)
		text[i + 1] = (wchar_t)cell->mark[i];
	if (t->depth != TUI_MONO &&
	    (s.fg.kind > TUI_COLOR_DEFAULT || s.bg.kind > TUI_COLOR_DEFAULT)) {
		short fg = color_number(t, &s.fg, false, &attr);
		if (fg == COLOR_BLACK && t->depth <= TUI_16)
			attr &= ~A_BOLD; /* bold black is dark gray there */
		pair = color_pair(t, fg, color_number(t, &s.bg, true, &attr));
	}
	if (setcchar(&cc, text, attr, pair, NULL) == OK)
		(void)mvadd_wch(y, x, &cc); /* ERR in the last cell of the screen, which is drawn */
}

static void
use_theme(struct tui_term *t, const struct tui_theme *theme)
{
	if (memcmp(&t->theme, theme, sizeof(*theme)) == 0)
		return;
	t->theme = *theme;
	t->npairs = 0;
	t->sgr.slots.n = 0;
	t->full = true;
}

static bool
remember(struct tui_term *t, const struct tui_grid *g)
{
	if (!t->shown.cells || t->shown.rows != g->rows || t->shown.cols != g->cols) {
		tui_grid_free(&t->shown);
		free(t->next);
		t->next = calloc((size_t)g->rows * (size_t)g->cols, sizeof(*t->next));
		if (!t->next || !tui_grid_init(&t->shown, g->rows, g->cols, g->ascii))
			return false;
		t->full = true;
	}
	return true;
}

/* Those that changed. */
static void
draw_cells(struct tui_term *t, const struct tui_grid *g)
{
	const size_t n = (size_t)g->rows * (size_t)g->cols;
	struct tui_cell *cells = t->next;

	memcpy(cells, g->cells, n * sizeof(*cells));
	for (int y = 0; y < g->rows && y < LINES; y++) {
		tui_blanks(&cells[y * g->cols], g->cols, &t->theme, t->depth);
		for (int x = 0; x < g->cols && x < COLS; x++) {
			size_t i = (size_t)y * (size_t)g->cols + (size_t)x;
			if (cells[i].width == 0 ||
			    (!t->full &&
			     memcmp(&cells[i], &t->shown.cells[i], sizeof(*cells)) == 0))
				continue;
			draw_cell(t, y, x, &cells[i]);
		}
	}
	memcpy(t->shown.cells, cells, n * sizeof(*cells));
}

bool
tui_term_show(struct tui_term *t, const struct tui_grid *g, const struct tui_theme *theme)
{
	if (t->away || !tui_tty_writable(&t->tty))
		return false;
	use_theme(t, theme);
	if (!remember(t, g))
		return false;
	if (t->full) {
		tui_sgr_forget(&t->sgr);
		clearok(curscr, TRUE);
		erase();
	}
	draw_cells(t, g);
	t->full = false;
	(void)curs_set(g->cur_on ? 1 : 0);
	move(g->cur_y, g->cur_x);
	refresh();

	sl_buf_reset(&t->frame);
	if (t->sync)
		sl_buf_puts(&t->frame, "\033[?2026h");
	size_t empty = t->frame.len;
	drain_sink(t);
	if (t->frame.len == empty)
		return true;
	if (t->sync)
		sl_buf_puts(&t->frame, "\033[?2026l");
	tui_tty_write(&t->tty, sl_buf_view(&t->frame));
	return true;
}

void
tui_term_repaint(struct tui_term *t)
{
	t->full = true;
}

void
tui_term_mouse(struct tui_term *t, bool on)
{
	tui_tty_write(&t->tty, sl_str(t->mode_off));
	t->mouse = on;
	build_modes(t);
	tui_tty_write(&t->tty, sl_str(t->mode_on));
}

/* ---- others on our terminal ------------------------------------------------------------------ */

void
tui_term_suspend(struct tui_term *t)
{
	int rows, cols;

	give_back(t);
	(void)raise(SIGSTOP);
	take_over(t);
	tui_tty_size(&t->tty, &rows, &cols);
	resize_term(rows, cols);
}

int
tui_term_run(struct tui_term *t, const char *const *argv, struct sl_err *err)
{
	int rows, cols;

	give_back(t);
	int status = tui_tty_run(&t->tty, argv, err);
	take_over(t);
	tui_tty_size(&t->tty, &rows, &cols);
	resize_term(rows, cols);
	return status;
}

bool
tui_term_clipboard(struct tui_term *t, struct sl_str text)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct sl_buf out;

	if (text.len > 74994 || !t->mode_on[0]) /* what common terminals take */
		return false;
	sl_buf_init(&out, 0);
	sl_buf_puts(&out, "\033]52;c;");
	for (size_t i = 0; i < text.len; i += 3) {
		uint32_t v = 0;
		for (size_t j = 0; j < 3; j++)
			v = v << 8 | (i + j < text.len ? (unsigned char)text.ptr[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			sl_buf_putc(&out, i + j > text.len ? '=' : digit[v >> (18 - 6 * j) & 63]);
	}
	sl_buf_putc(&out, '\a');
	bool ok = !out.failed;
	if (ok)
		tui_tty_write(&t->tty, sl_buf_view(&out));
	sl_buf_free(&out);
	return ok;
}
