/* browse.c - the warehouse: a tree of what is there, and the rows and columns of one table. */
#include "tui/screens/browse.h"

#include "tui/screens/browse_state.h"

#include <stdio.h>

enum {
	ACT_SYNC = TUI_ACT_OWN,
	ACT_SQL,
};

static bool
init(struct tui_screen *s)
{
	return browse_tree_init(s) && browse_data_init(s->state);
}

static void
fini(struct tui_screen *s)
{
	browse_data_fini(s->state);
	browse_tree_fini(s);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct browse *b = s->state;

	if (b->tree.first == TUI_NO_NODE && !b->ask_list)
		browse_list(s);
	if (arg && *arg) {
		b->right = false;
		browse_go(s, arg);
	}
}

/* ---- what is selected ------------------------------------------------------------------------ */

static struct tui_table *
shown_table(struct browse *b)
{
	return b->columns ? &b->cols_table : &b->rows.table;
}

/* Connection and table under the cursor, or those shown; table NULL = none. */
static const char *
selected(const struct browse *b, const char **table)
{
	uint32_t node = tui_tree_selected(&b->tree);
	const struct browse_object *o = browse_object_of(b, node);

	*table = NULL;
	if (b->right && b->conn[0]) {
		*table = b->table;
		return b->conn;
	}
	if (o)
		*table = o->table;
	return browse_connection_of(b, node);
}

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct browse *b = s->state;
	const char *table, *conn = selected(b, &table);

	if (action == ACT_SYNC && tui_read_only(s))
		return tui_read_only(s);
	if (action == ACT_SYNC && !table)
		return "no table is selected";
	if (action == ACT_SQL && !conn)
		return "no connection is selected";
	if (action == TUI_ACT_COPY && (!b->right || b->columns || b->rows.table.nview == 0))
		return "no cell is selected";
	return NULL;
}

/* ---- actions --------------------------------------------------------------------------------- */

static void
search_changed(struct tui_screen *s, const char *text)
{
	struct browse *b = s->state;

	if (b->right)
		(void)tui_table_search(shown_table(b), text);
	else
		tui_tree_filter(&b->tree, text);
}

static void
search_done(struct tui_screen *s, const char *text)
{
	struct browse *b = s->state;
	const struct tui_table *t = shown_table(b);

	if (!b->right)
		tui_tree_filter(&b->tree, text ? text : "");
	else if (!tui_table_search(shown_table(b), text ? text : ""))
		tui_app_say(s->app, TUI_SEV_WARN, "none of the %zu rows read has %s", t->nview,
			    t->search);
}

static void
search(struct tui_screen *s)
{
	const struct browse *b = s->state;
	struct tui_prompt p = { .label = b->right ? "search in what is read: " : "filter: ",
				.history = "browse",
				.changed = search_changed,
				.done = search_done };

	tui_app_prompt(s->app, s, &p);
}

static void
open_cell(struct tui_screen *s)
{
	struct browse *b = s->state;
	struct tui_table *t = &b->rows.table;
	size_t row = tui_table_selected(t), len = 0;
	const char *text = tui_rows_text(&b->rows, row, t->col, &len);
	char title[200];

	if (row == SIZE_MAX)
		return;
	snprintf(title, sizeof(title), "%s   %s   %zu byte%s", b->rows.cols[t->col].title,
		 browse_native(b, b->rows.cols[t->col].title), len, len == 1 ? "" : "s");
	tui_app_view(s->app, title, text ? (struct sl_str){ text, len } : SL_LIT("NULL"),
		     text && tui_rows_type(&b->rows, t->col) == SL_CELL_JSON);
}

static void
copy_done(struct tui_screen *s, int tag, int item)
{
	struct browse *b = s->state;
	size_t row = tui_table_selected(&b->rows.table), len = 0;
	struct sl_buf out;

	(void)tag;
	if (item < 0 || row == SIZE_MAX)
		return;
	sl_buf_init(&out, 0);
	if (item == 0) {
		const char *text = tui_rows_text(&b->rows, row, b->rows.table.col, &len);
		sl_buf_put(&out, text ? text : "", text ? len : 0);
	} else if (item == 1) {
		tui_rows_lines(&b->rows, row, &out);
	} else {
		sl_buf_printf(&out, "SELECT * FROM %s", b->table);
	}
	tui_app_copy(s->app, sl_buf_view(&out),
		     item == 0   ? "the cell"
		     : item == 1 ? "the row"
				 : "the SQL");
	sl_buf_free(&out);
}

static void
copy(struct tui_screen *s)
{
	static const struct tui_menu_item items[] = {
		{ 'c', "cell", "the whole value", NULL },
		{ 'r', "row", "a line for each column", NULL },
		{ 's', "SQL", "SELECT * FROM this table", NULL },
	};
	struct tui_menu m = {
		.title = "Copy", .items = items, .nitems = SL_COUNT(items), .done = copy_done
	};

	tui_app_menu(s->app, s, &m);
}

static void
new_sync(struct tui_screen *s)
{
	const char *table, *conn = selected(s->state, &table);
	char arg[300];

	snprintf(arg, sizeof(arg), "%s %s", conn, table);
	tui_app_open(s->app, "newsync", arg);
}

static void
refresh(struct tui_screen *s)
{
	struct browse *b = s->state;
	uint32_t node = tui_tree_selected(&b->tree);

	if (b->right) {
		browse_reload(s);
	} else if (b->tree.pane.state == TUI_PANE_ERROR || node == TUI_NO_NODE) {
		browse_list(s);
	} else {
		if (browse_kind_of(b, node) == BROWSE_TABLE)
			node = b->tree.node[node].parent;
		b->tree.node[node].open = true;
		browse_load(s, node);
	}
}

static bool
cancel(struct tui_screen *s)
{
	struct browse *b = s->state;
	bool any = b->right ? b->ask_rows || b->ask_columns : browse_cancel_load(s);

	/* The answer says how long it took; until then it is still being waited for. */
	if (b->right && b->ask_columns)
		sl_cancel(tui_app_engine(s->app), b->ask_columns);
	if (b->right && b->ask_rows)
		sl_cancel(tui_app_engine(s->app), b->ask_rows);
	return any;
}

static bool
tree_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct browse *b = s->state;
	int rows, cols;
	uint32_t opened;

	tui_app_area(s->app, &rows, &cols);
	bool enters = cmd->action == TUI_ACT_OPEN || cmd->action == TUI_ACT_RIGHT;
	if (enters && browse_object_of(b, tui_tree_selected(&b->tree))) {
		browse_show(s, tui_tree_selected(&b->tree));
		return true;
	}
	uint32_t node = tui_tree_selected(&b->tree);
	if (cmd->action == TUI_ACT_OPEN && node != TUI_NO_NODE && b->tree.node[node].open &&
	    b->tree.node[node].loaded) {
		struct tui_cmd fold = { .action = TUI_ACT_LEFT, .count = 1, .arg = "" };
		return tui_tree_action(&b->tree, &fold, rows, &opened);
	}
	bool done = tui_tree_action(&b->tree, cmd, rows, &opened);
	if (opened != TUI_NO_NODE)
		browse_load(s, opened);
	return done;
}

static bool
data_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct browse *b = s->state;
	struct tui_table *t = shown_table(b);

	if (cmd->action == TUI_ACT_OPEN) {
		if (!b->columns)
			open_cell(s);
		return true;
	}
	if (cmd->action == TUI_ACT_LEFT && t->col == 0) {
		b->right = false;
		return true;
	}
	if (!b->columns && cmd->action == TUI_ACT_FIRST && b->more_before) {
		browse_page(s, BROWSE_FIRST);
		return true;
	}
	if (!b->columns && cmd->action == TUI_ACT_LAST && b->more_after && b->nkey > 0) {
		browse_page(s, BROWSE_LAST);
		return true;
	}
	bool done = tui_table_action(t, cmd, browse_height(s));
	if (!b->columns)
		browse_prefetch(s);
	if (!done && cmd->action == TUI_ACT_BACK) {
		b->right = false;
		return true;
	}
	return done;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct browse *b = s->state;
	const char *table;

	switch (cmd->action) {
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
		b->right = !b->right && b->conn[0];
		return true;
	case TUI_ACT_NEXT_TAB:
	case TUI_ACT_PREV_TAB:
		b->columns = !b->columns;
		return true;
	case TUI_ACT_SEARCH:
		search(s);
		return true;
	case TUI_ACT_REFRESH:
		refresh(s);
		return true;
	case TUI_ACT_CANCEL:
		return cancel(s);
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case ACT_SYNC:
		new_sync(s);
		return true;
	case ACT_SQL:
		tui_app_open(s->app, "sql", selected(b, &table));
		return true;
	default:
		return b->right ? data_action(s, cmd) : tree_action(s, cmd);
	}
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	return browse_tree_message(s, m) || browse_data_message(s, m);
}

/* A click selects, a second one opens; the wheel turns what it is over. */
static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct browse *b = s->state;
	struct tui_cmd open = { .action = TUI_ACT_OPEN, .count = 1, .arg = "" };
	int rows, cols;
	bool again;

	if (ev->type != TUI_EV_MOUSE)
		return false;
	tui_app_area(s->app, &rows, &cols);
	bool wide = cols >= BROWSE_WIDE;
	struct tui_canvas tree = { .rows = rows, .cols = wide ? BROWSE_TREE : cols };
	struct tui_canvas grid = { .y = 1, .x = wide ? BROWSE_TREE + 1 : 0 };
	grid.rows = browse_height(s) + 1;
	grid.cols = cols - grid.x;
	if ((wide || !b->right) && tui_tree_mouse(&b->tree, ev, &tree, &again)) {
		b->right = false;
		return !again || tree_action(s, &open);
	}
	if (!b->conn[0] || !tui_table_mouse(shown_table(b), ev, &grid))
		return false;
	b->right = true;
	if (!b->columns)
		browse_prefetch(s);
	return true;
}

/* ---- the frame ------------------------------------------------------------------------------- */

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct browse *b = s->state;

	if (b->conn[0])
		sl_buf_printf(out, "%s \u203a %s", b->conn, b->table);
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct browse *b = s->state;

	if (b->tree.filter[0])
		sl_buf_printf(out, "only %s: Esc shows all", b->tree.filter);
}

static int
sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct browse *b = s->state;
	int ms = sooner(tui_pane_tick_ms(&b->tree.pane), tui_pane_tick_ms(&b->rows.table.pane));

	ms = sooner(ms, tui_pane_tick_ms(&b->cols_table.pane));
	for (size_t i = 0; i < BROWSE_LOADS; i++) {
		if (b->load[i].ticket)
			ms = sooner(ms, tui_pane_tick_ms(&b->tree.node[b->load[i].node].pane));
	}
	return ms;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open", "Enter", "open", "open a branch, show a table, the whole of a cell",
	  "BROWSE", NULL, 0 },
	{ TUI_ACT_SEARCH, "filter", "/", "filter", "filter the tree, or search in the rows read",
	  "BROWSE", NULL, 0 },
	{ ACT_SYNC, "new sync", "s", "sync this", "a new sync from this table", "BROWSE", NULL, 0 },
	{ ACT_SQL, "sql model", "e", "SQL", "write a SELECT on this connection", "BROWSE", NULL,
	  0 },
	{ TUI_ACT_COPY, "copy", "y", "copy", "copy the cell, the row or its SQL", "BROWSE", NULL,
	  0 },
	{ TUI_ACT_NEXT_TAB, "columns", "] [", "columns", "between the rows and the columns",
	  "BROWSE", NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", "pane", "between the tree and the table",
	  "BROWSE", NULL, 0 },
	{ TUI_ACT_REFRESH, "read again", "r F5", "refresh", "read the branch or the table again",
	  "BROWSE", NULL, 0 },
	{ TUI_ACT_CANCEL, "cancel query", "Ctrl-C", NULL, "stop the query of this pane", "BROWSE",
	  NULL, 0 },
};

const struct tui_screen_ops tui_screen_browse = {
	.id = "browse",
	.title = "Browse",
	.state_size = sizeof(struct browse),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = browse_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
