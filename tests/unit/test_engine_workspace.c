/* Requests about the workspace: lists, objects, checks, tests of connections. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

static void
lists_show_what_there_is(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_list(r->engine, SL_CONNECTION));
	int at = engine_rig_row(m->table, "name", "wh");

	assert_int_equal(sl_table_rows(m->table), 2);
	assert_true(at >= 0);
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "type"), "postgres");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "role"), "source");
	assert_non_null(strstr(sl_table_get(m->table, (unsigned)at, "target"), "/shop"));
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "used_by"), 1);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_list(r->engine, SL_PROFILE));
	assert_string_equal(sl_table_get(m->table, 0, "event"), "identify");
	assert_int_equal(sl_table_get_int(m->table, 0, "fields"), 6);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_list(r->engine, SL_SYNC));
	assert_string_equal(sl_table_get(m->table, 0, "model"), "public.users");
	assert_string_equal(sl_table_get(m->table, 0, "mode"), "upsert");
	assert_string_equal(sl_table_get(m->table, 0, "state"), "never");
	assert_string_equal(sl_table_get(m->table, 0, "history"), "");
	assert_int_equal(sl_table_get_int(m->table, 0, "run"), 0);
	sl_msg_free(m);
}

static void
a_list_knows_the_last_runs(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = engine_rig_run(r, "users", 0);
	struct sl_msg *m;

	assert_string_equal(s.state, "settled");
	engine_rig_sql(r, "UPDATE users SET plan = 'team' WHERE id <= 5");
	s = engine_rig_run(r, "users", 0);
	m = engine_rig_ok(r, sl_list(r->engine, SL_SYNC));
	assert_string_equal(sl_table_get(m->table, 0, "state"), "settled");
	assert_string_equal(sl_table_get(m->table, 0, "history"), "ss");
	assert_int_equal(sl_table_get_int(m->table, 0, "run"), s.run);
	assert_int_equal(sl_table_get_int(m->table, 0, "updates"), 5);
	assert_int_equal(sl_table_get_int(m->table, 0, "acked"), 5);
	assert_int_equal(sl_table_get_int(m->table, 0, "rows"), 50);
	sl_msg_free(m);
}

static void
objects_are_read_saved_and_deleted(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = { { "source", "wh" },      { "sql", "SELECT 1 AS id" },
				       { "key", "id" },         { "profile", "users" },
				       { "destination", "rx" }, { "mode", "append" } };
	struct sl_msg *m;
	int at;

	sl_msg_free(engine_rig_ok(r, sl_put(r->engine, SL_SYNC, "more", set, 6, true)));
	m = engine_rig_ok(r, sl_get(r->engine, SL_SYNC, "more"));
	assert_true(r->config_messages > 0);
	at = engine_rig_row(m->table, "name", "sql");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "value"), "SELECT 1 AS id");
	assert_true(sl_table_get_int(m->table, (unsigned)at, "line") > 0);
	sl_msg_free(m);
	m = engine_rig_fail(r, sl_put(r->engine, SL_SYNC, "more", set, 6, true));
	assert_string_equal(m->problem.kind, "config");
	sl_msg_free(m);
	m = engine_rig_fail(r, sl_delete(r->engine, SL_PROFILE, "users"));
	assert_non_null(strstr(m->problem.message, "more"));
	sl_msg_free(m);
	sl_msg_free(engine_rig_ok(r, sl_delete(r->engine, SL_SYNC, "more")));
	m = engine_rig_fail(r, sl_get(r->engine, SL_SYNC, "more"));
	assert_int_equal(m->problem.exit_code, SL_EXIT_CONFIG);
	sl_msg_free(m);
}

static void
mistakes_are_told_all_at_once(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = { { "source", "nowhere" }, { "table", "public.users" },
				       { "key", "id" },         { "profile", "users" },
				       { "destination", "rx" }, { "mode", "sideways" } };
	struct sl_msg *m = engine_rig_fail(r, sl_put(r->engine, SL_SYNC, "bad", set, 6, true));

	assert_int_equal(sl_table_rows(m->table), 2);
	assert_true(engine_rig_row(m->table, "field", "source") >= 0);
	assert_true(engine_rig_row(m->table, "field", "mode") >= 0);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_list(r->engine, SL_SYNC));
	assert_int_equal(engine_rig_row(m->table, "name", "bad"), -1);
	sl_msg_free(m);
}

static void
a_form_has_all_it_needs(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_drivers(r->engine));
	int at = engine_rig_row(m->table, "name", "rudderstack");

	assert_true(at >= 0);
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "role"), "destination");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "help"), "needs url, write_key");
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_props(r->engine, SL_CONNECTION, "rudderstack"));
	at = engine_rig_row(m->table, "name", "kind");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "choices"), "rudderstack,segment");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "default"), "rudderstack");
	at = engine_rig_row(m->table, "name", "write_key");
	assert_string_equal(sl_table_get(m->table, (unsigned)at, "type"), "secret");
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "required"), 1);
	sl_msg_free(m);
	m = engine_rig_ok(r, sl_props(r->engine, SL_SYNC, NULL));
	assert_true(engine_rig_row(m->table, "name", "max_removes") >= 0);
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(r, sl_props(r->engine, SL_CONNECTION, "fax")));
}

static void
check_finds_mistakes_in_files_and_in_mappings(void **state)
{
	struct engine_rig *r = *state;
	struct sl_msg *m = engine_rig_ok(r, sl_check(r->engine, false));
	unsigned seen = 0;

	assert_int_equal(sl_table_rows(m->table), 0);
	sl_msg_free(m);
	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\",\n \"map\": {\"userId\": \"id\",\n"
			"  \"traits.email\": \"mail\"}}\n");
	engine_rig_file(r, "connections/gone.json",
			"{\"type\": \"postgres\", \"host\": \"/nowhere\"}\n");
	sl_msg_free(engine_rig_ok(r, sl_reload(r->engine)));
	m = engine_rig_ok(r, sl_check(r->engine, true));
	for (unsigned i = 0; i < r->nparts; i++) {
		const struct sl_table *t = r->parts[i];

		for (unsigned k = 0; k < sl_table_rows(t); k++) {
			const char *file = sl_table_get(t, k, "file");

			if (strcmp(file, "profiles/users.json") == 0) {
				assert_int_equal(sl_table_get_int(t, k, "line"), 3);
				assert_string_equal(sl_table_get(t, k, "field"),
						    "map.traits.email");
				assert_non_null(strstr(sl_table_get(t, k, "problem"), "mail"));
				seen |= 1;
			}
			if (strcmp(file, "connections/gone.json") == 0)
				seen |= 2;
		}
	}
	assert_int_equal(seen, 3);
	sl_msg_free(m);
}

/* The step of that name among the parts, its `ok`; -1 = there was none. */
static int
step_ok(const struct engine_rig *r, const char *step)
{
	for (unsigned i = 0; i < r->nparts; i++)
		if (engine_rig_row(r->parts[i], "step", step) == 0)
			return (int)sl_table_get_int(r->parts[i], 0, "ok");
	return -1;
}

static void
connections_are_tested_step_by_step(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair form[] = { { "type", "rudderstack" },
					{ "url", test_receiver_url(r->rx) },
					{ "write_key", "env:ENGINE_RIG_NO_SUCH" } };

	sl_msg_free(engine_rig_ok(r, sl_test(r->engine, "wh", NULL, 0)));
	assert_int_equal(step_ok(r, "settings"), 1);
	assert_int_equal(step_ok(r, "connect"), 1);
	assert_int_equal(step_ok(r, "about"), 1);
	sl_msg_free(engine_rig_ok(r, sl_test(r->engine, "rx", NULL, 0)));
	assert_int_equal(step_ok(r, "secret"), 1);
	assert_int_equal(step_ok(r, "check"), 1);
	sl_msg_free(engine_rig_fail(r, sl_test(r->engine, "new", form, 3)));
	assert_int_equal(step_ok(r, "settings"), 1);
	assert_int_equal(step_ok(r, "secret"), 0);
	assert_int_equal(step_ok(r, "check"), -1);
	sl_msg_free(engine_rig_fail(r, sl_test(r->engine, "new", form, 2)));
	assert_int_equal(step_ok(r, "settings"), 0);
}

static void
a_session_that_may_only_look_saves_nothing(void **state)
{
	struct engine_rig *r = *state;
	const struct sl_pair set[] = { { "event", "identify" }, { "map.userId", "id" } };
	struct sl_msg *m;

	engine_rig_shut(r);
	engine_rig_open(r, true);
	assert_true(sl_engine_read_only(r->engine));
	m = engine_rig_fail(r, sl_put(r->engine, SL_PROFILE, "new", set, 2, true));
	assert_int_equal(m->problem.exit_code, SL_EXIT_LOCKED);
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(r, sl_delete(r->engine, SL_SYNC, "users")));
	sl_msg_free(engine_rig_fail(r, sl_start(r->engine, "users", 0)));
	m = engine_rig_ok(r, sl_list(r->engine, SL_SYNC));
	assert_int_equal(sl_table_rows(m->table), 1);
	sl_msg_free(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_show_what_there_is),
		TEST(a_list_knows_the_last_runs),
		TEST(objects_are_read_saved_and_deleted),
		TEST(mistakes_are_told_all_at_once),
		TEST(a_form_has_all_it_needs),
		TEST(check_finds_mistakes_in_files_and_in_mappings),
		TEST(connections_are_tested_step_by_step),
		TEST(a_session_that_may_only_look_saves_nothing),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
