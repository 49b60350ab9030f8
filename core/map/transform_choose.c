/* transform_choose.c - another value instead, or none. */
#include "core/map/transform.h"

static bool
is_bare(const struct sl_expr_arg *arg, const char *word)
{
	return !arg->quoted && sl_str_is((struct sl_str){ arg->value.ptr, arg->value.len }, word);
}

static enum sl_eval
use_default(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)x;
	if (v->type == SL_T_NULL)
		*v = c->args[0];
	return SL_EVAL_OK;
}

static const char *
prepare_map(struct sl_call *c, const struct sl_expr_call *src, struct sl_arena *a)
{
	struct sl_call_pair *pairs = SL_NEW(a, struct sl_call_pair, src->nargs + 1);
	if (!pairs)
		return "no memory left for its pairs";
	for (uint32_t i = 0; i < src->nargs; i++) {
		const struct sl_expr_arg *arg = &src->args[i];
		bool bare = !arg->name_quoted;
		if (!arg->named)
			return "map takes pairs: from=to";
		if (bare && sl_str_is(arg->name, "else")) {
			if (c->has_else)
				return "map has two else";
			c->has_else = true;
			c->else_skip = is_bare(arg, "skip");
			c->otherwise = arg->value;
			continue;
		}
		for (uint32_t k = 0; k < c->npairs; k++)
			if (sl_str_eq(pairs[k].from, arg->name))
				return "map has the same value twice";
		pairs[c->npairs++] =
			(struct sl_call_pair){ arg->name, bare && sl_str_is(arg->name, "null"),
					       arg->value };
	}
	c->pairs = pairs;
	return NULL;
}

static enum sl_eval
map(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s = { NULL, 0 };
	bool null = v->type == SL_T_NULL;
	if (!null && !sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	for (uint32_t i = 0; i < c->npairs; i++)
		if (null ? c->pairs[i].from_null : sl_str_eq(c->pairs[i].from, s)) {
			*v = c->pairs[i].to;
			return SL_EVAL_OK;
		}
	if (c->else_skip)
		return SL_EVAL_SKIP;
	if (c->has_else)
		*v = c->otherwise;
	return SL_EVAL_OK;
}

static enum sl_eval
null_if(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s;
	if (!sl_eval_text(v, x, &s))
		return SL_EVAL_FAIL;
	for (uint32_t i = 0; i < c->nargs; i++)
		if (sl_str_eq(s, (struct sl_str){ c->args[i].ptr, c->args[i].len }))
			return sl_eval_null(v);
	return SL_EVAL_OK;
}

static enum sl_eval
skip_null(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	(void)x;
	return v->type == SL_T_NULL ? SL_EVAL_SKIP : SL_EVAL_OK;
}

static enum sl_eval
omit_null(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x)
{
	(void)c;
	(void)x;
	return v->type == SL_T_NULL ? SL_EVAL_OMIT : SL_EVAL_OK;
}

const struct sl_transform sl_tf_default = {
	.info = { "default", "VALUE", "This value instead of null.",
		  "country | default 'unknown'" },
	.min = 1,
	.max = 1,
	.flags = SL_TF_NULLS,
	.eval = use_default,
};
const struct sl_transform sl_tf_map = {
	.info = { "map", "FROM=TO ... [else=VALUE|else=skip]",
		  "One value for another. Without else, other values stay; else=skip leaves out "
		  "their rows.",
		  "plan | map pro=Pro team='Team plan' else=skip" },
	.min = 1,
	.max = SL_EXPR_MAX_ARGS,
	.flags = SL_TF_NULLS | SL_TF_PAIRS,
	.prepare = prepare_map,
	.eval = map,
};
const struct sl_transform sl_tf_null_if = {
	.info = { "null_if", "VALUE ...", "null instead of any of these values.",
		  "phone | null_if '' 'n/a'" },
	.min = 1,
	.max = SL_EXPR_MAX_ARGS,
	.eval = null_if,
};
const struct sl_transform sl_tf_skip_null = {
	.info = { "skip_null", "", "Leaves out the whole row when the value is null.",
		  "email | skip_null" },
	.flags = SL_TF_NULLS,
	.eval = skip_null,
};
const struct sl_transform sl_tf_omit_null = {
	.info = { "omit_null", "",
		  "Leaves out this field when the value is null, whatever the profile says.",
		  "nickname | omit_null" },
	.flags = SL_TF_NULLS,
	.eval = omit_null,
};
