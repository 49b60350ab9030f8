/* fuzz_values.c - any text as a number, a duration, a size, and as a setting of every type. */
#include "core/base/text.h"
#include "core/model/prop.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const choices[] = { "one", "two", NULL };

/* What was read as an integer prints as something that reads the same. */
static void
check_integer(struct sl_str text)
{
	char out[32];
	int64_t v, back;

	if (!sl_str_to_i64(text, &v))
		return;
	snprintf(out, sizeof(out), "%lld", (long long)v);
	if (!sl_str_to_i64(sl_str(out), &back) || back != v)
		abort();
}

/* A refusal has a message that is fit for a screen, and no message holds a secret. */
static void
check_prop(const struct sl_prop *p, const char *text)
{
	struct sl_setting set = { .name = p->name, .value = text };
	struct sl_err err = { 0 };

	if (sl_prop_check(p, text, &err) == SL_OK) {
		int64_t v = sl_prop_i64(p, 1, &set, 1, p->name);
		bool number =
			p->type == SL_P_INT || p->type == SL_P_MILLIS || p->type == SL_P_BYTES;
		if (number && text[0] && (v < p->min || v > p->max))
			abort();
		return;
	}
	if (err.msg[0] == '\0' || !sl_utf8_valid(sl_str(err.msg)) || strpbrk(err.msg, "\x1b\n\r"))
		abort();
	if (p->type == SL_P_SECRET && strlen(text) > 60 && strstr(err.msg, text))
		abort();
}

/* Any items written as a list are read back as they were. */
static void
check_items(const char *text)
{
	struct sl_buf list = { 0 }, item = { 0 };
	const char *at = text;
	unsigned n = 0, again = 0;

	while (sl_prop_item(&at, &item)) {
		if (item.len == 0)
			continue;
		sl_prop_put_item(&list, sl_buf_view(&item));
		n++;
	}
	at = sl_buf_cstr(&list);
	while (sl_prop_item(&at, &item))
		again++;
	if (n != again)
		abort();
	sl_buf_free(&list);
	sl_buf_free(&item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_str in = { (const char *)data, size };
	char *text = malloc(size + 1);
	int64_t v;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_integer(in);
	check_integer(sl_str_trim(in));
	if ((sl_str_to_millis(in, &v) || sl_str_to_bytes(in, &v)) && v < 0)
		abort();
	for (int type = SL_P_STRING; type <= SL_P_MAP; type++) {
		struct sl_prop p = { .name = "p",
				     .type = (enum sl_prop_type)type,
				     .min = 5,
				     .max = 5000000,
				     .choices = choices };
		check_prop(&p, text);
	}
	check_items(text);
	free(text);
	return 0;
}
