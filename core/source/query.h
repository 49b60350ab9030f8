/* query.h - SQL around a model, in what PostgreSQL and SQLite have in common. A row of the model is `q`.
 * Nothing here is a guard against the user's own SQL: that are the read-only ways it is run in. */
#ifndef SL_SOURCE_QUERY_H
#define SL_SOURCE_QUERY_H

#include "core/base/str.h"
#include "core/source/source.h"

/* Where the two differ. */
struct sl_dialect {
	const char *functions; /* schema of our functions with its dot, or "" */
	const char *to_text;   /* a cast, behind a value; or "" */
};

void sl_query_ident(struct sl_buf *b, struct sl_str name); /* quoted */
/* `"schema"."table" AS q` or `(the user's SQL) AS q`. *user_at = where the user's text starts in b;
 * user_at may be NULL. */
void sl_query_from(struct sl_buf *b, const struct sl_model *m, size_t *user_at);
/* ` WHERE (q."a", q."b") > ($1, $2) ORDER BY q."a", q."b" LIMIT 50`. types: of the parameters, to cast
 * them to; NULL = they are not. */
void sl_query_page(struct sl_buf *b, const struct sl_scan *scan, const struct sl_str *types);

#endif
