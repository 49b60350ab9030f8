/* diff.c - two JSON objects compared by their leaves, and the picture of that. */
#include "tui/widgets/diff.h"

#include "tui/width.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 24

void
tui_diff_free(struct tui_diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->line[i].field);
		free(d->line[i].old);
		free(d->line[i].now);
	}
	free(d->line);
	*d = (struct tui_diff){ 0 };
}

static struct tui_diff_line *
add_line(struct tui_diff *d, struct sl_str field)
{
	struct tui_diff_line *more = realloc(d->line, (d->n + 1) * sizeof(*more));

	if (!more)
		return NULL;
	d->line = more;
	more[d->n] =
		(struct tui_diff_line){ .mark = ' ',
					.field = strndup(field.len ? field.ptr : "", field.len) };
	return more[d->n].field ? &more[d->n++] : NULL;
}

static struct tui_diff_line *
find_line(const struct tui_diff *d, struct sl_str field)
{
	for (size_t i = 0; i < d->n; i++) {
		if (sl_str_is(field, d->line[i].field))
			return &d->line[i];
	}
	return NULL;
}

/* ---- leaves of a JSON text ------------------------------------------------------------------- */

struct walk {
	struct tui_diff *d;
	struct sl_str s;
	size_t pos;
	bool now; /* the new text; else the old one */
	struct sl_buf path;
};

static char
peek(struct walk *w)
{
	while (w->pos < w->s.len && isspace((unsigned char)w->s.ptr[w->pos]))
		w->pos++;
	return w->pos < w->s.len ? w->s.ptr[w->pos] : '\0';
}

static struct sl_str
take_string(struct walk *w)
{
	size_t from = w->pos++;

	while (w->pos < w->s.len && w->s.ptr[w->pos] != '"')
		w->pos += w->s.ptr[w->pos] == '\\' ? 2 : 1;
	w->pos = w->pos < w->s.len ? w->pos + 1 : w->s.len;
	return (struct sl_str){ w->s.ptr + from, w->pos - from };
}

/* A number, a word, a string, or a whole array: arrays are compared as one value. */
static struct sl_str
take_value(struct walk *w)
{
	size_t from = w->pos;
	int depth = 0;

	do {
		char c = w->s.ptr[w->pos];
		if (c == '"') {
			(void)take_string(w);
			continue;
		}
		if ((c == ',' || c == '}' || c == ']') && depth == 0)
			break;
		depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
		w->pos++;
		if (depth == 0 && (c == ']' || c == '}'))
			break;
	} while (w->pos < w->s.len);
	return sl_str_trim((struct sl_str){ w->s.ptr + from, w->pos - from });
}

static void
leaf(struct walk *w, struct sl_str value)
{
	struct sl_str path = w->path.len ? sl_buf_view(&w->path) : SL_LIT("");
	struct tui_diff_line *l = find_line(w->d, path);

	if (!l)
		l = add_line(w->d, path);
	if (!l)
		return;
	char **slot = w->now ? &l->now : &l->old;
	free(*slot);
	*slot = strndup(value.ptr, value.len);
}

static void
object(struct walk *w, int depth)
{
	w->pos++;
	while (peek(w) == '"') {
		struct sl_str key = take_string(w);
		size_t mark = w->path.len;
		if (peek(w) != ':')
			return;
		w->pos++;
		if (mark > 0)
			sl_buf_putc(&w->path, '.');
		if (key.len >= 2)
			sl_buf_put(&w->path, key.ptr + 1, key.len - 2);
		if (peek(w) == '{' && depth < DEPTH_MAX)
			object(w, depth + 1);
		else if (peek(w))
			leaf(w, take_value(w));
		w->path.len = mark;
		if (peek(w) != ',')
			break;
		w->pos++;
	}
	if (peek(w) == '}')
		w->pos++;
}

static void
walk(struct tui_diff *d, const char *json, bool now)
{
	struct walk w = { .d = d, .s = sl_str(json), .now = now };

	sl_buf_init(&w.path, 4096);
	if (json && peek(&w) == '{')
		object(&w, 0);
	else if (json && peek(&w))
		leaf(&w, take_value(&w));
	sl_buf_free(&w.path);
}

void
tui_diff_json(struct tui_diff *d, const char *old, const char *now)
{
	tui_diff_free(d);
	walk(d, now, true);
	walk(d, old, false);
	for (size_t i = 0; i < d->n; i++) {
		struct tui_diff_line *l = &d->line[i];
		if (!l->old)
			l->mark = '+';
		else if (!l->now)
			l->mark = '-';
		else
			l->mark = strcmp(l->old, l->now) == 0 ? ' ' : '~';
	}
}

/* ---- drawing --------------------------------------------------------------------------------- */

void
tui_diff_scroll(struct tui_diff *d, long by, int height)
{
	long to = (long)d->top + by, last = (long)d->n - height;

	to = to > last ? last : to;
	d->top = to > 0 ? (size_t)to : 0;
}

static enum tui_role
role_of(char mark)
{
	return mark == '+'   ? TUI_ADD
	       : mark == '-' ? TUI_REMOVE
	       : mark == '~' ? TUI_CHANGE
			     : TUI_TEXT;
}

static int
field_width(const struct tui_diff *d, int cols)
{
	int w = 8;

	for (size_t i = 0; i < d->n; i++) {
		int n = tui_text_width(sl_str(d->line[i].field));
		w = n > w ? n : w;
	}
	return w > cols * 2 / 5 ? cols * 2 / 5 : w;
}

static void
draw_wide(const struct tui_diff_line *l, const struct tui_canvas *c, int x)
{
	int half = (c->cols - x - 3) / 2;
	enum tui_role role = role_of(l->mark);

	tui_field(c,
		  (struct tui_span){ 0, x, half, TUI_LEFT,
				     l->mark == ' '   ? TUI_DIM
				     : l->mark == '-' ? TUI_REMOVE
						      : TUI_TEXT },
		  sl_str(l->old ? l->old : ""));
	tui_vline(c, 0, x + half + 1, 1, TUI_BORDER);
	tui_field(c,
		  (struct tui_span){ 0, x + half + 3, half, TUI_LEFT,
				     l->mark == ' ' ? TUI_DIM : role },
		  sl_str(l->now ? l->now : ""));
}

static void
draw_narrow(const struct tui_diff_line *l, const struct tui_canvas *c, int x)
{
	enum tui_role role = role_of(l->mark);

	if (l->mark == ' ' || l->mark == '+' || !l->old) {
		tui_puts(c, 0, x, l->mark == ' ' ? TUI_DIM : role, l->now ? l->now : "");
		return;
	}
	x += tui_puts(c, 0, x, l->mark == '-' ? TUI_REMOVE : TUI_DIM, l->old);
	if (!l->now)
		return;
	x += tui_puts(c, 0, x, TUI_DIM, "  \u2192  ");
	tui_puts(c, 0, x, role, l->now);
}

void
tui_diff_draw(const struct tui_diff *d, const struct tui_canvas *c, bool changed_only)
{
	int w = field_width(d, c->cols), y = 0;

	if (c->cols >= 100 && c->rows > 2) {
		int half = (c->cols - (w + 4) - 3) / 2;
		tui_puts(c, y, w + 4, TUI_HEADER, "old");
		tui_puts(c, y++, w + 4 + half + 3, TUI_HEADER, "new");
	}
	for (size_t i = d->top; i < d->n && y < c->rows; i++) {
		const struct tui_diff_line *l = &d->line[i];
		if (changed_only && l->mark == ' ')
			continue;
		struct tui_canvas line = tui_sub(c, y++, 0, 1, c->cols);
		tui_puts(&line, 0, 0, role_of(l->mark), (char[]){ l->mark, '\0' });
		tui_field(&line, (struct tui_span){ 0, 2, w, TUI_LEFT, TUI_FIELD },
			  sl_str(l->field));
		if (c->cols >= 100)
			draw_wide(l, &line, w + 4);
		else
			draw_narrow(l, &line, w + 4);
	}
}
