/* sqlite.h - what the files of the SQLite source share. Nobody else includes it.
 *
 *	sqlite.c         property table, vtable, opening, about
 *	sqlite_call.c    errors, statements, transactions, cancelling
 *	sqlite_list.c    the catalogue tree
 *	sqlite_columns.c columns of a model and their types
 *	sqlite_key.c     check_key
 *	sqlite_scan.c    begin, next, end
 *	sqlite_reach.c   rows from a cursor's place on
 *	sqlite_value.c   values as canonical text
 *
 * The file is opened read-only, and an authorizer lets nothing but queries through. */
#ifndef SL_SOURCE_SQLITE_H
#define SL_SOURCE_SQLITE_H

#include "core/base/str.h"
#include "core/source/fill.h"
#include "core/source/source.h"

#include <stdatomic.h>

struct sqlite3;
struct sqlite3_stmt;

#define SL_LITE_WHERE "SQLite"

enum sl_lite_phase {
	SL_LITE_IDLE = 0,
	SL_LITE_SNAPSHOT, /* a transaction is open */
	SL_LITE_SCAN,     /* and a query is read */
	SL_LITE_READ,     /* to its end */
	SL_LITE_FAILED    /* the scan ended in an error; end() is next */
};

struct sl_lite {
	struct sqlite3 *db;
	_Atomic(struct sqlite3 *) running; /* db, once cancel() may interrupt it */
	atomic_bool cancelled;             /* kept as in struct sl_pg */
	int64_t busy_us;                   /* how long to wait for a lock */
	int64_t busy_since;                /* monotonic us */
	bool ours;                         /* BEGIN and ROLLBACK may pass the authorizer */
	enum sl_lite_phase phase;
	char *file; /* for about(); owned */

	/* of the scan */
	struct sqlite3_stmt *stmt;
	struct sl_fill fill;
	const int *json_at; /* per column: result column with json_valid() of it, or -1 */
};

/* sqlite_call.c */
enum sl_code sl_lite_nomem(struct sl_err *err);
enum sl_code sl_lite_cancelled(struct sl_err *err);
/* The error of the last call on db. user: the user's text that was prepared, or empty. */
enum sl_code sl_lite_fail(struct sl_lite *l, int rc, struct sl_str user, struct sl_err *err);
/* One statement of our own, its parameters bound as text. *out is finalized by the caller. */
enum sl_code sl_lite_prepare(struct sl_lite *l, const char *sql, const struct sl_str *values,
			     uint32_t nvalues, struct sqlite3_stmt **out,
			     struct sl_err *err) SL_MUST;
/* SL_OK: a row. SL_DONE: no more. */
enum sl_code sl_lite_step(struct sl_lite *l, struct sqlite3_stmt *st, struct sl_err *err) SL_MUST;
/* A result column; the view lives until the next step. NULL gives an empty view. */
struct sl_str sl_lite_text(struct sqlite3_stmt *st, int column);
enum sl_code sl_lite_enter(struct sl_lite *l, bool *own, struct sl_err *err) SL_MUST;
enum sl_code sl_lite_leave(struct sl_lite *l, bool own, enum sl_code code);
void sl_lite_end(struct sl_lite *l);
/* Installs authorizer, busy and progress handlers. */
enum sl_code sl_lite_guard(struct sl_lite *l, struct sl_err *err) SL_MUST;

/* sqlite_columns.c */
enum sl_code sl_lite_columns(struct sl_lite *l, struct sl_arena *a, const struct sl_model *m,
			     struct sl_schema *out, struct sl_err *err) SL_MUST;
/* The user's statement without what may follow it; refuses what is not one query. */
enum sl_code sl_lite_statement(struct sl_lite *l, struct sl_str sql, struct sl_str *out,
			       struct sl_err *err) SL_MUST;

/* sqlite_value.c */
enum sl_type sl_lite_type(struct sl_str declared);
/* One result column into a cell. json: json_valid() said that this text is JSON. */
bool sl_lite_put_value(struct sl_fill *f, struct sl_value *cell, struct sqlite3_stmt *st,
		       int column, enum sl_type declared, bool json) SL_MUST;
/* Binds a value of a key. false = no memory. */
bool sl_lite_bind(struct sqlite3_stmt *st, int parameter, const struct sl_value *v) SL_MUST;

/* sqlite_reach.c */
/* ` WHERE (q."c" >= $1 OR ...)`; nothing when all rows are wanted. */
void sl_lite_put_from(struct sl_buf *b, const struct sl_from *from);
bool sl_lite_bind_from(struct sqlite3_stmt *st, const struct sl_from *from) SL_MUST;

/* Parts of the vtable. */
enum sl_code sl_lite_list(void *ctx, struct sl_arena *a, struct sl_str schema,
			  struct sl_object **out, uint32_t *n, struct sl_err *err);
enum sl_code sl_lite_describe(void *ctx, struct sl_arena *a, const struct sl_model *m,
			      struct sl_schema *out, struct sl_err *err);
enum sl_code sl_lite_check_key(void *ctx, const struct sl_model *m, const struct sl_str *key,
			       uint32_t nkey, struct sl_err *err);
enum sl_code sl_lite_begin_snapshot(void *ctx, struct sl_err *err);
enum sl_code sl_lite_fence(void *ctx, struct sl_arena *a, struct sl_fence *out, struct sl_err *err);
enum sl_code sl_lite_reach(void *ctx, struct sl_arena *a, const struct sl_model *m,
			   const struct sl_from *from, struct sl_reach *out, struct sl_err *err);
enum sl_code sl_lite_begin(void *ctx, struct sl_arena *a, const struct sl_scan *scan,
			   struct sl_schema *out, struct sl_err *err);
enum sl_code sl_lite_next(void *ctx, struct sl_batch **out, struct sl_err *err);

#endif
