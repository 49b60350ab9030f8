/* table.h - building the tables that answers are made of (read through sluice.h).
 *
 * Columns are declared first, as "name:type name:type ..." with type text int number bool time json
 * (text when left out). Then a row is begun and its cells are appended in column order; cells that are
 * not given are NULL. A builder call that finds no memory marks the table as failed; ask once at the
 * end with sl_table_ok(). */
#ifndef SL_TABLE_H
#define SL_TABLE_H

#include "core/base/str.h"
#include "core/sluice.h"

struct sl_table *sl_table_new(const char *columns) SL_MUST; /* NULL = no memory */
struct sl_table *sl_table_bare(void) SL_MUST; /* columns follow by sl_table_column() */
void sl_table_column(struct sl_table *t, struct sl_str name, enum sl_cell type);
bool sl_table_ok(const struct sl_table *t);

void sl_table_row(struct sl_table *t);                /* begins the next row */
void sl_cell_text(struct sl_table *t, const char *s); /* NULL = NULL */
void sl_cell_str(struct sl_table *t, struct sl_str s);
void sl_cell_int(struct sl_table *t, int64_t v);
void sl_cell_real(struct sl_table *t, double v);
void sl_cell_bool(struct sl_table *t, bool v);
void sl_cell_time(struct sl_table *t, int64_t wall_us); /* 0 = NULL */
void sl_cell_null(struct sl_table *t);
void sl_cell_given(struct sl_table *t, struct sl_str s);        /* empty = NULL */
void sl_cell_int_if(struct sl_table *t, bool known, int64_t v); /* not known = NULL */

#endif
