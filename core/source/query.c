/* query.c - see query.h. */
#include "core/source/query.h"

void
sl_query_ident(struct sl_buf *b, struct sl_str name)
{
	sl_buf_putc(b, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			sl_buf_putc(b, '"');
		sl_buf_putc(b, name.ptr[i]);
	}
	sl_buf_putc(b, '"');
}

void
sl_query_from(struct sl_buf *b, const struct sl_model *m, size_t *user_at)
{
	if (m->sql.len > 0) {
		/* The new lines keep a comment in the user's text from hiding the bracket. */
		sl_buf_puts(b, "(\n");
		if (user_at != NULL)
			*user_at = b->len;
		sl_buf_put_str(b, m->sql);
		sl_buf_puts(b, "\n) AS q");
		return;
	}
	if (user_at != NULL)
		*user_at = 0;
	if (m->schema.len > 0) {
		sl_query_ident(b, m->schema);
		sl_buf_putc(b, '.');
	}
	sl_query_ident(b, m->table);
	sl_buf_puts(b, " AS q");
}

void
sl_query_page(struct sl_buf *b, const struct sl_scan *scan, const struct sl_str *types)
{
	if (scan->after != NULL && scan->norder > 0) {
		sl_buf_puts(b, " WHERE (");
		for (uint32_t i = 0; i < scan->norder; i++) {
			sl_buf_puts(b, i > 0 ? ", q." : "q.");
			sl_query_ident(b, scan->order[i]);
		}
		sl_buf_puts(b, scan->backwards ? ") < (" : ") > (");
		for (uint32_t i = 0; i < scan->norder; i++) {
			/* A name to SQLite, which numbers names as they come: the same number. */
			sl_buf_printf(b, "%s$%u", i > 0 ? ", " : "", i + 1);
			if (types != NULL)
				sl_buf_printf(b, "::" SL_FMT, SL_ARG(types[i]));
		}
		sl_buf_putc(b, ')');
	}
	for (uint32_t i = 0; i < scan->norder; i++) {
		sl_buf_puts(b, i > 0 ? ", q." : " ORDER BY q.");
		sl_query_ident(b, scan->order[i]);
		sl_buf_puts(b, scan->backwards ? " DESC" : "");
	}
	if (scan->limit > 0 && scan->limit <= INT64_MAX)
		sl_buf_printf(b, " LIMIT %llu", (unsigned long long)scan->limit);
}
