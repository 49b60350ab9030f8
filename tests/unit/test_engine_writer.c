/* The writer: groups, commands that fail, errors of the disk; and the verdicts of a block that it is given. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include "core/engine/parcel.h"
#include "core/engine/run_list.h"
#include "core/engine/writer.h"

#include <stdlib.h>
#include <unistd.h>

struct wrig {
	struct srig store;
	struct sl_writer *w;
};

static int
setup(void **state)
{
	struct wrig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	srig_make(&r->store);
	srig_open(&r->store);
	*state = r;
	return 0;
}

/* From here on the store is the writer's. */
static void
start(struct wrig *r)
{
	srig_ok(sl_writer_start(r->store.s, NULL, &r->w, &r->store.err));
	r->store.s = NULL;
}

/* All is written when this returns; the store can be looked at again. */
static void
finish(struct wrig *r)
{
	sl_writer_free(r->w);
	r->w = NULL;
	srig_open(&r->store);
}

static int
teardown(void **state)
{
	struct wrig *r = *state;

	sl_writer_free(r->w);
	srig_remove(&r->store);
	free(r);
	return 0;
}

/* ---- commands ------------------------------------------------------------------------------------------ */

struct cmd {
	enum sl_code fail; /* SL_OK: it works */
	unsigned tries;
	bool done;
	struct sl_err err;
	int64_t id;
};

static enum sl_code
write_run(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct cmd *c = arg;
	struct sl_run run = { .sync = "users", .kind = "run", .by = "test" };
	enum sl_code code;

	c->tries++;
	if (c->tries == 1)
		usleep(20000); /* so that the others gather behind the first one */
	code = sl_store_run_new(s, &run, err);
	c->id = run.id;
	return code == SL_OK && c->fail != SL_OK ? sl_fail(err, c->fail, "test", "as told") : code;
}

static void
written(void *arg, enum sl_code code, const struct sl_err *err)
{
	struct cmd *c = arg;

	assert_false(c->done);
	c->done = true;
	c->err = *err;
	c->err.code = code;
}

static void
write_all(struct wrig *r, struct cmd *c, size_t n)
{
	start(r);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sl_writer_push(r->w, write_run, written, &c[i], 10), SL_OK);
	finish(r);
}

static uint32_t
runs_there(struct wrig *r)
{
	struct sl_run runs[16];
	uint32_t n;

	srig_ok(sl_store_runs(r->store.s, "users", 0, 16, runs, &n, &r->store.err));
	return n;
}

static void
a_bad_command_harms_no_other(void **state)
{
	struct wrig *r = *state;
	struct cmd c[6] = { [3] = { .fail = SL_E_NOMEM } };

	write_all(r, c, SL_COUNT(c));
	for (size_t i = 0; i < SL_COUNT(c); i++) {
		assert_true(c[i].done);
		assert_int_equal(c[i].err.code, c[i].fail);
	}
	assert_int_equal(runs_there(r), 5);
	for (size_t i = 0; i < SL_COUNT(c); i++) {
		struct sl_run run;

		if (c[i].fail == SL_OK)
			srig_ok(sl_store_run_get(r->store.s, c[i].id, &run, &r->store.err));
	}
}

/* As when a run does not add up: the verdicts that came with it are true all the same. */
static void
what_is_damaged_stops_those_after_it(void **state)
{
	struct wrig *r = *state;
	struct cmd c[6] = { [3] = { .fail = SL_E_CORRUPT } };

	write_all(r, c, SL_COUNT(c));
	for (size_t i = 0; i < SL_COUNT(c); i++) {
		assert_true(c[i].done);
		assert_int_equal(c[i].err.code, i < 3 ? SL_OK : SL_E_CORRUPT);
	}
}

static void
after_an_error_of_the_disk_nothing_is_tried_again(void **state)
{
	struct wrig *r = *state;
	struct cmd c[6] = { [3] = { .fail = SL_E_IO } };
	unsigned kept = 0;

	write_all(r, c, SL_COUNT(c));
	for (size_t i = 0; i < SL_COUNT(c); i++) {
		assert_true(c[i].done);
		assert_true(c[i].tries <= 1);
		kept += c[i].err.code == SL_OK;
		assert_true(i < 3 || c[i].err.code == SL_E_IO);
	}
	assert_int_equal(runs_there(r), kept);
}

/* ---- verdicts ------------------------------------------------------------------------------------------- */

static void
bury(struct sl_open_block *ob, const struct sl_run_task *t, uint32_t idx)
{
	const struct sl_death death = { idx, 400, 1, "refused", "no" };
	struct sl_err err;

	ob->block->verdicts[idx] = SL_V_DEAD;
	ob->dirty = true;
	assert_int_equal(sl_open_block_bury(ob, t, &death, &err), SL_OK);
}

static void
no_dead_verdict_is_stored_without_its_dead_letter(void **state)
{
	struct wrig *r = *state;
	struct sl_engine e = { .workspace_id = "" };
	struct sl_run rec = { .sync = "users" };
	struct sl_block *b, *there;
	struct sl_open_block *ob;
	struct sl_run_task *t;
	struct sl_err err;
	uint64_t dead;

	(void)srig_sync(&r->store, "users", 1);
	rec.id = srig_run(&r->store, "users");
	b = srig_block(rec.id, 0, 3);
	for (uint64_t i = 1; i <= 3; i++)
		srig_event(b, SL_OP_ADD, i, 1, 0);
	srig_put(&r->store, "users", b);
	srig_ok(sl_store_block_get(r->store.s, rec.id, 0, &b, &r->store.err));
	start(r);
	e.writer = r->w;
	t = sl_run_task_new(&e, &rec, 0);
	ob = sl_open_block_new(b);
	assert_non_null(t);
	assert_non_null(ob);
	/* The first flush cannot be written: a dead letter comes twice. */
	bury(ob, t, 0);
	bury(ob, t, 0);
	srig_ok(sl_open_block_flush(ob, t, &err));
	/* The next one knows nothing of that and has verdicts on top of the lost ones. */
	bury(ob, t, 1);
	srig_ok(sl_open_block_flush(ob, t, &err));
	finish(r);
	assert_true(t->write_error.code != SL_OK);
	srig_ok(sl_store_block_get(r->store.s, rec.id, 0, &there, &r->store.err));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(there->verdicts[i], SL_V_PENDING);
	sl_block_free(there);
	srig_ok(sl_store_dead_count(r->store.s, "users", &dead, &r->store.err));
	assert_int_equal(dead, 0);
	(void)srig_end(&r->store, rec.id, SL_RUN_PAUSED, -1);
	sl_open_block_free(ob);
	sl_run_task_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bad_command_harms_no_other),
		TEST(what_is_damaged_stops_those_after_it),
		TEST(after_an_error_of_the_disk_nothing_is_tried_again),
		TEST(no_dead_verdict_is_stored_without_its_dead_letter),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
