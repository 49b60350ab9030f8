/* mask_body.c - the body of an event with marks in the place of tagged values.
 *
 * A value is shown when the mapping of now puts an untagged column or a constant at its path, or when it
 * is one of the fields that every event has. A target is found at the end of a path, since shapes put
 * their own names before it ("email" is traits.email). */
#include "core/engine/mask_body.h"

#include "core/base/redact.h"
#include "core/map/json.h"

#define DEPTH 48u /* deeper values are masked as a whole */

struct walk {
	const struct sl_mask *mask;
	struct sl_str path[DEPTH]; /* names of objects; places in lists do not count */
	uint32_t depth;
	struct sl_buf *out; /* the masked body; NULL: only words are looked for */
	char *words;        /* from which tagged values are taken out */
	size_t cap;
};

enum verdict { SHOW, MASK, LOOK_INSIDE };

/* ---- what stands at a path -------------------------------------------------------------------------------- */

static bool
ends_with(const struct walk *w, const struct sl_target *t)
{
	if (t->n == 0 || t->n > w->depth)
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		if (!sl_str_eq(w->path[w->depth - t->n + i], t->steps[i]))
			return false;
	return true;
}

static bool
path_is(const struct walk *w, const char *text)
{
	for (uint32_t i = 0; i < w->depth; i++) {
		const size_t n = strcspn(text, ".");

		if (w->path[i].len != n || memcmp(w->path[i].ptr, text, n) != 0)
			return false;
		text += n;
		if (*text == '.')
			text++;
		else if (i + 1 < w->depth)
			return false;
	}
	return *text == '\0';
}

/* What sluice itself writes, the same for every row or of no row. */
static bool
is_envelope(const struct walk *w)
{
	static const char *const fields[] = { "type",
					      "channel",
					      "messageId",
					      "action",
					      "event",
					      "context.mappedToDestination",
					      "context.externalId.type",
					      "context.externalId.identifierType",
					      "context.sources.job_id",
					      "context.sources.task_id",
					      "context.sources.job_run_id",
					      "context.sources.task_run_id",
					      "context.sources.version" };
	static const char *const keys[] = { "recordId", "rudderId" };
	static const char *const ids[] = { "userId", "context.externalId.id" };

	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (path_is(w, fields[i]))
			return true;
	for (size_t i = 0; i < SL_COUNT(keys) && !w->mask->key_tagged; i++)
		if (path_is(w, keys[i]))
			return true;
	for (size_t i = 0; i < SL_COUNT(ids) && !w->mask->id_tagged; i++)
		if (path_is(w, ids[i]))
			return true;
	return false;
}

static enum verdict
judge(const struct walk *w, char kind)
{
	const struct sl_mask *m = w->mask;
	bool shown = false;

	for (size_t i = 0; i < m->ntargets; i++) {
		if (!ends_with(w, &m->targets[i].path))
			continue;
		if (m->targets[i].tagged)
			return MASK;
		shown = true;
	}
	if (shown || (is_envelope(w) && !kind))
		return SHOW;
	return kind ? LOOK_INSIDE : MASK;
}

/* ---- values ------------------------------------------------------------------------------------------------- */

/* Lists and objects as their text, strings without their escapes. */
static struct sl_str
plain(const struct walk *w, struct sl_str json)
{
	struct sl_value v;

	if (json.len && json.ptr[0] == '"' && sl_json_to_value(json, w->mask->arena, &v))
		return (struct sl_str){ v.ptr, v.len };
	return json;
}

static bool
is_nothing(struct sl_str json)
{
	return sl_str_is(json, "null") || sl_str_is(json, "\"\"") || sl_str_is(json, "[]") ||
	       sl_str_is(json, "{}");
}

static void
hide(struct walk *w, struct sl_str json)
{
	const struct sl_str value = plain(w, json);

	if (w->out && is_nothing(json)) {
		sl_buf_put_str(w->out, json);
	} else if (w->out) {
		sl_buf_putc(w->out, '"');
		sl_buf_put_str(w->out, sl_mask_mark(w->mask, value));
		sl_buf_putc(w->out, '"');
	} else if (!is_nothing(json)) {
		sl_redact_value(w->words, w->cap, value);
		/* As it stands in the body, with its escapes. */
		if (json.len > 2 && json.ptr[0] == '"')
			sl_redact_value(w->words, w->cap,
					(struct sl_str){ json.ptr + 1, json.len - 2 });
	}
}

static void visit(struct walk *w, struct sl_str json);

/* Members of an object or list. */
static void
visit_inside(struct walk *w, struct sl_str json)
{
	struct sl_json_iter it = { .text = json };
	bool first = true;

	if (w->out)
		sl_buf_putc(w->out, json.ptr[0]);
	while (sl_json_next(&it)) {
		const bool named = it.kind == '{';

		if (w->out && !first)
			sl_buf_putc(w->out, ',');
		first = false;
		if (w->out && named) {
			sl_buf_putc(w->out, '"');
			sl_buf_put_str(w->out, it.key);
			sl_buf_puts(w->out, "\":");
		}
		if (w->depth + named >= DEPTH) {
			hide(w, it.value);
			continue;
		}
		if (named)
			w->path[w->depth++] = it.key;
		visit(w, it.value);
		w->depth -= named;
	}
	if (w->out)
		sl_buf_putc(w->out, json.ptr[0] == '{' ? '}' : ']');
}

/* Tagged values within one that is no text of its own: each of its texts is a value. */
static void
hide_inside(struct walk *w, struct sl_str json)
{
	struct sl_json_iter it = { .text = json };

	if (json.len == 0 || (json.ptr[0] != '{' && json.ptr[0] != '[')) {
		hide(w, json);
		return;
	}
	if (w->depth >= DEPTH)
		return;
	w->depth++;
	while (sl_json_next(&it))
		hide_inside(w, it.value);
	w->depth--;
}

static void
visit(struct walk *w, struct sl_str json)
{
	const char kind = json.len && (json.ptr[0] == '{' || json.ptr[0] == '[') ? json.ptr[0] : 0;

	switch (w->mask->all && !kind ? MASK : judge(w, kind)) {
	case SHOW:
		if (w->out)
			sl_buf_put_str(w->out, json);
		break;
	case MASK:
		if (w->out)
			hide(w, json);
		else
			hide_inside(w, json);
		break;
	case LOOK_INSIDE:
		visit_inside(w, json);
		break;
	}
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static struct sl_str
kept(const struct sl_mask *m, struct sl_buf *b)
{
	struct sl_str out = { b->failed ? NULL : sl_arena_strndup(m->arena, b->ptr, b->len),
			      b->len };

	sl_buf_free(b);
	return out.ptr ? out : SL_LIT("\"" SL_REDACTED "\"");
}

struct sl_str
sl_mask_body(const struct sl_mask *m, struct sl_str body)
{
	struct sl_buf out;
	struct walk w = { .mask = m, .out = &out };

	if (!m->on || body.len == 0)
		return body;
	sl_buf_init(&out, 0);
	if (sl_json_check(body) == SL_JSON_OK)
		visit(&w, body);
	else
		sl_buf_puts(&out, "\"" SL_REDACTED "\"");
	return kept(m, &out);
}

/* Calls for each part of the key that is tagged, or, with out, writes all of them. */
static void
visit_key(struct walk *w, struct sl_str key)
{
	struct sl_json_iter it = { .text = key };

	for (size_t i = 0; sl_json_next(&it); i++) {
		const bool tagged = w->mask->all || i >= w->mask->nkey ||
				    sl_mask_column(w->mask, w->mask->key[i]);

		if (w->out && i > 0)
			sl_buf_putc(w->out, ',');
		if (tagged)
			hide(w, it.value);
		else if (w->out)
			sl_buf_put_str(w->out, it.value);
	}
}

struct sl_str
sl_mask_key(const struct sl_mask *m, struct sl_str key)
{
	struct sl_buf out;
	struct walk w = { .mask = m, .out = &out };

	if (!m->on || !m->key_tagged || key.len == 0)
		return key;
	sl_buf_init(&out, 0);
	sl_buf_putc(&out, '[');
	visit_key(&w, key);
	sl_buf_putc(&out, ']');
	return kept(m, &out);
}

void
sl_mask_words(const struct sl_mask *m, struct sl_str body, struct sl_str key, char *text,
	      size_t cap)
{
	struct walk w = { .mask = m, .cap = cap };

	if (!m->on || !*text)
		return;
	w.words = text;
	if (body.len > 0)
		visit(&w, body);
	if (m->key_tagged && key.len > 0)
		visit_key(&w, key);
}
