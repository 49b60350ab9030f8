/* pg_call.c - the only place that waits for the server: every wait ends at its deadline, or when
 * another thread calls cancel(). */
#include "core/source/pg.h"

#include "core/base/clock.h"
#include "core/base/pool.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/source/pg_begin.inc"

#define TICK_MS   1000 /* TLS may hold bytes that poll() does not see; look again this often */
#define SETTLE_MS 2000 /* for the server to answer a cancel or a rollback */
#define GRACE_MS  5000 /* beyond statement_timeout, before we stop waiting ourselves */

enum sl_code
sl_pg_cancelled(struct sl_err *err)
{
	return sl_fail(err, SL_E_CANCELLED, SL_PG_WHERE, "cancelled");
}

static int64_t
from_now(int64_t ms)
{
	return ms > 0 ? sl_mono_us() + ms * 1000 : 0;
}

int64_t
sl_pg_scan_deadline(const struct sl_pg *pg)
{
	return from_now(pg->statement_ms > 0 ? pg->statement_ms + GRACE_MS : 0);
}

int64_t
sl_pg_deadline(const struct sl_pg *pg, int64_t ms)
{
	if (ms == 0 && pg->statement_ms > 0)
		ms = pg->statement_ms + GRACE_MS;
	/* Nothing is heard until the whole answer to a command is there. */
	if (pg->silence_ms > 0 && (ms == 0 || ms > pg->silence_ms))
		ms = pg->silence_ms;
	return from_now(ms);
}

/* wake -1 = wait for the socket only. SL_AGAIN = nothing happened for ms. */
static enum sl_code
poll_once(int fd, short events, int wake, int ms)
{
	struct pollfd p[2] = { { .fd = fd, .events = events }, { .fd = wake, .events = POLLIN } };
	int n = poll(p, 2, ms);

	if (n < 0 && errno != EINTR)
		return SL_E_IO;
	return n > 0 && p[0].revents != 0 ? SL_OK : SL_AGAIN;
}

enum sl_code
sl_pg_wait(struct sl_pg *pg, int fd, short events, int64_t until, int slice_ms, struct sl_err *err)
{
	int ms = slice_ms > 0 ? slice_ms : TICK_MS;

	if (!pg->deaf && atomic_load(&pg->cancelled))
		return sl_pg_cancelled(err);
	if (until > 0) {
		int64_t left = (until - sl_mono_us() + 999) / 1000;
		if (left <= 0) {
			sl_fail(err, SL_E_TIMEOUT, SL_PG_WHERE,
				"the server did not answer in time");
			err->retryable = true;
			return err->code;
		}
		if (left < ms)
			ms = (int)left;
	}
	enum sl_code code = poll_once(fd, events, pg->deaf ? -1 : atomic_load(&pg->wake) - 1, ms);
	if (code == SL_E_IO)
		return sl_fail(err, SL_E_IO, SL_PG_WHERE, "poll: %s", strerror(errno));
	if (!pg->deaf && atomic_load(&pg->cancelled))
		return sl_pg_cancelled(err);
	return code == SL_AGAIN && slice_ms == 0 ? SL_OK : code;
}

enum sl_code
sl_pg_flush(struct sl_pg *pg, int64_t until, struct sl_err *err)
{
	for (;;) {
		int left = PQflush(pg->conn);
		if (left == 0)
			return SL_OK;
		if (left < 0)
			return sl_pg_fail_lost(pg, err);
		/* The server may have to get rid of output before it reads on. */
		enum sl_code code =
			sl_pg_wait(pg, PQsocket(pg->conn), POLLIN | POLLOUT, until, 0, err);
		if (code != SL_OK)
			return code;
		if (!PQconsumeInput(pg->conn))
			return sl_pg_fail_lost(pg, err);
	}
}

/* One result, or NULL when the command is over. */
static enum sl_code
one_result(struct sl_pg *pg, int64_t until, PGresult **out, struct sl_err *err)
{
	while (PQisBusy(pg->conn)) {
		enum sl_code code = sl_pg_wait(pg, PQsocket(pg->conn), POLLIN, until, 0, err);
		if (code != SL_OK)
			return code;
		if (!PQconsumeInput(pg->conn))
			return sl_pg_fail_lost(pg, err);
	}
	*out = PQgetResult(pg->conn);
	return SL_OK;
}

/* Waits for a command that was queued. *out is its last result, unless one failed. */
static enum sl_code
collect(struct sl_pg *pg, const struct sl_pg_command *cmd, int64_t until, PGresult **out,
	struct sl_err *err)
{
	PGresult *last = NULL, *r = NULL;
	enum sl_code code = sl_pg_flush(pg, until, err);

	while (code == SL_OK && (code = one_result(pg, until, &r, err)) == SL_OK && r != NULL) {
		PQclear(last);
		last = r;
		ExecStatusType st = PQresultStatus(r);
		if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK) {
			code = sl_pg_fail(pg, r, cmd, err);
			break;
		}
	}
	/* After an error the rest of the answer is only the server being ready again. */
	if (code != SL_OK && code != SL_E_CANCELLED && code != SL_E_TIMEOUT) {
		struct sl_err ignored;
		while (one_result(pg, sl_pg_deadline(pg, SETTLE_MS), &r, &ignored) == SL_OK &&
		       r != NULL)
			PQclear(r);
	}
	if (code == SL_OK && last == NULL)
		code = sl_pg_fail_lost(pg, err);
	if (code != SL_OK) {
		PQclear(last);
		return code;
	}
	*out = last;
	return SL_OK;
}

enum sl_code
sl_pg_run(struct sl_pg *pg, const struct sl_pg_command *cmd, PGresult **out, struct sl_err *err)
{
	int64_t until = sl_pg_deadline(pg, cmd->ms);

	if (!PQsendQueryParams(pg->conn, cmd->sql, cmd->nvalues, NULL, cmd->values, NULL, NULL, 0))
		return sl_pg_fail_lost(pg, err);
	return collect(pg, cmd, until, out, err);
}

enum sl_code
sl_pg_prepare(struct sl_pg *pg, const struct sl_pg_command *cmd, PGresult **out, struct sl_err *err)
{
	int64_t until = sl_pg_deadline(pg, cmd->ms);
	PGresult *r = NULL;

	if (!PQsendPrepare(pg->conn, "", cmd->sql, 0, NULL))
		return sl_pg_fail_lost(pg, err);
	enum sl_code code = collect(pg, cmd, until, &r, err);
	if (code != SL_OK)
		return code;
	PQclear(r);
	if (!PQsendDescribePrepared(pg->conn, ""))
		return sl_pg_fail_lost(pg, err);
	return collect(pg, cmd, until, out, err);
}

/* Several statements of our own in one round trip. */
static enum sl_code
run_script(struct sl_pg *pg, const char *sql, int64_t ms, PGresult **out, struct sl_err *err)
{
	if (!PQsendQuery(pg->conn, sql))
		return sl_pg_fail_lost(pg, err);
	return collect(pg, NULL, sl_pg_deadline(pg, ms), out, err);
}

/* A cancel request is a connection of its own, and libpq makes it with blocking calls: a server
 * that is gone would hold us for minutes. So a thread does it, which nobody has to wait for. */
struct cancel_job {
	atomic_int refs;
	atomic_bool done;
	PGcancel *request;
};

static void
cancel_job_drop(struct cancel_job *job)
{
	if (atomic_fetch_sub(&job->refs, 1) == 1) {
		PQfreeCancel(job->request);
		free(job);
	}
}

static void *
cancel_job_main(void *arg)
{
	struct cancel_job *job = arg;
	char words[256];

	/* A failure shows as a query that does not end; settle() has a deadline for that. */
	(void)PQcancel(job->request, words, sizeof words);
	atomic_store(&job->done, true);
	cancel_job_drop(job);
	return NULL;
}

static struct cancel_job *
cancel_job_start(struct sl_pg *pg)
{
	struct cancel_job *job = calloc(1, sizeof *job);
	pthread_t thread;

	if (job == NULL)
		return NULL;
	atomic_init(&job->refs, 2);
	job->request = PQgetCancel(pg->conn);
	if (job->request == NULL ||
	    sl_thread_start(&thread, "pg-cancel", cancel_job_main, job) != 0) {
		atomic_store(&job->refs, 1);
		cancel_job_drop(job);
		return NULL;
	}
	pthread_detach(thread);
	return job;
}

/* Reads the rest of a COPY away. */
static bool
skip_copy(struct sl_pg *pg, int64_t until)
{
	struct sl_err ignored;
	char *row = NULL;
	int n;

	while ((n = PQgetCopyData(pg->conn, &row, 1)) >= 0) {
		if (n > 0)
			PQfreemem(row);
		else if (sl_pg_wait(pg, PQsocket(pg->conn), POLLIN, until, 0, &ignored) != SL_OK ||
			 !PQconsumeInput(pg->conn))
			return false;
	}
	return n == -1;
}

/* Stops what runs and reads the rest of it away. The cancel must be over before the connection is
 * used again, or it would hit the next query. false = the server does not take part. */
static bool
settle(struct sl_pg *pg)
{
	struct sl_err ignored;
	PGresult *r = NULL;

	if (PQtransactionStatus(pg->conn) != PQTRANS_ACTIVE)
		return PQstatus(pg->conn) == CONNECTION_OK;
	struct cancel_job *job = cancel_job_start(pg);
	if (job == NULL)
		return false;
	int64_t until = sl_mono_us() + SETTLE_MS * 1000;
	bool ok;
	while ((ok = one_result(pg, until, &r, &ignored) == SL_OK) && r != NULL) {
		const bool copying = PQresultStatus(r) == PGRES_COPY_OUT;

		PQclear(r);
		if (copying && !(ok = skip_copy(pg, until)))
			break;
	}
	while (ok && !atomic_load(&job->done) && sl_mono_us() < until)
		(void)poll(NULL, 0, 5);
	ok = ok && atomic_load(&job->done);
	cancel_job_drop(job);
	return ok && PQstatus(pg->conn) == CONNECTION_OK;
}

static void
forget_cancel(struct sl_pg *pg)
{
	uint64_t n;
	int fd = atomic_load(&pg->wake) - 1;

	atomic_store(&pg->cancelled, false);
	if (fd >= 0 && read(fd, &n, sizeof n) < 0)
		return; /* nothing was in it */
}

void
sl_pg_disconnect(struct sl_pg *pg)
{
	if (pg->conn != NULL)
		PQfinish(pg->conn);
	pg->conn = NULL;
}

void
sl_pg_end(struct sl_pg *pg)
{
	struct sl_err ignored;
	PGresult *r = NULL;

	sl_fill_drop(&pg->fill);
	pg->how = NULL;
	pg->phase = SL_PG_IDLE;
	pg->deaf = true;
	bool ok = pg->conn != NULL && settle(pg);
	if (ok && PQtransactionStatus(pg->conn) != PQTRANS_IDLE) {
		/* Never COMMIT: whatever the user's SQL did to the session goes away too. */
		ok = run_script(pg, "ROLLBACK", SETTLE_MS, &r, &ignored) == SL_OK;
		if (ok)
			PQclear(r);
	}
	if (!ok)
		sl_pg_disconnect(pg);
	pg->deaf = false;
	forget_cancel(pg);
}

/* A snapshot is taken over before the first query. */
static enum sl_code
run_begin(struct sl_pg *pg, const char *snapshot, PGresult **out, struct sl_err *err)
{
	const char *settings = strchr(sql_pg_begin, ';') + 1;
	struct sl_buf b;
	enum sl_code code;

	sl_buf_init(&b, 0);
	sl_buf_put(&b, sql_pg_begin, (size_t)(settings - sql_pg_begin));
	if (snapshot != NULL)
		sl_buf_printf(&b, "SET TRANSACTION SNAPSHOT '%s';", snapshot);
	sl_buf_puts(&b, settings);
	code = b.failed ? sl_pg_nomem(err)
			: run_script(pg, sl_buf_cstr(&b), SL_PG_CATALOG_MS, out, err);
	sl_buf_free(&b);
	return code;
}

static enum sl_code
begin_transaction(struct sl_pg *pg, const char *snapshot, struct sl_err *err)
{
	char ms[32];
	PGresult *r = NULL;

	enum sl_code code = run_begin(pg, snapshot, &r, err);
	if (code != SL_OK)
		return code;
	free(pg->user_path);
	pg->user_path = strdup(PQgetvalue(r, 0, 0));
	pg->other_path = false;
	PQclear(r);
	if (pg->user_path == NULL)
		return sl_pg_nomem(err);
	if (pg->statement_ms == 0)
		return SL_OK;
	snprintf(ms, sizeof ms, "%lld", (long long)pg->statement_ms);
	struct sl_pg_command cmd = {
		.sql = "SELECT pg_catalog.set_config('statement_timeout', $1, true)",
		.nvalues = 1,
		.values = (const char *const[]){ ms },
		.ms = SL_PG_CATALOG_MS,
	};
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code == SL_OK)
		PQclear(r);
	return code;
}

/* The connection is idle. */
static enum sl_code
start(struct sl_pg *pg, const char *snapshot, struct sl_err *err)
{
	enum sl_code code;

	if (pg->conn == NULL) {
		sl_fail(err, SL_E_NET, SL_PG_WHERE, "the connection was lost before");
		err->retryable = true;
		return sl_err_hint(err, "connect again");
	}
	if (pg->phase != SL_PG_IDLE)
		return sl_fail(err, SL_E_BUG, SL_PG_WHERE, "a scan was not ended");
	code = begin_transaction(pg, snapshot, err);
	if (code != SL_OK)
		sl_pg_end(pg);
	else
		pg->phase = SL_PG_SNAPSHOT;
	return code;
}

enum sl_code
sl_pg_enter(struct sl_pg *pg, bool *own, struct sl_err *err)
{
	enum sl_code code;

	*own = false;
	if (pg->conn != NULL && (pg->phase == SL_PG_SNAPSHOT || pg->phase == SL_PG_READ))
		return sl_pg_search_path(pg, SL_PG_OWN_PATH, err);
	code = start(pg, NULL, err);
	*own = code == SL_OK;
	return code;
}

enum sl_code
sl_pg_enter_snapshot(struct sl_pg *pg, const char *snapshot, struct sl_err *err)
{
	return start(pg, snapshot, err);
}

enum sl_code
sl_pg_leave(struct sl_pg *pg, bool own, enum sl_code code)
{
	if (own)
		sl_pg_end(pg);
	return code;
}

enum sl_code
sl_pg_search_path(struct sl_pg *pg, const char *path, struct sl_err *err)
{
	PGresult *r = NULL;
	bool other = strcmp(path, SL_PG_OWN_PATH) != 0;

	if (!other && !pg->other_path)
		return SL_OK;
	struct sl_pg_command cmd = {
		.sql = "SELECT pg_catalog.set_config('search_path', $1, true)",
		.nvalues = 1,
		.values = &path,
		.ms = SL_PG_CATALOG_MS,
	};
	enum sl_code code = sl_pg_run(pg, &cmd, &r, err);
	if (code == SL_OK) {
		pg->other_path = other;
		PQclear(r);
	}
	return code;
}
