/* pg.h - what the files of the PostgreSQL source share. Nobody else includes it.
 *
 *	pg.c         property table, vtable, about
 *	pg_connect.c connecting without blocking
 *	pg_resolve.c looking the host up without blocking
 *	pg_call.c    waiting, cancelling, one command, transactions
 *	pg_error.c   errors of the server and of libpq as sl_err
 *	pg_sql.c     the user's SQL, lists of names
 *	pg_list.c    the catalogue tree
 *	pg_columns.c columns of a model and their types
 *	pg_key.c     check_key
 *	pg_scan.c    begin, next, end
 *	pg_copy.c    rows by COPY, in the server's binary form
 *	pg_binary.c  values of that form as canonical text
 *	pg_share.c   several connections that read one table in one snapshot
 *	pg_moved.c   tables that changed under the snapshot
 *	pg_relations.c the tables that a model names
 *	pg_inspect.c what doctor looks at
 *	pg_grants.c  SQL for a role that may only read
 *	pg_fence.c   a snapshot and the transactions around it
 *	pg_reach.c   rows from a cursor's place on
 *
 * The connection is in non-blocking mode all the time. One thread works with it and waits in
 * sl_pg_wait() only, where a deadline and cancel() end the wait. */
#ifndef SL_SOURCE_PG_H
#define SL_SOURCE_PG_H

#include "core/base/str.h"
#include "core/source/fill.h"
#include "core/source/source.h"

#include <stdatomic.h>

/* libpq's PGconn and PGresult, named here without its header. */
struct pg_conn;
struct pg_result;

#define SL_PG_WHERE      "PostgreSQL"
#define SL_PG_OWN_PATH   "pg_catalog, pg_temp"
#define SL_PG_CATALOG_MS 30000 /* deadline of our own small queries */

enum sl_pg_phase {
	SL_PG_IDLE = 0,
	SL_PG_SNAPSHOT, /* a transaction is open */
	SL_PG_SCAN,     /* and rows are on their way */
	SL_PG_READ,     /* all rows came and the server confirmed it */
	SL_PG_FAILED    /* the scan ended in an error; end() is next */
};

enum sl_pg_copy {
	SL_PG_C_NONE,  /* the scan is no COPY */
	SL_PG_C_BEGIN, /* sent */
	SL_PG_C_ROWS,
	SL_PG_C_END /* all rows came; what the server says of it comes next */
};

struct sl_pg {
	struct pg_conn *conn;  /* NULL = not connected, or given up on */
	atomic_int wake;       /* an eventfd plus 1; 0 = none yet. cancel() writes to it */
	atomic_bool cancelled; /* kept until a call has returned it, in a snapshot until end() */
	int64_t connect_ms;
	int64_t statement_ms; /* 0 = no limit */
	int64_t silence_ms;   /* longest wait for a sign of the server; 0 = no limit */
	unsigned readers;     /* connections for one table, at most */
	bool deaf;            /* end() does not listen to cancel() */
	enum sl_pg_phase phase;
	char *user_path; /* search_path as the server gave it; owned */
	bool other_path; /* not SL_PG_OWN_PATH is set in this transaction */

	/* of the scan */
	struct sl_fill fill;
	const struct sl_pg_column *how; /* of each column of the schema; in the scan's arena */
	int64_t until;                  /* deadline of the query, monotonic us; 0 = none */
	bool checked;                   /* shape of the first result was compared with columns */
	bool confirmed;                 /* the server said that these were all rows */
	enum sl_pg_copy copy;
	bool head, tail; /* of the COPY were seen */
	bool whole;      /* the scan is no page: its end means that there is no more */
};

/* How the bytes that the server sends become the canonical text. */
enum sl_pg_form { SL_PG_AS_IS, SL_PG_BOOL, SL_PG_HEX };

/* How a column is asked for, and how it arrives. */
struct sl_pg_column {
	uint32_t oid;     /* of the type that arrives */
	bool to_json;     /* projected through to_jsonb() */
	uint8_t form;     /* enum sl_pg_form */
	const char *home; /* schema of its type, quoted; where its operators are */
	uint8_t wire;     /* enum sl_pg_wire: in a scan by COPY */
};

/* How the bytes of a binary COPY become the canonical text. */
enum sl_pg_wire {
	SL_PG_W_NONE, /* not known: no COPY */
	SL_PG_W_TEXT, /* they are it */
	SL_PG_W_BOOL,
	SL_PG_W_INT2,
	SL_PG_W_INT4,
	SL_PG_W_INT8,
	SL_PG_W_OID,
	SL_PG_W_UUID,
	SL_PG_W_DATE,
	SL_PG_W_TIMESTAMP,
	SL_PG_W_TIMESTAMPTZ,
	SL_PG_W_BYTES,
	SL_PG_W_JSONB,
	/* The server makes the text, by the output function of the type. */
	SL_PG_W_FLOAT4,
	SL_PG_W_FLOAT8,
	SL_PG_W_NUMERIC,
	SL_PG_W_TIME
};

/* All columns of a model. */
struct sl_pg_columns {
	struct sl_schema schema;
	struct sl_column *cols;   /* those of schema, to be written */
	struct sl_pg_column *how; /* one per column */
};

/* One command by the extended protocol, which refuses a second statement. */
struct sl_pg_command {
	const char *sql;
	int nvalues;
	const char *const *values; /* parameters as text */
	int64_t ms;                /* deadline; 0 = that of statement_timeout */
	/* Where the user's own text is in sql, for places in error messages; NULL = nowhere. */
	const char *user;
	size_t user_len;
};

/* pg_connect.c */
enum sl_code sl_pg_connect(struct sl_pg *pg, const struct sl_source_config *cfg,
			   struct sl_err *err) SL_MUST;

/* pg_resolve.c */
/* Fills hosts and addresses, lists for libpq; leaves them empty when host is no name. */
enum sl_code sl_pg_resolve(struct sl_pg *pg, const char *host, int64_t until, struct sl_buf *hosts,
			   struct sl_buf *addresses, struct sl_err *err) SL_MUST;

/* pg_call.c */
/* Waits for the events (POLLIN, POLLOUT) of a socket. SL_AGAIN: slice_ms passed first (0: no
 * slice; then SL_OK may come early, too). SL_E_CANCELLED, SL_E_TIMEOUT (after `until`, monotonic us; 0 = never) fill err. */
enum sl_code sl_pg_wait(struct sl_pg *pg, int fd, short events, int64_t until, int slice_ms,
			struct sl_err *err) SL_MUST;
enum sl_code sl_pg_cancelled(struct sl_err *err); /* fills err */
int64_t sl_pg_deadline(const struct sl_pg *pg, int64_t ms);
int64_t sl_pg_scan_deadline(const struct sl_pg *pg); /* of a whole scan: rows may flow for hours */
/* Sends what libpq still holds back. */
enum sl_code sl_pg_flush(struct sl_pg *pg, int64_t until, struct sl_err *err) SL_MUST;
/* The result of a command, to be cleared by the caller. */
enum sl_code sl_pg_run(struct sl_pg *pg, const struct sl_pg_command *cmd, struct pg_result **out,
		       struct sl_err *err) SL_MUST;
/* Parses the command without running it; *out describes its columns. */
enum sl_code sl_pg_prepare(struct sl_pg *pg, const struct sl_pg_command *cmd,
			   struct pg_result **out, struct sl_err *err) SL_MUST;
/* Between enter and leave there is a transaction. enter starts one when none is open and says so in
 * *own; leave ends it then, and returns code. */
enum sl_code sl_pg_enter(struct sl_pg *pg, bool *own, struct sl_err *err) SL_MUST;
enum sl_code sl_pg_leave(struct sl_pg *pg, bool own, enum sl_code code);
/* Starts one with the snapshot of another session (its name there), on an idle connection. */
enum sl_code sl_pg_enter_snapshot(struct sl_pg *pg, const char *snapshot,
				  struct sl_err *err) SL_MUST;
/* Ends transaction and scan; gives the connection up when the server does not take part in that. */
void sl_pg_end(struct sl_pg *pg);
void sl_pg_disconnect(struct sl_pg *pg);
/* Where names without a schema are looked up: SL_PG_OWN_PATH for our own SQL; for the user's
 * pg->user_path, as the server's settings say. */
enum sl_code sl_pg_search_path(struct sl_pg *pg, const char *path, struct sl_err *err) SL_MUST;

/* pg_error.c */
enum sl_code sl_pg_fail(struct sl_pg *pg, const struct pg_result *r,
			const struct sl_pg_command *cmd, struct sl_err *err);
enum sl_code sl_pg_fail_connect(struct sl_pg *pg, struct sl_err *err);
enum sl_code sl_pg_fail_lost(struct sl_pg *pg, struct sl_err *err);
enum sl_code sl_pg_nomem(struct sl_err *err);

/* pg_sql.c */
/* The statement without what may follow it (a semicolon, comments); refuses a second statement and
 * what is no query. The server refuses the same again: this only finds the better words. */
enum sl_code sl_pg_statement(struct sl_str sql, struct sl_str *out, struct sl_err *err) SL_MUST;
/* Words of a query that may name a table or view, "a" or "a.b" as they are written; at most max. */
uint32_t sl_pg_names(struct sl_str sql, struct sl_arena *a, struct sl_str *out, uint32_t max);
/* {"a","b"} for a parameter of type text[]. */
void sl_pg_put_array(struct sl_buf *b, const struct sl_str *names, uint32_t n);

/* pg_columns.c */
/* Fills in the schema of a table that is named without one. */
enum sl_code sl_pg_columns(struct sl_pg *pg, struct sl_arena *a, struct sl_model *m,
			   struct sl_pg_columns *out, struct sl_err *err) SL_MUST;

/* pg_scan.c */
void sl_pg_put_projection(const struct sl_pg *pg, struct sl_buf *b, const struct sl_schema *schema);
/* Are the columns of r those that were looked up? */
enum sl_code sl_pg_check_shape(const struct sl_pg *pg, const struct sl_schema *s,
			       const struct pg_result *r, struct sl_err *err) SL_MUST;
/* Something came, or it is time to look. SL_AGAIN: a batch has waited long enough. *heard = when the server
 * was heard last; 0 to begin with. */
enum sl_code sl_pg_hear(struct sl_pg *pg, int64_t *heard, struct sl_err *err) SL_MUST;

/* pg_copy.c */
/* A scan of a part, by COPY. SL_DONE: nothing was done, since columns are of types that pg_binary.c does not
 * know. select: the query without COPY. */
enum sl_code sl_pg_copy(struct sl_pg *pg, const struct sl_schema *schema,
			const struct sl_scan *scan, const char *select, struct sl_err *err) SL_MUST;
/* Takes a row, or the end. */
enum sl_code sl_pg_copy_row(struct sl_pg *pg, struct sl_err *err) SL_MUST;

/* pg_binary.c */
enum sl_pg_wire sl_pg_wire_of(uint32_t oid);
/* The output function of a type whose text the server makes, else NULL. */
const char *sl_pg_wire_out(enum sl_pg_wire wire);
/* false: no memory, or not a value of that type (then *fit is false). */
bool sl_pg_put_binary(struct sl_fill *f, uint32_t column, enum sl_pg_wire wire,
		      struct sl_value *cell, struct sl_str s, bool *fit);

/* pg_reach.c */
/* ` WHERE (q."c" >= $1::type OR q."c" IS NULL)`; nothing when all rows are wanted. */
enum sl_code sl_pg_put_from(struct sl_buf *b, const struct sl_pg_columns *all,
			    const struct sl_from *from, struct sl_err *err) SL_MUST;

/* pg_share.c */
/* ` WHERE q.ctid >= '(8,0)' AND ...`; nothing when all rows are wanted. */
void sl_pg_put_part(struct sl_buf *b, const struct sl_part *part);

/* pg_moved.c */
/* After a scan, in its transaction. SL_E_PROTO: what was read is not a table as the snapshot knows it. */
enum sl_code sl_pg_check_moved(struct sl_pg *pg, struct sl_err *err) SL_MUST;

/* Parts of the vtable. */
enum sl_code sl_pg_list(void *ctx, struct sl_arena *a, struct sl_str schema, struct sl_object **out,
			uint32_t *n, struct sl_err *err);
enum sl_code sl_pg_describe(void *ctx, struct sl_arena *a, const struct sl_model *m,
			    struct sl_schema *out, struct sl_err *err);
enum sl_code sl_pg_check_key(void *ctx, const struct sl_model *m, const struct sl_str *key,
			     uint32_t nkey, struct sl_err *err);
enum sl_code sl_pg_begin_snapshot(void *ctx, struct sl_err *err);
enum sl_code sl_pg_fence(void *ctx, struct sl_arena *a, struct sl_fence *out, struct sl_err *err);
enum sl_code sl_pg_reach(void *ctx, struct sl_arena *a, const struct sl_model *m,
			 const struct sl_from *from, struct sl_reach *out, struct sl_err *err);
enum sl_code sl_pg_begin(void *ctx, struct sl_arena *a, const struct sl_scan *scan,
			 struct sl_schema *out, struct sl_err *err);
enum sl_code sl_pg_split(void *ctx, const struct sl_model *m, struct sl_split *out,
			 struct sl_err *err);
enum sl_code sl_pg_share(void *ctx, struct sl_arena *a, struct sl_str *token, struct sl_err *err);
enum sl_code sl_pg_join(void *ctx, struct sl_str token, struct sl_err *err);
enum sl_code sl_pg_next(void *ctx, struct sl_batch **out, struct sl_err *err);
enum sl_code sl_pg_inspect(void *ctx, const struct sl_need *needs, uint32_t n,
			   struct sl_findings *out, struct sl_err *err);
enum sl_code sl_pg_grants(void *ctx, const struct sl_need *needs, uint32_t n, struct sl_buf *out,
			  struct sl_err *err);

#endif
