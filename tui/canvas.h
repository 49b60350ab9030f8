/* canvas.h - the cell grid that everything is drawn into, and views of it.
 *
 * Screens and widgets draw into a canvas, never at a terminal, so that every picture can be compared
 * as text. All text enters through tui_put() and its kin, which make hostile bytes visible (see
 * sl_visible): nothing drawn here can move the cursor or change the terminal. Text that does not fit
 * ends in '~'. With ascii set, every glyph of ours has an ASCII form ("✓" is drawn "v") and any other
 * character is '?': write the UTF-8 glyph and let the canvas fold it. Coordinates count from 0 and
 * anything outside the canvas is clipped. UI thread only. */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include "tui/glyph.h"
#include "tui/role.h"

struct tui_cell {
	uint32_t cp; /* 0: the right half of a wide character */
	uint32_t mark[TUI_MARKS];
	uint8_t width; /* 1 or 2; 0 in a right half */
	uint8_t role;  /* enum tui_role */
	uint8_t over;  /* laid over role: selection, match; TUI_TEXT = nothing */
	uint8_t spare; /* 0: no padding, so that cells compare as bytes */
};

struct tui_grid {
	int rows, cols;
	struct tui_cell *cells; /* owned; rows * cols */
	int cur_y, cur_x; /* the hardware cursor: on the selected row, for screen readers too */
	bool cur_on;      /* visible */
	bool ascii;
};

bool tui_grid_init(struct tui_grid *g, int rows, int cols, bool ascii) SL_MUST;
bool tui_grid_resize(struct tui_grid *g, int rows, int cols) SL_MUST; /* clears */
void tui_grid_free(struct tui_grid *g);                               /* a zeroed grid is allowed */
void tui_grid_clear(struct tui_grid *g);

/* The picture as text, one line a row, trailing blanks cut; then what the tests compare. */
void tui_grid_text(const struct tui_grid *g, struct sl_buf *out);
/* The roles as one letter a cell ('.' = text); over wins over role. */
void tui_grid_roles(const struct tui_grid *g, struct sl_buf *out);

/* A rectangle of a grid. A plain value: copy it, it owns nothing. */
struct tui_canvas {
	struct tui_grid *grid;
	int y, x, rows, cols;
};

struct tui_canvas tui_canvas(struct tui_grid *g);
/* A part of c; what reaches beyond c is cut off. rows or cols may come out as 0. */
struct tui_canvas tui_sub(const struct tui_canvas *c, int y, int x, int rows, int cols);

/* Text from (y, x) to the right edge. Returns the columns taken. */
int tui_put(const struct tui_canvas *c, int y, int x, enum tui_role role, struct sl_str s);
int tui_puts(const struct tui_canvas *c, int y, int x, enum tui_role role, const char *s);
int tui_printf(const struct tui_canvas *c, int y, int x, enum tui_role role, const char *fmt, ...)
	SL_PRINTF(5, 6);

enum tui_align { TUI_LEFT, TUI_RIGHT, TUI_CENTER };

/* A field of exactly `width` columns: aligned, padded, cut. */
struct tui_span {
	int y, x, width;
	enum tui_align align;
	enum tui_role role;
};
void tui_field(const struct tui_canvas *c, struct tui_span sp, struct sl_str s);

/* Mark every match of `find` (ASCII letters in any case) in the cells of a row part with TUI_MATCH. */
void tui_match(const struct tui_canvas *c, int y, int x, int width, struct sl_str find);

void tui_fill(const struct tui_canvas *c, enum tui_role role); /* blanks */
void tui_hline(const struct tui_canvas *c, int y, int x, int n, enum tui_role role);
void tui_vline(const struct tui_canvas *c, int y, int x, int n, enum tui_role role);
/* A frame around c with a title in its top line; clears the inside and returns it. */
struct tui_canvas tui_box(const struct tui_canvas *c, enum tui_role role, const char *title);
/* Lay a role over n cells that are already drawn (the selected row). */
void tui_over(const struct tui_canvas *c, int y, int x, int n, enum tui_role over);
/* Dim everything that is drawn (behind a dialog, stale data). */
void tui_dim(const struct tui_canvas *c);

/* Where the hardware cursor goes; visible only in text fields. The last call of a frame wins. */
void tui_cursor(const struct tui_canvas *c, int y, int x, bool visible);

#endif
