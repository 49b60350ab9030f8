/* app_draw.c - the frame: tabs, breadcrumb, message row, keys. */
#include "tui/app_state.h"
#include "tui/width.h"

#include <stdio.h>
#include <time.h>

#define MIN_ROWS   10
#define MIN_COLS   40
#define CRUMB_ROWS 20 /* below, the second row is left out */
#define SAY_ROWS   16 /* below, the message row is there only when it is used */

/* ---- first row ------------------------------------------------------------------------------- */

/* Text of a tab at this width: "[1 Home]", " 2 Browse ", " 2 ". */
static int
tab_text(const struct tui_app *a, int i, char out[64])
{
	const struct tui_screen_ops *ops = a->o.tabs[i];

	if (i == a->cur)
		return snprintf(out, 64, "[%d %s]", i + 1, ops->title);
	if (a->cols >= 120)
		return snprintf(out, 64, " %d %s ", i + 1, ops->title);
	return snprintf(out, 64, a->cols >= 60 ? " %d " : "%d ", i + 1);
}

static int
each_tab(const struct tui_app *a, const struct tui_canvas *c, int want_x)
{
	char text[64];
	int x = 8;

	for (int i = 0; i < TUI_TABS; i++) {
		if (!a->o.tabs[i])
			continue;
		int n = tab_text(a, i, text);
		if (c)
			tui_puts(c, 0, x, i == a->cur ? TUI_TAB_CURRENT : TUI_TAB, text);
		if (want_x >= x && want_x < x + n)
			return i;
		x += n;
	}
	return c ? x : -1;
}

int
tui_tab_at(const struct tui_app *a, int x)
{
	return each_tab(a, NULL, x);
}

static void
draw_tabs(const struct tui_app *a, const struct tui_canvas *c)
{
	char clock[16] = "", right[96];
	time_t now = (time_t)(sl_wall_us() / 1000000);
	struct tm tm;

	tui_puts(c, 0, 1, TUI_TITLE, "sluice");
	int x = each_tab(a, c, -1);
	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M", &tm);
	snprintf(right, sizeof(right), " %s  %s",
		 a->unmasked      ? "PERSONAL DATA"
		 : a->o.read_only ? "read-only"
				  : "rw",
		 clock);
	int w = tui_text_width(sl_str(right));
	if (c->cols - w - 1 > x)
		tui_puts(c, 0, c->cols - w - 1, TUI_DIM, right);
	if (!a->o.env || !*a->o.env)
		return;
	int e = tui_text_width(sl_str(a->o.env)) + 2;
	if (c->cols - w - e - 1 > x) {
		struct tui_canvas env = tui_sub(c, 0, c->cols - w - e - 1, 1, e);
		enum tui_role role = a->o.prod ? TUI_ENV_PROD : TUI_ENV;
		tui_fill(&env, role);
		tui_puts(&env, 0, 1, role, a->o.env);
	}
}

/* ---- second row ------------------------------------------------------------------------------ */

static void
draw_crumb(const struct tui_app *a, const struct tui_canvas *c)
{
	const struct tui_stack *st = &a->tab[a->cur];
	struct sl_buf text;
	int left = 1;

	sl_buf_init(&text, 4096);
	for (int i = 0; i < st->n; i++) {
		const struct tui_screen *s = st->s[i];
		if (i > 0)
			left += tui_puts(c, 0, left, TUI_DIM, " \u203a ");
		left += tui_puts(c, 0, left, i + 1 == st->n ? TUI_TITLE : TUI_DIM, s->ops->title);
		sl_buf_reset(&text);
		if (s->ops->crumb)
			s->ops->crumb(s, &text);
		if (text.len > 0) {
			left += tui_puts(c, 0, left, TUI_DIM, " \u203a ");
			left += tui_put(c, 0, left, TUI_TEXT, sl_buf_view(&text));
		}
	}
	const struct tui_screen *top = tui_app_top(a);
	sl_buf_reset(&text);
	if (top && top->ops->chips)
		top->ops->chips(top, &text);
	if (a->o.chips && text.len == 0)
		a->o.chips(a->o.arg, &text);
	int room = c->cols - left - 3;
	int w = tui_text_width(sl_buf_view(&text));
	if (w > 0 && room >= 12)
		tui_field(c,
			  (struct tui_span){ 0, c->cols - 1 - (w < room ? w : room),
					     w < room ? w : room, TUI_LEFT, TUI_DIM },
			  sl_buf_view(&text));
	sl_buf_free(&text);
}

/* ---- last rows ------------------------------------------------------------------------------- */

static void
draw_say(const struct tui_app *a, const struct tui_canvas *c)
{
	static const struct {
		enum tui_role role;
		const char *mark;
	} look[] = {
		{ TUI_INFO, "" }, { TUI_OK, "\u2713 " }, { TUI_WARN, "! " }, { TUI_FAIL, "\u2717 " }
	};
	const struct tui_said *m = tui_app_saying(a);

	if (!m)
		return;
	int n = tui_puts(c, 0, 1, look[m->sev].role, look[m->sev].mark);
	tui_puts(c, 0, 1 + n, look[m->sev].role, m->text);
}

#define FOOTER_ITEMS 14

/* What the last row holds: keys of the screen, then those of everywhere, "quit" at the right end. */
struct footer_item {
	int x, width, action;
	char key[32];
	const char *label;
};
struct footer {
	struct footer_item item[FOOTER_ITEMS];
	int n;
};

static int
add_item(struct footer *f, int x, int action, const char *key, const char *label)
{
	int i = f->n++;

	f->item[i].x = x;
	f->item[i].action = action;
	f->item[i].label = label;
	snprintf(f->item[i].key, sizeof(f->item[i].key), "%s", key);
	f->item[i].width = tui_text_width(sl_str(key)) + 1 + tui_text_width(sl_str(label));
	return x + f->item[i].width + 2;
}

/* The keys of a window over the screen: "Enter take it|Esc cancel". No action stands behind them. */
static void
window_keys(const char *keys, int width, struct footer *f)
{
	int x = 1;

	f->n = 0;
	while (*keys && f->n < FOOTER_ITEMS) {
		int n = (int)strcspn(keys, "|");
		struct footer_item *it = &f->item[f->n];
		*it = (struct footer_item){ .x = x, .width = n, .label = "" };
		snprintf(it->key, sizeof(it->key), "%.*s", n, keys);
		if (x + n < width)
			f->n++;
		x += n + 2;
		keys += n + (keys[n] == '|');
	}
}

/* The first key that works while letters go into a text: no letter itself. */
static bool
key_while_typing(const struct tui_action *act, char out[24])
{
	const char *p = act->keys ? act->keys : "";

	while (*p) {
		size_t n = strcspn(p, " ");
		if (n > 1 && n < 24 && (strncmp(p, "Enter", n) != 0)) {
			snprintf(out, 24, "%.*s", (int)n, p);
			return true;
		}
		p += n + (p[n] == ' ');
	}
	return false;
}

static void
typing_keys(const struct tui_app *a, int width, struct footer *f)
{
	const struct tui_screen *s = tui_app_top(a);
	const char *esc = s->ops->typing(s);
	int x = 1, end = width - 6 - tui_text_width(sl_str(esc));
	char key[24];

	f->n = 0;
	for (size_t i = 0; i < s->ops->nactions && f->n < FOOTER_ITEMS - 2; i++) {
		const struct tui_action *act = &s->ops->actions[i];
		if (!act->label || tui_app_why_not(a, act->id) || !key_while_typing(act, key))
			continue;
		int next = add_item(f, x, act->id, key, act->label);
		if (next > end) {
			f->n--;
			break;
		}
		x = next;
	}
	if (x + 9 < end)
		(void)add_item(f, x, TUI_ACT_HELP, "F1", "keys");
	(void)add_item(f, end, TUI_ACT_BACK, "Esc", esc);
}

static void
footer(const struct tui_app *a, int width, struct footer *f)
{
	const struct tui_screen *s = tui_app_top(a);
	bool home = a->cur == 0 && a->tab[0].n == 1;

	if (a->nover > 0) {
		window_keys(a->over[a->nover - 1].keys, width, f);
		return;
	}
	if (s && s->ops->typing && s->ops->typing(s)) {
		typing_keys(a, width, f);
		return;
	}
	int max = width >= 80 ? 10 : 5, x = 1, tail = width >= 60 ? 19 : 8, end = width - 7;
	char key[24];

	f->n = 0;
	for (size_t i = 0; s && i < s->ops->nactions && f->n < max; i++) {
		const struct tui_action *act = &s->ops->actions[i];
		if (!act->label || tui_app_why_not(a, act->id))
			continue;
		int next = add_item(f, x, act->id, tui_action_key(act, key), act->label);
		if (next + tail > end) {
			f->n--;
			break;
		}
		x = next;
	}
	if (width >= 60)
		x = add_item(f, x, TUI_ACT_PALETTE, ":", "command");
	(void)add_item(f, x, TUI_ACT_HELP, "?", "keys");
	if (home)
		(void)add_item(f, end, TUI_ACT_QUIT, "Q", "quit");
	else
		(void)add_item(f, end, TUI_ACT_BACK, "q", "back");
}

static void
draw_footer(const struct tui_app *a, const struct tui_canvas *c)
{
	struct footer f;

	footer(a, c->cols, &f);
	for (int i = 0; i < f.n; i++) {
		int n = tui_puts(c, 0, f.item[i].x, TUI_KEY, f.item[i].key);
		tui_puts(c, 0, f.item[i].x + n + 1, TUI_TEXT, f.item[i].label);
	}
}

int
tui_footer_at(const struct tui_app *a, int x)
{
	struct footer f;

	footer(a, a->cols, &f);
	for (int i = 0; i < f.n; i++) {
		if (x >= f.item[i].x && x < f.item[i].x + f.item[i].width)
			return f.item[i].action;
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

struct tui_canvas
tui_popup(const struct tui_canvas *c, int rows, int cols)
{
	rows = rows > c->rows ? c->rows : rows;
	cols = cols > c->cols ? c->cols : cols;
	return tui_sub(c, (c->rows - rows) / 2, (c->cols - cols) / 2, rows, cols);
}

static void
draw_overlays(const struct tui_app *a, const struct tui_canvas *all, const struct tui_canvas *area)
{
	for (int i = 0; i < a->nover; i++) {
		const struct tui_overlay *o = &a->over[i];
		if (!o->ops->in_line)
			tui_dim(area);
		o->ops->draw(a, o, o->ops->in_line ? all : area);
	}
}

static void
draw_frame(struct tui_app *a, const struct tui_canvas *c)
{
	bool crumb = c->rows >= CRUMB_ROWS, rule = c->rows >= SAY_ROWS;
	bool in_line = a->nover > 0 && a->over[a->nover - 1].ops->in_line;
	bool say = c->rows >= SAY_ROWS || in_line || tui_app_saying(a);
	int top = 1 + crumb + rule, bottom = c->rows - 1 - say;
	const struct tui_screen *s = tui_app_top(a);
	struct tui_canvas row = tui_sub(c, 0, 0, 1, c->cols);

	draw_tabs(a, &row);
	row = tui_sub(c, 1, 0, 1, c->cols);
	if (crumb)
		draw_crumb(a, &row);
	if (rule)
		tui_hline(c, 1 + crumb, 0, c->cols, TUI_BORDER);
	struct tui_canvas area = tui_sub(c, top, 0, bottom - top, c->cols);
	a->area_y = top;
	a->area_rows = area.rows;
	a->area_cols = area.cols;
	if (s)
		s->ops->draw(s, &area);
	row = tui_sub(c, c->rows - 2, 0, 1, c->cols);
	if (say && !in_line)
		draw_say(a, &row);
	row = tui_sub(c, c->rows - 1, 0, 1, c->cols);
	draw_footer(a, &row);
	row = tui_sub(c, c->rows - 2, 0, 1, c->cols);
	draw_overlays(a, &row, &area);
}

static void
draw_too_small(const struct tui_canvas *c)
{
	struct sl_str line;
	char text[64];
	size_t pos = 0;

	snprintf(text, sizeof(text), "sluice needs %dx%d (now %dx%d)", MIN_COLS, MIN_ROWS, c->cols,
		 c->rows);
	for (int y = c->rows / 3; y < c->rows && tui_wrap(sl_str(text), &pos, c->cols, &line); y++)
		tui_put(c, y, 0, TUI_WARN, line);
}

void
tui_app_draw(struct tui_app *a, struct tui_grid *g)
{
	struct tui_canvas c = tui_canvas(g);

	tui_grid_clear(g);
	a->rows = g->rows;
	a->cols = g->cols;
	a->minute = sl_wall_us() / 60000000;
	a->dirty = false;
	if (g->rows < MIN_ROWS || g->cols < MIN_COLS) {
		draw_too_small(&c);
		return;
	}
	draw_frame(a, &c);
}
