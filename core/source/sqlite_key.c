/* sqlite_key.c - is a key a key? An index answers for nothing; else one query looks for NULLs and one
 * for keys that several rows have, in the snapshot of the scan. */
#include "core/source/columns.h"
#include "core/source/keys.h"
#include "core/source/sqlite.h"

#include <sqlite3.h>

#include "core/source/sqlite_unique.inc"

struct check {
	struct sl_lite *l;
	struct sl_arena *a;
	struct sl_model model; /* its SQL without a tail */
	const struct sl_str *key;
	uint32_t nkey;
};

static bool
in_key(const struct check *c, struct sl_str name)
{
	for (uint32_t i = 0; i < c->nkey; i++) {
		if (sl_str_eq(c->key[i], name))
			return true;
	}
	return false;
}

/* Does one of the sets of unique columns lie within the key? */
static enum sl_code
find_unique(const struct check *c, bool *found, struct sl_err *err)
{
	sqlite3_stmt *st;
	int set = 0;
	bool within = false;

	enum sl_code code = sl_lite_prepare(c->l, sql_sqlite_unique, &c->model.table, 1, &st, err);
	if (code != SL_OK)
		return code;
	while ((code = sl_lite_step(c->l, st, err)) == SL_OK) {
		if (sqlite3_column_int(st, 0) != set) { /* -1, 0, 1, ...: never equal at first */
			*found = *found || within;
			within = true;
			set = sqlite3_column_int(st, 0);
		}
		within = within && in_key(c, sl_lite_text(st, 1));
	}
	*found = *found || within;
	sqlite3_finalize(st);
	return code == SL_DONE ? SL_OK : code;
}

static enum sl_code
proved_by_index(const struct check *c, const struct sl_schema *s, bool *proved, struct sl_err *err)
{
	*proved = false;
	if (c->model.sql.len > 0)
		return SL_OK;
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (s->cols[i].nullable && in_key(c, s->cols[i].name))
			return SL_OK;
	}
	return find_unique(c, proved, err);
}

static const struct sl_dialect dialect = { .functions = "", .to_text = "" };

/* A text of the present row that outlives it; NULL for NULL. */
static const char *
keep(const struct check *c, sqlite3_stmt *st, int column, bool *failed)
{
	struct sl_str s = sl_lite_text(st, column);
	const char *kept = s.ptr != NULL ? sl_arena_strndup(c->a, s.ptr, s.len) : NULL;

	*failed = *failed || (s.ptr != NULL && kept == NULL);
	return kept;
}

static enum sl_code
look_for(const struct check *c, bool twins, struct sl_err *err)
{
	struct sl_bad_keys bad = {
		.where = SL_LITE_WHERE, .key = c->key, .nkey = c->nkey, .twins = twins
	};
	const char **values = SL_NEW(c->a, const char *, c->nkey);
	bool failed = values == NULL;
	sqlite3_stmt *st = NULL;
	struct sl_buf b;

	sl_buf_init(&b, 0);
	sl_bad_keys_query(&bad, &dialect, &c->model, &b);
	enum sl_code code = b.failed || failed
				    ? sl_lite_nomem(err)
				    : sl_lite_prepare(c->l, sl_buf_cstr(&b), NULL, 0, &st, err);
	sl_buf_free(&b);
	if (code != SL_OK)
		return code;
	while (!failed && (code = sl_lite_step(c->l, st, err)) == SL_OK) {
		bad.total = keep(c, st, 0, &failed);
		for (uint32_t i = 0; i < c->nkey; i++)
			values[i] = keep(c, st, (int)i + 2, &failed);
		const char *rows = keep(c, st, 1, &failed);
		if (!failed)
			sl_bad_keys_put(&bad, values, rows);
	}
	sqlite3_finalize(st);
	if (failed)
		code = sl_lite_nomem(err);
	if (code == SL_DONE && bad.total != NULL)
		return sl_bad_keys_fail(&bad, err);
	sl_buf_free(&bad.text);
	return code == SL_DONE ? SL_OK : code;
}

static enum sl_code
check(struct check *c, struct sl_err *err)
{
	struct sl_schema s;
	uint32_t at;
	bool proved;

	enum sl_code code = sl_lite_columns(c->l, c->a, &c->model, &s, err);
	for (uint32_t i = 0; code == SL_OK && i < c->nkey; i++)
		code = sl_column_find(SL_LITE_WHERE, &s, c->key[i], &at, err);
	if (code == SL_OK)
		code = proved_by_index(c, &s, &proved, err);
	if (code != SL_OK || proved)
		return code;
	if (c->model.sql.len > 0)
		code = sl_lite_statement(c->l, c->model.sql, &c->model.sql, err);
	if (code == SL_OK)
		code = look_for(c, false, err);
	return code == SL_OK ? look_for(c, true, err) : code;
}

enum sl_code
sl_lite_check_key(void *ctx, const struct sl_model *m, const struct sl_str *key, uint32_t nkey,
		  struct sl_err *err)
{
	struct check c = { .l = ctx, .model = *m, .key = key, .nkey = nkey };
	bool own;

	if (nkey == 0)
		return sl_no_key(SL_LITE_WHERE, err);
	enum sl_code code = sl_lite_enter(c.l, &own, err);
	if (code != SL_OK)
		return code;
	c.a = sl_arena_new(4096, 0);
	code = c.a != NULL ? check(&c, err) : sl_lite_nomem(err);
	sl_arena_free(c.a);
	return sl_lite_leave(c.l, own, code);
}
