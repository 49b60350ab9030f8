/* pg_connect.c - from a connection's settings to a session, without a call that blocks. */
#include "core/source/pg.h"

#include "core/base/clock.h"
#include "core/base/limit.h"
#include "core/source/pg_props.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>

#define OLDEST_SERVER 110000 /* INCLUDE columns of indexes, see the catalogue queries */
#define SLICE_MS      1000

/* Parameters for libpq: names, values. */
#define PARAMS_MAX 24
struct params {
	const char *name[PARAMS_MAX + 1];
	const char *value[PARAMS_MAX + 1];
	unsigned n;
};

static void
add(struct params *p, const char *name, const char *value)
{
	/* libpq falls back to the service, then the environment, then its default. */
	if (value == NULL || value[0] == 0 || p->n >= PARAMS_MAX)
		return;
	p->name[p->n] = name;
	p->value[p->n] = value;
	p->n++;
}

/* What the user wrote, and only without a service also our default, which would override it. */
static const char *
setting(const struct sl_source_config *cfg, const char *name, bool service)
{
	if (!service)
		return sl_prop_text(sl_pg_props, sl_pg_nprops, cfg->settings, cfg->nsettings, name);
	return sl_prop_text(NULL, 0, cfg->settings, cfg->nsettings, name);
}

/* Is every host of a list on this machine? None: libpq takes a local socket. */
static bool
is_here(const char *hosts)
{
	while (hosts != NULL && *hosts != 0) {
		const size_t n = strcspn(hosts, ",");
		const struct sl_str one = { hosts, n };
		bool here = n == 0 || hosts[0] == '/' || hosts[0] == '@' ||
			    sl_str_is(one, "localhost") || sl_str_is(one, "::1") ||
			    (n > 4 && strncmp(hosts, "127.", 4) == 0 &&
			     strspn(hosts, "0123456789.") == n);
		if (!here)
			return false;
		hosts += n + (hosts[n] == ',');
	}
	return true;
}

/* Rows and a password do not leave this machine in plain text unless the connection says so. A service
 * has a mode of its own; what the environment says of it counts for less than what stands here. */
static const char *
ssl_mode(const struct sl_source_config *cfg, bool service)
{
	const char *mode = setting(cfg, "sslmode", service);

	if (mode == NULL || strcmp(mode, "auto") != 0)
		return mode;
	return is_here(setting(cfg, "host", service)) ? "prefer" : "require";
}

static void
fill_params(struct params *p, const struct sl_source_config *cfg, const char *root_cert)
{
	const char *service = setting(cfg, "service", true);
	bool has_service = service != NULL && service[0] != 0;

	add(p, "service", service);
	add(p, "port", setting(cfg, "port", has_service));
	add(p, "dbname", setting(cfg, "database", has_service));
	add(p, "user", setting(cfg, "user", has_service));
	add(p, "password", cfg->secret);
	add(p, "sslmode", ssl_mode(cfg, has_service));
	add(p, "sslrootcert", root_cert);
	add(p, "application_name", "sluice");
	add(p, "client_encoding", "UTF8");
	/* A peer that vanished is noticed in about a minute. */
	add(p, "keepalives", "1");
	add(p, "keepalives_idle", "30");
	add(p, "keepalives_interval", "10");
	add(p, "keepalives_count", "3");
	add(p, "tcp_user_timeout", "60000");
}

/* Notices would go to stderr, which is the screen. */
static void
ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

static enum sl_code
handshake(struct sl_pg *pg, int64_t until, struct sl_err *err)
{
	PostgresPollingStatusType st = PGRES_POLLING_WRITING;

	while (PQstatus(pg->conn) != CONNECTION_BAD) {
		short events = st == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		enum sl_code code =
			sl_pg_wait(pg, PQsocket(pg->conn), events, until, SLICE_MS, err);
		if (code == SL_AGAIN)
			continue;
		if (code == SL_E_TIMEOUT)
			return sl_err_wrap(err, "connecting");
		if (code != SL_OK)
			return code;
		st = PQconnectPoll(pg->conn);
		if (st == PGRES_POLLING_OK)
			return SL_OK;
		if (st == PGRES_POLLING_FAILED)
			break;
	}
	return sl_pg_fail_connect(pg, err);
}

static enum sl_code
start_session(struct sl_pg *pg, const struct params *p, int64_t until, struct sl_err *err)
{
	pg->conn = PQconnectStartParams(p->name, p->value, 0);
	if (pg->conn == NULL)
		return sl_pg_nomem(err);
	PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
	PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE); /* brings the SQLSTATE, see pg_error.c */
	enum sl_code code = handshake(pg, until, err);
	if (code != SL_OK)
		return code;
	PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
	if (PQsetnonblocking(pg->conn, 1) != 0)
		return sl_pg_fail_lost(pg, err);
	if (PQserverVersion(pg->conn) < OLDEST_SERVER) {
		const char *version = PQparameterStatus(pg->conn, "server_version");
		sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "the server is version %s",
			version != NULL ? version : "unknown");
		return sl_err_hint(err, "sluice needs PostgreSQL 11 or later");
	}
	return SL_OK;
}

/* A relative file of the workspace as a path that libpq can open. */
static void
put_path(struct sl_buf *b, const char *base, const char *path)
{
	if (path == NULL || path[0] == 0)
		return;
	if (path[0] != '/' && base != NULL && base[0] != 0)
		sl_buf_printf(b, "%s/", base);
	sl_buf_puts(b, path);
}

enum sl_code
sl_pg_connect(struct sl_pg *pg, const struct sl_source_config *cfg, struct sl_err *err)
{
	struct params p = { .n = 0 };
	struct sl_buf hosts, addresses, cert;
	const char *host = setting(cfg, "host", false);
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0) {
		const int sys = errno;

		(void)sl_fail(err, SL_E_IO, SL_PG_WHERE, "eventfd: %s", strerror(sys));
		return sl_err_limit(err, sys, NULL);
	}
	atomic_store(&pg->wake, fd + 1);
	sl_buf_init(&hosts, 8192);
	sl_buf_init(&addresses, 4096);
	sl_buf_init(&cert, 8192);
	int64_t until = sl_mono_us() + pg->connect_ms * 1000;
	enum sl_code code = SL_OK;
	if (host != NULL)
		code = sl_pg_resolve(pg, host, until, &hosts, &addresses, err);
	put_path(&cert, cfg->base_dir, setting(cfg, "sslrootcert", true));
	if (code == SL_OK && (hosts.failed || addresses.failed || cert.failed))
		code = sl_pg_nomem(err);
	if (code == SL_OK) {
		fill_params(&p, cfg, sl_buf_cstr(&cert));
		add(&p, "host", hosts.len > 0 ? sl_buf_cstr(&hosts) : host);
		add(&p, "hostaddr", sl_buf_cstr(&addresses));
		code = start_session(pg, &p, until, err);
	}
	sl_buf_free(&hosts);
	sl_buf_free(&addresses);
	sl_buf_free(&cert);
	return code;
}
