/* highlight.c - colours of SQL and JSON, line by line. */
#include "tui/widgets/editor.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* Sorted, for bsearch. */
static const char *const keywords[] = {
	"all",       "and",      "any",       "array",   "as",        "asc",   "between",  "by",
	"case",      "cast",     "coalesce",  "cross",   "date",      "desc",  "distinct", "else",
	"end",       "except",   "exists",    "extract", "false",     "fetch", "filter",   "first",
	"for",       "from",     "full",      "group",   "having",    "ilike", "in",       "inner",
	"intersect", "interval", "into",      "is",      "join",      "last",  "lateral",  "left",
	"like",      "limit",    "natural",   "not",     "null",      "nulls", "offset",   "on",
	"or",        "order",    "outer",     "over",    "partition", "right", "row",      "rows",
	"select",    "then",     "timestamp", "true",    "union",     "using", "values",   "when",
	"where",     "window",   "with",
};

static int
compare(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static bool
is_keyword(struct sl_str w)
{
	char low[16];

	if (w.len == 0 || w.len >= sizeof(low))
		return false;
	for (size_t i = 0; i < w.len; i++)
		low[i] = (char)tolower((unsigned char)w.ptr[i]);
	low[w.len] = '\0';
	return bsearch(low, keywords, SL_COUNT(keywords), sizeof(keywords[0]), compare) != NULL;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* End of a run of bytes that belong together. */
static size_t
word_end(struct sl_str s, size_t i)
{
	while (i < s.len && (is_word(s.ptr[i]) || s.ptr[i] == '.'))
		i++;
	return i;
}

static size_t
quoted_end(struct sl_str s, size_t i, char quote, bool backslash)
{
	for (i++; i < s.len; i++) {
		if (backslash && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == quote)
			return i + 1;
	}
	return s.len;
}

static void
paint(uint8_t *roles, size_t from, size_t to, enum tui_role role)
{
	memset(roles + from, (int)role, to - from);
}

enum { SQL_CODE, SQL_COMMENT, SQL_STRING };

/* Inside of something that began on an earlier line; returns where it ends. */
static size_t
sql_continue(struct sl_str s, int *state, uint8_t *roles)
{
	size_t end = s.len;

	if (*state == SQL_COMMENT) {
		const char *stop = memmem(s.ptr, s.len, "*/", 2);
		end = stop ? (size_t)(stop - s.ptr) + 2 : s.len;
		paint(roles, 0, end, TUI_COMMENT);
		*state = stop ? SQL_CODE : SQL_COMMENT;
	} else if (*state == SQL_STRING) {
		const char *stop = memchr(s.ptr, '\'', s.len);
		end = stop ? (size_t)(stop - s.ptr) + 1 : s.len;
		paint(roles, 0, end, TUI_STRING);
		*state = stop ? SQL_CODE : SQL_STRING;
	}
	return end;
}

/* The token at i: its end and its role. */
static size_t
sql_token(struct sl_str s, size_t i, int *state, enum tui_role *role)
{
	char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : '\0';
	size_t end;

	*role = TUI_TEXT;
	if (c == '-' && next == '-') {
		*role = TUI_COMMENT;
		return s.len;
	}
	if (c == '/' && next == '*') {
		const char *stop = memmem(s.ptr + i, s.len - i, "*/", 2);
		*state = stop ? SQL_CODE : SQL_COMMENT;
		*role = TUI_COMMENT;
		return stop ? (size_t)(stop - s.ptr) + 2 : s.len;
	}
	if (c == '\'' || c == '"') {
		end = quoted_end(s, i, c, false);
		*role = c == '"' ? TUI_FIELD : TUI_STRING;
		if (c == '\'' && (end - i < 2 || s.ptr[end - 1] != '\''))
			*state = SQL_STRING;
		return end;
	}
	if (!is_word(c))
		return i + 1;
	end = word_end(s, i);
	if (isdigit((unsigned char)c))
		*role = TUI_NUMBER;
	else if (is_keyword((struct sl_str){ s.ptr + i, end - i }))
		*role = TUI_KEYWORD;
	return end;
}

static void
sql_line(struct sl_str s, int *state, uint8_t *roles)
{
	size_t i = *state == SQL_CODE ? 0 : sql_continue(s, state, roles);

	while (i < s.len) {
		enum tui_role role;
		size_t end = sql_token(s, i, state, &role);
		paint(roles, i, end, role);
		i = end;
	}
}

static void
json_line(struct sl_str s, uint8_t *roles)
{
	size_t i = 0;

	while (i < s.len) {
		size_t end = i + 1;
		enum tui_role role = TUI_TEXT;
		char c = s.ptr[i];
		if (c == '"') {
			end = quoted_end(s, i, '"', true);
			size_t after = end;
			while (after < s.len && s.ptr[after] == ' ')
				after++;
			role = after < s.len && s.ptr[after] == ':' ? TUI_FIELD : TUI_STRING;
		} else if (isdigit((unsigned char)c) || c == '-') {
			while (end < s.len && strchr("0123456789+-.eE", s.ptr[end]))
				end++;
			role = TUI_NUMBER;
		} else if (isalpha((unsigned char)c)) {
			end = word_end(s, i);
			role = TUI_LITERAL;
		}
		paint(roles, i, end, role);
		i = end;
	}
}

void
tui_highlight(enum tui_syntax syntax, struct sl_str line, int *state, uint8_t *roles)
{
	memset(roles, TUI_TEXT, line.len);
	if (syntax == TUI_SYNTAX_SQL)
		sql_line(line, state, roles);
	else if (syntax == TUI_SYNTAX_JSON)
		json_line(line, roles);
}

int
tui_put_highlighted(const struct tui_canvas *c, int y, int x, struct sl_str line,
		    const uint8_t *roles)
{
	size_t i = 0;
	int from = x;

	while (i < line.len && x < c->cols) {
		size_t end = i + 1;
		while (end < line.len && roles[end] == roles[i])
			end++;
		x += tui_put(c, y, x, roles[i], (struct sl_str){ line.ptr + i, end - i });
		i = end;
	}
	return x - from;
}
