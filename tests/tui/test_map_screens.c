/* test_map_screens.c - mapping editor, preview and new sync, on a real engine and a real PostgreSQL. */
#include "tests/lib/check.h"
#include "tests/lib/tui_rig.h"

#include <stdio.h>

/* A file of the workspace holds this text. */
static bool
file_has(const struct engine_rig *e, const char *path, const char *text)
{
	char full[400], body[16384];
	size_t n = 0;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", e->dir, path);
	f = fopen(full, "re");
	if (!f)
		return false;
	n = fread(body, 1, sizeof(body) - 1, f);
	(void)fclose(f);
	body[n] = '\0';
	return strstr(body, text) != NULL;
}

static struct tui_rig *
open_map(struct engine_rig *e, int rows, int cols)
{
	struct tui_rig *t = tui_rig_open(e, rows, cols);

	tui_rig_keys(t, "3");
	tui_rig_until(t, "Which sync's mapping?");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "\"user1@example.co"); /* the result on the first row */
	tui_rig_settle(t);
	return t;
}

/* ---- mapping --------------------------------------------------------------------------------- */

static void
test_map(void **state)
{
	struct tui_rig *t = open_map(*state, 24, 80);

	tui_rig_golden(t, "map-80x24");
	tui_rig_resize(t, 35, 120);
	tui_rig_golden(t, "map-120x35");
	tui_rig_resize(t, 15, 60);
	tui_rig_golden(t, "map-60x15");
	tui_rig_resize(t, 10, 40);
	tui_rig_golden(t, "map-40x10");
	tui_rig_close(t);
}

static void
test_edit_undo_save(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = open_map(e, 24, 80);

	tui_rig_keys(t, "j j Enter"); /* traits.name */
	tui_rig_type(t, " | upp");
	tui_rig_until(t, "there is no transform");
	tui_rig_keys(t, "Tab Backspace");
	tui_rig_until(t, "\"NAME 1\""); /* checked while it is typed */
	tui_rig_golden(t, "map-edit-80x24");
	tui_rig_keys(t, "Enter D");
	tui_rig_until(t, "traits.name is not sent any more");
	tui_rig_keys(t, "u");
	tui_rig_until(t, "name | upper");
	tui_rig_keys(t, "u");
	assert_false(tui_rig_shows(t, "name | upper"));
	assert_false(tui_rig_shows(t, "draft"));
	tui_rig_keys(t, "U");
	tui_rig_until(t, "draft (1 edit)");
	tui_rig_keys(t, "W");
	tui_rig_until(t, "~ traits.name: name \xe2\x86\x92 name | upper");
	tui_rig_answer(t, "Enter"); /* never confirms */
	tui_rig_settle(t);
	assert_false(file_has(e, "profiles/users.json", "name | upper"));
	tui_rig_keys(t, "W");
	tui_rig_answer(t, "s");
	tui_rig_until(t, "saved the profile users");
	assert_true(file_has(e, "profiles/users.json", "\"traits.name\": \"name | upper\""));
	assert_true(file_has(e, "profiles/users.json", "\"traits.email\": \"email | lower\""));
	assert_false(tui_rig_shows(t, "draft"));
	tui_rig_close(t);
}

static void
test_constant_and_field(void **state)
{
	struct tui_rig *t = open_map(*state, 24, 80);

	tui_rig_keys(t, "+");
	tui_rig_type(t, "team.name");
	tui_rig_keys(t, "Enter");
	tui_rig_type(t, "'{name} of {plan}'");
	tui_rig_until(t, "\"Name 1 of pro\"");
	tui_rig_keys(t, "Enter");
	tui_rig_keys(t, "c");
	tui_rig_type(t, "it's {fine}");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "\"it's {fine}\"");
	tui_rig_until(t, "'it''s {{fine}}'");
	tui_rig_keys(t, "v"); /* the draft, before it was saved */
	tui_rig_until(t, "draft, not saved");
	tui_rig_resize(t, 35, 120);
	tui_rig_until(t, "traits.team.name");
	tui_rig_keys(t, "R");
	tui_rig_until(t, "not saved yet");
	tui_rig_close(t);
}

static void
test_other_profile(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_file(e, "profiles/ids.json",
			"{\"event\": \"identify\", \"map\": {\"userId\": \"email\"}}");
	struct tui_rig *t = open_map(e, 24, 80);
	tui_rig_keys(t, "P");
	tui_rig_until(t, "ids");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "profile ids applied");
	tui_rig_until(t, "\"User1@Example.com\"");
	tui_rig_keys(t, "W");
	tui_rig_answer(t, "s");
	tui_rig_until(t, "saved the profile ids and the sync users");
	assert_true(file_has(e, "syncs/users.json", "\"profile\": \"ids\""));
	tui_rig_close(t);
}

static void
test_read_only(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_shut(e);
	engine_rig_open(e, true);
	struct tui_rig *t = open_map(e, 24, 80);
	tui_rig_keys(t, "W");
	tui_rig_until(t, "not now: this session is read-only");
	tui_rig_close(t);
}

/* ---- preview --------------------------------------------------------------------------------- */

static void
test_preview(void **state)
{
	struct engine_rig *e = *state;

	engine_rig_sql(
		e, "DELETE FROM users WHERE id > 4; UPDATE users SET email = NULL WHERE id = 3");
	engine_rig_file(e, "profiles/users.json",
			"{\"event\": \"identify\", \"map\": {\n"
			" \"userId\": \"email | lower\", \"traits.name\": \"name\"}}");
	struct tui_rig *t = tui_rig_open(e, 35, 120);
	tui_rig_keys(t, "4");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "nothing has been sent");
	tui_rig_until(t, "4 rows");
	tui_rig_golden(t, "preview-problem-120x35"); /* the row that cannot be sent leads */
	tui_rig_keys(t, "j ]");
	tui_rig_until(t, "\"userId\": \"user1@example.com\"");
	tui_rig_golden(t, "preview-event-120x35");
	tui_rig_keys(t, "]");
	tui_rig_until(t, "{\"type\":\"identify\"");
	tui_rig_keys(t, "n");
	tui_rig_until(t, "row 1 of 4");
	tui_rig_resize(t, 24, 80);
	tui_rig_golden(t, "preview-80x24");
	tui_rig_keys(t, "m");
	tui_rig_until(t, "userId \xe2\x86\x90 email | lower");
	tui_rig_close(t);
}

/* After a run: what changed since leads, with old and new; what is the same says so. */
static void
test_preview_change(void **state)
{
	struct engine_rig *e = *state;

	assert_int_equal(engine_rig_run(e, "users", 0).acked, 50);
	engine_rig_sql(e, "UPDATE users SET plan = 'team' WHERE id = 7");
	struct tui_rig *t = tui_rig_open(e, 35, 120);
	tui_rig_keys(t, "4");
	tui_rig_until(t, "public.users");
	tui_rig_keys(t, "Enter");
	tui_rig_until(t, "> 7                         ~ chg");
	tui_rig_until(t, "~ traits.plan");
	tui_rig_until(t, "\"pro\"  \xe2\x86\x92  \"team\"");
	tui_rig_keys(t, "j");
	tui_rig_until(t, "a run would not send it");
	tui_rig_close(t);
}

/* Every screen of this side in every size, down to what is too small: nothing breaks, and the rules of
 * the frame hold. */
static void
test_sizes(void **state)
{
	static const char *const tabs[] = { "2", "3", "4", "8" };
	struct tui_rig *t = open_map(*state, 24, 80);

	tui_rig_keys(t, "v");
	tui_rig_until(t, "50 rows");
	tui_rig_keys(t, "2");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "G Enter");
	tui_rig_until(t, "User1@");
	tui_rig_keys(t, "8");
	tui_rig_until(t, "PostgreSQL");
	for (size_t i = 0; i < SL_COUNT(tabs); i++) {
		tui_rig_resize(t, 24, 80);
		tui_rig_keys(t, tabs[i]);
		for (int rows = 1; rows <= 60; rows += rows < 20 ? 1 : 13) {
			for (int cols = 1; cols <= 220; cols += cols < 44 ? 1 : 17)
				tui_rig_resize(t, rows, cols);
		}
		tui_rig_resize(t, 9, 39);
		tui_rig_until(t, "sluice needs 40x10");
	}
	tui_rig_close(t);
}

/* ---- new sync -------------------------------------------------------------------------------- */

static void
test_new_sync(void **state)
{
	struct engine_rig *e = *state;
	struct tui_rig *t = tui_rig_open(e, 24, 80);

	tui_rig_keys(t, "2");
	tui_rig_until(t, "users");
	tui_rig_keys(t, "G s");
	tui_rig_until(t, "save and map");
	tui_rig_settle(t);
	tui_rig_golden(t, "newsync-80x24");
	tui_rig_keys(t, "F2"); /* the name is taken */
	tui_rig_until(t, "already");
	tui_rig_type(t, "-copy");
	tui_rig_keys(t, "F2");
	tui_rig_until(t, "made the sync users-copy");
	assert_true(file_has(e, "syncs/users-copy.json", "\"key\": [\"id\"]") ||
		    file_has(e, "syncs/users-copy.json", "\"id\""));
	assert_true(file_has(e, "profiles/users-copy.json", "\"userId\": \"id\""));
	tui_rig_until(t, "userId \xe2\x86\x90 id");
	tui_rig_close(t);
}

int
main(void)
{
#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_map),
		RIG_TEST(test_edit_undo_save),
		RIG_TEST(test_constant_and_field),
		RIG_TEST(test_other_profile),
		RIG_TEST(test_read_only),
		RIG_TEST(test_preview),
		RIG_TEST(test_preview_change),
		RIG_TEST(test_sizes),
		RIG_TEST(test_new_sync),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
