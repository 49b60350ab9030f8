/* columns.h - columns by name, with errors that a person understands. where = the driver's title. */
#ifndef SL_SOURCE_COLUMNS_H
#define SL_SOURCE_COLUMNS_H

#include "core/source/source.h"

/* Index of a column; SL_E_NOTFOUND names it, and a column that may have been meant. Names of the
 * schema must be NUL-terminated. */
enum sl_code sl_column_find(const char *where, const struct sl_schema *s, struct sl_str name,
			    uint32_t *at, struct sl_err *err) SL_MUST;
/* The columns that a scan asks for, in its order; all of them when it names none. (*at)[i] = where
 * column i is in `all`; at may be NULL. Both live in `a`. Returns NULL with err filled. */
struct sl_schema *sl_columns_chosen(const char *where, struct sl_arena *a,
				    const struct sl_scan *scan, const struct sl_schema *all,
				    const uint32_t **at, struct sl_err *err) SL_MUST;
/* Two columns of one name cannot be told apart in a mapping. */
enum sl_code sl_column_twins(const char *where, const struct sl_schema *s,
			     struct sl_err *err) SL_MUST;

#endif
