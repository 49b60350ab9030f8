/* dest_print.c - what a destination is set to, in one number. */
#include "core/engine/prep.h"

#include <stdlib.h>

/* These say how fast or how much at a time, and let no event pass that was refused before. */
static bool
only_paces(const char *name)
{
	static const char *const names[] = { "title", "batch_events", "gzip",   "inflight",
					     "rate",  "timeout",      "account" };

	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
by_name(const void *a, const void *b)
{
	const struct sl_setting *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
put_part(struct sl_buf *b, const char *text)
{
	sl_buf_printf(b, "%zu:%s", strlen(text), text);
}

enum sl_code
sl_dest_print(const struct sl_config *c, const char *dest, const struct sl_digest_key *hash,
	      uint32_t *out, struct sl_err *err)
{
	const struct sl_object_def *o;
	const struct sl_setting **set;
	struct sl_buf b;
	size_t n = 0;
	enum sl_code code = sl_engine_object(c, SL_KIND_CONNECTION, dest, &o, err);

	*out = 0;
	if (code != SL_OK)
		return code;
	set = calloc(o->nsettings + 1, sizeof(const struct sl_setting *));
	if (!set)
		return sl_fail(err, SL_E_NOMEM, dest, "no memory for a connection");
	for (size_t i = 0; i < o->nsettings; i++)
		if (!only_paces(o->settings[i].name))
			set[n++] = &o->settings[i];
	qsort(set, n, sizeof(const struct sl_setting *), by_name);
	sl_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		put_part(&b, set[i]->name);
		put_part(&b, set[i]->value);
	}
	free(set);
	if (b.failed)
		code = sl_fail(err, SL_E_NOMEM, dest, "no memory for a connection");
	*out = (uint32_t)sl_digest(hash, b.ptr, b.len).lo | 1u; /* never 0 */
	sl_buf_free(&b);
	return code;
}
