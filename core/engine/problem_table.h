/* problem_table.h - mistakes of the workspace as the rows of an answer. */
#ifndef SL_PROBLEM_TABLE_H
#define SL_PROBLEM_TABLE_H

#include "core/config/config.h"
#include "core/engine/table.h"

enum sl_problem_kind {
	SL_PROBLEM_MISTAKE,
	SL_PROBLEM_WARNING,
	SL_PROBLEM_DOWN /* no mistake of the files: the other side cannot be reached or refuses us */
};

/* file, line, field, problem, mend, warning, down */
struct sl_table *sl_problem_table(void) SL_MUST; /* NULL = no memory */
void sl_problem_row(struct sl_table *t, const struct sl_problem_def *p, enum sl_problem_kind kind);
void sl_problem_rows(struct sl_table *t, const struct sl_problem_def *p, size_t n);
/* The same as an error. */
enum sl_code sl_problem_error(const struct sl_problem_def *p, struct sl_err *err);

#endif
