/* stats.c - the present numbers of a run, for the monitor and the command line. */
#include "core/engine/run_list.h"

#include "core/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define RATE_WINDOW_US 1000000
#define SLOWEST        1e-3 /* a second; below this there is no time left to tell */
#define RATE_WEIGHT    0.4  /* of the newest second in the moving average */

void
sl_run_at(struct sl_run_task *t, unsigned *counter, int n)
{
	pthread_mutex_lock(&t->lock);
	sl_stage_note(&t->stages, sl_mono_us());
	*counter += (unsigned)n;
	pthread_mutex_unlock(&t->lock);
}

/* Moving averages, brought up to date by whoever asks; with the task's lock held. */
static void
update_rates(struct sl_run_task *t, int64_t now)
{
	const int64_t span = now - t->rate_at_us;
	double acked, read;

	if (t->rate_at_us == 0) {
		t->rate_at_us = now;
		t->rate_acked = t->rec.acked;
		t->rate_read = t->rec.rows_read;
		return;
	}
	if (span < RATE_WINDOW_US)
		return;
	acked = (double)(t->rec.acked - t->rate_acked) * 1e6 / (double)span;
	read = (double)(t->rec.rows_read - t->rate_read) * 1e6 / (double)span;
	t->rate = t->rate > 0 ? t->rate + RATE_WEIGHT * (acked - t->rate) : acked;
	t->read_rate = t->read_rate > 0 ? t->read_rate + RATE_WEIGHT * (read - t->read_rate) : read;
	t->rate_at_us = now;
	t->rate_acked = t->rec.acked;
	t->rate_read = t->rec.rows_read;
}

static int
by_time(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void
percentiles(const struct sl_run_task *t, struct sl_run_stats *out)
{
	int64_t sorted[SL_LATENCIES];
	const unsigned n = t->nlatency < SL_LATENCIES ? t->nlatency : SL_LATENCIES;

	if (n == 0)
		return;
	memcpy(sorted, t->latency, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_time);
	out->p50_us = sorted[n / 2];
	out->p95_us = sorted[n * 95 / 100];
}

/* -1: hardly anything moves. */
static int64_t
us_for(double n, double rate)
{
	return rate > SLOWEST ? (int64_t)(n / rate * 1e6) : -1;
}

static int64_t
time_left(const struct sl_run_task *t, const struct sl_run_stats *s)
{
	const double pending = (double)s->pending;

	if (!s->open)
		return 0;
	if (s->planning) {
		if (s->rows_est <= 0 || (uint64_t)s->rows_est < s->rows_read)
			return -1;
		return us_for((double)((uint64_t)s->rows_est - s->rows_read), t->read_rate);
	}
	return us_for(pending, t->rate);
}

static void
say_span(char out[24], int64_t us)
{
	const long long s = (us + 999999) / 1000000;

	(void)snprintf(out, 24, s < 120 ? "%lld s" : "%lld min", s < 120 ? s : (s + 59) / 60);
}

/* In words, from what was told of the account. */
static void
say_waiting(const struct sl_run_task *t, struct sl_run_stats *s)
{
	const int64_t now = sl_wall_us();
	char span[24];

	if (s->hold_until_us > now) {
		say_span(span, s->hold_until_us - now);
		(void)snprintf(s->waiting, sizeof(s->waiting),
			       "waiting: the destination asked for %s", span);
	} else if (s->breaker_until_us > now) {
		say_span(span, s->breaker_until_us - now);
		(void)snprintf(s->waiting, sizeof(s->waiting), "circuit open, next try in %s",
			       span);
	} else if (strcmp(s->breaker, "half-open") == 0) {
		(void)snprintf(s->waiting, sizeof(s->waiting),
			       "circuit half-open: one event is tried");
	} else if (t->stages.gate == SL_GATE_RATE) {
		(void)snprintf(s->waiting, sizeof(s->waiting),
			       "waiting: the rate limit is reached");
	} else if (t->stages.gate == SL_GATE_RETRY && s->in_flight == 0) {
		(void)snprintf(s->waiting, sizeof(s->waiting),
			       "waiting: enough was tried again lately");
	}
}

static void
copy_lanes(const struct sl_run_task *t, struct sl_run_stats *out, int64_t now)
{
	out->nlanes = t->nlanes;
	memcpy(out->lanes, t->lanes, sizeof(out->lanes));
	for (unsigned i = 0; i < t->nlanes; i++)
		out->lanes[i].since_us = now - t->lane_since[i];
}

static void
fill_from_record(const struct sl_run *r, struct sl_run_stats *out)
{
	out->run = r->id;
	memcpy(out->sync, r->sync, sizeof(out->sync));
	memcpy(out->kind, r->kind, sizeof(out->kind));
	(void)snprintf(out->state, sizeof(out->state), "%s", sl_run_state_name(r->state));
	out->planned_all = r->planned_all;
	out->removes_held = r->removes_held;
	memcpy(out->plan, r->plan, sizeof(out->plan));
	out->live = r->live;
	out->waited_us = r->waited_us;
	out->started_us = r->started_us;
	out->planned_us = r->planned_us;
	out->ended_us = r->ended_us;
	out->rows_read = r->rows_read;
	out->same = r->same;
	memcpy(out->promise, r->promise, sizeof(out->promise));
	out->null_cursors = r->null_cursors;
	out->still_dead = r->still_dead;
	out->skipped = r->skipped;
	out->adds = r->adds;
	out->updates = r->updates;
	out->removes = r->removes;
	out->acked = r->acked;
	out->dead = r->dead;
	out->superseded = r->superseded;
	out->cancelled = r->cancelled;
	out->requests = r->requests;
	out->retries = r->retries;
	out->bytes_sent = r->bytes_sent;
	memcpy(out->error, r->error, sizeof(out->error));
	memcpy(out->details, r->details, sizeof(out->details));
}

static int
exit_code(const struct sl_run_task *t)
{
	struct sl_problem p;

	switch (t->rec.state) {
	case SL_RUN_HELD:
		return SL_EXIT_HELD;
	case SL_RUN_CANCELLED:
		return SL_EXIT_CANCELLED;
	case SL_RUN_FAILED:
	case SL_RUN_PAUSED:
		sl_problem_from(&p, &t->error);
		return p.exit_code != SL_EXIT_OK ? p.exit_code : SL_EXIT_STATE;
	case SL_RUN_NEW:
	case SL_RUN_PLANNING:
	case SL_RUN_DELIVERING:
	case SL_RUN_SETTLED:
		break;
	}
	return t->rec.dead && !t->dry ? SL_EXIT_EVENTS_FAILED : SL_EXIT_OK;
}

static void
look_at_account(struct sl_account *a, struct sl_run_stats *out, int64_t now)
{
	const struct sl_account_state s = sl_account_look(a, now);
	const int64_t to_wall = sl_wall_us() - now;

	(void)snprintf(out->breaker, sizeof(out->breaker), "%s", sl_breaker_name(s.breaker));
	out->breaker_until_us = s.open_until_us ? s.open_until_us + to_wall : 0;
	out->hold_until_us = s.hold_until_us ? s.hold_until_us + to_wall : 0;
	out->connections = s.in_flight;
	out->connections_most = s.limit;
	out->retries_spent = s.retries_wait;
}

static void
fill(struct sl_run_task *t, struct sl_run_stats *out)
{
	const int64_t now = sl_mono_us();
	const uint64_t planned = t->rec.adds + t->rec.updates + t->rec.removes;
	const uint64_t final = t->rec.acked + t->rec.dead + t->rec.superseded + t->rec.cancelled;

	*out = (struct sl_run_stats){ .open = t->open, .rows_est = t->rows_est };
	fill_from_record(&t->rec, out);
	update_rates(t, now);
	out->planning = t->open && !t->rec.planned_all && !t->resumed;
	out->exit_code = exit_code(t);
	out->pending = planned > final ? planned - final : 0;
	out->in_flight = t->in_flight;
	out->retrying = t->retrying;
	out->throttled = t->throttled;
	out->rate = t->open ? t->rate : 0;
	out->read_rate = out->planning ? t->read_rate : 0;
	out->queued_batches = t->batches;
	out->queued_blocks = t->rec.blocks - t->committed;
	if (t->account) {
		look_at_account(t->account, out, now);
		say_waiting(t, out);
	}
	percentiles(t, out);
	copy_lanes(t, out, now);
	out->eta_us = time_left(t, out);
	if (t->open && t->rec.state != SL_RUN_HELD)
		sl_copy(out->bottleneck, sizeof(out->bottleneck),
			sl_stage_name(sl_stage_most(&t->stages, now)));
}

bool
sl_run_stats(struct sl_engine *e, int64_t run, struct sl_run_stats *out)
{
	struct sl_run_task *t;

	pthread_mutex_lock(&e->lock);
	for (t = e->runs; t && t->rec.id != run; t = t->next)
		;
	if (t) {
		pthread_mutex_lock(&t->lock);
		fill(t, out);
		pthread_mutex_unlock(&t->lock);
	}
	pthread_mutex_unlock(&e->lock);
	return t != NULL;
}
