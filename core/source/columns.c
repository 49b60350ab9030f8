/* columns.c - see columns.h. */
#include "core/source/columns.h"

#include "core/base/near.h"
#include "core/base/str.h"

enum sl_code
sl_column_find(const char *where, const struct sl_schema *s, struct sl_str name, uint32_t *at,
	       struct sl_err *err)
{
	char wanted[sizeof err->hint]; /* longer names have no near ones anyway */
	size_t n = name.len < sizeof wanted ? name.len : sizeof wanted - 1;
	int found = sl_schema_find(s, name);

	if (found >= 0) {
		*at = (uint32_t)found;
		return SL_OK;
	}
	memcpy(wanted, name.ptr, n);
	wanted[n] = 0;
	struct sl_near near = sl_near(wanted);
	for (uint32_t i = 0; i < s->ncols; i++)
		sl_near_try(&near, s->cols[i].name.ptr);
	sl_fail(err, SL_E_NOTFOUND, where, "the model has no column " SL_FMT, SL_ARG(name));
	return near.best != NULL ? sl_err_hint(err, "did you mean %s?", near.best) : err->code;
}

struct sl_schema *
sl_columns_chosen(const char *where, struct sl_arena *a, const struct sl_scan *scan,
		  const struct sl_schema *all, const uint32_t **at, struct sl_err *err)
{
	uint32_t n = scan->columns != NULL ? scan->ncolumns : all->ncols;
	struct sl_schema *schema = SL_NEW(a, struct sl_schema, 1);
	struct sl_column *cols = SL_NEW(a, struct sl_column, n);
	uint32_t *from = SL_NEW(a, uint32_t, n);

	if (schema == NULL || cols == NULL || from == NULL) {
		sl_fail(err, SL_E_NOMEM, where, "out of memory");
		return NULL;
	}
	if (n == 0) {
		sl_fail(err, SL_E_BUG, where, "a scan of no columns");
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		from[i] = i;
		if (scan->columns != NULL &&
		    sl_column_find(where, all, scan->columns[i], &from[i], err) != SL_OK)
			return NULL;
		cols[i] = all->cols[from[i]];
	}
	*schema = (struct sl_schema){ .ncols = n, .cols = cols };
	if (at != NULL)
		*at = from;
	return schema;
}

enum sl_code
sl_column_twins(const char *where, const struct sl_schema *s, struct sl_err *err)
{
	for (uint32_t i = 0; i < s->ncols; i++) {
		int first = sl_schema_find(s, s->cols[i].name);
		if (first == (int)i)
			continue;
		sl_fail(err, SL_E_CONFIG, where,
			"columns %d and %u of the SQL are both named " SL_FMT, first + 1, i + 1,
			SL_ARG(s->cols[i].name));
		return sl_err_hint(err, "name one of them with AS");
	}
	return SL_OK;
}
