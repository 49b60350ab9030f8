/* doctor.h - what `doctor` looks at, a file a subject. Findings are rows of one answer, in parts. */
#ifndef SL_DOCTOR_H
#define SL_DOCTOR_H

#include "core/engine/job.h"

struct sl_doctor {
	struct sl_job *job;
	const struct sl_config *config;
	const char *area;       /* of what is said next */
	struct sl_table *found; /* of the present part; NULL: no memory */
};

/* mend: NULL or "" = nothing to do. */
void sl_doctor_say(struct sl_doctor *d, const char *what, enum sl_grade grade, const char *mend,
		   const char *fmt, ...) SL_PRINTF(5, 6);

void sl_doctor_files(struct sl_doctor *d);   /* who may read and change the files */
void sl_doctor_state(struct sl_doctor *d);   /* what is in the state, and what is left over */
void sl_doctor_process(struct sl_doctor *d); /* libraries, core dumps, secrets */
void sl_doctor_personal(
	struct sl_doctor *d); /* columns that look like personal data and are not tagged */
/* Each connection in turn; SL_E_CANCELLED ends it. */
enum sl_code sl_doctor_connections(struct sl_doctor *d, struct sl_err *err) SL_MUST;

/* By its name: "user_email", "birthDate", "last name". */
bool sl_looks_personal(const char *column);

/* What the syncs read of a source: one need a table (columns of all syncs together), one a query. */
enum sl_code sl_doctor_needs(struct sl_job *j, const struct sl_config *c, const char *source,
			     struct sl_need **out, uint32_t *n, struct sl_err *err) SL_MUST;

#endif
