/* test_store_account.c - planned = acked + dead + superseded + cancelled (+ pending): a state in which it does
 * not hold, by whatever hand, ends no run, and nothing is made to fit. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define SYNC "users"

static int
setup(void **state)
{
	struct srig *r = calloc(1, sizeof *r);

	assert_non_null(r);
	srig_make(r);
	srig_open(r);
	*state = r;
	return 0;
}

static int
teardown(void **state)
{
	srig_remove(*state);
	free(*state);
	return 0;
}

static int
add_cells(void *arg, int n, char **cells, char **names)
{
	char *out = arg;
	size_t len = strlen(out);

	(void)names;
	for (int i = 0; i < n && len < 900; i++)
		len += (size_t)snprintf(out + len, 1000 - len, "%s|", cells[i] ? cells[i] : "");
	return 0;
}

/* Another program writes into the file, or reads (out, 1000 bytes; may be NULL). */
static void
run_sql(const struct srig *r, const char *sql, char *out)
{
	sqlite3 *db;
	char *said = NULL;

	if (out)
		out[0] = 0;
	assert_int_equal(sqlite3_open(srig_path(r, "state.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, out ? add_cells : NULL, out, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A run of 3 acknowledged, 2 dead, 1 cancelled and 4 pending events. */
static int64_t
a_run(struct srig *r)
{
	static const uint8_t verdicts[10] = { SL_V_ACKED, SL_V_ACKED, SL_V_ACKED,
					      SL_V_DEAD,  SL_V_DEAD,  SL_V_CANCELLED };
	int64_t run;
	struct sl_block *b;

	srig_sync(r, SYNC, 1);
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, 10);
	for (uint32_t i = 0; i < 10; i++)
		srig_event(b, i < 8 ? SL_OP_ADD : SL_OP_UPDATE, i, 1, i < 8 ? 0 : 1);
	memcpy(b->verdicts, verdicts, sizeof verdicts);
	srig_begin(r);
	srig_ok(sl_store_block_put(r->s, SYNC, b, &r->err));
	srig_dead(r, SYNC, b, 3);
	srig_dead(r, SYNC, b, 4);
	srig_commit(r);
	sl_block_free(b);
	return run;
}

static enum sl_code
end(struct srig *r, int64_t id, enum sl_run_state to, enum sl_verdict rest)
{
	struct sl_run run;
	enum sl_code code;

	srig_ok(sl_store_run_get(r->s, id, &run, &r->err));
	srig_begin(r);
	code = sl_store_run_end(r->s, &run, to, rest, 0, &r->err);
	srig_commit(r);
	return code;
}

/* All that a run end could change. */
#define ALL                                                                                        \
	"SELECT id, state, adds, updates, removes, acked, dead, superseded, cancelled FROM run;"   \
	"SELECT run, no, pending, acked, dead, superseded, cancelled, doubt, hex(verdicts) FROM "  \
	"ack;"                                                                                     \
	"SELECT count(*) FROM dead; SELECT count(*), sum(n) FROM block"

static void
check_refused(struct srig *r, const char *sql, const char *what)
{
	char before[1000], after[1000];
	int64_t run = a_run(r);

	run_sql(r, sql, NULL);
	run_sql(r, ALL, before);
	srig_is(end(r, run, SL_RUN_PAUSED, SL_V_PENDING), SL_E_CORRUPT);
	srig_is(end(r, run, SL_RUN_CANCELLED, SL_V_CANCELLED), SL_E_CORRUPT);
	if (!strstr(r->err.msg, what))
		fail_msg("%s: %s", sql, r->err.msg);
	run_sql(r, ALL, after);
	assert_string_equal(before, after);
}

#define BREAKS(name, sql, what)                                                                    \
	static void name(void **state)                                                             \
	{                                                                                          \
		check_refused(*state, sql, what);                                                  \
	}
BREAKS(an_add_too_many, "UPDATE run SET adds = adds + 1", "does not add up")
BREAKS(an_add_that_is_an_update, "UPDATE run SET adds = adds - 1, updates = updates + 1",
       "does not add up")
BREAKS(an_acknowledgement_too_many, "UPDATE run SET acked = acked + 1", "does not add up")
BREAKS(one_dead_less_and_one_acked_more, "UPDATE run SET acked = acked + 1, dead = dead - 1",
       "does not add up")
BREAKS(a_superseded_one, "UPDATE run SET superseded = 1", "does not add up")
BREAKS(a_cancelled_one_less, "UPDATE run SET cancelled = cancelled - 1", "does not add up")
BREAKS(a_block_that_is_gone, "DELETE FROM ack; DELETE FROM block", "does not add up")
BREAKS(verdicts_that_are_gone, "DELETE FROM ack", "does not add up")
BREAKS(sums_that_lie, "UPDATE ack SET acked = acked + 1, pending = pending - 1",
       "the sums of the verdicts")
BREAKS(a_doubt_that_is_not_told, "UPDATE ack SET doubt = 1", "the sums of the verdicts")
BREAKS(a_letter_less, "DELETE FROM dead WHERE idx = 4", "dead letters")
BREAKS(a_letter_too_many,
       "INSERT INTO dead(run, block_no, idx, sync, key, row, version, op, status, tries, at_us,"
       " reason, detail, resolved_us, key_text, body) SELECT run, block_no, 9, sync, key, row,"
       " version, op, status, tries, at_us, reason, detail, 0, key_text, body FROM dead LIMIT 1",
       "dead letters")

static void
a_sound_run_ends(void **state)
{
	struct srig *r = *state;
	int64_t run = a_run(r);
	struct sl_run now;

	srig_ok(end(r, run, SL_RUN_PAUSED, SL_V_PENDING));
	srig_is(end(r, run, SL_RUN_SETTLED, SL_V_PENDING), SL_E_CORRUPT); /* four are pending */
	srig_ok(end(r, run, SL_RUN_CANCELLED, SL_V_CANCELLED));
	srig_ok(sl_store_run_get(r->s, run, &now, &r->err));
	assert_true(now.acked == 3 && now.dead == 2 && now.cancelled == 5);
	assert_true(now.adds == 8 && now.updates == 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_run_ends),
		TEST(an_add_too_many),
		TEST(an_add_that_is_an_update),
		TEST(an_acknowledgement_too_many),
		TEST(one_dead_less_and_one_acked_more),
		TEST(a_superseded_one),
		TEST(a_cancelled_one_less),
		TEST(a_block_that_is_gone),
		TEST(verdicts_that_are_gone),
		TEST(sums_that_lie),
		TEST(a_doubt_that_is_not_told),
		TEST(a_letter_less),
		TEST(a_letter_too_many),
	};
	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
