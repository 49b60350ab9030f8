/* keep.c - events into SQLite: deduplicated, and folded into what a destination would hold. */
#include "core/receive/keep.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/limit.h"
#include "core/base/skim.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/receive/keep.inc"

enum {
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_EVENT,
	Q_CONFLICT,
	Q_USER_GET,
	Q_USER_PUT,
	Q_RECORD_GET,
	Q_RECORD_PUT,
	Q_RECORD_DELETE,
	Q_REQUEST,
	Q_COUNT
};

static const char *const queries[Q_COUNT] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_EVENT] = "INSERT INTO events(received_at, message_id, type, user_id, anonymous_id, "
		    "event, action, "
		    "key, body, body_sha) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
		    "ON CONFLICT(message_id) DO UPDATE SET deliveries = deliveries + 1 "
		    "RETURNING deliveries, body_sha",
	[Q_CONFLICT] = "INSERT INTO conflicts(at, message_id, first_body, other_body) "
		       "SELECT ?1, ?2, body, ?3 FROM events WHERE message_id = ?2",
	[Q_USER_GET] = "SELECT traits FROM users WHERE user_id = ?1",
	[Q_USER_PUT] = "INSERT INTO users(user_id, traits, identifies, first_seen, last_seen) "
		       "VALUES (?1, ?2, 1, ?3, ?3) ON CONFLICT(user_id) DO UPDATE SET "
		       "traits = ?2, identifies = identifies + 1, last_seen = ?3",
	[Q_RECORD_GET] = "SELECT fields FROM records WHERE stream = ?1 AND key = ?2",
	[Q_RECORD_PUT] =
		"INSERT INTO records(stream, key, fields, action, changes, first_seen, last_seen) "
		"VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) ON CONFLICT(stream, key) DO UPDATE SET "
		"fields = ?3, action = ?4, changes = changes + 1, last_seen = ?5",
	[Q_RECORD_DELETE] = "DELETE FROM records WHERE stream = ?1 AND key = ?2",
	[Q_REQUEST] = "INSERT INTO requests(at, method, path, status, bytes, events, note) "
		      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
};

struct sl_keep {
	sqlite3 *db;
	sqlite3_stmt *q[Q_COUNT];
	struct sl_buf work; /* hash input, merged traits */
	char now[25];       /* of the request at hand */
};

static enum sl_code
db_fail(struct sl_keep *k, const char *what, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_IO, "receiver database", "%s: %s", what,
		      k->db ? sqlite3_errmsg(k->db) : "out of memory");
	err->sys = k->db ? sqlite3_extended_errcode(k->db) : SQLITE_NOMEM;
	if (!k->db || err->sys == SQLITE_NOMEM)
		return sl_err_limit(err, ENOMEM, NULL);
	if (err->sys == SQLITE_FULL)
		return sl_err_limit(err, ENOSPC, sqlite3_db_filename(k->db, "main"));
	return sl_err_limit(err, sqlite3_system_errno(k->db), sqlite3_db_filename(k->db, "main"));
}

static enum sl_code
setup(struct sl_keep *k, bool full, struct sl_err *err)
{
	if (sqlite3_busy_timeout(k->db, 5000) != SQLITE_OK || /* ms; a reader's checkpoint */
	    sqlite3_exec(k->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(k->db, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(k->db, sql_keep, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(k, "cannot set it up", err);
	for (int i = 0; i < Q_COUNT; i++)
		if (sqlite3_prepare_v3(k->db, queries[i], -1, SQLITE_PREPARE_PERSISTENT, &k->q[i],
				       NULL) != SQLITE_OK)
			return db_fail(k, "its tables are not the receiver's", err);
	return SL_OK;
}

enum sl_code
sl_keep_open(const char *path, bool full, struct sl_keep **out, struct sl_err *err)
{
	struct sl_keep *k = calloc(1, sizeof(*k));

	*out = NULL;
	if (!k)
		return sl_fail(err, SL_E_NOMEM, "receiver database", "out of memory");
	sl_buf_init(&k->work, 0);
	const char *name = path && *path ? path : ":memory:";
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	enum sl_code rc = SL_OK;
	if (sqlite3_open_v2(name, &k->db, flags, NULL) != SQLITE_OK)
		rc = db_fail(k, "cannot open it", err);
	if (rc == SL_OK)
		rc = setup(k, full, err);
	if (rc != SL_OK) {
		(void)sl_err_wrap(err, "%s", name);
		sl_keep_close(k);
		return rc;
	}
	*out = k;
	return SL_OK;
}

void
sl_keep_close(struct sl_keep *k)
{
	if (!k)
		return;
	for (int i = 0; i < Q_COUNT; i++)
		(void)sqlite3_finalize(k->q[i]);
	(void)sqlite3_close(k->db); /* checkpoints the WAL */
	sl_buf_free(&k->work);
	free(k);
}

/* Binding fails only for want of memory or for text over SQLite's limit; the step reports it then,
 * since the parameter stays NULL where the column may not be. */
static void
bind_text(sqlite3_stmt *q, int i, struct sl_str s)
{
	if (s.len > 0)
		(void)sqlite3_bind_text64(q, i, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
	else
		(void)sqlite3_bind_null(q, i);
}

static enum sl_code
run(struct sl_keep *k, int query, struct sl_err *err)
{
	int rc = sqlite3_step(k->q[query]);

	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		enum sl_code code = db_fail(k, "cannot write", err);
		(void)sqlite3_reset(k->q[query]);
		return code;
	}
	(void)sqlite3_reset(k->q[query]);
	return SL_OK;
}

/* SHA-256 of the members that every try must repeat. */
static bool
body_sha(struct sl_keep *k, struct sl_str body, char out[65])
{
	struct sl_str key, val;
	struct sl_skim it;

	sl_buf_reset(&k->work);
	sl_skim_begin(&it, body);
	while (sl_skim_next(&it, &key, &val)) {
		if (sl_str_is(key, "sentAt") || sl_str_is(key, "receivedAt"))
			continue;
		sl_buf_put_str(&k->work, key);
		sl_buf_putc(&k->work, ':');
		sl_buf_put_str(&k->work, val);
		sl_buf_putc(&k->work, ',');
	}
	return !k->work.failed && sl_sha256_hex(k->work.ptr, k->work.len, out);
}

static bool
make_id(char out[37])
{
	uint8_t b[16];

	if (!sl_random_bytes(b, sizeof(b)))
		return false;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* UUID version 4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(out, 37,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
		       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		       b[13], b[14], b[15]);
	return true;
}

static enum sl_code
put_conflict(struct sl_keep *k, struct sl_str id, struct sl_str body, struct sl_err *err)
{
	sqlite3_stmt *q = k->q[Q_CONFLICT];

	bind_text(q, 1, sl_str(k->now));
	bind_text(q, 2, id);
	bind_text(q, 3, body);
	return run(k, Q_CONFLICT, err);
}

/* The object that is there, with the members of `new` over it, into k->work. The get query is bound. */
static enum sl_code
merge_stored(struct sl_keep *k, int get, struct sl_str new, struct sl_err *err)
{
	sqlite3_stmt *q = k->q[get];
	int rc = sqlite3_step(q);

	sl_buf_reset(&k->work);
	if (rc == SQLITE_ROW) {
		struct sl_str old = { (const char *)sqlite3_column_text(q, 0),
				      (size_t)sqlite3_column_bytes(q, 0) };
		sl_skim_merge(old, new, &k->work);
	} else {
		sl_buf_put_str(&k->work, new);
	}
	(void)sqlite3_reset(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(k, "cannot read", err);
	return k->work.failed ? sl_fail(err, SL_E_NOMEM, "receiver database", "out of memory")
			      : SL_OK;
}

static enum sl_code
fold_user(struct sl_keep *k, const struct sl_intake_event *e, struct sl_err *err)
{
	struct sl_str id = e->user_id.len ? e->user_id : e->anonymous_id;
	struct sl_str traits = sl_skim_is_object(e->fields) ? e->fields : SL_LIT("{}");
	sqlite3_stmt *q = k->q[Q_USER_PUT];

	bind_text(k->q[Q_USER_GET], 1, id);
	enum sl_code rc = merge_stored(k, Q_USER_GET, traits, err);
	if (rc != SL_OK)
		return rc;
	bind_text(q, 1, id);
	bind_text(q, 2, sl_buf_view(&k->work));
	bind_text(q, 3, sl_str(k->now));
	return run(k, Q_USER_PUT, err);
}

static bool
is_delete(struct sl_str action)
{
	return sl_str_is(action, "delete") || sl_str_is(action, "remove");
}

/* An insert is the whole thing, an update lays its fields over what is there. */
static enum sl_code
fold_record(struct sl_keep *k, const struct sl_intake_event *e, struct sl_err *err)
{
	struct sl_str stream = e->stream.len ? e->stream : SL_LIT("-");
	struct sl_str action = e->action.len ? e->action : SL_LIT("insert");
	struct sl_str fields = e->fields;

	if (is_delete(action)) {
		bind_text(k->q[Q_RECORD_DELETE], 1, stream);
		bind_text(k->q[Q_RECORD_DELETE], 2, e->key);
		return run(k, Q_RECORD_DELETE, err);
	}
	if (sl_str_is(action, "update")) {
		bind_text(k->q[Q_RECORD_GET], 1, stream);
		bind_text(k->q[Q_RECORD_GET], 2, e->key);
		enum sl_code rc = merge_stored(k, Q_RECORD_GET, fields, err);
		if (rc != SL_OK)
			return rc;
		fields = sl_buf_view(&k->work);
	}
	sqlite3_stmt *q = k->q[Q_RECORD_PUT];
	bind_text(q, 1, stream);
	bind_text(q, 2, e->key);
	bind_text(q, 3, fields);
	bind_text(q, 4, action);
	bind_text(q, 5, sl_str(k->now));
	return run(k, Q_RECORD_PUT, err);
}

static enum sl_code
fold(struct sl_keep *k, const struct sl_intake_event *e, struct sl_err *err)
{
	if (sl_str_is(e->type, "identify"))
		return fold_user(k, e, err);
	if (e->key.len > 0) /* only found in records and rows */
		return fold_record(k, e, err);
	return SL_OK;
}

static enum sl_code
put_event(struct sl_keep *k, const struct sl_intake_event *e, struct sl_keep_counts *counts,
	  struct sl_err *err)
{
	sqlite3_stmt *q = k->q[Q_EVENT];
	struct sl_str id = e->message_id;
	char made[37], sha[65];

	if (id.len == 0) {
		if (!make_id(made))
			return sl_fail(err, SL_E_IO, "receiver database",
				       "no random bytes for an id");
		id = sl_str(made);
	}
	if (!body_sha(k, e->body, sha))
		return sl_fail(err, SL_E_NOMEM, "receiver database", "out of memory");
	const struct sl_str texts[] = { sl_str(k->now),  id,         e->type,   e->user_id,
					e->anonymous_id, e->event,   e->action, e->key,
					e->body,         sl_str(sha) };
	for (size_t i = 0; i < SL_COUNT(texts); i++)
		bind_text(q, (int)i + 1, texts[i]);
	if (sqlite3_step(q) != SQLITE_ROW) {
		enum sl_code code = db_fail(k, "cannot write", err);
		(void)sqlite3_reset(q);
		return code;
	}
	bool repeat = sqlite3_column_int64(q, 0) > 1;
	const char *first = (const char *)sqlite3_column_text(q, 1);
	bool same = first && strcmp(first, sha) == 0;
	(void)sqlite3_reset(q);
	if (!repeat)
		return fold(k, e, err);
	counts->repeats++;
	if (same)
		return SL_OK;
	counts->conflicts++;
	return put_conflict(k, id, e->body, err);
}

static enum sl_code
put_request(struct sl_keep *k, const struct sl_keep_request *rq, struct sl_err *err)
{
	sqlite3_stmt *q = k->q[Q_REQUEST];

	bind_text(q, 1, sl_str(k->now));
	bind_text(q, 2, sl_str(rq->method));
	bind_text(q, 3, sl_str(rq->path));
	(void)sqlite3_bind_int(q, 4, rq->status);
	(void)sqlite3_bind_int64(q, 5, (sqlite3_int64)rq->bytes);
	(void)sqlite3_bind_int64(q, 6, rq->events);
	bind_text(q, 7, sl_str(rq->note));
	return run(k, Q_REQUEST, err);
}

enum sl_code
sl_keep_store(struct sl_keep *k, const struct sl_keep_request *rq, const struct sl_intake *in,
	      struct sl_keep_counts *counts, struct sl_err *err)
{
	struct sl_err ignored;

	*counts = (struct sl_keep_counts){ 0, 0 };
	sl_time_iso(sl_wall_us(), k->now);
	enum sl_code rc = run(k, Q_BEGIN, err);
	if (rc != SL_OK)
		return rc;
	for (uint32_t i = 0; rc == SL_OK && i < in->n; i++)
		rc = put_event(k, &in->events[i], counts, err);
	if (rc == SL_OK)
		rc = put_request(k, rq, err);
	if (rc == SL_OK)
		rc = run(k, Q_COMMIT, err);
	/* Some errors, a full disk among them, have rolled back already. */
	if (rc != SL_OK && !sqlite3_get_autocommit(k->db))
		(void)run(k, Q_ROLLBACK, &ignored);
	return rc;
}

void
sl_keep_note(struct sl_keep *k, const struct sl_keep_request *rq)
{
	struct sl_err ignored;

	sl_time_iso(sl_wall_us(), k->now);
	(void)put_request(k, rq, &ignored);
}
