/* test_safety_screens.c - personal data on the screens: masked, shown after a question, masked again; and
 * what the doctor finds. */
#include "tests/lib/check.h"
#include "tests/lib/tui_rig.h"

#include <stdlib.h>

static int
fresh(void **state)
{
	const int rc = engine_rig_fresh(state);

	engine_rig_file(*state, "profiles/users.json",
			"{\"event\": \"identify\", \"pii\": [\"email\"],\n"
			" \"map\": {\"userId\": \"id\", \"traits.email\": \"email\",\n"
			"  \"traits.name\": \"name\"}}\n");
	return rc;
}

static void
show(struct tui_rig *t)
{
	tui_rig_keys(t, "U");
	tui_rig_until(t, "Show personal data?");
	tui_rig_answer(t, "y");
}

static void
test_values_are_shown_on_one_screen(void **state)
{
	struct tui_rig *t = tui_rig_open(*state, 24, 100);

	tui_rig_keys(t, "2");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "G Enter");
	tui_rig_until(t, "\u2022\u2022\u2022M");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "Example.com"));
	/* Enter is no yes. */
	tui_rig_keys(t, "U");
	tui_rig_until(t, "Show personal data?");
	tui_rig_answer(t, "Enter");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "Example.com"));
	show(t);
	tui_rig_until(t, "User1@Example.com");
	tui_rig_until(t, "PERSONAL DATA");
	/* Another screen, and back. */
	tui_rig_keys(t, "1");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "PERSONAL DATA"));
	tui_rig_keys(t, "2");
	tui_rig_until(t, "\u2022\u2022\u2022M");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "Example.com"));
	/* The same key masks again. */
	show(t);
	tui_rig_until(t, "User1@Example.com");
	tui_rig_keys(t, "U");
	tui_rig_until_gone(t, "User1@Example.com");
	tui_rig_close(t);
}

static void
test_previews_are_masked(void **state)
{
	struct tui_rig *t = tui_rig_open(*state, 30, 120);

	tui_rig_keys(t, "4");
	tui_rig_until(t, "which sync");
	tui_rig_settle(t);
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "\u2022\u2022\u2022M");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "Example.com"));
	show(t);
	tui_rig_until(t, "Example.com");
	tui_rig_close(t);
}

static void
test_doctor(void **state)
{
	struct tui_rig *t = tui_rig_open(*state, 24, 120);

	tui_rig_keys(t, ":");
	tui_rig_type(t, "doctor");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "looked at");
	tui_rig_until(t, "superuser");
	tui_rig_settle(t);
	tui_rig_until(t, "warn");
	tui_rig_until(t, "0 bad");
	/* What is wrong comes first; Enter tells all of it. */
	tui_rig_keys(t, "g j Enter");
	tui_rig_until(t, "sluice doctor --print-grants");
	tui_rig_keys(t, "Esc Esc");
	tui_rig_settle(t);
	assert_false(tui_rig_shows(t, "looked at"));
	tui_rig_close(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_are_shown_on_one_screen),
		TEST(test_previews_are_masked),
		TEST(test_doctor),
	};

	return cmocka_run_group_tests_name("safety", tests, engine_rig_setup, engine_rig_teardown);
}
