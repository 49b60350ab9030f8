/* mask.h - values of columns that a profile tags (pii), and of the fields made of them, as marks.
 *
 * A mark tells how long the value is and whether two are equal, and nothing else: three bullets, S, M or L
 * (up to 8, 32, more bytes), and 16 bits of a digest that is keyed by the workspace: "...M.3f2a".
 * Bodies are judged by their paths: what no mapping of now explains (an event of an older mapping) is
 * masked too. */
#ifndef SL_MASK_H
#define SL_MASK_H

#include "core/engine/job.h"
#include "core/source/source.h"

struct sl_mask_target;

struct sl_mask {
	bool on;  /* something is tagged; else every function gives back what it was given */
	bool all; /* what is tagged is not known: everything counts as tagged */
	const struct sl_digest_key *hash;
	struct sl_arena *arena;       /* borrowed; of the answers too */
	const struct sl_str *columns; /* tagged */
	size_t ncolumns;
	const struct sl_mask_target *targets; /* of the mapping */
	size_t ntargets;
	const struct sl_str *key;
	size_t nkey;
	bool key_tagged, id_tagged; /* a column of the key; what identifies the profile's object */
};

/* The tags of a saved sync; of one that the workspace does not have (any more): everything, when
 * anything at all is tagged in it. */
enum sl_code sl_mask_sync(struct sl_mask *m, const struct sl_engine *e, const struct sl_config *c,
			  const char *sync, struct sl_arena *a, struct sl_err *err) SL_MUST;
enum sl_code sl_mask_objects(struct sl_mask *m, const struct sl_engine *e,
			     const struct sl_object_def *sync, const struct sl_object_def *profile,
			     struct sl_arena *a, struct sl_err *err) SL_MUST;
/* Of what is read from a source by hand: the tags of all syncs that read this table of it, or with sql
 * of all that read from it. Columns only. */
enum sl_code sl_mask_source(struct sl_mask *m, const struct sl_job *j, const struct sl_config *c,
			    const char *source, const char *table, struct sl_err *err) SL_MUST;
/* The same for a job: nothing is masked when its client may see values. */
enum sl_code sl_mask_job(struct sl_mask *m, struct sl_job *j, const char *sync,
			 struct sl_err *err) SL_MUST;

bool sl_mask_column(const struct sl_mask *m, struct sl_str name);
/* Is a field of the mapping made of a tagged column? */
bool sl_mask_field(const struct sl_mask *m, const char *to);

/* Memory of the arena; three bullets when there is none left. Length 0 stays length 0. */
struct sl_str sl_mask_mark(const struct sl_mask *m, struct sl_str value);
struct sl_str sl_mask_body(const struct sl_mask *m, struct sl_str body);
struct sl_str sl_mask_key(const struct sl_mask *m, struct sl_str key); /* a JSON array of texts */
/* Marks in the place of tagged cells; the row itself when none is. */
const struct sl_value *sl_mask_row(const struct sl_mask *m, const struct sl_schema *s,
				   const struct sl_value *row);
/* Words of a destination about an event: tagged values of its body and key are taken out. */
void sl_mask_words(const struct sl_mask *m, struct sl_str body, struct sl_str key, char *text,
		   size_t cap);

#endif
