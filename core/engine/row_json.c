#include "core/engine/row_json.h"

#include "core/base/text.h"
#include "core/map/json.h"

/* A text that may hold anything. */
static void
put_text(struct sl_buf *out, struct sl_str s)
{
	const size_t at = out->len;
	struct sl_buf seen;

	if (sl_json_put_string(out, s.ptr, s.len) == SL_JSON_OK)
		return;
	out->len = at;
	sl_buf_init(&seen, 0);
	sl_visible(&seen, s);
	if (seen.failed || sl_json_put_string(out, seen.ptr, seen.len) != SL_JSON_OK)
		out->failed = true;
	sl_buf_free(&seen);
}

void
sl_value_json(struct sl_buf *out, const struct sl_value *v)
{
	const size_t at = out->len;

	if (sl_json_put_value(out, v) == SL_JSON_OK)
		return;
	out->len = at;
	put_text(out, (struct sl_str){ v->ptr, v->len });
}

struct sl_str
sl_row_json(struct sl_arena *a, const struct sl_schema *s, const struct sl_value *row)
{
	struct sl_str out = { 0 };
	struct sl_buf b;

	sl_buf_init(&b, 0);
	sl_buf_putc(&b, '{');
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (i > 0)
			sl_buf_puts(&b, ", ");
		put_text(&b, s->cols[i].name);
		sl_buf_puts(&b, ": ");
		sl_value_json(&b, &row[i]);
	}
	sl_buf_putc(&b, '}');
	if (!b.failed) {
		out.ptr = sl_arena_strndup(a, b.ptr, b.len);
		out.len = out.ptr ? b.len : 0;
	}
	sl_buf_free(&b);
	return out;
}
