/* program.h - an expression compiled against the columns of a model, and its run on one row. */
#ifndef SL_PROGRAM_H
#define SL_PROGRAM_H

#include "core/map/transform.h"

struct sl_program_part {
	enum sl_part_kind kind;
	struct sl_str text; /* TEXT */
	uint32_t col;       /* REF */
	const struct sl_str *path;
	uint32_t npath;
	enum sl_meta meta;
};

struct sl_program {
	bool is_constant, is_template;
	struct sl_value constant;
	const struct sl_program_part *parts;
	uint32_t nparts;
	const struct sl_call *calls;
	uint32_t ncalls;
};

/* False: *f says what is wrong; f->problem NULL: out of memory. Memory of a. */
bool sl_program_compile(const struct sl_expr *e, const struct sl_schema *schema, struct sl_arena *a,
			struct sl_program *out, struct sl_expr_fault *f) SL_MUST;

/* The column when the program is nothing else, else -1. */
int64_t sl_program_column(const struct sl_program *p);

/* What a program reads. */
struct sl_program_input {
	const struct sl_value *row;
	const struct sl_event_head *head;
};
enum sl_eval sl_program_run(const struct sl_program *p, const struct sl_program_input *in,
			    struct sl_eval_ctx *x, struct sl_value *out);

/* Length of the text of sl_event_id_text(). */
#define SL_EVENT_ID_LEN 39u

#endif
