#include "core/engine/model_of.h"

struct sl_what_copy
sl_what_take(struct sl_job *j, const struct sl_what *what)
{
	return (struct sl_what_copy){ sl_job_str(j, what->connection), sl_job_str(j, what->table),
				      sl_job_str(j, what->sql) };
}

enum sl_code
sl_model_of(struct sl_job *j, const struct sl_what_copy *what, struct sl_model *out,
	    struct sl_err *err)
{
	*out = (struct sl_model){ 0 };
	if (what->sql && *what->sql) {
		out->sql = sl_str(what->sql);
		return SL_OK;
	}
	if (!what->table || !*what->table)
		return sl_fail(err, SL_E_CONFIG, "table", "neither a table nor a SELECT was given");
	return sl_table_split(what->table, j->arena, &out->schema, &out->table, err);
}
