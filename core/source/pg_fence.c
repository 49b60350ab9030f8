/* pg_fence.c - a snapshot, and which transactions were open around it.
 *
 * A transaction that is open when the snapshot is taken may commit rows later whose cursor is below what
 * the snapshot shows. Two looks at pg_locks find all of these: it is open in the look after this
 * snapshot; and it is over when the look before a later snapshot does not show it any more, so that
 * that one shows its rows. A transaction is asked for by its virtual id: one that has only called
 * nextval() has no other.
 *
 * A prepared transaction has none. It is looked for after the open ones: one that is prepared between the
 * two looks is seen in both, in the other order it might be seen in neither. */
#include "core/source/pg.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "core/source/pg_open.inc"
#include "core/source/pg_origin.inc"
#include "core/source/pg_snapshot.inc"

#define SQL_PREPARED "SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts"

static enum sl_code
ask(struct sl_pg *pg, const char *sql, PGresult **out, struct sl_err *err)
{
	struct sl_pg_command cmd = { .sql = sql, .ms = SL_PG_CATALOG_MS };

	return sl_pg_run(pg, &cmd, out, err);
}

static uint64_t
number(const PGresult *r, int column)
{
	return strtoull(PQgetvalue(r, 0, column), NULL, 10);
}

static enum sl_code
keep(struct sl_arena *a, const PGresult *r, int column, struct sl_str *out, struct sl_err *err)
{
	out->len = (size_t)PQgetlength(r, 0, column);
	out->ptr = sl_arena_strndup(a, PQgetvalue(r, 0, column), out->len);
	return out->ptr != NULL ? SL_OK : sl_pg_nomem(err);
}

/* The server has answered, but not with what was asked for. The connection is as it was. */
static bool
was_refused(const struct sl_pg *pg, enum sl_code code)
{
	return code != SL_OK && code != SL_E_CANCELLED && code != SL_E_NOMEM &&
	       PQstatus(pg->conn) == CONNECTION_OK && PQtransactionStatus(pg->conn) == PQTRANS_IDLE;
}

static void
judge(const PGresult *r, struct sl_fence *f)
{
	if (PQgetvalue(r, 0, 0)[0] == 't')
		f->why = SL_LIT("the server is a standby, which does not know the open "
				"transactions of its primary");
	else if (PQgetvalue(r, 0, 1)[0] != 't')
		f->why = SL_LIT("the server does not show its open transactions");
	else
		f->kind = SL_FENCE_OPEN;
}

/* Each statement is a transaction of its own; all end before the snapshot is taken. */
static enum sl_code
look_before(struct sl_pg *pg, struct sl_arena *a, struct sl_fence *f, struct sl_err *err)
{
	PGresult *r;
	enum sl_code code = ask(pg, sql_pg_open, &r, err);

	if (code == SL_OK) {
		judge(r, f);
		code = keep(a, r, 2, &f->before, err);
		PQclear(r);
	}
	if (code != SL_OK || f->kind != SL_FENCE_OPEN)
		return code;
	code = ask(pg, SQL_PREPARED, &r, err);
	if (code != SL_OK)
		return code;
	f->prepared = (uint32_t)number(r, 0);
	PQclear(r);
	code = ask(pg, sql_pg_origin, &r, err);
	if (was_refused(pg, code))
		return SL_OK; /* some services keep this to themselves */
	if (code == SL_OK) {
		code = keep(a, r, 0, &f->origin, err);
		PQclear(r);
	}
	return code;
}

/* In the transaction, whose snapshot has been taken. */
static enum sl_code
look_after(struct sl_pg *pg, struct sl_arena *a, struct sl_fence *f, struct sl_err *err)
{
	PGresult *r;
	enum sl_code code = ask(pg, sql_pg_open, &r, err);

	if (code != SL_OK)
		return code;
	/* Behind a pooler this may be another server than before. */
	f->kind = SL_FENCE_NONE;
	judge(r, f);
	code = keep(a, r, 2, &f->after, err);
	PQclear(r);
	if (code == SL_OK)
		code = ask(pg, sql_pg_snapshot, &r, err);
	if (code != SL_OK)
		return code;
	f->xmin = number(r, 0);
	f->xmax = number(r, 1);
	f->prepared += (uint32_t)number(r, 2);
	PQclear(r);
	return SL_OK;
}

enum sl_code
sl_pg_fence(void *ctx, struct sl_arena *a, struct sl_fence *out, struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	bool own;
	enum sl_code code;

	*out = (struct sl_fence){ 0 };
	if (pg->conn == NULL || pg->phase != SL_PG_IDLE)
		return sl_fail(err, SL_E_BUG, SL_PG_WHERE, "the snapshot is open already");
	code = look_before(pg, a, out, err);
	if (was_refused(pg, code)) {
		*out = (struct sl_fence){
			.why = SL_LIT("the server refuses to show its open transactions")
		};
		code = SL_OK;
	}
	if (code != SL_OK)
		return sl_pg_leave(pg, true, code);
	code = sl_pg_enter(pg, &own, err);
	if (code == SL_OK && out->kind == SL_FENCE_OPEN)
		code = look_after(pg, a, out, err);
	return code == SL_OK ? SL_OK : sl_pg_leave(pg, true, code);
}
