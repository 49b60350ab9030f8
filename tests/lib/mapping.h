/* mapping.h - a compiled mapping in one call, for tests of core/map.
 *
 *	struct test_map *t = test_map_open(&(struct test_map_case){
 *		.event = "identify", .schema = &schema, .map = { { "userId", "id", 2 } } });
 *	const char *json = test_map_render(t, row, SL_OP_ADD);   // NULL: see t->err
 *	test_map_close(t); */
#ifndef TEST_MAPPING_H
#define TEST_MAPPING_H

#include "core/map/map.h"

#define TEST_MAP_FIELDS 24

struct test_map_case {
	const char *event;
	const char *object, *identifier;
	enum sl_nulls nulls;
	enum sl_mode mode;
	const char *key[4]; /* ends with NULL; none: "id" */
	const struct sl_schema *schema;
	struct sl_mapping map[TEST_MAP_FIELDS]; /* ends with to NULL */
};

struct test_map {
	struct sl_arena *arena;
	struct sl_profile profile;
	struct sl_mapper *mapper; /* NULL: the issues say why */
	struct sl_map_issue *issues;
	size_t nissues;
	struct sl_map_scratch *scratch;
	struct sl_buf out;
	enum sl_code code; /* of the last rendering */
	struct sl_err err;
	size_t max_bytes;
};

extern const struct sl_event_head
	test_head; /* job "ws/people", sync "people", run "r1", task "public.people" */

struct test_map *test_map_open(const struct test_map_case *c);
void test_map_close(struct test_map *t);
/* The event as NUL-terminated text, until the next call; NULL: t->code and t->err say why. */
const char *test_map_render(struct test_map *t, const struct sl_value *row, enum sl_op op);
/* The first issue whose field is `to`, or NULL. */
const struct sl_map_issue *test_map_issue(const struct test_map *t, const char *to);

#endif
