/* open.c - a state is opened, closed, written in transactions, checkpointed. */
#include "core/store/lock.h"
#include "core/store/state.h"

#include "core/store/schema.inc"
#include "core/store/upgrade_2.inc"

#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define APPLICATION 0x736c6365u /* "slce" */
#define FORMAT      2
#define WAL_MAX     ((size_t)8 << 20)

static const char mend[] =
	"move state.db, state.db-wal and state.db-shm aside; the next run sends every "
	"row again and removes nothing";

static const char *const upgrades[FORMAT - 1] = { sql_upgrade_2 };

static enum sl_code
seed_get(struct sl_store *s, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT v FROM meta WHERE k='seed'", err);
	if (sl_q_row(&q)) {
		struct sl_str v = sl_q_col(&q, 0);

		found = v.len == sizeof s->seed;
		if (found)
			memcpy(s->seed, v.ptr, sizeof s->seed);
		else
			sl_q_stop(&q, sl_db_damaged(s->db, err, "its seed is not whole"));
	}
	code = sl_q_end(&q);
	if (code == SL_OK && !found)
		code = SL_E_NOTFOUND;
	return code;
}

static enum sl_code
seed_make(struct sl_store *s, struct sl_err *err)
{
	struct sl_q q;

	if (!sl_random_bytes(s->seed, sizeof s->seed))
		return sl_fail(err, SL_E_IO, "state", "no random bytes from the system");
	sl_q_start(&q, s->db, "INSERT INTO meta(k, v) VALUES('seed', ?)", err);
	sl_q_blob(&q, s->seed, sizeof s->seed);
	sl_crashpoint("seed-before");
	return sl_q_run(&q);
}

static enum sl_code
load(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code;

	s->zip = sl_zip_new();
	if (!s->zip)
		return sl_fail(err, SL_E_NOMEM, "state", "opening the state: out of memory");
	code = seed_get(s, err);
	if (code == SL_E_NOTFOUND) /* just made, or killed while it was */
		code = s->lock_fd >= 0 ? seed_make(s, err)
				       : sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
						 "the state is empty");
	if (code == SL_OK && !sl_digest_key_init(&s->key, s->seed))
		code = sl_fail(err, SL_E_NOMEM, "state", "opening the state: out of memory");
	return code;
}

enum sl_code
sl_store_open(const char *dir, unsigned flags, struct sl_store **out, struct sl_err *err)
{
	char path[4200];
	struct sl_db_spec spec = { .path = path,
				   .what = "the state",
				   .mend = mend,
				   .schema = sql_schema,
				   .application = APPLICATION,
				   .version = FORMAT,
				   .upgrades = upgrades,
				   .read_only = (flags & SL_STORE_READ) != 0,
				   .durable = true };
	enum sl_code code = SL_OK;
	struct sl_store *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return sl_fail(err, SL_E_NOMEM, dir, "opening the state: out of memory");
	s->lock_fd = -1;
	(void)snprintf(path, sizeof path, "%s/state.db", dir);
	if (!spec.read_only) {
		code = sl_dir_make(dir, err);
		if (code == SL_OK)
			code = sl_lock_take(dir, &s->lock_fd, err);
		sl_crashpoint("state-locked");
	}
	if (code == SL_OK)
		code = sl_db_open(&spec, &s->db, err);
	sl_crashpoint("state-opened");
	if (code == SL_OK)
		code = load(s, err);
	if (code != SL_OK) {
		sl_store_close(s);
		return code;
	}
	*out = s;
	return SL_OK;
}

void
sl_store_close(struct sl_store *s)
{
	if (!s)
		return;
	if (s->db)
		sl_db_rollback(s->db);
	sl_db_close(s->db);
	sl_zip_free(s->zip);
	sl_lock_free(s->lock_fd);
	free(s);
}

enum sl_code
sl_store_begin(struct sl_store *s, struct sl_err *err)
{
	if (s->lock_fd < 0)
		return sl_fail(err, SL_E_BUG, "state", "the state was opened for reading only");
	if (sl_db_in_transaction(s->db))
		return sl_fail(err, SL_E_BUG, "state", "a transaction was begun inside another");
	return sl_db_exec(s->db, "BEGIN IMMEDIATE", err);
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
	return sl_db_wal_bytes(s->db) > WAL_MAX ? sl_db_checkpoint(s->db, err) : SL_OK;
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
