/* What is packed unpacks to the same bytes, by another library: whatever the bytes are. */
#include "core/dest/gzip.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define MOST (6u << 20)

static void
check(struct sl_gzip *g, const char *in, size_t len, size_t most)
{
	struct sl_str body = { in, len };
	char *back = malloc(len + 1);
	z_stream z = { 0 };
	struct sl_buf out;
	struct sl_err err;

	assert_non_null(back);
	sl_buf_init(&out, 0);
	sl_buf_puts(&out, "before");
	assert_int_equal(sl_gzip_pack(g, body, &out, &err), SL_OK);
	assert_memory_equal(out.ptr, "before", 6);
	assert_in_range(out.len - 6, 18, most);
	z.next_in = (unsigned char *)out.ptr + 6;
	z.avail_in = (unsigned)out.len - 6;
	z.next_out = (unsigned char *)back;
	z.avail_out = (unsigned)len + 1;
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, len);
	assert_int_equal(z.avail_in, 0);
	assert_memory_equal(back, in, len);
	inflateEnd(&z);
	sl_buf_free(&out);
	free(back);
}

static void
every_body_comes_back(void **state)
{
	struct sl_gzip *g = sl_gzip_new();
	char *noise = malloc(MOST), *text = malloc(MOST), *zero = calloc(1, MOST);
	struct sl_rng rng = { 7 };
	size_t n = 0;

	(void)state;
	assert_true(g && noise && text && zero);
	for (size_t i = 0; i < MOST; i++)
		noise[i] = (char)sl_rng_below(&rng, 256);
	while (n < MOST - 100)
		n += (size_t)snprintf(text + n, 100, "{\"id\":%u,\"name\":\"user %u\"},",
				      (unsigned)n, (unsigned)sl_rng_below(&rng, 1000));
	memset(text + n, ' ', MOST - n);
	for (size_t len = 0; len < 300; len++) {
		check(g, noise, len, len + 1000);
		check(g, text, len, len + 1000);
	}
	for (size_t len = 1000; len <= MOST; len = len * 5 / 2) {
		check(g, noise, len, len + len / 100 + 100);
		check(g, text, len, len / 2);
		check(g, zero, len, len / 4);
	}
	sl_gzip_free(g);
	free(noise);
	free(text);
	free(zero);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_body_comes_back) };

	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
