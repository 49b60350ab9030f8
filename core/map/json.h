/* json.h - JSON as text: written straight into a buffer, and read without building a tree, so that
 * every digit of a number survives. */
#ifndef SL_JSON_H
#define SL_JSON_H

#include "core/base/str.h"
#include "core/model/model.h"

#define SL_JSON_DEPTH 200u /* deepest nesting that is taken */
#define SL_TIME_TEXT  40u  /* room for a time of sl_time_json() */

/* Why a value cannot be written. */
enum sl_json_fault {
	SL_JSON_OK = 0,
	SL_JSON_UTF8,   /* text that is not UTF-8 */
	SL_JSON_NUL,    /* text with a NUL character: most readers refuse \u0000 */
	SL_JSON_SYNTAX, /* a JSON value that is none */
	SL_JSON_NUMBER, /* a number that is none */
	SL_JSON_FULL    /* no room in the buffer */
};
const char *sl_json_fault_text(enum sl_json_fault f); /* "is not valid UTF-8" ... */

/* Appending; after a fault the buffer holds the part that was written. A value by its type:
 *   INT DECIMAL FLOAT: their own digits; NaN and the infinities, which JSON does not have: null
 *   TIMESTAMP: "2024-01-31T10:00:00.000", TIMESTAMPTZ the same with Z; milliseconds always,
 *   microseconds when there are any; infinity and BC as they are
 *   JSON: embedded as it is, once it was checked; line breaks within it become blanks
 *   NULL: null; everything else: a string */
enum sl_json_fault sl_json_put_value(struct sl_buf *b, const struct sl_value *v) SL_MUST;
enum sl_json_fault sl_json_put_string(struct sl_buf *b, const char *p, size_t n) SL_MUST;
/* A TIMESTAMP or TIMESTAMPTZ in the form above: its length, or 0 when it is no plain time (infinity, BC).
 * out has room for SL_TIME_TEXT bytes; not NUL-terminated. */
size_t sl_time_json(const struct sl_value *v, char *out);

/* Length of the JSON number at the start of p, or 0. */
size_t sl_json_number_len(const char *p, size_t n);
/* Number of bytes at the start of p that stand for themselves in a JSON string. */
size_t sl_json_plain_len(const char *p, size_t n);

/* Is text exactly one value? */
enum sl_json_fault sl_json_check(struct sl_str text) SL_MUST;

/* The members of an array or object whose text starts (after blanks) with its bracket:
 *	struct sl_json_iter it = { .text = text };
 *	while (sl_json_next(&it)) ... it.value, it.key (object; still escaped, without quotes)
 *	if (it.fault) ... */
struct sl_json_iter {
	struct sl_str text;
	size_t pos;
	char kind; /* '[' or '{', known after the first call; 0: neither */
	struct sl_str key, value;
	enum sl_json_fault fault;
};
bool sl_json_next(struct sl_json_iter *it);

/* The value at a path; *out has length 0 when there is none. */
enum sl_json_fault sl_json_find(struct sl_str text, const struct sl_str *path, uint32_t npath,
				struct sl_str *out) SL_MUST;
/* JSON text of one value -> a typed value: strings are unescaped (memory of a), objects and arrays stay
 * JSON, null is NULL. False: out of memory. */
bool sl_json_to_value(struct sl_str json, struct sl_arena *a, struct sl_value *out) SL_MUST;

#endif
