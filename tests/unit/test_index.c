/* test_index.c - the snapshot while rows are compared with it, and the new keys of a run: in memory, in a
 * file, and partly in both they say the same. */
#include "core/base/pacing.h"
#include "core/diff/index.h"
#include "core/diff/newset.h"
#include "tests/lib/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_  "/tmp"
#define LARGE ((size_t)64 << 20)

/* Nothing; tags of up to 16384 entries; all tags; all tags or some entries; all. */
static const size_t MEMORY[] = { 0, (size_t)220 << 10, (size_t)500 << 10, (size_t)1 << 20, LARGE };

static struct sl_snap
entry(struct sl_digest key, uint32_t i)
{
	return (struct sl_snap){ .key = key, .row = { i % 5, i * 3 }, .version = i + 1 };
}

static struct sl_index *
fill(struct sl_budget *memory, const struct sl_digest *keys, size_t n, size_t expect)
{
	const struct sl_room room = { memory, DIR_ };
	struct sl_index *x;
	struct sl_err err;

	assert_int_equal(sl_index_new(&room, expect, &x, &err), SL_OK);
	for (size_t i = 0; i < n; i++) {
		const struct sl_snap e = entry(keys[i], (uint32_t)i);

		assert_int_equal(sl_index_add(x, &e, &err), SL_OK);
	}
	assert_int_equal(sl_index_ready(x, &err), SL_OK);
	assert_int_equal(sl_index_rows(x), n);
	return x;
}

/* Where the keys lie. */
enum shape { UNIFORM, CROWDED, ALIKE, SMALL, SHAPES };

/* n different keys, sorted. */
static struct sl_digest *
make_keys(enum shape shape, size_t n)
{
	struct sl_rng rng = { 42 + shape };
	struct sl_digest *keys = calloc(n + 1, sizeof(*keys));

	assert_non_null(keys);
	for (size_t i = 0; i < n; i++) {
		const uint64_t any = sl_rng_next(&rng);

		keys[i] = (struct sl_digest){ any, sl_rng_next(&rng) };
		if (shape == CROWDED && i % 3 > 0)
			keys[i].hi = (uint64_t)7 << 60 | any >> 40;
		if (shape == ALIKE)
			keys[i].hi = any % 40 * 1000;
		if (shape == SMALL)
			keys[i] = (struct sl_digest){ i % 2 ? UINT64_MAX : 0, i };
	}
	sl_digest_sort(keys, n);
	for (size_t i = 1; i < n; i++)
		assert_true(sl_digest_cmp(keys[i - 1], keys[i]) < 0);
	return keys;
}

/* Each key, with its row or with another one, and one beside it that is not there. */
static void
find_all(const struct sl_index *x, const struct sl_digest *keys, size_t n, bool by_rows)
{
	struct sl_digest some[SL_INDEX_GROUP], rows[SL_INDEX_GROUP];
	struct sl_found found[SL_INDEX_GROUP];
	struct sl_err err;

	for (size_t i = 0; i < n; i += SL_INDEX_GROUP / 2) {
		const size_t left = n - i < SL_INDEX_GROUP / 2 ? n - i : SL_INDEX_GROUP / 2;

		for (size_t k = 0; k < left; k++) {
			some[2 * k] = some[2 * k + 1] = keys[i + k];
			some[2 * k + 1].lo ^= (uint64_t)1 << 50;
			rows[2 * k] = rows[2 * k + 1] = entry(keys[i + k], (uint32_t)(i + k)).row;
			if ((i + k) % 3 == 0)
				rows[2 * k].lo++;
		}
		assert_int_equal(sl_index_find(x, some, by_rows ? rows : NULL, (uint32_t)left * 2,
					       found, &err),
				 SL_OK);
		for (size_t k = 0; k < left; k++) {
			struct sl_snap want = entry(keys[i + k], (uint32_t)(i + k));

			assert_int_equal(found[2 * k].at, i + k);
			assert_true(!found[2 * k].by_tag || (by_rows && (i + k) % 3 > 0));
			if (found[2 * k].by_tag)
				want.version = 0;
			assert_memory_equal(&found[2 * k].entry, &want, sizeof(want));
			assert_true(found[2 * k + 1].at == SL_NOWHERE);
		}
	}
}

/* Mark some at random; then the others come, all of them, in order, however many are asked for at once. */
static void
mark_some(struct sl_index *x, const struct sl_digest *keys, size_t n, size_t room)
{
	struct sl_rng rng = { n };
	struct sl_found out[300];
	bool *marked = calloc(n + 1, 1);
	size_t from = 0, next = 0, got;
	struct sl_err err;

	assert_non_null(marked);
	for (size_t i = 0; i < n; i++) {
		/* stretches of some hundred in which all were seen */
		const size_t at = sl_rng_below(&rng, (uint32_t)n);

		if (at / 500 % 2 == 0)
			continue;
		assert_int_equal(sl_index_mark(x, at), marked[at]);
		marked[at] = true;
	}
	for (size_t i = 0; i < n; i += i / 500 % 2 == 0 ? 500 : 1)
		if (i / 500 % 4 == 1 && !marked[i]) {
			assert_false(sl_index_mark(x, i));
			marked[i] = true;
		}
	do {
		assert_int_equal(sl_index_unmarked(x, &from, out, room, &got, &err), SL_OK);
		for (size_t i = 0; i < got; i++, next++) {
			while (next < n && marked[next])
				next++;
			assert_true(next < n && out[i].at == next);
			assert_true(sl_digest_eq(out[i].entry.key, keys[next]));
		}
	} while (got > 0);
	while (next < n && marked[next])
		next++;
	assert_int_equal(next, n);
	free(marked);
}

static void
memory_and_file_say_the_same(void **state)
{
	static const size_t sizes[] = { 1, 2, 15, 16, 17, 33, 1000, 16384, 16385, 20000 };

	(void)state;
	for (unsigned shape = 0; shape < SHAPES; shape++)
		for (size_t s = 0; s < SL_COUNT(sizes); s++) {
			struct sl_digest *keys = make_keys(shape, sizes[s]);

			for (size_t m = 0; m < SL_COUNT(MEMORY); m++) {
				struct sl_budget memory;
				struct sl_index *x;

				sl_budget_init(&memory, MEMORY[m]);
				x = fill(&memory, keys, sizes[s], sizes[s]);
				find_all(x, keys, sizes[s], false);
				find_all(x, keys, sizes[s], true);
				mark_some(x, keys, sizes[s], s % 2 ? 1 + s : 300);
				sl_index_free(x);
				assert_int_equal(memory.left, MEMORY[m]);
			}
			free(keys);
		}
}

/* Two runs at once share the memory: the second one takes what is left. */
static void
memory_is_shared(void **state)
{
	const size_t n = 20000;
	struct sl_digest *keys = make_keys(UNIFORM, n);
	struct sl_budget memory;
	struct sl_index *a, *b;

	(void)state;
	sl_budget_init(&memory, (size_t)2 << 20);
	a = fill(&memory, keys, n, 0);
	b = fill(&memory, keys, n, 0);
	assert_true(memory.left >= memory.total / 4);
	find_all(a, keys, n, true);
	find_all(b, keys, n, true);
	sl_index_free(a);
	find_all(b, keys, n, true);
	sl_index_free(b);
	assert_int_equal(memory.left, memory.total);
	free(keys);
}

/* The descriptor of the only open file without a name, -1: there is none. */
static int
nameless(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	struct stat st;
	int fd = -1;

	assert_non_null(d);
	while ((e = readdir(d))) {
		const int n = (int)strtol(e->d_name, NULL, 10);

		if (fstat(n, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0)
			fd = n;
	}
	(void)closedir(d);
	return fd;
}

/* With tags in memory nothing is read of rows that are the same: the file may be gone. */
static void
rows_that_are_the_same_are_not_read(void **state)
{
	const size_t n = 3000;
	struct sl_digest *keys = make_keys(UNIFORM, n), row;
	struct sl_budget memory;
	struct sl_found found;
	struct sl_index *x;
	struct sl_err err;

	(void)state;
	sl_budget_init(&memory, (size_t)500 << 10);
	x = fill(&memory, keys, n, 20000);
	assert_int_equal(ftruncate(nameless(), 0), 0);
	for (uint32_t i = 0; i < n; i++) {
		row = entry(keys[i], i).row;
		assert_int_equal(sl_index_find(x, &keys[i], &row, 1, &found, &err), SL_OK);
		assert_true(found.at == i && found.by_tag);
		row.lo++;
		assert_int_equal(sl_index_find(x, &keys[i], &row, 1, &found, &err), SL_E_IO);
	}
	sl_index_free(x);
	free(keys);
}

static void
nothing_is_found_in_nothing(void **state)
{
	const struct sl_digest key = { 1, 2 };
	struct sl_budget memory;
	struct sl_found found;
	size_t from = 0, n;
	struct sl_index *x;
	struct sl_err err;

	(void)state;
	sl_budget_init(&memory, 0);
	x = fill(&memory, NULL, 0, 0);
	for (int i = 0; i < 2; i++) {
		const struct sl_index *is = i ? x : NULL;

		assert_int_equal(sl_index_find(is, &key, NULL, 1, &found, &err), SL_OK);
		assert_true(found.at == SL_NOWHERE);
		assert_int_equal(sl_index_unmarked(is, &from, &found, 1, &n, &err), SL_OK);
		assert_int_equal(n, 0);
	}
	sl_index_free(x);
}

static void
entries_out_of_order_are_damage(void **state)
{
	const struct sl_snap twice = entry((struct sl_digest){ 5, 5 }, 1);
	const struct sl_room room = { &(struct sl_budget){ LARGE, LARGE }, DIR_ };
	struct sl_index *x;
	struct sl_err err;

	(void)state;
	assert_int_equal(sl_index_new(&room, 0, &x, &err), SL_OK);
	assert_int_equal(sl_index_add(x, &twice, &err), SL_OK);
	assert_int_equal(sl_index_add(x, &twice, &err), SL_E_CORRUPT);
	sl_index_free(x);
}

static void
a_file_that_lost_its_end_is_an_error(void **state)
{
	const size_t n = 3000;
	struct sl_digest *keys = make_keys(UNIFORM, n);
	struct sl_budget memory;
	struct sl_found found;
	size_t from = n - 1, got;
	struct sl_index *x;
	struct sl_err err;
	struct stat st;

	(void)state;
	sl_budget_init(&memory, 0);
	x = fill(&memory, keys, n, 0);
	assert_true(nameless() >= 0);
	assert_int_equal(fstat(nameless(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ftruncate(nameless(), (off_t)n * 36 - 1), 0);
	assert_int_equal(sl_index_find(x, &keys[10], NULL, 1, &found, &err), SL_OK);
	assert_int_equal(found.at, 10);
	assert_int_equal(sl_index_find(x, &keys[n - 1], NULL, 1, &found, &err), SL_E_IO);
	assert_non_null(strstr(err.msg, "shorter"));
	assert_false(err.retryable);
	assert_int_equal(sl_index_unmarked(x, &from, &found, 1, &got, &err), SL_E_IO);
	sl_index_free(x);
	assert_int_equal(nameless(), -1);
	free(keys);
}

static void
a_directory_that_is_not_there_gives_way(void **state)
{
	struct sl_budget memory = { 0, 0 };
	const struct sl_room room = { &memory, "/nonexistent/state" };
	struct sl_digest *keys = make_keys(UNIFORM, 100);
	struct sl_index *x;
	struct sl_err err;

	(void)state;
	assert_int_equal(sl_index_new(&room, 0, &x, &err), SL_OK);
	for (uint32_t i = 0; i < 100; i++) {
		const struct sl_snap e = entry(keys[i], i);

		assert_int_equal(sl_index_add(x, &e, &err), SL_OK);
	}
	assert_int_equal(sl_index_ready(x, &err), SL_OK);
	find_all(x, keys, 100, false);
	sl_index_free(x);
	free(keys);
}

/* ---- new keys ------------------------------------------------------------------------------------ */

/* Add n keys, then the first one again where `twice`. Was that noticed, at once or at the end? */
static bool
noticed(size_t memory_bytes, size_t n, bool twice, bool *at_once)
{
	struct sl_budget memory;
	const struct sl_room room = { &memory, DIR_ };
	struct sl_digest *keys = make_keys(UNIFORM, n);
	struct sl_newset *s;
	enum sl_code code = SL_OK, end;
	struct sl_err err;

	sl_budget_init(&memory, memory_bytes);
	s = sl_newset_new(&room);
	assert_non_null(s);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sl_newset_add(s, keys[i], &err), SL_OK);
	if (twice)
		code = sl_newset_add(s, keys[0], &err);
	assert_true(code == SL_OK || code == SL_E_DATA);
	*at_once = code == SL_E_DATA;
	end = sl_newset_check(s, &err);
	assert_true(end == SL_OK || end == SL_E_DATA);
	if (end == SL_E_DATA)
		assert_non_null(strstr(err.msg, "more than once"));
	sl_newset_free(s);
	assert_int_equal(memory.left, memory.total);
	free(keys);
	return code == SL_E_DATA || end == SL_E_DATA;
}

static void
a_key_that_comes_twice_is_found(void **state)
{
	bool at_once;

	(void)state;
	for (size_t m = 0; m < SL_COUNT(MEMORY); m++)
		for (size_t n = 1; n < 40000; n *= 8) {
			assert_true(noticed(MEMORY[m], n, true, &at_once));
			if (MEMORY[m] == LARGE || n == 1)
				assert_true(at_once);
			if (MEMORY[m] == 0 && n > 10000)
				assert_false(at_once);
			assert_false(noticed(MEMORY[m], n, false, &at_once));
		}
}

/* So many that the pieces of a part do not fit into memory when they are compared. */
static void
many_keys_are_compared_in_passes(void **state)
{
	struct sl_budget memory = { 0, 0 };
	const struct sl_room room = { &memory, DIR_ };
	struct sl_newset *s = sl_newset_new(&room);
	struct sl_rng rng = { 9 };
	struct sl_digest key = { 0, 0 };
	struct sl_err err;

	(void)state;
	assert_non_null(s);
	/* all in one shard */
	for (uint32_t i = 0; i < 600000; i++) {
		key = (struct sl_digest){ sl_rng_next(&rng), (uint64_t)i << 8 };
		assert_int_equal(sl_newset_add(s, key, &err), SL_OK);
	}
	assert_int_equal(sl_newset_check(s, &err), SL_OK);
	sl_newset_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_file_say_the_same),
		cmocka_unit_test(memory_is_shared),
		cmocka_unit_test(rows_that_are_the_same_are_not_read),
		cmocka_unit_test(nothing_is_found_in_nothing),
		cmocka_unit_test(entries_out_of_order_are_damage),
		cmocka_unit_test(a_file_that_lost_its_end_is_an_error),
		cmocka_unit_test(a_directory_that_is_not_there_gives_way),
		cmocka_unit_test(a_key_that_comes_twice_is_found),
		cmocka_unit_test(many_keys_are_compared_in_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
