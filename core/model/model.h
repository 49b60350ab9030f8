/* model.h - the data that flows: schema -> batch -> change -> event -> block -> delivery -> outcome.
 *
 * Plain structs, no behaviour, no I/O. Whoever holds a batch or a block holds all it points to. */
#ifndef SL_MODEL_H
#define SL_MODEL_H

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "core/base/err.h"

/* What a value is. The bytes of a value are always its canonical text (below), so that nothing is
 * rounded on the way and a digest is one pass over bytes.
 *   BOOL "true" "false" · INT "-42" · DECIMAL "120.00", exact, may be "NaN" "Infinity" "-Infinity" ·
 *   FLOAT shortest round-trip form, may be "NaN" "Infinity" "-Infinity" · TEXT as is (UTF-8 is *not*
 *   guaranteed; see sl_utf8_valid) · BYTES lower-case hex without prefix · UUID lower case · DATE
 *   "2024-01-31", may be "infinity" "-infinity" or end in " BC" · TIME "10:00:00.123456" ·
 *   TIMESTAMP (no zone) "2024-01-31 10:00:00.123456" · TIMESTAMPTZ the same in UTC with "+00" at the
 *   end, both may be "infinity" "-infinity" or hold " BC" · JSON a JSON text (arrays, composites and
 *   ranges of PostgreSQL arrive as JSON too) */
enum sl_type {
	SL_T_NULL = 0,
	SL_T_BOOL,
	SL_T_INT,
	SL_T_DECIMAL,
	SL_T_FLOAT,
	SL_T_TEXT,
	SL_T_BYTES,
	SL_T_UUID,
	SL_T_DATE,
	SL_T_TIME,
	SL_T_TIMESTAMP,
	SL_T_TIMESTAMPTZ,
	SL_T_JSON
};
const char *sl_type_name(enum sl_type t); /* "integer", "text", ... for people */

struct sl_value {
	const char *ptr; /* canonical text; not NUL-terminated */
	uint32_t len;
	uint8_t type; /* enum sl_type; SL_T_NULL: ptr and len are 0 */
};

struct sl_column {
	struct sl_str name;
	struct sl_str native; /* the source's own name of the type: "numeric(12,2)", "jsonb" */
	enum sl_type type;    /* what values of this column will be (SQLite may differ by row) */
	bool nullable;
	bool key; /* part of the primary key that the source declares */
};

struct sl_schema {
	uint32_t ncols;
	const struct sl_column *cols;
};

/* Index of a column by exact name, or -1. */
int sl_schema_find(const struct sl_schema *s, struct sl_str name);

/* One unit of work between source and planner. Row-major cells. The struct itself is from malloc(). */
struct sl_batch {
	struct sl_arena *arena;         /* owned; holds cells and their bytes */
	const struct sl_schema *schema; /* borrowed from the scan */
	uint64_t seq;                   /* 0,1,2,... within the scan, no gaps */
	uint32_t nrows;
	struct sl_value *cells; /* nrows * schema->ncols */
	size_t bytes;           /* of all values, for queue limits */
};
void sl_batch_free(struct sl_batch *b); /* NULL is allowed */

enum sl_op { SL_OP_ADD = 1, SL_OP_UPDATE = 2, SL_OP_REMOVE = 3 };
const char *sl_op_name(enum sl_op op); /* "add" "update" "remove" */

/* What the destination last acknowledged of one row. Sorted by key wherever an array of them is. */
struct sl_snap {
	struct sl_digest key;
	struct sl_digest row; /* of the mapped columns, see diff.h; zero: the row was removed */
	uint32_t version; /* above that of every acknowledged event of this key, so never 0 here. A
	                       * removed row keeps its entry: its next add must not get an old id */
	uint32_t
		seen; /* the diff's own mark (atomic); 0 when loaded. Of unsure events: see diff.h */
};

/* Does the destination hold the row, as far as it has said? No entry (NULL): it does not. */
static inline bool
sl_snap_is_there(const struct sl_snap *s)
{
	return s && (s->row.hi != 0 || s->row.lo != 0);
}

/* One event of a block: what the log knows of it beside its bytes. */
struct sl_event {
	struct sl_digest key;
	struct sl_digest row; /* zero for a remove */
	uint32_t version;     /* of the key when this was planned, see sl_next_version() */
	uint32_t off, len;    /* rendered event (one JSON object, UTF-8) within the block's body */
	uint32_t koff, klen;  /* key as a JSON array of strings, ["42"], within the block's keys */
	uint8_t op;           /* enum sl_op */
};

/* Rendered events of one run on their way into the log and on to the destination. Written once. The
 * struct itself and what it owns are from malloc(). */
struct sl_block {
	int64_t run_id;
	uint32_t no; /* 0,1,2,... within the run */
	uint32_t n;
	struct sl_event *events; /* owned, n */
	char *body;              /* owned */
	char *keys;              /* owned */
	size_t body_len, keys_len;
	uint8_t *verdicts;  /* owned, n; enum sl_verdict, with SL_V_DOUBT; all PENDING when new */
	uint32_t rows_read; /* of the source, for progress; counts unchanged rows too */
};
void sl_block_free(struct sl_block *b); /* NULL is allowed */

enum sl_verdict {
	SL_V_PENDING = 0,
	SL_V_ACKED,      /* the destination said yes; the only one that moves the snapshot */
	SL_V_DEAD,       /* given up on, with a reason: a dead letter */
	SL_V_SUPERSEDED, /* never sent, a newer version of the row took its place */
	SL_V_CANCELLED   /* never acknowledged when its run was cancelled */
};
/* Beside a verdict that is not ACKED: the event was sent and no answer excludes that it was applied. A row
 * that goes back to what was acknowledged must then be sent again, see diff.h. */
#define SL_V_DOUBT 0x80u
static inline enum sl_verdict
sl_verdict_of(uint8_t v)
{
	return (enum sl_verdict)(v & ~SL_V_DOUBT);
}
const char *sl_verdict_name(enum sl_verdict v);

/* How one try of one event ended, as the destination driver saw it. */
enum sl_class {
	SL_C_NONE = 0, /* not answered yet; a driver bug if still set at completion */
	SL_C_ACK,
	SL_C_RETRY, /* transient, nothing was applied: same event, later */
	SL_C_UNKNOWN, /* may have been applied (timeout, reset after sending): same event, same id, later */
	SL_C_THROTTLE, /* like RETRY, holds the whole destination and does not count as an attempt */
	SL_C_REJECT,   /* permanent for this event: dead letter */
	SL_C_SPLIT, /* the whole request was refused without saying which event: send in halves */
	SL_C_AUTH,  /* credentials refused: stop the run, keep events pending */
	SL_C_CONFIG /* wrong URL, redirect, source disabled: stop the run, keep events pending */
};
const char *sl_class_name(enum sl_class c);

struct sl_outcome {
	enum sl_class cls;
	int status;             /* HTTP status or the like; 0 = none */
	int64_t retry_after_us; /* floor asked for by the peer; 0 = none */
	char detail[200];       /* the peer's own words, untrusted; may be empty */
};

/* Events of one block (or the remains of several) on their way: one request. The driver fills one
 * outcome per event. Bodies are borrowed from blocks that live longer than the delivery. */
struct sl_delivery {
	uint32_t n;
	struct sl_str *bodies;       /* n rendered events */
	struct sl_outcome *outcomes; /* n */
	unsigned attempt;            /* 1 = first try */
	int64_t sent_us;             /* monotonic, set by submit() */
	int64_t took_us;             /* set at completion */
	int64_t connect_us;          /* of it, before a byte of it could go; set at completion */
	size_t bytes_sent;           /* on the wire, after compression; set at completion */
	void *owner;                 /* the caller's; drivers leave it alone */
	void *driver;                /* the driver's, while it holds the delivery */
};

#endif
