/* app_event.c - where events and time go. */
#include "tui/app_state.h"
#include "tui/term.h"

#include <signal.h>

static const struct tui_action *
find_key(const struct tui_app *a, uint32_t key)
{
	const struct tui_screen *s = tui_app_top(a);
	const struct tui_action *act = NULL;
	size_t n;

	if (s)
		act = tui_action_by_key(s->ops->actions, s->ops->nactions, key);
	if (act)
		return act;
	const struct tui_action *tab = tui_global_actions(&n);
	return tui_action_by_key(tab, n, key);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void
key_event(struct tui_app *a, const struct tui_event *ev)
{
	const struct tui_action *act = find_key(a, ev->key);
	char name[24];

	if (!act) {
		tui_app_say(a, TUI_SEV_INFO, "%s does nothing here; ? lists the keys",
			    tui_key_name(ev->key, name));
		return;
	}
	struct tui_cmd cmd = { .action = act->id, .count = ev->count, .key = ev->key, .arg = "" };
	(void)tui_app_run(a, act, &cmd);
}

static void
mouse_event(struct tui_app *a, const struct tui_event *ev)
{
	size_t n;
	const struct tui_screen *s = tui_app_top(a);

	if (ev->mouse != TUI_MOUSE_PRESS)
		return;
	if (ev->y == 0 && tui_tab_at(a, ev->x) >= 0) {
		tui_app_go_tab(a, tui_tab_at(a, ev->x), NULL);
		return;
	}
	int id = ev->y == a->rows - 1 ? tui_footer_at(a, ev->x) : 0;
	const struct tui_action *act = NULL;
	if (id && s)
		act = tui_action_by_id(s->ops->actions, s->ops->nactions, id);
	const struct tui_action *tab = tui_global_actions(&n);
	if (id && !act)
		act = tui_action_by_id(tab, n, id);
	if (act) {
		struct tui_cmd cmd = { .action = id, .count = 1, .arg = "" };
		(void)tui_app_run(a, act, &cmd);
	}
}

static void
signal_event(struct tui_app *a, int sig)
{
	if (sig == SIGTSTP) {
		tui_app_suspend(a);
	} else {
		a->exit_signal = sig;
		a->done = true;
	}
}

/* Hand an event to the screen; places of the mouse count from the screen's own corner. */
static bool
input(struct tui_app *a, struct tui_screen *s, const struct tui_event *ev)
{
	struct tui_event here = *ev;

	if (ev->type == TUI_EV_MOUSE) {
		here.y -= a->area_y;
		if (here.y < 0 || here.y >= a->area_rows)
			return false;
	}
	return s->ops->input(s, &here);
}

/* The theme for this background, where nobody has chosen one. */
static void
background_event(struct tui_app *a, uint32_t rgb)
{
	bool dark = tui_contrast(rgb, 0xffffff) >= tui_contrast(rgb, 0x000000);
	struct sl_err err;

	if (a->auto_theme && tui_theme_load(dark ? "dark" : "light", &a->theme, &err) != SL_OK)
		tui_app_say(a, TUI_SEV_WARN, "%s", err.msg);
}

bool
tui_app_wants_background(const struct tui_app *a)
{
	return a->auto_theme && a->theme.background == 'a';
}

void
tui_app_event(struct tui_app *a, const struct tui_event *ev)
{
	struct tui_screen *s = tui_app_top(a);

	a->dirty = true;
	if (ev->type == TUI_EV_SIGNAL) {
		signal_event(a, ev->number);
		return;
	}
	if (ev->type == TUI_EV_BACKGROUND) {
		background_event(a, ev->rgb);
		return;
	}
	if (ev->type == TUI_EV_KEY && ev->key == (TUI_CTRL | 'z')) {
		tui_app_suspend(a);
		return;
	}
	if (ev->type == TUI_EV_KEY && ev->key == (TUI_CTRL | 'l') && a->term)
		tui_term_repaint(a->term);
	if (a->nover > 0 && ev->type != TUI_EV_RESIZE) {
		struct tui_overlay *o = &a->over[a->nover - 1];
		o->ops->event(a, o, ev);
		return;
	}
	if (s && ev->type != TUI_EV_RESIZE && s->ops->input && input(a, s, ev))
		return;
	if (ev->type == TUI_EV_KEY)
		key_event(a, ev);
	else if (ev->type == TUI_EV_MOUSE)
		mouse_event(a, ev);
	else if (ev->type == TUI_EV_PASTE)
		tui_app_say(a, TUI_SEV_INFO, "nothing was pasted: no text field has the focus");
}

void
tui_app_message(struct tui_app *a, const struct sl_msg *m)
{
	const struct tui_screen *top = tui_app_top(a);

	if (a->o.message)
		a->o.message(a->o.arg, m);
	tui_unmask_message(a, m);
	for (int i = 0; i < TUI_TABS; i++) {
		for (int j = 0; j < a->tab[i].n; j++) {
			struct tui_screen *s = a->tab[i].s[j];
			if (s != top && tui_unmask_withholds(a, m))
				continue;
			if (s->ops->message && s->ops->message(s, m) && s == top)
				a->dirty = true;
		}
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static int
sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

int
tui_app_wait_ms(const struct tui_app *a, int64_t now_us)
{
	const struct tui_screen *s = tui_app_top(a);
	int64_t wall = sl_wall_us();
	int ms = (int)(60000 - wall / 1000 % 60000) + 1; /* the clock */

	if (a->say_until_us)
		ms = sooner(ms, a->say_until_us <= now_us
					? 0
					: (int)((a->say_until_us - now_us) / 1000) + 1);
	if (s && s->ops->tick_ms)
		ms = sooner(ms, s->ops->tick_ms(s));
	return ms;
}

void
tui_app_tick(struct tui_app *a, int64_t now_us)
{
	struct tui_screen *s = tui_app_top(a);

	if (a->say_until_us && now_us >= a->say_until_us) {
		a->say_until_us = 0;
		a->dirty = true;
	}
	if (sl_wall_us() / 60000000 != a->minute)
		a->dirty = true;
	if (s && s->ops->tick && s->ops->tick(s, now_us))
		a->dirty = true;
}

bool
tui_app_dirty(const struct tui_app *a)
{
	return a->dirty;
}

bool
tui_app_done(const struct tui_app *a)
{
	return a->done;
}

int
tui_app_exit_code(const struct tui_app *a)
{
	return a->exit_signal ? 128 + a->exit_signal : 0;
}
