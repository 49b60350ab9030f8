/* cursor_check.c - can this column of this source be the cursor of the sync? */
#include "core/engine/prep.h"

const struct sl_column *
sl_prep_cursor_column(const struct sl_prep *prep)
{
	int at = sl_schema_find(&prep->all, sl_str(prep->sync.cursor));

	return at >= 0 ? &prep->all.cols[at] : NULL;
}

static enum sl_code
check_lag(const struct sl_prep *prep, const struct sl_source_handle *h, struct sl_err *err)
{
	const struct sl_column *col = sl_prep_cursor_column(prep);

	if (prep->sync.lag_ms == 0 || (h->driver->lag_types & 1u << col->type))
		return SL_OK;
	(void)sl_fail(err, SL_E_CONFIG, prep->sync.file ? prep->sync.file : "sync",
		      "lag: a time cannot be taken from the column \"%s\" of type " SL_FMT,
		      prep->sync.cursor, SL_ARG(col->native));
	return sl_err_hint(err, "remove lag, or use a cursor that is a time");
}

enum sl_code
sl_prep_cursor(const struct sl_prep *prep, const struct sl_source_handle *h, struct sl_err *err)
{
	const char *where = prep->sync.file ? prep->sync.file : "sync";
	const struct sl_column *col;

	if (prep->sync.detect != SL_DETECT_CURSOR)
		return SL_OK;
	if (!prep->sync.cursor) {
		(void)sl_fail(err, SL_E_CONFIG, where, "cursor: no column is named");
		return sl_err_hint(err, "name the column that grows with every change of a row");
	}
	col = sl_prep_cursor_column(prep);
	if (!col) {
		(void)sl_fail(err, SL_E_CONFIG, where, "cursor: the source has no column \"%s\"",
			      prep->sync.cursor);
		return sl_err_hint(err, "name a column of the table or query, or use \"detect\": "
					"\"diff\"");
	}
	if (!(h->driver->cursor_types & 1u << col->type)) {
		(void)sl_fail(err, SL_E_CONFIG, where,
			      "cursor: values of the column \"%s\" of type " SL_FMT
			      " do not grow from change to change",
			      prep->sync.cursor, SL_ARG(col->native));
		return sl_err_hint(err, "use a column with an integer, a decimal number, a date or "
					"a timestamp, or \"detect\": \"diff\"");
	}
	return check_lag(prep, h, err);
}
