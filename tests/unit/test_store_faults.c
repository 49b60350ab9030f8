/* test_store_faults.c - a state under kill -9, a second process, readers, a full disk and damage. */
#include "core/base/pacing.h"
#include "core/base/pool.h"
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#define SYNC "users"
#define PER  10u /* events of a block */

static void
pause_us(uint64_t us)
{
	struct timespec t = { .tv_sec = 0, .tv_nsec = (long)us * 1000 };

	(void)nanosleep(&t, NULL);
}

/* One run of one acknowledged block of new rows, all in one transaction. */
static enum sl_code
write_run(struct srig *r, uint64_t nth, bool end)
{
	struct sl_run run = { .sync = SYNC, .kind = "run", .state = SL_RUN_DELIVERING };
	struct sl_block *b;
	enum sl_code code = sl_store_begin(r->s, &r->err);

	if (code == SL_OK)
		code = sl_store_run_new(r->s, &run, &r->err);
	b = srig_block(run.id, 0, PER);
	for (uint32_t i = 0; i < PER; i++)
		srig_event(b, SL_OP_ADD, nth * PER + i, 1, 0);
	srig_verdicts(b, SL_V_ACKED);
	if (code == SL_OK)
		code = sl_store_block_put(r->s, SYNC, b, &r->err);
	if (code == SL_OK && end)
		code = sl_store_run_end(r->s, &run, SL_RUN_SETTLED, SL_V_PENDING, 0, &r->err);
	if (code == SL_OK)
		code = sl_store_commit(r->s, &r->err);
	sl_store_rollback(r->s);
	sl_block_free(b);
	return code;
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

/* ---- kill -9 -------------------------------------------------------------------------------- */

struct progress {
	_Atomic uint64_t begun, done;
};

static void
write_until_killed(struct srig *r, struct progress *p)
{
	if (sl_store_open(r->dir, 0, &r->s, &r->err) != SL_OK)
		_exit(1);
	for (;;) {
		uint64_t nth = p->done;

		p->begun = nth + 1;
		if (write_run(r, nth, nth % 3 == 2) != SL_OK)
			_exit(2);
		p->done = nth + 1;
		if (nth % 7 == 6 && sl_store_checkpoint(r->s, &r->err) != SL_OK)
			_exit(3);
	}
}

static void
test_kill_leaves_before_or_after(void **state)
{
	struct sl_rng rng = { 42 };
	struct progress *p =
		mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct srig r;

	(void)state;
	assert_ptr_not_equal(p, MAP_FAILED);
	srig_make(&r);
	srig_open(&r);
	(void)srig_sync(&r, SYNC, 1);
	srig_close(&r);
	for (int round = 0; round < 12; round++) {
		int status;
		size_t rows;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			write_until_killed(&r, p);
		pause_us(2000 + sl_rng_below(&rng, 25000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		srig_open(&r);
		rows = rows_of(&r);
		assert_true(rows == p->done * PER || rows == p->begun * PER);
		p->done = rows / PER;
		srig_close(&r);
	}
	assert_true(p->done > 0);
	(void)munmap(p, sizeof *p);
	srig_remove(&r);
}

/* Killed while the state was being made: the next open finishes it. */
static void
test_kill_while_making(void **state)
{
	struct sl_rng rng = { 7 };

	(void)state;
	for (int round = 0; round < 6; round++) {
		struct srig r;
		pid_t pid;

		srig_make(&r);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(sl_store_open(r.dir, 0, &r.s, &r.err) == SL_OK ? 0 : 1);
		pause_us(sl_rng_below(&rng, 6000));
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		srig_open(&r);
		(void)srig_sync(&r, SYNC, 1);
		srig_remove(&r);
	}
}

/* ---- others at the same state --------------------------------------------------------------- */

static void
test_second_process_is_told(void **state)
{
	struct srig r;
	char pid[24];
	int status;
	pid_t child;

	(void)state;
	srig_make(&r);
	srig_open(&r);
	(void)snprintf(pid, sizeof pid, "process %ld ", (long)getpid());
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sl_store *s;
		enum sl_code code = sl_store_open(r.dir, 0, &s, &r.err);

		_exit(code == SL_E_LOCKED && strstr(r.err.msg, pid) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	srig_close(&r);
	srig_open(&r); /* and it was let go of */
	srig_remove(&r);
}

static void
test_reader_sees_whole_transactions(void **state)
{
	struct sl_store *reader;
	struct srig r, view;

	(void)state;
	srig_make(&r);
	srig_is(sl_store_open(r.dir, SL_STORE_READ, &reader, &r.err), SL_E_NOTFOUND);
	srig_open(&r);
	srig_ok(sl_store_open(r.dir, SL_STORE_READ, &reader, &r.err));
	view = r;
	view.s = reader;
	(void)srig_sync(&r, SYNC, 1);
	assert_int_equal(rows_of(&view), 0);
	srig_ok(write_run(&r, 0, false));
	assert_int_equal(rows_of(&view), PER);
	srig_begin(&r);
	srig_is(sl_store_begin(view.s, &view.err), SL_E_BUG);
	assert_int_equal(rows_of(&view), PER);
	srig_commit(&r);
	sl_store_close(reader);
	srig_remove(&r);
}

struct writing {
	struct srig *r;
	_Atomic bool done;
	enum sl_code code;
};

static void *
write_many(void *arg)
{
	struct writing *w = arg;

	for (uint64_t i = 0; i < 60 && w->code == SL_OK; i++) {
		w->code = write_run(w->r, i, i % 10 == 9);
		if (w->code == SL_OK && i % 16 == 15)
			w->code = sl_store_checkpoint(w->r->s, &w->r->err);
	}
	w->done = true;
	return NULL;
}

static void
test_reader_beside_a_writer(void **state)
{
	struct srig r, view;
	struct writing w = { .r = &r };
	pthread_t thread;
	size_t last = 0;

	(void)state;
	srig_make(&r);
	srig_open(&r);
	(void)srig_sync(&r, SYNC, 1);
	view = r;
	srig_ok(sl_store_open(r.dir, SL_STORE_READ, &view.s, &view.err));
	assert_int_equal(sl_thread_start(&thread, "writer", write_many, &w), 0);
	while (!w.done) {
		size_t n = rows_of(&view);

		assert_true(n >= last && n % PER == 0);
		last = n;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	srig_ok(w.code);
	assert_int_equal(rows_of(&view), 60 * PER);
	sl_store_close(view.s);
	srig_remove(&r);
}

/* ---- a full disk ---------------------------------------------------------------------------- */

static void
fill_and_free(struct srig *r)
{
	uint64_t nth = 0;
	enum sl_code code;
	int fd = open(srig_path(r, "ballast"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 1 << 20), 0);
	(void)close(fd);
	srig_open(r);
	(void)srig_sync(r, SYNC, 1);
	while ((code = write_run(r, nth, nth % 5 == 4)) == SL_OK && nth < 10000)
		nth++;
	srig_is(code, SL_E_IO);
	assert_true(r->err.retryable);
	assert_non_null(strstr(r->err.msg, "disk is full"));
	assert_int_equal(rows_of(r), nth * PER);
	assert_int_equal(unlink(srig_path(r, "ballast")), 0);
	srig_ok(write_run(r, nth, true));
	assert_int_equal(rows_of(r), (nth + 1) * PER);
	srig_close(r);
	srig_open(r);
	assert_int_equal(rows_of(r), (nth + 1) * PER);
	srig_close(r);
}

static void
test_disk_full(void **state)
{
	struct srig r;

	(void)state;
	srig_make(&r);
	if (mount("tmpfs", r.dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=3m,mode=700") != 0) {
		print_message("needs the right to mount a small file system\n");
		srig_remove(&r);
		skip();
	}
	fill_and_free(&r);
	assert_int_equal(umount(r.dir), 0);
	srig_remove(&r);
}

/* ---- damage --------------------------------------------------------------------------------- */

struct bytes {
	unsigned char *p;
	size_t n;
};

static struct bytes
read_file(const char *path)
{
	struct bytes b;
	struct stat st;
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	b.n = (size_t)st.st_size;
	b.p = malloc(b.n + 1);
	assert_non_null(b.p);
	assert_int_equal(fread(b.p, 1, b.n, f), b.n);
	assert_int_equal(fclose(f), 0);
	return b;
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* A closed state with parts, blocks that are not folded, and a dead letter; its file. */
static struct bytes
some_state(struct srig *r)
{
	struct sl_block *b;
	int64_t run;

	srig_make(r);
	srig_open(r);
	(void)srig_sync(r, SYNC, 1);
	for (uint64_t i = 0; i < 30; i++)
		srig_ok(write_run(r, i, i == 27));
	run = srig_run(r, SYNC);
	b = srig_block(run, 0, 2);
	srig_event(b, SL_OP_UPDATE, 1, 5, 1);
	srig_event(b, SL_OP_REMOVE, 2, 0, 1);
	b->verdicts[0] = SL_V_DEAD;
	srig_begin(r);
	srig_ok(sl_store_block_put(r->s, SYNC, b, &r->err));
	srig_dead(r, SYNC, b, 0);
	srig_commit(r);
	sl_block_free(b);
	srig_close(r);
	return read_file(srig_path(r, "state.db"));
}

static void
refused(struct srig *r, const char *words)
{
	struct sl_store *s;

	srig_is(sl_store_open(r->dir, SL_STORE_READ, &s, &r->err), SL_E_CORRUPT);
	srig_is(sl_store_open(r->dir, 0, &s, &r->err), SL_E_CORRUPT);
	assert_true(r->err.hint[0]);
	assert_non_null(strstr(r->err.msg, words));
}

static void
test_foreign_files_are_refused(void **state)
{
	static const char junk[] =
		"this is a text that somebody called state.db, long enough to be "
		"more than the header of a database, which has a hundred bytes.\n";
	struct srig r;
	struct bytes whole, now;
	struct sl_store *s;
	sqlite3 *db;

	(void)state;
	srig_make(&r);
	write_file(srig_path(&r, "state.db"), junk, sizeof junk);
	srig_is(sl_store_open(r.dir, SL_STORE_READ, &s, &r.err), SL_E_CORRUPT);
	assert_non_null(strstr(r.err.msg, "not a database"));
	now = read_file(srig_path(&r, "state.db"));
	assert_int_equal(now.n, sizeof junk); /* and left as it was */
	free(now.p);
	assert_int_equal(unlink(srig_path(&r, "state.db")), 0);
	assert_int_equal(sqlite3_open(srig_path(&r, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	refused(&r, "not made by this program");
	srig_remove(&r);

	whole = some_state(&r);
	assert_int_equal(sqlite3_open(srig_path(&r, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	refused(&r, "newer version");
	assert_non_null(strstr(r.err.hint, "newer program"));
	free(whole.p);
	srig_remove(&r);
}

/* Opens a state whatever it holds and reads all of it; any answer is right but a crash, and but a key
 * that was never there: that would be a remove of a row that nobody removed. */
static void
read_all(struct srig *r, unsigned flags)
{
	struct sl_arena *a = sl_arena_new(1 << 16, 0);
	struct sl_run runs[8];
	struct sl_dead *dead;
	struct sl_snap *snap = NULL, *open = NULL;
	struct sl_block *b;
	size_t n = 0, nopen;
	uint32_t count = 0;

	if (sl_store_open(r->dir, flags, &r->s, &r->err) != SL_OK) {
		sl_arena_free(a);
		return;
	}
	if (srig_snapshot(r->s, SYNC, &snap, &n, &r->err) == SL_OK) {
		size_t known = 0;

		for (uint64_t row = 0; row < 30 * PER; row++)
			known += srig_find(snap, n, row) != NULL;
		assert_int_equal(known, n);
	}
	if (sl_store_runs(r->s, NULL, 0, 8, runs, &count, &r->err) == SL_OK)
		for (uint32_t i = 0; i < count; i++)
			if (sl_store_block_get(r->s, runs[i].id, 0, &b, &r->err) == SL_OK)
				sl_block_free(b);
	(void)!sl_store_dead_list(r->s, NULL, false, 0, 8, a, &dead, &count, &r->err);
	if (sl_store_dead_snaps(r->s, SYNC, &open, &nopen, &r->err) == SL_OK)
		free(open);
	for (size_t i = 0; i < n; i += 7) {
		struct sl_str text;

		(void)!sl_store_keys(r->s, SYNC, &snap[i].key, 1, a, &text, &r->err);
		(void)!sl_store_last_body(r->s, SYNC, snap[i].key, 0, a, &text, &r->err);
	}
	if (!(flags & SL_STORE_READ))
		(void)write_run(r, 500, true);
	free(snap);
	srig_close(r);
	sl_arena_free(a);
}

static void
put_back(struct srig *r, const struct bytes *whole, size_t n)
{
	(void)unlink(srig_path(r, "state.db-wal"));
	(void)unlink(srig_path(r, "state.db-shm"));
	write_file(srig_path(r, "state.db"), whole->p, n);
}

static void
test_bit_flips_never_crash(void **state)
{
	struct sl_rng rng = { 99 };
	struct srig r;
	struct bytes whole = some_state(&r);

	(void)state;
	for (int i = 0; i < 120; i++) {
		size_t at[8], flips = 1 + sl_rng_below(&rng, 8);
		unsigned char bit[8];

		/* half of them where the small things are */
		for (size_t f = 0; f < flips; f++) {
			uint64_t page = sl_rng_below(&rng, whole.n / 16384) * 16384;

			at[f] = i % 2 ? sl_rng_below(&rng, whole.n)
				      : page + sl_rng_below(&rng, 200);
			bit[f] = (unsigned char)(1u << sl_rng_below(&rng, 8));
			whole.p[at[f]] ^= bit[f];
		}
		put_back(&r, &whole, whole.n);
		for (size_t f = flips; f-- > 0;)
			whole.p[at[f]] ^= bit[f];
		read_all(&r, SL_STORE_READ);
		read_all(&r, 0);
	}
	free(whole.p);
	srig_remove(&r);
}

/* After a crash a small file is checked whole: damage shows at once, not where it is met. */
static void
test_damage_after_a_crash(void **state)
{
	struct srig r;
	struct bytes whole, now;
	int status;
	pid_t pid;

	(void)state;
	whole = some_state(&r);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		srig_open(&r);
		_exit(write_run(&r, 400, false) == SL_OK ? 0 : 1); /* the WAL stays */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	now = read_file(srig_path(&r, "state.db"));
	for (size_t page = 1; page < now.n / 16384; page++)
		if (now.p[page * 16384] == 10) /* leaves of indexes: nobody reads all of these */
			memset(now.p + page * 16384 + 16300, 0x5a, 84);
	write_file(srig_path(&r, "state.db"), now.p, now.n);
	srig_open(&r);
	assert_int_equal(rows_of(&r), 0);
	assert_true(sl_store_notice(r.s)->fresh);
	assert_non_null(strstr(sl_store_notice(r.s)->text, "do not fit together"));
	free(now.p);
	free(whole.p);
	srig_remove(&r);
}

static void
test_cut_off_file(void **state)
{
	struct sl_rng rng = { 3 };
	struct srig r;
	struct bytes whole = some_state(&r);
	struct sl_snap *snap;
	enum sl_code code;
	size_t n;

	(void)state;
	put_back(&r, &whole, whole.n / 2);
	code = sl_store_open(r.dir, SL_STORE_READ, &r.s, &r.err);
	if (code == SL_OK)
		code = srig_snapshot(r.s, SYNC, &snap, &n, &r.err);
	srig_is(code, SL_E_CORRUPT);
	assert_non_null(strstr(r.err.hint, "begins a new one"));
	srig_close(&r);
	for (int i = 0; i < 25; i++) {
		put_back(&r, &whole, sl_rng_below(&rng, whole.n));
		read_all(&r, SL_STORE_READ);
		read_all(&r, 0);
	}
	put_back(&r, &whole, whole.n);
	srig_open(&r);
	assert_int_equal(rows_of(&r), 30 * PER);
	free(whole.p);
	srig_remove(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_leaves_before_or_after),
		cmocka_unit_test(test_kill_while_making),
		cmocka_unit_test(test_second_process_is_told),
		cmocka_unit_test(test_reader_sees_whole_transactions),
		cmocka_unit_test(test_reader_beside_a_writer),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_foreign_files_are_refused),
		cmocka_unit_test(test_bit_flips_never_crash),
		cmocka_unit_test(test_damage_after_a_crash),
		cmocka_unit_test(test_cut_off_file),
	};
	return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
