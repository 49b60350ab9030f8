/* form_draw.c - the picture of a form. */
#include "tui/widgets/form_state.h"
#include "tui/width.h"

#include <stdio.h>

#define NOTE_ROWS 3 /* below a field */

static int
label_width(const struct tui_form *f, int cols)
{
	int w = 8;

	for (size_t i = 0; i < f->nfields; i++) {
		int n = f->field[i].type == TUI_FIELD_TITLE
				? 0
				: tui_text_width(sl_str(f->field[i].label));
		w = n > w ? n : w;
	}
	return w > cols / 3 ? cols / 3 : w;
}

/* What is said below a field, in as many lines as it needs: what is wrong, or its help while it has
 * the focus. c may be NULL: only count. */
static int
draw_note(const struct tui_field_state *s, bool here, const struct tui_canvas *c, int x, int width)
{
	const char *text = s->error[0] ? s->error : here && s->help ? s->help : "";
	enum tui_role role = s->error[0] ? TUI_FAIL : TUI_DIM;
	int mark = s->error[0] ? 2 : 0, y = 1;
	struct sl_str line;
	size_t pos = 0;

	while (*text && y <= NOTE_ROWS && tui_wrap(sl_str(text), &pos, width - mark, &line)) {
		if (c && y == 1 && mark)
			tui_puts(c, y, x, role, "\u2717 ");
		if (c)
			tui_put(c, y, x + mark, role, line);
		y++;
	}
	return y - 1;
}

/* Rows of a field: itself and its note. */
static int
height(const struct tui_form *f, size_t i, bool focus, int cols)
{
	const struct tui_field_state *s = &f->field[i];
	int x = label_width(f, cols) + 4;

	if (s->type == TUI_FIELD_TITLE)
		return i > 0 ? 2 : 1;
	return 1 + draw_note(s, focus && i == f->focus, NULL, x, cols - x - 1);
}

/* What begins like a reference is one that is being typed; anything else may be the secret itself. */
static bool
looks_like_reference(struct sl_str v)
{
	static const char *const begin[] = { "env:", "file:", "exec:", "pgpass" };

	for (size_t i = 0; i < SL_COUNT(begin); i++) {
		size_t n = strlen(begin[i]) < v.len ? strlen(begin[i]) : v.len;
		if (v.len == 0 || memcmp(v.ptr, begin[i], n) == 0)
			return true;
	}
	return false;
}

static void
draw_value(const struct tui_field_state *s, const struct tui_canvas *c, int x, bool focus)
{
	bool pick = s->type == TUI_FIELD_CHOICE || s->type == TUI_FIELD_BOOL;
	int width = c->cols - x - 1 > 60 ? 60 : c->cols - x - 1;
	struct sl_str v = sl_buf_view(&s->input.text);

	if (s->locked) {
		tui_put(c, 0, x, TUI_TEXT, v.len ? v : sl_str(s->def ? s->def : ""));
		return;
	}
	if (!pick) {
		struct tui_input shown = s->input; /* drawing changes nothing of the field */
		shown.secret = s->type == TUI_FIELD_SECRET && !looks_like_reference(v);
		tui_input_draw(&shown, c,
			       (struct tui_input_look){ .x = x,
							.width = width,
							.focus = focus,
							.invalid = s->error[0] != '\0',
							.placeholder = s->def });
		return;
	}
	enum tui_role role = s->error[0] ? TUI_INPUT_INVALID : TUI_INPUT;
	tui_field(c, (struct tui_span){ 0, x, width, TUI_LEFT, role },
		  v.len ? v : sl_str(s->def ? s->def : ""));
	if (v.len == 0)
		tui_field(c, (struct tui_span){ 0, x, width, TUI_LEFT, TUI_DIM },
			  sl_str(s->def ? s->def : ""));
	if (v.len == 0)
		tui_over(c, 0, x, width, role);
	if (focus) {
		tui_cursor(c, 0, x, false);
		if (s->choices)
			tui_field(c, (struct tui_span){ 0, x + width - 12, 12, TUI_RIGHT, role },
				  SL_LIT("Space next "));
	}
}

static void
draw_field(const struct tui_form *f, const struct tui_canvas *c, size_t i, bool focus)
{
	const struct tui_field_state *s = &f->field[i];
	bool here = focus && i == f->focus;
	int w = label_width(f, c->cols);

	if (s->type == TUI_FIELD_TITLE) {
		tui_puts(c, i > 0 ? 1 : 0, 1, TUI_HEADER, s->label);
		return;
	}
	if (here)
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
	tui_field(c, (struct tui_span){ 0, 2, w, TUI_LEFT, here ? TUI_TITLE : TUI_LABEL },
		  sl_str(s->label));
	if (s->required)
		tui_puts(c, 0, w + 2, s->error[0] ? TUI_FAIL : TUI_ACCENT, "*");
	struct tui_canvas line = tui_sub(c, 0, 0, 1, c->cols);
	draw_value(s, &line, w + 4, here);
	(void)draw_note(s, here, c, w + 4, c->cols - w - 5);
}

void
tui_form_draw(const struct tui_form *f, const struct tui_canvas *c, bool focus)
{
	int y = 0, end = 0;
	size_t top = 0;

	/* The field with the focus, and what is below it, stay in view. */
	for (size_t i = 0; i <= f->focus && i < f->nfields; i++)
		end += height(f, i, focus, c->cols);
	while (end > c->rows && top < f->focus)
		end -= height(f, top++, focus, c->cols);
	for (size_t i = top; i < f->nfields && y < c->rows; i++) {
		int h = height(f, i, focus, c->cols);
		struct tui_canvas part = tui_sub(c, y, 0, h, c->cols);
		draw_field(f, &part, i, focus);
		y += h;
	}
}
