/* sqlite.c - the SQLite source: what can be configured, opening, closing, "test connection". */
#include "core/source/sqlite.h"
#include "core/source/drivers.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct sl_prop props[] = {
	{ .name = "path",
	  .type = SL_P_PATH,
	  .flags = SL_PROP_REQUIRED,
	  .help = "Database file; a relative path starts at the workspace." },
	{ .name = "busy_timeout",
	  .type = SL_P_MILLIS,
	  .def = "5s",
	  .max = 600000,
	  .help = "Longest wait for another program that has locked the file." },
};

static void
lite_close(void *ctx)
{
	struct sl_lite *l = ctx;

	atomic_store(&l->running, NULL);
	sl_lite_end(l);
	sqlite3_close(l->db);
	l->db = NULL;
	free(l->file);
	l->file = NULL;
}

static enum sl_code
set_file(struct sl_lite *l, const struct sl_source_config *cfg, struct sl_err *err)
{
	const char *path =
		sl_prop_text(props, SL_COUNT(props), cfg->settings, cfg->nsettings, "path");
	struct stat st;
	struct sl_buf b;

	if (path == NULL || path[0] == 0) {
		sl_fail(err, SL_E_CONFIG, SL_LITE_WHERE, "the connection has no path");
		return sl_err_hint(err, "name the database file");
	}
	sl_buf_init(&b, 0);
	if (path[0] != '/' && cfg->base_dir != NULL && cfg->base_dir[0] != 0)
		sl_buf_printf(&b, "%s/", cfg->base_dir);
	sl_buf_puts(&b, path);
	l->file = b.failed ? NULL : strdup(sl_buf_cstr(&b));
	sl_buf_free(&b);
	if (l->file == NULL)
		return sl_lite_nomem(err);
	/* SQLite says "unable to open database file" to all of these. */
	int e = stat(l->file, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EISDIR;
	if (e == 0)
		return SL_OK;
	sl_fail(err, SL_E_CONFIG, SL_LITE_WHERE, "cannot open %s: %s", l->file,
		e == EISDIR ? "it is not a file" : strerror(e));
	err->sys = e;
	return sl_err_hint(err, "check the path of the connection");
}

/* What a hostile file could use: its schema must not call functions with side effects, nor write to
 * the shadow tables of others. A "name" that is no column is an error, not a string. */
static enum sl_code
harden(struct sl_lite *l, struct sl_err *err)
{
	static const struct {
		int what, on;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < SL_COUNT(options); i++)
		rc = sqlite3_db_config(l->db, options[i].what, options[i].on, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->db, "PRAGMA query_only = 1; PRAGMA cell_size_check = 1", NULL,
				  NULL, NULL);
	return rc == SQLITE_OK ? SL_OK : sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
}

static enum sl_code
lite_open(void *ctx, const struct sl_source_config *cfg, struct sl_err *err)
{
	struct sl_lite *l = ctx;
	bool own;

	l->busy_us = 1000 * sl_prop_i64(props, SL_COUNT(props), cfg->settings, cfg->nsettings,
					"busy_timeout");
	enum sl_code code = set_file(l, cfg, err);
	if (code != SL_OK)
		return code;
	int rc = sqlite3_open_v2(l->file, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (l->db == NULL)
		return sl_lite_nomem(err);
	(void)sqlite3_extended_result_codes(l->db, 1);
	if (rc != SQLITE_OK)
		return sl_lite_fail(l, rc, (struct sl_str){ 0 }, err);
	code = harden(l, err);
	if (code == SL_OK)
		code = sl_lite_guard(l, err);
	if (code != SL_OK)
		return code;
	atomic_store(&l->running, l->db);
	/* Opening reads nothing; a first transaction finds out what the file is. */
	code = sl_lite_enter(l, &own, err);
	return code == SL_OK ? sl_lite_leave(l, own, code) : code;
}

static enum sl_code
lite_about(void *ctx, struct sl_arena *a, struct sl_str *out, struct sl_err *err)
{
	struct sl_lite *l = ctx;
	struct sl_buf b;
	bool own;

	enum sl_code code = sl_lite_enter(l, &own, err);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	sl_buf_printf(&b, "SQLite %s, %s, opened read-only", sqlite3_libversion(), l->file);
	out->len = b.len;
	out->ptr = sl_arena_strndup(a, sl_buf_cstr(&b), b.len);
	if (b.failed || out->ptr == NULL)
		code = sl_lite_nomem(err);
	sl_buf_free(&b);
	return sl_lite_leave(l, own, code);
}

static void
lite_library(char *out, size_t cap)
{
	(void)snprintf(out, cap, "SQLite %s", sqlite3_libversion());
}

static void
lite_end(void *ctx)
{
	sl_lite_end(ctx);
}

static void
lite_cancel(void *ctx)
{
	struct sl_lite *l = ctx;

	atomic_store(&l->cancelled, true);
	/* Long steps, like counting a table, look at this one and not at the progress handler. */
	sqlite3 *db = atomic_load(&l->running);
	if (db != NULL)
		sqlite3_interrupt(db);
}

const struct sl_source_driver sl_source_sqlite = {
	.name = "sqlite",
	.title = "SQLite",
	.ctx_size = sizeof(struct sl_lite),
	.props = props,
	.nprops = SL_COUNT(props),
	/* Text, since times are text here; only what begins as a date counts as a place. */
	.cursor_types = 1u << SL_T_INT | 1u << SL_T_DECIMAL | 1u << SL_T_DATE |
			1u << SL_T_TIMESTAMP | 1u << SL_T_TIMESTAMPTZ | 1u << SL_T_TEXT,
	.open = lite_open,
	.about = lite_about,
	.list = sl_lite_list,
	.describe = sl_lite_describe,
	.check_key = sl_lite_check_key,
	.begin_snapshot = sl_lite_begin_snapshot,
	.fence = sl_lite_fence,
	.reach = sl_lite_reach,
	.begin = sl_lite_begin,
	.next = sl_lite_next,
	.end = lite_end,
	.library = lite_library,
	.cancel = lite_cancel,
	.close = lite_close,
};
