/* activity.c - the activity log: lines appended by one thread, read and filtered by others. */
#include "core/store/activity.h"

#include "core/store/lock.h"
#include "core/store/sql.h"

#include "core/store/activity.inc"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION 0x736c6c67u /* "sllg" */
#define FORMAT      1

/* The order of read_line(). */
#define COLUMNS                                                                                    \
	"seq, at_us, run, level, block_no, idx, events, status, took_us, sync, part, text, answer"

/* All parts of a filter but the run: ?1 sync, ?2 least level, ?3 status, ?4 since, ?5 until, ?6 text
 * in lower case. */
#define MATCHES                                                                                    \
	" (?1='' OR sync=?1) AND level>=?2 AND (?3=0 OR status=?3) AND at_us>=?4 AND at_us<=?5"    \
	" AND (?6='' OR instr(lower(text), lower(?6)) OR instr(lower(answer), lower(?6))"          \
	" OR instr(lower(part), lower(?6))) "

struct sl_activity {
	struct sl_db *db;
	char *dir; /* owned */
	bool read_only;
};

const char *
sl_level_name(enum sl_level l)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	return (size_t)l < SL_COUNT(names) ? names[l] : "?";
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum sl_code
open_db(struct sl_activity *a, struct sl_err *err)
{
	char path[4200];
	struct sl_db_spec spec = { .path = path,
				   .what = "the activity log",
				   .mend = "remove log.db; only the text of old runs is lost",
				   .schema = sql_activity,
				   .application = APPLICATION,
				   .version = FORMAT,
				   .read_only = a->read_only };

	(void)snprintf(path, sizeof path, "%s/log.db", a->dir);
	return sl_db_open(&spec, &a->db, err);
}

/* The log may be lost: a damaged one is moved to log.db.damaged, where the next one replaces it. */
static enum sl_code
start_anew(struct sl_activity *a, struct sl_err *err)
{
	static const char *const ends[] = { "-wal", "-shm" };
	char path[4200], aside[4200];

	sl_db_close(a->db);
	a->db = NULL;
	(void)snprintf(path, sizeof path, "%s/log.db", a->dir);
	(void)snprintf(aside, sizeof aside, "%s/log.db.damaged", a->dir);
	if (rename(path, aside) != 0)
		return err->code; /* as it was: damaged */
	for (size_t i = 0; i < SL_COUNT(ends); i++) {
		(void)snprintf(path, sizeof path, "%s/log.db%s", a->dir, ends[i]);
		(void)unlink(path);
	}
	return open_db(a, err);
}

/* A damaged log could not be replaced before: once more. */
static enum sl_code
ready(struct sl_activity *a, struct sl_err *err)
{
	return a->db ? SL_OK : open_db(a, err);
}

enum sl_code
sl_activity_open(const char *dir, bool read_only, struct sl_activity **out, struct sl_err *err)
{
	struct sl_activity *a = calloc(1, sizeof *a);
	enum sl_code code = SL_OK;

	*out = NULL;
	if (a)
		a->dir = strdup(dir);
	if (!a || !a->dir) {
		free(a);
		return sl_fail(err, SL_E_NOMEM, dir, "opening the activity log: out of memory");
	}
	a->read_only = read_only;
	if (!read_only)
		code = sl_dir_make(dir, err);
	if (code == SL_OK)
		code = open_db(a, err);
	if (code == SL_E_CORRUPT && !read_only)
		code = start_anew(a, err);
	if (code != SL_OK) {
		sl_activity_close(a);
		return code;
	}
	*out = a;
	return SL_OK;
}

void
sl_activity_close(struct sl_activity *a)
{
	if (!a)
		return;
	sl_db_close(a->db);
	free(a->dir);
	free(a);
}

/* ---- writing -------------------------------------------------------------------------------- */

static enum sl_code
write_line(struct sl_activity *a, struct sl_line *l, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, a->db,
		   "INSERT INTO line(at_us, run, level, block_no, idx, events, status, took_us, "
		   "sync, part,"
		   " text, answer) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   err);
	sl_q_int(&q, l->at_us);
	sl_q_int(&q, l->run_id);
	sl_q_int(&q, l->level);
	sl_q_int(&q, l->block_no);
	sl_q_int(&q, l->idx);
	sl_q_int(&q, l->events);
	sl_q_int(&q, l->status);
	sl_q_int(&q, l->took_us);
	sl_q_str(&q, (struct sl_str){ l->sync, strnlen(l->sync, sizeof l->sync) });
	sl_q_str(&q, (struct sl_str){ l->part, strnlen(l->part, sizeof l->part) });
	sl_q_str(&q, (struct sl_str){ l->text, strnlen(l->text, sizeof l->text) });
	sl_q_str(&q, (struct sl_str){ l->answer, strnlen(l->answer, sizeof l->answer) });
	code = sl_q_run(&q);
	if (code == SL_OK)
		l->seq = sl_db_last_id(a->db);
	return code;
}

static enum sl_code
write_all(struct sl_activity *a, struct sl_line *lines, size_t n, struct sl_err *err)
{
	enum sl_code code;

	code = ready(a, err);
	if (code != SL_OK)
		return code;
	code = sl_db_exec(a->db, "BEGIN IMMEDIATE", err);
	for (size_t i = 0; code == SL_OK && i < n; i++)
		code = write_line(a, &lines[i], err);
	if (code == SL_OK)
		code = sl_db_exec(a->db, "COMMIT", err);
	sl_db_rollback(a->db);
	return code;
}

enum sl_code
sl_activity_write(struct sl_activity *a, struct sl_line *lines, size_t n, struct sl_err *err)
{
	enum sl_code code = write_all(a, lines, n, err);

	if (code == SL_E_CORRUPT && !a->read_only) {
		code = start_anew(a, err);
		if (code == SL_OK)
			code = write_all(a, lines, n, err);
	}
	return code;
}

enum sl_code
sl_activity_trim(struct sl_activity *a, int64_t before_us, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = ready(a, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, a->db, "DELETE FROM line WHERE at_us<?", err);
	sl_q_int(&q, before_us);
	return sl_q_run(&q);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void
read_line(const struct sl_q *q, struct sl_line *l)
{
	int64_t level = sl_q_col_int(q, 3);

	*l = (struct sl_line){ .seq = sl_q_col_int(q, 0),
			       .at_us = sl_q_col_int(q, 1),
			       .run_id = sl_q_col_int(q, 2),
			       .level = level >= SL_DEBUG && level <= SL_ERROR
						? (enum sl_level)level
						: SL_ERROR,
			       .block_no = sl_q_col_int(q, 4),
			       .idx = (int32_t)sl_q_col_int(q, 5),
			       .events = (int32_t)sl_q_col_int(q, 6),
			       .status = (int32_t)sl_q_col_int(q, 7),
			       .took_us = sl_q_col_int(q, 8) };
	sl_q_col_copy(q, 9, l->sync, sizeof l->sync);
	sl_q_col_copy(q, 10, l->part, sizeof l->part);
	sl_q_col_copy(q, 11, l->text, sizeof l->text);
	sl_q_col_copy(q, 12, l->answer, sizeof l->answer);
}

static void
bind_filter(struct sl_q *q, const struct sl_line_filter *f)
{
	sl_q_text(q, f->sync ? f->sync : "");
	sl_q_int(q, f->least);
	sl_q_int(q, f->status);
	sl_q_int(q, f->since_us > 0 ? f->since_us : INT64_MIN);
	sl_q_int(q, f->until_us > 0 ? f->until_us : INT64_MAX);
	sl_q_text(q, f->text ? f->text : "");
}

/* ?7 bounds seq, ?8 is the most lines, ?9 the run. */
static void
start_read(struct sl_q *q, struct sl_activity *a, bool forward, bool of_run, struct sl_err *err)
{
	if (forward && of_run)
		sl_q_start(q, a->db,
			   "SELECT " COLUMNS " FROM line WHERE seq>?7 AND run=?9 AND" MATCHES
			   "ORDER BY seq LIMIT ?8",
			   err);
	else if (forward)
		sl_q_start(q, a->db,
			   "SELECT " COLUMNS " FROM line WHERE seq>?7 AND" MATCHES
			   "ORDER BY seq LIMIT ?8",
			   err);
	else if (of_run)
		sl_q_start(q, a->db,
			   "SELECT " COLUMNS " FROM line WHERE seq<?7 AND run=?9 AND" MATCHES
			   "ORDER BY seq DESC LIMIT ?8",
			   err);
	else
		sl_q_start(q, a->db,
			   "SELECT " COLUMNS " FROM line WHERE seq<?7 AND" MATCHES
			   "ORDER BY seq DESC LIMIT ?8",
			   err);
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_activity_read(struct sl_activity *a, const struct sl_line_filter *f, int64_t before,
		 int64_t after, uint32_t max, struct sl_line *out, uint32_t *n, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = ready(a, err);

	*n = 0;
	if (code != SL_OK)
		return code;
	start_read(&q, a, after > 0, f->run_id != 0, err);
	bind_filter(&q, f);
	sl_q_int(&q, after > 0 ? after : before > 0 ? before : INT64_MAX);
	sl_q_int(&q, max);
	if (f->run_id != 0)
		sl_q_int(&q, f->run_id);
	while (*n < max && sl_q_row(&q))
		read_line(&q, &out[(*n)++]);
	return sl_q_end(&q);
}

int64_t
sl_activity_last_run(const char *dir)
{
	struct sl_activity *a;
	struct sl_err ignored;
	struct sl_q q;
	int64_t run = 0;

	if (sl_activity_open(dir, true, &a, &ignored) != SL_OK)
		return 0;
	sl_q_start(&q, a->db, "SELECT max(run) FROM line", &ignored);
	if (sl_q_row(&q))
		run = sl_q_col_int(&q, 0);
	if (sl_q_end(&q) != SL_OK || run < 0)
		run = 0;
	sl_activity_close(a);
	return run;
}
