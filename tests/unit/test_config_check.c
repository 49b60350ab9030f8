/* test_config_check.c - loading a workspace: every mistake of every file at once, with its line. */
#include "core/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/workspace.h"

/* ---- loading --------------------------------------------------------------------------------- */

static void
test_good_workspace(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "syncs/notes.txt", "not one of ours");
	ws_put(w, "syncs/.users.json.swp", "not one of ours");
	ws_load(w);
	ws_expect(w, NULL, 0);
	assert_int_equal(w->config->nobjects, 5);
	assert_string_equal(w->config->objects[0].name, "rudder");
	assert_string_equal(w->config->objects[4].file, "syncs/users.json");
	const struct sl_object_def *o = sl_config_find(w->config, SL_KIND_CONNECTION, "warehouse");
	assert_non_null(o);
	assert_false(o->broken);
	assert_string_equal(sl_object_get(o, "password"), "env:PGPASSWORD");
	assert_null(sl_object_get(o, "port"));
	assert_null(sl_config_find(w->config, SL_KIND_SYNC, "warehouse"));
}

static void
test_all_mistakes_of_a_connection_at_once(void **state)
{
	struct ws *w = *state;
	ws_put(w, "connections/db.json",
	       "{\n"
	       "  \"type\": \"postgres\",\n"
	       "  \"prot\": 5432,\n"
	       "  \"port\": \"5432\",\n"
	       "  \"tls\": \"yes\",\n"
	       "  \"timeout\": \"5 parsecs\",\n"
	       "  \"password\": \"hunter2-in-clear\",\n"
	       "  \"zzz\": {\"deep\": [1, {\"a\": \"}\"}]},\n"
	       "  \"database\": [\"a\"]\n"
	       "}\n");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "connections/db.json", 0, "host", "missing", "Host of the server" },
		{ "connections/db.json", 3, "prot", "no setting", "did you mean \"port\"?" },
		{ "connections/db.json", 4, "port", "whole number", "without quotes" },
		{ "connections/db.json", 5, "tls", "off or on", "" },
		{ "connections/db.json", 6, "timeout", "duration", "5s" },
		{ "connections/db.json", 7, "password", "secret", "env:NAME" },
		{ "connections/db.json", 8, "zzz", "no setting", "host, port, database" },
		{ "connections/db.json", 9, "database", "a text, not a list", "quotes" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
	assert_false(ws_problems_hold(w, "hunter2"));
	const struct sl_object_def *o = sl_config_find(w->config, SL_KIND_CONNECTION, "db");
	assert_true(o->broken);
	assert_null(sl_object_get(o, "password"));
	assert_null(sl_object_get(o, "zzz"));
	assert_string_equal(sl_object_get(o, "tls"), "yes");
}

static void
test_all_mistakes_of_a_sync_at_once(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "syncs/bad.json",
	       "{\n"
	       "  \"source\": \"warehous\",\n"
	       "  \"table\": \"users\",\n"
	       "  \"sql\": [\"select 1\",\n"
	       "          \"from x\"],\n"
	       "  \"profile\": \"nobody-here\",\n"
	       "  \"destinaton\": \"rudder\",\n"
	       "  \"mode\": \"delete\",\n"
	       "  \"max_removes\": 1.5,\n"
	       "  \"keep_events\": \"7 days\",\n"
	       "  \"key\": [\"id\", 5, \"\"]\n"
	       "}\n");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "syncs/bad.json", 2, "source", "no connection \"warehous\"",
		  "did you mean \"warehouse\"?" },
		{ "syncs/bad.json", 4, "sql", "both table and sql", "keep the one" },
		{ "syncs/bad.json", 6, "profile", "no profile", "rows, users" },
		{ "syncs/bad.json", 7, "destinaton", "no setting",
		  "did you mean \"destination\"?" },
		{ "syncs/bad.json", 0, "destination", "missing", "Connection to send to" },
		{ "syncs/bad.json", 8, "mode", "upsert, insert, update, mirror or append", "" },
		{ "syncs/bad.json", 9, "max_removes", "not a number with a fraction", "digits" },
		{ "syncs/bad.json", 10, "keep_events", "duration", "7d" },
		{ "syncs/bad.json", 11, "key", "item 2 of key is a number", "quotes" },
		{ "syncs/bad.json", 11, "key", "item 3 of key is empty", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
	/* In order of the lines, so that a person goes through the file once. */
	for (size_t i = 1; i < w->config->nproblems; i++)
		assert_true(w->config->problems[i - 1].line <= w->config->problems[i].line);
}

static void
test_model_and_key_of_a_sync(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "syncs/none.json",
	       "{\"source\": \"warehouse\", \"profile\": \"users\",\n"
	       " \"destination\": \"rudder\"}");
	ws_put(w, "syncs/odd.json",
	       "{\"source\": \"warehouse\", \"table\": \"a.b.c\", \"key\": [],\n"
	       " \"profile\": \"users\", \"destination\": \"rudder\"}");
	ws_put(w, "syncs/twice.json",
	       "{\"source\": \"warehouse\", \"sql\": \" \\n\",\n"
	       " \"key\": [\"a\", \"b\", \"a\"],\n"
	       " \"profile\": \"users\", \"destination\": \"rudder\"}");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "syncs/none.json", 0, "table", "neither table nor sql", "SELECT" },
		{ "syncs/none.json", 0, "key", "missing", "unique and never NULL" },
		{ "syncs/odd.json", 1, "table", "more than two parts", "double quotes" },
		{ "syncs/odd.json", 1, "key", "empty", "" },
		{ "syncs/twice.json", 1, "sql", "empty", "SELECT" },
		{ "syncs/twice.json", 2, "key", "\"a\" is in the key twice", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
}

static void
test_cursor_of_a_sync(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "syncs/none.json",
	       "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"], \"profile\": "
	       "\"users\",\n"
	       " \"destination\": \"rudder\",\n"
	       " \"detect\": \"cursor\", \"mode\": \"mirror\"}\n");
	ws_put(w, "syncs/other.json",
	       "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"], \"profile\": "
	       "\"users\",\n"
	       " \"destination\": \"rudder\",\n"
	       " \"cursor\": \"at\",\n"
	       " \"lag\": \"0\"}\n");
	ws_put(w, "syncs/right.json",
	       "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"], \"profile\": "
	       "\"users\",\n"
	       " \"destination\": \"rudder\", \"detect\": \"cursor\",\n"
	       " \"cursor\": \"Updated At\", \"lag\": \"15m\"}\n");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "syncs/none.json", 0, "cursor", "no cursor is given", "updated_at" },
		{ "syncs/none.json", 3, "detect", "cannot see deleted rows",
		  "\"detect\": \"diff\"" },
		{ "syncs/none.json", 3, "mode", "mirror removes rows", "record" },
		{ "syncs/other.json", 3, "cursor", "\"detect\": \"cursor\" only", "remove it" },
		{ "syncs/other.json", 4, "lag", "", "" },
		{ "syncs/other.json", 4, "lag", "", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
	const struct sl_object_def *o = sl_config_find(w->config, SL_KIND_SYNC, "right");
	struct sl_sync sync;
	assert_int_equal(sl_sync_read(o, w->arena, &sync, &w->err), SL_OK);
	assert_int_equal(sync.detect, SL_DETECT_CURSOR);
	assert_string_equal(sync.cursor, "Updated At");
	assert_int_equal(sync.lag_ms, 900000);
}

static void
test_connections_in_the_wrong_place(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "syncs/turned.json",
	       "{\"source\": \"rudder\", \"table\": \"t\", \"key\": [\"id\"],\n"
	       " \"profile\": \"users\",\n"
	       " \"destination\": \"warehouse\"}");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "syncs/turned.json", 1, "source", "cannot be the source", "warehouse" },
		{ "syncs/turned.json", 3, "destination", "cannot be the destination", "rudder" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
}

static void
test_mirror_needs_an_event_that_can_remove(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_put(w, "connections/copy.json", "{\"type\": \"table\", \"host\": \"db\"}");
	ws_put(w, "profiles/ops.json",
	       "{\"event\": \"row\", \"map\": {\"id\": \"id\", \"op\": \" $op | upper\"}}");
	ws_put(w, "profiles/rec.json", "{\"event\": \"record\", \"map\": {\"id\": \"id\"}}");
	const char *names[] = { "users", "rows", "ops", "rec" };
	for (size_t i = 0; i < 4; i++) {
		char file[32], text[256];
		snprintf(file, sizeof(file), "syncs/m-%s.json", names[i]);
		snprintf(text, sizeof(text),
			 "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"],\n"
			 "\"profile\": \"%s\", \"destination\": \"rudder\",\n"
			 "\"mode\": \"mirror\"}",
			 names[i]);
		ws_put(w, file, text);
	}
	ws_put(w, "syncs/n.json",
	       "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"],\n"
	       "\"profile\": \"rec\", \"destination\": \"copy\",\n"
	       "\"mode\": \"mirror\"}");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "syncs/m-users.json", 3, "mode", "identify of profile \"users\" cannot",
		  "record" },
		{ "syncs/m-rows.json", 3, "mode", "row of profile \"rows\" cannot", "$op" },
		{ "syncs/n.json", 3, "mode", "\"copy\" cannot remove", "upsert" },
		{ "syncs/n.json", 2, "profile", "\"copy\" takes rows", "event row" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
}

static void
test_mistakes_of_a_profile(void **state)
{
	struct ws *w = *state;
	ws_put(w, "profiles/empty.json", "{\"event\": \"identify\",\n \"map\": {}}");
	ws_put(w, "profiles/none.json", "{\"nulls\": \"never\"}");
	ws_put(w, "profiles/list.json", "{\"event\": \"track\", \"map\": [\"id\"]}");
	ws_put(w, "profiles/odd.json",
	       "{\"event\": \"track\", \"object\": \"X-y\", \"map\": {\n"
	       "  \"userId\": 42,\n"
	       "  \"\": \"id\",\n"
	       "  \"a\": \" \",\n"
	       "  \"b\": \"x\", \"b\": \"y\"\n"
	       "}}");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "profiles/empty.json", 2, "map", "map is empty", "traits.email" },
		{ "profiles/none.json", 0, "event", "missing", "identify" },
		{ "profiles/none.json", 0, "map", "missing", "" },
		{ "profiles/none.json", 1, "nulls", "send or omit", "" },
		{ "profiles/list.json", 1, "map", "not a list", "braces" },
		{ "profiles/odd.json", 1, "object", "goes with the event identify", "" },
		{ "profiles/odd.json", 1, "object", "needs an identifier", "" },
		{ "profiles/odd.json", 2, "map.userId", "text, not a number", "quotes" },
		{ "profiles/odd.json", 3, "map.", "left side", "" },
		{ "profiles/odd.json", 4, "map.a", "right side", "" },
		{ "profiles/odd.json", 5, "b", "twice, first in line 5", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
}

static void
test_files_that_are_no_objects(void **state)
{
	struct ws *w = *state;
	char *big = malloc((1 << 20) + 100);

	assert_non_null(big);
	memset(big, ' ', (1 << 20) + 100);
	big[0] = '{';
	ws_put_bytes(w, "profiles/big.json", big, (1 << 20) + 1);
	free(big);
	ws_put(w, "profiles/bom.json", "\xef\xbb\xbf{}");
	ws_put(w, "profiles/comma.json", "{\n \"event\": \"track\",\n}");
	ws_put(w, "profiles/cut.json", "{\n \"event\":");
	ws_put(w, "profiles/empty.json", " \n");
	ws_put(w, "profiles/latin.json", "{\n \"event\": \"caf\xe9\"}");
	ws_put(w, "profiles/list.json", "[1]");
	ws_put(w, "profiles/open.json", "{\"password\": \"hunter2\n\"}");
	ws_put(w, "profiles/twice.json",
	       "{\"event\": \"row\",\n\"event\": \"track\",\n\"map\": "
	       "{\"a\": \"a\"}}");
	ws_put(w, "profiles/Bad Name.json", "{\"event\": \"row\", \"map\": {\"a\": \"a\"}}");
	ws_put(w, "profiles/loud.JSON", "{\"event\": \"row\", \"map\": {\"a\": \"a\"}}");
	assert_int_equal(symlink("/nowhere/at/all", ws_path(w, "profiles/link.json")), 0);
	assert_int_equal(mkdir(ws_path(w, "profiles/folder.json"), 0700), 0);
	assert_int_equal(mkfifo(ws_path(w, "profiles/fifo.json"), 0600), 0);
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "profiles/big.json", 0, "", "larger than 1 MiB", "" },
		{ "profiles/bom.json", 1, "", "byte order mark", "" },
		{ "profiles/comma.json", 3, "", "not JSON", "no comma after the last" },
		{ "profiles/cut.json", 2, "", "not JSON", "the end is missing" },
		{ "profiles/empty.json", 0, "", "empty", "object" },
		{ "profiles/latin.json", 2, "", "not UTF-8", "UTF-8" },
		{ "profiles/list.json", 1, "", "not a list", "{" },
		{ "profiles/open.json", 1, "", "not JSON", "close the text" },
		{ "profiles/twice.json", 2, "event", "twice, first in line 1", "keep one" },
		{ "profiles/Bad Name.json", 0, "name", "cannot be a name", "bad-name.json" },
		{ "profiles/loud.JSON", 0, "name", "small letters", "rename" },
		{ "profiles/link.json", 0, "", "cannot be read", "points to" },
		{ "profiles/folder.json", 0, "", "not a regular file", "" },
		{ "profiles/fifo.json", 0, "", "not a regular file", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
	assert_false(ws_problems_hold(w, "hunter2"));
	assert_int_equal(w->config->nobjects, 14);
	for (size_t i = 0; i < w->config->nobjects; i++)
		assert_true(w->config->objects[i].broken);
}

static void
test_types_and_addresses_of_connections(void **state)
{
	struct ws *w = *state;
	ws_put(w, "connections/a.json", "{\"type\": \"postgre\", \"password\": \"hunter2\"}");
	ws_put(w, "connections/b.json", "{\"url\": \"https://x\"}");
	ws_put(w, "connections/c.json", "{\"type\": 5}");
	ws_put(w, "connections/d.json",
	       "{\"type\": \"rudderstack\", \"write_key\": \"env:K\",\n"
	       "\"url\": \"https://me:hunter2@x.example\"}");
	ws_put(w, "connections/e.json",
	       "{\"type\": \"postgres\", \"host\": \"postgres://me:hunter2@db/x\"}");
	ws_load(w);
	static const struct ws_mistake expected[] = {
		{ "connections/a.json", 1, "type", "no type \"postgre\"", "\"postgres\"?" },
		{ "connections/b.json", 0, "type", "missing",
		  "sources: postgres; destinations: rudderstack, table" },
		{ "connections/c.json", 1, "type", "a text, not a number", "" },
		{ "connections/d.json", 2, "url", "user or password", "" },
		{ "connections/e.json", 1, "host", "user or password", "" },
	};
	ws_expect(w, expected, SL_COUNT(expected));
	assert_false(ws_problems_hold(w, "hunter2"));
	for (size_t i = 0; i < w->config->nobjects; i++) {
		const struct sl_object_def *o = &w->config->objects[i];
		for (size_t k = 0; k < o->nsettings; k++)
			assert_null(strstr(o->settings[k].value, "hunter2"));
	}
}

static void
test_hostile_names_are_made_visible(void **state)
{
	struct ws *w = *state;
	ws_put(w, "profiles/x.json",
	       "{\"event\": \"row\", \"a\\u001b[31m\": 1, \"map\": {\"a\": \"a\"}}");
	ws_load(w);
	assert_int_equal(w->config->nproblems, 1);
	assert_null(strchr(w->config->problems[0].problem, '\033'));
	assert_null(strchr(w->config->problems[0].field, '\033'));
}

static void
test_no_workspace(void **state)
{
	struct ws *w = *state;
	assert_int_equal(sl_config_load("/nowhere/at/all", ws_drivers, 2, &w->config, &w->err),
			 SL_E_NOTFOUND);
	assert_non_null(strstr(w->err.hint, "sluice init"));
	assert_int_equal(sl_config_load("/usr/share", ws_drivers, 2, &w->config, &w->err),
			 SL_E_NOTFOUND);
	assert_non_null(strstr(w->err.msg, "not a workspace"));
	assert_null(w->config);
}

/* ---- checking a form ------------------------------------------------------------------------- */

static void
test_check_of_a_form(void **state)
{
	struct ws *w = *state;
	const struct sl_setting wrong[] = { { "source", "rudder", 0 },
					    { "table", "t", 0 },
					    { "key", "id, region", 0 },
					    { "profile", "usres", 0 },
					    { "destination", "rudder", 0 },
					    { "mode", "", 0 },
					    { "sorce", "x", 0 },
					    { "table", "u", 0 } };
	struct sl_config_check what = { NULL,      ws_drivers, ws_ndrivers,    SL_KIND_SYNC,
					"New One", wrong,      SL_COUNT(wrong) };
	struct sl_problem_def *p;
	size_t n;

	ws_put_good(w);
	ws_load(w);
	what.config = w->config;
	assert_int_equal(sl_config_check(&what, w->arena, &p, &n, &w->err), SL_OK);
	assert_int_equal(n, 5);
	assert_string_equal(p[0].file, "syncs/New One.json");
	const struct sl_setting right[] = {
		{ "source", "warehouse", 0 },   { "sql", "select 1\nas id", 0 },
		{ "key", "id, region", 0 },     { "profile", "users", 0 },
		{ "destination", "rudder", 0 }, { "table", "", 0 }
	};
	what.name = "new-one";
	what.settings = right;
	what.nsettings = SL_COUNT(right);
	assert_int_equal(sl_config_check(&what, w->arena, &p, &n, &w->err), SL_OK);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WS_TEST(test_good_workspace),
		WS_TEST(test_all_mistakes_of_a_connection_at_once),
		WS_TEST(test_all_mistakes_of_a_sync_at_once),
		WS_TEST(test_model_and_key_of_a_sync),
		WS_TEST(test_cursor_of_a_sync),
		WS_TEST(test_connections_in_the_wrong_place),
		WS_TEST(test_mirror_needs_an_event_that_can_remove),
		WS_TEST(test_mistakes_of_a_profile),
		WS_TEST(test_files_that_are_no_objects),
		WS_TEST(test_types_and_addresses_of_connections),
		WS_TEST(test_hostile_names_are_made_visible),
		WS_TEST(test_no_workspace),
		WS_TEST(test_check_of_a_form),
	};

	return cmocka_run_group_tests_name("config check", tests, NULL, NULL);
}
