#include "tests/lib/session.h"

#include "tests/lib/check.h"
#include "tests/lib/pg.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

struct test_session {
	PGconn *conn;
};

struct test_session *
test_session_open(const struct test_pg *pg, const char *db)
{
	struct test_session *s = calloc(1, sizeof *s);
	char port[16];

	assert_non_null(s);
	(void)snprintf(port, sizeof port, "%d", test_pg_port(pg));
	s->conn = PQconnectdbParams(
		(const char *const[]){ "host", "port", "user", "dbname", NULL },
		(const char *const[]){ test_pg_host(pg), port, "postgres", db, NULL }, 0);
	if (PQstatus(s->conn) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(s->conn));
	return s;
}

void
test_session_do(struct test_session *s, const char *sql)
{
	PGresult *r = PQexec(s->conn, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(s->conn));
	PQclear(r);
}

int
test_session_pid(const struct test_session *s)
{
	return PQbackendPID(s->conn);
}

void
test_session_close(struct test_session *s)
{
	PQfinish(s->conn);
	free(s);
}
