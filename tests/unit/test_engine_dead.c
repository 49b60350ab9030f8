/* Dead letters: what the destination refuses by name, sent again or given up on; the log of it all. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A run in which the receiver refuses the users 7 and 9. */
static struct sl_run_stats
run_refused(struct engine_rig *r)
{
	struct sl_run_stats s;

	test_receiver_faults(r->rx, "{\"refuse\": [\"7\", \"9\"]}");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.acked == 48 && s.dead == 2);
	return s;
}

static unsigned
open_dead(struct engine_rig *r)
{
	struct sl_msg *m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 100));
	const unsigned n = sl_table_rows(m->table);

	sl_msg_free(m);
	return n;
}

/* Retry and wait; the numbers of the run. */
static struct sl_run_stats
retry(struct engine_rig *r, const int64_t *ids, size_t n, int64_t events)
{
	struct sl_msg *m = engine_rig_ok(r, sl_retry(r->engine, "users", ids, n));
	const int64_t run = sl_table_get_int(m->table, 0, "run");

	assert_int_equal(sl_table_get_int(m->table, 0, "events"), events);
	sl_msg_free(m);
	return engine_rig_settle(r, run);
}

static void
refused_events_are_listed_with_the_answer(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = run_refused(r);
	struct sl_msg *m = engine_rig_ok(r, sl_failed(r->engine, NULL, false, 0, 100));
	int at = engine_rig_row(m->table, "key", "[\"7\"]");

	assert_int_equal(sl_table_rows(m->table), 2);
	assert_true(at >= 0);
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "run"), s.run);
	assert_int_equal(sl_table_get_int(m->table, (unsigned)at, "status"), 400);
	assert_non_null(strstr(sl_table_get(m->table, (unsigned)at, "body"), "\"userId\":\"7\""));
	assert_null(sl_table_get(m->table, (unsigned)at, "resolution"));
	sl_msg_free(m);
	/* Left alone while nothing changes. */
	s = engine_rig_run(r, "users", 0);
	assert_true(s.still_dead == 2 && s.same == 48 && s.adds == 0);
	assert_int_equal(open_dead(r), 2);
}

static void
a_retry_sends_the_same_bytes_again(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	char *body, sql[160];
	int at;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 100));
	s = retry(r, NULL, 0, 2);
	assert_string_equal(s.state, "settled");
	assert_string_equal(s.kind, "retry");
	assert_true(s.acked == 2 && s.adds == 2 && s.dead == 0);
	at = engine_rig_row(m->table, "key", "[\"9\"]");
	(void)snprintf(sql, sizeof(sql), "SELECT body FROM events WHERE user_id = '9'");
	body = test_receiver_get(r->rx, sql);
	assert_non_null(body);
	assert_string_equal(body, sl_table_get(m->table, (unsigned)at, "body"));
	free(body);
	sl_msg_free(m);
	assert_int_equal(open_dead(r), 0);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", true, 0, 100));
	assert_int_equal(sl_table_rows(m->table), 2);
	assert_non_null(strstr(sl_table_get(m->table, 0, "resolution"), "sent again"));
	sl_msg_free(m);
	/* And they count as acknowledged. */
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.still_dead == 0 && s.adds == 0);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

static void
what_is_refused_again_is_a_dead_letter_again(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t id;

	(void)run_refused(r);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 100));
	id = sl_table_get_int(m->table, (unsigned)engine_rig_row(m->table, "key", "[\"7\"]"), "id");
	sl_msg_free(m);
	s = retry(r, &id, 1, 1);
	assert_string_equal(s.state, "settled");
	assert_true(s.acked == 0 && s.dead == 1);
	assert_int_equal(open_dead(r), 2);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 100));
	assert_int_equal(sl_table_get_int(m->table,
					  (unsigned)engine_rig_row(m->table, "key", "[\"7\"]"),
					  "run"),
			 s.run);
	sl_msg_free(m);
}

static void
a_retry_that_was_interrupted_goes_on(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t run;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 503}");
	m = engine_rig_ok(r, sl_retry(r->engine, "users", NULL, 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0; i < 4000; i++) {
		assert_true(sl_run_stats(r->engine, run, &s));
		if (s.requests > 0)
			break;
		usleep(5000);
	}
	m = engine_rig_fail(r, sl_retry(r->engine, "users", NULL, 0));
	assert_string_equal(m->problem.kind, "locked");
	assert_int_equal(sl_table_get_int(m->table, 0, "run"), run);
	sl_msg_free(m);
	engine_rig_shut(r);
	test_receiver_faults(r->rx, "{}");
	engine_rig_open(r, false);
	m = engine_rig_ok(r, sl_run(r->engine, run));
	assert_string_equal(sl_table_get(m->table, 0, "state"), "paused");
	assert_int_equal(sl_table_get_int(m->table, 0, "pending"), 2);
	sl_msg_free(m);
	sl_msg_free(engine_rig_ok(r, sl_resume(r->engine, run)));
	s = engine_rig_settle(r, run);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.acked, 2);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.adds == 0);
	assert_int_equal(test_receiver_stats(r->rx).conflicts, 0);
}

static void
a_row_that_changed_takes_its_dead_letter_away(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	engine_rig_sql(r, "UPDATE users SET plan = 'new' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.adds == 1 && s.acked == 1 && s.still_dead == 1);
	assert_int_equal(open_dead(r), 1);
	s = retry(r, NULL, 0, 1);
	assert_int_equal(s.acked, 1);
	m = engine_rig_ok(r, sl_retry(r->engine, "users", NULL, 0));
	assert_null(sl_table_get(m->table, 0, "run"));
	assert_int_equal(sl_table_get_int(m->table, 0, "events"), 0);
	sl_msg_free(m);
	sl_msg_free(engine_rig_fail(r, sl_retry(r->engine, "nope", NULL, 0)));
}

static void
events_that_were_never_made_cannot_be_sent(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	engine_rig_sql(r, "UPDATE users SET name = repeat('x', 40000) WHERE id = 5");
	s = engine_rig_run(r, "users", 0);
	assert_string_equal(s.state, "settled");
	assert_true(s.dead == 1 && s.acked == 49);
	m = engine_rig_fail(r, sl_retry(r->engine, "users", NULL, 0));
	assert_int_equal(m->problem.exit_code, SL_EXIT_DATA);
	assert_int_equal(sl_table_get_int(m->table, 0, "unsendable"), 1);
	assert_non_null(strstr(m->problem.hint, "mend"));
	sl_msg_free(m);
	assert_int_equal(open_dead(r), 1);
	engine_rig_sql(r, "UPDATE users SET name = 'short' WHERE id = 5");
	s = engine_rig_run(r, "users", 0);
	assert_int_equal(s.acked, 1);
	assert_int_equal(open_dead(r), 0);
}

static void
a_discarded_row_is_left_alone_until_it_changes(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	m = engine_rig_ok(r, sl_discard(r->engine, "users", NULL, 0, "test accounts"));
	assert_int_equal(sl_table_get_int(m->table, 0, "discarded"), 2);
	sl_msg_free(m);
	assert_int_equal(open_dead(r), 0);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.still_dead == 2 && s.adds == 0);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", true, 0, 10));
	assert_string_equal(sl_table_get(m->table, 0, "resolution"), "discarded: test accounts");
	sl_msg_free(m);
	engine_rig_sql(r, "UPDATE users SET plan = 'B' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.adds == 1 && s.acked == 1);
	/* As it was when it was discarded, but now the destination has something newer. */
	engine_rig_sql(r, "UPDATE users SET plan = 'pro' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.updates == 1 && s.acked == 1);
}

/* ---- letters that go away by themselves ------------------------------------------------------------ */

/* Is there a letter with this resolution? */
static bool
resolved_as(struct engine_rig *r, const char *text)
{
	struct sl_msg *m = engine_rig_ok(r, sl_failed(r->engine, "users", true, 0, 100));
	bool found = false;

	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		const char *said = sl_table_get(m->table, i, "resolution");

		found = found || (said && strstr(said, text));
	}
	sl_msg_free(m);
	return found;
}

static void
a_new_mapping_sends_what_was_given_up_on(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	engine_rig_file(r, "profiles/users.json",
			"{\"event\": \"identify\", \"map\": {\"userId\": \"id\",\n"
			" \"traits.email\": \"email\"}}\n");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.adds == 2 && s.updates == 48 && s.acked == 50 && s.still_dead == 0);
	assert_int_equal(open_dead(r), 0);
	assert_true(resolved_as(r, "planned anew"));
}

/* path: after the address of the receiver. */
static void
use_receiver(struct engine_rig *r, const char *path, const char *more)
{
	char text[300];

	(void)snprintf(text, sizeof(text),
		       "{\"type\": \"rudderstack\", \"url\": \"%s%s\",\n"
		       " \"write_key\": \"env:ENGINE_RIG_KEY\", \"batch_events\": 50%s}\n",
		       test_receiver_url(r->rx), path, more);
	engine_rig_file(r, "connections/rx.json", text);
}

static void
a_changed_destination_is_sent_what_it_refused(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_receiver(r, "", "");
	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	use_receiver(r, "", ", \"timeout\": \"20s\", \"rate\": 5000");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.still_dead == 2 && s.adds == 0); /* it will say the same */
	use_receiver(r, "/", "");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.still_dead == 0 && s.adds == 2 && s.acked == 2 && s.same == 48);
	assert_int_equal(open_dead(r), 0);
	assert_true(resolved_as(r, "planned anew"));
}

/* A sync that reads by a cursor would not come past these rows again. */
static void
a_changed_destination_is_sent_it_with_a_cursor_too(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	use_receiver(r, "", "");
	engine_rig_file(r, "syncs/users.json",
			"{\"source\": \"wh\", \"table\": \"public.users\", \"key\": [\"id\"],\n"
			" \"profile\": \"users\", \"destination\": \"rx\",\n"
			" \"detect\": \"cursor\", \"cursor\": \"id\"}\n");
	(void)run_refused(r);
	test_receiver_faults(r->rx, "{}");
	(void)engine_rig_run(r, "users", 0);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.rows_read < 5 && s.adds == 0);
	use_receiver(r, "/", "");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.adds == 2 && s.acked == 2 && s.same == 48);
	assert_int_equal(open_dead(r), 0);
	s = engine_rig_run(r, "users", 0);
	assert_true(s.still_dead == 0 && s.adds == 0);
}

static void
a_row_that_goes_back_takes_its_dead_letter_away(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;

	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	test_receiver_faults(r->rx, "{\"refuse\": [\"7\"]}");
	engine_rig_sql(r, "UPDATE users SET plan = 'bad' WHERE id = 7");
	assert_int_equal(engine_rig_run(r, "users", 0).dead, 1);
	test_receiver_faults(r->rx, "{}");
	engine_rig_sql(r, "UPDATE users SET plan = 'kept' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.same == 50 && s.updates == 0);
	assert_int_equal(open_dead(r), 0);
	assert_true(resolved_as(r, "went back to what was acknowledged"));
}

/* Applied without an answer, then refused: nobody knows which of the two counts. */
static void
lose_then_refuse(struct engine_rig *r)
{
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t run;

	test_receiver_faults(r->rx, "{\"drop_every\": 1}");
	m = engine_rig_ok(r, sl_start(r->engine, "users", 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0;
	     i < 4000 && test_receiver_int(r->rx, "SELECT count(*) FROM users WHERE traits"
						  " ->> 'plan' = 'lost'") == 0;
	     i++)
		usleep(2000);
	test_receiver_faults(r->rx, "{\"refuse\": [\"7\"]}");
	s = engine_rig_settle(r, run);
	assert_string_equal(s.state, "settled");
	assert_int_equal(s.dead, 1);
}

static void
a_letter_says_that_the_destination_may_have_it(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;

	engine_rig_sql(r, "UPDATE users SET plan = 'kept'");
	assert_int_equal(engine_rig_run(r, "users", 0).acked, 50);
	engine_rig_sql(r, "UPDATE users SET plan = 'lost' WHERE id = 7");
	lose_then_refuse(r);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 10));
	assert_non_null(strstr(sl_table_get(m->table, 0, "reason"), "the destination may have it"));
	sl_msg_free(m);
	/* So going back is a change, although it was acknowledged like that before. */
	test_receiver_faults(r->rx, "{}");
	engine_rig_sql(r, "UPDATE users SET plan = 'kept' WHERE id = 7");
	s = engine_rig_run(r, "users", 0);
	assert_true(s.updates == 1 && s.acked == 1 && s.same == 49);
	test_receiver_expect(r->rx, "SELECT traits ->> 'plan' FROM users WHERE user_id = '7'",
			     "kept");
	assert_int_equal(open_dead(r), 0);
}

/* ---- some of them ---------------------------------------------------------------------------------- */

static unsigned
found_by(struct engine_rig *r, const struct sl_dead_filter *f)
{
	struct sl_msg *m = engine_rig_ok(r, sl_failed_like(r->engine, "users", f, 0, 100));
	const unsigned n = sl_table_rows(m->table);

	sl_msg_free(m);
	return n;
}

static void
letters_are_found_by_what_they_say(void **state)
{
	struct engine_rig *r = *state;

	(void)run_refused(r);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .text = "REFUSED by" }), 2);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .text = "no such words" }), 0);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .status = 400 }), 2);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .status = 404 }), 0);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .since_us = 1 }), 2);
	assert_int_equal(found_by(r, &(struct sl_dead_filter){ .since_us = INT64_MAX }), 0);
}

static void
a_discard_can_be_taken_back(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t ids[2];

	(void)run_refused(r);
	m = engine_rig_ok(r, sl_failed(r->engine, "users", false, 0, 10));
	ids[0] = sl_table_get_int(m->table, 0, "id");
	ids[1] = sl_table_get_int(m->table, 1, "id");
	sl_msg_free(m);
	m = engine_rig_fail(r, sl_discard(r->engine, "users", ids, 2, ""));
	assert_non_null(strstr(m->problem.message, "say why"));
	sl_msg_free(m);
	sl_msg_free(engine_rig_ok(r, sl_discard(r->engine, "users", ids, 2, "test accounts")));
	assert_int_equal(open_dead(r), 0);
	/* One of them changes: its letter is the past. */
	test_receiver_faults(r->rx, "{\"refuse\": [\"7\"]}");
	engine_rig_sql(r, "UPDATE users SET plan = 'new' WHERE id = 7");
	assert_int_equal(engine_rig_run(r, "users", 0).dead, 1);
	m = engine_rig_ok(r, sl_undiscard(r->engine, "users", ids, 2));
	assert_int_equal(sl_table_get_int(m->table, 0, "reopened"), 1);
	sl_msg_free(m);
	assert_int_equal(open_dead(r), 2);
	test_receiver_faults(r->rx, "{}");
	s = retry(r, NULL, 0, 2);
	assert_int_equal(s.acked, 2);
	s = engine_rig_run(r, "users", 0);
	assert_int_equal(s.same, 50);
}

static void
a_retry_that_is_stopped_gives_its_letters_back(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s;
	struct sl_msg *m;
	int64_t run;

	(void)run_refused(r);
	test_receiver_faults(r->rx, "{\"fail_every\": 1, \"fail_status\": 503}");
	m = engine_rig_ok(r, sl_retry(r->engine, "users", NULL, 0));
	run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	for (int i = 0; i < 4000 && sl_run_stats(r->engine, run, &s) && s.requests == 0; i++)
		usleep(5000);
	sl_msg_free(engine_rig_ok(r, sl_stop(r->engine, run)));
	s = engine_rig_end(r, run);
	assert_string_equal(s.state, "cancelled");
	assert_int_equal(s.cancelled, 2);
	assert_int_equal(open_dead(r), 2);
	test_receiver_faults(r->rx, "{}");
	assert_int_equal(retry(r, NULL, 0, 2).acked, 2);
	assert_int_equal(open_dead(r), 0);
}

/* The first line that is about one event, or -1. */
static int
event_line(const struct sl_table *t)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++)
		if (sl_table_get(t, i, "idx"))
			return (int)i;
	return -1;
}

static void
the_log_tells_what_happened(void **state)
{
	struct engine_rig *r = *state;
	struct sl_run_stats s = run_refused(r);
	struct sl_log_filter f = { .run = s.run, .level = "error" };
	struct sl_msg *m = NULL, *event;
	int at, line = -1;

	for (int i = 0; i < 2000; i++) {
		m = engine_rig_ok(r, sl_log(r->engine, &f, 0, 0, 100));
		line = event_line(m->table);
		if (line >= 0)
			break;
		sl_msg_free(m);
		usleep(20000);
	}
	assert_true(line >= 0);
	assert_int_equal(sl_table_get_int(m->table, (unsigned)line, "status"), 400);
	event = engine_rig_ok(r, sl_event(r->engine, s.run,
					  sl_table_get_int(m->table, (unsigned)line, "block"),
					  sl_table_get_int(m->table, (unsigned)line, "idx")));
	at = engine_rig_row(event->table, "name", "verdict");
	assert_string_equal(sl_table_get(event->table, (unsigned)at, "value"), "dead");
	at = engine_rig_row(event->table, "name", "id");
	assert_int_equal(strlen(sl_table_get(event->table, (unsigned)at, "value")), 39);
	at = engine_rig_row(event->table, "name", "reason");
	assert_true(at >= 0);
	sl_msg_free(event);
	sl_msg_free(m);
	f = (struct sl_log_filter){ .text = "SETTLED" };
	for (int i = 0; i < 2000; i++) {
		m = engine_rig_ok(r, sl_log(r->engine, &f, 0, 0, 100));
		line = (int)sl_table_rows(m->table);
		sl_msg_free(m);
		if (line > 0)
			break;
		usleep(20000);
	}
	assert_true(line > 0);
	f = (struct sl_log_filter){ .level = "loud" };
	sl_msg_free(engine_rig_fail(r, sl_log(r->engine, &f, 0, 0, 100)));
	sl_msg_free(engine_rig_fail(r, sl_event(r->engine, s.run, 0, 5000)));
	sl_msg_free(engine_rig_fail(r, sl_event(r->engine, 999, 0, 0)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_events_are_listed_with_the_answer),
		TEST(a_retry_sends_the_same_bytes_again),
		TEST(what_is_refused_again_is_a_dead_letter_again),
		TEST(a_retry_that_was_interrupted_goes_on),
		TEST(a_row_that_changed_takes_its_dead_letter_away),
		TEST(events_that_were_never_made_cannot_be_sent),
		TEST(a_discarded_row_is_left_alone_until_it_changes),
		TEST(a_new_mapping_sends_what_was_given_up_on),
		TEST(a_changed_destination_is_sent_what_it_refused),
		TEST(a_changed_destination_is_sent_it_with_a_cursor_too),
		TEST(a_row_that_goes_back_takes_its_dead_letter_away),
		TEST(a_letter_says_that_the_destination_may_have_it),
		TEST(letters_are_found_by_what_they_say),
		TEST(a_discard_can_be_taken_back),
		TEST(a_retry_that_is_stopped_gives_its_letters_back),
		TEST(the_log_tells_what_happened),
	};

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
