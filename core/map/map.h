/* map.h - a profile compiled against the columns of a model: rows in, event JSON out.
 *
 * Expressions, one line per destination field:
 *   email                       a column; "Odd Name" in double quotes as in SQL
 *   prefs.lang   prefs.tags.0   a path into a JSON column
 *   'warehouse'  42  true  null a constant
 *   'Hi {first_name}'           a template: {column} or {column.path} is filled in; {{ is a brace
 *   $id $op $sync $run          the event's own id, "insert"/"update"/"delete", names
 *   email | trim | lower        transforms, left to right; arguments after the name:
 *   plan | map pro=Pro team='Team plan' else=skip
 * Targets are paths: "traits.address.city" nests objects. Integers and numerics go out as JSON numbers
 * with the digits of the source; `| string` makes text of them; NaN and the infinities, which JSON does
 * not have, become null. userId and its like are always text, and never null: left out instead.
 *
 * A mapper is immutable and shared by threads; a scratch belongs to one thread. Rendering is pure:
 * the same row, head and mapper give the same bytes. */
#ifndef SL_MAP_H
#define SL_MAP_H

#include "core/config/config.h"
#include "core/model/model.h"

struct sl_mapper;
struct sl_map_scratch;

/* What belongs to the event and not to the row. */
struct sl_event_head {
	enum sl_op op;
	struct sl_digest id; /* sl_event_id() */
	const char *action;  /* "insert" "update" "delete" as the mode wants it told */
	const char *sync;    /* names for context.sources */
	const char *run;     /* text of the run id */
	const char *task;    /* the table or "sql" */
	const char *job;     /* "workspace/sync", by the short stable id of the workspace */
	size_t max_bytes;    /* most that the destination takes; 0 = no limit */
};

struct sl_map_issue {
	const char *to;      /* the field; "" = the profile as a whole */
	int line;            /* of the mapping in its file; 0 = not known */
	bool error;          /* false: a warning (the timestamp trap, a big integer, ...) */
	const char *problem; /* arena memory */
	const char *mend;
};

/* The columns that a profile and a key need, each once, in order of first use. Parses only; mistakes
 * are reported by sl_mapper_new(). */
enum sl_code sl_map_columns(const struct sl_profile *p, const char *const *key, size_t nkey,
			    struct sl_arena *a, struct sl_str **out, uint32_t *n) SL_MUST;

/* Compile against the scan's schema. Every issue is listed (memory of a, which must outlive the
 * mapper); *out stays NULL when one of them is an error, and that is still SL_OK. mode matters: mirror
 * wants identifiers built from key columns only. */
struct sl_map_spec {
	const struct sl_profile *profile;
	const struct sl_schema *schema; /* outlives the mapper */
	const char *const *key;
	size_t nkey;
	enum sl_mode mode;
	struct sl_arena *arena;
};
enum sl_code sl_mapper_new(const struct sl_map_spec *spec, struct sl_mapper **out,
			   struct sl_map_issue **issues, size_t *nissues,
			   struct sl_err *err) SL_MUST;
void sl_mapper_free(struct sl_mapper *m); /* NULL is allowed */

/* Of the profile's meaning (event, targets, expressions): part of every row digest, so that a changed
 * mapping sends the rows again. */
struct sl_digest sl_mapper_fingerprint(const struct sl_mapper *m, const struct sl_digest_key *k);
/* Indexes of the key columns in the schema, in key order; and of all columns that the digest covers. */
const uint32_t *sl_mapper_key(const struct sl_mapper *m, uint32_t *n);
const uint32_t *sl_mapper_used(const struct sl_mapper *m, uint32_t *n);

struct sl_map_scratch *sl_map_scratch_new(void) SL_MUST;
void sl_map_scratch_free(struct sl_map_scratch *s);

/* Append the event of one row to out. For a remove only the key cells of row are set, the others are
 * NULL. SL_E_DATA: this row cannot be sent (no identity, invalid UTF-8, too large, ...), out is as it
 * was, err says why and names the field. SL_DONE: the row is skipped by the mapping (else=skip). */
enum sl_code sl_map_render(const struct sl_mapper *m, struct sl_map_scratch *s,
			   const struct sl_value *row, const struct sl_event_head *head,
			   struct sl_buf *out, struct sl_err *err) SL_MUST;

/* The key of a row as a JSON array of strings: ["42"], appended to out (what is not UTF-8 becomes U+FFFD:
 * such a row cannot be sent); and back: fills the key cells
 * of row (all schema->ncols cells are set, the others NULL) with memory from a. */
void sl_map_key_json(const struct sl_mapper *m, const struct sl_value *row, struct sl_buf *out);
enum sl_code sl_map_key_parse(const struct sl_mapper *m, struct sl_str json, struct sl_arena *a,
			      struct sl_value *row, struct sl_err *err) SL_MUST;

/* The id of one change: not of the content alone, since a value going A->B->A->B would give the second
 * B the first one's id and a destination that drops repeats would lose it. */
struct sl_id_seed {
	struct sl_digest_key key; /* of the workspace */
	char sync[72];
	char destination[72];
	uint32_t epoch;
};
struct sl_digest sl_event_id(const struct sl_id_seed *s, enum sl_op op, struct sl_digest key,
			     uint32_t version, struct sl_digest row);
/* messageId as it is written: "sluice-" and 32 hex digits, NUL. */
void sl_event_id_text(struct sl_digest id, char out[40]);

struct sl_transform_info {
	const char *name, *args, *help, *example;
};
const struct sl_transform_info *sl_transform_at(size_t i); /* NULL past the end */

/* Suggestions by name, type and sample values: never applied by themselves. */
struct sl_field_info {
	const char *name, *type;
};
struct sl_suggestion {
	const char *to, *expr, *reason;
	double score; /* 0..1 */
};
struct sl_suggest_spec {
	const char *event; /* of the profile */
	const struct sl_schema *schema;
	const struct sl_value *sample; /* nsample * ncols cells, may be NULL */
	uint32_t nsample;
	const struct sl_field_info *fields;
	size_t nfields;
};
enum sl_code sl_suggest(const struct sl_suggest_spec *spec, struct sl_arena *a,
			struct sl_suggestion **out, size_t *n, struct sl_err *err) SL_MUST;

#endif
