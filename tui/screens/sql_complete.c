/* sql_complete.c - the word before the cursor, matched with names of tables and columns. */
#include "tui/screens/sql_complete.h"

#include <strings.h>

static void
put_match(const char *name, struct sl_str word, struct sl_buf *out)
{
	if (name && strlen(name) > word.len && strncasecmp(name, word.ptr, word.len) == 0)
		sl_buf_printf(out, "%s\n", name);
}

size_t
sql_complete(const struct sl_table *tables, const struct tui_rows *rows, struct sl_str before,
	     struct sl_buf *out)
{
	size_t from = before.len;

	while (from > 0 && !strchr(" \n\t(),=<>", before.ptr[from - 1]))
		from--;
	struct sl_str word = { before.ptr + from, before.len - from };
	if (word.len == 0)
		return 0;
	for (unsigned i = 0; i < sl_table_rows(tables); i++) {
		put_match(sl_table_get(tables, i, "table"), word, out);
		put_match(sl_table_get(tables, i, "name"), word, out);
	}
	for (int i = 0; i < rows->table.ncols; i++)
		put_match(rows->cols[i].title, word, out);
	return word.len;
}
