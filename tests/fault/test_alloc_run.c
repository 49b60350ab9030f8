/* test_alloc_run.c - allocations fail in turn where several parts work together: a read from PostgreSQL, the
 * screens, whole runs. A run loses no row and sends no change in two forms. */
#include "tests/lib/alloc_fail.h"
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/nth_fail.h"
#include "tests/lib/source_rig.h"

#include "core/base/clock.h"
#include "tui/app.h"
#include "tui/screens.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum sl_code
wrong(struct sl_err *err, const char *what)
{
	return sl_fail(err, SL_E_BUG, "test", "%s", what);
}

/* ---- the source ------------------------------------------------------------------------------------ */

static enum sl_code
read_rows(const struct sl_source_driver *d, void *ctx, struct sl_arena *a, struct sl_err *err)
{
	struct sl_scan scan = { .model = test_table("public", "users"), .batch_rows = 7 };
	struct sl_schema schema;
	struct sl_object *objects;
	struct sl_batch *b;
	uint32_t rows = 0, n;
	enum sl_code code = d->list(ctx, a, sl_str("public"), &objects, &n, err);

	if (code == SL_OK)
		code = d->describe(ctx, a, &scan.model, &schema, err);
	if (code == SL_OK)
		code = d->begin_snapshot(ctx, err);
	if (code == SL_OK)
		code = d->check_key(ctx, &scan.model, &(struct sl_str){ "id", 2 }, 1, err);
	if (code == SL_OK)
		code = d->begin(ctx, a, &scan, &schema, err);
	while (code == SL_OK && (code = d->next(ctx, &b, err)) == SL_OK) {
		rows += b->nrows;
		sl_batch_free(b);
	}
	d->end(ctx);
	if (code == SL_DONE)
		return rows == 50 ? SL_OK : wrong(err, "rows are missing");
	return code;
}

static enum sl_code
read_table(void *arg, struct sl_err *err)
{
	const struct engine_rig *r = arg;
	const struct sl_source_driver *d = sl_source_find("postgres");
	char port[16];
	const struct sl_setting set[] = { { .name = "host", .value = test_pg_host(r->pg) },
					  { .name = "port", .value = port },
					  { .name = "database", .value = "shop" },
					  { .name = "user", .value = "postgres" } };
	const struct sl_source_config cfg = { .settings = set, .nsettings = SL_COUNT(set) };
	struct sl_arena *a = sl_arena_new(1024, 0);
	void *ctx = calloc(1, d->ctx_size);
	enum sl_code code = a && ctx ? SL_OK : sl_fail(err, SL_E_NOMEM, "test", "no memory");

	(void)snprintf(port, sizeof(port), "%d", test_pg_port(r->pg));
	if (code == SL_OK) {
		code = d->open(ctx, &cfg, err);
		if (code == SL_OK)
			code = read_rows(d, ctx, a, err);
		d->close(ctx);
	}
	free(ctx);
	sl_arena_free(a);
	return code;
}

static void
a_table_is_read(void **state)
{
	struct engine_rig *r = *state;

	nth_every(&(struct nth_scene){ .name = "read a table", .play = read_table, .arg = r });
}

/* ---- the screens ------------------------------------------------------------------------------------- */

static void
press(struct tui_app *app, uint32_t key)
{
	const struct tui_event ev = { .type = TUI_EV_KEY, .key = key, .count = 1 };

	tui_app_event(app, &ev);
}

static bool
open_engine(void *arg)
{
	struct engine_rig *r = arg;
	const struct sl_options o = { .workspace = r->dir, .workers = 1, .who = "test" };

	r->engine = sl_engine_open(&o, &r->problem);
	return r->engine != NULL;
}

static bool
close_engine(void *arg)
{
	struct engine_rig *r = arg;

	sl_engine_close(r->engine, 2000);
	return true;
}

static void
draw(struct tui_app *app, struct sl_engine *e, struct tui_grid *grid)
{
	struct pollfd p = { .fd = sl_engine_fd(e), .events = POLLIN };

	tui_app_draw(app, grid);
	for (int i = 0; i < 4 && poll(&p, 1, 5) > 0; i++)
		for (struct sl_msg *m; (m = sl_next(e)) != NULL;) {
			tui_app_message(app, m);
			sl_msg_free(m);
		}
	tui_app_tick(app, sl_mono_us());
	tui_app_draw(app, grid);
}

/* Where a part cannot be made the screen is there without it: only the picture must come. */
static enum sl_code
draw_screens(void *arg, struct sl_err *err)
{
	static const char keys[] = "2j\r3?\x1b:q\x1b"
				   "4/x";
	struct sl_engine *e = ((const struct engine_rig *)arg)->engine;
	const struct tui_app_opts opts = {
		.tabs = tui_screen_tabs, .others = tui_screen_others, .engine = e, .theme = "mono"
	};
	struct tui_app *app = tui_app_new(&opts, err);
	struct tui_grid grid = { 0 };
	enum sl_code code = app ? SL_OK : err->code;

	if (code == SL_OK && !tui_grid_init(&grid, 24, 80, false))
		code = sl_fail(err, SL_E_NOMEM, "test", "no memory");
	if (code == SL_OK)
		draw(app, e, &grid);
	for (const char *k = keys; *k && code == SL_OK; k++) {
		press(app, *k == '\x1b' ? TUI_K_ESC : (unsigned char)*k);
		draw(app, e, &grid);
	}
	tui_grid_free(&grid);
	tui_app_free(app);
	return code;
}

static void
screens_are_drawn(void **state)
{
	nth_some(&(struct nth_scene){ .name = "draw screens",
				      .open = open_engine,
				      .play = draw_screens,
				      .close = close_engine,
				      .arg = *state },
		 100, 5);
}

/* ---- whole runs -------------------------------------------------------------------------------------- */

static void
fresh(void *arg)
{
	struct engine_rig *r = arg;
	void *state = r;

	(void)engine_rig_fresh(&state);
	engine_rig_file(r, "profiles/people.json",
			"{\"event\": \"record\", \"map\": {\"identifiers.id\": \"id\","
			" \"fields.email\": \"email | lower\", \"fields.plan\": \"plan\"}}\n");
	engine_rig_file(
		r, "syncs/people.json",
		"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],"
		" \"profile\": \"people\", \"destination\": \"rx\", \"mode\": \"mirror\"}\n");
	assert_string_equal(engine_rig_run(r, "people", 0).state, "settled");
	engine_rig_shut(r);
	engine_rig_sql(r, "DELETE FROM users WHERE id <= 6; UPDATE users SET plan = 'gold'"
			  " WHERE id > 40; INSERT INTO users (id, email) SELECT i, 'n' || i"
			  " FROM generate_series(100, 120) i");
}

static void
gone(void *arg)
{
	struct engine_rig *r = arg;
	void *state = r;

	(void)engine_rig_close(&state);
}

static enum sl_code
of_problem(const struct sl_problem *p, struct sl_err *err)
{
	const bool memory = strcmp(p->kind, "memory") == 0;

	(void)sl_fail(err, memory ? SL_E_NOMEM : SL_E_BUG, p->where, "%s", p->message);
	return err->code;
}

static enum sl_code
await_run(struct sl_engine *e, int64_t run, struct sl_err *err)
{
	struct sl_run_stats s = { .open = true };

	for (int i = 0; i < 5000 && s.open; i++) {
		if (!sl_run_stats(e, run, &s))
			return wrong(err, "the run is not known");
		(void)usleep(2000);
	}
	if (strcmp(s.state, "settled") == 0)
		return SL_OK;
	if (strstr(s.error, "memory"))
		return sl_fail(err, SL_E_NOMEM, "run", "no memory: %s: %s", s.state, s.error);
	return sl_fail(err, SL_E_BUG, "run", "%s: %s", s.state, s.error);
}

static enum sl_code
run_sync(struct sl_engine *e, const char *sync, struct sl_err *err)
{
	sl_ticket t = sl_start(e, sync, 0);
	struct sl_msg *m = t ? sl_wait(e, t, 20000, NULL, NULL) : NULL;
	enum sl_code code;

	if (!t)
		return sl_fail(err, SL_E_NOMEM, "test", "no memory for a request");
	if (!m)
		return wrong(err, "no answer");
	code = m->failed ? of_problem(&m->problem, err)
			 : await_run(e, sl_table_get_int(m->table, 0, "run"), err);
	sl_msg_free(m);
	return code;
}

static enum sl_code
whole_run(void *arg, struct sl_err *err)
{
	const struct engine_rig *r = arg;
	const struct sl_options o = { .workspace = r->dir, .workers = 2, .who = "test" };
	struct sl_problem problem;
	struct sl_engine *e = sl_engine_open(&o, &problem);
	enum sl_code code;

	if (!e)
		return of_problem(&problem, err);
	code = run_sync(e, "users", err);
	if (code == SL_OK)
		code = run_sync(e, "people", err);
	sl_engine_close(e, 2000);
	return code;
}

/* Nothing is left to send, and what arrived is what is in the table. */
static bool
all_arrived(void *arg)
{
	const struct engine_rig *r = arg;
	const char *const same[] = {
		"SELECT count(*) FROM users",
		"SELECT count(*) FROM records WHERE action <> 'delete'",
		"SELECT count(*) FROM records WHERE action <> 'delete' AND"
		" CAST(key AS int) > 40 AND CAST(key AS int) < 100 AND fields ->> 'plan' = 'gold'",
		"SELECT count(*) FROM conflicts",
	};
	const long long want[] = { 65, 65, 10, 0 };
	bool ok = true;

	for (size_t i = 0; i < SL_COUNT(same); i++) {
		const long long have = test_receiver_int(r->rx, same[i]);

		if (have != want[i])
			(void)fprintf(stderr, "# %s: %lld, not %lld\n", same[i], have, want[i]);
		ok = ok && have == want[i];
	}
	return ok;
}

static void
a_whole_run_survives(void **state)
{
	const struct nth_scene s = { .name = "whole runs",
				     .before = fresh,
				     .play = whole_run,
				     .close = all_arrived,
				     .after = gone,
				     .arg = *state };

	nth_some(&s, 60, 11);
}

static int
stop(void **state)
{
	nth_say();
	return engine_rig_teardown(state);
}

static int
start(void **state)
{
	(void)setenv("TMPDIR", "/dev/shm", 0); /* many states, and none has to last */
	alloc_fail_libraries();
	return engine_rig_setup(state);
}

/* A workspace whose engine nobody has open. */
static int
quiet(void **state)
{
	(void)engine_rig_fresh(state);
	engine_rig_shut(*state);
	return 0;
}

static int
quiet_end(void **state)
{
	gone(*state);
	return 0;
}

static int
some_users(void **state)
{
	engine_rig_users(*state, 50);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_table_is_read, some_users),
		cmocka_unit_test_setup_teardown(screens_are_drawn, quiet, quiet_end),
		cmocka_unit_test(a_whole_run_survives),
	};

	return cmocka_run_group_tests_name("alloc_run", tests, start, stop);
}
