/* parts.h - what the files of core/config share; nobody else includes it. */
#ifndef SL_CONFIG_PARTS_H
#define SL_CONFIG_PARTS_H

#include "core/config/config.h"

/* ---- mistakes -------------------------------------------------------------------------------- */

/* Collects mistakes. Texts may repeat names out of files: they are made safe to show here. Adding never
 * fails at the caller's place; look at nomem once at the end. */
struct sl_problems {
	struct sl_arena *arena; /* keeps the texts */
	struct sl_problem_def *items;
	size_t n, cap;
	size_t total;     /* also counts those beyond the limit of a file */
	const char *file; /* of the last one, and how many it has */
	size_t in_file;
	bool nomem;
};

struct sl_place {
	const char *file; /* the same pointer for all of one file */
	int line;
	const char *field;
};

void sl_problem_add(struct sl_problems *ps, struct sl_place at, const char *fmt, ...)
	SL_PRINTF(3, 4);
/* How to mend the one added last. */
void sl_problem_mend(struct sl_problems *ps, const char *fmt, ...) SL_PRINTF(2, 3);
void sl_problems_sort(struct sl_problems *ps); /* by file, then line */

/* ---- properties ------------------------------------------------------------------------------ */

/* Which settings an object may have. */
struct sl_shape {
	enum sl_kind kind;
	const char *type; /* connections: the driver; NULL = not given */
	const struct sl_prop *props;
	size_t nprops;
	bool unknown; /* a connection without a known type: nothing can be said of its settings */
};
struct sl_shape sl_shape_of(enum sl_kind kind, const char *type,
			    const struct sl_driver_info *drivers, size_t ndrivers);
extern const struct sl_prop sl_type_prop; /* "type" of a connection, not in any driver's table */
/* The property of a key in a file ("map"), or of a setting ("map.userId"; *sub gets "userId"). */
const struct sl_prop *sl_shape_key(const struct sl_shape *s, const char *key);
const struct sl_prop *sl_shape_setting(const struct sl_shape *s, const char *name,
				       const char **sub);
void sl_problem_unknown(struct sl_problems *ps, struct sl_place at, const struct sl_shape *s,
			const char *key);

const char *sl_kind_folder(enum sl_kind k); /* "connections" ... */
bool sl_name_valid(const char *name);
const char *sl_settings_get(const struct sl_setting *s, size_t n,
			    const char *name);                                /* NULL = not set */
int sl_settings_line(const struct sl_setting *s, size_t n, const char *name); /* 0 = not set */

/* ---- a file taken apart ---------------------------------------------------------------------- */

/* A key of the outer object (depth 1), or of an object within it (depth 2), in order of the text. */
struct sl_json_key {
	const char *key;
	int line;
	int before; /* line of the same key earlier in its object; 0 = none */
	int depth;
};
/* text is valid JSON with an object outside. false: no memory. */
bool sl_json_keys(struct sl_str text, struct sl_arena *a, struct sl_json_key **out,
		  size_t *n) SL_MUST;

/* Settings of one object; bad[i]: a mistake in it was reported already. */
struct sl_parsed {
	struct sl_setting *settings;
	bool *bad;
	size_t n, cap;
	bool read; /* false: not an object at all, nothing more is to be checked */
};
struct sl_parse_in {
	enum sl_kind kind;
	const char *file;
	const struct sl_driver_info *drivers;
	size_t ndrivers;
	struct sl_problems *problems;
};
void sl_parse(const struct sl_parse_in *in, struct sl_str text, struct sl_parsed *out);

/* ---- checks ---------------------------------------------------------------------------------- */

struct sl_checking {
	const struct sl_config_check *what;
	const char *file;
	bool *bad; /* one a setting; set where the text may not be kept */
	struct sl_problems *problems;
};
struct sl_place sl_check_place(const struct sl_checking *c, const char *name);
/* Is it set, or was a mistake in it told already? */
bool sl_check_given(const struct sl_checking *c, const char *name);
void sl_check_object(const struct sl_checking *c);
void sl_check_sync(const struct sl_checking *c);
void sl_check_profile(const struct sl_checking *c);
void sl_check_name(const struct sl_checking *c);

/* ---- files ----------------------------------------------------------------------------------- */

/* Write text as dir/name, whole or not at all; `shown` names it in errors. */
struct sl_write {
	int dirfd;
	const char *name;
	const char *shown;
	struct sl_str text;
};
enum sl_code sl_write_whole(const struct sl_write *w, struct sl_err *err) SL_MUST;
/* A failed file operation as an error: says what errno means and how to mend it. */
enum sl_code sl_fail_file(struct sl_err *err, int sys, const char *file, const char *what);
/* Open dir/folder (made when create and missing). -1: err is filled. */
int sl_open_folder(const char *dir, enum sl_kind kind, bool create, struct sl_err *err) SL_MUST;

extern const char sl_workspace_readme[];

#endif
