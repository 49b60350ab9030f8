/* sqlite_call.c - every call into SQLite that can fail, wait or be cancelled. */
#include "core/source/sqlite.h"

#include "core/base/clock.h"
#include "core/source/place.h"

#include <poll.h>
#include <sqlite3.h>

#define PROGRESS_OPS 5000 /* steps of SQLite's machine between two looks at the cancel flag */
#define BUSY_NAP_MS  10

enum sl_code
sl_lite_nomem(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, SL_LITE_WHERE, "out of memory");
}

enum sl_code
sl_lite_cancelled(struct sl_err *err)
{
	return sl_fail(err, SL_E_CANCELLED, SL_LITE_WHERE, "cancelled");
}

static enum sl_code
fail_sql(struct sl_lite *l, struct sl_str user, struct sl_err *err)
{
	int at = sqlite3_error_offset(l->db);

	if (user.len == 0 || at < 0 || (size_t)at > user.len)
		return sl_fail(err, SL_E_PROTO, SL_LITE_WHERE, "%s", sqlite3_errmsg(l->db));
	struct sl_place p = sl_place(user, (size_t)at);
	return sl_fail(err, SL_E_PROTO, SL_LITE_WHERE, "%s at line %u, column %u of the SQL",
		       sqlite3_errmsg(l->db), p.line, p.column);
}

enum sl_code
sl_lite_fail(struct sl_lite *l, int rc, struct sl_str user, struct sl_err *err)
{
	const char *words = sqlite3_errmsg(l->db);

	switch (rc & 0xFF) {
	case SQLITE_NOMEM:
		return sl_lite_nomem(err);
	case SQLITE_INTERRUPT:
		return sl_lite_cancelled(err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		if (atomic_load(&l->cancelled))
			return sl_lite_cancelled(err);
		sl_fail(err, SL_E_TIMEOUT, SL_LITE_WHERE, "another program has locked the file");
		err->retryable = true;
		return err->code;
	case SQLITE_NOTADB:
		sl_fail(err, SL_E_CONFIG, SL_LITE_WHERE, "this is not an SQLite database");
		return sl_err_hint(err, "check the path of the connection");
	case SQLITE_AUTH:
		sl_fail(err, SL_E_CONFIG, SL_LITE_WHERE, "%s in the SQL of a model", words);
		return sl_err_hint(err, "write one SELECT that returns the rows");
	case SQLITE_ERROR:
		return fail_sql(l, user, err);
	default:
		sl_fail(err, SL_E_IO, SL_LITE_WHERE, "%s", words);
		err->sys = rc;
		return err->code;
	}
}

enum sl_code
sl_lite_prepare(struct sl_lite *l, const char *sql, const struct sl_str *values, uint32_t nvalues,
		sqlite3_stmt **out, struct sl_err *err)
{
	int rc = sqlite3_prepare_v2(l->db, sql, -1, out, NULL);

	for (uint32_t i = 0; rc == SQLITE_OK && i < nvalues; i++)
		rc = sqlite3_bind_text64(*out, (int)i + 1, values[i].ptr, values[i].len,
					 SQLITE_TRANSIENT, SQLITE_UTF8);
	if (rc == SQLITE_OK)
		return SL_OK;
	enum sl_code code = sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
	sqlite3_finalize(*out);
	*out = NULL;
	return code;
}

enum sl_code
sl_lite_step(struct sl_lite *l, sqlite3_stmt *st, struct sl_err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return SL_OK;
	return rc == SQLITE_DONE ? SL_DONE : sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
}

struct sl_str
sl_lite_text(sqlite3_stmt *st, int column)
{
	/* The text before the length: asking for it may convert the value. */
	const char *s = (const char *)sqlite3_column_text(st, column);

	return (struct sl_str){ s, s != NULL ? (size_t)sqlite3_column_bytes(st, column) : 0 };
}

static enum sl_code
run(struct sl_lite *l, const char *sql, struct sl_err *err)
{
	l->ours = true;
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);
	l->ours = false;
	return rc == SQLITE_OK ? SL_OK : sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
}

enum sl_code
sl_lite_enter(struct sl_lite *l, bool *own, struct sl_err *err)
{
	*own = false;
	if (l->db == NULL)
		return sl_fail(err, SL_E_BUG, SL_LITE_WHERE, "the source is not open");
	if (atomic_load(&l->cancelled) && l->phase != SL_LITE_IDLE)
		return sl_lite_cancelled(err);
	if (l->phase == SL_LITE_SNAPSHOT || l->phase == SL_LITE_READ)
		return SL_OK;
	if (l->phase != SL_LITE_IDLE)
		return sl_fail(err, SL_E_BUG, SL_LITE_WHERE, "a scan was not ended");
	/* BEGIN alone takes no snapshot, the first read does. */
	enum sl_code code = run(l, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", err);
	if (code == SL_OK && atomic_load(&l->cancelled))
		code = sl_lite_cancelled(err);
	if (code != SL_OK) {
		sl_lite_end(l);
		return code;
	}
	l->phase = SL_LITE_SNAPSHOT;
	*own = true;
	return SL_OK;
}

enum sl_code
sl_lite_leave(struct sl_lite *l, bool own, enum sl_code code)
{
	if (own)
		sl_lite_end(l);
	return code;
}

void
sl_lite_end(struct sl_lite *l)
{
	struct sl_err ignored;

	sl_fill_drop(&l->fill);
	sqlite3_finalize(l->stmt);
	l->stmt = NULL;
	l->json_at = NULL;
	l->phase = SL_LITE_IDLE;
	atomic_store(&l->cancelled, false);
	/* It only read; a ROLLBACK that is interrupted has still ended the transaction. */
	if (l->db != NULL && !sqlite3_get_autocommit(l->db))
		(void)run(l, "ROLLBACK", &ignored);
}

/* What a query needs, and our own look-ups in the catalogue. Everything else, ATTACH above all,
 * would reach beyond the file. */
static int
authorize(void *arg, int action, const char *one, const char *two, const char *db, const char *by)
{
	static const char *const pragmas[] = { "table_list", "table_xinfo", "index_list",
					       "index_xinfo", "data_version" };
	const struct sl_lite *l = arg;

	(void)db;
	(void)by;
	switch (action) {
	case SQLITE_UPDATE:
		/* Asked for when the columns of a virtual table become known, in memory. The table
		 * itself cannot be written: the file is read-only and the connection defensive. */
		return sqlite3_stricmp(one, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION: /* its name is the second */
		return sqlite3_stricmp(two, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_TRANSACTION:
		return l->ours ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_PRAGMA:
		for (size_t i = 0; i < SL_COUNT(pragmas); i++) {
			if (sqlite3_stricmp(one, pragmas[i]) == 0)
				return SQLITE_OK;
		}
		return SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

/* Instead of sqlite3_busy_timeout(), which would sleep through a cancel. */
static int
wait_for_lock(void *arg, int times)
{
	struct sl_lite *l = arg;

	if (times == 0)
		l->busy_since = sl_mono_us();
	if (atomic_load(&l->cancelled) || sl_mono_us() - l->busy_since >= l->busy_us)
		return 0;
	(void)poll(NULL, 0, BUSY_NAP_MS);
	return 1;
}

/* sqlite3_interrupt() is forgotten between two statements; this flag is not. */
static int
progress(void *arg)
{
	return atomic_load_explicit(&((struct sl_lite *)arg)->cancelled, memory_order_relaxed);
}

enum sl_code
sl_lite_guard(struct sl_lite *l, struct sl_err *err)
{
	int rc = sqlite3_set_authorizer(l->db, authorize, l);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_handler(l->db, wait_for_lock, l);
	if (rc != SQLITE_OK)
		return sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
	sqlite3_progress_handler(l->db, PROGRESS_OPS, progress, l);
	return SL_OK;
}
