/* skim.h - reads JSON in place, without a tree.
 *
 * A receiver must keep numbers and texts byte for byte as they were sent: a parser that goes through
 * double or re-escapes strings would hide the sender's mistakes. And an answer of any size is read
 * without memory of its own. sl_skim_check() is strict (RFC 8259); everything else takes text that
 * passed it. */
#ifndef SL_SKIM_H
#define SL_SKIM_H

#include "core/base/str.h"

#define SL_SKIM_DEPTH 200 /* deepest nesting, as in rudder-server */

/* Is text exactly one JSON value? *value is it without blanks around. Otherwise *why says what is
 * wrong (static text), *at is the offset, and *value is the first value when only more text follows
 * it, else empty. */
bool sl_skim_check(struct sl_str text, struct sl_str *value, const char **why, size_t *at) SL_MUST;

/* Members of an object or items of an array (then key is empty), in order. Keys are raw: between
 * their quotes, escapes as they are. Anything else than a container has no members. */
struct sl_skim {
	const char *p, *end;
	bool object;
};
void sl_skim_begin(struct sl_skim *it, struct sl_str container);
bool sl_skim_next(struct sl_skim *it, struct sl_str *key, struct sl_str *val) SL_MUST;

/* The first member of that name; an empty view when there is none or obj is no object. */
struct sl_str sl_skim_get(struct sl_str obj, const char *name);
/* As above by a path of names, NULL-terminated. */
struct sl_str sl_skim_path(struct sl_str obj, const char *const *names);
/* As above by names with dots between: "data.items"; "." is v itself. */
struct sl_str sl_skim_dotted(struct sl_str v, const char *path);

static inline bool
sl_skim_is_object(struct sl_str v)
{
	return v.len > 0 && v.ptr[0] == '{';
}

static inline bool
sl_skim_is_array(struct sl_str v)
{
	return v.len > 0 && v.ptr[0] == '[';
}

/* Append a scalar as plain text: strings unescaped (U+0000 and lone surrogates become U+FFFD), other
 * values as written. false: v is null or absent, nothing was appended. */
bool sl_skim_text(struct sl_str v, struct sl_buf *out);

/* Append the object `old` with the members of `new` put over it, one level deep, values as written.
 * Where that would be too much work for hostile objects of very many members (members of one times
 * bytes of the other above SL_SKIM_MERGE), the new object replaces the old one. */
#define SL_SKIM_MERGE (32u << 20)
void sl_skim_merge(struct sl_str old, struct sl_str new, struct sl_buf *out);

#endif
