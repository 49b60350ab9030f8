/* session.h - a session of a private PostgreSQL server that stays open, for schedules of several
 * transactions. Every function ends the test with a message when the server does not do what is asked. */
#ifndef TEST_SESSION_H
#define TEST_SESSION_H

struct test_pg;
struct test_session;

struct test_session *test_session_open(const struct test_pg *pg, const char *db);
void test_session_do(struct test_session *s, const char *sql);
int test_session_pid(const struct test_session *s); /* of its process in the server */
void test_session_close(struct test_session *s);    /* an open transaction is rolled back */

#endif
