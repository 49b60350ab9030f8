/* dead.c - dead letters: what is read, and what the answers change. */
#include "tui/screens/dead.h"

#include "tui/app.h"
#include "tui/screens/asked.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct tui_column columns[] = {
	{ "LETTERS", TUI_LEFT, 14, 32, 0, false }, { "SYNC", TUI_LEFT, 10, 24, 3, false },
	{ "WHY", TUI_LEFT, 10, 60, 1, true },      { "LAST", TUI_LEFT, 5, 11, 4, false },
	{ "TRIES", TUI_RIGHT, 5, 5, 5, false },
};

const struct dead_line *
dead_selected_line(const struct dead *h)
{
	const size_t row = tui_table_selected(&h->table);

	return row < h->nlines ? &h->line[row] : NULL;
}

size_t
dead_selected(const struct dead *h)
{
	const struct dead_line *l = dead_selected_line(h);

	return l ? l->letter : SIZE_MAX;
}

void
dead_show_selected(struct dead *h)
{
	const size_t letter = dead_selected(h);
	unsigned row;
	const struct sl_table *t = dead_row(h, letter, &row);
	const char *body = sl_table_get(t, row, "body");

	if (!t || h->body_id == h->letter[letter].id)
		return;
	h->body_id = h->letter[letter].id;
	tui_pager_set(&h->body, sl_str(body ? body : "not kept any more"));
}

/* ---- life and requests ----------------------------------------------------------------------- */

static bool
init(struct tui_screen *s)
{
	struct dead *h = s->state;

	if (!tui_table_init(&h->table, columns, SL_COUNT(columns)))
		return false;
	h->table.model = (struct tui_model){ dead_cell, h, 0 };
	h->table.pane.empty = "No dead letters: every event that was sent was taken.";
	h->table.pane.empty_hint = "o those that were settled, too";
	tui_pager_init(&h->body, TUI_SYNTAX_JSON);
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct dead *h = s->state;

	dead_free(h);
	free(h->mark);
	tui_table_free(&h->table);
	tui_pager_free(&h->body);
}

static void
ask(struct tui_screen *s)
{
	struct dead *h = s->state;
	const int64_t before = h->more_asked && h->nletters > 0 ? h->letter[h->nletters - 1].id : 0;

	h->list = sl_failed(tui_app_engine(s->app), h->sync[0] ? h->sync : NULL, h->resolved,
			    before, DEAD_PAGE);
}

void
dead_reload(struct tui_screen *s)
{
	struct dead *h = s->state;

	tui_unask(s, &h->list);
	h->more_asked = false;
	ask(s);
	tui_pane_asked(&h->table.pane, h->list);
}

static void
enter(struct tui_screen *s, const char *arg)
{
	struct dead *h = s->state;

	if (arg && strcmp(arg, h->sync) != 0) {
		sl_copy(h->sync, sizeof(h->sync), arg);
		dead_free(h);
		h->nmarks = 0;
		dead_lines(h);
	}
	dead_reload(s);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Marks of letters that are gone. */
static void
forget_marks(struct dead *h)
{
	for (size_t i = h->nmarks; i > 0; i--) {
		bool there = false;
		for (size_t k = 0; k < h->nletters && !there; k++)
			there = h->letter[k].id == h->mark[i - 1];
		if (!there)
			dead_mark(h, h->mark[i - 1], false);
	}
}

static void
take_list(struct tui_screen *s, const struct sl_msg *m)
{
	struct dead *h = s->state;
	const bool first = h->nletters == 0;

	if (m->failed) {
		tui_pane_problem(&h->table.pane, &m->problem);
		return;
	}
	if (!h->more_asked) {
		while (h->npages > 0)
			sl_table_free(h->page[--h->npages]);
		h->nletters = 0;
		h->body_id = 0;
	}
	const bool kept = dead_add_page(h, m->table);
	tui_pane_ready(&h->table.pane);
	dead_regroup(h, first);
	if (kept && !h->whole && h->npages < DEAD_PAGES) {
		h->more_asked = true;
		ask(s);
	} else {
		forget_marks(h);
	}
	dead_show_selected(h);
}

static void
take_act(struct tui_screen *s, const struct sl_msg *m)
{
	struct dead *h = s->state;
	char text[32];

	if (m->failed) {
		tui_say_problem(s, &m->problem);
		return;
	}
	h->nmarks = 0;
	if (h->doing == DEAD_ACT_DISCARD) {
		tui_app_say(s->app, TUI_SEV_OK, "%lld discarded; the note is kept with them",
			    (long long)sl_table_get_int(m->table, 0, "discarded"));
		dead_reload(s);
		return;
	}
	if (h->doing == DEAD_ACT_UNDO) {
		tui_app_say(s->app, TUI_SEV_OK, "%lld open again",
			    (long long)sl_table_get_int(m->table, 0, "reopened"));
		dead_reload(s);
		return;
	}
	const int64_t run = sl_table_get_int(m->table, 0, "run");
	const int64_t n = sl_table_get_int(m->table, 0, "events");
	dead_reload(s);
	if (n == 0 || run == 0) {
		tui_app_say(s->app, TUI_SEV_OK,
			    "nothing is left to send: newer forms of these rows were acknowledged");
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, run);
	tui_app_open(s->app, "run", text);
}

/* Facts about an event as text, the bodies laid out. */
static void
show_event(struct tui_screen *s, const struct sl_table *facts)
{
	struct sl_buf b;

	sl_buf_init(&b, 4u << 20);
	for (unsigned r = 0; r < sl_table_rows(facts); r++) {
		const char *name = sl_table_get(facts, r, "name");
		const char *value = sl_table_get(facts, r, "value");
		if (!name || !value || !*value)
			continue;
		if (strcmp(name, "body") == 0 || strcmp(name, "old") == 0) {
			sl_buf_printf(&b, "\n%s\n",
				      *name == 'b' ? "event" : "what the destination holds");
			tui_json_pretty(&b, sl_str(value));
			sl_buf_puts(&b, "\n\n");
		} else {
			sl_buf_printf(&b, "%-12s %s\n", name, value);
		}
	}
	tui_app_view(s->app, "The event in full", sl_buf_view(&b), false);
	sl_buf_free(&b);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct dead *h = s->state;

	if (tui_asked(&h->list, m)) {
		take_list(s, m);
		return true;
	}
	if (tui_asked(&h->act, m)) {
		take_act(s, m);
		return true;
	}
	if (tui_asked(&h->event, m)) {
		if (m->failed)
			tui_say_problem(s, &m->problem);
		else
			show_event(s, m->table);
		return true;
	}
	if (m->kind == SL_MSG_RUN && !h->list) {
		struct sl_run_stats st;
		if (!sl_run_stats(tui_app_engine(s->app), m->run, &st) || !st.open)
			dead_reload(s); /* a run ended: some may be settled, others new */
	}
	return false;
}

/* ---- head ------------------------------------------------------------------------------------ */

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct dead *h = s->state;

	sl_buf_puts(out, h->sync[0] ? h->sync : "all syncs");
	if (h->nletters > 0)
		sl_buf_printf(out, "   %s%zu in %zu group%s", h->whole ? "" : "\u2265", h->nletters,
			      h->ngroups, h->ngroups == 1 ? "" : "s");
	if (h->nmarks > 0)
		sl_buf_printf(out, "   %zu marked", h->nmarks);
}

static void
chips(const struct tui_screen *s, struct sl_buf *out)
{
	const struct dead *h = s->state;

	if (h->resolved)
		sl_buf_puts(out, "settled ones, too");
}

static int
tick_ms(const struct tui_screen *s)
{
	return tui_pane_tick_ms(&((const struct dead *)s->state)->table.pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)now_us;
	return ((struct dead *)s->state)->table.pane.state == TUI_PANE_LOADING;
}

static const struct tui_action actions[] = {
	{ DEAD_ACT_RETRY, "retry", "R", "send again\u2026",
	  "send the marked letters again as they were recorded: same bytes, same id", "LETTERS",
	  NULL, 0 },
	{ DEAD_ACT_RETRY_ALL, "retry all", "A", "all\u2026",
	  "send all open letters of this sync again", "LETTERS", NULL, 0 },
	{ TUI_ACT_MARK, "mark", "Space", "mark", "mark a letter, or a whole group", "LETTERS", NULL,
	  0 },
	{ TUI_ACT_OPEN, "open", "Enter", "open", "open or close a group, scroll the event", "LIST",
	  NULL, 0 },
	{ DEAD_ACT_EVENT, "event", "i", "event", "everything known of this event", "LETTERS", NULL,
	  0 },
	{ DEAD_ACT_DISCARD, "discard", "D", "discard\u2026",
	  "give up on the marked letters for good; asks for a note", "LETTERS", NULL, 0 },
	{ DEAD_ACT_UNDO, "undo discard", "U", NULL,
	  "open the marked letters again that were discarded (o shows them)", "LETTERS", NULL, 0 },
	{ DEAD_ACT_MAP, "map", "m", "map", "the mapping of this sync", "LETTERS", NULL, 0 },
	{ DEAD_ACT_PREVIEW, "preview", "v", "preview", "the exact events of the first rows",
	  "LETTERS", NULL, 0 },
	{ DEAD_ACT_LOGS, "logs of run", "l", "logs", "the log of the run that gave up", "LETTERS",
	  NULL, 0 },
	{ DEAD_ACT_RESOLVED, "settled too", "o", NULL, "those that were settled since, too", "LIST",
	  NULL, 0 },
	{ TUI_ACT_MARK_ALL, "mark all", "*", NULL, "mark all letters, or none", "LETTERS", NULL,
	  0 },
	{ TUI_ACT_CLEAR, "all syncs", "x", NULL, "clear the search, then show all syncs", "LIST",
	  NULL, 0 },
	{ TUI_ACT_NEXT_PANE, "other pane", "Tab", NULL, "to the event, and back", "MOVE", NULL, 0 },
	{ TUI_ACT_COPY, "copy event", "y", NULL, "copy the event as JSON", "LETTERS", NULL, 0 },
};

const struct tui_screen_ops tui_screen_dead = {
	.id = "dead",
	.title = "Dead",
	.state_size = sizeof(struct dead),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = dead_input,
	.action = dead_action,
	.why_not = dead_why_not,
	.message = message,
	.draw = dead_draw,
	.crumb = crumb,
	.chips = chips,
	.tick_ms = tick_ms,
	.tick = tick,
};
