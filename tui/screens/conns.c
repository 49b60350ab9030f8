/* conns.c - the list of connections: what they are, who uses them, whether they work. */
#include "tui/screens/conns.h"

#include "tui/app.h"
#include "tui/screens/conn_test.h"
#include "tui/screens/pairs.h"
#include "tui/widgets/table.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ACT_TEST = TUI_ACT_OWN,
	ACT_TEST_ALL,
	ACT_NEW,
	ACT_COPY,
	ACT_DELETE,
	ACT_BROWSE,
};

#define WIDE 100 /* columns from which the detail is beside the list */

struct conns {
	sl_ticket ask_list, ask_detail, ask_syncs, ask_delete;
	struct sl_table *list, *syncs; /* owned answers */
	struct tui_table table;
	struct tui_pairs detail; /* of the connection `of` */
	char of[72];
	char deleting[72];
	struct conn_test *test; /* owned; one a connection that was tested */
	size_t ntests;
};

static const struct tui_column columns[] = {
	{ "NAME", TUI_LEFT, 10, 24, 0, false },   { "TYPE", TUI_LEFT, 8, 22, 2, false },
	{ "ROLE", TUI_LEFT, 6, 11, 3, false },    { "STATE", TUI_LEFT, 12, 16, 0, false },
	{ "USED BY", TUI_RIGHT, 7, 8, 1, false },
};

static const char *
cell_text(const struct sl_table *t, size_t row, const char *name)
{
	const char *text = sl_table_get(t, (unsigned)row, name);

	return text ? text : "";
}

static struct conn_test *
find_test(const struct conns *k, const char *name)
{
	for (size_t i = 0; i < k->ntests; i++) {
		if (strcmp(k->test[i].name, name) == 0)
			return &k->test[i];
	}
	return NULL;
}

static bool
is_broken(const struct conns *k, size_t row)
{
	return strcmp(cell_text(k->list, row, "broken"), "true") == 0;
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	static const char *const names[] = { "name", "title", "role", NULL, "used_by" };
	const struct conns *k = arg;

	if (names[col]) {
		v->text = sl_str(cell_text(k->list, row, names[col]));
		v->role = col == 0 ? TUI_TEXT : TUI_DIM;
		return;
	}
	if (is_broken(k, row)) {
		v->text = SL_LIT("\u2717 file is wrong");
		v->role = TUI_FAIL;
		return;
	}
	v->role = conn_test_state(find_test(k, cell_text(k->list, row, "name")), v->scratch,
				  sizeof(v->scratch));
	v->text = sl_str(v->scratch);
}

static bool
init(struct tui_screen *s)
{
	struct conns *k = s->state;

	if (!tui_table_init(&k->table, columns, SL_COUNT(columns)))
		return false;
	k->table.model = (struct tui_model){ cell, k, 0 };
	k->table.pane.empty = "No connections yet: a sync needs a source and a destination.";
	k->table.pane.empty_hint = "n new connection";
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct conns *k = s->state;

	sl_table_free(k->list);
	sl_table_free(k->syncs);
	tui_table_free(&k->table);
	tui_pairs_free(&k->detail);
	free(k->test);
}

static const char *
selected(const struct conns *k) /* NULL = none */
{
	size_t row = tui_table_selected(&k->table);

	return row == SIZE_MAX ? NULL : cell_text(k->list, row, "name");
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void
ask_list(struct tui_screen *s)
{
	struct conns *k = s->state;

	tui_unask(s, &k->ask_list);
	tui_unask(s, &k->ask_syncs);
	k->ask_list = sl_list(tui_app_engine(s->app), SL_CONNECTION);
	k->ask_syncs = sl_list(tui_app_engine(s->app), SL_SYNC);
	tui_pane_asked(&k->table.pane, k->ask_list);
}

/* The settings of the selected connection, when another one is selected. */
static void
ask_detail(struct tui_screen *s, bool again)
{
	struct conns *k = s->state;
	const char *name = selected(k);

	if (!name || (!again && strcmp(name, k->of) == 0))
		return;
	sl_copy(k->of, sizeof(k->of), name);
	tui_pairs_free(&k->detail);
	tui_unask(s, &k->ask_detail);
	k->ask_detail = sl_get(tui_app_engine(s->app), SL_CONNECTION, name);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	(void)arg;
	ask_list(s);
}

static void
test(struct tui_screen *s, const char *name)
{
	struct conns *k = s->state;
	struct conn_test *t = find_test(k, name);

	if (!t) {
		struct conn_test *more = realloc(k->test, (k->ntests + 1) * sizeof(*more));
		if (!more)
			return;
		k->test = more;
		t = &more[k->ntests++];
		*t = (struct conn_test){ 0 };
	}
	conn_test_start(s, t, name, NULL, 0);
}

static void
test_all(struct tui_screen *s)
{
	struct conns *k = s->state;

	for (unsigned i = 0; i < sl_table_rows(k->list); i++)
		test(s, cell_text(k->list, i, "name"));
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_list(struct tui_screen *s, const struct sl_msg *m)
{
	struct conns *k = s->state;

	if (m->failed) {
		tui_pane_problem(&k->table.pane, &m->problem);
		return;
	}
	tui_pane_ready(&k->table.pane);
	sl_table_free(k->list);
	k->list = sl_table_copy(m->table);
	k->table.model.rows = sl_table_rows(k->list);
	tui_table_refresh(&k->table);
	ask_detail(s, true);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct conns *k = s->state;

	if (m->kind == SL_MSG_CONFIG) {
		ask_list(s);
		return true;
	}
	if (tui_asked(&k->ask_list, m)) {
		take_list(s, m);
		return true;
	}
	if (tui_asked(&k->ask_syncs, m)) {
		sl_table_free(k->syncs);
		k->syncs = m->failed ? NULL : sl_table_copy(m->table);
		return true;
	}
	if (tui_asked(&k->ask_detail, m)) {
		if (!m->failed)
			(void)tui_pairs_read(&k->detail, m->table);
		return true;
	}
	if (tui_asked(&k->ask_delete, m)) {
		if (m->failed)
			tui_say_problem(s, &m->problem);
		else
			tui_app_say(s->app, TUI_SEV_OK, "deleted the connection %s", k->deleting);
		return true;
	}
	for (size_t i = 0; i < k->ntests; i++) {
		if (conn_test_message(&k->test[i], m)) {
			tui_table_refresh(&k->table);
			return true;
		}
	}
	return false;
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct conns *k = s->state;
	size_t row = tui_table_selected(&k->table);
	bool needs_one = action == ACT_TEST || action == TUI_ACT_EDIT || action == ACT_COPY ||
			 action == ACT_DELETE || action == ACT_BROWSE;

	if (needs_one && row == SIZE_MAX)
		return "there is no connection";
	if ((action == ACT_NEW || action == ACT_COPY || action == ACT_DELETE) && tui_read_only(s))
		return tui_read_only(s);
	if (action == ACT_BROWSE && strcmp(cell_text(k->list, row, "role"), "source") != 0)
		return "only a source has tables";
	if (action == ACT_DELETE && sl_table_get_int(k->list, (unsigned)row, "used_by") > 0)
		return "syncs use this connection; they are named beside it";
	return NULL;
}

static void
delete_chosen(struct tui_screen *s, int tag, int choice)
{
	struct conns *k = s->state;

	(void)tag;
	if (choice == 0)
		k->ask_delete = sl_delete(tui_app_engine(s->app), SL_CONNECTION, k->deleting);
}

static void
delete_one(struct tui_screen *s)
{
	static const struct tui_choice choices[] = { { 'x', "delete", true } };
	struct conns *k = s->state;
	char text[300];

	sl_copy(k->deleting, sizeof(k->deleting), selected(k));
	snprintf(text, sizeof(text),
		 "connections/%s.json is removed. Nothing is changed at the other side.",
		 k->deleting);
	struct tui_dialog d = { .title = "Delete the connection?",
				.text = text,
				.word = k->deleting,
				.danger = true,
				.choices = choices,
				.nchoices = SL_COUNT(choices),
				.done = delete_chosen };
	tui_app_ask(s->app, s, &d);
}

static void
open_form(struct tui_screen *s, const char *verb, const char *name)
{
	char arg[100];

	snprintf(arg, sizeof(arg), "%s %s", verb, name);
	tui_app_open(s->app, "conn", arg);
}

static bool
cancel(struct tui_screen *s)
{
	struct conns *k = s->state;
	bool any = false;

	for (size_t i = 0; i < k->ntests; i++) {
		any = any || k->test[i].ask;
		conn_test_cancel(s, &k->test[i]);
	}
	return any;
}

static void
search_changed(struct tui_screen *s, const char *text)
{
	(void)tui_table_search(&((struct conns *)s->state)->table, text);
}

static void
search_done(struct tui_screen *s, const char *text)
{
	search_changed(s, text ? text : "");
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct conns *k = s->state;
	struct tui_prompt p = { .label = "/", .changed = search_changed, .done = search_done };
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	switch (cmd->action) {
	case ACT_TEST:
		test(s, selected(k));
		return true;
	case ACT_TEST_ALL:
		test_all(s);
		return true;
	case ACT_NEW:
		tui_app_open(s->app, "conn", "new");
		return true;
	case TUI_ACT_EDIT:
	case TUI_ACT_OPEN:
		if (selected(k))
			open_form(s, "edit", selected(k));
		return true;
	case ACT_COPY:
		open_form(s, "copy", selected(k));
		return true;
	case ACT_DELETE:
		delete_one(s);
		return true;
	case ACT_BROWSE:
		tui_app_open(s->app, "browse", selected(k));
		return true;
	case TUI_ACT_REFRESH:
		ask_list(s);
		return true;
	case TUI_ACT_CANCEL:
		return cancel(s);
	case TUI_ACT_SEARCH:
		tui_app_prompt(s->app, s, &p);
		return true;
	default:
		break;
	}
	bool done = tui_table_action(&k->table, cmd, rows - 1);
	ask_detail(s, false);
	return done;
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* The syncs that name this connection. */
static int
draw_users(const struct conns *k, const struct tui_canvas *c, int y)
{
	int n = 0;

	for (unsigned i = 0; i < sl_table_rows(k->syncs) && y < c->rows; i++) {
		if (strcmp(cell_text(k->syncs, i, "source"), k->of) != 0 &&
		    strcmp(cell_text(k->syncs, i, "destination"), k->of) != 0)
			continue;
		tui_puts(c, y, 1, TUI_LABEL, n++ ? "" : "used by");
		tui_puts(c, y++, 19, TUI_TEXT, cell_text(k->syncs, i, "name"));
	}
	return y + 1;
}

static int
draw_settings(const struct conns *k, const struct tui_canvas *c, int y)
{
	for (size_t i = 0; i < k->detail.n && y < c->rows; i++) {
		tui_field(c, (struct tui_span){ y, 1, 17, TUI_LEFT, TUI_LABEL },
			  sl_str(k->detail.pair[i].name));
		tui_puts(c, y++, 19, TUI_TEXT, k->detail.pair[i].value);
	}
	return y + 1;
}

static void
draw_detail(const struct conns *k, const struct tui_canvas *c)
{
	size_t row = tui_table_selected(&k->table);
	const struct conn_test *t;
	struct sl_str line;
	size_t pos = 0;

	if (row == SIZE_MAX)
		return;
	int x = 1 + tui_puts(c, 0, 1, TUI_TITLE, k->of), y = 2;
	tui_printf(c, 0, x + 2, TUI_DIM, "%s  %s", cell_text(k->list, row, "title"),
		   cell_text(k->list, row, "target"));
	const char *problem = cell_text(k->list, row, "problem");
	while (is_broken(k, row) && y < c->rows &&
	       tui_wrap(sl_str(problem), &pos, c->cols - 4, &line))
		tui_put(c, y++, 1, TUI_FAIL, line);
	t = find_test(k, k->of);
	if (t)
		y += conn_test_draw(t, c, y) + 1;
	y = draw_users(k, c, draw_settings(k, c, y));
	if (!t && y < c->rows) {
		tui_puts(c, y, 1, TUI_KEY, "t");
		tui_puts(c, y, 3, TUI_DIM, "tests it, step by step");
	}
}

/* Where the list is in an area of this size. */
static struct tui_canvas
list_part(const struct conns *k, int rows, int cols)
{
	int h = (int)k->table.nview + 2;

	if (cols >= WIDE)
		return (struct tui_canvas){ .rows = rows, .cols = cols >= 140 ? 76 : 66 };
	return (struct tui_canvas){ .rows = rows < 14      ? rows
					    : h < rows / 2 ? h
							   : rows / 2,
				    .cols = cols };
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct conns *k = s->state;
	struct tui_canvas at = list_part(k, c->rows, c->cols);
	struct tui_canvas list = tui_sub(c, 0, 0, at.rows, at.cols);

	tui_table_draw(&k->table, &list, true);
	if (k->table.nview == 0 || (at.rows == c->rows && at.cols == c->cols))
		return;
	bool wide = c->cols >= WIDE;
	struct tui_canvas detail =
		wide ? tui_sub(c, 0, at.cols + 1, c->rows, c->cols - at.cols - 1)
		     : tui_sub(c, at.rows + 1, 0, c->rows - at.rows - 1, c->cols);
	if (wide)
		tui_vline(c, 0, at.cols, c->rows, TUI_BORDER);
	else
		tui_hline(c, at.rows, 0, c->cols, TUI_BORDER);
	draw_detail(k, &detail);
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct conns *k = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	struct tui_canvas list = list_part(k, rows, cols);
	if (!tui_table_mouse(&k->table, ev, &list))
		return false;
	ask_detail(s, false);
	return true;
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct conns *k = s->state;
	unsigned n = sl_table_rows(k->list), sources = 0;

	for (unsigned i = 0; i < n; i++)
		sources += strcmp(cell_text(k->list, i, "role"), "source") == 0;
	if (n > 0)
		sl_buf_printf(out, "%u source%s \u00b7 %u destination%s", sources,
			      sources == 1 ? "" : "s", n - sources, n - sources == 1 ? "" : "s");
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct conns *k = s->state;

	for (size_t i = 0; i < k->ntests; i++) {
		if (k->test[i].ask)
			return 200;
	}
	return tui_pane_tick_ms(&k->table.pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

#define GROUP "CONNECTIONS"
static const struct tui_action actions[] = {
	{ ACT_TEST, "test", "t", "test", "try the connection, step by step", GROUP, NULL, 0 },
	{ ACT_NEW, "new connection", "n", "new", "a new source or destination", GROUP, NULL, 0 },
	{ TUI_ACT_EDIT, "edit", "e", "edit", "change its settings", GROUP, NULL, 0 },
	{ ACT_BROWSE, "browse", "b", "browse", "the tables of this source", GROUP, NULL, 0 },
	{ ACT_COPY, "duplicate", "c", "duplicate", "a new one that begins like this one", GROUP,
	  NULL, 0 },
	{ ACT_DELETE, "delete", "D", "delete", "remove its file; refused while syncs use it", GROUP,
	  NULL, 0 },
	{ ACT_TEST_ALL, "test all", "T", "test all", "try every connection", GROUP, NULL, 0 },
	{ TUI_ACT_REFRESH, "read again", "r F5", NULL, "read the files again", GROUP, NULL, 0 },
};

const struct tui_screen_ops tui_screen_conns = {
	.id = "conns",
	.title = "Connections",
	.state_size = sizeof(struct conns),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
