/* source.h - what a source driver implements, and the registry.
 *
 * A context belongs to one thread at a time; cancel() alone may come from any thread while another
 * call runs. All reading is read-only by transaction and by protocol. An error is never the end of
 * the data: only SL_DONE is. */
#ifndef SL_SOURCE_H
#define SL_SOURCE_H

#include "core/model/model.h"
#include "core/model/prop.h"

/* What is read: a table, or one SELECT. */
struct sl_model {
	struct sl_str schema; /* "public", "main"; empty with sql */
	struct sl_str table;  /* empty with sql */
	struct sl_str sql;    /* empty with table */
};

/* A secret that was resolved, and everything that an open needs. */
struct sl_source_config {
	const struct sl_setting *settings;
	size_t nsettings;
	const char *
		secret; /* resolved value of the SECRET property, NULL = none; not kept after open */
	const char *base_dir; /* relative paths start here (the workspace) */
};

/* A row of the catalogue tree. */
struct sl_object {
	struct sl_str schema;
	struct sl_str name;
	struct sl_str kind; /* "schema" "table" "view" "materialized view" "foreign table" */
	int64_t rows_est;   /* from statistics; -1 = not known */
	int64_t bytes_est;  /* -1 = not known */
	struct sl_str
		detail; /* table: "pk id" or "no primary key"; both: "no permission"; or nothing */
};

/* A place that a cursor has reached: rows are wanted whose cursor is not below it, and all those whose
 * cursor is NULL or no place at all. The server compares, by the type of the column. Rows with the
 * same cursor are not told apart by their key: a later transaction may add one with a smaller key. */
struct sl_from {
	struct sl_str column; /* empty = no cursor: all rows */
	struct sl_str low;    /* exact text of the value; ptr NULL = from the start */
	int64_t back_us; /* reach() takes so much from the greatest cursor; columns of lag_types only */
};

/* A part of a table, in a measure of the driver's own: from low on, below high; high 0 = to its end. */
struct sl_part {
	uint64_t low, high;
};

/* How several contexts may read one model at once: each takes parts until none is left. */
#define SL_READERS 4
#define SL_PARTS   16
struct sl_split {
	unsigned readers; /* contexts that are allowed and of use; SL_READERS and nparts at most */
	uint32_t nparts;  /* 1 or more; each row is in exactly one part */
	struct sl_part parts[SL_PARTS];
};

/* A scan of chosen columns in one snapshot of the source. */
struct sl_scan {
	struct sl_model model;
	const struct sl_str *columns; /* NULL = all, in the source's order */
	uint32_t ncolumns;
	uint32_t batch_rows; /* rows a batch; 0 = 1000 */
	/* Pages for the browser: rows after (or before) a key, in key order. All empty: no order. */
	const struct sl_str *order;   /* key columns; norder 0 = unordered */
	const struct sl_value *after; /* norder values; NULL = from the start */
	uint32_t norder;
	bool backwards; /* rows before `after`, delivered in descending order */
	uint64_t limit; /* 0 = all */
	/* Rows from a place on, in no order; not together with a page. */
	struct sl_from from;
	struct sl_part part; /* of split(), in no order; both 0: all of it */
};

/* What of a snapshot a run with a cursor needs to know: what else was going on while it was taken.
 * A transaction is a word "3/17=4242": the server's name for it, which is never used twice while the
 * server runs, and its process. Words are parted by blanks. */
enum sl_fence_kind {
	SL_FENCE_NONE = 0, /* open transactions cannot be seen: `why` */
	SL_FENCE_OPEN,     /* before and after are complete */
	SL_FENCE_SERIAL    /* one writer at a time: what is visible is all that there is */
};
struct sl_fence {
	enum sl_fence_kind kind;
	struct sl_str why;    /* for people: "the server is a standby" */
	struct sl_str before; /* open in a look that ended before the snapshot was taken */
	struct sl_str after;  /* open in a look that began after it was taken */
	uint64_t xmin,
		xmax;      /* of the snapshot: all below xmin are over, none from xmax on counts */
	uint32_t prepared; /* transactions prepared for a two-phase commit, before or after */
	struct sl_str origin; /* changes when another server takes over; may be empty */
};

/* How far a cursor reaches from a place on, in the snapshot that is open. */
struct sl_reach {
	uint64_t rows;  /* that a scan from there reads */
	uint64_t nulls; /* of them without a cursor */
	uint64_t ahead; /* of them with one that is no place to go on from: in the future, NaN */
	/* Why values may be given out in another order than transactions begin, for people; empty =
	 * nothing is known that speaks for it. */
	struct sl_str doubt;
	/* The exact text of the greatest cursor, less what was asked for. ptr NULL = there is none. */
	struct sl_str top;
};

/* What syncs read of a model. */
struct sl_need {
	struct sl_model model;
	const struct sl_str *columns; /* each once; none with sql: whatever it names */
	uint32_t ncolumns;
};

/* One thing that was looked at, for `doctor`. */
enum sl_grade { SL_GRADE_OK, SL_GRADE_WARN, SL_GRADE_BAD };
struct sl_finding {
	const char *what; /* "role" "clock" ... */
	enum sl_grade grade;
	const char *detail, *mend; /* mend "" = nothing to do */
};
struct sl_findings {
	struct sl_arena *arena;
	struct sl_finding *list; /* of the arena */
	uint32_t n, room;
	bool failed; /* no memory */
};
/* The texts are copied; detail may be any words of a server. */
void sl_finding_add(struct sl_findings *f, const char *what, enum sl_grade grade,
		    const char *detail, const char *mend);

struct sl_source_driver {
	const char *name;  /* "postgres" */
	const char *title; /* "PostgreSQL" */
	size_t ctx_size;   /* allocated zeroed by the caller */
	const struct sl_prop *props;
	size_t nprops;
	unsigned cursor_types; /* what a cursor can be: bits 1u << enum sl_type */
	unsigned lag_types;    /* those of them that time can be taken from */

	enum sl_code (*open)(void *ctx, const struct sl_source_config *cfg, struct sl_err *err);
	/* For "test connection": one line about the server, its role, whether it can write. */
	enum sl_code (*about)(void *ctx, struct sl_arena *a, struct sl_str *out,
			      struct sl_err *err);
	/* schema empty: the schemas; else the objects of the schema. Sorted by name. */
	enum sl_code (*list)(void *ctx, struct sl_arena *a, struct sl_str schema,
			     struct sl_object **out, uint32_t *n, struct sl_err *err);
	/* Columns of a model, without reading rows. SQL is checked here: one SELECT, no writes. */
	enum sl_code (*describe)(void *ctx, struct sl_arena *a, const struct sl_model *m,
				 struct sl_schema *out, struct sl_err *err);
	/* Is `key` unique and never NULL? SL_OK: yes (free where an index proves it). SL_E_DATA: no,
	 * err names up to five of the keys. Runs in the snapshot of the scan when one is open. */
	enum sl_code (*check_key)(void *ctx, const struct sl_model *m, const struct sl_str *key,
				  uint32_t nkey, struct sl_err *err);
	/* Opens the snapshot and the scan. `schema` of the columns asked for is filled into *out and
	 * lives in `a`. Nothing is fetched yet. begin_snapshot() may come first (then check_key(),
	 * then begin() see one state); begin() alone opens its own. */
	enum sl_code (*begin_snapshot)(void *ctx, struct sl_err *err);
	/* begin_snapshot() for a run with a cursor: looks at the open transactions in a statement of its
	 * own, then takes the snapshot, then looks again. In any other order a row that is committed
	 * late would be lost. Memory of *out is from a. */
	enum sl_code (*fence)(void *ctx, struct sl_arena *a, struct sl_fence *out,
			      struct sl_err *err);
	/* In the snapshot, before begin(). */
	enum sl_code (*reach)(void *ctx, struct sl_arena *a, const struct sl_model *m,
			      const struct sl_from *from, struct sl_reach *out, struct sl_err *err);
	enum sl_code (*begin)(void *ctx, struct sl_arena *a, const struct sl_scan *scan,
			      struct sl_schema *out, struct sl_err *err);
	/* Can the model be read in parts, by several contexts, and does it pay? Not in a snapshot, since
	 * connecting takes its time. NULL: this source never can. */
	enum sl_code (*split)(void *ctx, const struct sl_model *m, struct sl_split *out,
			      struct sl_err *err);
	/* Lets other contexts see the snapshot that is open here, as long as it is: *token is for
	 * join(), its memory from a. */
	enum sl_code (*share)(void *ctx, struct sl_arena *a, struct sl_str *token,
			      struct sl_err *err);
	/* begin_snapshot(), but with the snapshot of another context. */
	enum sl_code (*join)(void *ctx, struct sl_str token, struct sl_err *err);
	/* SL_OK: *out is a batch with at least one row, now the caller's. SL_DONE: all rows were
	 * delivered and the source confirmed it. */
	enum sl_code (*next)(void *ctx, struct sl_batch **out, struct sl_err *err);
	void (*end)(void *ctx); /* ends scan and snapshot; the connection stays */
	/* Is the role fit for reading, and for no more? Is the server? NULL: nothing to ask. */
	enum sl_code (*inspect)(void *ctx, const struct sl_need *needs, uint32_t n,
				struct sl_findings *out, struct sl_err *err);
	/* The SQL that makes a role which may read these and nothing else. NULL: there are no roles. */
	enum sl_code (*grants)(void *ctx, const struct sl_need *needs, uint32_t n,
			       struct sl_buf *out, struct sl_err *err);
	void (*library)(char *out, size_t cap); /* "libpq 15.6"; any thread */
	/* Any thread, but not while close() runs: the running call returns SL_E_CANCELLED soon. Between
	 * two calls it counts for the next one; end() forgets it. */
	void (*cancel)(void *ctx);
	void (*close)(void *ctx); /* safe after a failed open() and on a zeroed context */
};

const struct sl_source_driver *sl_source_find(const char *name);
const struct sl_source_driver *sl_source_at(size_t i); /* NULL past the end */

#endif
