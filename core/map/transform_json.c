/* transform_json.c - JSON values and lists. */
#include "core/map/json.h"
#include "core/map/transform.h"

static enum sl_eval
not_a_list(struct sl_eval_ctx *x)
{
	return sl_eval_fail(x, "is not a JSON list");
}

static bool
is_list(const struct sl_value *v)
{
	struct sl_str s = sl_str_trim((struct sl_str){ v->ptr, v->len });
	return v->type == SL_T_JSON && s.len > 0 && s.ptr[0] == '[';
}

static enum sl_eval
json(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s = sl_str_trim((struct sl_str){ v->ptr, v->len });
	(void)c;
	if (v->type != SL_T_TEXT)
		return SL_EVAL_OK;
	if (s.len == 0)
		return sl_eval_null(v);
	if (sl_json_check(s) != SL_JSON_OK)
		return sl_eval_unreadable(x, s, "JSON");
	x->problem = NULL;
	return sl_json_to_value(s, x->arena, v) ? SL_EVAL_OK : SL_EVAL_FAIL;
}

/* The buffer's text moves into the arena, as a value. */
static enum sl_eval
set_from(struct sl_value *v, struct sl_eval_ctx *x, enum sl_type type, struct sl_buf *b)
{
	char *out = b->failed ? NULL : sl_eval_room(x, b->len);
	if (b->failed)
		(void)sl_eval_fail(x, "becomes longer than 1 MiB");
	if (out && b->len)
		memcpy(out, b->ptr, b->len);
	size_t n = b->len;
	sl_buf_free(b);
	return out ? sl_eval_set(v, type, out, n) : SL_EVAL_FAIL;
}

static const char *
prepare_split(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	(void)src;
	(void)a;
	return c->args[0].len == 0 ? "split needs a separator" : NULL;
}

static enum sl_eval
split(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s, sep = { c->args[0].ptr, c->args[0].len };
	enum sl_json_fault f = SL_JSON_OK;
	struct sl_buf b;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	sl_buf_init(&b, SL_TRANSFORM_MAX_TEXT);
	sl_buf_putc(&b, '[');
	bool more = s.len > 0;
	while (more && f == SL_JSON_OK) {
		const char *at = memmem(s.ptr, s.len, sep.ptr, sep.len);
		size_t n = at ? (size_t)(at - s.ptr) : s.len;
		f = sl_json_put_string(&b, s.ptr, n);
		more = at != NULL;
		if (more) {
			sl_buf_putc(&b, ',');
			s = (struct sl_str){ s.ptr + n + sep.len, s.len - n - sep.len };
		}
	}
	sl_buf_putc(&b, ']');
	if (f != SL_JSON_OK && f != SL_JSON_FULL) {
		sl_buf_free(&b);
		return sl_eval_fail(x, "%s", sl_json_fault_text(f));
	}
	return set_from(v, x, SL_T_JSON, &b);
}

static enum sl_eval
join(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_json_iter it = { .text = { v->ptr, v->len } };
	struct sl_buf b;
	bool ok = true, first = true;
	if (!is_list(v))
		return not_a_list(x);
	sl_buf_init(&b, SL_TRANSFORM_MAX_TEXT);
	while (ok && sl_json_next(&it)) {
		struct sl_value part;
		struct sl_str text = { NULL, 0 };
		x->problem = NULL;
		ok = sl_json_to_value(it.value, x->arena, &part) && sl_eval_text(&part, x, &text);
		if (!first)
			sl_buf_put(&b, c->args[0].ptr, c->args[0].len);
		first = false;
		sl_buf_put_str(&b, text);
	}
	if (!ok || it.fault != SL_JSON_OK) {
		sl_buf_free(&b);
		return ok ? not_a_list(x) : SL_EVAL_FAIL;
	}
	return set_from(v, x, SL_T_TEXT, &b);
}

static enum sl_eval
pick(struct sl_value *v, struct sl_eval_ctx *x, bool last)
{
	struct sl_json_iter it = { .text = { v->ptr, v->len } };
	struct sl_str found = { NULL, 0 };
	if (!is_list(v))
		return not_a_list(x);
	while (sl_json_next(&it)) {
		found = it.value;
		if (!last)
			break;
	}
	if (it.fault != SL_JSON_OK)
		return not_a_list(x);
	x->problem = NULL;
	return sl_json_to_value(found, x->arena, v) ? SL_EVAL_OK : SL_EVAL_FAIL;
}

static enum sl_eval
first(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return pick(v, x, false);
}

static enum sl_eval
last(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return pick(v, x, true);
}

const struct sl_transform sl_tf_json = {
	.info = { "json", "", "Reads a text as JSON; an empty text becomes null.",
		  "settings | json" },
	.eval = json,
};
const struct sl_transform sl_tf_split = {
	.info = { "split", "SEPARATOR", "A list of the pieces of a text.", "tags | split ','" },
	.min = 1,
	.max = 1,
	.prepare = prepare_split,
	.eval = split,
};
const struct sl_transform sl_tf_join = {
	.info = { "join", "SEPARATOR", "One text out of a list.", "tags | join ', '" },
	.min = 1,
	.max = 1,
	.eval = join,
};
const struct sl_transform sl_tf_first = {
	.info = { "first", "", "The first piece of a list; null when it is empty.",
		  "emails | first" },
	.eval = first,
};
const struct sl_transform sl_tf_last = {
	.info = { "last", "", "The last piece of a list; null when it is empty.", "emails | last" },
	.eval = last,
};
