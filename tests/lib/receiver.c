/* receiver.c - starts and asks a receiver. */
#include "tests/lib/receiver.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct test_receiver {
	struct sl_receiver *receiver;
	char url[64];
	char dir[256]; /* ours to remove; "" = none */
	char database[320];
};

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "tests/lib/receiver: %s: %s\n", what, why);
	abort();
}

static void
make_dir(struct test_receiver *rx)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(rx->dir, sizeof(rx->dir), "%s/sluice-receiver-XXXXXX",
		       tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(rx->dir))
		die("cannot make a directory", rx->dir);
	(void)snprintf(rx->database, sizeof(rx->database), "%s/received.db", rx->dir);
}

struct test_receiver *
test_receiver_start(const struct sl_receive_options *options)
{
	struct test_receiver *rx = calloc(1, sizeof(*rx));
	struct sl_receive_options o = options ? *options : (struct sl_receive_options){ 0 };
	struct sl_err err;
	char text[800];

	if (!rx)
		die("cannot start", "out of memory");
	if (o.database)
		(void)snprintf(rx->database, sizeof(rx->database), "%s", o.database);
	else if (!o.discard)
		make_dir(rx);
	o.database = rx->database;
	if (sl_receive_start(&o, &rx->receiver, &err) != SL_OK)
		die("cannot start", sl_err_text(&err, text, sizeof(text)));
	(void)snprintf(rx->url, sizeof(rx->url), "http://127.0.0.1:%u",
		       sl_receive_port(rx->receiver));
	return rx;
}

void
test_receiver_stop(struct test_receiver *rx)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[400];

	if (!rx)
		return;
	sl_receive_stop(rx->receiver);
	for (size_t i = 0; *rx->dir && i < SL_COUNT(ends); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", rx->database, ends[i]);
		(void)unlink(path);
	}
	if (*rx->dir)
		(void)rmdir(rx->dir);
	free(rx);
}

int
test_receiver_set_up(void **state)
{
	*state = test_receiver_start(NULL);
	return 0;
}

int
test_receiver_tear_down(void **state)
{
	test_receiver_stop(*state);
	return 0;
}

const char *
test_receiver_url(const struct test_receiver *rx)
{
	return rx->url;
}

const char *
test_receiver_database(const struct test_receiver *rx)
{
	return rx->database;
}

struct sl_receive_stats
test_receiver_stats(const struct test_receiver *rx)
{
	struct sl_receive_stats s;

	sl_receive_stats(rx->receiver, &s);
	return s;
}

struct test_reply
test_receiver_call(struct test_receiver *rx, const char *path, const struct test_call *what)
{
	char url[256];

	(void)snprintf(url, sizeof(url), "%s%s", rx->url, path);
	return test_http(url, what);
}

void
test_receiver_post(struct test_receiver *rx, const char *path, const char *body, long status,
		   const char *answer)
{
	struct test_reply r = test_receiver_call(rx, path, &(struct test_call){ .body = body });

	assert_int_equal(r.failure, 0);
	if (r.status != status)
		print_message("%s: %s\n", path, r.body);
	assert_int_equal(r.status, status);
	if (answer)
		assert_string_equal(r.body, answer);
	test_reply_free(&r);
}

void
test_receiver_faults(struct test_receiver *rx, const char *json)
{
	struct test_reply r = test_receiver_call(
		rx, "/_fault", &(struct test_call){ .method = "PUT", .body = json });

	if (r.failure || r.status != 200)
		die("faults were refused", r.body);
	test_reply_free(&r);
}

char *
test_receiver_get(const struct test_receiver *rx, const char *sql)
{
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	char *text = NULL;

	/* Read-write, since in WAL mode even a reader may have to recover. */
	if (sqlite3_open_v2(rx->database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 60000) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(db));
	int rc = sqlite3_step(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		die(sql, sqlite3_errmsg(db));
	const char *cell = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : NULL;
	if (cell && !(text = strdup(cell)))
		die(sql, "out of memory");
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return text;
}

long long
test_receiver_int(const struct test_receiver *rx, const char *sql)
{
	char *text = test_receiver_get(rx, sql);

	if (!text)
		die(sql, "no row");
	long long n = strtoll(text, NULL, 10);
	free(text);
	return n;
}

void
test_receiver_expect(const struct test_receiver *rx, const char *sql, const char *want)
{
	char *got = test_receiver_get(rx, sql);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}
