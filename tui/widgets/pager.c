/* pager.c - text to scroll and search. */
#include "tui/widgets/pager.h"

#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TEXT_MAX (64u << 20)

void
tui_pager_init(struct tui_pager *p, enum tui_syntax syntax)
{
	*p = (struct tui_pager){ .syntax = syntax, .found = SIZE_MAX };
	sl_buf_init(&p->text, TEXT_MAX);
}

void
tui_pager_free(struct tui_pager *p)
{
	sl_buf_free(&p->text);
	free(p->line);
	*p = (struct tui_pager){ 0 };
}

static bool
index_lines(struct tui_pager *p)
{
	struct sl_str all = sl_buf_view(&p->text), line;
	size_t n = 0;

	for (size_t pos = 0; tui_next_line(all, &pos, &line);)
		n++;
	free(p->line);
	p->nlines = 0;
	p->line = malloc((n + 1) * sizeof(*p->line));
	if (!p->line)
		return false;
	for (size_t pos = 0, start = 0; tui_next_line(all, &pos, &line); start = pos)
		p->line[p->nlines++] = start;
	p->line[p->nlines] = all.len + 1;
	return true;
}

void
tui_pager_set(struct tui_pager *p, struct sl_str text)
{
	sl_buf_reset(&p->text);
	if (p->syntax == TUI_SYNTAX_JSON)
		tui_json_pretty(&p->text, text);
	else
		sl_buf_put_str(&p->text, text);
	p->top = p->left = 0;
	p->found = SIZE_MAX;
	(void)index_lines(p);
}

static struct sl_str
line_at(const struct tui_pager *p, size_t i)
{
	size_t from = p->line[i], to = p->line[i + 1] - 1;

	to = to > p->text.len ? p->text.len : to;
	if (to > from && i + 1 == p->nlines && p->text.ptr[to - 1] == '\n')
		to--;
	return (struct sl_str){ p->text.ptr + from, to - from };
}

static bool
holds(struct sl_str s, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= s.len; i++) {
		if (strncasecmp(s.ptr + i, text, n) == 0)
			return true;
	}
	return false;
}

static bool
find(struct tui_pager *p, size_t from, int step)
{
	for (size_t i = 0; i < p->nlines; i++) {
		size_t at = step > 0 ? (from + i) % p->nlines : (from + p->nlines - i) % p->nlines;
		if (holds(line_at(p, at), p->search)) {
			p->found = p->top = at;
			return true;
		}
	}
	p->found = SIZE_MAX;
	return false;
}

bool
tui_pager_search(struct tui_pager *p, const char *text)
{
	snprintf(p->search, sizeof(p->search), "%s", text);
	return !*text || (p->nlines > 0 && find(p, p->top, 1));
}

static void
scroll(struct tui_pager *p, long by, int height)
{
	long last = (long)p->nlines - (p->wrap ? 1 : height), to = (long)p->top + by;

	if (to > last)
		to = last;
	p->top = to > 0 ? (size_t)to : 0;
}

bool
tui_pager_action(struct tui_pager *p, const struct tui_cmd *cmd, int height)
{
	size_t from = p->found != SIZE_MAX ? p->found : p->top;

	switch (cmd->action) {
	case TUI_ACT_DOWN:
		scroll(p, cmd->count, height);
		return true;
	case TUI_ACT_UP:
		scroll(p, -(long)cmd->count, height);
		return true;
	case TUI_ACT_PAGE_DOWN:
	case TUI_ACT_MARK:
		scroll(p, (long)(height - 1) * cmd->count, height);
		return true;
	case TUI_ACT_PAGE_UP:
		scroll(p, -(long)(height - 1) * cmd->count, height);
		return true;
	case TUI_ACT_HALF_DOWN:
		scroll(p, (long)height / 2 * cmd->count, height);
		return true;
	case TUI_ACT_HALF_UP:
		scroll(p, -(long)height / 2 * cmd->count, height);
		return true;
	case TUI_ACT_FIRST:
		p->top = 0;
		return true;
	case TUI_ACT_LAST:
		p->top = p->nlines > (size_t)height ? p->nlines - (size_t)height : 0;
		return true;
	case TUI_ACT_LEFT:
		p->left = p->left > 8 ? p->left - 8 : 0;
		return true;
	case TUI_ACT_RIGHT:
		p->left += p->wrap ? 0 : 8;
		return true;
	case TUI_ACT_NEXT_MATCH:
		return p->search[0] && p->nlines > 0 && (find(p, from + 1, 1), true);
	case TUI_ACT_PREV_MATCH:
		return p->search[0] && p->nlines > 0 && (find(p, from + p->nlines - 1, -1), true);
	case TUI_ACT_CLEAR:
	case TUI_ACT_BACK:
		if (!p->search[0])
			return false;
		p->search[0] = '\0';
		p->found = SIZE_MAX;
		return true;
	default:
		return false;
	}
}

/* Skip `left` columns of a line. */
static size_t
skip_columns(struct sl_str s, size_t left)
{
	struct tui_glyphs it = tui_glyphs(s);
	struct tui_glyph g;
	size_t n = 0, at = 0;

	while (n < left && tui_glyph_next(&it, &g)) {
		n += (size_t)g.width;
		at = g.to;
	}
	tui_glyphs_end(&it);
	return at;
}

#define LINE_MAX_BYTES 16384 /* of one line that are looked at for drawing */

static int
draw_line(const struct tui_pager *p, const struct tui_canvas *c, int y, struct sl_str s)
{
	uint8_t roles[LINE_MAX_BYTES];
	struct sl_str part;
	size_t pos = 0;
	int state = 0;

	s.len = s.len > sizeof(roles) ? sizeof(roles) : s.len;
	tui_highlight(p->syntax, s, &state, roles);
	if (!p->wrap) {
		size_t skip = skip_columns(s, p->left);
		part = (struct sl_str){ s.ptr + skip, s.len - skip };
		(void)tui_put_highlighted(c, y, 0, part, roles + skip);
		tui_match(c, y, 0, c->cols, sl_str(p->search));
		return y + 1;
	}
	while (y < c->rows && tui_wrap(s, &pos, c->cols, &part)) {
		(void)tui_put_highlighted(c, y, 0, part, roles + (part.ptr - s.ptr));
		tui_match(c, y, 0, c->cols, sl_str(p->search));
		y++;
	}
	return y;
}

void
tui_pager_draw(const struct tui_pager *p, const struct tui_canvas *c, bool focus)
{
	int y = 0;

	if (c->rows < 1 || c->cols < 2)
		return;
	for (size_t i = p->top; i < p->nlines && y < c->rows; i++)
		y = draw_line(p, c, y, line_at(p, i));
	if (focus)
		tui_cursor(c, 0, 0, false);
	if (p->search[0] && p->found == SIZE_MAX)
		tui_printf(c, c->rows - 1, 0, TUI_WARN, "no match for %s", p->search);
	tui_pane_draw(&p->pane, c, p->nlines > 0);
}
