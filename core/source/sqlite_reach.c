/* sqlite_reach.c - rows from a place of a cursor on, and how far the cursor reaches.
 *
 * SQLite has one writer at a time: what commits later has begun to write later. But a column holds values
 * of any type, and times are text in whatever form the program wrote. So a place is an integer, or the
 * day before the last date: texts of one day may be in other zones or forms and sort otherwise. All
 * rows whose cursor is neither are read every time. */
#include "core/source/columns.h"
#include "core/source/query.h"
#include "core/source/sqlite.h"

#include <sqlite3.h>

#define IS_A_DATE " GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"

static bool
is_number(const struct sl_from *from, int64_t *v)
{
	return sl_str_to_i64(from->low, v);
}

static bool
is_from_start(const struct sl_from *from)
{
	return from->column.len == 0 || from->low.ptr == NULL;
}

static void
put_column(struct sl_buf *b, const struct sl_from *from)
{
	sl_buf_puts(b, "q.");
	sl_query_ident(b, from->column);
}

void
sl_lite_put_from(struct sl_buf *b, const struct sl_from *from)
{
	int64_t ignored;

	if (is_from_start(from))
		return;
	sl_buf_puts(b, " WHERE (");
	put_column(b, from);
	sl_buf_puts(b, " >= $1 OR ");
	put_column(b, from);
	sl_buf_puts(b, " IS NULL");
	/* Of other types text and blobs are above all numbers, and numbers below all texts. */
	if (!is_number(from, &ignored)) {
		sl_buf_puts(b, " OR typeof(");
		put_column(b, from);
		sl_buf_puts(b, ") <> 'text' OR ");
		put_column(b, from);
		sl_buf_puts(b, " NOT");
		sl_buf_puts(b, IS_A_DATE);
	}
	sl_buf_puts(b, ")");
}

bool
sl_lite_bind_from(sqlite3_stmt *st, const struct sl_from *from)
{
	int64_t v;

	if (is_from_start(from))
		return true;
	if (is_number(from, &v))
		return sqlite3_bind_int64(st, 1, v) == SQLITE_OK;
	return sqlite3_bind_text64(st, 1, from->low.ptr, from->low.len, SQLITE_TRANSIENT,
				   SQLITE_UTF8) == SQLITE_OK;
}

enum sl_code
sl_lite_fence(void *ctx, struct sl_arena *a, struct sl_fence *out, struct sl_err *err)
{
	(void)a;
	*out = (struct sl_fence){ .kind = SL_FENCE_SERIAL };
	return sl_lite_begin_snapshot(ctx, err);
}

/* Does the text begin as a date, and is that not in the future? */
static void
put_is_place(struct sl_buf *b, const struct sl_from *from)
{
	sl_buf_puts(b, "typeof(");
	put_column(b, from);
	sl_buf_puts(b, ") = 'text' AND ");
	put_column(b, from);
	sl_buf_puts(b, IS_A_DATE);
	sl_buf_puts(b, " AND ");
	put_column(b, from);
	sl_buf_puts(b, " < date('now', '+2 days')");
}

/* rows, those with a cursor, integers, the greatest, dates that are not in the future, the day before
 * the last of these */
static void
put_reach(struct sl_buf *b, const struct sl_from *from)
{
	static const char *const parts[] = { "SELECT count(*), count(",
					     "), count(*) FILTER (WHERE typeof(",
					     ") = 'integer'), max(", ") FILTER (WHERE typeof(" };

	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		sl_buf_puts(b, parts[i]);
		put_column(b, from);
	}
	sl_buf_puts(b, ") = 'integer'), count(*) FILTER (WHERE ");
	put_is_place(b, from);
	sl_buf_puts(b, "), date(substr(max(");
	put_column(b, from);
	sl_buf_puts(b, ") FILTER (WHERE ");
	put_is_place(b, from);
	sl_buf_puts(b, "), 1, 10), '-1 day') FROM ");
}

static enum sl_code
take(struct sl_arena *a, sqlite3_stmt *st, struct sl_reach *out, struct sl_err *err)
{
	const int64_t rows = sqlite3_column_int64(st, 0), with = sqlite3_column_int64(st, 1);
	const int64_t numbers = sqlite3_column_int64(st, 2), dates = sqlite3_column_int64(st, 4);
	struct sl_str top = sl_lite_text(st, numbers > 0 ? 3 : 5);

	*out = (struct sl_reach){ .rows = (uint64_t)rows,
				  .nulls = (uint64_t)(rows - with),
				  .ahead = (uint64_t)(with - numbers - dates) };
	/* A column of both has no order that means anything. */
	if (top.ptr == NULL || (numbers > 0 && dates > 0))
		return SL_OK;
	out->top = (struct sl_str){ sl_arena_strndup(a, top.ptr, top.len), top.len };
	return out->top.ptr != NULL ? SL_OK : sl_lite_nomem(err);
}

static enum sl_code
ask(struct sl_lite *l, struct sl_arena *a, struct sl_model model, const struct sl_from *from,
    struct sl_reach *out, struct sl_err *err)
{
	struct sl_schema all;
	sqlite3_stmt *st = NULL;
	struct sl_buf b;
	uint32_t at;
	enum sl_code code = sl_lite_columns(l, a, &model, &all, err);

	if (code == SL_OK)
		code = sl_column_find(SL_LITE_WHERE, &all, from->column, &at, err);
	if (code == SL_OK && model.sql.len > 0)
		code = sl_lite_statement(l, model.sql, &model.sql, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	put_reach(&b, from);
	sl_query_from(&b, &model, NULL);
	sl_lite_put_from(&b, from);
	code = b.failed ? sl_lite_nomem(err)
			: sl_lite_prepare(l, sl_buf_cstr(&b), NULL, 0, &st, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	code = sl_lite_bind_from(st, from) ? sl_lite_step(l, st, err) : sl_lite_nomem(err);
	if (code == SL_OK)
		code = take(a, st, out, err);
	sqlite3_finalize(st);
	return code;
}

enum sl_code
sl_lite_reach(void *ctx, struct sl_arena *a, const struct sl_model *m, const struct sl_from *from,
	      struct sl_reach *out, struct sl_err *err)
{
	struct sl_lite *l = ctx;
	bool own;
	enum sl_code code = sl_lite_enter(l, &own, err);

	if (code != SL_OK)
		return code;
	return sl_lite_leave(l, own, ask(l, a, *m, from, out, err));
}
