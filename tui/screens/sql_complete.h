/* sql_complete.h - names that can go on at the end of a SELECT that is typed. */
#ifndef TUI_SCREENS_SQL_COMPLETE_H
#define TUI_SCREENS_SQL_COMPLETE_H

#include "tui/widgets/rows.h"

/* Names of tables (may be NULL) and of the columns of the last rows, as struct tui_complete wants them. */
size_t sql_complete(const struct sl_table *tables, const struct tui_rows *rows,
		    struct sl_str before, struct sl_buf *out);

#endif
