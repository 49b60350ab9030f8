/* fuzz_results.c - any answer that should tell event by event: each event gets exactly one class, and an
 * event is acknowledged only where jansson reads the same answer as saying so, once and clearly. The
 * first byte chooses how items find their events, and how many there are. */
#include "core/base/str.h"
#include "core/dest/results.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 4u

static const struct sl_results_form forms[] = {
	{ "results", "", "messageId" },
	{ "results", "id", "messageId" },
	{ ".", NULL, "messageId" },
	{ "data.items", "ref.id", "k" },
};
static const char *const ids[][MOST] = { { "a", "b", "c", "d" }, { "1", "2", "2", "true" } };
static const char *const events[MOST] = {
	"{\"messageId\":\"a\",\"k\":1}",
	"{\"messageId\":\"b\",\"k\":2}",
	"{\"messageId\":\"c\",\"k\":2}",
	"{\"messageId\":\"\\u0064\",\"k\":true}",
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static const json_t *
walk(const json_t *v, const char *path)
{
	char name[32];

	if (strcmp(path, ".") == 0)
		return v;
	while (v && *path) {
		size_t n = strcspn(path, ".");

		must(n < sizeof(name));
		memcpy(name, path, n);
		name[n] = '\0';
		v = json_object_get(v, name);
		path += n + (path[n] == '.');
	}
	return v;
}

static bool
is_good_word(const char *s)
{
	static const char *const good[] = { "ok",      "success", "succeeded", "accepted",
					    "created", "updated", "deleted",   "processed" };
	char *end;
	long n = strtol(s, &end, 10);

	if (*s && *end == '\0')
		return n >= 200 && n <= 299;
	for (size_t i = 0; i < SL_COUNT(good); i++)
		if (strcasecmp(s, good[i]) == 0)
			return true;
	return false;
}

static bool
is_good_status(const json_t *v)
{
	if (json_is_integer(v))
		return json_integer_value(v) >= 200 && json_integer_value(v) <= 299;
	return json_is_string(v) && is_good_word(json_string_value(v));
}

static bool
is_no_error(const json_t *v)
{
	return json_is_null(v) || json_is_false(v) ||
	       (json_is_string(v) && json_string_length(v) == 0);
}

static bool
says_taken(const json_t *item)
{
	const json_t *status = json_object_get(item, "status"), *ok = json_object_get(item, "ok");
	const json_t *success = json_object_get(item, "success");
	const json_t *error = json_object_get(item, "error");

	if (!json_is_object(item))
		return is_good_status(item);
	return (status || ok || success || error) && (!status || is_good_status(status)) &&
	       (!ok || json_is_true(ok)) && (!success || json_is_true(success)) &&
	       (!error || is_no_error(error));
}

static bool
is_named(const json_t *v, const char *id)
{
	char text[32];

	if (json_is_string(v))
		return strcmp(json_string_value(v), id) == 0 && strlen(id) == json_string_length(v);
	if (json_is_integer(v)) {
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
		return strcmp(text, id) == 0;
	}
	return json_is_true(v) && strcmp(id, "true") == 0;
}

/* The event was acknowledged: was that said? */
static void
check_taken(const struct sl_results_form *f, const json_t *root, uint32_t n, uint32_t i)
{
	const json_t *list = walk(root, f->list), *found = NULL;
	const char *const *names = ids[f->match[0] == 'k'];

	must(json_is_array(list));
	if (!f->id || !*f->id) {
		must(json_array_size(list) == n);
		must(says_taken(json_array_get(list, i)));
		return;
	}
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *item = json_array_get(list, k);

		if (!is_named(walk(item, f->id), names[i]))
			continue;
		must(!found);
		found = item;
	}
	must(found && says_taken(found));
	for (uint32_t k = 0; k < n; k++) /* two events of that name have no result */
		must(k == i || strcmp(names[k], names[i]) != 0);
}

static void
check_all(const struct sl_results_form *f, struct sl_str answer, uint32_t n,
	  const struct sl_outcome *out)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t e, twice;
	json_t *root = json_loadb(answer.ptr, answer.len, flags, &e), *strict;

	if (!root) {
		enum json_error_code code = json_error_code(&e);
		/* Numbers, surrogates and NULs in names that jansson cannot hold are JSON all the same. */
		bool its_own = code == json_error_numeric_overflow ||
			       code == json_error_null_byte_in_key || strstr(e.text, "\\u");

		for (uint32_t i = 0; i < n; i++)
			must(its_own || out[i].cls == SL_C_UNKNOWN);
		return;
	}
	strict = json_loadb(answer.ptr, answer.len, flags | JSON_REJECT_DUPLICATES, &twice);
	for (uint32_t i = 0; i < n && strict; i++)
		if (out[i].cls == SL_C_ACK)
			check_taken(f, strict, n, i);
	json_decref(strict);
	json_decref(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_outcome out[MOST + 1];
	struct sl_str bodies[MOST];

	if (size == 0)
		return 0;
	const struct sl_results_form *f = &forms[data[0] % SL_COUNT(forms)];
	uint32_t n = 1 + data[0] / 16 % MOST;
	/* A copy of its own size, so that reading past the end shows. */
	char *copy = malloc(size);
	must(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	struct sl_str answer = { copy, size - 1 };
	memset(out, 0x5a, sizeof(out));
	for (uint32_t i = 0; i < n; i++) {
		bodies[i] = sl_str(events[i]);
		out[i] = (struct sl_outcome){ .cls = SL_C_NONE, .status = 207 };
	}
	sl_results_read(f, answer, bodies, n, out);
	for (uint32_t i = 0; i < n; i++) {
		must(out[i].cls > SL_C_NONE && out[i].cls != SL_C_SPLIT &&
		     out[i].cls != SL_C_CONFIG);
		must(out[i].status >= 200 && out[i].status <= 599);
		must(memchr(out[i].detail, '\0', sizeof(out[i].detail)) != NULL);
	}
	must((unsigned char)out[n].detail[0] == 0x5a && out[n].status == 0x5a5a5a5a);
	check_all(f, answer, n, out);
	free(copy);
	return 0;
}
