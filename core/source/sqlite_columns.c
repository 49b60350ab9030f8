/* sqlite_columns.c - which columns a model has and what their declared types promise. */
#include "core/source/columns.h"
#include "core/source/place.h"
#include "core/source/query.h"
#include "core/source/sqlite.h"

#include "core/base/near.h"

#include <sqlite3.h>

#include "core/source/sqlite_columns.inc"
#include "core/source/sqlite_names.inc"

static bool
set_column(struct sl_arena *a, struct sl_column *c, struct sl_str name, struct sl_str declared)
{
	struct sl_str native = declared.len > 0 ? declared : SL_LIT("any");

	c->type = sl_lite_type(declared);
	c->name = (struct sl_str){ sl_arena_strndup(a, name.len > 0 ? name.ptr : "", name.len),
				   name.len };
	c->native = (struct sl_str){ sl_arena_strndup(a, native.ptr, native.len), native.len };
	return c->name.ptr != NULL && c->native.ptr != NULL;
}

static enum sl_code
no_such_table(struct sl_lite *l, struct sl_arena *a, struct sl_str table, struct sl_err *err)
{
	const char *wanted = sl_arena_strndup(a, table.ptr, table.len);
	sqlite3_stmt *st;

	if (wanted == NULL)
		return sl_lite_nomem(err);
	struct sl_near near = sl_near(wanted);
	enum sl_code code = sl_lite_prepare(l, sql_sqlite_names, NULL, 0, &st, err);
	if (code != SL_OK)
		return code;
	while ((code = sl_lite_step(l, st, err)) == SL_OK) {
		struct sl_str name = sl_lite_text(st, 0);
		const char *kept = sl_arena_strndup(a, name.ptr, name.len);
		if (kept == NULL)
			break;
		sl_near_try(&near, kept);
	}
	sqlite3_finalize(st);
	if (code == SL_OK)
		return sl_lite_nomem(err);
	if (code != SL_DONE)
		return code;
	sl_fail(err, SL_E_NOTFOUND, SL_LITE_WHERE, "there is no table or view %s", wanted);
	return near.best != NULL ? sl_err_hint(err, "did you mean %s?", near.best) : err->code;
}

/* Doubles the array in the arena when it is full. */
static bool
grow(struct sl_arena *a, struct sl_column **v, uint32_t n)
{
	if (n > 0 && (n < 16 || (n & (n - 1)) != 0))
		return true;
	struct sl_column *bigger = SL_NEW(a, struct sl_column, n < 16 ? 16 : n * 2);
	if (bigger == NULL)
		return false;
	if (n > 0)
		memcpy(bigger, *v, sizeof **v * n);
	*v = bigger;
	return true;
}

static enum sl_code
table_columns(struct sl_lite *l, struct sl_arena *a, const struct sl_model *m,
	      struct sl_schema *out, struct sl_err *err)
{
	struct sl_column *v = NULL;
	uint32_t n = 0;
	sqlite3_stmt *st;

	if (m->schema.len > 0 && !sl_str_is(m->schema, "main"))
		return sl_fail(err, SL_E_NOTFOUND, SL_LITE_WHERE,
			       "there is no schema " SL_FMT ", only main", SL_ARG(m->schema));
	enum sl_code code = sl_lite_prepare(l, sql_sqlite_columns, &m->table, 1, &st, err);
	if (code != SL_OK)
		return code;
	while ((code = sl_lite_step(l, st, err)) == SL_OK) {
		if (!grow(a, &v, n) ||
		    !set_column(a, &v[n], sl_lite_text(st, 0), sl_lite_text(st, 1))) {
			code = sl_lite_nomem(err);
			break;
		}
		v[n].nullable = sqlite3_column_int(st, 2) != 0;
		v[n].key = sqlite3_column_int(st, 3) != 0;
		n++;
	}
	sqlite3_finalize(st);
	if (code != SL_DONE)
		return code;
	*out = (struct sl_schema){ .ncols = n, .cols = v };
	return n > 0 ? SL_OK : no_such_table(l, a, m->table, err);
}

static enum sl_code
refuse(struct sl_str sql, size_t at, const char *what, struct sl_err *err)
{
	struct sl_place p = sl_place(sql, at);

	sl_fail(err, SL_E_CONFIG, SL_LITE_WHERE, "line %u, column %u of the SQL: %s", p.line,
		p.column, what);
	return sl_err_hint(err, "write one SELECT (or WITH, VALUES) that returns the rows");
}

/* What follows the statement must be blank: no statement, and no error either. */
static bool
is_blank(struct sl_lite *l, const char *tail, const char *end)
{
	while (tail < end) {
		sqlite3_stmt *st = NULL;
		const char *next = end;
		int rc = sqlite3_prepare_v2(l->db, tail, (int)(end - tail), &st, &next);
		sqlite3_finalize(st);
		if (rc != SQLITE_OK || st != NULL)
			return false;
		if (next == tail)
			break;
		tail = next;
	}
	return true;
}

static enum sl_code
check_statement(sqlite3_stmt *st, struct sl_str sql, struct sl_err *err)
{
	if (st == NULL)
		return refuse(sql, 0, "there is no query", err);
	if (!sqlite3_stmt_readonly(st) || sqlite3_stmt_isexplain(st) ||
	    sqlite3_column_count(st) == 0)
		return refuse(sql, 0, "this is not a query", err);
	if (sqlite3_bind_parameter_count(st) > 0)
		return refuse(sql, 0, "it has parameters, write the values themselves", err);
	return SL_OK;
}

enum sl_code
sl_lite_statement(struct sl_lite *l, struct sl_str sql, struct sl_str *out, struct sl_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *tail = NULL;

	if (memchr(sql.ptr, 0, sql.len) != NULL)
		return refuse(sql, strlen(sql.ptr), "there is a NUL byte", err);
	if (sql.len > INT32_MAX)
		return refuse(sql, 0, "it is too long", err);
	int rc = sqlite3_prepare_v2(l->db, sql.ptr, (int)sql.len, &st, &tail);
	if (rc != SQLITE_OK)
		return sl_lite_fail(l, rc, sql, err);
	size_t n = (size_t)(tail - sql.ptr);
	enum sl_code code = check_statement(st, sql, err);
	if (code == SL_OK && !is_blank(l, tail, sql.ptr + sql.len))
		code = refuse(sql, n, "a second statement starts here", err);
	sqlite3_finalize(st);
	/* The statement ends behind its semicolon when it has one. */
	if (n > 0 && n <= sql.len && sql.ptr[n - 1] == ';')
		n--;
	*out = (struct sl_str){ sql.ptr, n };
	return code;
}

/* Columns as a statement returns them. */
static enum sl_code
result_columns(struct sl_lite *l, struct sl_arena *a, const char *sql, struct sl_schema *out,
	       struct sl_err *err)
{
	sqlite3_stmt *st;

	enum sl_code code = sl_lite_prepare(l, sql, NULL, 0, &st, err);
	if (code != SL_OK)
		return code;
	uint32_t n = (uint32_t)sqlite3_column_count(st);
	struct sl_column *v = SL_NEW(a, struct sl_column, n);
	for (uint32_t i = 0; i < n; i++) {
		if (v == NULL || !set_column(a, &v[i], sl_str(sqlite3_column_name(st, (int)i)),
					     sl_str(sqlite3_column_decltype(st, (int)i)))) {
			code = sl_lite_nomem(err);
			break;
		}
		v[i].nullable = true;
	}
	sqlite3_finalize(st);
	*out = (struct sl_schema){ .ncols = n, .cols = v };
	return code;
}

static enum sl_code
sql_columns(struct sl_lite *l, struct sl_arena *a, const struct sl_model *m, struct sl_schema *out,
	    struct sl_err *err)
{
	struct sl_model clean = { 0 };
	struct sl_buf b;

	enum sl_code code = sl_lite_statement(l, m->sql, &clean.sql, err);
	if (code != SL_OK)
		return code;
	/* Alone first: in a sub-query SQLite renames the second of two columns of one name. */
	const char *text = sl_arena_strndup(a, clean.sql.ptr, clean.sql.len);
	code = text != NULL ? result_columns(l, a, text, out, err) : sl_lite_nomem(err);
	if (code == SL_OK)
		code = sl_column_twins(SL_LITE_WHERE, out, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, "SELECT * FROM ");
	sl_query_from(&b, &clean, NULL);
	code = b.failed ? sl_lite_nomem(err) : result_columns(l, a, sl_buf_cstr(&b), out, err);
	sl_buf_free(&b);
	return code;
}

enum sl_code
sl_lite_columns(struct sl_lite *l, struct sl_arena *a, const struct sl_model *m,
		struct sl_schema *out, struct sl_err *err)
{
	return m->sql.len > 0 ? sql_columns(l, a, m, out, err) : table_columns(l, a, m, out, err);
}

enum sl_code
sl_lite_describe(void *ctx, struct sl_arena *a, const struct sl_model *m, struct sl_schema *out,
		 struct sl_err *err)
{
	struct sl_lite *l = ctx;
	bool own;

	enum sl_code code = sl_lite_enter(l, &own, err);
	if (code != SL_OK)
		return code;
	return sl_lite_leave(l, own, sl_lite_columns(l, a, m, out, err));
}
