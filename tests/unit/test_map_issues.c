/* test_map_issues.c - mistakes and traps of a mapping, told before anything is read. */
#include "tests/lib/mapping.h"
#include "tests/lib/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void
expect_issue(const struct test_map_case *c, const char *to, bool error, const char *words)
{
	struct test_map_case with = *c;
	with.schema = &PEOPLE;
	struct test_map *t = test_map_open(&with);
	const struct sl_map_issue *issue = test_map_issue(t, to);
	for (size_t i = 0; !issue && i < t->nissues; i++)
		print_error("%s: %s\n", t->issues[i].to, t->issues[i].problem);
	assert_non_null(issue);
	if (!issue)
		return;
	assert_int_equal(issue->error, error);
	assert_int_equal(t->mapper == NULL, error);
	char text[512];
	(void)snprintf(text, sizeof text, "%s; %s", issue->problem, issue->mend);
	if (!strstr(text, words))
		print_error("%s\n", text);
	assert_non_null(strstr(text, words));
	test_map_close(t);
}

#define IDENTIFY(...)                                                                              \
	(&(struct test_map_case){ .event = "identify",                                             \
				  .map = { { "userId", "id", 1 }, __VA_ARGS__ } })

static void
mistakes_in_a_mapping(void **state)
{
	(void)state;
	expect_issue(
		&(struct test_map_case){ .event = "identify", .map = { { "traits.a", "id", 1 } } },
		"userId", true, "needs userId or anonymousId");
	expect_issue(&(struct test_map_case){ .event = "track", .map = { { "userId", "id", 1 } } },
		     "event", true, "needs event");
	expect_issue(
		&(struct test_map_case){ .event = "record", .map = { { "fields.a", "id", 1 } } },
		"identifiers", true, "one of identifiers");
	expect_issue(
		&(struct test_map_case){ .event = "idntify", .map = { { "userId", "id", 1 } } }, "",
		true, "the events are identify");
	expect_issue(&(struct test_map_case){ .event = "row" }, "", true, "maps nothing");
	expect_issue(&(struct test_map_case){ .event = "row",
					      .key = { "nokey" },
					      .map = { { "a", "id", 1 } } },
		     "", true, "key column \"nokey\" is not in the model");
	expect_issue(IDENTIFY({ "userid", "id", 2 }), "userid", true, "did you mean userId?");
	expect_issue(IDENTIFY({ "email", "email", 2 }), "email", true, "write traits.email");
	expect_issue(IDENTIFY({ "type", "'x'", 2 }), "type", true, "written by sluice");
	expect_issue(IDENTIFY({ "context.sources.job_id", "'x'", 2 }), "context.sources.job_id",
		     true, "written by sluice");
	expect_issue(IDENTIFY({ "context", "prefs", 2 }), "context", true, "map context.<name>");
	expect_issue(IDENTIFY({ "userId.x", "id", 2 }), "userId.x", true, "one value");
	expect_issue(IDENTIFY({ "userId", "email", 2 }), "userId", true, "mapped twice");
	expect_issue(IDENTIFY({ "traits", "prefs", 2 }, { "traits.email", "email", 3 }),
		     "traits.email", true, "clashes with traits");
	expect_issue(IDENTIFY({ "traits.a.b", "email", 2 }, { "traits.a", "email", 3 }), "traits.a",
		     true, "clashes with traits.a.b");
	expect_issue(IDENTIFY({ "traits..a", "email", 2 }), "traits..a", true, "empty step");
	expect_issue(IDENTIFY({ "traits", "email", 2 }), "traits", true, "only a JSON column");
	expect_issue(
		&(struct test_map_case){ .event = "identify", .map = { { "userId", "prefs", 1 } } },
		"userId", true, "JSON column");
	expect_issue(&(struct test_map_case){ .event = "record",
					      .map = { { "identifiers.a.b", "id", 1 } } },
		     "identifiers.a.b", true, "one value");
	expect_issue(&(struct test_map_case){ .event = "identify",
					      .object = "HS-contacts",
					      .identifier = "email",
					      .map = { { "userId", "id", 1 } } },
		     "", true, "nothing is mapped to traits.email");
	expect_issue(&(struct test_map_case){ .event = "identify",
					      .object = "HS-contacts",
					      .map = { { "userId", "id", 1 } } },
		     "", true, "stand together");
}

static void
all_mistakes_are_told_at_once(void **state)
{
	struct test_map *t = test_map_open(
		&(struct test_map_case){ .event = "track",
					 .schema = &PEOPLE,
					 .map = { { "userid", "id", 1 },
						  { "properties.a", "nope", 2 },
						  { "properties.b", "id | nope", 3 } } });
	(void)state;
	assert_true(test_map_issue(t, "userid") && test_map_issue(t, "properties.a") &&
		    test_map_issue(t, "properties.b") && test_map_issue(t, "userId") &&
		    test_map_issue(t, "event"));
	test_map_close(t);
}

static void
mirror_wants_keys(void **state)
{
	(void)state;
	expect_issue(&(struct test_map_case){ .event = "record",
					      .mode = SL_MODE_MIRROR,
					      .map = { { "identifiers.email", "email", 1 } } },
		     "identifiers.email", true, "use only id here");
	expect_issue(&(struct test_map_case){ .event = "identify",
					      .mode = SL_MODE_MIRROR,
					      .map = { { "userId", "id", 1 } } },
		     "", true,
		     "cannot say that a row is gone; use the event record, or map a field to $op");
	expect_issue(&(struct test_map_case){ .event = "row",
					      .mode = SL_MODE_MIRROR,
					      .map = { { "op", "$op", 1 }, { "a", "email", 2 } } },
		     "", true, "map a field to a key column (id)");
}

static void
traps_are_warned_of(void **state)
{
	(void)state;
	expect_issue(IDENTIFY({ "traits.timestamp", "at", 2 }), "traits.timestamp", false,
		     "time of the event");
	expect_issue(IDENTIFY({ "context.timestamp", "at", 2 }), "context.timestamp", false,
		     "time of the event");
	expect_issue(IDENTIFY({ "traits.accountId", "id", 2 }), "traits.accountId", false,
		     "| string");
	struct test_map *t = test_map_open(
		&(struct test_map_case){ .event = "identify",
					 .schema = &PEOPLE,
					 .map = { { "userId", "id", 1 },
						  { "traits.accountId", "id | string", 2 },
						  { "timestamp", "at", 3 } } });
	assert_int_equal(t->nissues, 0);
	test_map_close(t);
}

static void
the_fingerprint_follows_the_meaning(void **state)
{
	const struct test_map_case cases[] = {
		{ .event = "row", .map = { { "a", "id", 1 }, { "b", "email", 2 } } },
		{ .event = "row", .map = { { "b", " email ", 7 }, { "a", "id", 9 } } },
		{ .event = "row", .map = { { "a", "id", 1 }, { "b", "email | trim", 2 } } },
		{ .event = "row",
		  .nulls = SL_NULLS_OMIT,
		  .map = { { "a", "id", 1 }, { "b", "email", 2 } } },
		{ .event = "row", .map = { { "a", "id", 1 }, { "c", "email", 2 } } },
	};
	struct sl_digest d[SL_COUNT(cases)];
	struct sl_digest_key key = { { 1 } };
	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		struct test_map_case c = cases[i];
		c.schema = &PEOPLE;
		struct test_map *t = test_map_open(&c);
		d[i] = sl_mapper_fingerprint(t->mapper, &key);
		uint32_t n;
		const uint32_t *used = sl_mapper_used(t->mapper, &n);
		assert_int_equal(n, 2);
		assert_int_equal(used[0] + used[1], ID + EMAIL);
		test_map_close(t);
	}
	assert_true(sl_digest_eq(d[0], d[1]));
	for (size_t i = 2; i < SL_COUNT(cases); i++)
		assert_false(sl_digest_eq(d[0], d[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_in_a_mapping),
		cmocka_unit_test(all_mistakes_are_told_at_once),
		cmocka_unit_test(mirror_wants_keys),
		cmocka_unit_test(traps_are_warned_of),
		cmocka_unit_test(the_fingerprint_follows_the_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
