/* prep.h - what a run and a preview do alike before the first row: read the sync, ask the source for
 * the columns, compile the mapping, and open the scan on just the columns that are needed. */
#ifndef SL_PREP_H
#define SL_PREP_H

#include "core/diff/diff.h"
#include "core/engine/engine.h"
#include "core/map/map.h"

struct sl_prep {
	struct sl_arena *arena; /* owned; holds all below */
	struct sl_sync sync;
	uint32_t dest; /* of the destination's settings, see sl_dest_print(); 0 = not known */
	struct sl_profile profile;
	struct sl_model model;
	struct sl_schema all;     /* every column of the model */
	struct sl_schema columns; /* of the scan: mapped columns and the key */
	struct sl_mapper
		*described;       /* against all; NULL until sl_prep_describe(), or with issues */
	struct sl_mapper *mapper; /* against columns; NULL until sl_prep_scan() */
	struct sl_str *wanted;    /* names of columns that the profile and the key need */
	uint32_t nwanted;
	struct sl_from from; /* where the scan starts; the caller's to set */
	struct sl_part part; /* what of the model it is; the caller's to set */
	struct sl_map_issue *issues;
	size_t nissues;
};

void sl_prep_free(struct sl_prep *p); /* safe on a zeroed struct */

/* Sync and profile of a saved sync, by name. */
enum sl_code sl_prep_load(struct sl_prep *p, const struct sl_config *c, const char *sync,
			  struct sl_err *err) SL_MUST;
/* The same from settings of a sync and a profile (a draft). */
enum sl_code sl_prep_draft(struct sl_prep *p, const struct sl_object_def *sync,
			   const struct sl_object_def *profile, struct sl_err *err) SL_MUST;
/* Ask for the columns of the model and compile the mapping against all of them: issues, whether errors
 * or not, are in p->issues. */
enum sl_code sl_prep_describe(struct sl_prep *p, const struct sl_source_handle *h,
			      struct sl_err *err) SL_MUST;
/* Is the cursor of the sync, if it has one, a column that can be one? Part of sl_prep_describe(). */
enum sl_code sl_prep_cursor(const struct sl_prep *p, const struct sl_source_handle *h,
			    struct sl_err *err) SL_MUST;
const struct sl_column *sl_prep_cursor_column(const struct sl_prep *p); /* NULL: not there */
/* The first issue that is an error, as an error with file, line, field and mend; SL_OK: none. */
enum sl_code sl_prep_issue(const struct sl_prep *p, struct sl_err *err) SL_MUST;
/* Open the scan over the needed columns (limit 0 = all rows) and compile the mapper against them. */
enum sl_code sl_prep_scan(struct sl_prep *p, const struct sl_source_handle *h, uint64_t limit,
			  struct sl_err *err) SL_MUST;
/* The scan of another part, on the same connection or one that has joined its snapshot. What it needs is
 * kept in `a`; any thread. */
enum sl_code sl_prep_part(const struct sl_prep *p, const struct sl_source_handle *h,
			  struct sl_arena *a, const struct sl_part *part,
			  struct sl_err *err) SL_MUST;
/* The key columns as the source's API wants them; memory of the arena, NULL = no memory. */
const struct sl_str *sl_prep_key(const struct sl_prep *p);

/* A diff spec for the prepared mapper; snapshot and dead letters are the caller's to add. */
void sl_prep_diff(const struct sl_prep *p, const struct sl_digest_key *hash,
		  struct sl_diff_spec *spec);
/* What names the destination and the key of a sync in the state. */
enum sl_code sl_sync_identity(const struct sl_sync *s, const struct sl_digest_key *hash,
			      struct sl_digest *out, struct sl_err *err) SL_MUST;
/* A fingerprint of what a destination is set to, but for what only paces it: where it differs, an event that
 * was given up on is worth another try. Never 0. Secrets count by their reference. */
enum sl_code sl_dest_print(const struct sl_config *c, const char *dest,
			   const struct sl_digest_key *hash, uint32_t *out,
			   struct sl_err *err) SL_MUST;
/* How the mode tells an operation to the destination: "insert" "update" "delete". */
const char *sl_prep_action(const struct sl_prep *p, enum sl_op op);

#endif
