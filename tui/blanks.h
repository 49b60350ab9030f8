/* blanks.h - blanks have no colour of their own, but for what is behind them. */
#ifndef TUI_BLANKS_H
#define TUI_BLANKS_H

#include "tui/canvas.h"
#include "tui/theme.h"

/* Gives each blank of a row the roles of the cell to its left (of the first text, where it stands before
 * it) when nobody sees the difference: a row is then drawn with fewer changes of colour. */
void tui_blanks(struct tui_cell *row, int n, const struct tui_theme *theme, enum tui_depth depth);

#endif
