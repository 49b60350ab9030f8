/* ident.c - the id of one change, and the key of a row as text. */
#include "core/map/mapper.h"

#include "core/base/text.h"
#include "core/map/json.h"

#include <string.h>

#define PREFIX "sluice-"

/* What an id is taken over: fixed sizes, so that nothing runs together. */
struct id_bytes {
	char mark[8];
	char sync[72], destination[72];
	uint32_t epoch, op, version, zero;
	struct sl_digest key, row;
};

struct sl_digest
sl_event_id(const struct sl_id_seed *s, enum sl_op op, struct sl_digest key, uint32_t version,
	    struct sl_digest row)
{
	struct id_bytes b = { .mark = "event 1",
			      .epoch = s->epoch,
			      .op = (uint32_t)op,
			      .version = version,
			      .key = key,
			      .row = row };
	memcpy(b.sync, s->sync, strnlen(s->sync, sizeof s->sync));
	memcpy(b.destination, s->destination, strnlen(s->destination, sizeof s->destination));
	return sl_digest(&s->key, &b, sizeof b);
}

void
sl_event_id_text(struct sl_digest id, char out[40])
{
	memcpy(out, PREFIX, sizeof PREFIX - 1);
	sl_digest_hex(id, out + sizeof PREFIX - 1);
}

/* Bytes that JSON cannot hold become U+FFFD. */
static void
put_repaired(struct sl_buf *out, struct sl_str s)
{
	struct sl_buf clean;
	sl_buf_init(&clean, 0);
	for (size_t i = 0; i < s.len;) {
		size_t from = i;
		uint32_t cp = sl_utf8_next(s, &i);
		if (cp == UINT32_MAX || cp == 0)
			sl_buf_puts(&clean, "\xEF\xBF\xBD");
		else
			sl_buf_put(&clean, s.ptr + from, i - from);
	}
	if (clean.failed || sl_json_put_string(out, clean.ptr, clean.len) != SL_JSON_OK)
		out->failed = true;
	sl_buf_free(&clean);
}

void
sl_map_key_json(const struct sl_mapper *m, const struct sl_value *row, struct sl_buf *out)
{
	sl_buf_putc(out, '[');
	for (uint32_t i = 0; i < m->nkey; i++) {
		const struct sl_value *v = &row[m->key[i]];
		if (i > 0)
			sl_buf_putc(out, ',');
		if (v->type == SL_T_NULL) {
			sl_buf_puts(out, "null");
			continue;
		}
		size_t start = out->len;
		if (sl_json_put_string(out, v->ptr, v->len) != SL_JSON_OK) {
			out->len = start;
			put_repaired(out, (struct sl_str){ v->ptr, v->len });
		}
	}
	sl_buf_putc(out, ']');
}

/* The type that a key text has: that of its column, where the text fits it (SQLite types cells, not
 * columns). */
static enum sl_type
key_type(enum sl_type column, const struct sl_value *v)
{
	bool number = column == SL_T_INT || column == SL_T_DECIMAL || column == SL_T_FLOAT;
	if (!number)
		return column == SL_T_NULL ? SL_T_TEXT : column;
	return sl_json_number_len(v->ptr, v->len) == v->len && v->len > 0 ? column : SL_T_TEXT;
}

enum sl_code
sl_map_key_parse(const struct sl_mapper *m, struct sl_str json, struct sl_arena *a,
		 struct sl_value *row, struct sl_err *err)
{
	struct sl_json_iter it = { .text = json };
	uint32_t n = 0;
	memset(row, 0, m->schema->ncols * sizeof *row);
	bool valid = sl_json_check(json) == SL_JSON_OK;
	while (valid && n < m->nkey && sl_json_next(&it)) {
		struct sl_value *v = &row[m->key[n]];
		valid = it.kind == '[';
		if (!sl_json_to_value(it.value, a, v))
			return sl_fail(err, SL_E_NOMEM, "key", "no memory left to read a key");
		valid = valid && (v->type == SL_T_TEXT || v->type == SL_T_NULL);
		if (v->type == SL_T_TEXT)
			v->type = (uint8_t)key_type(m->schema->cols[m->key[n]].type, v);
		n++;
	}
	if (valid && n == m->nkey && !sl_json_next(&it))
		return SL_OK;
	return sl_fail(err, SL_E_CORRUPT, "key",
		       "a stored key does not fit the %u key column%s of the sync", m->nkey,
		       m->nkey == 1 ? "" : "s");
}
