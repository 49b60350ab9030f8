/* sqlite_scan.c - reading: one statement, stepped row by row, in the snapshot. */
#include "core/source/columns.h"
#include "core/source/query.h"
#include "core/source/sqlite.h"

#include <sqlite3.h>

enum sl_code
sl_lite_begin_snapshot(void *ctx, struct sl_err *err)
{
	bool own;

	return sl_lite_enter(ctx, &own, err);
}

/* The columns, and behind them json_valid() of those that were declared as JSON. */
static bool
put_projection(struct sl_lite *l, struct sl_arena *a, struct sl_buf *b, const struct sl_schema *s)
{
	int *json_at = SL_NEW(a, int, s->ncols);
	int next = (int)s->ncols;

	if (json_at == NULL)
		return false;
	for (uint32_t i = 0; i < s->ncols; i++) {
		sl_buf_puts(b, i > 0 ? ", q." : "q.");
		sl_query_ident(b, s->cols[i].name);
		json_at[i] = s->cols[i].type == SL_T_JSON ? next++ : -1;
	}
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (json_at[i] < 0)
			continue;
		sl_buf_puts(b, ", json_valid(q.");
		sl_query_ident(b, s->cols[i].name);
		sl_buf_putc(b, ')');
	}
	l->json_at = json_at;
	return true;
}

static enum sl_code
prepare_scan(struct sl_lite *l, const char *sql, const struct sl_scan *scan, struct sl_err *err)
{
	enum sl_code code = sl_lite_prepare(l, sql, NULL, 0, &l->stmt, err);

	for (uint32_t i = 0; code == SL_OK && scan->after != NULL && i < scan->norder; i++) {
		if (!sl_lite_bind(l->stmt, (int)i + 1, &scan->after[i]))
			code = sl_lite_nomem(err);
	}
	if (code == SL_OK && !sl_lite_bind_from(l->stmt, &scan->from))
		code = sl_lite_nomem(err);
	if (code != SL_OK) {
		sqlite3_finalize(l->stmt);
		l->stmt = NULL;
	}
	return code;
}

static enum sl_code
start_scan(struct sl_lite *l, struct sl_arena *a, const struct sl_scan *scan, struct sl_schema *out,
	   struct sl_err *err)
{
	struct sl_model model = scan->model;
	struct sl_schema all;
	struct sl_buf b;
	uint32_t at;

	enum sl_code code = sl_lite_columns(l, a, &model, &all, err);
	if (code != SL_OK)
		return code;
	struct sl_schema *schema = sl_columns_chosen(SL_LITE_WHERE, a, scan, &all, NULL, err);
	if (schema == NULL)
		return err->code;
	for (uint32_t i = 0; code == SL_OK && i < scan->norder; i++)
		code = sl_column_find(SL_LITE_WHERE, &all, scan->order[i], &at, err);
	if (code == SL_OK && scan->norder > 0 && scan->from.column.len > 0)
		code = sl_fail(err, SL_E_BUG, SL_LITE_WHERE, "a page from a place of a cursor");
	if (code == SL_OK && model.sql.len > 0)
		code = sl_lite_statement(l, model.sql, &model.sql, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, "SELECT ");
	bool ok = put_projection(l, a, &b, schema);
	sl_buf_puts(&b, " FROM ");
	sl_query_from(&b, &model, NULL);
	sl_lite_put_from(&b, &scan->from);
	sl_query_page(&b, scan, NULL);
	const char *sql = sl_buf_cstr(&b);
	code = !ok || b.failed ? sl_lite_nomem(err) : prepare_scan(l, sql, scan, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	sl_fill_init(&l->fill, schema, scan->batch_rows);
	l->phase = SL_LITE_SCAN;
	*out = *schema;
	return SL_OK;
}

enum sl_code
sl_lite_begin(void *ctx, struct sl_arena *a, const struct sl_scan *scan, struct sl_schema *out,
	      struct sl_err *err)
{
	struct sl_lite *l = ctx;
	bool own;

	enum sl_code code = sl_lite_enter(l, &own, err);
	if (code != SL_OK)
		return code;
	sqlite3_finalize(l->stmt); /* of a scan before in the same snapshot */
	l->stmt = NULL;
	code = start_scan(l, a, scan, out, err);
	return code == SL_OK ? SL_OK : sl_lite_leave(l, own, code);
}

static enum sl_code
take_row(struct sl_lite *l, struct sl_err *err)
{
	const struct sl_schema *s = l->fill.schema;
	struct sl_value *cells = sl_fill_row(&l->fill);

	if (cells == NULL)
		return sl_lite_nomem(err);
	for (uint32_t i = 0; i < s->ncols; i++) {
		bool json = l->json_at[i] >= 0 && sqlite3_column_int(l->stmt, l->json_at[i]) == 1;
		if (!sl_lite_put_value(&l->fill, &cells[i], l->stmt, (int)i, s->cols[i].type, json))
			return sl_lite_nomem(err);
	}
	sl_fill_row_done(&l->fill);
	return SL_OK;
}

enum sl_code
sl_lite_next(void *ctx, struct sl_batch **out, struct sl_err *err)
{
	struct sl_lite *l = ctx;
	enum sl_code code = SL_OK;

	if (l->phase == SL_LITE_READ)
		return SL_DONE;
	if (l->phase != SL_LITE_SCAN)
		return sl_fail(err, SL_E_BUG, SL_LITE_WHERE, "no scan is open");
	while (code == SL_OK && !sl_fill_full(&l->fill)) {
		if (atomic_load_explicit(&l->cancelled, memory_order_relaxed))
			code = sl_lite_cancelled(err);
		else
			code = sl_lite_step(l, l->stmt, err);
		if (code == SL_OK)
			code = take_row(l, err);
	}
	if (code == SL_DONE)
		l->phase = SL_LITE_READ;
	if (code != SL_OK && code != SL_DONE) {
		l->phase = SL_LITE_FAILED;
		sl_fill_drop(&l->fill);
		return code;
	}
	*out = sl_fill_take(&l->fill);
	return *out != NULL ? SL_OK : SL_DONE;
}
