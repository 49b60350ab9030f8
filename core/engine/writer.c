#include "core/engine/writer.h"

#include "core/base/clock.h"
#include "core/base/limit.h"
#include "core/base/pool.h"
#include "core/base/queue.h"
#include "core/base/redact.h"
#include "core/base/text.h"
#include "core/store/ballast.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUP       128         /* commands in one transaction at most */
#define GROUP_BYTES (8u << 20)  /* and their bytes, but for the last command */
#define MAX_WAIT    (12u << 20) /* bytes that may wait */
#define LOG_ROOM    1024        /* lines that may wait; more are only counted */
#define LOG_US      100000      /* between two writings of lines, unless many wait */
#define IDLE_MS     250         /* a line waits so long at most, and tidying for so much quiet */
#define REST_MS     60000       /* with nothing to do: a program at rest wakes nobody */
#define KEEP_LOG_US (INT64_C(30) * 86400 * 1000000) /* lines older than this are erased */
#define ROOM_US     500000                          /* between two looks at a full disk */
#define TIDY_US     1000000                         /* for tidying when the program ends */
#define TRIM_US     (INT64_C(3600) * 1000000)       /* between two looks for them */

struct sl_cmd {
	sl_write_fn *fn;
	sl_written_fn *done;
	void *arg;
	size_t bytes;
};

struct sl_call {
	sl_write_fn *fn;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
	enum sl_code code;
	struct sl_err err;
};

static enum sl_code
call_run(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct sl_call *c = arg;

	return c->fn(s, c->arg, err);
}

struct sl_writer {
	struct sl_store *store;
	struct sl_activity *activity;
	struct sl_queue *queue;
	pthread_t thread;
	struct sl_err fatal;      /* the writer thread's; code SL_OK while all is well */
	bool untidy;              /* something was written since the store was tidied */
	int64_t trim_us;          /* monotonic; when the activity log is looked over next */
	int64_t lines_us;         /* monotonic; when lines are written next */
	struct sl_line *spare;    /* as lines; the writer thread's */
	int64_t room_us;          /* monotonic; when a full disk is looked at next */
	pthread_mutex_t log_lock; /* guards all below */
	struct sl_err full;       /* the disk is full; code SL_OK: it is not */
	struct sl_line *lines;    /* LOG_ROOM, and one about lost ones */
	size_t nlines, lost;
};

/* Not to be tried again: the disk may have lost what it said it had, the file is damaged, or it is another
 * process's now. */
static bool
is_fatal(const struct sl_err *err)
{
	return (err->code == SL_E_IO && !err->retryable) || err->code == SL_E_CORRUPT ||
	       (err->code == SL_E_LOCKED && !err->retryable);
}

bool
sl_is_full(const struct sl_err *err)
{
	return err->code == SL_E_IO && err->retryable;
}

static void
be_fatal(struct sl_writer *w, const struct sl_err *err)
{
	if (w->fatal.code == SL_OK && err->code == SL_E_CORRUPT)
		sl_store_suspect(sl_store_dir(w->store));
	w->fatal = *err;
}

static void
say(struct sl_writer *w, enum sl_level level, const char *text)
{
	struct sl_line l = { .level = level, .part = "state", .block_no = -1, .idx = -1 };

	(void)snprintf(l.text, sizeof(l.text), "%s", text);
	sl_writer_log(w, &l);
}

/* From now on nothing new begins. true: there was ballast, so there is room for what was begun. */
static bool
be_full(struct sl_writer *w, const struct sl_err *err)
{
	const bool dropped = sl_ballast_drop(sl_store_dir(w->store));
	char text[400];
	bool first;

	pthread_mutex_lock(&w->log_lock);
	first = w->full.code == SL_OK;
	if (first)
		w->full = *err;
	pthread_mutex_unlock(&w->log_lock);
	(void)snprintf(text, sizeof(text),
		       "%.300s: planning and sending pause, what comes back is recorded", err->msg);
	if (first)
		say(w, SL_ERROR, text);
	return dropped;
}

static void
look_for_room(struct sl_writer *w)
{
	struct sl_err err;

	if (sl_writer_room(w, &err) == SL_OK || sl_mono_us() < w->room_us)
		return;
	w->room_us = sl_mono_us() + ROOM_US;
	if (!sl_ballast_again(sl_store_dir(w->store)))
		return;
	pthread_mutex_lock(&w->log_lock);
	w->full.code = SL_OK;
	pthread_mutex_unlock(&w->log_lock);
	say(w, SL_INFO, "the disk has room again");
}

enum sl_code
sl_writer_room(struct sl_writer *w, struct sl_err *err)
{
	enum sl_code code;

	pthread_mutex_lock(&w->log_lock);
	code = w->full.code;
	if (code != SL_OK)
		*err = w->full;
	pthread_mutex_unlock(&w->log_lock);
	return code;
}

/* The result is in err->code. */
static void
run_group(struct sl_writer *w, struct sl_cmd **cmds, size_t n, struct sl_err *err)
{
	enum sl_code code = sl_store_begin(w->store, err);

	for (size_t i = 0; i < n && code == SL_OK; i++)
		code = cmds[i]->fn(w->store, cmds[i]->arg, err);
	if (code == SL_OK)
		code = sl_store_commit(w->store, err);
	if (code != SL_OK)
		sl_store_rollback(w->store);
	err->code = code;
}

static void
finish(struct sl_cmd *c, enum sl_code code, const struct sl_err *err)
{
	if (c->done)
		c->done(c->arg, code, err);
	free(c);
}

/* All in one transaction; where that fails each alone, so that one bad command harms no other: of what is
 * damaged only those after it. But for an error of the disk: a second try may seem to go well after data
 * was lost. */
static void
run_commands(struct sl_writer *w, struct sl_cmd **cmds, size_t n)
{
	struct sl_err err = w->fatal;

	if (err.code == SL_OK)
		run_group(w, cmds, n, &err);
	if (sl_is_full(&err) && be_full(w, &err))
		run_group(w, cmds, n, &err);
	if (err.code != SL_OK && (!is_fatal(&err) || err.code == SL_E_CORRUPT) && n > 1) {
		for (size_t i = 0; i < n; i++)
			run_commands(w, &cmds[i], 1);
		return;
	}
	if (is_fatal(&err))
		be_fatal(w, &err);
	for (size_t i = 0; i < n; i++)
		finish(cmds[i], err.code, &err);
}

static void
write_lines(struct sl_writer *w)
{
	struct sl_line *lines;
	struct sl_err err;
	size_t n, lost;

	w->lines_us = sl_mono_us() + LOG_US;
	pthread_mutex_lock(&w->log_lock);
	lines = w->lines;
	n = w->nlines;
	lost = w->lost;
	if (n > 0) {
		w->lines = w->spare;
		w->spare = lines;
		w->nlines = 0;
		w->lost = 0;
	}
	pthread_mutex_unlock(&w->log_lock);
	if (n == 0)
		return;
	if (lost > 0) {
		lines[n] = (struct sl_line){ .at_us = sl_wall_us(),
					     .level = SL_WARN,
					     .part = "log",
					     .block_no = -1,
					     .idx = -1 };
		(void)snprintf(lines[n].text, sizeof(lines[n].text),
			       "%zu lines before this one were lost", lost);
		n++; /* and where it is lost itself, it stands for one of them */
	}
	/* The activity log may be lost without harm: an error here stops nothing. */
	if (!w->activity || sl_activity_write(w->activity, lines, n, &err) != SL_OK) {
		pthread_mutex_lock(&w->log_lock);
		w->lost += n;
		pthread_mutex_unlock(&w->log_lock);
	}
}

static void
trim_lines(struct sl_writer *w)
{
	struct sl_err ignored;

	if (!w->activity || sl_mono_us() < w->trim_us)
		return;
	w->trim_us = sl_mono_us() + TRIM_US;
	(void)!sl_activity_trim(w->activity, sl_wall_us() - KEEP_LOG_US, &ignored);
}

/* Not with every group: a busy run has one every few milliseconds. But with one that somebody waited for:
 * a run that begins or ends is found in the log with what was said of it. */
static bool
lines_due(struct sl_writer *w, bool called)
{
	bool due;

	pthread_mutex_lock(&w->log_lock);
	due = called || w->nlines >= LOG_ROOM / 2 || (w->nlines > 0 && sl_mono_us() >= w->lines_us);
	pthread_mutex_unlock(&w->log_lock);
	return due;
}

/* Without room for it the WAL holds everything all the same. */
static void
checkpoint(struct sl_writer *w)
{
	struct sl_err err;

	if (w->fatal.code != SL_OK || sl_store_checkpoint(w->store, &err) == SL_OK)
		return;
	if (sl_is_full(&err))
		(void)be_full(w, &err);
	else if (is_fatal(&err))
		be_fatal(w, &err);
}

/* Is there more to tidy? A failure is not told: what must be written will say it. */
static bool
tidy(struct sl_writer *w)
{
	struct sl_err err;
	bool more = false;

	if (w->fatal.code != SL_OK)
		return false;
	if (sl_store_tidy(w->store, &more, &err) != SL_OK && is_fatal(&err))
		be_fatal(w, &err);
	return more;
}

/* How long to wait for a command, in ms. */
static int
patience(struct sl_writer *w)
{
	bool busy;

	pthread_mutex_lock(&w->log_lock);
	busy = w->untidy || w->nlines > 0 || w->full.code != SL_OK;
	pthread_mutex_unlock(&w->log_lock);
	return busy ? IDLE_MS : REST_MS;
}

/* Stands in the queue for nothing to do: it only wakes the thread. */
static const struct sl_cmd wake_up;

struct group {
	struct sl_cmd *cmds[GROUP]; /* in the order in which they came */
	size_t n;
	bool called; /* somebody waits for one of them */
};

/* Waits for commands and takes those that are there. False: the queue is closed and empty. */
static bool
next_group(struct sl_writer *w, struct group *g)
{
	enum sl_code code;
	size_t bytes = 0;
	void *item;

	g->n = 0;
	g->called = false;
	do {
		code = sl_queue_pop(w->queue, &item, patience(w));
	} while (code == SL_OK && item == &wake_up);
	if (code == SL_DONE)
		return false;
	while (code == SL_OK) {
		if (item != &wake_up) {
			struct sl_cmd *c = g->cmds[g->n++] = item;
			g->called = g->called || c->fn == call_run;
			bytes += c->bytes;
		}
		code = g->n < GROUP && bytes < GROUP_BYTES ? sl_queue_pop(w->queue, &item, 0)
							   : SL_AGAIN;
	}
	return true;
}

static void *
writer_main(void *arg)
{
	struct sl_writer *w = arg;
	struct group g;

	sl_ballast_make(sl_store_dir(w->store));
	while (next_group(w, &g)) {
		if (g.n > 0) {
			run_commands(w, g.cmds, g.n);
			checkpoint(w);
		}
		if (lines_due(w, g.called))
			write_lines(w);
		trim_lines(w);
		look_for_room(w);
		if (g.n > 0)
			w->untidy = true;
		else if (w->untidy)
			w->untidy = tidy(w);
	}
	for (int64_t end = sl_mono_us() + TIDY_US; w->untidy && sl_mono_us() < end;)
		w->untidy = tidy(w);
	write_lines(w);
	return NULL;
}

enum sl_code
sl_writer_start(struct sl_store *store, struct sl_activity *activity, struct sl_writer **out,
		struct sl_err *err)
{
	struct sl_writer *w = calloc(1, sizeof(*w));
	int rc = ENOMEM;

	if (w) {
		w->store = store;
		w->activity = activity;
		w->queue = sl_queue_new(100000, MAX_WAIT, NULL);
		w->lines = malloc((LOG_ROOM + 1) * sizeof(*w->lines));
		w->spare = malloc((LOG_ROOM + 1) * sizeof(*w->spare));
		pthread_mutex_init(&w->log_lock, NULL);
	}
	if (w && w->queue && w->lines && w->spare)
		rc = sl_thread_start(&w->thread, "writer", writer_main, w);
	if (rc != 0) {
		if (w) {
			sl_queue_free(w->queue);
			free(w->lines);
			free(w->spare);
			free(w);
		}
		return sl_thread_fail(err, "state", "the writer thread", rc);
	}
	*out = w;
	return SL_OK;
}

void
sl_writer_free(struct sl_writer *w)
{
	if (!w)
		return;
	sl_queue_close(w->queue);
	pthread_join(w->thread, NULL);
	sl_queue_free(w->queue);
	sl_activity_close(w->activity);
	sl_store_close(w->store);
	pthread_mutex_destroy(&w->log_lock);
	free(w->lines);
	free(w->spare);
	free(w);
}

enum sl_code
sl_writer_push(struct sl_writer *w, sl_write_fn *fn, sl_written_fn *done, void *arg, size_t bytes)
{
	struct sl_cmd *c = malloc(sizeof(*c));
	enum sl_code code;

	if (!c)
		return SL_E_NOMEM;
	*c = (struct sl_cmd){ fn, done, arg, bytes };
	code = sl_queue_push(w->queue, c, bytes, -1);
	if (code != SL_OK)
		free(c);
	return code;
}

enum sl_code
sl_writer_refused(enum sl_code code, struct sl_err *err)
{
	if (code == SL_E_NOMEM)
		return sl_fail(err, code, "state", "no memory to write into the log");
	return sl_fail(err, code, "state", "the log is closed: the program ends");
}

static void
call_done(void *arg, enum sl_code code, const struct sl_err *err)
{
	struct sl_call *c = arg;

	pthread_mutex_lock(&c->lock);
	c->code = code;
	if (code != SL_OK)
		c->err = *err;
	c->done = true;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->lock);
}

enum sl_code
sl_writer_call(struct sl_writer *w, sl_write_fn *fn, void *arg, struct sl_err *err)
{
	struct sl_call c = { .fn = fn, .arg = arg };
	enum sl_code code;

	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.cond, NULL);
	code = sl_writer_push(w, call_run, call_done, &c, 0);
	if (code == SL_OK) {
		pthread_mutex_lock(&c.lock);
		while (!c.done)
			pthread_cond_wait(&c.cond, &c.lock);
		pthread_mutex_unlock(&c.lock);
		code = c.code;
		if (code != SL_OK)
			*err = c.err;
	} else {
		(void)sl_writer_refused(code, err);
	}
	pthread_cond_destroy(&c.cond);
	pthread_mutex_destroy(&c.lock);
	return code;
}

static enum sl_code
stop_run(struct sl_store *s, void *arg, struct sl_err *err)
{
	(void)s;
	*err = *(const struct sl_err *)arg;
	return err->code;
}

static void
stop_done(void *arg, enum sl_code code, const struct sl_err *err)
{
	(void)code;
	(void)err;
	free(arg);
}

void
sl_writer_stop(struct sl_writer *w, const struct sl_err *err)
{
	struct sl_err *copy = malloc(sizeof(*copy));

	sl_store_suspect(sl_store_dir(w->store));
	if (!copy)
		return;
	*copy = *err;
	if (sl_writer_push(w, stop_run, stop_done, copy, 0) != SL_OK)
		free(copy);
}

/* Cut at a character and without controls. */
static void
clean(char *text, size_t cap)
{
	char raw[512];

	(void)snprintf(raw, sizeof(raw), "%s", text);
	sl_redact_secrets(raw, sizeof(raw));
	(void)sl_show(text, cap, raw, strlen(raw));
}

void
sl_writer_log(struct sl_writer *w, const struct sl_line *line)
{
	bool first;

	pthread_mutex_lock(&w->log_lock);
	first = w->nlines == 0;
	if (w->nlines < LOG_ROOM) {
		struct sl_line *l = &w->lines[w->nlines++];

		*l = *line;
		if (l->at_us == 0)
			l->at_us = sl_wall_us();
		clean(l->text, sizeof(l->text));
		clean(l->answer, sizeof(l->answer));
	} else {
		w->lost++;
	}
	pthread_mutex_unlock(&w->log_lock);
	/* A queue without room is one that the writer works on. */
	if (first)
		(void)!sl_queue_push(w->queue, (void *)(uintptr_t)&wake_up, 0, 0);
}
