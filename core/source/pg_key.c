/* pg_key.c - is a key a key? An index answers for nothing; else one query looks for NULLs and one for
 * keys that several rows have, in the snapshot of the scan. */
#include "core/source/columns.h"
#include "core/source/keys.h"
#include "core/source/pg.h"

#include <libpq-fe.h>

#include "core/source/pg_unique.inc"

struct check {
	struct sl_pg *pg;
	struct sl_arena *a;
	struct sl_model model; /* its SQL without a tail */
	const struct sl_str *key;
	uint32_t nkey;
};

static const struct sl_dialect dialect = { .functions = "pg_catalog.",
					   .to_text = "::pg_catalog.text" };

static enum sl_code
report(const struct check *c, struct sl_bad_keys *bad, const PGresult *r, struct sl_err *err)
{
	const char **values = SL_NEW(c->a, const char *, c->nkey);

	if (values == NULL)
		return sl_pg_nomem(err);
	bad->total = PQgetvalue(r, 0, 0);
	for (int row = 0; row < PQntuples(r); row++) {
		for (uint32_t i = 0; i < c->nkey; i++) {
			int column = (int)i + 2;
			bool null = PQgetisnull(r, row, column);
			values[i] = null ? NULL : PQgetvalue(r, row, column);
		}
		sl_bad_keys_put(bad, values, PQgetvalue(r, row, 1));
	}
	return sl_bad_keys_fail(bad, err);
}

static enum sl_code
look_for(const struct check *c, bool twins, struct sl_err *err)
{
	struct sl_bad_keys bad = {
		.where = SL_PG_WHERE, .key = c->key, .nkey = c->nkey, .twins = twins
	};
	struct sl_buf b;
	PGresult *r = NULL;

	sl_buf_init(&b, 0);
	sl_bad_keys_query(&bad, &dialect, &c->model, &b);
	struct sl_pg_command cmd = { .sql = sl_buf_cstr(&b) };
	enum sl_code code = b.failed ? sl_pg_nomem(err) : sl_pg_run(c->pg, &cmd, &r, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0)
		code = report(c, &bad, r, err);
	PQclear(r);
	return code;
}

static enum sl_code
proved_by_index(const struct check *c, bool *proved, struct sl_err *err)
{
	const struct sl_model *m = &c->model;
	struct sl_buf names;
	PGresult *r = NULL;

	*proved = false;
	if (m->sql.len > 0)
		return SL_OK;
	sl_buf_init(&names, 0);
	sl_pg_put_array(&names, c->key, c->nkey);
	struct sl_pg_command cmd = {
		.sql = sql_pg_unique,
		.nvalues = 3,
		.values =
			(const char *const[]){ sl_arena_strndup(c->a, m->schema.ptr, m->schema.len),
					       sl_arena_strndup(c->a, m->table.ptr, m->table.len),
					       sl_buf_cstr(&names) },
		.ms = SL_PG_CATALOG_MS,
	};
	enum sl_code code = SL_OK;
	if (names.failed || cmd.values[0] == NULL || cmd.values[1] == NULL)
		code = sl_pg_nomem(err);
	else
		code = sl_pg_run(c->pg, &cmd, &r, err);
	sl_buf_free(&names);
	if (code != SL_OK)
		return code;
	*proved = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return SL_OK;
}

static enum sl_code
check(struct check *c, struct sl_err *err)
{
	struct sl_pg_columns cols;
	uint32_t at;
	bool proved;

	enum sl_code code = sl_pg_columns(c->pg, c->a, &c->model, &cols, err);
	for (uint32_t i = 0; code == SL_OK && i < c->nkey; i++)
		code = sl_column_find(SL_PG_WHERE, &cols.schema, c->key[i], &at, err);
	if (code == SL_OK)
		code = proved_by_index(c, &proved, err);
	if (code != SL_OK || proved)
		return code;
	if (c->model.sql.len > 0) {
		code = sl_pg_statement(c->model.sql, &c->model.sql, err);
		if (code == SL_OK)
			code = sl_pg_search_path(c->pg, c->pg->user_path, err);
	}
	if (code == SL_OK)
		code = look_for(c, false, err);
	if (code == SL_OK)
		code = look_for(c, true, err);
	return code == SL_OK ? sl_pg_search_path(c->pg, SL_PG_OWN_PATH, err) : code;
}

enum sl_code
sl_pg_check_key(void *ctx, const struct sl_model *m, const struct sl_str *key, uint32_t nkey,
		struct sl_err *err)
{
	struct check c = { .pg = ctx, .model = *m, .key = key, .nkey = nkey };
	bool own;

	if (nkey == 0)
		return sl_no_key(SL_PG_WHERE, err);
	enum sl_code code = sl_pg_enter(c.pg, &own, err);
	if (code != SL_OK)
		return code;
	c.a = sl_arena_new(4096, 0);
	code = c.a != NULL ? check(&c, err) : sl_pg_nomem(err);
	sl_arena_free(c.a);
	return sl_pg_leave(c.pg, own, code);
}
