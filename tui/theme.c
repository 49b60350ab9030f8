/* theme.c - the text of a theme to styles. */
#include "tui/theme.h"
#include "tui/theme_find.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CHAIN   4
#define MAX_PALETTE 64

static const char *const role_names[TUI_ROLES] = {
#define X(id, name, letter, help) name,
	TUI_ROLE_LIST(X)
#undef X
};

static const char *const ansi_names[16] = {
	"black",        "red",           "green",       "yellow",         "blue",
	"magenta",      "cyan",          "white",       "bright-black",   "bright-red",
	"bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
	"bright-white",
};

static const struct {
	const char *name;
	unsigned attr;
} attrs[] = {
	{ "bold", TUI_BOLD },   { "underline", TUI_UNDERLINE }, { "reverse", TUI_REVERSE },
	{ "faint", TUI_FAINT }, { "italic", TUI_ITALIC },
};

/* The last resort, and what every other theme starts from. */
static const char mono_text[] = "[roles]\n"
				"text = default\n"
				"[mono]\n"
				"title = bold\n"
				"accent = bold\n"
				"tab.current = reverse\n"
				"key = bold\n"
				"env.prod = reverse\n"
				"danger = bold\n"
				"button = underline\n"
				"button.focus = reverse\n"
				"input = underline\n"
				"input.invalid = reverse\n"
				"header = underline\n"
				"select = reverse\n"
				"select.inactive = underline\n"
				"mark = bold\n"
				"match = reverse bold\n"
				"keyword = bold\n"
				"state.run = bold\n"
				"state.warn = underline\n"
				"state.fail = bold\n"
				"diff.add = bold\n"
				"diff.del = underline\n"
				"progress = bold\n";

struct parser {
	struct tui_theme *t;
	const char *file;
	int line;
	unsigned depth; /* of `inherits` */
	enum { SEC_TOP, SEC_PALETTE, SEC_ROLES, SEC_MONO } section;
	struct {
		struct sl_str name;
		struct tui_color color;
	} palette[MAX_PALETTE];
	size_t npalette;
	struct sl_err *err;
};

static enum sl_code parse_text(struct sl_str text, const char *file, unsigned depth,
			       struct tui_theme *t, struct sl_err *err);

static enum sl_code
fail(struct parser *p, const char *what, struct sl_str word)
{
	char where[160];

	snprintf(where, sizeof(where), "%s:%d", p->file, p->line);
	return sl_fail(p->err, SL_E_CONFIG, where, "%s: %.*s", what,
		       (int)(word.len > 60 ? 60 : word.len), word.ptr ? word.ptr : "");
}

static struct sl_str
next_word(struct sl_str *s)
{
	*s = sl_str_trim(*s);
	size_t n = 0;
	while (n < s->len && s->ptr[n] != ' ' && s->ptr[n] != '\t')
		n++;
	struct sl_str w = { s->ptr, n };
	s->ptr += n;
	s->len -= n;
	return w;
}

static int
ansi_index(struct sl_str w)
{
	for (int i = 0; i < 16; i++) {
		if (sl_str_is(w, ansi_names[i]))
			return i;
	}
	return -1;
}

static bool
parse_hex(struct sl_str w, uint32_t *rgb)
{
	char digits[7] = "", *end;

	if (w.len != 7 || w.ptr[0] != '#')
		return false;
	memcpy(digits, w.ptr + 1, 6);
	if (strspn(digits, "0123456789abcdefABCDEF") != 6)
		return false;
	*rgb = (uint32_t)strtoul(digits, &end, 16);
	return true;
}

/* name = #rrggbb 256 16 */
static enum sl_code
parse_palette(struct parser *p, struct sl_str name, struct sl_str value)
{
	struct tui_color c = { .kind = TUI_COLOR_SET };
	struct sl_str hex = next_word(&value), n256 = next_word(&value), n16 = next_word(&value);
	int64_t n;
	int ansi = ansi_index(n16);

	if (p->npalette == MAX_PALETTE)
		return fail(p, "too many colours in [palette]", name);
	if (sl_str_is(name, "default"))
		return fail(p, "this name stands for the terminal's own colour", name);
	if (!parse_hex(hex, &c.rgb))
		return fail(p,
			    "a colour is written #rrggbb, then its number of 256, then its name "
			    "of 16; got",
			    hex);
	if (!sl_str_to_i64(n256, &n) || n < 16 || n > 255)
		return fail(p, "the second word must be a colour number 16..255; got", n256);
	if (ansi < 0)
		return fail(p, "the third word must be one of the 16 colour names; got", n16);
	if (sl_str_trim(value).len > 0)
		return fail(p, "this is too much after a colour", sl_str_trim(value));
	c.c256 = (uint16_t)n;
	c.c16 = (uint16_t)ansi;
	p->palette[p->npalette].name = name;
	p->palette[p->npalette++].color = c;
	return SL_OK;
}

static bool
find_color(const struct parser *p, struct sl_str w, struct tui_color *c)
{
	int ansi = ansi_index(w);

	if (sl_str_is(w, "default")) {
		*c = (struct tui_color){ .kind = TUI_COLOR_DEFAULT };
		return true;
	}
	for (size_t i = p->npalette; i-- > 0;) {
		if (sl_str_eq(p->palette[i].name, w)) {
			*c = p->palette[i].color;
			return true;
		}
	}
	if (ansi >= 0) {
		*c = (struct tui_color){ TUI_COLOR_ANSI, 0, (uint16_t)ansi, (uint16_t)ansi };
		return true;
	}
	return false;
}

/* "bold", or alternatives "strike|underline": the first one we know. 0 = none. */
static unsigned
find_attr(struct sl_str w)
{
	while (w.len > 0) {
		const char *bar = memchr(w.ptr, '|', w.len);
		struct sl_str one = { w.ptr, bar ? (size_t)(bar - w.ptr) : w.len };
		for (size_t i = 0; i < SL_COUNT(attrs); i++) {
			if (sl_str_is(one, attrs[i].name))
				return attrs[i].attr;
		}
		w.ptr += one.len + (bar != NULL);
		w.len -= one.len + (bar != NULL);
	}
	return 0;
}

/* [fg] [on bg] [attributes] */
static enum sl_code
parse_style(struct parser *p, struct sl_str value, struct tui_style *out)
{
	struct tui_style s = { 0 };

	for (struct sl_str w = next_word(&value); w.len > 0; w = next_word(&value)) {
		unsigned attr = find_attr(w);
		struct tui_color c;
		if (attr) {
			s.attr |= attr;
		} else if (sl_str_is(w, "on")) {
			w = next_word(&value);
			if (!find_color(p, w, &s.bg))
				return fail(p, "no such colour", w);
		} else if (find_color(p, w, &c)) {
			s.fg = c;
		} else {
			return fail(p, "no such colour or attribute", w);
		}
	}
	*out = s;
	return SL_OK;
}

static int
role_index(struct sl_str name)
{
	for (int i = 0; i < TUI_ROLES; i++) {
		if (sl_str_is(name, role_names[i]))
			return i;
	}
	return -1;
}

static enum sl_code
parse_top(struct parser *p, struct sl_str key, struct sl_str value)
{
	if (sl_str_is(key, "name"))
		return SL_OK; /* the file's name is what counts */
	if (sl_str_is(key, "for")) {
		if (!sl_str_is(value, "dark") && !sl_str_is(value, "light") &&
		    !sl_str_is(value, "any"))
			return fail(p, "for must be dark, light or any; got", value);
		p->t->background = (unsigned char)value.ptr[0];
		return SL_OK;
	}
	if (!sl_str_is(key, "inherits"))
		return fail(p, "no such setting before the first section", key);

	char name[TUI_THEME_NAME];
	struct sl_buf text;
	char file[256];
	if (value.len == 0 || value.len >= sizeof(name))
		return fail(p, "inherits needs the name of a theme; got", value);
	if (p->depth >= MAX_CHAIN)
		return fail(p, "themes inherit in a circle, or more than 4 deep", value);
	memcpy(name, value.ptr, value.len);
	name[value.len] = '\0';
	if (strcmp(name, "mono") == 0 || strcmp(name, "base") == 0)
		return SL_OK; /* where every theme starts */
	sl_buf_init(&text, TUI_THEME_MAX);
	enum sl_code rc = tui_theme_find(name, &text, file, p->err);
	if (rc == SL_OK)
		rc = parse_text(sl_buf_view(&text), file, p->depth + 1, p->t, p->err);
	else
		rc = sl_err_wrap(p->err, "%s:%d: inherits %s", p->file, p->line, name);
	sl_buf_free(&text);
	return rc;
}

static enum sl_code
parse_setting(struct parser *p, struct sl_str key, struct sl_str value)
{
	struct tui_style s;
	int role;

	if (p->section == SEC_TOP)
		return parse_top(p, key, value);
	if (p->section == SEC_PALETTE)
		return parse_palette(p, key, value);
	role = role_index(key);
	if (role < 0)
		return fail(p, "no such role", key);
	enum sl_code rc = parse_style(p, value, &s);
	if (rc != SL_OK)
		return rc;
	if (p->section == SEC_ROLES)
		p->t->style[role] = s;
	else if (s.fg.kind != TUI_COLOR_UNSET || s.bg.kind != TUI_COLOR_UNSET)
		return fail(p, "[mono] takes attributes only; got", value);
	else
		p->t->mono[role] = s.attr;
	return SL_OK;
}

static enum sl_code
parse_line(struct parser *p, struct sl_str line)
{
	static const char *const sections[] = { "", "[palette]", "[roles]", "[mono]" };

	/* "#" starts a comment, but not in "#rrggbb" */
	for (size_t i = 0; i < line.len; i++) {
		bool first = i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t';
		if (line.ptr[i] == '#' && first &&
		    (i + 1 == line.len || line.ptr[i + 1] == ' ' || i == 0)) {
			line.len = i;
			break;
		}
	}
	line = sl_str_trim(line);
	if (line.len == 0)
		return SL_OK;
	if (line.ptr[0] == '[') {
		for (unsigned i = 1; i < SL_COUNT(sections); i++) {
			if (sl_str_is(line, sections[i])) {
				p->section = i;
				return SL_OK;
			}
		}
		return fail(p, "no such section", line);
	}
	const char *eq = memchr(line.ptr, '=', line.len);
	if (!eq)
		return fail(p, "a line is NAME = VALUE; got", line);
	struct sl_str key = { line.ptr, (size_t)(eq - line.ptr) };
	struct sl_str value = { eq + 1, line.len - key.len - 1 };
	return parse_setting(p, sl_str_trim(key), sl_str_trim(value));
}

static enum sl_code
parse_text(struct sl_str text, const char *file, unsigned depth, struct tui_theme *t,
	   struct sl_err *err)
{
	struct parser p = { .t = t, .file = file, .depth = depth, .err = err };
	enum sl_code rc = SL_OK;

	while (text.len > 0 && rc == SL_OK) {
		const char *nl = memchr(text.ptr, '\n', text.len);
		struct sl_str line = { text.ptr, nl ? (size_t)(nl - text.ptr) : text.len };
		p.line++;
		rc = parse_line(&p, line);
		text.ptr += line.len + (nl != NULL);
		text.len -= line.len + (nl != NULL);
	}
	return rc;
}

void
tui_theme_mono(struct tui_theme *t)
{
	struct sl_err err;

	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "mono");
	snprintf(t->file, sizeof(t->file), "built in");
	t->background = 'a';
	(void)parse_text(SL_LIT(mono_text), "built in", 0, t, &err);
}

enum sl_code
tui_theme_parse(struct sl_str text, const char *file, struct tui_theme *t, struct sl_err *err)
{
	struct tui_theme fresh;

	tui_theme_mono(&fresh);
	snprintf(fresh.file, sizeof(fresh.file), "%s", file);
	enum sl_code rc = parse_text(text, file, 0, &fresh, err);
	if (rc != SL_OK)
		return rc;
	*t = fresh;
	return SL_OK;
}

enum sl_code
tui_theme_load(const char *name, struct tui_theme *t, struct sl_err *err)
{
	struct sl_buf text;
	char file[256];

	if (strcmp(name, "auto") == 0)
		name = tui_theme_auto();
	sl_buf_init(&text, TUI_THEME_MAX);
	enum sl_code rc = tui_theme_find(name, &text, file, err);
	if (rc == SL_OK)
		rc = tui_theme_parse(sl_buf_view(&text), file, t, err);
	else if (rc == SL_E_NOTFOUND && strcmp(name, "mono") == 0)
		tui_theme_mono(t), rc = SL_OK;
	if (rc == SL_OK)
		snprintf(t->name, sizeof(t->name), "%s", name);
	sl_buf_free(&text);
	return rc;
}

struct tui_style
tui_theme_style(const struct tui_theme *t, enum tui_role role, enum tui_role over,
		enum tui_depth depth)
{
	struct tui_style s = { 0 };

	if (depth == TUI_MONO) {
		s.attr = t->mono[role] | (over ? t->mono[over] : 0);
		return s;
	}
	s = t->style[role];
	if (!over)
		return s;
	const struct tui_style *o = &t->style[over];
	const bool poor =
		depth < TUI_256 && o->bg.kind == TUI_COLOR_SET; /* see themes/README.md, [mono] */

	/* A coloured word would become a coloured block within a reversed row. */
	if ((poor ? t->mono[over] : o->attr) & TUI_REVERSE) {
		s.fg = (struct tui_color){ .kind = TUI_COLOR_UNSET };
		s.attr &= ~TUI_FAINT;
	}
	if (poor) {
		s.attr |= t->mono[over];
		return s;
	}
	if (o->fg.kind != TUI_COLOR_UNSET)
		s.fg = o->fg;
	if (o->bg.kind != TUI_COLOR_UNSET)
		s.bg = o->bg;
	s.attr |= o->attr;
	return s;
}

static double
luminance(uint32_t rgb)
{
	static const double weight[] = { 0.2126, 0.7152, 0.0722 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double v = (double)(rgb >> (16 - 8 * i) & 0xff) / 255.0;
		sum += weight[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double
tui_contrast(uint32_t a, uint32_t b)
{
	double la = luminance(a), lb = luminance(b);

	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}
