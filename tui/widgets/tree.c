/* tree.c - an outline: nodes, folding, selection. */
#include "tui/widgets/tree.h"

#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
tui_tree_init(struct tui_tree *t)
{
	*t = (struct tui_tree){ .first = TUI_NO_NODE, .last = TUI_NO_NODE };
}

void
tui_tree_free(struct tui_tree *t)
{
	for (uint32_t i = 0; i < t->nnodes; i++) {
		free(t->node[i].label);
		free(t->node[i].note);
	}
	free(t->node);
	free(t->view);
	tui_tree_init(t);
}

/* A node that was cleared, or a new one. */
static uint32_t
take_node(struct tui_tree *t)
{
	for (uint32_t i = 0; i < t->nnodes; i++) {
		if (t->node[i].dead)
			return i;
	}
	if (t->nnodes == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : 64;
		struct tui_node *more = realloc(t->node, cap * sizeof(*more));
		if (!more)
			return TUI_NO_NODE;
		t->node = more;
		t->cap = cap;
	}
	t->node[t->nnodes] = (struct tui_node){ .dead = true };
	return t->nnodes++;
}

uint32_t
tui_tree_add(struct tui_tree *t, uint32_t parent, const struct tui_leaf *l)
{
	char *label = strdup(l->label), *note = l->note ? strdup(l->note) : NULL;
	uint32_t i = label && (note || !l->note) ? take_node(t) : TUI_NO_NODE;

	if (i == TUI_NO_NODE) {
		free(label);
		free(note);
		return TUI_NO_NODE;
	}
	t->node[i] = (struct tui_node){ .label = label,
					.note = note,
					.tag = l->tag,
					.role = l->role,
					.branch = l->branch,
					.parent = parent,
					.next = TUI_NO_NODE,
					.child = TUI_NO_NODE,
					.last = TUI_NO_NODE };
	uint32_t *last = parent == TUI_NO_NODE ? &t->last : &t->node[parent].last;
	uint32_t *first = parent == TUI_NO_NODE ? &t->first : &t->node[parent].child;
	if (parent != TUI_NO_NODE)
		t->node[i].depth = (uint16_t)(t->node[parent].depth + 1);
	if (*last == TUI_NO_NODE)
		*first = i;
	else
		t->node[*last].next = i;
	*last = i;
	return i;
}

void
tui_tree_clear(struct tui_tree *t, uint32_t parent)
{
	uint32_t *first = parent == TUI_NO_NODE ? &t->first : &t->node[parent].child;
	uint32_t *last = parent == TUI_NO_NODE ? &t->last : &t->node[parent].last;

	for (uint32_t i = *first; i != TUI_NO_NODE;) {
		uint32_t next = t->node[i].next;
		tui_tree_clear(t, i);
		free(t->node[i].label);
		free(t->node[i].note);
		t->node[i] = (struct tui_node){ .dead = true };
		i = next;
	}
	*first = *last = TUI_NO_NODE;
}

/* ---- view ------------------------------------------------------------------------------------ */

/* Does the node, or one below it that is loaded, match the filter? */
static bool
passes(const struct tui_tree *t, uint32_t i)
{
	if (!t->filter[0] || strcasestr(t->node[i].label, t->filter))
		return true;
	for (uint32_t c = t->node[i].child; c != TUI_NO_NODE; c = t->node[c].next) {
		if (passes(t, c))
			return true;
	}
	return false;
}

static void
collect(struct tui_tree *t, uint32_t first)
{
	for (uint32_t i = first; i != TUI_NO_NODE; i = t->node[i].next) {
		if (!passes(t, i))
			continue;
		t->view[t->nview++] = i;
		if (t->node[i].open || t->filter[0])
			collect(t, t->node[i].child);
	}
}

uint32_t
tui_tree_selected(const struct tui_tree *t)
{
	return t->sel < t->nview ? t->view[t->sel] : TUI_NO_NODE;
}

static void
select_in_view(struct tui_tree *t, uint32_t node)
{
	for (uint32_t pos = 0; pos < t->nview; pos++) {
		if (t->view[pos] == node)
			t->sel = pos;
	}
}

void
tui_tree_refresh(struct tui_tree *t)
{
	uint32_t was = tui_tree_selected(t);
	uint32_t *view = realloc(t->view, (t->nnodes + 1) * sizeof(*view));

	if (!view)
		return;
	t->view = view;
	t->nview = 0;
	collect(t, t->first);
	if (t->sel >= t->nview)
		t->sel = t->nview ? t->nview - 1 : 0;
	select_in_view(t, was);
}

void
tui_tree_select(struct tui_tree *t, uint32_t node)
{
	if (node >= t->nnodes || t->node[node].dead)
		return;
	for (uint32_t p = t->node[node].parent; p != TUI_NO_NODE; p = t->node[p].parent)
		t->node[p].open = true;
	tui_tree_refresh(t);
	select_in_view(t, node);
}

void
tui_tree_filter(struct tui_tree *t, const char *text)
{
	snprintf(t->filter, sizeof(t->filter), "%s", text);
	tui_tree_refresh(t);
	if (!*text || t->nview == 0 || strcasestr(t->node[t->view[t->sel]].label, text))
		return;
	/* branches are there for what is below them: Enter means the first that matches */
	for (uint32_t pos = 0; pos < t->nview; pos++) {
		if (strcasestr(t->node[t->view[pos]].label, text)) {
			t->sel = pos;
			return;
		}
	}
}

static bool
find(struct tui_tree *t, uint32_t from, int step)
{
	for (uint32_t i = 0; i < t->nview; i++) {
		uint32_t pos = step > 0 ? (from + i) % t->nview : (from + t->nview - i) % t->nview;
		if (strcasestr(t->node[t->view[pos]].label, t->search)) {
			t->sel = pos;
			return true;
		}
	}
	return false;
}

/* ---- actions --------------------------------------------------------------------------------- */

static void
move(struct tui_tree *t, long by)
{
	long to = (long)t->sel + by, n = (long)t->nview;

	t->sel = to < 0 || n == 0 ? 0 : to >= n ? (uint32_t)n - 1 : (uint32_t)to;
}

/* Open a closed branch; false where there is nothing to open. */
static bool
unfold(struct tui_tree *t, uint32_t *opened)
{
	uint32_t i = tui_tree_selected(t);

	if (i == TUI_NO_NODE || !t->node[i].branch || (t->node[i].open && t->node[i].loaded))
		return false;
	t->node[i].open = true;
	if (!t->node[i].loaded && t->node[i].pane.state != TUI_PANE_LOADING)
		*opened = i;
	tui_tree_refresh(t);
	return true;
}

static void
fold(struct tui_tree *t)
{
	uint32_t i = tui_tree_selected(t);

	if (i == TUI_NO_NODE)
		return;
	if (t->node[i].branch && t->node[i].open) {
		t->node[i].open = false;
		tui_tree_refresh(t);
	} else if (t->node[i].parent != TUI_NO_NODE) {
		select_in_view(t, t->node[i].parent);
	}
}

static void
keep_top(struct tui_tree *t, int height)
{
	uint32_t h = height > 0 ? (uint32_t)height : 1;

	if (t->sel < t->top)
		t->top = t->sel;
	if (t->sel >= t->top + h)
		t->top = t->sel - h + 1;
}

static bool
movement(struct tui_tree *t, const struct tui_cmd *cmd, int height)
{
	long page = height > 1 ? height - 1 : 1;

	switch (cmd->action) {
	case TUI_ACT_DOWN:
		move(t, cmd->count);
		return true;
	case TUI_ACT_UP:
		move(t, -(long)cmd->count);
		return true;
	case TUI_ACT_PAGE_DOWN:
		move(t, page * cmd->count);
		return true;
	case TUI_ACT_PAGE_UP:
		move(t, -page * cmd->count);
		return true;
	case TUI_ACT_HALF_DOWN:
		move(t, (page + 1) / 2 * cmd->count);
		return true;
	case TUI_ACT_HALF_UP:
		move(t, -(page + 1) / 2 * cmd->count);
		return true;
	case TUI_ACT_FIRST:
		t->sel = 0;
		return true;
	case TUI_ACT_LAST:
		move(t, (long)t->nview);
		return true;
	default:
		return false;
	}
}

bool
tui_tree_action(struct tui_tree *t, const struct tui_cmd *cmd, int height, uint32_t *opened)
{
	bool done = movement(t, cmd, height);

	*opened = TUI_NO_NODE;
	if (!done) {
		done = true;
		switch (cmd->action) {
		case TUI_ACT_RIGHT:
		case TUI_ACT_OPEN:
			done = unfold(t, opened);
			break;
		case TUI_ACT_LEFT:
			fold(t);
			break;
		case TUI_ACT_NEXT_MATCH:
			done = t->search[0] && t->nview > 0 && (find(t, t->sel + 1, 1), true);
			break;
		case TUI_ACT_PREV_MATCH:
			done = t->search[0] && t->nview > 0 &&
			       (find(t, t->sel + t->nview - 1, -1), true);
			break;
		case TUI_ACT_CLEAR:
		case TUI_ACT_BACK:
			done = t->search[0] || t->filter[0];
			t->search[0] = '\0';
			if (t->filter[0])
				tui_tree_filter(t, "");
			break;
		default:
			done = false;
		}
	}
	keep_top(t, height);
	return done;
}

bool
tui_tree_mouse(struct tui_tree *t, const struct tui_event *ev, const struct tui_canvas *c,
	       bool *again)
{
	*again = false;
	if (ev->type != TUI_EV_MOUSE || ev->y < c->y || ev->y >= c->y + c->rows || ev->x < c->x ||
	    ev->x >= c->x + c->cols)
		return false;
	keep_top(t, c->rows);
	if (ev->mouse >= TUI_MOUSE_WHEEL_UP) {
		move(t, (ev->mouse == TUI_MOUSE_WHEEL_UP ? -3L : 3L) * ev->count);
		keep_top(t, c->rows);
		return true;
	}
	if (ev->mouse != TUI_MOUSE_PRESS)
		return false;
	uint32_t pos = t->top + (uint32_t)(ev->y - c->y);
	if (pos < t->nview) {
		*again = pos == t->sel;
		t->sel = pos;
	}
	return true;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void
draw_node(const struct tui_tree *t, const struct tui_canvas *c, uint32_t pos, bool focus)
{
	const struct tui_node *n = &t->node[t->view[pos]];
	int x = 2 + 2 * n->depth;
	char note[420];

	if (n->branch)
		tui_puts(c, 0, x, TUI_DIM, n->open || t->filter[0] ? "\u25be" : "\u25b8");
	int end = x + 2 + tui_puts(c, 0, x + 2, n->role, n->label);
	snprintf(note, sizeof(note), "%s", n->note ? n->note : "");
	enum tui_role role = TUI_DIM;
	/* words that have no room are left out whole: "~1" of "~118" would be a lie */
	for (char *cut = strrchr(note, ' ');
	     cut && tui_text_width(sl_str(note)) > c->cols - end - 2; cut = strrchr(note, ' '))
		*cut = '\0';
	if (n->pane.state == TUI_PANE_LOADING && sl_mono_us() - n->pane.since_us > 150000) {
		snprintf(note, sizeof(note), "loading\u2026 %.1fs",
			 (double)(sl_mono_us() - n->pane.since_us) / 1e6);
		role = TUI_RUN;
	} else if (n->pane.state == TUI_PANE_ERROR) {
		snprintf(note, sizeof(note), "\u2717 %s", n->pane.text);
		role = TUI_FAIL;
	}
	int w = tui_text_width(sl_str(note)), room = c->cols - end - 2;
	if (w > 0 && room >= 4)
		tui_field(c,
			  (struct tui_span){ 0, c->cols - 1 - (w < room ? w : room),
					     w < room ? w : room, TUI_LEFT, role },
			  sl_str(note));
	if (pos == t->sel) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, focus ? TUI_SELECT : TUI_SELECT_INACTIVE);
		if (focus)
			tui_cursor(c, 0, x + 2, false);
	}
	tui_match(c, 0, 0, c->cols, sl_str(t->search));
}

void
tui_tree_draw(const struct tui_tree *t, const struct tui_canvas *c, bool focus)
{
	struct tui_tree at = *t; /* the top that fits this height; nothing is kept */

	keep_top(&at, c->rows);
	for (int y = 0; y < c->rows && at.top + (uint32_t)y < t->nview; y++) {
		struct tui_canvas line = tui_sub(c, y, 0, 1, c->cols);
		draw_node(t, &line, at.top + (uint32_t)y, focus);
	}
	if (t->nview == 0 && t->first != TUI_NO_NODE && t->filter[0]) {
		tui_printf(c, 0, 2, TUI_WARN, "nothing matches %s   x clear", t->filter);
		return;
	}
	tui_pane_draw(&t->pane, c, t->nview > 0);
}
