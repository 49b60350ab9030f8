/* pg_moved.c - were the tables that were read those of the snapshot to the end?
 *
 * A table that is replaced between the snapshot and the query (CREATE, DROP, RENAME, as tools that build
 * tables do it) looks empty or half full, and its rows would count as removed. What the query has locked
 * cannot change any more, so one look after the last row is enough. */
#include "core/source/pg.h"

#include <libpq-fe.h>

#include "core/source/pg_moved.inc"

/* Where pg_locks was taken from this role nobody can tell. */
static enum sl_code
may_look(struct sl_pg *pg, bool *may, struct sl_err *err)
{
	const struct sl_pg_command cmd = {
		.sql = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_locks', 'SELECT')",
		.ms = SL_PG_CATALOG_MS
	};
	PGresult *r = NULL;
	enum sl_code code = sl_pg_run(pg, &cmd, &r, err);

	if (code != SL_OK)
		return code;
	*may = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return SL_OK;
}

enum sl_code
sl_pg_check_moved(struct sl_pg *pg, struct sl_err *err)
{
	const struct sl_pg_command cmd = { .sql = sql_pg_moved, .ms = SL_PG_CATALOG_MS };
	PGresult *r = NULL;
	bool may = false;
	enum sl_code code = sl_pg_search_path(pg, SL_PG_OWN_PATH, err);

	if (code == SL_OK)
		code = may_look(pg, &may, err);
	if (code == SL_OK && !may)
		return SL_OK;
	if (code == SL_OK)
		code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0) {
		code = sl_fail(err, SL_E_PROTO, SL_PG_WHERE,
			       "%s was replaced, emptied or altered just when it was to be read, "
			       "so what came of it may not be its rows",
			       PQgetvalue(r, 0, 0));
		err->retryable = true;
		(void)sl_err_hint(err, "run the sync again, when the table is not being built");
	}
	PQclear(r);
	return code;
}
