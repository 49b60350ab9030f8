/* home_draw.c - the picture of the first screen. */
#include "tui/screens/home.h"

#include "tui/app.h"
#include "tui/screens/log_line.h"
#include "tui/screens/run_look.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>

#define WIDE_COLS 100 /* from here on both lower panes are shown */

enum {
	COL_SYNC,
	COL_SOURCE,
	COL_DEST,
	COL_STATE,
	COL_LAST,
	COL_ADD,
	COL_CHANGE,
	COL_REMOVE,
	COL_DEAD,
	COL_PROMISE
};

/* ---- the table ------------------------------------------------------------------------------- */

static void
count_cell(struct tui_value *v, bool never, int64_t n, enum tui_role role)
{
	char text[32];

	snprintf(v->scratch, sizeof(v->scratch), "%s",
		 never ? "-" : tui_fmt_short((uint64_t)(n > 0 ? n : 0), text));
	v->text = sl_str(v->scratch);
	v->role = never || n <= 0 ? TUI_DIM : role;
}

static void
state_cell(const struct sl_table *t, unsigned row, const struct sl_run_stats *live,
	   struct tui_value *v)
{
	const char *state = sl_table_get(t, row, "state");
	const uint64_t missed = tui_run_missed_of(t, row);
	char text[32];

	if (sl_table_get_int(t, row, "broken"))
		state = "broken";
	if (live) {
		snprintf(v->scratch, sizeof(v->scratch), "%s", tui_run_brief(live, text));
		v->role = tui_run_look(live->state, 0).role;
	} else {
		snprintf(v->scratch, sizeof(v->scratch), "%s",
			 tui_run_word(state ? state : "never", missed, text));
		v->role = tui_run_look(state ? state : "never", missed).role;
	}
	v->text = sl_str(v->scratch);
}

static void
last_cell(const struct sl_table *t, unsigned row, bool live, struct tui_value *v)
{
	const int64_t ended = sl_table_get_int(t, row, "ended");
	char text[32];

	snprintf(v->scratch, sizeof(v->scratch), "%s",
		 live ? "now"
		      : tui_fmt_ago(ended ? ended : sl_table_get_int(t, row, "started"),
				    sl_wall_us(), text));
	v->text = sl_str(v->scratch);
	v->role = TUI_DIM;
}

static void
counts_cell(const struct sl_table *t, unsigned row, int col, const struct sl_run_stats *live,
	    struct tui_value *v)
{
	static const struct {
		const char *name;
		enum tui_role role;
	} of[] = { { "adds", TUI_ADD }, { "updates", TUI_CHANGE }, { "removes", TUI_REMOVE } };
	const int i = col - COL_ADD;
	const bool never = !live && sl_table_get_int(t, row, "run") == 0;
	int64_t n;

	if (i > 2) {
		count_cell(v, false, sl_table_get_int(t, row, "open_dead"), TUI_WARN);
		return;
	}
	if (live)
		n = (int64_t)(i == 0 ? live->adds : i == 1 ? live->updates : live->removes);
	else
		n = sl_table_get_int(t, row, of[i].name);
	count_cell(v, never, n, of[i].role);
}

void
home_cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct home *h = arg;
	const unsigned r = (unsigned)row;
	const char *name = sl_table_get(h->syncs, r, "name"), *text;
	const struct sl_run_stats *live = home_open_run(h, name ? name : "");

	switch (col) {
	case COL_SYNC:
		v->text = sl_str(name);
		break;
	case COL_SOURCE:
		v->text = sl_str(sl_table_get(h->syncs, r, "model"));
		v->role = TUI_DIM;
		break;
	case COL_DEST:
		v->text = sl_str(sl_table_get(h->syncs, r, "destination"));
		break;
	case COL_STATE:
		state_cell(h->syncs, r, live, v);
		break;
	case COL_LAST:
		last_cell(h->syncs, r, live != NULL, v);
		break;
	case COL_ADD:
	case COL_CHANGE:
	case COL_REMOVE:
	case COL_DEAD:
		counts_cell(h->syncs, r, col, live, v);
		break;
	case COL_PROMISE:
		text = sl_table_get(h->syncs, r, "promise");
		v->text = sl_str(text && *text ? text : "-");
		v->role = text && strcmp(text, "best effort") == 0 ? TUI_WARN : TUI_DIM;
		break;
	default:
		text = sl_table_get(h->syncs, r, "history");
		tui_run_history(text ? text : "", v->scratch, &v->role);
		v->text = sl_str(v->scratch);
		break;
	}
}

/* ---- needs you ------------------------------------------------------------------------------- */

static void
draw_need(const struct home *h, size_t i, const struct tui_canvas *c)
{
	const struct home_need *n = &h->need[i];
	const bool selected = h->on_needs && i == h->need_sel;
	int x = 3;

	tui_puts(c, 0, 1, n->role, n->mark);
	x += tui_puts(c, 0, x, TUI_TITLE, n->name);
	struct tui_canvas rest = tui_sub(c, 0, x + 2, 1, c->cols - x - 3);
	tui_puts(&rest, 0, 0, TUI_TEXT, n->text);
	if (c->rows > 1) {
		rest = tui_sub(c, 1, 3, 1, c->cols - 4);
		tui_puts(&rest, 0, 0, TUI_DIM, n->hint);
	}
	if (selected) {
		tui_puts(c, 0, 0, TUI_ACCENT, ">");
		tui_over(c, 0, 0, c->cols, TUI_SELECT);
		tui_cursor(c, 0, 3, false);
	}
}

static void
draw_needs(const struct home *h, const struct tui_canvas *c)
{
	const int each = c->rows > (int)h->nneeds * 2 ? 2 : 1;
	const size_t fit = c->rows > 1 ? (size_t)((c->rows - 1) / each) : 0;
	size_t top = h->need_sel >= fit && fit > 0 ? h->need_sel - fit + 1 : 0;
	int x = 1;

	x += tui_puts(c, 0, x, TUI_HEADER, "NEEDS YOU");
	if (h->nneeds == 0) {
		tui_puts(c, 1, 1, TUI_OK, "\u2713");
		tui_puts(c, 1, 3, TUI_DIM, "nothing waits for you");
		return;
	}
	x += tui_printf(c, 0, x, TUI_DIM, " (%zu)", h->nneeds);
	if (h->nneeds > fit)
		tui_printf(c, 0, x, TUI_DIM, "   > %zu more", h->nneeds - fit);
	for (size_t i = top; i < h->nneeds && i < top + fit; i++) {
		struct tui_canvas line = tui_sub(c, 1 + (int)(i - top) * each, 0, each, c->cols);
		draw_need(h, i, &line);
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static void
run_facts(const struct sl_run_stats *s, struct sl_buf *out)
{
	char a[32], b[32];

	if (s->planning)
		sl_buf_printf(out, "%s rows read, %s changes, %s", tui_fmt_count(s->rows_read, a),
			      tui_fmt_count(tui_run_events(s), b),
			      s->bottleneck[0] ? s->bottleneck : "planning");
	else
		sl_buf_printf(out, "%s of %s acknowledged", tui_fmt_count(s->acked, a),
			      tui_fmt_count(tui_run_events(s), b));
	if (s->retrying)
		sl_buf_printf(out, ", %s to retry", tui_fmt_count(s->retrying, a));
	if (s->dead)
		sl_buf_printf(out, ", %s given up", tui_fmt_count(s->dead, a));
	if (s->waiting[0])
		sl_buf_printf(out, ", %s", s->waiting);
}

static void
draw_run(const struct sl_run_stats *s, const struct tui_canvas *c)
{
	const double part = tui_run_part(s);
	char text[32], eta[32];
	struct sl_buf facts;
	int x = 1;

	tui_field(c, (struct tui_span){ 0, x, 22, TUI_LEFT, TUI_TITLE }, sl_str(s->sync));
	x += 23;
	const int bar = c->cols - x - 24;
	if (bar >= 10) {
		tui_bar(c, 0, x, bar > 30 ? 30 : bar, part);
		x += (bar > 30 ? 30 : bar) + 1;
	}
	if (part >= 0)
		x += tui_printf(c, 0, x, TUI_TEXT, "%3d%% ", (int)(part * 100));
	if (s->rate > 0)
		x += tui_printf(c, 0, x, TUI_TEXT, " %s", tui_fmt_rate(s->rate, text));
	if (s->eta_us >= 1000000)
		tui_printf(c, 0, x, TUI_DIM, "  ETA %s", tui_fmt_span(s->eta_us, eta));
	if (c->rows < 2)
		return;
	sl_buf_init(&facts, 512);
	run_facts(s, &facts);
	struct tui_canvas rest = tui_sub(c, 1, 3, 1, c->cols - 4);
	tui_put(&rest, 0, 0, TUI_DIM, sl_buf_view(&facts));
	sl_buf_free(&facts);
}

static void
draw_running(const struct home *h, const struct tui_canvas *c)
{
	const int each = c->rows > (int)h->nopen * 2 ? 2 : 1;
	int x = 1, y = 1;

	x += tui_puts(c, 0, x, TUI_HEADER, "RUNNING");
	if (h->nopen == 0) {
		tui_puts(c, 1, 1, TUI_DIM, "nothing runs");
		return;
	}
	tui_printf(c, 0, x, TUI_DIM, " (%u)", h->nall);
	for (unsigned i = 0; i < h->nopen && y < c->rows; i++, y += each) {
		struct tui_canvas line = tui_sub(c, y, 0, each, c->cols);
		draw_run(&h->open[i], &line);
	}
}

/* ---- the selected sync ----------------------------------------------------------------------- */

static void
draw_selected(const struct home *h, const struct tui_canvas *c)
{
	const size_t row = tui_table_selected(&h->table);
	const struct sl_table *t = h->syncs;
	const unsigned r = (unsigned)row;
	char a[32];
	int x;

	if (row == SIZE_MAX || c->rows < 3)
		return;
	const char *schedule = sl_table_get(t, r, "schedule");
	const char *error = sl_table_get(t, r, "error"), *problem = sl_table_get(t, r, "problem");
	x = 1 + tui_puts(c, 0, 1, TUI_HEADER, "SELECTED  ");
	tui_puts(c, 0, x, TUI_TITLE, sl_table_get(t, r, "name"));
	x = 1 + tui_printf(c, 1, 1, TUI_TEXT, "%s %s", sl_table_get(t, r, "source"),
			   sl_table_get(t, r, "model"));
	x += tui_puts(c, 1, x, TUI_DIM, " \u2192 ");
	x += tui_puts(c, 1, x, TUI_TEXT, sl_table_get(t, r, "destination"));
	x += tui_puts(c, 1, x, TUI_LABEL, "   mode ");
	x += tui_puts(c, 1, x, TUI_TEXT, sl_table_get(t, r, "mode"));
	x += tui_puts(c, 1, x, TUI_LABEL, "   detect ");
	x += tui_puts(c, 1, x, TUI_TEXT, sl_table_get(t, r, "detect"));
	x += tui_puts(c, 1, x, TUI_LABEL, "   profile ");
	x += tui_puts(c, 1, x, TUI_TEXT, sl_table_get(t, r, "profile"));
	if (schedule && *schedule) {
		x += tui_puts(c, 1, x, TUI_LABEL, "   schedule ");
		tui_puts(c, 1, x, TUI_TEXT, schedule);
	}
	const int64_t rows = sl_table_get_int(t, r, "rows");
	const int64_t took = sl_table_get_int(t, r, "ended") - sl_table_get_int(t, r, "started");
	x = 1 + tui_printf(c, 2, 1, TUI_TEXT, "%s row%s acknowledged by the destination",
			   tui_fmt_count((uint64_t)rows, a), rows == 1 ? "" : "s");
	if (sl_table_get_int(t, r, "run") > 0)
		x += tui_printf(c, 2, x, TUI_DIM, "   last run #%lld",
				(long long)sl_table_get_int(t, r, "run"));
	if (sl_table_get_int(t, r, "ended") > 0)
		x += tui_printf(c, 2, x, TUI_DIM, " took %s", tui_fmt_span(took, a));
	const char *promise = sl_table_get(t, r, "promise");
	const int64_t nulls = sl_table_get_int(t, r, "null_cursors");
	if (promise && *promise) {
		x += tui_puts(c, 2, x, TUI_LABEL, "   promise ");
		x += tui_puts(c, 2, x, TUI_TEXT, promise);
	}
	if (nulls > 0)
		tui_printf(c, 2, x, TUI_WARN, "   %s without a cursor",
			   tui_fmt_count((uint64_t)nulls, a));
	if (c->rows > 3 && problem && *problem)
		tui_puts(c, 3, 1, TUI_FAIL, problem);
	else if (c->rows > 3 && error && *error)
		tui_puts(c, 3, 1, TUI_WARN, error);
}

/* ---- the end of the log ---------------------------------------------------------------------- */

static void
draw_latest(const struct home *h, const struct tui_canvas *c)
{
	const struct tui_log_look look = { .sync = true };
	const unsigned n = sl_table_rows(h->latest);

	const int x = 1 + tui_puts(c, 0, 1, TUI_HEADER, "LATEST");
	tui_puts(c, 0, x, TUI_DIM,
		 n > 0 ? "   newest first   6 all of it" : "   nothing was logged yet");
	for (unsigned i = 0; i < n && (int)i + 1 < c->rows; i++) {
		struct tui_canvas line = tui_sub(c, 1 + (int)i, 0, 1, c->cols);
		struct tui_log_row row;
		tui_log_read(h->latest, i, &row);
		tui_log_draw(&row, &look, &line);
	}
}

/* ---- nothing there yet ----------------------------------------------------------------------- */

static void
draw_welcome(const struct tui_screen *s, const struct tui_canvas *c)
{
	static const struct {
		const char *key, *what;
	} step[] = {
		{ "8", "make a connection to a warehouse, and one to a destination" },
		{ "2", "look around: schemas, tables, rows" },
		{ "n", "make a sync: a table, where it goes, which field is which" },
		{ "R", "plan it: see every change before anything is sent" },
	};
	int y = c->rows > 16 ? 2 : 0;

	tui_puts(c, y++, 3, TUI_TITLE, "No syncs yet");
	tui_printf(c, y++, 3, TUI_DIM, "workspace %s", sl_engine_workspace(tui_app_engine(s->app)));
	y++;
	tui_puts(c, y++, 3, TUI_TEXT, "A sync reads a table and keeps a destination equal to it.");
	tui_puts(c, y++, 3, TUI_TEXT, "Only what changed is sent. To make the first one:");
	y++;
	for (size_t i = 0; i < SL_COUNT(step); i++, y++) {
		tui_puts(c, y, 5, TUI_KEY, step[i].key);
		tui_puts(c, y, 9, TUI_TEXT, step[i].what);
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Lines of the lower panes: enough for what they hold, at most half of the screen. */
static int
lower_rows(const struct home *h, int rows)
{
	const size_t most = h->nneeds > h->nopen ? h->nneeds : h->nopen;
	int want = most > 0 ? 1 + 2 * (int)most : 2;

	if (rows < 14)
		return 0;
	want = want < 7 ? 7 : want;
	return want > rows / 2 ? rows / 2 : want;
}

int
home_table_rows(const struct home *h, int rows)
{
	const int lower = lower_rows(h, rows);
	const int most = lower ? rows - lower - 1 : rows - (h->nneeds > 0);
	const int want = (int)sl_table_rows(h->syncs) + 2;
	/* With room to spare the panes follow the table, and the selected sync comes last. */
	return lower && rows - want - lower >= 8 ? (want < 6 ? 6 : want) : most;
}

static void
draw_lower(const struct home *h, const struct tui_canvas *c)
{
	if (c->cols >= WIDE_COLS) {
		const int half = c->cols / 2 - 1;
		struct tui_canvas left = tui_sub(c, 0, 0, c->rows, half);
		struct tui_canvas right = tui_sub(c, 0, half + 1, c->rows, c->cols - half - 1);

		draw_needs(h, &left);
		tui_vline(c, 0, half, c->rows, TUI_BORDER);
		draw_running(h, &right);
		return;
	}
	if (h->nopen > 0 && !h->on_needs) {
		draw_running(h, c);
		if (h->nneeds > 0)
			tui_field(c, (struct tui_span){ 0, c->cols - 24, 23, TUI_RIGHT, TUI_DIM },
				  sl_str("Tab: needs you"));
		return;
	}
	draw_needs(h, c);
}

void
home_draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct home *h = s->state;
	const int top = home_table_rows(h, c->rows), lower = lower_rows(h, c->rows);
	struct tui_canvas part = tui_sub(c, 0, 0, top, c->cols);

	if (h->syncs && sl_table_rows(h->syncs) == 0 && h->table.pane.state == TUI_PANE_READY &&
	    h->nneeds == 0) {
		draw_welcome(s, c);
		return;
	}
	tui_table_draw(&h->table, &part, !h->on_needs);
	if (lower == 0) {
		if (h->nneeds > 0)
			tui_printf(c, c->rows - 1, 1, h->need[0].role, "%s %s  %s", h->need[0].mark,
				   h->need[0].name, h->need[0].text);
		return;
	}
	tui_hline(c, top, 0, c->cols, TUI_BORDER);
	part = tui_sub(c, top + 1, 0, top + 1 + lower + 6 <= c->rows ? lower : c->rows - top - 1,
		       c->cols);
	draw_lower(h, &part);
	const int y = top + 1 + part.rows;
	if (y + 5 > c->rows)
		return;
	tui_hline(c, y, 0, c->cols, TUI_BORDER);
	part = tui_sub(c, y + 1, 0, c->rows - y - 1 < 4 ? c->rows - y - 1 : 4, c->cols);
	draw_selected(h, &part);
	part = tui_sub(c, y + 6, 0, c->rows - y - 6, c->cols);
	if (part.rows >= 3) {
		tui_hline(c, y + 5, 0, c->cols, TUI_BORDER);
		draw_latest(h, &part);
	}
}
