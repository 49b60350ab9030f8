/* pg_scan.c - reading: one query in single-row mode, in the snapshot.
 *
 * Single-row mode instead of DECLARE CURSOR and FETCH: the server streams without a round trip per
 * batch (1.2 times the speed), memory stays at one row, and it is as safe: the user's SQL goes by the
 * extended protocol, inside brackets where only a query is grammatical, in a transaction that is
 * read-only for good since its first query. */
#include "core/base/clock.h"
#include "core/source/columns.h"
#include "core/source/pg.h"
#include "core/source/query.h"

#include <libpq-fe.h>
#include <poll.h>
#include <time.h>

/* A batch that has waited this long for its next row goes out as it is, so that a slow query shows
 * what it found. */
#define PATIENCE_MS 250
#define LOOK_MS     1000 /* TLS may hold bytes that poll() does not see */
/* Once rows flow, wait so long after the first bytes came before they are taken: the server sends
 * 8 KiB at a time, and to be woken for each costs both sides more than the copying (measured: 15 % of
 * the server's time). What gathers in the socket meanwhile is read at once. */
#define GATHER_NS 100000

enum sl_code
sl_pg_begin_snapshot(void *ctx, struct sl_err *err)
{
	bool own;

	return sl_pg_enter(ctx, &own, err);
}

/* How the chosen columns are asked for and arrive. */
static struct sl_schema *
choose_columns(struct sl_pg *pg, struct sl_arena *a, const struct sl_scan *scan,
	       const struct sl_pg_columns *all, struct sl_err *err)
{
	const uint32_t *at = NULL;
	struct sl_schema *schema = sl_columns_chosen(SL_PG_WHERE, a, scan, &all->schema, &at, err);

	if (schema == NULL)
		return NULL;
	struct sl_pg_column *how = SL_NEW(a, struct sl_pg_column, schema->ncols);
	if (how == NULL) {
		sl_pg_nomem(err);
		return NULL;
	}
	for (uint32_t i = 0; i < schema->ncols; i++)
		how[i] = all->how[at[i]];
	pg->how = how;
	return schema;
}

void
sl_pg_put_projection(const struct sl_pg *pg, struct sl_buf *b, const struct sl_schema *schema)
{
	for (uint32_t i = 0; i < schema->ncols; i++) {
		bool to_json = pg->how[i].to_json;
		sl_buf_puts(b, i > 0 ? ", " : "");
		sl_buf_puts(b, to_json ? "pg_catalog.to_jsonb(q." : "q.");
		sl_query_ident(b, schema->cols[i].name);
		sl_buf_puts(b, to_json ? ")" : "");
	}
}

/* Of a page: the column names and their types, which parameters are cast to. */
struct page {
	const struct sl_scan *scan;
	struct sl_str *type; /* norder, names as the server writes them */
	const char **home;   /* norder; schemas of their types */
	const char **value;  /* norder, text for the server; NULL = no `after` */
};

/* Canonical text back to what the server reads. */
static const char *
parameter(struct sl_arena *a, bool hex, const struct sl_value *v)
{
	char *s = sl_arena_alloc(a, (size_t)v->len + 3, 1);

	if (s == NULL)
		return NULL;
	memcpy(s, "\\x", 2);
	memcpy(hex ? s + 2 : s, v->ptr, v->len);
	s[v->len + (hex ? 2u : 0u)] = 0;
	return s;
}

static enum sl_code
make_page(struct sl_arena *a, const struct sl_scan *scan, const struct sl_pg_columns *all,
	  struct page *page, struct sl_err *err)
{
	*page = (struct page){ .scan = scan };
	page->type = SL_NEW(a, struct sl_str, scan->norder);
	page->home = SL_NEW(a, const char *, scan->norder);
	if (scan->after != NULL && scan->norder > 0)
		page->value = SL_NEW(a, const char *, scan->norder);
	if (page->type == NULL || page->home == NULL ||
	    (scan->after != NULL && scan->norder > 0 && page->value == NULL))
		return sl_pg_nomem(err);
	for (uint32_t i = 0; i < scan->norder; i++) {
		uint32_t at;
		enum sl_code code =
			sl_column_find(SL_PG_WHERE, &all->schema, scan->order[i], &at, err);
		if (code != SL_OK)
			return code;
		page->type[i] = all->cols[at].native;
		page->home[i] = all->how[at].home;
		if (all->how[at].to_json)
			return sl_fail(err, SL_E_CONFIG, SL_PG_WHERE,
				       "rows cannot be ordered by " SL_FMT " of type " SL_FMT,
				       SL_ARG(scan->order[i]), SL_ARG(all->cols[at].native));
		if (page->value == NULL)
			continue;
		if (scan->after[i].type == SL_T_NULL)
			return sl_fail(err, SL_E_DATA, SL_PG_WHERE, "key " SL_FMT " is NULL",
				       SL_ARG(scan->order[i]));
		page->value[i] = parameter(a, all->how[at].form == SL_PG_HEX, &scan->after[i]);
		if (page->value[i] == NULL)
			return sl_pg_nomem(err);
	}
	return SL_OK;
}

static enum sl_code
send_query(struct sl_pg *pg, const char *sql, const struct page *page, struct sl_err *err)
{
	const char *const *values = page->value;
	int n = values != NULL ? (int)page->scan->norder : 0;

	if (page->scan->from.column.len > 0 && page->scan->from.low.ptr != NULL) {
		values = &page->scan->from.low.ptr;
		n = 1;
	}
	if (!PQsendQueryParams(pg->conn, sql, n, NULL, values, NULL, NULL, 0) ||
	    !PQsetSingleRowMode(pg->conn))
		return sl_pg_fail_lost(pg, err);
	return sl_pg_flush(pg, sl_pg_deadline(pg, SL_PG_CATALOG_MS), err);
}

/* The user wrote their SQL for the search_path that psql gives them. A table is named in full, and
 * with our own path nothing in `public` can pose as an operator; only a page by a type of an extension
 * (citext) needs that type's operators, or it would be cut by others than it is sorted by. */
static enum sl_code
set_path(struct sl_pg *pg, const struct page *page, bool user, struct sl_err *err)
{
	struct sl_buf b;

	sl_buf_init(&b, 0);
	sl_buf_puts(&b, user ? pg->user_path : SL_PG_OWN_PATH);
	for (uint32_t i = 0; page->value != NULL && i < page->scan->norder; i++) {
		if (strcmp(page->home[i], "pg_catalog") != 0)
			sl_buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", page->home[i]);
	}
	const char *path = sl_buf_cstr(&b);
	enum sl_code code = b.failed ? sl_pg_nomem(err) : sl_pg_search_path(pg, path, err);
	sl_buf_free(&b);
	return code;
}

static enum sl_code
start_scan(struct sl_pg *pg, struct sl_arena *a, const struct sl_scan *scan, struct sl_schema *out,
	   struct sl_err *err)
{
	const bool is_part = scan->part.low > 0 || scan->part.high > 0;
	struct sl_model model = scan->model;
	struct sl_pg_columns all;
	struct page page;
	struct sl_buf b;

	enum sl_code code = sl_pg_columns(pg, a, &model, &all, err);
	if (code != SL_OK)
		return code;
	struct sl_schema *schema = choose_columns(pg, a, scan, &all, err);
	if (schema == NULL)
		return err->code;
	code = make_page(a, scan, &all, &page, err);
	if (code == SL_OK && (scan->norder > 0) + (scan->from.column.len > 0) + is_part > 1)
		code = sl_fail(err, SL_E_BUG, SL_PG_WHERE, "a page from a place of a cursor");
	if (code == SL_OK && model.sql.len > 0)
		code = sl_pg_statement(model.sql, &model.sql, err);
	if (code == SL_OK)
		code = set_path(pg, &page, model.sql.len > 0, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, "SELECT ");
	sl_pg_put_projection(pg, &b, schema);
	sl_buf_puts(&b, " FROM ");
	sl_query_from(&b, &model, NULL);
	code = sl_pg_put_from(&b, &all, &scan->from, err);
	sl_pg_put_part(&b, &scan->part);
	sl_query_page(&b, scan, page.type);
	const char *sql = sl_buf_cstr(&b);
	if (code == SL_OK && b.failed)
		code = sl_pg_nomem(err);
	pg->copy = SL_PG_C_NONE;
	if (code == SL_OK)
		code = is_part ? sl_pg_copy(pg, schema, scan, sql, err) : SL_DONE;
	if (code == SL_DONE)
		code = send_query(pg, sql, &page, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	sl_fill_init(&pg->fill, schema, scan->batch_rows);
	pg->until = sl_pg_scan_deadline(pg);
	pg->checked = pg->confirmed = false;
	pg->whole = scan->limit == 0;
	pg->phase = SL_PG_SCAN;
	*out = *schema;
	return SL_OK;
}

enum sl_code
sl_pg_begin(void *ctx, struct sl_arena *a, const struct sl_scan *scan, struct sl_schema *out,
	    struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	bool own;

	enum sl_code code = sl_pg_enter(pg, &own, err);
	if (code != SL_OK)
		return code;
	code = start_scan(pg, a, scan, out, err);
	return code == SL_OK ? SL_OK : sl_pg_leave(pg, own, code);
}

/* The table may have been altered between our look at the catalogue and the query. */
enum sl_code
sl_pg_check_shape(const struct sl_pg *pg, const struct sl_schema *s, const PGresult *r,
		  struct sl_err *err)
{
	bool same = PQnfields(r) == (int)s->ncols;

	for (uint32_t i = 0; same && i < s->ncols; i++)
		same = PQftype(r, (int)i) == pg->how[i].oid;
	if (same)
		return SL_OK;
	sl_fail(err, SL_E_PROTO, SL_PG_WHERE, "the columns changed while the scan began");
	err->retryable = true;
	return err->code;
}

static bool
put_value(struct sl_pg *pg, uint32_t i, struct sl_value *cell, const char *s, size_t n)
{
	struct sl_fill *f = &pg->fill;

	switch ((enum sl_pg_form)pg->how[i].form) {
	case SL_PG_BOOL:
		sl_fill_const(f, cell, SL_T_BOOL, s[0] == 't' ? SL_LIT("true") : SL_LIT("false"));
		return true;
	case SL_PG_HEX: /* "\x" goes */
		return n >= 2 && sl_fill_put(f, cell, SL_T_BYTES, s + 2, n - 2);
	case SL_PG_AS_IS:
		break;
	}
	return sl_fill_put(f, cell, f->schema->cols[i].type, s, n);
}

static enum sl_code
take_row(struct sl_pg *pg, const PGresult *r, struct sl_err *err)
{
	struct sl_fill *f = &pg->fill;
	enum sl_code code;

	if (!pg->checked) {
		code = sl_pg_check_shape(pg, f->schema, r, err);
		if (code != SL_OK)
			return code;
		pg->checked = true;
	}
	struct sl_value *cells = sl_fill_row(f);
	if (cells == NULL)
		return sl_pg_nomem(err);
	for (uint32_t i = 0; i < f->schema->ncols; i++) {
		int column = (int)i;
		int n = PQgetlength(r, 0, column);
		if (n == 0 && PQgetisnull(r, 0, column))
			cells[i] = (struct sl_value){ 0 };
		else if (!put_value(pg, i, &cells[i], PQgetvalue(r, 0, column), (size_t)n))
			return sl_pg_nomem(err);
	}
	sl_fill_row_done(f);
	return SL_OK;
}

static enum sl_code
silent(const struct sl_pg *pg, struct sl_err *err)
{
	sl_fail(err, SL_E_TIMEOUT, SL_PG_WHERE, "the server sent nothing for %lld s",
		(long long)(pg->silence_ms / 1000));
	sl_err_hint(err, "where a query takes that long to its first row, raise silence_timeout");
	err->retryable = true;
	return err->code;
}

/* SL_OK: something came, or it is time to look. SL_AGAIN: a batch has waited long enough. */
static enum sl_code
hear(struct sl_pg *pg, bool has_rows, int64_t *heard, struct sl_err *err)
{
	const int64_t quiet = pg->silence_ms > 0 ? *heard + pg->silence_ms * 1000 : 0;
	int64_t until = pg->until;
	enum sl_code code;

	if (quiet > 0 && (until == 0 || quiet < until))
		until = quiet;
	code = sl_pg_wait(pg, PQsocket(pg->conn), POLLIN, until, has_rows ? PATIENCE_MS : LOOK_MS,
			  err);
	if (code == SL_OK)
		*heard = sl_mono_us();
	if (code == SL_E_TIMEOUT && until == quiet)
		return silent(pg, err);
	return code == SL_AGAIN && !has_rows ? SL_OK : code;
}

enum sl_code
sl_pg_hear(struct sl_pg *pg, int64_t *heard, struct sl_err *err)
{
	const bool has_rows = pg->fill.b != NULL && pg->fill.b->nrows > 0;
	enum sl_code code;

	if (*heard == 0)
		*heard = sl_mono_us();
	code = hear(pg, has_rows, heard, err);
	if (code == SL_OK && has_rows)
		nanosleep(&(struct timespec){ .tv_nsec = GATHER_NS }, NULL);
	return code;
}

/* SL_OK: the next result can be taken without waiting. */
static enum sl_code
await(struct sl_pg *pg, struct sl_err *err)
{
	int64_t heard = 0;

	while (PQisBusy(pg->conn)) {
		if (!PQconsumeInput(pg->conn))
			return sl_pg_fail_lost(pg, err);
		if (!PQisBusy(pg->conn))
			break;
		enum sl_code code = sl_pg_hear(pg, &heard, err);
		if (code != SL_OK)
			return code;
	}
	return SL_OK;
}

/* Takes one result in. SL_DONE: it was the last one. */
static enum sl_code
take_result(struct sl_pg *pg, struct sl_err *err)
{
	PGresult *r = PQgetResult(pg->conn);
	enum sl_code code;

	if (r == NULL) {
		/* Every way to the end goes through PGRES_TUPLES_OK, or the tail of a COPY. */
		return pg->confirmed ? SL_DONE : sl_pg_fail_lost(pg, err);
	}
	switch (PQresultStatus(r)) {
	case PGRES_SINGLE_TUPLE:
		code = take_row(pg, r, err);
		break;
	case PGRES_TUPLES_OK:
		pg->confirmed = true;
		code = SL_OK;
		break;
	case PGRES_COPY_OUT:
		pg->copy = SL_PG_C_ROWS;
		code = SL_OK;
		break;
	case PGRES_COMMAND_OK:
		pg->confirmed = pg->copy == SL_PG_C_END && pg->tail;
		code = SL_OK;
		break;
	default:
		code = sl_pg_fail(pg, r, NULL, err);
	}
	PQclear(r);
	return code;
}

static enum sl_code
fill_batch(struct sl_pg *pg, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	while (code == SL_OK && !sl_fill_full(&pg->fill)) {
		if (atomic_load_explicit(&pg->cancelled, memory_order_relaxed))
			return sl_pg_cancelled(err);
		if (pg->copy == SL_PG_C_ROWS) {
			code = sl_pg_copy_row(pg, err);
			continue;
		}
		code = await(pg, err);
		if (code == SL_OK)
			code = take_result(pg, err);
	}
	return code;
}

enum sl_code
sl_pg_next(void *ctx, struct sl_batch **out, struct sl_err *err)
{
	struct sl_pg *pg = ctx;

	if (pg->phase == SL_PG_READ)
		return SL_DONE;
	if (pg->phase != SL_PG_SCAN)
		return sl_fail(err, SL_E_BUG, SL_PG_WHERE, "no scan is open");
	enum sl_code code = fill_batch(pg, err);
	if (code == SL_DONE) {
		code = pg->whole ? sl_pg_check_moved(pg, err) : SL_OK;
		if (code == SL_OK)
			code = SL_DONE;
	}
	if (code == SL_DONE)
		pg->phase = SL_PG_READ;
	if (code != SL_OK && code != SL_DONE && code != SL_AGAIN) {
		pg->phase = SL_PG_FAILED;
		sl_fill_drop(&pg->fill);
		return code;
	}
	*out = sl_fill_take(&pg->fill);
	return *out != NULL ? SL_OK : SL_DONE;
}
