/* test_tui_app.c - the app driven by keys: tabs, going back, dialogs, help, palette, sizes. */
#include "tui/app.h"

#include "tests/lib/golden.h"
#include "tests/lib/keys.h"
#include "tui/screens/themes.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- two screens ----------------------------------------------------------------------------- */

struct list {
	struct tui_table table;
	char arg[32];
	int opened, sent, answer;
	char text[64];
};

static const char *const rows[][3] = {
	{ "users", "\xe2\x9c\x93 ok", "12" },
	{ "orders", "! limited", "9,800" },
	{ "churn", "\xe2\x9c\x97 failed", "212" },
};

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	static const enum tui_role role[] = { TUI_OK, TUI_WARN, TUI_FAIL };

	(void)arg;
	v->text = sl_str(rows[row][col]);
	v->role = col == 1 ? role[row] : TUI_TEXT;
}

static const struct tui_column columns[] = {
	{ "SYNC", TUI_LEFT, 8, 20, 0, true },
	{ "STATE", TUI_LEFT, 9, 12, 0, false },
	{ "ROWS", TUI_RIGHT, 5, 8, 1, false },
};

static bool
init(struct tui_screen *s)
{
	struct list *l = s->state;

	if (!tui_table_init(&l->table, columns, SL_COUNT(columns)))
		return false;
	l->table.model = (struct tui_model){ cell, NULL, SL_COUNT(rows) };
	tui_table_refresh(&l->table);
	return true;
}

static void
fini(struct tui_screen *s)
{
	tui_table_free(&((struct list *)s->state)->table);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct list *l = s->state;

	l->opened++;
	if (arg)
		snprintf(l->arg, sizeof(l->arg), "%s", arg);
}

#define ACT_SEND   (TUI_ACT_OWN + 0)
#define ACT_DELETE (TUI_ACT_OWN + 1)
#define ACT_RESUME (TUI_ACT_OWN + 2)
#define ACT_NAME   (TUI_ACT_OWN + 3)

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct list *l = s->state;

	(void)tag;
	l->answer = choice;
	l->sent += choice >= 0;
}

static void
named(struct tui_screen *s, const char *text)
{
	struct list *l = s->state;

	snprintf(l->text, sizeof(l->text), "%s", text ? text : "(none)");
}

static void
searched(struct tui_screen *s, const char *text)
{
	(void)tui_table_search(&((struct list *)s->state)->table, text);
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	static const struct tui_choice send[] = { { 'S', "send", false } };
	static const struct tui_choice all[] = { { 'A', "delete all", true } };
	struct list *l = s->state;

	if (tui_table_action(&l->table, cmd, 10))
		return true;
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		tui_app_open(s->app, "detail", rows[tui_table_selected(&l->table)][0]);
		return true;
	case TUI_ACT_SEARCH:
		tui_app_prompt(s->app, s,
			       &(struct tui_prompt){ .label = "/", .changed = searched });
		return true;
	case ACT_SEND:
		tui_app_ask(s->app, s,
			    &(struct tui_dialog){ .title = "Send?",
						  .text = "12 rows.",
						  .choices = send,
						  .nchoices = 1,
						  .done = answered });
		return true;
	case ACT_DELETE:
		tui_app_ask(s->app, s,
			    &(struct tui_dialog){ .title = "Delete?",
						  .text = "Gone for good.",
						  .word = "users",
						  .danger = true,
						  .choices = all,
						  .nchoices = 1,
						  .done = answered });
		return true;
	case ACT_NAME:
		if (*cmd->arg)
			named(s, cmd->arg);
		else
			tui_app_prompt(s->app, s,
				       &(struct tui_prompt){ .label = "name: ", .done = named });
		return true;
	default:
		return false;
	}
}

static const char *
why_not(const struct tui_screen *s, int id)
{
	(void)s;
	return id == ACT_RESUME ? "no run is paused" : NULL;
}

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct list *l = s->state;

	tui_table_draw(&l->table, c, true);
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	sl_buf_puts(out, ((const struct list *)s->state)->arg);
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open sync", "Enter", "open", "open the sync", "SYNC", NULL, 0 },
	{ ACT_SEND, "send", "S", "send\xe2\x80\xa6", "send the plan", "SYNC", NULL, 0 },
	{ ACT_DELETE, "delete", "D", "delete\xe2\x80\xa6", "delete the sync", "SYNC", NULL, 0 },
	{ ACT_RESUME, "resume", "p", "resume", "go on with a paused run", "SYNC", NULL, 0 },
	{ ACT_NAME, "rename", "a", NULL, "give it a name", "SYNC", "[name]", 0 },
};

static const struct tui_screen_ops home = {
	.id = "home",
	.title = "Home",
	.state_size = sizeof(struct list),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.action = action,
	.why_not = why_not,
	.draw = draw,
	.crumb = crumb,
};
static const struct tui_screen_ops browse = {
	.id = "browse",
	.title = "Browse",
	.state_size = sizeof(struct list),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.action = action,
	.why_not = why_not,
	.draw = draw,
	.crumb = crumb,
};
static const struct tui_screen_ops detail = {
	.id = "detail",
	.title = "Sync",
	.state_size = sizeof(struct list),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.action = action,
	.why_not = why_not,
	.draw = draw,
	.crumb = crumb,
};
static const struct tui_screen_ops *const tabs[TUI_TABS] = { &home, &browse };
static const struct tui_screen_ops *const others[] = { &detail, &tui_screen_themes, NULL };

/* ---- help for the tests ---------------------------------------------------------------------- */

struct fixture {
	struct tui_app *app;
	struct tui_grid grid;
	unsigned live;
};

static unsigned
live_runs(void *arg)
{
	return ((struct fixture *)arg)->live;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sl_err err;

	setenv("TZ", "UTC", 1);
	sl_clock_fake(1000000, 1767607380000000); /* 2026-01-05 10:03 */
	f->app = tui_app_new(&(struct tui_app_opts){ .tabs = tabs,
						     .others = others,
						     .env = "staging",
						     .theme = "mono",
						     .live_runs = live_runs,
						     .arg = f },
			     &err);
	*state = f;
	return f->app && tui_grid_init(&f->grid, 24, 80, false) ? 0 : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	tui_app_free(f->app);
	tui_grid_free(&f->grid);
	free(f);
	sl_clock_real();
	return 0;
}

static bool
shows(struct fixture *f, const char *text)
{
	struct sl_buf out;

	sl_buf_init(&out, 0);
	tui_app_draw(f->app, &f->grid);
	tui_grid_text(&f->grid, &out);
	bool found = strstr(sl_buf_cstr(&out), text) != NULL;
	if (!found)
		print_message("not shown: %s\n%s\n", text, sl_buf_cstr(&out));
	sl_buf_free(&out);
	return found;
}

#define assert_shows(f, text) assert_true(shows(f, text))

/* The guard of a new dialog is over. */
static void
later(void)
{
	sl_clock_advance(500000);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void
the_frame_at_80_by_24(void **state)
{
	struct fixture *f = *state;

	tui_app_draw(f->app, &f->grid);
	assert_picture(
		&f->grid,
		" sluice [1 Home] 2                                           staging  rw  10:03\n"
		" Home\n"
		"────────────────────────────────────────────────────────────────────────────────\n"
		"  SYNC                                                         STATE       ROWS\n"
		"> users                                                        ✓ ok          12\n"
		"  orders                                                       ! limited  9,800\n"
		"  churn                                                        ✗ failed     212\n"
		"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
		" Enter open  S send…  D delete…  : command  ? keys                       Q "
		"quit\n");
}

static void
the_frame_gets_smaller_with_the_terminal(void **state)
{
	struct fixture *f = *state;

	assert_true(tui_grid_resize(&f->grid, 12, 44));
	tui_app_draw(f->app, &f->grid);
	assert_picture(&f->grid, " sluice [1 Home]2        staging  rw  10:03\n"
				 "  SYNC                     STATE       ROWS\n"
				 "> users                    ✓ ok          12\n"
				 "  orders                   ! limited  9,800\n"
				 "  churn                    ✗ failed     212\n"
				 "\n\n\n\n\n\n"
				 " Enter open  S send…  ? keys         Q quit\n");
	assert_true(tui_grid_resize(&f->grid, 5, 30));
	assert_shows(f, "sluice needs 40x10 (now 30x5)");
	for (int n = 1; n < 30; n++) {
		assert_true(tui_grid_resize(&f->grid, n, 60 - 2 * n));
		tui_app_draw(f->app, &f->grid);
	}
}

static void
screens_open_and_go_back(void **state)
{
	struct fixture *f = *state;

	press(f->app, "j Enter");
	assert_shows(f, "Home › Sync › orders");
	press(f->app, "2");
	assert_shows(f, "[2 Browse]");
	press(f->app, "q"); /* to where we came from, as it was left */
	assert_shows(f, "Home › Sync › orders");
	press(f->app, "q");
	assert_shows(f, "> orders");
	press(f->app, "q");
	assert_shows(f, "this is the first screen; Q quits");
	assert_false(tui_app_done(f->app));
	press(f->app, "2 -");
	assert_shows(f, "[1 Home]");
	press(f->app, "7");
	assert_shows(f, "there is no screen 7");
	press(f->app, "Q");
	assert_true(tui_app_done(f->app));
}

static void
enter_never_confirms(void **state)
{
	struct fixture *f = *state;

	press(f->app, "S S"); /* the second one is the auto-repeat of the first */
	assert_shows(f, "12 rows.");
	press(f->app, "Enter");
	assert_shows(f, "12 rows.");
	later();
	press(f->app, "Enter");
	assert_shows(f, "> users");
	press(f->app, "S");
	later();
	press(f->app, "Tab Enter"); /* a button that has a key of its own */
	assert_shows(f, "12 rows.");
	press(f->app, "S");
	press(f->app, "a");
	assert_shows(f, "name:"); /* the dialog is closed */
}

static void
destroying_needs_the_typed_word(void **state)
{
	struct fixture *f = *state;

	press(f->app, "D");
	later();
	assert_shows(f, "Type users to go on");
	assert_shows(f, " delete all ");
	type_text(f->app, "user");
	press(f->app, "Tab Enter");
	assert_shows(f, "Gone for good.");
	assert_shows(f, "that is something else");
	type_text(f->app, "s");
	assert_shows(f, " Enter  delete all ");
	press(f->app, "Enter"); /* the typed word is the consent */
	assert_shows(f, "> users");
}

static void
help_lists_what_works_and_runs_it(void **state)
{
	struct fixture *f = *state;

	press(f->app, "?");
	assert_shows(f, "Keys on this screen: Home");
	assert_shows(f, "send the plan");
	type_text(f->app, "resume");
	assert_shows(f, "NOT NOW");
	assert_shows(f, "go on with a paused run: no run is paused");
	press(f->app, "Enter");
	assert_shows(f, "not now: no run is paused");
	press(f->app, "?");
	type_text(f->app, "send");
	press(f->app, "Enter");
	assert_shows(f, "Send?");
}

static void
the_palette_runs_actions_with_arguments(void **state)
{
	struct fixture *f = *state;

	press(f->app, ":");
	type_text(f->app, "ren");
	assert_shows(f, "rename");
	press(f->app, "Tab");
	type_text(f->app, "new name");
	press(f->app, "Enter");
	press(f->app, ": t h e m e s Enter");
	assert_shows(f, "Home › Themes");
	assert_shows(f, "terminal-16");
	press(f->app, ": n o s u c h Enter");
	assert_shows(f, "no action has this name");
	press(f->app, "Esc q : q Enter");
	assert_true(tui_app_done(f->app));
}

static void
searching_goes_along_while_typing(void **state)
{
	struct fixture *f = *state;

	press(f->app, "/ c h");
	assert_shows(f, "> churn");
	assert_shows(f, " /ch");
	press(f->app, "Enter k n");
	assert_shows(f, "> churn");
}

static void
messages_go_away_and_are_kept(void **state)
{
	struct fixture *f = *state;

	tui_app_say(f->app, TUI_SEV_ERROR, "users: %s", "bad \033[31m row");
	assert_shows(f, "✗ users: bad ␛[31m row");
	sl_clock_advance(9000000);
	tui_app_tick(f->app, sl_mono_us());
	assert_true(tui_app_dirty(f->app));
	tui_app_draw(f->app, &f->grid);
	press(f->app, ": m e s s a g e s Enter");
	assert_shows(f, "10:03:00  error    users: bad ␛[31m row");
}

static void
quitting_with_open_runs_asks(void **state)
{
	struct fixture *f = *state;

	f->live = 2;
	press(f->app, "Q");
	assert_shows(f, "2 runs would stop");
	later();
	press(f->app, "Esc");
	assert_false(tui_app_done(f->app));
	press(f->app, "Q");
	later();
	press(f->app, "X");
	assert_true(tui_app_done(f->app));
}

static void
a_paste_outside_a_field_does_nothing(void **state)
{
	struct fixture *f = *state;
	struct tui_event ev = { .type = TUI_EV_PASTE, .paste = SL_LIT("QQQ"), .count = 1 };

	tui_app_event(f->app, &ev);
	assert_false(tui_app_done(f->app));
	assert_shows(f, "nothing was pasted");
}

static void
clicks_reach_tabs_and_footer(void **state)
{
	struct fixture *f = *state;
	struct tui_event ev = { .type = TUI_EV_MOUSE, .mouse = TUI_MOUSE_PRESS, .count = 1 };

	tui_app_draw(f->app, &f->grid);
	ev.x = 18; /* "2" */
	tui_app_event(f->app, &ev);
	assert_shows(f, "[2 Browse]");
	ev.y = 23;
	ev.x = 14; /* "S send" */
	tui_app_event(f->app, &ev);
	assert_shows(f, "Send?");
}

static void
the_background_of_the_terminal_picks_the_theme(void **state)
{
	struct tui_event ev = { .type = TUI_EV_BACKGROUND, .rgb = 0xfdf6e3, .count = 1 };
	struct fixture *f = *state;
	struct sl_err err;

	tui_app_event(f->app, &ev); /* a theme was asked for: it stays */
	assert_string_equal(tui_app_theme(f->app)->name, "mono");
	unsetenv("COLORFGBG");
	struct tui_app *a = tui_app_new(&(struct tui_app_opts){ .tabs = tabs }, &err);
	assert_non_null(a);
	assert_string_equal(tui_app_theme(a)->name, "terminal-16");
	assert_true(tui_app_wants_background(a));
	tui_app_event(a, &ev);
	assert_string_equal(tui_app_theme(a)->name, "light");
	ev.rgb = 0x1e1e1e;
	tui_app_event(a, &ev);
	assert_string_equal(tui_app_theme(a)->name, "dark");
	tui_app_free(a);
}

/* Every action of the tables has a name, a help text and keys that exist, and no key is there twice. */
static void
action_tables_are_complete(void **state)
{
	size_t n;
	const struct tui_action *tab = tui_global_actions(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char key[24];
		assert_non_null(tab[i].name);
		assert_true(strlen(tab[i].help) > 3);
		if (tab[i].keys)
			assert_true(strlen(tui_action_key(&tab[i], key)) > 0);
		for (const char *p = tab[i].keys; p && *p;) {
			size_t len = strcspn(p, " ");
			uint32_t k = tui_key_parse((struct sl_str){ p, len });
			assert_int_not_equal(k, TUI_K_NONE);
			assert_ptr_equal(tui_action_by_key(tab, n, k), &tab[i]);
			p += len + (p[len] == ' ');
		}
	}
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_frame_at_80_by_24),
		T(the_frame_gets_smaller_with_the_terminal),
		T(screens_open_and_go_back),
		T(enter_never_confirms),
		T(destroying_needs_the_typed_word),
		T(help_lists_what_works_and_runs_it),
		T(the_palette_runs_actions_with_arguments),
		T(searching_goes_along_while_typing),
		T(messages_go_away_and_are_kept),
		T(quitting_with_open_runs_asks),
		T(a_paste_outside_a_field_does_nothing),
		T(clicks_reach_tabs_and_footer),
		T(the_background_of_the_terminal_picks_the_theme),
		T(action_tables_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
