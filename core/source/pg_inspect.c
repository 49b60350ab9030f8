/* pg_inspect.c - is the role fit for reading, and for no more? What of the server matters to a sync? */
#include "core/source/pg_relations.h"

#include "core/base/clock.h"

#include <libpq-fe.h>
#include <stdio.h>

#include "core/source/pg_role.inc"

#define SKEW_US  INT64_C(60000000) /* clocks may differ by this much */
#define MAX_TEXT 2048

static const char use_grants[] =
	"make a role that may only read: sluice doctor --print-grants prints the SQL";

/* Columns of pg_role.sql. */
enum { USER, SUPER, ATTRIBUTES, ROLES, CREATES, STANDBY, PREPARED_MAX, PREPARED, CLOCK, READ_ONLY };

static bool
is_true(const PGresult *r, int col)
{
	return PQgetvalue(r, 0, col)[0] == 't';
}

static void
judge_role(struct sl_findings *f, const PGresult *r)
{
	const char *user = PQgetvalue(r, 0, USER), *attr = PQgetvalue(r, 0, ATTRIBUTES);
	const char *roles = PQgetvalue(r, 0, ROLES);
	char text[MAX_TEXT];

	if (is_true(r, SUPER)) {
		(void)snprintf(text, sizeof(text),
			       "%s is a superuser: the SQL of a model could read the server's "
			       "files with it",
			       user);
		sl_finding_add(f, "role", SL_GRADE_WARN, text, use_grants);
	} else if (*roles || *attr || is_true(r, CREATES)) {
		(void)snprintf(text, sizeof(text), "%s has more than it needs: %s%s%s%s", user,
			       attr, *attr && *roles ? ", " : "", roles,
			       is_true(r, CREATES) ? (*attr || *roles ? ", CREATE in the database"
								      : "CREATE in the database")
						   : "");
		sl_finding_add(f, "role", SL_GRADE_WARN, text, use_grants);
	} else {
		(void)snprintf(text, sizeof(text), "%s has no special rights", user);
		sl_finding_add(f, "role", SL_GRADE_OK, text, "");
	}
	if (strcmp(PQgetvalue(r, 0, READ_ONLY), "on") == 0)
		sl_finding_add(f, "session", SL_GRADE_OK,
			       "read-only by the role's own setting and by ours", "");
	else
		sl_finding_add(f, "session", SL_GRADE_OK, "every transaction is opened read-only",
			       "");
}

static void
judge_clock(struct sl_findings *f, const PGresult *r)
{
	const int64_t now = sl_wall_us();
	int64_t theirs;
	char text[128];

	if (!sl_str_to_i64(sl_str(PQgetvalue(r, 0, CLOCK)), &theirs))
		return;
	if (theirs - now <= SKEW_US && now - theirs <= SKEW_US) {
		sl_finding_add(f, "clock", SL_GRADE_OK, "agrees with the server's", "");
		return;
	}
	(void)snprintf(text, sizeof(text), "the server's clock is %lld s %s ours",
		       (long long)((theirs > now ? theirs - now : now - theirs) / 1000000),
		       theirs > now ? "ahead of" : "behind");
	sl_finding_add(f, "clock", SL_GRADE_WARN, text,
		       "let both machines follow a time server: times in events and logs do not "
		       "fit together");
}

static void
judge_server(struct sl_pg *pg, struct sl_findings *f, const PGresult *r)
{
	const char *version = PQparameterStatus(pg->conn, "server_version");
	char text[MAX_TEXT];

	(void)snprintf(text, sizeof(text), "PostgreSQL %s%s, %s", version ? version : "?",
		       is_true(r, STANDBY) ? ", a standby" : "",
		       PQsslInUse(pg->conn) ? "TLS" : "no TLS");
	sl_finding_add(f, "server", SL_GRADE_OK, text, "");
	if (is_true(r, STANDBY))
		sl_finding_add(f, "standby", SL_GRADE_WARN,
			       "a standby may cancel long reads, and a cursor cannot see the "
			       "transactions that are open on the primary",
			       "read from the primary, or set max_standby_streaming_delay and "
			       "hot_standby_feedback there");
	if (strcmp(PQgetvalue(r, 0, PREPARED_MAX), "0") == 0)
		return;
	(void)snprintf(text, sizeof(text),
		       "max_prepared_transactions is %s, %s prepared now: a cursor waits while "
		       "there are any",
		       PQgetvalue(r, 0, PREPARED_MAX), PQgetvalue(r, 0, PREPARED));
	sl_finding_add(f, "prepared",
		       strcmp(PQgetvalue(r, 0, PREPARED), "0") == 0 ? SL_GRADE_OK : SL_GRADE_WARN,
		       text,
		       strcmp(PQgetvalue(r, 0, PREPARED), "0") == 0
			       ? ""
			       : "finish them: SELECT gid FROM pg_prepared_xacts");
}

static void
judge_relation(struct sl_findings *f, const struct sl_pg_relation *rel)
{
	char text[MAX_TEXT], name[300];

	(void)snprintf(name, sizeof(name), SL_FMT "." SL_FMT, SL_ARG(rel->schema),
		       SL_ARG(rel->name));
	if (!rel->usage || rel->missing.len > 0) {
		(void)snprintf(text, sizeof(text), "%s: no %s%.*s", name,
			       rel->usage ? "SELECT on " : "USAGE on its schema",
			       rel->usage ? (int)rel->missing.len : 0, rel->missing.ptr);
		sl_finding_add(f, "select", SL_GRADE_BAD, text,
			       "sluice doctor --print-grants prints the SQL that grants it");
	} else if (rel->writes) {
		(void)snprintf(text, sizeof(text),
			       "%s: this role may INSERT, UPDATE, DELETE or TRUNCATE", name);
		sl_finding_add(f, "grants", SL_GRADE_WARN, text, use_grants);
	} else {
		(void)snprintf(text, sizeof(text), "%s: may be read, not written", name);
		sl_finding_add(f, "grants", SL_GRADE_OK, text, "");
	}
	if (!rel->row_security)
		return;
	(void)snprintf(text, sizeof(text),
		       "%s has row security: rows that the role may not see "
		       "count as gone",
		       name);
	sl_finding_add(f, "row security", SL_GRADE_WARN, text,
		       "look at its policies before a mirror sync removes what it cannot see");
}

/* A model that cannot be looked at is a finding, and no end. */
static enum sl_code
judge_need(struct sl_pg *pg, const struct sl_need *need, struct sl_findings *f, struct sl_err *err)
{
	struct sl_pg_relation *rels;
	char text[MAX_TEXT];
	uint32_t n;
	bool own;
	enum sl_code code = sl_pg_enter(pg, &own, err);

	if (code != SL_OK)
		return code;
	code = sl_pg_relations(pg, f->arena, need, &rels, &n, err);
	if (code == SL_OK && n == 0) {
		(void)snprintf(text, sizeof(text), SL_FMT "%s",
			       SL_ARG(need->model.sql.len ? SL_LIT("a query") : need->model.table),
			       need->model.sql.len ? " names no table"
						   : ": there is no such table");
		sl_finding_add(f, "tables", need->model.sql.len ? SL_GRADE_OK : SL_GRADE_BAD, text,
			       "");
	}
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		judge_relation(f, &rels[i]);
	(void)sl_pg_leave(pg, own, code);
	if (code == SL_OK || code == SL_E_NET || code == SL_E_CANCELLED || code == SL_E_NOMEM)
		return code;
	sl_finding_add(f, "select", SL_GRADE_BAD, err->msg, err->hint);
	return SL_OK;
}

enum sl_code
sl_pg_inspect(void *ctx, const struct sl_need *needs, uint32_t n, struct sl_findings *out,
	      struct sl_err *err)
{
	struct sl_pg *pg = ctx;
	const struct sl_pg_command cmd = { .sql = sql_pg_role, .ms = SL_PG_CATALOG_MS };
	PGresult *r = NULL;
	bool own;
	enum sl_code code = sl_pg_enter(pg, &own, err);

	if (code != SL_OK)
		return code;
	code = sl_pg_run(pg, &cmd, &r, err);
	if (code == SL_OK) {
		judge_server(pg, out, r);
		judge_role(out, r);
		judge_clock(out, r);
		PQclear(r);
	}
	code = sl_pg_leave(pg, own, code);
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		code = judge_need(pg, &needs[i], out, err);
	return code == SL_OK && out->failed ? sl_pg_nomem(err) : code;
}
