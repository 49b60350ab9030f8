/* skim.c - strict check, and walking over checked JSON. */
#include "core/base/skim.h"

#include "core/base/text.h"

struct check {
	const char *p, *end;
	const char *why;
};

static bool check_value(struct check *c, int depth);

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

static bool
bad(struct check *c, const char *why)
{
	if (!c->why)
		c->why = why;
	return false;
}

static bool
is_hex(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}

static bool
check_escape(struct check *c)
{
	if (c->p >= c->end)
		return bad(c, "the text ends within a string");
	if (*c->p != 'u') {
		if (!memchr("\"\\/bfnrt", *c->p, 8))
			return bad(c, "an unknown escape in a string");
		c->p++;
		return true;
	}
	c->p++;
	for (int i = 0; i < 4; i++, c->p++)
		if (c->p >= c->end || !is_hex(*c->p))
			return bad(c, "\\u without four hex digits");
	return true;
}

/* c->p is behind the opening quote. */
static bool
check_string(struct check *c)
{
	while (c->p < c->end) {
		unsigned char ch = (unsigned char)*c->p;
		if (ch < 0x20)
			return bad(c, "a control character in a string");
		c->p++;
		if (ch == '"')
			return true;
		if (ch == '\\' && !check_escape(c))
			return false;
	}
	return bad(c, "the text ends within a string");
}

static bool
check_digits(struct check *c)
{
	const char *start = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return c->p > start || bad(c, "a number without digits");
}

static bool
check_number(struct check *c)
{
	if (*c->p == '-')
		c->p++;
	const char *first = c->p;
	if (!check_digits(c))
		return false;
	if (*first == '0' && c->p - first > 1)
		return bad(c, "a number that starts with 0");
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!check_digits(c))
			return false;
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		return check_digits(c);
	}
	return true;
}

static bool
check_word(struct check *c, struct sl_str word)
{
	if ((size_t)(c->end - c->p) < word.len || memcmp(c->p, word.ptr, word.len) != 0)
		return bad(c, "a value was expected here");
	c->p += word.len;
	return true;
}

static bool
check_name(struct check *c)
{
	if (c->p >= c->end || *c->p != '"')
		return bad(c, "a name in quotes was expected here");
	c->p++;
	if (!check_string(c))
		return false;
	c->p = skip_blanks(c->p, c->end);
	if (c->p >= c->end || *c->p != ':')
		return bad(c, "a colon was expected here");
	c->p = skip_blanks(c->p + 1, c->end);
	return true;
}

/* c->p is behind the opening bracket. */
static bool
check_container(struct check *c, char close, int depth)
{
	if (depth > SL_SKIM_DEPTH)
		return bad(c, "nested too deeply");
	c->p = skip_blanks(c->p, c->end);
	if (c->p < c->end && *c->p == close) {
		c->p++;
		return true;
	}
	for (;;) {
		c->p = skip_blanks(c->p, c->end);
		if ((close == '}' && !check_name(c)) || !check_value(c, depth))
			return false;
		c->p = skip_blanks(c->p, c->end);
		if (c->p >= c->end)
			return bad(c, "the text ends too early");
		char ch = *c->p;
		if (ch != ',' && ch != close)
			return bad(c, "a comma or a closing bracket was expected here");
		c->p++;
		if (ch == close)
			return true;
	}
}

static bool
check_value(struct check *c, int depth)
{
	if (c->p >= c->end)
		return bad(c, "the text ends where a value was expected");
	switch (*c->p) {
	case '{':
		c->p++;
		return check_container(c, '}', depth + 1);
	case '[':
		c->p++;
		return check_container(c, ']', depth + 1);
	case '"':
		c->p++;
		return check_string(c);
	case 't':
		return check_word(c, SL_LIT("true"));
	case 'f':
		return check_word(c, SL_LIT("false"));
	case 'n':
		return check_word(c, SL_LIT("null"));
	default:
		if (*c->p == '-' || (*c->p >= '0' && *c->p <= '9'))
			return check_number(c);
		return bad(c, "a value was expected here");
	}
}

bool
sl_skim_check(struct sl_str text, struct sl_str *value, const char **why, size_t *at)
{
	struct check c = { text.ptr, text.ptr + text.len, NULL };
	const char *start = skip_blanks(c.p, c.end);

	*value = (struct sl_str){ start, 0 };
	c.p = start;
	if (check_value(&c, 0)) {
		value->len = (size_t)(c.p - start);
		c.p = skip_blanks(c.p, c.end);
		if (c.p < c.end)
			bad(&c, "more text behind the value");
	}
	if (!sl_utf8_valid(text)) {
		c.why = "invalid UTF-8";
		value->len = 0;
	}
	*why = c.why;
	*at = (size_t)(c.p - text.ptr);
	return !c.why;
}

/* Behind the string whose opening quote is before p. */
static const char *
skip_string(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	return p < end ? p + 1 : end;
}

static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			p = skip_string(p + 1, end) - 1;
			break;
		case '{':
		case '[':
			depth++;
			continue;
		case '}':
		case ']':
			if (depth == 0)
				return p; /* the container of a number or word */
			depth--;
			break;
		case ',':
		case ' ':
		case '\n':
		case '\t':
		case '\r':
			if (depth == 0)
				return p;
			continue;
		default:
			continue;
		}
		if (depth == 0)
			return p + 1;
	}
	return end;
}

void
sl_skim_begin(struct sl_skim *it, struct sl_str container)
{
	*it = (struct sl_skim){ container.ptr, container.ptr, false };
	if (!sl_skim_is_object(container) && !sl_skim_is_array(container))
		return;
	it->object = container.ptr[0] == '{';
	it->p = container.ptr + 1;
	it->end = container.ptr + container.len - 1;
}

bool
sl_skim_next(struct sl_skim *it, struct sl_str *key, struct sl_str *val)
{
	const char *p = skip_blanks(it->p, it->end);

	*key = *val = (struct sl_str){ NULL, 0 };
	if (p < it->end && *p == ',')
		p = skip_blanks(p + 1, it->end);
	if (p >= it->end)
		return false;
	if (it->object) {
		const char *stop = skip_string(p + 1, it->end);
		*key = (struct sl_str){ p + 1, (size_t)(stop - p) - 2 };
		p = skip_blanks(stop, it->end);
		p = skip_blanks(p + 1, it->end); /* the colon */
	}
	it->p = skip_value(p, it->end);
	*val = (struct sl_str){ p, (size_t)(it->p - p) };
	return true;
}

static struct sl_str
member(struct sl_str obj, struct sl_str name)
{
	struct sl_str key, val;
	struct sl_skim it;

	if (!sl_skim_is_object(obj))
		return (struct sl_str){ NULL, 0 };
	sl_skim_begin(&it, obj);
	while (sl_skim_next(&it, &key, &val))
		if (sl_str_eq(key, name))
			return val;
	return (struct sl_str){ NULL, 0 };
}

struct sl_str
sl_skim_get(struct sl_str obj, const char *name)
{
	return member(obj, sl_str(name));
}

struct sl_str
sl_skim_path(struct sl_str obj, const char *const *names)
{
	for (; *names; names++)
		obj = sl_skim_get(obj, *names);
	return obj;
}

struct sl_str
sl_skim_dotted(struct sl_str v, const char *path)
{
	if (strcmp(path, ".") == 0)
		return v;
	for (;;) {
		size_t n = strcspn(path, ".");

		v = member(v, (struct sl_str){ path, n });
		if (!path[n])
			return v;
		path += n + 1;
	}
}

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		v = v * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

/* p is behind "\u"; returns what follows the escape (or the pair of escapes). */
static const char *
put_unicode(const char *p, const char *end, struct sl_buf *out)
{
	uint32_t cp = hex4(p);
	char utf8[4];

	p += 4;
	if (cp >= 0xD800 && cp < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		uint32_t low = hex4(p + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			p += 6;
		}
	}
	if (cp == 0 || (cp >= 0xD800 && cp < 0xE000))
		cp = 0xFFFD;
	sl_buf_put(out, utf8, sl_utf8_put(cp, utf8));
	return p;
}

bool
sl_skim_text(struct sl_str v, struct sl_buf *out)
{
	if (v.len == 0 || v.ptr[0] == 'n')
		return false;
	if (v.ptr[0] != '"') {
		sl_buf_put_str(out, v);
		return true;
	}
	const char *p = v.ptr + 1, *end = v.ptr + v.len - 1;
	while (p < end) {
		const char *esc = memchr(p, '\\', (size_t)(end - p));
		sl_buf_put(out, p, (size_t)((esc ? esc : end) - p));
		if (!esc)
			break;
		p = esc + 2;
		if (esc[1] == 'u') {
			p = put_unicode(p, end, out);
			continue;
		}
		static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
		const char *at = strchr(from, esc[1]);
		sl_buf_putc(out, at ? to[at - from] : esc[1]);
	}
	return true;
}

static size_t
count_members(struct sl_str obj)
{
	struct sl_str key, val;
	struct sl_skim it;
	size_t n = 0;

	sl_skim_begin(&it, obj);
	while (sl_skim_next(&it, &key, &val))
		n++;
	return n;
}

static bool
raw_get(struct sl_str obj, struct sl_str name, struct sl_str *found)
{
	struct sl_str key, val;
	struct sl_skim it;
	bool any = false;

	sl_skim_begin(&it, obj);
	while (sl_skim_next(&it, &key, &val)) {
		if (!sl_str_eq(key, name))
			continue;
		*found = val;
		any = true;
	}
	return any;
}

static void
put_member(struct sl_buf *out, size_t *n, struct sl_str key, struct sl_str val)
{
	if ((*n)++)
		sl_buf_putc(out, ',');
	sl_buf_putc(out, '"');
	sl_buf_put_str(out, key);
	sl_buf_puts(out, "\":");
	sl_buf_put_str(out, val);
}

void
sl_skim_merge(struct sl_str old, struct sl_str new, struct sl_buf *out)
{
	struct sl_str key, val;
	struct sl_skim it;
	size_t n = 0;

	if (count_members(old) * new.len + count_members(new) * old.len > SL_SKIM_MERGE) {
		sl_buf_put_str(out, new);
		return;
	}
	sl_buf_putc(out, '{');
	sl_skim_begin(&it, old);
	while (sl_skim_next(&it, &key, &val)) {
		(void)raw_get(new, key, &val);
		put_member(out, &n, key, val);
	}
	sl_skim_begin(&it, new);
	while (sl_skim_next(&it, &key, &val)) {
		struct sl_str seen;
		if (!raw_get(old, key, &seen))
			put_member(out, &n, key, val);
	}
	sl_buf_putc(out, '}');
}
