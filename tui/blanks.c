/* blanks.c - blanks take the look of their neighbours. */
#include "tui/blanks.h"

static bool
same_color(const struct tui_color *a, const struct tui_color *b)
{
	if (a->kind <= TUI_COLOR_DEFAULT || b->kind <= TUI_COLOR_DEFAULT)
		return a->kind <= TUI_COLOR_DEFAULT && b->kind <= TUI_COLOR_DEFAULT;
	return a->kind == b->kind && a->rgb == b->rgb && a->c256 == b->c256 && a->c16 == b->c16;
}

/* Do blanks in these two look the same? */
static bool
same_blank(const struct tui_style *a, const struct tui_style *b)
{
	return !((a->attr | b->attr) & (TUI_UNDERLINE | TUI_REVERSE)) && same_color(&a->bg, &b->bg);
}

static bool
is_blank(const struct tui_cell *c)
{
	return c->cp == ' ' && c->mark[0] == 0;
}

static void
take_look(struct tui_cell *blank, const struct tui_cell *of, const struct tui_theme *theme,
	  enum tui_depth depth)
{
	struct tui_style a, b;

	if (blank->role == of->role && blank->over == of->over)
		return;
	a = tui_theme_style(theme, of->role, of->over, depth);
	b = tui_theme_style(theme, blank->role, blank->over, depth);
	if (!same_blank(&a, &b))
		return;
	blank->role = of->role;
	blank->over = of->over;
}

void
tui_blanks(struct tui_cell *row, int n, const struct tui_theme *theme, enum tui_depth depth)
{
	int first = 0;

	while (first < n && is_blank(&row[first]))
		first++;
	for (int x = first - 1; x >= 0 && first < n; x--)
		take_look(&row[x], &row[x + 1], theme, depth);
	for (int x = first + 1; x < n; x++) {
		if (is_blank(&row[x]))
			take_look(&row[x], &row[x - 1], theme, depth);
	}
}
