/* test_shapes.c - whole events: each kind in its shape, and what removes tell. */
#include "tests/lib/mapping.h"
#include "tests/lib/people.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SOURCES                                                                                    \
	"\"sources\":{\"job_id\":\"ws/"                                                            \
	"people\",\"task_id\":\"public.people\",\"job_run_id\":\"r1\","                            \
	"\"task_run_id\":\"r1\",\"version\":\"v1\"}"
#define MESSAGE "\"channel\":\"sources\",\"messageId\":\"sluice-0123456789abcdeffedcba9876543210\""

/* Equal as JSON, keys in any order; no key twice. */
static void
assert_json(const char *got, const char *want)
{
	json_error_t e;
	assert_non_null(got);
	json_t *a = json_loads(got, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!a)
		print_error("%s\n%s\n", got, e.text);
	json_t *b = json_loads(want, JSON_REJECT_DUPLICATES, &e);
	assert_true(a && b);
	if (!json_equal(a, b))
		print_error("got  %s\nwant %s\n", got, want);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
}

static void
expect(const struct test_map_case *c, enum sl_op op, const char *want)
{
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)];
	struct test_map_case with = *c;

	usual_row(row);
	if (op == SL_OP_REMOVE)
		memset(row + 1, 0, sizeof row - sizeof row[0]);
	with.schema = &PEOPLE;
	struct test_map *t = test_map_open(&with);
	for (size_t i = 0; i < t->nissues; i++)
		if (t->issues[i].error)
			print_error("%s: %s\n", t->issues[i].to, t->issues[i].problem);
	assert_non_null(t->mapper);
	assert_json(test_map_render(t, row, op), want);
	test_map_close(t);
}

static void
golden_events(void **state)
{
	(void)state;
	expect(&(struct test_map_case){ .event = "identify",
					.map = { { "userId", "id", 1 },
						 { "traits.email", "email | trim | lower", 2 },
						 { "traits.address.city", "city", 3 },
						 { "traits.plan", "plan | map pro=Pro", 4 },
						 { "traits.source", "'warehouse'", 5 },
						 { "context.locale", "prefs.lang", 6 },
						 { "timestamp", "at", 7 } } },
	       SL_OP_ADD,
	       "{\"type\":\"identify\"," MESSAGE ",\"recordId\":\"42\",\"userId\":\"42\","
	       "\"timestamp\":\"2024-01-31T10:00:00.250Z\",\"traits\":{\"email\":\"ann@x.io\","
	       "\"address\":{\"city\":\"Zürich\"},\"plan\":\"Pro\",\"source\":\"warehouse\"},"
	       "\"context\":{\"locale\":\"fr\"," SOURCES "}}");
	expect(&(struct test_map_case){ .event = "track",
					.map = { { "anonymousId", "'a-{id}'", 1 },
						 { "event", "'Order Completed'", 2 },
						 { "properties.revenue", "price", 3 },
						 { "properties.prefs", "prefs", 4 } } },
	       SL_OP_ADD,
	       "{\"type\":\"track\"," MESSAGE ",\"recordId\":\"42\",\"anonymousId\":\"a-42\","
	       "\"event\":\"Order Completed\",\"properties\":{\"revenue\":5765.11,"
	       "\"prefs\":{\"lang\":\"fr\"}},\"context\":{" SOURCES "}}");
	expect(&(struct test_map_case){ .event = "page",
					.map = { { "userId", "id", 1 },
						 { "name", "plan", 2 },
						 { "category", "'docs'", 3 },
						 { "properties.url", "'https://x.io/{plan}'",
						   4 } } },
	       SL_OP_ADD,
	       "{\"type\":\"page\"," MESSAGE
	       ",\"recordId\":\"42\",\"userId\":\"42\",\"name\":\"pro\","
	       "\"category\":\"docs\",\"properties\":{\"url\":\"https://x.io/"
	       "pro\"},\"context\":{" SOURCES "}}");
	expect(&(struct test_map_case){ .event = "screen",
					.map = { { "userId", "id", 1 }, { "name", "'Home'", 2 } } },
	       SL_OP_ADD,
	       "{\"type\":\"screen\"," MESSAGE
	       ",\"recordId\":\"42\",\"userId\":\"42\",\"name\":\"Home\","
	       "\"properties\":{},\"context\":{" SOURCES "}}");
	expect(&(struct test_map_case){ .event = "group",
					.map = { { "userId", "email", 1 },
						 { "groupId", "id", 2 },
						 { "traits", "prefs", 3 },
						 { "integrations.All", "false", 4 } } },
	       SL_OP_ADD,
	       "{\"type\":\"group\"," MESSAGE
	       ",\"recordId\":\"42\",\"userId\":\"Ann@X.io \",\"groupId\":\"42\","
	       "\"traits\":{\"lang\":\"fr\"},\"integrations\":{\"All\":false},\"context\":{" SOURCES
	       "}}");
	expect(&(struct test_map_case){ .event = "alias",
					.map = { { "userId", "id", 1 },
						 { "previousId", "email | trim", 2 } } },
	       SL_OP_ADD,
	       "{\"type\":\"alias\"," MESSAGE ",\"recordId\":\"42\",\"userId\":\"42\","
	       "\"previousId\":\"Ann@X.io\",\"context\":{" SOURCES "}}");
}

static void
record_and_row_tell_removes(void **state)
{
	const struct test_map_case record = { .event = "record",
					      .mode = SL_MODE_MIRROR,
					      .map = { { "identifiers.id", "id", 1 },
						       { "fields.email", "email", 2 },
						       { "fields.price", "price", 3 } } };
	const struct test_map_case row = { .event = "row",
					   .mode = SL_MODE_MIRROR,
					   .map = { { "key", "id", 1 },
						    { "op", "$op", 2 },
						    { "email", "email | trim", 3 },
						    { "deep.price", "price", 4 } } };
	(void)state;
	expect(&record, SL_OP_UPDATE,
	       "{\"type\":\"record\"," MESSAGE
	       ",\"recordId\":\"42\",\"rudderId\":\"42\",\"action\":\"update\","
	       "\"identifiers\":{\"id\":42},\"fields\":{\"email\":\"Ann@X.io \",\"price\":5765.11},"
	       "\"context\":{" SOURCES "}}");
	expect(&record, SL_OP_REMOVE,
	       "{\"type\":\"record\"," MESSAGE
	       ",\"recordId\":\"42\",\"rudderId\":\"42\",\"action\":\"delete\","
	       "\"identifiers\":{\"id\":42},\"context\":{" SOURCES "}}");
	expect(&row, SL_OP_ADD,
	       "{\"key\":42,\"op\":\"insert\",\"email\":\"Ann@X.io\",\"deep\":{\"price\":5765.11}"
	       "}");
	expect(&row, SL_OP_REMOVE, "{\"key\":42,\"op\":\"delete\"}");
}

static void
visual_mapper(void **state)
{
	(void)state;
	expect(&(struct test_map_case){ .event = "identify",
					.object = "CUSTOMERIO-customers",
					.identifier = "email",
					.map = { { "traits.email", "email | trim | lower", 1 },
						 { "traits.plan", "plan", 2 } } },
	       SL_OP_ADD,
	       "{\"type\":\"identify\"," MESSAGE ",\"recordId\":\"42\",\"userId\":\"ann@x.io\","
	       "\"traits\":{\"plan\":\"pro\"},\"context\":{\"mappedToDestination\":\"true\","
	       "\"externalId\":[{\"type\":\"CUSTOMERIO-customers\",\"id\":\"ann@x.io\","
	       "\"identifierType\":\"email\"}]," SOURCES "}}");
}

static void
composite_keys_are_one_record_id(void **state)
{
	(void)state;
	expect(&(struct test_map_case){ .event = "identify",
					.key = { "id", "plan" },
					.map = { { "userId", "id", 1 } } },
	       SL_OP_ADD,
	       "{\"type\":\"identify\"," MESSAGE
	       ",\"recordId\":\"[\\\"42\\\",\\\"pro\\\"]\",\"userId\":\"42\","
	       "\"traits\":{},\"context\":{" SOURCES "}}");
	expect(&(struct test_map_case){ .event = "identify",
					.map = { { "userId", "id", 1 },
						 { "recordId", "'r{id}'", 2 } } },
	       SL_OP_ADD,
	       "{\"type\":\"identify\"," MESSAGE
	       ",\"recordId\":\"r42\",\"userId\":\"42\",\"traits\":{},"
	       "\"context\":{" SOURCES "}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_events),
		cmocka_unit_test(record_and_row_tell_removes),
		cmocka_unit_test(visual_mapper),
		cmocka_unit_test(composite_keys_are_one_record_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
