/* asked.c - requests that a screen waits for. */
#include "tui/screens/asked.h"

#include "tui/app.h"

#include <stdio.h>

bool
tui_asked(sl_ticket *t, const struct sl_msg *m)
{
	if (m->kind != SL_MSG_REPLY || *t == 0 || m->ticket != *t)
		return false;
	if (m->last)
		*t = 0;
	return true;
}

void
tui_unask(const struct tui_screen *s, sl_ticket *t)
{
	if (*t)
		sl_cancel(tui_app_engine(s->app), *t);
	*t = 0;
}

void
tui_pane_asked(struct tui_pane *p, sl_ticket t)
{
	if (t)
		tui_pane_loading(p);
	else
		tui_pane_error(p, "the engine takes no more requests: it is closing", NULL);
}

void
tui_pane_problem(struct tui_pane *p, const struct sl_problem *problem)
{
	char hint[240];
	bool cancelled = strcmp(problem->kind, "cancelled") == 0;

	snprintf(hint, sizeof(hint), "%s%sr %s", problem->hint, problem->hint[0] ? "   " : "",
		 cancelled ? "read again" : "try again");
	if (cancelled) {
		char text[80];
		snprintf(text, sizeof(text), "cancelled after %.1fs",
			 (double)(sl_mono_us() - p->since_us) / 1e6);
		tui_pane_error(p, text, hint);
		return;
	}
	tui_pane_error(p, problem->message, hint);
}

void
tui_say_problem(const struct tui_screen *s, const struct sl_problem *problem)
{
	tui_app_say(s->app, TUI_SEV_ERROR, "%s%s%s%s", problem->message,
		    problem->hint[0] ? " (" : "", problem->hint, problem->hint[0] ? ")" : "");
}

/* The tag of the dialog is where in the screen's state the mark lies. */
static void
drop_chosen(struct tui_screen *s, int tag, int choice)
{
	if (choice != 0)
		return;
	*(bool *)((char *)s->state + tag) = false;
	tui_app_back(s->app);
}

bool
tui_ask_drop(struct tui_screen *s, const char *what, const bool *changed)
{
	static const struct tui_choice choices[] = { { 'd', "drop what was typed", false } };
	char title[40];

	if (!*changed)
		return false;
	snprintf(title, sizeof(title), "Leave the %s?", what);
	struct tui_dialog d = { .title = title,
				.text = "What was typed here is not saved.",
				.choices = choices,
				.nchoices = SL_COUNT(choices),
				.done = drop_chosen,
				.tag = (int)((const char *)changed - (const char *)s->state) };
	tui_app_ask(s->app, s, &d);
	return true;
}

void
tui_ask_cancel_run(struct tui_screen *s, void (*done)(struct tui_screen *, int tag, int choice),
		   int tag)
{
	static const struct tui_choice yes[] = { { 'c', "cancel the run", false } };

	tui_app_ask(s->app, s,
		    &(struct tui_dialog){
			    .title = "Cancel this run?",
			    .text = "It stops after what is in flight. What was acknowledged "
				    "stays; the rest is planned again by the next run.",
			    .choices = yes,
			    .nchoices = 1,
			    .done = done,
			    .tag = tag });
}

void
tui_ask_search(struct tui_screen *s, void (*searched)(struct tui_screen *, const char *text))
{
	tui_app_prompt(
		s->app, s,
		&(struct tui_prompt){
			.label = "/", .history = "search", .changed = searched, .done = searched });
}

const char *
tui_read_only(const struct tui_screen *s)
{
	return tui_app_opts(s->app)->read_only ? "this session is read-only" : NULL;
}
