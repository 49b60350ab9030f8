/* open.c - a state is opened, closed, written in transactions, checkpointed. */
#include "core/store/aside.h"
#include "core/store/lock.h"
#include "core/store/state.h"

#include "core/store/schema.inc"
#include "core/store/upgrade_2.inc"

#include "core/base/crashpoint.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define APPLICATION 0x736c6365u /* "slce" */
#define FORMAT      2
#define WAL_MAX     ((size_t)8 << 20)

static const char mend[] =
	"the next run moves it aside, begins a new one, sends every row again and removes nothing";

static const char *const upgrades[FORMAT - 1] = { sql_upgrade_2 };

static enum sl_code
no_memory(const char *dir, struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, dir, "opening the state: out of memory");
}

static void
close_db(struct sl_store *s)
{
	if (s->db)
		sl_db_rollback(s->db);
	sl_db_close(s->db);
	s->db = NULL;
}

/* The file, its seed and its notice. SL_E_NOTFOUND: it has no seed yet, it was just made or its maker was
 * killed. */
static enum sl_code
open_file(struct sl_store *s, bool read_only, struct sl_err *err)
{
	char path[4200];
	struct sl_db_spec spec = { .path = path,
				   .what = "the state",
				   .mend = mend,
				   .schema = sql_schema,
				   .application = APPLICATION,
				   .version = FORMAT,
				   .upgrades = upgrades,
				   .read_only = read_only,
				   .durable = true };
	enum sl_code code;

	(void)snprintf(path, sizeof path, "%s/state.db", s->dir);
	code = sl_db_open(&spec, &s->db, err);
	if (code == SL_OK)
		code = sl_seed_load(s, err);
	if (code == SL_OK)
		code = sl_workspace_load(s, err);
	return code == SL_OK ? sl_notice_load(s, err) : code;
}

/* What was met in use is looked for now that nobody works: a memory that flipped a bit is no reason to
 * give a state up. */
static enum sl_code
look_over(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code;

	if (sl_aside_marked(s->dir) != SL_ASIDE_SUSPECT)
		return SL_OK;
	if (!sl_digest_key_init(&s->key, s->seed))
		return no_memory(s->dir, err);
	code = sl_store_verify(s, err);
	return code == SL_OK ? sl_aside_clear(s->dir, err) : code;
}

/* The state as it is; a damaged one is moved aside, and a new one begun. */
static enum sl_code
open_or_begin(struct sl_store *s, struct sl_err *err)
{
	char why[sizeof err->msg];
	bool moved = sl_aside_marked(s->dir) == SL_ASIDE_MOVING;
	enum sl_code code = moved ? sl_aside_move(s->dir, err) : SL_OK;

	if (code == SL_OK)
		code = open_file(s, false, err);
	if (code == SL_OK)
		code = look_over(s, err);
	if (code == SL_E_NOTFOUND)
		return sl_fresh_make(s, NULL, err);
	if (code == SL_OK || !sl_db_is_damage(err))
		return code;
	(void)snprintf(why, sizeof why, "%s", err->msg);
	close_db(s);
	code = sl_aside_move(s->dir, err);
	if (code == SL_OK)
		code = open_file(s, false, err);
	return code == SL_E_NOTFOUND ? sl_fresh_make(s, why, err) : code;
}

/* SQLite's temporary files hold pages of the state: they belong on its disk, and into a folder that nobody
 * else may look into. One place a process, so the first state that is opened counts; where its folder is
 * gone SQLite takes another. */
static void
keep_temporary_files(const char *dir)
{
	sqlite3_mutex *m = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);

	sqlite3_mutex_enter(m);
	if (!sqlite3_temp_directory)
		sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
	sqlite3_mutex_leave(m);
}

static enum sl_code
open_for_writing(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code = sl_dir_make(s->dir, err);

	if (code == SL_OK)
		keep_temporary_files(s->dir);

	if (code == SL_OK)
		code = sl_lock_take(s->dir, &s->lock_fd, err);
	if (code == SL_OK)
		sl_crashpoint("state-locked");
	if (code == SL_OK)
		code = open_or_begin(s, err);
	return code == SL_OK ? sl_fence_raise(s, err) : code;
}

enum sl_code
sl_store_open(const char *dir, unsigned flags, struct sl_store **out, struct sl_err *err)
{
	struct sl_store *s = calloc(1, sizeof *s);
	enum sl_code code;

	*out = NULL;
	if (!s)
		return no_memory(dir, err);
	s->lock_fd = -1;
	s->dir = strdup(dir);
	s->zip = sl_zip_new();
	if (!s->dir || !s->zip)
		code = no_memory(dir, err);
	else if (flags & SL_STORE_READ)
		code = open_file(s, true, err);
	else
		code = open_for_writing(s, err);
	if (code == SL_OK && !sl_digest_key_init(&s->key, s->seed))
		code = no_memory(dir, err);
	if (code != SL_OK) {
		sl_store_close(s);
		return code;
	}
	if (!(flags & SL_STORE_READ))
		sl_crashpoint("state-opened");
	*out = s;
	return SL_OK;
}

void
sl_store_close(struct sl_store *s)
{
	if (!s)
		return;
	close_db(s);
	sl_zip_free(s->zip);
	sl_lock_free(s->lock_fd);
	free(s->dir);
	free(s);
}

const struct sl_notice *
sl_store_notice(const struct sl_store *s)
{
	return &s->notice;
}

const char *
sl_store_dir(const struct sl_store *s)
{
	return s->dir;
}

void
sl_store_suspect(const char *dir)
{
	sl_aside_suspect(dir);
}

enum sl_code
sl_store_begin(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code;

	if (s->lock_fd < 0)
		return sl_fail(err, SL_E_BUG, "state", "the state was opened for reading only");
	if (sl_db_in_transaction(s->db))
		return sl_fail(err, SL_E_BUG, "state", "a transaction was begun inside another");
	code = sl_fence_stands(s, err);
	if (code == SL_OK)
		code = sl_db_exec(s->db, "BEGIN IMMEDIATE", err);
	if (code != SL_OK)
		return code;
	code = sl_fence_check(s, err);
	if (code != SL_OK)
		sl_db_rollback(s->db);
	return code;
}

enum sl_code
sl_store_commit(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code = sl_store_writing(s, err);

	sl_crashpoint("commit-before");
	if (code == SL_OK)
		code = sl_db_exec(s->db, "COMMIT", err);
	sl_crashpoint("commit-after");
	if (code != SL_OK)
		sl_db_rollback(s->db);
	return code;
}

void
sl_store_rollback(struct sl_store *s)
{
	sl_db_rollback(s->db);
}

enum sl_code
sl_store_checkpoint(struct sl_store *s, struct sl_err *err)
{
	return !s->lost && sl_db_wal_bytes(s->db) > WAL_MAX ? sl_db_checkpoint(s->db, err) : SL_OK;
}

enum sl_code
sl_store_seed(struct sl_store *s, uint8_t seed[32], struct sl_err *err)
{
	(void)err;
	memcpy(seed, s->seed, sizeof s->seed);
	return SL_OK;
}

enum sl_code
sl_store_writing(const struct sl_store *s, struct sl_err *err)
{
	if (s->lock_fd >= 0 && sl_db_in_transaction(s->db))
		return SL_OK;
	return sl_fail(err, SL_E_BUG, "state", "a write outside of a transaction");
}

enum sl_code
sl_store_read_begin(struct sl_store *s, bool *own, struct sl_err *err)
{
	*own = !sl_db_in_transaction(s->db);
	return *own ? sl_db_exec(s->db, "BEGIN", err) : SL_OK;
}

void
sl_store_read_end(struct sl_store *s, bool own)
{
	if (own)
		sl_db_rollback(s->db);
}
