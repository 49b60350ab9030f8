/* pg.h - a private PostgreSQL server for a test program.
 *
 *	struct test_pg *pg = test_pg_start(0);          // in the group setup
 *	test_pg_sql(pg, "postgres", "CREATE TABLE t (id int PRIMARY KEY)");
 *	... connect with host = test_pg_host(pg), port = test_pg_port(pg), user = "postgres" ...
 *	test_pg_stop(pg);                               // in the group teardown
 *
 * The cluster lives in a directory of its own under $TMPDIR (or /tmp), listens on a Unix socket in
 * that directory and, when asked, on a free TCP port of 127.0.0.1 with a password. Started by root
 * it runs as user `postgres` or `nobody`. A small supervisor process owns it: when the test program
 * ends, however it ends, the server is stopped and the directory removed.
 *
 * Every function ends the test program with a message when the server cannot do what is asked,
 * since no test can go on then. Start servers from the main thread. */
#ifndef TEST_PG_H
#define TEST_PG_H

#define TEST_PG_TCP 1u /* also listen on 127.0.0.1; TCP needs the password, the socket does not */

struct test_pg;

struct test_pg *test_pg_start(unsigned flags);
void test_pg_stop(struct test_pg *pg); /* NULL is allowed */

const char *test_pg_host(const struct test_pg *pg);     /* directory of the socket */
int test_pg_port(const struct test_pg *pg);             /* of the socket and of TCP */
const char *test_pg_password(const struct test_pg *pg); /* of user postgres, for TCP */

/* Runs one or more statements as superuser. db NULL = "postgres". */
void test_pg_sql(struct test_pg *pg, const char *db, const char *sql);
/* First column of the first row; malloc'ed, the caller's. NULL when there is no row or SQL NULL. */
char *test_pg_get(struct test_pg *pg, const char *db, const char *sql);

/* The server dies at once, as after a crash, and stays down. */
void test_pg_kill(struct test_pg *pg);
/* Freezes every process of the server (it stops answering), and lets it go on. */
void test_pg_freeze(struct test_pg *pg);
void test_pg_thaw(struct test_pg *pg);

#endif
