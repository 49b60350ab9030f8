/* row_json.h - a row of the source as a JSON object, for people. */
#ifndef SL_ROW_JSON_H
#define SL_ROW_JSON_H

#include "core/base/str.h"
#include "core/model/model.h"

/* What JSON cannot hold stands there in its visible form. Memory of a; length 0: none was left. */
struct sl_str sl_row_json(struct sl_arena *a, const struct sl_schema *s,
			  const struct sl_value *row) SL_MUST;
/* The same of one value. */
void sl_value_json(struct sl_buf *out, const struct sl_value *v);

#endif
