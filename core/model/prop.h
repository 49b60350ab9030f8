/* prop.h - property tables: one table per driver (and one for profiles and for syncs) says what can
 * be configured. The same table checks the JSON, fills the driver's context, draws the form in the
 * TUI, prints the help and the reference page. */
#ifndef SL_PROP_H
#define SL_PROP_H

#include "core/base/str.h"

enum sl_prop_type {
	SL_P_STRING,
	SL_P_SECRET, /* a reference: env:NAME file:/path exec:cmd args | pgpass | empty */
	SL_P_INT,
	SL_P_BOOL,   /* true false */
	SL_P_ENUM,   /* one of choices */
	SL_P_MILLIS, /* "250ms" "5s" "2m" -> int64_t milliseconds */
	SL_P_BYTES,  /* "64k" "4MiB" -> int64_t bytes */
	SL_P_URL,    /* http:// or https:// */
	SL_P_PATH,
	SL_P_LIST, /* list of strings; as text: comma-separated, see sl_prop_item() */
	SL_P_MAP   /* object of strings; as text: a list of name=value */
};

#define SL_PROP_REQUIRED 1u

struct sl_prop {
	const char *name;
	enum sl_prop_type type;
	unsigned flags;
	const char *def;            /* default as text; NULL = none */
	int64_t min, max;           /* INT, MILLIS, BYTES; both 0 = unbounded, max < min = no max */
	const char *const *choices; /* ENUM: NULL-terminated */
	const char *help;           /* one sentence; says the unit */
};

/* A configured property as text. SECRET values are references here, never the secret. */
struct sl_setting {
	const char *name;
	const char *value;
	int line; /* in its file; 0 = from a form */
};

const struct sl_prop *sl_prop_find(const struct sl_prop *props, size_t n, const char *name);
/* Value of a setting, else the default, else NULL. */
const char *sl_prop_text(const struct sl_prop *props, size_t np, const struct sl_setting *set,
			 size_t ns, const char *name);
/* Typed reads for drivers; the values were checked by sl_prop_check() before. An empty text counts as
 * not set. Missing: 0 / false. */
int64_t sl_prop_i64(const struct sl_prop *props, size_t np, const struct sl_setting *set, size_t ns,
		    const char *name); /* INT, MILLIS, BYTES */
bool sl_prop_bool(const struct sl_prop *props, size_t np, const struct sl_setting *set, size_t ns,
		  const char *name);
/* Is this text a right value for p? Empty text is, unless p is required and has no default. Fills msg
 * and hint, not where. No message repeats the text of a secret. */
enum sl_code sl_prop_check(const struct sl_prop *p, const char *text, struct sl_err *err) SL_MUST;

/* Items of a LIST or MAP as text: commas between, blanks around an item do not count, and \, \\ and
 * "\ " stand for the character itself. item() puts the next one into *item and moves *text past it;
 * false: no more. put_item() appends one to such a text. */
bool sl_prop_item(const char **text, struct sl_buf *item);
void sl_prop_put_item(struct sl_buf *out, struct sl_str item);

#endif
