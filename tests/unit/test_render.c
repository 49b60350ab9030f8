/* test_render.c - values by type, rows that are refused, keys and ids; random rows read back as they were. */
#include "core/base/pacing.h"
#include "tests/lib/mapping.h"
#include "tests/lib/people.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* A row event over given cells, as text. */
static const char *
one(struct test_map *t, struct sl_value v)
{
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)] = { cell(SL_T_INT, "1"), v };
	return test_map_render(t, row, SL_OP_ADD);
}

static void
values_by_type(void **state)
{
	static const struct {
		enum sl_type type;
		const char *text, *json;
	} cases[] = {
		{ SL_T_INT, "-9223372036854775809", "-9223372036854775809" },
		{ SL_T_DECIMAL, "120.00", "120.00" },
		{ SL_T_DECIMAL, "NaN", "null" },
		{ SL_T_FLOAT, "-Infinity", "null" },
		{ SL_T_FLOAT, "1e+16", "1e+16" },
		{ SL_T_BOOL, "false", "false" },
		{ SL_T_TEXT, "a\"b\\c\n\t\x01/\x7f", "\"a\\\"b\\\\c\\n\\t\\u0001/\x7f\"" },
		{ SL_T_TEXT, "0123456789abcdef\xF0\x9F\x98\x80xyz\"",
		  "\"0123456789abcdef\xF0\x9F\x98\x80xyz\\\"\"" },
		{ SL_T_BYTES, "00ff", "\"00ff\"" },
		{ SL_T_UUID, "0b16d4e6-5ee5-4b47-a5cb-2c6e5b7ee0b4",
		  "\"0b16d4e6-5ee5-4b47-a5cb-2c6e5b7ee0b4\"" },
		{ SL_T_DATE, "2024-01-31", "\"2024-01-31\"" },
		{ SL_T_DATE, "0044-03-15 BC", "\"0044-03-15 BC\"" },
		{ SL_T_TIME, "10:00:00.5", "\"10:00:00.5\"" },
		{ SL_T_TIMESTAMP, "2024-01-31 10:00:00", "\"2024-01-31T10:00:00.000\"" },
		{ SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.1234+00",
		  "\"2024-01-31T10:00:00.123400Z\"" },
		{ SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.12+00", "\"2024-01-31T10:00:00.120Z\"" },
		{ SL_T_TIMESTAMP, "infinity", "\"infinity\"" },
		{ SL_T_TIMESTAMP, "0044-03-15 10:00:00 BC", "\"0044-03-15 10:00:00 BC\"" },
		{ SL_T_TIMESTAMP, "12024-01-31 10:00:00", "\"12024-01-31 10:00:00\"" },
		{ SL_T_JSON, "{\"a\":\n [1.10, null]}", "{\"a\":  [1.10, null]}" },
		{ SL_T_NULL, NULL, "null" },
	};
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &PEOPLE, .map = { { "v", "email", 1 } } });
	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		char want[128];
		(void)snprintf(want, sizeof want, "{\"v\":%s}", cases[i].json);
		assert_string_equal(one(t, cell(cases[i].type, cases[i].text)), want);
	}
	test_map_close(t);
}

static void
nulls_are_sent_or_left_out(void **state)
{
	static const struct {
		enum sl_nulls nulls;
		const char *want;
	} cases[] = { { SL_NULLS_SEND,
			"{\"a\":null,\"b\":{\"c\":null,\"d\":{\"e\":null}},\"f\":1}" },
		      { SL_NULLS_OMIT, "{\"f\":1}" } };
	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		struct test_map *t = test_map_open(
			&(struct test_map_case){ .event = "row",
						 .nulls = cases[i].nulls,
						 .schema = &PEOPLE,
						 .map = { { "a", "email", 1 },
							  { "b.c", "email", 2 },
							  { "b.d.e", "email | trim", 3 },
							  { "f", "id", 4 } } });
		assert_string_equal(one(t, cell(SL_T_NULL, NULL)), cases[i].want);
		test_map_close(t);
	}
}

static void
bad_rows_are_refused_and_named(void **state)
{
	static const struct {
		enum sl_type type;
		const char *text;
		size_t len;
		const char *msg;
	} cases[] = { { SL_T_TEXT, "a\xff", 2, "email is not valid UTF-8" },
		      { SL_T_TEXT, "\xed\xa0\x80", 3, "email is not valid UTF-8" },
		      { SL_T_TEXT, "a\0b", 3, "NUL" },
		      { SL_T_JSON, "{\"a\":}", 6, "not valid JSON" },
		      { SL_T_JSON, "{} {}", 5, "not valid JSON" },
		      { SL_T_INT, "0x10", 4, "not a number" },
		      { SL_T_INT, "007", 3, "not a number" } };
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "identify",
		.schema = &PEOPLE,
		.map = { { "userId", "id", 1 }, { "traits.email", "email", 2 } } });
	(void)state;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		assert_null(one(t, cell_n(cases[i].type, cases[i].text, cases[i].len)));
		assert_int_equal(t->code, SL_E_DATA);
		assert_string_equal(t->err.where, "traits.email");
		assert_non_null(strstr(t->err.msg, cases[i].msg));
	}
	test_map_close(t);
}

static void
rows_without_identity_are_refused(void **state)
{
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "identify",
		.schema = &PEOPLE,
		.map = { { "userId", "email", 1 }, { "anonymousId", "plan", 2 } } });
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)] = { cell(SL_T_INT, "1") };
	(void)state;
	assert_null(test_map_render(t, row, SL_OP_ADD));
	assert_int_equal(t->code, SL_E_DATA);
	assert_non_null(strstr(t->err.msg, "neither userId nor anonymousId"));
	row[EMAIL] = cell(SL_T_TEXT, "");
	assert_null(test_map_render(t, row, SL_OP_ADD));
	row[PLAN] = cell(SL_T_TEXT, "p");
	const char *json = test_map_render(t, row, SL_OP_ADD);
	assert_non_null(json);
	assert_null(strstr(json, "userId"));
	test_map_close(t);

	t = test_map_open(&(struct test_map_case){
		.event = "identify", .schema = &PEOPLE, .map = { { "userId", "email", 1 } } });
	row[EMAIL] = cell(SL_T_NULL, NULL);
	assert_null(test_map_render(t, row, SL_OP_ADD));
	assert_string_equal(t->err.where, "userId");
	assert_non_null(strstr(t->err.msg, "null or empty"));
	test_map_close(t);
}

static void
large_events_are_refused(void **state)
{
	static char big[41000];
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &PEOPLE, .map = { { "v", "email", 1 } } });
	(void)state;
	memset(big, 'x', sizeof big);
	t->max_bytes = 32768;
	assert_null(one(t, cell_n(SL_T_TEXT, big, sizeof big)));
	assert_int_equal(t->code, SL_E_DATA);
	assert_string_equal(t->err.msg, "event has 41,008 bytes, the destination takes 32,768");
	assert_non_null(strstr(t->err.hint, "leave out a field"));
	t->max_bytes = 41008;
	assert_non_null(one(t, cell_n(SL_T_TEXT, big, sizeof big)));
	test_map_close(t);
}

static void
an_error_leaves_the_block_as_it_was(void **state)
{
	struct test_map *t = test_map_open(&(struct test_map_case){
		.event = "row", .schema = &PEOPLE, .map = { { "v", "email", 1 } } });
	struct sl_value good[SL_COUNT(PEOPLE_COLUMNS)] = { cell(SL_T_INT, "1"),
							   cell(SL_T_TEXT, "x") };
	struct sl_value bad[SL_COUNT(PEOPLE_COLUMNS)] = { cell(SL_T_INT, "1"),
							  cell(SL_T_TEXT, "x\xff") };
	struct sl_buf out;
	struct sl_err err;
	(void)state;
	sl_buf_init(&out, 20);
	assert_int_equal(sl_map_render(t->mapper, t->scratch, good, &test_head, &out, &err), SL_OK);
	assert_int_equal(sl_map_render(t->mapper, t->scratch, bad, &test_head, &out, &err),
			 SL_E_DATA);
	assert_int_equal(sl_map_render(t->mapper, t->scratch, good, &test_head, &out, &err), SL_OK);
	assert_string_equal(sl_buf_cstr(&out), "{\"v\":\"x\"}{\"v\":\"x\"}");
	assert_int_equal(sl_map_render(t->mapper, t->scratch, good, &test_head, &out, &err),
			 SL_E_NOMEM);
	assert_string_equal(sl_buf_cstr(&out), "{\"v\":\"x\"}{\"v\":\"x\"}");
	sl_buf_free(&out);
	test_map_close(t);
}

static void
keys_go_to_json_and_back(void **state)
{
	struct test_map *t = test_map_open(&(struct test_map_case){ .event = "row",
								    .schema = &PEOPLE,
								    .key = { "email", "id" },
								    .map = { { "a", "id", 1 } } });
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)], back[SL_COUNT(PEOPLE_COLUMNS)];
	struct sl_buf out;
	struct sl_err err;
	(void)state;
	usual_row(row);
	row[EMAIL] = cell(SL_T_TEXT, "a\"\x01\xC3\xA9");
	sl_buf_init(&out, 0);
	sl_map_key_json(t->mapper, row, &out);
	assert_string_equal(sl_buf_cstr(&out), "[\"a\\\"\\u0001\xC3\xA9\",\"42\"]");
	assert_int_equal(sl_map_key_parse(t->mapper, sl_buf_view(&out), t->arena, back, &err),
			 SL_OK);
	assert_true(back[EMAIL].type == SL_T_TEXT && back[EMAIL].len == row[EMAIL].len &&
		    memcmp(back[EMAIL].ptr, row[EMAIL].ptr, row[EMAIL].len) == 0);
	assert_true(back[ID].type == SL_T_INT && back[ID].len == 2 &&
		    memcmp(back[ID].ptr, "42", 2) == 0);
	assert_int_equal(back[PLAN].type, SL_T_NULL);
	sl_buf_reset(&out);
	row[EMAIL] = cell(SL_T_TEXT, "\xff");
	sl_map_key_json(t->mapper, row, &out);
	assert_string_equal(sl_buf_cstr(&out), "[\"\xEF\xBF\xBD\",\"42\"]");
	assert_int_equal(sl_map_key_parse(t->mapper, SL_LIT("[\"a\"]"), t->arena, back, &err),
			 SL_E_CORRUPT);
	assert_int_equal(
		sl_map_key_parse(t->mapper, SL_LIT("[\"a\",\"1\",\"2\"]"), t->arena, back, &err),
		SL_E_CORRUPT);
	assert_int_equal(sl_map_key_parse(t->mapper, SL_LIT("[\"a\","), t->arena, back, &err),
			 SL_E_CORRUPT);
	sl_buf_free(&out);
	test_map_close(t);
}

static void
ids_differ_by_everything_that_makes_a_change(void **state)
{
	struct sl_id_seed seed = { .sync = "a", .destination = "b", .epoch = 1 }, other = seed;
	struct sl_digest key = { 1, 2 }, row = { 3, 4 }, row2 = { 3, 5 }, ids[7];
	char text[40];
	(void)state;
	other.epoch = 2;
	ids[0] = sl_event_id(&seed, SL_OP_ADD, key, 0, row);
	ids[1] = sl_event_id(&seed, SL_OP_UPDATE, key, 0, row);
	ids[2] = sl_event_id(&seed, SL_OP_ADD, key, 1, row);
	ids[3] = sl_event_id(&seed, SL_OP_ADD, key, 0, row2);
	ids[4] = sl_event_id(&seed, SL_OP_ADD, row, 0, row);
	ids[5] = sl_event_id(&other, SL_OP_ADD, key, 0, row);
	other = (struct sl_id_seed){ .sync = "ab", .destination = "", .epoch = 1 };
	ids[6] = sl_event_id(&other, SL_OP_ADD, key, 0, row);
	for (size_t i = 0; i < SL_COUNT(ids); i++)
		for (size_t j = i + 1; j < SL_COUNT(ids); j++)
			assert_false(sl_digest_eq(ids[i], ids[j]));
	assert_true(sl_digest_eq(ids[0], sl_event_id(&seed, SL_OP_ADD, key, 0, row)));
	sl_event_id_text(ids[0], text);
	assert_int_equal(strlen(text), 39);
	assert_memory_equal(text, "sluice-", 7);
}

struct renderer {
	const struct sl_mapper *mapper;
	const char *want;
	bool same;
};

static void *
render_many(void *arg)
{
	struct renderer *r = arg;
	struct sl_map_scratch *scratch = sl_map_scratch_new();
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)];
	struct sl_buf out;
	struct sl_err err;
	usual_row(row);
	sl_buf_init(&out, 0);
	r->same = scratch != NULL;
	for (int i = 0; r->same && i < 500; i++) {
		sl_buf_reset(&out);
		r->same = sl_map_render(r->mapper, scratch, row, &test_head, &out, &err) == SL_OK &&
			  sl_str_is(sl_buf_view(&out), r->want);
	}
	sl_buf_free(&out);
	sl_map_scratch_free(scratch);
	return NULL;
}

static void
threads_share_a_mapper(void **state)
{
	struct test_map *t = test_map_open(
		&(struct test_map_case){ .event = "identify",
					 .schema = &PEOPLE,
					 .map = { { "userId", "id", 1 },
						  { "traits.email", "email | trim | lower", 2 },
						  { "traits.lang", "prefs.lang", 3 },
						  { "traits.text", "'{city} {plan}'", 4 } } });
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)];
	struct renderer r[4];
	pthread_t threads[4];
	(void)state;
	usual_row(row);
	const char *want = test_map_render(t, row, SL_OP_ADD);
	for (size_t i = 0; i < SL_COUNT(r); i++) {
		r[i] = (struct renderer){ .mapper = t->mapper, .want = want };
		assert_int_equal(pthread_create(&threads[i], NULL, render_many, &r[i]), 0);
	}
	for (size_t i = 0; i < SL_COUNT(r); i++) {
		(void)pthread_join(threads[i], NULL);
		assert_true(r[i].same);
	}
	test_map_close(t);
}

/* ---- random rows ----------------------------------------------------------------------------- */

struct cell_text {
	char text[80];
	size_t len;
};

/* A value of a random type, its text, and what jansson should read back (NULL: a number, compared as
 * text). */
static struct sl_value
random_cell(struct sl_rng *rng, struct cell_text *c, json_t **want)
{
	static const char *const pieces[] = { "a",
					      "\"",
					      "\\",
					      "\n",
					      "\x01",
					      "\xC3\xA9",
					      "\xF0\x9F\x98\x80",
					      "long run of text",
					      "\t",
					      "/",
					      "\x7f",
					      "\xE2\x80\xA8" };
	c->len = 0;
	*want = NULL;
	switch (sl_rng_below(rng, 5)) {
	case 0:
		*want = json_null();
		return cell(SL_T_NULL, NULL);
	case 1:
		c->len = (size_t)snprintf(c->text, sizeof c->text, "%lld",
					  (long long)sl_rng_next(rng));
		return cell_n(SL_T_INT, c->text, c->len);
	case 2:
		c->len = (size_t)snprintf(c->text, sizeof c->text, "-%llu.%05u",
					  (unsigned long long)sl_rng_next(rng),
					  (unsigned)sl_rng_below(rng, 100000));
		return cell_n(SL_T_DECIMAL, c->text, c->len);
	case 3:
		*want = json_boolean(sl_rng_below(rng, 2));
		return cell(SL_T_BOOL, json_is_true(*want) ? "true" : "false");
	default:
		break;
	}
	for (uint64_t n = sl_rng_below(rng, 8); n > 0; n--) {
		const char *piece = pieces[sl_rng_below(rng, SL_COUNT(pieces))];
		if (c->len + strlen(piece) <= sizeof c->text) {
			memcpy(c->text + c->len, piece, strlen(piece));
			c->len += strlen(piece);
		}
	}
	*want = json_stringn(c->text, c->len);
	return cell_n(SL_T_TEXT, c->text, c->len);
}

#define RANDOM_COLS 8

static void
check_random_row(struct test_map *t, struct sl_rng *rng)
{
	static const char *const paths[RANDOM_COLS][2] = { { "a0", NULL }, { "a1", NULL },
							   { "n", "a2" },  { "n", "a3" },
							   { "n", "a4" },  { "m", "a5" },
							   { "m", "a6" },  { "a7", NULL } };
	struct sl_value row[RANDOM_COLS];
	struct cell_text texts[RANDOM_COLS];
	json_t *want[RANDOM_COLS];
	json_error_t e;

	for (size_t i = 0; i < RANDOM_COLS; i++)
		row[i] = random_cell(rng, &texts[i], &want[i]);
	const char *json = test_map_render(t, row, SL_OP_ADD);
	assert_non_null(json);
	json_t *got = json_loads(json, JSON_REJECT_DUPLICATES, &e);
	if (!got)
		print_error("%s: %s\n", json, e.text);
	assert_non_null(got);
	for (size_t i = 0; i < RANDOM_COLS; i++) {
		json_t *v = json_object_get(got, paths[i][0]);
		if (paths[i][1])
			v = json_object_get(v, paths[i][1]);
		if (t->profile.nulls == SL_NULLS_OMIT && row[i].type == SL_T_NULL) {
			assert_null(v);
		} else if (want[i]) {
			assert_true(json_equal(v, want[i]));
		} else {
			char digits[128];
			(void)snprintf(digits, sizeof digits, "\"a%zu\":%.*s", i, (int)texts[i].len,
				       texts[i].text);
			const char *at = strstr(json, digits);
			assert_true(json_is_number(v) && at);
			assert_non_null(memchr(",}", at[strlen(digits)], 2));
		}
		json_decref(want[i]);
	}
	json_decref(got);
}

static void
random_rows_read_back_as_they_were(void **state)
{
	static const char *const names[] = { "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7" };
	struct sl_column cols[RANDOM_COLS];
	struct sl_schema schema = { RANDOM_COLS, cols };
	struct sl_rng rng = { 20260101 };
	(void)state;
	for (size_t i = 0; i < RANDOM_COLS; i++)
		cols[i] = column(names[i], SL_T_TEXT);
	for (int nulls = 0; nulls < 2; nulls++) {
		struct test_map *t = test_map_open(
			&(struct test_map_case){ .event = "row",
						 .schema = &schema,
						 .key = { "a0" },
						 .nulls = nulls ? SL_NULLS_OMIT : SL_NULLS_SEND,
						 .map = { { "a0", "a0", 1 },
							  { "a1", "a1", 1 },
							  { "n.a2", "a2", 1 },
							  { "n.a3", "a3", 1 },
							  { "m.a5", "a5", 1 },
							  { "n.a4", "a4 | default null", 1 },
							  { "m.a6", "a6 | null_if '@'", 1 },
							  { "a7", "a7", 1 } } });
		for (int i = 0; i < 3000; i++)
			check_random_row(t, &rng);
		test_map_close(t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_by_type),
		cmocka_unit_test(nulls_are_sent_or_left_out),
		cmocka_unit_test(bad_rows_are_refused_and_named),
		cmocka_unit_test(rows_without_identity_are_refused),
		cmocka_unit_test(large_events_are_refused),
		cmocka_unit_test(an_error_leaves_the_block_as_it_was),
		cmocka_unit_test(keys_go_to_json_and_back),
		cmocka_unit_test(ids_differ_by_everything_that_makes_a_change),
		cmocka_unit_test(threads_share_a_mapper),
		cmocka_unit_test(random_rows_read_back_as_they_were),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
