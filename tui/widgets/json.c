/* json.c - JSON laid out for reading. Tokens only: what is not JSON comes out unchanged. */
#include "tui/widgets/pager.h"

#include <ctype.h>

#define DEPTH_MAX 200

static size_t
string_end(struct sl_str s, size_t i)
{
	for (i++; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			return i + 1;
	}
	return s.len;
}

static void
new_line(struct sl_buf *out, int depth)
{
	sl_buf_putc(out, '\n');
	for (int i = 0; i < depth; i++)
		sl_buf_puts(out, "  ");
}

/* First byte after blanks, 0 at the end. */
static char
next_byte(struct sl_str s, size_t i)
{
	while (i < s.len && isspace((unsigned char)s.ptr[i]))
		i++;
	return i < s.len ? s.ptr[i] : '\0';
}

static size_t
one_token(struct sl_buf *out, struct sl_str s, size_t i, int *depth)
{
	char c = s.ptr[i];

	if (c == '"') {
		size_t end = string_end(s, i);
		sl_buf_put(out, s.ptr + i, end - i);
		return end;
	}
	if (isspace((unsigned char)c))
		return i + 1;
	if (c == '{' || c == '[') {
		char next = next_byte(s, i + 1);
		sl_buf_putc(out, c);
		if (next != '}' && next != ']')
			new_line(out, *depth < DEPTH_MAX ? ++*depth : *depth);
		else
			++*depth;
		return i + 1;
	}
	if (c == '}' || c == ']') {
		*depth = *depth > 0 ? *depth - 1 : 0;
		char last = out->len ? out->ptr[out->len - 1] : '\0';
		if (last != '{' && last != '[')
			new_line(out, *depth);
		sl_buf_putc(out, c);
		return i + 1;
	}
	sl_buf_putc(out, c);
	if (c == ',')
		new_line(out, *depth);
	else if (c == ':')
		sl_buf_putc(out, ' ');
	return i + 1;
}

void
tui_json_pretty(struct sl_buf *out, struct sl_str json)
{
	char first = next_byte(json, 0);
	int depth = 0;

	if (first != '{' && first != '[') {
		sl_buf_put_str(out, json);
		return;
	}
	for (size_t i = 0; i < json.len;)
		i = one_token(out, json, i, &depth);
}
