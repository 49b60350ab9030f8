/* keys.c - see keys.h. */
#include "core/source/keys.h"

#define KEYS_SHOWN 5  /* keys that the error names */
#define KEYS_CHARS 40 /* characters of a value that it shows */

/* `between` q."key1"`right` `between` ...; none before the first. */
static void
put_keys(const struct sl_bad_keys *b, struct sl_buf *sql, const char *between, const char *right)
{
	for (uint32_t i = 0; i < b->nkey; i++) {
		sl_buf_printf(sql, "%sq.", i > 0 ? between : "");
		sl_query_ident(sql, b->key[i]);
		sl_buf_puts(sql, right);
	}
}

void
sl_bad_keys_query(const struct sl_bad_keys *b, const struct sl_dialect *d, const struct sl_model *m,
		  struct sl_buf *sql)
{
	sl_buf_printf(sql, "SELECT %scount(*) OVER ()", d->functions);
	if (b->twins)
		sl_buf_printf(sql, ", %scount(*)", d->functions);
	else
		sl_buf_puts(sql, ", 1");
	for (uint32_t i = 0; i < b->nkey; i++) {
		sl_buf_printf(sql, ", %ssubstr(q.", d->functions);
		sl_query_ident(sql, b->key[i]);
		sl_buf_printf(sql, "%s, 1, %d)", d->to_text, KEYS_CHARS);
	}
	sl_buf_puts(sql, " FROM ");
	sl_query_from(sql, m, NULL);
	if (b->twins) {
		sl_buf_puts(sql, " GROUP BY ");
		put_keys(b, sql, ", ", "");
		sl_buf_printf(sql, " HAVING %scount(*) > 1 ORDER BY ", d->functions);
		put_keys(b, sql, ", ", "");
	} else {
		sl_buf_puts(sql, " WHERE ");
		put_keys(b, sql, " OR ", " IS NULL");
	}
	sl_buf_printf(sql, " LIMIT %d", KEYS_SHOWN);
}

void
sl_bad_keys_put(struct sl_bad_keys *b, const char *const *values, const char *rows)
{
	sl_buf_puts(&b->text, b->text.len > 0 ? "; " : "");
	sl_buf_puts(&b->text, b->nkey > 1 ? "(" : "");
	for (uint32_t i = 0; i < b->nkey; i++) {
		sl_buf_puts(&b->text, i > 0 ? ", " : "");
		sl_buf_puts(&b->text, values[i] != NULL ? values[i] : "NULL");
	}
	sl_buf_puts(&b->text, b->nkey > 1 ? ")" : "");
	if (b->twins)
		sl_buf_printf(&b->text, " (%s rows)", rows);
}

enum sl_code
sl_bad_keys_fail(struct sl_bad_keys *b, struct sl_err *err)
{
	const bool one = strcmp(b->total, "1") == 0;
	struct sl_buf names;

	sl_buf_init(&names, 0);
	for (uint32_t i = 0; i < b->nkey; i++) {
		sl_buf_puts(&names, i > 0 ? ", " : "");
		sl_buf_put_str(&names, b->key[i]);
	}
	if (b->twins)
		sl_fail(err, SL_E_DATA, b->where, "key %s is not unique, %s %s several rows: %s",
			sl_buf_cstr(&names), b->total, one ? "key has" : "keys have",
			sl_buf_cstr(&b->text));
	else
		sl_fail(err, SL_E_DATA, b->where, "key %s is NULL in %s row%s: %s",
			sl_buf_cstr(&names), b->total, one ? "" : "s", sl_buf_cstr(&b->text));
	sl_buf_free(&names);
	sl_buf_free(&b->text);
	return sl_err_hint(err, "choose another key, or leave these rows out with an SQL model");
}

enum sl_code
sl_no_key(const char *where, struct sl_err *err)
{
	sl_fail(err, SL_E_CONFIG, where, "the model has no key");
	return sl_err_hint(err, "name the columns that tell its rows apart");
}
