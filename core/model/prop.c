/* prop.c - reading and checking settings by their property table. */
#include "core/model/prop.h"

#include "core/base/text.h"

#include <stdio.h>

/* How much of a wrong text is repeated in its message. */
#define ECHO_MAX 60

const struct sl_prop *
sl_prop_find(const struct sl_prop *props, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(props[i].name, name) == 0)
			return &props[i];
	}
	return NULL;
}

const char *
sl_prop_text(const struct sl_prop *props, size_t np, const struct sl_setting *set, size_t ns,
	     const char *name)
{
	for (size_t i = 0; i < ns; i++) {
		if (strcmp(set[i].name, name) == 0 && set[i].value)
			return set[i].value;
	}
	const struct sl_prop *p = sl_prop_find(props, np, name);
	return p ? p->def : NULL;
}

static bool
parse_number(enum sl_prop_type type, const char *text, int64_t *v)
{
	switch (type) {
	case SL_P_INT:
		return sl_str_to_i64(sl_str(text), v);
	case SL_P_MILLIS:
		return sl_str_to_millis(sl_str(text), v);
	case SL_P_BYTES:
		return sl_str_to_bytes(sl_str(text), v);
	default:
		return false;
	}
}

/* Value of a setting, or the default where the setting is empty: an empty field of a form. */
static const char *
filled_text(const struct sl_prop *p, const struct sl_setting *set, size_t ns)
{
	const char *text = sl_prop_text(p, 1, set, ns, p->name);

	return text && text[0] ? text : p->def;
}

int64_t
sl_prop_i64(const struct sl_prop *props, size_t np, const struct sl_setting *set, size_t ns,
	    const char *name)
{
	const struct sl_prop *p = sl_prop_find(props, np, name);
	const char *text = p ? filled_text(p, set, ns) : NULL;
	int64_t v;

	return text && parse_number(p->type, text, &v) ? v : 0;
}

bool
sl_prop_bool(const struct sl_prop *props, size_t np, const struct sl_setting *set, size_t ns,
	     const char *name)
{
	const struct sl_prop *p = sl_prop_find(props, np, name);
	const char *text = p ? filled_text(p, set, ns) : NULL;

	return text && strcmp(text, "true") == 0;
}

bool
sl_prop_item(const char **text, struct sl_buf *item)
{
	const char *s = *text;
	size_t keep = 0; /* length without the blanks at the end */

	sl_buf_reset(item);
	while (*s == ' ')
		s++;
	if (*s == '\0') {
		*text = s;
		return false;
	}
	for (; *s && *s != ','; s++) {
		bool escaped = *s == '\\' && s[1];
		s += escaped ? 1 : 0;
		sl_buf_putc(item, *s);
		if (escaped || *s != ' ')
			keep = item->len;
	}
	item->len = item->failed ? item->len : keep;
	*text = *s ? s + 1 : s;
	return true;
}

void
sl_prop_put_item(struct sl_buf *out, struct sl_str item)
{
	if (out->len > 0)
		sl_buf_putc(out, ',');
	for (size_t i = 0; i < item.len; i++) {
		bool edge = item.ptr[i] == ' ' && (i == 0 || i + 1 == item.len);
		if (item.ptr[i] == ',' || item.ptr[i] == '\\' || edge)
			sl_buf_putc(out, '\\');
		sl_buf_putc(out, item.ptr[i]);
	}
}

/* "name: what is wrong, not \"text\"", with the text made safe and short. */
static enum sl_code
fail_echo(struct sl_err *err, const struct sl_prop *p, const char *want, const char *text)
{
	struct sl_buf seen;

	sl_buf_init(&seen, 0);
	struct sl_str cut = sl_str(text);
	bool longer = cut.len > ECHO_MAX;
	if (longer)
		cut.len = ECHO_MAX;
	/* Not through the middle of a UTF-8 sequence. */
	while (longer && cut.len > 0 && ((unsigned char)text[cut.len] & 0xc0) == 0x80)
		cut.len--;
	sl_visible(&seen, cut);
	enum sl_code code = sl_fail(err, SL_E_CONFIG, "", "%s must be %s, not \"%s%s\"", p->name,
				    want, sl_buf_cstr(&seen), longer ? "..." : "");
	sl_buf_free(&seen);
	return code;
}

struct unit {
	int64_t size;
	const char *suffix;
};

static const struct unit milli_units[] = {
	{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" },
};
static const struct unit byte_units[] = {
	{ INT64_C(1) << 40, "TiB" }, { 1 << 30, "GiB" }, { 1 << 20, "MiB" },
	{ 1 << 10, "KiB" },          { 1, "" },
};

/* A bound as the user would write it, in the largest unit that divides it. */
static void
bound_text(const struct sl_prop *p, int64_t v, char out[32])
{
	const struct unit *u = p->type == SL_P_BYTES ? byte_units : milli_units;

	if (p->type == SL_P_INT || v == 0) {
		snprintf(out, 32, "%lld", (long long)v);
		return;
	}
	while (v % u->size != 0)
		u++;
	snprintf(out, 32, "%lld%s", (long long)(v / u->size), u->suffix);
}

static enum sl_code
fail_range(struct sl_err *err, const struct sl_prop *p, const char *text)
{
	char want[80], min[32], max[32];

	bound_text(p, p->min, min);
	bound_text(p, p->max, max);
	if (p->max < p->min)
		snprintf(want, sizeof(want), "at least %s", min);
	else
		snprintf(want, sizeof(want), "between %s and %s", min, max);
	return fail_echo(err, p, want, text);
}

static enum sl_code
check_number(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	int64_t v;

	if (!parse_number(p->type, text, &v)) {
		switch (p->type) {
		case SL_P_MILLIS:
			fail_echo(err, p, "a duration", text);
			return sl_err_hint(
				err, "write a whole number with its unit: 250ms, 5s, 2m, 1h or 7d");
		case SL_P_BYTES:
			fail_echo(err, p, "a size", text);
			return sl_err_hint(
				err,
				"write a whole number of bytes, or with a unit: 512, 64k, 4MiB");
		default:
			fail_echo(err, p, "a whole number", text);
			return sl_err_hint(err, "write digits only, such as 10");
		}
	}
	bool bounded = p->min != 0 || p->max != 0;
	bool has_max = p->max >= p->min;
	if (bounded && (v < p->min || (has_max && v > p->max)))
		return fail_range(err, p, text);
	return SL_OK;
}

static enum sl_code
check_enum(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	struct sl_buf all;

	sl_buf_init(&all, 160);
	for (size_t i = 0; p->choices && p->choices[i]; i++) {
		if (strcmp(p->choices[i], text) == 0) {
			sl_buf_free(&all);
			return SL_OK;
		}
		const char *sep = i == 0 ? "" : p->choices[i + 1] ? ", " : " or ";
		sl_buf_printf(&all, "%s%s", sep, p->choices[i]);
	}
	fail_echo(err, p, all.failed ? "one of its choices" : sl_buf_cstr(&all), text);
	sl_buf_free(&all);
	return err->code;
}

static bool
is_env_name(const char *s)
{
	if (!(*s == '_' || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')))
		return false;
	for (; *s; s++) {
		bool word = *s == '_' || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z') ||
			    (*s >= '0' && *s <= '9');
		if (!word)
			return false;
	}
	return true;
}

/* Valid UTF-8 without controls; a string may have lines and tabs, such as SQL. */
static bool
is_clean(const struct sl_prop *p, const char *text)
{
	for (const char *s = text; *s; s++) {
		bool layout = p->type == SL_P_STRING && (*s == '\n' || *s == '\t');
		if (!layout && ((unsigned char)*s < 0x20 || *s == 0x7f))
			return false;
	}
	return sl_utf8_valid(sl_str(text));
}

/* The text may be a secret that was pasted here by mistake: no message repeats any of it. */
static enum sl_code
check_secret(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	bool clean = is_clean(p, text);

	if (strcmp(text, "pgpass") == 0)
		return SL_OK;
	if (strncmp(text, "env:", 4) == 0) {
		if (is_env_name(text + 4))
			return SL_OK;
		sl_fail(err, SL_E_CONFIG, "", "%s: env: is not followed by the name of a variable",
			p->name);
		return sl_err_hint(err,
				   "write env: and the name alone, such as env:WAREHOUSE_PASSWORD");
	}
	if (strncmp(text, "file:", 5) == 0) {
		if (clean && !sl_str_eq(sl_str_trim(sl_str(text + 5)), SL_LIT("")))
			return SL_OK;
		sl_fail(err, SL_E_CONFIG, "", "%s: file: is not followed by a path", p->name);
		return sl_err_hint(
			err, "write file: and the path of a file that holds the secret alone");
	}
	if (strncmp(text, "exec:", 5) == 0) {
		if (clean && !sl_str_eq(sl_str_trim(sl_str(text + 5)), SL_LIT("")))
			return SL_OK;
		sl_fail(err, SL_E_CONFIG, "", "%s: exec: is not followed by a command", p->name);
		return sl_err_hint(err, "write exec: and a command that prints the secret");
	}
	sl_fail(err, SL_E_CONFIG, "", "%s: a secret may not be written here", p->name);
	return sl_err_hint(err, "use env:NAME, file:/path, exec:command or pgpass");
}

/* host, host:port, [v6] or [v6]:port. */
static bool
is_authority(struct sl_str a)
{
	const char *close = a.len && a.ptr[0] == '[' ? memchr(a.ptr, ']', a.len) : a.ptr;
	int64_t port;

	if (!close)
		return false;
	size_t skip = (size_t)(close - a.ptr);
	const char *colon = memchr(close, ':', a.len - skip);
	size_t host = colon ? (size_t)(colon - a.ptr) : a.len;
	if (host == 0 || (skip > 0 && (skip < 2 || host != skip + 1)))
		return false;
	if (!colon)
		return true;
	struct sl_str digits = { colon + 1, a.len - host - 1 };
	return sl_str_to_i64(digits, &port) && port >= 1 && port <= 65535;
}

static enum sl_code
check_url(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	bool web = strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
	const char *mark = strstr(text, "://");
	const char *rest = mark ? mark + 3 : text;
	struct sl_str authority = { rest, strcspn(rest, "/?#") };

	/* Before all else: what stands before an @ is often a password, and is never repeated. */
	if (memchr(authority.ptr, '@', authority.len)) {
		sl_fail(err, SL_E_CONFIG, "",
			"%s: a user or password may not be part of the address", p->name);
		return sl_err_hint(
			err, "remove what is before the @; credentials have fields of their own");
	}
	if (!web) {
		fail_echo(err, p, "an address that starts with http:// or https://", text);
		return sl_err_hint(err, "write it whole, such as https://events.example.com");
	}
	if (!is_clean(p, text) || strchr(text, ' '))
		return fail_echo(err, p, "an address without blanks and control characters", text);
	if (!is_authority(authority)) {
		fail_echo(err, p, "an address with a host and, if any, a port from 1 to 65535",
			  text);
		return sl_err_hint(err, "such as https://events.example.com:8443");
	}
	return SL_OK;
}

static enum sl_code
check_item(const struct sl_prop *p, struct sl_buf *item, unsigned no, struct sl_err *err)
{
	const char *s = sl_buf_cstr(item);
	const char *eq = strchr(s, '=');

	if (item->failed)
		return sl_fail(err, SL_E_NOMEM, "", "%s: out of memory", p->name);
	if (s[0] == '\0') {
		sl_fail(err, SL_E_CONFIG, "", "%s: item %u is empty", p->name, no);
		return sl_err_hint(err, "remove the comma that has nothing beside it");
	}
	/* Not repeated: a header such as "Authorization: Bearer ..." may hold a secret. */
	if (p->type == SL_P_MAP && (!eq || eq == s)) {
		sl_fail(err, SL_E_CONFIG, "", "%s: item %u is not name=value", p->name, no);
		return sl_err_hint(err, "write name=value, with commas between several");
	}
	return SL_OK;
}

static enum sl_code
check_items(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	struct sl_buf item;
	unsigned no = 0;
	enum sl_code code = SL_OK;

	if (!is_clean(p, text))
		return sl_fail(err, SL_E_CONFIG, "", "%s holds control characters or is not UTF-8",
			       p->name);
	sl_buf_init(&item, 0);
	while (code == SL_OK && sl_prop_item(&text, &item))
		code = check_item(p, &item, ++no, err);
	sl_buf_free(&item);
	return code;
}

enum sl_code
sl_prop_check(const struct sl_prop *p, const char *text, struct sl_err *err)
{
	if (text[0] == '\0') {
		if (!(p->flags & SL_PROP_REQUIRED) || p->def)
			return SL_OK;
		sl_fail(err, SL_E_CONFIG, "", "%s is required and empty", p->name);
		return p->help ? sl_err_hint(err, "%s", p->help) : err->code;
	}
	switch (p->type) {
	case SL_P_INT:
	case SL_P_MILLIS:
	case SL_P_BYTES:
		return check_number(p, text, err);
	case SL_P_BOOL:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return SL_OK;
		return fail_echo(err, p, "true or false", text);
	case SL_P_ENUM:
		return check_enum(p, text, err);
	case SL_P_SECRET:
		return check_secret(p, text, err);
	case SL_P_URL:
		return check_url(p, text, err);
	case SL_P_LIST:
	case SL_P_MAP:
		return check_items(p, text, err);
	case SL_P_STRING:
	case SL_P_PATH:
		if (is_clean(p, text))
			return SL_OK;
		return fail_echo(err, p, "UTF-8 text without control characters", text);
	}
	return sl_fail(err, SL_E_BUG, "", "%s has an unknown property type", p->name);
}
