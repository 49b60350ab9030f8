/* canvas_text.c - the picture as text, for tests and :save-screen; measuring and wrapping of text. */
#include "tui/canvas.h"
#include "tui/width.h"

static void
put_cell(struct sl_buf *out, const struct tui_cell *cell)
{
	char utf8[4];

	sl_buf_put(out, utf8, sl_utf8_put(cell->cp, utf8));
	for (int i = 0; i < TUI_MARKS && cell->mark[i]; i++)
		sl_buf_put(out, utf8, sl_utf8_put(cell->mark[i], utf8));
}

void
tui_grid_text(const struct tui_grid *g, struct sl_buf *out)
{
	for (int y = 0; y < g->rows; y++) {
		const struct tui_cell *row = &g->cells[y * g->cols];
		int end = g->cols;
		while (end > 0 && row[end - 1].cp == ' ')
			end--;
		for (int x = 0; x < end; x++) {
			if (row[x].width > 0)
				put_cell(out, &row[x]);
		}
		sl_buf_putc(out, '\n');
	}
}

void
tui_grid_roles(const struct tui_grid *g, struct sl_buf *out)
{
	static const char letter[] = {
#define X(id, name, letter, help) letter,
		TUI_ROLE_LIST(X)
#undef X
	};

	for (int y = 0; y < g->rows; y++) {
		for (int x = 0; x < g->cols; x++) {
			const struct tui_cell *cell = &g->cells[y * g->cols + x];
			sl_buf_putc(out, letter[cell->over ? cell->over : cell->role]);
		}
		sl_buf_putc(out, '\n');
	}
}

int
tui_text_width(struct sl_str s)
{
	struct tui_glyphs it = tui_glyphs(s);
	struct tui_glyph g;
	int n = 0;

	while (tui_glyph_next(&it, &g) && n < 100000)
		n += g.width;
	tui_glyphs_end(&it);
	return n;
}

bool
tui_wrap(struct sl_str s, size_t *pos, int width, struct sl_str *line)
{
	if (s.len == 0 && *pos == 0) {
		*line = s;
		*pos = 1;
		return true;
	}
	if (*pos >= s.len)
		return false;

	struct sl_str rest = { s.ptr + *pos, s.len - *pos };
	const char *nl = memchr(rest.ptr, '\n', rest.len);
	if (nl)
		rest.len = (size_t)(nl - rest.ptr);
	struct tui_glyphs it = tui_glyphs(rest);
	struct tui_glyph g;
	size_t end = rest.len, space = 0;
	int n = 0;
	while (tui_glyph_next(&it, &g)) {
		if (n + g.width > width && n > 0) {
			end = space ? space : g.from ? g.from : g.to;
			break;
		}
		n += g.width;
		if (g.cp == ' ')
			space = g.to;
	}
	tui_glyphs_end(&it);
	*line = (struct sl_str){ rest.ptr, end };
	*pos += end;
	if (end == rest.len && nl)
		(*pos)++;
	return true;
}

bool
tui_next_line(struct sl_str s, size_t *pos, struct sl_str *line)
{
	if (*pos >= s.len)
		return false;
	const char *nl = memchr(s.ptr + *pos, '\n', s.len - *pos);
	*line = (struct sl_str){ s.ptr + *pos, nl ? (size_t)(nl - s.ptr) - *pos : s.len - *pos };
	*pos += line->len + (nl != NULL);
	return true;
}
