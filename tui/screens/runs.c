/* runs.c - the run history: newest first, older pages as one scrolls. */
#include "tui/screens/runs.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/run_look.h"
#include "tui/widgets/bar.h"
#include "tui/widgets/table.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGE      100
#define MAX_PAGES 200
#define TICK_MS   1000 /* while a run of the first page is open */

enum { ACT_LOGS = TUI_ACT_OWN, ACT_DEAD, ACT_PLAN, ACT_CHANGES };

struct runs {
	char sync[72]; /* "" = all */
	struct tui_table table;
	struct sl_table *page[MAX_PAGES]; /* owned; newest first */
	unsigned npages;
	bool all;         /* no older runs are left */
	sl_ticket newest; /* reads the first page again */
	sl_ticket older;  /* reads the next one */
	bool again;       /* something happened while the first page was read */
	bool open;        /* a run of the first page is open */
};

enum { COL_RUN, COL_SYNC, COL_START, COL_TOOK, COL_STATE, COL_ADD, COL_CHANGE, COL_REMOVE };

static const struct tui_column columns[] = {
	{ "RUN", TUI_RIGHT, 4, 10, 0, false },     { "SYNC", TUI_LEFT, 10, 32, 2, false },
	{ "STARTED", TUI_LEFT, 9, 12, 1, false },  { "TOOK", TUI_RIGHT, 5, 8, 4, false },
	{ "STATE", TUI_LEFT, 11, 13, 0, false },   { "+ADD", TUI_RIGHT, 6, 10, 5, false },
	{ "~CHG", TUI_RIGHT, 6, 10, 6, false },    { "-DEL", TUI_RIGHT, 6, 10, 7, false },
	{ "DEAD", TUI_RIGHT, 5, 10, 3, false },    { "RETRIES", TUI_RIGHT, 7, 10, 9, false },
	{ "KIND", TUI_LEFT, 4, 6, 8, false },      { "BY", TUI_LEFT, 3, 12, 10, false },
	{ "PROMISE", TUI_LEFT, 8, 11, 12, false }, { "ERROR", TUI_LEFT, 10, 48, 11, true },
};

/* ---- rows ------------------------------------------------------------------------------------ */

/* The page that holds a model row; *row becomes the row of the page. */
static const struct sl_table *
page_of(const struct runs *h, unsigned *row)
{
	unsigned p = 0;

	while (p + 1 < h->npages && *row >= sl_table_rows(h->page[p]))
		*row -= sl_table_rows(h->page[p++]);
	return h->npages > 0 ? h->page[p] : NULL;
}

static void
count(struct tui_value *v, const struct sl_table *t, unsigned row, const char *name,
      enum tui_role role)
{
	const int64_t n = sl_table_get_int(t, row, name);
	char text[32];

	snprintf(v->scratch, sizeof(v->scratch), "%s",
		 tui_fmt_count((uint64_t)(n > 0 ? n : 0), text));
	v->text = sl_str(v->scratch);
	v->role = n > 0 ? role : TUI_DIM;
}

static void
time_cell(struct tui_value *v, const struct sl_table *t, unsigned row, int col)
{
	const int64_t start = sl_table_get_int(t, row, "started");
	const int64_t end = sl_table_get_int(t, row, "ended");
	char text[32];

	if (col == COL_START)
		(void)tui_fmt_ago(start, sl_wall_us(), text);
	else if (end > 0)
		(void)tui_fmt_span(end - start, text);
	else
		snprintf(text, sizeof(text), "-");
	snprintf(v->scratch, sizeof(v->scratch), "%s", text);
	v->text = sl_str(v->scratch);
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	static const struct {
		const char *name;
		enum tui_role role;
	} counts[] = { { "adds", TUI_ADD },
		       { "updates", TUI_CHANGE },
		       { "removes", TUI_REMOVE },
		       { "dead", TUI_WARN },
		       { "retries", TUI_TEXT } };
	static const char *const texts[] = { "kind", "by", "promise", "error" };
	unsigned r = (unsigned)row;
	const struct sl_table *t = page_of(arg, &r);
	const char *state = sl_table_get(t, r, "state");
	const uint64_t missed = tui_run_missed_of(t, r);
	char text[32];

	if (col == COL_RUN || col == COL_SYNC) {
		v->text = sl_str(sl_table_get(t, r, col == COL_RUN ? "run" : "sync"));
	} else if (col == COL_START || col == COL_TOOK) {
		time_cell(v, t, r, col);
	} else if (col == COL_STATE) {
		snprintf(v->scratch, sizeof(v->scratch), "%s",
			 tui_run_word(state ? state : "", missed, text));
		v->text = sl_str(v->scratch);
		v->role = tui_run_look(state ? state : "", missed).role;
	} else if ((size_t)(col - COL_ADD) < SL_COUNT(counts)) {
		count(v, t, r, counts[col - COL_ADD].name, counts[col - COL_ADD].role);
	} else {
		v->text = sl_str(
			sl_table_get(t, r, texts[(size_t)(col - COL_ADD) - SL_COUNT(counts)]));
		v->role = TUI_DIM;
	}
}

static void
drop_pages(struct runs *h, unsigned from)
{
	while (h->npages > from)
		sl_table_free(h->page[--h->npages]);
	h->all = false;
}

static void
recount(struct runs *h)
{
	size_t n = 0;

	for (unsigned i = 0; i < h->npages; i++)
		n += sl_table_rows(h->page[i]);
	h->table.model.rows = n;
	tui_table_refresh(&h->table);
}

/* ---- life and requests ----------------------------------------------------------------------- */

static bool
init(struct tui_screen *s)
{
	struct runs *h = s->state;

	if (!tui_table_init(&h->table, columns, SL_COUNT(columns)))
		return false;
	h->table.model = (struct tui_model){ cell, h, 0 };
	h->table.pane.empty = "Nothing was ever run.";
	h->table.pane.empty_hint = "1 home: R on a sync plans a run";
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct runs *h = s->state;

	drop_pages(h, 0);
	tui_table_free(&h->table);
}

static const char *
of_sync(const struct runs *h)
{
	return h->sync[0] ? h->sync : NULL;
}

static void
ask_newest(struct tui_screen *s)
{
	struct runs *h = s->state;

	if (h->newest) {
		h->again = true;
		return;
	}
	h->newest = sl_runs(tui_app_engine(s->app), of_sync(h), 0, PAGE);
	if (h->npages == 0)
		tui_pane_asked(&h->table.pane, h->newest);
}

static void
ask_older(struct tui_screen *s)
{
	struct runs *h = s->state;

	if (h->older || h->all || h->npages == 0 || h->npages == MAX_PAGES)
		return;
	const struct sl_table *last = h->page[h->npages - 1];
	const unsigned n = sl_table_rows(last);
	if (n > 0)
		h->older = sl_runs(tui_app_engine(s->app), of_sync(h),
				   sl_table_get_int(last, n - 1, "run"), PAGE);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct runs *h = s->state;

	if (arg && strcmp(arg, h->sync) != 0) {
		tui_unask(s, &h->newest);
		tui_unask(s, &h->older);
		sl_copy(h->sync, sizeof(h->sync), arg);
		drop_pages(h, 0);
		recount(h);
	}
	ask_newest(s);
}

static int64_t
last_run(const struct sl_table *t)
{
	return sl_table_rows(t) ? sl_table_get_int(t, sl_table_rows(t) - 1, "run") : 0;
}

static void
take_newest(struct tui_screen *s, const struct sl_msg *m)
{
	struct runs *h = s->state;
	struct sl_table *t = m->failed ? NULL : sl_table_copy(m->table);

	if (!t) {
		if (m->failed)
			tui_pane_problem(&h->table.pane, &m->problem);
		return;
	}
	/* With a new run the later pages no longer follow: they are read again when they are seen. */
	if (h->npages > 0 && last_run(h->page[0]) == last_run(t)) {
		sl_table_free(h->page[0]);
	} else {
		tui_unask(s, &h->older);
		drop_pages(h, 0);
		h->npages = 1;
		h->all = sl_table_rows(t) < PAGE;
	}
	h->page[0] = t;
	h->open = false;
	for (unsigned r = 0; r < sl_table_rows(t); r++)
		h->open |= sl_table_get_int(t, r, "ended") == 0 &&
			   strcmp(sl_table_get(t, r, "state"), "held") != 0 &&
			   strcmp(sl_table_get(t, r, "state"), "paused") != 0;
	tui_pane_ready(&h->table.pane);
	recount(h);
	if (h->again) {
		h->again = false;
		ask_newest(s);
	}
}

static void
take_older(struct runs *h, const struct sl_msg *m)
{
	struct sl_table *t = m->failed ? NULL : sl_table_copy(m->table);

	if (!t || h->npages == MAX_PAGES) {
		sl_table_free(t);
		return;
	}
	h->all = sl_table_rows(t) < PAGE;
	h->page[h->npages++] = t;
	recount(h);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct runs *h = s->state;

	if (m->kind == SL_MSG_RUN && !h->open) {
		ask_newest(s);
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
	return false;
}

/* ---- actions --------------------------------------------------------------------------------- */

static const struct sl_table *
selected(const struct runs *h, unsigned *row)
{
	const size_t r = tui_table_selected(&h->table);

	*row = (unsigned)r;
	return r == SIZE_MAX ? NULL : page_of(h, row);
}

static const char *
why_not(const struct tui_screen *s, int action)
{
	unsigned row;

	if (action == ACT_PLAN && tui_read_only(s))
		return tui_read_only(s);
	if ((action >= TUI_ACT_OWN || action == TUI_ACT_OPEN || action == TUI_ACT_COPY) &&
	    !selected(s->state, &row))
		return "there is no run yet";
	return NULL;
}

static void
open_with(struct tui_screen *s, const char *id, const char *before)
{
	unsigned row;
	const struct sl_table *t = selected(s->state, &row);
	char text[48];

	if (!t)
		return;
	snprintf(text, sizeof(text), "%s%" PRId64, before, sl_table_get_int(t, row, "run"));
	tui_app_open(s->app, id, text);
}

static void
open_sync(struct tui_screen *s, const char *id)
{
	unsigned row;
	const struct sl_table *t = selected(s->state, &row);

	if (t)
		tui_app_open(s->app, id, sl_table_get(t, row, "sync"));
}

static void
copy(struct tui_screen *s)
{
	static const char *const names[] = { "run",     "sync",         "state",   "started",
					     "ended",   "adds",         "updates", "removes",
					     "acked",   "dead",         "retries", "by",
					     "promise", "null_cursors", "error" };
	unsigned row;
	const struct sl_table *t = selected(s->state, &row);
	struct sl_buf b;

	sl_buf_init(&b, 8192);
	for (size_t i = 0; t && i < SL_COUNT(names); i++) {
		const char *v = sl_table_get(t, row, names[i]);
		sl_buf_printf(&b, "%s: %s\n", names[i], v ? v : "");
	}
	if (t)
		tui_app_copy(s->app, sl_buf_view(&b), "the run's record");
	sl_buf_free(&b);
}

static void
searched(struct tui_screen *s, const char *text)
{
	struct runs *h = s->state;

	if (!tui_table_search(&h->table, text ? text : ""))
		tui_app_say(s->app, TUI_SEV_INFO, "no run that was read has %s", text);
}

static void
filtered(struct tui_screen *s, const char *text)
{
	struct runs *h = s->state;

	if (text)
		tui_table_filter(&h->table, text);
}

static bool
clear(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct runs *h = s->state;

	if (tui_table_action(&h->table, cmd, 1))
		return true;
	if (h->sync[0])
		enter(s, "");
	return true;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct runs *h = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		open_with(s, "run", "");
		return true;
	case ACT_LOGS:
		open_with(s, "logs", "run=");
		return true;
	case ACT_CHANGES:
		open_with(s, "plan", "run=");
		return true;
	case ACT_DEAD:
		open_sync(s, "dead");
		return true;
	case ACT_PLAN:
		open_sync(s, "plan");
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		ask_newest(s);
		return true;
	case TUI_ACT_CLEAR:
		return clear(s, cmd);
	case TUI_ACT_SEARCH:
		tui_ask_search(s, searched);
		return true;
	case TUI_ACT_FILTER:
		tui_app_prompt(s->app, s,
			       &(struct tui_prompt){ .label = "only runs with: ",
						     .text = h->table.filter,
						     .history = "filter",
						     .done = filtered });
		return true;
	default:
		break;
	}
	const bool done = tui_table_action(&h->table, cmd, rows - 1);
	if (done && h->table.sel + PAGE / 4 > h->table.nview)
		ask_older(s);
	return done;
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct runs *h = s->state;
	struct tui_canvas table = { 0 };

	tui_app_area(s->app, &table.rows, &table.cols);
	if (!tui_table_mouse(&h->table, ev, &table))
		return false;
	if (h->table.sel + PAGE / 4 > h->table.nview)
		ask_older(s);
	return true;
}

/* ---- picture and time ------------------------------------------------------------------------ */

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct runs *h = s->state;

	tui_table_draw(&h->table, c, true);
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct runs *h = s->state;

	if (h->sync[0])
		sl_buf_printf(out, "%s   ", h->sync);
	tui_table_status(&h->table, out);
	if (h->table.nview > 0 && !h->all)
		sl_buf_puts(out, "+");
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct runs *h = s->state;
	const int pane = tui_pane_tick_ms(&h->table.pane);

	return pane >= 0 || !h->open ? pane : TICK_MS;
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	struct runs *h = s->state;

	(void)now_us;
	if (h->open && !h->newest)
		ask_newest(s);
	return h->table.pane.state == TUI_PANE_LOADING;
}

static const struct tui_action actions[] = {
	{ TUI_ACT_OPEN, "open run", "Enter", "open", "the run's numbers and what happened", "RUN",
	  NULL, 0 },
	{ ACT_LOGS, "logs of run", "l", "logs", "the log of this run", "RUN", NULL, 0 },
	{ ACT_CHANGES, "changes of run", "c", "changes", "every event of this run, old and new",
	  "RUN", NULL, 0 },
	{ ACT_DEAD, "dead letters of sync", "d", "dead", "events that were given up on", "RUN",
	  NULL, 0 },
	{ ACT_PLAN, "run again", "R", "run again\u2026", "plan a new run of this sync", "RUN", NULL,
	  0 },
	{ TUI_ACT_SEARCH, "search", "/", "search", "search while typing", "LIST", NULL, 0 },
	{ TUI_ACT_FILTER, "filter", "F", "filter", "only runs with this text", "LIST", NULL, 0 },
	{ TUI_ACT_CLEAR, "clear filter", "x", NULL, "clear search, filter and sync: all runs",
	  "LIST", NULL, 0 },
	{ TUI_ACT_COPY, "copy record", "y", "copy", "copy the run's record", "RUN", NULL, 0 },
};

const struct tui_screen_ops tui_screen_runs = {
	.id = "runs",
	.title = "Runs",
	.state_size = sizeof(struct runs),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.crumb = crumb,
	.tick_ms = tick_ms,
	.tick = tick,
};
