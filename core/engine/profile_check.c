#include "core/engine/profile_check.h"

#include "core/engine/problem_table.h"

#include <stdio.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory to check a profile");
}

/* The issues of the profile if every column that it names existed and had this type. */
static enum sl_code
issues_with(const struct sl_profile *p, enum sl_type type, struct sl_arena *a,
	    struct sl_profile_issues *out, struct sl_err *err)
{
	struct sl_schema *schema = SL_NEW(a, struct sl_schema, 1);
	struct sl_map_spec spec = {
		.profile = p, .schema = schema, .mode = SL_MODE_UPSERT, .arena = a
	};
	struct sl_column *cols;
	struct sl_mapper *m = NULL;
	struct sl_str *names;
	uint32_t n;
	enum sl_code code;

	if (!schema || sl_map_columns(p, NULL, 0, a, &names, &n) != SL_OK)
		return no_memory(err);
	cols = SL_NEW(a, struct sl_column, n + 1);
	if (!cols)
		return no_memory(err);
	for (uint32_t i = 0; i < n; i++)
		cols[i] = (struct sl_column){
			.name = names[i], .native = SL_LIT(""), .type = type, .nullable = true
		};
	*schema = (struct sl_schema){ .ncols = n, .cols = cols };
	code = sl_mapper_new(&spec, &m, &out->list, &out->n, err);
	sl_mapper_free(m);
	return code;
}

/* What is wrong with texts as well as with JSON is not a matter of types. */
enum sl_code
sl_profile_check(const struct sl_profile *p, struct sl_arena *a, struct sl_profile_issues *out,
		 struct sl_err *err)
{
	struct sl_profile_issues texts = { 0 }, jsons = { 0 };
	enum sl_code code = issues_with(p, SL_T_TEXT, a, &texts, err);

	if (code == SL_OK)
		code = issues_with(p, SL_T_JSON, a, &jsons, err);
	if (code != SL_OK)
		return code;
	*out = (struct sl_profile_issues){ .list = texts.list };
	for (size_t i = 0; i < texts.n; i++)
		if (sl_profile_has_issue(&jsons, &texts.list[i]))
			out->list[out->n++] = texts.list[i];
	return SL_OK;
}

bool
sl_profile_has_issue(const struct sl_profile_issues *is, const struct sl_map_issue *one)
{
	for (size_t i = 0; i < is->n; i++)
		if (is->list[i].line == one->line && strcmp(is->list[i].to, one->to) == 0 &&
		    strcmp(is->list[i].problem, one->problem) == 0)
			return true;
	return false;
}

void
sl_profile_issue_row(struct sl_table *t, const struct sl_profile *p, const struct sl_map_issue *is,
		     const char *sync)
{
	char field[160] = "", text[512];
	const struct sl_problem_def d = {
		.file = p->file, .line = is->line, .field = field, .problem = text, .mend = is->mend
	};

	if (*is->to)
		(void)snprintf(field, sizeof(field), "map.%s", is->to);
	(void)snprintf(text, sizeof(text), "%s%s%s%s", is->problem, sync ? " (in the sync " : "",
		       sync ? sync : "", sync ? ")" : "");
	sl_problem_row(t, &d, is->error ? SL_PROBLEM_MISTAKE : SL_PROBLEM_WARNING);
}
