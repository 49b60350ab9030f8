/* pg_columns.c - which columns a model has, what type of ours each one is, and how it is projected. */
#include "core/source/pg.h"

#include "core/base/near.h"
#include "core/source/columns.h"
#include "core/source/query.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "core/source/pg_columns.inc"
#include "core/source/pg_names.inc"
#include "core/source/pg_types.inc"
#include "core/source/pg_where.inc"

#define OID_JSONB 3802u

static const struct {
	uint32_t oid;
	uint8_t type; /* enum sl_type */
	uint8_t form; /* enum sl_pg_form */
} plain[] = {
	{ 16, SL_T_BOOL, SL_PG_BOOL },         { 17, SL_T_BYTES, SL_PG_HEX },
	{ 20, SL_T_INT, SL_PG_AS_IS },         { 21, SL_T_INT, SL_PG_AS_IS },
	{ 23, SL_T_INT, SL_PG_AS_IS },         { 26, SL_T_INT, SL_PG_AS_IS }, /* oid */
	{ 700, SL_T_FLOAT, SL_PG_AS_IS },      { 701, SL_T_FLOAT, SL_PG_AS_IS },
	{ 1700, SL_T_DECIMAL, SL_PG_AS_IS },   { 2950, SL_T_UUID, SL_PG_AS_IS },
	{ 1082, SL_T_DATE, SL_PG_AS_IS },      { 1083, SL_T_TIME, SL_PG_AS_IS },
	{ 1114, SL_T_TIMESTAMP, SL_PG_AS_IS }, { 1184, SL_T_TIMESTAMPTZ, SL_PG_AS_IS },
	{ 114, SL_T_JSON, SL_PG_AS_IS },       { OID_JSONB, SL_T_JSON, SL_PG_AS_IS },
};

/* One row of pg_types.sql: oid of the base type, typtype, typcategory, typname. Arrays, composites,
 * ranges and geometry have a text form of their own each; as JSON they can be taken apart. */
static void
set_type(struct sl_column *col, struct sl_pg_column *how, const PGresult *r, int row)
{
	char kind = PQgetvalue(r, row, 2)[0];
	char category = PQgetvalue(r, row, 3)[0];

	how->oid = (uint32_t)strtoul(PQgetvalue(r, row, 1), NULL, 10);
	how->wire = (uint8_t)(kind == 'e' ? SL_PG_W_TEXT : sl_pg_wire_of(how->oid));
	col->type = SL_T_TEXT;
	for (size_t i = 0; i < SL_COUNT(plain); i++) {
		if (plain[i].oid == how->oid) {
			col->type = plain[i].type;
			how->form = plain[i].form;
			return;
		}
	}
	if (kind == 'c' || kind == 'r' || kind == 'm' || category == 'A' || category == 'G' ||
	    strcmp(PQgetvalue(r, row, 4), "record") == 0 ||
	    strcmp(PQgetvalue(r, row, 4), "hstore") == 0) {
		col->type = SL_T_JSON;
		how->to_json = true;
		how->oid = OID_JSONB;
		how->wire = SL_PG_W_JSONB;
	}
}

/* Types as the catalogue has them, one per column. */
struct type_list {
	struct sl_buf oids, mods; /* "{23,25}" */
};

static void
add_type(struct type_list *t, bool first, unsigned oid, int mod)
{
	sl_buf_printf(&t->oids, "%c%u", first ? '{' : ',', oid);
	sl_buf_printf(&t->mods, "%c%d", first ? '{' : ',', mod);
}

static enum sl_code
resolve_types(struct sl_pg *pg, struct sl_arena *a, struct type_list *t, struct sl_pg_columns *cols,
	      struct sl_err *err)
{
	PGresult *r;

	sl_buf_putc(&t->oids, '}');
	sl_buf_putc(&t->mods, '}');
	struct sl_pg_command cmd = {
		.sql = sql_pg_types,
		.nvalues = 2,
		.values = (const char *const[]){ sl_buf_cstr(&t->oids), sl_buf_cstr(&t->mods) },
		.ms = SL_PG_CATALOG_MS,
	};
	if (t->oids.failed || t->mods.failed)
		return sl_pg_nomem(err);
	enum sl_code code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) != (int)cols->schema.ncols)
		code = sl_fail(err, SL_E_PROTO, SL_PG_WHERE, "a type was dropped just now");
	for (uint32_t i = 0; code == SL_OK && i < cols->schema.ncols; i++) {
		struct sl_column *c = &cols->cols[i];
		set_type(c, &cols->how[i], r, (int)i);
		c->native.len = (size_t)PQgetlength(r, (int)i, 0);
		c->native.ptr = sl_arena_strndup(a, PQgetvalue(r, (int)i, 0), c->native.len);
		cols->how[i].home = sl_arena_strndup(a, PQgetvalue(r, (int)i, 5),
						     (size_t)PQgetlength(r, (int)i, 5));
		if (c->native.ptr == NULL || cols->how[i].home == NULL)
			code = sl_pg_nomem(err);
	}
	PQclear(r);
	return code;
}

static enum sl_code
make_columns(struct sl_arena *a, uint32_t n, struct sl_pg_columns *out, struct sl_err *err)
{
	out->cols = SL_NEW(a, struct sl_column, n);
	out->how = SL_NEW(a, struct sl_pg_column, n);
	if (out->cols == NULL || out->how == NULL)
		return sl_pg_nomem(err);
	out->schema = (struct sl_schema){ .ncols = n, .cols = out->cols };
	return SL_OK;
}

static bool
set_name(struct sl_arena *a, struct sl_column *c, const char *name)
{
	c->name.len = strlen(name);
	c->name.ptr = sl_arena_strndup(a, name, c->name.len);
	return c->name.ptr != NULL;
}

/* "there is no table x.y", with a name that may have been meant. */
static enum sl_code
no_such_table(struct sl_pg *pg, const char *const values[2], struct sl_err *err)
{
	struct sl_pg_command cmd = {
		.sql = sql_pg_names, .nvalues = 2, .values = values, .ms = SL_PG_CATALOG_MS
	};
	struct sl_near near = sl_near(values[1]);
	const char *schema = "";
	PGresult *r;

	enum sl_code code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	for (int i = 0; i < PQntuples(r); i++) {
		const char *best = near.best;
		sl_near_try(&near, PQgetvalue(r, i, 1));
		if (near.best != best)
			schema = PQgetvalue(r, i, 0);
	}
	sl_fail(err, SL_E_NOTFOUND, SL_PG_WHERE, "there is no table or view %s%s%s", values[0],
		values[0][0] ? "." : "", values[1]);
	if (near.best != NULL)
		sl_err_hint(err, "did you mean %s.%s?", schema, near.best);
	PQclear(r);
	return err->code;
}

/* A bare name is what it would be in psql. Not found: the schema stays empty. */
static enum sl_code
find_schema(struct sl_pg *pg, struct sl_arena *a, struct sl_model *m, struct sl_err *err)
{
	const char *const values[] = { sl_arena_strndup(a, m->table.ptr, m->table.len) };
	struct sl_pg_command cmd = {
		.sql = sql_pg_where, .nvalues = 1, .values = values, .ms = SL_PG_CATALOG_MS
	};
	PGresult *r;

	if (values[0] == NULL)
		return sl_pg_nomem(err);
	enum sl_code code = sl_pg_search_path(pg, pg->user_path, err);
	if (code == SL_OK)
		code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0) {
		m->schema.len = (size_t)PQgetlength(r, 0, 0);
		m->schema.ptr = sl_arena_strndup(a, PQgetvalue(r, 0, 0), m->schema.len);
		if (m->schema.ptr == NULL)
			code = sl_pg_nomem(err);
	}
	PQclear(r);
	return code == SL_OK ? sl_pg_search_path(pg, SL_PG_OWN_PATH, err) : code;
}

static enum sl_code
table_columns(struct sl_pg *pg, struct sl_arena *a, const struct sl_model *m, struct type_list *t,
	      struct sl_pg_columns *out, struct sl_err *err)
{
	const char *const values[] = { sl_arena_strndup(a, m->schema.ptr, m->schema.len),
				       sl_arena_strndup(a, m->table.ptr, m->table.len) };
	struct sl_pg_command cmd = {
		.sql = sql_pg_columns, .nvalues = 2, .values = values, .ms = SL_PG_CATALOG_MS
	};
	PGresult *r;

	if (values[0] == NULL || values[1] == NULL)
		return sl_pg_nomem(err);
	enum sl_code code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) == 0) {
		code = no_such_table(pg, values, err);
	} else if (PQgetisnull(r, 0, 0)) {
		code = sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "%s.%s has no columns", values[0],
			       values[1]);
	} else {
		code = make_columns(a, (uint32_t)PQntuples(r), out, err);
	}
	for (uint32_t i = 0; code == SL_OK && i < out->schema.ncols; i++) {
		int row = (int)i;
		if (!set_name(a, &out->cols[i], PQgetvalue(r, row, 0))) {
			code = sl_pg_nomem(err);
			break;
		}
		out->cols[i].nullable = PQgetvalue(r, row, 3)[0] != 't';
		out->cols[i].key = PQgetvalue(r, row, 4)[0] == 't';
		add_type(t, i == 0, (unsigned)strtoul(PQgetvalue(r, row, 1), NULL, 10),
			 (int)strtol(PQgetvalue(r, row, 2), NULL, 10));
	}
	PQclear(r);
	return code;
}

/* First the user's text alone: the server finds what is wrong in their own words, and a stray
 * bracket cannot end ours. Then as we will run it, where only a query is grammatical. */
static enum sl_code
prepare_sql(struct sl_pg *pg, struct sl_arena *a, const struct sl_model *m, PGresult **out,
	    struct sl_err *err)
{
	struct sl_buf b;
	size_t at;
	const char *text = sl_arena_strndup(a, m->sql.ptr, m->sql.len);

	if (text == NULL)
		return sl_pg_nomem(err);
	struct sl_pg_command cmd = {
		.sql = text, .user = text, .user_len = m->sql.len, .ms = SL_PG_CATALOG_MS
	};
	enum sl_code code = sl_pg_prepare(pg, &cmd, out, err);
	if (code != SL_OK)
		return code;
	PQclear(*out);
	sl_buf_init(&b, 0);
	sl_buf_puts(&b, "SELECT * FROM ");
	sl_query_from(&b, m, &at);
	cmd.sql = sl_buf_cstr(&b);
	cmd.user = cmd.sql + at;
	code = b.failed ? sl_pg_nomem(err) : sl_pg_prepare(pg, &cmd, out, err);
	sl_buf_free(&b);
	return code;
}

static enum sl_code
sql_columns(struct sl_pg *pg, struct sl_arena *a, const struct sl_model *m, struct type_list *t,
	    struct sl_pg_columns *out, struct sl_err *err)
{
	struct sl_model clean = { 0 };
	PGresult *r = NULL;

	enum sl_code code = sl_pg_statement(m->sql, &clean.sql, err);
	if (code == SL_OK)
		code = sl_pg_search_path(pg, pg->user_path, err);
	if (code != SL_OK)
		return code;
	code = prepare_sql(pg, a, &clean, &r, err);
	if (code != SL_OK)
		return code;
	code = make_columns(a, (uint32_t)PQnfields(r), out, err);
	if (code != SL_OK) {
		PQclear(r);
		return code;
	}
	if (PQnparams(r) > 0) {
		sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "the SQL has parameters ($1)");
		code = sl_err_hint(err, "write the value itself");
	} else if (out->schema.ncols == 0) {
		code = sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "the SQL returns no columns");
	}
	for (uint32_t i = 0; code == SL_OK && i < out->schema.ncols; i++) {
		if (!set_name(a, &out->cols[i], PQfname(r, (int)i))) {
			code = sl_pg_nomem(err);
			break;
		}
		out->cols[i].nullable = true;
		add_type(t, i == 0, PQftype(r, (int)i), PQfmod(r, (int)i));
	}
	PQclear(r);
	if (code == SL_OK)
		code = sl_column_twins(SL_PG_WHERE, &out->schema, err);
	return code == SL_OK ? sl_pg_search_path(pg, SL_PG_OWN_PATH, err) : code;
}

enum sl_code
sl_pg_columns(struct sl_pg *pg, struct sl_arena *a, struct sl_model *m, struct sl_pg_columns *out,
	      struct sl_err *err)
{
	struct type_list t;
	enum sl_code code = SL_OK;

	*out = (struct sl_pg_columns){ 0 };
	sl_buf_init(&t.oids, 0);
	sl_buf_init(&t.mods, 0);
	if (m->sql.len == 0 && m->schema.len == 0)
		code = find_schema(pg, a, m, err);
	if (code == SL_OK && m->sql.len > 0)
		code = sql_columns(pg, a, m, &t, out, err);
	else if (code == SL_OK)
		code = table_columns(pg, a, m, &t, out, err);
	if (code == SL_OK)
		code = resolve_types(pg, a, &t, out, err);
	sl_buf_free(&t.oids);
	sl_buf_free(&t.mods);
	return code;
}

enum sl_code
sl_pg_describe(void *ctx, struct sl_arena *a, const struct sl_model *m, struct sl_schema *out,
	       struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	struct sl_model model = *m;
	struct sl_pg_columns cols;
	bool own;

	enum sl_code code = sl_pg_enter(pg, &own, err);
	if (code != SL_OK)
		return code;
	code = sl_pg_columns(pg, a, &model, &cols, err);
	if (code == SL_OK)
		*out = cols.schema;
	return sl_pg_leave(pg, own, code);
}
