/* model_of.h - what a client names (a table or SQL) as the source drivers want it. */
#ifndef SL_MODEL_OF_H
#define SL_MODEL_OF_H

#include "core/engine/job.h"

/* The arguments of a request about rows or columns, copied into the job. */
struct sl_what_copy {
	const char *connection, *table, *sql;
};
struct sl_what_copy sl_what_take(struct sl_job *j, const struct sl_what *what);
enum sl_code sl_model_of(struct sl_job *j, const struct sl_what_copy *what, struct sl_model *out,
			 struct sl_err *err) SL_MUST;

#endif
