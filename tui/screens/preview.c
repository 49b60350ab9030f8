/* preview.c - the exact events of the first rows, of a saved sync or of a draft. */
#include "tui/screens/preview.h"

#include "tui/screens/preview_state.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ACT_MAP = TUI_ACT_OWN,
	ACT_ONLY,
	ACT_PLAN,
	ACT_OTHER,
};

static bool
init(struct tui_screen *s)
{
	struct preview *p = s->state;

	p->shown = UINT_MAX;
	tui_pager_init(&p->pager, TUI_SYNTAX_JSON);
	return tui_pick_init(&p->pick) && preview_table_init(p);
}

static void
fini(struct tui_screen *s)
{
	struct preview *p = s->state;

	tui_pick_free(&p->pick);
	tui_draft_free(&p->draft);
	sl_table_free(p->rows);
	free(p->order);
	tui_table_free(&p->table);
	tui_diff_free(&p->diff);
	tui_pager_free(&p->pager);
}

const char *
preview_cell(const struct preview *p, size_t row, const char *name)
{
	const char *text = sl_table_get(p->rows, (unsigned)row, name);

	return text ? text : "";
}

unsigned
preview_row(const struct preview *p)
{
	size_t row = tui_table_selected(&p->table);

	return row == SIZE_MAX ? UINT_MAX : p->order[row];
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void
ask(struct tui_screen *s)
{
	struct preview *p = s->state;
	struct sl_draft saved = { .sync = p->draft.sync };
	struct sl_draft d = p->is_draft ? tui_draft_request(&p->draft) : saved;

	tui_unask(s, &p->ask);
	p->ask = sl_preview(tui_app_engine(s->app), &d, PREVIEW_LIMIT);
	tui_pane_asked(&p->pane, p->ask);
}

static void
forget(struct tui_screen *s)
{
	struct preview *p = s->state;

	tui_unask(s, &p->ask);
	tui_draft_free(&p->draft);
	sl_table_free(p->rows);
	p->rows = NULL;
	p->table.model.rows = 0;
	tui_table_refresh(&p->table);
	p->shown = UINT_MAX;
	p->right = p->is_draft = false;
}

/* arg: the name of a sync, or a packed draft. */
static void
enter(struct tui_screen *s, const char *arg)
{
	struct preview *p = s->state;

	if (!arg || !*arg) {
		if (!p->draft.sync[0])
			tui_pick_list(s, &p->pick);
		return;
	}
	forget(s);
	p->is_draft = tui_draft_unpack(&p->draft, arg);
	if (!p->is_draft)
		snprintf(p->draft.sync, sizeof(p->draft.sync), "%.71s", arg);
	ask(s);
}

/* ---- answers --------------------------------------------------------------------------------- */

static int
badness(const struct preview *p, unsigned row)
{
	const char *check = preview_cell(p, row, "check");

	return strcmp(check, "error") == 0 ? 2 : strcmp(check, "warn") == 0 ? 1 : 0;
}

/* What a person should see first: errors, warnings, rows that would be sent, then the rest. */
static int
rank(const struct preview *p, unsigned row)
{
	int bad = badness(p, row);

	return bad > 0 ? bad + 1 : strcmp(preview_cell(p, row, "change"), "same") != 0;
}

static void
order_rows(struct preview *p)
{
	unsigned n = sl_table_rows(p->rows), at = 0;
	unsigned *order = realloc(p->order, (n + 1) * sizeof(*order));

	if (!order)
		return;
	p->order = order;
	memset(p->count, 0, sizeof(p->count));
	for (int want = 3; want >= (p->only_problems ? 2 : 0); want--) {
		for (unsigned i = 0; i < n; i++) {
			if (rank(p, i) == want)
				order[at++] = i;
		}
	}
	for (unsigned i = 0; i < n; i++)
		p->count[badness(p, i)]++;
	p->table.model.rows = at;
	tui_table_refresh(&p->table);
	preview_fill(p);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct preview *p = s->state;

	if (tui_pick_message(&p->pick, m))
		return true;
	if (!tui_asked(&p->ask, m))
		return false;
	if (m->failed) {
		tui_pane_problem(&p->pane, &m->problem);
		return true;
	}
	tui_pane_ready(&p->pane);
	sl_table_free(p->rows);
	p->rows = sl_table_copy(m->table);
	order_rows(p);
	return true;
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct preview *p = s->state;

	if (action < TUI_ACT_OWN && action != TUI_ACT_COPY && action != TUI_ACT_NEXT_MATCH)
		return NULL;
	if (!p->draft.sync[0])
		return "no sync is open";
	if (action == TUI_ACT_COPY && p->shown == UINT_MAX)
		return "no row is selected";
	if (action == ACT_PLAN && p->is_draft)
		return "this draft is not saved yet; W in the mapping saves it";
	if (action == TUI_ACT_NEXT_MATCH && p->rows && p->count[1] + p->count[2] == 0)
		return "no row has a problem";
	return NULL;
}

/* The next row with a problem, going round. */
static void
next_problem(struct preview *p, size_t step)
{
	size_t n = p->table.nview;

	for (size_t i = 1; i <= n; i++) {
		size_t at = (p->table.sel + i * step) % n;
		if (badness(p, p->order[at]) > 0) {
			tui_table_select(&p->table, at);
			return;
		}
	}
}

/* The field that a problem speaks of: the first of the mapping whose name is in the text. */
static void
find_field(const struct preview *p, const char *problem, char *out, size_t cap)
{
	out[0] = '\0';
	for (size_t i = 0; i < p->draft.map.n; i++) {
		const char *to = tui_draft_target(p->draft.map.pair[i].name);
		if (to && strstr(problem, to) && strlen(to) > strlen(out))
			snprintf(out, cap, "%s", to);
	}
	if (!out[0] && strstr(problem, "userId"))
		snprintf(out, cap, "userId");
}

static void
open_map(struct tui_screen *s)
{
	const struct preview *p = s->state;
	char field[200] = "", arg[300];

	if (p->shown != UINT_MAX)
		find_field(p, preview_cell(p, p->shown, "problem"), field, sizeof(field));
	snprintf(arg, sizeof(arg), "%s%s%s", p->draft.sync, field[0] ? " " : "", field);
	tui_app_open(s->app, "map", arg);
}

static void
copy_done(struct tui_screen *s, int tag, int item)
{
	static const char *const names[] = { "body", "row", "key" };
	static const char *const what[] = { "the event", "the row", "the key" };
	const struct preview *p = s->state;

	(void)tag;
	if (item >= 0 && p->shown != UINT_MAX)
		tui_app_copy(s->app, sl_str(preview_cell(p, p->shown, names[item])), what[item]);
}

static void
copy(struct tui_screen *s)
{
	static const struct tui_menu_item items[] = { { 'j', "event JSON", NULL, NULL },
						      { 'r', "source row", NULL, NULL },
						      { 'k', "key", NULL, NULL } };
	struct tui_menu m = {
		.title = "Copy", .items = items, .nitems = SL_COUNT(items), .done = copy_done
	};

	tui_app_menu(s->app, s, &m);
}

static void
turn_view(struct preview *p, int step)
{
	p->view = (enum preview_view)(((int)p->view + step + PREVIEW_VIEWS) % PREVIEW_VIEWS);
	preview_fill(p);
}

static bool
scroll(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct preview *p = s->state;
	int h = preview_view_height(s);
	long by = 0;

	if (p->view != PREVIEW_DIFF)
		return tui_pager_action(&p->pager, cmd, h);
	switch (cmd->action) {
	case TUI_ACT_DOWN:
		by = cmd->count;
		break;
	case TUI_ACT_UP:
		by = -(long)cmd->count;
		break;
	case TUI_ACT_PAGE_DOWN:
	case TUI_ACT_HALF_DOWN:
		by = (long)h * cmd->count;
		break;
	case TUI_ACT_PAGE_UP:
	case TUI_ACT_HALF_UP:
		by = -(long)h * cmd->count;
		break;
	default:
		return false;
	}
	tui_diff_scroll(&p->diff, by, h);
	return true;
}

static bool
own_action(struct tui_screen *s, int action)
{
	struct preview *p = s->state;

	switch (action) {
	case ACT_MAP:
		open_map(s);
		return true;
	case ACT_ONLY:
		p->only_problems = !p->only_problems;
		order_rows(p);
		return true;
	case ACT_PLAN:
		tui_app_open(s->app, "plan", p->draft.sync);
		return true;
	case ACT_OTHER:
		forget(s);
		tui_pick_list(s, &p->pick);
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_NEXT_TAB:
		turn_view(p, 1);
		return true;
	case TUI_ACT_PREV_TAB:
		turn_view(p, -1);
		return true;
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
	case TUI_ACT_OPEN:
		p->right = !p->right && p->shown != UINT_MAX;
		return true;
	default:
		return false;
	}
}

static bool
list_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct preview *p = s->state;
	bool done = true;

	if (cmd->action == TUI_ACT_RIGHT)
		turn_view(p, 1);
	else if (cmd->action == TUI_ACT_LEFT)
		turn_view(p, -1);
	else if (cmd->action == TUI_ACT_NEXT_MATCH && p->table.nview > 0)
		next_problem(p, 1);
	else if (cmd->action == TUI_ACT_PREV_MATCH && p->table.nview > 0)
		next_problem(p, p->table.nview - 1);
	else
		done = tui_table_action(&p->table, cmd, preview_list_height(s));
	if (preview_row(p) != p->shown)
		preview_fill(p);
	return done;
}

static bool
pick_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct preview *p = s->state;
	const char *name;
	int rows, cols;
	char sync[72];

	tui_app_area(s->app, &rows, &cols);
	if (cmd->action == TUI_ACT_REFRESH)
		tui_pick_list(s, &p->pick);
	bool done = tui_pick_action(&p->pick, cmd, rows, &name);
	if (name) {
		snprintf(sync, sizeof(sync), "%.71s", name);
		enter(s, sync);
	}
	return done;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct preview *p = s->state;

	if (!p->draft.sync[0])
		return pick_action(s, cmd);
	if (cmd->action == TUI_ACT_REFRESH) {
		ask(s);
		return true;
	}
	if (cmd->action == TUI_ACT_CANCEL) {
		if (p->ask)
			sl_cancel(tui_app_engine(s->app), p->ask);
		return p->ask != 0;
	}
	if (own_action(s, cmd->action))
		return true;
	if (p->right && cmd->action == TUI_ACT_BACK) {
		p->right = false;
		return true;
	}
	return (p->right && scroll(s, cmd)) || list_action(s, cmd);
}

/* The wheel turns what it is over. */
static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct preview *p = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	struct tui_canvas list = preview_list(rows, cols);
	struct tui_canvas pick = { .y = 2, .rows = rows - 2, .cols = cols };
	if (!p->draft.sync[0])
		return tui_table_mouse(&p->pick.table, ev, &pick);
	if (tui_table_mouse(&p->table, ev, &list)) {
		p->right = false;
		if (preview_row(p) != p->shown)
			preview_fill(p);
		return true;
	}
	if (ev->type != TUI_EV_MOUSE || ev->mouse < TUI_MOUSE_WHEEL_UP)
		return false;
	struct tui_cmd cmd = { .action =
				       ev->mouse == TUI_MOUSE_WHEEL_UP ? TUI_ACT_UP : TUI_ACT_DOWN,
			       .count = 3 * ev->count,
			       .arg = "" };
	return scroll(s, &cmd);
}

/* ---- the frame ------------------------------------------------------------------------------- */

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct preview *p = s->state;

	sl_buf_puts(out, p->draft.sync);
	if (p->is_draft)
		sl_buf_puts(out, "  draft, not saved");
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct preview *p = s->state;

	return tui_pane_tick_ms(p->draft.sync[0] ? &p->pane : &p->pick.table.pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

#define GROUP "PREVIEW"
static const struct tui_action actions[] = {
	{ TUI_ACT_NEXT_MATCH, "next problem", "n", "problem", "the next row with a problem", GROUP,
	  NULL, 0 },
	{ TUI_ACT_NEXT_TAB, "next view", "] l", "view", "diff, event, raw bytes, source row", GROUP,
	  NULL, 0 },
	{ ACT_ONLY, "only problems", "f", "only \u2717/!", "hide the rows that are fine", GROUP,
	  NULL, 0 },
	{ ACT_MAP, "mapping", "m", "mapping", "open the mapping, at the field of the problem",
	  GROUP, NULL, 0 },
	{ TUI_ACT_COPY, "copy", "y", "copy", "copy the event, the row or the key", GROUP, NULL, 0 },
	{ ACT_PLAN, "plan run", "R", "plan run", "see what a run would send, all of it", GROUP,
	  NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", "pane", "between the rows and the event", GROUP,
	  NULL, 0 },
	{ TUI_ACT_REFRESH, "read again", "r F5", NULL, "read the first rows again", GROUP, NULL,
	  0 },
	{ ACT_OTHER, "another sync", "O", NULL, "choose another sync", GROUP, NULL, 0 },
};

const struct tui_screen_ops tui_screen_preview = {
	.id = "preview",
	.title = "Preview",
	.state_size = sizeof(struct preview),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = preview_draw,
	.crumb = crumb,
	.tick_ms = tick_ms,
	.tick = tick,
};
