/* db.h - what db.c and sql.c share about an open SQLite file. Not for others: they use sql.h. */
#ifndef SL_STORE_DB_H
#define SL_STORE_DB_H

#include "core/store/sql.h"

#include <sys/types.h>

struct sqlite3;

struct sl_cached {
	const char *sql; /* by address; NULL = free */
	struct sqlite3_stmt *st;
};

struct sl_db {
	struct sqlite3 *h;
	struct sl_db_spec spec;
	char *path; /* owned */
	size_t wal_bytes;
	dev_t dev; /* of the file that was opened */
	ino_t ino;
	struct sqlite3_stmt *undo; /* ROLLBACK, ready: it must work when there is no memory, too */
	struct sl_cached cache[128];
};

/* What an SQLite result code means, into err. */
enum sl_code sl_db_fail(const struct sl_db *db, int rc, struct sl_err *err);

#endif
