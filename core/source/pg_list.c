/* pg_list.c - the catalogue tree: schemas, then what is in one. */
#include "core/source/pg.h"

#include <libpq-fe.h>

#include "core/source/pg_objects.inc"
#include "core/source/pg_schemas.inc"

static bool
copy(struct sl_arena *a, const PGresult *r, int row, int column, struct sl_str *out)
{
	out->len = (size_t)PQgetlength(r, row, column);
	out->ptr = sl_arena_strndup(a, PQgetvalue(r, row, column), out->len);
	return out->ptr != NULL;
}

static bool
fill_schema(struct sl_arena *a, const PGresult *r, int row, struct sl_object *o)
{
	o->kind = SL_LIT("schema");
	o->rows_est = o->bytes_est = -1;
	return copy(a, r, row, 0, &o->schema) && copy(a, r, row, 0, &o->name) &&
	       copy(a, r, row, 1, &o->detail);
}

static bool
fill_object(struct sl_arena *a, const PGresult *r, int row, struct sl_object *o)
{
	if (!sl_str_to_i64(sl_str(PQgetvalue(r, row, 2)), &o->rows_est))
		o->rows_est = -1;
	if (!sl_str_to_i64(sl_str(PQgetvalue(r, row, 3)), &o->bytes_est))
		o->bytes_est = -1;
	return copy(a, r, row, 0, &o->name) && copy(a, r, row, 1, &o->kind) &&
	       copy(a, r, row, 4, &o->detail);
}

static enum sl_code
fill_all(struct sl_arena *a, const PGresult *r, struct sl_str schema, struct sl_object **out,
	 uint32_t *n, struct sl_err *err)
{
	struct sl_str name = { sl_arena_strndup(a, schema.ptr, schema.len), schema.len };

	*n = (uint32_t)PQntuples(r);
	*out = SL_NEW(a, struct sl_object, *n);
	if (*out == NULL || name.ptr == NULL)
		return sl_pg_nomem(err);
	for (int i = 0; i < PQntuples(r); i++) {
		struct sl_object *o = &(*out)[i];
		o->schema = name;
		if (!(schema.len > 0 ? fill_object : fill_schema)(a, r, i, o))
			return sl_pg_nomem(err);
	}
	return SL_OK;
}

enum sl_code
sl_pg_list(void *ctx, struct sl_arena *a, struct sl_str schema, struct sl_object **out, uint32_t *n,
	   struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	const char *name = schema.len > 0 ? sl_arena_strndup(a, schema.ptr, schema.len) : "";
	struct sl_pg_command cmd = {
		.sql = schema.len > 0 ? sql_pg_objects : sql_pg_schemas,
		.nvalues = schema.len > 0 ? 1 : 0,
		.values = &name,
		.ms = SL_PG_CATALOG_MS,
	};
	PGresult *r;
	bool own;

	if (name == NULL)
		return sl_pg_nomem(err);
	enum sl_code code = sl_pg_enter(pg, &own, err);
	if (code != SL_OK)
		return code;
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code == SL_OK) {
		code = fill_all(a, r, schema, out, n, err);
		PQclear(r);
	}
	return sl_pg_leave(pg, own, code);
}
