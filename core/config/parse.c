/* parse.c - the text of one file as a flat list of settings, with every mistake of form. */
#include "core/config/parts.h"

#include "core/base/skim.h"
#include "core/base/text.h"

#include <jansson.h>

struct parse {
	const struct sl_parse_in *in;
	struct sl_problems *ps;
	struct sl_shape shape;
	struct sl_parsed *out;
};

static void
put_setting(struct parse *p, const char *name, int line, const char *value)
{
	struct sl_parsed *o = p->out;

	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 16;
		struct sl_setting *settings = SL_NEW(p->ps->arena, struct sl_setting, cap);
		bool *bad = SL_NEW(p->ps->arena, bool, cap);
		if (!settings || !bad) {
			p->ps->nomem = true;
			return;
		}
		if (o->n > 0) {
			memcpy(settings, o->settings, o->n * sizeof(*settings));
			memcpy(bad, o->bad, o->n * sizeof(*bad));
		}
		*o = (struct sl_parsed){ settings, bad, o->n, cap, o->read };
	}
	p->ps->nomem |= !name;
	o->bad[o->n] = !value;
	o->settings[o->n++] = (struct sl_setting){ name ? name : "", value ? value : "", line };
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char *
json_kind(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "null";
}

/* What the file should hold, and an example to write instead. */
static const char *
wanted_kind(enum sl_prop_type type, const char **example)
{
	switch (type) {
	case SL_P_INT:
		*example = "write digits without quotes, such as 10";
		return "a whole number";
	case SL_P_BOOL:
		*example = "write true or false without quotes";
		return "true or false";
	case SL_P_MILLIS:
		*example = "write it in quotes with its unit, such as \"5s\"";
		return "a duration";
	case SL_P_BYTES:
		*example = "write a number of bytes, or \"64k\" or \"4MiB\" in quotes";
		return "a size";
	case SL_P_LIST:
		*example = "write it in brackets, such as [\"id\"]";
		return "a list of texts";
	case SL_P_MAP:
		*example = "write it in braces, such as {\"userId\": \"id\"}";
		return "an object of texts";
	default:
		*example = "write it in double quotes";
		return "a text";
	}
}

static void
wrong_kind(struct parse *p, struct sl_place at, const struct sl_prop *prop, const json_t *v)
{
	const char *example, *wanted = wanted_kind(prop->type, &example);

	sl_problem_add(p->ps, at, "%s must be %s, not %s", prop->name, wanted, json_kind(v));
	sl_problem_mend(p->ps, "%s",
			json_is_null(v) ? "remove the line to leave it unset" : example);
}

static const char *
keep(struct parse *p, struct sl_buf *b)
{
	char *s = b->failed ? NULL : sl_arena_strndup(p->ps->arena, b->ptr ? b->ptr : "", b->len);

	p->ps->nomem |= !s;
	sl_buf_free(b);
	return s;
}

/* ["id", "region"] as "id,region". */
static const char *
list_text(struct parse *p, struct sl_place at, const struct sl_prop *prop, const json_t *v)
{
	struct sl_buf b;
	const json_t *item;
	size_t i;
	bool good = true;

	sl_buf_init(&b, 0);
	json_array_foreach(v, i, item)
	{
		const char *text = json_string_value(item);
		if (text && text[0]) {
			sl_prop_put_item(&b, sl_str(text));
			continue;
		}
		good = false;
		sl_problem_add(p->ps, at, "item %zu of %s is %s, not a text", i + 1, prop->name,
			       text ? "empty" : json_kind(item));
		sl_problem_mend(p->ps, "write each item in double quotes, or remove it");
	}
	const char *text = keep(p, &b);
	return good ? text : NULL;
}

/* Lines of SQL as one text. */
static const char *
lines_text(struct parse *p, struct sl_place at, const json_t *v)
{
	struct sl_buf b;
	const json_t *item;
	size_t i;
	bool good = true;

	sl_buf_init(&b, 0);
	json_array_foreach(v, i, item)
	{
		if (i > 0)
			sl_buf_putc(&b, '\n');
		sl_buf_puts(&b, json_is_string(item) ? json_string_value(item) : "");
		if (json_is_string(item))
			continue;
		good = false;
		sl_problem_add(p->ps, at, "line %zu of %s is %s, not a text", i + 1, at.field,
			       json_kind(item));
		sl_problem_mend(p->ps, "write each line of the SQL in double quotes");
	}
	const char *text = keep(p, &b);
	return good ? text : NULL;
}

static bool
takes_integer(enum sl_prop_type t)
{
	return t == SL_P_INT || t == SL_P_BYTES || t == SL_P_MILLIS;
}

/* The value as the text of a setting; NULL: it has the wrong kind, which was told. */
static const char *
value_text(struct parse *p, struct sl_place at, const struct sl_prop *prop, const json_t *v)
{
	bool is_sql = p->shape.kind == SL_KIND_SYNC && strcmp(prop->name, "sql") == 0;
	struct sl_buf b;

	sl_buf_init(&b, 0);
	if (prop->type == SL_P_LIST && json_is_array(v))
		return list_text(p, at, prop, v);
	if (is_sql && json_is_array(v))
		return lines_text(p, at, v);
	if (json_is_integer(v) && takes_integer(prop->type)) {
		sl_buf_printf(&b, "%lld", (long long)json_integer_value(v));
		return keep(p, &b);
	}
	if (json_is_boolean(v) && prop->type == SL_P_BOOL)
		return json_is_true(v) ? "true" : "false";
	bool texts = prop->type != SL_P_INT && prop->type != SL_P_BOOL && prop->type != SL_P_LIST &&
		     prop->type != SL_P_MAP;
	if (json_is_string(v) && texts) {
		sl_buf_puts(&b, json_string_value(v));
		return keep(p, &b);
	}
	wrong_kind(p, at, prop, v);
	return NULL;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static struct sl_place
place(const struct parse *p, const struct sl_json_key *k)
{
	return (struct sl_place){ p->in->file, k->line, k->key };
}

static bool
is_repeat(struct parse *p, const struct sl_json_key *k)
{
	if (!k->before)
		return false;
	sl_problem_add(p->ps, place(p, k), "\"%s\" is there twice, first in line %d", k->key,
		       k->before);
	sl_problem_mend(p->ps, "keep one of the two");
	return true;
}

/* {"userId": "id"} as the setting "map.userId". Returns how many keys belong to it. */
static size_t
take_map(struct parse *p, const struct sl_json_key *keys, size_t n, const json_t *v)
{
	size_t used = 1;

	put_setting(p, keys[0].key, keys[0].line, "");
	for (; used < n && keys[used].depth == 2; used++) {
		const struct sl_json_key *k = &keys[used];
		const json_t *item = json_object_get(v, k->key);
		struct sl_place at = place(p, k);
		at.field = sl_arena_printf(p->ps->arena, "%s.%s", keys[0].key, k->key);
		if (!at.field || !item || is_repeat(p, k))
			continue;
		if (json_is_string(item)) {
			const char *s = json_string_value(item);
			put_setting(p, at.field, k->line,
				    sl_arena_strndup(p->ps->arena, s, strlen(s)));
			continue;
		}
		sl_problem_add(p->ps, at, "an expression must be a text, not %s", json_kind(item));
		sl_problem_mend(p->ps, "write it in double quotes; a constant too: \"42\"");
		put_setting(p, at.field, k->line, NULL);
	}
	return used;
}

/* One key of the outer object with what belongs to it. Returns how many keys that were. */
static size_t
take_key(struct parse *p, const json_t *root, const struct sl_json_key *keys, size_t n)
{
	const struct sl_prop *prop = sl_shape_key(&p->shape, keys[0].key);
	const json_t *v = json_object_get(root, keys[0].key);
	size_t used = 1;

	while (used < n && keys[used].depth == 2)
		used++;
	if (is_repeat(p, keys) || !v)
		return used;
	if (!prop) {
		if (!p->shape.unknown)
			sl_problem_unknown(p->ps, place(p, keys), &p->shape, keys[0].key);
		return used;
	}
	if (prop->type == SL_P_MAP && json_is_object(v))
		return take_map(p, keys, n, v);
	put_setting(p, prop->name, keys[0].line, value_text(p, place(p, keys), prop, v));
	return used;
}

/* ---- the text as a whole --------------------------------------------------------------------- */

static int
line_of_bad_utf8(struct sl_str text)
{
	int line = 1;

	for (size_t pos = 0; pos < text.len;) {
		uint32_t c = sl_utf8_next(text, &pos);
		if (c == UINT32_MAX)
			break;
		line += c == '\n';
	}
	return line;
}

static const char *
syntax_mend(const json_error_t *e)
{
	if (json_error_code(e) == json_error_premature_end_of_input)
		return "the end is missing: look for a } or a closing quote that is not there";
	if (json_error_code(e) == json_error_end_of_input_expected)
		return "remove what follows the last }";
	if (strncmp(e->text, "string or '}'", 13) == 0)
		return "write keys in double quotes, and no comma after the last entry";
	if (strncmp(e->text, "'}' expected", 12) == 0 || strncmp(e->text, "']' expected", 12) == 0)
		return "a comma may be missing before this";
	if (strncmp(e->text, "unexpected newline", 18) == 0)
		return "close the text with a double quote; long SQL may be a list of lines";
	return "write it as JSON: \"name\": \"value\", with commas between the entries";
}

/* The parser's own words, but nothing of the file: it may hold a secret. */
/* jansson often tells of missing memory without words, or by a token that it could not keep. */
static bool
is_nomem(const json_error_t *e, struct sl_str text)
{
	struct sl_str value;
	const char *why;
	size_t at;

	if (json_error_code(e) == json_error_out_of_memory || e->text[0] == '\0')
		return true;
	return (strncmp(e->text, "invalid token", 13) == 0 || strstr(e->text, " expected ")) &&
	       sl_skim_check(text, &value, &why, &at);
}

static void
syntax_problem(struct parse *p, const json_error_t *e, struct sl_str text)
{
	const char *near = strstr(e->text, " near ");
	int words = near ? (int)(near - e->text) : (int)strlen(e->text);
	struct sl_place at = { p->in->file, e->line > 0 ? e->line : 1, "" };

	if (is_nomem(e, text)) {
		p->ps->nomem = true;
		return;
	}
	sl_problem_add(p->ps, at, "this is not JSON: %.*s", words, e->text);
	sl_problem_mend(p->ps, "%s", syntax_mend(e));
}

/* The file's outer object, or NULL after telling why there is none. */
static json_t *
load_root(struct parse *p, struct sl_str text)
{
	struct sl_place at = { p->in->file, 0, "" };
	json_error_t e;

	if (sl_str_trim(text).len == 0) {
		sl_problem_add(p->ps, at, "the file is empty");
		sl_problem_mend(p->ps, "write one JSON object, or delete the file");
		return NULL;
	}
	if (!sl_utf8_valid(text)) {
		at.line = line_of_bad_utf8(text);
		sl_problem_add(p->ps, at, "the text is not UTF-8");
		sl_problem_mend(p->ps, "save the file as UTF-8");
		return NULL;
	}
	if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) {
		at.line = 1;
		sl_problem_add(p->ps, at, "the file starts with a byte order mark");
		sl_problem_mend(p->ps, "save it as UTF-8 without the mark (BOM)");
		return NULL;
	}
	json_t *root = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &e);
	if (!root) {
		syntax_problem(p, &e, text);
		return NULL;
	}
	if (!json_is_object(root)) {
		at.line = 1;
		sl_problem_add(p->ps, at, "the file must hold an object, not %s", json_kind(root));
		sl_problem_mend(p->ps, "write { before and } behind the settings");
		json_decref(root);
		return NULL;
	}
	return root;
}

void
sl_parse(const struct sl_parse_in *in, struct sl_str text, struct sl_parsed *out)
{
	struct parse p = { .in = in, .ps = in->problems, .out = out };
	struct sl_json_key *keys = NULL;
	size_t n = 0;

	*out = (struct sl_parsed){ 0 };
	json_t *root = load_root(&p, text);
	if (!root)
		return;
	out->read = true;
	const char *type = json_string_value(json_object_get(root, "type"));
	p.shape = sl_shape_of(in->kind, NULL, NULL, 0);
	if (in->kind == SL_KIND_CONNECTION && type)
		p.shape = sl_shape_of(in->kind, type, in->drivers, in->ndrivers);
	p.ps->nomem |= !sl_json_keys(text, p.ps->arena, &keys, &n);
	for (size_t i = 0; i < n && !p.ps->nomem;)
		i += take_key(&p, root, keys + i, n - i);
	json_decref(root);
}
