/* test_store_erase.c - what is erased is in no file any more, and the file gets smaller. */
#include "tests/lib/check.h"
#include "tests/lib/store_rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SYNC   "users"
#define TOKENS 100u
#define TOKEN  16u

static uint8_t tokens[TOKENS][TOKEN];

/* Bodies that compression leaves as they are: random bytes, and nothing else. */
static void
put_tokens(struct srig *r, int64_t run)
{
	struct sl_block *b = srig_block(run, 0, TOKENS);

	assert_true(sl_random_bytes(tokens, sizeof tokens));
	for (uint32_t i = 0; i < TOKENS; i++) {
		srig_event(b, SL_OP_ADD, i, 1, 0);
		b->events[i].off = i * TOKEN;
		b->events[i].len = TOKEN;
	}
	b->body_len = sizeof tokens;
	memcpy(b->body, tokens, sizeof tokens);
	srig_verdicts(b, SL_V_ACKED);
	srig_put(r, SYNC, b);
}

static unsigned
tokens_in(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	char *p;
	unsigned n = 0;

	if (!f)
		return 0;
	assert_int_equal(fstat(fileno(f), &st), 0);
	p = malloc((size_t)st.st_size + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)st.st_size, f), st.st_size);
	(void)fclose(f);
	for (unsigned i = 0; i < TOKENS; i++)
		n += memmem(p, (size_t)st.st_size, tokens[i], TOKEN) != NULL;
	free(p);
	return n;
}

/* In all files of the directory. */
static unsigned
tokens_left(const struct srig *r)
{
	DIR *d = opendir(r->dir);
	const struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			n += tokens_in(srig_path(r, e->d_name));
	(void)closedir(d);
	return n;
}

static void
tidy(struct srig *r)
{
	bool more = true;

	while (more)
		srig_ok(sl_store_tidy(r->s, &more, &r->err));
}

static void
test_nothing_is_left_of_erased_events(void **state)
{
	struct sl_store *reader;
	struct srig r;
	int64_t run;

	(void)state;
	srig_make(&r);
	srig_open(&r);
	(void)srig_sync(&r, SYNC, 1);
	run = srig_run(&r, SYNC);
	put_tokens(&r, run);
	assert_true(tokens_left(&r) > TOKENS * 9 / 10); /* this test can see them */
	tidy(&r);
	assert_true(tokens_in(srig_path(&r, "state.db")) > TOKENS * 9 / 10);
	/* Somebody looks: the WAL cannot be cut off while its old form is needed. */
	srig_ok(sl_store_open(r.dir, SL_STORE_READ, &reader, &r.err));
	(void)srig_end(&r, run, SL_RUN_SETTLED, 0);
	tidy(&r);
	assert_int_equal(tokens_left(&r), 0);
	sl_store_close(reader);
	srig_close(&r);
	assert_int_equal(tokens_left(&r), 0);
	srig_remove(&r);
}

static int64_t
size_of(const struct srig *r)
{
	struct stat st;

	assert_int_equal(stat(srig_path(r, "state.db"), &st), 0);
	return (int64_t)st.st_size;
}

/* Some megabytes of events, settled. */
static void
big_run(struct srig *r, int64_t keep_us)
{
	const int64_t run = srig_run(r, SYNC);

	for (uint32_t no = 0; no < 24; no++) {
		struct sl_block *b = srig_block(run, no, 1);

		srig_event(b, SL_OP_ADD, no, 1, 0);
		free(b->body);
		b->body_len = 200000;
		b->body = malloc(b->body_len);
		assert_non_null(b->body);
		assert_true(sl_random_bytes(b->body, b->body_len));
		b->events[0].len = (uint32_t)b->body_len;
		srig_verdicts(b, SL_V_ACKED);
		srig_put(r, SYNC, b);
	}
	(void)srig_end(r, run, SL_RUN_SETTLED, keep_us);
}

static void
test_the_file_gets_smaller(void **state)
{
	struct srig r;
	int64_t full;

	(void)state;
	srig_make(&r);
	srig_open(&r);
	(void)srig_sync(&r, SYNC, 1);
	big_run(&r, -1);
	tidy(&r);
	full = size_of(&r);
	assert_true(full > 24 * 200000);
	big_run(&r, 0); /* all of before goes too */
	tidy(&r);
	assert_true(size_of(&r) < 2 << 20);
	assert_true(size_of(&r) < full / 2);
	srig_ok(sl_store_verify(r.s, &r.err));
	srig_remove(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left_of_erased_events),
		cmocka_unit_test(test_the_file_gets_smaller),
	};

	return cmocka_run_group_tests_name("store_erase", tests, NULL, NULL);
}
