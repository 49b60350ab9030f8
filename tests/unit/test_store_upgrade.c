/* test_store_upgrade.c - a state of format 1 opens, keeps what it holds and has the shape of a new one. */
#include "core/store/state.h"
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#define SYNC  "users"
#define ROW   7
#define VALUE 3

static int
add_line(void *arg, int n, char **cells, char **names)
{
	struct sl_buf *b = arg;

	(void)names;
	for (int i = 0; i < n; i++)
		sl_buf_printf(b, "%s|", cells[i] ? cells[i] : "");
	sl_buf_puts(b, "\n");
	return 0;
}

static void
run_sql(const struct srig *r, const char *sql, struct sl_buf *out)
{
	sqlite3 *db;
	char *said = NULL;

	assert_int_equal(sqlite3_open(srig_path(r, "state.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, out ? add_line : NULL, out, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The tables and their columns, in order. */
static void
shape(const struct srig *r, struct sl_buf *out)
{
	sl_buf_init(out, 1u << 20);
	run_sql(r,
		"SELECT m.name, p.cid, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk"
		" FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type='table'"
		" ORDER BY m.name, p.cid; PRAGMA user_version",
		out);
}

/* The one part, with its one entry as format 1 had it. */
static void
make_old_part(const struct srig *r, const struct sl_digest_key *k)
{
	uint8_t entry[36 + SL_SEAL];
	char hex[2 * sizeof entry + 1], sql[256];

	sl_put_digest(entry, srig_key(ROW));
	sl_put_digest(entry + 16, srig_value(VALUE));
	sl_put32(entry + 32, 1);
	sl_seal(k, entry, 36);
	sl_hex(entry, sizeof entry, hex);
	(void)snprintf(sql, sizeof sql,
		       "UPDATE part SET entries=x'%s'; DROP INDEX part_first;"
		       "ALTER TABLE part DROP COLUMN form;"
		       "CREATE UNIQUE INDEX part_first ON part (sync, gen, first, n)",
		       hex);
	run_sql(r, sql, NULL);
}

static void
make_old(const struct srig *r)
{
	run_sql(r,
		"ALTER TABLE run DROP COLUMN promise; ALTER TABLE run DROP COLUMN null_cursors;"
		"ALTER TABLE run DROP COLUMN plan; ALTER TABLE audit DROP COLUMN hash;"
		"ALTER TABLE run DROP COLUMN live; ALTER TABLE dead DROP COLUMN dest; ALTER TABLE "
		"run DROP COLUMN since_us;"
		"ALTER TABLE run DROP COLUMN waited_us; ALTER TABLE ack DROP COLUMN doubt;"
		"DROP TABLE cursor; PRAGMA user_version=1",
		NULL);
}

static void
test_format_1_opens(void **state)
{
	struct srig r;
	struct sl_buf fresh, upgraded;
	struct sl_digest_key key;
	struct sl_block *b;
	struct sl_snap *snap;
	size_t n;
	int64_t run;

	(void)state;
	srig_make(&r);
	srig_open(&r);
	(void)srig_sync(&r, SYNC, 1);
	run = srig_run(&r, SYNC);
	b = srig_block(run, 0, 1);
	srig_event(b, SL_OP_ADD, ROW, VALUE, 0);
	srig_verdicts(b, SL_V_ACKED);
	srig_put(&r, SYNC, b);
	(void)srig_end(&r, run, SL_RUN_SETTLED, -1);
	key = r.s->key;
	srig_close(&r);
	shape(&r, &fresh);
	make_old_part(&r, &key);
	make_old(&r);
	srig_is(sl_store_open(r.dir, SL_STORE_READ, &r.s, &r.err), SL_E_CORRUPT);
	assert_non_null(strstr(r.err.msg, "older version"));
	assert_non_null(strstr(r.err.hint, "up to date"));

	srig_open(&r);
	srig_ok(srig_snapshot(r.s, SYNC, &snap, &n, &r.err));
	assert_int_equal(n, 1);
	assert_non_null(srig_find(snap, n, ROW));
	assert_true(sl_digest_eq(srig_find(snap, n, ROW)->row, srig_value(VALUE)));
	assert_int_equal(srig_find(snap, n, ROW)->version, 1);
	free(snap);
	srig_close(&r);
	shape(&r, &upgraded);
	assert_string_equal(sl_buf_cstr(&upgraded), sl_buf_cstr(&fresh));
	sl_buf_free(&fresh);
	sl_buf_free(&upgraded);
	srig_remove(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_format_1_opens) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
