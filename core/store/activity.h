/* activity.h - the activity log of runs, log.db beside state.db: what a person reads to understand a run.
 *
 * It may be lost without harm: synchronous=NORMAL, a file of its own, moved aside when damaged. Lines
 * hold no row values: an event is named by run, block and index, its text is read from the log of
 * events when it is looked at. One thread writes, others open for reading. */
#ifndef SL_ACTIVITY_H
#define SL_ACTIVITY_H

#include "core/base/str.h"

enum sl_level { SL_DEBUG, SL_INFO, SL_WARN, SL_ERROR };
const char *sl_level_name(enum sl_level l);

struct sl_line {
	int64_t seq;    /* set by write */
	int64_t at_us;  /* wall */
	int64_t run_id; /* 0 = none */
	enum sl_level level;
	char sync[72];
	char part[24];    /* "plan" "send" "source" "state" ... */
	char text[400];   /* one line, visible characters only */
	int64_t block_no; /* -1 = none */
	int32_t idx;      /* -1 = none: the line is about one event */
	int32_t events;   /* how many events it is about; 0 = none */
	int32_t status;   /* HTTP status or the like; 0 = none */
	int64_t took_us;  /* 0 = not timed */
	char answer[200]; /* the destination's words; untrusted */
};

/* Filter, all parts of which must hold. Empty or 0 = any. */
struct sl_line_filter {
	int64_t run_id;
	const char *sync;
	enum sl_level least;
	const char *text; /* substring of text, answer or part, without regard to ASCII case */
	int status;
	int64_t since_us, until_us; /* wall */
};

struct sl_activity;
enum sl_code sl_activity_open(const char *dir, bool read_only, struct sl_activity **out,
			      struct sl_err *err) SL_MUST;
void sl_activity_close(struct sl_activity *a); /* NULL is allowed */
/* One transaction. */
enum sl_code sl_activity_write(struct sl_activity *a, struct sl_line *lines, size_t n,
			       struct sl_err *err) SL_MUST;
/* Lines that match with seq < before (0 = from the newest), newest first; or, with after > 0, with
 * seq > after, oldest first. At most max. */
enum sl_code sl_activity_read(struct sl_activity *a, const struct sl_line_filter *f, int64_t before,
			      int64_t after, uint32_t max, struct sl_line *out, uint32_t *n,
			      struct sl_err *err) SL_MUST;
/* The newest run that the log of this directory tells of; 0 = none, or no log that can be read. */
int64_t sl_activity_last_run(const char *dir);
/* Erase lines older than this wall time. */
enum sl_code sl_activity_trim(struct sl_activity *a, int64_t before_us, struct sl_err *err) SL_MUST;

#endif
