/* test_steady.c - one engine through many runs with failures: memory, descriptors and threads do not grow. */
#include "tests/lib/check.h"
#include "tests/lib/engine_rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS      400
#define WARM      40
#define SLACK_KIB 8192 /* what an allocator may keep */

struct use {
	unsigned fds, threads;
	long rss_kib;
};

static unsigned
entries(const char *path)
{
	unsigned n = 0;
	DIR *d = opendir(path);

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static struct use
use_now(void)
{
	struct use u = { entries("/proc/self/fd"), entries("/proc/self/task"), 0 };
	char text[128], *resident;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	resident = strchr(text, ' '); /* the second number, in pages */
	assert_non_null(resident);
	u.rss_kib = strtol(resident, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
	return u;
}

/* A change of some rows, bad weather at the destination now and then, a run. */
static void
one_run(struct engine_rig *r, unsigned n)
{
	static const char *const weather[] = { "{}", "{\"drop_every\": 2}", "{\"fail_every\": 2}",
					       "{\"refuse\": [\"3\", \"44\"]}", "{}" };
	char sql[160];

	test_receiver_faults(r->rx, weather[n % SL_COUNT(weather)]);
	(void)snprintf(sql, sizeof(sql), "UPDATE users SET name = 'n%u' WHERE id %% 10 = %u", n,
		       n % 10);
	engine_rig_sql(r, sql);
	(void)engine_rig_run(r, "users", 0);
}

static void
nothing_grows(void **state)
{
	struct engine_rig *r = *state;
	const char *how = getenv("FAULT");
	const unsigned runs = how && strcmp(how, "long") == 0 ? 1000 : 160;
	struct use warm = { 0 }, end;

	engine_rig_users(r, ROWS);
	for (unsigned n = 0; n < runs; n++) {
		if (n == WARM)
			warm = use_now();
		one_run(r, n);
	}
	end = use_now();
	printf("# %u runs: %u -> %u descriptors, %u -> %u threads, %ld -> %ld KiB resident\n", runs,
	       warm.fds, end.fds, warm.threads, end.threads, warm.rss_kib, end.rss_kib);
	assert_in_range(end.fds, 1, warm.fds + 2);
	assert_in_range(end.threads, 1, warm.threads + 2);
	assert_in_range(end.rss_kib, 1, warm.rss_kib + warm.rss_kib / 5 + SLACK_KIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
		nothing_grows, engine_rig_fresh, engine_rig_close) };

	return cmocka_run_group_tests(tests, engine_rig_setup, engine_rig_teardown);
}
