/* fuzz_render.c - hostile cells: a row is refused with its field named, or the event is one line of valid
 * JSON. Input: for each cell a byte of type, a byte of length, the bytes. */
#include "core/base/text.h"
#include "core/map/map.h"
#include "tests/fuzz/oracle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COLS 6u

static const struct sl_column columns[COLS] = {
	{ .name = { "id", 2 }, .type = SL_T_INT, .key = true },
	{ .name = { "a", 1 }, .type = SL_T_TEXT },
	{ .name = { "b", 1 }, .type = SL_T_TEXT },
	{ .name = { "j", 1 }, .type = SL_T_JSON },
	{ .name = { "t", 1 }, .type = SL_T_TIMESTAMP },
	{ .name = { "n", 1 }, .type = SL_T_DECIMAL },
};
static const struct sl_schema schema = { COLS, columns };

static struct sl_mapping fields[] = {
	{ "userId", "id", 1 },
	{ "anonymousId", "a", 2 },
	{ "traits.a", "a", 3 },
	{ "traits.low", "a | trim | lower | replace a bb", 4 },
	{ "traits.up", "b | upper | omit_null", 5 },
	{ "traits.cap", "b | capitalize | substr -3 2", 6 },
	{ "traits.both", "'{a}/{b}/{j.k}'", 7 },
	{ "traits.deep.path", "j.k.0", 8 },
	{ "traits.deep.j", "j", 9 },
	{ "traits.t", "t", 10 },
	{ "traits.n", "n", 11 },
	{ "traits.list", "b | split ','", 12 },
	{ "traits.joined", "b | split ',' | join ';'", 13 },
	{ "traits.sha", "a | sha256", 14 },
};
/* These refuse most values, so they have a mapping of their own. */
static struct sl_mapping strict[] = {
	{ "i", "n | int", 1 },      { "n", "n | number 2", 2 }, { "t", "t | iso", 3 },
	{ "e", "t | epoch_ms", 4 }, { "b", "a | bool", 5 },     { "j", "b | json", 6 },
	{ "f", "j | first", 7 },    { "l", "j | last", 8 },
};

static void
read_row(const uint8_t *data, size_t size, struct sl_value *row)
{
	for (uint32_t i = 0; i < COLS; i++) {
		row[i] = (struct sl_value){ 0 };
		if (size < 2)
			continue;
		uint8_t type = data[0] % (SL_T_JSON + 1);
		size_t len = data[1] < size - 2 ? data[1] : size - 2;
		if (type != SL_T_NULL)
			row[i] = (struct sl_value){ (const char *)data + 2, (uint32_t)len, type };
		data += 2 + len;
		size -= 2 + len;
	}
}

static void
render(const char *event, struct sl_mapping *map, size_t nmap, const struct sl_value *row)
{
	const struct sl_event_head head = { .op = SL_OP_UPDATE,
					    .action = "update",
					    .sync = "s",
					    .run = "r",
					    .task = "t",
					    .job = "w/s",
					    .max_bytes = 1 << 20 };
	const char *key[] = { "id", "b" };
	struct sl_arena *a = sl_arena_new(1 << 12, 64u << 20);
	struct sl_map_scratch *scratch = sl_map_scratch_new();
	struct sl_profile profile = { .event = event, .map = map, .nmap = nmap };
	struct sl_map_spec spec = {
		.profile = &profile, .schema = &schema, .key = key, .nkey = 2, .arena = a
	};
	struct sl_map_issue *issues;
	struct sl_mapper *m;
	struct sl_value back[COLS];
	struct sl_err err;
	struct sl_buf out;
	size_t n;
	sl_buf_init(&out, 0);
	if (!a || !scratch || sl_mapper_new(&spec, &m, &issues, &n, &err) != SL_OK || !m)
		abort();
	enum sl_code rc = sl_map_render(m, scratch, row, &head, &out, &err);
	if (rc == SL_OK)
		check_json(sl_buf_view(&out));
	else if (out.len != 0 || rc != SL_E_DATA || !sl_utf8_valid(sl_str(err.msg)))
		abort();
	sl_buf_reset(&out);
	sl_map_key_json(m, row, &out);
	if (sl_map_key_parse(m, sl_buf_view(&out), a, back, &err) != SL_OK)
		abort();
	sl_buf_free(&out);
	sl_mapper_free(m);
	sl_map_scratch_free(scratch);
	sl_arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_value row[COLS];
	read_row(data, size, row);
	render("identify", fields, SL_COUNT(fields), row);
	render("row", strict, SL_COUNT(strict), row);
	for (size_t i = 0; i < SL_COUNT(strict); i++)
		render("row", &strict[i], 1, row);
	return 0;
}
