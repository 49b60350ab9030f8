/* store_rig.c - a state in a directory of its own, and events by number. */
#include "tests/lib/store_rig.h"

#include "tests/lib/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
srig_expect(enum sl_code got, enum sl_code want, const char *file, int line)
{
	if (got != want)
		print_error("%s, expected %s\n", sl_code_name(got), sl_code_name(want));
	_assert_int_equal(got, want, file, line);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
srig_remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
srig_make(struct srig *r)
{
	const char *tmp = getenv("TMPDIR");

	*r = (struct srig){ 0 };
	(void)snprintf(r->dir, sizeof r->dir, "%.40s/sluice-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(r->dir));
}

void
srig_open(struct srig *r)
{
	enum sl_code code = sl_store_open(r->dir, 0, &r->s, &r->err);

	if (code != SL_OK)
		print_error("%s: %s\n", r->err.where, r->err.msg);
	srig_ok(code);
}

void
srig_close(struct srig *r)
{
	sl_store_close(r->s);
	r->s = NULL;
}

void
srig_remove(struct srig *r)
{
	srig_close(r);
	srig_remove_dir(r->dir);
}

const char *
srig_path(const struct srig *r, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", r->dir, name);
	return path;
}

void
srig_begin(struct srig *r)
{
	srig_ok(sl_store_begin(r->s, &r->err));
}

void
srig_commit(struct srig *r)
{
	srig_ok(sl_store_commit(r->s, &r->err));
}

struct sl_sync_state
srig_sync(struct srig *r, const char *sync, uint64_t identity)
{
	struct sl_sync_state state;

	srig_begin(r);
	srig_ok(sl_store_sync(r->s, sync, (struct sl_digest){ identity, 1 }, &state, &r->err));
	srig_commit(r);
	return state;
}

int64_t
srig_run(struct srig *r, const char *sync)
{
	struct sl_run run = { .kind = "run", .by = "test", .state = SL_RUN_PLANNING, .epoch = 1 };

	(void)snprintf(run.sync, sizeof run.sync, "%s", sync);
	srig_begin(r);
	srig_ok(sl_store_run_new(r->s, &run, &r->err));
	srig_commit(r);
	return run.id;
}

struct sl_run
srig_end(struct srig *r, int64_t id, enum sl_run_state state, int64_t keep_us)
{
	enum sl_verdict rest =
		state == SL_RUN_SETTLED || state == SL_RUN_PAUSED ? SL_V_PENDING : SL_V_CANCELLED;
	struct sl_run run;
	enum sl_code code;

	srig_ok(sl_store_run_get(r->s, id, &run, &r->err));
	srig_begin(r);
	code = sl_store_run_end(r->s, &run, state, rest, keep_us, &r->err);
	if (code != SL_OK)
		print_error("%s\n", r->err.msg);
	srig_ok(code);
	srig_commit(r);
	return run;
}

/* Spreads numbers as a digest would be spread. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

struct sl_digest
srig_key(uint64_t row)
{
	return (struct sl_digest){ mix(row + 1), mix(row ^ 0x5555555555u) };
}

struct sl_digest
srig_value(uint64_t value)
{
	return value ? (struct sl_digest){ mix(value), value } : (struct sl_digest){ 0, 0 };
}

struct sl_block *
srig_block(int64_t run, uint32_t no, uint32_t cap)
{
	struct sl_block *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->run_id = run;
	b->no = no;
	b->events = calloc(cap, sizeof *b->events);
	b->verdicts = calloc(cap, 1);
	b->body = malloc((size_t)cap * 64);
	b->keys = malloc((size_t)cap * 32);
	assert_true(b->events && b->verdicts && b->body && b->keys);
	return b;
}

void
srig_event(struct sl_block *b, enum sl_op op, uint64_t row, uint64_t value, uint32_t version)
{
	struct sl_event *e = &b->events[b->n++];

	*e = (struct sl_event){ .key = srig_key(row),
				.row = srig_value(op == SL_OP_REMOVE ? 0 : value),
				.version = version,
				.off = (uint32_t)b->body_len,
				.koff = (uint32_t)b->keys_len,
				.op = (uint8_t)op };
	e->len = (uint32_t)snprintf(b->body + e->off, 64, "{\"row\":%llu,\"value\":%llu}",
				    (unsigned long long)row, (unsigned long long)value);
	e->klen = (uint32_t)snprintf(b->keys + e->koff, 32, "[\"%llu\"]", (unsigned long long)row);
	b->body_len += e->len;
	b->keys_len += e->klen;
}

void
srig_verdicts(struct sl_block *b, enum sl_verdict v)
{
	memset(b->verdicts, (int)v, b->n);
}

void
srig_put(struct srig *r, const char *sync, struct sl_block *b)
{
	srig_begin(r);
	srig_ok(sl_store_block_put(r->s, sync, b, &r->err));
	srig_commit(r);
	sl_block_free(b);
}

void
srig_dead(struct srig *r, const char *sync, const struct sl_block *b, uint32_t i)
{
	const struct sl_event *e = &b->events[i];
	struct sl_dead d = { .run_id = b->run_id,
			     .block_no = b->no,
			     .idx = i,
			     .event = *e,
			     .key_text = { b->keys + e->koff, e->klen },
			     .body = { b->body + e->off, e->len },
			     .status = 400,
			     .tries = 1,
			     .at_us = 1000,
			     .reason = SL_LIT("refused by the destination"),
			     .detail = SL_LIT("no \x1b[31mway") };

	(void)snprintf(d.sync, sizeof d.sync, "%s", sync);
	srig_ok(sl_store_dead_put(r->s, &d, &r->err));
}

struct entries {
	struct sl_snap *list;
	size_t n, cap;
};

static enum sl_code
keep_entry(void *arg, const struct sl_snap *e, struct sl_err *err)
{
	struct entries *all = arg;

	if (all->n == all->cap) {
		const size_t cap = all->cap ? all->cap * 2 : 1024;
		struct sl_snap *more = realloc(all->list, cap * sizeof *more);

		if (!more)
			return sl_fail(err, SL_E_NOMEM, "test", "no memory");
		all->list = more;
		all->cap = cap;
	}
	all->list[all->n++] = *e;
	return SL_OK;
}

enum sl_code
srig_snapshot(struct sl_store *s, const char *sync, struct sl_snap **out, size_t *n,
	      struct sl_err *err)
{
	struct entries all = { 0 };
	enum sl_code code = sl_store_snapshot(s, sync, keep_entry, &all, err);

	if (code != SL_OK) {
		free(all.list);
		all = (struct entries){ 0 };
	}
	*out = all.list;
	*n = all.n;
	return code;
}

const struct sl_snap *
srig_find(const struct sl_snap *snap, size_t n, uint64_t row)
{
	struct sl_digest key = srig_key(row);

	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (sl_digest_cmp(snap[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && sl_digest_eq(snap[lo].key, key) ? &snap[lo] : NULL;
}
