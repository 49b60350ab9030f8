/* canvas.c - the cell grid: drawing. */
#include "tui/canvas.h"
#include "tui/width.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct tui_cell blank = { .cp = ' ', .width = 1 };

bool
tui_grid_init(struct tui_grid *g, int rows, int cols, bool ascii)
{
	*g = (struct tui_grid){ .ascii = ascii };
	return tui_grid_resize(g, rows, cols);
}

bool
tui_grid_resize(struct tui_grid *g, int rows, int cols)
{
	rows = rows < 1 ? 1 : rows > 1000 ? 1000 : rows;
	cols = cols < 1 ? 1 : cols > 1000 ? 1000 : cols;
	if (rows != g->rows || cols != g->cols) {
		struct tui_cell *cells = calloc((size_t)rows * (size_t)cols, sizeof(*cells));
		if (!cells)
			return false;
		free(g->cells);
		g->cells = cells;
		g->rows = rows;
		g->cols = cols;
	}
	tui_grid_clear(g);
	return true;
}

void
tui_grid_free(struct tui_grid *g)
{
	free(g->cells);
	*g = (struct tui_grid){ 0 };
}

void
tui_grid_clear(struct tui_grid *g)
{
	for (int i = 0; i < g->rows * g->cols; i++)
		g->cells[i] = blank;
	g->cur_y = g->rows - 1;
	g->cur_x = 0;
	g->cur_on = false;
}

struct tui_canvas
tui_canvas(struct tui_grid *g)
{
	return (struct tui_canvas){ .grid = g, .rows = g->rows, .cols = g->cols };
}

static int
clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

struct tui_canvas
tui_sub(const struct tui_canvas *c, int y, int x, int rows, int cols)
{
	int y0 = clamp(y, 0, c->rows), x0 = clamp(x, 0, c->cols);
	int y1 = clamp(y + rows, y0, c->rows), x1 = clamp(x + cols, x0, c->cols);

	return (struct tui_canvas){ c->grid, c->y + y0, c->x + x0, y1 - y0, x1 - x0 };
}

static struct tui_cell *
at(const struct tui_canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->rows || x >= c->cols)
		return NULL;
	return &c->grid->cells[(c->y + y) * c->grid->cols + c->x + x];
}

/* A wide character whose other half is overwritten leaves a blank behind. */
static void
split_wide(const struct tui_canvas *c, int y, int x)
{
	struct tui_cell *row = &c->grid->cells[(c->y + y) * c->grid->cols];
	int gx = c->x + x;

	if (row[gx].width == 0 && gx > 0) {
		row[gx - 1].cp = ' ';
		row[gx - 1].width = 1;
		memset(row[gx - 1].mark, 0, sizeof(row[gx - 1].mark));
	}
	if (row[gx].width == 2 && gx + 1 < c->grid->cols) {
		row[gx + 1].cp = ' ';
		row[gx + 1].width = 1;
	}
}

static void
put_glyph(const struct tui_canvas *c, int y, int x, enum tui_role role, const struct tui_glyph *g)
{
	struct tui_cell *cell = at(c, y, x);

	if (!cell)
		return;
	split_wide(c, y, x);
	*cell = (struct tui_cell){ .cp = g->cp, .width = (uint8_t)g->width, .role = (uint8_t)role };
	if (c->grid->ascii)
		cell->cp = (unsigned char)tui_glyph_ascii(g->cp);
	else
		memcpy(cell->mark, g->mark, sizeof(cell->mark));
	if (g->width < 2)
		return;
	split_wide(c, y, x + 1);
	cell[1] = (struct tui_cell){ .role = (uint8_t)role };
	if (c->grid->ascii) {
		cell->width = 1;
		cell[1] = (struct tui_cell){ .cp = ' ', .width = 1, .role = (uint8_t)role };
	}
}

/* Draw s into columns x..x+width; what does not fit is cut with '~'. Returns the columns taken. */
static int
put_cut(const struct tui_canvas *c, struct tui_span at_, struct sl_str s)
{
	struct tui_glyphs it = tui_glyphs(s);
	struct tui_glyph g, tilde = { .cp = '~', .width = 1 };
	int used = 0, last = 0; /* width of the last glyph: it makes room for the '~' */
	int room = at_.width;

	if (at_.y < 0 || at_.y >= c->rows || room <= 0)
		return 0;
	while (tui_glyph_next(&it, &g)) {
		if (used + g.width > room) {
			int x = at_.x + (used == room ? used - last : used);
			put_glyph(c, at_.y, x, at_.role, &tilde);
			if (used == room && last == 2)
				put_glyph(c, at_.y, x + 1, at_.role,
					  &(struct tui_glyph){ .cp = ' ', .width = 1 });
			used = room;
			break;
		}
		put_glyph(c, at_.y, at_.x + used, at_.role, &g);
		last = g.width;
		used += g.width;
	}
	tui_glyphs_end(&it);
	return used;
}

int
tui_put(const struct tui_canvas *c, int y, int x, enum tui_role role, struct sl_str s)
{
	if (x < 0)
		return 0;
	return put_cut(c, (struct tui_span){ y, x, c->cols - x, TUI_LEFT, role }, s);
}

int
tui_puts(const struct tui_canvas *c, int y, int x, enum tui_role role, const char *s)
{
	return tui_put(c, y, x, role, sl_str(s));
}

int
tui_printf(const struct tui_canvas *c, int y, int x, enum tui_role role, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return n < 0 ? 0 : tui_puts(c, y, x, role, text);
}

void
tui_field(const struct tui_canvas *c, struct tui_span sp, struct sl_str s)
{
	if (sp.x < 0 || sp.width <= 0)
		return;
	if (sp.width > c->cols - sp.x)
		sp.width = c->cols - sp.x;
	for (int i = 0; i < sp.width; i++)
		put_glyph(c, sp.y, sp.x + i, sp.role, &(struct tui_glyph){ .cp = ' ', .width = 1 });
	if (sp.align != TUI_LEFT) {
		int free_cols = sp.width - tui_text_width(s);
		int shift = free_cols <= 0 ? 0 : sp.align == TUI_RIGHT ? free_cols : free_cols / 2;
		sp.x += shift;
		sp.width -= shift;
	}
	put_cut(c, sp, s);
}

static bool
same_letter(uint32_t a, uint32_t b)
{
	if (a >= 'A' && a <= 'Z')
		a += 32;
	if (b >= 'A' && b <= 'Z')
		b += 32;
	return a == b;
}

/* Columns that the match of `find` at column x takes, 0 = no match. */
static int
match_at(const struct tui_canvas *c, int y, int x, int end, struct sl_str find)
{
	struct tui_glyphs it = tui_glyphs(find);
	struct tui_glyph g;
	int n = 0;

	while (tui_glyph_next(&it, &g)) {
		const struct tui_cell *cell = x + n < end ? at(c, y, x + n) : NULL;
		if (!cell || !same_letter(cell->cp, g.cp)) {
			n = 0;
			break;
		}
		n += g.width;
	}
	tui_glyphs_end(&it);
	return n;
}

void
tui_match(const struct tui_canvas *c, int y, int x, int width, struct sl_str find)
{
	int end = x + width < c->cols ? x + width : c->cols;

	while (find.len > 0 && x < end) {
		int n = match_at(c, y, x, end, find);
		tui_over(c, y, x, n, TUI_MATCH);
		x += n ? n : 1;
	}
}

void
tui_fill(const struct tui_canvas *c, enum tui_role role)
{
	for (int y = 0; y < c->rows; y++) {
		for (int x = 0; x < c->cols; x++)
			put_glyph(c, y, x, role, &(struct tui_glyph){ .cp = ' ', .width = 1 });
	}
}

void
tui_hline(const struct tui_canvas *c, int y, int x, int n, enum tui_role role)
{
	for (int i = 0; i < n; i++)
		put_glyph(c, y, x + i, role, &(struct tui_glyph){ .cp = 0x2500, .width = 1 });
}

void
tui_vline(const struct tui_canvas *c, int y, int x, int n, enum tui_role role)
{
	for (int i = 0; i < n; i++)
		put_glyph(c, y + i, x, role, &(struct tui_glyph){ .cp = 0x2502, .width = 1 });
}

struct tui_canvas
tui_box(const struct tui_canvas *c, enum tui_role role, const char *title)
{
	static const uint32_t corner[] = { 0x250c, 0x2510, 0x2514, 0x2518 };

	tui_fill(c, TUI_DIALOG);
	if (c->rows < 2 || c->cols < 4)
		return tui_sub(c, 0, 0, c->rows, c->cols);
	tui_hline(c, 0, 0, c->cols, role);
	tui_hline(c, c->rows - 1, 0, c->cols, role);
	tui_vline(c, 1, 0, c->rows - 2, role);
	tui_vline(c, 1, c->cols - 1, c->rows - 2, role);
	for (int i = 0; i < 4; i++)
		put_glyph(c, i < 2 ? 0 : c->rows - 1, i % 2 ? c->cols - 1 : 0, role,
			  &(struct tui_glyph){ .cp = corner[i], .width = 1 });
	if (title && *title) {
		struct tui_canvas top = tui_sub(c, 0, 2, 1, c->cols - 4);
		int n = tui_puts(&top, 0, 1, TUI_TITLE, title);
		tui_puts(&top, 0, 0, TUI_TITLE, " ");
		if (n + 1 < top.cols)
			tui_puts(&top, 0, n + 1, TUI_TITLE, " ");
	}
	return tui_sub(c, 1, 2, c->rows - 2, c->cols - 4);
}

void
tui_over(const struct tui_canvas *c, int y, int x, int n, enum tui_role over)
{
	for (int i = 0; i < n; i++) {
		struct tui_cell *cell = at(c, y, x + i);
		if (cell)
			cell->over = (uint8_t)over;
	}
}

void
tui_dim(const struct tui_canvas *c)
{
	for (int y = 0; y < c->rows; y++) {
		for (int x = 0; x < c->cols; x++) {
			at(c, y, x)->role = TUI_DIM;
			at(c, y, x)->over = TUI_TEXT;
		}
	}
}

void
tui_cursor(const struct tui_canvas *c, int y, int x, bool visible)
{
	if (c->rows < 1 || c->cols < 1)
		return;
	c->grid->cur_y = c->y + clamp(y, 0, c->rows - 1);
	c->grid->cur_x = c->x + clamp(x, 0, c->cols - 1);
	c->grid->cur_on = visible;
}
