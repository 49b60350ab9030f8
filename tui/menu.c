/* menu.c - a list to pick from. */
#include "tui/app_state.h"
#include "tui/fuzzy.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

struct item {
	uint32_t key;
	char *label, *note, *why_not; /* owned; NULL = none */
};

struct menu {
	char title[100];
	struct item *item; /* owned */
	size_t n;
	size_t *view; /* owned: items that match */
	size_t nview, sel;
	bool filter;
	struct tui_input text;
	void (*done)(struct tui_screen *s, int tag, int item);
	int tag;
};

static void
menu_fini(struct tui_overlay *o)
{
	struct menu *m = o->state;

	for (size_t i = 0; i < m->n; i++) {
		free(m->item[i].label);
		free(m->item[i].note);
		free(m->item[i].why_not);
	}
	free(m->item);
	free(m->view);
	tui_input_free(&m->text);
	free(m);
}

static void
narrow(struct menu *m)
{
	const char *text = tui_input_text(&m->text);

	m->nview = 0;
	for (size_t i = 0; i < m->n; i++) {
		if (tui_fuzzy(m->item[i].label, text) > 0)
			m->view[m->nview++] = i;
	}
	if (m->sel >= m->nview)
		m->sel = m->nview ? m->nview - 1 : 0;
}

static void
pick(struct tui_app *a, struct tui_overlay *o, long item)
{
	struct menu *m = o->state;
	struct tui_screen *owner = o->owner;
	void (*done)(struct tui_screen * s, int tag, int item) = m->done;
	int tag = m->tag;

	if (item >= 0 && m->item[item].why_not) {
		tui_app_say(a, TUI_SEV_WARN, "not now: %s", m->item[item].why_not);
		return;
	}
	tui_overlay_pop(a);
	if (done && owner)
		done(owner, tag, (int)item);
}

static void
step(struct menu *m, long by)
{
	long n = (long)m->nview, to = (long)m->sel + by;

	m->sel = to < 0 || n == 0 ? 0 : to >= n ? (size_t)n - 1 : (size_t)to;
}

static bool
menu_move(struct menu *m, const struct tui_event *ev)
{
	switch (ev->key) {
	case TUI_K_DOWN:
	case TUI_CTRL | 'n':
		step(m, ev->count);
		return true;
	case TUI_K_UP:
	case TUI_CTRL | 'p':
		step(m, -(long)ev->count);
		return true;
	case TUI_K_PGDN:
		step(m, 10L * ev->count);
		return true;
	case TUI_K_PGUP:
		step(m, -10L * ev->count);
		return true;
	default:
		return false;
	}
}

static void
menu_event(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev)
{
	struct menu *m = o->state;

	if (ev->type == TUI_EV_PASTE && m->filter && tui_input_event(&m->text, ev))
		narrow(m);
	if (ev->type != TUI_EV_KEY || menu_move(m, ev))
		return;
	if (ev->key == TUI_K_ENTER && m->nview > 0) {
		pick(a, o, (long)m->view[m->sel]);
	} else if (ev->key == TUI_K_ESC || ev->key == (TUI_CTRL | 'c') ||
		   ev->key == (TUI_CTRL | 'g')) {
		pick(a, o, -1);
	} else if (m->filter) {
		if (tui_input_event(&m->text, ev))
			narrow(m);
	} else {
		for (size_t i = 0; i < m->n; i++) {
			if (m->item[i].key == ev->key) {
				pick(a, o, (long)i);
				return;
			}
		}
		if (ev->key == 'j' || ev->key == 'k')
			step(m, ev->key == 'j' ? ev->count : -(long)ev->count);
		else if (ev->key == 'q')
			pick(a, o, -1);
	}
}

/* Where the notes begin: behind the widest label, unless that is very wide. */
static int
note_column(const struct menu *m, int cols)
{
	int w = 0;

	for (size_t i = 0; i < m->n && i < 500; i++) {
		int n = tui_text_width(sl_str(m->item[i].label));
		w = n > w && n <= cols / 2 ? n : w;
	}
	return w + 4 + (m->filter ? 0 : 6);
}

static int
menu_width(const struct menu *m)
{
	int w = tui_text_width(sl_str(m->title)) + 6, notes = note_column(m, 100);

	for (size_t i = 0; i < m->n && i < 500; i++) {
		int x = tui_text_width(sl_str(m->item[i].label)) + 12;
		const char *note = m->item[i].why_not ? m->item[i].why_not : m->item[i].note;
		if (note)
			x = (x > notes ? x : notes) + tui_text_width(sl_str(note)) + 5;
		w = x > w ? x : w;
	}
	return w < 30 ? 30 : w > 100 ? 100 : w;
}

static void
draw_item(const struct menu *m, const struct tui_canvas *c, size_t pos, int note_x)
{
	const struct item *it = &m->item[m->view[pos]];
	enum tui_role role = it->why_not ? TUI_DIM : TUI_DIALOG;
	const char *note = it->why_not ? it->why_not : it->note;
	char key[24];
	int x = 2;

	if (it->key && !m->filter) {
		tui_puts(c, 0, 2, it->why_not ? TUI_DIM : TUI_KEY, tui_key_name(it->key, key));
		x = 8;
	}
	x += tui_puts(c, 0, x, role, it->label);
	x = x + 2 > note_x ? x + 2 : note_x;
	if (note && c->cols - x > 6)
		tui_field(c, (struct tui_span){ 0, x, c->cols - x - 1, TUI_LEFT, TUI_DIM },
			  sl_str(note));
	if (pos == m->sel) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, TUI_SELECT);
		if (!m->filter)
			tui_cursor(c, 0, 2, false);
	}
}

static void
menu_draw(const struct tui_app *a, const struct tui_overlay *o, const struct tui_canvas *c)
{
	const struct menu *m = o->state;
	int extra = m->filter ? 3 : 2;
	int rows = (int)(m->n < 60 ? m->n : 60) + extra;
	struct tui_canvas frame = tui_popup(c, rows < 3 + extra ? 3 + extra : rows, menu_width(m));
	struct tui_canvas in = tui_box(&frame, TUI_BORDER, m->title);

	(void)a;
	if (m->filter) {
		tui_puts(&in, 0, 0, TUI_KEY, "/");
		tui_input_draw(&m->text, &in,
			       (struct tui_input_look){ .x = 1,
							.width = in.cols - 1,
							.focus = true,
							.placeholder = "type to narrow the list" });
		in = tui_sub(&in, 1, 0, in.rows - 1, in.cols);
	}
	int notes = note_column(m, in.cols);
	size_t h = (size_t)(in.rows > 0 ? in.rows : 1), top = m->sel >= h ? m->sel - h + 1 : 0;
	for (size_t y = 0; y < h && top + y < m->nview; y++) {
		struct tui_canvas line = tui_sub(&in, (int)y, 0, 1, in.cols);
		draw_item(m, &line, top + y, notes);
	}
	if (m->nview == 0)
		tui_puts(&in, 0, 2, TUI_DIM, "nothing matches");
}

static const struct tui_overlay_ops menu_ops = { menu_event, menu_draw, menu_fini, false,
						 "Up Down choose|Enter take it|Esc close" };

static bool
copy_items(struct menu *m, const struct tui_menu *q)
{
	m->item = calloc(q->nitems + 1, sizeof(*m->item));
	m->view = calloc(q->nitems + 1, sizeof(*m->view));
	if (!m->item || !m->view)
		return false;
	for (size_t i = 0; i < q->nitems; i++) {
		const struct tui_menu_item *it = &q->items[i];
		struct item *c = &m->item[m->n++];
		c->key = it->key;
		c->label = strdup(it->label);
		c->note = it->note ? strdup(it->note) : NULL;
		c->why_not = it->why_not ? strdup(it->why_not) : NULL;
		if (!c->label || (it->note && !c->note) || (it->why_not && !c->why_not))
			return false;
	}
	return true;
}

void
tui_app_menu(struct tui_app *a, struct tui_screen *s, const struct tui_menu *q)
{
	struct menu *m = calloc(1, sizeof(*m));

	if (m) {
		tui_input_init(&m->text);
		snprintf(m->title, sizeof(m->title), "%s", q->title);
		m->filter = q->filter;
		m->done = q->done;
		m->tag = q->tag;
		if (!copy_items(m, q)) {
			menu_fini(&(struct tui_overlay){ .state = m });
			m = NULL;
		} else {
			m->sel = q->selected;
			narrow(m);
		}
	}
	(void)tui_overlay_push(a, s, &menu_ops, m);
}
