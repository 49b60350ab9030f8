/* test_config.c - saving, deleting and beginning a workspace; what the engine reads of it. */
#include "core/config/config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/workspace.h"

/* ---- saving ---------------------------------------------------------------------------------- */

static void
test_saved_files_are_stable(void **state)
{
	struct ws *w = *state;
	const struct sl_setting c[] = { { "password", "env:P", 0 }, { "timeout", "5s", 0 },
					{ "port", "5433", 0 },      { "type", "postgres", 0 },
					{ "tls", "on", 0 },         { "host", "d\"b", 0 } };
	const struct sl_setting d[] = {
		{ "type", "rudderstack", 0 }, { "url", "https://x", 0 },
		{ "write_key", "env:K", 0 },  { "gzip", "false", 0 },
		{ "batch_bytes", "64k", 0 },  { "headers", "A: b\\, c,D: e", 0 }
	};
	const struct sl_setting s[] = {
		{ "key", "id,region", 0 }, { "max_removes", "007", 0 },
		{ "keep_events", "0", 0 }, { "mode", "upsert", 0 },
		{ "source", "c", 0 },      { "profile", "p", 0 },
		{ "destination", "d", 0 }, { "sql", "select *\nfrom \"Odd\"\n", 0 }
	};
	const struct sl_setting p[] = { { "map.userId", "id", 0 },
					{ "event", "track", 0 },
					{ "map.event", "'Order \xc3\xbc'", 0 },
					{ "map.a.b", "x | lower", 0 } };

	ws_load(w);
	assert_int_equal(ws_save(w, SL_KIND_CONNECTION, "c", c, SL_COUNT(c)), SL_OK);
	assert_int_equal(ws_save(w, SL_KIND_CONNECTION, "d", d, SL_COUNT(d)), SL_OK);
	assert_int_equal(ws_save(w, SL_KIND_PROFILE, "p", p, SL_COUNT(p)), SL_OK);
	assert_int_equal(ws_save(w, SL_KIND_SYNC, "s", s, SL_COUNT(s)), SL_OK);
	assert_string_equal(ws_text(w, "connections/c.json"), "{\n"
							      "  \"type\": \"postgres\",\n"
							      "  \"host\": \"d\\\"b\",\n"
							      "  \"port\": 5433,\n"
							      "  \"password\": \"env:P\",\n"
							      "  \"timeout\": \"5s\"\n"
							      "}\n");
	assert_string_equal(ws_text(w, "connections/d.json"),
			    "{\n"
			    "  \"type\": \"rudderstack\",\n"
			    "  \"url\": \"https://x\",\n"
			    "  \"write_key\": \"env:K\",\n"
			    "  \"gzip\": false,\n"
			    "  \"batch_bytes\": \"64k\",\n"
			    "  \"headers\": [\"A: b, c\", \"D: e\"]\n"
			    "}\n");
	assert_string_equal(ws_text(w, "profiles/p.json"), "{\n"
							   "  \"event\": \"track\",\n"
							   "  \"map\": {\n"
							   "    \"userId\": \"id\",\n"
							   "    \"event\": \"'Order \xc3\xbc'\",\n"
							   "    \"a.b\": \"x | lower\"\n"
							   "  }\n"
							   "}\n");
	const char *sync = "{\n"
			   "  \"source\": \"c\",\n"
			   "  \"sql\": [\n"
			   "    \"select *\",\n"
			   "    \"from \\\"Odd\\\"\",\n"
			   "    \"\"\n"
			   "  ],\n"
			   "  \"key\": [\"id\", \"region\"],\n"
			   "  \"profile\": \"p\",\n"
			   "  \"destination\": \"d\",\n"
			   "  \"keep_events\": \"0\",\n"
			   "  \"max_removes\": 7\n"
			   "}\n";
	assert_string_equal(ws_text(w, "syncs/s.json"), sync);
	ws_load(w);
	ws_expect(w, NULL, 0);
	for (size_t i = 0; i < w->config->nobjects; i++) {
		const struct sl_object_def *o = &w->config->objects[i];
		char before[1024];
		snprintf(before, sizeof(before), "%s", ws_text(w, o->file));
		assert_int_equal(ws_save(w, o->kind, o->name, o->settings, o->nsettings), SL_OK);
		assert_string_equal(ws_text(w, o->file), before);
	}
	struct stat st;
	assert_int_equal(stat(ws_path(w, "syncs/s.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_a_failed_save_keeps_the_old_file(void **state)
{
	struct ws *w = *state;
	const struct sl_setting p[] = { { "event", "track", 0 }, { "map.userId", "another", 0 } };
	struct rlimit old, tiny;

	ws_put(w, "profiles/p.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	ws_load(w);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	enum sl_code code = ws_save(w, SL_KIND_PROFILE, "p", p, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(code, SL_E_IO);
	assert_int_equal(w->err.sys, EFBIG);
	assert_non_null(strstr(w->err.msg, "profiles/p.json"));
	assert_non_null(strstr(w->err.hint, "ulimit"));
	assert_string_equal(ws_text(w, "profiles/p.json"),
			    "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	assert_int_equal(ws_count_files(w, "profiles"), 1);
}

static void
test_a_read_only_file_is_not_replaced(void **state)
{
	struct ws *w = *state;
	const struct sl_setting p[] = { { "event", "track", 0 }, { "map.userId", "another", 0 } };

	ws_put(w, "profiles/p.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	assert_int_equal(chmod(ws_path(w, "profiles/p.json"), 0444), 0);
	ws_load(w);
	assert_int_equal(ws_save(w, SL_KIND_PROFILE, "p", p, 2), SL_E_IO);
	assert_non_null(strstr(w->err.hint, "chmod u+w profiles/p.json"));
	assert_int_equal(ws_save(w, SL_KIND_PROFILE, "../escape", p, 2), SL_E_CONFIG);
	assert_int_equal(rename(ws_path(w, "profiles"), "/tmp/sluice-config-moved"), 0);
	ws_put(w, "profiles", "a file in the place of the folder");
	assert_int_equal(ws_save(w, SL_KIND_PROFILE, "q", p, 2), SL_E_IO);
	assert_non_null(strstr(w->err.msg, "profiles"));
	assert_int_equal(unlink(ws_path(w, "profiles")), 0);
	assert_int_equal(rename("/tmp/sluice-config-moved", ws_path(w, "profiles")), 0);
}

/* As another user, who may look into the folder and no more. */
static void
test_a_read_only_folder(void **state)
{
	struct ws *w = *state;
	const struct sl_setting p[] = { { "event", "track", 0 }, { "map.userId", "id", 0 } };
	uid_t me = geteuid();

	ws_load(w);
	assert_int_equal(chmod(w->dir, 0755), 0);
	assert_int_equal(chmod(ws_path(w, "profiles"), 0555), 0);
	if (me == 0)
		assert_int_equal(seteuid(65534), 0);
	enum sl_code code = ws_save(w, SL_KIND_PROFILE, "p", p, 2);
	assert_int_equal(seteuid(me), 0);
	assert_int_equal(code, SL_E_IO);
	assert_int_equal(w->err.sys, EACCES);
	assert_non_null(strstr(w->err.msg, "profiles/p.json"));
	assert_non_null(strstr(w->err.hint, "chmod u+rwx"));
	assert_int_equal(chmod(ws_path(w, "profiles"), 0700), 0);
	assert_int_equal(ws_count_files(w, "profiles"), 0);
}

static void
test_delete(void **state)
{
	struct ws *w = *state;
	ws_put_good(w);
	ws_load(w);
	assert_int_equal(sl_config_delete(w->config, SL_KIND_CONNECTION, "warehouse", &w->err),
			 SL_E_CONFIG);
	assert_non_null(strstr(w->err.msg, "in use by: users"));
	assert_int_equal(sl_config_delete(w->config, SL_KIND_PROFILE, "users", &w->err),
			 SL_E_CONFIG);
	assert_int_equal(sl_config_delete(w->config, SL_KIND_PROFILE, "usres", &w->err),
			 SL_E_NOTFOUND);
	assert_non_null(strstr(w->err.hint, "\"users\""));
	assert_int_equal(sl_config_delete(w->config, SL_KIND_SYNC, "users", &w->err), SL_OK);
	ws_load(w);
	assert_null(sl_config_find(w->config, SL_KIND_SYNC, "users"));
	assert_int_equal(sl_config_delete(w->config, SL_KIND_PROFILE, "users", &w->err), SL_OK);
	assert_int_not_equal(access(ws_path(w, "profiles/users.json"), F_OK), 0);
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void
test_init_overwrites_nothing(void **state)
{
	struct ws *w = *state;
	struct stat st;

	assert_int_equal(stat(ws_path(w, "connections"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_string_equal(ws_text(w, ".gitignore"), "state/\n");
	assert_non_null(strstr(ws_text(w, "README.md"), "env:NAME"));
	ws_put(w, "README.md", "mine");
	ws_put_good(w);
	assert_int_equal(sl_config_init(w->dir, &w->err), SL_OK);
	assert_string_equal(ws_text(w, "README.md"), "mine");
	ws_load(w);
	ws_expect(w, NULL, 0);
	assert_int_equal(sl_config_init(ws_path(w, "a/b/c"), &w->err), SL_OK);
	assert_int_equal(access(ws_path(w, "a/b/c/syncs"), F_OK), 0);
	assert_int_equal(sl_config_init(ws_path(w, "README.md/x"), &w->err), SL_E_IO);
	assert_non_null(strstr(w->err.hint, "file"));
}

static void
test_default_dirs(void **state)
{
	struct ws *w = *state;
	char c[64], s[64];

	setenv("HOME", "/home/me", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("XDG_STATE_HOME", "not/absolute", 1);
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &w->err), SL_OK);
	assert_string_equal(c, "/home/me/.config/sluice");
	assert_string_equal(s, "/home/me/.local/state/sluice");
	setenv("XDG_CONFIG_HOME", "/etc/xdg", 1);
	setenv("XDG_STATE_HOME", "/var/lib", 1);
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &w->err), SL_OK);
	assert_string_equal(c, "/etc/xdg/sluice");
	assert_string_equal(s, "/var/lib/sluice");
	assert_int_equal(sl_config_default_dirs("ws", c, s, sizeof(c), &w->err), SL_OK);
	assert_string_equal(s, "ws/state");
	assert_int_equal(sl_config_default_dirs(NULL, c, s, 8, &w->err), SL_E_CONFIG);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &w->err), SL_E_CONFIG);
	assert_non_null(strstr(w->err.hint, "-w"));
}

/* ---- typed views ----------------------------------------------------------------------------- */

static void
test_views(void **state)
{
	struct ws *w = *state;
	struct sl_sync sync;
	struct sl_profile profile;

	ws_put_good(w);
	ws_put(w, "syncs/b.json",
	       "{\"source\": \"warehouse\", \"sql\": [\"select\", \"1\"],\n"
	       "\"key\": [\"a,b\", \"c\"], \"mode\": \"append\", \"detect\": \"full\",\n"
	       "\"keep_events\": 0, \"max_removes\": 9,\n"
	       "\"profile\": \"users\", \"destination\": \"rudder\"}");
	ws_put(w, "profiles/c.json",
	       "{\"event\": \"identify\", \"object\": \"A-b\",\n"
	       "\"identifier\": \"email\", \"nulls\": \"omit\",\n"
	       "\"map\": {\"z\": \"a\",\n \"y.x\": \"b\"}}");
	ws_load(w);
	ws_expect(w, NULL, 0);
	const struct sl_object_def *o = sl_config_find(w->config, SL_KIND_SYNC, "users");
	assert_int_equal(sl_sync_read(o, w->arena, &sync, &w->err), SL_OK);
	assert_string_equal(sync.table, "public.users");
	assert_null(sync.sql);
	assert_int_equal(sync.mode, SL_MODE_UPSERT);
	assert_int_equal(sync.detect, SL_DETECT_DIFF);
	assert_int_equal(sync.keep_events_ms, 7 * 86400000);
	assert_int_equal(sync.max_removes, -1);
	assert_string_equal(sync.schedule, "manual");
	o = sl_config_find(w->config, SL_KIND_SYNC, "b");
	assert_int_equal(sl_sync_read(o, w->arena, &sync, &w->err), SL_OK);
	assert_string_equal(sync.sql, "select\n1");
	assert_int_equal(sync.nkey, 2);
	assert_string_equal(sync.key[0], "a,b");
	assert_string_equal(sync.key[1], "c");
	assert_int_equal(sync.mode, SL_MODE_APPEND);
	assert_int_equal(sync.detect, SL_DETECT_FULL);
	assert_int_equal(sync.keep_events_ms, 0);
	assert_int_equal(sync.max_removes, 9);
	o = sl_config_find(w->config, SL_KIND_PROFILE, "c");
	assert_int_equal(sl_profile_read(o, w->arena, &profile, &w->err), SL_OK);
	assert_string_equal(profile.object, "A-b");
	assert_int_equal(profile.nulls, SL_NULLS_OMIT);
	assert_int_equal(profile.nmap, 2);
	assert_string_equal(profile.map[0].to, "z");
	assert_string_equal(profile.map[1].to, "y.x");
	assert_int_equal(profile.map[1].line, 4);
	assert_int_equal(sl_sync_read(o, w->arena, &sync, &w->err), SL_E_CONFIG);
}

static void
test_table_names(void **state)
{
	struct ws *w = *state;
	static const struct {
		const char *text, *schema, *table; /* table NULL: refused */
	} cases[] = {
		{ "users", "", "users" },
		{ "public.Users", "public", "Users" },
		{ "\"Odd.Name\"", "", "Odd.Name" },
		{ " \"a b\".\"say \"\"hi\"\"\" ", "a b", "say \"hi\"" },
		{ "", "", NULL },
		{ "a.", "", NULL },
		{ ".a", "", NULL },
		{ "a.b.c", "", NULL },
		{ "\"a", "", NULL },
		{ "\"a\"b", "", NULL },
		{ "a b", "", NULL },
		{ "users; drop", "", NULL },
		{ "\"\"", "", NULL },
	};
	struct sl_str schema, table;

	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		enum sl_code code =
			sl_table_split(cases[i].text, w->arena, &schema, &table, &w->err);
		assert_int_equal(code, cases[i].table ? SL_OK : SL_E_CONFIG);
		if (!cases[i].table)
			continue;
		assert_str(schema, cases[i].schema);
		assert_str(table, cases[i].table);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WS_TEST(test_saved_files_are_stable),
		WS_TEST(test_a_failed_save_keeps_the_old_file),
		WS_TEST(test_a_read_only_file_is_not_replaced),
		WS_TEST(test_a_read_only_folder),
		WS_TEST(test_delete),
		WS_TEST(test_init_overwrites_nothing),
		WS_TEST(test_default_dirs),
		WS_TEST(test_views),
		WS_TEST(test_table_names),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
