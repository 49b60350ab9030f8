/* sql.c - one SELECT: edited, tried on a few rows, saved as a sync's model. */
#include "tui/screens/sql.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/pairs.h"
#include "tui/screens/sql_complete.h"
#include "tui/widgets/bar.h"
#include "tui/widgets/editor.h"
#include "tui/widgets/rows.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT 100 /* rows of a try */

enum { ACT_SAVE = TUI_ACT_OWN, ACT_JUMP };

struct sql {
	char conn[72], sync[72];
	sl_ticket ask_conns, ask_sync, ask_tables, ask_rows, ask_put;
	struct tui_pairs set;    /* of the sync */
	struct sl_table *tables; /* owned: names to complete */
	struct tui_editor editor;
	struct tui_rows rows;
	struct tui_pane pane; /* before there is a connection */
	bool low;             /* the focus is on the rows */
	bool handed;          /* this text is in the form of a new sync */
	bool more;
	int64_t asked_us, took_us;
	struct sl_problem problem; /* of the last try */
	bool failed;
	long error_at; /* its place, -1 = none */
};

static size_t
find(const void *arg, struct sl_str before, struct sl_buf *out)
{
	const struct sql *k = arg;

	return sql_complete(k->tables, &k->rows, before, out);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool
init(struct tui_screen *s)
{
	struct sql *k = s->state;

	tui_editor_init(&k->editor, TUI_SYNTAX_SQL);
	k->editor.complete = (struct tui_complete){ find, k };
	k->error_at = -1;
	if (!tui_rows_init(&k->rows))
		return false;
	k->rows.table.pane.empty = "Not run yet.";
	k->rows.table.pane.empty_hint =
		"Ctrl-R runs it: the first 100 rows, in a read-only session";
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct sql *k = s->state;

	tui_unask(s, &k->ask_rows);
	tui_editor_free(&k->editor);
	tui_rows_free(&k->rows);
	tui_pairs_free(&k->set);
	sl_table_free(k->tables);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct sql *k = s->state;

	if (!arg || !*arg || k->conn[0] || k->ask_conns)
		return;
	sl_copy(k->sync, sizeof(k->sync), arg);
	k->ask_conns = sl_list(tui_app_engine(s->app), SL_CONNECTION);
	tui_pane_asked(&k->pane, k->ask_conns);
}

static void
use_connection(struct tui_screen *s, const char *name)
{
	struct sql *k = s->state;

	sl_copy(k->conn, sizeof(k->conn), name);
	tui_pane_ready(&k->pane);
	k->ask_tables = sl_tables(tui_app_engine(s->app), k->conn, NULL);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Without the semicolon that many end a SELECT with. */
static struct sl_str
model_text(const struct sql *k)
{
	struct sl_str t = sl_str_trim(tui_editor_text(&k->editor));

	while (t.len > 0 && t.ptr[t.len - 1] == ';') {
		t.len--;
		t = sl_str_trim(t);
	}
	return t;
}

/* Bytes trimmed at the beginning: places of mistakes count from the trimmed text. */
static size_t
trimmed(const struct sql *k)
{
	struct sl_str all = tui_editor_text(&k->editor), t = sl_str_trim(all);

	return t.len > 0 ? (size_t)(t.ptr - all.ptr) : 0;
}

static void
run(struct tui_screen *s)
{
	struct sql *k = s->state;
	struct sl_str t = model_text(k);
	struct sl_buf text;
	struct sl_page page = { .limit = LIMIT };

	if (t.len == 0 || !k->conn[0])
		return;
	sl_buf_init(&text, 1 << 20);
	sl_buf_put_str(&text, t);
	struct sl_what what = { .connection = k->conn, .sql = sl_buf_cstr(&text) };
	tui_unask(s, &k->ask_rows);
	k->asked_us = sl_mono_us();
	k->ask_rows = sl_rows(tui_app_engine(s->app), &what, &page);
	tui_pane_asked(&k->rows.table.pane, k->ask_rows);
	k->failed = false;
	sl_buf_free(&text);
}

/* "at line 2, column 8" to an offset in the text; -1 = it names no place. */
static long
place_of(const struct sql *k, const char *message)
{
	struct sl_str all = tui_editor_text(&k->editor);
	const char *at = strstr(message, "at line ");
	char *end;

	if (!at)
		return -1;
	unsigned long line = strtoul(at + strlen("at line "), &end, 10);
	if (strncmp(end, ", column ", strlen(", column ")) != 0)
		return -1;
	unsigned long column = strtoul(end + strlen(", column "), NULL, 10);
	size_t pos = trimmed(k);
	for (; line > 1 && pos < all.len; pos++)
		line -= all.ptr[pos] == '\n';
	for (; column > 1 && pos < all.len && all.ptr[pos] != '\n'; column--)
		(void)sl_utf8_next(all, &pos);
	return (long)pos;
}

static void
take_rows(struct tui_screen *s, const struct sl_msg *m)
{
	struct sql *k = s->state;
	const char *more = sl_table_get(m->table, 0, "_more");

	k->took_us = sl_mono_us() - k->asked_us;
	tui_pane_ready(&k->rows.table.pane);
	k->failed = m->failed;
	if (m->failed) {
		k->problem = m->problem;
		k->error_at = place_of(k, m->problem.message);
		tui_editor_error(&k->editor, k->error_at);
		k->low = false;
		return;
	}
	tui_editor_error(&k->editor, -1);
	k->more = more && strcmp(more, "true") == 0;
	k->rows.table.pane.empty = "The SELECT gives no rows.";
	k->rows.table.pane.empty_hint = NULL;
	if (!tui_rows_set(&k->rows, m->table, NULL, 0))
		tui_app_say(s->app, TUI_SEV_ERROR, "no memory for the rows");
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_conns(struct tui_screen *s, const struct sl_msg *m)
{
	struct sql *k = s->state;

	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		const char *name = sl_table_get(m->table, i, "name");
		if (name && strcmp(name, k->sync) == 0) {
			k->sync[0] = '\0';
			use_connection(s, name);
			return;
		}
	}
	k->ask_sync = sl_get(tui_app_engine(s->app), SL_SYNC, k->sync);
}

static void
take_sync(struct tui_screen *s, const struct sl_msg *m)
{
	struct sql *k = s->state;
	struct sl_buf text;

	if (m->failed || !tui_pairs_read(&k->set, m->table)) {
		tui_pane_problem(&k->pane, &m->problem);
		return;
	}
	const char *sql = tui_pairs_get(&k->set, "sql");
	sl_buf_init(&text, 1 << 20);
	if (*sql)
		sl_buf_puts(&text, sql);
	else
		sl_buf_printf(&text, "SELECT *\nFROM %s", tui_pairs_get(&k->set, "table"));
	tui_editor_set(&k->editor, sl_buf_view(&text));
	sl_buf_free(&text);
	use_connection(s, tui_pairs_get(&k->set, "source"));
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct sql *k = s->state;

	if (tui_asked(&k->ask_conns, m)) {
		if (m->failed)
			tui_pane_problem(&k->pane, &m->problem);
		else
			take_conns(s, m);
	} else if (tui_asked(&k->ask_sync, m)) {
		take_sync(s, m);
	} else if (tui_asked(&k->ask_tables, m)) {
		k->tables = m->failed ? NULL : sl_table_copy(m->table);
	} else if (tui_asked(&k->ask_rows, m)) {
		take_rows(s, m);
	} else if (tui_asked(&k->ask_put, m)) {
		if (m->failed) {
			tui_say_problem(s, &m->problem);
		} else {
			k->editor.changed = false;
			tui_app_say(s->app, TUI_SEV_OK, "saved the SELECT of %s", k->sync);
		}
	} else if (m->kind == SL_MSG_CONFIG && k->handed) {
		k->editor.changed = k->handed = false;
	} else {
		return false;
	}
	return true;
}

/* ---- saving ---------------------------------------------------------------------------------- */

static void
save_chosen(struct tui_screen *s, int tag, int choice)
{
	struct sql *k = s->state;
	struct sl_str t = model_text(k);
	struct sl_buf text;

	(void)tag;
	if (choice != 0)
		return;
	sl_buf_init(&text, 1 << 20);
	sl_buf_put_str(&text, t);
	if (tui_pairs_set(&k->set, "table", "") &&
	    tui_pairs_set(&k->set, "sql", sl_buf_cstr(&text)))
		k->ask_put = sl_put(tui_app_engine(s->app), SL_SYNC, k->sync, k->set.pair, k->set.n,
				    false);
	sl_buf_free(&text);
}

static void
save(struct tui_screen *s)
{
	static const struct tui_choice choices[] = { { 's', "save", false } };
	struct sql *k = s->state;
	struct sl_str t = model_text(k);
	struct sl_buf arg;
	char text[400];

	if (k->sync[0]) {
		snprintf(
			text, sizeof(text),
			"The sync %s reads this SELECT from its next run on. Rows that differ from "
			"what was acknowledged are sent; in mode mirror, rows that are gone are "
			"removed, behind the guard.\nKey: %s",
			k->sync, tui_pairs_get(&k->set, "key"));
		struct tui_dialog d = { .title = "Save the SELECT",
					.text = text,
					.choices = choices,
					.nchoices = SL_COUNT(choices),
					.done = save_chosen };
		tui_app_ask(s->app, s, &d);
		return;
	}
	sl_buf_init(&arg, 1 << 20);
	sl_buf_printf(&arg, "%s\n" SL_FMT, k->conn, SL_ARG(t));
	k->handed = true; /* not saved before the form is */
	tui_app_open(s->app, "newsync", sl_buf_cstr(&arg));
	sl_buf_free(&arg);
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct sql *k = s->state;

	if (action == ACT_SAVE && tui_read_only(s))
		return tui_read_only(s);
	if ((action == ACT_SAVE || action == TUI_ACT_REFRESH) && model_text(k).len == 0)
		return "there is no SELECT yet";
	if (action == TUI_ACT_CANCEL && !k->ask_rows)
		return "no query runs";
	if (action == ACT_JUMP && (!k->failed || k->error_at < 0))
		return "no place of a mistake is known";
	return NULL;
}

static int
editor_height(int rows)
{
	int h = rows * 2 / 5;

	return h > 3 ? h : 3;
}

static void
edit_outside(struct tui_screen *s)
{
	struct sql *k = s->state;
	struct sl_buf out;
	struct sl_err err;

	sl_buf_init(&out, 1 << 20);
	if (tui_app_editor(s->app, tui_editor_text(&k->editor), ".sql", &out, &err) == SL_OK)
		tui_editor_replace(&k->editor, sl_buf_view(&out));
	else
		tui_app_say(s->app, TUI_SEV_WARN, "%s", err.msg);
	sl_buf_free(&out);
}

/* Esc leaves the text first, then the screen. */
static bool
back(struct tui_screen *s)
{
	struct sql *k = s->state;

	if (!k->low && k->conn[0]) {
		k->low = true;
		return true;
	}
	return tui_ask_drop(s, "editor", &k->editor.changed);
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct sql *k = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	if (k->low || !k->conn[0] || ev->type == TUI_EV_MOUSE)
		return false;
	if (!tui_editor_event(&k->editor, ev, editor_height(rows)))
		return false;
	k->handed = false;
	return true;
}

static const char *
typing(const struct tui_screen *s)
{
	const struct sql *k = s->state;

	return !k->low && k->conn[0] ? "leave the text" : NULL;
}

static bool
unsaved(const struct tui_screen *s)
{
	return ((const struct sql *)s->state)->editor.changed;
}

static void
open_cell(struct tui_screen *s)
{
	struct sql *k = s->state;
	struct tui_table *t = &k->rows.table;
	size_t row = tui_table_selected(t), len = 0;

	if (row == SIZE_MAX)
		return;
	const char *text = tui_rows_text(&k->rows, row, t->col, &len);
	tui_app_view(s->app, k->rows.cols[t->col].title,
		     text ? (struct sl_str){ text, len } : SL_LIT("NULL"),
		     text && tui_rows_type(&k->rows, t->col) == SL_CELL_JSON);
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct sql *k = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	switch (cmd->action) {
	case TUI_ACT_REFRESH:
		run(s);
		return true;
	case TUI_ACT_CANCEL:
		if (k->ask_rows)
			sl_cancel(tui_app_engine(s->app), k->ask_rows);
		return k->ask_rows != 0;
	case ACT_SAVE:
		save(s);
		return true;
	case ACT_JUMP:
		tui_editor_error(&k->editor, k->error_at);
		k->low = false;
		return true;
	case TUI_ACT_EDITOR:
		edit_outside(s);
		return true;
	case TUI_ACT_EDIT:
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
		k->low = !k->low;
		return true;
	case TUI_ACT_BACK:
		return back(s);
	case TUI_ACT_OPEN:
		open_cell(s);
		return true;
	default:
		return k->low &&
		       tui_table_action(&k->rows.table, cmd, rows - editor_height(rows) - 4);
	}
}

/* ---- drawing --------------------------------------------------------------------------------- */

static int
draw_error(const struct sql *k, const struct tui_canvas *c, int y)
{
	struct sl_str line;
	size_t pos = 0;

	tui_puts(c, y, 1, TUI_FAIL, "\u2717");
	while (y < c->rows && tui_wrap(sl_str(k->problem.message), &pos, c->cols - 4, &line))
		tui_put(c, y++, 3, TUI_FAIL, line);
	if (k->problem.hint[0])
		tui_puts(c, y++, 3, TUI_TEXT, k->problem.hint);
	return y;
}

static int
draw_status(const struct sql *k, const struct tui_canvas *c)
{
	size_t n = tui_rows_count(&k->rows);
	char took[32];

	if (k->failed)
		return draw_error(k, c, 0);
	if (k->rows.table.ncols == 0)
		return 0;
	tui_printf(c, 0, 1, TUI_DIM, "%s%zu row%s%s \u00b7 %s", k->more ? "first " : "", n,
		   n == 1 ? "" : "s", k->more ? ", more exist" : "",
		   tui_fmt_span(k->took_us, took));
	return 1;
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct sql *k = s->state;
	int h = editor_height(c->rows);

	if (!k->conn[0]) {
		(void)tui_pane_draw(&k->pane, c, false);
		return;
	}
	struct tui_canvas top = tui_sub(c, 0, 0, h, c->cols);
	struct tui_canvas low = tui_sub(c, h + 1, 0, c->rows - h - 1, c->cols);
	tui_editor_draw(&k->editor, &top, !k->low);
	if (k->editor.text.len == 0)
		tui_puts(&top, 0, 7, TUI_DIM, "SELECT \u2026   one statement; Tab completes names");
	tui_hline(c, h, 0, c->cols, TUI_BORDER);
	int y = draw_status(k, &low);
	struct tui_canvas grid = tui_sub(&low, y, 0, low.rows - y, low.cols);
	if (k->failed && k->rows.table.ncols > 0)
		tui_puts(&low, y, 1, TUI_DIM, "the last good result:");
	if (k->failed)
		grid = tui_sub(&low, y + 1, 0, low.rows - y - 1, low.cols);
	if (!k->failed || k->rows.table.ncols > 0)
		tui_table_draw(&k->rows.table, &grid, k->low);
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct sql *k = s->state;

	sl_buf_printf(out, "%s%s", k->sync[0] ? k->sync : k->conn,
		      k->editor.changed ? "  changed" : "");
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct sql *k = s->state;
	int line, col;

	tui_editor_place(&k->editor, &line, &col);
	sl_buf_printf(out, "%s \u00b7 read-only session \u00b7 line %d, column %d", k->conn, line,
		      col);
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct sql *k = s->state;

	return tui_pane_tick_ms(k->conn[0] ? &k->rows.table.pane : &k->pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

#define GROUP "SQL MODEL"
static const struct tui_action actions[] = {
	{ TUI_ACT_REFRESH, "run", "Ctrl-R F5", "run", "the first 100 rows, in a read-only session",
	  GROUP, NULL, 0 },
	{ ACT_SAVE, "save model", "F2 W Ctrl-S", "save", "as the model of a sync", GROUP, NULL, 0 },
	{ TUI_ACT_CANCEL, "cancel query", "Ctrl-C", "cancel", "stop the query", GROUP, NULL, 0 },
	{ TUI_ACT_EDITOR, "external editor", "Ctrl-X E", "$EDITOR", "edit the text in your editor",
	  GROUP, NULL, 0 },
	{ TUI_ACT_EDIT, "edit text", "i e", "edit", "type in the text again", GROUP, NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", NULL, "between the text and the rows", GROUP,
	  NULL, 0 },
	{ ACT_JUMP, "jump to mistake", "J", NULL, "to the place that the server named", GROUP, NULL,
	  0 },
};

const struct tui_screen_ops tui_screen_sql = {
	.id = "sql",
	.title = "SQL",
	.state_size = sizeof(struct sql),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.typing = typing,
	.unsaved = unsaved,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
