/* overlay.c - the stack of what lies over a screen; the text overlay. */
#include "tui/app_state.h"
#include "tui/widgets/pager.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

struct tui_overlay *
tui_overlay_push(struct tui_app *a, struct tui_screen *owner, const struct tui_overlay_ops *ops,
		 void *state)
{
	struct tui_overlay o = { ops, state, owner, ops->keys };

	a->dirty = true;
	if (!state || a->nover == TUI_OVERLAYS) {
		if (state)
			ops->fini(&o);
		tui_app_say(a, TUI_SEV_ERROR, "no room for another window");
		return NULL;
	}
	a->over[a->nover] = o;
	return &a->over[a->nover++];
}

void
tui_overlay_pop(struct tui_app *a)
{
	struct tui_overlay *o = &a->over[--a->nover];

	o->ops->fini(o);
	*o = (struct tui_overlay){ 0 };
	a->dirty = true;
}

/* ---- text ------------------------------------------------------------------------------------ */

struct view {
	char title[120];
	struct tui_pager pager;
	struct tui_input search;
	bool searching;
	int height; /* of the last event's picture */
};

static void
view_fini(struct tui_overlay *o)
{
	struct view *v = o->state;

	tui_pager_free(&v->pager);
	tui_input_free(&v->search);
	free(v);
}

static void
view_search(struct view *v, const struct tui_event *ev)
{
	if (ev->type == TUI_EV_KEY && (ev->key == TUI_K_ENTER || ev->key == TUI_K_ESC)) {
		v->searching = false;
		if (ev->key == TUI_K_ESC)
			tui_pager_search(&v->pager, "");
	} else if (tui_input_event(&v->search, ev)) {
		tui_pager_search(&v->pager, tui_input_text(&v->search));
	}
}

static void
view_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct view *v = o->state;
	size_t n;
	const struct tui_action *tab = tui_global_actions(&n);

	if (v->searching) {
		view_search(v, ev);
		return;
	}
	if (ev->type == TUI_EV_MOUSE && ev->mouse >= TUI_MOUSE_WHEEL_UP) {
		struct tui_cmd cmd = { .action = ev->mouse == TUI_MOUSE_WHEEL_UP ? TUI_ACT_UP
										 : TUI_ACT_DOWN,
				       .count = 3 * ev->count,
				       .arg = "" };
		tui_pager_action(&v->pager, &cmd, a->area_rows - 2);
		return;
	}
	if (ev->type != TUI_EV_KEY)
		return;
	const struct tui_action *act = ev->key == ' ' ? tui_action_by_id(tab, n, TUI_ACT_PAGE_DOWN)
						      : tui_action_by_key(tab, n, ev->key);
	if (!act)
		return;
	struct tui_cmd cmd = { .action = act->id, .count = ev->count, .key = ev->key, .arg = "" };
	if (act->id == TUI_ACT_SEARCH) {
		v->searching = true;
		tui_input_set(&v->search, "");
	} else if (!tui_pager_action(&v->pager, &cmd, a->area_rows - 2) &&
		   (act->id == TUI_ACT_BACK || act->id == TUI_ACT_OPEN)) {
		tui_overlay_pop(a);
	}
}

/* Lines of the screen that the text takes, up to max. */
static int
lines_of(const struct view *v, int width, int max)
{
	struct sl_str line, text = sl_buf_view(&v->pager.text);
	size_t pos = 0;
	int n = 0;

	if (!v->pager.wrap)
		return v->pager.nlines < (size_t)max ? (int)v->pager.nlines : max;
	while (n < max && tui_wrap(text, &pos, width, &line))
		n++;
	return n;
}

static void
view_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct view *v = o->state;
	int cols = c->cols - (c->cols > 60 ? 4 : 0);
	struct tui_canvas frame = tui_popup(c, lines_of(v, cols - 4, c->rows) + 3, cols);
	struct tui_canvas in = tui_box(&frame, TUI_BORDER, v->title);

	(void)a;
	tui_pager_draw(&v->pager, &in, true);
	struct tui_canvas low = tui_sub(&frame, frame.rows - 1, 2, 1, frame.cols - 4);
	if (v->searching) {
		tui_puts(&low, 0, 0, TUI_KEY, "/");
		tui_input_draw(&v->search, &low,
			       (struct tui_input_look){ .x = 1, .width = 30, .focus = true });
	} else {
		tui_puts(&low, 0, 1, TUI_DIM, " / search  n next  q close ");
	}
}

static const struct tui_overlay_ops view_ops = {
	view_event, view_draw, view_fini, false, "Up Down PgDn move|/ search|n next match|q close"
};

void
tui_app_view(struct tui_app *a, const char *title, struct sl_str text, bool json)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v) {
		snprintf(v->title, sizeof(v->title), "%s", title);
		tui_pager_init(&v->pager, json ? TUI_SYNTAX_JSON : TUI_SYNTAX_NONE);
		v->pager.wrap = true;
		tui_pager_set(&v->pager, text);
		tui_input_init(&v->search);
	}
	(void)tui_overlay_push(a, NULL, &view_ops, v);
}
