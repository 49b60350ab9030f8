/* test_dest_file.c - the file destination: whole lines or none, whatever happens to the disk, the file
 * or the process that wrote before. */
#include "core/base/clock.h"
#include "core/base/pool.h"
#include "tests/lib/dest_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char dir[64];
	char path[80];
};

static int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->dir, sizeof(p->dir), "/tmp/sluice-file-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/out.ndjson", p->dir);
	*state = p;
	return 0;
}

static int
drop_place(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void
open_file(struct rig *r, const struct place *p)
{
	const char *pairs[] = { "path", "out.ndjson", NULL };

	assert_int_equal(rig_open(r, "file", NULL, p->dir, pairs), SL_OK);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
assert_content(const char *path, const char *want)
{
	char got[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(got, want);
}

static void
events_are_appended_as_lines(void **state)
{
	struct place *p = *state;
	struct parcel parcel;
	struct stat st;
	struct rig r;

	for (int i = 0; i < 2; i++) {
		open_file(&r, p);
		assert_int_equal(rig_send(&r, &parcel, 2)->cls, SL_C_ACK);
		assert_int_equal(parcel.d.bytes_sent, 16);
		rig_close(&r);
	}
	assert_content(p->path, "{\"n\":0}\n{\"n\":1}\n{\"n\":0}\n{\"n\":1}\n");
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
line_breaks_inside_an_event_do_not_break_its_line(void **state)
{
	struct place *p = *state;
	struct parcel parcel;
	struct sl_buf out;
	struct rig r;

	open_file(&r, p);
	parcel_fill(&parcel, 1);
	parcel.bodies[0] = SL_LIT("{\n\"a\":\r\n\"x\\ny\"}");
	rig_submit(&r, &parcel);
	rig_wait(&r, &parcel);
	assert_content(p->path, "{ \"a\":  \"x\\ny\"}\n");
	sl_buf_init(&out, 0);
	assert_int_equal(r.drv->encode(r.ctx, parcel.bodies, 1, 0, &out, &r.err), SL_OK);
	assert_content(p->path, sl_buf_cstr(&out));
	sl_buf_free(&out);
	rig_close(&r);
}

static void
a_torn_line_is_ended_first(void **state)
{
	struct place *p = *state;
	struct parcel parcel;
	struct rig r;

	put(p->path, "{\"whole\":1}\n{\"torn\":");
	open_file(&r, p);
	rig_send(&r, &parcel, 1);
	rig_send(&r, &parcel, 1);
	rig_close(&r);
	assert_content(p->path, "{\"whole\":1}\n{\"torn\":\n{\"n\":0}\n{\"n\":0}\n");
}

static void
several_deliveries_are_one_group(void **state)
{
	struct place *p = *state;
	struct parcel parcel[9];
	struct rig r;

	open_file(&r, p);
	for (int i = 0; i < 8; i++) {
		parcel_fill(&parcel[i], 1);
		rig_submit(&r, &parcel[i]);
	}
	parcel_fill(&parcel[8], 1);
	assert_int_equal(r.limits.inflight, 8);
	assert_int_equal(r.drv->submit(r.ctx, &parcel[8].d, &r.err), SL_AGAIN);
	assert_int_equal(r.completed, 0);
	assert_int_equal(r.drv->poll(r.ctx, 0, rig_done, &r, &r.err), SL_OK);
	assert_int_equal(r.completed, 8);
	rig_close(&r);
}

static void
a_full_disk_takes_nothing_and_says_why(void **state)
{
	struct place *p = *state;
	struct rlimit small = { 20, RLIM_INFINITY }, old;
	struct parcel parcel;
	const struct sl_outcome *o;
	struct rig r;

	open_file(&r, p);
	assert_int_equal(rig_send(&r, &parcel, 1)->cls, SL_C_ACK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	o = rig_send(&r, &parcel, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(o->cls, SL_C_RETRY);
	assert_string_equal(o->detail, "File too large");
	assert_int_equal(parcel.d.bytes_sent, 0);
	assert_content(p->path, "{\"n\":0}\n");
	assert_int_equal(rig_send(&r, &parcel, 2)->cls, SL_C_ACK);
	assert_content(p->path, "{\"n\":0}\n{\"n\":0}\n{\"n\":1}\n");
	rig_close(&r);
}

static void
a_file_that_was_moved_is_made_again(void **state)
{
	struct place *p = *state;
	struct parcel parcel;
	struct rig r;

	open_file(&r, p);
	rig_send(&r, &parcel, 1);
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(rig_send(&r, &parcel, 2)->cls, SL_C_ACK);
	rig_close(&r);
	assert_content(p->path, "{\"n\":0}\n{\"n\":1}\n");
}

static void
a_lock_of_another_process_is_waited_for(void **state)
{
	struct place *p = *state;
	struct parcel parcel;
	struct rig r;
	int fd;

	put(p->path, "");
	fd = open(p->path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	open_file(&r, p);
	parcel_fill(&parcel, 1);
	rig_submit(&r, &parcel);
	assert_int_equal(r.drv->poll(r.ctx, 0, rig_done, &r, &r.err), SL_OK);
	assert_false(parcel.done);
	assert_content(p->path, "");
	assert_int_equal(flock(fd, LOCK_UN), 0);
	rig_wait(&r, &parcel);
	assert_int_equal(parcel.outcomes[0].cls, SL_C_ACK);
	close(fd);
	rig_close(&r);
}

static void *
wake(void *arg)
{
	struct rig *r = arg;

	r->drv->wakeup(r->ctx);
	return NULL;
}

static void
an_idle_wait_is_ended_from_another_thread(void **state)
{
	int64_t start = sl_mono_us();
	struct rig r;
	pthread_t t;

	open_file(&r, *state);
	assert_int_equal(sl_thread_start(&t, "waker", wake, &r), 0);
	assert_int_equal(r.drv->poll(r.ctx, 60000, rig_done, &r, &r.err), SL_OK);
	assert_true(sl_mono_us() - start < 10000000);
	pthread_join(t, NULL);
	rig_close(&r);
}

static void
unusable_paths_are_refused(void **state)
{
	static const char *const bad[] = { "-", "/nowhere/at/all.ndjson", "/tmp", "/dev/null" };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		const char *pairs[] = { "path", bad[i], NULL };
		struct rig r;

		assert_int_equal(rig_open(&r, "file", NULL, NULL, pairs), SL_E_CONFIG);
		assert_string_equal(r.err.where, "path");
		rig_close(&r);
	}
}

static void
check_and_target_name_the_file(void **state)
{
	struct sl_arena *a = sl_arena_new(0, 0);
	struct place *p = *state;
	struct parcel parcel;
	struct sl_str line;
	struct sl_buf out;
	struct rig r;

	assert_non_null(a);
	open_file(&r, p);
	assert_int_equal(r.drv->check(r.ctx, a, &line, &r.err), SL_OK);
	assert_non_null(strstr(line.ptr, "first event"));
	assert_int_not_equal(access(p->path, F_OK), 0);
	rig_send(&r, &parcel, 1);
	assert_int_equal(r.drv->check(r.ctx, a, &line, &r.err), SL_OK);
	assert_non_null(strstr(line.ptr, "8 bytes so far"));
	sl_buf_init(&out, 0);
	r.drv->target(r.ctx, &out);
	assert_non_null(strstr(sl_buf_cstr(&out), p->path));
	sl_buf_free(&out);
	rig_close(&r);
	sl_arena_free(a);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(events_are_appended_as_lines),
		IN_PLACE(line_breaks_inside_an_event_do_not_break_its_line),
		IN_PLACE(a_torn_line_is_ended_first),
		IN_PLACE(several_deliveries_are_one_group),
		IN_PLACE(a_full_disk_takes_nothing_and_says_why),
		IN_PLACE(a_file_that_was_moved_is_made_again),
		IN_PLACE(a_lock_of_another_process_is_waited_for),
		IN_PLACE(an_idle_wait_is_ended_from_another_thread),
		cmocka_unit_test(unusable_paths_are_refused),
		IN_PLACE(check_and_target_name_the_file),
	};

	/* A file that would grow too large fails with EFBIG instead of ending the process. */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("dest_file", tests, NULL, NULL);
}
