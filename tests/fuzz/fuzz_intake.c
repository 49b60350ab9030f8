/* fuzz_intake.c - bodies of requests into events: no crash, and no opinion of its own on what JSON
 * is. What jansson takes is taken; what is taken jansson takes too, but for numbers and surrogates
 * that it cannot hold. */
#include "core/base/skim.h"
#include "core/receive/intake.h"
#include "core/receive/results.h"

#include <jansson.h>
#include <stdlib.h>

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
compare(struct sl_str body)
{
	struct sl_str value;
	json_error_t e;
	const char *why;
	size_t at;
	bool ours = sl_skim_check(body, &value, &why, &at);
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	json_t *theirs = json_loadb(body.ptr, body.len, flags, &e);

	/* jansson takes a NUL for the end of the text. */
	if (theirs && !ours && !memchr(body.ptr, '\0', body.len))
		must(strcmp(why, "nested too deeply") == 0);
	if (ours && !theirs) {
		enum json_error_code code = json_error_code(&e);
		must(code == json_error_numeric_overflow || strstr(e.text, "\\u") ||
		     strstr(e.text, "NUL byte"));
	}
	json_decref(theirs);
	must(at <= body.len);
}

/* Two objects make an object. */
static void
merge(struct sl_str body)
{
	struct sl_str value;
	struct sl_buf out;
	const char *why;
	size_t at;

	if (!sl_skim_check(body, &value, &why, &at) || !sl_skim_is_object(value))
		return;
	sl_buf_init(&out, 0);
	sl_skim_merge(value, SL_LIT("{\"a\":1,\"b\":{}}"), &out);
	must(!out.failed && sl_skim_check(sl_buf_view(&out), &value, &why, &at));
	sl_buf_free(&out);
}

/* An answer that tells of each event: a clear one is JSON with an item for each, whatever their ids
 * are; of a mixed one no more events are applied than came. */
static void
answer_each(struct sl_intake *in, uint64_t seed)
{
	struct sl_fault_plan plan = { .set = { .mixed = seed % 2 ? 0.5 : 0, .seed = 1 },
				      .rng = { seed + 1 } };
	const uint32_t n = in->n;
	struct sl_str value, key, item;
	struct sl_skim it;
	struct sl_buf out;
	const char *why;
	uint32_t items = 0;
	size_t at;

	sl_buf_init(&out, 0);
	must(sl_results_make(&plan, seed % 2, in, &out));
	must(in->n <= n);
	if (seed % 2 == 0) {
		must(sl_skim_check(sl_buf_view(&out), &value, &why, &at));
		sl_skim_begin(&it, sl_skim_get(value, "results"));
		while (sl_skim_next(&it, &key, &item))
			items++;
		must(items == n && in->n == n);
	}
	sl_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sl_str names[] = { { "", 0 }, { "track", 5 }, { "crm", 3 } };

	if (size == 0)
		return 0;
	/* A copy of its own size, so that reading past the end shows. */
	char *copy = malloc(size);
	struct sl_arena *arena = sl_arena_new(4096, 64u << 20);
	must(copy && arena);
	memcpy(copy, data, size);
	struct sl_str body = { copy + 1, size - 1 };
	enum sl_intake_form form = (enum sl_intake_form)((unsigned char)copy[0] % 3);
	struct sl_intake in = { .arena = arena };
	if (sl_intake_read(&in, form, names[form], body) == SL_OK) {
		must(in.n > 0 && in.events[0].type.len > 0);
		answer_each(&in, size);
	} else {
		must(in.status >= 400 && in.answer);
	}
	compare(body);
	merge(body);
	sl_arena_free(arena);
	free(copy);
	return 0;
}
