/* pg.c - the PostgreSQL source: what can be configured, opening, closing, "test connection". */
#include "core/source/pg.h"
#include "core/source/drivers.h"
#include "core/source/pg_props.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/source/pg_about.inc"

static const char *const ssl_modes[] = { "auto",    "disable",   "allow",       "prefer",
					 "require", "verify-ca", "verify-full", NULL };

const struct sl_prop sl_pg_props[] = {
	{ .name = "host",
	  .type = SL_P_STRING,
	  .help = "Name or address of the server, or the directory of its Unix socket; empty: the "
		  "local server." },
	{ .name = "port",
	  .type = SL_P_INT,
	  .def = "5432",
	  .min = 1,
	  .max = 65535,
	  .help = "TCP port of the server, or the number in its socket's name." },
	{ .name = "database",
	  .type = SL_P_STRING,
	  .help = "Database to read; empty: named as the user." },
	{ .name = "user",
	  .type = SL_P_STRING,
	  .help = "Role to log in as; one that may only SELECT is best. Empty: your system's "
		  "user." },
	{ .name = "password",
	  .type = SL_P_SECRET,
	  .help = "Where the password is: env:NAME, file:/path or exec:command; pgpass or empty: "
		  "~/.pgpass, or none is needed." },
	{ .name = "sslmode",
	  .type = SL_P_ENUM,
	  .def = "auto",
	  .choices = ssl_modes,
	  .help = "TLS: auto requires it of other machines (as require does) and not of this one; "
		  "verify-full also proves that it is the right server; prefer may fall back to "
		  "plain text." },
	{ .name = "sslrootcert",
	  .type = SL_P_PATH,
	  .help = "File with the certificates that verify-ca and verify-full trust." },
	{ .name = "service",
	  .type = SL_P_STRING,
	  .help = "Section of pg_service.conf that gives what is left empty here." },
	{ .name = "connect_timeout",
	  .type = SL_P_MILLIS,
	  .def = "10s",
	  .min = 100,
	  .max = 600000,
	  .help = "Longest wait for a connection." },
	{ .name = "statement_timeout",
	  .type = SL_P_MILLIS,
	  .def = "0",
	  .max = INT32_MAX, /* the server's own bound */
	  .help = "Longest time for one query, reading a whole table included; 0 = no limit." },
	{ .name = "silence_timeout",
	  .type = SL_P_MILLIS,
	  .def = "30m",
	  .max = INT32_MAX,
	  .help = "Longest time in which the server sends nothing at all, as while it sorts before "
		  "the first row; then the connection counts as lost. 0 = no limit." },
	{ .name = "readers",
	  .type = SL_P_INT,
	  .def = "2",
	  .min = 1,
	  .max = SL_READERS,
	  .help = "Connections that read one big table at once; 1 where the server has few to "
		  "give." },
};
const size_t sl_pg_nprops = SL_COUNT(sl_pg_props);

static void
pg_close(void *ctx)
{
	struct sl_pg *pg = ctx;
	int fd = atomic_exchange(&pg->wake, 0) - 1;

	sl_fill_drop(&pg->fill);
	sl_pg_disconnect(pg);
	free(pg->user_path);
	pg->user_path = NULL;
	if (fd >= 0)
		close(fd);
}

static enum sl_code
pg_open(void *ctx, const struct sl_source_config *cfg, struct sl_err *err)
{
	struct sl_pg *pg = ctx;

	pg->connect_ms = sl_prop_i64(sl_pg_props, sl_pg_nprops, cfg->settings, cfg->nsettings,
				     "connect_timeout");
	pg->statement_ms = sl_prop_i64(sl_pg_props, sl_pg_nprops, cfg->settings, cfg->nsettings,
				       "statement_timeout");
	pg->silence_ms = sl_prop_i64(sl_pg_props, sl_pg_nprops, cfg->settings, cfg->nsettings,
				     "silence_timeout");
	pg->readers = (unsigned)sl_prop_i64(sl_pg_props, sl_pg_nprops, cfg->settings,
					    cfg->nsettings, "readers");
	return sl_pg_connect(pg, cfg, err);
}

static bool
is_true(const PGresult *r, int column)
{
	return strcmp(PQgetvalue(r, 0, column), "t") == 0;
}

static void
put_about(const struct sl_pg *pg, const PGresult *r, struct sl_buf *b)
{
	const char *version = PQparameterStatus(pg->conn, "server_version");
	const char *writes = "may write to tables (sluice only reads)";

	if (is_true(r, 3))
		writes = "superuser (sluice only reads; a role with SELECT alone is safer)";
	else if (!is_true(r, 4))
		writes = "read-only role";
	sl_buf_printf(b, "PostgreSQL %s%s, database \"%s\", user \"%s\", %s, %s",
		      version != NULL ? version : "?", is_true(r, 2) ? " (standby)" : "",
		      PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1),
		      PQsslInUse(pg->conn) ? "TLS" : "no TLS", writes);
}

static enum sl_code
pg_about(void *ctx, struct sl_arena *a, struct sl_str *out, struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	struct sl_pg_command cmd = { .sql = sql_pg_about, .ms = SL_PG_CATALOG_MS };
	struct sl_buf b;
	PGresult *r;
	bool own;

	enum sl_code code = sl_pg_enter(pg, &own, err);
	if (code != SL_OK)
		return code;
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code == SL_OK) {
		sl_buf_init(&b, 4096);
		put_about(pg, r, &b);
		out->len = b.len;
		out->ptr = sl_arena_strndup(a, sl_buf_cstr(&b), b.len);
		if (b.failed || out->ptr == NULL)
			code = sl_pg_nomem(err);
		sl_buf_free(&b);
		PQclear(r);
	}
	return sl_pg_leave(pg, own, code);
}

static void
pg_library(char *out, size_t cap)
{
	const int v = PQlibVersion();

	(void)snprintf(out, cap, "libpq %d.%d", v / 10000, v % 10000);
}

static void
pg_end(void *ctx)
{
	sl_pg_end(ctx);
}

static void
pg_cancel(void *ctx)
{
	struct sl_pg *pg = ctx;

	/* The flag first: whoever makes the eventfd after this line sees the flag. */
	atomic_store(&pg->cancelled, true);
	int fd = atomic_load(&pg->wake) - 1;
	if (fd >= 0)
		/* Cannot fail but when the counter is full, and then it wakes anyway. */
		(void)!write(fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

const struct sl_source_driver sl_source_postgres = {
	.name = "postgres",
	.title = "PostgreSQL",
	.ctx_size = sizeof(struct sl_pg),
	.props = sl_pg_props,
	.nprops = SL_COUNT(sl_pg_props),
	/* Text is not among them: its order follows the collation, which an upgrade of the system may
	 * change, and no transaction assigns it in growing order. Floats round. */
	.cursor_types = 1u << SL_T_INT | 1u << SL_T_DECIMAL | 1u << SL_T_DATE |
			1u << SL_T_TIMESTAMP | 1u << SL_T_TIMESTAMPTZ,
	.lag_types = 1u << SL_T_DATE | 1u << SL_T_TIMESTAMP | 1u << SL_T_TIMESTAMPTZ,
	.open = pg_open,
	.about = pg_about,
	.list = sl_pg_list,
	.describe = sl_pg_describe,
	.check_key = sl_pg_check_key,
	.begin_snapshot = sl_pg_begin_snapshot,
	.fence = sl_pg_fence,
	.reach = sl_pg_reach,
	.begin = sl_pg_begin,
	.split = sl_pg_split,
	.share = sl_pg_share,
	.join = sl_pg_join,
	.next = sl_pg_next,
	.end = pg_end,
	.inspect = sl_pg_inspect,
	.grants = sl_pg_grants,
	.library = pg_library,
	.cancel = pg_cancel,
	.close = pg_close,
};
