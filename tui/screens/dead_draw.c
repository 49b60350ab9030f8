/* dead_draw.c - the picture of the dead letters. */
#include "tui/screens/dead.h"

#include "tui/screens/key_text.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

#define WIDE_COLS 110

enum { COL_WHAT, COL_SYNC, COL_WHY, COL_LAST, COL_TRIES };

/* ---- cells ----------------------------------------------------------------------------------- */

static void
group_cell(const struct dead_group *g, int col, struct tui_value *v)
{
	char text[32];
	int n = 0;

	switch (col) {
	case COL_WHAT:
		snprintf(v->scratch, sizeof(v->scratch), "%s %s letter%s",
			 g->open ? "\u25be" : "\u25b8", tui_fmt_count(g->n, text),
			 g->n == 1 ? "" : "s");
		v->role = TUI_TITLE;
		break;
	case COL_SYNC:
		v->text = sl_str(g->sync);
		return;
	case COL_WHY:
		if (g->status > 0)
			n = snprintf(v->scratch, sizeof(v->scratch), "%lld  ",
				     (long long)g->status);
		sl_copy(v->scratch + n, sizeof(v->scratch) - (size_t)n, g->reason);
		v->role = TUI_WARN;
		break;
	case COL_LAST:
		snprintf(v->scratch, sizeof(v->scratch), "%s",
			 tui_fmt_ago(g->last_us, sl_wall_us(), text));
		v->role = TUI_DIM;
		break;
	default:
		v->scratch[0] = '\0';
		break;
	}
	v->text = sl_str(v->scratch);
}

static void
letter_cell(const struct dead *h, size_t letter, int col, struct tui_value *v)
{
	unsigned row;
	const struct sl_table *t = dead_row(h, letter, &row);
	const char *resolution = sl_table_get(t, row, "resolution");
	char text[80];

	switch (col) {
	case COL_WHAT:
		snprintf(v->scratch, sizeof(v->scratch), "  [%s] %s",
			 dead_marked(h, h->letter[letter].id) ? "x" : " ",
			 tui_key_text(sl_table_get(t, row, "key"), text, sizeof(text)));
		v->role = dead_marked(h, h->letter[letter].id) ? TUI_MARK : TUI_TEXT;
		break;
	case COL_WHY:
		if (resolution && *resolution) {
			sl_copy(v->scratch, sizeof(v->scratch), resolution);
			v->role = TUI_OK;
			break;
		}
		v->text = sl_str(sl_table_get(t, row, "answer"));
		v->role = TUI_DIM;
		return;
	case COL_LAST:
		snprintf(v->scratch, sizeof(v->scratch), "%s",
			 tui_fmt_ago(sl_table_get_int(t, row, "at"), sl_wall_us(), text));
		v->role = TUI_DIM;
		break;
	case COL_TRIES:
		snprintf(v->scratch, sizeof(v->scratch), "%lld",
			 (long long)sl_table_get_int(t, row, "tries"));
		break;
	default:
		v->scratch[0] = '\0';
		break;
	}
	v->text = sl_str(v->scratch);
}

void
dead_cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct dead *h = arg;
	const struct dead_line *l = &h->line[row];

	if (l->letter == SIZE_MAX)
		group_cell(&h->group[l->group], col, v);
	else
		letter_cell(h, l->letter, col, v);
}

/* ---- the selected one ------------------------------------------------------------------------ */

/* What helps most often, by the answer. */
static const char *
advice(int64_t status)
{
	if (status == 401 || status == 403)
		return "the destination does not know us: mend the connection (8), then R";
	if (status == 413)
		return "too large: leave a field out of the mapping (m), then run the sync";
	if (status == 429 || status >= 500)
		return "the destination was in trouble: R sends them again";
	if (status >= 400)
		return "the data is refused: mend the row or the mapping (m), then run the sync";
	return "mend the row or the mapping (m), or R sends them again";
}

static int
fact(const struct tui_canvas *c, int y, const char *label, const char *text)
{
	struct sl_str line;
	size_t pos = 0;

	if (!text || !*text)
		return y;
	tui_puts(c, y, 0, TUI_LABEL, label);
	for (int i = 0; i < 3 && y < c->rows && tui_wrap(sl_str(text), &pos, c->cols - 10, &line);
	     i++)
		tui_put(c, y++, 9, TUI_TEXT, line);
	return y;
}

static void
draw_group(const struct dead_group *g, const struct tui_canvas *c)
{
	char a[32], b[32], text[120];
	int y = 0;

	snprintf(text, sizeof(text), "%s letter%s of %s", tui_fmt_count(g->n, a),
		 g->n == 1 ? "" : "s", g->sync);
	tui_puts(c, y++, 0, TUI_TITLE, text);
	if (g->status > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)g->status);
		y = fact(c, y, "status", text);
	}
	y = fact(c, y, "reason", g->reason);
	snprintf(text, sizeof(text), "%s \u2013 %s", tui_fmt_ago(g->first_us, sl_wall_us(), a),
		 tui_fmt_ago(g->last_us, sl_wall_us(), b));
	y = fact(c, y, "when", text);
	y++;
	y = fact(c, y, "advice", advice(g->status));
	y++;
	if (y < c->rows)
		tui_puts(c, y, 0, TUI_DIM,
			 g->open ? "Enter closes the group" : "Enter shows the letters");
}

static void
draw_letter(const struct dead *h, size_t letter, const struct tui_canvas *c)
{
	unsigned row;
	const struct sl_table *t = dead_row(h, letter, &row);
	char text[200], key[120];
	int y = 0;

	snprintf(text, sizeof(text), "%s   %s, run %lld",
		 tui_key_text(sl_table_get(t, row, "key"), key, sizeof(key)),
		 sl_table_get(t, row, "op") ? sl_table_get(t, row, "op") : "",
		 (long long)sl_table_get_int(t, row, "run"));
	tui_puts(c, y++, 0, TUI_TITLE, text);
	snprintf(text, sizeof(text), "%s%s%s, %lld tr%s",
		 sl_table_get_int(t, row, "status") > 0 ? sl_table_get(t, row, "status") : "",
		 sl_table_get_int(t, row, "status") > 0 ? "  " : "",
		 sl_table_get(t, row, "reason") ? sl_table_get(t, row, "reason") : "",
		 (long long)sl_table_get_int(t, row, "tries"),
		 sl_table_get_int(t, row, "tries") == 1 ? "y" : "ies");
	y = fact(c, y, "reason", text);
	y = fact(c, y, "answer", sl_table_get(t, row, "answer"));
	y = fact(c, y, "since", sl_table_get(t, row, "resolution"));
	if (y + 2 >= c->rows)
		return;
	y++;
	tui_puts(c, y, 0, TUI_LABEL, "event");
	if (h->on_body)
		tui_puts(c, y, 6, TUI_ACCENT, "\u2190");
	struct tui_canvas body = tui_sub(c, y + 1, 0, c->rows - y - 1, c->cols);
	tui_pager_draw(&h->body, &body, h->on_body);
}

static void
draw_selected(const struct dead *h, const struct tui_canvas *c)
{
	const struct dead_line *l = dead_selected_line(h);

	if (!l || c->rows < 1)
		return;
	if (l->letter == SIZE_MAX)
		draw_group(&h->group[l->group], c);
	else
		draw_letter(h, l->letter, c);
}

/* ---- the whole ------------------------------------------------------------------------------- */

int
dead_split(int rows, int cols, int *list, int *body)
{
	if (cols >= WIDE_COLS) {
		*list = *body = rows;
		return cols * 11 / 20;
	}
	*body = rows >= 12 ? rows / 2 : 0;
	*list = rows - *body - (*body > 0);
	return cols;
}

void
dead_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct dead *h = s->state;
	const bool wide = c->cols >= WIDE_COLS;
	int list, body;
	const int left = dead_split(c->rows, c->cols, &list, &body);
	struct tui_canvas part;

	part = tui_sub(c, 0, 0, list, left);
	tui_table_draw(&h->table, &part, !h->on_body);
	if (h->nlines == 0)
		return;
	if (wide) {
		tui_vline(c, 0, left, c->rows, TUI_BORDER);
		part = tui_sub(c, 0, left + 2, c->rows, c->cols - left - 3);
		draw_selected(h, &part);
	} else if (body > 0) {
		tui_hline(c, list, 0, c->cols, TUI_BORDER);
		part = tui_sub(c, list + 1, 1, body, c->cols - 2);
		draw_selected(h, &part);
	}
}
