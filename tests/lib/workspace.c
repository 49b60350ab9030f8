/* workspace.c - see workspace.h. */
#include "tests/lib/workspace.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
const struct sl_driver_info ws_drivers[] = {
	{ "postgres", "PostgreSQL", true, 0, pg_props, SL_COUNT(pg_props) },
	{ "rudderstack", "RudderStack", false, SL_DST_REMOVES | SL_DST_EVENTS, http_props,
	  SL_COUNT(http_props) },
	{ "table", "A table", false, 0, pg_props, SL_COUNT(pg_props) },
};
const size_t ws_ndrivers = SL_COUNT(ws_drivers);

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
ws_remove_folder(const char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int
ws_setup(void **state)
{
	struct ws *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/sluice-ws-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->arena = sl_arena_new(4096, 0);
	assert_non_null(w->arena);
	assert_int_equal(sl_config_init(w->dir, &w->err), SL_OK);
	*state = w;
	return 0;
}

int
ws_teardown(void **state)
{
	struct ws *w = *state;

	ws_remove_folder(w->dir);
	sl_config_free(w->config);
	sl_arena_free(w->arena);
	free(w);
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

const char *
ws_path(const struct ws *w, const char *file)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", w->dir, file);
	return path;
}

void
ws_put_bytes(const struct ws *w, const char *file, const char *text, size_t n)
{
	FILE *f = fopen(ws_path(w, file), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

void
ws_put(const struct ws *w, const char *file, const char *text)
{
	ws_put_bytes(w, file, text, strlen(text));
}

const char *
ws_text(const struct ws *w, const char *file)
{
	static char text[8192];
	FILE *f = fopen(ws_path(w, file), "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

int
ws_count_files(const struct ws *w, const char *folder)
{
	DIR *d = opendir(ws_path(w, folder));
	int n = -2; /* without . and .. */

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

void
ws_put_good(const struct ws *w)
{
	ws_put(w, "connections/warehouse.json",
	       "{\"type\": \"postgres\", \"host\": \"db\", \"password\": \"env:PGPASSWORD\"}");
	ws_put(w, "connections/rudder.json",
	       "{\"type\": \"rudderstack\", \"url\": \"https://r.example\","
	       " \"write_key\": \"env:KEY\"}");
	ws_put(w, "profiles/users.json",
	       "{\"event\": \"identify\", \"map\": {\"userId\": \"id\"}}");
	ws_put(w, "profiles/rows.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
	ws_put(w, "syncs/users.json",
	       "{\"source\": \"warehouse\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
	       " \"profile\": \"users\", \"destination\": \"rudder\"}");
}

enum sl_code
ws_save(struct ws *w, enum sl_kind kind, const char *name, const struct sl_setting *s, size_t n)
{
	struct sl_config_check what = { w->config, ws_drivers, ws_ndrivers, kind, name, s, n };

	return sl_config_save(&what, &w->err);
}

/* ---- loading ---------------------------------------------------------------------------------- */

void
ws_load(struct ws *w)
{
	sl_config_free(w->config);
	w->config = NULL;
	if (sl_config_load(w->dir, ws_drivers, ws_ndrivers, &w->config, &w->err) != SL_OK)
		fail_msg("load: %s: %s", w->err.where, w->err.msg);
}

static void
print_problems(const struct ws *w)
{
	for (size_t i = 0; i < w->config->nproblems; i++) {
		const struct sl_problem_def *p = &w->config->problems[i];
		print_message("# %s:%d: %s: %s (%s)\n", p->file, p->line, p->field, p->problem,
			      p->mend);
	}
}

static bool
is_told(const struct ws *w, const struct ws_mistake *m)
{
	for (size_t i = 0; i < w->config->nproblems; i++) {
		const struct sl_problem_def *p = &w->config->problems[i];
		if (strcmp(p->file, m->file) == 0 && p->line == m->line &&
		    strcmp(p->field, m->field) == 0 && strstr(p->problem, m->problem) &&
		    strstr(p->mend, m->mend))
			return true;
	}
	return false;
}

void
ws_expect(const struct ws *w, const struct ws_mistake *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_told(w, &m[i]))
			continue;
		print_problems(w);
		fail_msg("missing: %s:%d: %s: %s (%s)", m[i].file, m[i].line, m[i].field,
			 m[i].problem, m[i].mend);
	}
	if (w->config->nproblems != n)
		print_problems(w);
	assert_int_equal(w->config->nproblems, n);
}

bool
ws_problems_hold(const struct ws *w, const char *text)
{
	for (size_t i = 0; i < w->config->nproblems; i++) {
		const struct sl_problem_def *p = &w->config->problems[i];
		if (strstr(p->problem, text) || strstr(p->mend, text) || strstr(p->field, text))
			return true;
	}
	return false;
}
