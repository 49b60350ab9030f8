/* test_store_damage.c - a damaged or missing state: moved aside whole, begun anew, and said; a second
 * process that got past the lock; directories and files that others may reach. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include "core/store/activity.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#define SYNC "users"
#define ROWS 20u

static void
write_rows(struct srig *r, uint64_t first)
{
	struct sl_block *b;
	int64_t run;

	(void)srig_sync(r, SYNC, 1);
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, ROWS);
	for (uint64_t i = 0; i < ROWS; i++)
		srig_event(b, SL_OP_ADD, first + i, 1, 0);
	srig_verdicts(b, SL_V_ACKED);
	srig_put(r, SYNC, b);
	(void)srig_end(r, run, SL_RUN_SETTLED, -1);
}

static size_t
rows_of(struct srig *r)
{
	struct sl_snap *snap;
	size_t n;

	srig_ok(srig_snapshot(r->s, SYNC, &snap, &n, &r->err));
	free(snap);
	return n;
}

static void
some_state(struct srig *r)
{
	srig_make(r);
	srig_open(r);
	write_rows(r, 0);
}

static int64_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* The name of the first file that was moved aside; "" = none. */
static void
aside(const struct srig *r, const char *end, char name[256])
{
	DIR *d = opendir(r->dir);
	const struct dirent *e;

	assert_non_null(d);
	name[0] = 0;
	while ((e = readdir(d))) {
		const size_t n = strlen(e->d_name), k = strlen(end);

		if (strncmp(e->d_name, "state.db.damaged-", 17) == 0 && n > k &&
		    strcmp(e->d_name + n - k, end) == 0)
			(void)snprintf(name, 256, "%s", e->d_name);
	}
	(void)closedir(d);
}

/* Bytes of page 2 and after become others; half of a page each. */
static void
spoil(const struct srig *r, off_t from)
{
	char junk[8192];
	int fd = open(srig_path(r, "state.db"), O_RDWR | O_CLOEXEC);

	memset(junk, 0x5a, sizeof junk);
	assert_true(fd >= 0);
	for (off_t at = from; at < (off_t)size_of(srig_path(r, "state.db")); at += 16384)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
	assert_int_equal(close(fd), 0);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void
expect_anew(struct srig *r, const char *words)
{
	const struct sl_notice *n;

	srig_open(r);
	assert_int_equal(rows_of(r), 0);
	n = sl_store_notice(r->s);
	assert_true(n->fresh);
	assert_non_null(strstr(n->text, words));
	assert_non_null(strstr(n->text, "removes nothing"));
	srig_close(r);
	srig_open(r); /* it is still said, but it is not this one that did it */
	assert_false(sl_store_notice(r->s)->fresh);
	assert_non_null(strstr(sl_store_notice(r->s)->text, words));
}

static void
test_damage_is_moved_aside_whole(void **state)
{
	char name[256];
	struct srig r;
	int64_t before;
	uint8_t seed[2][32];

	(void)state;
	some_state(&r);
	srig_ok(sl_store_seed(r.s, seed[0], &r.err));
	srig_close(&r);
	spoil(&r, 0);
	before = size_of(srig_path(&r, "state.db"));
	expect_anew(&r, "not a database");
	aside(&r, "Z", name);
	assert_string_not_equal(name, "");
	assert_non_null(strstr(sl_store_notice(r.s)->text, name));
	assert_int_equal(size_of(srig_path(&r, name)), before);
	/* Ids made with the old seed would say nothing about what the destination has. */
	srig_ok(sl_store_seed(r.s, seed[1], &r.err));
	assert_memory_not_equal(seed[0], seed[1], sizeof seed[0]);
	write_rows(&r, 0);
	assert_int_equal(rows_of(&r), ROWS);
	srig_remove(&r);
}

/* After a crash: the WAL goes along, or it would be played into the new file. */
static void
test_the_wal_goes_along(void **state)
{
	char name[256];
	struct srig r;
	int status;
	pid_t pid;

	(void)state;
	some_state(&r);
	srig_close(&r);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		srig_open(&r);
		write_rows(&r, 100);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(size_of(srig_path(&r, "state.db-wal")) > 0);
	spoil(&r, 0);
	assert_int_equal(truncate(srig_path(&r, "state.db-wal"), 100), 0);
	expect_anew(&r, "moved aside");
	aside(&r, "-wal", name);
	assert_int_equal(size_of(srig_path(&r, name)), 100);
	srig_remove(&r);
}

/* A move that was cut short is finished, whatever the file that is left looks like. */
static void
test_a_move_is_finished(void **state)
{
	const char mark[] = "moving state.db.damaged-20260102T030405Z\n";
	struct srig r;
	int fd;

	(void)state;
	some_state(&r);
	srig_close(&r);
	fd = open(srig_path(&r, "state.damaged"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, mark, sizeof mark - 1), sizeof mark - 1);
	(void)close(fd);
	expect_anew(&r, "state.db.damaged-20260102T030405Z");
	assert_true(size_of(srig_path(&r, "state.db.damaged-20260102T030405Z")) > 0);
	assert_int_equal(size_of(srig_path(&r, "state.damaged")), -1);
	srig_remove(&r);
}

/* Damage inside of a blob is met in use only: the next one who opens the state looks for it. */
static void
test_what_was_met_in_use(void **state)
{
	struct srig r;
	sqlite3 *db;

	(void)state;
	some_state(&r);
	sl_store_suspect(r.dir); /* a false alarm */
	srig_close(&r);
	srig_open(&r);
	assert_int_equal(rows_of(&r), ROWS);
	assert_int_equal(size_of(srig_path(&r, "state.damaged")), -1);
	srig_close(&r);
	assert_int_equal(sqlite3_open(srig_path(&r, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE ack SET verdicts=zeroblob(length(verdicts))",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	(void)sqlite3_close(db);
	srig_open(&r); /* nobody has seen it yet */
	sl_store_suspect(r.dir);
	srig_close(&r);
	expect_anew(&r, "verdicts of block 0");
	srig_remove(&r);
}

static void
test_a_run_that_does_not_add_up(void **state)
{
	struct srig r;
	sqlite3 *db;

	(void)state;
	some_state(&r);
	srig_ok(sl_store_verify(r.s, &r.err));
	srig_close(&r);
	assert_int_equal(sqlite3_open(srig_path(&r, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE run SET acked=acked-1", NULL, NULL, NULL),
			 SQLITE_OK);
	(void)sqlite3_close(db);
	sl_store_suspect(r.dir);
	expect_anew(&r, "does not add up");
	srig_remove(&r);
}

static void
test_a_missing_state_is_noticed(void **state)
{
	struct sl_line line = { .at_us = 1000, .run_id = 41, .block_no = -1, .idx = -1 };
	struct sl_activity *a;
	struct srig r;

	(void)state;
	srig_make(&r);
	srig_open(&r); /* the first of all: nothing to say */
	assert_string_equal(sl_store_notice(r.s)->text, "");
	write_rows(&r, 0);
	srig_close(&r);
	srig_ok(sl_activity_open(r.dir, false, &a, &r.err));
	srig_ok(sl_activity_write(a, &line, 1, &r.err));
	sl_activity_close(a);
	assert_int_equal(unlink(srig_path(&r, "state.db")), 0);
	expect_anew(&r, "missing or empty");
	/* What the activity log says of run 41 is not about a new run. */
	(void)srig_sync(&r, SYNC, 1);
	assert_int_equal(srig_run(&r, SYNC), 42);
	srig_close(&r);
	assert_int_equal(truncate(srig_path(&r, "state.db"), 0), 0);
	expect_anew(&r, "missing or empty");
	srig_remove(&r);
}

/* ---- two processes --------------------------------------------------------------------------- */

struct other {
	pid_t pid;
	int go, said; /* pipes */
};

static char
hear(int fd)
{
	char c = 0;

	assert_int_equal(read(fd, &c, 1), 1);
	return c;
}

static void
tell(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static enum sl_code
write_again(struct srig *r)
{
	enum sl_code code = sl_store_begin(r->s, &r->err);

	if (code == SL_OK)
		code = sl_store_commit(r->s, &r->err);
	return code;
}

/* Another process: opens the state, says so, waits, writes, says how that went. */
static void
start_other(struct srig *r, struct other *o)
{
	int to[2], from[2];

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	o->pid = fork();
	assert_true(o->pid >= 0);
	if (o->pid == 0) {
		char c = sl_store_open(r->dir, 0, &r->s, &r->err) == SL_OK ? 'o' : 'f';

		if (write(from[1], &c, 1) != 1 || read(to[0], &c, 1) != 1)
			_exit(9);
		switch (write_again(r)) {
		case SL_OK:
			c = 'k';
			break;
		case SL_E_LOCKED:
			c = r->err.retryable ? 'r' : 'l';
			break;
		default:
			c = 'e';
		}
		if (write(from[1], &c, 1) != 1)
			_exit(9);
		sl_store_close(r->s);
		_exit(0);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	o->go = to[1];
	o->said = from[0];
	assert_int_equal(hear(o->said), 'o');
}

static void
end_other(struct other *o)
{
	int status;

	assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
	assert_int_equal(status, 0);
	(void)close(o->go);
	(void)close(o->said);
}

static void
test_a_stopped_process_keeps_the_state(void **state)
{
	struct sl_store *s;
	struct other o;
	struct srig r;
	char pid[32];
	int status;

	(void)state;
	some_state(&r);
	srig_close(&r);
	start_other(&r, &o);
	assert_int_equal(kill(o.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(o.pid, &status, WUNTRACED), o.pid);
	assert_true(WIFSTOPPED(status));
	srig_is(sl_store_open(r.dir, 0, &s, &r.err), SL_E_LOCKED);
	(void)snprintf(pid, sizeof pid, "process %ld ", (long)o.pid);
	assert_non_null(strstr(r.err.msg, pid));
	assert_non_null(strstr(r.err.msg, "stopped"));
	assert_int_equal(kill(o.pid, SIGCONT), 0);
	tell(o.go);
	assert_int_equal(hear(o.said), 'k');
	end_other(&o);
	srig_open(&r);
	srig_remove(&r);
}

/* It was stopped, somebody removed the lock file, we got in: it must not write again. */
static void
test_who_was_overtaken_writes_no_more(void **state)
{
	struct other o;
	struct srig r;
	int status;

	(void)state;
	some_state(&r);
	srig_close(&r);
	start_other(&r, &o);
	assert_int_equal(kill(o.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(o.pid, &status, WUNTRACED), o.pid);
	assert_int_equal(unlink(srig_path(&r, "state.lock")), 0);
	srig_open(&r);
	write_rows(&r, 100);
	assert_int_equal(kill(o.pid, SIGCONT), 0);
	tell(o.go);
	assert_int_equal(hear(o.said), 'l');
	end_other(&o);
	write_rows(&r, 200); /* and we go on */
	assert_int_equal(rows_of(&r), 3 * ROWS);
	srig_close(&r);
	srig_open(&r);
	assert_int_equal(rows_of(&r), 3 * ROWS);
	srig_ok(sl_store_verify(r.s, &r.err));
	srig_remove(&r);
}

/* A copy is put in the place of the file that is in use. */
static void
test_a_replaced_file_is_not_written(void **state)
{
	struct srig r;
	char copy[160];

	(void)state;
	some_state(&r);
	(void)snprintf(copy, sizeof copy, "%s.copy", srig_path(&r, "state.db"));
	assert_int_equal(rename(srig_path(&r, "state.db"), copy), 0);
	srig_is(write_again(&r), SL_E_IO);
	assert_non_null(strstr(r.err.msg, "removed"));
	assert_false(r.err.retryable);
	assert_int_equal(rename(copy, srig_path(&r, "state.db")), 0);
	srig_is(write_again(&r), SL_E_LOCKED); /* what is lost stays lost */
	srig_close(&r);
	srig_open(&r);
	assert_int_equal(rename(srig_path(&r, "state.db"), copy), 0);
	assert_int_equal(close(open(srig_path(&r, "state.db"), O_CREAT | O_WRONLY, 0600)), 0);
	srig_is(write_again(&r), SL_E_LOCKED);
	assert_non_null(strstr(r.err.msg, "replaced"));
	assert_false(r.err.retryable);
	srig_remove(&r);
}

/* The number in the lock is that of another program now: it is not blamed. */
static void
test_a_number_that_was_given_again(void **state)
{
	struct sl_store *s;
	struct srig r;
	char text[128];
	int fd;

	(void)state;
	some_state(&r);
	fd = open(srig_path(&r, "state.lock"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	(void)snprintf(text, sizeof text, "%ld 00000000-0000-0000-0000-000000000000 1\n",
		       (long)getpid());
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	assert_int_equal(ftruncate(fd, (off_t)strlen(text)), 0);
	srig_is(sl_store_open(r.dir, 0, &s, &r.err), SL_E_LOCKED);
	assert_non_null(strstr(r.err.msg, "another process"));
	(void)close(fd);
	srig_remove(&r);
}

/* ---- rights ---------------------------------------------------------------------------------- */

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void
test_rights(void **state)
{
	struct sl_store *s;
	struct srig r;

	(void)state;
	some_state(&r);
	srig_close(&r);
	assert_int_equal(chmod(srig_path(&r, "state.db"), 0644), 0);
	assert_int_equal(chmod(r.dir, 0755), 0);
	srig_open(&r);
	assert_int_equal(mode_of(srig_path(&r, "state.db")), 0600);
	assert_int_equal(mode_of(srig_path(&r, "state.lock")), 0600);
	assert_int_equal(mode_of(srig_path(&r, "state.db-wal")), 0600);
	assert_int_equal(mode_of(r.dir), 0700);
	srig_close(&r);
	assert_int_equal(chmod(r.dir, 0770), 0);
	srig_is(sl_store_open(r.dir, 0, &s, &r.err), SL_E_CONFIG);
	assert_non_null(strstr(r.err.msg, "others may write"));
	assert_non_null(strstr(r.err.hint, "chmod 700"));
	assert_int_equal(chmod(r.dir, 0700), 0);
	srig_open(&r);
	assert_int_equal(rows_of(&r), ROWS);
	srig_remove(&r);
}

static void
test_looking_on_a_read_only_disk(void **state)
{
	struct sl_store *s;
	struct srig r;

	(void)state;
	srig_make(&r);
	if (mount("tmpfs", r.dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=700") != 0) {
		print_message("needs the right to mount a small file system\n");
		srig_remove(&r);
		skip();
	}
	srig_open(&r);
	write_rows(&r, 0);
	srig_close(&r);
	assert_int_equal(mount("tmpfs", r.dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	srig_is(sl_store_open(r.dir, 0, &s, &r.err), SL_E_IO);
	srig_ok(sl_store_open(r.dir, SL_STORE_READ, &r.s, &r.err));
	assert_int_equal(rows_of(&r), ROWS);
	srig_close(&r);
	assert_int_equal(umount(r.dir), 0);
	srig_remove(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage_is_moved_aside_whole),
		cmocka_unit_test(test_the_wal_goes_along),
		cmocka_unit_test(test_a_move_is_finished),
		cmocka_unit_test(test_what_was_met_in_use),
		cmocka_unit_test(test_a_run_that_does_not_add_up),
		cmocka_unit_test(test_a_missing_state_is_noticed),
		cmocka_unit_test(test_a_stopped_process_keeps_the_state),
		cmocka_unit_test(test_who_was_overtaken_writes_no_more),
		cmocka_unit_test(test_a_replaced_file_is_not_written),
		cmocka_unit_test(test_a_number_that_was_given_again),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_looking_on_a_read_only_disk),
	};

	return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
