/* source_cases.c - see source_cases.h. */
#include "tests/lib/source_cases.h"

#include "tests/lib/check.h"

static void
read_is(struct test_source *s, const struct sl_scan *scan, const char *want)
{
	test_source_text(s, test_source_read(s, scan), want);
}

void
test_case_pages(struct test_source *s, const char *schema)
{
	struct sl_str order[] = { SL_LIT("b"), SL_LIT("a") };
	struct sl_value after[] = { { "1", 1, SL_T_INT }, { "2", 1, SL_T_INT } };
	struct sl_scan scan = {
		.model = test_table(schema, "pairs"), .order = order, .norder = 2, .limit = 2
	};

	read_is(s, &scan, "1|1\n2|1\n");
	scan.after = after;
	read_is(s, &scan, "3|1\n1|2\n");
	scan.backwards = true;
	read_is(s, &scan, "1|1\n");
	scan.after = NULL;
	read_is(s, &scan, "2|2\n1|2\n");
	scan.model = test_sql("SELECT a, b FROM pairs WHERE b = 1 -- and no more");
	scan.after = after;
	scan.backwards = false;
	read_is(s, &scan, "3|1\n");
}

void
test_case_keys(struct test_source *s, const char *schema)
{
	struct sl_model pairs = test_table(schema, "pairs");

	assert_int_equal(test_source_key(s, test_table(schema, "zoo"), "id"), SL_OK);
	assert_int_equal(test_source_key(s, pairs, "a,b"), SL_OK);
	assert_int_equal(test_source_key(s, pairs, "a"), SL_E_DATA);
	assert_non_null(strstr(s->err.msg,
			       "key a is not unique, 2 keys have several rows: 1 (2 rows); "
			       "2 (2 rows)"));
	assert_int_equal(test_source_key(s, test_sql("SELECT a + b AS k FROM pairs;"), "k"),
			 SL_E_DATA);
	assert_int_equal(test_source_key(s, test_sql("SELECT a * 10 + b AS k FROM pairs;"), "k"),
			 SL_OK);
	assert_int_equal(test_source_key(s, pairs, "nope"), SL_E_NOTFOUND);
	assert_int_equal(test_source_key(s, pairs, ""), SL_E_CONFIG);
}

void
test_case_sql_endings(struct test_source *s)
{
	static const struct {
		const char *sql, *rows;
	} cases[] = {
		{ "SELECT 1 AS a;", "1\n" },
		{ "SELECT 1 AS a -- one", "1\n" },
		{ "/* a */ SELECT 1 AS a ; ; -- b; c\n", "1\n" },
		{ "SELECT ';' AS a ; ; -- b\n/* c; */", ";\n" },
		{ "WITH x AS (SELECT 2 AS a) SELECT * FROM x", "2\n" },
		{ "SELECT count(*) FROM pairs", "5\n" },
	};

	for (size_t i = 0; i < SL_COUNT(cases); i++)
		test_source_text(s, test_source_rows(s, test_sql(cases[i].sql)), cases[i].rows);
}
