/* keys.c - see keys.h. */
#include "core/source/keys.h"

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
	struct sl_buf names;

	sl_buf_init(&names, 0);
	for (uint32_t i = 0; i < b->nkey; i++) {
		sl_buf_puts(&names, i > 0 ? ", " : "");
		sl_buf_put_str(&names, b->key[i]);
	}
	sl_fail(err, SL_E_DATA, b->where,
		b->twins ? "key %s is not unique, %s keys have several rows: %s"
			 : "key %s is NULL in %s rows: %s",
		sl_buf_cstr(&names), b->total, sl_buf_cstr(&b->text));
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
