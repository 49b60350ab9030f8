/* sql.c - queries: prepare once, bind, step, read columns, and what an SQLite error means. */
#include "core/store/sql.h"

#include "core/base/limit.h"
#include "core/store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <sqlite3.h>

static enum sl_code
damaged(const struct sl_db *db, const char *cause, int sys, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_CORRUPT, db->path, "%s is damaged: %s", db->spec.what, cause);
	err->sys = sys;
	return sl_err_hint(err, "%s", db->spec.mend);
}

enum sl_code
sl_db_damaged(const struct sl_db *db, struct sl_err *err, const char *fmt, ...)
{
	char cause[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(cause, sizeof cause, fmt, ap);
	va_end(ap);
	return damaged(db, cause, SQLITE_CORRUPT, err);
}

bool
sl_db_is_damage(const struct sl_err *err)
{
	return err->code == SL_E_CORRUPT && err->sys != 0;
}

/* A file at the limit of its size is as full as a disk: what was written before stays good. */
static enum sl_code
disk_full(const struct sl_db *db, int sys, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_IO, db->path, "%s cannot be written: %s", db->spec.what,
		      sys == EFBIG ? "its file may not become larger" : "the disk is full");
	err->retryable = true;
	return sl_err_limit(err, sys, db->path);
}

enum sl_code
sl_db_fail(const struct sl_db *db, int rc, struct sl_err *err)
{
	const char *text = db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc);
	int sys = db->h ? sqlite3_system_errno(db->h) : 0;
	enum sl_code code = SL_E_IO;

	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		/* not the message of the handle: that may quote the file */
		return damaged(db, sqlite3_errstr(rc), rc, err);
	case SQLITE_FULL:
		return disk_full(db, ENOSPC, err);
	case SQLITE_NOMEM:
		(void)sl_fail(err, SL_E_NOMEM, db->path, "%s: out of memory", db->spec.what);
		return sl_err_limit(err, ENOMEM, NULL);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		code = SL_E_LOCKED;
		break;
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_CORRUPTFS)
			return damaged(db, "the file is cut off", rc, err);
		/* What was to be made durable may be lost when that fails, also for want of room: a
		 * second try that goes well would hide it. */
		if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
			break;
		if (sys == ENOSPC || sys == EDQUOT)
			return disk_full(db, sys, err);
		/* SQLite does not always keep what the system said to a write. */
		if (sys == EFBIG || (rc == SQLITE_IOERR_WRITE && sys == 0 && sl_files_limited()))
			return disk_full(db, EFBIG, err);
		break;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		break;
	default: /* our SQL is constant: what is left is a mistake of ours */
		code = SL_E_BUG;
		break;
	}
	(void)sl_fail(err, code, db->path, "%s: %s%s%s", db->spec.what, text, sys ? ": " : "",
		      sys ? strerror(sys) : "");
	err->sys = rc;
	err->retryable = code == SL_E_LOCKED;
	return sl_err_limit(err, sys, db->path);
}

/* The cached statement of this SQL text; NULL with the code of SQLite in *rc. */
static sqlite3_stmt *
prepared(struct sl_db *db, const char *sql, int *rc)
{
	size_t i = ((uintptr_t)sql >> 3) % SL_COUNT(db->cache);

	for (size_t probe = 0; probe < SL_COUNT(db->cache); probe++) {
		struct sl_cached *c = &db->cache[(i + probe) % SL_COUNT(db->cache)];

		if (c->sql == sql)
			return c->st;
		if (c->sql)
			continue;
		*rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->st, NULL);
		if (*rc == SQLITE_ERROR) /* a table or column that we made is not there */
			*rc = SQLITE_CORRUPT;
		if (*rc == SQLITE_OK)
			c->sql = sql;
		return c->st;
	}
	*rc = SQLITE_MISUSE;
	return NULL;
}

void
sl_q_start(struct sl_q *q, struct sl_db *db, const char *sql, struct sl_err *err)
{
	int rc = SQLITE_OK;

	*q = (struct sl_q){ .db = db, .err = err };
	q->st = prepared(db, sql, &rc);
	if (!q->st)
		q->code = sl_db_fail(db, rc, err);
}

static void
bound(struct sl_q *q, int rc)
{
	if (rc != SQLITE_OK)
		q->code = sl_db_fail(q->db, rc, q->err);
}

void
sl_q_int(struct sl_q *q, int64_t v)
{
	if (q->code == SL_OK)
		bound(q, sqlite3_bind_int64(q->st, ++q->at, v));
}

void
sl_q_str(struct sl_q *q, struct sl_str s)
{
	if (q->code == SL_OK)
		bound(q, sqlite3_bind_text64(q->st, ++q->at, s.len ? s.ptr : "", s.len,
					     SQLITE_STATIC, SQLITE_UTF8));
}

void
sl_q_text(struct sl_q *q, const char *s)
{
	if (s)
		sl_q_str(q, sl_str(s));
	else if (q->code == SL_OK)
		bound(q, sqlite3_bind_null(q->st, ++q->at));
}

void
sl_q_blob(struct sl_q *q, const void *p, size_t n)
{
	if (q->code == SL_OK)
		bound(q, sqlite3_bind_blob64(q->st, ++q->at, n ? p : "", n, SQLITE_STATIC));
}

void
sl_q_digest(struct sl_q *q, struct sl_digest d)
{
	uint8_t b[16];

	for (int i = 0; i < 8; i++) {
		b[i] = (uint8_t)(d.hi >> (56 - 8 * i));
		b[8 + i] = (uint8_t)(d.lo >> (56 - 8 * i));
	}
	if (q->code == SL_OK)
		bound(q, sqlite3_bind_blob64(q->st, ++q->at, b, sizeof b, SQLITE_TRANSIENT));
}

bool
sl_q_row(struct sl_q *q)
{
	int rc;

	if (q->code != SL_OK)
		return false;
	rc = sqlite3_step(q->st);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		q->code = sl_db_fail(q->db, rc, q->err);
	return false;
}

enum sl_code
sl_q_end(struct sl_q *q)
{
	if (q->st) {
		(void)sqlite3_reset(q->st); /* repeats what step said */
		(void)sqlite3_clear_bindings(q->st);
		q->st = NULL;
	}
	return q->code;
}

enum sl_code
sl_q_run(struct sl_q *q)
{
	while (sl_q_row(q))
		continue;
	return sl_q_end(q);
}

void
sl_q_stop(struct sl_q *q, enum sl_code code)
{
	q->code = code;
}

int64_t
sl_q_col_int(const struct sl_q *q, int col)
{
	return sqlite3_column_int64(q->st, col);
}

struct sl_str
sl_q_col(const struct sl_q *q, int col)
{
	const void *p = sqlite3_column_blob(q->st, col);
	int n = sqlite3_column_bytes(q->st, col);

	return p && n > 0 ? (struct sl_str){ p, (size_t)n } : SL_LIT("");
}

bool
sl_q_col_null(const struct sl_q *q, int col)
{
	return sqlite3_column_type(q->st, col) == SQLITE_NULL;
}

void
sl_q_col_copy(const struct sl_q *q, int col, char *out, size_t cap)
{
	struct sl_str s = sl_q_col(q, col);
	size_t n = s.len < cap ? s.len : cap - 1;

	memcpy(out, s.ptr, n);
	out[n] = 0;
}

struct sl_digest
sl_q_col_digest(const struct sl_q *q, int col)
{
	struct sl_str s = sl_q_col(q, col);
	struct sl_digest d = { 0, 0 };

	if (s.len != 16)
		return d;
	for (int i = 0; i < 8; i++) {
		d.hi = d.hi << 8 | (uint8_t)s.ptr[i];
		d.lo = d.lo << 8 | (uint8_t)s.ptr[8 + i];
	}
	return d;
}
