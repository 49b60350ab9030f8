#include "core/engine/problem_table.h"

#include <stdio.h>

struct sl_table *
sl_problem_table(void)
{
	return sl_table_new("file line:int field problem mend warning:bool down:bool");
}

void
sl_problem_row(struct sl_table *t, const struct sl_problem_def *p, enum sl_problem_kind kind)
{
	sl_table_row(t);
	sl_cell_text(t, p->file);
	sl_cell_int_if(t, p->line > 0, p->line);
	sl_cell_text(t, p->field);
	sl_cell_text(t, p->problem);
	sl_cell_text(t, p->mend);
	sl_cell_bool(t, kind == SL_PROBLEM_WARNING);
	sl_cell_bool(t, kind == SL_PROBLEM_DOWN);
}

void
sl_problem_rows(struct sl_table *t, const struct sl_problem_def *p, size_t n)
{
	for (size_t i = 0; t && i < n; i++)
		sl_problem_row(t, &p[i], SL_PROBLEM_MISTAKE);
}

enum sl_code
sl_problem_error(const struct sl_problem_def *p, struct sl_err *err)
{
	const char *field = p->field ? p->field : "";
	char where[128];

	if (p->line > 0)
		(void)snprintf(where, sizeof(where), "%.70s:%d%s%.40s", p->file, p->line,
			       *field ? ": " : "", field);
	else
		(void)snprintf(where, sizeof(where), "%.70s%s%.40s", p->file, *field ? ": " : "",
			       field);
	(void)sl_fail(err, SL_E_CONFIG, where, "%s", p->problem);
	return p->mend && *p->mend ? sl_err_hint(err, "%s", p->mend) : SL_E_CONFIG;
}
