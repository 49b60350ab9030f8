/* receiver.h - a receiver inside the test program, with a database that ends with it.
 *
 *	struct test_receiver *rx = test_receiver_start(NULL);
 *	... send to test_receiver_url(rx) ...
 *	assert_int_equal(test_receiver_int(rx, "SELECT count(*) FROM events"), 3);
 *	test_receiver_stop(rx);
 *
 * Tables: core/receive/keep.sql. Every function ends the test program with a message when it cannot
 * do what is asked. */
#ifndef TEST_RECEIVER_H
#define TEST_RECEIVER_H

#include "core/receive/receive.h"
#include "tests/lib/client.h"

struct test_receiver;

/* options NULL = the defaults. A database is made in a directory of its own under $TMPDIR (or /tmp),
 * unless options->database names one or options->discard is set. */
struct test_receiver *test_receiver_start(const struct sl_receive_options *options);
void test_receiver_stop(struct test_receiver *rx); /* NULL is allowed */

/* For cmocka: each test has a receiver as its state. */
int test_receiver_set_up(void **state);
int test_receiver_tear_down(void **state);

/* "http://127.0.0.1:PORT", without a slash at the end. */
const char *test_receiver_url(const struct test_receiver *rx);
const char *test_receiver_database(const struct test_receiver *rx);
struct sl_receive_stats test_receiver_stats(const struct test_receiver *rx);

/* As PUT /_fault takes it; "{}" ends all faults. */
void test_receiver_faults(struct test_receiver *rx, const char *json);

/* A request to this path of the receiver. */
struct test_reply test_receiver_call(struct test_receiver *rx, const char *path,
				     const struct test_call *what);
/* POST; the test fails unless this is the status and, where it is not NULL, the answer. */
void test_receiver_post(struct test_receiver *rx, const char *path, const char *body, long status,
			const char *answer);

/* First column of the first row as a number or as text (malloc'ed; NULL: no row, or SQL NULL). */
long long test_receiver_int(const struct test_receiver *rx, const char *sql);
char *test_receiver_get(const struct test_receiver *rx, const char *sql);
/* The test fails unless that is this text. */
void test_receiver_expect(const struct test_receiver *rx, const char *sql, const char *want);

#endif
