/* app.c - tabs, stacks of screens, and where events go. */
#include "tui/app.h"

#include "tui/app_state.h"
#include "tui/term.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- life ------------------------------------------------------------------------------------ */

struct tui_app *
tui_app_new(const struct tui_app_opts *opts, struct sl_err *err)
{
	struct tui_app *a = calloc(1, sizeof(*a));
	struct sl_err theme_err;

	if (a)
		a->said = calloc(TUI_SAID, sizeof(*a->said));
	if (!a || !a->said) {
		free(a);
		sl_fail(err, SL_E_NOMEM, "terminal", "no memory");
		return NULL;
	}
	a->o = *opts;
	a->dirty = true;
	a->mouse = true;
	a->previous = -1;
	tui_theme_mono(&a->theme);
	tui_app_load(a);
	if (opts->theme && tui_theme_load(opts->theme, &a->theme, err) != SL_OK) {
		tui_app_free(a);
		return NULL;
	}
	if (!opts->theme && strcmp(a->theme.file, "built in") == 0) {
		a->auto_theme = true;
		if (tui_theme_load("auto", &a->theme, &theme_err) != SL_OK)
			tui_app_say(a, TUI_SEV_WARN, "%s", theme_err.msg);
	}
	tui_app_go_tab(a, 0, NULL);
	a->nback = 0;
	a->previous = -1;
	if (!tui_app_top(a)) {
		tui_app_free(a);
		sl_fail(err, SL_E_NOMEM, "terminal", "no memory for the first screen");
		return NULL;
	}
	return a;
}

static void
free_screen(struct tui_screen *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->app->nover; i++) {
		if (s->app->over[i].owner == s)
			s->app->over[i].owner = NULL; /* nobody waits for the answer */
	}
	if (s->ops->fini)
		s->ops->fini(s);
	free(s->state);
	free(s);
}

void
tui_app_free(struct tui_app *a)
{
	if (!a)
		return;
	tui_app_save(a);
	while (a->nover > 0)
		tui_overlay_pop(a);
	for (int i = 0; i < TUI_TABS; i++) {
		while (a->tab[i].n > 0)
			free_screen(a->tab[i].s[--a->tab[i].n]);
	}
	for (int i = 0; i < TUI_HISTORIES; i++)
		tui_history_free(&a->history[i].h);
	free(a->said);
	free(a);
}

const struct tui_app_opts *
tui_app_opts(const struct tui_app *a)
{
	return &a->o;
}

struct sl_engine *
tui_app_engine(const struct tui_app *a)
{
	return a->o.engine;
}

void
tui_app_attach(struct tui_app *a, struct tui_term *t)
{
	a->term = t;
}

/* ---- screens --------------------------------------------------------------------------------- */

struct tui_screen *
tui_app_top(const struct tui_app *a)
{
	const struct tui_stack *st = &a->tab[a->cur];

	return st->n > 0 ? st->s[st->n - 1] : NULL;
}

static struct tui_screen *
new_screen(struct tui_app *a, const struct tui_screen_ops *ops)
{
	struct tui_screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ops = ops;
	s->app = a;
	s->state = calloc(1, ops->state_size ? ops->state_size : 1);
	if (!s->state || (ops->init && !ops->init(s))) {
		if (s->state && ops->fini)
			ops->fini(s);
		free(s->state);
		free(s);
		return NULL;
	}
	return s;
}

static void
enter(struct tui_app *a, const char *arg)
{
	struct tui_screen *s = tui_app_top(a);

	if (s && s->ops->enter)
		s->ops->enter(s, arg);
	a->dirty = true;
}

static void
leave(struct tui_app *a)
{
	struct tui_screen *s = tui_app_top(a);

	tui_unmask_end(a);
	if (s && s->ops->leave)
		s->ops->leave(s);
}

/* Put a new screen on top of the present tab. */
static bool
push(struct tui_app *a, const struct tui_screen_ops *ops)
{
	struct tui_stack *st = &a->tab[a->cur];
	struct tui_screen *s = st->n < TUI_DEPTH ? new_screen(a, ops) : NULL;

	if (!s) {
		tui_app_say(a, TUI_SEV_ERROR, "cannot open %s: %s", ops->title,
			    st->n < TUI_DEPTH ? "no memory"
					      : "too many screens on top of each other");
		return false;
	}
	st->s[st->n++] = s;
	return true;
}

static void
remember_tab(struct tui_app *a)
{
	if (a->nback == TUI_BACK_STEPS)
		memmove(a->back, a->back + 1, (size_t)--a->nback * sizeof(a->back[0]));
	a->back[a->nback++] = a->cur;
	a->previous = a->cur;
}

void
tui_app_go_tab(struct tui_app *a, int tab, const char *arg)
{
	bool first = a->tab[a->cur].n == 0;

	if (tab < 0 || tab >= TUI_TABS || !a->o.tabs[tab])
		return;
	if (tab == a->cur && !first && !arg)
		return;
	leave(a);
	if (tab != a->cur && !first)
		remember_tab(a);
	a->cur = tab;
	/* Something to show: back to the root of the tab. */
	while (arg && a->tab[tab].n > 1)
		free_screen(a->tab[tab].s[--a->tab[tab].n]);
	if (a->tab[tab].n == 0 && !push(a, a->o.tabs[tab])) {
		a->cur = a->nback > 0 ? a->back[--a->nback] : 0;
		arg = NULL;
	}
	enter(a, arg);
}

/* A screen that opens on top of a tab; NULL = there is none with this id. */
static const struct tui_screen_ops *
find_other(const struct tui_app *a, const char *id)
{
	const struct tui_screen_ops *const *o = a->o.others;

	while (o && *o && strcmp((*o)->id, id) != 0)
		o++;
	return o ? *o : NULL;
}

void
tui_app_open(struct tui_app *a, const char *id, const char *arg)
{
	const struct tui_screen_ops *ops = find_other(a, id);

	for (int i = 0; i < TUI_TABS; i++) {
		if (a->o.tabs[i] && strcmp(a->o.tabs[i]->id, id) == 0) {
			tui_app_go_tab(a, i, arg);
			return;
		}
	}
	if (!ops) {
		tui_app_say(a, TUI_SEV_ERROR, "there is no screen named %s", id);
		return;
	}
	leave(a);
	(void)push(a, ops);
	enter(a, arg);
}

void
tui_app_replace(struct tui_app *a, const char *id, const char *arg)
{
	const struct tui_screen_ops *ops = find_other(a, id);
	struct tui_stack *st = &a->tab[a->cur];
	char copy[256];

	/* arg may be the text of the screen that goes */
	snprintf(copy, sizeof(copy), "%s", arg ? arg : "");
	if (!ops || st->n < 2) {
		tui_app_open(a, id, arg);
		return;
	}
	leave(a);
	free_screen(st->s[--st->n]);
	(void)push(a, ops);
	enter(a, arg ? copy : NULL);
}

void
tui_app_back(struct tui_app *a)
{
	struct tui_stack *st = &a->tab[a->cur];

	if (st->n > 1) {
		leave(a);
		free_screen(st->s[--st->n]);
		enter(a, NULL);
	} else if (a->nback > 0 || a->cur != 0) {
		leave(a);
		a->previous = a->cur;
		a->cur = a->nback > 0 ? a->back[--a->nback] : 0;
		if (tui_app_top(a) || push(a, a->o.tabs[a->cur]))
			enter(a, NULL);
	} else {
		tui_app_say(a, TUI_SEV_INFO, "this is the first screen; Q quits");
	}
}

void
tui_app_area(const struct tui_app *a, int *rows, int *cols)
{
	*rows = a->area_rows;
	*cols = a->area_cols;
}

/* ---- actions --------------------------------------------------------------------------------- */

const char *
tui_app_why_not(const struct tui_app *a, int action)
{
	const struct tui_screen *s = tui_app_top(a);

	return s && s->ops->why_not ? s->ops->why_not(s, action) : NULL;
}

void
tui_app_suspend(struct tui_app *a)
{
	if (!a->term)
		return;
	tui_term_suspend(a->term);
	a->dirty = true;
}

static void
save_screen(struct tui_app *a, const char *path)
{
	struct tui_grid g;
	struct sl_buf text;

	if (!*path) {
		tui_app_say(a, TUI_SEV_WARN, "save screen needs a file name");
		return;
	}
	if (!tui_grid_init(&g, a->rows, a->cols, a->o.plain))
		return;
	sl_buf_init(&text, 0);
	tui_app_draw(a, &g);
	tui_grid_text(&g, &text);
	FILE *f = fopen(path, "wex");
	bool ok = f && fwrite(text.ptr, 1, text.len, f) == text.len;
	if (f && fclose(f) != 0)
		ok = false;
	if (ok)
		tui_app_say(a, TUI_SEV_OK, "wrote %s", path);
	else
		tui_app_say(a, TUI_SEV_ERROR, "cannot write %s (a file that exists is kept)", path);
	sl_buf_free(&text);
	tui_grid_free(&g);
}

static bool
is_unsaved(const struct tui_screen *s)
{
	return s->ops->unsaved && s->ops->unsaved(s);
}

/* The key of the tab that is shown: to the screen it begins with. */
static void
to_root(struct tui_app *a)
{
	struct tui_stack *st = &a->tab[a->cur];

	if (st->n < 2)
		return;
	leave(a);
	while (st->n > 1 && !is_unsaved(tui_app_top(a)))
		free_screen(st->s[--st->n]);
	if (st->n > 1)
		tui_app_say(a, TUI_SEV_WARN, "what was typed here is not saved: Esc leaves it");
	enter(a, NULL);
}

static void
go_screen(struct tui_app *a, const struct tui_cmd *cmd)
{
	a->say_until_us = 0; /* what was said is not about the screen that comes */
	if (cmd->key >= '1' && cmd->key <= '9' && !a->o.tabs[cmd->key - '1'])
		tui_app_say(a, TUI_SEV_INFO, "there is no screen %c", (char)cmd->key);
	else if (cmd->key == (uint32_t)('1' + a->cur))
		to_root(a);
	else if (cmd->key >= '1' && cmd->key <= '9')
		tui_app_go_tab(a, (int)(cmd->key - '1'), NULL);
	else if (*cmd->arg)
		tui_app_open(a, cmd->arg, NULL);
}

/* Actions of the app itself; true = it was one. */
static bool
own_action(struct tui_app *a, const struct tui_cmd *cmd)
{
	struct sl_err err;

	switch (cmd->action) {
	case TUI_ACT_PALETTE:
		tui_open_palette(a);
		return true;
	case TUI_ACT_HELP:
		tui_open_help(a);
		return true;
	case TUI_ACT_SCREEN:
		go_screen(a, cmd);
		return true;
	case TUI_ACT_PREVIOUS_SCREEN:
		tui_app_go_tab(a, a->previous, NULL);
		return true;
	case TUI_ACT_MESSAGES:
		tui_open_messages(a);
		return true;
	case TUI_ACT_THEMES:
		tui_app_open(a, "themes", NULL);
		return true;
	case TUI_ACT_THEME:
		if (tui_app_set_theme(a, cmd->arg, true, &err) != SL_OK)
			tui_app_say(a, TUI_SEV_ERROR, "%s%s%s", err.where, *err.where ? ": " : "",
				    err.msg);
		return true;
	case TUI_ACT_DOCTOR:
		tui_app_open(a, "doctor", NULL);
		return true;
	case TUI_ACT_UNMASK:
		tui_unmask(a);
		return true;
	case TUI_ACT_MOUSE:
		a->mouse = !a->mouse;
		if (a->term)
			tui_term_mouse(a->term, a->mouse);
		tui_app_say(a, TUI_SEV_INFO, "mouse is %s", a->mouse ? "on" : "off");
		return true;
	case TUI_ACT_SAVE_SCREEN:
		save_screen(a, cmd->arg);
		return true;
	case TUI_ACT_SUSPEND:
		tui_app_suspend(a);
		return true;
	case TUI_ACT_REPAINT:
		if (a->term)
			tui_term_repaint(a->term);
		return true;
	case TUI_ACT_QUIT:
		tui_app_quit(a);
		return true;
	default:
		return false;
	}
}

bool
tui_app_run(struct tui_app *a, const struct tui_action *act, const struct tui_cmd *cmd)
{
	struct tui_screen *s = tui_app_top(a);
	const char *why = tui_app_why_not(a, act->id);

	a->dirty = true;
	if (why) {
		tui_app_say(a, TUI_SEV_WARN, "not now: %s", why);
		return true;
	}
	if (own_action(a, cmd))
		return true;
	bool done = s && s->ops->action && s->ops->action(s, cmd);
	if (!done && cmd->action == TUI_ACT_BACK)
		tui_app_back(a);
	else if (!done && cmd->action == TUI_ACT_CANCEL)
		tui_app_say(a, TUI_SEV_INFO, "nothing to cancel here; Q quits");
	return done;
}
