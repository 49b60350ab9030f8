/* screen_world.c - sets up what the screens are measured on. */
#include "tests/lib/screen_world.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYNCS 50

void
screen_world_die(const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "bench: screens: %s\n", text);
	exit(1);
}

/* ---- its parts ------------------------------------------------------------------------------- */

static void SL_PRINTF(3, 4)
	put(const struct screen_world *w, const char *path, const char *fmt, ...)
{
	char full[300], text[1024];
	va_list ap;

	(void)snprintf(full, sizeof(full), "%s/%s", w->dir, path);
	FILE *f = fopen(full, "w");
	if (!f)
		screen_world_die("cannot write %s", full);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fputs(text, f) < 0 || fclose(f) != 0)
		screen_world_die("cannot write %s", full);
}

static void
put_sync(const struct screen_world *w, const char *name, const char *table, const char *dest)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "syncs/%s.json", name);
	put(w, path,
	    "{\"source\": \"wh\", \"table\": \"public.%s\", \"key\": [\"id\"],"
	    " \"profile\": \"users\", \"destination\": \"%s\"}\n",
	    table, dest);
}

static void
put_dest(const struct screen_world *w, const char *name, int rate)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "connections/%s.json", name);
	put(w, path,
	    "{\"type\": \"rudderstack\", \"url\": \"%s\", \"write_key\": \"env:BENCH_KEY\","
	    " \"batch_events\": %d, \"rate\": %d}\n",
	    test_receiver_url(w->rx), rate && rate < 500 ? 10 : 500, rate);
}

static void
make_workspace(const struct screen_world *w)
{
	static const char *const folders[] = { "", "/connections", "/profiles", "/syncs" };
	char path[200];

	for (size_t i = 0; i < SL_COUNT(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", w->dir, folders[i]);
		if (mkdir(path, 0700) != 0 && i > 0)
			screen_world_die("cannot make %s", path);
	}
	put(w, "connections/wh.json",
	    "{\"type\": \"postgres\", \"host\": \"%s\", \"port\": %d, \"database\": \"postgres\","
	    " \"user\": \"postgres\"}\n",
	    test_pg_host(w->pg), test_pg_port(w->pg));
	put(w, "profiles/users.json",
	    "{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.email\": \"email\","
	    " \"traits.name\": \"name\", \"traits.plan\": \"plan\", \"traits.balance\": "
	    "\"balance\","
	    " \"traits.prefs\": \"prefs\", \"traits.createdAt\": \"created_at\"}}\n");
	put_dest(w, "rx", 0);
	put_dest(w, "paced", 8000);
	put_dest(w, "drip", 20);
}

void
screen_world_syncs(const struct screen_world *w)
{
	char name[32];

	put_sync(w, "a-drip", "few", "drip");
	put_sync(w, "b-paced", "many", "paced");
	put_sync(w, "c-fast", "users", "rx");
	for (int i = 3; i < SYNCS; i++) {
		(void)snprintf(name, sizeof(name), "sync-%02d", i + 1);
		put_sync(w, name, "few", "rx");
	}
}

static void
make_table(const struct screen_world *w, const char *name, int n)
{
	char sql[800];

	(void)snprintf(
		sql, sizeof(sql),
		"CREATE TABLE %s AS SELECT i AS id, 'User' || i || '@Example.com' AS email,"
		" 'Name ' || i AS name, CASE i %% 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' END"
		" AS plan, (i * 1.25)::numeric(12,2) AS balance,"
		" jsonb_build_object('lang', 'de', 'n', i) AS prefs,"
		" '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 minute' AS created_at"
		" FROM generate_series(1, %d) AS i; ALTER TABLE %s ADD PRIMARY KEY (id);"
		" ANALYZE %s",
		name, n, name, name);
	test_pg_sql(w->pg, NULL, sql);
}

/* As a year of runs leaves it. */
void
screen_world_log(const struct screen_world *w, int lines)
{
	char path[200], sql[600], *err = NULL;
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/state/log.db", w->dir);
	(void)snprintf(
		sql, sizeof(sql),
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO line (at_us, run, level, sync, part, text, block_no, idx, events,"
		" status, took_us, answer) SELECT (unixepoch() - 200000 + i) * 1000000, 0, 1,"
		" 'sync-' || i %% 50, 'send', 'request of 500 events: 500 acknowledged', -1, -1,"
		" 500, 200, 1000 + i %% 5000, '' FROM n",
		lines);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &err) != SQLITE_OK)
		screen_world_die("cannot fill %s: %s", path, err ? err : sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

void
screen_world_open(struct screen_world *w)
{
	const struct sl_receive_options discard = { .discard = true };
	const char *tmp = getenv("TMPDIR");

	*w = (struct screen_world){ 0 };
	(void)snprintf(w->dir, sizeof(w->dir), "%s/sluice-tui-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(w->dir) || setenv("BENCH_KEY", "any", 1) != 0)
		screen_world_die("cannot make %s", w->dir);
	w->pg = test_pg_start(0);
	w->rx = test_receiver_start(&discard);
	make_table(w, "few", 3000);
	make_table(w, "grid", 50000);
	make_table(w, "many", 300000);
	make_table(w, "users", 6000000);
	make_workspace(w);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void
screen_world_close(struct screen_world *w)
{
	test_receiver_stop(w->rx);
	test_pg_stop(w->pg);
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
