/* test_suggest.c - what is offered for a mapping, from names, types and sample values. */
#include "tests/lib/cells.h"
#include "tests/lib/mapping.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct sl_field_info TRAITS[] = {
	{ "userId", "string" },
	{ "anonymousId", "string" },
	{ "traits.email", "string" },
	{ "traits.firstName", "string" },
	{ "traits.lastName", "string" },
	{ "traits.name", "string" },
	{ "traits.phone", "string" },
	{ "traits.createdAt", "datetime" },
	{ "traits.age", "number" },
	{ "traits.address", "object" },
	{ "traits.address.city", "string" },
	{ "traits.address.postalCode", "string" },
	{ "traits.company.name", "string" },
	{ "traits.website", "string" },
	{ "traits.*", "any" },
	{ "timestamp", "datetime" },
	{ "context.campaign.name", "string" },
	{ "integrations.All", "boolean" },
};

struct offers {
	struct sl_arena *arena;
	struct sl_suggestion *list;
	size_t n;
};

static struct offers
offers_for(const char *event, const struct sl_column *cols, uint32_t ncols,
	   const struct sl_value *sample, uint32_t nsample)
{
	struct sl_schema schema = { ncols, cols };
	struct sl_suggest_spec spec = {
		.event = event, .schema = &schema, .sample = sample, .nsample = nsample
	};
	struct offers o = { .arena = sl_arena_new(4096, 0) };
	struct sl_err err;

	assert_non_null(o.arena);
	if (strcmp(event, "identify") == 0) {
		spec.fields = TRAITS;
		spec.nfields = SL_COUNT(TRAITS);
	}
	assert_int_equal(sl_suggest(&spec, o.arena, &o.list, &o.n, &err), SL_OK);
	return o;
}

static const struct sl_suggestion *
find(const struct offers *o, const char *to)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->list[i].to, to) == 0)
			return &o->list[i];
	return NULL;
}

static void
expect(const struct offers *o, const char *to, const char *expr)
{
	const struct sl_suggestion *s = find(o, to);
	for (size_t i = 0; !s && i < o->n; i++)
		print_error("%s <- %s (%.2f %s)\n", o->list[i].to, o->list[i].expr,
			    o->list[i].score, o->list[i].reason);
	assert_non_null(s);
	if (!s)
		return;
	assert_string_equal(s->expr, expr);
	assert_true(s->score > 0 && s->score <= 1 && s->reason[0]);
}

static void
names_and_their_synonyms(void **state)
{
	struct sl_column cols[] = { column("id", SL_T_INT),
				    column("E_Mail", SL_T_TEXT),
				    column("fname", SL_T_TEXT),
				    column("SURNAME", SL_T_TEXT),
				    column("tel", SL_T_TEXT),
				    column("zip", SL_T_INT),
				    column("town", SL_T_TEXT),
				    column("signup_date", SL_T_DATE),
				    column("Favourite Colour", SL_T_TEXT),
				    column("customer_age", SL_T_INT),
				    column("company", SL_T_TEXT),
				    column("phonenumbr", SL_T_TEXT) };
	(void)state;
	cols[0].key = true;
	struct offers o = offers_for("identify", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "userId", "id");
	assert_string_equal(o.list[0].to, "userId");
	assert_non_null(strstr(o.list[0].reason, "primary key"));
	expect(&o, "traits.email", "E_Mail | trim | lower");
	expect(&o, "traits.firstName", "fname");
	expect(&o, "traits.lastName", "SURNAME");
	expect(&o, "traits.phone", "tel");
	expect(&o, "traits.address.postalCode", "zip | string");
	expect(&o, "traits.address.city", "town");
	expect(&o, "traits.createdAt", "signup_date");
	expect(&o, "traits.age", "customer_age");
	expect(&o, "traits.company.name", "company");
	expect(&o, "traits.favouriteColour", "\"Favourite Colour\"");
	expect(&o, "traits.phonenumbr", "phonenumbr");
	assert_int_equal(o.n, SL_COUNT(cols));
	assert_true(find(&o, "traits.email")->score > 0.9);
	assert_true(find(&o, "traits.favouriteColour")->score < 0.6);
	sl_arena_free(o.arena);
}

static void
values_tell_what_a_column_is(void **state)
{
	const struct sl_column cols[] = { column("uid", SL_T_TEXT), column("c1", SL_T_TEXT),
					  column("c2", SL_T_TEXT), column("email", SL_T_TEXT),
					  column("created_on", SL_T_TEXT) };
	const struct sl_value sample[] = {
		cell(SL_T_TEXT, "u1"),
		cell(SL_T_TEXT, "a@x.io"),
		cell(SL_T_TEXT, "+49 30 123456"),
		cell(SL_T_TEXT, "yes"),
		cell(SL_T_TEXT, "2024-01-31 10:00:00"),
		cell(SL_T_TEXT, "u2"),
		cell(SL_T_TEXT, "b@y.com"),
		cell(SL_T_TEXT, "030/987 65 43"),
		cell(SL_T_TEXT, "no"),
		cell(SL_T_TEXT, "2024-02-01"),
	};
	(void)state;
	struct offers o = offers_for("identify", cols, SL_COUNT(cols), sample, 2);
	expect(&o, "userId", "uid");
	expect(&o, "traits.email", "c1 | trim | lower");
	assert_non_null(strstr(find(&o, "traits.email")->reason, "e-mail"));
	expect(&o, "traits.phone", "c2");
	expect(&o, "traits.createdAt", "created_on | iso");
	sl_arena_free(o.arena);
}

static void
events_get_a_person_a_name_and_a_time(void **state)
{
	struct sl_column cols[] = {
		column("order_id", SL_T_INT),    column("customer_id", SL_T_INT),
		column("event_name", SL_T_TEXT), column("ordered_at", SL_T_TIMESTAMPTZ),
		column("amount", SL_T_DECIMAL),  column("timestamp", SL_T_TIMESTAMP)
	};
	(void)state;
	cols[0].key = true;
	struct offers o = offers_for("track", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "userId", "customer_id");
	expect(&o, "event", "event_name");
	expect(&o, "timestamp", "ordered_at");
	expect(&o, "properties.order_id", "order_id");
	expect(&o, "properties.amount", "amount");
	expect(&o, "properties.timestampValue", "timestamp");
	sl_arena_free(o.arena);
}

static void
records_rows_and_composite_keys(void **state)
{
	struct sl_column cols[] = { column("id", SL_T_INT), column("region", SL_T_TEXT),
				    column("odd.name", SL_T_TEXT) };
	(void)state;
	cols[0].key = cols[1].key = true;
	struct offers o = offers_for("record", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "identifiers.id", "id");
	expect(&o, "identifiers.region", "region");
	expect(&o, "fields.\"odd.name\"", "\"odd.name\"");
	sl_arena_free(o.arena);
	o = offers_for("row", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "id", "id");
	expect(&o, "\"odd.name\"", "\"odd.name\"");
	sl_arena_free(o.arena);
	o = offers_for("identify", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "userId", "'{id}-{region}'");
	sl_arena_free(o.arena);
	o = offers_for("group", cols, SL_COUNT(cols), NULL, 0);
	expect(&o, "groupId", "'{id}-{region}'");
	sl_arena_free(o.arena);
}

/* All offers together make a mapping that compiles without a mistake. */
static void
all_offers_together_are_right(void **state)
{
	static const char *const events[] = { "identify", "group", "alias", "record",
					      "row",      "track", "page" };
	struct sl_column cols[] = { column("id", SL_T_INT),          column("user_id", SL_T_INT),
				    column("address", SL_T_TEXT),    column("city", SL_T_TEXT),
				    column("first_name", SL_T_TEXT), column("firstName", SL_T_TEXT),
				    column("true", SL_T_BOOL),       column("1st", SL_T_TEXT),
				    column("a\"b'c", SL_T_TEXT),     column("!!", SL_T_TEXT),
				    column("prefs", SL_T_JSON),      column("old_id", SL_T_TEXT),
				    column("event", SL_T_TEXT),      column("größe", SL_T_FLOAT) };
	const struct sl_schema schema = { SL_COUNT(cols), cols };
	(void)state;
	cols[0].key = true;
	for (size_t e = 0; e < SL_COUNT(events); e++) {
		struct offers o = offers_for(events[e], cols, SL_COUNT(cols), NULL, 0);
		struct test_map_case c = { .event = events[e], .schema = &schema };
		assert_true(o.n >= SL_COUNT(cols) - 2 && o.n < TEST_MAP_FIELDS - 1);
		for (size_t i = 0; i < o.n; i++)
			c.map[i] = (struct sl_mapping){ o.list[i].to, o.list[i].expr, (int)i + 1 };
		if (strcmp(events[e], "page") == 0)
			c.map[o.n] = (struct sl_mapping){ "name", "'Home'", 99 };
		struct test_map *t = test_map_open(&c);
		for (size_t i = 0; i < t->nissues; i++)
			if (t->issues[i].error)
				print_error("%s: %s: %s (%s)\n", events[e], t->issues[i].to,
					    t->issues[i].problem, t->issues[i].mend);
		assert_non_null(t->mapper);
		test_map_close(t);
		sl_arena_free(o.arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_their_synonyms),
		cmocka_unit_test(values_tell_what_a_column_is),
		cmocka_unit_test(events_get_a_person_a_name_and_a_time),
		cmocka_unit_test(records_rows_and_composite_keys),
		cmocka_unit_test(all_offers_together_are_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
