/* fuzz_expr.c - any text as an expression: it is refused with a problem and a mend, or what it makes of
 * a row is one line of valid JSON. */
#include "core/base/text.h"
#include "core/map/map.h"
#include "tests/fuzz/oracle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sl_column columns[] = {
	{ .name = { "id", 2 }, .type = SL_T_INT, .key = true },
	{ .name = { "a", 1 }, .type = SL_T_TEXT },
	{ .name = { "j", 1 }, .type = SL_T_JSON },
	{ .name = { "t", 1 }, .type = SL_T_TIMESTAMPTZ },
	{ .name = { "n", 1 }, .type = SL_T_DECIMAL },
};
static const struct sl_schema schema = { SL_COUNT(columns), columns };
static const struct sl_value rows[][SL_COUNT(columns)] = {
	{ { "42", 2, SL_T_INT },
	  { " A,\"b\",\xC3\xA9\n ", 11, SL_T_TEXT },
	  { "{\"k\":[1.50,{\"x\":\"\\u00e9\"}],\"s\":\"v\"}", 34, SL_T_JSON },
	  { "2024-01-31 10:00:00.5+00", 24, SL_T_TIMESTAMPTZ },
	  { "-120.005", 8, SL_T_DECIMAL } },
	{ { "1", 1, SL_T_INT },
	  { NULL, 0, SL_T_NULL },
	  { NULL, 0, SL_T_NULL },
	  { "infinity", 8, SL_T_TIMESTAMPTZ },
	  { "NaN", 3, SL_T_DECIMAL } },
};

static void
render_all(const struct sl_mapper *m)
{
	const struct sl_event_head head = { .op = SL_OP_ADD,
					    .action = "insert",
					    .sync = "s",
					    .run = "r",
					    .task = "t",
					    .job = "w/s" };
	struct sl_map_scratch *scratch = sl_map_scratch_new();
	for (size_t i = 0; scratch && i < SL_COUNT(rows); i++) {
		struct sl_buf out;
		struct sl_err err;
		sl_buf_init(&out, 0);
		enum sl_code rc = sl_map_render(m, scratch, rows[i], &head, &out, &err);
		if (rc == SL_OK)
			check_json(sl_buf_view(&out));
		else if (out.len != 0 || (rc == SL_E_DATA && !sl_utf8_valid(sl_str(err.msg))))
			abort();
		sl_buf_free(&out);
	}
	sl_map_scratch_free(scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *key[] = { "id" };
	struct sl_arena *a = sl_arena_new(1 << 12, 64u << 20);
	char *text = a ? sl_arena_strndup(a, (const char *)data, size) : NULL;
	struct sl_mapping map = { .to = "v", .expr = text, .line = 1 };
	struct sl_profile profile = { .event = "row", .map = &map, .nmap = 1 };
	struct sl_map_spec spec = { .profile = &profile,
				    .schema = &schema,
				    .key = key,
				    .nkey = 1,
				    .arena = a,
				    .mode = SL_MODE_UPSERT };
	struct sl_map_issue *issues;
	struct sl_mapper *m;
	struct sl_err err;
	size_t n;
	if (text && sl_mapper_new(&spec, &m, &issues, &n, &err) == SL_OK) {
		if (!m && n == 0)
			abort();
		for (size_t i = 0; i < n; i++)
			if (!issues[i].problem[0] || !sl_utf8_valid(sl_str(issues[i].problem)))
				abort();
		if (m)
			render_all(m);
		sl_mapper_free(m);
	}
	sl_arena_free(a);
	return 0;
}
