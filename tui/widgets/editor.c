/* editor.c - several lines of text. */
#include "tui/widgets/editor.h"

#include "tui/width.h"

#include <stdlib.h>

#define EDITOR_MAX (1u << 20)

void
tui_editor_init(struct tui_editor *e, enum tui_syntax syntax)
{
	*e = (struct tui_editor){ .syntax = syntax, .want_col = -1, .error_at = -1 };
	sl_buf_init(&e->text, EDITOR_MAX);
	sl_buf_init(&e->found, EDITOR_MAX);
	for (size_t i = 0; i < TUI_UNDO_MAX; i++)
		sl_buf_init(&e->undo[i], EDITOR_MAX);
}

void
tui_editor_free(struct tui_editor *e)
{
	sl_buf_free(&e->text);
	sl_buf_free(&e->found);
	for (size_t i = 0; i < TUI_UNDO_MAX; i++)
		sl_buf_free(&e->undo[i]);
}

struct sl_str
tui_editor_text(const struct tui_editor *e)
{
	return sl_buf_view(&e->text);
}

void
tui_editor_set(struct tui_editor *e, struct sl_str text)
{
	sl_buf_reset(&e->text);
	sl_buf_put_str(&e->text, text);
	e->cur = e->top = 0;
	e->nundo = e->nredo = 0;
	e->changed = e->typing = false;
	e->error_at = -1;
}

/* ---- undo: whole texts; models are small ----------------------------------------------------- */

static void
save(struct tui_editor *e, size_t slot)
{
	struct sl_buf *b = &e->undo[slot % TUI_UNDO_MAX];

	sl_buf_reset(b);
	sl_buf_put_str(b, sl_buf_view(&e->text));
	e->undo_cur[slot % TUI_UNDO_MAX] = e->cur;
}

/* Before a change. Letters typed one after another are one step. */
static void
keep(struct tui_editor *e, bool typing)
{
	if (!(typing && e->typing)) {
		save(e, e->iundo++);
		if (e->nundo < TUI_UNDO_MAX - 1)
			e->nundo++;
	}
	e->nredo = 0;
	e->typing = typing;
	e->changed = true;
	e->error_at = -1;
}

static void
swap_with(struct tui_editor *e, size_t slot)
{
	struct sl_buf *b = &e->undo[slot % TUI_UNDO_MAX], text = e->text;
	size_t cur = e->cur;

	e->text = *b;
	*b = text;
	e->cur = e->undo_cur[slot % TUI_UNDO_MAX];
	e->undo_cur[slot % TUI_UNDO_MAX] = cur;
	e->typing = false;
	e->changed = true;
}

static void
undo(struct tui_editor *e)
{
	if (e->nundo == 0)
		return;
	swap_with(e, --e->iundo);
	e->nundo--;
	e->nredo++;
}

static void
redo(struct tui_editor *e)
{
	if (e->nredo == 0)
		return;
	swap_with(e, e->iundo++);
	e->nredo--;
	e->nundo++;
}

void
tui_editor_replace(struct tui_editor *e, struct sl_str text)
{
	keep(e, false);
	sl_buf_reset(&e->text);
	sl_buf_put_str(&e->text, text);
	e->cur = e->cur > text.len ? text.len : e->cur;
}

/* ---- places ---------------------------------------------------------------------------------- */

static size_t
line_start(const struct tui_editor *e, size_t pos)
{
	while (pos > 0 && e->text.ptr[pos - 1] != '\n')
		pos--;
	return pos;
}

static size_t
line_end(const struct tui_editor *e, size_t pos)
{
	while (pos < e->text.len && e->text.ptr[pos] != '\n')
		pos++;
	return pos;
}

static size_t
prev_char(const struct tui_editor *e, size_t pos)
{
	if (pos > 0)
		pos--;
	while (pos > 0 && ((unsigned char)e->text.ptr[pos] & 0xc0) == 0x80)
		pos--;
	return pos;
}

static size_t
next_char(const struct tui_editor *e, size_t pos)
{
	if (pos < e->text.len)
		pos++;
	while (pos < e->text.len && ((unsigned char)e->text.ptr[pos] & 0xc0) == 0x80)
		pos++;
	return pos;
}

static int
width_of(const struct tui_editor *e, size_t from, size_t to)
{
	return tui_text_width((struct sl_str){ e->text.ptr + from, to - from });
}

static size_t
line_number(const struct tui_editor *e, size_t pos)
{
	size_t n = 0;

	for (size_t i = 0; i < pos && i < e->text.len; i++)
		n += e->text.ptr[i] == '\n';
	return n;
}

void
tui_editor_place(const struct tui_editor *e, int *line, int *col)
{
	*line = (int)line_number(e, e->cur) + 1;
	*col = width_of(e, line_start(e, e->cur), e->cur) + 1;
}

void
tui_editor_error(struct tui_editor *e, long offset)
{
	e->error_at = offset < 0 ? -1 : offset > (long)e->text.len ? (long)e->text.len : offset;
	if (e->error_at >= 0)
		e->cur = (size_t)e->error_at;
}

/* ---- edits ----------------------------------------------------------------------------------- */

static void
insert(struct tui_editor *e, struct sl_str s)
{
	if (!sl_buf_reserve(&e->text, s.len)) {
		e->text.failed = false;
		return;
	}
	char *at = e->text.ptr + e->cur;
	memmove(at + s.len, at, e->text.len - e->cur);
	memcpy(at, s.ptr, s.len);
	e->text.len += s.len;
	e->cur += s.len;
}

static void
erase(struct tui_editor *e, size_t from, size_t to)
{
	memmove(e->text.ptr + from, e->text.ptr + to, e->text.len - to);
	e->text.len -= to - from;
	e->cur = from;
}

static bool
in_word(const struct tui_editor *e, size_t pos)
{
	return !strchr(" \n\t.,()", e->text.ptr[pos]);
}

static size_t
word_left(const struct tui_editor *e)
{
	size_t pos = e->cur;

	while (pos > 0 && !in_word(e, pos - 1))
		pos--;
	while (pos > 0 && in_word(e, pos - 1))
		pos--;
	return pos;
}

/* A new line begins under the text of the present one. */
static void
new_line(struct tui_editor *e)
{
	size_t start = line_start(e, e->cur), n = 0;
	char blanks[64];

	while (start + n < e->cur && n < sizeof(blanks) - 1 && e->text.ptr[start + n] == ' ')
		n++;
	blanks[0] = '\n';
	memset(blanks + 1, ' ', sizeof(blanks) - 1);
	insert(e, (struct sl_str){ blanks, n + 1 });
}

static bool
complete(struct tui_editor *e)
{
	struct sl_str all, line = { 0 };
	size_t pos = 0, n = 0;

	if (!e->complete.find)
		return false;
	if (e->found.len == 0) {
		size_t back = e->complete.find(e->complete.arg,
					       (struct sl_str){ e->text.ptr, e->cur }, &e->found);
		e->found_from = back <= e->cur ? e->cur - back : 0;
		e->found_at = 0;
		if (e->found.len == 0)
			return false;
		keep(e, false);
	} else {
		e->found_at++;
	}
	all = sl_buf_view(&e->found);
	while (tui_next_line(all, &pos, &line))
		n++;
	pos = 0;
	for (size_t i = 0; i <= e->found_at % (n ? n : 1); i++)
		(void)tui_next_line(all, &pos, &line);
	erase(e, e->found_from, e->cur);
	insert(e, line);
	return true;
}

static bool
edit_key(struct tui_editor *e, uint32_t key)
{
	size_t to;

	switch (key) {
	case TUI_K_ENTER:
		keep(e, false);
		new_line(e);
		return true;
	case TUI_K_TAB:
		if (complete(e))
			return true;
		keep(e, false);
		insert(e, SL_LIT("  "));
		return true;
	case TUI_K_BACKSPACE:
		if (e->cur > 0) {
			keep(e, false);
			erase(e, prev_char(e, e->cur), e->cur);
		}
		return true;
	case TUI_K_DEL:
	case TUI_CTRL | 'd':
		if (e->cur < e->text.len) {
			keep(e, false);
			erase(e, e->cur, next_char(e, e->cur));
		}
		return true;
	case TUI_CTRL | 'w':
		keep(e, false);
		erase(e, word_left(e), e->cur);
		return true;
	case TUI_CTRL | 'u':
		keep(e, false);
		erase(e, line_start(e, e->cur), e->cur);
		return true;
	case TUI_CTRL | 'k':
		to = line_end(e, e->cur);
		keep(e, false);
		erase(e, e->cur, to == e->cur ? next_char(e, to) : to);
		return true;
	case TUI_CTRL | '_':
		undo(e);
		return true;
	case TUI_ALT | '_':
		redo(e);
		return true;
	default:
		return false;
	}
}

/* ---- movement -------------------------------------------------------------------------------- */

static void
move_lines(struct tui_editor *e, int by)
{
	size_t start = line_start(e, e->cur);

	if (e->want_col < 0)
		e->want_col = width_of(e, start, e->cur);
	for (; by < 0 && start > 0; by++)
		start = line_start(e, start - 1);
	for (; by > 0 && line_end(e, start) < e->text.len; by--)
		start = line_end(e, start) + 1;
	size_t end = line_end(e, start), pos = start;
	while (pos < end && width_of(e, start, next_char(e, pos)) <= e->want_col)
		pos = next_char(e, pos);
	e->cur = pos;
}

static bool
move_key(struct tui_editor *e, uint32_t key, int height)
{
	int page = height > 1 ? height - 1 : 1;

	switch (key) {
	case TUI_K_UP:
	case TUI_CTRL | 'p':
		move_lines(e, -1);
		return true;
	case TUI_K_DOWN:
	case TUI_CTRL | 'n':
		move_lines(e, 1);
		return true;
	case TUI_K_PGUP:
		move_lines(e, -page);
		return true;
	case TUI_K_PGDN:
		move_lines(e, page);
		return true;
	default:
		break;
	}
	e->want_col = -1;
	switch (key) {
	case TUI_K_LEFT:
	case TUI_CTRL | 'b':
		e->cur = prev_char(e, e->cur);
		return true;
	case TUI_K_RIGHT:
	case TUI_CTRL | 'f':
		e->cur = next_char(e, e->cur);
		return true;
	case TUI_K_HOME:
	case TUI_CTRL | 'a':
		e->cur = line_start(e, e->cur);
		return true;
	case TUI_K_END:
	case TUI_CTRL | 'e':
		e->cur = line_end(e, e->cur);
		return true;
	case TUI_CTRL | TUI_K_LEFT:
	case TUI_ALT | 'b':
		e->cur = word_left(e);
		return true;
	case TUI_CTRL | TUI_K_HOME:
		e->cur = 0;
		return true;
	case TUI_CTRL | TUI_K_END:
		e->cur = e->text.len;
		return true;
	default:
		return false;
	}
}

static bool
one_key(struct tui_editor *e, uint32_t key, int height)
{
	char utf8[4];

	if (key != TUI_K_TAB)
		sl_buf_reset(&e->found);
	if (!e->read_only && key >= ' ' && key < 0x110000) {
		keep(e, true);
		insert(e, (struct sl_str){ utf8, sl_utf8_put(key, utf8) });
		e->want_col = -1;
		return true;
	}
	if (!e->read_only && edit_key(e, key)) {
		e->want_col = -1;
		return true;
	}
	bool moved = move_key(e, key, height);
	e->typing = e->typing && !moved;
	return moved;
}

bool
tui_editor_event(struct tui_editor *e, const struct tui_event *ev, int height)
{
	bool taken = false;

	if (ev->type == TUI_EV_PASTE && !e->read_only) {
		keep(e, false);
		insert(e, ev->paste);
		taken = true;
	} else if (ev->type == TUI_EV_KEY) {
		for (int i = 0; i < ev->count; i++)
			taken = one_key(e, ev->key, height);
	}
	size_t line = line_number(e, e->cur), h = height > 0 ? (size_t)height : 1;
	if (line < e->top)
		e->top = line;
	if (line >= e->top + h)
		e->top = line - h + 1;
	return taken;
}
