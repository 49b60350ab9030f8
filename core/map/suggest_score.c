/* suggest_score.c - how well a column and a field go together, and in which form. */
#include "core/map/suggest.h"

#include "core/map/expr.h"

static bool
is_bare_name(struct sl_str s)
{
	bool bare = s.len > 0 && !(s.ptr[0] >= '0' && s.ptr[0] <= '9') && s.ptr[0] != '$';
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bare = bare && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80));
	}
	return bare && !sl_str_is(s, "true") && !sl_str_is(s, "false") && !sl_str_is(s, "null");
}

const char *
sl_in_quotes(struct sl_arena *a, struct sl_str s)
{
	char *out = sl_arena_alloc(a, s.len * 2 + 3, 1);
	size_t n = 0;
	if (!out)
		return NULL;
	out[n++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			out[n++] = '"';
		out[n++] = s.ptr[i];
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

const char *
sl_column_expr(struct sl_arena *a, const struct sl_column *c)
{
	if (is_bare_name(c->name))
		return sl_arena_strndup(a, c->name.ptr, c->name.len);
	return sl_in_quotes(a, c->name);
}

/* How well a column's type goes with a field's: added to the score. */
static double
type_fit(const struct sl_candidate *c, const char *type)
{
	enum sl_type t = c->col->type;
	bool number = t == SL_T_INT || t == SL_T_DECIMAL || t == SL_T_FLOAT;
	bool time = t == SL_T_DATE || t == SL_T_TIMESTAMP || t == SL_T_TIMESTAMPTZ;
	if (strcmp(type, "number") == 0 || strcmp(type, "integer") == 0)
		return number ? 0.05 : -0.3;
	if (strcmp(type, "datetime") == 0 || strcmp(type, "date") == 0)
		return time || c->look == SL_LOOK_TIME ? 0.05 : t == SL_T_INT ? -0.1 : -0.3;
	if (strcmp(type, "boolean") == 0)
		return t == SL_T_BOOL ? 0.05 : -0.2;
	if (strcmp(type, "array") == 0 || strcmp(type, "object") == 0)
		return t == SL_T_JSON ? 0.05 : -0.6;
	return t == SL_T_JSON || t == SL_T_BOOL || time ? -0.3 : 0;
}

static bool
is_timely(const char *type)
{
	return strcmp(type, "datetime") == 0 || strcmp(type, "date") == 0;
}

/* What the values say for or against a field of this name. */
static double
evidence(const struct sl_candidate *c, const char *field)
{
	static const struct {
		enum sl_look look;
		const char *field;
	} known[] = { { SL_LOOK_EMAIL, "email" },
		      { SL_LOOK_PHONE, "phone" },
		      { SL_LOOK_URL, "website" } };
	for (size_t i = 0; i < SL_COUNT(known); i++) {
		if (strcmp(field, known[i].field) != 0)
			continue;
		if (c->look == known[i].look)
			return c->look == SL_LOOK_URL ? 0.1 : 0.6;
		return c->seen > 0 && known[i].look == SL_LOOK_EMAIL ? -0.6 : 0;
	}
	return 0;
}

/* The last step of a field, and whether the one before belongs to its name (company.name). */
static double
name_fit(const struct sl_candidate *c, const char *to)
{
	char leaf[SL_WORD_MAX], both[SL_WORD_MAX];
	const char *dot = strrchr(to, '.');
	sl_squeeze(sl_str(dot ? dot + 1 : to), leaf);
	double fit = sl_alike(c->word, leaf);
	if (!dot)
		return fit;
	const char *from = to;
	for (const char *p = strchr(to, '.'); p && p < dot; p = strchr(p + 1, '.'))
		from = p + 1;
	if (from == to) /* traits.email: traits is no part of the name */
		return fit;
	size_t n = (size_t)(dot - from);
	bool address = n == strlen("address") && strncmp(from, "address", n) == 0;
	sl_squeeze((struct sl_str){ from, n + 1 + strlen(dot + 1) }, both);
	double whole = sl_alike(c->word, both);
	fit = address ? fit * 0.98 : fit * 0.4;
	return whole > fit ? whole : fit;
}

double
sl_score(const struct sl_candidate *c, const struct sl_field_info *f)
{
	char leaf[SL_WORD_MAX];
	const char *dot = strrchr(f->name, '.');
	sl_squeeze(sl_str(dot ? dot + 1 : f->name), leaf);
	double name = name_fit(c, f->name), values = evidence(c, leaf);
	if (name <= 0 && values <= 0)
		return 0;
	double s = name + type_fit(c, f->type) + values;
	return name <= 0 ? s * 0.9 : s;
}

const char *
sl_field_expr(struct sl_arena *a, const struct sl_candidate *c, const struct sl_field_info *f)
{
	char leaf[SL_WORD_MAX];
	const char *name = sl_column_expr(a, c->col), *dot = strrchr(f->name, '.'), *tail = "";
	enum sl_type t = c->col->type;
	bool number = t == SL_T_INT || t == SL_T_DECIMAL || t == SL_T_FLOAT;
	sl_squeeze(sl_str(dot ? dot + 1 : f->name), leaf);
	if (sl_means(leaf, "email") && t == SL_T_TEXT)
		tail = " | trim | lower";
	else if (is_timely(f->type) && (t == SL_T_TEXT || t == SL_T_INT))
		tail = " | iso";
	else if (strcmp(f->type, "string") == 0 && number)
		tail = " | string";
	else if (strcmp(f->type, "number") == 0 && t == SL_T_TEXT)
		tail = " | number";
	else if (strcmp(f->type, "boolean") == 0 && t != SL_T_BOOL)
		tail = " | bool";
	return name ? sl_arena_printf(a, "%s%s", name, tail) : NULL;
}

const char *
sl_field_reason(struct sl_arena *a, const struct sl_candidate *c, const struct sl_field_info *f)
{
	bool name = name_fit(c, f->name) > 0;
	if (c->look == SL_LOOK_NONE || c->look == SL_LOOK_TIME)
		return type_fit(c, f->type) > 0 ? "by name and type" : "by its name";
	return sl_arena_printf(a, "%sthe values look like %s", name ? "by its name, and " : "",
			       sl_look_text(c->look));
}

const struct sl_field_info *
sl_usual_traits(size_t *n)
{
	static const struct sl_field_info fields[] = {
		{ "traits.email", "string" },
		{ "traits.firstName", "string" },
		{ "traits.lastName", "string" },
		{ "traits.name", "string" },
		{ "traits.phone", "string" },
		{ "traits.username", "string" },
		{ "traits.createdAt", "datetime" },
		{ "traits.birthday", "datetime" },
		{ "traits.age", "number" },
		{ "traits.gender", "string" },
		{ "traits.title", "string" },
		{ "traits.description", "string" },
		{ "traits.avatar", "string" },
		{ "traits.website", "string" },
		{ "traits.plan", "string" },
		{ "traits.company.name", "string" },
		{ "traits.address.street", "string" },
		{ "traits.address.city", "string" },
		{ "traits.address.state", "string" },
		{ "traits.address.postalCode", "string" },
		{ "traits.address.country", "string" },
	};
	*n = SL_COUNT(fields);
	return fields;
}
