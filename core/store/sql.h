/* sql.h - SQLite as this layer uses it: a handle, statements prepared once, errors as values.
 *
 * A handle belongs to one thread. A query (struct sl_q) remembers its first failure and skips
 * everything after it, so callers check once, at sl_q_end() or sl_q_run(). */
#ifndef SL_STORE_SQL_H
#define SL_STORE_SQL_H

#include "core/base/digest.h"
#include "core/base/str.h"

struct sl_db;
struct sqlite3_stmt;

struct sl_db_spec {
	const char *path;
	const char *what;     /* for messages: "the state" */
	const char *mend;     /* what a person does when it is damaged */
	const char *schema;   /* SQL that makes an empty file ours */
	uint32_t application; /* PRAGMA application_id */
	int version;          /* PRAGMA user_version that we write and read */
	/* upgrades[v - 1] is the SQL that makes format v + 1 of format v; version - 1 of them. */
	const char *const *upgrades;
	bool read_only;
	bool durable; /* synchronous=FULL, and checkpoints by sl_db_checkpoint() only */
};

/* SL_E_NOTFOUND: read_only and there is nothing yet. SL_E_CORRUPT: not ours, newer or damaged (see
 * sl_db_is_damage()); nothing was changed. SL_E_CONFIG: of another user. The strings of spec must live as long as the handle, but for path. */
enum sl_code sl_db_open(const struct sl_db_spec *spec, struct sl_db **out,
			struct sl_err *err) SL_MUST;
void sl_db_close(struct sl_db *db); /* NULL is allowed */
/* One or more statements without parameters. */
enum sl_code sl_db_exec(struct sl_db *db, const char *sql, struct sl_err *err) SL_MUST;
void sl_db_forget(struct sl_db *db);   /* the memory of cached pages is given back */
void sl_db_rollback(struct sl_db *db); /* does nothing outside of a transaction */
bool sl_db_in_transaction(const struct sl_db *db);
size_t sl_db_wal_bytes(const struct sl_db *db); /* as of the last commit of this handle */
/* Moves what it can of the WAL into the file, without waiting for readers. */
enum sl_code sl_db_checkpoint(struct sl_db *db, struct sl_err *err) SL_MUST;
/* The same and cuts the WAL off, where no reader needs it; else *done is false. */
enum sl_code sl_db_empty_wal(struct sl_db *db, bool *done, struct sl_err *err) SL_MUST;
/* Give free pages at the end of the file back, at most so many. Within a transaction. */
enum sl_code sl_db_shrink(struct sl_db *db, int pages, struct sl_err *err) SL_MUST;
/* Do the pages hold together? Reads the whole file. */
enum sl_code sl_db_check(struct sl_db *db, struct sl_err *err) SL_MUST;
/* Is the file at its path still the one that was opened? SL_E_IO: it is gone; SL_E_LOCKED: another. */
enum sl_code sl_db_in_place(const struct sl_db *db, struct sl_err *err) SL_MUST;
/* The file belongs to another process now: closing must not touch it. */
void sl_db_abandon(struct sl_db *db);
int64_t sl_db_last_id(const struct sl_db *db);
int64_t sl_db_changes(const struct sl_db *db);
const char *sl_db_path(const struct sl_db *db);
/* A check of ours failed on what the file holds: SL_E_CORRUPT with the mend. */
enum sl_code sl_db_damaged(const struct sl_db *db, struct sl_err *err, const char *fmt, ...)
	SL_PRINTF(3, 4);
/* Does an error say that the file is damaged? Not that it is newer or not ours: those are SL_E_CORRUPT
 * too, but whole. */
bool sl_db_is_damage(const struct sl_err *err);

struct sl_q {
	struct sl_db *db;
	struct sqlite3_stmt *st;
	struct sl_err *err;
	enum sl_code code; /* SL_OK or the first failure */
	int at;            /* parameters bound so far */
};

/* sql must be a string literal: its address names the prepared statement. */
void sl_q_start(struct sl_q *q, struct sl_db *db, const char *sql, struct sl_err *err);
/* Bind the next parameter. Bytes must live until the query ends. */
void sl_q_int(struct sl_q *q, int64_t v);
void sl_q_text(struct sl_q *q, const char *s); /* NULL binds NULL */
void sl_q_str(struct sl_q *q, struct sl_str s);
void sl_q_blob(struct sl_q *q, const void *p, size_t n);
void sl_q_digest(struct sl_q *q, struct sl_digest d); /* copied; sorts like sl_digest_cmp() */
bool sl_q_row(struct sl_q *q);                        /* false: no more rows, or it failed */
enum sl_code sl_q_end(struct sl_q *q);                /* may be left before the last row */
enum sl_code sl_q_run(struct sl_q *q); /* all steps of a statement without rows, and the end */
void sl_q_stop(struct sl_q *q, enum sl_code code); /* the caller failed: no more rows */

int64_t sl_q_col_int(const struct sl_q *q, int col);
struct sl_str sl_q_col(const struct sl_q *q, int col); /* text or blob; valid until the next row */
bool sl_q_col_null(const struct sl_q *q, int col);
void sl_q_col_copy(const struct sl_q *q, int col, char *out, size_t cap); /* cut, NUL-terminated */
struct sl_digest sl_q_col_digest(const struct sl_q *q, int col);          /* zero when it is none */

#endif
