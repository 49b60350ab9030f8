/* engine_rig.h - an engine under test between real neighbours: a private PostgreSQL, the receiver, and a
 * workspace of JSON files in a directory that goes away.
 *
 *	int main: cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown)
 *	in a test: struct engine_rig *r = *state;
 *
 * The workspace starts with the connections "wh" (database "shop") and "rx", the profile "users" and the
 * sync "users" over the table public.users (id, email, name, plan, balance, prefs, created_at), which
 * engine_rig_users() fills. Every function ends the test with a message when it cannot do its part. */
#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include "core/base/base.h"
#include "core/sluice.h"
#include "tests/lib/pg.h"
#include "tests/lib/receiver.h"

#define ENGINE_RIG_PARTS 64

struct engine_rig {
	struct test_pg *pg;
	struct test_receiver *rx;
	char dir[256]; /* of the workspace; the state is in dir/state */
	struct sl_engine *engine;
	struct sl_problem problem; /* of the last open or answer that failed */
	/* Parts that came before the last one of the last answer. */
	struct sl_table *parts[ENGINE_RIG_PARTS];
	unsigned nparts;
	unsigned config_messages;
};

int engine_rig_setup(void **state);    /* of a group */
int engine_rig_teardown(void **state); /* of a group */
/* Before each test: empty receiver, empty state, the workspace as above, engine open on 50 users. */
int engine_rig_fresh(void **state);
int engine_rig_close(void **state); /* after each test */

void engine_rig_open(struct engine_rig *r, bool read_only);
void engine_rig_shut(struct engine_rig *r); /* closes the engine; NULL engine is allowed */
/* A file of the workspace, whole. */
void engine_rig_file(const struct engine_rig *r, const char *path, const char *text);
/* A file of the workspace is removed, when it is there. */
void engine_rig_unfile(const struct engine_rig *r, const char *path);
void engine_rig_sql(const struct engine_rig *r, const char *sql); /* in the database "shop" */
void engine_rig_users(const struct engine_rig *r, int n);         /* the table anew, ids 1..n */
/* From now on the SQL function slowly(text), which gives its argument, takes so long. A query that does not
 * ask for the column, as the look for bad keys, does not wait. */
void engine_rig_slowly(const struct engine_rig *r, const char *seconds);

/* The last message of an answer; the caller frees. */
struct sl_msg *engine_rig_wait(struct engine_rig *r, sl_ticket t);
struct sl_msg *engine_rig_ok(struct engine_rig *r, sl_ticket t); /* asserts that it did not fail */
struct sl_msg *engine_rig_fail(struct engine_rig *r, sl_ticket t); /* asserts that it did */
/* The row of a table whose column holds the text, or -1. */
int engine_rig_row(const struct sl_table *t, const char *column, const char *text);

/* Start a run and wait until it is over, held or paused; its final numbers. */
struct sl_run_stats engine_rig_run(struct engine_rig *r, const char *sync, unsigned flags);
struct sl_run_stats engine_rig_settle(struct engine_rig *r, int64_t run); /* the waiting alone */
/* A run that must settle. */
struct sl_run_stats engine_rig_settled(struct engine_rig *r, const char *sync, unsigned flags);
/* Is there a line with this text in the activity log? */
bool engine_rig_log_says(struct engine_rig *r, const char *text);
/* The confirmation of all that a held run would remove; it points into s. */
struct sl_confirm engine_rig_yes(const struct sl_run_stats *s);
/* Wait until it is over: one that was held has been let go. */
struct sl_run_stats engine_rig_end(struct engine_rig *r, int64_t run);

#endif
