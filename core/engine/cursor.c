#include "core/engine/cursor.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/base/text.h"

#include <stdio.h>

#define LAG_US 900000000LL /* where open transactions cannot be seen and no lag is set */
/* A transaction reads the clock just before its lock can be seen, and clocks are set back a little now and
 * then: so much of the newest rows is always read again. */
#define CLOCK_US 1000000LL
#define PIN_US   900000000LL /* a place that waits so long is told of */

enum sl_code
sl_cursor_snapshot(struct sl_cursor *c, const struct sl_prep *prep,
		   const struct sl_source_handle *h, struct sl_err *err)
{
	*c = (struct sl_cursor){ .used = prep->sync.detect == SL_DETECT_CURSOR };
	if (!c->used)
		return h->driver->begin_snapshot(h->ctx, err);
	return h->driver->fence(h->ctx, prep->arena, &c->fence, err);
}

static void
choose_promise(struct sl_cursor *c, const struct sl_prep *prep, const struct sl_source_handle *h)
{
	const bool timed = (h->driver->lag_types & 1u << sl_prep_cursor_column(prep)->type) != 0;

	c->lag_us = prep->sync.lag_ms * 1000;
	c->promise = SL_PROMISE_FENCED;
	if (c->lag_us > 0) {
		c->promise = SL_PROMISE_LAGGED;
	} else if (c->fence.kind == SL_FENCE_NONE) {
		c->promise = timed ? SL_PROMISE_LAGGED : SL_PROMISE_BEST_EFFORT;
		c->lag_us = timed ? LAG_US : 0;
	}
}

/* How much of the greatest cursor to take back. */
static int64_t
back_us(const struct sl_cursor *c, const struct sl_prep *prep, const struct sl_source_handle *h)
{
	const bool timed = (h->driver->lag_types & 1u << sl_prep_cursor_column(prep)->type) != 0;

	if (c->promise == SL_PROMISE_LAGGED)
		return c->lag_us;
	return timed && c->promise == SL_PROMISE_FENCED ? CLOCK_US : 0;
}

static void
put(struct sl_buf *b, struct sl_str s)
{
	sl_buf_put_str(b, s);
	sl_buf_putc(b, '\0');
}

/* All that makes rows below the place differ from what was delivered, or makes the place another one. */
static enum sl_code
digest_spec(const struct sl_cursor *c, const struct sl_prep *prep, const struct sl_past *past,
	    const struct sl_digest_key *hash, struct sl_digest *out, struct sl_err *err)
{
	const struct sl_sync *s = &prep->sync;
	struct sl_digest meaning;
	struct sl_buf b;
	enum sl_code code = SL_OK;

	sl_buf_init(&b, 0);
	sl_buf_printf(&b, "%u %d %lld %d ", past->epoch, (int)c->promise, (long long)c->lag_us,
		      (int)s->mode);
	put(&b, sl_str(s->source));
	put(&b, sl_str(s->table));
	put(&b, sl_str(s->sql));
	put(&b, sl_str(s->cursor));
	put(&b, sl_prep_cursor_column(prep)->native);
	for (size_t i = 0; i < s->nkey; i++)
		put(&b, sl_str(s->key[i]));
	meaning = sl_mapper_fingerprint(prep->described, hash);
	sl_buf_put(&b, (const char *)&meaning, sizeof(meaning));
	for (uint32_t i = 0; i < prep->nwanted; i++) {
		const int at = sl_schema_find(&prep->all, prep->wanted[i]);

		put(&b, prep->wanted[i]);
		put(&b, at >= 0 ? prep->all.cols[at].native : SL_LIT(""));
	}
	if (b.failed)
		code = sl_fail(err, SL_E_NOMEM, "plan", "no memory for the place of the cursor");
	*out = sl_digest(hash, b.ptr, b.len);
	sl_buf_free(&b);
	return code;
}

/* The stored place, if it is about what the run reads; else one that reads from the start. */
static enum sl_code
find_place(struct sl_cursor *c, struct sl_run_task *t, const struct sl_prep *prep,
	   const struct sl_past *past, struct sl_err *err)
{
	struct sl_cursor_place place = { 0 };
	struct sl_digest spec;
	enum sl_code code = digest_spec(c, prep, past, &t->engine->hash, &spec, err);

	if (code != SL_OK)
		return code;
	c->was = (struct sl_cursor_place){ .spec = spec };
	if (!past->reader)
		return SL_OK;
	code = sl_store_cursor_get(past->reader, t->rec.sync, prep->arena, &place, err);
	if (code == SL_E_NOTFOUND)
		return SL_OK;
	if (code != SL_OK)
		return code;
	if (!sl_digest_eq(place.spec, spec))
		sl_run_log(t, SL_INFO, "source",
			   "reads everything: model, mapping, cursor or promise are not those of "
			   "the last run");
	else if (sl_fence_is_other(&place, &c->fence))
		sl_run_log(t, SL_WARN, "source",
			   "reads everything: another server, or an older state of it, has taken "
			   "the place of the one of the last run");
	else
		c->was = place;
	return SL_OK;
}

static enum sl_code
look_ahead(struct sl_cursor *c, struct sl_prep *prep, const struct sl_source_handle *h,
	   struct sl_err *err)
{
	prep->from.back_us = back_us(c, prep, h);
	return h->driver->reach(h->ctx, prep->arena, &prep->model, &prep->from, &c->reach, err);
}

/* The row that the place came from is there, or another one above it, unless rows were deleted or a
 * backup was restored. Which of the two cannot be told. */
static enum sl_code
check_place(struct sl_cursor *c, struct sl_run_task *t, struct sl_prep *prep,
	    const struct sl_source_handle *h, struct sl_err *err)
{
	if (!prep->from.low.ptr || c->reach.rows > c->reach.nulls)
		return SL_OK;
	sl_run_log(t, SL_WARN, "source",
		   "reads everything: no row is left at or above the last place of the cursor");
	c->was = (struct sl_cursor_place){ .spec = c->was.spec };
	prep->from.low = (struct sl_str){ 0 };
	return look_ahead(c, prep, h, err);
}

static void
tell(const struct sl_cursor *c, struct sl_run_task *t, const struct sl_prep *prep)
{
	char from[160] = "the start";

	if (prep->from.low.ptr)
		(void)snprintf(from, sizeof(from), "%.60s " SL_FMT, prep->sync.cursor,
			       SL_ARG(prep->from.low));
	sl_run_log(t, SL_INFO, "source", "reads from %s on, %s%s" SL_FMT, from,
		   sl_promise_name(c->promise), c->fence.why.len ? ": " : "", SL_ARG(c->fence.why));
	if (c->reach.doubt.len > 0)
		sl_run_log(t, SL_WARN, "source", "best effort: " SL_FMT, SL_ARG(c->reach.doubt));
	if (c->reach.nulls)
		sl_run_log(t, SL_WARN, "source", "%llu rows have no %s: every run reads them",
			   (unsigned long long)c->reach.nulls, prep->sync.cursor);
	if (c->reach.ahead)
		sl_run_log(t, SL_WARN, "source",
			   "%llu rows have a %s in the future or of no use as a place: every run "
			   "reads them",
			   (unsigned long long)c->reach.ahead, prep->sync.cursor);
}

/* A transaction that stays open holds the place, and every run reads more again. */
static void
tell_pinned(const struct sl_cursor *c, struct sl_run_task *t)
{
	const int64_t open_us = sl_wall_us() - c->was.at_us;
	const int64_t limit = c->promise == SL_PROMISE_LAGGED ? c->lag_us : PIN_US;
	struct sl_buf pids;
	unsigned n;

	if (c->was.at_us == 0 || open_us < limit)
		return;
	sl_buf_init(&pids, 200);
	n = sl_fence_pinned(&c->was, &c->fence, &pids);
	if (n && c->promise == SL_PROMISE_LAGGED)
		sl_run_log(t, SL_WARN, "source",
			   "open for %lld minutes, longer than the lag: what the transactions of "
			   "these processes of the server commit may be missed: %s",
			   (long long)(open_us / 60000000), sl_buf_cstr(&pids));
	else if (n)
		sl_run_log(t, SL_WARN, "source",
			   "the cursor has waited %lld minutes for open transactions of these "
			   "processes of the server, and each run reads more again: %s",
			   (long long)(open_us / 60000000), sl_buf_cstr(&pids));
	else if (c->was.next.ptr && c->fence.prepared)
		sl_run_log(t, SL_WARN, "source",
			   "the cursor has waited %lld minutes for prepared transactions (see "
			   "pg_prepared_xacts), and each run reads more again",
			   (long long)(open_us / 60000000));
	sl_buf_free(&pids);
}

/* What was given up on is worth another try where the destination is set to something else now, and its
 * rows may be far below the place. Once: rows that are not there any more would make every run read all. */
static bool
must_try_again(const struct sl_cursor *c, const struct sl_past *past)
{
	for (size_t i = 0; i < past->ndead; i++)
		if (past->dead[i].seen && c->was.dest != c->dest)
			return true;
	return false;
}

enum sl_code
sl_cursor_start(struct sl_cursor *c, struct sl_run_task *t, struct sl_prep *prep,
		const struct sl_past *past, const struct sl_source_handle *h, struct sl_err *err)
{
	enum sl_promise shown;
	enum sl_code code = SL_OK;

	prep->from = (struct sl_from){ 0 };
	c->dest = prep->dest;
	if (c->used) {
		choose_promise(c, prep, h);
		code = find_place(c, t, prep, past, err);
		c->whole = (t->flags & (SL_RUN_ALL | SL_RUN_WHOLE)) != 0;
		if (must_try_again(c, past)) {
			c->whole = true;
			sl_run_log(t, SL_INFO, "source",
				   "reads everything: events were given up on, and the "
				   "destination is set to something else now");
		}
		prep->from.column = sl_str(prep->sync.cursor);
		if (!c->whole)
			prep->from.low = c->was.low;
		if (code == SL_OK)
			code = look_ahead(c, prep, h, err);
		if (code == SL_OK)
			code = check_place(c, t, prep, h, err);
		if (code != SL_OK)
			return code;
		tell(c, t, prep);
		tell_pinned(c, t);
	}
	/* The place moves in the same way: this is about what it is worth. */
	shown = !c->used                                                    ? SL_PROMISE_SNAPSHOT
		: c->promise == SL_PROMISE_FENCED && c->reach.doubt.len > 0 ? SL_PROMISE_BEST_EFFORT
									    : c->promise;
	pthread_mutex_lock(&t->lock);
	sl_copy(t->rec.promise, sizeof(t->rec.promise), sl_promise_name(shown));
	if (c->used) {
		t->rec.null_cursors = c->reach.nulls;
		t->rows_est = (int64_t)c->reach.rows;
	}
	pthread_mutex_unlock(&t->lock);
	return SL_OK;
}

struct keep {
	const char *sync;
	int64_t run;
	struct sl_cursor_place place;
};

static enum sl_code
keep_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct keep *k = arg;

	sl_crashpoint("cursor-keep");
	return sl_store_cursor_put(s, k->sync, k->run, &k->place, err);
}

enum sl_code
sl_cursor_keep(const struct sl_cursor *c, struct sl_run_task *t, struct sl_err *err)
{
	const struct sl_sight now = { c->promise, &c->fence, c->reach.top, sl_wall_us() };
	struct keep k = { .sync = t->rec.sync, .run = t->rec.id };

	if (!c->used || t->dry)
		return SL_OK;
	sl_fence_move(&c->was, &now, &k.place);
	k.place.dest = c->dest;
	return sl_writer_call(t->engine->writer, keep_write, &k, err);
}
