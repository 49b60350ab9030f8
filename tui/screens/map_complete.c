/* map_complete.c - what may follow the text of an expression: columns, transforms, fields. */
#include "tui/screens/map_state.h"

#include <ctype.h>
#include <strings.h>

/* Where the last word of the text begins. */
static size_t
word_start(struct sl_str s)
{
	size_t i = s.len;

	while (i > 0 && !strchr(" |{}'(),=", s.ptr[i - 1]))
		i--;
	return i;
}

/* Is the end of the text inside of quotes? */
static bool
quoted(struct sl_str s)
{
	bool in = false;

	for (size_t i = 0; i < s.len; i++)
		in = s.ptr[i] == '\'' ? !in : in;
	return in;
}

/* Does a transform's name stand at the end: the first word after a bar? */
static bool
after_bar(struct sl_str s)
{
	size_t i = word_start(s);

	while (i > 0 && s.ptr[i - 1] == ' ')
		i--;
	return i > 0 && s.ptr[i - 1] == '|';
}

static bool
begins(const char *name, struct sl_str word)
{
	return strlen(name) >= word.len && strncasecmp(name, word.ptr, word.len) == 0;
}

static void
put_names(const struct sl_table *t, const char *column, struct sl_str word, const char *tail,
	  struct sl_buf *out)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *name = map_cell(t, (int)i, column);
		if (*name && begins(name, word))
			sl_buf_printf(out, "%s%s\n", name, tail);
	}
}

static size_t
find_expr(const void *arg, struct sl_str before, struct sl_buf *out)
{
	static const char *const own[] = { "$id", "$op", "$sync", "$run" };
	const struct map *m = arg;
	size_t from = word_start(before);
	struct sl_str word = { before.ptr + from, before.len - from };

	if (quoted(before)) {
		if (from > 0 && before.ptr[from - 1] == '{')
			put_names(m->columns, "name", word, "}", out);
		return word.len;
	}
	if (after_bar(before)) {
		put_names(m->transforms, "name", word, " ", out);
		return word.len;
	}
	put_names(m->columns, "name", word, "", out);
	for (size_t i = 0; i < SL_COUNT(own); i++) {
		if (begins(own[i], word))
			sl_buf_printf(out, "%s\n", own[i]);
	}
	return word.len;
}

static size_t
find_field(const void *arg, struct sl_str before, struct sl_buf *out)
{
	const struct map *m = arg;

	put_names(m->targets, "field", before, "", out);
	return before.len;
}

struct tui_complete
map_completion(const struct map *m)
{
	return (struct tui_complete){ find_expr, m };
}

struct tui_complete
map_field_completion(const struct map *m)
{
	return (struct tui_complete){ find_field, m };
}

int
map_transform_at(const struct map *m, const char *text)
{
	const char *bar = strrchr(text, '|');
	size_t n = 0;

	if (!bar)
		return -1;
	for (bar++; *bar == ' '; bar++)
		;
	while (isalnum((unsigned char)bar[n]) || bar[n] == '_')
		n++;
	for (unsigned i = 0; n > 0 && i < sl_table_rows(m->transforms); i++) {
		const char *name = map_cell(m->transforms, (int)i, "name");
		if (strlen(name) == n && strncmp(name, bar, n) == 0)
			return (int)i;
	}
	return -1;
}
