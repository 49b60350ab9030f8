#include "tui/commands/print.h"

#include "tui/width.h"

#include <stdlib.h>

#define MOST_COLUMNS 64
#define WIDEST       60 /* columns of the terminal for one cell */

void
print_text(FILE *out, const char *s)
{
	print_part(out, s, s ? strlen(s) : 0);
}

void
print_part(FILE *out, const char *s, size_t len)
{
	struct sl_buf b = { 0 };

	sl_visible(&b, (struct sl_str){ s, len });
	if (b.len)
		(void)fwrite(b.ptr, 1, b.len, out);
	sl_buf_free(&b);
}

static void
pad(FILE *out, int n)
{
	for (; n > 0; n--)
		(void)fputc(' ', out);
}

void
print_cell(FILE *out, const struct sl_table *t, unsigned row, const char *name, int width)
{
	const char *text = sl_table_get(t, row, name);
	struct sl_buf b = { 0 };

	if (text)
		sl_visible(&b, sl_str(text));
	if (b.len)
		(void)fwrite(b.ptr, 1, b.len, out);
	pad(out, width - tui_text_width(sl_buf_view(&b)));
	sl_buf_free(&b);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

void
print_json_string(FILE *out, const char *s, size_t len)
{
	const struct sl_str text = { s, len };

	(void)fputc('"', out);
	for (size_t at = 0; at < len;) {
		const size_t from = at;
		const uint32_t cp = sl_utf8_next(text, &at);

		if (cp == UINT32_MAX)
			(void)fputs("\\ufffd", out);
		else if (cp == '"' || cp == '\\')
			(void)fprintf(out, "\\%c", (int)cp);
		else if (cp < 0x20 || cp == 0x7f)
			(void)fprintf(out, "\\u%04x", cp);
		else
			(void)fwrite(s + from, 1, at - from, out);
	}
	(void)fputc('"', out);
}

static bool
is_json_number(const char *s)
{
	size_t digits = 0;

	if (*s == '-')
		s++;
	if (*s == '0' && s[1] >= '0' && s[1] <= '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		digits++;
	if (digits == 0)
		return false;
	if (*s == '.') {
		for (s++, digits = 0; *s >= '0' && *s <= '9'; s++)
			digits++;
		if (digits == 0)
			return false;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		for (digits = 0; *s >= '0' && *s <= '9'; s++)
			digits++;
		if (digits == 0)
			return false;
	}
	return *s == '\0';
}

static void
print_json_cell(FILE *out, const struct sl_table *t, unsigned row, unsigned col)
{
	size_t len;
	const char *s = sl_table_text(t, row, col, &len);
	const enum sl_cell type = sl_table_type(t, col);

	const bool number = type == SL_CELL_INT || type == SL_CELL_NUMBER;

	if (!s)
		(void)fputs("null", out);
	else if (type == SL_CELL_BOOL || (number && is_json_number(s)) ||
		 (type == SL_CELL_JSON && len > 0 && sl_utf8_valid((struct sl_str){ s, len })))
		(void)fwrite(s, 1, len, out);
	else
		print_json_string(out, s, len);
}

void
print_json_row(FILE *out, const struct sl_table *t, unsigned row)
{
	bool first = true;

	(void)fputc('{', out);
	for (unsigned c = 0; c < sl_table_cols(t); c++) {
		const char *name = sl_table_name(t, c);

		if (name[0] == '_')
			continue;
		if (!first)
			(void)fputs(", ", out);
		first = false;
		print_json_string(out, name, strlen(name));
		(void)fputs(": ", out);
		print_json_cell(out, t, row, c);
	}
	(void)fputc('}', out);
}

void
print_json_rows(FILE *out, const struct sl_table *t, bool *any)
{
	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		(void)fputs(*any ? ",\n " : "", out);
		print_json_row(out, t, r);
		*any = true;
	}
}

void
print_json(FILE *out, const struct sl_table *t)
{
	bool any = false;

	(void)fputc('[', out);
	print_json_rows(out, t, &any);
	(void)fputs("]\n", out);
}

/* ---- aligned text ---------------------------------------------------------------------------------- */

struct column {
	unsigned col;
	struct sl_str title;
	int width;
};

static unsigned
pick_columns(const struct sl_table *t, const char *columns, struct column *out)
{
	unsigned n = 0;

	for (unsigned c = 0; !columns && c < sl_table_cols(t) && n < MOST_COLUMNS; c++)
		if (sl_table_name(t, c)[0] != '_')
			out[n++] =
				(struct column){ .col = c, .title = sl_str(sl_table_name(t, c)) };
	while (columns && *columns && n < MOST_COLUMNS) {
		const size_t len = strcspn(columns, " ");
		const size_t name = strcspn(columns, " =");
		char want[64];
		int col;

		(void)snprintf(want, sizeof(want), "%.*s", (int)name, columns);
		col = sl_table_col(t, want);
		if (col >= 0)
			out[n++] = (struct column){
				.col = (unsigned)col,
				.title = name < len ? (struct sl_str){ columns + name + 1,
								       len - name - 1 }
						    : (struct sl_str){ columns, name }
			};
		columns += len + strspn(columns + len, " ");
	}
	return n;
}

/* The visible text of a cell; NULL is an empty cell. Numbers stay as they are. */
static void
cell_text(const struct sl_table *t, unsigned row, unsigned col, struct sl_buf *out)
{
	struct sl_str s;

	sl_buf_reset(out);
	s.ptr = sl_table_text(t, row, col, &s.len);
	if (s.ptr && sl_table_type(t, col) == SL_CELL_TIME && s.len >= 19) {
		sl_buf_put(out, s.ptr, 10);
		sl_buf_putc(out, ' ');
		sl_buf_put(out, s.ptr + 11, 8);
	} else if (s.ptr) {
		sl_visible(out, s);
	}
}

/* At most `width` columns of s; a cut ends in ~. */
static void
put_cell(FILE *out, struct sl_str s, int width, bool right, bool last)
{
	int w = tui_text_width(s);

	if (w > width) {
		size_t at = 0, end = 0;
		int used = 0;

		while (at < s.len) {
			const uint32_t cp = sl_utf8_next(s, &at);
			const int one = tui_cp_width(cp);

			if (used + (one > 0 ? one : 0) > width - 1)
				break;
			used += one > 0 ? one : 0;
			end = at;
		}
		(void)fwrite(s.ptr, 1, end, out);
		(void)fputc('~', out);
		w = used + 1;
		right = false;
	} else if (right) {
		pad(out, width - w);
		(void)fwrite(s.ptr, 1, s.len, out);
	} else if (s.len) {
		(void)fwrite(s.ptr, 1, s.len, out);
	}
	if (!right && !last)
		pad(out, width - w);
}

static bool
is_right(const struct sl_table *t, unsigned col)
{
	return sl_table_type(t, col) == SL_CELL_INT || sl_table_type(t, col) == SL_CELL_NUMBER;
}

void
print_table(FILE *out, const struct sl_table *t, const char *columns)
{
	struct column c[MOST_COLUMNS];
	const unsigned n = pick_columns(t, columns, c);
	struct sl_buf b = { 0 };

	for (unsigned i = 0; i < n; i++) {
		c[i].width = tui_text_width(c[i].title);
		for (unsigned r = 0; r < sl_table_rows(t); r++) {
			int w;

			cell_text(t, r, c[i].col, &b);
			w = tui_text_width(sl_buf_view(&b));
			if (w > c[i].width)
				c[i].width = w;
		}
		if (c[i].width > WIDEST && i + 1 < n)
			c[i].width = WIDEST;
	}
	for (unsigned i = 0; i < n; i++) {
		(void)fputs(i ? "  " : "", out);
		put_cell(out, c[i].title, c[i].width, is_right(t, c[i].col), i + 1 == n);
	}
	(void)fputc('\n', out);
	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		for (unsigned i = 0; i < n; i++) {
			cell_text(t, r, c[i].col, &b);
			(void)fputs(i ? "  " : "", out);
			put_cell(out, sl_buf_view(&b), c[i].width, is_right(t, c[i].col),
				 i + 1 == n);
		}
		(void)fputc('\n', out);
	}
	sl_buf_free(&b);
}

const char *
print_count(char out[32], uint64_t n)
{
	char digits[24];
	const int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t at = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *
print_span(char out[32], int64_t us)
{
	if (us < 1000000)
		(void)snprintf(out, 32, "%.1f ms", (double)us / 1e3);
	else if (us < 60000000)
		(void)snprintf(out, 32, "%.1f s", (double)us / 1e6);
	else if (us < 3600000000LL)
		(void)snprintf(out, 32, "%dm%02ds", (int)(us / 60000000), (int)(us / 1000000 % 60));
	else
		(void)snprintf(out, 32, "%dh%02dm", (int)(us / 3600000000LL),
			       (int)(us / 60000000 % 60));
	return out;
}
