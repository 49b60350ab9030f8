/* pg_relations.c - the tables and views that a model names. Of a table that is itself; of a query those
 * of its words that are tables in its plan, or views. */
#include "core/source/pg_relations.h"

#include "core/source/query.h"

#include <libpq-fe.h>

#include "core/source/pg_relations.inc"

#define NAMES_MAX 2000 /* words of a query that are tried */

/* ---- asking the server ---------------------------------------------------------------------------------- */

/* {1,2} of those names that are relations for the user's search_path. */
static enum sl_code
find_oids(struct sl_pg *pg, const struct sl_str *names, uint32_t n, struct sl_buf *oids,
	  struct sl_err *err)
{
	static const char sql[] = "SELECT pg_catalog.to_regclass(x)::pg_catalog.oid"
				  " FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x"
				  " WHERE pg_catalog.to_regclass(x) IS NOT NULL";
	struct sl_buf list;
	PGresult *r = NULL;
	enum sl_code code = sl_pg_search_path(pg, pg->user_path, err);

	sl_buf_init(&list, 0);
	sl_pg_put_array(&list, names, n);
	const char *text = sl_buf_cstr(&list);
	struct sl_pg_command cmd = {
		.sql = sql, .nvalues = 1, .values = &text, .ms = SL_PG_CATALOG_MS
	};
	if (code == SL_OK)
		code = list.failed ? sl_pg_nomem(err) : sl_pg_run(pg, &cmd, &r, err);
	sl_buf_free(&list);
	if (code != SL_OK)
		return code;
	sl_buf_putc(oids, '{');
	for (int i = 0; i < PQntuples(r); i++)
		sl_buf_printf(oids, "%s%s", i ? "," : "", PQgetvalue(r, i, 0));
	sl_buf_putc(oids, '}');
	PQclear(r);
	return sl_pg_search_path(pg, SL_PG_OWN_PATH, err);
}

/* The plan of a query, as the server writes it; nothing is run. */
static enum sl_code
explain(struct sl_pg *pg, const struct sl_model *m, struct sl_buf *plan, struct sl_err *err)
{
	struct sl_model one = *m;
	struct sl_buf b;
	PGresult *r = NULL;
	enum sl_code code = sl_pg_statement(m->sql, &one.sql, err);

	if (code == SL_OK)
		code = sl_pg_search_path(pg, pg->user_path, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, "EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM ");
	sl_query_from(&b, &one, NULL);
	struct sl_pg_command cmd = { .sql = sl_buf_cstr(&b), .ms = SL_PG_CATALOG_MS };
	code = b.failed ? sl_pg_nomem(err) : sl_pg_run(pg, &cmd, &r, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0)
		sl_buf_puts(plan, PQgetvalue(r, 0, 0));
	PQclear(r);
	return sl_pg_search_path(pg, SL_PG_OWN_PATH, err);
}

static struct sl_str
copy(struct sl_arena *a, const PGresult *r, int row, int col)
{
	const size_t n = (size_t)PQgetlength(r, row, col);

	return (struct sl_str){ sl_arena_strndup(a, PQgetvalue(r, row, col), n), n };
}

static bool
is_true(const PGresult *r, int row, int col)
{
	return PQgetvalue(r, row, col)[0] == 't';
}

static enum sl_code
take_relations(struct sl_arena *a, const PGresult *r, struct sl_pg_relation **out, uint32_t *n,
	       struct sl_err *err)
{
	*n = (uint32_t)PQntuples(r);
	*out = SL_NEW(a, struct sl_pg_relation, *n + 1);
	if (!*out)
		return sl_pg_nomem(err);
	for (int i = 0; i < PQntuples(r); i++) {
		struct sl_pg_relation *rel = &(*out)[i];

		*rel = (struct sl_pg_relation){ .schema = copy(a, r, i, 0),
						.name = copy(a, r, i, 1),
						.view = is_true(r, i, 2),
						.usage = is_true(r, i, 3),
						.missing = copy(a, r, i, 4),
						.writes = is_true(r, i, 5),
						.row_security = is_true(r, i, 6) };
		if (!rel->schema.ptr || !rel->name.ptr || !rel->missing.ptr)
			return sl_pg_nomem(err);
	}
	return SL_OK;
}

/* What is known of a model before the catalogue is asked. */
struct question {
	const struct sl_need *need;
	struct sl_buf oids; /* {1,2} */
	struct sl_buf plan; /* of a query; else empty */
};

static enum sl_code
ask(struct sl_pg *pg, struct sl_arena *a, struct question *q, struct sl_pg_relation **out,
    uint32_t *n, struct sl_err *err)
{
	const bool is_sql = q->need->model.sql.len > 0;
	struct sl_buf columns;
	PGresult *r = NULL;
	enum sl_code code;

	sl_buf_init(&columns, 0);
	sl_pg_put_array(&columns, q->need->columns, q->need->ncolumns);
	const char *values[] = { sl_buf_cstr(&q->oids), is_sql ? sl_buf_cstr(&q->plan) : NULL,
				 sl_buf_cstr(&columns) };
	struct sl_pg_command cmd = {
		.sql = sql_pg_relations, .nvalues = 3, .values = values, .ms = SL_PG_CATALOG_MS
	};
	code = q->oids.failed || columns.failed || q->plan.failed ? sl_pg_nomem(err)
								  : sl_pg_run(pg, &cmd, &r, err);
	sl_buf_free(&columns);
	if (code != SL_OK)
		return code;
	code = take_relations(a, r, out, n, err);
	PQclear(r);
	return code;
}

/* The words that may name relations: of a table itself. */
static enum sl_code
list_names(const struct sl_model *m, struct sl_arena *a, struct sl_str *names, uint32_t *n,
	   struct sl_err *err)
{
	struct sl_buf name;

	if (m->sql.len > 0) {
		*n = sl_pg_names(m->sql, a, names, NAMES_MAX);
		return SL_OK;
	}
	sl_buf_init(&name, 0);
	if (m->schema.len > 0) {
		sl_query_ident(&name, m->schema);
		sl_buf_putc(&name, '.');
	}
	sl_query_ident(&name, m->table);
	names[0].ptr = name.failed ? NULL : sl_arena_strndup(a, name.ptr, name.len);
	names[0].len = name.len;
	*n = 1;
	sl_buf_free(&name);
	return names[0].ptr ? SL_OK : sl_pg_nomem(err);
}

enum sl_code
sl_pg_relations(struct sl_pg *pg, struct sl_arena *a, const struct sl_need *need,
		struct sl_pg_relation **out, uint32_t *n, struct sl_err *err)
{
	struct sl_str *names = SL_NEW(a, struct sl_str, need->model.sql.len ? NAMES_MAX : 1);
	struct question q = { .need = need };
	uint32_t nnames = 0;
	enum sl_code code =
		names ? list_names(&need->model, a, names, &nnames, err) : sl_pg_nomem(err);

	sl_buf_init(&q.oids, 0);
	sl_buf_init(&q.plan, 0);
	if (code == SL_OK && need->model.sql.len > 0)
		code = explain(pg, &need->model, &q.plan, err);
	if (code == SL_OK)
		code = find_oids(pg, names, nnames, &q.oids, err);
	if (code == SL_OK)
		code = ask(pg, a, &q, out, n, err);
	sl_buf_free(&q.oids);
	sl_buf_free(&q.plan);
	return code;
}
