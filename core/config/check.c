/* check.c - the settings of one object against its properties. */
#include "core/config/parts.h"

#include "core/base/near.h"
#include "core/base/text.h"

#define NAME_MAX_LEN 64

struct sl_place
sl_check_place(const struct sl_checking *c, const char *name)
{
	int line = sl_settings_line(c->what->settings, c->what->nsettings, name);

	return (struct sl_place){ c->file, line, name };
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool
name_char(char ch, bool first)
{
	bool word = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');

	return word || (!first && (ch == '_' || ch == '-'));
}

bool
sl_name_valid(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++) {
		if (!name_char(name[i], i == 0))
			return false;
	}
	return n > 0 && n <= NAME_MAX_LEN;
}

/* A valid name that looks like this one. */
static void
suggest_name(const char *name, char out[NAME_MAX_LEN + 1])
{
	size_t n = 0;

	for (; *name && n < NAME_MAX_LEN; name++) {
		char ch = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		if (name_char(ch, n == 0))
			out[n++] = ch;
		else if (n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
}

void
sl_check_name(const struct sl_checking *c)
{
	struct sl_place at = { c->file, 0, "name" };
	char better[NAME_MAX_LEN + 1];

	if (sl_name_valid(c->what->name))
		return;
	suggest_name(c->what->name, better);
	sl_problem_add(c->problems, at,
		       "\"%s\" cannot be a name: 1 to %d of a-z 0-9 _ -, starting with a letter or "
		       "digit",
		       c->what->name, NAME_MAX_LEN);
	if (better[0])
		sl_problem_mend(c->problems, "name it %s.json", better);
	else
		sl_problem_mend(c->problems, "name it with letters and digits, such as users.json");
}

/* ---- one setting ----------------------------------------------------------------------------- */

/* "postgres://user:word@host" in a text: a password that was pasted with its address. */
static bool
has_credentials(const char *text)
{
	const char *s = strstr(text, "://");
	size_t n = s ? strcspn(s + 3, "/?# ") : 0;

	return s && memchr(s + 3, '@', n) != NULL;
}

static void
check_entry(const struct sl_checking *c, const struct sl_setting *s, const char *sub)
{
	struct sl_place at = { c->file, s->line, s->name };
	struct sl_str value = sl_str(s->value);

	if (sub[0] == '\0') {
		sl_problem_add(c->problems, at, "an entry has no field on its left side");
		sl_problem_mend(c->problems, "write the destination's field, such as \"userId\"");
	} else if (!sl_utf8_valid(sl_str(sub)) || strpbrk(sub, "\n\r\t")) {
		sl_problem_add(c->problems, at, "the field's name has control characters");
		sl_problem_mend(c->problems, "remove them");
	}
	if (sl_str_trim(value).len == 0) {
		sl_problem_add(c->problems, at, "the entry has nothing on its right side");
		sl_problem_mend(c->problems, "write a column or an expression, or remove the line");
	} else if (!sl_utf8_valid(value) || strpbrk(s->value, "\n\r\t")) {
		sl_problem_add(c->problems, at, "the text has control characters");
		sl_problem_mend(c->problems, "write it on one line");
	}
}

/* What a value's check says, without the name of the setting that it may start with. */
static const char *
without_name(const char *text, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

/* A required one that is missing or empty is told by check_required(). */
static bool
check_value(const struct sl_checking *c, const struct sl_setting *s, const struct sl_prop *prop)
{
	struct sl_place at = { c->file, s->line, s->name };
	struct sl_err err = { 0 };

	if (s->value[0] == '\0')
		return true;
	if (prop->type == SL_P_MAP) {
		sl_problem_add(c->problems, at, "%s takes entries, not a text", prop->name);
		sl_problem_mend(c->problems, "write its entries one by one: %s.userId", prop->name);
		return false;
	}
	if (c->what->kind == SL_KIND_CONNECTION && prop->type == SL_P_STRING &&
	    has_credentials(s->value)) {
		sl_problem_add(c->problems, at, "%s holds an address with a user or password",
			       prop->name);
		sl_problem_mend(c->problems,
				"write host, user and database in their own settings, and the "
				"password as a reference");
		return false;
	}
	if (sl_prop_check(prop, s->value, &err) == SL_OK)
		return true;
	c->problems->nomem |= err.code == SL_E_NOMEM;
	sl_problem_add(c->problems, at, "%s", without_name(err.msg, prop->name));
	sl_problem_mend(c->problems, "%s", err.hint[0] ? err.hint : prop->help);
	return prop->type != SL_P_SECRET && prop->type != SL_P_URL;
}

static void
check_setting(const struct sl_checking *c, size_t i, const struct sl_shape *shape)
{
	const struct sl_setting *s = &c->what->settings[i];
	const char *sub;
	const struct sl_prop *prop = sl_shape_setting(shape, s->name, &sub);

	if (!prop) {
		struct sl_place at = { c->file, s->line, s->name };
		sl_problem_unknown(c->problems, at, shape, s->name);
		c->bad[i] = true;
	} else if (sub) {
		check_entry(c, s, sub);
	} else if (!check_value(c, s, prop)) {
		c->bad[i] = true;
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool
has_entries(const struct sl_checking *c, const char *map)
{
	size_t len = strlen(map);

	for (size_t i = 0; i < c->what->nsettings; i++) {
		const char *name = c->what->settings[i].name;
		if (strncmp(name, map, len) == 0 && name[len] == '.')
			return true;
	}
	return false;
}

bool
sl_check_given(const struct sl_checking *c, const char *name)
{
	for (size_t i = 0; i < c->what->nsettings; i++) {
		const struct sl_setting *s = &c->what->settings[i];
		if (strcmp(s->name, name) == 0)
			return c->bad[i] || s->value[0];
	}
	return false;
}

static void
check_required(const struct sl_checking *c, const struct sl_shape *shape)
{
	for (size_t i = 0; i < shape->nprops; i++) {
		const struct sl_prop *p = &shape->props[i];
		if (!(p->flags & SL_PROP_REQUIRED) || p->def || sl_check_given(c, p->name))
			continue;
		if (p->type == SL_P_MAP && has_entries(c, p->name))
			continue;
		bool empty = sl_check_place(c, p->name).line > 0;
		sl_problem_add(c->problems, sl_check_place(c, p->name), "%s is %s", p->name,
			       empty ? "empty" : "missing");
		sl_problem_mend(c->problems, "%s", p->help);
	}
}

static void
list_types(const struct sl_checking *c, struct sl_buf *out)
{
	for (int source = 1; source >= 0; source--) {
		sl_buf_puts(out, source ? "sources: " : "; destinations: ");
		bool first = true;
		for (size_t i = 0; i < c->what->ndrivers; i++) {
			const struct sl_driver_info *d = &c->what->drivers[i];
			if (d->is_source != (source == 1))
				continue;
			sl_buf_printf(out, "%s%s", first ? "" : ", ", d->name);
			first = false;
		}
	}
}

/* A connection whose driver is not known: only this can be said of it. */
static void
check_type(const struct sl_checking *c, const char *type)
{
	struct sl_near near = sl_near(type ? type : "");
	struct sl_buf all;

	sl_buf_init(&all, 400);
	list_types(c, &all);
	for (size_t i = 0; type && i < c->what->ndrivers; i++)
		sl_near_try(&near, c->what->drivers[i].name);
	if (type)
		sl_problem_add(c->problems, sl_check_place(c, "type"), "there is no type \"%s\"",
			       type);
	else
		sl_problem_add(c->problems, sl_check_place(c, "type"), "the type is missing");
	if (near.best)
		sl_problem_mend(c->problems, "did you mean \"%s\"?", near.best);
	else
		sl_problem_mend(c->problems, "write \"type\" as one of %s", sl_buf_cstr(&all));
	sl_buf_free(&all);
}

void
sl_check_object(const struct sl_checking *c)
{
	const struct sl_config_check *w = c->what;
	const char *type = NULL;

	if (w->kind == SL_KIND_CONNECTION)
		type = sl_settings_get(w->settings, w->nsettings, "type");
	struct sl_shape shape = sl_shape_of(w->kind, type, w->drivers, w->ndrivers);
	if (shape.unknown) {
		/* Which settings are secrets is not known: keep none. */
		for (size_t i = 0; i < w->nsettings; i++)
			c->bad[i] |= strcmp(w->settings[i].name, "type") != 0;
		if (type || !sl_check_given(c, "type"))
			check_type(c, type);
		return;
	}
	for (size_t i = 0; i < w->nsettings; i++) {
		if (!c->bad[i])
			check_setting(c, i, &shape);
	}
	check_required(c, &shape);
	if (w->kind == SL_KIND_PROFILE)
		sl_check_profile(c);
	if (w->kind == SL_KIND_SYNC)
		sl_check_sync(c);
}

static void
check_repeats(const struct sl_checking *c)
{
	const struct sl_setting *s = c->what->settings;

	for (size_t i = 0; i < c->what->nsettings; i++) {
		if (sl_settings_line(s, i, s[i].name) == 0 && !sl_settings_get(s, i, s[i].name))
			continue;
		struct sl_place at = { c->file, s[i].line, s[i].name };
		sl_problem_add(c->problems, at, "%s is there twice", s[i].name);
		sl_problem_mend(c->problems, "keep one of the two");
		c->bad[i] = true;
	}
}

enum sl_code
sl_config_check(const struct sl_config_check *what, struct sl_arena *a, struct sl_problem_def **out,
		size_t *nout, struct sl_err *err)
{
	struct sl_problems ps = { .arena = a };
	const char *file = sl_arena_printf(a, "%s/%s.json", sl_kind_folder(what->kind), what->name);
	bool *bad = SL_NEW(a, bool, what->nsettings + 1);
	struct sl_checking c = { what, file, bad, &ps };

	if (!file || !bad)
		return sl_fail(err, SL_E_NOMEM, "", "out of memory while checking settings");
	sl_check_name(&c);
	check_repeats(&c);
	sl_check_object(&c);
	if (ps.nomem)
		return sl_fail(err, SL_E_NOMEM, file, "out of memory while checking settings");
	sl_problems_sort(&ps);
	*out = ps.items;
	*nout = ps.n;
	return SL_OK;
}
