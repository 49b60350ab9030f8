/* source_rig.h - drives a source driver in tests: settings, scans, rows as text. */
#ifndef TEST_SOURCE_RIG_H
#define TEST_SOURCE_RIG_H

#include "core/source/source.h"

struct test_pg;

struct test_source {
	const struct sl_source_driver *d;
	void *ctx;
	struct sl_arena *a; /* for whatever a call returns; emptied by test_source_free() */
	struct sl_err err;  /* of the last call that failed */
	struct sl_setting set[12];
	size_t nset;
	char port[16];
	const char *secret;
	const char *base_dir;
};

struct test_source *test_source_new(const char *driver);
void test_source_set(struct test_source *s, const char *name, const char *value); /* borrowed */
enum sl_code test_source_open(struct test_source *s);
void test_source_free(struct test_source *s);

/* A driver for a private server, not open yet; and an open one as superuser over the socket. */
struct test_source *test_source_pg(const struct test_pg *pg, const char *host, const char *db,
				   const char *user);
struct test_source *test_source_connected(const struct test_pg *pg, const char *db);

struct sl_model test_table(const char *schema, const char *table);
struct sl_model test_sql(const char *sql);

/* Reads to the end: one line a row, cells joined by '|', NULL as "NULL". NULL on an error, which is
 * in s->err. Batches are checked for their order. malloc'ed. */
char *test_source_read(struct test_source *s, const struct sl_scan *scan);
/* All columns of a model. */
char *test_source_rows(struct test_source *s, struct sl_model m);
/* "name native type[ key][ not null]" a line; NULL on an error. malloc'ed. */
char *test_source_columns(struct test_source *s, struct sl_model m);
/* "name|kind|rows|detail" a line. */
char *test_source_list(struct test_source *s, const char *schema);
/* key: comma-separated column names. */
enum sl_code test_source_key(struct test_source *s, struct sl_model m, const char *key);

/* Fails the test unless this SQL model is refused, or its reading fails, with the code and words. */
void test_source_refuses(struct test_source *s, const char *sql, enum sl_code code,
			 const char *words);
/* Compares, and frees, a text that a function above returned. The test's state is its source. */
#define assert_text(got, want) test_source_text(*state, (got), (want))
void test_source_text(struct test_source *s, char *got, const char *want);

#endif
