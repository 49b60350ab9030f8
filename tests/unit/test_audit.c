/* test_audit.c - what operators did is kept line by line, and a change of it is found. */
#include "core/store/state.h"

#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdlib.h>

static int
setup(void **state)
{
	struct srig *r = calloc(1, sizeof *r);

	assert_non_null(r);
	srig_make(r);
	srig_open(r);
	srig_begin(r);
	srig_ok(sl_store_audit(r->s, "ana", "release", "run 1", "12 removes", &r->err));
	srig_ok(sl_store_audit(r->s, "ben", "discard", "users", "3 dead letters", &r->err));
	srig_ok(sl_store_audit(r->s, "ana", "unmask", "preview", NULL, &r->err));
	srig_commit(r);
	*state = r;
	return 0;
}

static int
teardown(void **state)
{
	srig_remove(*state);
	free(*state);
	return 0;
}

static void
tamper(struct srig *r, const char *sql)
{
	srig_begin(r);
	srig_ok(sl_db_exec(r->s->db, sql, &r->err));
	srig_commit(r);
}

static struct sl_audit_sum
look(struct srig *r)
{
	struct sl_audit_sum sum;

	srig_ok(sl_store_audit_read(r->s, NULL, NULL, &sum, &r->err));
	return sum;
}

static enum sl_code
second_line(void *arg, const struct sl_audit_line *l, struct sl_err *err)
{
	(void)err;
	if (l->id != 2)
		return SL_OK;
	*(bool *)arg = true;
	assert_true(sl_str_is(l->who, "ben"));
	assert_true(sl_str_is(l->action, "discard"));
	assert_true(sl_str_is(l->object, "users"));
	assert_true(sl_str_is(l->detail, "3 dead letters"));
	assert_true(l->at_us > 0);
	assert_int_equal(strlen(l->hash), 64);
	assert_int_equal(l->chain, SL_CHAIN_OK);
	return SL_OK;
}

static void
test_a_whole_chain(void **state)
{
	struct srig *r = *state;
	struct sl_audit_sum sum;
	bool seen = false;

	srig_ok(sl_store_audit_read(r->s, second_line, &seen, &sum, &r->err));
	assert_true(seen);
	assert_int_equal(sum.lines, 3);
	assert_int_equal(sum.broken, 0);
	assert_int_equal(sum.old, 0);
	assert_false(sum.cut);
}

static void
test_every_change_is_found(void **state)
{
	static const struct {
		const char *sql;
		int64_t broken;
		bool cut;
	} cases[] = {
		{ "UPDATE audit SET who='eve' WHERE id=2", 2, false },
		{ "UPDATE audit SET detail='1 removes' WHERE id=1", 1, false },
		{ "UPDATE audit SET at_us=at_us+1 WHERE id=3", 3, false },
		{ "UPDATE audit SET action='disc', object='ardusers' WHERE id=2", 2, false },
		{ "UPDATE audit SET hash=NULL WHERE id=2", 2, false },
		{ "DELETE FROM audit WHERE id=2", 3, false },
		{ "DELETE FROM audit WHERE id=1", 2, false },
		{ "DELETE FROM audit WHERE id=3", 0, true },
		{ "DELETE FROM audit", 0, true },
		{ "UPDATE audit SET id=9 WHERE id=2", 3, true },
		{ "DELETE FROM meta WHERE k='audit_head'", 0, true },
	};

	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		struct srig *r;
		struct sl_audit_sum sum;

		(void)teardown(state);
		(void)setup(state);
		r = *state;
		tamper(r, cases[i].sql);
		sum = look(r);
		if (sum.first_broken != cases[i].broken || sum.cut != cases[i].cut)
			print_error("%s: broken %lld, cut %d\n", cases[i].sql,
				    (long long)sum.first_broken, sum.cut);
		assert_int_equal(sum.first_broken, cases[i].broken);
		assert_int_equal(sum.cut, cases[i].cut);
	}
}

/* A state of format 1 has lines without a hash: they are told apart, and the chain starts behind them. */
static void
test_old_lines(void **state)
{
	struct srig *r = *state;
	struct sl_audit_sum sum;

	tamper(r, "UPDATE audit SET hash=NULL; DELETE FROM meta WHERE k='audit_head'");
	sum = look(r);
	assert_int_equal(sum.old, 3);
	assert_int_equal(sum.broken, 0);
	assert_false(sum.cut);
	srig_begin(r);
	srig_ok(sl_store_audit(r->s, "ana", "stop", "run 4", "", &r->err));
	srig_commit(r);
	sum = look(r);
	assert_int_equal(sum.old, 3);
	assert_int_equal(sum.lines, 4);
	assert_int_equal(sum.broken, 0);
	assert_false(sum.cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_whole_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_change_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_lines, setup, teardown),
	};
	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
