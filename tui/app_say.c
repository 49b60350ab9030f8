/* app_say.c - the message row, its history, themes, quitting. */
#include "tui/app_state.h"
#include "tui/widgets/bar.h"

#include <stdarg.h>
#include <stdio.h>

#define SAY_US 8000000

static const char *const sev_name[] = { "", "", "warning", "error" };

void
tui_app_say(struct tui_app *a, enum tui_sev sev, const char *fmt, ...)
{
	struct tui_said *m = &a->said[a->nsaid++ % TUI_SAID];
	va_list ap;

	m->sev = sev;
	m->wall_us = sl_wall_us();
	va_start(ap, fmt);
	vsnprintf(m->text, sizeof(m->text), fmt, ap);
	va_end(ap);
	a->say_until_us = sl_mono_us() + SAY_US;
	a->dirty = true;
}

const struct tui_said *
tui_app_saying(const struct tui_app *a)
{
	return a->say_until_us && a->nsaid > 0 ? &a->said[(a->nsaid - 1) % TUI_SAID] : NULL;
}

void
tui_open_messages(struct tui_app *a)
{
	struct sl_buf text;
	char at[32];
	size_t from = a->nsaid > TUI_SAID ? a->nsaid - TUI_SAID : 0;

	sl_buf_init(&text, 0);
	for (size_t i = a->nsaid; i > from; i--) {
		const struct tui_said *m = &a->said[(i - 1) % TUI_SAID];
		sl_buf_printf(&text, "%s  %-8s ", tui_fmt_clock(m->wall_us, at), sev_name[m->sev]);
		sl_visible(&text, sl_str(m->text));
		sl_buf_putc(&text, '\n');
	}
	if (text.len == 0)
		sl_buf_puts(&text, "There were no messages yet.\n");
	tui_app_view(a, "Messages, newest first", sl_buf_view(&text), false);
	sl_buf_free(&text);
}

struct tui_theme *
tui_app_theme(struct tui_app *a)
{
	return &a->theme;
}

enum sl_code
tui_app_set_theme(struct tui_app *a, const char *name, bool keep, struct sl_err *err)
{
	enum sl_code rc = tui_theme_load(name, &a->theme, err);

	a->dirty = true;
	if (rc == SL_OK && keep) {
		a->auto_theme = false;
		tui_app_save(a);
		tui_app_say(a, TUI_SEV_OK, "theme %s", a->theme.name);
	}
	return rc;
}

static void
quit_answer(struct tui_screen *s, int tag, int choice)
{
	(void)tag;
	if (choice == 0)
		s->app->done = true;
}

void
tui_app_quit(struct tui_app *a)
{
	static const struct tui_choice stop[] = { { 'X', "stop them and quit", false } };
	unsigned live = a->o.live_runs ? a->o.live_runs(a->o.arg) : 0;
	char text[400];

	if (live == 0) {
		a->done = true;
		return;
	}
	snprintf(text, sizeof(text),
		 "%u run%s would stop after what is in flight. Nothing is lost: what was not "
		 "acknowledged "
		 "stays in the log, and the next start goes on with it.",
		 live, live == 1 ? "" : "s");
	/* The root of the tab asks: the screen on top of it may go while the question is open. */
	tui_app_ask(a, a->tab[a->cur].s[0],
		    &(struct tui_dialog){ .title = "Quit while runs are open?",
					  .text = text,
					  .choices = stop,
					  .nchoices = 1,
					  .done = quit_answer });
}
