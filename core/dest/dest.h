/* dest.h - what a destination driver implements, and the registry.
 *
 * One delivery thread opens a context and is the only one to touch it; wakeup() alone may come from
 * any thread. submit() never blocks, poll() is the only call that waits. Retries, back-off, splitting
 * and pacing are the engine's: a driver reports what happened, per event. */
#ifndef SL_DEST_H
#define SL_DEST_H

#include "core/config/config.h" /* SL_DST_*: what a driver says it can do */
#include "core/model/model.h"
#include "core/model/prop.h"

struct sl_dest_limits {
	uint32_t batch_events; /* most events in one delivery */
	uint32_t batch_bytes;  /* most body bytes in one delivery, before compression */
	uint32_t event_bytes;  /* most bytes of one event; 0 = no limit of its own */
	uint32_t inflight;     /* most deliveries submitted at once */
	bool steady;           /* so many are always right: their number is not adapted */
	double rate;           /* events a second; 0 = no limit */
};

struct sl_dest_config {
	const struct sl_setting *settings;
	size_t nsettings;
	const char
		*secret; /* resolved value of the SECRET property; not kept after open in clear */
	const char *base_dir; /* relative paths start here (the workspace) */
};

/* A field that the destination knows about, for the mapping screen. */
struct sl_field {
	const char *name; /* "traits.email" */
	const char *type; /* "string" "number" "datetime" "object" ... */
	bool required;
	const char *help;
};

/* Called from inside poll(), once per submitted delivery, with every outcome filled. The delivery is
 * the caller's again. */
typedef void sl_complete_fn(void *arg, struct sl_delivery *d);

struct sl_dest_driver {
	const char *name;  /* "rudderstack" */
	const char *title; /* "RudderStack / Segment" */
	unsigned caps;     /* SL_DST_* */
	size_t ctx_size;   /* allocated zeroed by the caller */
	const struct sl_prop *props;
	size_t nprops;

	enum sl_code (*open)(
		void *ctx, const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
		struct sl_err *err); /* fills limits from the driver and the settings */
	/* "Test connection": talks to the peer, sends no event. One line about it in out. wakeup(), also one
	 * of before, ends it with SL_E_CANCELLED in a second or two. */
	enum sl_code (*check)(void *ctx, struct sl_arena *a, struct sl_str *out,
			      struct sl_err *err);
	/* Pure: the exact bytes that submit() would send for these events, before compression, with
	 * the attempt's own fields (sentAt) as given. Preview uses it. */
	enum sl_code (*encode)(const void *ctx, const struct sl_str *bodies, uint32_t n,
			       int64_t wall_us, struct sl_buf *out, struct sl_err *err);
	/* "POST https://host/v1/batch" with secrets masked, for previews and the log. */
	void (*target)(const void *ctx, struct sl_buf *out);
	/* SL_OK: the driver holds d until it completes. SL_AGAIN: full, try after poll(). */
	enum sl_code (*submit)(void *ctx, struct sl_delivery *d, struct sl_err *err);
	enum sl_code (*poll)(void *ctx, int timeout_ms, sl_complete_fn *done, void *arg,
			     struct sl_err *err);
	void (*wakeup)(void *ctx);
	/* Both may be NULL. */
	void (*library)(char *out, size_t cap); /* "libcurl 7.88.1 ..."; any thread */
	/* After check(): how far the peer's clock is ahead of ours; false: it did not say. */
	bool (*clock)(const void *ctx, int64_t *ahead_us);
	void (*close)(
		void *ctx); /* completes nothing; safe after a failed open() and when zeroed */
};

const struct sl_dest_driver *sl_dest_find(const char *name);
const struct sl_dest_driver *sl_dest_at(size_t i); /* NULL past the end */

#endif
