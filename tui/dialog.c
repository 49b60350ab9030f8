/* dialog.c - questions. The key that confirms is never the one that asked, and never Enter alone. */
#include "tui/app_state.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_CHOICES 6
#define GUARD_US    400000 /* keys of an auto-repeat that is still going on are dropped */

struct dialog {
	char title[100], text[1200], word[100];
	bool danger;
	struct {
		uint32_t key;
		bool typed;
		char label[60];
	} choice[MAX_CHOICES];
	int n;
	int focus; /* n = Cancel */
	int64_t opened_us;
	struct tui_input typed;
	bool wrong; /* Enter came with another word */
	bool moved; /* Tab chose the button */
	void (*done)(struct tui_screen *s, int tag, int choice);
	int tag;
};

static void
dialog_fini(struct tui_overlay *o)
{
	struct dialog *d = o->state;

	tui_input_free(&d->typed);
	free(d);
}

static void
answer(struct tui_app *a, struct tui_overlay *o, int choice)
{
	struct dialog *d = o->state;
	struct tui_screen *owner = o->owner;
	void (*done)(struct tui_screen * s, int tag, int choice) = d->done;
	int tag = d->tag;

	tui_overlay_pop(a);
	if (done && owner)
		done(owner, tag, choice);
}

static bool
word_is_typed(const struct dialog *d)
{
	return sl_str_is(sl_buf_view(&d->typed.text), d->word);
}

static bool
can_choose(const struct dialog *d, int i)
{
	return !d->choice[i].typed || word_is_typed(d);
}

/* The button that Enter means. The typed word is the consent: unless Tab went elsewhere, it is on what
 * that word allows. n = Cancel. */
static int
focused(const struct dialog *d)
{
	for (int i = 0; i < d->n && !d->moved && word_is_typed(d); i++) {
		if (d->choice[i].typed)
			return i;
	}
	return d->focus;
}

/* Chooses only a button whose word was typed; a wrong word neither confirms nor cancels. */
static void
enter_key(struct tui_app *a, struct tui_overlay *o)
{
	struct dialog *d = o->state;
	int focus = focused(d);

	if (focus < d->n && d->choice[focus].typed && word_is_typed(d))
		answer(a, o, focus);
	else if (d->word[0] && d->typed.text.len > 0 && !word_is_typed(d))
		d->wrong = true;
	else if (focus == d->n)
		answer(a, o, -1);
}

static void
dialog_key(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct dialog *d = o->state;

	if (ev->key == TUI_K_ESC || ev->key == (TUI_CTRL | 'c') || ev->key == (TUI_CTRL | 'g')) {
		answer(a, o, -1);
		return;
	}
	if (ev->key == TUI_K_TAB || ev->key == TUI_K_BACKTAB || ev->key == TUI_K_LEFT ||
	    ev->key == TUI_K_RIGHT) {
		bool back = ev->key == TUI_K_BACKTAB || ev->key == TUI_K_LEFT;
		d->focus = (d->focus + (back ? d->n : 1)) % (d->n + 1);
		d->moved = true;
		return;
	}
	if (ev->key == TUI_K_ENTER) {
		enter_key(a, o);
		return;
	}
	for (int i = 0; i < d->n && !d->word[0]; i++) {
		if (ev->key == d->choice[i].key) {
			answer(a, o, i);
			return;
		}
	}
	if (!d->word[0] && ev->key == 'q')
		answer(a, o, -1);
	else if (d->word[0] && tui_input_event(&d->typed, ev))
		d->wrong = d->moved = false;
}

static void
dialog_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	const struct dialog *d = o->state;

	if (ev->type != TUI_EV_KEY || sl_mono_us() - d->opened_us < GUARD_US)
		return;
	dialog_key(a, o, ev);
}

static void
draw_buttons(const struct dialog *d, const struct tui_canvas *c, int y)
{
	char key[24];
	int x = 0, focus = focused(d);

	for (int i = 0; i < d->n; i++) {
		char text[120];
		if (d->choice[i].typed)
			snprintf(text, sizeof(text), " %s%s ", can_choose(d, i) ? "Enter  " : "",
				 d->choice[i].label);
		else
			snprintf(text, sizeof(text), " %s  %s ",
				 tui_key_name(d->choice[i].key, key), d->choice[i].label);
		enum tui_role role = focus == i         ? TUI_BUTTON_FOCUS
				     : can_choose(d, i) ? TUI_BUTTON
							: TUI_DIM;
		if (focus == i)
			tui_cursor(c, y, x + 1, false);
		int w = tui_text_width(sl_str(text));
		if (x > 0 && x + w > c->cols) {
			x = 0;
			y++;
		}
		x += tui_puts(c, y, x, role, text) + 1;
	}
	if (x + 16 > c->cols) {
		x = 0;
		y++;
	}
	if (focus == d->n && !d->word[0])
		tui_cursor(c, y, x + 1, false);
	tui_puts(c, y, x, focus == d->n ? TUI_BUTTON_FOCUS : TUI_BUTTON, " Esc  Cancel ");
}

static int
count_lines(const char *text, int width)
{
	struct sl_str line;
	size_t pos = 0;
	int n = 0;

	while (tui_wrap(sl_str(text), &pos, width, &line))
		n++;
	return n;
}

static void
dialog_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct dialog *d = o->state;
	int width = c->cols > 80 ? 76 : c->cols - 4;
	int lines = count_lines(d->text, width - 4);
	struct tui_canvas frame = tui_popup(c, lines + (d->word[0] ? 2 : 0) + 5, width);
	struct tui_canvas in = tui_box(&frame, d->danger ? TUI_DANGER : TUI_BORDER, d->title);
	struct sl_str line;
	size_t pos = 0;
	int y = 0;

	(void)a;
	while (tui_wrap(sl_str(d->text), &pos, in.cols, &line) && y < in.rows - 2)
		tui_put(&in, y++, 0, d->danger ? TUI_DANGER : TUI_DIALOG, line);
	y++;
	draw_buttons(d, &in, d->word[0] ? y + 2 : y);
	if (d->word[0]) {
		int x = tui_puts(&in, y, 0, TUI_DIALOG, "Type ");
		x += tui_puts(&in, y, x, TUI_ACCENT, d->word);
		x += tui_puts(&in, y, x, TUI_DIALOG, " to go on: ");
		int room = in.cols - x > 30 ? 30 : in.cols - x;
		tui_input_draw(&d->typed, &in,
			       (struct tui_input_look){ .y = y,
							.x = x,
							.width = room,
							.focus = true,
							.invalid = d->wrong });
		if (d->wrong)
			tui_puts(&in, y + 1, 0, TUI_FAIL, "\u2717 that is something else");
	}
}

static const struct tui_overlay_ops dialog_ops = { dialog_event, dialog_draw, dialog_fini, false,
						   "Tab next button|Esc cancel" };

void
tui_app_ask(struct tui_app *a, struct tui_screen *s, const struct tui_dialog *q)
{
	struct dialog *d = calloc(1, sizeof(*d));

	if (d) {
		snprintf(d->title, sizeof(d->title), "%s", q->title);
		snprintf(d->text, sizeof(d->text), "%s", q->text);
		snprintf(d->word, sizeof(d->word), "%s", q->word ? q->word : "");
		d->danger = q->danger;
		for (size_t i = 0; i < q->nchoices && i < MAX_CHOICES; i++) {
			d->choice[i].key = q->choices[i].key;
			d->choice[i].typed = q->choices[i].typed;
			snprintf(d->choice[i].label, sizeof(d->choice[i].label), "%s",
				 q->choices[i].label);
			d->n++;
		}
		d->focus = d->n;
		d->done = q->done;
		d->tag = q->tag;
		d->opened_us = sl_mono_us();
		tui_input_init(&d->typed);
	}
	(void)tui_overlay_push(a, s, &dialog_ops, d);
}
