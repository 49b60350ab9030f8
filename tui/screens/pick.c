/* pick.c - choosing a sync. */
#include "tui/screens/pick.h"

#include "tui/app.h"

static const struct tui_column columns[] = {
	{ "SYNC", TUI_LEFT, 12, 32, 0, false },   { "SOURCE", TUI_LEFT, 6, 20, 3, false },
	{ "MODEL", TUI_LEFT, 8, 36, 2, false },   { "DESTINATION", TUI_LEFT, 8, 20, 0, false },
	{ "PROFILE", TUI_LEFT, 6, 24, 1, false },
};

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	static const char *const names[] = { "name", "source", "model", "destination", "profile" };
	const struct tui_pick *p = arg;
	const char *text = sl_table_get(p->list, (unsigned)row, names[col]);

	v->text = sl_str(text ? text : "-");
	v->role = col == 0 ? TUI_TEXT : TUI_DIM;
}

bool
tui_pick_init(struct tui_pick *p)
{
	if (!tui_table_init(&p->table, columns, SL_COUNT(columns)))
		return false;
	p->table.model = (struct tui_model){ cell, p, 0 };
	p->table.pane.empty = "No syncs yet.";
	p->table.pane.empty_hint = "2 browse: s on a table makes one   :newsync";
	return true;
}

void
tui_pick_free(struct tui_pick *p)
{
	tui_table_free(&p->table);
	sl_table_free(p->list);
}

void
tui_pick_list(const struct tui_screen *s, struct tui_pick *p)
{
	tui_unask(s, &p->ask);
	p->ask = sl_list(tui_app_engine(s->app), SL_SYNC);
	tui_pane_asked(&p->table.pane, p->ask);
}

bool
tui_pick_message(struct tui_pick *p, const struct sl_msg *m)
{
	if (!tui_asked(&p->ask, m))
		return false;
	if (m->failed) {
		tui_pane_problem(&p->table.pane, &m->problem);
		return true;
	}
	tui_pane_ready(&p->table.pane);
	sl_table_free(p->list);
	p->list = sl_table_copy(m->table);
	p->table.model.rows = sl_table_rows(p->list);
	tui_table_refresh(&p->table);
	return true;
}

bool
tui_pick_action(struct tui_pick *p, const struct tui_cmd *cmd, int height, const char **name)
{
	size_t row = tui_table_selected(&p->table);

	*name = NULL;
	if (cmd->action == TUI_ACT_OPEN) {
		*name = row != SIZE_MAX ? sl_table_get(p->list, (unsigned)row, "name") : NULL;
		return true;
	}
	return tui_table_action(&p->table, cmd, height - 3);
}

void
tui_pick_draw(const struct tui_pick *p, const struct tui_canvas *c, const char *title)
{
	struct tui_canvas body = tui_sub(c, 2, 0, c->rows - 2, c->cols);

	tui_puts(c, 0, 2, TUI_TITLE, title);
	tui_table_draw(&p->table, &body, true);
}
