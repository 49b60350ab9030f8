/* pg_share.c - several connections that read one table in one snapshot.
 *
 * A row version stays at its place (ctid) as long as any snapshot sees it, so ranges of places that meet
 * without a gap hold every row once, wherever they are cut. What moves rows, such as VACUUM FULL, makes
 * a new file of the table: pg_moved.c finds that, in each connection. */
#include "core/source/pg.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "core/source/pg_split.inc"

#define OLDEST_RANGES                                                                              \
	140000           /* scans of a range of places; before, each would read the whole table */
#define PART_BLOCKS 1024 /* 8 MiB, at least; the table, twice that */
#define DIGITS      "0123456789ABCDEF-"

/* The same name of a snapshot may be in use on another server, where a pooler or balancer has several
 * behind it. What tells them apart: */
#define SQL_WHICH                                                                                  \
	"pg_catalog.pg_postmaster_start_time()::pg_catalog.text"                                   \
	" || ' ' || pg_catalog.pg_current_snapshot()::pg_catalog.text"

static enum sl_code
ask(struct sl_pg *pg, const char *sql, PGresult **out, struct sl_err *err)
{
	const struct sl_pg_command cmd = { .sql = sql, .ms = SL_PG_CATALOG_MS };

	return sl_pg_run(pg, &cmd, out, err);
}

/* *blocks = 0: it cannot be read in parts. */
static enum sl_code
count_blocks(struct sl_pg *pg, struct sl_arena *a, const struct sl_model *m, uint64_t *blocks,
	     struct sl_err *err)
{
	const char *const values[] = { sl_arena_strndup(a, m->schema.ptr, m->schema.len),
				       sl_arena_strndup(a, m->table.ptr, m->table.len) };
	const struct sl_pg_command cmd = {
		.sql = sql_pg_split, .nvalues = 2, .values = values, .ms = SL_PG_CATALOG_MS
	};
	PGresult *r = NULL;
	enum sl_code code;

	*blocks = 0;
	if (values[0] == NULL || values[1] == NULL)
		return sl_pg_nomem(err);
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		*blocks = strtoull(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return SL_OK;
}

static void
cut(uint64_t blocks, struct sl_split *out)
{
	const uint64_t n = blocks / PART_BLOCKS;

	out->nparts = n < SL_PARTS ? (uint32_t)n : SL_PARTS;
	for (uint32_t i = 0; i < out->nparts; i++)
		out->parts[i] = (struct sl_part){ blocks * i / out->nparts,
						  blocks * (i + 1) / out->nparts };
	out->parts[out->nparts - 1].high = 0; /* it may have grown */
}

enum sl_code
sl_pg_split(void *ctx, const struct sl_model *m, struct sl_split *out, struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	struct sl_model model = *m;
	struct sl_pg_columns all;
	struct sl_arena *a;
	uint64_t blocks = 0;
	bool own;
	enum sl_code code;

	*out = (struct sl_split){ .readers = 1, .nparts = 1 };
	if (m->sql.len > 0)
		return SL_OK;
	code = sl_pg_enter(pg, &own, err);
	if (code != SL_OK || PQserverVersion(pg->conn) < OLDEST_RANGES)
		return code == SL_OK ? sl_pg_leave(pg, own, code) : code;
	a = sl_arena_new(4096, 0);
	code = a != NULL ? sl_pg_columns(pg, a, &model, &all, err) : sl_pg_nomem(err);
	if (code == SL_OK)
		code = count_blocks(pg, a, &model, &blocks, err);
	sl_arena_free(a);
	if (code == SL_OK && blocks >= 2 * PART_BLOCKS && blocks <= UINT32_MAX) {
		cut(blocks, out);
		out->readers = pg->readers < out->nparts ? pg->readers : out->nparts;
	}
	return sl_pg_leave(pg, own, code);
}

enum sl_code
sl_pg_share(void *ctx, struct sl_arena *a, struct sl_str *token, struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	PGresult *r = NULL;
	enum sl_code code;

	if (pg->phase != SL_PG_SNAPSHOT)
		return sl_fail(err, SL_E_BUG, SL_PG_WHERE, "no snapshot to share");
	code = sl_pg_search_path(pg, SL_PG_OWN_PATH, err);
	if (code == SL_OK)
		code = ask(pg, "SELECT pg_catalog.pg_export_snapshot() || ' ' || " SQL_WHICH, &r,
			   err);
	if (code != SL_OK)
		return code;
	token->len = (size_t)PQgetlength(r, 0, 0);
	token->ptr = sl_arena_strndup(a, PQgetvalue(r, 0, 0), token->len);
	PQclear(r);
	return token->ptr != NULL ? SL_OK : sl_pg_nomem(err);
}

/* Is this the server, and the snapshot, that the token speaks of? */
static enum sl_code
check_same(struct sl_pg *pg, struct sl_str which, struct sl_err *err)
{
	PGresult *r = NULL;
	enum sl_code code = ask(pg, "SELECT " SQL_WHICH, &r, err);

	if (code != SL_OK)
		return code;
	if (!sl_str_is(which, PQgetvalue(r, 0, 0)))
		code = sl_fail(err, SL_E_PROTO, SL_PG_WHERE,
			       "another server than before has answered");
	PQclear(r);
	return code;
}

enum sl_code
sl_pg_join(void *ctx, struct sl_str token, struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	const size_t n = strspn(token.ptr, DIGITS);
	char name[64];
	enum sl_code code;

	/* It becomes a part of a statement, which takes no parameter there. */
	if (n == 0 || n >= sizeof(name) || n >= token.len || token.ptr[n] != ' ')
		return sl_fail(err, SL_E_PROTO, SL_PG_WHERE, "this names no snapshot");
	memcpy(name, token.ptr, n);
	name[n] = '\0';
	code = sl_pg_enter_snapshot(pg, name, err);
	if (code != SL_OK)
		return code;
	code = check_same(pg, (struct sl_str){ token.ptr + n + 1, token.len - n - 1 }, err);
	return code == SL_OK ? SL_OK : sl_pg_leave(pg, true, code);
}

void
sl_pg_put_part(struct sl_buf *b, const struct sl_part *part)
{
	const char *word = " WHERE ";

	if (part->low > 0) {
		sl_buf_printf(b, "%sq.ctid >= '(%llu,0)'::pg_catalog.tid", word,
			      (unsigned long long)part->low);
		word = " AND ";
	}
	if (part->high > 0)
		sl_buf_printf(b, "%sq.ctid < '(%llu,0)'::pg_catalog.tid", word,
			      (unsigned long long)part->high);
}
