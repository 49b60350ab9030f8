/* table_name.c - "schema.table" taken apart, with quotes as in SQL. */
#include "core/config/config.h"

static enum sl_code
fail(const char *problem, struct sl_err *err)
{
	sl_fail(err, SL_E_CONFIG, "", "table: %s", problem);
	return sl_err_hint(err, "write schema.table or table; a name with dots or blanks in double "
				"quotes: \"Odd.Name\"");
}

/* "Say ""hi""" from its opening quote; NULL where the closing one is missing. */
static const char *
take_quoted(const char *s, struct sl_str *part, char *space)
{
	size_t n = 0;

	for (s++; *s; s++) {
		if (*s == '"' && s[1] != '"')
			break;
		s += *s == '"';
		space[n++] = *s;
	}
	*part = (struct sl_str){ space, n };
	return *s ? s + 1 : NULL;
}

#define NEEDS_QUOTES ". \t\n\";'()"

static const char *
take_plain(const char *s, struct sl_str *part, char *space)
{
	size_t n = strcspn(s, NEEDS_QUOTES);

	memcpy(space, s, n);
	*part = (struct sl_str){ space, n };
	return s + n;
}

enum sl_code
sl_table_split(const char *text, struct sl_arena *a, struct sl_str *schema, struct sl_str *table,
	       struct sl_err *err)
{
	struct sl_str whole = sl_str_trim(sl_str(text)), part[2] = { { NULL, 0 }, { NULL, 0 } };
	const char *s = sl_arena_strndup(a, whole.ptr, whole.len);
	char *space = sl_arena_alloc(a, whole.len + 1, 1);
	size_t n = 0;

	if (!s || !space)
		return sl_fail(err, SL_E_NOMEM, "", "out of memory");
	for (;; s++) {
		if (n == 2)
			return fail("the name has more than two parts", err);
		s = *s == '"' ? take_quoted(s, &part[n], space) : take_plain(s, &part[n], space);
		if (!s)
			return fail("a closing quote is missing", err);
		if (part[n].len == 0)
			return fail("a part of the name is empty", err);
		space += part[n++].len;
		if (*s == '\0')
			break;
		if (*s != '.')
			return fail("a name with blanks or signs needs quotes", err);
	}
	*schema = n == 2 ? part[0] : (struct sl_str){ "", 0 };
	*table = part[n - 1];
	return SL_OK;
}

static void
put_part(struct sl_buf *out, struct sl_str part)
{
	bool plain = part.len > 0;

	for (size_t i = 0; i < part.len; i++)
		plain = plain && !memchr(NEEDS_QUOTES, part.ptr[i], sizeof(NEEDS_QUOTES));
	if (plain) {
		sl_buf_put_str(out, part);
		return;
	}
	sl_buf_putc(out, '"');
	for (size_t i = 0; i < part.len; i++) {
		if (part.ptr[i] == '"')
			sl_buf_putc(out, '"');
		sl_buf_putc(out, part.ptr[i]);
	}
	sl_buf_putc(out, '"');
}

void
sl_table_put(struct sl_buf *out, struct sl_str schema, struct sl_str table)
{
	if (schema.len > 0) {
		put_part(out, schema);
		sl_buf_putc(out, '.');
	}
	put_part(out, table);
}
