/* palette.c - every action by name, with its arguments. */
#include "tui/app_state.h"
#include "tui/fuzzy.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_ENTRIES 160

struct palette {
	struct tui_entry all[MAX_ENTRIES];
	size_t n;
	size_t view[MAX_ENTRIES];
	int score[MAX_ENTRIES];
	size_t nview, sel;
	struct tui_input text;
};

static void
palette_fini(struct tui_overlay *o)
{
	struct palette *p = o->state;

	tui_input_free(&p->text);
	free(p);
}

/* "theme dark" starts with the name "theme" and a blank: the rest is the argument. */
static const char *
argument(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && text[n] == ' ' ? text + n + 1 : NULL;
}

static int
score_of(const struct tui_entry *e, const char *text)
{
	const struct tui_action *act = e->act;

	if (act->flags & TUI_A_QUIET)
		return 0;
	if (act->arg && argument(text, act->name))
		return 500;
	int s = tui_fuzzy(act->name, text);
	if (s < 100 && *text && strcasestr(act->help, text))
		s = 60;
	return s > 0 && e->why_not ? 1 : s;
}

static void
narrow(struct palette *p)
{
	const char *text = tui_input_text(&p->text);

	p->nview = 0;
	p->sel = 0;
	for (size_t i = 0; i < p->n; i++) {
		int s = score_of(&p->all[i], text);
		size_t at = p->nview;
		if (s <= 0)
			continue;
		while (at > 0 && p->score[at - 1] < s) { /* stable: equal ones keep their order */
			p->score[at] = p->score[at - 1];
			p->view[at] = p->view[at - 1];
			at--;
		}
		p->score[at] = s;
		p->view[at] = i;
		p->nview++;
	}
}

static void
run(struct tui_app *a, struct palette *p)
{
	const char *text = tui_input_text(&p->text);
	struct tui_history *h = p->text.history;

	if (strcmp(text, "q") == 0 || strcmp(text, "q!") == 0) {
		tui_overlay_pop(a);
		tui_app_quit(a);
		return;
	}
	if (p->nview == 0)
		return;
	const struct tui_action *act = p->all[p->view[p->sel]].act;
	const char *arg = act->arg ? argument(text, act->name) : NULL;
	if (act->arg && act->arg[0] == '<' && !arg) { /* the name is there, now its argument */
		char name[80];
		snprintf(name, sizeof(name), "%s ", act->name);
		tui_input_set(&p->text, name);
		narrow(p);
		return;
	}
	char *copy = strdup(arg ? arg : "");
	if (!copy)
		return;
	if (h)
		tui_history_add(h, arg ? text : act->name);
	tui_overlay_pop(a);
	struct tui_cmd cmd = { .action = act->id, .count = 1, .arg = copy };
	(void)tui_app_run(a, act, &cmd);
	free(copy);
}

static void
complete(struct palette *p)
{
	char name[80];

	if (p->nview == 0)
		return;
	const struct tui_action *act = p->all[p->view[p->sel]].act;
	if (act->arg && argument(tui_input_text(&p->text), act->name))
		return;
	snprintf(name, sizeof(name), "%s%s", act->name, act->arg ? " " : "");
	tui_input_set(&p->text, name);
	narrow(p);
}

static void
palette_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct palette *p = o->state;
	size_t last = p->nview ? p->nview - 1 : 0;
	bool key = ev->type == TUI_EV_KEY;

	if (key &&
	    (ev->key == TUI_K_ESC || ev->key == (TUI_CTRL | 'c') || ev->key == (TUI_CTRL | 'g') ||
	     (ev->key == TUI_K_BACKSPACE && p->text.text.len == 0)))
		tui_overlay_pop(a);
	else if (key && ev->key == TUI_K_ENTER)
		run(a, p);
	else if (key && ev->key == TUI_K_TAB)
		complete(p);
	else if (key && (ev->key == TUI_K_DOWN || ev->key == (TUI_CTRL | 'n')))
		p->sel = p->sel + (size_t)ev->count < last ? p->sel + (size_t)ev->count : last;
	else if (key && ev->key == TUI_K_UP && p->sel == 0 && p->text.history)
		(void)(tui_input_event(&p->text, ev) && (narrow(p), true));
	else if (key && (ev->key == TUI_K_UP || ev->key == (TUI_CTRL | 'p')))
		p->sel = p->sel > (size_t)ev->count ? p->sel - (size_t)ev->count : 0;
	else if (tui_input_event(&p->text, ev))
		narrow(p);
}

static void
draw_entry(const struct palette *p, const struct tui_canvas *c, size_t pos)
{
	const struct tui_entry *e = &p->all[p->view[pos]];
	enum tui_role role = e->why_not ? TUI_DIM : TUI_DIALOG;
	char key[24];
	int x = 2, right = c->cols - 9, help = c->cols > 70 ? 30 : 22;

	x += tui_puts(c, 0, x, role, e->act->name);
	if (e->act->arg)
		tui_puts(c, 0, x + 1, TUI_DIM, e->act->arg);
	struct tui_canvas mid = tui_sub(c, 0, help, 1, right - help - 1);
	if (e->why_not)
		tui_printf(&mid, 0, 0, TUI_DIM, "not now: %s", e->why_not);
	else
		tui_puts(&mid, 0, 0, TUI_DIM, e->act->help);
	tui_field(c, (struct tui_span){ 0, right, 8, TUI_RIGHT, TUI_KEY },
		  sl_str(tui_action_key(e->act, key)));
	if (pos == p->sel) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, TUI_SELECT);
	}
}

static void
palette_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct palette *p = o->state;
	int rows = c->rows > 20 ? 18 : c->rows;
	struct tui_canvas frame = tui_popup(c, rows, c->cols > 104 ? 100 : c->cols);
	struct tui_canvas in;

	(void)a;
	frame = tui_sub(c, c->rows > 24 ? 2 : 0, frame.x - c->x, frame.rows, frame.cols);
	in = tui_box(&frame, TUI_BORDER, "Command");
	tui_puts(&in, 0, 0, TUI_KEY, ":");
	tui_input_draw(&p->text, &in,
		       (struct tui_input_look){ .x = 1,
						.width = in.cols - 1,
						.focus = true,
						.placeholder = "the name of an action" });
	struct tui_canvas list = tui_sub(&in, 1, 0, in.rows - 1, in.cols);
	size_t h = (size_t)(list.rows > 0 ? list.rows : 1), top = p->sel >= h ? p->sel - h + 1 : 0;
	for (size_t y = 0; y < h && top + y < p->nview; y++) {
		struct tui_canvas line = tui_sub(&list, (int)y, 0, 1, list.cols);
		draw_entry(p, &line, top + y);
	}
	if (p->nview == 0)
		tui_puts(&list, 0, 2, TUI_DIM, "no action has this name");
	char low[80];
	int n = snprintf(low, sizeof(low), " Tab complete  Enter run  Esc close  %zu of %zu ",
			 p->nview ? p->sel + 1 : 0, p->nview);
	if (frame.cols > n + 4)
		tui_puts(&frame, frame.rows - 1, frame.cols - n - 2, TUI_DIM, low);
}

static const struct tui_overlay_ops palette_ops = {
	palette_event, palette_draw, palette_fini, false,
	"Up Down choose|Tab complete|Enter do it|Esc close"
};

void
tui_open_palette(struct tui_app *a)
{
	struct palette *p = calloc(1, sizeof(*p));

	if (p) {
		tui_input_init(&p->text);
		p->text.history = tui_app_history(a, "command");
		tui_input_set(&p->text, "");
		p->n = tui_app_entries(a, p->all, MAX_ENTRIES);
		narrow(p);
	}
	(void)tui_overlay_push(a, NULL, &palette_ops, p);
}
