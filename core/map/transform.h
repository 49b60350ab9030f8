/* transform.h - what stands after a `|`: one table entry each.
 *
 * To add one: write a `const struct sl_transform sl_tf_NAME` in the transform_*.c file where it belongs
 * (or a new one), declare it below and list it in transform.c. prepare() runs once per mapping, eval()
 * once per row; eval() is pure: the same value gives the same answer, and no clock is read. */
#ifndef SL_TRANSFORM_H
#define SL_TRANSFORM_H

#include "core/map/expr.h"
#include "core/map/map.h"

#define SL_TRANSFORM_MAX_TEXT (1u << 20) /* bytes that a transform may make of one value */

enum sl_eval {
	SL_EVAL_OK,
	SL_EVAL_SKIP, /* leave out the row */
	SL_EVAL_OMIT, /* leave out the field */
	SL_EVAL_FAIL  /* ctx->problem says why */
};

/* One evaluation. Memory lives until the next row. */
struct sl_eval_ctx {
	struct sl_arena *arena;
	const char *problem; /* NULL: out of memory */
};

struct sl_call_pair {
	struct sl_str from; /* the text of a value */
	bool from_null;     /* a bare null */
	struct sl_value to;
};

/* A transform with its arguments, ready to run. */
struct sl_call {
	const struct sl_transform *fn;
	const struct sl_value *args;
	uint32_t nargs;
	int64_t num[2];                   /* args as integers, where prepare() wants them */
	const struct sl_call_pair *pairs; /* map */
	uint32_t npairs;
	bool has_else, else_skip;
	struct sl_value otherwise;
};

#define SL_TF_NULLS 1u /* eval() is called for NULL too; else NULL stays NULL */
#define SL_TF_PAIRS 2u /* takes name=value; prepare() reads them */

struct sl_transform {
	struct sl_transform_info info;
	uint32_t min, max; /* values after the name */
	unsigned flags;
	/* NULL, or what is wrong with the arguments. May be NULL itself. */
	const char *(*prepare)(struct sl_call *c, const struct sl_expr_call *src,
			       struct sl_arena *a);
	enum sl_eval (*eval)(const struct sl_call *c, struct sl_value *v, struct sl_eval_ctx *x);
};

/* Look up and prepare. False: *f says what is wrong (f->problem NULL: out of memory). */
bool sl_call_compile(const struct sl_expr_call *src, struct sl_arena *a, struct sl_call *out,
		     struct sl_expr_fault *f) SL_MUST;
/* Run all of them in turn on *v. */
enum sl_eval sl_calls_run(const struct sl_call *calls, uint32_t n, struct sl_value *v,
			  struct sl_eval_ctx *x);

/* ---- for the transforms ---------------------------------------------------------------------- */

/* The text of a value as JSON would show it, without quotes (times in ISO form). False: x->problem says
 * why (an object or array has no text of its own). */
bool sl_eval_text(const struct sl_value *v, struct sl_eval_ctx *x, struct sl_str *out) SL_MUST;
enum sl_eval sl_eval_fail(struct sl_eval_ctx *x, const char *fmt, ...) SL_PRINTF(2, 3);
/* FAIL: cannot read "..." as WHAT. */
enum sl_eval sl_eval_unreadable(struct sl_eval_ctx *x, struct sl_str s, const char *what);
/* Memory for a new value of n bytes; NULL: x->problem is set. */
char *sl_eval_room(struct sl_eval_ctx *x, size_t n) SL_MUST;
enum sl_eval sl_eval_set(struct sl_value *v, enum sl_type type, const char *p, size_t n);
enum sl_eval sl_eval_null(struct sl_value *v);

/* Letters of the Latin, Greek, Cyrillic and Armenian scripts; the same in every locale. */
uint32_t sl_letter_lower(uint32_t cp);
uint32_t sl_letter_upper(uint32_t cp);

extern const struct sl_transform sl_tf_trim, sl_tf_lower, sl_tf_upper, sl_tf_capitalize,
	sl_tf_prefix, sl_tf_suffix, sl_tf_replace, sl_tf_substr, sl_tf_string, sl_tf_sha256,
	sl_tf_normalize;
extern const struct sl_transform sl_tf_int, sl_tf_number, sl_tf_bool;
extern const struct sl_transform sl_tf_iso, sl_tf_date, sl_tf_epoch, sl_tf_epoch_ms;
extern const struct sl_transform sl_tf_json, sl_tf_split, sl_tf_join, sl_tf_first, sl_tf_last;
extern const struct sl_transform sl_tf_default, sl_tf_map, sl_tf_null_if, sl_tf_skip_null,
	sl_tf_omit_null;

#endif
