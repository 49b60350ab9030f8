/* pg_grants.c - the SQL of a role that may read what the syncs read, and nothing else. */
#include "core/source/pg_relations.h"

#include "core/source/query.h"

#include <libpq-fe.h>

#define ROLE "sluice_read"

/* any_bare: a sync names tables without a schema: they are looked for in the path of the present role. */
static void
put_role(struct sl_buf *b, const struct sl_pg *pg, bool any_bare)
{
	sl_buf_puts(
		b, "-- A role that may read what the syncs read, and nothing else. Run this in the "
		   "database of the\n"
		   "-- connection as owner of the tables, then give the role a password: "
		   "\\password " ROLE "\n"
		   "CREATE ROLE " ROLE " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
		   " NOBYPASSRLS\n    CONNECTION LIMIT 8;\n"
		   "ALTER ROLE " ROLE " SET default_transaction_read_only = on;\n"
		   "-- the longest time that one table or query may take to read\n"
		   "ALTER ROLE " ROLE " SET statement_timeout = '15min';\n"
		   "ALTER ROLE " ROLE " SET lock_timeout = '5s';\n"
		   "ALTER ROLE " ROLE " SET idle_in_transaction_session_timeout = '60s';\n");
	if (any_bare)
		/* a list of quoted names already, as SHOW gives it */
		sl_buf_printf(b,
			      "-- syncs name tables without a schema\n"
			      "ALTER ROLE " ROLE " SET search_path = %s;\n",
			      pg->user_path && *pg->user_path ? pg->user_path : "''");
	else
		sl_buf_puts(b, "ALTER ROLE " ROLE " SET search_path = '';\n");
	sl_buf_puts(b, "GRANT CONNECT ON DATABASE ");
	sl_query_ident(b, sl_str(PQdb(pg->conn)));
	sl_buf_puts(b, " TO " ROLE ";\n");
}

static bool
seen_schema(const struct sl_buf *b, struct sl_str grant)
{
	return b->len && grant.len && memmem(b->ptr, b->len, grant.ptr, grant.len);
}

static void
put_usage(struct sl_buf *b, struct sl_str schema)
{
	struct sl_buf line;

	sl_buf_init(&line, 0);
	sl_buf_puts(&line, "\nGRANT USAGE ON SCHEMA ");
	sl_query_ident(&line, schema);
	sl_buf_puts(&line, " TO " ROLE ";\n");
	if (!seen_schema(b, sl_buf_view(&line)))
		sl_buf_put_str(b, sl_buf_view(&line));
	b->failed = b->failed || line.failed;
	sl_buf_free(&line);
}

static void
put_select(struct sl_buf *b, const struct sl_need *need, const struct sl_pg_relation *rel)
{
	put_usage(b, rel->schema);
	sl_buf_puts(b, "GRANT SELECT ");
	for (uint32_t i = 0; i < need->ncolumns; i++) {
		sl_buf_puts(b, i ? ", " : "(");
		sl_query_ident(b, need->columns[i]);
	}
	sl_buf_puts(b, need->ncolumns ? ") ON " : "ON ");
	sl_query_ident(b, rel->schema);
	sl_buf_putc(b, '.');
	sl_query_ident(b, rel->name);
	sl_buf_puts(b, " TO " ROLE ";\n");
}

static enum sl_code
put_need(struct sl_pg *pg, struct sl_arena *a, const struct sl_need *need, struct sl_buf *out,
	 struct sl_err *err)
{
	struct sl_pg_relation *rels;
	uint32_t n;
	enum sl_code code = sl_pg_relations(pg, a, need, &rels, &n, err);

	if (code == SL_OK && n == 0 && need->model.table.len > 0) {
		(void)sl_fail(err, SL_E_NOTFOUND, SL_PG_WHERE, "there is no table " SL_FMT,
			      SL_ARG(need->model.table));
		return sl_err_hint(err, "see: sluice tables");
	}
	if (code == SL_OK && need->model.sql.len > 0)
		sl_buf_puts(out, "\n-- tables of a query: whole, since what it reads of them is "
				 "its own business\n");
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		put_select(out, need, &rels[i]);
	return code;
}

enum sl_code
sl_pg_grants(void *ctx, const struct sl_need *needs, uint32_t n, struct sl_buf *out,
	     struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	struct sl_arena *a = sl_arena_new(8192, 0);
	bool own = false, any_bare = false;
	enum sl_code code = a ? sl_pg_enter(pg, &own, err) : sl_pg_nomem(err);

	if (code != SL_OK) {
		sl_arena_free(a);
		return code;
	}
	for (uint32_t i = 0; i < n; i++)
		any_bare = any_bare || needs[i].model.sql.len > 0 || needs[i].model.schema.len == 0;
	put_role(out, pg, any_bare);
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		code = put_need(pg, a, &needs[i], out, err);
	if (code == SL_OK && out->failed)
		code = sl_pg_nomem(err);
	sl_arena_free(a);
	return sl_pg_leave(pg, own, code);
}
