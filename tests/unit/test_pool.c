/* test_pool.c - every job runs once, on threads that no signal interrupts. */
#include "core/base/pool.h"

#include "tests/lib/check.h"

#include <signal.h>
#include <stdatomic.h>

static void
add_one(void *arg)
{
	atomic_fetch_add((_Atomic unsigned *)arg, 1);
}

static void
every_submitted_job_runs_before_free_returns(void **state)
{
	_Atomic unsigned n = 0;

	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		struct sl_pool *p = sl_pool_new("test", threads);
		assert_non_null(p);
		assert_int_equal(sl_pool_threads(p), threads);
		atomic_store(&n, 0);
		for (unsigned i = 0; i < 1000; i++)
			assert_true(sl_pool_submit(p, add_one, &n));
		sl_pool_free(p);
		assert_int_equal(atomic_load(&n), 1000);
	}
	sl_pool_free(NULL);
}

struct order {
	unsigned n;
	unsigned char seen[100];
};

struct numbered {
	struct order *o;
	unsigned char no;
};

static void
note_order(void *arg)
{
	struct numbered *j = arg;

	j->o->seen[j->o->n++] = j->no;
}

static void
one_thread_runs_jobs_in_the_order_of_submission(void **state)
{
	struct order o = { 0 };
	struct numbered jobs[100];
	struct sl_pool *p = sl_pool_new("test", 1);

	(void)state;
	for (unsigned char i = 0; i < 100; i++) {
		jobs[i] = (struct numbered){ &o, i };
		assert_true(sl_pool_submit(p, note_order, &jobs[i]));
	}
	sl_pool_free(p);
	assert_int_equal(o.n, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(o.seen[i], i);
}

struct chain {
	struct sl_pool *p;
	unsigned left;
	bool refused;
};

static void
submit_next(void *arg)
{
	struct chain *c = arg;

	if (c->left > 0) {
		c->left--;
		/* Once it is submitted, the chain belongs to the next job. */
		if (!sl_pool_submit(c->p, submit_next, c))
			c->refused = true;
	}
}

static void
a_job_may_submit_the_next_also_while_the_pool_ends(void **state)
{
	struct chain c = { .left = 50 };

	(void)state;
	c.p = sl_pool_new("test", 2);
	assert_true(sl_pool_submit(c.p, submit_next, &c));
	sl_pool_free(c.p);
	assert_int_equal(c.left, 0);
	assert_false(c.refused);
}

static void
the_number_of_threads_is_kept_in_bounds(void **state)
{
	(void)state;
	struct sl_pool *none = sl_pool_new("test", 0);
	struct sl_pool *many = sl_pool_new("a rather long name of a pool", 1000);
	assert_int_equal(sl_pool_threads(none), 1);
	assert_int_equal(sl_pool_threads(many), 64);
	sl_pool_free(none);
	sl_pool_free(many);
}

struct seen_thread {
	bool blocked[65];
	char name[16];
};

static void *
look_at_thread(void *arg)
{
	struct seen_thread *seen = arg;
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++)
		seen->blocked[sig] = sigismember(&now, sig) == 1;
	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	return arg;
}

/* Faults of the thread itself stay open, so that a crash restores the terminal; two cannot be blocked. */
static bool
stays_open(int sig)
{
	static const int open[] = { SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGABRT,
				    SIGSYS,  SIGTRAP, SIGKILL, SIGSTOP };

	for (size_t i = 0; i < SL_COUNT(open); i++)
		if (open[i] == sig)
			return true;
	return false;
}

static void
a_thread_starts_named_and_with_signals_blocked(void **state)
{
	struct seen_thread seen = { 0 };
	sigset_t before, after;
	pthread_t t;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(sl_thread_start(&t, "a name of more than 15", look_at_thread, &seen), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_string_equal(seen.name, "a name of more ");
	for (int sig = 1; sig < 32; sig++) {
		assert_int_equal(seen.blocked[sig], !stays_open(sig));
		assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_submitted_job_runs_before_free_returns),
		cmocka_unit_test(one_thread_runs_jobs_in_the_order_of_submission),
		cmocka_unit_test(a_job_may_submit_the_next_also_while_the_pool_ends),
		cmocka_unit_test(the_number_of_threads_is_kept_in_bounds),
		cmocka_unit_test(a_thread_starts_named_and_with_signals_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
