/* test_activity.c - the activity log: filters, paging, and that it may be lost. */
#include "core/store/activity.h"
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LINES 40u
#define MANY  64u

struct log {
	struct srig rig; /* the directory only */
	struct sl_activity *a;
	struct sl_err err;
	struct sl_line out[MANY];
	uint32_t n;
};

/* Line i (from 1): run 1 or 2, level by i % 4, status 429 for every tenth, at i seconds. */
static struct sl_line
line(uint32_t i)
{
	struct sl_line l = { .at_us = (int64_t)i * 1000000,
			     .run_id = i % 2 + 1,
			     .level = (enum sl_level)(i % 4),
			     .block_no = i % 5 == 0 ? (int64_t)i : -1,
			     .idx = i % 5 == 0 ? 3 : -1,
			     .events = (int32_t)i,
			     .status = i % 10 == 0 ? 429 : 0,
			     .took_us = i };

	(void)snprintf(l.sync, sizeof l.sync, "%s", i <= 30 ? "users" : "orders");
	(void)snprintf(l.part, sizeof l.part, "%s", i % 3 ? "send" : "plan");
	(void)snprintf(l.text, sizeof l.text, "Line %u of the log", i);
	(void)snprintf(l.answer, sizeof l.answer, "%s", i == 20 ? "Too MANY requests 100%" : "");
	return l;
}

static int
setup(void **state)
{
	struct log *g = calloc(1, sizeof *g);
	struct sl_line lines[LINES];

	assert_non_null(g);
	srig_make(&g->rig);
	srig_ok(sl_activity_open(g->rig.dir, false, &g->a, &g->err));
	for (uint32_t i = 0; i < LINES; i++)
		lines[i] = line(i + 1);
	srig_ok(sl_activity_write(g->a, lines, LINES, &g->err));
	assert_int_equal(lines[LINES - 1].seq, LINES);
	*state = g;
	return 0;
}

static int
teardown(void **state)
{
	struct log *g = *state;

	sl_activity_close(g->a);
	srig_remove(&g->rig);
	free(g);
	return 0;
}

static void
newest(struct log *g, struct sl_line_filter f)
{
	srig_ok(sl_activity_read(g->a, &f, 0, 0, MANY, g->out, &g->n, &g->err));
}

static void
test_a_line_comes_back(void **state)
{
	struct log *g = *state;
	struct sl_line want = line(20);

	newest(g, (struct sl_line_filter){ .text = "line 20 OF" });
	assert_int_equal(g->n, 1);
	want.seq = 20;
	assert_memory_equal(&g->out[0], &want, sizeof want);
}

static void
test_filters(void **state)
{
	struct log *g = *state;

	newest(g, (struct sl_line_filter){ 0 });
	assert_int_equal(g->n, LINES);
	assert_int_equal(g->out[0].seq, LINES);
	newest(g, (struct sl_line_filter){ .run_id = 2 });
	assert_int_equal(g->n, 20);
	newest(g, (struct sl_line_filter){ .sync = "orders" });
	assert_int_equal(g->n, 10);
	newest(g, (struct sl_line_filter){ .least = SL_WARN });
	assert_int_equal(g->n, 20);
	newest(g, (struct sl_line_filter){ .status = 429 });
	assert_int_equal(g->n, 4);
	newest(g, (struct sl_line_filter){ .text = "too many" }); /* in the answer */
	assert_int_equal(g->n, 1);
	newest(g, (struct sl_line_filter){ .text = "100%" }); /* no wildcard */
	assert_int_equal(g->n, 1);
	newest(g, (struct sl_line_filter){ .text = "PLAN" });
	assert_int_equal(g->n, 13);
	newest(g, (struct sl_line_filter){ .text = "nothing of that kind" });
	assert_int_equal(g->n, 0);
	newest(g, (struct sl_line_filter){ .since_us = 5000000, .until_us = 9000000 });
	assert_int_equal(g->n, 5);
	newest(g, (struct sl_line_filter){ .run_id = 1, .sync = "users", .least = SL_WARN });
	assert_int_equal(g->n, 8); /* 2 6 10 .. 30 */
}

static void
test_pages_both_ways(void **state)
{
	struct log *g = *state;
	struct sl_line_filter all = { 0 };
	int64_t at = 0;
	uint32_t seen = 0;

	do {
		srig_ok(sl_activity_read(g->a, &all, at, 0, 7, g->out, &g->n, &g->err));
		for (uint32_t i = 0; i < g->n; i++)
			assert_int_equal(g->out[i].seq, LINES - seen++);
		at = g->out[g->n ? g->n - 1 : 0].seq;
	} while (g->n == 7);
	assert_int_equal(seen, LINES);
	srig_ok(sl_activity_read(g->a, &all, 0, 10, 7, g->out, &g->n, &g->err));
	assert_int_equal(g->n, 7);
	assert_int_equal(g->out[0].seq, 11);
	assert_int_equal(g->out[6].seq, 17);
}

static void
test_others_read_while_one_writes(void **state)
{
	struct log *g = *state;
	struct sl_activity *reader;
	struct sl_line_filter all = { 0 };
	struct sl_line more = line(99);
	struct stat st;
	uint32_t n;

	srig_ok(sl_activity_open(g->rig.dir, true, &reader, &g->err));
	srig_ok(sl_activity_write(g->a, &more, 1, &g->err));
	srig_ok(sl_activity_read(reader, &all, 0, 0, MANY, g->out, &n, &g->err));
	assert_int_equal(n, LINES + 1);
	sl_activity_close(reader);
	assert_int_equal(stat(srig_path(&g->rig, "log.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(srig_path(&g->rig, "log.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_trim(void **state)
{
	struct log *g = *state;

	srig_ok(sl_activity_trim(g->a, 31000000, &g->err));
	newest(g, (struct sl_line_filter){ 0 });
	assert_int_equal(g->n, 10);
}

static void
test_a_damaged_log_is_moved_aside(void **state)
{
	struct log *g = *state;
	struct sl_line l = line(1);
	struct sl_activity *reader;
	struct stat st;
	FILE *f;

	sl_activity_close(g->a);
	g->a = NULL;
	f = fopen(srig_path(&g->rig, "log.db"), "r+b");
	assert_non_null(f);
	for (int i = 0; i < 9000; i++)
		assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
	srig_is(sl_activity_open(g->rig.dir, true, &reader, &g->err), SL_E_CORRUPT);
	srig_ok(sl_activity_open(g->rig.dir, false, &g->a, &g->err));
	assert_int_equal(stat(srig_path(&g->rig, "log.db.damaged"), &st), 0);
	srig_ok(sl_activity_write(g->a, &l, 1, &g->err));
	newest(g, (struct sl_line_filter){ 0 });
	assert_int_equal(g->n, 1);
}

static void
test_nothing_to_read_yet(void **state)
{
	struct sl_activity *a;
	struct srig r;

	(void)state;
	srig_make(&r);
	srig_is(sl_activity_open(r.dir, true, &a, &r.err), SL_E_NOTFOUND);
	srig_remove(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_line_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others_read_while_one_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_damaged_log_is_moved_aside, setup, teardown),
		cmocka_unit_test(test_nothing_to_read_yet),
	};
	return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
