/* pane.c - loading, empty and error states. */
#include "tui/widgets/pane.h"

#include "tui/width.h"

#include <stdio.h>

#define QUIET_US  150000  /* nothing is said before */
#define CANCEL_US 2000000 /* from then on "Ctrl-C cancel" */

void
tui_pane_loading(struct tui_pane *p)
{
	if (p->state != TUI_PANE_LOADING)
		p->since_us = sl_mono_us();
	p->state = TUI_PANE_LOADING;
}

void
tui_pane_ready(struct tui_pane *p)
{
	p->state = TUI_PANE_READY;
}

void
tui_pane_error(struct tui_pane *p, const char *text, const char *hint)
{
	p->state = TUI_PANE_ERROR;
	snprintf(p->text, sizeof(p->text), "%s", text);
	snprintf(p->hint, sizeof(p->hint), "%s", hint ? hint : "");
}

static int
draw_lines(const struct tui_canvas *c, int y, enum tui_role role, const char *text)
{
	struct sl_str line;
	size_t pos = 0;

	while (y < c->rows && tui_wrap(sl_str(text), &pos, c->cols - 4, &line))
		tui_put(c, y++, 2, role, line);
	return y;
}

static void
draw_loading(const struct tui_pane *p, const struct tui_canvas *c, bool has_content)
{
	int64_t took = sl_mono_us() - p->since_us;
	char text[80];

	if (took < QUIET_US || c->rows < 1)
		return;
	snprintf(text, sizeof(text), " loading\u2026 %.1fs%s ", (double)took / 1e6,
		 took >= CANCEL_US ? "  Ctrl-C cancel" : "");
	int w = tui_text_width(sl_str(text));
	/* over old content at the right, so that nothing moves */
	tui_puts(c, has_content ? 0 : c->rows > 1, has_content && c->cols > w ? c->cols - w : 1,
		 TUI_RUN, text);
}

bool
tui_pane_draw(const struct tui_pane *p, const struct tui_canvas *c, bool has_content)
{
	int y = c->rows > 4 ? 1 : 0;

	if (p->state == TUI_PANE_LOADING) {
		if (has_content)
			tui_dim(c);
		draw_loading(p, c, has_content);
		return !has_content;
	}
	if (p->state == TUI_PANE_ERROR) {
		if (has_content)
			tui_dim(c);
		struct tui_canvas low = has_content ? tui_sub(c, c->rows - 4, 0, 4, c->cols) : *c;
		if (has_content)
			tui_fill(&low, TUI_TEXT);
		tui_puts(&low, has_content ? 0 : y, 0, TUI_FAIL, "\u2717");
		y = draw_lines(&low, has_content ? 0 : y, TUI_FAIL, p->text);
		if (p->hint[0])
			draw_lines(&low, y, TUI_TEXT, p->hint);
		return !has_content;
	}
	if (has_content)
		return false;
	y = draw_lines(c, y, TUI_DIM, p->empty ? p->empty : "Nothing here.");
	if (p->empty_hint)
		draw_lines(c, y, TUI_TEXT, p->empty_hint);
	return true;
}

int
tui_pane_tick_ms(const struct tui_pane *p)
{
	if (p->state != TUI_PANE_LOADING)
		return -1;
	int64_t took = sl_mono_us() - p->since_us;
	if (took < QUIET_US)
		return (int)((QUIET_US - took) / 1000) + 1;
	return took < 10 * CANCEL_US ? 200 : 1000;
}
