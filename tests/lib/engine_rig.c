/* engine_rig.c - sets the neighbours up and asks the engine. */
#include "tests/lib/engine_rig.h"

#include "tests/lib/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 120000 /* sanitizers on a busy machine are slow */

/* ---- files ----------------------------------------------------------------------------------- */

void
engine_rig_file(const struct engine_rig *r, const char *path, const char *text)
{
	char full[400];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", r->dir, path);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void
engine_rig_unfile(const struct engine_rig *r, const char *path)
{
	char full[400];

	(void)snprintf(full, sizeof(full), "%s/%s", r->dir, path);
	(void)unlink(full);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static void
remove_tree(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
make_workspace(struct engine_rig *r)
{
	static const char *const folders[] = { "", "/connections", "/profiles", "/syncs" };
	char text[1024], path[400];

	for (size_t i = 0; i < SL_COUNT(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", r->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"postgres\", \"host\": \"%s\", \"port\": %d,\n"
		       " \"database\": \"shop\", \"user\": \"postgres\"}\n",
		       test_pg_host(r->pg), test_pg_port(r->pg));
	engine_rig_file(r, "connections/wh.json", text);
	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s\",\n"
		       " \"write_key\": \"env:ENGINE_RIG_KEY\", \"batch_events\": 50}\n",
		       test_receiver_url(r->rx));
	engine_rig_file(r, "connections/rx.json", text);
	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\",\n"
			" \"map\": {\n"
			"  \"userId\": \"id\",\n"
			"  \"traits.email\": \"email | lower\",\n"
			"  \"traits.name\": \"name\",\n"
			"  \"traits.plan\": \"plan\",\n"
			"  \"traits.balance\": \"balance\",\n"
			"  \"traits.lang\": \"prefs.lang\"}}\n");
	engine_rig_file(r, "syncs/users.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"rx\"}\n");
}

/* ---- the warehouse ------------------------------------------------------------------------------ */

void
engine_rig_sql(const struct engine_rig *r, const char *sql)
{
	test_pg_sql(r->pg, "shop", sql);
}

void
engine_rig_users(const struct engine_rig *r, int n)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql),
		       "SET client_min_messages = warning; DROP TABLE IF EXISTS users;"
		       "CREATE TABLE users (id int PRIMARY KEY, email text, name text, plan text,"
		       " balance numeric(12,2), prefs jsonb, created_at timestamptz);"
		       "INSERT INTO users SELECT i, 'User' || i || '@Example.com', 'Name ' || i,"
		       " CASE i %% 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' END, i * 1.25,"
		       " jsonb_build_object('lang', 'de', 'n', i),"
		       " '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 hour'"
		       " FROM generate_series(1, %d) AS i; ANALYZE users",
		       n);
	engine_rig_sql(r, sql);
}

void
engine_rig_slowly(const struct engine_rig *r, const char *seconds)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE OR REPLACE FUNCTION slowly(t text) RETURNS text LANGUAGE plpgsql"
		       " STABLE AS 'BEGIN PERFORM pg_sleep(%s); RETURN t; END'",
		       seconds);
	engine_rig_sql(r, sql);
}

/* ---- life --------------------------------------------------------------------------------------- */

int
engine_rig_setup(void **state)
{
	struct engine_rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	assert_int_equal(setenv("ENGINE_RIG_KEY", "rig", 1), 0);
	r->pg = test_pg_start(0);
	test_pg_sql(r->pg, NULL, "CREATE DATABASE shop");
	*state = r;
	return 0;
}

int
engine_rig_teardown(void **state)
{
	struct engine_rig *r = *state;

	test_pg_stop(r->pg);
	free(r);
	return 0;
}

static void
drop_parts(struct engine_rig *r)
{
	for (unsigned i = 0; i < r->nparts; i++)
		sl_table_free(r->parts[i]);
	r->nparts = 0;
}

void
engine_rig_open(struct engine_rig *r, bool read_only)
{
	const struct sl_options o = {
		.workspace = r->dir, .workers = 2, .read_only = read_only, .who = "rig"
	};

	r->engine = sl_engine_open(&o, &r->problem);
	if (!r->engine)
		fail_msg("the engine does not open: %s", r->problem.message);
}

void
engine_rig_shut(struct engine_rig *r)
{
	drop_parts(r);
	sl_engine_close(r->engine, 5000);
	r->engine = NULL;
}

int
engine_rig_fresh(void **state)
{
	struct engine_rig *r = *state;
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(r->dir, sizeof(r->dir), "%s/sluice-engine-%ld", tmp && *tmp ? tmp : "/tmp",
		       (long)getpid());
	remove_tree(r->dir);
	r->rx = test_receiver_start(NULL);
	r->config_messages = 0;
	make_workspace(r);
	engine_rig_users(r, 50);
	engine_rig_open(r, false);
	return 0;
}

int
engine_rig_close(void **state)
{
	struct engine_rig *r = *state;

	engine_rig_shut(r);
	test_receiver_stop(r->rx);
	r->rx = NULL;
	remove_tree(r->dir);
	return 0;
}

/* ---- answers ------------------------------------------------------------------------------------ */

static void
other(void *arg, const struct sl_msg *m)
{
	struct engine_rig *r = arg;

	if (m && m->kind == SL_MSG_CONFIG)
		r->config_messages++;
	if (m && m->kind == SL_MSG_REPLY && m->table && r->nparts < ENGINE_RIG_PARTS)
		r->parts[r->nparts++] = sl_table_copy(m->table);
}

struct sl_msg *
engine_rig_wait(struct engine_rig *r, sl_ticket t)
{
	struct sl_msg *m;

	drop_parts(r);
	assert_true(t != 0);
	m = sl_wait(r->engine, t, WAIT_MS, other, r);
	if (!m)
		fail_msg("no answer within %d ms", WAIT_MS);
	if (m && m->failed)
		r->problem = m->problem;
	return m;
}

struct sl_msg *
engine_rig_ok(struct engine_rig *r, sl_ticket t)
{
	struct sl_msg *m = engine_rig_wait(r, t);

	if (m->failed)
		fail_msg("%s: %s (%s)", m->problem.where, m->problem.message, m->problem.hint);
	return m;
}

struct sl_msg *
engine_rig_fail(struct engine_rig *r, sl_ticket t)
{
	struct sl_msg *m = engine_rig_wait(r, t);

	assert_true(m->failed);
	return m;
}

int
engine_rig_row(const struct sl_table *t, const char *column, const char *text)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *cell = sl_table_get(t, i, column);

		if (cell && strcmp(cell, text) == 0)
			return (int)i;
	}
	return -1;
}

/* ---- runs --------------------------------------------------------------------------------------- */

static struct sl_run_stats
wait_run(struct engine_rig *r, int64_t run, bool held_will_do)
{
	struct sl_run_stats s = { 0 };

	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		struct sl_msg *m;

		while ((m = sl_next(r->engine)))
			sl_msg_free(m);
		if (sl_run_stats(r->engine, run, &s) &&
		    (!s.open || (held_will_do && strcmp(s.state, "held") == 0)))
			return s;
		usleep(5000);
	}
	fail_msg("run %lld is still %s", (long long)run, s.state);
	return s;
}

struct sl_run_stats
engine_rig_settle(struct engine_rig *r, int64_t run)
{
	return wait_run(r, run, true);
}

struct sl_run_stats
engine_rig_end(struct engine_rig *r, int64_t run)
{
	return wait_run(r, run, false);
}

struct sl_run_stats
engine_rig_run(struct engine_rig *r, const char *sync, unsigned flags)
{
	struct sl_msg *m = engine_rig_ok(r, sl_start(r->engine, sync, flags));
	const int64_t run = sl_table_get_int(m->table, 0, "run");

	sl_msg_free(m);
	return engine_rig_settle(r, run);
}

struct sl_run_stats
engine_rig_settled(struct engine_rig *r, const char *sync, unsigned flags)
{
	struct sl_run_stats s = engine_rig_run(r, sync, flags);

	if (strcmp(s.state, "settled") != 0)
		fail_msg("%s: %s", s.state, s.error);
	return s;
}

bool
engine_rig_log_says(struct engine_rig *r, const char *text)
{
	const struct sl_log_filter f = { .text = text };
	struct sl_msg *m = engine_rig_ok(r, sl_log(r->engine, &f, 0, 0, 10));
	const bool found = sl_table_rows(m->table) > 0;

	sl_msg_free(m);
	return found;
}

struct sl_confirm
engine_rig_yes(const struct sl_run_stats *s)
{
	return (struct sl_confirm){ (int64_t)s->removes, s->plan, s->sync };
}
