/* test_diff.c - changes between a table and what was acknowledged of it. */
#include "core/base/pacing.h"
#include "core/diff/diff.h"
#include "tests/lib/cells.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS 3000u
#define COLS 3u

static const uint32_t KEY[] = { 0 };
static const uint32_t USED[] = { 1, 2 };
static const struct sl_column COLUMNS[COLS] = {
	{ .name = { "id", 2 }, .type = SL_T_INT },
	{ .name = { "name", 4 }, .type = SL_T_TEXT, .nullable = true },
	{ .name = { "score", 5 }, .type = SL_T_DECIMAL, .nullable = true },
};
static const struct sl_schema SCHEMA = { COLS, COLUMNS };

/* A table in memory: row i has the key `id`, a name and a score; every text is in the row itself. */
struct row {
	char id[12], name[16], score[12];
	bool there, named;
};

/* With room for all in memory, or for nothing: see main(). */
static struct sl_budget memory;

static struct sl_index *
index_of(const struct sl_snap *snap, size_t n)
{
	const struct sl_room room = { &memory, "/tmp" };
	struct sl_index *x;
	struct sl_err err;

	assert_int_equal(sl_index_new(&room, n, &x, &err), SL_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sl_index_add(x, &snap[i], &err), SL_OK);
	assert_int_equal(sl_index_ready(x, &err), SL_OK);
	return x;
}

/* snap: of the spec, to be freed with sl_index_free(). */
static struct sl_diff_spec
spec_of(const struct sl_snap *snap, size_t n)
{
	static const uint8_t seed[32] = { 7 };
	struct sl_diff_spec s = { .fingerprint = { 1, 2 },
				  .key = KEY,
				  .nkey = 1,
				  .used = USED,
				  .nused = 2,
				  .room = { &memory, "/tmp" } };
	if (n > 0)
		s.snap = index_of(snap, n);
	assert_true(sl_digest_key_init(&s.hash, seed));
	return s;
}

static void
cells_of(const struct row *r, struct sl_value *out)
{
	out[0] = cell(SL_T_INT, r->id);
	out[1] = r->named ? cell(SL_T_TEXT, r->name) : cell(SL_T_NULL, NULL);
	out[2] = cell(SL_T_DECIMAL, r->score);
}

static void
fill(struct row *r, uint32_t id, struct sl_rng *rng)
{
	r->there = sl_rng_below(rng, 4) != 0;
	r->named = sl_rng_below(rng, 5) != 0;
	(void)snprintf(r->id, sizeof r->id, "%u", id);
	(void)snprintf(r->name, sizeof r->name, "n%u", (unsigned)sl_rng_below(rng, 2));
	(void)snprintf(r->score, sizeof r->score, "%u.5", (unsigned)sl_rng_below(rng, 2));
}

static bool
same_row(const struct row *a, const struct row *b)
{
	return a->named == b->named && (!a->named || strcmp(a->name, b->name) == 0) &&
	       strcmp(a->score, b->score) == 0;
}

static int
by_key(const void *a, const void *b)
{
	return sl_digest_cmp(((const struct sl_snap *)a)->key, ((const struct sl_snap *)b)->key);
}

/* The snapshot that a table leaves when all of it was acknowledged; rows that are not there any more
 * and whose id is a multiple of 7 are kept as removed. */
static size_t
snapshot_of(const struct row *t, struct sl_snap *snap)
{
	struct sl_diff_spec s = spec_of(NULL, 0);
	struct sl_value v[COLS];
	size_t n = 0;
	for (uint32_t i = 0; i < ROWS; i++) {
		cells_of(&t[i], v);
		if (!t[i].there && i % 7 != 0)
			continue;
		snap[n] = (struct sl_snap){ .key = sl_key_digest(&s, v), .version = i + 1 };
		if (t[i].there)
			snap[n].row = sl_row_digest(&s, v);
		n++;
	}
	qsort(snap, n, sizeof *snap, by_key);
	return n;
}

/* A batch over rows [from, to) of t that are there. cells: room for all of them. */
static struct sl_batch
batch_of(const struct row *t, uint32_t from, uint32_t to, struct sl_value *cells)
{
	struct sl_batch b = { .schema = &SCHEMA, .cells = cells };
	for (uint32_t i = from; i < to; i++)
		if (t[i].there)
			cells_of(&t[i], &cells[(size_t)b.nrows++ * COLS]);
	return b;
}

static struct row *
table(uint64_t seed)
{
	struct sl_rng rng = { seed };
	struct row *t = calloc(ROWS, sizeof *t);
	assert_non_null(t);
	for (uint32_t i = 0; i < ROWS; i++)
		fill(&t[i], i, &rng);
	return t;
}

/* Put the changes of one batch into t. */
static void
apply(struct row *t, const struct sl_batch *b, const struct sl_change *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sl_value *v = &b->cells[(size_t)c[i].row * COLS];
		uint32_t id = (uint32_t)strtoul(v[0].ptr, NULL, 10);
		assert_int_equal(c[i].op, t[id].there ? SL_OP_UPDATE : SL_OP_ADD);
		assert_int_equal(c[i].version, t[id].there || id % 7 == 0 ? id + 1 : 0);
		t[id].there = true;
		t[id].named = v[1].type != SL_T_NULL;
		(void)snprintf(t[id].name, sizeof t[id].name, "%.*s", (int)v[1].len,
			       v[1].ptr ? v[1].ptr : "");
		(void)snprintf(t[id].score, sizeof t[id].score, "%.*s", (int)v[2].len, v[2].ptr);
	}
}

static void
remove_rows(struct row *t, const struct sl_diff_spec *s, const struct sl_gone *gone, size_t n)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		struct sl_value v[COLS];
		cells_of(&t[i], v);
		struct sl_digest key = sl_key_digest(s, v);
		for (size_t g = 0; g < n; g++)
			if (sl_digest_eq(gone[g].key, key)) {
				assert_true(t[i].there && gone[g].version == i + 1);
				t[i].there = false;
				break;
			}
	}
}

static void
applying_the_diff_gives_the_new_table(void **state)
{
	(void)state;
	struct sl_value *cells = calloc((size_t)ROWS * COLS, sizeof *cells);
	struct sl_change *c = calloc(ROWS, sizeof *c);
	struct sl_snap *snap = calloc(ROWS, sizeof *snap);
	assert_true(cells && c && snap);
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct row *a = table(seed), *b = table(seed + 1);
		struct sl_diff_spec spec = spec_of(snap, snapshot_of(a, snap));
		struct sl_diff_count count = { 0 };
		struct sl_diff *d;
		struct sl_err err;
		struct sl_gone gone[90];
		struct sl_removes removes = { 0 };
		uint32_t n, changes = 0, there = 0;
		size_t ngone;

		assert_int_equal(sl_diff_new(&spec, &d, &err), SL_OK);
		for (uint32_t at = 0; at < ROWS; at += 700) {
			struct sl_batch batch =
				batch_of(b, at, at + 700 < ROWS ? at + 700 : ROWS, cells);
			assert_int_equal(sl_diff_batch(d, &batch, c, &n, &count, &err), SL_OK);
			apply(a, &batch, c, n);
			changes += n;
			there += batch.nrows;
		}
		assert_int_equal(sl_diff_end(d, &err), SL_OK);
		do {
			assert_int_equal(
				sl_diff_removes(d, &removes, gone, SL_COUNT(gone), &ngone, &err),
				SL_OK);
			remove_rows(a, &spec, gone, ngone);
		} while (ngone > 0);
		for (uint32_t i = 0; i < ROWS; i++) {
			assert_int_equal(a[i].there, b[i].there);
			if (a[i].there)
				assert_true(same_row(&a[i], &b[i]));
		}
		assert_int_equal(count.rows, there);
		assert_int_equal(count.same + changes, there);
		sl_diff_free(d);
		sl_index_free(spec.snap);
		free(a);
		free(b);
	}
	free(cells);
	free(c);
	free(snap);
}

/* Run one batch over rows given as {id, name} against a snapshot of the first nsnap of them. */
static enum sl_code
one_batch(struct sl_value *cells, uint32_t nrows, struct sl_change *c, uint32_t *n,
	  struct sl_err *err)
{
	struct sl_diff_spec spec = spec_of(NULL, 0);
	struct sl_batch b = { .schema = &SCHEMA, .cells = cells, .nrows = nrows };
	struct sl_diff_count count = { 0 };
	struct sl_diff *d;
	assert_int_equal(sl_diff_new(&spec, &d, err), SL_OK);
	enum sl_code rc = sl_diff_batch(d, &b, c, n, &count, err);
	sl_diff_free(d);
	return rc;
}

static void
duplicate_and_null_keys_are_named(void **state)
{
	(void)state;
	struct sl_value twice[] = { cell(SL_T_INT, "41"), { 0 }, { 0 },
				    cell(SL_T_INT, "42"), { 0 }, { 0 },
				    cell(SL_T_INT, "41"), { 0 }, { 0 } };
	struct sl_value null[] = { cell(SL_T_INT, "1"), { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };
	struct sl_change c[3];
	struct sl_err err;
	uint32_t n;

	assert_int_equal(one_batch(twice, 3, c, &n, &err), SL_E_DATA);
	assert_non_null(strstr(err.msg, "more than once"));
	assert_non_null(strstr(err.msg, "id = 41"));
	assert_null(strstr(err.msg, "42"));
	assert_int_equal(one_batch(null, 2, c, &n, &err), SL_E_DATA);
	assert_non_null(strstr(err.msg, "id = NULL"));
}

static void
a_hostile_key_is_shown_safely(void **state)
{
	(void)state;
	struct sl_value twice[] = { cell(SL_T_TEXT, "a\x1b[2J"), { 0 }, { 0 },
				    cell(SL_T_TEXT, "a\x1b[2J"), { 0 }, { 0 } };
	struct sl_change c[2];
	struct sl_err err;
	uint32_t n;
	assert_int_equal(one_batch(twice, 2, c, &n, &err), SL_E_DATA);
	assert_null(strchr(err.msg, '\x1b'));
}

static void
a_duplicate_of_a_known_key_is_found_too(void **state)
{
	(void)state;
	struct sl_value cells[] = { cell(SL_T_INT, "9"), cell(SL_T_TEXT, "a"), { 0 },
				    cell(SL_T_INT, "9"), cell(SL_T_TEXT, "a"), { 0 } };
	struct sl_snap snap = { .version = 1 };
	struct sl_diff_spec spec = spec_of(NULL, 0);
	struct sl_batch b = { .schema = &SCHEMA, .cells = cells, .nrows = 1 };
	struct sl_diff_count count = { 0 };
	struct sl_change c[2];
	struct sl_diff *d;
	struct sl_err err;
	uint32_t n;

	snap.key = sl_key_digest(&spec, cells);
	snap.row = sl_row_digest(&spec, cells);
	spec.snap = index_of(&snap, 1);
	assert_int_equal(sl_diff_new(&spec, &d, &err), SL_OK);
	assert_int_equal(sl_diff_batch(d, &b, c, &n, &count, &err), SL_OK);
	assert_int_equal(n, 0);
	assert_int_equal(sl_diff_batch(d, &b, c, &n, &count, &err), SL_E_DATA);
	assert_non_null(strstr(err.msg, "id = 9"));
	sl_diff_free(d);
	sl_index_free(spec.snap);
}

static void
null_is_not_empty_and_columns_do_not_run_together(void **state)
{
	(void)state;
	struct sl_diff_spec spec = spec_of(NULL, 0);
	struct sl_value rows[][COLS] = {
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, ""), cell(SL_T_TEXT, "ab") },
		{ cell(SL_T_INT, "1"), { 0 }, cell(SL_T_TEXT, "ab") },
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, "a"), cell(SL_T_TEXT, "b") },
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, "ab"), cell(SL_T_TEXT, "") },
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, "1.0"), cell(SL_T_TEXT, "") },
		/* \5 is what says "text" between the values */
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, "a\5b"), cell(SL_T_TEXT, "") },
		{ cell(SL_T_INT, "1"), cell(SL_T_TEXT, "a"), cell(SL_T_TEXT, "b\5") },
		{ cell(SL_T_INT, "1"), cell(SL_T_DECIMAL, "1.0"), cell(SL_T_TEXT, "") },
		{ cell(SL_T_INT, "1"), cell(SL_T_DECIMAL, "1.00"), cell(SL_T_TEXT, "") },
	};
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		for (size_t j = i + 1; j < SL_COUNT(rows); j++)
			assert_false(sl_digest_eq(sl_row_digest(&spec, rows[i]),
						  sl_row_digest(&spec, rows[j])));
	struct sl_diff_spec other = spec;
	other.fingerprint.lo++;
	assert_false(sl_digest_eq(sl_row_digest(&spec, rows[0]), sl_row_digest(&other, rows[0])));
	struct sl_value text = cell(SL_T_TEXT, "1");
	assert_true(sl_digest_eq(sl_key_digest(&spec, rows[0]), sl_key_digest(&spec, &text)));
}

static void
dead_rows_wait_until_they_change(void **state)
{
	(void)state;
	struct sl_value cells[] = { cell(SL_T_INT, "9"), cell(SL_T_TEXT, "a"), { 0 } };
	struct sl_diff_spec spec = spec_of(NULL, 0);
	struct sl_snap dead = { .key = sl_key_digest(&spec, cells),
				.row = sl_row_digest(&spec, cells) };
	struct sl_batch b = { .schema = &SCHEMA, .cells = cells, .nrows = 1 };
	struct sl_change c[1];
	struct sl_err err;
	const struct {
		const char *name;
		bool full;
		uint32_t changes;
	} cases[] = { { "a", false, 0 }, { "b", false, 1 }, { "a", true, 1 } };

	spec.dead = &dead;
	spec.ndead = 1;
	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		struct sl_diff_count count = { 0 };
		struct sl_diff *d;
		uint32_t n;
		cells[1] = cell(SL_T_TEXT, cases[i].name);
		spec.full = cases[i].full;
		assert_int_equal(sl_diff_new(&spec, &d, &err), SL_OK);
		assert_int_equal(sl_diff_batch(d, &b, c, &n, &count, &err), SL_OK);
		assert_int_equal(n, cases[i].changes);
		assert_int_equal(count.still_dead, 1 - cases[i].changes);
		if (n)
			assert_true(c[0].replaces_dead);
		sl_diff_free(d);
	}
}

struct job {
	struct sl_diff *d;
	const struct row *t;
	uint32_t from, to;
	uint32_t changes;
	enum sl_code rc;
};

static void *
work(void *arg)
{
	struct job *j = arg;
	struct sl_value *cells = calloc((size_t)ROWS * COLS, sizeof *cells);
	struct sl_change *c = calloc(ROWS, sizeof *c);
	struct sl_diff_count count = { 0 };
	struct sl_err err;
	for (uint32_t at = j->from; cells && c && at < j->to; at += 100) {
		struct sl_batch b = batch_of(j->t, at, at + 100, cells);
		uint32_t n = 0;
		enum sl_code rc = sl_diff_batch(j->d, &b, c, &n, &count, &err);
		j->changes += n;
		j->rc = rc != SL_OK ? rc : j->rc;
	}
	free(cells);
	free(c);
	return NULL;
}

/* Four threads, each with its own part of the rows; and, with overlap, two with the same part. */
static uint32_t
run_threads(struct sl_diff *d, const struct row *t, bool overlap, uint32_t *failed)
{
	struct job jobs[4];
	pthread_t threads[4];
	uint32_t changes = 0;
	*failed = 0;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t part = overlap ? i / 2 * 2 : i;
		jobs[i] =
			(struct job){ .d = d, .t = t, .from = part * 700, .to = part * 700 + 700 };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	}
	for (uint32_t i = 0; i < 4; i++) {
		(void)pthread_join(threads[i], NULL);
		changes += jobs[i].changes;
		*failed += jobs[i].rc == SL_E_DATA;
	}
	return changes;
}

static void
threads_share_a_diff(void **state)
{
	(void)state;
	struct row *a = table(11), *b = table(12);
	struct sl_snap *snap = calloc(ROWS, sizeof *snap);
	assert_non_null(snap);
	const size_t nsnap = snapshot_of(a, snap);
	struct sl_diff_spec spec = spec_of(snap, nsnap);
	uint32_t expected = 0, failed;
	struct sl_diff *d;
	struct sl_err err;

	for (uint32_t i = 0; i < 2800; i++)
		expected += b[i].there && !(a[i].there && same_row(&a[i], &b[i]));
	assert_int_equal(sl_diff_new(&spec, &d, &err), SL_OK);
	assert_int_equal(run_threads(d, b, false, &failed), expected);
	assert_int_equal(failed, 0);
	sl_diff_free(d);
	sl_index_free(spec.snap);

	spec.snap = index_of(snap, nsnap);
	assert_int_equal(sl_diff_new(&spec, &d, &err), SL_OK);
	(void)run_threads(d, b, true, &failed);
	assert_true(failed >= 2);
	sl_diff_free(d);
	sl_index_free(spec.snap);
	free(snap);
	free(a);
	free(b);
}

static void
what_may_have_been_applied_has_taken_its_version(void **state)
{
	const struct sl_digest key = { 5, 5 }, a = { 1, 1 }, b = { 2, 2 };
	const struct sl_snap unsure = { .key = key, .row = a, .version = 3 };
	struct sl_diff_spec s = spec_of(NULL, 0);

	(void)state;
	assert_int_equal(sl_next_version(&s, key, a, 2), 2);
	s.unsure = &unsure;
	s.nunsure = 1;
	assert_int_equal(sl_next_version(&s, key, a, 2), 3); /* the same event again */
	assert_int_equal(sl_next_version(&s, key, b, 2), 4);
	assert_int_equal(sl_next_version(&s, key, a, 3), 3);
	assert_int_equal(sl_next_version(&s, key, b, 3), 4);
	assert_int_equal(sl_next_version(&s, key, a, 4), 4); /* settled by a later one */
	assert_int_equal(sl_next_version(&s, key, b, 4), 4);
	assert_int_equal(sl_next_version(&s, b, a, 2), 2); /* another key */
}

/* One row of the table that is as it was acknowledged, with an event of it that was never answered. */
static void
diff_in_doubt(struct sl_snap *snap, size_t nsnap, struct sl_snap *unsure, struct sl_change *c,
	      uint32_t *n, size_t *orphans)
{
	struct sl_diff_spec s = spec_of(snap, nsnap);
	struct sl_diff_count count = { 0 };
	struct sl_diff *d;
	struct sl_err err;
	struct sl_removes removes = { 0 };
	struct sl_gone gone[2];
	struct row *t = table(11);
	struct sl_value *cells = calloc((size_t)ROWS * COLS, sizeof *cells);
	struct sl_change *all = calloc(ROWS, sizeof *all);
	struct sl_batch b;

	assert_true(cells && all);
	b = batch_of(t, 0, ROWS, cells);
	s.unsure = unsure;
	s.nunsure = 1;
	assert_int_equal(sl_diff_new(&s, &d, &err), SL_OK);
	assert_int_equal(sl_diff_batch(d, &b, all, n, &count, &err), SL_OK);
	if (*n > 0)
		*c = all[0];
	assert_int_equal(sl_diff_removes(d, &removes, gone, SL_COUNT(gone), orphans, &err), SL_OK);
	if (*orphans > 0)
		assert_true(sl_digest_eq(gone[0].key, unsure->key));
	free(t);
	free(cells);
	free(all);
	sl_diff_free(d);
	sl_index_free(s.snap);
}

static void
what_may_have_been_applied_is_sent_over(void **state)
{
	struct sl_snap *snap = calloc(ROWS, sizeof *snap), u;
	struct row *t = table(11);
	size_t orphans, at = 0, n = snapshot_of(t, snap);
	struct sl_change c = { 0 };
	uint32_t changed;

	(void)state;
	free(t);
	while (snap[at].row.hi == 0)
		at++;
	u = (struct sl_snap){ .key = snap[at].key, .row = { 9, 9 }, .version = snap[at].version };
	/* Known not to be there. */
	diff_in_doubt(snap, n, &u, &c, &changed, &orphans);
	assert_int_equal(changed, 0);
	u.seen = u.version + 1;
	diff_in_doubt(snap, n, &u, &c, &changed, &orphans);
	assert_int_equal(changed, 1);
	assert_true(c.op == SL_OP_UPDATE && c.version == u.version + 1);
	assert_int_equal(orphans, 0);
	/* Older than what was acknowledged: settled. */
	u.version -= 1;
	u.seen = u.version + 1;
	diff_in_doubt(snap, n, &u, &c, &changed, &orphans);
	assert_int_equal(changed, 0);
	/* A key that the table does not have, nor the snapshot. */
	u = (struct sl_snap){ .key = { 77, 77 }, .row = { 9, 9 }, .version = 0, .seen = 1 };
	diff_in_doubt(snap, n, &u, &c, &changed, &orphans);
	assert_true(changed == 0 && orphans == 1);
	u.seen = 0;
	diff_in_doubt(snap, n, &u, &c, &changed, &orphans);
	assert_true(changed == 0 && orphans == 0);
	free(snap);
}

static void
the_guard_allows_few_removes(void **state)
{
	(void)state;
	size_t limit;
	assert_true(sl_guard_removes(20, 20, -1, &limit));
	assert_false(sl_guard_removes(21, 100, -1, &limit));
	assert_int_equal(limit, 20);
	assert_true(sl_guard_removes(50, 1000, -1, &limit));
	assert_false(sl_guard_removes(51, 1000, -1, &limit));
	assert_false(sl_guard_removes(501, 10000000, -1, &limit));
	assert_int_equal(limit, 500);
	assert_false(sl_guard_removes(1, 1000, 0, &limit));
	assert_true(sl_guard_removes(9000, 10000, 9000, &limit));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applying_the_diff_gives_the_new_table),
		cmocka_unit_test(duplicate_and_null_keys_are_named),
		cmocka_unit_test(a_hostile_key_is_shown_safely),
		cmocka_unit_test(a_duplicate_of_a_known_key_is_found_too),
		cmocka_unit_test(null_is_not_empty_and_columns_do_not_run_together),
		cmocka_unit_test(dead_rows_wait_until_they_change),
		cmocka_unit_test(threads_share_a_diff),
		cmocka_unit_test(what_may_have_been_applied_has_taken_its_version),
		cmocka_unit_test(what_may_have_been_applied_is_sent_over),
		cmocka_unit_test(the_guard_allows_few_removes),
	};
	int failed;

	sl_budget_init(&memory, (size_t)64 << 20);
	failed = cmocka_run_group_tests_name("diff", tests, NULL, NULL);
	sl_budget_init(&memory, 0);
	return failed + cmocka_run_group_tests_name("diff in files", tests, NULL, NULL);
}
