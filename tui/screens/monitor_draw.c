/* monitor_draw.c - the picture of a run. */
#include "tui/screens/monitor.h"

#include "tui/screens/log_line.h"
#include "tui/screens/run_look.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

#define WIDE_COLS  100
#define TALL_ROWS  24
#define MOST_LANES 12 /* more are counted, not drawn */

/* Lines below each other: a canvas and the next free row. */
struct page {
	const struct tui_canvas *c;
	int y;
	bool tall; /* room for blank lines and rules */
};

static struct tui_canvas
next_line(struct page *p)
{
	return tui_sub(p->c, p->y++, 0, 1, p->c->cols);
}

static void
rule(struct page *p)
{
	tui_hline(p->c, p->y++, 0, p->c->cols, TUI_BORDER);
}

static void
gap(struct page *p)
{
	if (p->tall)
		p->y++;
}

/* ---- where it stands ------------------------------------------------------------------------- */

static void
draw_state(const struct sl_run_stats *s, struct page *p)
{
	const struct tui_look look = tui_run_look(s->state, tui_run_missed(s));
	struct tui_canvas c = next_line(p);
	const int64_t now = sl_wall_us();
	char a[32], b[32];
	int x = 1;

	x += tui_printf(&c, 0, x, look.role, "%s %s", look.mark, look.word);
	x += 3;
	if (s->ended_us > 0)
		x += tui_printf(
			&c, 0, x, TUI_TEXT, "%s \u2013 %s   took %s",
			tui_fmt_clock(s->started_us, a), tui_fmt_clock(s->ended_us, b),
			tui_fmt_span(s->ended_us - s->started_us - s->waited_us, (char[32]){ 0 }));
	else
		x += tui_printf(&c, 0, x, TUI_TEXT, "since %s   %s",
				tui_fmt_clock(s->started_us, a),
				tui_fmt_span(now - s->started_us, b));
	if (strcmp(s->kind, "run") != 0)
		x += tui_printf(&c, 0, x, TUI_LABEL, "   %s", s->kind);
	if (s->bottleneck[0]) {
		x += tui_puts(&c, 0, x, TUI_LABEL, "   bottleneck ");
		x += tui_puts(&c, 0, x, TUI_TEXT, s->bottleneck);
	}
	if (c.cols >= WIDE_COLS)
		tui_field(&c, (struct tui_span){ 0, x + 3, c.cols - x - 4, TUI_RIGHT, TUI_DIM },
			  sl_str(s->details));
}

static void
draw_bar(const struct sl_run_stats *s, struct page *p)
{
	struct tui_canvas c = next_line(p);
	const double part = tui_run_part(s);
	const int width = c.cols >= WIDE_COLS ? 70 : c.cols >= 60 ? c.cols - 44 : c.cols - 8;
	char a[32], b[32];
	int x = 1 + width + 1;

	tui_bar(&c, 0, 1, width, part);
	if (part >= 0)
		tui_printf(&c, 0, x, TUI_TITLE, "%3d%%", (int)(part * 100));
	x += 6;
	if (c.cols < 60)
		return;
	if (s->planning && s->rows_est > 0)
		x += tui_printf(&c, 0, x, TUI_TEXT, "%s of ~%s rows",
				tui_fmt_count(s->rows_read, a),
				tui_fmt_count((uint64_t)s->rows_est, b));
	else if (s->planning)
		x += tui_printf(&c, 0, x, TUI_TEXT, "%s rows read", tui_fmt_count(s->rows_read, a));
	else
		x += tui_printf(&c, 0, x, TUI_TEXT, "%s of %s",
				tui_fmt_count(s->acked + s->dead + s->superseded + s->cancelled, a),
				tui_fmt_count(tui_run_events(s), b));
	if (s->eta_us >= 1000000)
		tui_printf(&c, 0, x + 3, TUI_DIM, "ETA %s%s", s->waiting[0] ? "\u2265 " : "",
			   tui_fmt_span(s->eta_us, a));
}

/* ---- counters -------------------------------------------------------------------------------- */

struct counter {
	const char *label;
	uint64_t n;
	enum tui_role role; /* where it is not 0 */
	bool always;
};

/* As many counters as fit in a line, each "label 1,234". */
static void
draw_counters(const struct counter *k, size_t n, struct page *p)
{
	struct tui_canvas c = next_line(p);
	const bool wide = c.cols >= WIDE_COLS;
	char text[32];
	int x = 1;

	for (size_t i = 0; i < n; i++) {
		if (!k[i].always && k[i].n == 0)
			continue;
		(void)tui_fmt_count(k[i].n, text);
		const int w = tui_text_width(sl_str(k[i].label)) + 1 + (int)strlen(text);
		if (x + w > c.cols) {
			if (p->y >= p->c->rows)
				return;
			c = next_line(p);
			x = 1;
		}
		int at = x + tui_puts(&c, 0, x, TUI_LABEL, k[i].label);
		at += 1;
		tui_puts(&c, 0, at, k[i].n ? k[i].role : TUI_DIM, text);
		x += wide && w < 16 ? 18 : w + 3;
	}
}

static void
draw_counts(const struct sl_run_stats *s, struct page *p)
{
	const struct counter plan[] = {
		{ "rows", s->rows_read, TUI_TEXT, true },
		{ "+ add", s->adds, TUI_ADD, true },
		{ "~ change", s->updates, TUI_CHANGE, true },
		{ "- remove", s->removes, TUI_REMOVE, true },
		{ "= same", s->same, TUI_TEXT, true },
		{ "skipped", s->skipped, TUI_WARN, false },
		{ "given up before", s->still_dead, TUI_WARN, false },
	};
	const struct counter sent[] = {
		{ "acked", s->acked, TUI_OK, true },
		{ "in flight", s->in_flight, TUI_RUN, s->open },
		{ "retrying", s->retrying, TUI_WARN, s->open },
		{ "given up", s->dead, TUI_FAIL, true },
		{ "pending", s->pending, TUI_TEXT, s->open },
		{ "superseded", s->superseded, TUI_TEXT, false },
		{ strcmp(s->state, "settled") == 0 ? "removes left out" : "cancelled", s->cancelled,
		  TUI_WARN, false },
	};

	draw_counters(plan, SL_COUNT(plan), p);
	draw_counters(sent, SL_COUNT(sent), p);
}

static void
draw_promise(const struct sl_run_stats *s, struct page *p)
{
	struct tui_canvas c = next_line(p);
	char a[32];
	int x = 1;

	x += tui_puts(&c, 0, x, TUI_LABEL, "promise ");
	x += tui_puts(&c, 0, x, TUI_TEXT, s->promise);
	if (s->null_cursors > 0)
		tui_printf(&c, 0, x, TUI_WARN, "   %s row%s without a cursor: read every time",
			   tui_fmt_count(s->null_cursors, a), s->null_cursors == 1 ? "" : "s");
	else
		tui_printf(&c, 0, x, TUI_DIM, "   %s", tui_run_promise(s->promise));
}

static void
draw_rate(const struct monitor *h, struct page *p)
{
	struct tui_canvas c = next_line(p);
	const size_t n = h->nrate < MONITOR_SAMPLES ? h->nrate : MONITOR_SAMPLES;
	const int width = c.cols >= WIDE_COLS ? MONITOR_SAMPLES : c.cols >= 70 ? 36 : 16;
	double in_order[MONITOR_SAMPLES], max = 0;
	char a[32], b[32];

	for (size_t i = 0; i < n; i++) {
		in_order[i] = h->rate[(h->nrate - n + i) % MONITOR_SAMPLES];
		max = in_order[i] > max ? in_order[i] : max;
	}
	tui_puts(&c, 0, 1, TUI_LABEL, h->s.planning ? "reading" : "sending");
	tui_spark(&c, (struct tui_span){ 0, 9, width, TUI_RIGHT, TUI_SPARK }, in_order, n, 1);
	tui_printf(&c, 0, 10 + width, TUI_TEXT, "%s   max %s",
		   tui_fmt_rate(h->s.planning ? h->s.read_rate : h->s.rate, a),
		   tui_fmt_rate(max, b));
}

static void
draw_requests(const struct sl_run_stats *s, struct page *p)
{
	struct tui_canvas c = next_line(p);
	char a[32], b[32];
	int x = 1;

	x += tui_puts(&c, 0, x, TUI_LABEL, "requests ");
	x += tui_puts(&c, 0, x, TUI_TEXT, tui_fmt_count(s->requests, a));
	x += tui_puts(&c, 0, x, TUI_LABEL, "   retries ");
	x += tui_puts(&c, 0, x, s->retries ? TUI_WARN : TUI_DIM, tui_fmt_count(s->retries, a));
	x += tui_puts(&c, 0, x, TUI_LABEL, "   sent ");
	x += tui_puts(&c, 0, x, TUI_TEXT, tui_fmt_bytes(s->bytes_sent, a));
	if (s->p50_us > 0) {
		x += tui_puts(&c, 0, x, TUI_LABEL, "   answers p50 ");
		x += tui_puts(&c, 0, x, TUI_TEXT, tui_fmt_span(s->p50_us, a));
		x += tui_puts(&c, 0, x, TUI_LABEL, " p95 ");
		tui_puts(&c, 0, x, TUI_TEXT, tui_fmt_span(s->p95_us, b));
	}
}

/* The account at the destination, which all runs that send to it share. */
static void
draw_account(const struct sl_run_stats *s, struct page *p)
{
	const bool closed = strcmp(s->breaker, "closed") == 0;
	struct tui_canvas c = next_line(p);
	int x = 1;

	x += tui_puts(&c, 0, x, TUI_LABEL, "connections ");
	x += tui_printf(&c, 0, x, TUI_TEXT, "%u of %u", s->connections, s->connections_most);
	x += tui_puts(&c, 0, x, TUI_LABEL, "   circuit ");
	x += tui_puts(&c, 0, x, closed ? TUI_DIM : TUI_WARN, s->breaker);
	x += tui_puts(&c, 0, x, TUI_LABEL, "   tries again ");
	tui_puts(&c, 0, x, s->retries_spent ? TUI_WARN : TUI_DIM,
		 s->retries_spent ? "budget spent" : "within budget");
}

/* ---- what is in the way ---------------------------------------------------------------------- */

static void
draw_trouble(const struct sl_run_stats *s, struct page *p)
{
	struct sl_str line;
	size_t pos = 0;

	if (s->waiting[0]) {
		struct tui_canvas c = next_line(p);
		tui_printf(&c, 0, 1, TUI_PAUSE, "= %s", s->waiting);
	}
	if (!s->error[0])
		return;
	const enum tui_role role = strcmp(s->state, "failed") == 0 ? TUI_FAIL : TUI_WARN;
	for (int i = 0;
	     i < 3 && p->y < p->c->rows && tui_wrap(sl_str(s->error), &pos, p->c->cols - 5, &line);
	     i++) {
		struct tui_canvas c = next_line(p);
		if (i == 0)
			tui_puts(&c, 0, 1, role, role == TUI_FAIL ? "\u2717" : "!");
		tui_put(&c, 0, 3, role, line);
	}
	struct tui_canvas c = next_line(p);
	if (strcmp(s->state, "held") == 0)
		tui_puts(&c, 0, 3, TUI_DIM, "Enter look at the plan and send, or drop it");
	else if (strcmp(s->state, "paused") == 0)
		tui_puts(&c, 0, 3, TUI_DIM, "nothing is lost: p goes on with the rest");
	else if (!s->open)
		tui_puts(&c, 0, 3, TUI_DIM, "nothing is lost: R plans a new run   l log");
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static void
draw_lane(const struct sl_lane *l, unsigned i, const struct tui_canvas *c)
{
	const bool sending = strcmp(l->state, "sending") == 0;
	const bool waiting = strcmp(l->state, "waiting") == 0;
	char a[32];

	tui_printf(c, 0, 1, TUI_LABEL, "%2u", i + 1);
	tui_printf(c, 0, 5,
		   sending   ? TUI_RUN
		   : waiting ? TUI_PAUSE
			     : TUI_DIM,
		   "%s %s",
		   sending   ? ">"
		   : waiting ? "="
			     : "-",
		   l->state);
	if (!sending && !waiting)
		return;
	tui_field(c, (struct tui_span){ 0, 16, 7, TUI_RIGHT, TUI_TEXT },
		  sl_str(tui_fmt_count(l->block, a)));
	tui_field(c, (struct tui_span){ 0, 24, 7, TUI_RIGHT, TUI_TEXT },
		  sl_str(tui_fmt_count(l->events, a)));
	tui_printf(c, 0, 32, l->attempt > 1 ? TUI_WARN : TUI_DIM, "%4u", l->attempt);
	if (l->status)
		tui_printf(c, 0, 37, l->status >= 400 ? TUI_WARN : TUI_DIM, "%5d", l->status);
	tui_field(c, (struct tui_span){ 0, 43, 7, TUI_RIGHT, TUI_DIM },
		  sl_str(tui_fmt_span(l->since_us, a)));
	tui_puts(c, 0, 52, TUI_TEXT, l->detail);
}

static void
draw_lanes(const struct sl_run_stats *s, struct page *p)
{
	const unsigned n = s->nlanes < MOST_LANES ? s->nlanes : MOST_LANES;
	/* half of what is left: the log wants its share */
	const int room = (p->c->rows - p->y) / 2 - 1;

	if (n == 0 || room < 2 || p->c->cols < 60)
		return;
	rule(p);
	struct tui_canvas c = next_line(p);
	tui_puts(&c, 0, 1, TUI_HEADER,
		 "LANE STATE        BLOCK  EVENTS  TRY  LAST     FOR  DETAIL");
	for (unsigned i = 0; i < n && (int)i < room - 1; i++) {
		c = next_line(p);
		draw_lane(&s->lanes[i], i, &c);
	}
	if ((int)n > room - 1) {
		char more[32];
		snprintf(more, sizeof(more), "> %d more", (int)n - room + 1);
		tui_field(&c, (struct tui_span){ 0, c.cols - 12, 11, TUI_RIGHT, TUI_DIM },
			  sl_str(more));
	}
}

/* ---- the log's end --------------------------------------------------------------------------- */

static void
draw_tail(const struct monitor *h, struct page *p)
{
	const struct tui_log_look look = { .sync = false };
	const unsigned n = sl_table_rows(h->tail);

	if (p->c->rows - p->y < 3)
		return;
	rule(p);
	struct tui_canvas c = next_line(p);
	tui_puts(&c, 0, 1, TUI_HEADER, "LOG");
	tui_puts(&c, 0, 6, TUI_DIM, "newest first   l all of it");
	for (unsigned i = 0; i < n && p->y < p->c->rows; i++) {
		c = next_line(p);
		struct tui_log_row row;
		tui_log_read(h->tail, i, &row);
		tui_log_draw(&row, &look, &c);
	}
	if (n == 0 && p->y < p->c->rows) {
		c = next_line(p);
		tui_puts(&c, 0, 1, TUI_DIM, "nothing was logged yet");
	}
}

void
monitor_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct monitor *h = s->state;
	struct page p = { .c = c, .tall = c->rows >= TALL_ROWS };

	if (tui_pane_draw(&h->pane, c, h->s.run != 0) || h->s.run == 0)
		return;
	draw_state(&h->s, &p);
	draw_bar(&h->s, &p);
	gap(&p);
	draw_counts(&h->s, &p);
	if (h->s.promise[0])
		draw_promise(&h->s, &p);
	if (h->s.requests > 0 || h->live)
		draw_requests(&h->s, &p);
	if (h->s.breaker[0])
		draw_account(&h->s, &p);
	if (h->nrate > 1 && c->cols >= 60)
		draw_rate(h, &p);
	if (h->s.error[0] || h->s.waiting[0]) {
		gap(&p);
		draw_trouble(&h->s, &p);
	}
	gap(&p);
	if (h->live)
		draw_lanes(&h->s, &p);
	draw_tail(h, &p);
	tui_cursor(c, 0, 1, false);
}
