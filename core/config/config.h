/* config.h - the workspace: connections/, profiles/ and syncs/ as JSON files, one object a file.
 *
 *   connections/warehouse.json  {"type": "postgres", "host": "db", "database": "shop",
 *                                "user": "sluice", "password": "env:PGPASSWORD"}
 *   profiles/users.json         {"event": "identify", "nulls": "send",
 *                                "map": {"userId": "id", "traits.email": "email | trim | lower"}}
 *   syncs/users-to-rudder.json  {"source": "warehouse", "table": "public.users", "key": ["id"],
 *                                "profile": "users", "destination": "rudder", "mode": "upsert"}
 *
 * A name is the file name without .json: [a-z0-9][a-z0-9_-]*, at most 64. Inside, an object is a flat
 * list of settings (name, text, line): what a form shows, what JSON holds, what a driver reads. A map
 * entry is the setting "map.<to>" with the expression as its text; a list is its items joined by ","
 * (sl_prop_item() takes them apart). A setting with empty text is the same as one that is not there.
 * "sql" may be a string or a list of lines (saved as a list when it has more than one line).
 *
 * A loaded config never changes; load again to see new files. Broken objects stay in the list, marked,
 * so that a screen can show them; every mistake of every file is in problems[]. Their settings hold what
 * could be understood: never an unknown key nor the text of a secret that was written in clear. */
#ifndef SL_CONFIG_H
#define SL_CONFIG_H

#include "core/base/arena.h"
#include "core/model/prop.h"

enum sl_kind { SL_KIND_CONNECTION, SL_KIND_PROFILE, SL_KIND_SYNC };
#define SL_KINDS 3

#define SL_DST_REMOVES 1u /* understands remove events (record, row) */
#define SL_DST_DEDUPES 2u /* drops repeats of an event id */
#define SL_DST_EVENTS  4u /* takes identify/track/... ; without it only the row shape */

/* What the registries of sources and destinations tell the config (which may not know them). */
struct sl_driver_info {
	const char *name, *title;
	bool is_source;
	unsigned caps; /* destinations: SL_DST_* */
	const struct sl_prop *props;
	size_t nprops;
};

struct sl_object_def {
	enum sl_kind kind;
	const char *name;
	const char *file; /* relative to the workspace: "syncs/a.json" */
	struct sl_setting *settings;
	size_t nsettings;
	bool broken;
};

struct sl_problem_def {
	const char *file;
	int line; /* 0 = the file as a whole */
	const char *field;
	const char *problem;
	const char *mend;
};

struct sl_config {
	const char *dir;
	struct sl_object_def *objects; /* sorted by kind, then name */
	size_t nobjects;
	struct sl_problem_def *problems; /* sorted by file, then line */
	size_t nproblems;
	struct sl_arena *arena; /* owns it all */
};

/* Fails only where the directory itself cannot be read; mistakes in files go to problems.
 * SL_E_NOTFOUND: there is no such directory, or none of the three folders in it. The drivers' table
 * must outlive the config. */
enum sl_code sl_config_load(const char *dir, const struct sl_driver_info *drivers, size_t ndrivers,
			    struct sl_config **out, struct sl_err *err) SL_MUST;
void sl_config_free(struct sl_config *c); /* NULL is allowed */

/* By exact name; NULL where it does not exist. A broken one is returned too. */
const struct sl_object_def *sl_config_find(const struct sl_config *c, enum sl_kind kind,
					   const char *name);
const char *sl_object_get(const struct sl_object_def *o, const char *name); /* NULL = not set */
const char *sl_kind_name(enum sl_kind k);                                   /* "connection" ... */

/* The properties of an object: of a connection by driver type, of profiles and syncs fixed tables. */
const struct sl_prop *sl_kind_props(enum sl_kind kind, const char *type,
				    const struct sl_driver_info *drivers, size_t ndrivers,
				    size_t *n);

/* Check a set of settings as if it were the file of `name`, with the other objects of c around it.
 * Cross-references are checked too. Memory of *out comes from a. */
struct sl_config_check {
	const struct sl_config *config;
	const struct sl_driver_info *drivers;
	size_t ndrivers;
	enum sl_kind kind;
	const char *name;
	const struct sl_setting *settings;
	size_t nsettings;
};
enum sl_code sl_config_check(const struct sl_config_check *what, struct sl_arena *a,
			     struct sl_problem_def **out, size_t *nout, struct sl_err *err) SL_MUST;

/* Write one object: temporary file, fsync, rename, fsync of the folder; mode 0600; keys in the order
 * of the property table, map entries in the order given. Settings equal to the default are left out.
 * The caller has checked them. */
enum sl_code sl_config_save(const struct sl_config_check *what, struct sl_err *err) SL_MUST;
/* Refuses while another object of c uses it, and names the users. */
enum sl_code sl_config_delete(const struct sl_config *c, enum sl_kind kind, const char *name,
			      struct sl_err *err) SL_MUST;
/* A new workspace: the folders, a README.md that explains them, a .gitignore with state/. What exists
 * is left as it is. */
enum sl_code sl_config_init(const char *dir, struct sl_err *err) SL_MUST;

/* Where the workspace and its state are. dir is what the user asked for (-w DIR): the state is then
 * DIR/state. NULL: $XDG_CONFIG_HOME/sluice (~/.config/sluice) and $XDG_STATE_HOME/sluice
 * (~/.local/state/sluice). Both buffers have cap bytes. Nothing is created. */
enum sl_code sl_config_default_dirs(const char *dir, char *config, char *state, size_t cap,
				    struct sl_err *err) SL_MUST;

/* ---- typed views, read from checked settings ---------------------------------------------- */

struct sl_mapping {
	const char *to;   /* "traits.email" */
	const char *expr; /* see map.h */
	int line;
};

enum sl_nulls { SL_NULLS_SEND, SL_NULLS_OMIT };

struct sl_profile {
	const char *name, *file;
	const char *event; /* identify track group page screen alias record row */
	const char *
		object; /* identify only: "CUSTOMERIO-customers" makes the visual-mapper shape; or NULL */
	const char *identifier; /* with object: the trait that identifies, "email" */
	enum sl_nulls nulls;
	struct sl_mapping *map;
	size_t nmap;
	const char **pii; /* columns whose values are masked */
	size_t npii;
};

enum sl_mode { SL_MODE_UPSERT, SL_MODE_INSERT, SL_MODE_UPDATE, SL_MODE_MIRROR, SL_MODE_APPEND };
enum sl_detect { SL_DETECT_DIFF, SL_DETECT_FULL, SL_DETECT_CURSOR };

struct sl_sync {
	const char *name, *file;
	const char *source, *destination, *profile;
	const char *table; /* "schema.table" or "table"; NULL with sql; quotes as in SQL allowed */
	const char *sql;
	const char **key;
	size_t nkey;
	enum sl_mode mode;
	enum sl_detect detect;
	const char *cursor;     /* column; NULL unless detect is cursor */
	int64_t lag_ms;         /* how far a cursor stays back by the clock; 0 = not set */
	const char *schedule;   /* "manual", or text kept for a scheduler */
	int64_t keep_events_ms; /* how long settled events stay in the log */
	int64_t max_removes;    /* -1: the rule max(20, min(500, 5 %)) */
};

enum sl_code sl_profile_read(const struct sl_object_def *o, struct sl_arena *a,
			     struct sl_profile *out, struct sl_err *err) SL_MUST;
enum sl_code sl_sync_read(const struct sl_object_def *o, struct sl_arena *a, struct sl_sync *out,
			  struct sl_err *err) SL_MUST;
/* "schema.table" with quotes as in SQL ("Odd.Name" is one part); letters keep their case with or without
 * quotes; schema empty when not given. */
enum sl_code sl_table_split(const char *text, struct sl_arena *a, struct sl_str *schema,
			    struct sl_str *table, struct sl_err *err) SL_MUST;
/* The reverse: quotes where they are needed; no schema, no dot. */
void sl_table_put(struct sl_buf *out, struct sl_str schema, struct sl_str table);

#endif
