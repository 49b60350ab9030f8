/* engine.h - the inside of struct sl_engine, shared by the files of core/engine only. */
#ifndef SL_ENGINE_H
#define SL_ENGINE_H

#include "core/base/pool.h"
#include "core/config/config.h"
#include "core/config/secret.h"
#include "core/dest/dest.h"
#include "core/diff/index.h"
#include "core/engine/msg.h"
#include "core/engine/writer.h"
#include "core/source/source.h"

#include <pthread.h>

struct sl_job;
struct sl_run_task;
struct sl_source_cache;
struct sl_account;

struct sl_engine {
	char workspace[1024];
	char state_dir[1024];
	char who[32];
	bool read_only;
	struct sl_driver_info *drivers; /* of all registries; constant after open */
	size_t ndrivers;
	struct sl_mailbox *mail;
	struct sl_pool *pool;     /* mapping and compressing: short jobs */
	struct sl_pool *requests; /* client requests: may block */
	struct sl_pool *orders;   /* those that start and stop runs: wait for the state only */
	struct sl_writer *writer; /* NULL when read_only */
	struct sl_source_cache *sources;        /* idle connections of requests */
	struct sl_digest_key hash;              /* of the workspace's seed */
	char workspace_id[SL_WORKSPACE_ID + 1]; /* short and stable, for context.sources */
	struct sl_notice notice;                /* of the state; constant after open */
	struct sl_budget memory;                /* for what grows with a table, of all runs */

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t idle;  /* a job or a run ended */
	bool closing;
	bool end_lost;   /* the end of a run could not be recorded: the disk was full */
	bool may_unmask; /* the audit knows that somebody looks */
	bool unmasked;   /* new jobs answer tagged values in clear */
	sl_ticket next_ticket;
	int64_t next_dry; /* ids of dry runs count down from -1 */
	struct sl_job *jobs;
	struct sl_run_task *runs;    /* open runs and the last finished ones of this process */
	struct sl_account *accounts; /* at destinations; they stay */
	unsigned delivering;         /* atomic: runs that share the memory for what is on its way */
};

/* ---- workspace and connections, for jobs and runs -------------------------------------------- */

/* Every request and run reads the files anew: they are small, and what a person just saved counts. */
enum sl_code sl_engine_config(const struct sl_engine *e, struct sl_config **out,
			      struct sl_err *err) SL_MUST;
/* Find an object that is not broken; else SL_E_NOTFOUND (with near names) or SL_E_CONFIG (its problems). */
enum sl_code sl_engine_object(const struct sl_config *c, enum sl_kind kind, const char *name,
			      const struct sl_object_def **out, struct sl_err *err) SL_MUST;
/* A store for reading. SL_E_NOTFOUND: nothing was ever run. The caller closes it. */
enum sl_code sl_engine_reader(const struct sl_engine *e, struct sl_store **out,
			      struct sl_err *err) SL_MUST;
/* Where a run keeps what grows with its table. */
static inline struct sl_room
sl_engine_room(struct sl_engine *e)
{
	return (struct sl_room){ &e->memory, e->state_dir };
}
/* SL_E_LOCKED in a session that may only look. */
enum sl_code sl_engine_may_write(const struct sl_engine *e, struct sl_err *err) SL_MUST;
/* Write into the audit what an operator does, and wait until it is kept (audit.c). */
enum sl_code sl_engine_audit(const struct sl_engine *e, const char *action, const char *object,
			     const char *detail, struct sl_err *err) SL_MUST;
/* Digest key and workspace id of a dry or read-only engine come from the state too, else from zeros. */

struct sl_source_handle {
	const struct sl_source_driver *driver;
	void *ctx; /* NULL = not open */
};
struct sl_dest_handle {
	const struct sl_dest_driver *driver;
	void *ctx;
	struct sl_dest_limits limits;
	struct sl_digest
		account; /* names what the destination counts by: driver, target, credential */
};
/* Open a connection of the config by name: finds the driver, resolves the secret, opens. h->ctx is set
 * before open() runs, so that a cancel can reach it; `ready` (may be NULL) is called then. */
struct sl_open_hook {
	void (*ready)(void *arg);
	void *arg;
};
enum sl_code sl_source_connect(const struct sl_engine *e, const struct sl_config *c,
			       const char *name, struct sl_source_handle *h,
			       const struct sl_open_hook *hook, struct sl_err *err) SL_MUST;
void sl_source_disconnect(struct sl_source_handle *h); /* safe when not open */
enum sl_code sl_dest_connect(const struct sl_engine *e, const struct sl_config *c, const char *name,
			     struct sl_dest_handle *h, struct sl_err *err) SL_MUST;
void sl_dest_disconnect(struct sl_dest_handle *h);
/* The account of that name, made when it is not there; the engine keeps it. */
enum sl_code sl_engine_account(struct sl_engine *e, struct sl_digest name, struct sl_account **out,
			       struct sl_err *err) SL_MUST;
/* The same step by step, from settings that need not be saved (a form). */
struct sl_opening {
	const char *type;
	const struct sl_setting *set;
	size_t n;
	const char *secret; /* resolved; NULL = none */
};
enum sl_code sl_engine_secret(const struct sl_engine *e, const struct sl_opening *o,
			      struct sl_secret *out, struct sl_err *err) SL_MUST;
enum sl_code sl_source_open(const struct sl_engine *e, const struct sl_opening *o,
			    struct sl_source_handle *h, const struct sl_open_hook *hook,
			    struct sl_err *err) SL_MUST;
enum sl_code sl_dest_open(const struct sl_engine *e, const struct sl_opening *o,
			  struct sl_dest_handle *h, struct sl_err *err) SL_MUST;
const struct sl_driver_info *sl_engine_driver(const struct sl_engine *e, const char *name);

#endif
