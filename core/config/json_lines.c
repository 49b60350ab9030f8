/* json_lines.c - every key of a JSON text with its line, and the keys that are there twice.
 *
 * The parser keeps neither. The text was parsed before, so this only has to find its way through valid
 * JSON; on anything else it stops early without harm. */
#include "core/config/parts.h"

#include <jansson.h>

struct scan {
	const char *p, *end;
	int line;
	struct sl_arena *arena;
	struct sl_json_key *keys;
	size_t n, cap;
	bool nomem;
};

static void
skip_blanks(struct scan *s)
{
	for (; s->p < s->end && strchr(" \t\r\n", *s->p) && *s->p; s->p++)
		s->line += *s->p == '\n';
}

/* From the opening quote to behind the closing one. */
static struct sl_str
take_string(struct scan *s)
{
	const char *start = s->p++;

	while (s->p < s->end && *s->p != '"')
		s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
	s->p += s->p < s->end;
	return (struct sl_str){ start, (size_t)(s->p - start) };
}

static void
skip_value(struct scan *s)
{
	int depth = 0;

	while (s->p < s->end) {
		char c = *s->p;
		if (depth == 0 && strchr(",]} \t\r\n", c))
			return;
		if (c == '"') {
			take_string(s);
		} else {
			s->line += c == '\n';
			depth += (c == '{' || c == '[') - (c == '}' || c == ']');
			s->p++;
		}
		if (depth == 0 && (c == '"' || c == '}' || c == ']'))
			return;
	}
}

static void
keep(struct scan *s, struct sl_json_key k)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct sl_json_key *keys = SL_NEW(s->arena, struct sl_json_key, cap);
		s->nomem |= !keys;
		if (!keys)
			return;
		if (s->n > 0)
			memcpy(keys, s->keys, s->n * sizeof(*keys));
		s->keys = keys;
		s->cap = cap;
	}
	s->keys[s->n++] = k;
}

/* `seen` holds the line of every key of this object so far. */
static void
take_key(struct scan *s, int depth, json_t *seen)
{
	struct sl_json_key k = { NULL, s->line, 0, depth };
	struct sl_str token = take_string(s);
	json_t *text = json_loadb(token.ptr, token.len, JSON_DECODE_ANY, NULL);
	const char *key = json_string_value(text);

	if (key) {
		k.key = sl_arena_strndup(s->arena, key, strlen(key));
		k.before = (int)json_integer_value(json_object_get(seen, key));
		s->nomem |= !k.key || json_object_set_new(seen, key, json_integer(k.line)) != 0;
		keep(s, k);
	} else {
		s->nomem = true;
	}
	json_decref(text);
}

static void
take_members(struct scan *s, int depth)
{
	json_t *seen = json_object();

	s->nomem |= !seen;
	s->p++;
	for (skip_blanks(s); s->p < s->end && *s->p != '}' && !s->nomem; skip_blanks(s)) {
		if (*s->p != '"') { /* the comma between members */
			s->p++;
			continue;
		}
		take_key(s, depth, seen);
		skip_blanks(s);
		s->p += s->p < s->end; /* the colon */
		skip_blanks(s);
		if (depth == 1 && s->p < s->end && *s->p == '{')
			take_members(s, 2);
		else
			skip_value(s);
	}
	s->p += s->p < s->end;
	json_decref(seen);
}

bool
sl_json_keys(struct sl_str text, struct sl_arena *a, struct sl_json_key **out, size_t *n)
{
	struct scan s = { .p = text.ptr, .end = text.ptr + text.len, .line = 1, .arena = a };

	skip_blanks(&s);
	if (s.p < s.end && *s.p == '{')
		take_members(&s, 1);
	*out = s.keys;
	*n = s.n;
	return !s.nomem;
}
