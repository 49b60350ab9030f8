/* draft.h - a sync and its profile as they are edited: what a client sends, laid over what is saved. */
#ifndef SL_DRAFT_H
#define SL_DRAFT_H

#include "core/engine/job.h"

/* A struct sl_draft copied into a job. */
struct sl_draft_args {
	const char *sync;
	const struct sl_pair *set, *profile;
	size_t nset, nprofile;
	unsigned limit; /* of a preview */
};
/* A job with such arguments; NULL: no memory. */
struct sl_job *sl_draft_job(struct sl_engine *e, sl_job_fn *fn, const struct sl_draft *d) SL_MUST;

/* The two objects as if they were saved; memory of the job. */
struct sl_drafted {
	struct sl_object_def sync;
	struct sl_object_def profile;   /* no settings: none is named yet */
	const struct sl_config *config; /* with the drafted profile in it */
};
/* A setting of the list stands in place of the saved one, an empty one takes it away; a table takes a
 * saved query away and the reverse. With a profile list the saved profile is not read at all. Nothing is
 * checked. SL_E_NOTFOUND: the sync is neither saved nor given. */
enum sl_code sl_draft_make(struct sl_job *j, const struct sl_config *c, struct sl_drafted *out,
			   struct sl_err *err) SL_MUST;
/* What is wrong with the settings of the two; memory of the job. */
enum sl_code sl_draft_check(struct sl_job *j, const struct sl_drafted *d,
			    struct sl_problem_def **out, size_t *n, struct sl_err *err) SL_MUST;

#endif
