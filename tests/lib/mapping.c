/* mapping.c - see mapping.h */
#include "tests/lib/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct sl_event_head test_head = { .op = SL_OP_ADD,
					 .id = { 0x0123456789abcdef, 0xfedcba9876543210 },
					 .action = "insert",
					 .sync = "people",
					 .run = "r1",
					 .task = "public.people",
					 .job = "ws/people" };

struct test_map *
test_map_open(const struct test_map_case *c)
{
	static const char *const id[] = { "id" };
	struct test_map *t = calloc(1, sizeof *t);
	size_t nkey = 0;

	assert_non_null(t);
	t->arena = sl_arena_new(1 << 14, 0);
	t->scratch = sl_map_scratch_new();
	assert_true(t->arena && t->scratch);
	t->profile = (struct sl_profile){ .name = "test",
					  .event = c->event,
					  .object = c->object,
					  .identifier = c->identifier,
					  .nulls = c->nulls };
	while (t->profile.nmap < TEST_MAP_FIELDS && c->map[t->profile.nmap].to)
		t->profile.nmap++;
	t->profile.map = SL_NEW(t->arena, struct sl_mapping, t->profile.nmap + 1);
	memcpy(t->profile.map, c->map, t->profile.nmap * sizeof c->map[0]);
	while (nkey < 4 && c->key[nkey])
		nkey++;
	struct sl_map_spec spec = { .profile = &t->profile,
				    .schema = c->schema,
				    .key = nkey ? c->key : id,
				    .nkey = nkey ? nkey : 1,
				    .mode = c->mode,
				    .arena = t->arena };
	assert_int_equal(sl_mapper_new(&spec, &t->mapper, &t->issues, &t->nissues, &t->err), SL_OK);
	sl_buf_init(&t->out, 0);
	return t;
}

void
test_map_close(struct test_map *t)
{
	sl_mapper_free(t->mapper);
	sl_map_scratch_free(t->scratch);
	sl_arena_free(t->arena);
	sl_buf_free(&t->out);
	free(t);
}

const char *
test_map_render(struct test_map *t, const struct sl_value *row, enum sl_op op)
{
	struct sl_event_head head = test_head;

	head.op = op;
	head.action = op == SL_OP_REMOVE ? "delete" : op == SL_OP_UPDATE ? "update" : "insert";
	head.max_bytes = t->max_bytes;
	assert_non_null(t->mapper);
	sl_buf_reset(&t->out);
	t->err = (struct sl_err){ 0 };
	t->code = sl_map_render(t->mapper, t->scratch, row, &head, &t->out, &t->err);
	if (t->code != SL_OK) {
		assert_int_equal(t->out.len, 0);
		return NULL;
	}
	return sl_buf_cstr(&t->out);
}

const struct sl_map_issue *
test_map_issue(const struct test_map *t, const char *to)
{
	for (size_t i = 0; i < t->nissues; i++)
		if (strcmp(t->issues[i].to, to) == 0)
			return &t->issues[i];
	return NULL;
}
