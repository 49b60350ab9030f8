/* transform.c - the list of transforms, and what they share. */
#include "core/map/transform.h"

#include "core/base/near.h"
#include "core/map/json.h"

#include <stdarg.h>
#include <stdio.h>

/* In the order in which the help shows them. */
static const struct sl_transform *const transforms[] = {
	&sl_tf_trim,      &sl_tf_lower,     &sl_tf_upper,   &sl_tf_capitalize, &sl_tf_prefix,
	&sl_tf_suffix,    &sl_tf_replace,   &sl_tf_substr,  &sl_tf_split,      &sl_tf_join,
	&sl_tf_first,     &sl_tf_last,      &sl_tf_default, &sl_tf_map,        &sl_tf_null_if,
	&sl_tf_skip_null, &sl_tf_omit_null, &sl_tf_string,  &sl_tf_int,        &sl_tf_number,
	&sl_tf_bool,      &sl_tf_json,      &sl_tf_iso,     &sl_tf_date,       &sl_tf_epoch,
	&sl_tf_epoch_ms,  &sl_tf_normalize, &sl_tf_sha256,
};

const struct sl_transform_info *
sl_transform_at(size_t i)
{
	return i < SL_COUNT(transforms) ? &transforms[i]->info : NULL;
}

static const struct sl_transform *
find_transform(struct sl_str name)
{
	for (size_t i = 0; i < SL_COUNT(transforms); i++)
		if (sl_str_is(name, transforms[i]->info.name))
			return transforms[i];
	return NULL;
}

static bool
fault(struct sl_expr_fault *f, uint32_t at, const char *problem, const char *mend)
{
	*f = (struct sl_expr_fault){ at, problem, mend ? mend : "" };
	return false;
}

static bool
unknown(const struct sl_expr_call *src, struct sl_arena *a, struct sl_expr_fault *f)
{
	const char *name = sl_arena_strndup(a, src->name.ptr, src->name.len);
	struct sl_near near = sl_near(name ? name : "");
	for (size_t i = 0; i < SL_COUNT(transforms); i++)
		sl_near_try(&near, transforms[i]->info.name);
	const char *mend = near.best ? sl_arena_printf(a, "did you mean %s?", near.best)
				     : "the mapping editor lists the transforms: key t";
	return fault(f, src->at,
		     sl_arena_printf(a, "there is no transform \"%s\"", sl_shown(a, src->name)),
		     mend);
}

static bool
wrong_arguments(const struct sl_transform *t, uint32_t at, const char *why, struct sl_arena *a,
		struct sl_expr_fault *f)
{
	return fault(f, at, why,
		     sl_arena_printf(a, "usage: %s%s%s, for example %s", t->info.name,
				     *t->info.args ? " " : "", t->info.args, t->info.example));
}

bool
sl_call_compile(const struct sl_expr_call *src, struct sl_arena *a, struct sl_call *out,
		struct sl_expr_fault *f)
{
	const struct sl_transform *t = find_transform(src->name);
	struct sl_value *args = SL_NEW(a, struct sl_value, src->nargs + 1);
	*out = (struct sl_call){ .fn = t, .args = args, .nargs = src->nargs };
	*f = (struct sl_expr_fault){ 0 };
	if (!args)
		return false;
	if (!t)
		return unknown(src, a, f);
	for (uint32_t i = 0; i < src->nargs; i++) {
		args[i] = src->args[i].value;
		if (src->args[i].named && !(t->flags & SL_TF_PAIRS))
			return wrong_arguments(
				t, src->args[i].at,
				sl_arena_printf(
					a, "%s takes no name=value (put a text with = in quotes)",
					t->info.name),
				a, f);
	}
	if (src->nargs < t->min || src->nargs > t->max)
		return wrong_arguments(
			t, src->at,
			sl_arena_printf(a, "%s has %s values", t->info.name,
					src->nargs < t->min ? "too few" : "too many"),
			a, f);
	const char *wrong = t->prepare ? t->prepare(out, src, a) : NULL;
	return !wrong || wrong_arguments(t, src->at, wrong, a, f);
}

enum sl_eval
sl_calls_run(const struct sl_call *calls, uint32_t n, struct sl_value *v, struct sl_eval_ctx *x)
{
	for (uint32_t i = 0; i < n; i++) {
		if (v->type == SL_T_NULL && !(calls[i].fn->flags & SL_TF_NULLS))
			continue;
		enum sl_eval rc = calls[i].fn->eval(&calls[i], v, x);
		if (rc != SL_EVAL_OK)
			return rc;
	}
	return SL_EVAL_OK;
}

enum sl_eval
sl_eval_fail(struct sl_eval_ctx *x, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	x->problem = sl_arena_strndup(x->arena, text, strlen(text));
	return SL_EVAL_FAIL;
}

enum sl_eval
sl_eval_unreadable(struct sl_eval_ctx *x, struct sl_str s, const char *what)
{
	return sl_eval_fail(x, "cannot read \"%s\" as %s", sl_shown(x->arena, s), what);
}

bool
sl_eval_text(const struct sl_value *v, struct sl_eval_ctx *x, struct sl_str *out)
{
	*out = (struct sl_str){ v->ptr, v->len };
	if (v->type == SL_T_JSON) {
		(void)sl_eval_fail(
			x,
			"is a JSON object or list, which has no text of its own; name a part of it "
			"by path, or use string before");
		return false;
	}
	if (v->type != SL_T_TIMESTAMP && v->type != SL_T_TIMESTAMPTZ)
		return true;
	char *iso = sl_eval_room(x, SL_TIME_TEXT);
	size_t n = iso ? sl_time_json(v, iso) : 0;
	if (n > 0)
		*out = (struct sl_str){ iso, n };
	return iso != NULL;
}

char *
sl_eval_room(struct sl_eval_ctx *x, size_t n)
{
	x->problem = NULL;
	if (n > SL_TRANSFORM_MAX_TEXT) {
		(void)sl_eval_fail(x, "becomes longer than 1 MiB");
		return NULL;
	}
	return sl_arena_alloc(x->arena, n ? n : 1, 1);
}

enum sl_eval
sl_eval_set(struct sl_value *v, enum sl_type type, const char *p, size_t n)
{
	*v = (struct sl_value){ p, (uint32_t)n, (uint8_t)type };
	return SL_EVAL_OK;
}

enum sl_eval
sl_eval_null(struct sl_value *v)
{
	*v = (struct sl_value){ 0 };
	return SL_EVAL_OK;
}
