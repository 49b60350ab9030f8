/* prompt.c - one line of input in the message row. */
#include "tui/app_state.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

struct prompt {
	char label[80];
	struct tui_input input;
	void (*changed)(struct tui_screen *s, const char *text);
	void (*done)(struct tui_screen *s, const char *text);
};

static void
prompt_fini(struct tui_overlay *o)
{
	struct prompt *p = o->state;

	tui_input_free(&p->input);
	free(p);
}

/* Close, then tell: the callback may ask again. */
static void
finish(struct tui_app *a, struct tui_overlay *o, bool keep)
{
	struct prompt *p = o->state;
	struct tui_screen *owner = o->owner;
	void (*done)(struct tui_screen * s, const char *text) = p->done;
	char *text = keep ? strdup(tui_input_text(&p->input)) : NULL;

	if (keep && p->input.history && !p->input.secret)
		tui_history_add(p->input.history, tui_input_text(&p->input));
	bool secret = p->input.secret;
	tui_overlay_pop(a);
	if (done && owner)
		done(owner, text);
	if (text && secret)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
prompt_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct prompt *p = o->state;
	bool key = ev->type == TUI_EV_KEY;

	if (key && ev->key == TUI_K_ENTER) {
		finish(a, o, true);
	} else if (key && (ev->key == TUI_K_ESC || ev->key == (TUI_CTRL | 'g') ||
			   ev->key == (TUI_CTRL | 'c') ||
			   (ev->key == TUI_K_BACKSPACE && p->input.text.len == 0))) {
		finish(a, o, false);
	} else if (tui_input_event(&p->input, ev) && p->changed && o->owner) {
		p->changed(o->owner, tui_input_text(&p->input));
	}
}

static void
prompt_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct prompt *p = o->state;
	int n = tui_text_width(sl_str(p->label));

	(void)a;
	tui_puts(c, 0, 1, TUI_KEY, p->label);
	tui_input_draw(
		&p->input, c,
		(struct tui_input_look){ .x = 1 + n, .width = c->cols - n - 2, .focus = true });
}

static const struct tui_overlay_ops prompt_ops = { prompt_event, prompt_draw, prompt_fini, true,
						   "Enter take it|Esc cancel" };

void
tui_app_prompt(struct tui_app *a, struct tui_screen *s, const struct tui_prompt *q)
{
	struct prompt *p = calloc(1, sizeof(*p));

	if (p) {
		snprintf(p->label, sizeof(p->label), "%s", q->label);
		tui_input_init(&p->input);
		p->input.secret = q->secret;
		p->input.complete = q->complete;
		p->input.history = q->history && !q->secret ? tui_app_history(a, q->history) : NULL;
		tui_input_set(&p->input, q->text);
		p->changed = q->changed;
		p->done = q->done;
	}
	struct tui_overlay *o = tui_overlay_push(a, s, &prompt_ops, p);
	if (o && q->complete.find)
		o->keys = "Enter take it|Tab complete|Esc cancel";
	else if (o && q->history && !q->secret)
		o->keys = "Enter take it|Up earlier ones|Esc cancel";
}
