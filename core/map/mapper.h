/* mapper.h - inside a mapper: leaves of the event, the tree they hang on, and the flat plan made of it. */
#ifndef SL_MAPPER_H
#define SL_MAPPER_H

#include "core/map/program.h"
#include "core/map/shape.h"

#define SL_TARGET_DEPTH 16u  /* steps of a target path */
#define SL_TARGET_MAX   512u /* bytes of a target */

/* Where the value of a leaf comes from. */
enum sl_source {
	SL_SRC_COLUMN,  /* a cell as it is: the hot case */
	SL_SRC_PROGRAM, /* an expression */
	SL_SRC_TEXT,    /* a fixed text of ours */
	SL_SRC_ID,      /* the rest is of the event's head */
	SL_SRC_ACTION,
	SL_SRC_JOB,
	SL_SRC_TASK,
	SL_SRC_RUN,
	SL_SRC_KEY /* the key of the row as text */
};

struct sl_leaf {
	enum sl_source source;
	enum sl_as as;
	bool omit_null;  /* a null is left out; else it is written */
	bool required;   /* a null is an error */
	bool identity;   /* counts as userId or anonymousId */
	bool identifier; /* counts as one of record's identifiers */
	bool key_only;   /* needs nothing but key columns: fit for removes */
	bool ours;       /* not from the profile */
	bool tagged;     /* made of a column with personal data: errors do not quote it */
	uint32_t col;
	const struct sl_program *program;
	const char *text;
	const char *to; /* for people */
	int line;
};

/* An object of the event, or a leaf of it. */
struct sl_node {
	struct sl_str key;
	struct sl_node *child, *last, *next;
	const struct sl_leaf *leaf;
	bool always; /* written even when empty */
	bool list;   /* an object as the only element of a list */
	bool not_in_removes;
};

/* One step of the plan: a literal, then perhaps a value. A literal that starts with a comma loses it
 * right behind an opening brace. */
enum sl_step_kind {
	SL_STEP_LITERAL,
	SL_STEP_LEAF,
	SL_STEP_OPEN, /* an object that is taken back when it stays empty */
	SL_STEP_CLOSE
};

struct sl_step {
	enum sl_step_kind kind;
	struct sl_str lit; /* in the mapper's literals */
	const struct sl_leaf *leaf;
};

struct sl_plan {
	struct sl_step *steps;
	uint32_t n;
};

struct sl_mapper {
	const struct sl_schema *schema;
	const struct sl_shape *shape;
	uint32_t *key, *used;
	uint32_t nkey, nused;
	struct sl_str meaning; /* what the fingerprint is taken over */
	struct sl_plan upsert, remove;
	struct sl_buf literals; /* owned; all literals, one after the other */
};

/* ---- building -------------------------------------------------------------------------------- */

/* A target as its steps; false: *problem says what is wrong (NULL: out of memory). */
struct sl_target {
	struct sl_str steps[SL_TARGET_DEPTH];
	uint32_t n;
};
bool sl_target_parse(const char *to, struct sl_arena *a, struct sl_target *out,
		     const char **problem) SL_MUST;

/* The member of an object, made where it is missing (with make). NULL: not there, or out of memory. */
struct sl_node *sl_node_child(struct sl_node *parent, struct sl_str key, struct sl_arena *make);
/* Hang a leaf on the tree. A clash: the node that is in the way; NULL with *full: out of memory. */
struct sl_node *sl_tree_add(struct sl_node *root, const struct sl_target *t,
			    const struct sl_leaf *leaf, struct sl_arena *a, bool *full);

/* Flatten a tree. only_key: leave out leaves that removes cannot have. The literals of all steps are
 * appended to lits one after the other; once lits does not grow any more, sl_plan_settle() points the
 * steps to them, from the plan's first byte there on. False: out of memory. */
bool sl_plan_build(const struct sl_node *root, bool only_key, struct sl_arena *a,
		   struct sl_buf *lits, struct sl_plan *out) SL_MUST;
void sl_plan_settle(struct sl_plan *p, const char *literals);

#endif
