/* themes.c - the themes picker: moving previews a theme, Enter keeps it. */
#include "tui/screens/themes.h"

#include "tui/app.h"
#include "tui/widgets/bar.h"
#include "tui/widgets/table.h"

#include <stdio.h>

#define MAX_THEMES 100

struct themes {
	char name[MAX_THEMES][TUI_THEME_NAME];
	size_t n;
	struct tui_table table;
	struct tui_theme before; /* put back when left without Enter */
	bool kept;
	char problem[400]; /* of the theme that was tried last */
};

static const struct tui_column columns[] = { { "THEME", TUI_LEFT, 12, 24, 0, true } };

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct themes *t = arg;

	(void)col;
	v->text = sl_str(t->name[row]);
}

static bool
init(struct tui_screen *s)
{
	struct themes *t = s->state;

	if (!tui_table_init(&t->table, columns, SL_COUNT(columns)))
		return false;
	t->table.model = (struct tui_model){ cell, t, 0 };
	return true;
}

static void
fini(struct tui_screen *s)
{
	tui_table_free(&((struct themes *)s->state)->table);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct themes *t = s->state;

	(void)arg;
	t->before = *tui_app_theme(s->app);
	t->kept = false;
	t->n = tui_theme_list(t->name, MAX_THEMES);
	t->table.model.rows = t->n;
	tui_table_refresh(&t->table);
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->name[i], t->before.name) == 0)
			tui_table_select(&t->table, i);
	}
}

static void
leave(struct tui_screen *s)
{
	struct themes *t = s->state;

	if (!t->kept)
		*tui_app_theme(s->app) = t->before;
}

static void
use(struct tui_screen *s, bool keep)
{
	struct themes *t = s->state;
	size_t row = tui_table_selected(&t->table);
	struct sl_err err;
	char text[400];

	t->problem[0] = '\0';
	if (row == SIZE_MAX)
		return;
	if (tui_app_set_theme(s->app, t->name[row], keep, &err) != SL_OK) {
		snprintf(t->problem, sizeof(t->problem), "%s",
			 sl_err_text(&err, text, sizeof(text)));
		return;
	}
	if (keep)
		t->kept = true;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct themes *t = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	if (cmd->action == TUI_ACT_OPEN) {
		use(s, true);
		if (t->kept)
			tui_app_back(s->app);
		return true;
	}
	if (cmd->action == TUI_ACT_REFRESH) {
		use(s, false);
		return true;
	}
	if (!tui_table_action(&t->table, cmd, rows - 1))
		return false;
	use(s, false);
	return true;
}

static void
draw_sample(const struct themes *t, const struct tui_canvas *c)
{
	static const struct {
		const char *name, *state, *add, *change;
		enum tui_role role;
	} row[] = {
		{ "users-to-crm", "> run 41%", "612", "1,204", TUI_RUN },
		{ "churn-audience", "\u2717 failed", "0", "0", TUI_FAIL },
		{ "trial-ends", "\u2713 ok", "4", "0", TUI_OK },
		{ "plan-cache", "! warn", "0", "2", TUI_WARN },
		{ "accounts-mirror", "= paused", "0", "0", TUI_PAUSE },
		{ "leads-backfill", "- never", "-", "-", TUI_NEVER },
	};
	int y = 1;

	tui_puts(c, 0, 0, TUI_HEADER, "SYNC              STATE         +ADD    ~CHG");
	for (size_t i = 0; i < SL_COUNT(row); i++, y++) {
		tui_puts(c, y, 0, TUI_TEXT, row[i].name);
		tui_puts(c, y, 18, row[i].role, row[i].state);
		tui_field(c, (struct tui_span){ y, 30, 6, TUI_RIGHT, TUI_ADD }, sl_str(row[i].add));
		tui_field(c, (struct tui_span){ y, 38, 6, TUI_RIGHT, TUI_CHANGE },
			  sl_str(row[i].change));
		if (i == 2)
			tui_over(c, y, 0, 44, TUI_SELECT);
	}
	y++;
	tui_bar(c, y, 0, 30, 0.41);
	tui_puts(c, y++, 32, TUI_TEXT, "41%");
	int x = tui_puts(c, y, 0, TUI_DIM, "dim text  ");
	x += tui_puts(c, y, x, TUI_TEXT, "matched");
	tui_over(c, y, x - 7, 7, TUI_MATCH);
	x += tui_puts(c, y, x, TUI_TEXT, "  ");
	x += tui_puts(c, y, x, TUI_NULL, "NULL");
	x += tui_puts(c, y, x, TUI_TEXT, "  ");
	tui_puts(c, y++, x, TUI_BUTTON_FOCUS, " Cancel ");
	x = tui_puts(c, y, 0, TUI_FIELD, "\"mrr\"");
	x += tui_puts(c, y, x, TUI_TEXT, ": ");
	x += tui_puts(c, y, x, TUI_NUMBER, "49.00");
	x += tui_puts(c, y, x, TUI_TEXT, ", ");
	x += tui_puts(c, y, x, TUI_FIELD, "\"plan\"");
	x += tui_puts(c, y, x, TUI_TEXT, ": ");
	tui_puts(c, y++, x, TUI_STRING, "\"pro\"");
	x = tui_puts(c, y, 0, TUI_KEYWORD, "SELECT");
	x += tui_puts(c, y, x, TUI_TEXT, " id ");
	x += tui_puts(c, y, x, TUI_KEYWORD, "FROM");
	x += tui_puts(c, y, x, TUI_TEXT, " users ");
	tui_puts(c, y++, x, TUI_COMMENT, "-- comment");
	tui_puts(c, ++y, 0, t->problem[0] ? TUI_FAIL : TUI_DIM, t->problem);
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct themes *t = s->state;
	int left = c->cols >= 60 ? 26 : c->cols;
	struct tui_canvas list = tui_sub(c, 0, 0, c->rows, left);

	tui_table_draw(&t->table, &list, true);
	if (c->cols < 60)
		return;
	tui_vline(c, 0, left, c->rows, TUI_BORDER);
	struct tui_canvas sample = tui_sub(c, 0, left + 2, c->rows, c->cols - left - 3);
	draw_sample(t, &sample);
	tui_printf(&sample, c->rows - 1, 0, TUI_DIM, "%s", tui_app_theme(s->app)->file);
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "keep theme", "Enter", "keep", "keep this theme", "THEMES", NULL, 0 },
	{ TUI_ACT_REFRESH, "reload theme", "r F5", "reload", "read the file again after an edit",
	  "THEMES", NULL, 0 },
};

const struct tui_screen_ops tui_screen_themes = {
	.id = "themes",
	.title = "Themes",
	.state_size = sizeof(struct themes),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.leave = leave,
	.action = action,
	.draw = draw,
};
