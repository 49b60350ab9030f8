/* test_alloc.c - each allocation of every part of the engine fails in turn: no crash, no leak, nothing half
 * done, an error that says what it is, and afterwards it works. */
#include "tests/lib/alloc_fail.h"
#include "tests/lib/cells.h"
#include "tests/lib/mapping.h"
#include "tests/lib/nth_fail.h"
#include "tests/lib/people.h"
#include "tests/lib/workspace.h"

#include "core/dest/http_class.h"
#include "core/dest/results.h"
#include "core/diff/diff.h"
#include "core/map/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum sl_code
wrong(struct sl_err *err, const char *what)
{
	return sl_fail(err, SL_E_BUG, "test", "%s", what);
}

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "test", "no memory");
}

/* ---- the workspace -------------------------------------------------------------------------------- */

static enum sl_code
load_workspace(void *arg, struct sl_err *err)
{
	const struct ws *w = arg;
	struct sl_config *c = NULL;
	enum sl_code code = sl_config_load(w->dir, ws_drivers, ws_ndrivers, &c, err);

	if (code == SL_OK && (c->nobjects != w->config->nobjects ||
			      c->nproblems != w->config->nproblems || c->nproblems == 0))
		code = wrong(err, "the workspace is not what is in the files");
	sl_config_free(c);
	return code;
}

static enum sl_code
save_profile(void *arg, struct sl_err *err)
{
	static const struct sl_setting set[] = {
		{ .name = "event", .value = "identify" },
		{ .name = "map.userId", .value = "id" },
		{ .name = "map.traits.email", .value = "email | trim" },
	};
	struct ws *w = arg;
	struct sl_config *c = NULL;
	enum sl_code code = sl_config_load(w->dir, ws_drivers, ws_ndrivers, &c, err);

	if (code == SL_OK)
		code = sl_config_save(&(struct sl_config_check){ c, ws_drivers, ws_ndrivers,
								 SL_KIND_PROFILE, "users", set,
								 SL_COUNT(set) },
				      err);
	sl_config_free(c);
	return code;
}

/* The file is whole, and nothing lies beside it. */
static bool
is_saved(void *arg)
{
	const struct ws *w = arg;

	return strstr(ws_text(w, "profiles/users.json"), "email | trim") &&
	       ws_count_files(w, "profiles") == 3;
}

static void
put_workspace(void *arg)
{
	const struct ws *w = arg;

	ws_put_good(w);
	ws_put(w, "profiles/odd.json",
	       "{\"event\": \"no such\", \"map\": {\"a.b\": \"id |\"}, \"x\": [1, {}]}");
}

static void
a_workspace_is_loaded_and_saved(void **state)
{
	struct nth_scene s = { .name = "load a workspace", .play = load_workspace, .arg = *state };

	put_workspace(*state);
	ws_load(*state);
	nth_every(&s);
	s = (struct nth_scene){ .name = "save a profile",
				.before = put_workspace,
				.play = save_profile,
				.close = is_saved,
				.arg = *state };
	nth_every(&s);
}

/* ---- mapping --------------------------------------------------------------------------------------- */

static enum sl_code
parse_expressions(void *arg, struct sl_err *err)
{
	static const char *const texts[] = {
		"'Hi {email}, {prefs.lang} {{' | trim | default 'you'",
		"plan | map pro=Pro team='Team plan' \"o d\"=3 else=skip | upper",
		"\"Odd Name\".a.b.0 | slice 2 5 | string",
		"'it''s' | nonsense ' | (",
		"a..b | x y=",
	};
	struct sl_arena *a = sl_arena_new(1024, 0);
	enum sl_code code = a ? SL_OK : no_memory(err);

	(void)arg;
	for (size_t i = 0; i < SL_COUNT(texts) && code == SL_OK; i++) {
		struct sl_expr_fault f = { 0 };
		struct sl_expr e;
		bool ok = sl_expr_parse(sl_str(texts[i]), a, &e, &f);

		if (!ok && !f.problem)
			code = no_memory(err);
		else if (ok != (i < 3))
			code = wrong(err, texts[i]);
	}
	sl_arena_free(a);
	return code;
}

static const struct test_map_case PROFILE = {
	.event = "identify",
	.schema = &PEOPLE,
	.map = {
		{ "userId", "id", 2 },
		{ "traits.email", "email | trim | lower", 3 },
		{ "traits.plan", "plan | map pro=Pro else=skip", 4 },
		{ "traits.address.city", "'{city}, {prefs.lang}'", 5 },
		{ "traits.lang", "prefs.lang", 6 },
		{ "traits.prefs", "prefs", 7 },
		{ "traits.price", "price | string", 8 },
		{ "timestamp", "at", 9 },
		{ "traits.hash", "email | trim | upper", 10 },
	},
};

/* Mappings with mistakes, too: each is told. */
static enum sl_code
compile(void *arg, struct sl_err *err)
{
	static const char *const key[] = { "id" };
	struct sl_mapping broken[] = { { "userId", "nothing | trim", 2 },
				       { "traits..x", "id", 3 },
				       { "traits.a", "email | no_such 1", 4 },
				       { "traits.a.b", "plan", 5 } };
	struct sl_arena *a = sl_arena_new(1024, 0);
	enum sl_code code = a ? SL_OK : no_memory(err);

	(void)arg;
	for (int good = 0; good < 2 && code == SL_OK; good++) {
		struct sl_profile p = { .name = "test", .event = "identify" };
		struct sl_map_issue *issues;
		struct sl_mapper *m = NULL;
		size_t n = 0;

		p.map = good ? (struct sl_mapping *)(uintptr_t)PROFILE.map : broken;
		p.nmap = good ? 9 : SL_COUNT(broken);
		const struct sl_map_spec spec = {
			.profile = &p, .schema = &PEOPLE, .key = key, .nkey = 1, .arena = a
		};
		code = sl_mapper_new(&spec, &m, &issues, &n, err);
		if (code == SL_OK && (m != NULL) != good)
			code = wrong(err, n > 0 ? issues[0].problem : "a mistake is not told");
		if (code == SL_OK && !good && n < 4)
			code = wrong(err, "a mistake is not told");
		sl_mapper_free(m);
	}
	sl_arena_free(a);
	return code;
}

static enum sl_code
render(void *arg, struct sl_err *err)
{
	const struct test_map *t = arg;
	struct sl_map_scratch *s = sl_map_scratch_new();
	struct sl_arena *a = sl_arena_new(1024, 0);
	struct sl_value row[SL_COUNT(PEOPLE_COLUMNS)];
	struct sl_event_head head = test_head;
	struct sl_buf out, key;
	enum sl_code code = s && a ? SL_OK : no_memory(err);

	sl_buf_init(&out, 0);
	sl_buf_init(&key, 0);
	for (int i = 0; i < 3 && code == SL_OK; i++) {
		head.op = i == 2 ? SL_OP_REMOVE : SL_OP_ADD;
		usual_row(row);
		code = sl_map_render(t->mapper, s, row, &head, &out, err);
		if (code == SL_OK && out.failed)
			code = no_memory(err);
	}
	if (code == SL_OK && !strstr(sl_buf_cstr(&out), "\"lang\":\"fr\""))
		code = wrong(err, "the event is not whole");
	if (code == SL_OK) {
		sl_map_key_json(t->mapper, row, &key);
		code = key.failed ? no_memory(err)
				  : sl_map_key_parse(t->mapper, sl_buf_view(&key), a, row, err);
	}
	if (code == SL_OK && !sl_str_is((struct sl_str){ row[ID].ptr, row[ID].len }, "42"))
		code = wrong(err, "the key does not come back");
	sl_buf_free(&out);
	sl_buf_free(&key);
	sl_arena_free(a);
	sl_map_scratch_free(s);
	return code;
}

static void
a_mapping_is_compiled_and_rendered(void **state)
{
	struct test_map *t = test_map_open(&PROFILE);

	(void)state;
	nth_every(&(struct nth_scene){ .name = "parse expressions", .play = parse_expressions });
	nth_every(&(struct nth_scene){ .name = "compile a mapping", .play = compile });
	nth_every(&(struct nth_scene){ .name = "render events", .play = render, .arg = t });
	test_map_close(t);
}

/* ---- diff ------------------------------------------------------------------------------------------ */

#define DIFF_ROWS 3500

struct diff_scene {
	struct sl_change *changes;
	size_t memory; /* 0: keys and entries go to files */
};

/* Rows too long for the buffer on the stack, new keys in all shards, removes. */
static enum sl_code
diff(void *arg, struct sl_err *err)
{
	static const uint32_t key[] = { ID }, used[] = { EMAIL, PLAN };
	static struct sl_value cells[DIFF_ROWS * SL_COUNT(PEOPLE_COLUMNS)];
	static char ids[DIFF_ROWS][8], longtext[6000];
	const struct sl_snap snap[] = { { .key = { 1, 1 }, .row = { 1, 1 }, .version = 1 },
					{ .key = { 2, 2 }, .row = { 1, 1 }, .version = 1 } };
	struct sl_budget memory;
	struct sl_diff_spec spec = {
		.key = key, .nkey = 1, .used = used, .nused = 2, .room = { &memory, "/tmp" }
	};
	const struct sl_batch batch = { .schema = &PEOPLE, .nrows = DIFF_ROWS, .cells = cells };
	const struct diff_scene *scene = arg;
	struct sl_change *changes = scene->changes;
	struct sl_diff_count count = { 0 };
	struct sl_diff *d = NULL;
	struct sl_removes removes = { 0 };
	struct sl_gone gone[3];
	uint32_t n = 0;
	size_t ngone = 0;
	enum sl_code code;

	sl_budget_init(&memory, scene->memory);
	code = sl_index_new(&spec.room, SL_COUNT(snap), &spec.snap, err);
	for (size_t i = 0; code == SL_OK && i < SL_COUNT(snap); i++)
		code = sl_index_add(spec.snap, &snap[i], err);
	if (code == SL_OK)
		code = sl_index_ready(spec.snap, err);
	if (code == SL_OK)
		code = sl_diff_new(&spec, &d, err);

	memset(longtext, 'x', sizeof(longtext) - 1);
	for (uint32_t i = 0; i < DIFF_ROWS; i++) {
		struct sl_value *row = &cells[i * PEOPLE.ncols];

		usual_row(row);
		(void)snprintf(ids[i], sizeof(ids[i]), "%u", i);
		row[ID] = cell(SL_T_INT, ids[i]);
		if (i % 50 == 0)
			row[EMAIL] = cell(SL_T_TEXT, longtext);
	}
	if (code == SL_OK)
		code = sl_diff_batch(d, &batch, changes, &n, &count, err);
	if (code == SL_OK && (n != DIFF_ROWS || count.rows != DIFF_ROWS))
		code = wrong(err, "rows are missing");
	if (code == SL_OK)
		code = sl_diff_end(d, err);
	if (code == SL_OK)
		code = sl_diff_removes(d, &removes, gone, SL_COUNT(gone), &ngone, err);
	if (code == SL_OK && ngone != 2)
		code = wrong(err, "removes are missing");
	sl_diff_free(d);
	sl_index_free(spec.snap);
	return code;
}

static void
a_batch_is_compared(void **state)
{
	struct diff_scene scene = { calloc(DIFF_ROWS, sizeof(*scene.changes)), 64u << 20 };

	(void)state;
	assert_non_null(scene.changes);
	nth_every(&(struct nth_scene){ .name = "compare a batch", .play = diff, .arg = &scene });
	scene.memory = 0;
	nth_every(&(struct nth_scene){ .name = "compare in files", .play = diff, .arg = &scene });
	free(scene.changes);
}

/* ---- answers --------------------------------------------------------------------------------------- */

/* Without memory an answer is not understood, but never a yes. */
static enum sl_code
read_answers(void *arg, struct sl_err *err)
{
	static const struct sl_results_form by_id = { "data.items", "event.id", "messageId" };
	static const struct sl_results_form by_place = { ".", "", "" };
	const struct sl_str bodies[] = { SL_LIT("{\"messageId\":\"a\\u0041\"}"),
					 SL_LIT("{\"messageId\":\"b\"}"),
					 SL_LIT("{\"messageId\":\"c\"}") };
	const struct sl_str answers[] = {
		SL_LIT("{\"data\":{\"items\":[{\"event\":{\"id\":\"b\"},\"status\":400,\"message\":"
		       "\"no\\u0021\"},{\"event\":{\"id\":\"c\"},\"ok\":true},"
		       "{\"event\":{\"id\":\"aA\"},\"status\":\"created\"}]}}"),
		SL_LIT("[200, {\"error\":{\"message\":\"n\\u00f3\"}}, {\"success\":true}]"),
	};
	enum sl_code code = SL_OK;

	(void)arg;
	for (size_t i = 0; i < SL_COUNT(answers) && code == SL_OK; i++) {
		static const enum sl_class want[] = { SL_C_ACK, SL_C_REJECT, SL_C_ACK };
		struct sl_outcome out[3] = { { 0 } };

		sl_results_read(i == 0 ? &by_id : &by_place, answers[i], bodies, 3, out);
		for (size_t k = 0; k < 3; k++) {
			if (out[k].cls == want[k])
				continue;
			if (out[k].cls != SL_C_UNKNOWN)
				return wrong(err, "an answer is misunderstood");
			code = no_memory(err);
		}
	}
	return code;
}

static void
answers_are_read(void **state)
{
	(void)state;
	nth_every(&(struct nth_scene){ .name = "read answers", .play = read_answers });
}

static int
say(void **state)
{
	(void)state;
	nth_say();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WS_TEST(a_workspace_is_loaded_and_saved),
		cmocka_unit_test(a_mapping_is_compiled_and_rendered),
		cmocka_unit_test(a_batch_is_compared),
		cmocka_unit_test(answers_are_read),
	};

	alloc_fail_libraries();
	return cmocka_run_group_tests_name("alloc", tests, NULL, say);
}
