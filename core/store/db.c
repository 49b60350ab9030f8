/* db.c - open an SQLite file of ours: pragmas, format check, schema; transactions and checkpoints.
 *
 * The file is never opened by other means than SQLite while a connection may be open: closing any
 * descriptor of it would drop the POSIX locks of every connection in the process. */
#include "core/store/db.h"

#include "core/store/lock.h"

#include "core/base/crashpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sqlite3.h>

#define PAGE_SIZE 16384
#define BUSY_MS   5000
/* KiB. Said once more when a page has its size: until then it counts in pages of 4 KiB, and four times as
 * much is kept. */
#define CACHE_SIZE      "PRAGMA cache_size=-8192"
#define QUICK_CHECK_MAX (64 << 20) /* bytes of a file that is checked whole after a crash */

static int
on_wal(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct sl_db *db = arg;

	(void)h;
	(void)name;
	db->wal_bytes = (size_t)pages * PAGE_SIZE;
	return SQLITE_OK;
}

enum sl_code
sl_db_exec(struct sl_db *db, const char *sql, struct sl_err *err)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? SL_OK : sl_db_fail(db, rc, err);
}

/* The first column of the first row as a number. */
static enum sl_code
number(struct sl_db *db, const char *sql, int64_t *out, struct sl_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &st, NULL);
	enum sl_code code = SL_OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		code = sl_db_fail(db, rc, err);
	sqlite3_finalize(st);
	return code;
}

static bool
wal_left_behind(const char *path)
{
	char name[4200];
	struct stat st;

	(void)snprintf(name, sizeof name, "%s-wal", path);
	return stat(name, &st) == 0 && st.st_size > 0;
}

/* After a crash: does a small file still hold together? A large one shows damage where it is used. */
static enum sl_code
quick_check(struct sl_db *db, off_t size, struct sl_err *err)
{
	sqlite3_stmt *st = NULL;
	enum sl_code code = SL_OK;
	int rc;

	if (size > QUICK_CHECK_MAX)
		return SL_OK;
	rc = sqlite3_prepare_v2(db->h, "PRAGMA quick_check(1)", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_ROW) {
		code = sl_db_fail(db, rc, err);
	} else {
		const char *said = (const char *)sqlite3_column_text(st, 0);

		/* what it says has many lines and may quote the file */
		if (!said || strcmp(said, "ok") != 0)
			code = sl_db_damaged(db, err, "its pages do not fit together");
	}
	sqlite3_finalize(st);
	return code;
}

static enum sl_code
failed(const struct sl_db_spec *spec, const char *what, struct sl_err *err)
{
	char text[128];

	(void)snprintf(text, sizeof text, "%s %s", spec->what, what);
	return sl_file_fail(spec->path, text, err);
}

/* A file of mode 0600, made before SQLite would make it with wider rights. SQLite makes the names of its
 * other files durable, not that of this one. */
static enum sl_code
make_file(const struct sl_db_spec *spec, struct sl_err *err)
{
	int fd = open(spec->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? SL_OK : failed(spec, "cannot be made", err);
	(void)close(fd);
	sl_crashpoint("state-file-made");
	return sl_dir_sync(spec->path, err);
}

/* What others may read is narrowed: the rows of the warehouse are in there. What others may replace, or
 * own, is not ours to trust. */
static enum sl_code
check_owner(const struct sl_db *db, const struct stat *st, struct sl_err *err)
{
	if (!S_ISREG(st->st_mode)) {
		(void)sl_fail(err, SL_E_CONFIG, db->path, "%s is no file", db->spec.what);
		return sl_err_hint(err, "move it away, or choose another directory");
	}
	if (st->st_uid != geteuid() && geteuid() != 0) {
		(void)sl_fail(err, SL_E_CONFIG, db->path, "%s belongs to another user",
			      db->spec.what);
		return sl_err_hint(err, "run as its owner, or choose another directory");
	}
	if ((st->st_mode & 077) != 0 && chmod(db->path, 0600) != 0)
		return failed(&db->spec, "can be read by others, and that cannot be changed", err);
	return SL_OK;
}

/* Nobody can change a file on a file system that is mounted read-only. Then, and only then, it may be
 * read without the shared memory that readers and a writer need beside it; but not without its WAL. */
static bool
is_immutable(const struct sl_db *db)
{
	struct statvfs fs;

	return db->spec.read_only && statvfs(db->path, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0 &&
	       !wal_left_behind(db->path);
}

static enum sl_code
open_handle(struct sl_db *db, struct sl_err *err)
{
	int rc, flags = (db->spec.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
			SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	struct sl_buf uri;

	if (!is_immutable(db)) {
		rc = sqlite3_open_v2(db->path, &db->h, flags, NULL);
		return rc == SQLITE_OK ? SL_OK : sl_db_fail(db, rc, err);
	}
	sl_buf_init(&uri, 16384);
	sl_buf_puts(&uri, "file:");
	for (const char *p = db->path; *p; p++) {
		if (strchr("%?#", *p))
			sl_buf_printf(&uri, "%%%02X", (unsigned char)*p);
		else
			sl_buf_putc(&uri, *p);
	}
	sl_buf_puts(&uri, "?immutable=1");
	rc = sqlite3_open_v2(sl_buf_cstr(&uri), &db->h, flags | SQLITE_OPEN_URI, NULL);
	sl_buf_free(&uri);
	return rc == SQLITE_OK ? SL_OK : sl_db_fail(db, rc, err);
}

static enum sl_code
configure(struct sl_db *db, struct sl_err *err)
{
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	/* Until it is known to be whole and ours: a close leaves everything as it is. */
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_busy_timeout(db->h, BUSY_MS);
	return sl_db_exec(
		db,
		"PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA mmap_size=0;" CACHE_SIZE
		"; PRAGMA temp_store=FILE",
		err);
}

/* Is the file empty (*format 0) or ours? Anything else is refused before a byte of it changes. */
static enum sl_code
check_format(struct sl_db *db, int *format, struct sl_err *err)
{
	int64_t app = 0, version = 0, objects = 0;
	enum sl_code code = number(db, "PRAGMA application_id", &app, err);

	*format = 0;
	if (code == SL_OK)
		code = number(db, "PRAGMA user_version", &version, err);
	if (code == SL_OK)
		code = number(db, "SELECT count(*) FROM sqlite_schema", &objects, err);
	if (code != SL_OK)
		return code;
	if (app == 0 && version == 0 && objects == 0)
		return SL_OK;
	if (app != (int64_t)db->spec.application) {
		(void)sl_fail(err, SL_E_CORRUPT, db->path,
			      "%s: the file was not made by this program", db->spec.what);
		return sl_err_hint(
			err, "move it away, or choose another directory; nothing was changed");
	}
	if (version > db->spec.version) {
		(void)sl_fail(
			err, SL_E_CORRUPT, db->path,
			"%s was written by a newer version of this program (format %lld, this one "
			"knows %d)",
			db->spec.what, (long long)version, db->spec.version);
		return sl_err_hint(err, "use the newer program; nothing was changed");
	}
	if (version < 1)
		return sl_db_damaged(db, err, "it has no known format");
	*format = (int)version;
	return SL_OK;
}

/* A file of an older version of this program, step by step; each is whole or not done. */
static enum sl_code
upgrade(struct sl_db *db, int format, struct sl_err *err)
{
	char seal[64];
	enum sl_code code = SL_OK;

	for (; format < db->spec.version && code == SL_OK; format++) {
		(void)snprintf(seal, sizeof seal, "PRAGMA user_version=%d; COMMIT", format + 1);
		sl_crashpoint("upgrade-begin");
		code = sl_db_exec(db, "BEGIN IMMEDIATE", err);
		if (code == SL_OK)
			code = sl_db_exec(db, db->spec.upgrades[format - 1], err);
		sl_crashpoint("upgrade-commit-before");
		if (code == SL_OK)
			code = sl_db_exec(db, seal, err);
		sl_crashpoint("upgrade-commit-after");
		sl_db_rollback(db);
	}
	return code;
}

static enum sl_code
refuse_older(const struct sl_db *db, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_CORRUPT, db->path,
		      "%s was written by an older version of this program", db->spec.what);
	return sl_err_hint(err,
			   "open it once for writing, by a run or the screens: that brings it up "
			   "to date");
}

static enum sl_code
make_schema(struct sl_db *db, struct sl_err *err)
{
	char ours[96];
	enum sl_code code;

	(void)snprintf(ours, sizeof ours,
		       "PRAGMA application_id=%u; PRAGMA user_version=%d; COMMIT",
		       (unsigned)db->spec.application, db->spec.version);
	code = sl_db_exec(db, "BEGIN IMMEDIATE", err);
	if (code == SL_OK)
		code = sl_db_exec(db, db->spec.schema, err);
	sl_crashpoint("schema-commit-before");
	if (code == SL_OK)
		code = sl_db_exec(db, ours, err);
	sl_crashpoint("schema-commit-after");
	sl_db_rollback(db);
	return code;
}

static enum sl_code
prepare_writing(struct sl_db *db, int format, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	/* Before the first page is written: a file of before cannot be shrunk piece by piece. */
	if (format == 0)
		code = sl_db_exec(db, "PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL",
				  err);
	if (code == SL_OK)
		code = sl_db_exec(db,
				  CACHE_SIZE "; PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;"
					     "PRAGMA journal_size_limit=67108864",
				  err);
	if (code == SL_OK)
		code = sl_db_exec(db,
				  db->spec.durable
					  ? "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"
					  : "PRAGMA synchronous=NORMAL",
				  err);
	if (code != SL_OK)
		return code;
	if (db->spec.durable)
		(void)sqlite3_wal_hook(db->h, on_wal, db);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return format == 0 ? make_schema(db, err) : upgrade(db, format, err);
}

static enum sl_code
start(struct sl_db *db, struct sl_err *err)
{
	bool crashed = wal_left_behind(db->path);
	struct stat st = { .st_size = 0 };
	enum sl_code code = SL_OK;
	int format = 0;

	if (stat(db->path, &st) != 0)
		return failed(&db->spec, "cannot be read", err);
	db->dev = st.st_dev;
	db->ino = st.st_ino;
	if (!db->spec.read_only)
		code = check_owner(db, &st, err);
	if (code == SL_OK)
		code = open_handle(db, err);
	if (code == SL_OK)
		code = configure(db, err);
	if (code == SL_OK)
		code = check_format(db, &format, err);
	if (code != SL_OK)
		return code;
	if (db->spec.read_only && format == 0)
		return sl_fail(err, SL_E_NOTFOUND, db->path, "%s is empty", db->spec.what);
	if (db->spec.read_only)
		return format < db->spec.version ? refuse_older(db, err) : SL_OK;
	if (crashed && format > 0)
		code = quick_check(db, st.st_size, err);
	return code == SL_OK ? prepare_writing(db, format, err) : code;
}

/* Last of all: the pragmas before make a prepared statement out of date. */
static enum sl_code
prepare_undo(struct sl_db *db, struct sl_err *err)
{
	int rc = sqlite3_prepare_v3(db->h, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &db->undo,
				    NULL);

	return rc == SQLITE_OK ? SL_OK : sl_db_fail(db, rc, err);
}

enum sl_code
sl_db_open(const struct sl_db_spec *spec, struct sl_db **out, struct sl_err *err)
{
	struct sl_db *db;
	enum sl_code code;
	struct stat st;

	*out = NULL;
	if (stat(spec->path, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return failed(spec, "cannot be read", err);
		if (spec->read_only)
			return sl_fail(err, SL_E_NOTFOUND, spec->path, "%s: %s", spec->what,
				       strerror(errno));
		code = make_file(spec, err);
		if (code != SL_OK)
			return code;
	}
	db = calloc(1, sizeof *db);
	if (db)
		db->path = strdup(spec->path);
	if (!db || !db->path) {
		free(db);
		return sl_fail(err, SL_E_NOMEM, spec->path, "opening %s: out of memory",
			       spec->what);
	}
	db->spec = *spec;
	db->spec.path = db->path;
	code = start(db, err);
	if (code == SL_OK)
		code = prepare_undo(db, err);
	if (code != SL_OK) {
		sl_db_close(db);
		return code;
	}
	*out = db;
	return SL_OK;
}

void
sl_db_close(struct sl_db *db)
{
	if (!db)
		return;
	sl_crashpoint("state-close");
	for (size_t i = 0; i < SL_COUNT(db->cache); i++)
		(void)sqlite3_finalize(db->cache[i].st);
	(void)sqlite3_finalize(db->undo);
	(void)sqlite3_close_v2(db->h);
	free(db->path);
	free(db);
}

enum sl_code
sl_db_in_place(const struct sl_db *db, struct sl_err *err)
{
	struct stat st;

	if (stat(db->path, &st) != 0) {
		(void)failed(&db->spec, "was removed or became unreachable while it was in use",
			     err);
		return sl_err_hint(err, "nothing more is sent; start again");
	}
	if (st.st_dev == db->dev && st.st_ino == db->ino)
		return SL_OK;
	(void)sl_fail(err, SL_E_LOCKED, db->path,
		      "%s was replaced by another file while it was "
		      "in use",
		      db->spec.what);
	return sl_err_hint(err, "nothing more is sent or written here; start again");
}

void
sl_db_abandon(struct sl_db *db)
{
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	db->wal_bytes = 0;
}

void
sl_db_forget(struct sl_db *db)
{
	(void)sqlite3_db_release_memory(db->h);
}

void
sl_db_rollback(struct sl_db *db)
{
	if (!sl_db_in_transaction(db))
		return;
	if (!db->undo || sqlite3_step(db->undo) != SQLITE_DONE)
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_reset(db->undo);
}

bool
sl_db_in_transaction(const struct sl_db *db)
{
	return sqlite3_get_autocommit(db->h) == 0;
}

size_t
sl_db_wal_bytes(const struct sl_db *db)
{
	return db->wal_bytes;
}

enum sl_code
sl_db_checkpoint(struct sl_db *db, struct sl_err *err)
{
	int rc;

	sl_crashpoint("checkpoint-before");
	rc = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sl_crashpoint("checkpoint-after");
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		return sl_db_fail(db, rc, err);
	db->wal_bytes = 0; /* the next commit tells it again */
	return SL_OK;
}

enum sl_code
sl_db_empty_wal(struct sl_db *db, bool *done, struct sl_err *err)
{
	int rc;

	/* A reader holds it up as long as it likes: another time then. */
	(void)sqlite3_busy_timeout(db->h, 0);
	rc = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->h, BUSY_MS);
	*done = rc == SQLITE_OK;
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		return sl_db_fail(db, rc, err);
	if (*done)
		db->wal_bytes = 0;
	return SL_OK;
}

enum sl_code
sl_db_shrink(struct sl_db *db, int pages, struct sl_err *err)
{
	char sql[64];

	(void)snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", pages);
	return sl_db_exec(db, sql, err);
}

enum sl_code
sl_db_check(struct sl_db *db, struct sl_err *err)
{
	return quick_check(db, 0, err);
}

int64_t
sl_db_last_id(const struct sl_db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

int64_t
sl_db_changes(const struct sl_db *db)
{
	return sqlite3_changes64(db->h);
}

const char *
sl_db_path(const struct sl_db *db)
{
	return db->path;
}
