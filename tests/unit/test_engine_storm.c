/* Many syncs at once while everything goes wrong at random: rows change, the destination misbehaves, runs are
 * started, held, released, stopped and resumed, the engine is closed and opened again. When it is quiet
 * again every row must be where it belongs, nothing may have been sent twice under one id with two
 * bodies, and the accounting of every run must hold.
 *
 * STORM_SEED picks another storm, STORM_STEPS a longer one. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include "core/base/clock.h"
#include "core/base/pacing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYNCS 4 /* the last one reads SQLite, the one before mirrors */
#define ROWS  400
#define LATE_US                                                                                    \
	10000000 /* a close with half a second of grace is over by then, on a busy machine, too */
#define TRY_MOST 60

struct storm {
	struct engine_rig *r;
	struct sl_rng rng;
	sqlite3 *lite;
	sl_ticket tickets[16];
	unsigned ntickets;
};

static unsigned
dice(struct storm *s, unsigned n)
{
	return (unsigned)sl_rng_below(&s->rng, n);
}

static unsigned
number_from(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* ---- sources ------------------------------------------------------------------------------------- */

static void
sql(struct storm *s, unsigned sync, const char *statement)
{
	if (sync < SYNCS - 1)
		engine_rig_sql(s->r, statement);
	else
		assert_int_equal(sqlite3_exec(s->lite, statement, NULL, NULL, NULL), SQLITE_OK);
}

static void
make_source(struct storm *s, unsigned sync)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "CREATE TABLE storm%u (id text PRIMARY KEY, n int, v int);"
		       "INSERT INTO storm%u WITH RECURSIVE c(i) AS"
		       " (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)"
		       " SELECT 's%u-' || i, i, 0 FROM c",
		       sync, sync, ROWS, sync);
	sql(s, sync, text);
}

static void
change_rows(struct storm *s)
{
	const unsigned sync = dice(s, SYNCS), at = 1 + dice(s, ROWS), n = 1 + dice(s, 60);
	char text[512];

	switch (dice(s, 3)) {
	case 0:
		(void)snprintf(text, sizeof(text),
			       "UPDATE storm%u SET v = (v + 1) %% 3 WHERE n BETWEEN %u AND %u",
			       sync, at, at + n);
		break;
	case 1:
		/* Removes are the mirror's alone: an upsert would keep them at the destination. */
		(void)snprintf(text, sizeof(text), "DELETE FROM storm%u WHERE n BETWEEN %u AND %u",
			       SYNCS - 2, at, at + n);
		sql(s, SYNCS - 2, text);
		return;
	default:
		(void)snprintf(
			text, sizeof(text),
			"INSERT INTO storm%u SELECT 's%u-' || (n + %u), n + %u, v FROM storm%u"
			" WHERE n BETWEEN %u AND %u ON CONFLICT DO NOTHING",
			sync, sync, n, n, sync, at, at + n);
	}
	sql(s, sync, text);
}

/* ---- what a client does ------------------------------------------------------------------------------ */

static void
ask(struct storm *s, sl_ticket t)
{
	if (s->ntickets < SL_COUNT(s->tickets))
		s->tickets[s->ntickets++] = t;
}

static void
read_messages(struct storm *s)
{
	struct sl_msg *m;

	while ((m = sl_next(s->r->engine)))
		sl_msg_free(m);
	s->ntickets = 0;
}

/* The id of a run of this process, or a number that is none. */
static int64_t
some_run(struct storm *s)
{
	int64_t ids[16];
	const unsigned n = sl_open_runs(s->r->engine, ids, 16);

	return n > 0 ? ids[dice(s, n < 16 ? n : 16)] : (int64_t)dice(s, 40);
}

static void
start(struct storm *s)
{
	static const unsigned flags[] = { 0, 0, 0, 0, SL_RUN_HOLD, SL_RUN_ALL, SL_RUN_DRY };
	char name[16];

	(void)snprintf(name, sizeof(name), "storm%u", dice(s, SYNCS));
	ask(s, sl_start(s->r->engine, name, flags[dice(s, SL_COUNT(flags))]));
}

static void
release(struct storm *s)
{
	const int64_t run = some_run(s);
	struct sl_run_stats st;

	if (sl_run_stats(s->r->engine, run, &st)) {
		const struct sl_confirm yes = engine_rig_yes(&st);

		ask(s, sl_release(s->r->engine, run, dice(s, 3) > 0 ? &yes : NULL));
	}
}

static void
misbehave(struct storm *s)
{
	static const char *const faults[] = {
		"{}",
		"{}",
		"{\"slow_ms\": 60}",
		"{\"drop_every\": 3}",
		"{\"reset_every\": 2}",
		"{\"fail_every\": 2, \"fail_status\": 503}",
		"{\"fail_probability\": 0.4}",
		"{\"throttle_every\": 3, \"retry_after\": 1}",
		"{\"throttle_every\": 1, \"retry_after\": 3600}",
		"{\"too_large_every\": 4}",
		"{\"refuse\": [\"s0-7\", \"s1-8\", \"s3-9\"]}",
		"{\"fail_every\": 1, \"fail_status\": 401}",
		"{\"slow_ms\": 20000}",
	};

	test_receiver_faults(s->r->rx, faults[dice(s, SL_COUNT(faults))]);
}

static void
browse(struct storm *s)
{
	static const char *const key[] = { "id" };
	const struct sl_what what = { .connection = dice(s, 2) ? "wh" : "lite",
				      .table = dice(s, 2) ? "storm3" : "public.storm0" };
	const struct sl_page page = { .key = key, .nkey = 1, .limit = 50 };

	switch (dice(s, 6)) {
	case 0:
		ask(s, sl_rows(s->r->engine, &what, &page));
		break;
	case 1:
		ask(s, sl_list(s->r->engine, SL_SYNC));
		break;
	case 2:
		ask(s, sl_runs(s->r->engine, NULL, 0, 20));
		break;
	case 3:
		ask(s, sl_changes(s->r->engine, dice(s, 2) ? some_run(s) : -(int64_t)dice(s, 5),
				  NULL, 0, 50));
		break;
	case 4:
		ask(s, sl_retry(s->r->engine, "storm0", NULL, 0));
		break;
	default:
		ask(s, sl_test(s->r->engine, "rx", NULL, 0));
	}
	if (dice(s, 3) == 0)
		sl_cancel(s->r->engine, s->tickets[dice(s, s->ntickets)]);
}

static void
close_and_open(struct storm *s)
{
	const int64_t from = sl_mono_us();
	int64_t took;

	s->ntickets = 0;
	sl_engine_close(s->r->engine, dice(s, 500));
	s->r->engine = NULL;
	took = sl_mono_us() - from;
	if (took > LATE_US)
		fail_msg("closing took %lld us", (long long)took);
	engine_rig_open(s->r, false);
}

static void
step(struct storm *s)
{
	const unsigned what = dice(s, 100);

	if (what < 30)
		start(s);
	else if (what < 50)
		change_rows(s);
	else if (what < 60)
		ask(s, sl_stop(s->r->engine, some_run(s)));
	else if (what < 70)
		release(s);
	else if (what < 74)
		ask(s, sl_resume(s->r->engine, some_run(s)));
	else if (what < 82)
		misbehave(s);
	else if (what < 94)
		browse(s);
	else if (what < 97)
		close_and_open(s);
	else
		usleep(dice(s, 300000));
	if (dice(s, 3) == 0)
		read_messages(s);
	usleep(dice(s, 40000));
}

/* ---- when it is quiet again ---------------------------------------------------------------------------- */

/* Start the sync until a run settles by itself; what it finds on its way is ended. */
static struct sl_run_stats
settle(struct storm *s, const char *sync, unsigned flags)
{
	struct sl_run_stats st = { 0 };

	for (int i = 0; i < TRY_MOST; i++) {
		struct sl_msg *m = engine_rig_wait(s->r, sl_start(s->r->engine, sync, flags));
		const int64_t run = sl_table_get_int(m->table, 0, "run");
		const bool refused = m->failed;

		sl_msg_free(m);
		if (refused && run == 0) {
			usleep(20000);
			continue;
		}
		if (refused && sl_run_stats(s->r->engine, run, &st) && st.open &&
		    strcmp(st.state, "held") != 0) {
			(void)engine_rig_settle(s->r, run);
			continue;
		}
		if (refused) {
			sl_msg_free(engine_rig_wait(s->r, sl_stop(s->r->engine, run)));
			usleep(20000);
			continue;
		}
		st = engine_rig_settle(s->r, run);
		if (strcmp(st.state, "held") == 0) {
			const struct sl_confirm yes = engine_rig_yes(&st);

			sl_msg_free(engine_rig_ok(s->r, sl_release(s->r->engine, run, &yes)));
			st = engine_rig_end(s->r, run);
		}
		if (strcmp(st.state, "settled") == 0)
			return st;
		print_message("%s: run %lld %s: %s\n", sync, (long long)run, st.state, st.error);
	}
	fail_msg("%s never settles", sync);
	return st;
}

/* Did the mirror ever get the last word about this row acknowledged, and was it not "delete"? */
static bool
is_ours(struct storm *s, const char *id)
{
	struct sl_msg *runs = engine_rig_ok(s->r, sl_runs(s->r->engine, "storm2", 0, 1000));
	char key[64], last[16] = "remove";

	(void)snprintf(key, sizeof(key), "[\"%s\"]", id);
	for (unsigned i = sl_table_rows(runs->table); i-- > 0;) {
		struct sl_msg *m = engine_rig_ok(
			s->r, sl_changes(s->r->engine, sl_table_get_int(runs->table, i, "run"),
					 NULL, 0, 100000));

		for (unsigned k = 0; k < sl_table_rows(m->table); k++)
			if (strcmp(sl_table_get(m->table, k, "key"), key) == 0 &&
			    strcmp(sl_table_get(m->table, k, "verdict"), "acked") == 0)
				(void)snprintf(last, sizeof(last), "%s",
					       sl_table_get(m->table, k, "op"));
		sl_msg_free(m);
	}
	sl_msg_free(runs);
	return strcmp(last, "remove") != 0;
}

/* A row that was added, but never acknowledged, and then deleted stays at the destination: a remove is only
 * sent for what this sync got acknowledged itself. Nothing else may be there too much. */
static void
forget_orphans(struct storm *s)
{
	char *ids =
		test_receiver_get(s->r->rx, "SELECT group_concat(json_extract(fields, '$.id'), ' ')"
					    " FROM records WHERE action <> 'delete'");

	for (char *rest = NULL, *id = strtok_r(ids, " ", &rest); id;
	     id = strtok_r(NULL, " ", &rest)) {
		char text[256], *here;

		(void)snprintf(text, sizeof(text), "SELECT id FROM storm2 WHERE id = '%s'", id);
		here = test_pg_get(s->r->pg, "shop", text);
		if (!here && is_ours(s, id))
			fail_msg("%s was acknowledged and is gone, but was not removed", id);
		if (!here) {
			(void)snprintf(text, sizeof(text),
				       "INSERT INTO storm2 VALUES ('%s', %s, 0)", id,
				       id + strlen("s2-"));
			engine_rig_sql(s->r, text);
		}
		free(here);
	}
	free(ids);
}

static void
assert_same(struct storm *s, unsigned sync)
{
	char there[512], here[256];
	char *a, *b = NULL;

	(void)snprintf(here, sizeof(here),
		       sync < SYNCS - 1
			       ? "SELECT string_agg(id || '=' || v, ' ' ORDER BY n) FROM storm%u"
			       : "SELECT group_concat(x, ' ') FROM (SELECT id || '=' || v AS x"
				 " FROM storm%u ORDER BY n)",
		       sync);
	if (sync == SYNCS - 2)
		(void)snprintf(
			there, sizeof(there),
			"SELECT group_concat(x, ' ') FROM (SELECT json_extract(fields, '$.id') || "
			"'='"
			" || json_extract(fields, '$.v') AS x FROM records WHERE action <> 'delete'"
			" ORDER BY json_extract(fields, '$.n'))");
	else
		(void)snprintf(
			there, sizeof(there),
			"SELECT group_concat(x, ' ') FROM (SELECT user_id || '=' ||"
			" json_extract(traits, '$.v') AS x FROM users WHERE user_id LIKE 's%u-%%'"
			" ORDER BY json_extract(traits, '$.n'))",
			sync);
	a = test_receiver_get(s->r->rx, there);
	if (sync < SYNCS - 1) {
		b = test_pg_get(s->r->pg, "shop", here);
	} else {
		sqlite3_stmt *q = NULL;

		assert_int_equal(sqlite3_prepare_v2(s->lite, here, -1, &q, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(q), SQLITE_ROW);
		b = strdup((const char *)sqlite3_column_text(q, 0));
		(void)sqlite3_finalize(q);
	}
	assert_string_equal(a ? a : "", b ? b : "");
	free(a);
	free(b);
}

static void
assert_accounts(struct storm *s)
{
	struct sl_msg *m = engine_rig_ok(s->r, sl_runs(s->r->engine, NULL, 0, 1000));

	print_message("# %u runs, %lld requests, %lld deliveries of %lld events\n",
		      sl_table_rows(m->table),
		      test_receiver_int(s->r->rx, "SELECT count(*) FROM requests"),
		      test_receiver_int(s->r->rx, "SELECT sum(deliveries) FROM events"),
		      test_receiver_int(s->r->rx, "SELECT count(*) FROM events"));
	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		if (sl_table_get_int(m->table, i, "pending") != 0 ||
		    !strstr("settled failed cancelled", sl_table_get(m->table, i, "state")))
			fail_msg("run %s is %s with %s pending", sl_table_get(m->table, i, "run"),
				 sl_table_get(m->table, i, "state"),
				 sl_table_get(m->table, i, "pending"));
		if (strstr(sl_table_get(m->table, i, "error"), "add up"))
			fail_msg("run %s: %s", sl_table_get(m->table, i, "run"),
				 sl_table_get(m->table, i, "error"));
	}
	sl_msg_free(m);
	assert_int_equal(test_receiver_stats(s->r->rx).conflicts, 0);
}

/* ---- the storm ------------------------------------------------------------------------------------------ */

static void
make_syncs(struct storm *s)
{
	char path[400], text[512];

	engine_rig_file(s->r, "connections/lite.json",
			"{\"type\": \"sqlite\", \"path\": \"storm.db\"}\n");
	(void)snprintf(path, sizeof(path), "%s/storm.db", s->r->dir);
	assert_int_equal(sqlite3_open(path, &s->lite), SQLITE_OK);
	(void)sqlite3_busy_timeout(s->lite, 10000);
	engine_rig_file(
		s->r, "profiles/storm.json",
		"{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.n\": \"n\","
		" \"traits.v\": \"v\"}}\n");
	engine_rig_file(s->r, "profiles/mirror.json",
			"{\"event\": \"record\", \"map\": {\"identifiers.id\": \"id\","
			" \"fields.id\": \"id\", \"fields.n\": \"n\", \"fields.v\": \"v\"}}\n");
	engine_rig_sql(s->r, "SET client_min_messages = warning;"
			     "DROP TABLE IF EXISTS storm0, storm1, storm2");
	for (unsigned i = 0; i < SYNCS; i++) {
		make_source(s, i);
		(void)snprintf(path, sizeof(path), "syncs/storm%u.json", i);
		(void)snprintf(text, sizeof(text),
			       "{\"source\": \"%s\", \"table\": \"%s%u\", \"key\": [\"id\"],"
			       " \"profile\": \"%s\", \"destination\": \"rx\", \"mode\": \"%s\"}\n",
			       i < SYNCS - 1 ? "wh" : "lite",
			       i < SYNCS - 1 ? "public.storm" : "main.storm", i,
			       i == SYNCS - 2 ? "mirror" : "storm",
			       i == SYNCS - 2 ? "mirror" : "upsert");
		engine_rig_file(s->r, path, text);
	}
}

static void
nothing_is_lost_in_a_storm(void **state)
{
	struct storm s = { .r = *state, .rng = { number_from("STORM_SEED", 11) } };
	const unsigned steps = number_from("STORM_STEPS", 250);
	char name[16];

	make_syncs(&s);
	for (unsigned i = 0; i < steps; i++)
		step(&s);
	test_receiver_faults(s.r->rx, "{}");
	close_and_open(&s);
	for (unsigned i = 0; i < SYNCS; i++) {
		(void)snprintf(name, sizeof(name), "storm%u", i);
		/* Rows that were given up on are sent again, too. */
		(void)settle(&s, name, SL_RUN_ALL);
		if (i == SYNCS - 2) {
			forget_orphans(&s);
			(void)settle(&s, name, 0);
		}
		assert_same(&s, i);
		assert_int_equal(settle(&s, name, 0).acked, 0);
	}
	assert_accounts(&s);
	assert_int_equal(sqlite3_close(s.lite), SQLITE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_in_a_storm, engine_rig_fresh,
						engine_rig_close),
	};

	return cmocka_run_group_tests_name("storm", tests, engine_rig_setup, engine_rig_teardown);
}
