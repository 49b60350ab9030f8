/* pg_key.c - is a key a key? An index answers for nothing; else one query looks for NULLs and one for
 * keys that several rows have, in the snapshot of the scan. */
#include "core/source/pg.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "core/source/pg_unique.inc"

#define SHOWN     "5"  /* keys that the error names */
#define SHOWN_LEN "40" /* characters of a value */

struct check {
	struct sl_pg *pg;
	struct sl_model model; /* its SQL without a tail */
	const struct sl_str *key;
	uint32_t nkey;
};

/* `left`key1`right` `between` `left`key2`right` ... */
static void
put_keys(const struct check *c, struct sl_buf *b, const char *left, const char *right,
	 const char *between)
{
	for (uint32_t i = 0; i < c->nkey; i++) {
		sl_buf_puts(b, i > 0 ? between : "");
		sl_buf_puts(b, left);
		sl_pg_put_ident(c->pg, b, c->key[i]);
		sl_buf_puts(b, right);
	}
}

static void
put_shown_keys(const struct check *c, struct sl_buf *b)
{
	put_keys(c, b, ", pg_catalog.left(q.", "::pg_catalog.text, " SHOWN_LEN ")", "");
}

/* Rows of the answer: how many keys in all, how many rows this key has, the key's values. */
static void
put_null_query(const struct check *c, struct sl_buf *b)
{
	size_t at;

	sl_buf_puts(b, "SELECT pg_catalog.count(*) OVER (), 1");
	put_shown_keys(c, b);
	sl_buf_puts(b, " FROM ");
	sl_pg_put_from(c->pg, b, &c->model, &at);
	sl_buf_puts(b, " WHERE ");
	put_keys(c, b, "q.", " IS NULL", " OR ");
	sl_buf_puts(b, " LIMIT " SHOWN);
}

static void
put_twin_query(const struct check *c, struct sl_buf *b)
{
	size_t at;

	sl_buf_puts(b, "SELECT pg_catalog.count(*) OVER (), pg_catalog.count(*)");
	put_shown_keys(c, b);
	sl_buf_puts(b, " FROM ");
	sl_pg_put_from(c->pg, b, &c->model, &at);
	sl_buf_puts(b, " GROUP BY ");
	put_keys(c, b, "q.", "", ", ");
	sl_buf_puts(b, " HAVING pg_catalog.count(*) > 1 ORDER BY ");
	put_keys(c, b, "q.", "", ", ");
	sl_buf_puts(b, " LIMIT " SHOWN);
}

/* "a@x" or "(7, NULL)". */
static void
put_key(const PGresult *r, int row, uint32_t nkey, struct sl_buf *b)
{
	sl_buf_puts(b, nkey > 1 ? "(" : "");
	for (uint32_t i = 0; i < nkey; i++) {
		int column = (int)i + 2;
		sl_buf_puts(b, i > 0 ? ", " : "");
		sl_buf_puts(b, PQgetisnull(r, row, column) ? "NULL" : PQgetvalue(r, row, column));
	}
	sl_buf_puts(b, nkey > 1 ? ")" : "");
}

static enum sl_code
report(const struct check *c, const PGresult *r, bool twins, struct sl_err *err)
{
	struct sl_buf b;

	sl_buf_init(&b, 8192);
	for (uint32_t i = 0; i < c->nkey; i++) {
		sl_buf_puts(&b, i > 0 ? ", " : "");
		sl_buf_put_str(&b, c->key[i]);
	}
	sl_buf_printf(
		&b, twins ? " is not unique, %s keys have several rows: " : " is NULL in %s rows: ",
		PQgetvalue(r, 0, 0));
	for (int i = 0; i < PQntuples(r); i++) {
		sl_buf_puts(&b, i > 0 ? "; " : "");
		put_key(r, i, c->nkey, &b);
		if (twins)
			sl_buf_printf(&b, " (%s rows)", PQgetvalue(r, i, 1));
	}
	sl_fail(err, SL_E_DATA, SL_PG_WHERE, "key %s", sl_buf_cstr(&b));
	sl_buf_free(&b);
	return sl_err_hint(err, "choose another key, or leave these rows out with an SQL model");
}

static enum sl_code
look_for(const struct check *c, bool twins, struct sl_err *err)
{
	struct sl_buf b;
	PGresult *r;

	sl_buf_init(&b, 0);
	(twins ? put_twin_query : put_null_query)(c, &b);
	struct sl_pg_command cmd = { .sql = sl_buf_cstr(&b) };
	enum sl_code code = b.failed ? sl_pg_nomem(err) : sl_pg_run(c->pg, &cmd, &r, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0)
		code = report(c, r, twins, err);
	PQclear(r);
	return code;
}

static enum sl_code
proved_by_index(const struct check *c, struct sl_arena *a, bool *proved, struct sl_err *err)
{
	const struct sl_model *m = &c->model;
	struct sl_buf names;
	PGresult *r;

	*proved = false;
	if (m->sql.len > 0)
		return SL_OK;
	sl_buf_init(&names, 0);
	sl_pg_put_array(&names, c->key, c->nkey);
	struct sl_pg_command cmd = {
		.sql = sql_pg_unique,
		.nvalues = 3,
		.values = (const char *const[]){ sl_arena_strndup(a, m->schema.ptr, m->schema.len),
						 sl_arena_strndup(a, m->table.ptr, m->table.len),
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
check(struct check *c, struct sl_arena *a, struct sl_err *err)
{
	struct sl_pg_columns cols;
	uint32_t at;
	bool proved;

	enum sl_code code = sl_pg_columns(c->pg, a, &c->model, &cols, err);
	for (uint32_t i = 0; code == SL_OK && i < c->nkey; i++)
		code = sl_pg_find_column(&cols, c->key[i], &at, err);
	if (code == SL_OK)
		code = proved_by_index(c, a, &proved, err);
	if (code != SL_OK || proved)
		return code;
	if (c->model.sql.len > 0) {
		code = sl_pg_statement(c->model.sql, &c->model.sql, err);
		if (code == SL_OK)
			code = sl_pg_search_path(c->pg, true, err);
	}
	if (code == SL_OK)
		code = look_for(c, false, err);
	if (code == SL_OK)
		code = look_for(c, true, err);
	return code == SL_OK ? sl_pg_search_path(c->pg, false, err) : code;
}

enum sl_code
sl_pg_check_key(void *ctx, const struct sl_model *m, const struct sl_str *key, uint32_t nkey,
		struct sl_err *err)
{
	struct check c = { .pg = ctx, .model = *m, .key = key, .nkey = nkey };
	struct sl_arena *a;
	bool own;

	if (nkey == 0) {
		sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "the model has no key");
		return sl_err_hint(err, "name the columns that tell its rows apart");
	}
	enum sl_code code = sl_pg_enter(c.pg, &own, err);
	if (code != SL_OK)
		return code;
	a = sl_arena_new(4096, 0);
	code = a != NULL ? check(&c, a, err) : sl_pg_nomem(err);
	sl_arena_free(a);
	return sl_pg_leave(c.pg, own, code);
}
