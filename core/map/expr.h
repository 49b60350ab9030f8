/* expr.h - the text of an expression as a tree. Syntax only: columns and transforms are looked up by
 * the compiler, which knows the schema. The grammar is described in map.h.
 *
 * Nothing recurses, and length and counts are bounded, so hostile text costs a bounded amount. */
#ifndef SL_EXPR_H
#define SL_EXPR_H

#include "core/model/model.h"

#define SL_EXPR_MAX_LEN   8192u /* bytes */
#define SL_EXPR_MAX_PATH  16u
#define SL_EXPR_MAX_PARTS 64u
#define SL_EXPR_MAX_CALLS 32u
#define SL_EXPR_MAX_ARGS  512u

enum sl_meta { SL_META_ID, SL_META_OP, SL_META_SYNC, SL_META_RUN };

struct sl_expr_ref {
	struct sl_str column;
	struct sl_str *path; /* into a JSON column */
	uint32_t npath;
	uint32_t at; /* where in the expression: characters, from 1 */
};

enum sl_part_kind { SL_PART_TEXT, SL_PART_REF, SL_PART_META };

struct sl_expr_part {
	enum sl_part_kind kind;
	struct sl_str text; /* TEXT */
	struct sl_expr_ref ref;
	enum sl_meta meta;
};

struct sl_expr_arg {
	bool named; /* name=value */
	bool name_quoted, quoted;
	struct sl_str name;
	struct sl_value value; /* bare 42, true, null are typed; everything else is text */
	uint32_t at;
};

struct sl_expr_call {
	struct sl_str name;
	struct sl_expr_arg *args;
	uint32_t nargs;
	uint32_t at;
};

struct sl_expr {
	bool is_constant; /* then nparts is 0 */
	bool is_template; /* the parts are put together as text */
	struct sl_value constant;
	struct sl_expr_part *parts;
	uint32_t nparts;
	struct sl_expr_call *calls;
	uint32_t ncalls;
};

/* A mistake, for a person; arena memory. */
struct sl_expr_fault {
	uint32_t at; /* characters, from 1; 0 = the expression as a whole */
	const char *problem;
	const char *mend;
};

/* False: *f says what is wrong; f->problem NULL: out of memory. Views in *out point into text or a. */
bool sl_expr_parse(struct sl_str text, struct sl_arena *a, struct sl_expr *out,
		   struct sl_expr_fault *f) SL_MUST;

/* The visible form of s, cut to about 60 bytes, in arena memory; never NULL. */
const char *sl_shown(struct sl_arena *a, struct sl_str s);

#endif
