/* test_config.c - the workspace: loading with every mistake at its line, saving, deleting, beginning. */
#include "core/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/check.h"

/* ---- a small table of drivers, and a workspace in a folder of its own -------------------------- */

static const char *const tls_modes[] = { "off", "on", NULL };
static const struct sl_prop pg_props[] = {
	{ "host", SL_P_STRING, SL_PROP_REQUIRED, NULL, 0, 0, NULL, "Host of the server." },
	{ "port", SL_P_INT, 0, "5432", 1, 65535, NULL, "Port of the server." },
	{ "database", SL_P_STRING, 0, NULL, 0, 0, NULL, "Name of the database." },
	{ "password", SL_P_SECRET, 0, NULL, 0, 0, NULL, "Password, as a reference." },
	{ "tls", SL_P_ENUM, 0, "on", 0, 0, tls_modes, "Encrypt the connection." },
	{ "timeout", SL_P_MILLIS, 0, "10s", 1000, 600000, NULL, "Longest wait for an answer." },
};
static const struct sl_prop http_props[] = {
	{ "url", SL_P_URL, SL_PROP_REQUIRED, NULL, 0, 0, NULL, "Where events are sent." },
	{ "write_key", SL_P_SECRET, SL_PROP_REQUIRED, NULL, 0, 0, NULL, "Key, as a reference." },
	{ "gzip", SL_P_BOOL, 0, "true", 0, 0, NULL, "Compress requests." },
	{ "batch_bytes", SL_P_BYTES, 0, "500000", 1024, 1 << 26, NULL, "Most bytes of a request." },
	{ "headers", SL_P_LIST, 0, NULL, 0, 0, NULL, "More headers." },
};
static const struct sl_driver_info drivers[] = {
	{ "postgres", "PostgreSQL", true, 0, pg_props, SL_COUNT(pg_props) },
	{ "rudderstack", "RudderStack", false, SL_DST_REMOVES | SL_DST_EVENTS, http_props,
	  SL_COUNT(http_props) },
	{ "table", "A table", false, 0, pg_props, SL_COUNT(pg_props) },
};

static char dir[64];
static struct sl_config *config;
static struct sl_arena *arena;
static struct sl_err err;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sluice-config-XXXXXX");
	assert_non_null(mkdtemp(dir));
	arena = sl_arena_new(4096, 0);
	assert_non_null(arena);
	err = (struct sl_err){ 0 };
	return sl_config_init(dir, &err);
}

static int
teardown(void **state)
{
	char command[96];

	(void)state;
	sl_config_free(config);
	config = NULL;
	sl_arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *
path_of(const char *file)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

static void
put_bytes(const char *file, const char *text, size_t n)
{
	FILE *f = fopen(path_of(file), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
put(const char *file, const char *text)
{
	put_bytes(file, text, strlen(text));
}

static const char *
file_text(const char *file)
{
	static char text[8192];
	FILE *f = fopen(path_of(file), "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

static void
load(void)
{
	sl_config_free(config);
	config = NULL;
	if (sl_config_load(dir, drivers, SL_COUNT(drivers), &config, &err) != SL_OK)
		fail_msg("load: %s: %s", err.where, err.msg);
}

static void
put_good(void)
{
	put("connections/warehouse.json",
	    "{\"type\": \"postgres\", \"host\": \"db\", \"password\": \"env:PGPASSWORD\"}");
	put("connections/rudder.json", "{\"type\": \"rudderstack\", \"url\": \"https://r.example\","
				       " \"write_key\": \"env:KEY\"}");
	put("profiles/users.json", "{\"event\": \"identify\", \"map\": {\"userId\": \"id\"}}");
	put("profiles/rows.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	put("syncs/users.json",
	    "{\"source\": \"warehouse\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
	    " \"profile\": \"users\", \"destination\": \"rudder\"}");
}

static void
print_problems(const struct sl_problem_def *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print_message("# %s:%d: %s: %s (%s)\n", p[i].file, p[i].line, p[i].field,
			      p[i].problem, p[i].mend);
}

/* There is such a mistake, and its mend holds that text. */
static void
expect_at(const char *file, int line, const char *field, const char *problem, const char *mend)
{
	for (size_t i = 0; i < config->nproblems; i++) {
		const struct sl_problem_def *p = &config->problems[i];
		if (strcmp(p->file, file) == 0 && p->line == line && strcmp(p->field, field) == 0 &&
		    strstr(p->problem, problem) && strstr(p->mend, mend))
			return;
	}
	print_problems(config->problems, config->nproblems);
	fail_msg("missing: %s:%d: %s: %s (%s)", file, line, field, problem, mend);
}

static void
expect_count(size_t n)
{
	if (config->nproblems != n)
		print_problems(config->problems, config->nproblems);
	assert_int_equal(config->nproblems, n);
}

static bool
problems_hold(const char *text)
{
	for (size_t i = 0; i < config->nproblems; i++) {
		const struct sl_problem_def *p = &config->problems[i];
		if (strstr(p->problem, text) || strstr(p->mend, text) || strstr(p->field, text))
			return true;
	}
	return false;
}

/* ---- loading --------------------------------------------------------------------------------- */

static void
test_good_workspace(void **state)
{
	(void)state;
	put_good();
	put("syncs/notes.txt", "not one of ours");
	put("syncs/.users.json.swp", "not one of ours");
	load();
	expect_count(0);
	assert_int_equal(config->nobjects, 5);
	assert_string_equal(config->objects[0].name, "rudder");
	assert_string_equal(config->objects[4].file, "syncs/users.json");
	const struct sl_object_def *o = sl_config_find(config, SL_KIND_CONNECTION, "warehouse");
	assert_non_null(o);
	assert_false(o->broken);
	assert_string_equal(sl_object_get(o, "password"), "env:PGPASSWORD");
	assert_null(sl_object_get(o, "port"));
	assert_null(sl_config_find(config, SL_KIND_SYNC, "warehouse"));
}

static void
test_all_mistakes_of_a_connection_at_once(void **state)
{
	(void)state;
	put("connections/db.json", "{\n"
				   "  \"type\": \"postgres\",\n"
				   "  \"prot\": 5432,\n"
				   "  \"port\": \"5432\",\n"
				   "  \"tls\": \"yes\",\n"
				   "  \"timeout\": \"5 parsecs\",\n"
				   "  \"password\": \"hunter2-in-clear\",\n"
				   "  \"zzz\": {\"deep\": [1, {\"a\": \"}\"}]},\n"
				   "  \"database\": [\"a\"]\n"
				   "}\n");
	load();
	const char *f = "connections/db.json";
	expect_at(f, 0, "host", "missing", "Host of the server");
	expect_at(f, 3, "prot", "no setting", "did you mean \"port\"?");
	expect_at(f, 4, "port", "whole number", "without quotes");
	expect_at(f, 5, "tls", "off or on", "");
	expect_at(f, 6, "timeout", "duration", "5s");
	expect_at(f, 7, "password", "secret", "env:NAME");
	expect_at(f, 8, "zzz", "no setting", "host, port, database");
	expect_at(f, 9, "database", "a text, not a list", "quotes");
	expect_count(8);
	assert_false(problems_hold("hunter2"));
	const struct sl_object_def *o = sl_config_find(config, SL_KIND_CONNECTION, "db");
	assert_true(o->broken);
	assert_null(sl_object_get(o, "password"));
	assert_null(sl_object_get(o, "zzz"));
	assert_string_equal(sl_object_get(o, "tls"), "yes");
}

static void
test_all_mistakes_of_a_sync_at_once(void **state)
{
	(void)state;
	put_good();
	put("syncs/bad.json", "{\n"
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
	load();
	const char *f = "syncs/bad.json";
	expect_at(f, 2, "source", "no connection \"warehous\"", "did you mean \"warehouse\"?");
	expect_at(f, 4, "sql", "both table and sql", "keep the one");
	expect_at(f, 6, "profile", "no profile", "rows, users");
	expect_at(f, 7, "destinaton", "no setting", "did you mean \"destination\"?");
	expect_at(f, 0, "destination", "missing", "Connection to send to");
	expect_at(f, 8, "mode", "upsert, insert, update, mirror or append", "");
	expect_at(f, 9, "max_removes", "not a number with a fraction", "digits");
	expect_at(f, 10, "keep_events", "duration", "7d");
	expect_at(f, 11, "key", "item 2 of key is a number", "quotes");
	expect_at(f, 11, "key", "item 3 of key is empty", "");
	expect_count(10);
	/* In order of the lines, so that a person goes through the file once. */
	for (size_t i = 1; i < config->nproblems; i++)
		assert_true(config->problems[i - 1].line <= config->problems[i].line);
}

static void
test_model_and_key_of_a_sync(void **state)
{
	(void)state;
	put_good();
	put("syncs/none.json", "{\"source\": \"warehouse\", \"profile\": \"users\",\n"
			       " \"destination\": \"rudder\"}");
	put("syncs/odd.json", "{\"source\": \"warehouse\", \"table\": \"a.b.c\", \"key\": [],\n"
			      " \"profile\": \"users\", \"destination\": \"rudder\"}");
	put("syncs/twice.json", "{\"source\": \"warehouse\", \"sql\": \" \\n\",\n"
				" \"key\": [\"a\", \"b\", \"a\"],\n"
				" \"profile\": \"users\", \"destination\": \"rudder\"}");
	load();
	expect_at("syncs/none.json", 0, "table", "neither table nor sql", "SELECT");
	expect_at("syncs/none.json", 0, "key", "missing", "unique and never NULL");
	expect_at("syncs/odd.json", 1, "table", "more than two parts", "double quotes");
	expect_at("syncs/odd.json", 1, "key", "empty", "");
	expect_at("syncs/twice.json", 1, "sql", "empty", "SELECT");
	expect_at("syncs/twice.json", 2, "key", "\"a\" is in the key twice", "");
	expect_count(6);
}

static void
test_connections_in_the_wrong_place(void **state)
{
	(void)state;
	put_good();
	put("syncs/turned.json", "{\"source\": \"rudder\", \"table\": \"t\", \"key\": [\"id\"],\n"
				 " \"profile\": \"users\",\n"
				 " \"destination\": \"warehouse\"}");
	load();
	expect_at("syncs/turned.json", 1, "source", "cannot be the source", "warehouse");
	expect_at("syncs/turned.json", 3, "destination", "cannot be the destination", "rudder");
	expect_count(2);
}

static void
test_mirror_needs_an_event_that_can_remove(void **state)
{
	(void)state;
	put_good();
	put("connections/copy.json", "{\"type\": \"table\", \"host\": \"db\"}");
	put("profiles/ops.json",
	    "{\"event\": \"row\", \"map\": {\"id\": \"id\", \"op\": \" $op | upper\"}}");
	put("profiles/rec.json", "{\"event\": \"record\", \"map\": {\"id\": \"id\"}}");
	const char *names[] = { "users", "rows", "ops", "rec" };
	for (size_t i = 0; i < 4; i++) {
		char file[32], text[256];
		snprintf(file, sizeof(file), "syncs/m-%s.json", names[i]);
		snprintf(text, sizeof(text),
			 "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"],\n"
			 "\"profile\": \"%s\", \"destination\": \"rudder\",\n"
			 "\"mode\": \"mirror\"}",
			 names[i]);
		put(file, text);
	}
	put("syncs/n.json", "{\"source\": \"warehouse\", \"table\": \"t\", \"key\": [\"id\"],\n"
			    "\"profile\": \"rec\", \"destination\": \"copy\",\n"
			    "\"mode\": \"mirror\"}");
	load();
	expect_at("syncs/m-users.json", 3, "mode", "identify of profile \"users\" cannot",
		  "record");
	expect_at("syncs/m-rows.json", 3, "mode", "row of profile \"rows\" cannot", "$op");
	expect_at("syncs/n.json", 3, "mode", "\"copy\" cannot remove", "upsert");
	expect_at("syncs/n.json", 2, "profile", "\"copy\" takes rows", "event row");
	expect_count(4);
}

static void
test_mistakes_of_a_profile(void **state)
{
	(void)state;
	put("profiles/empty.json", "{\"event\": \"identify\",\n \"map\": {}}");
	put("profiles/none.json", "{\"nulls\": \"never\"}");
	put("profiles/list.json", "{\"event\": \"track\", \"map\": [\"id\"]}");
	put("profiles/odd.json", "{\"event\": \"track\", \"object\": \"X-y\", \"map\": {\n"
				 "  \"userId\": 42,\n"
				 "  \"\": \"id\",\n"
				 "  \"a\": \" \",\n"
				 "  \"b\": \"x\", \"b\": \"y\"\n"
				 "}}");
	load();
	expect_at("profiles/empty.json", 2, "map", "map is empty", "traits.email");
	expect_at("profiles/none.json", 0, "event", "missing", "identify");
	expect_at("profiles/none.json", 0, "map", "missing", "");
	expect_at("profiles/none.json", 1, "nulls", "send or omit", "");
	expect_at("profiles/list.json", 1, "map", "not a list", "braces");
	expect_at("profiles/odd.json", 1, "object", "goes with the event identify", "");
	expect_at("profiles/odd.json", 1, "object", "needs an identifier", "");
	expect_at("profiles/odd.json", 2, "map.userId", "text, not a number", "quotes");
	expect_at("profiles/odd.json", 3, "map.", "left side", "");
	expect_at("profiles/odd.json", 4, "map.a", "right side", "");
	expect_at("profiles/odd.json", 5, "b", "twice, first in line 5", "");
	expect_count(11);
}

static void
test_files_that_are_no_objects(void **state)
{
	char *big = malloc((1 << 20) + 100);

	(void)state;
	assert_non_null(big);
	memset(big, ' ', (1 << 20) + 100);
	big[0] = '{';
	put_bytes("profiles/big.json", big, (1 << 20) + 1);
	free(big);
	put("profiles/bom.json", "\xef\xbb\xbf{}");
	put("profiles/comma.json", "{\n \"event\": \"track\",\n}");
	put("profiles/cut.json", "{\n \"event\":");
	put("profiles/empty.json", " \n");
	put("profiles/latin.json", "{\n \"event\": \"caf\xe9\"}");
	put("profiles/list.json", "[1]");
	put("profiles/open.json", "{\"password\": \"hunter2\n\"}");
	put("profiles/twice.json", "{\"event\": \"row\",\n\"event\": \"track\",\n\"map\": "
				   "{\"a\": \"a\"}}");
	put("profiles/Bad Name.json", "{\"event\": \"row\", \"map\": {\"a\": \"a\"}}");
	put("profiles/loud.JSON", "{\"event\": \"row\", \"map\": {\"a\": \"a\"}}");
	assert_int_equal(symlink("/nowhere/at/all", path_of("profiles/link.json")), 0);
	assert_int_equal(mkdir(path_of("profiles/folder.json"), 0700), 0);
	assert_int_equal(mkfifo(path_of("profiles/fifo.json"), 0600), 0);
	load();
	expect_at("profiles/big.json", 0, "", "larger than 1 MiB", "");
	expect_at("profiles/bom.json", 1, "", "byte order mark", "");
	expect_at("profiles/comma.json", 3, "", "not JSON", "no comma after the last");
	expect_at("profiles/cut.json", 2, "", "not JSON", "the end is missing");
	expect_at("profiles/empty.json", 0, "", "empty", "object");
	expect_at("profiles/latin.json", 2, "", "not UTF-8", "UTF-8");
	expect_at("profiles/list.json", 1, "", "not a list", "{");
	expect_at("profiles/open.json", 1, "", "not JSON", "close the text");
	expect_at("profiles/twice.json", 2, "event", "twice, first in line 1", "keep one");
	expect_at("profiles/Bad Name.json", 0, "name", "cannot be a name", "bad-name.json");
	expect_at("profiles/loud.JSON", 0, "name", "small letters", "rename");
	expect_at("profiles/link.json", 0, "", "cannot be read", "points to");
	expect_at("profiles/folder.json", 0, "", "not a regular file", "");
	expect_at("profiles/fifo.json", 0, "", "not a regular file", "");
	expect_count(14);
	assert_false(problems_hold("hunter2"));
	assert_int_equal(config->nobjects, 14);
	for (size_t i = 0; i < config->nobjects; i++)
		assert_true(config->objects[i].broken);
}

static void
test_types_and_addresses_of_connections(void **state)
{
	(void)state;
	put("connections/a.json", "{\"type\": \"postgre\", \"password\": \"hunter2\"}");
	put("connections/b.json", "{\"url\": \"https://x\"}");
	put("connections/c.json", "{\"type\": 5}");
	put("connections/d.json", "{\"type\": \"rudderstack\", \"write_key\": \"env:K\",\n"
				  "\"url\": \"https://me:hunter2@x.example\"}");
	put("connections/e.json",
	    "{\"type\": \"postgres\", \"host\": \"postgres://me:hunter2@db/x\"}");
	load();
	expect_at("connections/a.json", 1, "type", "no type \"postgre\"", "\"postgres\"?");
	expect_at("connections/b.json", 0, "type", "missing",
		  "sources: postgres; destinations: rudderstack, table");
	expect_at("connections/c.json", 1, "type", "a text, not a number", "");
	expect_at("connections/d.json", 2, "url", "user or password", "");
	expect_at("connections/e.json", 1, "host", "user or password", "");
	expect_count(5);
	assert_false(problems_hold("hunter2"));
	for (size_t i = 0; i < config->nobjects; i++) {
		const struct sl_object_def *o = &config->objects[i];
		for (size_t k = 0; k < o->nsettings; k++)
			assert_null(strstr(o->settings[k].value, "hunter2"));
	}
}

static void
test_hostile_names_are_made_visible(void **state)
{
	(void)state;
	put("profiles/x.json",
	    "{\"event\": \"row\", \"a\\u001b[31m\": 1, \"map\": {\"a\": \"a\"}}");
	load();
	expect_count(1);
	assert_null(strchr(config->problems[0].problem, '\033'));
	assert_null(strchr(config->problems[0].field, '\033'));
}

static void
test_no_workspace(void **state)
{
	(void)state;
	assert_int_equal(sl_config_load("/nowhere/at/all", drivers, 2, &config, &err),
			 SL_E_NOTFOUND);
	assert_non_null(strstr(err.hint, "sluice init"));
	assert_int_equal(sl_config_load("/usr/share", drivers, 2, &config, &err), SL_E_NOTFOUND);
	assert_non_null(strstr(err.msg, "not a workspace"));
	assert_null(config);
}

/* ---- checking a form ------------------------------------------------------------------------- */

static void
test_check_of_a_form(void **state)
{
	const struct sl_setting wrong[] = { { "source", "rudder", 0 },
					    { "table", "t", 0 },
					    { "key", "id, region", 0 },
					    { "profile", "usres", 0 },
					    { "destination", "rudder", 0 },
					    { "mode", "", 0 },
					    { "sorce", "x", 0 },
					    { "table", "u", 0 } };
	struct sl_config_check what = { NULL,      drivers, SL_COUNT(drivers), SL_KIND_SYNC,
					"New One", wrong,   SL_COUNT(wrong) };
	struct sl_problem_def *p;
	size_t n;

	(void)state;
	put_good();
	load();
	what.config = config;
	assert_int_equal(sl_config_check(&what, arena, &p, &n, &err), SL_OK);
	print_problems(p, n);
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
	assert_int_equal(sl_config_check(&what, arena, &p, &n, &err), SL_OK);
	assert_int_equal(n, 0);
}

/* ---- saving ---------------------------------------------------------------------------------- */

static enum sl_code
save(enum sl_kind kind, const char *name, const struct sl_setting *s, size_t n)
{
	struct sl_config_check what = { config, drivers, SL_COUNT(drivers), kind, name, s, n };

	return sl_config_save(&what, &err);
}

static void
test_saved_files_are_stable(void **state)
{
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

	(void)state;
	load();
	assert_int_equal(save(SL_KIND_CONNECTION, "c", c, SL_COUNT(c)), SL_OK);
	assert_int_equal(save(SL_KIND_CONNECTION, "d", d, SL_COUNT(d)), SL_OK);
	assert_int_equal(save(SL_KIND_PROFILE, "p", p, SL_COUNT(p)), SL_OK);
	assert_int_equal(save(SL_KIND_SYNC, "s", s, SL_COUNT(s)), SL_OK);
	assert_string_equal(file_text("connections/c.json"), "{\n"
							     "  \"type\": \"postgres\",\n"
							     "  \"host\": \"d\\\"b\",\n"
							     "  \"port\": 5433,\n"
							     "  \"password\": \"env:P\",\n"
							     "  \"timeout\": \"5s\"\n"
							     "}\n");
	assert_string_equal(file_text("connections/d.json"),
			    "{\n"
			    "  \"type\": \"rudderstack\",\n"
			    "  \"url\": \"https://x\",\n"
			    "  \"write_key\": \"env:K\",\n"
			    "  \"gzip\": false,\n"
			    "  \"batch_bytes\": \"64k\",\n"
			    "  \"headers\": [\"A: b, c\", \"D: e\"]\n"
			    "}\n");
	assert_string_equal(file_text("profiles/p.json"), "{\n"
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
	assert_string_equal(file_text("syncs/s.json"), sync);
	load();
	expect_count(0);
	for (size_t i = 0; i < config->nobjects; i++) {
		const struct sl_object_def *o = &config->objects[i];
		char before[1024];
		strcpy(before, file_text(o->file));
		assert_int_equal(save(o->kind, o->name, o->settings, o->nsettings), SL_OK);
		assert_string_equal(file_text(o->file), before);
	}
	struct stat st;
	assert_int_equal(stat(path_of("syncs/s.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static int
count_files(const char *folder)
{
	char command[128];
	int n = -1;

	snprintf(command, sizeof(command), "ls -A '%s/%s' | wc -l", dir, folder);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

static void
test_a_failed_save_keeps_the_old_file(void **state)
{
	const struct sl_setting p[] = { { "event", "track", 0 }, { "map.userId", "another", 0 } };
	struct rlimit old, tiny;

	(void)state;
	put("profiles/p.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	load();
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	enum sl_code code = save(SL_KIND_PROFILE, "p", p, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(code, SL_E_IO);
	assert_int_equal(err.sys, EFBIG);
	assert_non_null(strstr(err.msg, "profiles/p.json"));
	assert_non_null(strstr(err.hint, "ulimit"));
	assert_string_equal(file_text("profiles/p.json"),
			    "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	assert_int_equal(count_files("profiles"), 1);
}

static void
test_a_read_only_file_is_not_replaced(void **state)
{
	const struct sl_setting p[] = { { "event", "track", 0 }, { "map.userId", "another", 0 } };

	(void)state;
	put("profiles/p.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	assert_int_equal(chmod(path_of("profiles/p.json"), 0444), 0);
	load();
	assert_int_equal(save(SL_KIND_PROFILE, "p", p, 2), SL_E_IO);
	assert_non_null(strstr(err.hint, "chmod u+w profiles/p.json"));
	assert_int_equal(save(SL_KIND_PROFILE, "../escape", p, 2), SL_E_CONFIG);
	assert_int_equal(rename(path_of("profiles"), "/tmp/sluice-config-moved"), 0);
	put("profiles", "a file in the place of the folder");
	assert_int_equal(save(SL_KIND_PROFILE, "q", p, 2), SL_E_IO);
	assert_non_null(strstr(err.msg, "profiles"));
	assert_int_equal(unlink(path_of("profiles")), 0);
	assert_int_equal(rename("/tmp/sluice-config-moved", path_of("profiles")), 0);
}

static void
test_delete(void **state)
{
	(void)state;
	put_good();
	load();
	assert_int_equal(sl_config_delete(config, SL_KIND_CONNECTION, "warehouse", &err),
			 SL_E_CONFIG);
	assert_non_null(strstr(err.msg, "in use by: users"));
	assert_int_equal(sl_config_delete(config, SL_KIND_PROFILE, "users", &err), SL_E_CONFIG);
	assert_int_equal(sl_config_delete(config, SL_KIND_PROFILE, "usres", &err), SL_E_NOTFOUND);
	assert_non_null(strstr(err.hint, "\"users\""));
	assert_int_equal(sl_config_delete(config, SL_KIND_SYNC, "users", &err), SL_OK);
	load();
	assert_null(sl_config_find(config, SL_KIND_SYNC, "users"));
	assert_int_equal(sl_config_delete(config, SL_KIND_PROFILE, "users", &err), SL_OK);
	assert_int_not_equal(access(path_of("profiles/users.json"), F_OK), 0);
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void
test_init_overwrites_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path_of("connections"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_string_equal(file_text(".gitignore"), "state/\n");
	assert_non_null(strstr(file_text("README.md"), "env:NAME"));
	put("README.md", "mine");
	put_good();
	assert_int_equal(sl_config_init(dir, &err), SL_OK);
	assert_string_equal(file_text("README.md"), "mine");
	load();
	expect_count(0);
	assert_int_equal(sl_config_init(path_of("a/b/c"), &err), SL_OK);
	assert_int_equal(access(path_of("a/b/c/syncs"), F_OK), 0);
	assert_int_equal(sl_config_init(path_of("README.md/x"), &err), SL_E_IO);
	assert_non_null(strstr(err.hint, "file"));
}

static void
test_default_dirs(void **state)
{
	char c[64], s[64];

	(void)state;
	setenv("HOME", "/home/me", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("XDG_STATE_HOME", "not/absolute", 1);
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &err), SL_OK);
	assert_string_equal(c, "/home/me/.config/sluice");
	assert_string_equal(s, "/home/me/.local/state/sluice");
	setenv("XDG_CONFIG_HOME", "/etc/xdg", 1);
	setenv("XDG_STATE_HOME", "/var/lib", 1);
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &err), SL_OK);
	assert_string_equal(c, "/etc/xdg/sluice");
	assert_string_equal(s, "/var/lib/sluice");
	assert_int_equal(sl_config_default_dirs("ws", c, s, sizeof(c), &err), SL_OK);
	assert_string_equal(s, "ws/state");
	assert_int_equal(sl_config_default_dirs(NULL, c, s, 8, &err), SL_E_CONFIG);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_int_equal(sl_config_default_dirs(NULL, c, s, sizeof(c), &err), SL_E_CONFIG);
	assert_non_null(strstr(err.hint, "-w"));
}

/* ---- typed views ----------------------------------------------------------------------------- */

static void
test_views(void **state)
{
	struct sl_sync sync;
	struct sl_profile profile;

	(void)state;
	put_good();
	put("syncs/b.json",
	    "{\"source\": \"warehouse\", \"sql\": [\"select\", \"1\"],\n"
	    "\"key\": [\"a,b\", \"c\"], \"mode\": \"append\", \"detect\": \"full\",\n"
	    "\"keep_events\": 0, \"max_removes\": 9,\n"
	    "\"profile\": \"users\", \"destination\": \"rudder\"}");
	put("profiles/c.json", "{\"event\": \"identify\", \"object\": \"A-b\",\n"
			       "\"identifier\": \"email\", \"nulls\": \"omit\",\n"
			       "\"map\": {\"z\": \"a\",\n \"y.x\": \"b\"}}");
	load();
	expect_count(0);
	const struct sl_object_def *o = sl_config_find(config, SL_KIND_SYNC, "users");
	assert_int_equal(sl_sync_read(o, arena, &sync, &err), SL_OK);
	assert_string_equal(sync.table, "public.users");
	assert_null(sync.sql);
	assert_int_equal(sync.mode, SL_MODE_UPSERT);
	assert_int_equal(sync.detect, SL_DETECT_DIFF);
	assert_int_equal(sync.keep_events_ms, 7 * 86400000);
	assert_int_equal(sync.max_removes, -1);
	assert_string_equal(sync.schedule, "manual");
	o = sl_config_find(config, SL_KIND_SYNC, "b");
	assert_int_equal(sl_sync_read(o, arena, &sync, &err), SL_OK);
	assert_string_equal(sync.sql, "select\n1");
	assert_int_equal(sync.nkey, 2);
	assert_string_equal(sync.key[0], "a,b");
	assert_string_equal(sync.key[1], "c");
	assert_int_equal(sync.mode, SL_MODE_APPEND);
	assert_string_equal(sl_mode_name(sync.mode), "append");
	assert_int_equal(sync.detect, SL_DETECT_FULL);
	assert_int_equal(sync.keep_events_ms, 0);
	assert_int_equal(sync.max_removes, 9);
	o = sl_config_find(config, SL_KIND_PROFILE, "c");
	assert_int_equal(sl_profile_read(o, arena, &profile, &err), SL_OK);
	assert_string_equal(profile.object, "A-b");
	assert_int_equal(profile.nulls, SL_NULLS_OMIT);
	assert_int_equal(profile.nmap, 2);
	assert_string_equal(profile.map[0].to, "z");
	assert_string_equal(profile.map[1].to, "y.x");
	assert_int_equal(profile.map[1].line, 4);
	assert_int_equal(sl_sync_read(o, arena, &sync, &err), SL_E_CONFIG);
}

static void
test_table_names(void **state)
{
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

	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		enum sl_code code = sl_table_split(cases[i].text, arena, &schema, &table, &err);
		assert_int_equal(code, cases[i].table ? SL_OK : SL_E_CONFIG);
		if (!cases[i].table)
			continue;
		assert_str(schema, cases[i].schema);
		assert_str(table, cases[i].table);
	}
}

#define WS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WS(test_good_workspace),
		WS(test_all_mistakes_of_a_connection_at_once),
		WS(test_all_mistakes_of_a_sync_at_once),
		WS(test_model_and_key_of_a_sync),
		WS(test_connections_in_the_wrong_place),
		WS(test_mirror_needs_an_event_that_can_remove),
		WS(test_mistakes_of_a_profile),
		WS(test_files_that_are_no_objects),
		WS(test_types_and_addresses_of_connections),
		WS(test_hostile_names_are_made_visible),
		WS(test_no_workspace),
		WS(test_check_of_a_form),
		WS(test_saved_files_are_stable),
		WS(test_a_failed_save_keeps_the_old_file),
		WS(test_a_read_only_file_is_not_replaced),
		WS(test_delete),
		WS(test_init_overwrites_nothing),
		WS(test_default_dirs),
		WS(test_views),
		WS(test_table_names),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
