/* fuzz_state.c - a state file with bytes changed is opened, read and written: a clean answer, whatever
 * it holds; a damaged one is moved aside. The input is a list of changes to a whole state, 4 bytes where and
 * 1 what, so that a tiny input reaches deep. One that starts with 0xff is the file itself; after 0xfe the
 * changes are to a state that was left by a crash, the file and its WAL one behind the other. */
#include "core/store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SYNC  "users"
#define EDIT  5u
#define EDITS 64u

/* Made once, by the first input. */
static char dir[64];
struct image {
	uint8_t *p;
	size_t n;
};
static struct image whole, crashed, wal;

static const char *
path_of(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
put_file(const char *path, const uint8_t *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, p, n) == (ssize_t)n && close(fd) == 0);
}

/* One run of n new rows: all acknowledged but the last, which dies. */
static enum sl_code
write_run(struct sl_store *s, uint64_t first, uint32_t n, bool end, struct sl_err *err)
{
	struct sl_event events[40] = { 0 };
	uint8_t verdicts[40];
	char body[] = "{\"row\":1}", keys[] = "[\"1\"]";
	struct sl_block b = { .n = n,
			      .events = events,
			      .verdicts = verdicts,
			      .body = body,
			      .keys = keys,
			      .body_len = sizeof body - 1,
			      .keys_len = sizeof keys - 1 };
	struct sl_run run = { .sync = SYNC, .kind = "run", .state = SL_RUN_DELIVERING };
	struct sl_dead d = { .sync = SYNC, .idx = n - 1, .body = SL_LIT("{}") };
	enum sl_code code = sl_store_run_new(s, &run, err);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = (first + i + 1) * 0x9e3779b97f4a7c15u;

		events[i] = (struct sl_event){ .key = { x, i },
					       .row = { i + 1, 1 },
					       .len = (uint32_t)b.body_len,
					       .klen = (uint32_t)b.keys_len,
					       .op = SL_OP_ADD };
		verdicts[i] = i + 1 < n ? SL_V_ACKED : SL_V_DEAD;
	}
	b.run_id = d.run_id = run.id;
	d.event = events[n - 1];
	if (code == SL_OK)
		code = sl_store_block_put(s, SYNC, &b, err);
	if (code == SL_OK)
		code = sl_store_dead_put(s, &d, err);
	if (code == SL_OK && end)
		code = sl_store_run_end(s, &run, SL_RUN_SETTLED, SL_V_PENDING, -1, err);
	return code;
}

static enum sl_code
write_some(struct sl_store *s, uint64_t first, bool end, struct sl_err *err)
{
	struct sl_sync_state state;
	enum sl_code code = sl_store_begin(s, err);

	if (code == SL_OK)
		code = sl_store_sync(s, SYNC, (struct sl_digest){ 1, 1 }, &state, err);
	if (code == SL_OK)
		code = write_run(s, first, 40, end, err);
	if (code == SL_OK)
		code = sl_store_commit(s, err);
	sl_store_rollback(s);
	return code;
}

/* Everything but the lock: what was moved aside too. */
static void
empty_dir(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	must(d != NULL);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "state.lock") != 0)
			(void)unlink(path_of(e->d_name));
	(void)closedir(d);
}

static void
clean_up(void)
{
	empty_dir();
	(void)unlink(path_of("state.lock"));
	(void)rmdir(dir);
}

static void
take_image(const char *name, struct image *out)
{
	struct stat st;
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && fstat(fd, &st) == 0);
	out->n = (size_t)st.st_size;
	out->p = malloc(out->n + 1);
	must(out->p && read(fd, out->p, out->n) == (ssize_t)out->n);
	(void)close(fd);
}

static void
make_state(void)
{
	struct sl_store *s;
	struct sl_err err;

	/* in memory where there is such a place: every input writes the file anew */
	(void)snprintf(dir, sizeof dir, "%s/sluice-fuzz-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir) != NULL);
	(void)atexit(clean_up);
	must(sl_store_open(dir, 0, &s, &err) == SL_OK);
	must(write_some(s, 0, true, &err) == SL_OK);
	must(write_some(s, 500, false, &err) == SL_OK);
	sl_store_close(s);
	take_image("state.db", &whole);
	must(sl_store_open(dir, 0, &s, &err) == SL_OK);
	must(write_some(s, 700, true, &err) == SL_OK);
	take_image("state.db", &crashed);
	take_image("state.db-wal", &wal);
	sl_store_close(s);
}

struct shown {
	struct sl_snap some[64], last; /* some: every ninth */
	size_t n;
};

static enum sl_code
see_entry(void *arg, const struct sl_snap *e, struct sl_err *err)
{
	struct shown *all = arg;

	(void)err;
	must(all->n == 0 || sl_digest_cmp(all->last.key, e->key) < 0);
	all->last = *e;
	if (all->n % 9 == 0 && all->n / 9 < SL_COUNT(all->some))
		all->some[all->n / 9] = *e;
	all->n++;
	return SL_OK;
}

static void
read_rows(struct sl_store *s, struct sl_arena *a, struct sl_err *err)
{
	struct shown all = { .n = 0 };
	struct sl_snap *dead = NULL, e;
	struct sl_str text;
	size_t ndead = 0;

	(void)!sl_store_snapshot(s, SYNC, see_entry, &all, err);
	for (size_t i = 0; i < all.n && i / 9 < SL_COUNT(all.some); i += 9) {
		const struct sl_digest key = all.some[i / 9].key;

		(void)!sl_store_keys(s, SYNC, &key, 1, a, &text, err);
		(void)!sl_store_entries(s, SYNC, &key, 1, &e, err);
		(void)!sl_store_last_body(s, SYNC, key, 0, a, &text, err);
	}
	(void)!sl_store_dead_snaps(s, SYNC, &dead, &ndead, err);
	free(dead);
}

static void
read_runs(struct sl_store *s, struct sl_arena *a, struct sl_err *err)
{
	struct sl_run runs[4];
	struct sl_dead *list;
	struct sl_block *b;
	uint32_t n = 0, npending, pending[4];

	if (sl_store_runs(s, NULL, 0, 4, runs, &n, err) != SL_OK)
		n = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (sl_store_block_get(s, runs[i].id, 0, &b, err) == SL_OK) {
			for (uint32_t e = 0; e < b->n; e++)
				must((size_t)b->events[e].off + b->events[e].len <= b->body_len);
			sl_block_free(b);
		}
		(void)!sl_store_pending_blocks(s, runs[i].id, 0, 4, pending, &npending, err);
	}
	(void)!sl_store_open_runs(s, 4, runs, &n, err);
	(void)!sl_store_dead_list(s, NULL, false, 0, 4, a, &list, &n, err);
}

static void
use(unsigned flags)
{
	struct sl_arena *a = sl_arena_new(4096, 1 << 20);
	struct sl_store *s;
	struct sl_err err = { 0 };
	enum sl_code code = sl_store_open(dir, flags, &s, &err);

	must(a != NULL);
	if (code == SL_OK) {
		read_rows(s, a, &err);
		read_runs(s, a, &err);
		if (!(flags & SL_STORE_READ))
			(void)write_some(s, 900, true, &err);
		sl_store_close(s);
	} else {
		must(err.msg[0] && err.code == code);
	}
	sl_arena_free(a);
}

/* The image with the changes; where it has a WAL, those behind the file are to that. */
static void
put_changed(const struct image *db, const struct image *log, const uint8_t *data, size_t size)
{
	const size_t n = db->n + log->n;
	uint8_t *all = malloc(n);

	must(all != NULL);
	memcpy(all, db->p, db->n);
	memcpy(all + db->n, log->p, log->n);
	for (size_t i = 0; i + EDIT <= size && i < EDITS * EDIT; i += EDIT) {
		uint32_t at =
			(uint32_t)data[i + 1] << 16 | (uint32_t)data[i + 2] << 8 | data[i + 3];

		all[at % n] = data[i + 4];
	}
	put_file(path_of("state.db"), all, db->n);
	if (log->n)
		put_file(path_of("state.db-wal"), all + db->n, log->n);
	free(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t nothing[1];
	const struct image no_wal = { nothing, 0 };

	if (!whole.p)
		make_state();
	empty_dir();
	if (size && data[0] == 0xff)
		put_file(path_of("state.db"), data + 1, size - 1);
	else if (size && data[0] == 0xfe)
		put_changed(&crashed, &wal, data + 1, size - 1);
	else
		put_changed(&whole, &no_wal, data, size);
	use(SL_STORE_READ);
	use(0);
	return 0;
}
