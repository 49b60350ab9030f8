/* help.c - the keys that work here, to look through and to run. */
#include "tui/app_state.h"
#include "tui/fuzzy.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_ENTRIES 160

struct help {
	struct tui_entry all[MAX_ENTRIES];
	size_t n;
	size_t view[MAX_ENTRIES];
	size_t nview, sel;
	struct tui_input text;
	char title[80];
};

static void
help_fini(struct tui_overlay *o)
{
	struct help *h = o->state;

	tui_input_free(&h->text);
	free(h);
}

static void
narrow(struct help *h)
{
	const char *text = tui_input_text(&h->text);

	h->nview = 0;
	for (int pass = 0; pass < 3; pass++) { /* this screen, everywhere, not now */
		for (size_t i = 0; i < h->n; i++) {
			const struct tui_entry *e = &h->all[i];
			int group = e->why_not ? 2 : e->global ? 1 : 0;
			if (group == pass && e->act->keys &&
			    (tui_fuzzy(e->act->name, text) || strcasestr(e->act->help, text)))
				h->view[h->nview++] = i;
		}
	}
	if (h->sel >= h->nview)
		h->sel = h->nview ? h->nview - 1 : 0;
}

static void
run_selected(struct tui_app *a, const struct help *h)
{
	const struct tui_action *act = h->all[h->view[h->sel]].act;
	struct tui_cmd cmd = { .action = act->id, .count = 1, .arg = "" };

	tui_overlay_pop(a);
	(void)tui_app_run(a, act, &cmd);
}

static void
help_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct help *h = o->state;
	size_t last = h->nview ? h->nview - 1 : 0, count = (size_t)ev->count;

	if (ev->type == TUI_EV_MOUSE && ev->mouse == TUI_MOUSE_WHEEL_DOWN)
		h->sel = h->sel + 3 < last ? h->sel + 3 : last;
	if (ev->type == TUI_EV_MOUSE && ev->mouse == TUI_MOUSE_WHEEL_UP)
		h->sel = h->sel > 3 ? h->sel - 3 : 0;
	if (ev->type != TUI_EV_KEY)
		return;
	switch (ev->key) {
	case TUI_K_ESC:
	case TUI_K_F1:
	case TUI_CTRL | 'c':
	case TUI_CTRL | 'g':
		tui_overlay_pop(a);
		return;
	case TUI_K_ENTER:
		if (h->nview > 0)
			run_selected(a, h);
		return;
	case TUI_K_DOWN:
	case TUI_CTRL | 'n':
		h->sel = h->sel + count < last ? h->sel + count : last;
		return;
	case TUI_K_UP:
	case TUI_CTRL | 'p':
		h->sel = h->sel > count ? h->sel - count : 0;
		return;
	case TUI_K_PGDN:
		h->sel = h->sel + 10 < last ? h->sel + 10 : last;
		return;
	case TUI_K_PGUP:
		h->sel = h->sel > 10 ? h->sel - 10 : 0;
		return;
	default:
		break;
	}
	if ((ev->key == '?' || ev->key == 'q') && h->text.text.len == 0)
		tui_overlay_pop(a);
	else if (tui_input_event(&h->text, ev))
		narrow(h);
}

/* "j k ..." as "j Down Ctrl-N" */
static void
draw_entry(const struct help *h, const struct tui_canvas *c, size_t pos)
{
	const struct tui_entry *e = &h->all[h->view[pos]];
	int keys = c->cols > 70 ? 20 : 14;

	tui_field(c, (struct tui_span){ 0, 2, keys, TUI_LEFT, e->why_not ? TUI_DIM : TUI_KEY },
		  sl_str(e->act->keys));
	if (e->why_not)
		tui_printf(c, 0, keys + 4, TUI_DIM, "%s: %s", e->act->help, e->why_not);
	else
		tui_puts(c, 0, keys + 4, TUI_DIALOG, e->act->help);
	if (pos == h->sel) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, TUI_SELECT);
	}
}

static const char *
heading(const struct help *h, size_t pos)
{
	const struct tui_entry *e = &h->all[h->view[pos]];

	return e->why_not ? "NOT NOW" : e->act->group ? e->act->group : "HERE";
}

/* Lines of the list: headings and entries. */
static int
draw_list(const struct help *h, const struct tui_canvas *c, int skip)
{
	const char *before = "";
	int y = -skip, sel_y = 0;

	for (size_t pos = 0; pos < h->nview; pos++) {
		const char *head = heading(h, pos);
		if (strcmp(head, before) != 0) {
			if (c)
				tui_puts(c, y, 1, TUI_HEADER, head);
			before = head;
			y++;
		}
		if (pos == h->sel)
			sel_y = y;
		if (c && y >= 0 && y < c->rows) {
			struct tui_canvas line = tui_sub(c, y, 0, 1, c->cols);
			draw_entry(h, &line, pos);
		}
		y++;
	}
	return sel_y;
}

static void
help_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct help *h = o->state;
	struct tui_canvas frame = tui_popup(c, c->rows, c->cols > 100 ? 96 : c->cols);
	struct tui_canvas in = tui_box(&frame, TUI_BORDER, h->title);

	(void)a;
	tui_puts(&in, 0, 0, TUI_KEY, "/");
	tui_input_draw(&h->text, &in,
		       (struct tui_input_look){
			       .x = 1,
			       .width = in.cols - 1,
			       .focus = true,
			       .placeholder = "type to find; Enter runs it; Esc closes" });
	struct tui_canvas list = tui_sub(&in, 1, 0, in.rows - 1, in.cols);
	int sel_y = draw_list(h, NULL, 0);
	(void)draw_list(h, &list, sel_y >= list.rows ? sel_y - list.rows + 1 : 0);
	if (h->nview == 0)
		tui_puts(&list, 0, 2, TUI_DIM, "no key does that here");
}

static const struct tui_overlay_ops help_ops = { help_event, help_draw, help_fini, false,
						 "Up Down choose|Enter run it|Esc close" };

void
tui_open_help(struct tui_app *a)
{
	struct help *h = calloc(1, sizeof(*h));
	const struct tui_screen *s = tui_app_top(a);

	if (h) {
		snprintf(h->title, sizeof(h->title), "Keys on this screen: %s",
			 s ? s->ops->title : "");
		tui_input_init(&h->text);
		h->n = tui_app_entries(a, h->all, MAX_ENTRIES);
		narrow(h);
	}
	(void)tui_overlay_push(a, NULL, &help_ops, h);
}
