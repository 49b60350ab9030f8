/* source_cases.h - what every SQL source must do, as tests on a source that is open.
 *
 * It has a table `pairs`: TEST_PAIRS as its rows, integers a and b, its primary key (b, a); rows come in
 * the order of the key, or of this list. schema: where the table is. */
#ifndef TEST_SOURCE_CASES_H
#define TEST_SOURCE_CASES_H

#include "tests/lib/source_rig.h"

#define TEST_PAIRS "INSERT INTO pairs VALUES (1,1), (1,2), (2,1), (2,2), (3,1);"

/* Pages of two rows by the key: first, next, before, last; of a table and of a query. */
void test_case_pages(struct test_source *s, const char *schema);
/* Keys that are none are refused by name, keys that are pass. */
void test_case_keys(struct test_source *s, const char *schema);
/* Semicolons, comments and WITH, as people end and begin their SQL. */
void test_case_sql_endings(struct test_source *s);

#endif
