/* logs_draw.c - the picture of the log. */
#include "tui/screens/logs.h"

#include "tui/widgets/bar.h"

#include <stdio.h>

/* Lines that the opened one takes below itself, in an area of this height. */
static size_t
open_rows(const struct logs *h, int rows)
{
	const size_t most = rows > 3 ? (size_t)rows - 2 : 1;

	if (h->ndetails == 0 || tui_log_window_find(&h->w, h->open) == SIZE_MAX)
		return 0;
	return h->ndetails + 1 < most ? h->ndetails + 1 : most;
}

size_t
logs_top(const struct logs *h, int rows)
{
	const size_t height = rows > 0 ? (size_t)rows : 1;
	const size_t at = tui_log_window_find(&h->w, h->open);
	size_t extra = open_rows(h, rows), top = h->top;

	if (h->sel < top)
		top = h->sel;
	/* The opened line is one of those above or at the selected one: its details need their room. */
	for (;;) {
		const size_t used = h->sel - top + 1 +
				    (at != SIZE_MAX && at >= top && at <= h->sel ? extra : 0);
		if (used <= height || top >= h->sel)
			break;
		top++;
	}
	if (top + height > h->w.n + extra)
		top = h->w.n + extra > height ? h->w.n + extra - height : 0;
	return top > h->sel ? h->sel : top;
}

static int
draw_details(const struct logs *h, const struct tui_canvas *c, int y)
{
	const size_t n = open_rows(h, c->rows);

	for (size_t i = 0; i < n && y < c->rows; i++, y++) {
		const bool last = i + 1 == n;
		struct tui_canvas line = tui_sub(c, y, 0, 1, c->cols);
		tui_puts(&line, 0, 2, TUI_BORDER,
			 last                                      ? "\u2514"
			 : *h->detail[i].label || i >= h->ndetails ? "\u251c"
								   : "\u2502");
		if (last && i < h->ndetails) {
			tui_printf(&line, 0, 4, TUI_DIM, "> %zu more lines   i the whole event",
				   h->ndetails - i);
			continue;
		}
		if (last) {
			tui_puts(&line, 0, 4, TUI_LABEL, "do");
			tui_puts(&line, 0, 14, TUI_DIM,
				 h->body.len
					 ? "i whole event   y copy   d dead letters   m map   = "
					   "only this run"
					 : "y copy   = only this run   c changes of the run");
			continue;
		}
		tui_puts(&line, 0, 4, TUI_LABEL, h->detail[i].label);
		struct tui_canvas rest = tui_sub(&line, 0, 14, 1, c->cols - 15);
		tui_puts(&rest, 0, 0, h->detail[i].role, h->detail[i].text);
	}
	return y;
}

static void
draw_line(const struct logs *h, size_t i, const struct tui_canvas *c)
{
	const struct tui_log_row *r = &h->w.row[i];
	struct tui_log_look look = { .sync = !h->filter.sync[0] && !h->filter.run,
				     .time = h->time };

	if (h->time == TUI_LOG_DELTA)
		look.from_us = i > 0 ? h->w.row[i - 1].at_us : 0;
	else if (h->time == TUI_LOG_RELATIVE)
		look.from_us = h->w.row[0].at_us;
	tui_log_draw(r, &look, c);
	tui_match(c, 0, 0, c->cols, sl_str(h->search));
	if (h->filter.text[0])
		tui_match(c, 0, 0, c->cols, sl_str(h->filter.text));
	if (i == h->sel) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, TUI_SELECT);
		tui_cursor(c, 0, 0, false);
	}
}

void
logs_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct logs *h = s->state;
	int y = 0;

	if (h->w.n == 0 && h->pane.state == TUI_PANE_READY &&
	    (h->filter.text[0] || h->filter.level[0] || h->filter.status)) {
		struct sl_buf text;
		sl_buf_init(&text, 1024);
		tui_log_filter_text(&h->filter, &text);
		tui_printf(c, 1, 2, TUI_WARN, "0 lines match " SL_FMT "   x clear filter",
			   SL_ARG(sl_buf_view(&text)));
		sl_buf_free(&text);
		return;
	}
	for (size_t i = logs_top(h, c->rows); i < h->w.n && y < c->rows; i++) {
		struct tui_canvas line = tui_sub(c, y++, 0, 1, c->cols);
		draw_line(h, i, &line);
		if (h->w.row[i].seq == h->open)
			y = draw_details(h, c, y);
	}
	tui_pane_draw(&h->pane, c, h->w.n > 0);
}
