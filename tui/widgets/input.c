/* input.c - one line of text. */
#include "tui/widgets/input.h"

#include "tui/width.h"

#include <stdlib.h>

/* ---- history --------------------------------------------------------------------------------- */

void
tui_history_add(struct tui_history *h, const char *line)
{
	if (!*line || (h->n > 0 && strcmp(h->line[h->n - 1], line) == 0))
		return;
	if (!h->line)
		h->line = calloc(TUI_HISTORY_MAX, sizeof(*h->line));
	char *copy = h->line ? strdup(line) : NULL;
	if (!copy)
		return;
	if (h->n == TUI_HISTORY_MAX) {
		free(h->line[0]);
		memmove(h->line, h->line + 1, (--h->n) * sizeof(*h->line));
	}
	h->line[h->n++] = copy;
}

void
tui_history_free(struct tui_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->line[i]);
	free(h->line);
	*h = (struct tui_history){ 0 };
}

/* ---- text ------------------------------------------------------------------------------------ */

#define INPUT_MAX (64u << 10)

void
tui_input_init(struct tui_input *in)
{
	*in = (struct tui_input){ 0 };
	sl_buf_init(&in->text, INPUT_MAX);
	sl_buf_init(&in->kill, INPUT_MAX);
	sl_buf_init(&in->undo, INPUT_MAX);
	sl_buf_init(&in->found, 1 << 20);
}

static void
wipe(struct sl_buf *b)
{
	if (b->ptr)
		explicit_bzero(b->ptr, b->cap);
	sl_buf_free(b);
}

void
tui_input_free(struct tui_input *in)
{
	wipe(&in->text);
	wipe(&in->kill);
	wipe(&in->undo);
	sl_buf_free(&in->found);
}

void
tui_input_set(struct tui_input *in, const char *text)
{
	sl_buf_reset(&in->text);
	sl_buf_puts(&in->text, text ? text : "");
	in->cur = in->text.len;
	sl_buf_reset(&in->found);
	in->hist = in->history ? in->history->n : 0;
}

const char *
tui_input_text(struct tui_input *in)
{
	return sl_buf_cstr(&in->text);
}

static size_t
prev_char(const struct tui_input *in, size_t pos)
{
	while (pos > 0 && ((unsigned char)in->text.ptr[--pos] & 0xc0) == 0x80)
		;
	return pos;
}

static size_t
next_char(const struct tui_input *in, size_t pos)
{
	while (pos < in->text.len && ((unsigned char)in->text.ptr[++pos] & 0xc0) == 0x80 &&
	       pos < in->text.len)
		;
	return pos;
}

static bool
is_blank(const struct tui_input *in, size_t pos)
{
	return strchr(" .,/|(){}:=", in->text.ptr[pos]) != NULL;
}

static size_t
word_left(const struct tui_input *in)
{
	size_t pos = in->cur;

	while (pos > 0 && is_blank(in, pos - 1))
		pos--;
	while (pos > 0 && !is_blank(in, pos - 1))
		pos--;
	return pos;
}

static size_t
word_right(const struct tui_input *in)
{
	size_t pos = in->cur;

	while (pos < in->text.len && is_blank(in, pos))
		pos++;
	while (pos < in->text.len && !is_blank(in, pos))
		pos++;
	return pos;
}

static void
keep_undo(struct tui_input *in)
{
	sl_buf_reset(&in->undo);
	sl_buf_put_str(&in->undo, sl_buf_view(&in->text));
}

static void
insert(struct tui_input *in, struct sl_str s)
{
	if (!sl_buf_reserve(&in->text, s.len)) {
		in->text.failed = false;
		return;
	}
	char *at = in->text.ptr + in->cur;
	memmove(at + s.len, at, in->text.len - in->cur);
	memcpy(at, s.ptr, s.len);
	in->text.len += s.len;
	in->cur += s.len;
}

static void
delete_range(struct tui_input *in, size_t from, size_t to, bool kill)
{
	if (from >= to)
		return;
	if (kill) {
		keep_undo(in);
		if (!in->secret) {
			sl_buf_reset(&in->kill);
			sl_buf_put(&in->kill, in->text.ptr + from, to - from);
		}
	}
	memmove(in->text.ptr + from, in->text.ptr + to, in->text.len - to);
	in->text.len -= to - from;
	in->cur = from;
}

/* One line only: what is pasted or brought back must not hold line ends. */
static void
insert_line(struct tui_input *in, struct sl_str s)
{
	while (s.len > 0) {
		const char *nl = memchr(s.ptr, '\n', s.len);
		size_t n = nl ? (size_t)(nl - s.ptr) : s.len;
		insert(in, (struct sl_str){ s.ptr, n });
		if (nl && n + 1 < s.len)
			insert(in, SL_LIT(" "));
		s.ptr += n + (nl != NULL);
		s.len -= n + (nl != NULL);
	}
}

static void
undo(struct tui_input *in)
{
	struct sl_buf now = in->text;

	in->text = in->undo;
	in->undo = now;
	in->cur = in->text.len;
}

/* ---- history and completion ------------------------------------------------------------------ */

static bool
history_step(struct tui_input *in, int by)
{
	const struct tui_history *h = in->history;

	if (!h || in->secret)
		return false;
	if ((by < 0 && in->hist == 0) || (by > 0 && in->hist >= h->n))
		return true;
	in->hist = by < 0 ? in->hist - 1 : in->hist + 1;
	sl_buf_reset(&in->text);
	sl_buf_puts(&in->text, in->hist < h->n ? h->line[in->hist] : "");
	in->cur = in->text.len;
	return true;
}

/* The i-th line of in->found, round and round. */
static struct sl_str
candidate(const struct tui_input *in, size_t i)
{
	struct sl_str all = sl_buf_view(&in->found), line = { 0 };
	size_t pos = 0, n = 0;

	while (tui_next_line(all, &pos, &line))
		n++;
	i %= n ? n : 1;
	for (pos = 0; tui_next_line(all, &pos, &line) && i > 0; i--)
		;
	return line;
}

static bool
complete(struct tui_input *in)
{
	if (!in->complete.find || in->secret)
		return false;
	if (in->found.len == 0) {
		size_t back = in->complete.find(
			in->complete.arg, (struct sl_str){ in->text.ptr, in->cur }, &in->found);
		if (in->found.len == 0)
			return true;
		in->found_from = back <= in->cur ? in->cur - back : 0;
		in->found_at = 0;
		keep_undo(in);
	} else {
		in->found_at++;
	}
	delete_range(in, in->found_from, in->cur, false);
	insert(in, candidate(in, in->found_at));
	return true;
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool
edit_key(struct tui_input *in, uint32_t key)
{
	switch (key) {
	case TUI_K_BACKSPACE:
	case TUI_CTRL | 'h':
		delete_range(in, prev_char(in, in->cur), in->cur, false);
		return true;
	case TUI_K_DEL:
	case TUI_CTRL | 'd':
		if (in->cur < in->text.len)
			delete_range(in, in->cur, next_char(in, in->cur), false);
		return true;
	case TUI_CTRL | 'w':
	case TUI_ALT | TUI_K_BACKSPACE:
		delete_range(in, word_left(in), in->cur, true);
		return true;
	case TUI_ALT | 'd':
		delete_range(in, in->cur, word_right(in), true);
		return true;
	case TUI_CTRL | 'u':
		delete_range(in, 0, in->cur, true);
		return true;
	case TUI_CTRL | 'k':
		delete_range(in, in->cur, in->text.len, true);
		return true;
	case TUI_CTRL | 'y':
		insert(in, sl_buf_view(&in->kill));
		return true;
	case TUI_CTRL | '_':
		undo(in);
		return true;
	default:
		return false;
	}
}

static bool
move_key(struct tui_input *in, uint32_t key)
{
	switch (key) {
	case TUI_K_LEFT:
	case TUI_CTRL | 'b':
		in->cur = prev_char(in, in->cur);
		return true;
	case TUI_K_RIGHT:
	case TUI_CTRL | 'f':
		in->cur = in->cur < in->text.len ? next_char(in, in->cur) : in->cur;
		return true;
	case TUI_K_HOME:
	case TUI_CTRL | 'a':
		in->cur = 0;
		return true;
	case TUI_K_END:
	case TUI_CTRL | 'e':
		in->cur = in->text.len;
		return true;
	case TUI_ALT | 'b':
	case TUI_CTRL | TUI_K_LEFT:
		in->cur = word_left(in);
		return true;
	case TUI_ALT | 'f':
	case TUI_CTRL | TUI_K_RIGHT:
		in->cur = word_right(in);
		return true;
	case TUI_K_UP:
	case TUI_CTRL | 'p':
		return history_step(in, -1);
	case TUI_K_DOWN:
	case TUI_CTRL | 'n':
		return history_step(in, 1);
	default:
		return false;
	}
}

bool
tui_input_event(struct tui_input *in, const struct tui_event *ev)
{
	char utf8[4];

	if (ev->type == TUI_EV_PASTE) {
		keep_undo(in);
		insert_line(in, ev->paste);
		return true;
	}
	if (ev->type != TUI_EV_KEY)
		return false;
	if (ev->key == TUI_K_TAB)
		return complete(in);
	bool taken = false;
	for (int i = 0; i < ev->count; i++) {
		if (ev->key >= ' ' && ev->key < 0x110000) {
			insert(in, (struct sl_str){ utf8, sl_utf8_put(ev->key, utf8) });
			taken = true;
		} else {
			taken = edit_key(in, ev->key) || move_key(in, ev->key);
		}
	}
	if (taken)
		sl_buf_reset(&in->found);
	return taken;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static struct sl_str
from(const struct tui_input *in, size_t pos, size_t end)
{
	return (struct sl_str){ in->text.ptr + pos, end - pos };
}

void
tui_input_draw(const struct tui_input *in, const struct tui_canvas *c, struct tui_input_look look)
{
	struct tui_canvas f = tui_sub(c, look.y, look.x, 1, look.width);
	enum tui_role role = look.invalid ? TUI_INPUT_INVALID : TUI_INPUT;
	size_t start = 0;

	tui_fill(&f, role);
	if (in->secret) {
		int n = 0;
		for (size_t pos = 0; pos < in->text.len && n < f.cols - 1; n++) {
			tui_puts(&f, 0, n, role, "\u2022");
			pos = next_char(in, pos);
		}
		if (look.focus)
			tui_cursor(&f, 0, n, true);
		return;
	}
	if (in->text.len == 0 && look.placeholder)
		tui_over(&f, 0, 0, tui_puts(&f, 0, 0, TUI_DIM, look.placeholder), role);
	/* The cursor stays in view, with one column for it at the end. */
	while (start < in->cur && tui_text_width(from(in, start, in->cur)) > f.cols - 1)
		start = next_char(in, start);
	tui_put(&f, 0, 0, role, from(in, start, in->text.len));
	if (start > 0)
		tui_puts(&f, 0, 0, TUI_DIM, "<");
	if (look.focus)
		tui_cursor(&f, 0, tui_text_width(from(in, start, in->cur)), true);
}
