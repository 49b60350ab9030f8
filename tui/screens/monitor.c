/* monitor.c - a run while it works and when it is over: requests and keys. */
#include "tui/screens/monitor.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/run_look.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_MS   500     /* where nothing happens; what happens is seen as it comes */
#define LATE_US   3000000 /* how long after a sign of the run lines of its log may come */
#define SAMPLE_US 1000000 /* between two points of the sparkline, and two looks at the log */

enum { ACT_STOP = TUI_ACT_OWN, ACT_RESUME, ACT_LOGS, ACT_DEAD, ACT_FREEZE, ACT_AGAIN, ACT_CHANGES };

/* ---- what is asked --------------------------------------------------------------------------- */

static void
fini(struct tui_screen *s)
{
	sl_table_free(((struct monitor *)s->state)->tail);
}

static void
ask_log(struct tui_screen *s)
{
	struct monitor *h = s->state;
	const struct sl_log_filter f = { .run = h->run };

	if (h->log)
		return;
	h->log_us = sl_mono_us();
	h->log = sl_log(tui_app_engine(s->app), &f, 0, 0, MONITOR_TAIL);
}

static void
ask_record(struct tui_screen *s)
{
	struct monitor *h = s->state;

	if (h->record)
		return;
	h->record = sl_run(tui_app_engine(s->app), h->run);
	if (h->s.run == 0)
		tui_pane_asked(&h->pane, h->record);
}

/* The numbers now. A run that just ended is read from the state once more: that is its record. */
static void
look(struct tui_screen *s)
{
	struct monitor *h = s->state;
	struct sl_run_stats now;
	const bool was = h->live;
	const int64_t t = sl_mono_us();

	if (sl_run_stats(tui_app_engine(s->app), h->run, &now)) {
		h->s = now;
		h->live = now.open;
		tui_pane_ready(&h->pane);
	} else {
		h->live = false;
	}
	if (h->live && (h->nrate == 0 || t - h->sampled_us >= SAMPLE_US)) {
		h->rate[h->nrate++ % MONITOR_SAMPLES] = now.planning ? now.read_rate : now.rate;
		h->sampled_us = t;
	}
	if (was && !h->live) {
		ask_record(s);
		ask_log(s);
		h->log_until_us = t + LATE_US;
	}
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct monitor *h = s->state;

	if (arg)
		h->run = strtoll(arg, NULL, 10);
	look(s);
	ask_record(s);
	ask_log(s);
	h->log_until_us = sl_mono_us() + LATE_US;
}

static void
take_record(struct monitor *h, const struct sl_msg *m)
{
	const char *by = m->failed ? NULL : sl_table_get(m->table, 0, "by");

	if (m->failed && h->s.run == 0)
		tui_pane_problem(&h->pane, &m->problem);
	if (m->failed || sl_table_rows(m->table) == 0)
		return;
	sl_copy(h->by, sizeof(h->by), by ? by : "");
	tui_pane_ready(&h->pane);
	if (!h->live) {
		const int64_t p50 = h->s.p50_us, p95 = h->s.p95_us;
		tui_run_record(m->table, 0, &h->s);
		h->s.p50_us = p50; /* only known while it ran here */
		h->s.p95_us = p95;
	}
}

static void
take_answer(struct tui_screen *s, const struct sl_msg *m)
{
	struct monitor *h = s->state;

	if (m->failed)
		tui_say_problem(s, &m->problem);
	else
		tui_app_say(s->app, TUI_SEV_OK, "%s", h->doing);
	look(s);
	ask_record(s);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct monitor *h = s->state;

	if (m->kind == SL_MSG_RUN && m->run == h->run) {
		const bool was = h->live;
		if (!was && !h->frozen)
			look(s); /* it woke up; while it runs tick() looks */
		h->log_until_us = sl_mono_us() + LATE_US;
		return !was;
	}
	if (tui_asked(&h->record, m)) {
		take_record(h, m);
		return true;
	}
	if (tui_asked(&h->log, m)) {
		struct sl_table *t = m->failed ? NULL : sl_table_copy(m->table);
		if (t) {
			sl_table_free(h->tail);
			h->tail = t;
		}
		return !h->frozen;
	}
	if (tui_asked(&h->act, m)) {
		take_answer(s, m);
		return true;
	}
	return false;
}

/* ---- time ------------------------------------------------------------------------------------ */

static int
tick_ms(const struct tui_screen *s)
{
	const struct monitor *h = s->state;
	const int pane = tui_pane_tick_ms(&h->pane);

	if (h->frozen)
		return -1;
	/* A held run waits for a person: nothing moves. The last lines of a log come after its end. */
	return sl_mono_us() < h->log_until_us || (h->live && strcmp(h->s.state, "held") != 0)
		       ? TICK_MS
		       : pane;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct monitor *h = s->state;

	if (h->frozen)
		return false;
	if (h->live)
		look(s);
	if (now_us < h->log_until_us + SAMPLE_US && !h->log && now_us - h->log_us >= SAMPLE_US)
		ask_log(s);
	return h->live || h->pane.state == TUI_PANE_LOADING;
}

/* ---- actions --------------------------------------------------------------------------------- */

static bool
is(const struct monitor *h, const char *state)
{
	return strcmp(h->s.state, state) == 0;
}

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct monitor *h = s->state;
	const bool writes = action == ACT_STOP || action == ACT_RESUME || action == ACT_AGAIN;

	if (writes && tui_read_only(s))
		return tui_read_only(s);
	if (action == TUI_ACT_SEARCH)
		return "l opens the whole log of the run: search there";
	if (action == ACT_STOP && !h->live && !is(h, "held") && !is(h, "paused"))
		return "the run is over";
	if (action == ACT_RESUME && h->live)
		return "a run is not paused by hand: X cancels it, the next run sends the rest";
	if (action == ACT_RESUME && !is(h, "paused"))
		return "the run is not paused";
	if (action == ACT_AGAIN && (h->live || is(h, "held")))
		return "this run is not over";
	if (action == ACT_FREEZE && !h->live)
		return "nothing moves: the run is over";
	return NULL;
}

static void
stop_answer(struct tui_screen *s, int tag, int choice)
{
	struct monitor *h = s->state;

	(void)tag;
	if (choice != 0)
		return;
	h->doing = "the run stops after what is in flight";
	h->act = sl_stop(tui_app_engine(s->app), h->run);
}

static void
open_with(struct tui_screen *s, const char *id, const char *before)
{
	const struct monitor *h = s->state;
	char text[48];

	snprintf(text, sizeof(text), "%s%" PRId64, before, h->run);
	tui_app_open(s->app, id, text);
}

static void
open(struct tui_screen *s)
{
	const struct monitor *h = s->state;

	if (is(h, "held"))
		open_with(s, "plan", "run=");
	else if (h->s.dead > 0)
		tui_app_open(s->app, "dead", h->s.sync);
	else
		open_with(s, "logs", "run=");
}

static void
copy(struct tui_screen *s)
{
	const struct sl_run_stats *r = &((const struct monitor *)s->state)->s;
	struct sl_buf b;

	sl_buf_init(&b, 4096);
	sl_buf_printf(&b,
		      "run %" PRId64 " of %s: %s, %" PRIu64 " rows read, %" PRIu64 " adds, %" PRIu64
		      " updates, %" PRIu64 " removes, %" PRIu64 " acknowledged, %" PRIu64
		      " given up, %" PRIu64 " requests",
		      r->run, r->sync, r->state, r->rows_read, r->adds, r->updates, r->removes,
		      r->acked, r->dead, r->requests);
	if (r->error[0])
		sl_buf_printf(&b, ", %s", r->error);
	tui_app_copy(s->app, sl_buf_view(&b), "the run in one line");
	sl_buf_free(&b);
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct monitor *h = s->state;

	switch (cmd->action) {
	case TUI_ACT_OPEN:
		open(s);
		return true;
	case ACT_STOP:
		tui_ask_cancel_run(s, stop_answer, 0);
		return true;
	case ACT_RESUME:
		h->doing = "the run goes on";
		h->act = sl_resume(tui_app_engine(s->app), h->run);
		return true;
	case ACT_LOGS:
		open_with(s, "logs", "run=");
		return true;
	case ACT_CHANGES:
		open_with(s, "plan", "run=");
		return true;
	case ACT_DEAD:
		tui_app_open(s->app, "dead", h->s.sync);
		return true;
	case ACT_AGAIN:
		tui_app_open(s->app, "plan", h->s.sync);
		return true;
	case ACT_FREEZE:
		h->frozen = !h->frozen;
		if (!h->frozen) {
			look(s);
			ask_log(s);
		}
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		look(s);
		ask_record(s);
		ask_log(s);
		return true;
	default:
		return false;
	}
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct monitor *h = s->state;

	if (h->s.sync[0])
		sl_buf_printf(out, "%s #%" PRId64, h->s.sync, h->run);
	else
		sl_buf_printf(out, "#%" PRId64, h->run);
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct monitor *h = s->state;

	if (h->frozen)
		sl_buf_puts(out, "FROZEN: the run goes on, Space looks again");
	else if (h->by[0])
		sl_buf_printf(out, "started by %s", h->by);
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open details", "Enter", NULL,
	  "the plan of a held run, else its dead letters, else its log", "RUN", NULL, 0 },
	{ ACT_STOP, "cancel run", "X Ctrl-C", "cancel\u2026",
	  "stop the run after what is in flight", "RUN", NULL, 0 },
	{ ACT_RESUME, "resume run", "p", "go on", "go on with a run that was interrupted", "RUN",
	  NULL, 0 },
	{ ACT_AGAIN, "run again", "R", "run again\u2026", "plan a new run of this sync", "RUN",
	  NULL, 0 },
	{ ACT_LOGS, "logs of run", "l", "logs", "the log of this run", "RUN", NULL, 0 },
	{ ACT_DEAD, "dead letters of sync", "d", "dead letters", "events that were given up on",
	  "RUN", NULL, 0 },
	{ ACT_CHANGES, "changes of run", "c", "changes", "every event of this run, old and new",
	  "RUN", NULL, 0 },
	{ ACT_FREEZE, "freeze view", "Space", "freeze", "hold the picture still; the run goes on",
	  "VIEW", NULL, 0 },
	{ TUI_ACT_COPY, "copy summary", "y", "copy", "copy the run in one line", "RUN", NULL, 0 },
};

const struct tui_screen_ops tui_screen_run = {
	.id = "run",
	.title = "Run",
	.state_size = sizeof(struct monitor),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.fini = fini,
	.enter = enter,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = monitor_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
