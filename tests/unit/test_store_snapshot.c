/* test_store_snapshot.c - the snapshot, its keys and old bodies against a model that forgets nothing,
 * over random histories: runs, retries, verdicts of every kind, folds and erasing at any time. */
#include "core/base/pacing.h"
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEP_ALL (-1)

/* What the destination acknowledged of one row. */
struct row {
	uint64_t value; /* 0 = not there */
	uint32_t version;
	bool dead; /* its last event was given up on */
};

struct history {
	struct srig rig;
	struct sl_rng rng;
	char sync[16];
	uint32_t nrows;
	struct row *rows;
	uint64_t next_value;
};

static uint32_t
below(struct history *h, uint32_t n)
{
	return (uint32_t)sl_rng_below(&h->rng, n);
}

/* One random event for the row, if it gets one in this run. */
static void
maybe_event(struct history *h, struct sl_block *b, uint32_t row, uint32_t one_in, bool retry)
{
	const struct row *r = &h->rows[row];
	enum sl_op op = r->value ? SL_OP_UPDATE : SL_OP_ADD;

	if (retry ? !r->dead : below(h, one_in) != 0)
		return;
	if (r->value && below(h, 4) == 0)
		op = SL_OP_REMOVE;
	srig_event(b, op, row, op == SL_OP_REMOVE ? 0 : h->next_value++, r->version);
}

static uint64_t
row_of(const struct sl_block *b, uint32_t i)
{
	return strtoull(b->keys + b->events[i].koff + 2, NULL, 10);
}

/* Random verdicts, most of them ACKED; the model learns what was acknowledged. */
static void
answer(struct history *h, struct sl_block *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		struct row *r = &h->rows[row_of(b, i)];
		uint32_t dice = below(h, 20);

		b->verdicts[i] = dice == 0   ? SL_V_DEAD
				 : dice == 1 ? SL_V_SUPERSEDED
				 : dice == 2 ? SL_V_CANCELLED
					     : SL_V_ACKED;
		r->dead = b->verdicts[i] == SL_V_DEAD;
		if (r->dead)
			srig_dead(&h->rig, h->sync, b, i);
		if (b->verdicts[i] != SL_V_ACKED)
			continue;
		r->value = b->events[i].row.lo; /* srig_value() keeps the number there */
		r->version++;
	}
}

/* Asked for a few keys, and for some that nobody has, the snapshot says the same as whole. */
static void
check_entries(struct history *h, const struct sl_snap *snap, size_t n)
{
	struct sl_digest keys[40];
	struct sl_snap few[SL_COUNT(keys)];
	const uint32_t step = h->nrows / 30 + 1;
	size_t nkeys = 0;

	for (uint32_t row = 0; row < h->nrows + 3 * step && nkeys < SL_COUNT(keys); row += step)
		keys[nkeys++] = srig_key(row);
	if (nkeys > 1)
		keys[nkeys - 1] = keys[0];
	sl_digest_sort(keys, nkeys);
	srig_ok(sl_store_entries(h->rig.s, h->sync, keys, nkeys, few, &h->rig.err));
	for (size_t i = 0; i < nkeys; i++) {
		const struct sl_snap *e = NULL;

		for (size_t k = 0; k < n && !e; k++)
			e = sl_digest_eq(snap[k].key, keys[i]) ? &snap[k] : NULL;
		assert_true(sl_digest_eq(few[i].key, keys[i]));
		assert_int_equal(few[i].version, e ? e->version : 0);
		assert_true(!e || sl_digest_eq(few[i].row, e->row));
	}
}

static void
check_snapshot(struct history *h)
{
	struct sl_snap *snap;
	size_t n, known = 0;

	srig_ok(srig_snapshot(h->rig.s, h->sync, &snap, &n, &h->rig.err));
	for (size_t i = 1; i < n; i++)
		assert_true(sl_digest_cmp(snap[i - 1].key, snap[i].key) < 0);
	for (uint32_t row = 0; row < h->nrows; row++) {
		const struct row *r = &h->rows[row];
		const struct sl_snap *e = srig_find(snap, n, row);

		if (r->version == 0) {
			assert_null(e);
			continue;
		}
		known++;
		assert_non_null(e);
		assert_true(sl_digest_eq(e->row, srig_value(r->value)));
		assert_int_equal(e->version, r->version);
		assert_int_equal(e->seen, 0);
	}
	assert_int_equal(n, known);
	check_entries(h, snap, n);
	free(snap);
}

struct asked {
	struct sl_digest key;
	uint32_t row;
};

static int
by_key(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;

	return sl_digest_cmp(x->key, y->key);
}

/* Every row, sorted by key. */
static struct asked *
ask_all(const struct history *h, struct sl_digest *keys)
{
	struct asked *all = malloc(h->nrows * sizeof *all);

	assert_non_null(all);
	for (uint32_t row = 0; row < h->nrows; row++)
		all[row] = (struct asked){ srig_key(row), row };
	qsort(all, h->nrows, sizeof *all, by_key);
	for (uint32_t i = 0; i < h->nrows; i++)
		keys[i] = all[i].key;
	return all;
}

static void
check_texts(struct history *h, bool bodies_kept)
{
	struct sl_arena *a = sl_arena_new(1 << 16, 0);
	struct sl_digest *keys = malloc(h->nrows * sizeof *keys);
	struct sl_str *texts = malloc(h->nrows * sizeof *texts);
	struct sl_str *bodies = malloc(h->nrows * sizeof *bodies);
	struct asked *all = ask_all(h, keys);
	char want[64];

	assert_true(keys && texts && bodies);
	srig_ok(sl_store_keys(h->rig.s, h->sync, keys, h->nrows, a, texts, &h->rig.err));
	srig_ok(sl_store_last_bodies(h->rig.s, h->sync, keys, h->nrows, 0, a, bodies, &h->rig.err));
	for (uint32_t i = 0; i < h->nrows; i++) {
		const struct row *r = &h->rows[all[i].row];

		if (r->value) {
			(void)snprintf(want, sizeof want, "[\"%u\"]", all[i].row);
			assert_str(texts[i], want);
		}
		(void)snprintf(want, sizeof want, "{\"row\":%u,\"value\":%llu}", all[i].row,
			       (unsigned long long)r->value);
		if (!r->value)
			assert_int_equal(bodies[i].len, 0);
		else if (bodies_kept || bodies[i].len)
			assert_str(bodies[i], want);
	}
	free(all);
	free(bodies);
	free(texts);
	free(keys);
	sl_arena_free(a);
}

static void
one_block(struct history *h, struct sl_block *b)
{
	bool apart = below(h, 2) == 0; /* verdicts in a later transaction than the block */

	srig_begin(&h->rig);
	if (!apart)
		answer(h, b);
	srig_ok(sl_store_block_put(h->rig.s, h->sync, b, &h->rig.err));
	if (apart) {
		srig_commit(&h->rig);
		if (below(h, 8) == 0)
			check_snapshot(h); /* with events that are pending */
		srig_begin(&h->rig);
		answer(h, b);
		srig_ok(sl_store_verdicts_put(h->rig.s, b, &h->rig.err));
	}
	srig_commit(&h->rig);
	sl_block_free(b);
}

static void
one_run(struct history *h, uint32_t one_in, uint32_t block_max, int64_t keep_us)
{
	static const enum sl_run_state ends[] = { SL_RUN_SETTLED, SL_RUN_SETTLED, SL_RUN_FAILED,
						  SL_RUN_CANCELLED };
	bool retry = below(h, 5) == 0;
	int64_t run = srig_run(&h->rig, h->sync);
	uint32_t row = 0, no = 0;

	while (row < h->nrows) {
		uint32_t room = 1 + below(h, block_max);
		struct sl_block *b = srig_block(run, no, room);

		for (; row < h->nrows && b->n < room; row++)
			maybe_event(h, b, row, one_in, retry);
		if (b->n == 0) {
			sl_block_free(b);
			continue;
		}
		one_block(h, b);
		no++;
	}
	(void)srig_end(&h->rig, run, ends[below(h, 4)], keep_us);
}

static void
start(struct history *h, uint64_t seed, uint32_t nrows)
{
	*h = (struct history){ .rng = { seed }, .nrows = nrows, .next_value = 1 };
	(void)snprintf(h->sync, sizeof h->sync, "sync%llu", (unsigned long long)seed);
	srig_make(&h->rig);
	srig_open(&h->rig);
	h->rows = calloc(nrows, sizeof *h->rows);
	assert_non_null(h->rows);
	(void)srig_sync(&h->rig, h->sync, 1);
	(void)srig_sync(&h->rig, "other", 1);
}

static void
finish(struct history *h)
{
	srig_remove(&h->rig);
	free(h->rows);
}

/* Another sync in the same state must not show. */
static void
disturb(struct history *h)
{
	int64_t run = srig_run(&h->rig, "other");
	struct sl_block *b = srig_block(run, 0, 3);

	for (uint32_t i = 0; i < 3; i++)
		srig_event(b, SL_OP_ADD, below(h, h->nrows), 999, 0);
	srig_verdicts(b, SL_V_ACKED);
	srig_put(&h->rig, "other", b);
	(void)srig_end(&h->rig, run, SL_RUN_SETTLED, 0);
}

static void
check_rows(struct history *h)
{
	struct sl_sync_state state;
	uint64_t live = 0;

	for (uint32_t row = 0; row < h->nrows; row++)
		live += h->rows[row].value != 0;
	srig_ok(sl_store_sync_get(h->rig.s, h->sync, &state, &h->rig.err));
	assert_int_equal(state.rows, live);
}

struct plot {
	uint64_t seed;
	uint32_t nrows, runs, block_max;
	bool erase; /* at random */
	bool calm;  /* after the first run few rows change, so that folds are rare */
};

static void
play(const struct plot *p)
{
	static const uint32_t shares[] = { 1, 2, 10, 50 };
	struct history h;

	start(&h, p->seed, p->nrows);
	for (uint32_t i = 0; i < p->runs; i++) {
		int64_t keep = p->erase && below(&h, 2) ? 0 : KEEP_ALL;
		uint32_t one_in = !p->calm ? shares[below(&h, 4)] : i == 0 ? 1 : 100;

		one_run(&h, one_in, p->block_max, keep);
		if (below(&h, 3) == 0)
			disturb(&h);
		if (below(&h, 4) == 0) {
			srig_close(&h.rig);
			srig_open(&h.rig);
		}
		check_rows(&h);
		check_snapshot(&h);
		check_texts(&h, !p->erase);
	}
	finish(&h);
}

static void
test_small_histories(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct plot p = { .seed = seed, .nrows = 60, .runs = 12, .block_max = 20 };

		p.erase = seed % 2 == 0;
		play(&p);
	}
}

static void
test_many_parts(void **state)
{
	struct plot p = { .seed = 77, .nrows = 9500, .runs = 3, .block_max = 1000 };

	(void)state;
	play(&p);
	p.seed = 78;
	p.erase = true;
	play(&p);
}

/* More than is sorted in memory: by way of a temporary file. */
static void
test_many_rows(void **state)
{
	struct plot p = { .seed = 79, .nrows = 190000, .runs = 2, .block_max = 1000, .calm = true };

	(void)state;
	play(&p);
}

/* A row moves in several runs before the log is folded. */
static void
test_many_runs_between_folds(void **state)
{
	struct plot p = { .seed = 81, .nrows = 9500, .runs = 12, .block_max = 1000, .calm = true };

	(void)state;
	play(&p);
	p.seed = 82;
	p.erase = true;
	play(&p);
}

/* The events of a paused run stay in the log until they are answered, whatever comes after them. */
static void
test_fold_waits_for_pending(void **state)
{
	struct history h;
	struct sl_block *b;
	int64_t paused, later;

	(void)state;
	start(&h, 7, 30);
	paused = srig_run(&h.rig, h.sync);
	b = srig_block(paused, 0, 10);
	for (uint32_t row = 0; row < 10; row++)
		srig_event(b, SL_OP_ADD, row, 1, 0);
	srig_put(&h.rig, h.sync, b);
	(void)srig_end(&h.rig, paused, SL_RUN_PAUSED, 0);
	later = srig_run(&h.rig, h.sync);
	b = srig_block(later, 0, 20);
	for (uint32_t row = 10; row < 30; row++) {
		srig_event(b, SL_OP_ADD, row, 1, 0);
		h.rows[row] = (struct row){ .value = 1, .version = 1 };
	}
	srig_verdicts(b, SL_V_ACKED);
	srig_put(&h.rig, h.sync, b);
	(void)srig_end(&h.rig, later, SL_RUN_SETTLED, 0);
	check_snapshot(&h);
	srig_ok(sl_store_block_get(h.rig.s, paused, 0, &b, &h.rig.err));
	srig_verdicts(b, SL_V_ACKED);
	for (uint32_t row = 0; row < 10; row++)
		h.rows[row] = (struct row){ .value = 1, .version = 1 };
	srig_begin(&h.rig);
	srig_ok(sl_store_verdicts_put(h.rig.s, b, &h.rig.err));
	srig_commit(&h.rig);
	sl_block_free(b);
	check_snapshot(&h);
	(void)srig_end(&h.rig, paused, SL_RUN_SETTLED, 0);
	check_snapshot(&h);
	check_texts(&h, false);
	finish(&h);
}

/* The event gets another key text. */
static void
set_text(struct sl_block *b, uint32_t i, const char *text)
{
	struct sl_event *e = &b->events[i];

	e->koff = (uint32_t)b->keys_len;
	e->klen = (uint32_t)strlen(text);
	memcpy(b->keys + e->koff, text, e->klen);
	b->keys_len += e->klen;
}

static const char *
uuid(uint64_t row)
{
	static char text[64];

	(void)snprintf(text, sizeof text, "[\"%08x-89ab-4cde-8f01-23456789abcd\"]", (unsigned)row);
	return text;
}

static void
check_uuids(struct history *h, const char *of_2)
{
	struct sl_arena *a = sl_arena_new(1 << 16, 0);
	struct sl_digest keys[3] = { srig_key(1), srig_key(2), srig_key(3) };
	struct sl_str texts[3];

	sl_digest_sort(keys, 3);
	srig_ok(sl_store_keys(h->rig.s, h->sync, keys, 3, a, texts, &h->rig.err));
	for (int i = 0; i < 3; i++) {
		if (sl_digest_eq(keys[i], srig_key(1)))
			assert_str(texts[i], uuid(1));
		else if (sl_digest_eq(keys[i], srig_key(2)))
			assert_str(texts[i], of_2);
		else
			assert_int_equal(texts[i].len, 0); /* it was removed */
	}
	sl_arena_free(a);
}

/* Keys that are UUIDs are kept in few bytes, unless one of them is anything else. */
static void
test_uuid_keys(void **state)
{
	struct history h;
	int64_t run;
	struct sl_block *b;

	(void)state;
	start(&h, 7, 4);
	for (int turn = 0; turn < 3; turn++) {
		run = srig_run(&h.rig, h.sync);
		b = srig_block(run, 0, 20);
		for (uint64_t row = 1; row <= 3; row++) {
			const bool gone = turn > 0 && row == 3;

			srig_event(b,
				   gone       ? SL_OP_REMOVE
				   : turn > 0 ? SL_OP_UPDATE
					      : SL_OP_ADD,
				   row, row + (uint64_t)turn, (uint32_t)turn);
			set_text(b, (uint32_t)row - 1,
				 turn == 2 && row == 2 ? "[\"two\"]" : uuid(row));
		}
		srig_verdicts(b, SL_V_ACKED);
		srig_put(&h.rig, h.sync, b);
		(void)srig_end(&h.rig, run, SL_RUN_SETTLED, 0);
		if (turn > 0)
			check_uuids(&h, turn == 2 ? "[\"two\"]" : uuid(2));
	}
	srig_ok(sl_store_verify(h.rig.s, &h.rig.err));
	finish(&h);
}

static void
test_never_ran(void **state)
{
	struct history h;
	struct sl_snap *snap;
	size_t n;

	(void)state;
	start(&h, 5, 4);
	srig_ok(srig_snapshot(h.rig.s, "nobody", &snap, &n, &h.rig.err));
	assert_int_equal(n, 0);
	free(snap);
	check_snapshot(&h);
	finish(&h);
}

/* What a run shall be compared with is what was there before it. */
static void
test_last_body_before_a_run(void **state)
{
	struct history h;
	struct sl_arena *a = sl_arena_new(4096, 0);
	struct sl_str body;
	int64_t runs[3];

	(void)state;
	start(&h, 6, 4);
	for (uint32_t i = 0; i < 3; i++) {
		struct sl_block *b;

		runs[i] = srig_run(&h.rig, h.sync);
		b = srig_block(runs[i], 0, 1);
		srig_event(b, i == 2 ? SL_OP_REMOVE : SL_OP_ADD, 1, i == 2 ? 0 : i + 1, i);
		srig_verdicts(b, SL_V_ACKED);
		srig_put(&h.rig, h.sync, b);
		(void)srig_end(&h.rig, runs[i], SL_RUN_SETTLED, KEEP_ALL);
	}
	srig_ok(sl_store_last_body(h.rig.s, h.sync, srig_key(1), runs[1], a, &body, &h.rig.err));
	assert_str(body, "{\"row\":1,\"value\":1}");
	srig_ok(sl_store_last_body(h.rig.s, h.sync, srig_key(1), runs[2], a, &body, &h.rig.err));
	assert_str(body, "{\"row\":1,\"value\":2}");
	srig_is(sl_store_last_body(h.rig.s, h.sync, srig_key(1), 0, a, &body, &h.rig.err),
		SL_E_NOTFOUND);
	srig_is(sl_store_last_body(h.rig.s, h.sync, srig_key(2), 0, a, &body, &h.rig.err),
		SL_E_NOTFOUND);
	sl_arena_free(a);
	finish(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_histories),
		cmocka_unit_test(test_many_parts),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_many_runs_between_folds),
		cmocka_unit_test(test_fold_waits_for_pending),
		cmocka_unit_test(test_uuid_keys),
		cmocka_unit_test(test_never_ran),
		cmocka_unit_test(test_last_body_before_a_run),
	};
	return cmocka_run_group_tests_name("store_snapshot", tests, NULL, NULL);
}
