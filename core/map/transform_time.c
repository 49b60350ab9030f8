/* transform_time.c - times in the forms that destinations ask for. */
#include "core/map/instant.h"
#include "core/map/transform.h"

#include <inttypes.h>
#include <stdio.h>

/* Reads v as a time. OK with *null set: it has none (empty text, infinity). */
static enum sl_eval
instant_of(const struct sl_value *v, struct sl_eval_ctx *x, int64_t *us, bool *null)
{
	struct sl_str s;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	if (v->type == SL_T_TIMESTAMPTZ || v->type == SL_T_TIMESTAMP)
		s = (struct sl_str){ v->ptr, v->len };
	s = sl_str_trim(s);
	*null = s.len == 0 || sl_str_is(s, "infinity") || sl_str_is(s, "-infinity");
	if (*null || sl_instant_read(s, us) || sl_instant_read_epoch(s, us))
		return SL_EVAL_OK;
	return sl_eval_unreadable(x, s, "a time; use 2024-01-31T10:00:00Z or seconds since 1970");
}

static enum sl_eval
iso(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	int64_t us;
	bool null;
	(void)c;
	enum sl_eval rc = instant_of(v, x, &us, &null);
	if (rc != SL_EVAL_OK || null)
		return rc == SL_EVAL_OK ? sl_eval_null(v) : rc;
	char *out = sl_eval_room(x, 24);
	if (!out)
		return SL_EVAL_FAIL;
	sl_instant_iso(us, out);
	return sl_eval_set(v, SL_T_TEXT, out, 24);
}

static enum sl_eval
date(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	enum sl_eval rc = iso(c, v, x);
	if (rc == SL_EVAL_OK && v->type != SL_T_NULL)
		return sl_eval_set(v, SL_T_DATE, v->ptr, 10);
	return rc;
}

/* Whole units since 1970, rounded towards the past. */
static enum sl_eval
since_1970(struct sl_value *v, struct sl_eval_ctx *x, int64_t unit_us)
{
	int64_t us;
	bool null;
	enum sl_eval rc = instant_of(v, x, &us, &null);
	if (rc != SL_EVAL_OK || null)
		return rc == SL_EVAL_OK ? sl_eval_null(v) : rc;
	char *out = sl_eval_room(x, 24);
	if (!out)
		return SL_EVAL_FAIL;
	int n = snprintf(out, 24, "%" PRId64, us / unit_us - (us % unit_us < 0));
	return sl_eval_set(v, SL_T_INT, out, (size_t)n);
}

static enum sl_eval
epoch(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return since_1970(v, x, 1000000);
}

static enum sl_eval
epoch_ms(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	return since_1970(v, x, 1000);
}

const struct sl_transform sl_tf_iso = {
	.info = { "iso", "",
		  "2024-01-31T10:00:00.000Z, from a time, a text or seconds or milliseconds since "
		  "1970; without a "
		  "zone it is UTC, infinity becomes null.",
		  "created_at | iso" },
	.eval = iso,
};
const struct sl_transform sl_tf_date = {
	.info = { "date", "", "The day in UTC, 2024-01-31; infinity becomes null.",
		  "created_at | date" },
	.eval = date,
};
const struct sl_transform sl_tf_epoch = {
	.info = { "epoch", "", "Whole seconds since 1970.", "created_at | epoch" },
	.eval = epoch,
};
const struct sl_transform sl_tf_epoch_ms = {
	.info = { "epoch_ms", "", "Milliseconds since 1970.", "created_at | epoch_ms" },
	.eval = epoch_ms,
};
