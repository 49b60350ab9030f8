/* unmask.c - values that are tagged as personal data are shown on one screen, after a question, until it is
 * left. The audit has to know before. */
#include "tui/app_state.h"

#include <stdio.h>

static void
refresh(struct tui_screen *s)
{
	const struct tui_cmd cmd = { .action = TUI_ACT_REFRESH, .count = 1, .arg = "" };

	if (s && s->ops->action)
		(void)s->ops->action(s, &cmd);
}

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct sl_buf what;

	(void)tag;
	if (choice != 0)
		return;
	sl_buf_init(&what, 200);
	sl_buf_printf(&what, "screen %s", s->ops->id);
	if (s->ops->crumb) {
		sl_buf_puts(&what, ": ");
		s->ops->crumb(s, &what);
	}
	s->app->ask_unmask = sl_unmask(tui_app_engine(s->app), sl_buf_cstr(&what));
	sl_buf_free(&what);
}

void
tui_unmask(struct tui_app *a)
{
	static const struct tui_choice yes[] = { { 'y', "show them", false } };
	struct tui_screen *s = tui_app_top(a);

	if (a->unmasked) {
		tui_unmask_end(a);
		tui_app_say(a, TUI_SEV_INFO, "personal data is masked again");
		return;
	}
	if (!s || !s->ops->action)
		return;
	tui_app_ask(
		a, s,
		&(struct tui_dialog){
			.title = "Show personal data?",
			.text = "Values of columns that a profile tags are shown on this screen "
				"until you leave it. The audit notes who looked, and when.",
			.choices = yes,
			.nchoices = 1,
			.done = answered });
}

void
tui_unmask_message(struct tui_app *a, const struct sl_msg *m)
{
	if (a->ask_unmask == 0 || m->kind != SL_MSG_REPLY || m->ticket != a->ask_unmask)
		return;
	a->ask_unmask = 0;
	a->dirty = true;
	if (m->failed) {
		tui_app_say(a, TUI_SEV_ERROR, "%s%s%s%s", m->problem.message,
			    *m->problem.hint ? " (" : "", m->problem.hint,
			    *m->problem.hint ? ")" : "");
		return;
	}
	a->unmasked = true;
	sl_unmasked(tui_app_engine(a), true);
	refresh(tui_app_top(a));
	tui_app_say(a, TUI_SEV_WARN, "personal data is shown until you leave this screen");
}

bool
tui_unmask_withholds(struct tui_app *a, const struct sl_msg *m)
{
	if (!a->unmasked || m->kind == SL_MSG_REPLY)
		return false;
	a->withheld = true;
	return true;
}

/* A query that somebody wrote is not run again by itself, a plan not begun. */
static bool
reads_again(const struct tui_screen *s)
{
	return s != tui_app_top(s->app) && strcmp(s->ops->id, "sql") != 0 &&
	       strcmp(s->ops->id, "plan") != 0;
}

static void
refresh_others(struct tui_app *a)
{
	for (int i = 0; i < TUI_TABS; i++)
		for (int j = 0; j < a->tab[i].n; j++)
			if (reads_again(a->tab[i].s[j]))
				refresh(a->tab[i].s[j]);
}

void
tui_unmask_end(struct tui_app *a)
{
	a->ask_unmask = 0; /* a late permission is nobody's */
	if (!a->unmasked)
		return;
	a->unmasked = false;
	sl_unmasked(tui_app_engine(a), false);
	/* What it shows when it comes back is masked. */
	refresh(tui_app_top(a));
	if (a->withheld)
		refresh_others(a);
	a->withheld = false;
}
