/* table_view.h - what the files of the table share: reading the model, order, scrolling. */
#ifndef TUI_TABLE_VIEW_H
#define TUI_TABLE_VIEW_H

#include "tui/widgets/table.h"

/* Text of one cell; v must outlive its use. */
void tui_table_cell(const struct tui_table *t, size_t row, int col, struct tui_value *v);
uint64_t tui_table_id(const struct tui_table *t, size_t row); /* of the identity column */
/* Does any cell of the row hold this text (ASCII letters in any case)? */
bool tui_table_has(const struct tui_table *t, size_t row, const char *text);
/* First view position to draw so that the selection is seen. */
size_t tui_table_top(const struct tui_table *t, int height);

#endif
