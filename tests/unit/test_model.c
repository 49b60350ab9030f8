/* test_model.c - names, columns by name, and the ends of batches and blocks. */
#include "core/model/model.h"

#include "tests/lib/check.h"

#include <stdlib.h>

static void
every_enum_value_has_a_name(void **state)
{
	(void)state;
	for (int i = SL_T_NULL; i <= SL_T_JSON; i++)
		assert_string_not_equal(sl_type_name((enum sl_type)i), "?");
	for (int i = SL_OP_ADD; i <= SL_OP_REMOVE; i++)
		assert_string_not_equal(sl_op_name((enum sl_op)i), "?");
	for (int i = SL_V_PENDING; i <= SL_V_CANCELLED; i++)
		assert_string_not_equal(sl_verdict_name((enum sl_verdict)i), "?");
	for (int i = SL_C_NONE; i <= SL_C_CONFIG; i++)
		assert_string_not_equal(sl_class_name((enum sl_class)i), "?");
	assert_string_equal(sl_op_name((enum sl_op)0), "?");
	assert_string_equal(sl_type_name((enum sl_type)99), "?");
	assert_string_equal(sl_op_name(SL_OP_UPDATE), "update");
}

static void
columns_are_found_by_exact_name(void **state)
{
	const struct sl_column cols[] = { { .name = SL_LIT("id") }, { .name = SL_LIT("Email") } };
	const struct sl_schema s = { SL_COUNT(cols), cols };

	(void)state;
	assert_int_equal(sl_schema_find(&s, SL_LIT("Email")), 1);
	assert_int_equal(sl_schema_find(&s, SL_LIT("email")), -1);
	assert_int_equal(sl_schema_find(&s, SL_LIT("")), -1);
}

static void
batches_and_blocks_free_what_they_own(void **state)
{
	struct sl_batch *batch = calloc(1, sizeof(*batch));
	struct sl_block *block = calloc(1, sizeof(*block));

	(void)state;
	/* The asan build finds what is forgotten. */
	assert_non_null(batch);
	assert_non_null(block);
	batch->arena = sl_arena_new(0, 0);
	assert_non_null(batch->arena);
	block->events = calloc(2, sizeof(*block->events));
	block->body = malloc(10);
	block->keys = malloc(10);
	block->verdicts = calloc(2, 1);
	sl_batch_free(batch);
	sl_block_free(block);
	sl_batch_free(NULL);
	sl_block_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_enum_value_has_a_name),
		cmocka_unit_test(columns_are_found_by_exact_name),
		cmocka_unit_test(batches_and_blocks_free_what_they_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
