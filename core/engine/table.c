#include "core/engine/table.h"

#include "core/base/clock.h"
#include "core/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct sl_cell_ref {
	size_t off; /* of the text, NUL-terminated */
	size_t len;
	bool null;
};

struct sl_col {
	size_t name; /* offset of the name */
	enum sl_cell type;
};

struct sl_table {
	struct sl_buf text; /* names and cells */
	struct sl_col *cols;
	unsigned ncols;
	struct sl_cell_ref *cells;
	size_t ncells, room;
	unsigned rows;
	bool failed;
};

struct sl_table *
sl_table_bare(void)
{
	struct sl_table *t = calloc(1, sizeof(*t));

	if (t)
		sl_buf_init(&t->text, 0);
	return t;
}

static size_t
add_text(struct sl_table *t, struct sl_str s)
{
	const size_t off = t->text.len;

	sl_buf_put(&t->text, s.ptr, s.len);
	sl_buf_putc(&t->text, '\0');
	if (t->text.failed)
		t->failed = true;
	return off;
}

void
sl_table_column(struct sl_table *t, struct sl_str name, enum sl_cell type)
{
	struct sl_col *cols = realloc(t->cols, (t->ncols + 1) * sizeof(*cols));

	if (!cols) {
		t->failed = true;
		return;
	}
	t->cols = cols;
	t->cols[t->ncols++] = (struct sl_col){ add_text(t, name), type };
}

static enum sl_cell
type_by_name(struct sl_str s)
{
	static const struct {
		const char *name;
		enum sl_cell type;
	} types[] = {
		{ "int", SL_CELL_INT },   { "number", SL_CELL_NUMBER }, { "bool", SL_CELL_BOOL },
		{ "time", SL_CELL_TIME }, { "json", SL_CELL_JSON },
	};

	for (size_t i = 0; i < SL_COUNT(types); i++)
		if (sl_str_is(s, types[i].name))
			return types[i].type;
	return SL_CELL_TEXT;
}

struct sl_table *
sl_table_new(const char *columns)
{
	struct sl_table *t = sl_table_bare();

	for (const char *p = columns; t && *p;) {
		const size_t len = strcspn(p, " ");
		const char *colon = memchr(p, ':', len);
		const size_t name = colon ? (size_t)(colon - p) : len;
		const struct sl_str type =
			colon ? (struct sl_str){ colon + 1, len - name - 1 } : SL_LIT("");

		sl_table_column(t, (struct sl_str){ p, name }, type_by_name(type));
		p += len + strspn(p + len, " ");
	}
	return t;
}

bool
sl_table_ok(const struct sl_table *t)
{
	return t && !t->failed;
}

static void
fill_row(struct sl_table *t)
{
	while (t->ncols && t->ncells < (size_t)t->rows * t->ncols && !t->failed)
		sl_cell_null(t);
}

void
sl_table_row(struct sl_table *t)
{
	fill_row(t);
	t->rows++;
}

static void
add_cell(struct sl_table *t, struct sl_cell_ref c)
{
	if (t->failed || t->ncells >= (size_t)t->rows * t->ncols)
		return;
	if (t->ncells == t->room) {
		const size_t room = t->room ? t->room * 2 : 64;
		struct sl_cell_ref *cells = realloc(t->cells, room * sizeof(*cells));

		if (!cells) {
			t->failed = true;
			return;
		}
		t->cells = cells;
		t->room = room;
	}
	t->cells[t->ncells++] = c;
}

void
sl_cell_str(struct sl_table *t, struct sl_str s)
{
	const size_t off = add_text(t, s);

	add_cell(t, (struct sl_cell_ref){ off, s.len, false });
}

void
sl_cell_text(struct sl_table *t, const char *s)
{
	if (s)
		sl_cell_str(t, sl_str(s));
	else
		sl_cell_null(t);
}

void
sl_cell_int(struct sl_table *t, int64_t v)
{
	char text[24];
	const int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	sl_cell_str(t, (struct sl_str){ text, (size_t)n });
}

void
sl_cell_real(struct sl_table *t, double v)
{
	char text[40];
	const int n = snprintf(text, sizeof(text), "%.6g", v);

	sl_cell_str(t, (struct sl_str){ text, (size_t)n });
}

void
sl_cell_bool(struct sl_table *t, bool v)
{
	sl_cell_text(t, v ? "true" : "false");
}

void
sl_cell_time(struct sl_table *t, int64_t wall_us)
{
	char text[25];

	if (wall_us == 0) {
		sl_cell_null(t);
		return;
	}
	sl_time_iso(wall_us, text);
	sl_cell_text(t, text);
}

void
sl_cell_null(struct sl_table *t)
{
	add_cell(t, (struct sl_cell_ref){ .null = true });
}

void
sl_cell_given(struct sl_table *t, struct sl_str s)
{
	if (s.len > 0)
		sl_cell_str(t, s);
	else
		sl_cell_null(t);
}

void
sl_cell_int_if(struct sl_table *t, bool known, int64_t v)
{
	if (known)
		sl_cell_int(t, v);
	else
		sl_cell_null(t);
}

unsigned
sl_table_rows(const struct sl_table *t)
{
	return t ? t->rows : 0;
}

unsigned
sl_table_cols(const struct sl_table *t)
{
	return t ? t->ncols : 0;
}

const char *
sl_table_name(const struct sl_table *t, unsigned col)
{
	return t->text.ptr + t->cols[col].name;
}

enum sl_cell
sl_table_type(const struct sl_table *t, unsigned col)
{
	return t->cols[col].type;
}

int
sl_table_col(const struct sl_table *t, const char *name)
{
	for (unsigned c = 0; t && c < t->ncols; c++)
		if (strcmp(sl_table_name(t, c), name) == 0)
			return (int)c;
	return -1;
}

const char *
sl_table_text(const struct sl_table *t, unsigned row, unsigned col, size_t *len)
{
	const size_t at = (size_t)row * t->ncols + col;
	const struct sl_cell_ref *c = at < t->ncells ? &t->cells[at] : NULL;

	if (len)
		*len = c && !c->null ? c->len : 0;
	return c && !c->null ? t->text.ptr + c->off : NULL;
}

/* Microseconds since 1970 of "2026-01-05T10:00:00.123Z". */
static int64_t
time_from_iso(const char *s)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	const int64_t ms = rest && *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	return rest ? timegm(&tm) * INT64_C(1000000) + ms * 1000 : 0;
}

int64_t
sl_table_int(const struct sl_table *t, unsigned row, unsigned col)
{
	const char *s = sl_table_text(t, row, col, NULL);
	int64_t v;

	if (!s)
		return 0;
	if (t->cols[col].type == SL_CELL_BOOL)
		return strcmp(s, "true") == 0;
	if (t->cols[col].type == SL_CELL_TIME)
		return time_from_iso(s);
	return sl_str_to_i64(sl_str(s), &v) ? v : 0;
}

const char *
sl_table_get(const struct sl_table *t, unsigned row, const char *name)
{
	const int c = sl_table_col(t, name);

	return c < 0 ? NULL : sl_table_text(t, row, (unsigned)c, NULL);
}

int64_t
sl_table_get_int(const struct sl_table *t, unsigned row, const char *name)
{
	const int c = sl_table_col(t, name);

	return c < 0 ? 0 : sl_table_int(t, row, (unsigned)c);
}

struct sl_table *
sl_table_copy(const struct sl_table *t)
{
	struct sl_table *c = sl_table_bare();

	if (!c)
		return NULL;
	for (unsigned i = 0; i < sl_table_cols(t); i++)
		sl_table_column(c, sl_str(sl_table_name(t, i)), t->cols[i].type);
	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		sl_table_row(c);
		for (unsigned i = 0; i < t->ncols; i++) {
			struct sl_str s;

			s.ptr = sl_table_text(t, r, i, &s.len);
			if (s.ptr)
				sl_cell_str(c, s);
			else
				sl_cell_null(c);
		}
	}
	if (!sl_table_ok(c)) {
		sl_table_free(c);
		return NULL;
	}
	return c;
}

void
sl_table_free(struct sl_table *t)
{
	if (!t)
		return;
	sl_buf_free(&t->text);
	free(t->cols);
	free(t->cells);
	free(t);
}

size_t
sl_show(char *out, size_t cap, const char *text, size_t len)
{
	struct sl_buf b;
	size_t need, n;

	sl_buf_init(&b, 0);
	sl_visible(&b, (struct sl_str){ text, len });
	need = b.len;
	n = cap == 0 ? 0 : need < cap ? need : cap - 1;
	while (n > 0 && n < need && ((unsigned char)b.ptr[n] & 0xC0) == 0x80)
		n--;
	if (n > 0)
		memcpy(out, b.ptr, n);
	if (cap > 0)
		out[n] = '\0';
	sl_buf_free(&b);
	return need;
}
