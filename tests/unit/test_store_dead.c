/* test_store_dead.c - the life of dead letters: put, listed, left alone, resolved. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>

struct letters {
	struct srig rig;
	struct sl_arena *a;
	int64_t run;
};

static void
put(struct letters *l, const char *sync, uint32_t no, uint64_t row, uint64_t value)
{
	struct sl_block *b = srig_block(l->run, no, 1);

	srig_event(b, SL_OP_UPDATE, row, value, 3);
	b->verdicts[0] = SL_V_DEAD;
	srig_begin(&l->rig);
	srig_ok(sl_store_block_put(l->rig.s, sync, b, &l->rig.err));
	srig_dead(&l->rig, sync, b, 0);
	srig_commit(&l->rig);
	sl_block_free(b);
}

/* Letters 1 to 4: rows 1, 2 and 3 of users, row 1 of orders. */
static int
setup(void **state)
{
	struct letters *l = calloc(1, sizeof *l);

	assert_non_null(l);
	srig_make(&l->rig);
	srig_open(&l->rig);
	(void)srig_sync(&l->rig, "users", 1);
	(void)srig_sync(&l->rig, "orders", 1);
	l->a = sl_arena_new(4096, 0);
	l->run = srig_run(&l->rig, "users");
	for (uint32_t i = 0; i < 3; i++)
		put(l, "users", i, i + 1, 10 + i);
	put(l, "orders", 3, 1, 20);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct letters *l = *state;

	srig_remove(&l->rig);
	sl_arena_free(l->a);
	free(l);
	return 0;
}

static uint64_t
open_of(struct letters *l, const char *sync)
{
	uint64_t n;

	srig_ok(sl_store_dead_count(l->rig.s, sync, &n, &l->rig.err));
	return n;
}

static void
resolve(struct letters *l, int64_t id, enum sl_code want)
{
	srig_begin(&l->rig);
	srig_is(sl_store_dead_resolve(l->rig.s, id, "discarded: no such user", &l->rig.err), want);
	srig_commit(&l->rig);
}

static void
test_a_letter_keeps_the_event(void **state)
{
	struct letters *l = *state;
	struct sl_dead d;

	srig_ok(sl_store_dead_get(l->rig.s, 2, l->a, &d, &l->rig.err));
	assert_int_equal(d.id, 2);
	assert_int_equal(d.run_id, l->run);
	assert_int_equal(d.block_no, 1);
	assert_int_equal(d.idx, 0);
	assert_string_equal(d.sync, "users");
	assert_str(d.key_text, "[\"2\"]");
	assert_str(d.body, "{\"row\":2,\"value\":11}");
	assert_str(d.detail, "no \x1b[31mway"); /* as it came: screens make it visible */
	assert_str(d.reason, "refused by the destination");
	assert_int_equal(d.status, 400);
	assert_int_equal(d.event.version, 3);
	assert_int_equal(d.event.op, SL_OP_UPDATE);
	assert_true(sl_digest_eq(d.event.row, srig_value(11)));
	assert_int_equal(d.resolution.len, 0);
	srig_is(sl_store_dead_get(l->rig.s, 77, l->a, &d, &l->rig.err), SL_E_NOTFOUND);
}

static void
test_lists_page_from_the_newest(void **state)
{
	struct letters *l = *state;
	struct sl_dead *list;
	uint32_t n;

	srig_ok(sl_store_dead_list(l->rig.s, NULL, true, 0, 10, l->a, &list, &n, &l->rig.err));
	assert_int_equal(n, 4);
	assert_int_equal(list[0].id, 4);
	srig_ok(sl_store_dead_list(l->rig.s, "users", true, 0, 2, l->a, &list, &n, &l->rig.err));
	assert_int_equal(n, 2);
	assert_int_equal(list[1].id, 2);
	srig_ok(sl_store_dead_list(l->rig.s, "users", true, 2, 2, l->a, &list, &n, &l->rig.err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].id, 1);
}

static void
test_resolved_once(void **state)
{
	struct letters *l = *state;
	struct sl_dead *list, d;
	uint32_t n;

	resolve(l, 2, SL_OK);
	resolve(l, 2, SL_E_NOTFOUND);
	assert_int_equal(open_of(l, "users"), 2);
	assert_int_equal(open_of(l, NULL), 3);
	srig_ok(sl_store_dead_get(l->rig.s, 2, l->a, &d, &l->rig.err));
	assert_str(d.resolution, "discarded: no such user");
	assert_true(d.resolved_us > 0);
	srig_ok(sl_store_dead_list(l->rig.s, "users", true, 0, 10, l->a, &list, &n, &l->rig.err));
	assert_int_equal(n, 2);
	srig_ok(sl_store_dead_list(l->rig.s, "users", false, 0, 10, l->a, &list, &n, &l->rig.err));
	assert_int_equal(n, 3);
}

static void
test_newer_event_replaces(void **state)
{
	struct letters *l = *state;
	struct sl_digest keys[] = { srig_key(1), srig_key(9) };
	struct sl_dead d;

	srig_begin(&l->rig);
	srig_ok(sl_store_dead_replaced(l->rig.s, "users", keys, 2, "row changed, run 8",
				       &l->rig.err));
	srig_commit(&l->rig);
	assert_int_equal(open_of(l, "users"), 2);
	assert_int_equal(open_of(l, "orders"), 1); /* the same key there is another row */
	srig_ok(sl_store_dead_get(l->rig.s, 1, l->a, &d, &l->rig.err));
	assert_str(d.resolution, "row changed, run 8");
}

static void
test_the_diff_gets_the_newest_of_a_key(void **state)
{
	struct letters *l = *state;
	struct sl_snap *snaps;
	size_t n;

	put(l, "users", 4, 2, 99); /* row 2 died again */
	srig_begin(&l->rig);
	srig_ok(sl_store_dead_resolve(l->rig.s, 3, "sent again in run 7", &l->rig.err));
	srig_commit(&l->rig);
	srig_ok(sl_store_dead_snaps(l->rig.s, "users", &snaps, &n, &l->rig.err));
	assert_int_equal(n, 2);
	assert_true(sl_digest_cmp(snaps[0].key, snaps[1].key) < 0);
	assert_true(sl_digest_eq(srig_find(snaps, n, 1)->row, srig_value(10)));
	assert_true(sl_digest_eq(srig_find(snaps, n, 2)->row, srig_value(99)));
	assert_int_equal(snaps[0].version, 3);
	free(snaps);
	srig_ok(sl_store_dead_snaps(l->rig.s, "nobody", &snaps, &n, &l->rig.err));
	assert_int_equal(n, 0);
	free(snaps);
}

static void
test_one_letter_an_event(void **state)
{
	struct letters *l = *state;
	struct sl_dead again = { .run_id = l->run, .sync = "users" };

	srig_begin(&l->rig);
	srig_is(sl_store_dead_put(l->rig.s, &again, &l->rig.err), SL_E_BUG);
	sl_store_rollback(l->rig.s);
	assert_int_equal(open_of(l, "users"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_letter_keeps_the_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_page_from_the_newest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resolved_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newer_event_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_diff_gets_the_newest_of_a_key, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_letter_an_event, setup, teardown),
	};
	return cmocka_run_group_tests_name("store_dead", tests, NULL, NULL);
}
