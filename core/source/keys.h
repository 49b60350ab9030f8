/* keys.h - a key that is none: the query that finds out, and the error with a few keys that show it. */
#ifndef SL_SOURCE_KEYS_H
#define SL_SOURCE_KEYS_H

#include "core/source/query.h"

struct sl_bad_keys {
	const char *where; /* the driver's title */
	const struct sl_str *key;
	uint32_t nkey;
	bool twins;         /* several rows have one key; else a column of the key is NULL */
	const char *total;  /* how many such keys, or rows, there are */
	struct sl_buf text; /* of the keys put so far; zero at first */
};

/* Columns of its answer: how many bad keys there are in all, how many rows this one has, its values.
 * No rows: this is not what is wrong. */
void sl_bad_keys_query(const struct sl_bad_keys *b, const struct sl_dialect *d,
		       const struct sl_model *m, struct sl_buf *sql);
/* One key: values[0..nkey-1] as text, NULL = NULL; rows that have it, when twins. */
void sl_bad_keys_put(struct sl_bad_keys *b, const char *const *values, const char *rows);
/* Fills err, frees b->text, returns SL_E_DATA. */
enum sl_code sl_bad_keys_fail(struct sl_bad_keys *b, struct sl_err *err);
/* The error for a model without a key. */
enum sl_code sl_no_key(const char *where, struct sl_err *err);

#endif
