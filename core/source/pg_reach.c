/* pg_reach.c - rows from a place of a cursor on, and how far the cursor reaches. All comparing is done
 * by the server, with a parameter of the column's type; the text of a value is exact. */
#include "core/source/columns.h"
#include "core/source/pg.h"
#include "core/source/query.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "core/source/pg_cache.inc"

/* The clocks of a time without a zone may be this far ahead of UTC. */
#define ZONES "interval '14 hours'"

/* What a cursor can be, as the server casts to it, and what of its values is in the future or no place
 * to go on from: one row with the year 2999 must not hide all that come after it. */
static const struct kind {
	enum sl_type type;
	const char *cast;
	const char *fine; /* a condition, behind the column; NULL = all values are fine */
} kinds[] = {
	{ SL_T_INT, "pg_catalog.int8", NULL },
	{ SL_T_DECIMAL, "pg_catalog.numeric",
	  "::pg_catalog.text NOT IN ('NaN', 'Infinity', '-Infinity')" },
	{ SL_T_DATE, "pg_catalog.date",
	  " <= (pg_catalog.timezone('UTC', pg_catalog.now()) + " ZONES ")" },
	{ SL_T_TIMESTAMP, "pg_catalog.timestamp",
	  " <= (pg_catalog.timezone('UTC', pg_catalog.now()) + " ZONES ")" },
	{ SL_T_TIMESTAMPTZ, "pg_catalog.timestamptz", " <= pg_catalog.now()" },
};

static const struct kind *
kind_of(enum sl_type t)
{
	for (size_t i = 0; i < SL_COUNT(kinds); i++)
		if (kinds[i].type == t)
			return &kinds[i];
	return NULL;
}

static enum sl_code
find(const struct sl_pg_columns *all, struct sl_str column, const struct kind **kind,
     struct sl_err *err)
{
	uint32_t at;
	enum sl_code code = sl_column_find(SL_PG_WHERE, &all->schema, column, &at, err);

	if (code != SL_OK)
		return code;
	*kind = kind_of(all->cols[at].type);
	if (*kind != NULL)
		return SL_OK;
	return sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, SL_FMT " of type " SL_FMT " is no cursor",
		       SL_ARG(column), SL_ARG(all->cols[at].native));
}

enum sl_code
sl_pg_put_from(struct sl_buf *b, const struct sl_pg_columns *all, const struct sl_from *from,
	       struct sl_err *err)
{
	const struct kind *kind;
	enum sl_code code;

	if (from->column.len == 0 || from->low.ptr == NULL)
		return SL_OK;
	code = find(all, from->column, &kind, err);
	if (code != SL_OK)
		return code;
	sl_buf_puts(b, " WHERE (q.");
	sl_query_ident(b, from->column);
	sl_buf_printf(b, " >= $1::%s OR q.", kind->cast);
	sl_query_ident(b, from->column);
	sl_buf_puts(b, " IS NULL)");
	return SL_OK;
}

static void
put_fine(struct sl_buf *b, const struct kind *kind, struct sl_str column)
{
	sl_buf_puts(b, "q.");
	sl_query_ident(b, column);
	sl_buf_puts(b, kind->fine);
}

/* rows, those with a cursor, those whose cursor is fine, the greatest of these less back_us */
static void
put_reach(struct sl_buf *b, const struct kind *kind, const struct sl_from *from)
{
	sl_buf_puts(b, "SELECT pg_catalog.count(*), pg_catalog.count(q.");
	sl_query_ident(b, from->column);
	sl_buf_puts(b, "), pg_catalog.count(q.");
	sl_query_ident(b, from->column);
	sl_buf_puts(b, ")");
	if (kind->fine != NULL) {
		sl_buf_puts(b, " FILTER (WHERE ");
		put_fine(b, kind, from->column);
		sl_buf_puts(b, ")");
	}
	sl_buf_puts(b, ", (pg_catalog.max(q.");
	sl_query_ident(b, from->column);
	sl_buf_puts(b, ")");
	if (kind->fine != NULL) {
		sl_buf_puts(b, " FILTER (WHERE ");
		put_fine(b, kind, from->column);
		sl_buf_puts(b, ")");
	}
	if (from->back_us > 0)
		sl_buf_printf(b, " - interval '%lld microseconds'", (long long)from->back_us);
	sl_buf_printf(b, ")::%s::pg_catalog.text FROM ", kind->cast);
}

static enum sl_code
take(struct sl_arena *a, const PGresult *r, struct sl_reach *out, struct sl_err *err)
{
	const uint64_t with = strtoull(PQgetvalue(r, 0, 1), NULL, 10);

	*out = (struct sl_reach){ .rows = strtoull(PQgetvalue(r, 0, 0), NULL, 10) };
	out->nulls = out->rows - with;
	out->ahead = with - strtoull(PQgetvalue(r, 0, 2), NULL, 10);
	if (PQgetisnull(r, 0, 3))
		return SL_OK;
	out->top.len = (size_t)PQgetlength(r, 0, 3);
	out->top.ptr = sl_arena_strndup(a, PQgetvalue(r, 0, 3), out->top.len);
	return out->top.ptr != NULL ? SL_OK : sl_pg_nomem(err);
}

/* What a reach is asked of. */
struct question {
	struct sl_model model;
	const struct sl_from *from;
};

/* A number may come from a sequence that hands them out in lots. */
static enum sl_code
look_for_doubt(struct sl_pg *pg, struct sl_arena *a, const struct question *q, struct sl_reach *out,
	       struct sl_err *err)
{
	const struct sl_str parts[] = { q->model.schema, q->model.table, q->from->column };
	const char *values[SL_COUNT(parts)];
	struct sl_pg_command cmd = { .sql = sql_pg_cache,
				     .nvalues = SL_COUNT(parts),
				     .values = values,
				     .ms = SL_PG_CATALOG_MS };
	PGresult *r;
	enum sl_code code;

	if (q->model.sql.len > 0)
		return SL_OK;
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		values[i] = sl_arena_strndup(a, parts[i].ptr, parts[i].len);
		if (values[i] == NULL)
			return sl_pg_nomem(err);
	}
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (strtoull(PQgetvalue(r, 0, 0), NULL, 10) > 1)
		out->doubt = SL_LIT("the sequence behind the column has a CACHE, so that later "
				    "rows may have smaller numbers; ALTER SEQUENCE ... CACHE 1");
	PQclear(r);
	return SL_OK;
}

static enum sl_code
ask(struct sl_pg *pg, struct sl_arena *a, struct question *q, struct sl_reach *out,
    struct sl_err *err)
{
	const bool user = q->model.sql.len > 0;
	struct sl_pg_columns all;
	const struct kind *kind;
	struct sl_buf b;
	PGresult *r = NULL;
	enum sl_code code = sl_pg_columns(pg, a, &q->model, &all, err);

	if (code == SL_OK)
		code = find(&all, q->from->column, &kind, err);
	if (code == SL_OK && user)
		code = sl_pg_statement(q->model.sql, &q->model.sql, err);
	if (code == SL_OK)
		code = sl_pg_search_path(pg, user ? pg->user_path : SL_PG_OWN_PATH, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	put_reach(&b, kind, q->from);
	sl_query_from(&b, &q->model, NULL);
	code = sl_pg_put_from(&b, &all, q->from, err);
	struct sl_pg_command cmd = {
		.sql = sl_buf_cstr(&b),
		.nvalues = q->from->low.ptr != NULL,
		.values = &q->from->low.ptr,
	};
	if (code == SL_OK)
		code = b.failed ? sl_pg_nomem(err) : sl_pg_run(pg, &cmd, &r, err);
	sl_buf_free(&b);
	if (code == SL_OK) {
		code = take(a, r, out, err);
		PQclear(r);
	}
	if (code == SL_OK)
		code = sl_pg_search_path(pg, SL_PG_OWN_PATH, err);
	return code == SL_OK ? look_for_doubt(pg, a, q, out, err) : code;
}

enum sl_code
sl_pg_reach(void *ctx, struct sl_arena *a, const struct sl_model *m, const struct sl_from *from,
	    struct sl_reach *out, struct sl_err *err)
{
	struct question q = { *m, from };
	struct sl_pg *pg = ctx;
	bool own;
	enum sl_code code = sl_pg_enter(pg, &own, err);

	if (code != SL_OK)
		return code;
	return sl_pg_leave(pg, own, ask(pg, a, &q, out, err));
}
