/* editor_draw.c - the picture of an editor: line numbers, colours, the place of a mistake. */
#include "tui/widgets/editor.h"
#include "tui/width.h"

#include <stdio.h>

#define GUTTER    6
#define LINE_MAX_ 8192 /* bytes of one line that are drawn */

/* Columns scrolled to the right so that the cursor is seen. */
static int
scroll_of(struct sl_str before, int room)
{
	int col = tui_text_width(before);

	return col >= room ? col - room + 8 : 0;
}

static size_t
skip(struct sl_str s, int cols)
{
	struct tui_glyphs it = tui_glyphs(s);
	struct tui_glyph g;
	size_t at = 0;
	int n = 0;

	while (n < cols && tui_glyph_next(&it, &g)) {
		n += g.width;
		at = g.to;
	}
	tui_glyphs_end(&it);
	return at;
}

struct line {
	struct sl_str text;
	size_t from; /* offset in the whole */
	size_t number;
	int state; /* of the highlighter */
};

static void
draw_line(const struct tui_editor *e, const struct tui_canvas *c, struct line *l, bool focus)
{
	uint8_t roles[LINE_MAX_];
	struct sl_str s = l->text;
	bool here = e->cur >= l->from && e->cur <= l->from + s.len;
	bool wrong = e->error_at >= (long)l->from && e->error_at <= (long)(l->from + s.len);
	struct tui_canvas body = tui_sub(c, 0, GUTTER, 1, c->cols - GUTTER);
	struct sl_str before = { s.ptr, here ? e->cur - l->from : 0 };
	int left = here ? scroll_of(before, body.cols - 1) : 0;

	s.len = s.len > sizeof(roles) ? sizeof(roles) : s.len;
	tui_highlight(e->syntax, s, &l->state, roles);
	size_t at = left ? skip(s, left) : 0;
	tui_printf(c, 0, 0, wrong ? TUI_FAIL : TUI_DIM, "%s%3zu", wrong ? "! " : "  ",
		   l->number + 1);
	(void)tui_put_highlighted(&body, 0, 0, (struct sl_str){ s.ptr + at, s.len - at },
				  roles + at);
	if (wrong) {
		int x = tui_text_width(
				(struct sl_str){ l->text.ptr, (size_t)e->error_at - l->from }) -
			left;
		if (x >= 0)
			tui_over(&body, 0, x, 1, TUI_INPUT_INVALID);
	}
	if (here && focus)
		tui_cursor(&body, 0, tui_text_width(before) - left, true);
}

void
tui_editor_draw(const struct tui_editor *e, const struct tui_canvas *c, bool focus)
{
	struct line l = { 0 };
	int line, col;
	size_t top = e->top;

	if (c->rows < 1 || c->cols <= GUTTER)
		return;
	tui_editor_place(e, &line, &col);
	if ((size_t)line > top + (size_t)c->rows)
		top = (size_t)(line - c->rows);
	for (size_t pos = 0;; l.number++) {
		const char *nl = pos < e->text.len
					 ? memchr(e->text.ptr + pos, '\n', e->text.len - pos)
					 : NULL;
		size_t end = nl ? (size_t)(nl - e->text.ptr) : e->text.len;
		l.from = pos;
		l.text = (struct sl_str){ e->text.ptr ? e->text.ptr + pos : "", end - pos };
		if (l.number >= top) {
			struct tui_canvas row = tui_sub(c, (int)(l.number - top), 0, 1, c->cols);
			draw_line(e, &row, &l, focus);
		} else {
			uint8_t roles[LINE_MAX_];
			struct sl_str s = l.text;
			s.len = s.len > sizeof(roles) ? sizeof(roles) : s.len;
			tui_highlight(e->syntax, s, &l.state, roles);
		}
		if (!nl || (int)(l.number - top) + 1 >= c->rows)
			break;
		pos = end + 1;
	}
}
