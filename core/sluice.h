/* sluice.h - the public face of the engine. The TUI and the command line include this and nothing else
 * of core/.
 *
 * A client sends requests and reads messages. No call here waits for a database, a network or a disk
 * (but sl_engine_open/close and the receiver's): every answer arrives as a message that carries the
 * ticket of its request. Answers are tables: named, typed columns and text cells, so that a client can
 * show, filter or print as JSON any answer in one way. Each request below lists its columns.
 *
 * All functions may be called from any thread, but one client reads messages. Cell text is as untrusted
 * as the data it came from: show it through sl_show() or a canvas that does the same. */
#ifndef SLUICE_H
#define SLUICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sl_engine;
struct sl_table;
typedef uint64_t sl_ticket; /* 0 = not accepted: the engine is closing */

/* ---- errors --------------------------------------------------------------------------------- */

/* What went wrong, for a person. Strings may be empty, never NULL. */
struct sl_problem {
	int exit_code;    /* what a command ends with, see SL_EXIT_* */
	const char *kind; /* "config" "auth" "net" "data" "locked" "held" "cancelled" ... */
	char where[128];  /* "syncs/users.json:14: key" */
	char message[384];
	char hint[192]; /* how to mend it */
};

enum {
	SL_EXIT_OK = 0,
	SL_EXIT_EVENTS_FAILED = 1, /* done, but some events were given up on */
	SL_EXIT_CONFIG = 2,        /* wrong usage or configuration */
	SL_EXIT_DOWN = 3,          /* a source or destination cannot be reached or refuses us */
	SL_EXIT_HELD = 4,          /* a plan waits for confirmation */
	SL_EXIT_LOCKED = 5,        /* another sluice works on this state */
	SL_EXIT_STATE = 6, /* the state file or the disk: nothing was sent that is not recorded */
	SL_EXIT_DATA = 7,  /* the source's rows cannot be synced: NULL or duplicate keys, ... */
	SL_EXIT_CANCELLED = 130
};

/* ---- life ----------------------------------------------------------------------------------- */

struct sl_options {
	const char *workspace; /* -w DIR; NULL = $XDG_CONFIG_HOME/sluice */
	const char *state_dir; /* NULL = workspace/state with -w, else $XDG_STATE_HOME/sluice */
	unsigned workers; /* threads that map and compress; 0 = number of processors, at most 16 */
	bool read_only;   /* look, never plan into the log, deliver or save */
	const char *who;  /* for the run history; NULL = the user's name */
};

/* Reads the workspace, takes the lock of the state (unless read_only) and picks up what an earlier
 * process left behind. NULL: *problem says why. */
struct sl_engine *sl_engine_open(const struct sl_options *opt, struct sl_problem *problem);
/* Stops: no new requests; runs finish what is in flight for at most grace_ms, keep the rest in the log
 * (the next open goes on with it) and every thread is joined. */
void sl_engine_close(struct sl_engine *e, unsigned grace_ms);
const char *sl_engine_workspace(const struct sl_engine *e);
bool sl_engine_read_only(const struct sl_engine *e);
/* What a person must know of the state, "" = nothing: it was damaged or missing and was begun anew within
 * the last seven days; *fresh (may be NULL): by this engine. As long as e lives. */
const char *sl_engine_notice(const struct sl_engine *e, bool *fresh);
const char *sl_version(void);
/* At the start of a program, before its first thread: as many open files as the system lets it have (1024 are
 * enough), and where its memory is limited (ulimit -v) an allocator and threads that take little of it. */
void sl_use_limits(void);
/* Make a workspace (see `sluice init`); synchronous. false: *problem. dir_out gets the path. */
bool sl_workspace_init(const char *dir, char *dir_out, size_t cap, struct sl_problem *problem);

/* ---- messages ------------------------------------------------------------------------------- */

enum sl_msg_kind {
	SL_MSG_REPLY, /* an answer; `last` says whether more parts follow */
	SL_MSG_RUN, /* a run changed its state or its counters: read sl_run_stats(); folded, not queued */
	SL_MSG_CONFIG /* the workspace was saved or reloaded: lists may be out of date */
};

struct sl_msg {
	enum sl_msg_kind kind;
	sl_ticket ticket;       /* REPLY */
	bool last;              /* REPLY: no more parts of this ticket */
	bool failed;            /* REPLY: problem is set; the table may hold what came before */
	int64_t run;            /* RUN: its id */
	struct sl_table *table; /* REPLY: may be NULL; lives as long as the message */
	struct sl_problem problem;
};

int sl_engine_fd(const struct sl_engine *e);      /* eventfd: readable while messages wait */
struct sl_msg *sl_next(struct sl_engine *e);      /* NULL = none now; the caller frees */
void sl_msg_free(struct sl_msg *m);               /* NULL is allowed */
void sl_cancel(struct sl_engine *e, sl_ticket t); /* the answer is then failed, kind "cancelled" */
/* For the command line: wait until the last part of t and return it (earlier parts of t and all other
 * messages go to `other`, which may be NULL). timeout_ms < 0 waits for ever; NULL = timed out. */
struct sl_msg *sl_wait(struct sl_engine *e, sl_ticket t, int timeout_ms,
		       void (*other)(void *arg, const struct sl_msg *m), void *arg);

/* ---- tables --------------------------------------------------------------------------------- */

enum sl_cell {
	SL_CELL_TEXT,
	SL_CELL_INT,
	SL_CELL_NUMBER,
	SL_CELL_BOOL,
	SL_CELL_TIME,
	SL_CELL_JSON
};
/* Text of a TIME cell is ISO 8601; its integer is microseconds since 1970. A NUMBER cell is decimal text. */

unsigned sl_table_rows(const struct sl_table *t); /* NULL: 0 */
unsigned sl_table_cols(const struct sl_table *t);
const char *sl_table_name(const struct sl_table *t, unsigned col);
enum sl_cell sl_table_type(const struct sl_table *t, unsigned col);
int sl_table_col(const struct sl_table *t, const char *name); /* -1 = no such column */
/* NULL = the value is NULL. NUL-terminated; *len (may be NULL) counts embedded NULs too. */
const char *sl_table_text(const struct sl_table *t, unsigned row, unsigned col, size_t *len);
int64_t sl_table_int(const struct sl_table *t, unsigned row,
		     unsigned col); /* NULL or no number: 0 */
/* By name; a column that is not there reads as NULL / 0. */
const char *sl_table_get(const struct sl_table *t, unsigned row, const char *name);
int64_t sl_table_get_int(const struct sl_table *t, unsigned row, const char *name);
/* A copy that outlives its message. NULL = no memory. */
struct sl_table *sl_table_copy(const struct sl_table *t);
void sl_table_free(struct sl_table *t);

/* The visible form of untrusted text (see core/base/text.h) into out, NUL-terminated and cut at a
 * character. Returns the bytes it would need, like snprintf. */
size_t sl_show(char *out, size_t cap, const char *text, size_t len);

/* ---- the workspace -------------------------------------------------------------------------- */

enum sl_object_kind { SL_CONNECTION, SL_PROFILE, SL_SYNC };

/* A name and its text: what files hold, forms show and requests carry. Map entries of a profile are
 * named "map.<destination field>" with the expression as text; lists are joined by ",". Secrets are
 * references (env:NAME file:PATH exec:CMD pgpass), never values. */
struct sl_pair {
	const char *name;
	const char *value;
};

/* connections: name, type, title, role (source/destination), target, used_by (int), broken (bool), problem
 * profiles:    name, event, fields (int), used_by (int), broken, problem
 * syncs:       name, source, model, destination, mode, profile, schedule, detect, promise (of the last run
 *              that read; see sl_run_stats), null_cursors (int), broken, problem, run (int, 0 =
 *              never), state (see sl_run_stats; "never"), started (time), ended (time), adds, updates,
 *              removes, acked, dead (of that run), open_dead (dead letters), error, rows (in the
 *              snapshot), history (text: the last 12 runs, oldest first, one letter each: s settled,
 *              d settled with dead letters, f failed, p paused, c cancelled, h held, r running) */
sl_ticket sl_list(struct sl_engine *e, enum sl_object_kind kind);
/* name, value, line (int): the settings of one object as its file holds them. */
sl_ticket sl_get(struct sl_engine *e, enum sl_object_kind kind, const char *name);
/* name, type (string secret int bool enum millis bytes url path list map), required (bool), default,
 * min (int), max (int), choices (comma-separated), help. driver: for connections ("postgres"). */
sl_ticket sl_props(struct sl_engine *e, enum sl_object_kind kind, const char *driver);
/* name, title, role, help: what connections can be made. */
sl_ticket sl_drivers(struct sl_engine *e);
/* Check and save. create: it must not exist yet. Answer: file, line, field, problem, mend, warning
 * (bool), down (bool); no rows = saved without remark; failed = not saved, the rows say why. */
sl_ticket sl_put(struct sl_engine *e, enum sl_object_kind kind, const char *name,
		 const struct sl_pair *set, size_t n, bool create);
/* Failed while it is in use; the problem names the users. */
sl_ticket sl_delete(struct sl_engine *e, enum sl_object_kind kind, const char *name);
/* Read the files again (also done before every run). Answer as sl_check(). */
sl_ticket sl_reload(struct sl_engine *e);
/* file, line, field, problem, mend, warning, down: every mistake of every file; and, with online, mappings
 * checked against the columns that the sources have now, and what of all connections is down. */
sl_ticket sl_check(struct sl_engine *e, bool online);
/* Test a connection, saved (set NULL) or from a form. Parts as they come: step, ok (bool), took_us (int),
 * detail. Failed when a step failed. */
sl_ticket sl_test(struct sl_engine *e, const char *name, const struct sl_pair *set, size_t n);

/* ---- sources -------------------------------------------------------------------------------- */

/* A table ("schema.table", quoted as in SQL where needed) or one SELECT. */
struct sl_what {
	const char *connection;
	const char *table; /* NULL with sql */
	const char *sql;
};

/* schema, objects (int or NULL) */
sl_ticket sl_schemas(struct sl_engine *e, const char *connection);
/* schema, name, table (the text for sl_what), kind, rows_est (int or NULL), bytes_est, detail.
 * schema NULL = of every schema. */
sl_ticket sl_tables(struct sl_engine *e, const char *connection, const char *schema);
/* name, type (of ours), native, nullable (bool), key (bool) */
sl_ticket sl_columns(struct sl_engine *e, const struct sl_what *what);
/* Rows, a column each as in the source (types: numbers NUMBER - also NaN and Infinity -, booleans BOOL,
 * json JSON, else TEXT). With a key the
 * page starts after (or, backwards, ends before) `after`, one text for each key column, and rows come in
 * key order; nkey 0 = the first rows in no order. A last hidden column "_more" (bool) on every row says
 * whether more rows exist beyond the page. */
struct sl_page {
	const char *const *key;
	const char *const *after; /* NULL = from the first; "" parts are values too */
	unsigned nkey;
	bool backwards;
	unsigned limit; /* 1..5000 */
};
sl_ticket sl_rows(struct sl_engine *e, const struct sl_what *what, const struct sl_page *page);

/* ---- mapping and preview --------------------------------------------------------------------- */

/* A sync as it is edited: settings that stand in place of the saved ones. Either list may be NULL.
 * With a profile list the sync's own profile is not read at all. */
struct sl_draft {
	const char *sync; /* saved name, or NULL when the sync list has all that is needed */
	const struct sl_pair *set;
	size_t nset;
	const struct sl_pair *profile;
	size_t nprofile;
};

/* field, type, required (bool), help: what an event kind knows. Others may be mapped too. */
sl_ticket sl_targets(struct sl_engine *e, const char *event);
/* name, args, help, example */
sl_ticket sl_transforms(struct sl_engine *e);
/* to, expr, score (number), reason: best first; fields that the draft maps already are left out. */
sl_ticket sl_suggestions(struct sl_engine *e, const struct sl_draft *d);
/* Compile the draft and try it on a sample of rows: to, level (ok/warn/error), problem, mend, input,
 * output (of the first row), line. One row a mapping; to "" is about the whole. */
sl_ticket sl_check_draft(struct sl_engine *e, const struct sl_draft *d);
/* The exact events of the first rows: op, key, check (ok/warn/error), problem, bytes (int), body (json),
 * row (json: the source's row), id, old (json: what the destination holds, or NULL), request (where
 * they would go), change (add/update/same: against the snapshot). Nothing is stored or sent. */
sl_ticket sl_preview(struct sl_engine *e, const struct sl_draft *d, unsigned limit);

/* ---- runs ----------------------------------------------------------------------------------- */

#define SL_RUN_DRY   1u /* count and sample only: nothing is stored, nothing sent (no lock needed) */
#define SL_RUN_HOLD  2u /* plan into the log and wait for sl_release() */
#define SL_RUN_ALL   4u /* every row counts as changed */
#define SL_RUN_WHOLE 8u /* with a cursor: read all rows once, and send what changed */

/* Answer as soon as the run has its id: run (int). What happens then is told by SL_MSG_RUN. A sync has
 * one run at a time: failed with kind "locked" when one is open, "held" when one waits for sl_release() (its id is
 * in the table: run). */
sl_ticket sl_start(struct sl_engine *e, const char *sync, unsigned flags);
/* What a person has seen of a held run and agrees to: all of it must be right. */
struct sl_confirm {
	int64_t removes; /* their exact number */
	const char
		*plan; /* as the run tells it: the same number of other removes is another plan */
	const char *
		sync; /* its name, where more than half of the acknowledged rows go; else NULL will do */
};
/* Let a held run go. confirm: also send the removes that are held back; NULL: leave them out. Answer: run.
 * Failed when the run is not held or what is confirmed is not what it would do; and when the plan is older
 * than a day: then the run is cancelled, and the next one plans anew. Each of these is in the audit. */
sl_ticket sl_release(struct sl_engine *e, int64_t run, const struct sl_confirm *confirm);
/* Stop after what is in flight; what was not acknowledged is planned again next time. Answer: run. */
sl_ticket sl_stop(struct sl_engine *e, int64_t run);
/* Go on with a paused run. Answer: run. */
sl_ticket sl_resume(struct sl_engine *e, int64_t run);

#define SL_LANES 16
struct sl_lane {        /* one request in flight, or waiting to be tried again */
	char state[12]; /* "sending" "waiting" "idle" */
	uint32_t block;
	uint32_t events;
	unsigned attempt;
	int status;       /* of the last try; 0 = none yet */
	int64_t since_us; /* how long it has been in this state */
	char detail[120]; /* "Retry-After 10s, next try in 8s" */
};
struct sl_run_stats {
	int64_t run;
	char sync[72];
	char kind[16];  /* "run" "retry" "dry" */
	char state[16]; /* new planning held delivering settled failed paused cancelled */
	bool open;      /* not in a final state */
	bool planning;  /* still reading the source */
	bool planned_all;
	bool removes_held;
	char plan[20];                            /* of whole plans with removes: "1f0c22aa" */
	uint64_t live;                            /* acknowledged rows before this run */
	int64_t started_us, planned_us, ended_us; /* wall; 0 = not yet */
	int64_t waited_us; /* held or paused, before now: not part of what it took */
	int64_t rows_est;  /* of the source, from statistics; -1 = not known */
	uint64_t rows_read, same, still_dead, skipped;
	/* What of late commits is promised: "snapshot" every run reads all rows, "fenced" none is lost,
	 * "lagged" none within the lag, "best effort" some may be lost. Empty = it has not read yet. */
	char promise[16];
	uint64_t null_cursors; /* rows without a cursor, which every run reads */
	uint64_t adds, updates, removes;
	uint64_t acked, dead, superseded, cancelled, pending, in_flight, retrying;
	uint64_t requests, retries, throttled, bytes_sent;
	double rate;            /* events acknowledged a second, over some seconds */
	double read_rate;       /* rows read a second */
	int64_t eta_us;         /* -1 = not known */
	int64_t p50_us, p95_us; /* of requests, over the last hundred; 0 = none */
	int64_t hold_until_us;  /* the destination asked us to wait until then (wall); 0 = no */
	/* Of its account at the destination, which all runs that send to it share. */
	char breaker[12];          /* "closed" "open" "half-open"; "" = it does not deliver now */
	int64_t breaker_until_us;  /* open: until then (wall), when one event is tried; else 0 */
	unsigned connections;      /* requests on their way, of all its runs */
	unsigned connections_most; /* how many may be now: grows and shrinks with how it answers */
	bool retries_spent;        /* tries again wait: a tenth of what went through is the most */
	char waiting[80];          /* what keeps it from sending, in words; "" = nothing */
	unsigned queued_batches, queued_blocks; /* between the stages */
	/* The stage that held it up most of the last seconds: reading diffing mapping storing sending waiting
	 * (for the destination to be asked again). Empty = it is over or held. */
	char bottleneck[16];
	int exit_code; /* what a command ends with: SL_EXIT_* */
	char error[400];
	char details[400];
	unsigned nlanes;
	struct sl_lane lanes[SL_LANES];
};
/* The present numbers of a run of this process, without waiting. false: not one of ours; ask sl_runs(). */
bool sl_run_stats(struct sl_engine *e, int64_t run, struct sl_run_stats *out);
/* Of the running runs: ids, at most cap; returns how many there are. */
unsigned sl_open_runs(struct sl_engine *e, int64_t *ids, unsigned cap);

/* run, sync, kind, by, state, started, planned, ended, took_us, rows_read, same, skipped, still_dead, adds,
 * updates, removes, acked, dead, superseded, cancelled, pending, requests, retries, bytes_sent, removes_held
 * (bool), plan, live, error, details, promise, null_cursors. Newest first; sync NULL = all; before 0 = from the
 * newest. */
sl_ticket sl_runs(struct sl_engine *e, const char *sync, int64_t before, unsigned limit);
/* One run: the same columns, one row. */
sl_ticket sl_run(struct sl_engine *e, int64_t run);
/* The planned events of a run in log order (of a dry run: its sample): n (int, position), op, key, verdict,
 * block (int), idx (int), bytes, body (json), old (json or NULL: what the destination held before), id.
 * op NULL = all. */
sl_ticket sl_changes(struct sl_engine *e, int64_t run, const char *op, int64_t from,
		     unsigned limit);

/* ---- log and dead letters -------------------------------------------------------------------- */

struct sl_log_filter { /* empty = any */
	int64_t run;
	const char *sync;
	const char *level; /* least: debug info warn error */
	const char *text;  /* substring, ASCII case does not matter */
	int status;
	int64_t since_us, until_us; /* wall */
};
/* seq, at (time), level, run, sync, part, text, block, idx, events, status, took_us, answer. Newest first
 * below `before` (0 = newest), or oldest first above `after` when that is > 0. */
sl_ticket sl_log(struct sl_engine *e, const struct sl_log_filter *f, int64_t before, int64_t after,
		 unsigned limit);
/* name, value pairs about one event of the log: run, sync, op, key, verdict, id, version, body, old, status,
 * tries, reason, answer, resolution ... */
sl_ticket sl_event(struct sl_engine *e, int64_t run, int64_t block, int64_t idx);

/* Dead letters: id, run, sync, op, key, status, tries, reason, answer, at, resolution, resolved (time), body,
 * block, idx. sync NULL = all; open only unless all. */
sl_ticket sl_failed(struct sl_engine *e, const char *sync, bool all, int64_t before,
		    unsigned limit);
/* The same by what they say; all empty = sl_failed(). */
struct sl_dead_filter {
	const char *text; /* part of the reason or of the answer; ASCII case does not matter */
	int status;
	int64_t since_us; /* given up on then or later; wall */
	bool all;         /* not open ones only */
};
sl_ticket sl_failed_like(struct sl_engine *e, const char *sync, const struct sl_dead_filter *f,
			 int64_t before, unsigned limit);
/* Send dead letters again as they were recorded (same bytes, same id) in a run of kind "retry"; those whose
 * row was acknowledged in a newer form since are resolved instead. ids NULL = all open of the sync.
 * Answer: run (NULL: nothing was left to send), events (int), changed (int: resolved instead), unsendable
 * (int: no event could ever be made of them; mend the mapping or the row, the next run plans it anew). */
sl_ticket sl_retry(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n);
/* Give up on dead letters for good: their rows are left alone until they change. ids NULL = all open of
 * the sync. The note says why and is kept; there must be one. Answer: discarded (int). */
sl_ticket sl_discard(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n,
		     const char *note);
/* Take that back for these: they are open again. Those with a newer letter, and those from before the
 * destination or the key changed, stay as they are. Answer: reopened (int). */
sl_ticket sl_undiscard(struct sl_engine *e, const char *sync, const int64_t *ids, size_t n);

/* ---- safety ---------------------------------------------------------------------------------- */

/* Values of columns that a profile tags with `pii`, and of the fields made of them, are masked in every
 * answer: "•••M·3f2a" is a text of middle length (S up to 8 bytes, M up to 32, L longer); equal values have
 * equal marks. Of sl_rows() a masked column of the key has its values in a hidden column "_key0" ("_key1"
 * for the second ...) as well: for sl_page.after, never to be shown. */

/* Write into the audit that tagged values are to be seen; what: the screen or command. Answer: id (int). */
sl_ticket sl_unmask(struct sl_engine *e, const char *what);
/* Requests made from now on answer tagged values in clear, or masked again. on does nothing unless an
 * sl_unmask() was answered since the last time it was switched off. */
void sl_unmasked(struct sl_engine *e, bool on);

/* Findings about this workspace, in parts as they come: area (state files libraries sources destinations
 * secrets process), what, level (ok warn bad), detail, mend. Connects to what is configured and to nothing
 * else; sends no event. */
sl_ticket sl_doctor(struct sl_engine *e);
/* The SQL that makes a role which can read exactly what the syncs read, and write nothing: connection,
 * sql (a script). connection NULL = of every source that knows roles. */
sl_ticket sl_grants(struct sl_engine *e, const char *connection);

/* What operators did, newest first below `before` (0 = newest): id, at (time), who, action, object,
 * detail, hash, chain ("ok"; "broken": the line or the one before it was changed or removed; "old": from
 * before there was a chain). A last row with id 0 and chain "broken" says that lines are missing at the
 * end; it comes with before 0 only. */
sl_ticket sl_audit(struct sl_engine *e, int64_t before, unsigned limit);

/* ---- the receiver ---------------------------------------------------------------------------- */

/* A local HTTP server that takes events as RudderStack does and keeps them in SQLite; see
 * `sluice receive --help`. Needs no engine. */
struct sl_receiver;
struct sl_receiver_options {
	const char *bind;      /* NULL = 127.0.0.1 */
	unsigned port;         /* 0 = any free one */
	const char *database;  /* path; NULL = in memory */
	const char *write_key; /* a reference: env:NAME file:PATH; NULL = any key will do */
	bool discard;          /* count only */
	const char *tls_cert;  /* PEM files for HTTPS; NULL = both NULL, plain HTTP */
	const char *tls_key;
	const char *faults; /* JSON text, see the help; NULL = none */
	bool sync_full;     /* each answer waits for the disk: survives a power cut too */
};
struct sl_receiver_count {
	uint64_t requests, events, repeats, conflicts, bytes;
	uint64_t refused; /* requests that were not answered 200 */
};
/* NULL: *problem says why. */
struct sl_receiver *sl_receiver_start(const struct sl_receiver_options *o,
				      struct sl_problem *problem);
unsigned sl_receiver_port(const struct sl_receiver *r);
void sl_receiver_counts(const struct sl_receiver *r, struct sl_receiver_count *out);
void sl_receiver_stop(struct sl_receiver *r); /* finishes open requests */
/* Text of the faults it can be told, for the help. */
const char *sl_receiver_fault_help(void);

#endif
