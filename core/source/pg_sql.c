/* pg_sql.c - reading the user's SQL just far enough to say what is wrong with it, and lists of
 * names. Nothing here is a guard: that are the protocol and the read-only transaction. */
#include "core/source/pg.h"
#include "core/source/place.h"

enum token { TOKEN_BLANK, TOKEN_SEMICOLON, TOKEN_OTHER };

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static size_t
line_comment_end(struct sl_str s, size_t i)
{
	while (i < s.len && s.ptr[i] != '\n')
		i++;
	return i;
}

/* These nest in PostgreSQL. */
static size_t
block_comment_end(struct sl_str s, size_t i)
{
	unsigned depth = 0;

	while (i + 1 < s.len) {
		if (s.ptr[i] == '/' && s.ptr[i + 1] == '*') {
			depth++;
			i += 2;
		} else if (s.ptr[i] == '*' && s.ptr[i + 1] == '/') {
			i += 2;
			if (--depth == 0)
				return i;
		} else {
			i++;
		}
	}
	return s.len;
}

/* A doubled quote needs no care: it ends one string and starts the next. */
static size_t
quoted_end(struct sl_str s, size_t i, bool backslash)
{
	char quote = s.ptr[i++];

	for (; i < s.len; i++) {
		if (backslash && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == quote)
			return i + 1;
	}
	return s.len;
}

/* $tag$ ... $tag$; when the dollar starts no such string: the next byte. */
static size_t
dollar_end(struct sl_str s, size_t i)
{
	size_t open = i + 1;

	while (open < s.len && s.ptr[open] != '$' && is_word(s.ptr[open]))
		open++;
	if (open >= s.len || s.ptr[open] != '$' || (s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '9'))
		return i + 1;
	size_t n = open + 1 - i;
	const char *end = memmem(s.ptr + open + 1, s.len - open - 1, s.ptr + i, n);
	return end != NULL ? (size_t)(end - s.ptr) + n : s.len;
}

/* Moves *i past one token. */
static enum token
next_token(struct sl_str s, size_t *i)
{
	char c = s.ptr[*i];
	char next = *i + 1 < s.len ? s.ptr[*i + 1] : 0;
	size_t start = *i;

	if (c == '-' && next == '-') {
		*i = line_comment_end(s, *i);
		return TOKEN_BLANK;
	}
	if (c == '/' && next == '*') {
		*i = block_comment_end(s, *i);
		return TOKEN_BLANK;
	}
	if (is_word(c) && c != '$') {
		while (*i < s.len && is_word(s.ptr[*i]))
			++*i;
		bool escapes = *i - start == 1 && (c == 'e' || c == 'E');
		if (escapes && *i < s.len && s.ptr[*i] == '\'')
			*i = quoted_end(s, *i, true);
		return TOKEN_OTHER;
	}
	if (c == '\'' || c == '"')
		*i = quoted_end(s, *i, false);
	else if (c == '$')
		*i = dollar_end(s, *i);
	else
		++*i;
	if (strchr(" \t\r\n\f\v", c) != NULL && c != 0)
		return TOKEN_BLANK;
	return c == ';' ? TOKEN_SEMICOLON : TOKEN_OTHER;
}

static bool
starts_a_query(struct sl_str word)
{
	static const char *const words[] = { "select", "with", "values", "table" };

	for (size_t i = 0; i < SL_COUNT(words); i++) {
		if (strlen(words[i]) == word.len && strncasecmp(words[i], word.ptr, word.len) == 0)
			return true;
	}
	return false;
}

static enum sl_code
refuse(struct sl_str sql, size_t at, struct sl_err *err, const char *what)
{
	struct sl_place p = sl_place(sql, at);

	sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "line %u, column %u of the SQL: %s", p.line,
		p.column, what);
	return sl_err_hint(err, "write one SELECT (or WITH, VALUES, TABLE) that returns the rows");
}

enum sl_code
sl_pg_statement(struct sl_str sql, struct sl_str *out, struct sl_err *err)
{
	size_t first = sql.len, end = 0;
	bool closed = false;

	if (memchr(sql.ptr, 0, sql.len) != NULL)
		return refuse(sql, strlen(sql.ptr), err, "there is a NUL byte");
	for (size_t i = 0; i < sql.len;) {
		size_t start = i;
		enum token t = next_token(sql, &i);
		if (t == TOKEN_BLANK)
			continue;
		if (t == TOKEN_SEMICOLON) {
			closed = closed || first < sql.len;
			continue;
		}
		if (closed)
			return refuse(sql, start, err, "a second statement starts here");
		if (first == sql.len && sql.ptr[start] != '(') {
			first = start;
			if (!starts_a_query((struct sl_str){ sql.ptr + start, i - start }))
				return refuse(sql, start, err, "this is not a query");
		}
		end = i;
	}
	if (first == sql.len)
		return refuse(sql, 0, err, "there is no query");
	*out = (struct sl_str){ sql.ptr, end };
	return SL_OK;
}

/* Is the token at start..end a name, or the rest of a quoted one that goes on behind a doubled quote? */
static bool
is_name(struct sl_str s, size_t start, size_t end)
{
	if (s.ptr[start] == '"')
		return end - start > 2 && s.ptr[end - 1] == '"';
	return is_word(s.ptr[start]) && s.ptr[start] != '$' && s.ptr[end - 1] != '\'' &&
	       !(s.ptr[start] >= '0' && s.ptr[start] <= '9');
}

/* A name that is being put together. */
struct naming {
	struct sl_arena *a;
	struct sl_str *out;
	uint32_t n;
	struct sl_buf name;
	unsigned parts;
	bool dot; /* behind the last part */
};

static void
name_done(struct naming *g)
{
	if (g->parts > 0 && !g->name.failed) {
		g->out[g->n].ptr = sl_arena_strndup(g->a, g->name.ptr, g->name.len);
		g->out[g->n].len = g->name.len;
		g->n += g->out[g->n].ptr != NULL;
	}
	sl_buf_reset(&g->name);
	g->parts = 0;
	g->dot = false;
}

/* The next part of the name, or, beside a doubled quote, the rest of its last one. What counts of
 * schema.table.column are the first two. */
static void
name_part(struct naming *g, struct sl_str token)
{
	g->parts += g->dot || g->parts == 0;
	if (g->dot && g->parts <= 2)
		sl_buf_putc(&g->name, '.');
	if (g->parts <= 2)
		sl_buf_put_str(&g->name, token);
	g->dot = false;
}

uint32_t
sl_pg_names(struct sl_str sql, struct sl_arena *a, struct sl_str *out, uint32_t max)
{
	struct naming g = { .a = a, .out = out };
	size_t before = 0; /* where the last token ended */

	sl_buf_init(&g.name, 0);
	for (size_t i = 0; i < sql.len && g.n < max;) {
		const size_t start = i;
		const enum token t = next_token(sql, &i);
		const struct sl_str token = { sql.ptr + start, i - start };
		const bool beside = token.ptr[0] == '"' && before == start;

		if (t == TOKEN_BLANK)
			continue;
		if (t == TOKEN_OTHER && is_name(sql, start, i)) {
			if (g.parts > 0 && !g.dot && !beside)
				name_done(&g);
			name_part(&g, token);
		} else if (g.parts > 0 && sl_str_is(token, ".")) {
			g.dot = true;
		} else {
			name_done(&g);
		}
		before = i;
	}
	if (g.n < max)
		name_done(&g);
	sl_buf_free(&g.name);
	return g.n;
}

void
sl_pg_put_array(struct sl_buf *b, const struct sl_str *names, uint32_t n)
{
	sl_buf_putc(b, '{');
	for (uint32_t i = 0; i < n; i++) {
		sl_buf_puts(b, i > 0 ? ",\"" : "\"");
		for (size_t k = 0; k < names[i].len; k++) {
			if (names[i].ptr[k] == '"' || names[i].ptr[k] == '\\')
				sl_buf_putc(b, '\\');
			sl_buf_putc(b, names[i].ptr[k]);
		}
		sl_buf_putc(b, '"');
	}
	sl_buf_putc(b, '}');
}
