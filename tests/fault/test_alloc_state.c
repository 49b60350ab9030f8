/* test_alloc_state.c - each allocation of the state, and of SQLite under it, fails in turn: what was begun is
 * undone, the state stays whole, and the next try works. */
#include "tests/lib/alloc_fail.h"
#include "tests/lib/check.h"
#include "tests/lib/nth_fail.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define SYNC   "users"
#define EVENTS 40u
/* SQLite allocates a thousand times in each of these scenes. */
#define SAMPLES 100

static enum sl_code
wrong(struct sl_err *err, const char *what)
{
	return sl_fail(err, SL_E_BUG, "test", "%s", what);
}

/* ---- opening --------------------------------------------------------------------------------------- */

static void
make_dir(void *arg)
{
	srig_make(arg);
}

static void
make_state(void *arg)
{
	struct srig *r = arg;

	srig_make(r);
	srig_open(r);
	(void)srig_sync(r, SYNC, 1);
	srig_close(r);
}

static void
remove_state(void *arg)
{
	srig_remove(arg);
}

static enum sl_code
open_state(void *arg, struct sl_err *err)
{
	const struct srig *r = arg;
	struct sl_store *s = NULL;
	uint8_t seed[32];
	enum sl_code code = sl_store_open(r->dir, 0, &s, err);

	if (code == SL_OK)
		code = sl_store_seed(s, seed, err);
	sl_store_close(s);
	return code;
}

static enum sl_code
look_into_state(void *arg, struct sl_err *err)
{
	const struct srig *r = arg;
	struct sl_sync_state sync;
	struct sl_store *s = NULL;
	enum sl_code code = sl_store_open(r->dir, SL_STORE_READ, &s, err);

	if (code == SL_OK)
		code = sl_store_sync_get(s, SYNC, &sync, err);
	sl_store_close(s);
	return code;
}

static void
a_state_is_opened(void **state)
{
	struct srig r = { 0 };
	struct nth_scene s = { "make a state", make_dir, NULL, open_state, NULL, remove_state, &r };

	(void)state;
	nth_some(&s, SAMPLES, 1);
	s = (struct nth_scene){ .name = "open a state",
				.before = make_state,
				.play = open_state,
				.after = remove_state,
				.arg = &r };
	nth_some(&s, SAMPLES, 2);
	s.name = "look into a state";
	s.play = look_into_state;
	nth_some(&s, SAMPLES, 3);
}

/* ---- writing --------------------------------------------------------------------------------------- */

/* A state, and the block that is written into it. */
struct scene {
	struct srig rig; /* first */
	struct sl_block *block;
};

static bool
open_store(void *arg)
{
	struct scene *c = arg;

	c->block = srig_block(0, 0, EVENTS);
	for (uint32_t i = 0; i < EVENTS; i++)
		srig_event(c->block, SL_OP_ADD, i, 1, 0);
	return sl_store_open(c->rig.dir, 0, &c->rig.s, &c->rig.err) == SL_OK;
}

/* What a try before has left. */
static enum sl_code
end_open_runs(struct sl_store *s, struct sl_err *err)
{
	struct sl_run open[4];
	uint32_t n;
	enum sl_code code = sl_store_open_runs(s, SL_COUNT(open), open, &n, err);

	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		code = sl_store_run_end(s, &open[i], SL_RUN_CANCELLED, SL_V_CANCELLED, -1, err);
	return code;
}

static enum sl_code
put_block(struct sl_store *s, struct sl_run *run, struct sl_block *b, struct sl_err *err)
{
	enum sl_code code = sl_store_run_new(s, run, err);

	b->run_id = run->id;
	srig_verdicts(b, SL_V_PENDING);
	return code == SL_OK ? sl_store_block_put(s, SYNC, b, err) : code;
}

static enum sl_code
put_verdicts(struct sl_store *s, struct sl_block *b, struct sl_err *err)
{
	struct sl_dead d = { .run_id = b->run_id,
			     .sync = SYNC,
			     .event = b->events[0],
			     .key_text = SL_LIT("[\"0\"]"),
			     .body = SL_LIT("{}"),
			     .reason = SL_LIT("refused") };
	enum sl_code code;

	srig_verdicts(b, SL_V_ACKED);
	b->verdicts[0] = SL_V_DEAD;
	code = sl_store_verdicts_put(s, b, err);
	return code == SL_OK ? sl_store_dead_put(s, &d, err) : code;
}

/* Begin, one step, commit; all of it or nothing. */
static enum sl_code
finish(struct sl_store *s, enum sl_code code, struct sl_err *err)
{
	if (code == SL_OK)
		code = sl_store_commit(s, err);
	if (code != SL_OK)
		sl_store_rollback(s);
	return code;
}

static enum sl_code
write_run(void *arg, struct sl_err *err)
{
	const struct scene *c = arg;
	const struct srig *r = &c->rig;
	struct sl_run run = {
		.sync = SYNC, .kind = "run", .by = "test", .state = SL_RUN_PLANNING, .epoch = 1
	};
	struct sl_block *b = c->block;
	enum sl_code code = sl_store_begin(r->s, err);

	if (code == SL_OK)
		code = finish(r->s, end_open_runs(r->s, err), err);
	if (code == SL_OK)
		code = sl_store_begin(r->s, err);
	if (code == SL_OK)
		code = finish(r->s, put_block(r->s, &run, b, err), err);
	if (code == SL_OK)
		code = sl_store_begin(r->s, err);
	if (code == SL_OK)
		code = finish(r->s, put_verdicts(r->s, b, err), err);
	if (code == SL_OK)
		code = sl_store_begin(r->s, err);
	if (code == SL_OK)
		code = finish(r->s,
			      sl_store_run_end(r->s, &run, SL_RUN_SETTLED, SL_V_PENDING, 0, err),
			      err);
	if (code == SL_OK && run.acked != EVENTS - 1)
		code = wrong(err, "the run has not what was acknowledged");
	if (code == SL_OK)
		code = sl_store_checkpoint(r->s, err);
	return code;
}

/* The snapshot is what was acknowledged, and every run adds up. */
static bool
is_whole(void *arg)
{
	struct srig *r = arg;
	struct sl_snap *snap = NULL;
	struct sl_run runs[8];
	uint32_t n = 0;
	size_t rows = 0;
	bool ok;

	sl_store_close(r->s);
	r->s = NULL;
	ok = sl_store_open(r->dir, 0, &r->s, &r->err) == SL_OK &&
	     srig_snapshot(r->s, SYNC, &snap, &rows, &r->err) == SL_OK &&
	     sl_store_runs(r->s, SYNC, 0, SL_COUNT(runs), runs, &n, &r->err) == SL_OK;
	for (uint32_t i = 0; i < n; i++)
		ok = ok && runs[i].adds == runs[i].acked + runs[i].dead + runs[i].cancelled;
	ok = ok && rows == EVENTS - 1 && !srig_find(snap, rows, 0) && n > 0 &&
	     runs[0].state == SL_RUN_SETTLED;
	free(snap);
	sl_store_close(r->s);
	return ok;
}

static void
a_run_is_written(void **state)
{
	struct scene c = { 0 };
	const struct nth_scene s = { "write a run", make_state,   open_store, write_run,
				     is_whole,      remove_state, &c };

	(void)state;
	nth_some(&s, 2 * SAMPLES, 7);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void
make_history(void *arg)
{
	struct srig *r = arg;

	make_state(r);
	assert_true(open_store(arg));
	srig_ok(write_run(arg, &r->err));
	srig_close(r);
}

static int
by_digest(const void *a, const void *b)
{
	return sl_digest_cmp(*(const struct sl_digest *)a, *(const struct sl_digest *)b);
}

static enum sl_code
read_texts(struct sl_store *s, struct sl_arena *a, struct sl_err *err)
{
	struct sl_digest keys[EVENTS - 1];
	struct sl_str texts[EVENTS - 1];
	enum sl_code code;

	for (uint32_t i = 1; i < EVENTS; i++)
		keys[i - 1] = srig_key(i);
	qsort(keys, SL_COUNT(keys), sizeof(*keys), by_digest);
	code = sl_store_keys(s, SYNC, keys, SL_COUNT(keys), a, texts, err);
	for (size_t i = 0; i < SL_COUNT(keys) && code == SL_OK; i++)
		if (texts[i].len < 4)
			code = wrong(err, "the text of a key is lost");
	if (code == SL_OK)
		code = sl_store_last_bodies(s, SYNC, keys, SL_COUNT(keys), 0, a, texts, err);
	return code;
}

static enum sl_code
read_history(void *arg, struct sl_err *err)
{
	const struct srig *r = arg;
	struct sl_arena *a = sl_arena_new(1024, 0);
	struct sl_snap *snap = NULL, *dead = NULL, *unsure = NULL;
	struct sl_dead *letters = NULL;
	size_t n = 0, ndead = 0, nunsure = 0;
	uint32_t nletters = 0;
	enum sl_code code = a ? SL_OK : sl_fail(err, SL_E_NOMEM, "test", "no memory");

	if (code == SL_OK)
		code = srig_snapshot(r->s, SYNC, &snap, &n, err);
	if (code == SL_OK)
		code = sl_store_dead_snaps(r->s, SYNC, &dead, &ndead, err);
	if (code == SL_OK)
		code = sl_store_unsure(r->s, SYNC, &unsure, &nunsure, err);
	if (code == SL_OK)
		code = sl_store_dead_list(r->s, SYNC, true, 0, 10, a, &letters, &nletters, err);
	if (code == SL_OK && (n != EVENTS - 1 || ndead != 1 || nunsure != 1 || nletters != 1))
		code = wrong(err, "something is missing");
	if (code == SL_OK)
		code = read_texts(r->s, a, err);
	free(snap);
	free(dead);
	free(unsure);
	sl_arena_free(a);
	return code;
}

static bool
close_store(void *arg)
{
	struct srig *r = arg;

	sl_store_close(r->s);
	return true;
}

static void
a_state_is_read(void **state)
{
	struct scene c = { 0 };
	const struct nth_scene s = {
		.name = "read a state",
		.open = open_store,
		.play = read_history,
		.close = close_store,
		.arg = &c,
	};

	(void)state;
	make_history(&c);
	nth_some(&s, SAMPLES, 4);
	srig_remove(&c.rig);
}

static int
say(void **state)
{
	(void)state;
	nth_say();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_opened),
		cmocka_unit_test(a_run_is_written),
		cmocka_unit_test(a_state_is_read),
	};

	struct sl_digest_key key;

	(void)setenv("TMPDIR", "/dev/shm", 0); /* many states, and none has to last */
	alloc_fail_libraries();
	/* OpenSSL reads its settings at its first use: here, not in every child. */
	(void)!sl_digest_key_init(&key, (const uint8_t[32]){ 0 });
	return cmocka_run_group_tests_name("alloc_state", tests, NULL, say);
}
