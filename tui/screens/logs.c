/* logs.c - the log viewer: what is read when, and its keys. */
#include "tui/screens/logs.h"

#include "tui/app.h"
#include "tui/screens/asked.h"

#define PAGE      300     /* lines read at once */
#define POLL_US   500000  /* between two looks for new lines */
#define SETTLE_US 2000000 /* after the last sign of a run */

/* ---- requests -------------------------------------------------------------------------------- */

static bool
init(struct tui_screen *s)
{
	struct logs *h = s->state;

	sl_buf_init(&h->body, 0);
	h->follow = true;
	h->pane.empty = "Nothing was logged yet.";
	h->pane.empty_hint = "1 home: R on a sync plans a run";
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct logs *h = s->state;

	logs_close(h);
	sl_buf_free(&h->body);
	tui_log_window_free(&h->w);
}

static sl_ticket
ask(struct tui_screen *s, int64_t before, int64_t after)
{
	struct logs *h = s->state;
	const struct sl_log_filter f = tui_log_filter_request(&h->filter);

	return sl_log(tui_app_engine(s->app), &f, before, after, PAGE);
}

/* Begin at the end of the log. */
void
logs_reload(struct tui_screen *s)
{
	struct logs *h = s->state;

	tui_unask(s, &h->newest);
	tui_unask(s, &h->older);
	tui_unask(s, &h->newer);
	h->newest = ask(s, 0, 0);
	tui_pane_asked(&h->pane, h->newest);
}

void
logs_refilter(struct tui_screen *s)
{
	struct logs *h = s->state;

	logs_close(h);
	tui_log_window_free(&h->w);
	h->sel = h->top = 0;
	h->follow = true;
	logs_reload(s);
}

void
logs_ask_newer(struct tui_screen *s)
{
	struct logs *h = s->state;

	if (h->newer || h->newest)
		return;
	if (h->w.n == 0) {
		logs_reload(s);
		return;
	}
	/* While one reads further up, the window is not pushed away from under the eyes. */
	if (!h->follow && h->w.n >= LOG_WINDOW && h->sel < h->w.n / 2)
		return;
	h->asked_us = sl_mono_us();
	h->newer = ask(s, 0, h->w.row[h->w.n - 1].seq);
}

void
logs_ask_older(struct tui_screen *s)
{
	struct logs *h = s->state;

	if (!h->older && !h->newest && !h->w.oldest && h->w.n > 0)
		h->older = ask(s, h->w.row[0].seq, 0);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct logs *h = s->state;
	char mistake[160];

	if (arg && !tui_log_filter_parse(&h->filter, arg, mistake, sizeof(mistake)))
		tui_app_say(s->app, TUI_SEV_ERROR, "%s", mistake);
	if (arg)
		logs_refilter(s);
	else if (h->w.n == 0)
		logs_reload(s);
	else
		logs_ask_newer(s);
	h->stale = true;
	h->poked_us = sl_mono_us();
}

/* ---- answers --------------------------------------------------------------------------------- */

void
logs_to_end(struct logs *h)
{
	h->sel = h->w.n ? h->w.n - 1 : 0;
	h->seen = h->w.n;
}

static void
take_newest(struct tui_screen *s, const struct sl_msg *m)
{
	struct logs *h = s->state;

	if (m->failed) {
		tui_pane_problem(&h->pane, &m->problem);
		return;
	}
	tui_pane_ready(&h->pane);
	tui_log_window_free(&h->w);
	(void)tui_log_window_older(&h->w, m->table);
	h->w.oldest = sl_table_rows(m->table) < PAGE;
	h->w.newest = true;
	logs_to_end(h);
}

static void
take_older(struct logs *h, const struct sl_msg *m)
{
	if (m->failed)
		return;
	const long by = tui_log_window_older(&h->w, m->table);
	h->w.oldest = sl_table_rows(m->table) < PAGE;
	h->sel += (size_t)by;
	h->top += (size_t)by;
	h->seen += (size_t)by;
	if (h->sel >= h->w.n)
		logs_to_end(h);
}

static size_t
moved(size_t at, long by)
{
	return (long)at + by > 0 ? (size_t)((long)at + by) : 0;
}

static void
take_newer(struct tui_screen *s, const struct sl_msg *m)
{
	struct logs *h = s->state;

	if (m->failed)
		return;
	const long by = tui_log_window_newer(&h->w, m->table);
	h->w.newest = sl_table_rows(m->table) < PAGE;
	h->sel = moved(h->sel, by);
	h->top = moved(h->top, by);
	h->seen = moved(h->seen, by);
	if (h->follow)
		logs_to_end(h);
	if (!h->w.newest)
		logs_ask_newer(s);
	else if (sl_table_rows(m->table) == 0 && sl_mono_us() - h->poked_us > SETTLE_US)
		h->stale = false;
}

static void
take_event(struct tui_screen *s, const struct sl_msg *m)
{
	struct logs *h = s->state;

	if (m->failed)
		tui_say_problem(s, &m->problem);
	else if (h->open)
		logs_open_event(h, m->table);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct logs *h = s->state;

	if (m->kind == SL_MSG_RUN) {
		h->stale = true;
		h->poked_us = sl_mono_us();
		return false;
	}
	if (tui_asked(&h->newest, m)) {
		take_newest(s, m);
		return true;
	}
	if (tui_asked(&h->older, m)) {
		take_older(h, m);
		return true;
	}
	if (tui_asked(&h->newer, m)) {
		take_newer(s, m);
		return sl_table_rows(m->table) > 0;
	}
	if (tui_asked(&h->event, m)) {
		take_event(s, m);
		return true;
	}
	return false;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A session that only looks hears nothing of the other's runs. */
static bool
watches(const struct tui_screen *s)
{
	const struct logs *h = s->state;

	return h->stale || (h->follow && tui_app_opts(s->app)->read_only);
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct logs *h = s->state;
	const int pane = tui_pane_tick_ms(&h->pane);

	if (!watches(s))
		return pane;
	return pane >= 0 && pane < POLL_US / 1000 ? pane : POLL_US / 1000;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct logs *h = s->state;

	if (watches(s) && !h->newer && now_us - h->asked_us >= POLL_US)
		logs_ask_newer(s);
	return h->pane.state == TUI_PANE_LOADING;
}

/* ---- head ------------------------------------------------------------------------------------ */

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct logs *h = s->state;

	tui_log_filter_text(&h->filter, out);
	if (out->len == 0)
		sl_buf_puts(out, "all lines");
	if (h->search[0])
		sl_buf_printf(out, "   /%s %zu match%s", h->search, logs_count_matches(h),
			      logs_count_matches(h) == 1 ? "" : "es");
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct logs *h = s->state;

	if (h->w.n > 0)
		sl_buf_printf(out, "%zu of %s%zu   ", h->sel + 1, h->w.oldest ? "" : "\u2265",
			      h->w.n);
	if (h->follow)
		sl_buf_puts(out, "FOLLOW");
	else if (h->w.n > h->seen || !h->w.newest)
		sl_buf_printf(out, "follow off, %s%zu new below (G)", h->w.newest ? "" : "\u2265",
			      h->w.n - h->seen);
	else
		sl_buf_puts(out, "follow off (G)");
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open line", "Enter", "open", "what is behind the line, and close it again",
	  "LINE", NULL, 0 },
	{ LOGS_ACT_FOLLOW, "follow", "f", "follow", "stay at the end, or stop that", "VIEW", NULL,
	  0 },
	{ TUI_ACT_SEARCH, "search", "/", "search", "search while typing", "VIEW", NULL, 0 },
	{ TUI_ACT_FILTER, "filter", "F", "filter", "which lines: run= sync= level>= status= text",
	  "VIEW", NULL, 0 },
	{ LOGS_ACT_LEVEL, "level", "L", "level", "all lines, from info, from warn, errors only",
	  "VIEW", NULL, 0 },
	{ LOGS_ACT_NEXT_ERROR, "next error", "e", "next error", "the next warning or error", "VIEW",
	  NULL, 0 },
	{ LOGS_ACT_PREV_ERROR, "previous error", "E", NULL, "the warning or error before", "VIEW",
	  NULL, 0 },
	{ LOGS_ACT_TIME, "time", "t", "time", "clock, since the first line, since the line before",
	  "VIEW", NULL, 0 },
	{ TUI_ACT_CLEAR, "clear filter", "x", NULL, "clear the search, then the filter", "VIEW",
	  NULL, 0 },
	{ LOGS_ACT_ONLY_RUN, "only this run", "=", NULL, "only lines of the run of this line",
	  "LINE", NULL, 0 },
	{ LOGS_ACT_EVENT, "event", "i", NULL, "the whole event of the opened line", "LINE", NULL,
	  0 },
	{ LOGS_ACT_CHANGES, "changes of run", "c", NULL, "every event of the run of this line",
	  "LINE", NULL, 0 },
	{ LOGS_ACT_DEAD, "dead letters of sync", "d", NULL, "events that were given up on", "LINE",
	  NULL, 0 },
	{ LOGS_ACT_MAP, "map", "m", NULL, "the mapping of this line's sync", "LINE", NULL, 0 },
	{ TUI_ACT_COPY, "copy line", "y", "copy", "copy the line, and what is opened below it",
	  "LINE", NULL, 0 },
};

const struct tui_screen_ops tui_screen_logs = {
	.id = "logs",
	.title = "Logs",
	.state_size = sizeof(struct logs),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = logs_input,
	.action = logs_action,
	.why_not = logs_why_not,
	.message = message,
	.draw = logs_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
